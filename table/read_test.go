package table_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// fill puts items into three partitions; half of them have a G, two thirds an L, and all an X and a Y.
func (f *fixture) fill(n int) (items []attr.Item) {
	for i := range int64(n) {
		m := attr.Map{"X": attr.Int(i), "Y": attr.Int(-i)}
		if i%2 == 0 {
			m["G"] = attr.S(fmt.Sprint(i % 4))
		}
		if i%3 > 0 {
			m["L"] = attr.Int(i % 5)
		}
		items = append(items, f.put(string(rune('a'+i%3)), i-int64(n)/2, m).New)
	}
	return items
}

// page collects what a query finds, page by page.
func (f *fixture) page(q snapshot.Query) (items []attr.Item) {
	f.Helper()
	for {
		page, err := f.table.Page(q)
		require.NoError(f, err)
		items = append(items, page.Items...)
		if q.After = page.Last; q.After.IsZero() {
			return items
		}
	}
}

// items collects what a query finds with Items.
func (f *fixture) items(q snapshot.Query) (items []attr.Item) {
	f.Helper()
	for it, err := range f.table.Items(q) {
		require.NoError(f, err)
		items = append(items, it)
	}
	return items
}

func TestPageOfAPartition(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{})
	all := f.fill(90)
	var want []attr.Item
	for _, it := range all { // which come in the order of K
		if value(it, "P") == attr.S("b") {
			want = append(want, it)
		}
	}
	require.Len(t, want, 30)
	q := snapshot.Query{Partition: attr.S("b")}
	require.Equal(t, want, f.page(q))
	q.Limit = 7
	require.Equal(t, want, f.page(q))
	page, err := f.table.Page(q)
	require.NoError(t, err)
	require.Len(t, page.Items, 7)
	require.Equal(t, want[6].Project("P", "K"), page.Last)
	q.After = want[9].Project("P", "K")
	require.Equal(t, want[10:], f.page(q))
	q = snapshot.Query{Partition: attr.S("b"), Sort: snapshot.Between(attr.Int(-20), attr.Int(10)), MaxBytes: 30}
	inside := slices.Clone(want[slices.IndexFunc(want, atLeast(-20)):slices.IndexFunc(want, atLeast(11))])
	require.NotEmpty(t, inside)
	require.Equal(t, inside, f.page(q))
	q.Reverse = true
	slices.Reverse(inside)
	require.Equal(t, inside, f.page(q))
	q.After = inside[0].Project("P", "K")
	require.Equal(t, inside[1:], f.page(q))
	require.Equal(t, inside[1:], f.items(q), "Items has no limits but begins where it is told")
}

func atLeast(k int64) func(attr.Item) bool {
	return func(it attr.Item) bool {
		c, _ := value(it, "K").Compare(attr.Int(k))
		return c >= 0
	}
}

func TestPageOfEverything(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{})
	want := f.fill(90)
	forward := f.page(snapshot.Query{})
	require.ElementsMatch(t, want, forward)
	backward := f.page(snapshot.Query{Reverse: true, Limit: 11})
	slices.Reverse(backward)
	require.Equal(t, forward, backward)
	for _, total := range []int{1, 2, 3, 10} {
		var together []attr.Item
		for i := range total {
			together = append(together, f.page(snapshot.Query{Segment: snapshot.Segment{Index: i, Total: total}, Limit: 4})...)
		}
		require.Equal(t, forward, together)
	}
	page, err := f.table.Page(snapshot.Query{})
	require.NoError(t, err)
	size := 0
	for _, it := range want {
		size += it.Size()
	}
	require.Equal(t, size, page.Size)
	_, err = f.table.Page(snapshot.Query{Index: "Nowhere"})
	requireRefused(t, err, exception.Validation, "The table does not have the specified index: Nowhere")
}

func TestIndexes(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{})
	all := f.fill(120)
	for _, test := range []struct {
		index string
		needs []string
		holds []string
	}{
		{"ByL", []string{"L"}, []string{"P", "K", "L"}},
		{"ByG", []string{"G", "L"}, []string{"P", "K", "G", "L", "X", "Y"}},
		{"ByGToo", []string{"G"}, []string{"P", "K", "G", "X"}},
	} {
		var want []attr.Item
		for _, it := range all {
			if it.Project(test.needs...).Len() == len(test.needs) {
				want = append(want, it.Project(test.holds...))
			}
		}
		require.Less(t, len(want), len(all), "the index is sparse")
		got := f.page(snapshot.Query{Index: test.index})
		require.ElementsMatch(t, want, got)
		require.Equal(t, got, f.page(snapshot.Query{Index: test.index, Limit: 3}))
		require.Equal(t, got, f.items(snapshot.Query{Index: test.index}))
	}
}

