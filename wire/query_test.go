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
	"github.com/tidemark-db/tidemark/table"
)

// threads makes the table of a forum: threads by Forum and Subject, in a forum by Date with their authors, of an author
// by Date without anything else, and by Tag with everything.
func (e *endpoint) threads() {
	e.Helper()
	e.ok("CreateTable", `{'TableName': 'Threads', 'BillingMode': 'PAY_PER_REQUEST', 'AttributeDefinitions': [
			{'AttributeName': 'Forum', 'AttributeType': 'S'}, {'AttributeName': 'Subject', 'AttributeType': 'S'},
			{'AttributeName': 'Date', 'AttributeType': 'N'}, {'AttributeName': 'Author', 'AttributeType': 'S'},
			{'AttributeName': 'Tag', 'AttributeType': 'B'}],
		'KeySchema': [{'AttributeName': 'Forum', 'KeyType': 'HASH'}, {'AttributeName': 'Subject', 'KeyType': 'RANGE'}],
		'LocalSecondaryIndexes': [{'IndexName': 'ByDate',
			'Projection': {'ProjectionType': 'INCLUDE', 'NonKeyAttributes': ['Author']},
			'KeySchema': [{'AttributeName': 'Forum', 'KeyType': 'HASH'}, {'AttributeName': 'Date', 'KeyType': 'RANGE'}]}],
		'GlobalSecondaryIndexes': [
			{'IndexName': 'ByAuthor', 'Projection': {'ProjectionType': 'KEYS_ONLY'},
				'KeySchema': [{'AttributeName': 'Author', 'KeyType': 'HASH'}, {'AttributeName': 'Date', 'KeyType': 'RANGE'}]},
			{'IndexName': 'ByTag', 'Projection': {'ProjectionType': 'ALL'},
				'KeySchema': [{'AttributeName': 'Tag', 'KeyType': 'HASH'}]}]}`)
}

// thread puts the n-th thread of a forum: every other one is by Ann, the rest are by Bob, and one in three is tagged.
// Later ones have earlier dates.
func (e *endpoint) thread(forum string, n int, text string) {
	e.Helper()
	tag := ""
	if n%3 == 0 {
		tag = `'Tag': {'B': 'AQ=='},`
	}
	author := []string{"Ann", "Bob"}[n%2]
	e.ok("PutItem", fmt.Sprintf(`{'TableName': 'Threads', 'Item': {'Forum': {'S': '%s'}, 'Subject': {'S': 's%02d'}, %s
		'Date': {'N': '%d'}, 'Author': {'S': '%s'}, 'Text': {'S': '%s'}}}`, forum, n, tag, 100-n, author, text))
}

// page is an answer to a Query or a Scan.
type page struct {
	Count, ScannedCount int
	Items               []attr.Item
	LastEvaluatedKey    attr.Item
}

// pages sends a request, whose closing brace is left out, until there is no further page.
func (e *endpoint) pages(operation, request string) (list []page) {
	e.Helper()
	start := ""
	for {
		var p page
		require.NoError(e, json.Unmarshal([]byte(e.ok(operation, request+start+"}")), &p))
		list = append(list, p)
		if p.LastEvaluatedKey.IsZero() {
			return list
		}
		start = ", 'ExclusiveStartKey': " + p.LastEvaluatedKey.String()
		require.Less(e, len(list), 1000, "the pages do not end")
	}
}

// values are the values of one attribute, all of type S or N, in the items of all pages.
func values(list []page, name string) (texts []string) {
	for _, p := range list {
		for _, item := range p.Items {
			v, _ := item.Lookup(name)
			text, ok := v.Text()
			if !ok {
				text, _ = v.Number()
			}
			texts = append(texts, text)
		}
	}
	return texts
}

// forum is an endpoint with seven threads of Go and one of Rust.
func forum(t *testing.T) *endpoint {
	e := newEndpoint(t)
	e.threads()
	for n := range 7 {
		e.thread("Go", n, "text")
	}
	e.thread("Rust", 1, "text")
	return e
}

