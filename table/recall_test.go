package table_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

func (f *fixture) snapshotOf(name string, i instant) *snapshot.Snapshot {
	f.Helper()
	s, err := f.store.SnapshotTable(ctx, name, i)
	require.NoError(f, err)
	return s
}

var endOfTime = clock.EndOf(clock.Epoch.AddDate(100, 0, 0))

func TestSnapshotTableMovesInstantsIntoTheHistory(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	lost := f.put("a", 1).At
	requireItems(t, f.snapshotOf("Things", lost), item("a", 1))
	f.put("a", 2)
	requireItems(t, f.snapshotOf("Things", lost), item("a", 1), item("a", 2)) // no history: it is the present
	f.store.Retain(time.Hour)
	kept := f.put("a", 3).At
	f.put("a", 4)
	for _, before := range []instant{{}, clock.StartOf(clock.Epoch), lost} {
		s := f.snapshotOf("Things", before)
		requireItems(t, s, item("a", 1), item("a", 2))
		require.True(t, s.Cut().Latest().After(lost), "its cut says what it is")
	}
	requireItems(t, f.snapshotOf("Things", kept), item("a", 1), item("a", 2), item("a", 3))
	require.Equal(t, kept, f.snapshotOf("Things", kept).Cut().Latest())
	ahead := f.snapshotOf("Things", endOfTime)
	requireItems(t, ahead, item("a", 1), item("a", 2), item("a", 3), item("a", 4))
	require.True(t, f.put("a", 5).At.After(ahead.Cut().Latest()))

	require.NoError(t, f.store.UpdateTimeToLive(ctx, "Things", "Until", true))
	require.Equal(t, "Until", f.snapshotOf("Things", kept).Table().TTLAttribute, "the description is the present one")
}

func TestSnapshotTableInEveryState(t *testing.T) {
	const creating, deleting = 3 * time.Second, 5 * time.Second
	f := newStore(t, table.Timing{Creating: creating, Deleting: deleting})
	f.store.Retain(time.Hour)
	refused := func(message string) {
		t.Helper()
		_, err := f.store.SnapshotTable(ctx, "Things", endOfTime)
		requireRefused(t, err, exception.ResourceNotFound, message)
		require.ErrorContains(t, err, "SnapshotTable")
		_, _, err = f.store.ChangesOf(ctx, "Things", instant{}, endOfTime)
		requireRefused(t, err, exception.ResourceNotFound, message)
		require.ErrorContains(t, err, "ChangesOf")
	}
	refused(missing("Things"))
	f.create(plain("Things"))
	refused(notFound) // CREATING
	f.clock.Advance(creating - tick)
	refused(notFound)
	f.clock.Advance(tick)
	requireItems(t, f.snapshotOf("Things", endOfTime))
	f.table = f.open("Things")
	first := f.put("a", 1).At
	f.put("a", 2)
	f.drop("Things")
	for range 2 { // DELETING, to the last moment
		requireItems(t, f.snapshotOf("Things", first), item("a", 1))
		requireItems(t, f.snapshotOf("Things", endOfTime), item("a", 1), item("a", 2))
		require.Len(t, f.differences("Things", first, endOfTime), 1)
		f.clock.Advance(deleting - tick)
	}
	f.clock.Advance(tick)
	refused(missing("Things"))
}

// A table of the same name knows nothing of what was deleted.
func TestHistoryGoesWithItsTable(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	require.NoError(t, f.store.RetainTable(ctx, "Things", 2*time.Hour))
	first, old := f.put("a", 1).At, f.table
	f.drop("Things")
	_, err := old.SnapshotAt(first)
	require.ErrorIs(t, err, exception.ResourceNotFound)
	f.create(plain("Things"))
	f.table = f.open("Things")
	f.requireNoHistory(first)
	requireItems(t, f.snapshotOf("Things", first))
	require.Empty(t, f.differences("Things", first, endOfTime))
	_, err = old.SnapshotAt(first)
	require.ErrorIs(t, err, exception.ResourceNotFound)
	f.put("a", 2)
	f.store.Retain(0) // what was asked for the deleted table does not count for this one
	f.requireNoHistory(clock.StartOf(f.store.Now()))
}

