package wire_test

import (
	"strings"
	"testing"
)

const (
	wrongStart     = "The provided starting key is invalid"
	wrongElement   = "The provided key element does not match the schema"
	outside        = "The provided starting key is outside query boundaries based on provided conditions"
	notInRange     = "The provided starting key does not match the range key predicate"
	wrongType      = "One or more parameter values were invalid: Condition parameter type does not match schema type"
	notValid       = "One or more parameter values are not valid. "
	noEmpty        = "The AttributeValue for a key attribute cannot contain an empty "
	noEmptyKey     = notValid + noEmpty
	noEmptyInIndex = notValid + "A value specified for a secondary index key is not supported. " + noEmpty
	notScalar      = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
	notInIndex     = "One or more parameter values were invalid: Global secondary index ByAuthor does not project "
	notAll         = "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported " +
		"for global secondary index ByAuthor because its projection type is not ALL"
	missed   = "Query condition missed key schema element: "
	bothWays = "Cannot specify the ProjectionExpression when choosing to get "
	broken   = "failed to satisfy constraint: Member must "
)

// refusal is what is added to a request, or its beginning, and the text of the answer.
type refusal struct{ request, text string }

func (e *endpoint) refusesAll(operation, base string, list []refusal) {
	e.Helper()
	for _, r := range list {
		request := base + r.request + "}"
		if strings.HasPrefix(r.request, "{") {
			request = r.request + "}"
		}
		e.refuses(operation, request, "ValidationException", r.text)
	}
}