func TestOrderInAnIndex(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{})
	f.fill(120)
	q := snapshot.Query{Index: "ByG", Partition: attr.S("2"), Sort: snapshot.AtLeast(attr.Int(2))}
	got := f.page(q)
	require.NotEmpty(t, got)
	require.True(t, slices.IsSortedFunc(got, func(a, b attr.Item) int {
		c, _ := value(a, "L").Compare(value(b, "L"))
		return c
	}), "%v", got)
	same := slices.DeleteFunc(slices.Clone(got), func(it attr.Item) bool { return value(it, "L") != attr.Int(3) })
	require.Greater(t, len(same), 3, "several items have one index key")
	q = snapshot.Query{Index: "ByG", Partition: attr.S("2"), Sort: snapshot.Equal(attr.Int(3)), Limit: 1}
	require.Equal(t, same, f.page(q))
	q.Reverse = true
	slices.Reverse(same)
	require.Equal(t, same, f.page(q))
	page, err := f.table.Page(snapshot.Query{Index: "ByG", Limit: 1})
	require.NoError(t, err)
	require.Equal(t, page.Items[0].Project("P", "K", "G", "L"), page.Last)
}

func TestIndexFollowsItsTable(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{})
	inIndex := func() []attr.Item { return f.page(snapshot.Query{Index: "ByGToo"}) }
	f.put("a", 1)
	require.Empty(t, inIndex())
	f.put("a", 1, attr.Map{"G": attr.S("g"), "Y": attr.Int(1)})
	require.Equal(t, []attr.Item{item("a", 1, attr.Map{"G": attr.S("g")})}, inIndex())
	f.put("a", 1, attr.Map{"G": attr.S("h"), "X": attr.Int(1)})
	require.Equal(t, []attr.Item{item("a", 1, attr.Map{"G": attr.S("h"), "X": attr.Int(1)})}, inIndex())
	require.Empty(t, f.page(snapshot.Query{Index: "ByGToo", Partition: attr.S("g")}))
	_, err := f.table.Update(key("a", 1), func(attr.Item) (attr.Item, error) { return item("a", 1), nil })
	require.NoError(t, err)
	require.Empty(t, inIndex())
	f.put("a", 1, attr.Map{"G": attr.S("g")})
	_, err = f.table.Delete(key("a", 1))
	require.NoError(t, err)
	require.Empty(t, inIndex())
}

func TestBeginsWith(t *testing.T) {
	d := plain("Things")
	d.Attributes = schema.Attributes{"P": attr.TypeN, "K": attr.TypeS}
	f := newFixture(t, d, table.Timing{})
	var items []attr.Item
	for _, k := range []string{"a", "ab", "ab\x00", "abc", "b"} {
		items = append(items, attr.MustItem(attr.Map{"P": attr.Int(1), "K": attr.S(k)}))
		_, err := f.table.Put(items[len(items)-1])
		require.NoError(t, err)
	}
	q := snapshot.Query{Partition: attr.Int(1), Sort: snapshot.BeginsWith(attr.S("ab"))}
	require.Equal(t, items[1:4], f.page(q))
	q.Sort = snapshot.BeginsWith(attr.S(""))
	require.Equal(t, items, f.page(q))
}

func TestWritesDuringItems(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{})
	const n = 1000 // several times what Items reads at once
	for i := range int64(n) {
		f.put("a", i)
	}
	seen := 0
	for it, err := range f.table.Items(snapshot.Query{Partition: attr.S("a"), Limit: 1}) {
		require.NoError(t, err)
		_, err = f.table.Delete(attr.Key{Partition: value(it, "P"), Sort: value(it, "K")})
		require.NoError(t, err)
		seen++
		f.put("b", int64(seen))
	}
	require.Equal(t, n, seen)
	require.Empty(t, f.page(snapshot.Query{Partition: attr.S("a")}))
	require.Len(t, f.page(snapshot.Query{Partition: attr.S("b")}), n)
}

func TestItemsMayBeRangedOverAgain(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	for i := range int64(600) {
		f.put("a", i)
	}
	seq := f.table.Items(snapshot.Query{Partition: attr.S("a"), After: item("a", 9)})
	count := func(stop int) (first attr.Item, n int) {
		for it, err := range seq {
			require.NoError(t, err)
			if n++; n == 1 {
				first = it
			}
			if n == stop {
				break
			}
		}
		return first, n
	}
	for _, stop := range []int{300, 1000, 1000, 1} {
		first, n := count(stop)
		require.Equal(t, item("a", 10), first)
		require.Equal(t, min(stop, 590), n)
	}
}

func TestItemsEndsWithAnError(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	for i := range int64(600) {
		f.put("a", i)
	}
	seen := 0
	var last error
	for _, err := range f.table.Items(snapshot.Query{}) {
		require.NoError(t, last, "nothing comes after an error")
		if seen++; seen == 10 {
			f.drop("Things")
		}
		last = err
	}
	requireRefused(t, last, exception.ResourceNotFound, notFound)
	require.Less(t, seen, 600)
}
