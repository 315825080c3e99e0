package wire_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// The texts of refusals that several tests are about.
const (
	noTable      = "Requested resource not found"
	wrongKey     = "The provided key element does not match the schema"
	sameKeys     = "Provided list of item keys contains duplicates"
	itemTooLarge = "Item size has exceeded the maximum allowed size"
	emptyKey     = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain " +
		"an empty string value. Key: "
)

// library makes two tables: Books with the partition key ISBN, and Pages with Book and the number N, and with an index
// by the text Word.
func library(t *testing.T) *endpoint {
	e := newEndpoint(t)
	e.ok("CreateTable", `{'TableName': 'Books', 'BillingMode': 'PAY_PER_REQUEST',
		'AttributeDefinitions': [{'AttributeName': 'ISBN', 'AttributeType': 'S'}],
		'KeySchema': [{'AttributeName': 'ISBN', 'KeyType': 'HASH'}]}`)
	e.ok("CreateTable", `{'TableName': 'Pages', 'BillingMode': 'PAY_PER_REQUEST', 'AttributeDefinitions': [
		{'AttributeName': 'Book', 'AttributeType': 'S'}, {'AttributeName': 'N', 'AttributeType': 'N'},
		{'AttributeName': 'Word', 'AttributeType': 'S'}],
		'KeySchema': [{'AttributeName': 'Book', 'KeyType': 'HASH'}, {'AttributeName': 'N', 'KeyType': 'RANGE'}],
		'GlobalSecondaryIndexes': [{'IndexName': 'ByWord', 'KeySchema': [{'AttributeName': 'Word', 'KeyType': 'HASH'}],
			'Projection': {'ProjectionType': 'ALL'}}]}`)
	return e
}

const booksARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Books"

// all returns the items of a table as JSON, in the order of their partitions.
func (e *endpoint) all(name string) string {
	e.Helper()
	t, err := e.tables.Table(name)
	require.NoError(e, err)
	items := []attr.Item{}
	for item, err := range t.Items(snapshot.Query{}) {
		require.NoError(e, err)
		items = append(items, item)
	}
	b, err := json.Marshal(items)
	require.NoError(e, err)
	return string(b)
}

// unchanged sends a request that must be refused with the exception and text, and leave both tables as they are.
func (e *endpoint) unchanged(operation, body, exception, text string) {
	e.Helper()
	books, pages := e.all("Books"), e.all("Pages")
	e.refuses(operation, body, exception, text)
	require.Equal(e, books, e.all("Books"))
	require.Equal(e, pages, e.all("Pages"))
}

// list returns what of gives for 0 to n-1 with commas between.
func list(n int, of func(i int) string) string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = of(i)
	}
	return strings.Join(texts, ",")
}

func isbn(i int) string { return fmt.Sprintf(`{'ISBN': {'S': '%03d'}}`, i) }

func TestBatches(t *testing.T) {
	e := library(t)
	e.answers("BatchWriteItem", `{'RequestItems': {
		'Books': [{'PutRequest': {'Item': {'ISBN': {'S': '1'}, 'Title': {'S': 'Emma'}}}},
			{'PutRequest': {'Item': {'ISBN': {'S': '2'}}}}],
		'Pages': [{'PutRequest': {'Item': {'Book': {'S': '1'}, 'N': {'N': '1'}, 'Word': {'S': 'handsome'}}}}]},
		'ReturnConsumedCapacity': 'NONE', 'ReturnItemCollectionMetrics': 'NONE'}`, `{'UnprocessedItems': {}}`)
	e.answers("BatchWriteItem", `{'RequestItems': {'`+booksARN+`': [{'DeleteRequest': {'Key': {'ISBN': {'S': '2'}}}},
		{'PutRequest': {'Item': {'ISBN': {'S': '3'}, 'Title': {'S': 'Persuasion'}}}},
		{'DeleteRequest': {'Key': {'ISBN': {'S': 'none'}}}}]}}`, `{'UnprocessedItems': {}}`)

	e.answers("BatchGetItem", `{'RequestItems': {
		'Books': {'Keys': [{'ISBN': {'S': '3'}}, {'ISBN': {'S': '2'}}, {'ISBN': {'S': '1'}}], 'ConsistentRead': true},
		'Pages': {'Keys': [{'Book': {'S': '1'}, 'N': {'N': '1.0'}}, {'N': {'N': '2'}, 'Book': {'S': '1'}}],
			'ProjectionExpression': '#w, Author', 'ExpressionAttributeNames': {'#w': 'Word'}}}}`,
		`{'Responses': {
			'Books': [{'ISBN': {'S': '3'}, 'Title': {'S': 'Persuasion'}}, {'ISBN': {'S': '1'}, 'Title': {'S': 'Emma'}}],
			'Pages': [{'Word': {'S': 'handsome'}}]},
		'UnprocessedKeys': {}}`)
	e.answers("BatchGetItem", `{'RequestItems': {'`+booksARN+`': {'Keys': [{'ISBN': {'S': '1'}}],
		'ProjectionExpression': 'x'}, 'Books': {'Keys': [{'ISBN': {'S': '2'}}]}}}`,
		`{'Responses': {'`+booksARN+`': [{}], 'Books': []}, 'UnprocessedKeys': {}}`)
}

