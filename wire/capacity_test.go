package wire_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/wire"
)

// ledger is a table with a local and a global index that hold everything, and throughput.
func (e *endpoint) ledger(reads, writes int) {
	e.Helper()
	e.ok("CreateTable", fmt.Sprintf(`{'TableName': 'Ledger',
		'AttributeDefinitions': [{'AttributeName': 'P', 'AttributeType': 'S'}, {'AttributeName': 'S', 'AttributeType': 'S'},
			{'AttributeName': 'L', 'AttributeType': 'S'}, {'AttributeName': 'G', 'AttributeType': 'S'}],
		'KeySchema': [{'AttributeName': 'P', 'KeyType': 'HASH'}, {'AttributeName': 'S', 'KeyType': 'RANGE'}],
		'ProvisionedThroughput': {'ReadCapacityUnits': %[1]d, 'WriteCapacityUnits': %[2]d},
		'LocalSecondaryIndexes': [{'IndexName': 'local', 'Projection': {'ProjectionType': 'ALL'},
			'KeySchema': [{'AttributeName': 'P', 'KeyType': 'HASH'}, {'AttributeName': 'L', 'KeyType': 'RANGE'}]}],
		'GlobalSecondaryIndexes': [{'IndexName': 'global', 'Projection': {'ProjectionType': 'KEYS_ONLY'},
			'KeySchema': [{'AttributeName': 'G', 'KeyType': 'HASH'}],
			'ProvisionedThroughput': {'ReadCapacityUnits': %[1]d, 'WriteCapacityUnits': %[2]d}}]}`, reads, writes))
}

// consumed returns what an answer says was consumed of one table with its indexes, and of the table alone.
func (e *endpoint) consumed(answer string) (total, table float64) {
	e.Helper()
	type consumed struct {
		CapacityUnits float64
		Table         struct{ CapacityUnits float64 }
	}
	var one struct{ ConsumedCapacity consumed }
	if json.Unmarshal([]byte(answer), &one) == nil {
		return one.ConsumedCapacity.CapacityUnits, one.ConsumedCapacity.Table.CapacityUnits
	}
	var list struct{ ConsumedCapacity []consumed }
	require.NoError(e, json.Unmarshal([]byte(answer), &list), answer)
	require.Len(e, list.ConsumedCapacity, 1)
	return list.ConsumedCapacity[0].CapacityUnits, list.ConsumedCapacity[0].Table.CapacityUnits
}

// What a batch consumes is what its elements consume one by one. A transaction consumes twice that of the table, but not
// of the indexes, and four times what reads consume that may be out of date.
func TestManyConsumeWhatEachDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func() string { return strings.Repeat("x", []int{1, 500, 1000, 1100, 4000, 9000}[random.IntN(6)]) }
	const indexes = `'ReturnConsumedCapacity': 'INDEXES'`
	for range 40 {
		single, batch, transaction := newEndpoint(t), newEndpoint(t), newEndpoint(t)
		for _, e := range []*endpoint{single, batch, transaction} {
			e.ledger(10, 10)
		}
		for range 3 {
			var written, ofTable, read float64
			count := func(sum *float64, answer string) {
				total, table := single.consumed(answer)
				*sum += total
				ofTable += table
			}
			var inBatch, inTransaction, keys, gets []string
			for i := range 5 {
				key := fmt.Sprintf(`{'P': {'S': 'a'}, 'S': {'S': '%d'}}`, i)
				item := strings.TrimSuffix(key, "}") + `, 'Text': {'S': '` + text() + `'}`
				for _, name := range []string{"L", "G"} {
					if random.IntN(2) == 0 {
						item += fmt.Sprintf(`, '%s': {'S': '%d'}`, name, random.IntN(2))
					}
				}
				item += "}"
				if random.IntN(4) > 0 {
					count(&written, single.ok("PutItem", `{'TableName': 'Ledger', `+indexes+`, 'Item': `+item+`}`))
					inBatch = append(inBatch, `{'PutRequest': {'Item': `+item+`}}`)
					inTransaction = append(inTransaction, `{'Put': {'TableName': 'Ledger', 'Item': `+item+`}}`)
				} else {
					count(&written, single.ok("DeleteItem", `{'TableName': 'Ledger', `+indexes+`, 'Key': `+key+`}`))
					inBatch = append(inBatch, `{'DeleteRequest': {'Key': `+key+`}}`)
					inTransaction = append(inTransaction, `{'Delete': {'TableName': 'Ledger', 'Key': `+key+`}}`)
				}
				one, _ := single.consumed(single.ok("GetItem", `{'TableName': 'Ledger', `+indexes+`, 'Key': `+key+`}`))
				read += one
				keys = append(keys, key)
				gets = append(gets, `{'Get': {'TableName': 'Ledger', 'Key': `+key+`}}`)
			}
			all := func(elements []string) string { return "[" + strings.Join(elements, ",") + "]" }
			total := func(e *endpoint, operation, body string) float64 {
				total, _ := e.consumed(e.ok(operation, body))
				return total
			}
			require.Equal(t, written, total(batch, "BatchWriteItem", `{'RequestItems': {'Ledger': `+all(inBatch)+`}, `+indexes+`}`))
			require.Equal(t, written+ofTable,
				total(transaction, "TransactWriteItems", `{'TransactItems': `+all(inTransaction)+`, `+indexes+`}`))
			require.Equal(t, read, total(batch, "BatchGetItem", `{'RequestItems': {'Ledger': {'Keys': `+all(keys)+`}}, `+indexes+`}`))
			require.Equal(t, 4*read, total(transaction, "TransactGetItems", `{'TransactItems': `+all(gets)+`, `+indexes+`}`))
		}
	}
}

