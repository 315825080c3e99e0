package table_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

const conditionFailed = "The conditional request failed"

func (f *fixture) get(p string, k int64) attr.Item {
	f.Helper()
	got, ok, err := f.table.Get(key(p, k))
	require.NoError(f, err)
	require.Equal(f, ok, !got.IsZero())
	return got
}

// change is what a write to one item is expected to answer.
func change(at instant, k attr.Key, old, now attr.Item) snapshot.Change {
	return snapshot.Change{At: at, Difference: snapshot.Difference{Key: k, Old: old, New: now}}
}

func TestPutGetDelete(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	require.True(t, f.get("a", 1).IsZero())
	one, two := item("a", 1, attr.Map{"X": attr.Int(1)}), item("a", 1, attr.Map{"X": attr.Int(2)})

	first, err := f.table.Put(one)
	require.NoError(t, err)
	require.Equal(t, change(first.At, key("a", 1), attr.Item{}, one), first)
	second, err := f.table.Put(two)
	require.NoError(t, err)
	require.Equal(t, change(second.At, key("a", 1), one, two), second)
	require.True(t, second.At.After(first.At))
	require.Equal(t, two, f.get("a", 1))
	third, err := f.table.Delete(key("a", 1))
	require.NoError(t, err)
	require.Equal(t, change(third.At, key("a", 1), two, attr.Item{}), third)
	require.True(t, third.At.After(second.At))
	require.True(t, f.get("a", 1).IsZero())
	fourth, err := f.table.Delete(key("a", 1))
	require.NoError(t, err, "deleting what is not there is fine")
	require.Equal(t, change(fourth.At, key("a", 1), attr.Item{}, attr.Item{}), fourth)
}

func TestConditions(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	k := key("a", 1)
	one, two := item("a", 1, attr.Map{"X": attr.Int(1)}), item("a", 1, attr.Map{"X": attr.Int(2)})
	hasX := func(want int64) table.Condition {
		return func(old attr.Item) bool {
			x, _ := old.Lookup("X")
			return x == attr.Int(want)
		}
	}
	_, err := f.table.Put(one, table.Exists)
	requireRefused(t, err, exception.ConditionalCheckFailed, conditionFailed)
	_, err = f.table.Delete(k, table.Exists)
	requireRefused(t, err, exception.ConditionalCheckFailed, conditionFailed)
	_, err = f.table.Put(one, table.Missing)
	require.NoError(t, err)
	_, err = f.table.Put(two, table.Missing)
	requireRefused(t, err, exception.ConditionalCheckFailed, conditionFailed)
	_, err = f.table.Put(two, hasX(2))
	requireRefused(t, err, exception.ConditionalCheckFailed, conditionFailed)
	_, err = f.table.Put(two, table.Exists, hasX(2))
	requireRefused(t, err, exception.ConditionalCheckFailed, conditionFailed)
	require.Equal(t, one, f.get("a", 1), "a refused write changes nothing")
	done, err := f.table.Put(two, table.Exists, hasX(1))
	require.NoError(t, err)
	require.Equal(t, change(done.At, key("a", 1), one, two), done)
	_, err = f.table.Delete(k, hasX(1))
	requireRefused(t, err, exception.ConditionalCheckFailed, conditionFailed)
	done, err = f.table.Delete(k, hasX(2), table.Exists)
	require.NoError(t, err)
	require.Equal(t, two, done.Old)
}

