package storage

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
)

// oddIndexes are indexes of which some differ in one thing alone. M is of several types in the items.
var oddIndexes = []schema.Index{
	{Name: "byM", KeySchema: schema.Keys("M"), Projection: schema.Projection{Type: schema.ProjectAll}},
	{Name: "byMKeys", KeySchema: schema.Keys("M"), Projection: schema.Projection{Type: schema.ProjectKeysOnly}},
	{Name: "byMX", KeySchema: schema.Keys("M"), Projection: schema.Projection{Type: schema.ProjectInclude, NonKey: []string{"X"}}},
	{Name: "byML", KeySchema: schema.Keys("M", "L"), Projection: schema.Projection{Type: schema.ProjectAll}},
	{Name: "byBoth", Projection: schema.Projection{Type: schema.ProjectAll}, KeySchema: schema.KeySchema{
		{Name: "M", Type: schema.Hash}, {Name: "L", Type: schema.Hash}}},
	{Name: "several", Projection: schema.Projection{Type: schema.ProjectKeysOnly}, KeySchema: schema.KeySchema{
		{Name: "M", Type: schema.Hash}, {Name: "G", Type: schema.Hash}, {Name: "L", Type: schema.Range}, {Name: "X", Type: schema.Range}}},
}

// oddTable returns a table with some of oddIndexes.
func oddTable(r *rand.Rand) *schema.Table {
	t := &schema.Table{KeySchema: schema.Keys("P", "K"), Attributes: schema.Attributes{
		"P": attr.TypeS, "K": attr.TypeS, "L": attr.TypeN, "G": attr.TypeS, "X": attr.TypeN,
		"M": []attr.Type{attr.TypeS, attr.TypeN, attr.TypeB}[r.IntN(3)],
	}}
	for _, i := range r.Perm(len(oddIndexes))[:r.IntN(4)] {
		x := oddIndexes[i]
		x.Name = fmt.Sprint(x.Name, r.IntN(2)) // a name says nothing
		t.GlobalIndexes = append(t.GlobalIndexes, x)
	}
	return t
}

// oddItem is randomItem with an M that may be of any type, and of a size that no key can have.
func oddItem(r *rand.Rand) attr.Item {
	m := randomItem(r).Map()
	switch r.IntN(6) {
	case 0:
		m["M"] = attr.S([]string{"", "a", "b"}[r.IntN(3)])
	case 1:
		m["M"] = attr.Int(int64(r.IntN(2)))
	case 2:
		m["M"] = attr.B(make([]byte, []int{1, attr.MaxSortKeySize + 1, attr.MaxPartitionKeySize, attr.MaxPartitionKeySize + 1}[r.IntN(4)]))
	}
	return attr.MustItem(m)
}

func fill(l *Layout, items []attr.Item) *Data {
	d := NewData(l)
	for _, item := range items {
		d.Put(item)
	}
	return d
}

func requireSame(t *testing.T, want, got *Data) {
	t.Helper()
	require.True(t, want.Layout().Equal(got.Layout()))
	for i := range len(want.indexes) + 1 {
		require.Equal(t, scan(want, i-1, Span{}), scan(got, i-1, Span{}), "index %d", i-1)
		require.Equal(t, want.Bytes(i-1), got.Bytes(i-1))
	}
}

func TestRelayout(t *testing.T) {
	r := newRand(t)
	for range 60 {
		d := fill(NewLayout(oddTable(r)), nil)
		for range 5 {
			for range 20 {
				d.Put(oddItem(r))
				d.Delete(keyOf(oddItem(r)))
			}
			before := fill(d.Layout(), scan(d, -1, Span{}))
			l := NewLayout(oddTable(r))
			next := d.Relayout(l)
			requireSame(t, fill(l, scan(d, -1, Span{})), next)
			next.Put(oddItem(r))
			requireSame(t, before, d) // which does not notice
			d = next
		}
	}
}

func TestRelayoutSharesWhatThereIs(t *testing.T) {
	r := newRand(t)
	d := NewData(NewLayout(musicTable))
	for range 300 {
		d.Put(randomItem(r))
	}
	again := d.Relayout(NewLayout(musicTable))
	for i := range again.indexes {
		one, _ := d.indexes[i].Min()
		other, _ := again.indexes[i].Min()
		require.Same(t, one.record, other.record)
	}
}

// An index in the making follows the changes, and comes to be what it would have been from the beginning.
func TestIndexFollows(t *testing.T) {
	r := newRand(t)
	for range 60 {
		table := oddTable(r)
		d := NewData(NewLayout(table))
		for range 30 {
			d.Put(oddItem(r))
		}
		table.GlobalIndexes = append(table.GlobalIndexes, schema.Index{Name: "new", KeySchema: schema.Keys("L", "M"),
			Projection: schema.Projection{Type: schema.ProjectInclude, NonKey: []string{"X"}}})
		l := NewLayout(table)
		x := d.Clone().Build(l)
		for range 30 {
			var c Change
			if item := oddItem(r); r.IntN(3) == 0 {
				c.Old = d.Delete(keyOf(item))
			} else {
				c.New, c.Old = d.Put(item)
			}
			x.Follow(c)
		}
		requireSame(t, fill(l, scan(d, -1, Span{})), d.With(l, x))
	}
}

func TestPrefixSpan(t *testing.T) {
	r := newRand(t)
	table := &schema.Table{
		KeySchema: schema.Keys("P", "K"), GlobalIndexes: oddIndexes[5:],
		Attributes: schema.Attributes{"P": attr.TypeS, "K": attr.TypeS, "M": attr.TypeS, "G": attr.TypeS, "L": attr.TypeN, "X": attr.TypeN},
	}
	d := NewData(NewLayout(table))
	for p := range 400 {
		d.Put(attr.MustItem(attr.Map{"P": attr.S(fmt.Sprint(p)), "K": attr.S("k"), "M": attr.S([]string{"", "m", "m\x00", "mm"}[r.IntN(4)]),
			"G": attr.S([]string{"g", "\x00g", "gg"}[r.IntN(3)]), "L": attr.Int(int64(r.IntN(5) - 2)), "X": attr.Int(int64(r.IntN(3)))}))
	}
	all := scan(d, 0, Span{})
	found := 0
	for _, item := range all {
		m, g, l, x := value(item, "M"), value(item, "G"), value(item, "L"), value(item, "X")
		matching := func(holds func(attr.Item) bool) []attr.Item {
			return slices.DeleteFunc(slices.Clone(all), func(other attr.Item) bool {
				return value(other, "M") != m || value(other, "G") != g || !holds(other)
			})
		}
		partition := []attr.Value{m, g}
		require.Equal(t, matching(func(attr.Item) bool { return true }), scan(d, 0, PrefixSpan(partition, nil, Bound{}, Bound{})))
		same := matching(func(other attr.Item) bool { return value(other, "L") == l })
		require.Equal(t, same, scan(d, 0, PrefixSpan(partition, []attr.Value{l}, Bound{}, Bound{})))
		above := matching(func(other attr.Item) bool {
			c, _ := value(other, "X").Compare(x)
			return value(other, "L") == l && c > 0
		})
		got := scan(d, 0, PrefixSpan(partition, []attr.Value{l}, Bound{Value: x, Exclusive: true}, Bound{}))
		require.ElementsMatch(t, above, got)
		found += len(got)
	}
	require.Positive(t, found)
	require.Empty(t, scan(d, 0, PrefixSpan([]attr.Value{attr.S("m"), attr.S("")}, nil, Bound{}, Bound{})))
}
