package table_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

func (f *fixture) differences(name string, from, to instant) []snapshot.Difference {
	f.Helper()
	changes, _, err := f.store.ChangesOf(ctx, name, from, to)
	require.NoError(f, err)
	seq := snapshot.Net(changes)
	list := slices.Collect(seq)
	require.Equal(f, list, slices.Collect(seq), "it can be ranged over again")
	return list
}

func of(value int64) attr.Map { return attr.Map{"X": attr.Int(value)} }

func TestDifferencesOf(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	f.put("a", 1, of(1))
	f.put("a", 2, of(1))
	start := f.put("a", 3, of(1)).At
	f.put("b", 9, of(1)) // comes and goes
	f.put("a", 3, of(2))
	f.put("a", 1, of(1)) // as it is
	changes, err := f.store.Transact(table.Delete("Things", key("a", 2)), table.Delete("Things", key("b", 9)))
	require.NoError(t, err)
	f.put("b", 1, of(1))
	f.put("a", 1, of(5))
	end := f.put("a", 3, of(3)).At
	later := f.put("a", 1, of(1)).At

	require.Equal(t, []snapshot.Difference{
		{Key: key("a", 3), Old: item("a", 3, of(1)), New: item("a", 3, of(3))},
		{Key: key("a", 2), Old: item("a", 2, of(1))},
		{Key: key("b", 1), New: item("b", 1, of(1))},
		{Key: key("a", 1), Old: item("a", 1, of(1)), New: item("a", 1, of(5))},
	}, f.differences("Things", start, end))
	require.Equal(t, []snapshot.Difference{
		{Key: key("a", 3), Old: item("a", 3, of(1)), New: item("a", 3, of(2))},
		{Key: key("a", 2), Old: item("a", 2, of(1))},
	}, f.differences("Things", start, changes[0].At))
	require.Len(t, f.differences("Things", start, later), 3, "one has come back")
	require.Empty(t, f.differences("Things", end, end))

	_, _, err = f.store.ChangesOf(ctx, "Things", end, start)
	requireRefused(t, err, exception.Validation,
		"the changes from "+end.String()+" to "+start.String()+" have their ends the wrong way round")
	for range f.differencesSeq(start, end) {
		break // a loop may stop
	}
}

func (f *fixture) differencesSeq(from, to instant) func(func(snapshot.Difference) bool) {
	changes, _, err := f.store.ChangesOf(ctx, "Things", from, to)
	require.NoError(f, err)
	return snapshot.Net(changes)
}

// What came of the items is as of the call, whatever is written or trimmed while its answer is read.
func TestDifferencesBesideWrites(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Minute)
	start := clock.StartOf(f.store.Now())
	for k := range int64(200) {
		f.put("a", k)
	}
	read := 0
	for d := range f.differencesSeq(start, endOfTime) {
		require.Equal(t, snapshot.Difference{Key: key("a", int64(read)), New: item("a", int64(read))}, d)
		f.clock.Advance(time.Hour)
		f.put("a", int64(read), of(2))
		read++
	}
	require.Equal(t, 200, read)
}

// Both ends are moved into the history: where it begins, a commit is in it as a whole or not at all, and so it is in
// the differences.
func TestDifferencesBeginWithTheHistory(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Minute)
	early := clock.StartOf(f.store.Now())
	f.put("a", 0)
	for k := int64(1); k < 801; k += 4 { // commits of four lie across the ends of blocks
		_, err := f.store.Transact(table.Put("Things", item("a", k)), table.Put("Things", item("a", k+1)),
			table.Put("Things", item("a", k+2)), table.Put("Things", item("a", k+3)))
		require.NoError(t, err)
		f.clock.Advance(time.Second)
		begin := slices.Collect(f.snapshotOf("Things", early).All())
		now := slices.Collect(f.snapshotOf("Things", endOfTime).All())
		require.Len(t, f.differences("Things", early, endOfTime), len(now)-len(begin), "after %d items", k+4)
	}
	require.NotZero(t, f.snapshotOf("Things", early).Len(), "some of it was trimmed")
}