const (
	inThreads = `{'TableName': 'Threads', `
	ofGo      = inThreads + `'KeyConditionExpression': 'Forum = :f', 'ExpressionAttributeValues': {':f': {'S': 'Go'}}`
	byDate    = inThreads + `'IndexName': 'ByDate', 'KeyConditionExpression': 'Forum = :f',
		'ExpressionAttributeValues': {':f': {'S': 'Go'}}`
	byAuthor = inThreads + `'IndexName': 'ByAuthor', 'KeyConditionExpression': 'Author = :a',
		'ExpressionAttributeValues': {':a': {'S': 'Ann'}}`
	byTag = inThreads + `'IndexName': 'ByTag', 'KeyConditionExpression': 'Tag = :t',
		'ExpressionAttributeValues': {':t': {'B': 'AQ=='}}`
)

func TestQueryAnswer(t *testing.T) {
	e := forum(t)
	require.Equal(t, `{"Count":1,"Items":[{"Subject":{"S":"s00"}}],`+
		`"LastEvaluatedKey":{"Forum":{"S":"Go"},"Subject":{"S":"s00"}},"ScannedCount":1}`,
		e.ok("Query", ofGo+`, 'Limit': 1, 'ProjectionExpression': 'Subject'}`), "members are in alphabetical order")
	require.Equal(t, `{"Count":7,"ScannedCount":7}`, e.ok("Query", ofGo+`, 'Select': 'COUNT'}`))
	none := strings.Replace(ofGo, "'Go'", "'Perl'", 1)
	for _, more := range []string{`}`, `, 'Limit': 1, 'ScanIndexForward': true}`} {
		require.Equal(t, `{"Count":0,"Items":[],"ScannedCount":0}`, e.ok("Query", none+more))
	}
	e.answers("Query", byAuthor+`, 'Limit': 1}`, `{'Count': 1, 'ScannedCount': 1,
		'Items': [{'Forum': {'S': 'Go'}, 'Subject': {'S': 's06'}, 'Author': {'S': 'Ann'}, 'Date': {'N': '94'}}],
		'LastEvaluatedKey': {'Forum': {'S': 'Go'}, 'Subject': {'S': 's06'}, 'Author': {'S': 'Ann'}, 'Date': {'N': '94'}}}`)
	arn := strings.Replace(ofGo, "'Threads'", "'arn:aws:dynamodb:us-east-1:123456789012:table/Threads'", 1)
	e.answers("Query", arn+`, 'Select': 'COUNT'}`, `{'Count': 7, 'ScannedCount': 7}`)
}

func TestPagingVisitsEachItemOnce(t *testing.T) {
	e := forum(t)
	for request, want := range map[string][]string{
		ofGo:     {"s00", "s01", "s02", "s03", "s04", "s05", "s06"},
		byDate:   {"s06", "s05", "s04", "s03", "s02", "s01", "s00"},
		byAuthor: {"s06", "s04", "s02", "s00"},
		byTag:    {"s00", "s03", "s06"},
	} {
		for limit := 1; limit <= 8; limit++ {
			list := e.pages("Query", fmt.Sprintf("%s, 'Limit': %d", request, limit))
			require.Equal(t, want, values(list, "Subject"), "limit %d of %s", limit, request)
			require.Len(t, list, len(want)/limit+1, "a full page tells where to go on, even if nothing follows")
		}
		back := values(e.pages("Query", request+`, 'Limit': 2, 'ScanIndexForward': false`), "Subject")
		require.Len(t, back, len(want))
		for i := range want {
			require.Equal(t, want[i], back[len(back)-1-i])
		}
	}
}

