package wire_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/table"
)

const (
	sameItem  = "Transaction request cannot include multiple operations on one item"
	sizeInAll = "The aggregate size of the items in the transaction exceeds 4 MB"
)

// transaction is a request for all of the actions.
func transaction(actions ...string) string {
	return `{'TransactItems': [` + strings.Join(actions, ",") + `]}`
}

// on returns an action on the book with that number.
func on(kind, number, more string) string {
	part := "Key"
	if kind == "Put" {
		part = "Item"
	}
	return `{'` + kind + `': {'TableName': 'Books', '` + part + `': {'ISBN': {'S': '` + number + `'}}` + more + `}}`
}

const unlessThere = `, 'ConditionExpression': 'attribute_not_exists(ISBN)'`

// canceled sends a transaction that must be canceled for the reasons given, and change nothing.
func (e *endpoint) canceled(operation, body, codes, reasons string) {
	e.Helper()
	books, pages := e.all("Books"), e.all("Pages")
	status, answer := e.do(operation, body)
	require.Equal(e, 400, status, answer)
	want := `{'__type': 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
		'CancellationReasons': ` + reasons + `,
		'Message': 'Transaction cancelled, please refer cancellation reasons for specific reasons [` + codes + `]'}`
	require.JSONEq(e, strings.ReplaceAll(want, "'", `"`), answer)
	require.Equal(e, books, e.all("Books"))
	require.Equal(e, pages, e.all("Pages"))
}

func TestTransactions(t *testing.T) {
	e := library(t)
	e.ok("PutItem", `{'TableName': 'Books', 'Item': {'ISBN': {'S': 'old'}, 'Copies': {'N': '3'}}}`)
	e.ok("PutItem", `{'TableName': 'Books', 'Item': {'ISBN': {'S': 'lost'}}}`)
	e.answers("TransactWriteItems", transaction(
		on("Put", "new", `, 'ConditionExpression': 'attribute_not_exists(#i)', 'ExpressionAttributeNames': {'#i': 'ISBN'}`),
		on("Update", "old", `, 'UpdateExpression': 'ADD Copies :n', 'ConditionExpression': 'Copies > :n',
			'ExpressionAttributeValues': {':n': {'N': '2'}}`),
		on("Delete", "lost", `, 'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'`),
		on("ConditionCheck", "never", unlessThere),
		`{'Put': {'TableName': 'Pages', 'Item': {'Book': {'S': 'new'}, 'N': {'N': '1'}}}}`,
		strings.Replace(on("Update", "made", `, 'UpdateExpression': 'SET Copies = :n',
			'ExpressionAttributeValues': {':n': {'N': '1'}}`), "'Books'", "'"+booksARN+"'", 1),
	), `{}`)
	get := func(number, more string) string { return on("Get", number, more) }
	e.answers("TransactGetItems", transaction(
		get("old", ""), get("lost", ""), get("made", `, 'ProjectionExpression': 'Copies'`),
		get("new", `, 'ProjectionExpression': '#c', 'ExpressionAttributeNames': {'#c': 'Copies'}`),
		`{'Get': {'TableName': 'Pages', 'Key': {'Book': {'S': 'new'}, 'N': {'N': '1'}}}}`,
	), `{'Responses': [{'Item': {'ISBN': {'S': 'old'}, 'Copies': {'N': '5'}}}, {}, {'Item': {'Copies': {'N': '1'}}}, {},
		{'Item': {'Book': {'S': 'new'}, 'N': {'N': '1'}}}]}`)
	e.answers("TransactWriteItems", transaction(
		on("Delete", "lost", `, 'ExpressionAttributeNames': {'#never': 'used'}`),
		on("Put", "bare", `, 'ExpressionAttributeValues': {':never': {'S': 'used'}}`)), `{}`)
}

