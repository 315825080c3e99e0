package integration_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

const (
	historyLength = 70 // operations
	historyKeys   = 12 // different ones
)

// A client writes whatever comes to its mind, with backups at random moments and point-in-time recovery in some of the
// histories. Each backup, restored, is what a plain copy of the items was when it was asked for.
func TestSidecarRandomHistories(t *testing.T) {
	t.Parallel()
	first := servers.Seed(t)
	overKinds(t, func(t *testing.T, s *sidecar) {
		for seed := first; seed < first+uint64(s.kind.Histories); seed++ {
			h := newHistory(s, seed)
			passed := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				h.TB = t
				h.tell()
			})
			if !passed {
				t.Fatalf("to have this history alone, set %s=%d", servers.SeedVariable, seed)
			}
		}
	})
}

// history is a table with a random history, and its model.
type history struct {
	*sidecar
	*rand.Rand
	table          string
	partition      types.AttributeDefinition
	sort           *types.AttributeDefinition // nil: the table has none
	indexed        bool                       // the table has an index of the items that have a number
	items          map[string]item            // by the text of the key: what the table must hold
	recoverable    bool
	expected       map[string]holding // what tables that have been or are being restored must hold
	done, restored []string           // what has been done, for whoever looks into a failure, and the tables made
	marks          []mark
	taken          []takenAt
}

// takenAt is a backup with what it must hold.
type takenAt struct {
	arn  *string
	want holding
}

// mark is a time with what the table held at it.
type mark struct {
	at   time.Time
	want holding
}

// holding is what a table holds, and what its index.
type holding struct{ items, numbered []string }

func newHistory(s *sidecar, seed uint64) *history {
	own := *s // with a TB of its own
	h := &history{sidecar: &own, Rand: rand.New(rand.NewPCG(seed, 0)), table: fmt.Sprint("Random", seed),
		items: map[string]item{}, expected: map[string]holding{}}
	kinds := []types.ScalarAttributeType{
		types.ScalarAttributeTypeS, types.ScalarAttributeTypeN, types.ScalarAttributeTypeB}
	partitions := kinds
	if s.kind.NoBinaryKeys {
		partitions = kinds[:2]
	}
	h.partition = types.AttributeDefinition{
		AttributeName: aws.String("pk"), AttributeType: partitions[h.IntN(len(partitions))]}
	if h.IntN(3) > 0 {
		h.sort = &types.AttributeDefinition{AttributeName: aws.String("sk"), AttributeType: kinds[h.IntN(3)]}
	}
	h.indexed = h.IntN(2) == 0
	return h
}

// tell makes the history happen.
func (h *history) tell() {
	defer func() {
		if h.Failed() {
			h.Logf("what was done:\n%q", h.done)
		}
	}()
	h.create(h.definition())
	steps := []func(){h.putOne, h.putOne, h.putOne, h.updateOne, h.updateOne, h.updateOne, h.deleteOne, h.deleteOne,
		h.putIf, h.batch, h.batch, h.transact, h.transact, h.state}
	recoverFrom := -1
	if h.IntN(4) == 0 {
		recoverFrom = h.IntN(historyLength / 2)
	}
	backups := []int{h.IntN(historyLength), h.IntN(historyLength), h.IntN(historyLength)}
	markAt := recoverFrom + 1 + h.IntN(historyLength/2)
	for i := range historyLength {
		if slices.Contains(backups, i) {
			h.takeBackup()
		}
		if i == recoverFrom {
			h.note("recovery on")
			h.setRecovery(h.table, true)
			h.recoverable = true
		}
		if h.recoverable && i == markAt {
			h.marks = append(h.marks, mark{h.nextSecond(), h.held()})
		}
		steps[h.IntN(len(steps))]()
	}
	h.check()
}

// check compares what there is with what there must be.
func (h *history) check() {
	require.Equal(h, h.held(), h.holds(h.direct, h.table), "the upstream itself has done as it was told")
	for _, b := range h.taken {
		h.beginRestore(b.arn, h.target(b.want))
	}
	for _, m := range h.marks {
		_, err := h.recoverAt(h.table, h.target(m.want), &m.at)
		require.NoError(h, err)
	}
	last := h.held()
	h.drop(h.table)
	if left := h.backups(h.table, types.BackupTypeFilterSystem); h.recoverable {
		require.Len(h, left, 1)
		h.beginRestore(left[0].BackupArn, h.target(last))
	} else {
		require.Empty(h, left)
	}
	for _, name := range h.restored {
		h.await(name)
		require.Equal(h, h.expected[name], h.holds(h.client, name), name)
	}
	h.drop(h.restored...)
}

// target returns the name of a new table that must come to hold items.
func (h *history) target(want holding) string {
	name := fmt.Sprint(h.table, "-", len(h.restored))
	h.restored = append(h.restored, name)
	h.expected[name] = want
	return name
}

func (h *history) note(what ...any) { h.done = append(h.done, fmt.Sprint(what...)) }