// refused reports whether a request is refused since nothing is left to consume; otherwise it must succeed.
func (e *endpoint) refused(operation, body string) bool {
	e.Helper()
	status, answer := e.do(operation, body)
	if status == 400 {
		require.Contains(e, answer, "ProvisionedThroughputExceeded")
		return true
	}
	require.Equal(e, 200, status, answer)
	return false
}

func TestThroughputIsEnforcedForEachTableAndIncarnation(t *testing.T) {
	e := newEndpoint(t)
	e.api.EnforceThroughput()
	e.api.EnforceThroughput() // once more does nothing
	put := func(item string) bool { return e.refused("PutItem", `{'TableName': 'Ledger', 'Item': {`+item+`}}`) }
	const a = `'P': {'S': 'a'}, 'S': {'S': 'a'}`
	e.ledger(2, 3)
	require.False(t, put(a+`, 'Text': {'S': '`+strings.Repeat("x", 9*1024)+`'}`), "ten units, of which there are three")
	for range 2 {
		require.True(t, put(a), "seven and four units are owed")
		require.False(t, e.refused("GetItem", `{'TableName': 'Ledger', 'Key': {`+a+`}}`), "reads have their own")
		e.clock.Advance(time.Second)
	}
	require.True(t, put(a), "one unit is owed")
	e.clock.Advance(time.Second)
	require.False(t, put(a), "two are there, and the same item costs ten again")
	require.True(t, put(a))
	e.ok("DeleteTable", `{'TableName': 'Ledger'}`)
	e.ledger(2, 3)
	require.False(t, put(a), "a new table owes nothing")

	e.ok("UpdateTable", `{'TableName': 'Ledger', 'BillingMode': 'PAY_PER_REQUEST'}`)
	for range 100 {
		require.False(t, put(a))
	}
}

func TestThroughputHoldsForManyClients(t *testing.T) {
	e := newEndpoint(t)
	e.ledger(1000, 50)
	e.api.EnforceThroughput()
	var done sync.WaitGroup
	var mu sync.Mutex
	written, refused := 0, 0
	for client := range 8 {
		done.Go(func() {
			for i := range 50 {
				no := e.refused("PutItem", fmt.Sprintf(`{'TableName': 'Ledger',
					'Item': {'P': {'S': '%d'}, 'S': {'S': '%d'}, 'G': {'S': 'g'}}}`, client, i))
				mu.Lock()
				if no {
					refused++
				} else {
					written++
				}
				mu.Unlock()
			}
		})
	}
	done.Wait()
	require.Equal(t, 400, written+refused)
	// What a write has cost is taken after it is done, so each client may be one write ahead.
	require.GreaterOrEqual(t, written, 50)
	require.LessOrEqual(t, written, 50+8)
	e.answers("Scan", `{'TableName': 'Ledger', 'Select': 'COUNT'}`,
		fmt.Sprintf(`{'Count': %[1]d, 'ScannedCount': %[1]d}`, written))
}

