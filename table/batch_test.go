package table_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

func TestBatch(t *testing.T) {
	f, others := newPair(t)
	f.store.Retain(time.Hour)
	old := f.put("a", 1)
	changes, err := f.store.Batch(
		table.Put("Things", item("b", 1)),
		table.Delete(f.describe("Things").ARN.String(), key("a", 1)),
		table.Put("Others", item("a", 1)),
		table.Delete("Others", key("a", 2)),
	)
	require.NoError(t, err)
	for i, at := 0, old.At; i < len(changes); i, at = i+1, changes[i].At {
		require.True(t, changes[i].At.After(at), "a commit of its own")
	}
	none := attr.Item{}
	require.Equal(t, []snapshot.Change{
		change(changes[0].At, key("b", 1), none, item("b", 1)),
		change(changes[1].At, key("a", 1), item("a", 1), none),
		change(changes[2].At, key("a", 1), none, item("a", 1)),
		change(changes[3].At, key("a", 2), none, none),
	}, changes)
	s, err := f.table.SnapshotAt(changes[0].At)
	require.NoError(t, err)
	requireItems(t, s, item("a", 1), item("b", 1))
	s, err = f.table.Snapshot()
	require.NoError(t, err)
	requireItems(t, s, item("b", 1))
	s, err = others.Snapshot()
	require.NoError(t, err)
	requireItems(t, s, item("a", 1))
}

func TestBatchLeavesOutWhatConditionsDoNotHoldOf(t *testing.T) {
	f, others := newPair(t)
	f.put("a", 1)
	asked := 0
	second := func(attr.Item) bool { asked++; return asked == 2 }
	changes, err := f.store.Batch(
		table.Put("Others", item("a", 1), table.Exists),
		table.Delete("Things", key("a", 1), table.Exists),
		table.Put("Things", item("b", 1), second),
		table.Put("Things", item("c", 1), table.Missing, second),
	)
	require.NoError(t, err)
	require.Len(t, changes, 4)
	require.Zero(t, changes[0])
	require.Equal(t, change(changes[1].At, key("a", 1), item("a", 1), attr.Item{}), changes[1])
	require.Zero(t, changes[2])
	require.Equal(t, change(changes[3].At, key("c", 1), attr.Item{}, item("c", 1)), changes[3])
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	requireItems(t, s, item("c", 1))

	_, err = f.store.Batch(table.Put("Others", item("a", 1), second), table.Delete("Things", attr.Key{}))
	require.Error(t, err)
	require.Equal(t, 2, asked, "of a bad batch no condition is asked")
	s, err = others.Snapshot()
	require.NoError(t, err)
	requireItems(t, s)
}

func TestBatchRefuses(t *testing.T) {
	f, others := newPair(t)
	good := table.Put("Others", item("a", 1))
	const count = "1 validation error detected: Value '[...]' at 'requestItems' failed to satisfy constraint: " +
		"Member must have length "
	const mismatch = "The provided key element does not match the schema"
	const unfit = "A batch has puts and deletes alone"
	for name, test := range map[string]struct {
		ops  []table.Op
		code exception.Code
		text string
	}{
		"none":     {nil, exception.Validation, count + "greater than or equal to 1"},
		"too many": {make([]table.Op, 26), exception.Validation, count + "less than or equal to 25"},
		"no table": {[]table.Op{good, table.Put("None", item("a", 1))}, exception.ResourceNotFound, notFound},
		"twice": {[]table.Op{good, table.Delete("Others", key("a", 1))}, exception.Validation,
			"Provided list of item keys contains duplicates"},
		"a check":   {[]table.Op{good, table.Check("Others", key("a", 2))}, exception.Validation, unfit},
		"an update": {[]table.Op{good, table.Update("Others", key("a", 2), keep)}, exception.Validation, unfit},
		"half a key": {[]table.Op{good, table.Put("Others", attr.MustItem(attr.Map{"P": attr.S("a")}))}, exception.Validation,
			mismatch},
		"a wrong key": {[]table.Op{good, table.Delete("Things", attr.Key{Partition: attr.S("a")})}, exception.Validation,
			mismatch},
		"the zero item": {[]table.Op{good, table.Put("Things", attr.Item{})}, exception.Validation, mismatch},
		"a bad index key": {[]table.Op{good, table.Put("Things", item("a", 1, attr.Map{"G": attr.Int(1)}))},
			exception.Validation, invalid + "Type mismatch for Index Key G Expected: S Actual: N IndexName: ByG"},
		"a large item": {[]table.Op{good, table.Put("Things", item("a", 1, attr.Map{
			"X": attr.S(strings.Repeat("x", attr.MaxItemSize))}))}, exception.Validation,
			"Item size has exceeded the maximum allowed size"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.store.Batch(test.ops...)
			requireRefused(t, err, test.code, test.text)
			var e *exception.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "BatchWriteItem", e.Op)
			s, err := others.Snapshot()
			require.NoError(t, err)
			requireItems(t, s)
		})
	}
}

// TestTransactHoists has faults that can be seen without the table: they are of the request, not of an operation.
func TestTransactHoists(t *testing.T) {
	f, others := newPair(t)
	good := table.Put("Others", item("a", 1))
	set := func(now attr.Item) table.UpdateFunc { return func(attr.Item) (attr.Item, error) { return now, nil } }
	const empty = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an " +
		"empty string value. Key: P"
	const emptyIndex = "One or more parameter values are not valid. A value specified for a secondary index key is not " +
		"supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: ByG, IndexKey: G"
	const long = invalid + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
	bad := attr.Map{"G": attr.S("")}
	large := attr.S(strings.Repeat("x", 2049))
	for name, test := range map[string]struct {
		op   table.Op
		text string
	}{
		"put":    {table.Put("Things", item("", 1)), empty},
		"delete": {table.Delete("Things", key("", 1)), empty},
		"check":  {table.Check("Things", key("", 1)), empty},
		"update": {table.Update("Things", key("", 1), keep), empty},

		"put in an index":    {table.Put("Things", item("a", 1, bad)), emptyIndex},
		"update in an index": {table.Update("Things", key("a", 1), set(item("a", 1, bad))), emptyIndex},

		"put a large key":       {table.Put("Things", item(strings.Repeat("x", 2049), 1)), long},
		"delete a large key":    {table.Delete("Things", attr.Key{Partition: large, Sort: attr.Int(1)}), long},
		"put a large index key": {table.Put("Things", item("a", 1, attr.Map{"G": large})), long},
		"put a large item": {table.Put("Things", item("a", 1, attr.Map{"X": attr.S(strings.Repeat("x", attr.MaxItemSize))})),
			"Item size has exceeded the maximum allowed size"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.store.Transact(good, table.Check("Others", key("a", 2), table.Exists), test.op)
			requireRefused(t, err, exception.Validation, test.text)
			s, err := others.Snapshot()
			require.NoError(t, err)
			requireItems(t, s)
		})
	}
	_, err := f.store.Transact(good, table.Update("Things", key("a", 1), set(item("a", 1, attr.Map{"G": large}))))
	requireRefused(t, err, exception.TransactionCanceled,
		"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ValidationError]")
}
