package tidemarktest_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/tidemarktest"
)

// In the examples t stands for the *testing.T of a test, and send for a client of an SDK.
var t = new(fake)

func Example() {
	defer t.end() // as the end of a test does
	ep := tidemarktest.Start(t)

	send(ep, "CreateTable", `{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}`)
	send(ep, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "before"}}}`)
	backup := send(ep, "CreateBackup", `{"TableName": "orders", "BackupName": "nightly"}`)
	send(ep, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "after"}}}`)

	arn := backup.at("BackupDetails", "BackupArn").(string)
	held, err := ep.DB.Backups.Snapshot(context.Background(), arn)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("items in the backup:", held.Len())
	// Output:
	// CreateTable: 200
	// PutItem: 200
	// CreateBackup: 200
	// PutItem: 200
	// items in the backup: 1
}

func ExampleEndpoint_Inject() {
	defer t.end()
	ep := tidemarktest.Start(t, tidemarktest.Throttle("ListTables").Times(2))
	for range 3 {
		send(ep, "ListTables", `{}`)
	}

	ep.Inject(tidemarktest.Fail("ListTables", exception.InternalServerError).Nth(2))
	send(ep, "ListTables", `{}`)
	send(ep, "ListTables", `{}`)
	fmt.Println("still to come:", ep.Unused())
	// Output:
	// ListTables: 400 ThrottlingException: Rate exceeded
	// ListTables: 400 ThrottlingException: Rate exceeded
	// ListTables: 200
	// ListTables: 200
	// ListTables: 500 InternalServerError: Internal server error
	// still to come: []
}

// A transaction is in conflict with another one over its second item.
func ExampleCancel() {
	defer t.end()
	ep := tidemarktest.Start(t, tidemarktest.Cancel("TransactWriteItems", nil, exception.TransactionConflict))
	send(ep, "CreateTable", `{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}`)
	both := `{"TransactItems": [{"Put": {"TableName": "orders", "Item": {"id": {"S": "1"}}}},
		{"Put": {"TableName": "orders", "Item": {"id": {"S": "2"}}}}]}`
	canceled := send(ep, "TransactWriteItems", both)
	fmt.Println(canceled.at("CancellationReasons"))
	send(ep, "TransactWriteItems", both)
	// Output:
	// CreateTable: 200
	// TransactWriteItems: 400 TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons [None, TransactionConflict]
	// [map[Code:None] map[Code:TransactionConflict Message:Transaction is ongoing for the item]]
	// TransactWriteItems: 200
}

// A table has a second's worth of its capacity, and more as the clock moves.
func ExampleWithThroughput() {
	defer t.end()
	ep := tidemarktest.Start(t, tidemarktest.WithThroughput())
	send(ep, "CreateTable", `{"TableName": "orders",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
		"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}`)
	send(ep, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "1"}}}`)
	send(ep, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "2"}}}`)
	ep.Clock.Advance(time.Second)
	send(ep, "PutItem", `{"TableName": "orders", "Item": {"id": {"S": "2"}}}`)
	// Output:
	// CreateTable: 200
	// PutItem: 200
	// PutItem: 400 ProvisionedThroughputExceededException: The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.
	// PutItem: 200
}

// A new index is waited for, without waiting.
func ExampleEndpoint_AdvanceToTable() {
	defer t.end()
	ep := tidemarktest.Start(t, tidemarktest.WithTiming(table.ServiceTiming()))
	send(ep, "CreateTable", `{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}`)
	fmt.Println(ep.AdvanceToTable("orders", time.Minute))
	send(ep, "UpdateTable", `{"TableName": "orders",
		"AttributeDefinitions": [{"AttributeName": "day", "AttributeType": "S"}],
		"GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "ByDay", "Projection": {"ProjectionType": "ALL"},
			"KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}]}}]}`)
	send(ep, "Scan", `{"TableName": "orders", "IndexName": "ByDay"}`)
	fmt.Println(ep.AdvanceToTable("orders", time.Hour))
	send(ep, "Scan", `{"TableName": "orders", "IndexName": "ByDay"}`)
	// Output:
	// CreateTable: 200
	// <nil>
	// UpdateTable: 200
	// Scan: 400 ValidationException: Cannot read from backfilling global secondary index: ByDay
	// <nil>
	// Scan: 200
}

func ExampleEndpoint_AdvanceToBackup() {
	defer t.end()
	ep := tidemarktest.Start(t, tidemarktest.Hold(time.Minute))
	send(ep, "CreateTable", `{"TableName": "orders", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}`)
	backup := send(ep, "CreateBackup", `{"TableName": "orders", "BackupName": "nightly"}`)
	arn := backup.at("BackupDetails", "BackupArn").(string)

	send(ep, "RestoreTableFromBackup", `{"TargetTableName": "restored", "BackupArn": "`+arn+`"}`)
	err := ep.AdvanceToBackup(arn, 5*time.Minute)
	fmt.Println(ep.Clock.Now(), err)
	send(ep, "RestoreTableFromBackup", `{"TargetTableName": "restored", "BackupArn": "`+arn+`"}`)
	// Output:
	// CreateTable: 200
	// CreateBackup: 200
	// RestoreTableFromBackup: 400 BackupInUseException: Backup is being created
	// 2024-01-15 12:01:00 +0000 UTC <nil>
	// RestoreTableFromBackup: 200
}

// send sends one request and prints what comes of it.
func send(ep *tidemarktest.Endpoint, operation, body string) answer {
	a, err := clientOf(ep).try(context.Background(), operation, body)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.TrimSpace(fmt.Sprintf("%s: %d %s", operation, a.status, a.exception())))
	return a
}