func TestUpdateFunctions(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	k := key("a", 1)
	set := func(now attr.Item) table.UpdateFunc {
		return func(attr.Item) (attr.Item, error) { return now, nil }
	}
	one := item("a", 1, attr.Map{"X": attr.Int(1)})
	done, err := f.table.Update(k, func(old attr.Item) (attr.Item, error) {
		require.True(t, old.IsZero())
		return one, nil
	})
	require.NoError(t, err)
	require.Equal(t, change(done.At, key("a", 1), attr.Item{}, one), done)

	_, err = f.table.Update(k, set(item("a", 2)))
	requireRefused(t, err, exception.Validation, invalid+"Cannot update attribute that is part of the key")
	_, err = f.table.Update(k, set(one.Project("P")))
	requireRefused(t, err, exception.Validation, invalid+"Missing the key K in the item")
	_, err = f.table.Update(k, set(sized(t, attr.MaxItemSize+1)))
	requireRefused(t, err, exception.Validation, "Item size to update has exceeded the maximum allowed size")
	_, err = f.table.Update(k, func(attr.Item) (attr.Item, error) { return one, exception.ConditionalCheckFailed.Errorf("no") })
	requireRefused(t, err, exception.ConditionalCheckFailed, "no")
	cause := errors.New("cause")
	_, err = f.table.Update(k, func(attr.Item) (attr.Item, error) { return one, cause })
	requireRefused(t, err, exception.InternalServerError, "cause")
	require.ErrorIs(t, err, cause)
	require.Equal(t, one, f.get("a", 1))

	_, err = f.table.Update(k, set(sized(t, attr.MaxItemSize)))
	require.NoError(t, err)
	done, err = f.table.Update(k, set(attr.Item{}))
	require.NoError(t, err)
	require.Equal(t, attr.MaxItemSize, done.Old.Size())
	require.True(t, f.get("a", 1).IsZero(), "the zero Item deletes")
	done, err = f.table.Update(k, set(attr.Item{}))
	require.NoError(t, err)
	require.Equal(t, change(done.At, key("a", 1), attr.Item{}, attr.Item{}), done)
}

// sized returns an item of key a, 1 with exactly that many bytes.
func sized(t testing.TB, bytes int) attr.Item {
	big := item("a", 1, attr.Map{"Big": attr.B(nil)})
	big = item("a", 1, attr.Map{"Big": attr.B(make([]byte, bytes-big.Size()))})
	require.Equal(t, bytes, big.Size())
	return big
}

func TestItemSize(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	for _, conditions := range [][]table.Condition{nil, {table.Missing}} {
		_, err := f.table.Put(sized(t, attr.MaxItemSize+1), conditions...)
		requireRefused(t, err, exception.Validation, "Item size has exceeded the maximum allowed size")
		require.True(t, f.get("a", 1).IsZero())
		_, err = f.table.Put(sized(t, attr.MaxItemSize), conditions...)
		require.NoError(t, err)
		_, err = f.table.Delete(key("a", 1))
		require.NoError(t, err)
	}
}

func bytesOf(n int) attr.Value { return attr.B(make([]byte, n)) }

// binaryTable has keys and index keys of type B.
func binaryTable() schema.Definition {
	d := plain("Things")
	d.Attributes = schema.Attributes{"P": attr.TypeB, "K": attr.TypeB, "G": attr.TypeB, "L": attr.TypeS}
	d.GlobalIndexes = []schema.Index{
		{Name: "ByG", KeySchema: schema.Keys("G", "L"), Projection: schema.Projection{Type: schema.ProjectAll}},
	}
	return d
}

func TestItemValidation(t *testing.T) {
	f := newFixture(t, binaryTable(), table.Timing{})
	base := attr.Map{"P": bytesOf(2048), "K": bytesOf(1024), "G": bytesOf(2048), "L": attr.S(string(make([]byte, 1024)))}
	_, err := f.table.Put(attr.MustItem(base))
	require.NoError(t, err, "keys of the greatest size")
	const empty = "One or more parameter values are not valid. "
	const indexKey = empty + "A value specified for a secondary index key is not supported. " +
		"The AttributeValue for a key attribute cannot contain an empty "
	hashSize := invalid + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
	rangeSize := invalid + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
	for _, test := range []struct {
		name  string
		value attr.Value
		want  string
	}{
		{"P", attr.Value{}, invalid + "Missing the key P in the item"},
		{"K", attr.Value{}, invalid + "Missing the key K in the item"},
		{"P", attr.S("x"), invalid + "Type mismatch for key P expected: B actual: S"},
		{"K", attr.Null(), invalid + "Type mismatch for key K expected: B actual: NULL"},
		{"P", bytesOf(0), empty + "The AttributeValue for a key attribute cannot contain an empty binary value. Key: P"},
		{"K", bytesOf(0), empty + "The AttributeValue for a key attribute cannot contain an empty binary value. Key: K"},
		{"P", bytesOf(2049), hashSize},
		{"K", bytesOf(1025), rangeSize},
		{"G", attr.Int(1), invalid + "Type mismatch for Index Key G Expected: B Actual: N IndexName: ByG"},
		{"L", attr.SS("x"), invalid + "Type mismatch for Index Key L Expected: S Actual: SS IndexName: ByG"},
		{"G", bytesOf(0), indexKey + "binary value. IndexName: ByG, IndexKey: G"},
		{"L", attr.S(""), indexKey + "string value. IndexName: ByG, IndexKey: L"},
		{"G", bytesOf(2049), hashSize},
		{"L", attr.S(string(make([]byte, 1025))), rangeSize},
	} {
		m := attr.MustItem(base).Map()
		if delete(m, test.name); !test.value.IsZero() {
			m[test.name] = test.value
		}
		for _, conditions := range [][]table.Condition{nil, {table.Exists}} {
			_, err := f.table.Put(attr.MustItem(m), conditions...)
			requireRefused(t, err, exception.Validation, test.want)
		}
	}
	page, err := f.table.Page(snapshot.Query{})
	require.NoError(t, err)
	require.Equal(t, []attr.Item{attr.MustItem(base)}, page.Items, "refused items leave no trace")
	_, err = f.table.Put(attr.Item{})
	requireRefused(t, err, exception.Validation, invalid+"Missing the key P in the item")
}