func TestSortConditions(t *testing.T) {
	e := forum(t)
	for condition, want := range map[string][]string{
		"Subject = :v":                {"s03"},
		"Subject < :v":                {"s00", "s01", "s02"},
		"Subject <= :v":               {"s00", "s01", "s02", "s03"},
		"Subject > :v":                {"s04", "s05", "s06"},
		"Subject >= :v":               {"s03", "s04", "s05", "s06"},
		"Subject BETWEEN :v AND :w":   {"s03", "s04", "s05"},
		"begins_with(Subject, :v)":    {"s03"},
		"begins_with(Subject, :v0)":   {"s00", "s01", "s02", "s03", "s04", "s05", "s06"},
		":w <= Subject AND :f = #for": {"s05", "s06"},
	} {
		names := ""
		if strings.Contains(condition, "#for") {
			names = `, 'ExpressionAttributeNames': {'#for': 'Forum'}`
		} else {
			condition += " AND Forum = :f"
		}
		given := []string{`':f': {'S': 'Go'}`}
		for name, value := range map[string]string{":v": "s03", ":w": "s05", ":v0": "s0"} {
			if strings.Contains(condition+" ", name+" ") || strings.Contains(condition, name+")") {
				given = append(given, fmt.Sprintf(`'%s': {'S': '%s'}`, name, value))
			}
		}
		for _, direction := range []string{"true", "false"} {
			list := e.pages("Query", inThreads+fmt.Sprintf(`'KeyConditionExpression': '%s', 'ExpressionAttributeValues': {%s}%s,
				'Limit': 1, 'ScanIndexForward': %s`, condition, strings.Join(given, ", "), names, direction))
			require.ElementsMatch(t, want, values(list, "Subject"), condition)
			require.Len(t, list, len(want)+1, "a start at any of its own last keys is within the condition: %s", condition)
		}
	}
}

func TestFilterCountsBeforeAndAfter(t *testing.T) {
	e := forum(t)
	const ofAnn = inThreads + `'KeyConditionExpression': 'Forum = :f',
		'FilterExpression': 'Author = :a AND attribute_exists(#t)', 'ExpressionAttributeNames': {'#t': 'Text'},
		'ExpressionAttributeValues': {':f': {'S': 'Go'}, ':a': {'S': 'Ann'}}`
	e.answers("Query", ofAnn+`, 'Select': 'COUNT'}`, `{'Count': 4, 'ScannedCount': 7}`)
	var counts, scanned []int
	list := e.pages("Query", ofAnn+`, 'Limit': 3, 'ProjectionExpression': 'Subject'`)
	for _, p := range list {
		counts, scanned = append(counts, p.Count), append(scanned, p.ScannedCount)
	}
	require.Equal(t, []int{2, 1, 1}, counts, "the limit is on what is read, not on what is found")
	require.Equal(t, []int{3, 3, 1}, scanned)
	require.Equal(t, []string{"s00", "s02", "s04", "s06"}, values(list, "Subject"))
}

func TestLocalIndexFetchesFromTheTable(t *testing.T) {
	e := forum(t)
	one := byDate + `, 'Limit': 1`
	const position = `'LastEvaluatedKey': {'Forum': {'S': 'Go'}, 'Subject': {'S': 's06'}, 'Date': {'N': '94'}}`
	const held = `'Forum': {'S': 'Go'}, 'Subject': {'S': 's06'}, 'Date': {'N': '94'}, 'Author': {'S': 'Ann'}`
	const author = `'Author': {'S': 'Ann'}`
	answer := func(item string) string {
		return `{'Count': 1, 'ScannedCount': 1, 'Items': [{` + item + `}], ` + position + `}`
	}
	e.answers("Query", one+`}`, answer(held))
	e.answers("Query", one+`, 'Select': 'ALL_PROJECTED_ATTRIBUTES', 'ConsistentRead': true}`, answer(held))
	e.answers("Query", one+`, 'Select': 'ALL_ATTRIBUTES'}`, answer(held+`, 'Text': {'S': 'text'}, 'Tag': {'B': 'AQ=='}`))
	e.answers("Query", one+`, 'ProjectionExpression': 'Tag, Author'}`, answer(`'Tag': {'B': 'AQ=='}, `+author))
	e.answers("Query", one+`, 'ProjectionExpression': 'Author', 'Select': 'SPECIFIC_ATTRIBUTES'}`, answer(author))
	e.answers("Query", one+`, 'Select': 'COUNT'}`, `{'Count': 1, 'ScannedCount': 1, `+position+`}`)
	e.answers("Scan", inThreads+`'IndexName': 'ByDate', 'Select': 'ALL_ATTRIBUTES',
		'FilterExpression': 'Author = :a AND #d < :d', 'ExpressionAttributeNames': {'#d': 'Date'},
		'ExpressionAttributeValues': {':a': {'S': 'Ann'}, ':d': {'N': '95'}}}`,
		`{'Count': 1, 'ScannedCount': 8, 'Items': [{`+held+`, 'Text': {'S': 'text'}, 'Tag': {'B': 'AQ=='}}]}`)
}

