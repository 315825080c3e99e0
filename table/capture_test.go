package table_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// atEndOf is a cut with a marker behind everything that happens within d of the request.
func atEndOf(d time.Duration) snapshot.CutFunc {
	return func(request instant) snapshot.Cut { return snapshot.At(clock.EndOf(request.Time().Add(d))) }
}

func requireTaken(t testing.TB, c *snapshot.Capture, want ...attr.Item) *snapshot.Snapshot {
	t.Helper()
	s, ok := c.Snapshot()
	require.True(t, ok)
	requireItems(t, s, want...)
	require.Equal(t, s.Cut(), c.Cut())
	return s
}

func requirePending(t testing.TB, c *snapshot.Capture) {
	t.Helper()
	s, ok := c.Snapshot()
	require.False(t, ok)
	require.Nil(t, s)
}

func TestCaptureOfThePresent(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	before := f.put("a", 1).At
	c := f.capture(snapshot.At)
	after := f.put("a", 2).At
	require.True(t, c.At().After(before) && c.At().Before(after))
	require.Equal(t, snapshot.At(c.At()), requireTaken(t, c, item("a", 1)).Cut())
	again, _ := c.Snapshot()
	first, _ := c.Snapshot()
	require.Same(t, first, again)
}

func TestCaptureKeepsTheDescriptionOfTheRequest(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.put("a", 1)
	c := f.capture(atEndOf(time.Second))
	want := f.describe("Things").Table
	require.NoError(t, f.store.UpdateTimeToLive(ctx, "Things", "Expires", true))
	_, err := f.store.UpdateTable(ctx, "Things", table.Changes{Stream: ptr(schema.NewImage)})
	require.NoError(t, err)
	f.put("a", 2)
	f.clock.Advance(time.Minute)
	require.Equal(t, &want, requireTaken(t, c, item("a", 1), item("a", 2)).Table())
	require.Equal(t, &want, c.Table())
}

func TestCaptureOfThePast(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	past := f.put("a", 1).At
	f.put("a", 2)
	c := f.capture(func(instant) snapshot.Cut { return snapshot.At(past) })
	f.put("a", 3)
	f.store.Retain(0)
	require.Equal(t, snapshot.At(past), requireTaken(t, c, item("a", 1)).Cut())
}

func TestCaptureIsClippedToTheHistory(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.put("a", 1)
	long := func(request instant) snapshot.Cut {
		return snapshot.At(clock.StartOf(request.Time().Add(-time.Hour)))
	}
	torn := func(request instant) snapshot.Cut {
		return snapshot.Torn(long(request).Latest(), request, clock.EndOf(request.Time().Add(time.Hour)))
	}
	c := f.capture(long)
	require.Equal(t, snapshot.At(c.At()), requireTaken(t, c, item("a", 1)).Cut(), "no history")
	c = f.capture(torn)
	require.Equal(t, snapshot.At(c.At()), requireTaken(t, c, item("a", 1)).Cut(), "no history to tear")
	c = f.capture(func(instant) snapshot.Cut { return snapshot.Cut{} })
	require.Equal(t, snapshot.At(c.At()), requireTaken(t, c, item("a", 1)).Cut(), "no history to go back in")

	f.store.Retain(24 * time.Hour)
	f.clock.Advance(time.Second)
	f.put("a", 2)
	f.create(plain("Young"))
	young := f.open("Young")
	_, err := young.Put(item("a", 1))
	require.NoError(t, err)
	for _, cut := range []snapshot.CutFunc{long, func(instant) snapshot.Cut { return snapshot.Cut{} }} {
		requireTaken(t, f.capture(cut), item("a", 1))
		c, err := f.store.CaptureTable(ctx, "Young", cut)
		require.NoError(t, err)
		s := requireTaken(t, c)
		require.False(t, s.Cut().Earliest().Before(clock.StartOf(s.Table().CreationTime)), "nothing comes before a table's birth")
	}
}