// held returns what the table must hold now.
func (h *history) held() holding {
	held := holding{items: []string{}, numbered: []string{}}
	for _, i := range h.items {
		held.items = append(held.items, itemText(i))
		if h.indexed && i["n"] != nil {
			held.numbered = append(held.numbered, itemText(i))
		}
	}
	slices.Sort(held.items)
	slices.Sort(held.numbered)
	return held
}

// holds returns what a table holds.
func (h *history) holds(c *dynamodb.Client, table string) holding {
	found := holding{items: h.contents(c, table), numbered: []string{}}
	if h.indexed {
		found.numbered = h.contents(c, table, byNumber)
	}
	return found
}

const byNumber = "ByNumber"

func (h *history) definition() *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName: &h.table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{h.partition},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: h.partition.AttributeName, KeyType: types.KeyTypeHash}},
	}
	if h.sort != nil {
		in.AttributeDefinitions = append(in.AttributeDefinitions, *h.sort)
		in.KeySchema = append(in.KeySchema,
			types.KeySchemaElement{AttributeName: h.sort.AttributeName, KeyType: types.KeyTypeRange})
	}
	if h.indexed {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String("n"), AttributeType: types.ScalarAttributeTypeN})
		in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{{
			IndexName:  aws.String(byNumber),
			KeySchema:  []types.KeySchemaElement{{AttributeName: aws.String("n"), KeyType: types.KeyTypeHash}},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}}
	}
	return in
}

// takeBackup takes a backup, which is restored at once or in the end.
func (h *history) takeBackup() {
	want := h.held()
	arn := h.backUp(h.table)
	h.note("backup")
	if h.IntN(3) > 0 {
		h.taken = append(h.taken, takenAt{arn, want})
		return
	}
	h.beginRestore(arn, h.target(want)) // and on it goes beside that
}

// keys returns n different keys.
func (h *history) keys(n int) []item {
	var keys []item
	for _, k := range h.Perm(historyKeys)[:n] {
		key := item{"pk": keyValue(h.partition.AttributeType, k%5)}
		if h.sort == nil {
			key["pk"] = keyValue(h.partition.AttributeType, k)
		} else {
			key["sk"] = keyValue(h.sort.AttributeType, k/5)
		}
		keys = append(keys, key)
	}
	return keys
}

func keyValue(kind types.ScalarAttributeType, k int) types.AttributeValue {
	switch kind {
	case types.ScalarAttributeTypeN:
		return number(fmt.Sprint(k*7 - 10))
	case types.ScalarAttributeTypeB:
		return &types.AttributeValueMemberB{Value: []byte{byte(k * 50), byte(k)}}
	}
	return text(fmt.Sprintf("k%d \u00fc", k))
}

// value returns a random value of any type.
func (h *history) value(depth int) types.AttributeValue {
	switch n := h.IntN(10); {
	case n == 0:
		return text("")
	case n == 1:
		return number(fmt.Sprint(h.IntN(2000)-1000) + ".5")
	case n == 2:
		return &types.AttributeValueMemberB{Value: []byte{byte(h.IntN(256)), byte(h.IntN(256))}}
	case n == 3:
		return &types.AttributeValueMemberBOOL{Value: h.IntN(2) == 0}
	case n == 4:
		return &types.AttributeValueMemberNULL{Value: true}
	case n == 5:
		return &types.AttributeValueMemberNS{Value: []string{fmt.Sprint(h.IntN(9)), "11", "12"}}
	case n == 6 && depth > 0:
		l := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
		for range h.IntN(3) {
			l.Value = append(l.Value, h.value(depth-1))
		}
		return l
	case n == 7 && depth > 0:
		m := &types.AttributeValueMemberM{Value: item{}}
		for range h.IntN(3) {
			m.Value[fmt.Sprint("m", h.IntN(9))] = h.value(depth - 1)
		}
		return m
	}
	return text(fmt.Sprint("text ", h.IntN(1000)))
}

// item returns a random item with a key.
func (h *history) item(key item) item {
	i := maps.Clone(key)
	for range h.IntN(4) {
		i[fmt.Sprint("a", h.IntN(4))] = h.value(2)
	}
	if h.IntN(2) == 0 {
		i["n"] = number(fmt.Sprint(h.IntN(100)))
	}
	return i
}

func (h *history) store(i item) { h.items[h.keyText(i)] = i }

func (h *history) keyText(i item) string {
	key := item{"pk": i["pk"]}
	if h.sort != nil {
		key["sk"] = i["sk"]
	}
	return itemText(key)
}

func (h *history) putOne() {
	i := h.item(h.keys(1)[0])
	h.note("put ", itemText(i))
	h.put(h.table, i)
	h.store(i)
}

// putIf puts an item if there is none, or fails.
func (h *history) putIf() {
	i := h.item(h.keys(1)[0])
	h.note("put if ", itemText(i))
	_, err := h.client.PutItem(h.ctx, &dynamodb.PutItemInput{
		TableName: &h.table, Item: i, ConditionExpression: aws.String("attribute_not_exists(pk)"),
	})
	if h.items[h.keyText(i)] != nil {
		require.ErrorAs(h, err, new(*types.ConditionalCheckFailedException))
		return
	}
	require.NoError(h, err)
	h.store(i)
}