func TestPagesEndAtOneMegabyte(t *testing.T) {
	e := newEndpoint(t)
	e.threads()
	for n := range 10 {
		e.thread("Go", n, strings.Repeat("x", 300_000))
	}
	sizes := func(operation, request string) (counts []int) {
		for _, p := range e.pages(operation, request) {
			counts = append(counts, p.ScannedCount)
		}
		return counts
	}
	require.Equal(t, []int{4, 4, 2}, sizes("Query", ofGo), "the item that reaches the size is the page's last")
	require.Equal(t, []int{4, 4, 2}, sizes("Query", ofGo+`, 'Select': 'COUNT'`))
	require.Equal(t, []int{3, 3, 3, 1}, sizes("Query", ofGo+`, 'Limit': 3`))
	require.Equal(t, []int{4, 4, 2}, sizes("Query", ofGo+`, 'Limit': 5, 'ProjectionExpression': 'Subject'`))
	require.Equal(t, []int{4, 4, 2}, sizes("Scan", inThreads+`'FilterExpression': 'attribute_not_exists(Subject)'`))
	require.Equal(t, []int{10}, sizes("Query", byDate), "an index counts what it holds")
	require.Equal(t, []int{4, 4, 2}, sizes("Query", byDate+`, 'Select': 'ALL_ATTRIBUTES'`), "what is fetched counts too")
	fetched := e.pages("Query", byDate+`, 'ProjectionExpression': '#t, Subject',
		'ExpressionAttributeNames': {'#t': 'Text'}`)
	want := []string{"s09", "s08", "s07", "s06", "s05", "s04", "s03", "s02", "s01", "s00"}
	require.Equal(t, want, values(fetched, "Subject"))
}

func TestPagingGoesOnFromItemsThatAreGone(t *testing.T) {
	e := forum(t)
	start := `, 'ExclusiveStartKey': {'Forum': {'S': 'Go'}, 'Subject': {'S': 's04'}}`
	e.ok("DeleteItem", inThreads+`'Key': {'Forum': {'S': 'Go'}, 'Subject': {'S': 's04'}}}`)
	require.Equal(t, []string{"s05", "s06"}, values(e.pages("Query", ofGo+start), "Subject"))
	require.Equal(t, []string{"s03", "s02", "s01", "s00"},
		values(e.pages("Query", ofGo+`, 'ScanIndexForward': false, 'Limit': 9`+start), "Subject"))
}