func TestTransactionsAreCanceled(t *testing.T) {
	e := library(t)
	e.ok("PutItem", `{'TableName': 'Books', 'Item': {'ISBN': {'S': 'old'}, 'Copies': {'N': '3'}}}`)
	const failed = `{'Code': 'ConditionalCheckFailed', 'Message': 'The conditional request failed'}`
	const withItem = `{'Code': 'ConditionalCheckFailed', 'Item': {'ISBN': {'S': 'old'}, 'Copies': {'N': '3'}},
		'Message': 'The conditional request failed'}`
	const tell = `, 'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'`
	invalid := func(text string) string { return `{'Code': 'ValidationError', 'Message': '` + text + `'}` }
	good := on("Put", "good", "")
	for name, test := range map[string]struct{ action, code, reason string }{
		"put":    {on("Put", "old", unlessThere), "", failed},
		"check":  {on("ConditionCheck", "old", unlessThere), "", failed},
		"delete": {on("Delete", "old", unlessThere), "", failed},
		"update": {on("Update", "old", unlessThere+`, 'UpdateExpression': 'REMOVE x'`), "", failed},

		"put, with the item":    {on("Put", "old", unlessThere+tell), "", withItem},
		"check, with the item":  {on("ConditionCheck", "old", unlessThere+tell), "", withItem},
		"delete, with the item": {on("Delete", "old", unlessThere+tell), "", withItem},
		"update, with the item": {on("Update", "old", unlessThere+tell+`, 'UpdateExpression': 'REMOVE x'`), "", withItem},
		"no item to tell": {on("Delete", "none", tell+`, 'ConditionExpression': 'attribute_exists(ISBN)'`), "",
			failed},

		"a path that is not there": {on("Update", "old", `, 'UpdateExpression': 'SET x = y'`), "ValidationError",
			invalid("The provided expression refers to an attribute that does not exist in the item")},
		"an operand of a wrong type": {on("Update", "old", `, 'UpdateExpression': 'SET Copies = Copies + ISBN'`),
			"ValidationError", invalid("An operand in the update expression has an incorrect data type")},
		"an attribute of the key": {on("Update", "old", `, 'UpdateExpression': 'REMOVE ISBN'`), "ValidationError",
			invalid("One or more parameter values were invalid: Cannot update attribute ISBN. " +
				"This attribute is part of the key")},
		"a wrong type of key in an item": {strings.Replace(on("Put", "1", ""), "'S'", "'N'", 1), "ValidationError",
			invalid("One or more parameter values were invalid: Type mismatch for key ISBN expected: S actual: N")},
		"no key in an item": {`{'Put': {'TableName': 'Books', 'Item': {}}}`, "ValidationError",
			invalid("One or more parameter values were invalid: Missing the key ISBN in the item")},
		"a wrong type of key": {strings.Replace(on("Delete", "1", ""), "'S'", "'N'", 1), "ValidationError",
			invalid(wrongKey)},
		"a key with more": {`{'Delete': {'TableName': 'Books', 'Key': {'ISBN': {'S': '1'}, 'x': {'S': '1'}}}}`,
			"ValidationError", invalid(wrongKey)},
		"half a key": {`{'Delete': {'TableName': 'Pages', 'Key': {'Book': {'S': '1'}}}}`, "ValidationError",
			invalid(wrongKey)},
		"the other half": {`{'Delete': {'TableName': 'Pages', 'Key': {'N': {'N': '1'}}}}`, "ValidationError",
			invalid(wrongKey)},
		"a wrong type of index key": {`{'Put': {'TableName': 'Pages', 'Item': {'Book': {'S': '1'}, 'N': {'N': '1'},
			'Word': {'N': '1'}}}}`, "ValidationError", invalid("One or more parameter values were invalid: " +
			"Type mismatch for Index Key Word Expected: S Actual: N IndexName: ByWord")},
		"an item that grows too large": {on("Update", "old", `, 'UpdateExpression': 'SET x = :x',
			'ExpressionAttributeValues': {':x': {'S': '`+strings.Repeat("x", attr.MaxItemSize-15)+`'}}`), "ValidationError",
			invalid("Item size to update has exceeded the maximum allowed size")},
	} {
		t.Run(name, func(t *testing.T) {
			e := *e
			e.T = t
			if test.code == "" {
				test.code = "ConditionalCheckFailed"
			}
			e.canceled("TransactWriteItems", transaction(good, test.action, on("Put", "good too", unlessThere)),
				"None, "+test.code+", None", `[{'Code': 'None'}, `+test.reason+`, {'Code': 'None'}]`)
		})
	}
	e.canceled("TransactGetItems", transaction(on("Get", "old", ""), `{'Get': {'TableName': 'Books', 'Key': {}}}`,
		strings.Replace(on("Get", "1", ""), "'S'", "'N'", 1)), "None, ValidationError, ValidationError",
		`[{'Code': 'None'}, `+invalid(wrongKey)+`, `+invalid(wrongKey)+`]`)
}