func (h *history) deleteOne() {
	key := h.keys(1)[0]
	h.note("delete ", itemText(key))
	_, err := h.client.DeleteItem(h.ctx, &dynamodb.DeleteItemInput{TableName: &h.table, Key: key})
	require.NoError(h, err)
	delete(h.items, h.keyText(key))
}

// change is a random update of an item, with what becomes of the item.
func (h *history) change(key item) (expression string, values item, after item) {
	after = maps.Clone(h.items[h.keyText(key)])
	exists := after != nil
	if !exists {
		after = maps.Clone(key)
	}
	switch h.IntN(3) {
	case 0:
		name := fmt.Sprint("a", h.IntN(4))
		after[name] = h.value(2)
		return "SET " + name + " = :v", item{":v": after[name]}, after
	case 1:
		sum := h.IntN(10)
		values = item{":v": number(fmt.Sprint(sum))}
		if old, ok := after["n"].(*types.AttributeValueMemberN); ok {
			before, err := strconv.Atoi(old.Value)
			require.NoError(h, err)
			sum += before
		}
		after["n"] = number(fmt.Sprint(sum))
		return "ADD n :v", values, after
	}
	after["a1"] = h.value(1)
	delete(after, "a2")
	return "SET a1 = :v REMOVE a2", item{":v": after["a1"]}, after
}

func (h *history) updateOne() {
	key := h.keys(1)[0]
	expression, values, after := h.change(key)
	h.note("update ", itemText(key), expression, itemText(values))
	_, err := h.client.UpdateItem(h.ctx, &dynamodb.UpdateItemInput{
		TableName: &h.table, Key: key, UpdateExpression: &expression, ExpressionAttributeValues: values,
	})
	require.NoError(h, err)
	h.store(after)
}

// batch puts and deletes several items.
func (h *history) batch() {
	var requests []types.WriteRequest
	for _, key := range h.keys(1 + h.IntN(historyKeys)) {
		if h.IntN(3) == 0 {
			requests = append(requests, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key}})
			delete(h.items, h.keyText(key))
			h.note("batch: delete ", itemText(key))
			continue
		}
		i := h.item(key)
		requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: i}})
		h.store(i)
		h.note("batch: put ", itemText(i))
	}
	out, err := h.client.BatchWriteItem(h.ctx, &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{h.table: requests},
	})
	require.NoError(h, err)
	require.Empty(h, out.UnprocessedItems)
}

// transact changes several items in one, or none.
func (h *history) transact() {
	if h.kind.NoTransactions {
		h.batch()
		return
	}
	keys := h.keys(2 + h.IntN(4))
	missing := h.items[h.keyText(keys[0])] == nil
	ops := []types.TransactWriteItem{{ConditionCheck: &types.ConditionCheck{
		TableName: &h.table, Key: keys[0], ConditionExpression: aws.String("attribute_exists(pk)"),
	}}}
	if h.IntN(2) == 0 {
		ops[0].ConditionCheck.ConditionExpression = aws.String("attribute_not_exists(pk)")
		missing = !missing
	}
	after := maps.Clone(h.items)
	for _, key := range keys[1:] {
		op := types.TransactWriteItem{}
		switch h.IntN(3) {
		case 0:
			op.Delete = &types.Delete{TableName: &h.table, Key: key}
			delete(after, h.keyText(key))
		case 1:
			expression, values, i := h.change(key)
			op.Update = &types.Update{TableName: &h.table, Key: key, UpdateExpression: &expression,
				ExpressionAttributeValues: values}
			after[h.keyText(key)] = i
		default:
			i := h.item(key)
			op.Put = &types.Put{TableName: &h.table, Item: i}
			after[h.keyText(key)] = i
		}
		ops = append(ops, op)
		h.note("transaction: ", itemText(key), " becomes ", itemText(after[h.keyText(key)]), ", refused: ", missing)
	}
	_, err := h.client.TransactWriteItems(h.ctx, &dynamodb.TransactWriteItemsInput{TransactItems: ops})
	if missing {
		require.ErrorAs(h, err, new(*types.TransactionCanceledException))
		return
	}
	require.NoError(h, err)
	h.items = after
}

// state deletes an item by a statement, where the upstream knows those. Not of a table with recovery: there a statement
// counts from when its effect is found. Nor with a key that is not a text: moto cannot read it.
func (h *history) state() {
	key := h.keys(1)[0]
	partition, ok := key["pk"].(*types.AttributeValueMemberS)
	if !ok || h.recoverable || h.kind.NoStatements || h.items[h.keyText(key)] == nil {
		h.deleteOne()
		return
	}
	statement := fmt.Sprintf(`DELETE FROM "%s" WHERE pk='%s'`, h.table, partition.Value)
	if h.sort != nil {
		sort, ok := key["sk"].(*types.AttributeValueMemberS)
		if !ok {
			h.deleteOne()
			return
		}
		statement += " AND sk='" + sort.Value + "'"
	}
	h.note(statement)
	_, err := h.client.ExecuteStatement(h.ctx, &dynamodb.ExecuteStatementInput{Statement: &statement})
	require.NoError(h, err)
	delete(h.items, h.keyText(key))
}
