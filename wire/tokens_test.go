package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
)

// mismatch is what a token of another transaction is answered with.
const mismatch = "Specified idempotent token was used with different request parameters within the idempotency window"

// oneMore is a transaction that adds to a counter, with a token.
func oneMore(token, more string) string {
	return `{'ClientRequestToken': '` + token + `', 'TransactItems': [` + on("Update", "1", `, 'UpdateExpression':
		'ADD Copies :n', 'ExpressionAttributeValues': {':n': {'N': '1'}}`+more) + `]}`
}

// counted checks how many copies there are by now.
func (e *endpoint) counted(n string) {
	e.Helper()
	e.answers("GetItem", `{'TableName': 'Books', 'Key': {'ISBN': {'S': '1'}}, 'ProjectionExpression': 'Copies'}`,
		`{'Item': {'Copies': {'N': '`+n+`'}}}`)
}

func TestATokenIsForOneTransaction(t *testing.T) {
	e := library(t)
	e.answers("TransactWriteItems", oneMore("a", ""), `{}`)
	e.answers("TransactWriteItems", oneMore("a", ""), `{}`)
	e.counted("1")
	e.answers("TransactWriteItems", `{'ReturnConsumedCapacity': 'NONE', 'TransactItems': [{'Update': {
		'ExpressionAttributeValues': {'\u003an': {'N': '1', 'S': null}}, 'UpdateExpression': 'ADD Copies :n',
		'ConditionExpression': null, 'Key': {'ISBN': {'S': '1'}}, 'TableName': 'Books'}}], 'ClientRequestToken': 'a'}`, `{}`)
	e.counted("1") // the order of members does not matter

	e.refuses("TransactWriteItems", oneMore("a", `, 'ConditionExpression': 'Copies = :n'`),
		"IdempotentParameterMismatchException", mismatch)
	e.refuses("TransactWriteItems", strings.Replace(oneMore("a", ""), "'N': '1'", "'N': '2'", 1),
		"IdempotentParameterMismatchException", mismatch)
	e.counted("1")
	e.ok("TransactWriteItems", oneMore("b", ""))
	e.counted("2")
	e.ok("TransactWriteItems", strings.Replace(oneMore("", ""), "'ClientRequestToken': '', ", "", 1))
	e.ok("TransactWriteItems", strings.Replace(oneMore("", ""), "'ClientRequestToken': '', ", "", 1))
	e.counted("4")
}

func TestATokenIsKnownForTenMinutes(t *testing.T) {
	e := library(t)
	e.ok("TransactWriteItems", oneMore("a", ""))
	e.clock.Advance(5 * time.Minute)
	e.ok("TransactWriteItems", oneMore("b", ""))
	e.clock.Advance(5*time.Minute - 1)
	e.ok("TransactWriteItems", oneMore("a", ""))
	e.counted("2")
	e.clock.Advance(1) // that it was sent again does not make it last longer
	e.ok("TransactWriteItems", oneMore("a", ""))
	e.counted("3")
	e.ok("TransactWriteItems", oneMore("b", ""))
	e.counted("3")
	e.clock.Advance(5 * time.Minute)
	e.ok("TransactWriteItems", strings.Replace(oneMore("b", ""), "'N': '1'", "'N': '10'", 1))
	e.counted("13")
	e.ok("TransactWriteItems", oneMore("a", ""))
	e.counted("13")
}

func TestAFailedTransactionDoesNotKeepItsToken(t *testing.T) {
	e := library(t)
	more := `, 'ConditionExpression': 'attribute_exists(ISBN)'`
	e.refuses("TransactWriteItems", oneMore("a", more), "TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed]")
	e.refuses("TransactWriteItems", strings.Replace(oneMore("a", ""), "Books", "Films", 1), "ResourceNotFoundException",
		noTable)
	e.ok("TransactWriteItems", oneMore("a", ""))
	e.counted("1")
	e.ok("DeleteItem", `{'TableName': 'Books', 'Key': {'ISBN': {'S': '1'}}}`)
	e.ok("TransactWriteItems", oneMore("a", "")) // whatever has become of the item
	e.answers("GetItem", `{'TableName': 'Books', 'Key': {'ISBN': {'S': '1'}}}`, `{}`)
	e.ok("DeleteTable", `{'TableName': 'Books'}`)
	e.ok("TransactWriteItems", oneMore("a", ""))
}

// A transaction of statements that is done is done, too, whatever has become of its table.
func TestATokenOfStatements(t *testing.T) {
	e := newEndpoint(t)
	e.music()
	insert := func(token string) string {
		return `{'ClientRequestToken': '` + token + `', 'ReturnConsumedCapacity': 'TOTAL', 'TransactStatements': [` +
			statement("INSERT INTO Music VALUE {'Artist': 'a', 'Song': 'b'}") + `]}`
	}
	e.ok("ExecuteTransaction", insert("a"))
	e.ok("DeleteTable", `{'TableName': 'Music'}`)
	e.answers("ExecuteTransaction", insert("a"), `{'ConsumedCapacity': [{'CapacityUnits': 2.0, 'ReadCapacityUnits': 2.0,
		'TableName': 'Music'}], 'Responses': []}`)
	e.refuses("ExecuteTransaction", insert("b"), "TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [ResourceNotFound]")
	e.music()
	e.ok("ExecuteTransaction", insert("a"))
	require.Empty(t, e.selects("SELECT * FROM Music").Items)
	e.ok("ExecuteTransaction", insert("b")) // which was not kept when it failed
	require.Len(t, e.selects("SELECT * FROM Music").Items, 1)
}

// TestATransactionInProgress sends the same transaction twice while its table is locked.
func TestATransactionInProgress(t *testing.T) {
	e := library(t)
	books, err := e.tables.Table("Books")
	require.NoError(t, err)
	locked, unlock := make(chan bool), make(chan bool)
	type answer struct {
		status int
		text   string
	}
	answers := make(chan answer)
	go func() {
		_, err := books.Update(attr.Key{Partition: attr.S("other")}, func(old attr.Item) (attr.Item, error) {
			close(locked)
			<-unlock
			return old, nil
		})
		if err != nil {
			t.Error(err)
		}
	}()
	<-locked
	for range 2 {
		go func() {
			status, text := e.do("TransactWriteItems", oneMore("a", ""))
			answers <- answer{status, text}
		}()
	}
	second := <-answers // the first one waits
	close(unlock)
	first := <-answers
	require.Equal(t, answer{200, "{}"}, first)
	require.Equal(t, answer{400, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionInProgressException",` +
		`"Message":"Transaction from previous request is still in progress"}`}, second)
	e.ok("TransactWriteItems", oneMore("a", ""))
	e.counted("1")
}

func TestTokens(t *testing.T) {
	e := library(t)
	long := strings.Repeat("t", 37)
	e.refusing("TransactWriteItems", map[string][2]string{
		"too long": {oneMore(long, ""), violated("'"+long+"'", "clientRequestToken",
			"Member must have length less than or equal to 36")},
		"empty": {oneMore("", ""), violated("''", "clientRequestToken", notEmpty)},
	})
	e.ok("TransactWriteItems", oneMore(long[1:], ""))
	e.counted("1")
}