func TestQueryRefusals(t *testing.T) {
	e := forum(t)
	where := func(condition, values string) string {
		return inThreads + `'KeyConditionExpression': '` + condition + `', 'ExpressionAttributeValues': {` + values + `}`
	}
	const goAnd = `':f': {'S': 'Go'}, `
	long := strings.Repeat("x", 2049)
	e.refusesAll("Query", ofGo, []refusal{
		{`{'TableName': 'Threads'`,
			"Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
		{inThreads + `'KeyConditionExpression': ''`, "Invalid KeyConditionExpression: The expression can not be empty;"},
		{where("Subject = :s", `':s': {'S': 's'}`), missed + "Forum"},
		{where("Forum = :f AND Author = :a", goAnd+`':a': {'S': 'Ann'}`), missed + "Subject"},
		{where("Forum > :f", `':f': {'S': 'Go'}`), "Query key condition not supported"},
		{where("Forum = :f", `':f': {'N': '1'}`), wrongType},
		{where("Forum = :f AND Subject = :s", goAnd+`':s': {'N': '1'}`), wrongType},
		{where("Forum = :f", `':f': {'S': ''}`), noEmptyKey + "string value. Key: Forum"},
		{where("Forum = :f AND begins_with(Subject, :s)", goAnd+`':s': {'S': ''}`),
			noEmptyKey + "string value. Key: Subject"},
		{where("Forum = :f AND Subject BETWEEN :s AND :t", goAnd+`':s': {'S': ''}, ':t': {'S': 'x'}`),
			noEmptyKey + "string value. Key: Subject"},
		{where("Forum = :f", `':f': {'S': '`+long+`'}`),
			"One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"},
		{where("Forum = :f AND Subject BETWEEN :s AND :t", goAnd+`':s': {'S': 'a'}, ':t': {'S': '`+long[:1025]+`'}`),
			"One or more parameter values were invalid: " +
				"Aggregated size of all range keys has exceeded the size limit of 1024 bytes"},
		{strings.Replace(byTag, "'AQ=='", "''", 1), noEmptyInIndex + "binary value. IndexName: ByTag, IndexKey: Tag"},
		{strings.Replace(byAuthor, "'Ann'", "''", 1), noEmptyInIndex + "string value. IndexName: ByAuthor, IndexKey: Author"},
		{`, 'IndexName': 'ByName'`, "The table does not have the specified index: ByName"},
		{byAuthor + `, 'ConsistentRead': true`, "Consistent reads are not supported on global secondary indexes"},
		{`, 'Limit': 0`, "1 validation error detected: Value '0' at 'limit' " + broken +
			"have value greater than or equal to 1"},
		{`, 'IndexName': 'x'`, "1 validation error detected: Value 'x' at 'indexName' " + broken +
			"have length greater than or equal to 3"},
		{`{'KeyConditionExpression': 'Forum = :f', 'ExpressionAttributeValues': {':f': {'S': 'Go'}}`,
			"1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null"},
	})
}

func TestQueryRefusesFiltersOfKeys(t *testing.T) {
	e := forum(t)
	const onKey = "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
	const lacks = "One or more parameter values were invalid: Secondary index "
	e.refusesAll("Query", ofGo, []refusal{
		{`, 'FilterExpression': 'Forum = :f'`, onKey + "Forum"},
		{`, 'FilterExpression': 'Author = :f AND Subject.x = :f'`, onKey + "Subject"},
		{byDate + `, 'FilterExpression': '#d = :f', 'ExpressionAttributeNames': {'#d': 'Date'}`, onKey + "Date"},
		{byAuthor + `, 'FilterExpression': 'attribute_exists(Author)'`, onKey + "Author"},
		{byDate + `, 'FilterExpression': 'attribute_exists(Tag) OR Body = :f'`,
			lacks + "ByDate does not project one or more filter attributes: [Body, Tag]"},
		{byAuthor + `, 'FilterExpression': 'attribute_exists(Tag)'`,
			lacks + "ByAuthor does not project one or more filter attributes: [Tag]"},
		{`, 'FilterExpression': 'Author.x = :f'`, notScalar + "IndexKey: Author"},
		{byAuthor + `, 'FilterExpression': 'Forum[1] = :a'`, notScalar + "Key: Forum"},
		{`, 'ProjectionExpression': 'Forum.x'`, notScalar + "Key: Forum"},
		{`, 'ProjectionExpression': 'Tag[0]'`, notScalar + "IndexKey: Tag"},
	})
	for _, filter := range []string{"Subject = :a", "Forum <> :a"} { // of the table's key, which is not the index's
		e.answers("Query", byAuthor+`, 'Select': 'COUNT', 'FilterExpression': '`+filter+`'}`,
			map[bool]string{true: `{'Count': 0, 'ScannedCount': 4}`, false: `{'Count': 4, 'ScannedCount': 4}`}[filter[0] == 'S'])
	}
}

func TestRefusedSelections(t *testing.T) {
	e := forum(t)
	const project = `, 'ProjectionExpression': 'Subject'`
	list := []refusal{
		{`, 'Select': 'SPECIFIC_ATTRIBUTES'`,
			"Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"},
		{project + `, 'Select': 'COUNT'`, bothWays + "only the Count"},
		{project + `, 'Select': 'ALL_ATTRIBUTES'`, bothWays + "ALL_ATTRIBUTES"},
		{project + `, 'Select': 'ALL_PROJECTED_ATTRIBUTES'`, bothWays + "ALL_PROJECTED_ATTRIBUTES"},
		{`, 'Select': 'ALL_PROJECTED_ATTRIBUTES'`,
			"ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
	}
	e.refusesAll("Scan", `{'TableName': 'Threads'`, list)
	for i := range list {
		list[i].text = "1 validation error detected: " + list[i].text
	}
	e.refusesAll("Query", ofGo, list)
	for operation, base := range map[string]string{"Query": byAuthor, "Scan": inThreads + `'IndexName': 'ByAuthor'`} {
		e.refusesAll(operation, base, []refusal{
			{`, 'Select': 'ALL_ATTRIBUTES'`, notAll},
			{`, 'ProjectionExpression': 'Subject, Tag, Body.x'`, notInIndex + "[Body, Tag]"},
			{`, 'Select': 'all'`, "1 validation error detected: Value 'all' at 'select' " + broken +
				"satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"},
		})
	}
	e.answers("Query", byTag+`, 'Select': 'ALL_ATTRIBUTES', 'ProjectionExpression': null}`, e.ok("Query", byTag+`}`))
}

func TestQueryStartingKeys(t *testing.T) {
	e := forum(t)
	after := func(key string) string { return `, 'ExclusiveStartKey': {` + key + `}` }
	const goAnd = `'Forum': {'S': 'Go'}, `
	const later = inThreads + `'KeyConditionExpression': 'Forum = :f AND Subject > :s',
		'ExpressionAttributeValues': {':f': {'S': 'Go'}, ':s': {'S': 's03'}}`
	e.refusesAll("Query", ofGo, []refusal{
		{after(``), wrongStart},
		{after(`'Forum': {'S': 'Go'}`), wrongStart},
		{after(goAnd + `'Topic': {'S': 's'}`), wrongStart},
		{after(goAnd + `'Subject': {'S': 's'}, 'Date': {'N': '1'}`), wrongStart},
		{after(`'Forum': {'N': '1'}, 'Subject': {'S': 's'}`), wrongElement},
		{after(goAnd + `'Subject': {'N': '1'}`), wrongElement},
		{after(goAnd + `'Subject': {'S': ''}`), noEmptyKey + "string value. Key: Subject"},
		{after(`'Forum': {'S': 'Rust'}, 'Subject': {'S': 's01'}`), outside},
		{later + after(goAnd+`'Subject': {'S': 's03'}`), notInRange},
		{later + after(`'Forum': {'S': 'Rust'}, 'Subject': {'S': 's02'}`), notInRange},
		{later + after(`'Forum': {'S': 'Rust'}, 'Subject': {'S': 's04'}`),
			"The query can return at most one row and cannot be restarted"},
		{byDate + after(goAnd+`'Subject': {'S': 's01'}`), wrongStart},
		{byDate + after(goAnd+`'Subject': {'S': 's01'}, 'Tag': {'B': 'AQ=='}`), wrongStart},
		{byDate + after(goAnd+`'Subject': {'S': 's01'}, 'Date': {'S': '1'}`), wrongElement},
		{byDate + after(goAnd+`'Subject': {'N': '1'}, 'Date': {'N': '1'}`), wrongStart + ": " + wrongElement},
		{byAuthor + after(goAnd+`'Subject': {'S': 's'}, 'Author': {'S': 'Bob'}, 'Date': {'N': '1'}`), outside},
		{byAuthor + after(goAnd+`'Topic': {'S': 's'}, 'Author': {'S': 'Ann'}, 'Date': {'N': '1'}`),
			wrongStart + ": " + wrongElement},
		{byAuthor + after(goAnd+`'Subject': {'S': 's'}, 'Author': {'S': ''}, 'Date': {'N': '1'}`),
			noEmptyInIndex + "string value. IndexName: ByAuthor, IndexKey: Author"},
		{inThreads + `'KeyConditionExpression': 'Subject = :s', 'ExpressionAttributeValues': {':s': {'S': 's'}}` +
			after(`'Forum': {'N': '1'}, 'Subject': {'S': 's'}`), wrongElement}, // before the condition that is missing
		{inThreads + `'KeyConditionExpression': 'Subject = :s', 'ExpressionAttributeValues': {':s': {'S': 's'}}` +
			after(goAnd+`'Subject': {'N': '1'}`), missed + "Forum"},
	})
}

func TestScanRefusals(t *testing.T) {
	e := forum(t)
	const base = `{'TableName': 'Threads'`
	after := func(key string) string { return `, 'ExclusiveStartKey': {` + key + `}` }
	const ofRust = `'Forum': {'S': 'Rust'}, 'Subject': {'S': 's01'}`
	const wrongSegment = wrongStart + ": Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. " +
		"TotalSegments: 1000000 Segment: 0"
	const first = `, 'Segment': 0, 'TotalSegments': 1000000`
	e.refusesAll("Scan", base, []refusal{
		{`, 'Segment': 0`,
			"The TotalSegments parameter is required but was not present in the request when Segment parameter is present"},
		{`, 'TotalSegments': 1`,
			"The Segment parameter is required but was not present in the request when parameter TotalSegments is present"},
		{`, 'Segment': 2, 'TotalSegments': 2`, "The Segment parameter is zero-based and must be less than " +
			"parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2"},
		{`, 'Segment': -1, 'TotalSegments': 0`, "2 validation errors detected: Value '-1' at 'segment' " + broken +
			"have value greater than or equal to 0; Value '0' at 'totalSegments' " + broken +
			"have value greater than or equal to 1"},
		{`, 'Segment': 1000000, 'TotalSegments': 1000001`, "2 validation errors detected: " +
			"Value '1000000' at 'segment' " + broken + "have value less than or equal to 999999; " +
			"Value '1000001' at 'totalSegments' " + broken + "have value less than or equal to 1000000"},
		{`, 'IndexName': 'ByName'`, "The table does not have the specified index: ByName"},
		{`, 'IndexName': 'ByTag', 'ConsistentRead': true`, "Consistent reads are not supported on global secondary indexes"},
		{`, 'FilterExpression': 'Forum.x = Author'`, notScalar + "Key: Forum"},
		{`, 'FilterExpression': 'Forum = Author[0]'`, notScalar + "IndexKey: Author"},
		{`, 'ProjectionExpression': 'Subject.x'`, notScalar + "Key: Subject"},
		{after(``), wrongStart + ": " + wrongElement},
		{after(`'Forum': {'S': 'Go'}`), wrongStart + ": " + wrongElement},
		{after(ofRust + `, 'Date': {'N': '1'}`), wrongStart + ": " + wrongElement},
		{after(`'Forum': {'S': 'Go'}, 'Subject': {'N': '1'}`), wrongStart + ": " + wrongElement},
		{`, 'IndexName': 'ByTag'` + after(ofRust), wrongStart},
		{`, 'IndexName': 'ByTag'` + after(ofRust+`, 'Date': {'N': '1'}`), wrongStart},
		{`, 'IndexName': 'ByTag'` + after(ofRust+`, 'Tag': {'N': '1'}`), wrongElement},
		{`, 'IndexName': 'ByTag'` + after(`'Forum': {'S': 'Go'}, 'Subject': {'N': '1'}, 'Tag': {'B': 'AQ=='}`),
			wrongStart + ": " + wrongElement},
		{first + after(ofRust), wrongSegment},
		{first + `, 'FilterExpression': 'Forum.x = Author'` + after(ofRust), wrongSegment},
	})
}

func TestExpressionsThatAreNotThere(t *testing.T) {
	e := forum(t)
	const names = `, 'ExpressionAttributeNames': {'#a': 'Author'}`
	const values = `, 'ExpressionAttributeValues': {':a': {'S': 'Ann'}}`
	const needed = " can only be specified when using expressions"
	e.refusesAll("Scan", `{'TableName': 'Threads'`, []refusal{
		{names + values, "ExpressionAttributeNames" + needed},
		{values, "ExpressionAttributeValues" + needed + ": FilterExpression is null"},
		{values + `, 'ProjectionExpression': 'Author'`, "ExpressionAttributeValues" + needed + ": FilterExpression is null"},
		{names + `, 'ProjectionExpression': 'Author'`,
			"Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}"},
		{values + `, 'FilterExpression': 'Author = Subject'`,
			"Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}"},
		{`, 'FilterExpression': ''`, "Invalid FilterExpression: The expression can not be empty;"},
		{`, 'FilterExpression': 'Author = :a'`,
			"Invalid FilterExpression: An expression attribute value used in expression is not defined; attribute value: :a"},
	})
	e.refusesAll("Query", `{'TableName': 'Threads'`, []refusal{
		{names, "ExpressionAttributeNames" + needed},
		{values, "ExpressionAttributeValues" + needed + ": FilterExpression and KeyConditionExpression are null"},
		{values + `, 'FilterExpression': 'Author = :a'`,
			"Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
		{`, 'KeyConditionExpression': 'Forum =', 'FilterExpression': ''`,
			`Invalid KeyConditionExpression: Syntax error; token: "<EOF>", near: "="`},
		{values + `, 'KeyConditionExpression': 'Forum = :a', 'FilterExpression': 'Forum ='`,
			`Invalid FilterExpression: Syntax error; token: "<EOF>", near: "="`},
	})
	const bad = `{'TableName': 'Nothing', 'KeyConditionExpression': 'Forum = '}`
	e.refuses("Query", bad, "ValidationException",
		`Invalid KeyConditionExpression: Syntax error; token: "<EOF>", near: "= "`)
	e.refuses("Query", strings.Replace(byDate, "Threads", "Nothing", 1)+"}", "ResourceNotFoundException",
		"Requested resource not found")
	e.refuses("Scan", `{'TableName': 'Nothing'}`, "ResourceNotFoundException", "Requested resource not found")
}
