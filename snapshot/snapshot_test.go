package snapshot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

func TestFromItems(t *testing.T) {
	later := attr.MustItem(attr.Map{"P": attr.S("a"), "K": attr.N("1.0"), "Later": attr.Bool(true)})
	s := of(t, inIndex("a", 1, "x"), inIndex("b", 2, "y"), later)
	require.Equal(t, 2, s.Len(), "of two items with one key the later one counts")
	require.EqualValues(t, later.Size()+inIndex("b", 2, "y").Size(), s.Size())
	require.Equal(t, snapshot.At(clock.EndOf(clock.Epoch)), s.Cut())

	got, ok := s.Lookup(attr.Key{Partition: attr.S("a"), Sort: attr.Int(1)})
	require.True(t, ok)
	require.Equal(t, later, got)
	page, err := s.Page(snapshot.Query{Index: "ByG"})
	require.NoError(t, err)
	require.Equal(t, []attr.Item{inIndex("b", 2, "y")}, page.Items)
	require.ElementsMatch(t, []attr.Item{later, inIndex("b", 2, "y")}, slices.Collect(s.All()))
}

func TestFromItemsRefuses(t *testing.T) {
	with := func(name string, v attr.Value) attr.Item {
		m := inIndex("a", 1, "x").Map()
		if delete(m, name); !v.IsZero() {
			m[name] = v
		}
		return attr.MustItem(m)
	}
	for _, test := range []struct {
		item attr.Item
		want string
	}{
		{with("P", attr.Value{}), "One or more parameter values were invalid: Missing the key P in the item"},
		{with("K", attr.Value{}), "One or more parameter values were invalid: Missing the key K in the item"},
		{attr.Item{}, "One or more parameter values were invalid: Missing the key P in the item"},
		{with("K", attr.S("1")), "One or more parameter values were invalid: Type mismatch for key K expected: N actual: S"},
		{with("G", attr.S("x")), "One or more parameter values were invalid: " +
			"Type mismatch for Index Key G Expected: B Actual: S IndexName: ByG"},
		{with("Big", attr.S(strings.Repeat("x", attr.MaxItemSize))), "Item size has exceeded the maximum allowed size"},
	} {
		s, err := snapshot.FromItems(things(), snapshot.Cut{}, slices.Values([]attr.Item{thing("fine", 1), test.item}))
		requireRefused(t, err, exception.Validation, test.want)
		require.Nil(t, s)
	}
}

func TestLookupOfAKeyThatDoesNotFit(t *testing.T) {
	s := of(t, thing("a", 1))
	for _, key := range []attr.Key{
		{}, {Partition: attr.S("a")}, {Sort: attr.Int(1)}, {Partition: attr.S("a"), Sort: attr.S("1")},
		{Partition: attr.B([]byte("a")), Sort: attr.Int(1)}, {Partition: attr.S("a"), Sort: attr.Int(2)},
		{Partition: attr.S(""), Sort: attr.Int(1)}, {Partition: attr.N("x"), Sort: attr.Int(1)},
	} {
		item, ok := s.Lookup(key)
		require.False(t, ok, "%v", key)
		require.True(t, item.IsZero())
	}
}

func TestTableIsTheCallersOwn(t *testing.T) {
	s := of(t, thing("a", 1))
	s.Table().KeySchema[0].Name = "changed"
	s.Table().Attributes["P"] = attr.TypeB
	require.Equal(t, things(), s.Table())
}

func TestPagesTogetherAreAll(t *testing.T) {
	var items []attr.Item
	for i := range int64(60) {
		items = append(items, inIndex(fmt.Sprint(i%7), i, fmt.Sprint(i%3)))
	}
	s := of(t, items...)
	for _, q := range []snapshot.Query{
		{}, {Index: "ByG"}, {Index: "ByG", Partition: attr.B([]byte("1"))}, {Partition: attr.S("3")},
		{Segment: snapshot.Segment{Index: 1, Total: 3}}, {Partition: attr.S("3"), Sort: snapshot.Above(attr.Int(20))},
	} {
		for _, q.Reverse = range []bool{false, true} {
			whole, err := s.Items(q)
			require.NoError(t, err)
			want := slices.Collect(whole)
			require.NotEmpty(t, want)
			require.Equal(t, want, slices.Collect(whole), "a sequence may be ranged over again")
			for _, q.Limit = range []int{1, 2, 7, 1000} {
				var got []attr.Item
				for q.After = (attr.Item{}); ; {
					page, err := s.Page(q)
					require.NoError(t, err)
					require.LessOrEqual(t, len(page.Items), q.Limit)
					got = append(got, page.Items...)
					if q.After = page.Last; q.After.IsZero() {
						break
					}
				}
				require.Equal(t, want, got, "%+v", q)
			}
		}
	}
}

func newStore(t testing.TB) (*table.Store, *table.Table) {
	store := table.NewStore(table.Options{Clock: new(clock.Manual), Seed: 1})
	_, err := store.CreateTable(context.Background(), definition())
	require.NoError(t, err)
	tbl, err := store.Table("Things")
	require.NoError(t, err)
	return store, tbl
}

func restore(store *table.Store, s *snapshot.Snapshot, name string) (*table.Table, error) {
	target := s.Table()
	target.Name = name
	r := snapshot.Restore{Table: *target, Indexes: []string{"ByG"}, Snapshot: s}
	if _, err := store.RestoreTable(context.Background(), r); err != nil {
		return nil, err
	}
	return store.Table(name)
}

// TestSnapshotIsImmutable has a writer of the table, several restores and their writers, and readers side by side.
func TestSnapshotIsImmutable(t *testing.T) {
	const items = 400
	store, tbl := newStore(t)
	for i := range int64(items) {
		_, err := tbl.Put(inIndex("a", i, fmt.Sprint(i%5)))
		require.NoError(t, err)
	}
	s, err := tbl.Snapshot()
	require.NoError(t, err)
	want := slices.Collect(s.All())
	byG, err := s.Items(snapshot.Query{Index: "ByG", Reverse: true})
	require.NoError(t, err)
	wantByG := slices.Collect(byG)

	overwrite := func(tbl *table.Table) error {
		for i := range int64(items) {
			if _, err := tbl.Put(inIndex("a", 2*i, "other")); err != nil {
				return err
			}
			if _, err := tbl.Delete(attr.Key{Partition: attr.S("a"), Sort: attr.Int(2*i + 1)}); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, 4)
	same := make([]bool, 8)
	var group sync.WaitGroup
	for n := range errs {
		group.Go(func() {
			target := tbl
			if n > 0 {
				if target, errs[n] = restore(store, s, fmt.Sprint("Copy", n)); errs[n] != nil {
					return
				}
			}
			errs[n] = overwrite(target)
		})
	}
	for n := range same {
		group.Go(func() {
			same[n] = slices.Equal(want, slices.Collect(s.All())) && slices.Equal(wantByG, slices.Collect(byG))
		})
	}
	group.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.NotContains(t, same, false)
	require.Len(t, want, items)
	require.Equal(t, want, slices.Collect(s.All()))
	require.Equal(t, wantByG, slices.Collect(byG))
	require.Equal(t, items, s.Len())
}