func TestBinarySortKeys(t *testing.T) {
	e := newEndpoint(t)
	e.ok("CreateTable", `{'TableName': 'Logs', 'BillingMode': 'PAY_PER_REQUEST', 'AttributeDefinitions': [
			{'AttributeName': 'Nr', 'AttributeType': 'N'}, {'AttributeName': 'Line', 'AttributeType': 'B'}],
		'KeySchema': [{'AttributeName': 'Nr', 'KeyType': 'HASH'}, {'AttributeName': 'Line', 'KeyType': 'RANGE'}]}`)
	for _, line := range []string{"AA==", "AAE=", "AP8=", "AQ=="} { // 00, 0001, 00ff, 01
		e.ok("PutItem", `{'TableName': 'Logs', 'Item': {'Nr': {'N': '1'}, 'Line': {'B': '`+line+`'}}}`)
	}
	list := e.pages("Query", `{'TableName': 'Logs', 'KeyConditionExpression': 'begins_with(Line, :l) AND Nr = :d',
		'ExpressionAttributeValues': {':d': {'N': '1.0'}, ':l': {'B': 'AA=='}}, 'Limit': 1`)
	var lines []string
	for _, p := range list {
		for _, item := range p.Items {
			lines = append(lines, item.Project("Line").String())
		}
	}
	require.Equal(t, []string{`{"Line":{"B":"AA=="}}`, `{"Line":{"B":"AAE="}}`, `{"Line":{"B":"AP8="}}`}, lines)
	e.refuses("Query", `{'TableName': 'Logs', 'KeyConditionExpression': 'begins_with(Line, :l) AND Nr = :d',
		'ExclusiveStartKey': {'Nr': {'N': '1'}, 'Line': {'B': 'AQ=='}},
		'ExpressionAttributeValues': {':d': {'N': '1'}, ':l': {'B': 'AA=='}}}`, "ValidationException", notInRange)
}

func TestTableWithoutSortKey(t *testing.T) {
	e := newEndpoint(t)
	e.ok("CreateTable", `{'TableName': 'Users', 'BillingMode': 'PAY_PER_REQUEST', 'AttributeDefinitions': [
			{'AttributeName': 'Name', 'AttributeType': 'S'}, {'AttributeName': 'Team', 'AttributeType': 'S'}],
		'KeySchema': [{'AttributeName': 'Name', 'KeyType': 'HASH'}],
		'GlobalSecondaryIndexes': [{'IndexName': 'ByTeam', 'Projection': {'ProjectionType': 'ALL'},
			'KeySchema': [{'AttributeName': 'Team', 'KeyType': 'HASH'}]}]}`)
	for _, name := range []string{"Ann", "Bob", "Eve"} {
		e.ok("PutItem", `{'TableName': 'Users', 'Item': {'Name': {'S': '`+name+`'}, 'Team': {'S': 'red'}}}`)
	}
	const of = `{'TableName': 'Users', 'ExpressionAttributeNames': {'#n': 'Name'},
		'ExpressionAttributeValues': {':v': {'S': 'Bob'}}, 'KeyConditionExpression': `
	require.Equal(t, []string{"Bob"}, values(e.pages("Query", of+`'#n = :v', 'Limit': 1`), "Name"))
	require.Equal(t, []string{"Ann", "Bob", "Eve"}, values(e.pages("Query", `{'TableName': 'Users', 'IndexName': 'ByTeam',
		'KeyConditionExpression': 'Team = :v', 'ExpressionAttributeValues': {':v': {'S': 'red'}}, 'Limit': 1`), "Name"))
	for _, condition := range []string{`'#n = :v AND Team = :v'}`, `'Team = :v AND #n < :v'}`, `'#n > :v'}`} {
		e.refuses("Query", of+condition, "ValidationException", "Query key condition not supported")
	}
}

func TestTablesThatAreNotThereYet(t *testing.T) {
	e := newEndpoint(t, func(_ *backup.Profile, timing *table.Timing) { timing.Creating = time.Minute })
	e.threads()
	for _, request := range []string{ofGo, byDate + `, 'Select': 'ALL_ATTRIBUTES'`} {
		e.refuses("Query", request+"}", "ResourceNotFoundException", "Requested resource not found")
	}
	e.refuses("Scan", `{'TableName': 'Threads'}`, "ResourceNotFoundException", "Requested resource not found")
	e.clock.Advance(time.Minute)
	require.Equal(t, `{"Count":0,"Items":[],"ScannedCount":0}`, e.ok("Scan", `{'TableName': 'Threads'}`))
}
