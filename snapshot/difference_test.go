package snapshot_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

func keyOf(p string, k int64) attr.Key { return attr.Key{Partition: attr.S(p), Sort: attr.Int(k)} }

func between(a, b *snapshot.Snapshot) []snapshot.Difference {
	list := []snapshot.Difference{}
	for d := range a.Differences(b) {
		list = append(list, d)
	}
	return list
}

func TestDifferences(t *testing.T) {
	earlier := of(t, thing("same", 1), thing("same", 2), inIndex("p", 1, "old"), thing("p", 2), thing("gone", 1))
	later := of(t, thing("same", 1), thing("same", 2), inIndex("p", 1, "new"), thing("p", 3), thing("came", 1))
	changed := snapshot.Difference{Key: keyOf("p", 1), Old: inIndex("p", 1, "old"), New: inIndex("p", 1, "new")}
	require.ElementsMatch(t, []snapshot.Difference{
		changed,
		{Key: keyOf("p", 2), Old: thing("p", 2)}, {Key: keyOf("gone", 1), Old: thing("gone", 1)},
		{Key: keyOf("p", 3), New: thing("p", 3)}, {Key: keyOf("came", 1), New: thing("came", 1)},
	}, between(earlier, later))
	changed.Old, changed.New = changed.New, changed.Old
	require.ElementsMatch(t, []snapshot.Difference{
		changed,
		{Key: keyOf("p", 2), New: thing("p", 2)}, {Key: keyOf("gone", 1), New: thing("gone", 1)},
		{Key: keyOf("p", 3), Old: thing("p", 3)}, {Key: keyOf("came", 1), Old: thing("came", 1)},
	}, between(later, earlier))
}

func TestDifferencesOfEqualSnapshots(t *testing.T) {
	s := of(t, thing("a", 1), inIndex("b", 2, "x"))
	require.Empty(t, between(s, s))
	require.Empty(t, between(s, of(t, inIndex("b", 2, "x"), thing("a", 1))), "equal, though not the same")
	require.Empty(t, between(of(t), of(t)))
}

func TestDifferencesFromAndToNothing(t *testing.T) {
	s := of(t, thing("a", 1), thing("a", 2), thing("b", 1))
	var came, went []snapshot.Difference
	for item := range s.All() {
		p, _ := item.Lookup("P")
		k, _ := item.Lookup("K")
		key := attr.Key{Partition: p, Sort: k}
		came = append(came, snapshot.Difference{Key: key, New: item})
		went = append(went, snapshot.Difference{Key: key, Old: item})
	}
	require.Equal(t, came, between(of(t), s), "in the table's order")
	require.Equal(t, went, between(s, of(t)), "in the table's order")
}

func TestDifferencesOfATableWithoutSortKey(t *testing.T) {
	table := things()
	table.KeySchema, table.GlobalIndexes = schema.Keys("P"), nil
	with := func(items ...attr.Item) *snapshot.Snapshot {
		s, err := snapshot.FromItems(table, snapshot.Cut{}, slices.Values(items))
		require.NoError(t, err)
		return s
	}
	require.Equal(t, []snapshot.Difference{
		{Key: attr.Key{Partition: attr.S("a")}, Old: thing("a", 1), New: thing("a", 2)},
	}, between(with(thing("a", 1), thing("b", 1)), with(thing("b", 1), thing("a", 2))))
}

// A loop may stop at any difference, of either kind.
func TestDifferencesMayStop(t *testing.T) {
	a, b := of(t, thing("a", 1), thing("b", 1)), of(t, thing("c", 1), thing("d", 1))
	all := between(a, b)
	require.Len(t, all, 4)
	for n := range all {
		var seen []snapshot.Difference
		for d := range a.Differences(b) {
			if seen = append(seen, d); len(seen) == n+1 {
				break
			}
		}
		require.Equal(t, all[:n+1], seen)
	}
}

// Random pairs against maps: the differences are exact, come in order, and applied to one side give the other.
func TestDifferencesAgainstMaps(t *testing.T) {
	r := newRand(t)
	random := func() (map[attr.Key]attr.Item, *snapshot.Snapshot) {
		items := map[attr.Key]attr.Item{}
		var list []attr.Item
		for range r.IntN(30) {
			p, k := string(rune('a'+r.IntN(4))), r.Int64N(4)
			it := inIndex(p, k, string(rune('x'+r.IntN(2))))
			items[keyOf(p, k)] = it
			list = append(list, it)
		}
		return items, of(t, list...)
	}
	for range 200 {
		old, a := random()
		now, b := random()
		want := map[attr.Key]snapshot.Difference{}
		for key, item := range old {
			want[key] = snapshot.Difference{Key: key, Old: item}
		}
		for key, item := range now {
			want[key] = snapshot.Difference{Key: key, Old: old[key], New: item}
		}
		got := between(a, b)
		for _, d := range got {
			require.Equal(t, want[d.Key], d)
			require.NotEqual(t, d.Old, d.New)
			delete(want, d.Key)
		}
		for _, d := range want {
			require.Equal(t, d.Old, d.New, "what is left out is the same")
		}
	}
}
