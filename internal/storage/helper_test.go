package storage

import (
	"cmp"
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 draws a new one")

// newRand returns a source of random numbers, and prints how to get the same ones again.
func newRand(t testing.TB) *rand.Rand {
	seed := cmp.Or(*seedFlag, rand.Uint64())
	t.Logf("to repeat this run: -seed=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// musicTable has an index of every kind. Its keys are P and K.
var musicTable = &schema.Table{
	KeySchema:  schema.Keys("P", "K"),
	Attributes: schema.Attributes{"P": attr.TypeS, "K": attr.TypeS, "L": attr.TypeN, "G": attr.TypeS},
	LocalIndexes: []schema.Index{
		{Name: "local", KeySchema: schema.Keys("P", "L"), Projection: schema.Projection{Type: schema.ProjectKeysOnly}},
	},
	GlobalIndexes: []schema.Index{
		{Name: "all", KeySchema: schema.Keys("G", "L"), Projection: schema.Projection{Type: schema.ProjectAll}},
		{Name: "include", KeySchema: schema.Keys("G"),
			Projection: schema.Projection{Type: schema.ProjectInclude, NonKey: []string{"X", "absent"}}},
	},
}

// views says of the table, and of each index, which attributes order its items, the first of which is the partition
// key, and which attributes it holds: nil for all.
var views = []struct{ order, holds []string }{
	{[]string{"P", "K"}, nil},
	{[]string{"P", "L", "P", "K"}, []string{"P", "K", "L"}},
	{[]string{"G", "L", "P", "K"}, nil},
	{[]string{"G", "P", "K"}, []string{"P", "K", "G", "X"}},
}

// model is the naive form of a Data of musicTable.
type model map[attr.Key]attr.Item

// items returns what index i must hold, in order.
func (m model) items(i int) []attr.Item {
	view := views[i+1]
	var list []attr.Item
	for item := range maps.Values(m) {
		if slices.ContainsFunc(view.order, func(name string) bool { return !hasAttr(item, name) }) {
			continue
		}
		if view.holds != nil {
			item = item.Project(view.holds...)
		}
		list = append(list, item)
	}
	slices.SortFunc(list, func(a, b attr.Item) int {
		c := cmp.Compare(HashOf(value(a, view.order[0])), HashOf(value(b, view.order[0])))
		for _, name := range view.order {
			one, _ := value(a, name).Compare(value(b, name))
			c = cmp.Or(c, one)
		}
		return c
	})
	return list
}

func hasAttr(item attr.Item, name string) bool {
	_, ok := item.Lookup(name)
	return ok
}

func value(item attr.Item, name string) attr.Value {
	v, _ := item.Lookup(name)
	return v
}

func keyOf(item attr.Item) attr.Key {
	return attr.Key{Partition: value(item, "P"), Sort: value(item, "K")}
}

// requireEqual compares table and indexes, both ways round, with their counts and sizes.
func (m model) requireEqual(t testing.TB, d *Data) {
	t.Helper()
	for i := -1; i < len(views)-1; i++ {
		want := m.items(i)
		size := int64(0)
		for _, item := range want {
			size += int64(item.Size())
		}
		require.Equal(t, want, scan(d, i, Span{}), "index %d", i)
		slices.Reverse(want)
		require.Equal(t, want, scanDown(d, i, Span{}), "index %d downwards", i)
		require.Equal(t, len(want), d.Len(i), "items in index %d", i)
		require.Equal(t, size, d.Bytes(i), "bytes in index %d", i)
	}
}

func scan(d *Data, i int, s Span) (items []attr.Item) {
	d.Scan(i, s, false, func(item attr.Item) bool {
		items = append(items, item)
		return true
	})
	return items
}

func scanDown(d *Data, i int, s Span) (items []attr.Item) {
	d.Scan(i, s, true, func(item attr.Item) bool {
		items = append(items, item)
		return true
	})
	return items
}

// randomItem has one of 32 keys, and the attributes of the indexes or not.
func randomItem(r *rand.Rand) attr.Item {
	m := attr.Map{"P": attr.S(string(rune('a' + r.IntN(4)))), "K": attr.S(string(rune('a' + r.IntN(8))))}
	if r.IntN(3) > 0 {
		m["L"] = attr.Int(int64(r.IntN(5) - 2))
	}
	if r.IntN(3) > 0 {
		m["G"] = attr.S(string(rune('x' + r.IntN(2))))
	}
	if r.IntN(2) > 0 {
		m["X"] = attr.Int(int64(r.IntN(1000)))
	}
	if r.IntN(4) == 0 {
		m["Y"] = attr.Bool(true)
	}
	return attr.MustItem(m)
}

// randomWrite does the same to d and m, and returns what changed.
func randomWrite(t testing.TB, r *rand.Rand, d *Data, m model) Change {
	item := randomItem(r)
	k := keyOf(item)
	before, existed := m[k]
	var c Change
	if r.IntN(3) == 0 {
		c.Old = d.Delete(k)
		delete(m, k)
	} else {
		c.New, c.Old = d.Put(item)
		m[k] = item
		require.Equal(t, item, c.New.Item)
	}
	require.Equal(t, existed, c.Old != nil)
	if existed {
		require.Equal(t, before, c.Old.Item)
	}
	return c
}