// TestBatchIsManyCommits looks at the table after each of the writes of one batch.
func TestBatchIsManyCommits(t *testing.T) {
	e := library(t)
	e.tables.Retain(time.Hour)
	e.ok("PutItem", `{'TableName': 'Books', 'Item': {'ISBN': {'S': '1'}}}`)
	e.ok("BatchWriteItem", `{'RequestItems': {'Books': [{'PutRequest': {'Item': {'ISBN': {'S': '2'}}}},
		{'PutRequest': {'Item': {'ISBN': {'S': '3'}}}}, {'DeleteRequest': {'Key': {'ISBN': {'S': '1'}}}}]}}`)
	books, err := e.tables.Table("Books")
	require.NoError(t, err)
	put, err := books.Put(attr.MustItem(attr.Map{"ISBN": attr.S("4")}))
	require.NoError(t, err)
	var lengths []int
	for back := uint64(4); back > 0; back-- {
		at, err := clock.ParseInstant(fmt.Sprintf("%s#%d", clock.Epoch.Format(time.RFC3339), put.At.Sequence()-back))
		require.NoError(t, err)
		then, err := books.SnapshotAt(at)
		require.NoError(t, err)
		lengths = append(lengths, then.Len())
	}
	require.Equal(t, []int{1, 2, 3, 2}, lengths)
}

// refusing sends requests by the names of what is wrong with them. The answer must be the refusal, which is
// "name: text" if it is not a ValidationException, and leave both tables as they are.
func (e *endpoint) refusing(operation string, requests map[string][2]string) {
	for name, r := range requests {
		e.Run(name, func(t *testing.T) {
			e := *e
			e.T = t
			code, text, other := strings.Cut(r[1], "Exception: ")
			if !other {
				code, text = "Validation", r[1]
			}
			e.unchanged(operation, r[0], code+"Exception", text)
		})
	}
}

// violated is the refusal of a value that violates one constraint.
func violated(value, path, must string) string {
	return "1 validation error detected: " + oneViolation(value, path, must)
}

func oneViolation(value, path, must string) string {
	return "Value " + value + " at '" + path + "' failed to satisfy constraint: " + must
}

const (
	notNull  = "Member must not be null"
	notEmpty = "Member must have length greater than or equal to 1"
	oneOf25  = "Map value must satisfy constraint: [Member must have length less than or equal to 25, " +
		"Member must have length greater than or equal to 1]"
	tableNames = "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must " +
		"have length greater than or equal to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
)