// A torn cut that is still awaited keeps a log for itself. It is not the table's history.
func TestDifferencesLeaveOutTheLogOfACapture(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Minute)
	start := f.put("a", 1).At
	f.capture(func(at instant) snapshot.Cut {
		return snapshot.Torn(at, clock.EndOf(at.Time().Add(time.Minute)))
	})
	f.store.Retain(0)
	f.put("a", 2)
	require.Empty(t, f.differences("Things", start, endOfTime))
	f.store.Retain(time.Minute)
	f.put("a", 3)
	requireItems(t, f.snapshotOf("Things", start), item("a", 1), item("a", 2))
	require.Equal(t, []snapshot.Difference{{Key: key("a", 3), New: item("a", 3)}}, f.differences("Things", start, endOfTime))
}

func (f *fixture) definitionAt(i instant) *schema.Table {
	f.Helper()
	d, err := f.store.DefinitionAt(ctx, "Things", i)
	require.NoError(f, err)
	return d
}

// settled is a table's settings from an instant on.
type settled struct {
	from instant
	is   schema.Table
}

// changeSettings changes Things every ten minutes, and returns what it was after each change.
func (f *fixture) changeSettings() (list []settled) {
	settings := func(change func() error) {
		f.Helper()
		require.NoError(f, change())
		list = append(list, settled{clock.EndOf(f.store.Now()), f.describe("Things").Table})
		f.clock.Advance(10 * time.Minute)
	}
	update := func(c table.Changes) func() error {
		return func() error { _, err := f.store.UpdateTable(ctx, "Things", c); return err }
	}
	settings(func() error { return nil })
	settings(update(table.Changes{
		BillingMode: schema.Provisioned, Throughput: schema.Throughput{Read: 5, Write: 6},
	}))
	settings(func() error { return f.store.UpdateTimeToLive(ctx, "Things", "Until", true) })
	f.put("a", 1)
	settings(update(table.Changes{Throughput: schema.Throughput{Read: 7, Write: 6}}))
	settings(func() error { // twice at one time: the first of them was never the table at the end of a time
		_, err := f.store.UpdateTable(ctx, "Things", table.Changes{Throughput: schema.Throughput{Read: 8, Write: 6}})
		require.NoError(f, err)
		return f.store.UpdateTimeToLive(ctx, "Things", "Until", false)
	})
	settings(update(table.Changes{BillingMode: schema.PayPerRequest}))
	return list
}

// requireSettings compares with what the table was, but for its statistics: they are of the present.
func (f *fixture) requireSettings(want settled, at instant) {
	f.Helper()
	want.is.Statistics = f.describe("Things").Statistics
	require.Equal(f, want.is, *f.definitionAt(at))
}

func TestDefinitionAt(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	list := f.changeSettings()
	f.put("a", 2)
	for i, s := range list {
		f.requireSettings(s, s.from)
		if i > 0 {
			f.requireSettings(list[i-1], clock.StartOf(s.from.Time()))
			require.NotEqual(t, list[i-1].is, s.is)
		}
	}
	f.requireSettings(list[0], instant{})
	f.requireSettings(list[len(list)-1], endOfTime)
	_, err := f.store.DefinitionAt(ctx, "Other", endOfTime)
	requireRefused(t, err, exception.ResourceNotFound, missing("Other"))

	// The changes were at 0, 10, 20, 30, 40 and 50 minutes; the history now begins at 25.
	f.clock.Set(clock.Epoch.Add(85 * time.Minute))
	f.put("a", 3)
	f.requireSettings(list[2], instant{})
	f.requireSettings(list[2], list[0].from)
	f.requireSettings(list[2], list[2].from)
	f.requireSettings(list[3], list[3].from)
	f.requireSettings(list[5], list[5].from)

	f.store.Retain(0)
	f.requireSettings(list[5], list[3].from)
	f.store.Retain(time.Hour)
	f.requireSettings(list[5], list[3].from)
}

// The settings of before a history began are not in it, also if a capture has kept them that long.
func TestDefinitionAtBeginsWithTheHistory(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	start := f.put("a", 1).At
	f.capture(func(at instant) snapshot.Cut {
		return snapshot.Torn(at, clock.EndOf(at.Time().Add(time.Minute)))
	})
	require.NoError(t, f.store.UpdateTimeToLive(ctx, "Things", "Until", true))
	require.Empty(t, f.definitionAt(start).TTLAttribute)
	f.store.Retain(0)
	require.Equal(t, "Until", f.definitionAt(start).TTLAttribute)
	f.store.Retain(time.Hour)
	require.Equal(t, "Until", f.definitionAt(start).TTLAttribute)
}
