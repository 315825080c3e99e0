package wire_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a request makes the process allocate is in proportion to its own size, whatever is in it.
func TestHostileRequests(t *testing.T) {
	const n = 200_000
	many := func(element string) string { return strings.Repeat(element+",", n) + element }
	for name, r := range map[string][2]string{
		"nulls beneath a long name": {"BatchWriteItem",
			`{"RequestItems": {"` + strings.Repeat("t", n) + `": [` + many("null") + `]}}`},
		"null keys beneath a long name": {"BatchGetItem",
			`{"RequestItems": {"` + strings.Repeat("t", n) + `": {"Keys": [` + many("null") + `]}}}`},
		"tables without writes": {"BatchWriteItem",
			`{"RequestItems": {` + manyNames(n/10, "[]") + `}, ` + manyNames(n/10, "0") + `}`},
		"elements":            {"TransactWriteItems", `{"TransactItems": [` + many("{}") + `]}`},
		"tags":                {"TagResource", `{"ResourceArn": "a", "Tags": [` + many("{}") + `]}`},
		"keys of tags":        {"UntagResource", `{"ResourceArn": "a", "TagKeys": [` + many(`""`) + `]}`},
		"members":             {"ListTables", `{` + manyNames(n, "0") + `}`},
		"equal numbers":       {"PutItem", `{"TableName": "Music", "Item": {"a": {"NS": [` + many(`"1"`) + `]}}}`},
		"a long table name":   {"DescribeTable", `{"TableName": "` + strings.Repeat("t", 5*n) + `"}`},
		"names and no values": {"Scan", `{"TableName": "Music", "ExpressionAttributeNames": {` + manyNames(n/2, `"a"`) + `}}`},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			status, answer := e.do(r[0], r[1])
			runtime.ReadMemStats(&after)
			require.Equal(t, 400, status)
			require.Less(t, len(answer), 100_000)
			allocated := after.TotalAlloc - before.TotalAlloc
			require.Less(t, allocated, uint64(100*len(r[1])+10<<20), "for a request of %d bytes", len(r[1]))
		})
	}
}

func TestTooManyMembers(t *testing.T) {
	e := newEndpoint(t)
	e.refuses("ListTables", `{`+manyNames(200_000, "0")+`}`, "SerializationException",
		"The request has more than 131072 members")
}

// manyNames returns the members of an object, with a value each.
func manyNames(n int, value string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"t%06d":%s`, i, value)
	}
	return b.String()
}

// A short update that would make a large item ends before it has made it, and a transaction of many keeps none of them.
func TestUpdatesThatGrow(t *testing.T) {
	e := newEndpoint(t)
	e.music()
	const attributes = 300
	var sets []string
	for i := range attributes {
		sets = append(sets, fmt.Sprintf("a%d = b", i))
	}
	update := fmt.Sprintf(`'TableName': 'Music', 'UpdateExpression': 'SET %s'`, strings.Join(sets, ", "))
	var transaction []string
	for i := range 20 {
		key := fmt.Sprintf(`'Artist': {'S': '%d'}, 'Song': {'S': 'x'}`, i)
		e.ok("PutItem", `{'TableName': 'Music', 'Item': {`+key+`, 'b': {'S': '`+strings.Repeat("b", 400_000)+`'}}}`)
		transaction = append(transaction, `{'Update': {'Key': {`+key+`}, `+update+`}}`)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	e.refuses("UpdateItem", `{'Key': {'Artist': {'S': '0'}, 'Song': {'S': 'x'}}, `+update+`}`,
		"ValidationException", "Item size to update has exceeded the maximum allowed size")
	status, answer := e.do("TransactWriteItems", `{'TransactItems': [`+strings.Join(transaction, ",")+`]}`)
	runtime.ReadMemStats(&after)
	require.Equal(t, 400, status)
	require.Contains(t, answer, "TransactionCanceledException")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(20<<20))
}