func TestBatchWriteItemRefuses(t *testing.T) {
	e := library(t)
	e.ok("PutItem", `{'TableName': 'Books', 'Item': {'ISBN': {'S': 'old'}}}`)
	good := `{'PutRequest': {'Item': {'ISBN': {'S': 'good'}}}}`
	put := func(i int) string { return `{'PutRequest': {'Item': ` + isbn(i) + `}}` }
	of := func(items string) string { return `{'RequestItems': ` + items + `}` }
	books := func(writes ...string) string { return of(`{'Books': [` + strings.Join(writes, ",") + `]}`) }
	and := func(name, writes string) string {
		return of(`{'Books': [` + good + `], '` + name + `': [` + writes + `]}`)
	}
	page := func(item string) string {
		return and("Pages", `{'PutRequest': {'Item': {'Book': {'S': '1'}, 'N': {'N': '1'}`+item+`}}}`)
	}
	large := `{'ISBN': {'S': 'l'}, 'x': {'S': '` + strings.Repeat("x", attr.MaxItemSize-5) + `'}}`
	const oneOf = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the " +
		"supported datatypes"
	first := "requestItems.Books.member.1.member."
	e.refusing("BatchWriteItem", map[string][2]string{
		"nothing":    {`{}`, violated("null", "requestItems", notNull)},
		"no table":   {of(`{}`), "The requestItems parameter is required for BatchWriteItem"},
		"no write":   {books(), violated(`'{"Books": []}'`, "requestItems", oneOf25)},
		"null":       {of(`{'Books': null}`), violated(`'{"Books": null}'`, "requestItems", oneOf25)},
		"a bad name": {of(`{'a': [{}]}`), violated(`'{"a": [{}]}'`, "requestItems", tableNames)},
		"no item and no key": {books(`{'PutRequest': {}, 'DeleteRequest': {}}`), "2 validation errors detected: " +
			oneViolation("null", first+"putRequest.item", notNull) + "; " +
			oneViolation("null", first+"deleteRequest.key", notNull)},
		"both": {books(good, `{'PutRequest': {'Item': {'ISBN': {'S': '1'}}},
			'DeleteRequest': {'Key': {'ISBN': {'S': '1'}}}}`), oneOf},
		"neither": {books(good, `{}`), oneOf},
		"too many in all": {of(`{'Books': [` + list(20, put) + `], '` + booksARN + `': [` + list(6, put) + `]}`),
			"Too many items requested for the BatchWriteItem call"},
		"another table absent": {and("Films", good), "ResourceNotFoundException: " + noTable},
		"a key twice":          {books(good, `{'DeleteRequest': {'Key': {'ISBN': {'S': 'good'}}}}`), sameKeys},
		"a key by two names":   {and(booksARN, good), sameKeys},
		"no key in an item":    {books(good, `{'PutRequest': {'Item': {'x': {'S': '1'}}}}`), wrongKey},
		"a wrong type of key":  {books(good, `{'PutRequest': {'Item': {'ISBN': {'N': '1'}}}}`), wrongKey},
		"a key with more":      {books(good, `{'DeleteRequest': {'Key': {'ISBN': {'S': '1'}, 'x': {'S': '1'}}}}`), wrongKey},
		"half a key":           {and("Pages", `{'DeleteRequest': {'Key': {'Book': {'S': '1'}}}}`), wrongKey},
		"an empty key":         {books(good, `{'PutRequest': {'Item': {'ISBN': {'S': ''}}}}`), emptyKey + "ISBN"},
		"a large key": {books(good, `{'DeleteRequest': {'Key': {'ISBN': {'S': '`+strings.Repeat("k", 2049)+`'}}}}`),
			"One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"},
		"a large item": {of(`{'Films': [{'PutRequest': {'Item': ` + large + `}}]}`), itemTooLarge},
		"a bad index key": {page(`, 'Word': {'N': '1'}`), "One or more parameter values were invalid: " +
			"Type mismatch for Index Key Word Expected: S Actual: N IndexName: ByWord"},
		"an empty index key": {page(`, 'Word': {'S': ''}`), "One or more parameter values are not valid. A value specified " +
			"for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty " +
			"string value. IndexName: ByWord, IndexKey: Word"},
		"a bad value": {books(`{'PutRequest': {'Item': {'ISBN': {}}}}`),
			"Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		"not a list": {of(`{'Books': {}}`),
			"SerializationException: Start of structure or map found where not expected"},
		"26 writes": {books(list(26, put)), violated(`'{"Books": [`+
			strings.ReplaceAll(list(26, put), "'", `"`)[:1024-len(`{"Books": [`)]+`...'`, "requestItems", oneOf25)},
	})
	e.ok("BatchWriteItem", books(list(25, put)))
	e.ok("BatchWriteItem", books(`{'PutRequest': {'Item': `+strings.Replace(large, "x'}", "'}", 1)+`}}`))
}