func TestTransactWriteItemsRefuses(t *testing.T) {
	e := library(t)
	e.ok("PutItem", `{'TableName': 'Books', 'Item': {'ISBN': {'S': 'old'}}}`)
	good := on("Put", "good", "")
	renamed := func(action, name string) string { return strings.Replace(action, "Books", name, 1) }
	absent := renamed(good, "Films")
	large := strings.Repeat("x", attr.MaxItemSize)
	pattern := "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
	many := list(101, func(i int) string { return on("Put", fmt.Sprint(i), "") })
	first := func(member string) string { return "transactItems.1.member." + member }
	e.refusing("TransactWriteItems", map[string][2]string{
		"nothing": {`{}`, violated("null", "transactItems", notNull)},
		"none":    {transaction(), violated("'[]'", "transactItems", notEmpty)},
		"null":    {transaction(`null`), violated("null", "transactItems.1.member", notNull)},
		"no action": {transaction(good, `{}`),
			"Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"},
		"two actions": {transaction(good, strings.TrimSuffix(good, "}")+","+on("Delete", "1", "")[1:]),
			"TransactItems can only contain one of Check, Put, Update or Delete"},
		"no table":  {transaction(`{'Put': {'Item': {}}}`), violated("null", first("put.tableName"), notNull)},
		"no item":   {transaction(`{'Put': {'TableName': 'Books'}}`), violated("null", first("put.item"), notNull)},
		"no key":    {transaction(`{'Delete': {'TableName': 'Books'}}`), violated("null", first("delete.key"), notNull)},
		"no update": {transaction(on("Update", "1", "")), violated("null", first("update.updateExpression"), notNull)},
		"no condition": {transaction(on("ConditionCheck", "1", "")),
			violated("null", first("conditionCheck.conditionExpression"), notNull)},
		"a bad name": {transaction(good, renamed(on("Delete", "1", ""), "bad!name")),
			violated("'bad!name'", "transactItems.2.member.delete.tableName", pattern)},
		"an absent table": {transaction(good, absent), "ResourceNotFoundException: " + noTable},
		"syntax": {transaction(absent, on("ConditionCheck", "1", `, 'ConditionExpression': 'attribute_not_exists('`)),
			`Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "("`},
		"no expression": {transaction(on("Put", "1", `, 'ConditionExpression': ''`)),
			"Invalid ConditionExpression: The expression can not be empty;"},
		"unused": {transaction(absent, on("Delete", "1", unlessThere+`, 'ExpressionAttributeValues': {':v': {'S': 'x'}}`)),
			"Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"},
		"no values": {transaction(on("Put", "1", `, 'ExpressionAttributeValues': {}`)),
			"ExpressionAttributeValues must not be empty"},
		"a bad wish": {transaction(on("Put", "1", `, 'ReturnValuesOnConditionCheckFailure': 'NEW'`)), violated("'NEW'",
			first("put.returnValuesOnConditionCheckFailure"), "Member must satisfy enum value set: [ALL_OLD, NONE]")},
		"an item twice":   {transaction(good, on("Delete", "good", "")), sameItem},
		"and by ARN":      {transaction(good, renamed(good, booksARN)), sameItem},
		"put an empty":    {transaction(good, on("Put", "", "")), emptyKey + "ISBN"},
		"update an empty": {transaction(good, on("Update", "", `, 'UpdateExpression': 'REMOVE x'`)), emptyKey + "ISBN"},
		"check an empty": {transaction(on("Put", "old", unlessThere), on("ConditionCheck", "", unlessThere)),
			emptyKey + "ISBN"},
		"a long key": {transaction(good, on("Delete", large[:2049], "")),
			"One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"},
		"an empty index key": {transaction(good, `{'Update': {'TableName': 'Pages', 'UpdateExpression': 'SET Word = :w',
			'Key': {'Book': {'S': '1'}, 'N': {'N': '1'}}, 'ExpressionAttributeValues': {':w': {'S': ''}}}}`),
			"One or more parameter values are not valid. The update expression attempted to update a secondary index key to " +
				"a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."},
		"a large item": {transaction(absent, on("Put", "1'}, 'x': {'S': '"+large, "")), itemTooLarge},
		"not a string": {transaction(`{'Put': {'TableName': 5}}`),
			"SerializationException: NUMBER_VALUE cannot be converted to String"},
		"101 actions": {transaction(many), violated("'["+strings.ReplaceAll(many, "'", `"`)[:1023]+"...'", "transactItems",
			"Member must have length less than or equal to 100")},
	})
	e.ok("TransactWriteItems", transaction(list(100, func(i int) string { return on("Put", fmt.Sprint(i), "") })))
}

func TestTransactGetItemsRefuses(t *testing.T) {
	e := library(t)
	get := func(number, more string) string { return on("Get", number, more) }
	film := func(more string) string { return strings.Replace(get("1", more), "Books", "Films", 1) }
	many := func(n int) string { return list(n, func(i int) string { return get(fmt.Sprint(i), "") }) }
	e.refusing("TransactGetItems", map[string][2]string{
		"none":   {transaction(), violated("'[]'", "transactItems", notEmpty)},
		"no get": {transaction(`{}`), violated("null", "transactItems.1.member.get", notNull)},
		"no key": {transaction(`{'Get': {'TableName': 'Books'}}`),
			violated("null", "transactItems.1.member.get.key", notNull)},
		"an absent table": {transaction(get("1", ""), film("")), "ResourceNotFoundException: " + noTable},
		"syntax": {transaction(get("1", `, 'ProjectionExpression': '!!!'`)),
			`Invalid ProjectionExpression: Syntax error; token: "!", near: "!!"`},
		"unused": {transaction(film(`, 'ProjectionExpression': 'x', 'ExpressionAttributeNames': {'#x': 'x'}`)),
			"Value provided in ExpressionAttributeNames unused in expressions: keys: {#x}"},
		"an item twice": {transaction(get("1", ""), strings.Replace(get("1", ""), "Books", booksARN, 1)), sameItem},
		"an empty key":  {transaction(get("1", ""), get("", "")), emptyKey + "ISBN"},
		"a long key": {transaction(get(strings.Repeat("k", 2049), "")),
			"One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"},
		"101 gets": {transaction(many(101)), violated("'["+strings.ReplaceAll(many(101), "'", `"`)[:1023]+"...'",
			"transactItems", "Member must have length less than or equal to 100")},
	})
	e.answers("TransactGetItems", transaction(many(100)),
		`{'Responses': [`+list(100, func(int) string { return "{}" })+`]}`)
}