func TestRetainNothingFreesAtOnce(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	require.NoError(t, f.store.RetainTable(ctx, "Things", time.Hour))
	first := f.put("a", 1).At
	f.put("a", 2)
	requireItems(t, f.at(first), item("a", 1))
	require.NoError(t, f.store.RetainTable(ctx, "Things", 0))
	f.requireNoHistory(first)
	require.Empty(t, f.differences("Things", first, endOfTime))
	requireItems(t, f.snapshotOf("Things", first), item("a", 1), item("a", 2))
}

// A table that is gone holds nothing any more, whatever call comes next and whoever has kept its Table.
func TestDeletedTableIsFreed(t *testing.T) {
	const items, size = 40, 300_000
	f := newFixture(t, plain("Things"), table.Timing{Deleting: time.Second})
	f.create(plain("Other"))
	f.clock.Advance(time.Hour)
	other := f.open("Other")
	empty := heap()
	for k := range int64(items) {
		f.put("a", k, attr.Map{"X": attr.S(strings.Repeat("x", size)), "V": attr.Int(k)})
	}
	_, err := f.store.DeleteTable(ctx, "Things")
	require.NoError(t, err)
	require.Greater(t, heap()-empty, int64(items*size*9/10), "it is DELETING")
	f.clock.Advance(time.Hour)
	_, _, err = other.Get(key("a", 1))
	require.NoError(t, err)
	require.Less(t, heap()-empty, int64(items*size/10))
	runtime.KeepAlive(f)
}

// Storing what is there already is no change, whichever way it is stored.
func TestRewritesAreNoChanges(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	first := f.put("a", 1).At
	f.put("a", 1)
	_, err := f.table.Put(item("a", 1), table.Exists)
	require.NoError(t, err)
	_, err = f.store.Transact(table.Put("Things", item("a", 1)))
	require.NoError(t, err)
	changes, _, err := f.store.ChangesOf(ctx, "Things", first, endOfTime)
	require.NoError(t, err)
	require.Empty(t, slices.Collect(changes))
}

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestRetainNothingFreesMemory(t *testing.T) {
	const versions, size = 40, 300_000
	f := newFixture(t, plain("Things"), table.Timing{})
	require.NoError(t, f.store.RetainTable(ctx, "Things", time.Hour))
	empty := heap()
	for v := range int64(versions) {
		f.put("a", 1, attr.Map{"X": attr.S(strings.Repeat("x", size)), "V": attr.Int(v)})
	}
	full := heap()
	require.Greater(t, full-empty, int64(versions*size*9/10), "every version is kept")
	require.NoError(t, f.store.RetainTable(ctx, "Things", 0))
	require.Less(t, heap()-empty, int64(versions*size/10), "only the last one is")
}

// Of what the store and the table were asked to keep, the longer time counts.
func TestTheLongerRetentionCounts(t *testing.T) {
	for name, retain := range map[string]func(f *fixture){
		"table": func(f *fixture) {
			f.store.Retain(time.Minute)
			require.NoError(f, f.store.RetainTable(ctx, "Things", time.Hour))
		},
		"store": func(f *fixture) {
			require.NoError(f, f.store.RetainTable(ctx, "Things", time.Minute))
			f.store.Retain(time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, plain("Things"), table.Timing{})
			retain(f)
			first := f.put("a", 1).At
			f.put("a", 2)
			f.clock.Advance(time.Hour)
			f.put("a", 3)
			requireItems(t, f.at(first), item("a", 1))
			f.clock.Advance(tick)
			for k := range int64(300) { // enough for blocks to be freed
				f.put("b", k)
			}
			f.clock.Advance(time.Hour + tick)
			f.put("a", 4)
			f.requireNoHistory(first)
		})
	}
}