func TestBatchGetItemRefuses(t *testing.T) {
	e := library(t)
	key := `{'ISBN': {'S': '1'}}`
	of := func(items string) string { return `{'RequestItems': ` + items + `}` }
	get := func(name, keys string, more ...string) string {
		return `'` + name + `': {'Keys': [` + keys + `]` + strings.Join(more, "") + `}`
	}
	books := func(keys string, more ...string) string { return of(`{` + get("Books", keys, more...) + `}`) }
	and := func(name, keys string, more ...string) string {
		return of(`{` + get("Books", list(100, isbn)) + `, ` + get(name, keys, more...) + `}`)
	}
	two := func(name string) string { return of(`{` + get("Books", key) + `, ` + get(name, key) + `}`) }
	const keys = "requestItems.Books.member.keys"
	e.refusing("BatchGetItem", map[string][2]string{
		"nothing":         {`{}`, violated("null", "requestItems", notNull)},
		"no table":        {of(`{}`), "The requestItems parameter is required for BatchGetItem"},
		"null":            {of(`{'Books': null}`), violated("null", "requestItems.Books.member", notNull)},
		"no list of keys": {of(`{'Books': {}}`), violated("null", keys, notNull)},
		"no key":          {books(``), violated("'[]'", keys, notEmpty)},
		"a bad name": {of(`{'bad!name':{'Keys':[{'pk':{'S':'a'}}]}}`),
			violated(`'{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}}'`, "requestItems", tableNames)},
		"101 keys": {books(list(101, isbn)), violated(`'[`+strings.ReplaceAll(list(101, isbn), "'", `"`)[:1023]+`...'`, keys,
			"Member must have length less than or equal to 100")},
		"too many in all":     {and("Pages", key), "Too many items requested for the BatchGetItem call"},
		"an absent table":     {two("Films"), "ResourceNotFoundException: " + noTable},
		"a key twice":         {books(key + `,` + key), sameKeys},
		"a key by two names":  {two(booksARN), sameKeys},
		"a wrong key":         {books(`{'Book': {'S': '1'}}`), wrongKey},
		"a wrong type of key": {books(`{'ISBN': {'N': '1'}}`), wrongKey},
		"an empty key":        {books(`{'ISBN': {'S': ''}}`), emptyKey + "ISBN"},
		"a number twice": {of(`{` + get("Pages", `{'Book': {'S': '1'}, 'N': {'N': '1'}},
			{'Book': {'S': '1'}, 'N': {'N': '1.0'}}`) + `}`), sameKeys},
		"attributes twice": {books(key, `, 'AttributesToGet': ['ISBN', 'ISBN']`),
			"One or more parameter values were invalid: Duplicate value in attribute name: ISBN"},
		"names alone": {books(key, `, 'ExpressionAttributeNames': {'#a': 'a'}`),
			"ExpressionAttributeNames can only be specified when using expressions"},
		"a bad projection": {of(`{` + get("Films", key, `, 'ProjectionExpression': 'a, a'`) + `}`),
			"Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these " +
				"paths; path one: [a], path two: [a]"},
		"a name unused": {books(key, `, 'ProjectionExpression': 'a', 'ExpressionAttributeNames': {'#a': 'a'}`),
			"Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}"},
		"another account": {two("arn:aws:dynamodb:us-east-1:000000000000:table/Books"),
			"AccessDeniedException: Access is denied"},
		"not a structure": {of(`{'Books': 'x'}`), "SerializationException: Unexpected value type in payload"},
	})
	e.answers("BatchGetItem", books(list(100, isbn)), `{'Responses': {'Books': []}, 'UnprocessedKeys': {}}`)
}

func TestBatchesNeedActiveTables(t *testing.T) {
	e := newEndpoint(t, func(_ *backup.Profile, timing *table.Timing) { timing.Creating = 1 })
	e.music()
	e.refuses("BatchWriteItem", `{'RequestItems': {'Music': [{'PutRequest': {'Item': {'x': {'S': '1'}}}}]}}`,
		string(exception.ResourceNotFound), noTable)
	e.refuses("BatchGetItem", `{'RequestItems': {'Music': {'Keys': [{'x': {'S': '1'}}]}}}`,
		string(exception.ResourceNotFound), noTable)
}

// TestBatchGetItemInPages asks for more than there is room for, and sends what is unprocessed again as it is.
func TestBatchGetItemInPages(t *testing.T) {
	e := library(t)
	books, err := e.tables.Table("Books")
	require.NoError(t, err)
	const size = 300 << 10
	for i := range 100 {
		_, err := books.Put(attr.MustItem(attr.Map{"ISBN": attr.S(fmt.Sprintf("%03d", i)),
			"Text": attr.S(strings.Repeat("x", size-11)), "n": attr.Int(1)}))
		require.NoError(t, err)
	}
	e.ok("PutItem", `{'TableName': 'Pages', 'Item': {'Book': {'S': '1'}, 'N': {'N': '1'}}}`)

	request := `{"Books": {"Keys": [` + list(99, isbn) + `], "ConsistentRead": true, "ProjectionExpression": "#a,n",
		"ExpressionAttributeNames": {"#a": "ISBN"}}, "Pages": {"Keys": [{"Book": {"S": "1"}, "N": {"N": "1"}}]}}`
	var pages []int
	for request != "{}" {
		var answer struct {
			Responses       map[string][]map[string]any
			UnprocessedKeys json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(e.ok("BatchGetItem", `{'RequestItems': `+request+`}`)), &answer))
		for _, item := range answer.Responses["Books"] {
			require.Len(t, item, 2, "the projection goes on")
		}
		pages = append(pages, len(answer.Responses["Books"]), len(answer.Responses["Pages"]))
		if len(pages) == 2 {
			require.Contains(t, string(answer.UnprocessedKeys), `{"Books":{"ConsistentRead":true,`+
				`"ExpressionAttributeNames":{"#a":"ISBN"},"Keys":[{"ISBN":{"S":"054"}},{"ISBN":{"S":"055"}}`)
			require.Contains(t, string(answer.UnprocessedKeys), `],"ProjectionExpression":"#a,n"},`+
				`"Pages":{"Keys":[{"Book":{"S":"1"},"N":{"N":"1"}}]}}`)
		}
		request = string(answer.UnprocessedKeys)
	}
	require.Equal(t, []int{16 << 20 / size, 0, 99 - 16<<20/size, 1}, pages)
}
