package tidemarktest_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/exception"
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