// What nobody writes to is trimmed by calls about anything else.
func TestQuietHistoryIsSwept(t *testing.T) {
	const keep = time.Hour
	for name, call := range map[string]func(f *fixture, other *table.Table) error{
		"Get":  func(_ *fixture, o *table.Table) error { _, _, err := o.Get(key("a", 1)); return err },
		"Page": func(_ *fixture, o *table.Table) error { _, err := o.Page(snapshot.Query{}); return err },
		"Items": func(_ *fixture, o *table.Table) error {
			for _, err := range o.Items(snapshot.Query{}) {
				return err
			}
			return nil
		},
		"Put":    func(_ *fixture, o *table.Table) error { _, err := o.Put(item("a", 1)); return err },
		"Delete": func(_ *fixture, o *table.Table) error { _, err := o.Delete(key("a", 1)); return err },
		"Update": func(_ *fixture, o *table.Table) error {
			_, err := o.Update(key("a", 1), func(attr.Item) (attr.Item, error) { return item("a", 1), nil })
			return err
		},
		"Transact": func(f *fixture, _ *table.Table) error {
			_, err := f.store.Transact(table.Put("Other", item("a", 1)))
			return err
		},
		"DescribeTable": func(f *fixture, _ *table.Table) error { _, err := f.store.DescribeTable(ctx, "Other"); return err },
		"TableState":    func(f *fixture, _ *table.Table) error { _, err := f.store.TableState(ctx, "Other"); return err },
		"Table":         func(f *fixture, _ *table.Table) error { _, err := f.store.Table("Other"); return err },
		"ListTables":    func(f *fixture, _ *table.Table) error { _, _, err := f.store.ListTables(ctx, "", 0); return err },
		"CreateTable":   func(f *fixture, _ *table.Table) error { f.create(plain(f.store.Now().Format("T150405"))); return nil },
		"Now":           func(f *fixture, _ *table.Table) error { f.store.Now(); return nil }, // as every call of an engine
		"CaptureTable": func(f *fixture, _ *table.Table) error {
			_, err := f.store.CaptureTable(ctx, "Other", snapshot.At)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, plain("Things"), table.Timing{})
			f.create(plain("Other"))
			other := f.open("Other")
			f.store.Retain(keep)
			first := f.put("a", 1).At
			f.clock.Advance(time.Second)
			last := f.put("a", 2).At
			f.clock.Advance(keep)
			require.NoError(t, call(f, other))
			requireItems(t, f.at(first), item("a", 1)) // not all of its last block is over
			f.clock.Advance(keep)
			requireItems(t, f.at(first), item("a", 1))
			require.NoError(t, call(f, other))
			_, err := f.table.SnapshotAt(first)
			requireRefused(t, err, exception.Validation,
				fmt.Sprintf("the table has no history of %v: it begins at %v", first, last))
			requireItems(t, f.at(last), item("a", 1), item("a", 2))
		})
	}
}

// newChronicles returns stores that differ in their checkpoints alone, on one clock.
func newChronicles(t *testing.T, every ...int) (list []*fixture) {
	m := new(clock.Manual)
	for _, n := range every {
		f := &fixture{T: t, clock: m}
		f.store = table.NewStore(table.Options{Clock: m, Seed: 1, CheckpointEvery: n})
		f.store.Retain(time.Minute)
		f.create(indexed("Things"))
		f.table = f.open("Things")
		list = append(list, f)
	}
	return list
}

// Checkpoints change what looking back costs, and nothing else.
func TestCheckpointsDoNotShow(t *testing.T) {
	r := newRand(t)
	stores := newChronicles(t, 0, 1, 2, 7, 100)
	var instants []instant
	for range 600 {
		n := 1 + r.IntN(3)
		var ops []table.Op
		for _, k := range r.Perm(12)[:n] {
			p := string(rune('a' + k%4))
			if r.IntN(3) == 0 {
				ops = append(ops, table.Delete("Things", key(p, int64(k))))
			} else {
				ops = append(ops, table.Put("Things", item(p, int64(k),
					attr.Map{"G": attr.S(string(rune('g' + r.IntN(3)))), "X": attr.Int(r.Int64N(1000))})))
			}
		}
		for i, f := range stores {
			changes, err := f.store.Transact(ops...)
			require.NoError(t, err)
			if i == 0 {
				instants = append(instants, changes[0].At)
			}
			require.Equal(t, instants[len(instants)-1], changes[0].At)
		}
		stores[0].clock.Advance(time.Duration(r.IntN(500)) * time.Millisecond)
	}
	past := 0
	for _, at := range instants {
		want, refusal := stores[0].table.SnapshotAt(at)
		for _, f := range stores[1:] {
			got, err := f.table.SnapshotAt(at)
			if refusal != nil {
				require.EqualError(t, err, refusal.Error())
				continue
			}
			past++
			require.NoError(t, err)
			require.Equal(t, slices.Collect(want.All()), slices.Collect(got.All()))
			for _, index := range []string{"ByL", "ByG", "ByGToo"} {
				a, err := want.Page(snapshot.Query{Index: index})
				require.NoError(t, err)
				b, err := got.Page(snapshot.Query{Index: index})
				require.NoError(t, err)
				require.Equal(t, a, b)
			}
		}
	}
	require.Positive(t, past)
	require.Less(t, past, 4*len(instants), "some of the history has been trimmed")
}