// A batch takes what it writes while its tables are locked, so that not even many of them get more than there is.
func TestThroughputHoldsForManyBatches(t *testing.T) {
	e := newEndpoint(t)
	e.ledger(1000, 52)
	e.api.EnforceThroughput()
	var done sync.WaitGroup
	for client := range 8 {
		done.Go(func() {
			for i := range 4 {
				var puts []string
				for j := range 5 {
					puts = append(puts, fmt.Sprintf(`{'PutRequest': {'Item': {'P': {'S': '%d'}, 'S': {'S': '%d %d'}}}}`, client, i, j))
				}
				e.refused("BatchWriteItem", `{'RequestItems': {'Ledger': [`+strings.Join(puts, ",")+`]}}`)
			}
		})
	}
	done.Wait()
	e.answers("Scan", `{'TableName': 'Ledger', 'Select': 'COUNT'}`, `{'Count': 52, 'ScannedCount': 52}`)
}

func TestAHandlerEnforcesThroughput(t *testing.T) {
	for _, enforced := range []bool{false, true} {
		h := wire.NewHandler(wire.Options{EnforceThroughput: enforced})
		api, err := h.API("", "")
		require.NoError(t, err)
		e := &endpoint{T: t, api: api}
		e.ledger(1, 1)
		put := func(i int) bool {
			return e.refused("PutItem", fmt.Sprintf(`{'TableName': 'Ledger', 'Item': {'P': {'S': 'a'}, 'S': {'S': '%d'}}}`, i))
		}
		refused := false
		for i := range 50 { // far more than there can be within moments
			refused = refused || put(i)
		}
		require.Equal(t, enforced, refused)
	}
}

// The members that come first in an answer are known last, so they are put in afterwards.
func TestConsumedCapacityOfABatchComesFirst(t *testing.T) {
	e := newEndpoint(t)
	e.music()
	answer := e.ok("BatchGetItem", `{'RequestItems': {'Music': {'Keys': [{'Artist': {'S': 'a'}, 'Song': {'S': 'b'}}]}},
		'ReturnConsumedCapacity': 'TOTAL'}`)
	require.Equal(t, `{"ConsumedCapacity":[{"CapacityUnits":0.5,"TableName":"Music"}],"Responses":{"Music":[]},`+
		`"UnprocessedKeys":{}}`, answer)
}

