package table_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

func (f *fixture) at(i instant) *snapshot.Snapshot {
	f.Helper()
	s, err := f.table.SnapshotAt(i)
	require.NoError(f, err)
	require.Equal(f, i, s.Cut().Latest())
	return s
}

// requireNoHistory has the instant refused because it lies before the history.
func (f *fixture) requireNoHistory(i instant) {
	f.Helper()
	_, err := f.table.SnapshotAt(i)
	require.ErrorIs(f, err, exception.Validation)
	require.ErrorContains(f, err, "the table has no history of "+i.String()+": it begins at ")
}

func TestSnapshotAt(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	start := f.store.Now()
	f.clock.Advance(time.Second)
	first := f.put("a", 1).At
	second := f.put("a", 2).At // at the same wall time
	f.clock.Advance(time.Second)
	changes, err := f.store.Transact(table.Delete("Things", key("a", 1)), table.Put("Things", item("a", 3)))
	require.NoError(t, err)
	requireItems(t, f.at(clock.EndOf(start)))
	requireItems(t, f.at(clock.StartOf(first.Time())))
	requireItems(t, f.at(first), item("a", 1))
	requireItems(t, f.at(second), item("a", 1), item("a", 2))
	requireItems(t, f.at(clock.EndOf(second.Time())), item("a", 1), item("a", 2))
	requireItems(t, f.at(clock.StartOf(changes[0].At.Time())), item("a", 1), item("a", 2))
	requireItems(t, f.at(changes[0].At), item("a", 2), item("a", 3))
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	requireItems(t, s, item("a", 2), item("a", 3))

	ahead := clock.StartOf(f.store.Now().Add(tick))
	_, err = f.table.SnapshotAt(ahead)
	requireRefused(t, err, exception.Validation, ahead.String()+" lies ahead")
}

func TestNoHistoryByDefault(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	change := f.put("a", 1)
	f.requireNoHistory(change.At)
	f.requireNoHistory(clock.StartOf(f.store.Now()))
	require.ErrorIs(t, f.store.RetainTable(ctx, "Other", time.Hour), exception.ResourceNotFound)
}

func TestHistoryBeginsWithRetain(t *testing.T) {
	for name, retain := range map[string]func(*fixture, time.Duration){
		"store": func(f *fixture, d time.Duration) { f.store.Retain(d) },
		"table": func(f *fixture, d time.Duration) { require.NoError(f, f.store.RetainTable(ctx, "Things", d)) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, plain("Things"), table.Timing{})
			before := f.put("a", 1).At
			f.clock.Advance(time.Second)
			retain(f, time.Hour)
			f.requireNoHistory(before)
			f.clock.Advance(time.Second)
			floor := clock.StartOf(f.store.Now())
			during := f.put("a", 2).At
			requireItems(t, f.at(floor), item("a", 1))
			requireItems(t, f.at(during), item("a", 1), item("a", 2))
			retain(f, 2*time.Hour)
			requireItems(t, f.at(floor), item("a", 1))
			retain(f, 0)
			f.requireNoHistory(during)
			f.put("a", 3)
			f.clock.Advance(time.Second)
			retain(f, time.Hour)
			f.requireNoHistory(during)
			f.clock.Advance(time.Second)
			floor = clock.StartOf(f.store.Now())
			f.put("a", 4)
			requireItems(t, f.at(floor), item("a", 1), item("a", 2), item("a", 3))
		})
	}
}

func TestHistoryOfANewTableBeginsWithItsBirth(t *testing.T) {
	f := newStore(t, table.Timing{})
	f.store.Retain(time.Hour)
	unborn := clock.StartOf(f.store.Now())
	f.clock.Advance(time.Second)
	f.create(plain("Things"))
	f.table = f.open("Things")
	change := f.put("a", 1)
	requireItems(t, f.at(change.At), item("a", 1))
	f.requireNoHistory(unborn)
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	f.clock.Advance(time.Second)
	require.NoError(t, f.restore(s, "Copy"))
	f.clock.Advance(time.Second)
	f.table = f.open("Copy")
	born := clock.StartOf(f.store.Now())
	f.put("a", 2)
	requireItems(t, f.at(born), item("a", 1))
	f.requireNoHistory(change.At)
}

func TestStoreAndTableRetention(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	require.NoError(t, f.store.RetainTable(ctx, "Things", time.Hour))
	change := f.put("a", 1)
	f.put("a", 2)
	f.store.Retain(time.Minute)
	requireItems(t, f.at(change.At), item("a", 1))
	f.store.Retain(0)
	requireItems(t, f.at(change.At), item("a", 1))
	f.store.Retain(time.Minute)
	require.NoError(t, f.store.RetainTable(ctx, "Things", 0))
	requireItems(t, f.at(change.At), item("a", 1))
	f.store.Retain(0)
	f.requireNoHistory(change.At)
}

func TestHistoryIsTrimmedAsTheClockMoves(t *testing.T) {
	const keep = time.Minute
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(keep)
	var instants []instant
	for i := range int64(1000) {
		f.clock.Advance(time.Second)
		instants = append(instants, f.put("a", i).At)
		if i >= 60 { // at least so much is kept
			back := f.at(instants[i-60])
			require.EqualValues(t, i-59, back.Len())
		}
	}
	f.requireNoHistory(instants[0])
	f.requireNoHistory(instants[500])
	f.store.Retain(time.Second)
	require.Equal(t, 1000, f.at(instants[999]).Len())
	f.requireNoHistory(instants[800])
}

// TestHistoryAgainstModel goes back to every instant of a random history, in the table and in its indexes.
func TestHistoryAgainstModel(t *testing.T) {
	r := newRand(t)
	f := newFixture(t, indexed("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	type state struct {
		at    instant
		items map[attr.Key]attr.Item
	}
	now := map[attr.Key]attr.Item{}
	var states []state
	for range 150 {
		var ops []table.Op
		next := maps.Clone(now)
		for _, k := range r.Perm(12)[:1+r.IntN(3)] {
			m := attr.Map{"X": attr.Int(r.Int64N(100))}
			if r.IntN(2) == 0 {
				m["G"] = attr.S(string(rune('g' + r.IntN(3))))
			}
			it := item(string(rune('a'+k%4)), int64(k), m)
			at := key(string(rune('a'+k%4)), int64(k))
			if r.IntN(3) == 0 {
				ops = append(ops, table.Delete("Things", at))
				delete(next, at)
			} else {
				ops = append(ops, table.Put("Things", it))
				next[at] = it
			}
		}
		changes, err := f.store.Transact(ops...)
		require.NoError(t, err)
		f.clock.Advance(time.Duration(r.IntN(2)) * time.Second)
		now = next
		states = append(states, state{changes[0].At, now})
	}
	for _, s := range states {
		past := f.at(s.at)
		requireItems(t, past, slices.Collect(maps.Values(s.items))...)
		var want []attr.Item
		for it := range maps.Values(s.items) {
			if !value(it, "G").IsZero() {
				want = append(want, it)
			}
		}
		page, err := past.Page(snapshot.Query{Index: "ByGToo"})
		require.NoError(t, err)
		require.ElementsMatch(t, want, page.Items)
	}
}