// TestFourMegabytes writes and reads items of 4 MB together, and with one byte more.
func TestFourMegabytes(t *testing.T) {
	e := library(t)
	const n, rest = 16, len("ISBN") + 3 + len("x")
	put := func(size int) func(i int) string {
		return func(i int) string {
			return on("Put", fmt.Sprintf("%03d'}, 'x': {'S': '%s", i, strings.Repeat("x", size-rest)), "")
		}
	}
	const each = table.MaxTransactionSize / n
	e.refusing("TransactWriteItems", map[string][2]string{
		"puts": {transaction(list(n-1, put(each)), put(each+1)(n-1)), sizeInAll},
		"an update more": {transaction(list(n, put(each)), on("Update", "one more", `, 'UpdateExpression': 'SET x = :x',
			'ExpressionAttributeValues': {':x': {'S': 'x'}}`)), sizeInAll},
	})
	e.ok("TransactWriteItems", transaction(list(n, put(each)), on("Delete", "any", ""),
		on("ConditionCheck", "none", unlessThere)))

	get := func(i int) string { return on("Get", fmt.Sprintf("%03d", i), `, 'ProjectionExpression': 'ISBN'`) }
	require.Equal(t, n, strings.Count(e.ok("TransactGetItems", transaction(list(n, get))), "Item"))
	e.ok("UpdateItem", `{'TableName': 'Books', 'Key': {'ISBN': {'S': '000'}}, 'UpdateExpression': 'SET y = :y',
		'ExpressionAttributeValues': {':y': {'S': ''}}}`)
	e.refuses("TransactGetItems", transaction(list(n, get)), "ValidationException", sizeInAll)
}

// TestTransfers moves copies between books beside readers, who must find the same number of copies at all times.
func TestTransfers(t *testing.T) {
	e := library(t)
	const books, each, writers, moves = 4, 100, 3, 60
	for i := range books {
		e.ok("PutItem", fmt.Sprintf(`{'TableName': 'Books', 'Item': {'ISBN': {'S': '%d'}, 'Copies': {'N': '%d'}}}`, i, each))
	}
	move := func(from, to, n int) string {
		add := func(book, n int) string {
			return on("Update", fmt.Sprint(book), fmt.Sprintf(`, 'UpdateExpression': 'ADD Copies :n',
				'ConditionExpression': 'Copies >= :least', 'ExpressionAttributeValues': {':n': {'N': '%d'},
				':least': {'N': '%d'}}`, n, max(-n, 0)))
		}
		return transaction(add(from, -n), add(to, n))
	}
	get := func(i int) string { return on("Get", fmt.Sprint(i), "") }
	var group sync.WaitGroup
	var failures []string // written to under failed
	var failed sync.Mutex
	fail := func(answer string) {
		failed.Lock()
		defer failed.Unlock()
		failures = append(failures, answer)
	}
	for w := range writers {
		group.Go(func() {
			for i := range moves {
				from := (w + i) % books
				status, answer := e.do("TransactWriteItems", move(from, (from+1+w)%books, 40))
				if status != 200 && !strings.Contains(answer, "[ConditionalCheckFailed, None]") {
					fail(answer)
				}
			}
		})
		group.Go(func() {
			for range moves {
				status, answer := e.do("TransactGetItems", transaction(list(books, get)))
				if status != 200 || copies(answer) != books*each {
					fail(answer)
				}
			}
		})
	}
	group.Wait()
	require.Empty(t, failures)
	require.NotContains(t, e.all("Books"), `"-`)
}

// copies counts the copies of all books in an answer.
func copies(answer string) (n int) {
	var got struct {
		Responses []struct {
			Item struct{ Copies struct{ N json.Number } }
		}
	}
	_ = json.Unmarshal([]byte(answer), &got)
	for _, r := range got.Responses {
		i, _ := r.Item.Copies.N.Int64()
		n += int(i)
	}
	return n
}