// What an operation says that it has consumed is what it owes where throughput is enforced, whichever way it came.
func TestWhatIsConsumedIsOwed(t *testing.T) {
	const (
		key    = `{'P': {'S': 'a'}, 'S': {'S': 'a'}}`
		told   = `'ReturnConsumedCapacity': 'TOTAL'`
		table  = `'TableName': 'Ledger'`
		where  = `WHERE P = \u0027a\u0027 AND S = \u0027a\u0027`
		absent = `WHERE P = \u0027a\u0027 AND S = \u0027b\u0027`
	)
	item := `{'P': {'S': 'a'}, 'S': {'S': 'a'}, 'L': {'S': 'l'}, 'Text': {'S': '` + strings.Repeat("x", 9<<10) + `'}}`
	statements := func(texts ...string) string {
		return `[{'Statement': '` + strings.Join(texts, `'}, {'Statement': '`) + `'}]`
	}
	const update = `UPDATE Ledger SET n = 1 ` + where
	const insert = `INSERT INTO Ledger VALUE {\u0027P\u0027: \u0027b\u0027, \u0027S\u0027: \u0027a\u0027}`
	check := `{'ConditionCheck': {` + table + `, 'Key': ` + key + `, 'ConditionExpression': 'attribute_exists(P)'}}`
	several := `'TransactItems': [` + check + `, {'Put': {` + table + `, 'Item': {'P': {'S': 'b'}, 'S': {'S': 'a'}, 'L': {'S': 'l'}}}}]`
	for _, o := range [][2]string{
		{"PutItem", table + `, 'Item': ` + item},
		{"DeleteItem", table + `, 'Key': ` + key},
		{"UpdateItem", table + `, 'UpdateExpression': 'REMOVE L', 'Key': ` + key},
		{"BatchWriteItem", `'RequestItems': {'Ledger': [{'DeleteRequest': {'Key': ` + key + `}}, {'PutRequest': {'Item':
			{'P': {'S': 'b'}, 'S': {'S': 'a'}, 'L': {'S': 'l'}}}}]}`},
		{"TransactWriteItems", `'TransactItems': [` + check + `]`},
		{"TransactWriteItems", several},
		{"TransactWriteItems", `'ClientRequestToken': 'a', ` + several},
		{"ExecuteStatement", `'Statement': '` + update + `'`},
		{"ExecuteStatement", `'Statement': '` + insert + `'`},
		{"ExecuteStatement", `'Statement': 'DELETE FROM Ledger ` + absent + `'`},
		{"BatchExecuteStatement", `'Statements': ` + statements(update, insert, "DELETE FROM Ledger "+absent)},
		{"BatchExecuteStatement", `'Statements': ` + statements(insert, update+` AND n = 2`)},
		{"ExecuteTransaction", `'TransactStatements': ` + statements(insert, `EXISTS(SELECT * FROM Ledger `+where+
			` AND L = \u0027l\u0027)`)},
		{"GetItem", table + `, 'Key': ` + key},
		{"BatchGetItem", `'RequestItems': {'Ledger': {'ConsistentRead': true, 'Keys': [` + key + `]}}`},
		{"TransactGetItems", `'TransactItems': [{'Get': {` + table + `, 'Key': ` + key + `}}]`},
		{"Query", table + `, 'KeyConditionExpression': 'P = :p', 'ExpressionAttributeValues': {':p': {'S': 'a'}}`},
		{"Scan", table + `, 'IndexName': 'local', 'ConsistentRead': true`},
		{"ExecuteStatement", `'Statement': 'SELECT * FROM Ledger'`},
		{"ExecuteStatement", `'Statement': 'SELECT * FROM Ledger WHERE P IN [\u0027a\u0027, \u0027b\u0027]'`},
		{"BatchExecuteStatement", `'Statements': ` + statements(`SELECT * FROM Ledger `+where, `SELECT * FROM Ledger `+absent)},
		{"ExecuteTransaction", `'TransactStatements': ` + statements(`SELECT * FROM Ledger `+where)},
	} {
		e := newEndpoint(t)
		e.ledger(1, 1)
		e.ok("PutItem", `{`+table+`, 'Item': `+item+`}`)
		if strings.Contains(o[1], "ClientRequestToken") { // it will be done already, and costs reads
			e.ok(o[0], `{`+o[1]+`}`)
		}
		e.api.EnforceThroughput()
		e.owes(o[0], `{`+o[1]+`, `+told+`}`)
	}
}

// owes does something for which exactly one unit is left, and checks that it then owes what it says it has consumed.
func (e *endpoint) owes(operation, body string) {
	e.Helper()
	answer := e.ok(operation, body)
	total, _ := e.consumed(answer)
	probe, member := "GetItem", "Key"
	if strings.Contains(answer, "WriteCapacity") || !strings.Contains(answer, "ReadCapacity") &&
		regexp.MustCompile(`^((Put|Update|Delete|BatchWrite)Item\b|.*(INSERT|UPDATE|DELETE))`).MatchString(operation+" "+body) {
		probe, member = "PutItem", "Item"
	}
	probed := `{'TableName': 'Ledger', '` + member + `': {'P': {'S': 'z'}, 'S': {'S': 'z'}}}`
	e.clock.Advance(time.Duration((total - 1) * float64(time.Second)))
	require.Equal(e, total >= 1, e.refused(probe, probed), "%s %.200s", operation, body)
	e.clock.Advance(2 * time.Microsecond)
	require.False(e, e.refused(probe, probed), "%s %.200s", operation, body)
}