func TestCaptureOfTheFutureTakenByACall(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.put("a", 1)
	c := f.capture(atEndOf(time.Minute))
	require.Equal(t, snapshot.At(clock.EndOf(clock.Epoch.Add(time.Minute))), c.Cut())
	requirePending(t, c)
	f.clock.Advance(time.Minute)
	f.put("a", 2) // just in time
	requirePending(t, c)
	f.clock.Advance(tick)
	s := requireTaken(t, c, item("a", 1), item("a", 2))
	f.put("a", 3)
	requireTaken(t, c, item("a", 1), item("a", 2))
	require.Equal(t, clock.EndOf(clock.Epoch.Add(time.Minute)), s.Cut().Latest())
}

// TestMarkerBetweenTwoMoments has a marker just before everything that happens at its wall time.
func TestMarkerBetweenTwoMoments(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	c := f.capture(func(request instant) snapshot.Cut { return snapshot.At(clock.StartOf(request.Time().Add(time.Minute))) })
	f.clock.Advance(time.Minute - tick)
	f.put("a", 1)
	requirePending(t, c)
	f.clock.Advance(tick)
	f.put("a", 2)
	requireTaken(t, c, item("a", 1))
}

func TestCaptureOfTheFutureTakenByAWrite(t *testing.T) {
	writes := map[string]func(f *fixture) error{
		"put":    func(f *fixture) error { _, err := f.table.Put(item("a", 1, attr.Map{"X": attr.Int(1)})); return err },
		"put if": func(f *fixture) error { _, err := f.table.Put(item("b", 1), table.Missing); return err },
		"delete": func(f *fixture) error { _, err := f.table.Delete(key("a", 1)); return err },
		"transact": func(f *fixture) error {
			_, err := f.store.Transact(table.Delete("Things", key("a", 1)), table.Put("Things", item("a", 9)))
			return err
		},
	}
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, plain("Things"), table.Timing{})
			f.put("a", 1)
			late, early := f.capture(atEndOf(2*time.Minute)), f.capture(atEndOf(time.Minute))
			f.clock.Advance(30 * time.Second)
			f.put("a", 2)
			f.clock.Advance(time.Hour)
			require.NoError(t, write(f))
			f.put("a", 4)
			requireTaken(t, early, item("a", 1), item("a", 2))
			requireTaken(t, late, item("a", 1), item("a", 2))
		})
	}
}

func TestCaptureOfATableDeletedMeanwhile(t *testing.T) {
	for _, timing := range []table.Timing{{}, table.ServiceTiming()} {
		f := newFixture(t, plain("Things"), timing)
		f.put("a", 1)
		near, far := f.capture(atEndOf(time.Second)), f.capture(atEndOf(time.Hour))
		f.clock.Advance(time.Minute)
		f.put("a", 2)
		f.drop("Things")
		requireTaken(t, near, item("a", 1))
		s := requireTaken(t, far, item("a", 1), item("a", 2))
		require.Equal(t, f.store.Now(), s.Cut().Latest().Time(), "no marker after the deletion")
		f.clock.Advance(time.Minute)
		f.create(plain("Things"))
		requireTaken(t, far, item("a", 1), item("a", 2))
	}
}

func TestCaptureOfADeletingTable(t *testing.T) {
	for _, retain := range []time.Duration{0, time.Hour} {
		f := newFixture(t, plain("Things"), table.ServiceTiming())
		f.store.Retain(retain)
		past := f.put("a", 1).At
		f.clock.Advance(time.Second)
		f.put("a", 2)
		f.drop("Things")
		deleted := f.store.Now()
		f.clock.Advance(time.Second)
		for name, cut := range map[string]snapshot.CutFunc{
			"present": snapshot.At, "future": atEndOf(time.Hour),
			"torn": func(request instant) snapshot.Cut { return snapshot.Torn(request, clock.EndOf(request.Time().Add(1))) },
		} {
			s := requireTaken(t, f.capture(cut), item("a", 1), item("a", 2))
			require.Equal(t, deleted, s.Cut().Latest().Time(), name)
			require.Equal(t, deleted, s.Cut().Earliest().Time(), name)
		}
		want := []attr.Item{item("a", 1)}
		if retain == 0 {
			want = append(want, item("a", 2))
		}
		s := requireTaken(t, f.capture(func(instant) snapshot.Cut { return snapshot.At(past) }), want...)
		require.False(t, s.Cut().Latest().Time().After(deleted))
	}
}