func TestKeyValidation(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	const mismatch = "The provided key element does not match the schema"
	for _, test := range []struct {
		key  attr.Key
		want string
	}{
		{attr.Key{}, mismatch},
		{attr.Key{Partition: attr.S("a")}, mismatch},
		{attr.Key{Sort: attr.Int(1)}, mismatch},
		{attr.Key{Partition: attr.S("a"), Sort: attr.S("1")}, mismatch},
		{key("", 1), "One or more parameter values are not valid. " +
			"The AttributeValue for a key attribute cannot contain an empty string value. Key: P"},
		{key(string(make([]byte, 2049)), 1), invalid + "Size of hashkey has exceeded the maximum size limit of2048 bytes"},
		{attr.Key{Partition: attr.S("a"), Sort: attr.N("x")}, attr.N("x").Err().(*exception.Error).Message},
	} {
		_, _, err := f.table.Get(test.key)
		requireRefused(t, err, exception.Validation, test.want)
		_, err = f.table.Delete(test.key)
		requireRefused(t, err, exception.Validation, test.want)
		_, err = f.table.Update(test.key, func(attr.Item) (attr.Item, error) { panic("a bad key has no item") })
		requireRefused(t, err, exception.Validation, test.want)
	}
	d := plain("Simple")
	d.KeySchema, d.Attributes = schema.Keys("P"), schema.Attributes{"P": attr.TypeN}
	f.create(d)
	simple := f.open("Simple")
	_, err := simple.Put(attr.MustItem(attr.Map{"P": attr.N("1.0")}))
	require.NoError(t, err)
	_, ok, err := simple.Get(attr.Key{Partition: attr.N("1")})
	require.NoError(t, err)
	require.True(t, ok)
	_, _, err = simple.Get(attr.Key{Partition: attr.Int(1), Sort: attr.Int(1)})
	requireRefused(t, err, exception.Validation, mismatch)
}

func TestPanicInACondition(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.put("a", 1)
	fail := func(attr.Item) bool { panic("mine") }
	require.PanicsWithValue(t, "mine", func() { _, _ = f.table.Put(item("a", 1), fail) })
	require.PanicsWithValue(t, "mine", func() { _, _ = f.table.Delete(key("a", 1), fail) })
	require.PanicsWithValue(t, "mine", func() {
		_, _ = f.table.Update(key("a", 1), func(attr.Item) (attr.Item, error) { panic("mine") })
	})
	require.PanicsWithValue(t, "mine", func() {
		_, _ = f.store.Transact(table.Delete("Things", key("a", 1)), table.Put("Things", item("a", 2), fail))
	})
	require.PanicsWithValue(t, "mine", func() {
		_, _ = f.store.CaptureTable(ctx, "Things", func(at instant) snapshot.Cut { panic("mine") })
	})
	require.Equal(t, item("a", 1), f.get("a", 1))
	f.put("a", 2)
	require.Equal(t, item("a", 2), f.get("a", 2), "the table goes on")
}
