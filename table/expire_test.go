package table_test

import (
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

// expiring is a table whose items expire by their attribute Until.
func expiring(name string) schema.Definition {
	d := indexed(name)
	d.TTLAttribute = "Until"
	return d
}

// until is an attribute that says: to live up to so many seconds after the epoch of the clock.
func until(seconds int64) attr.Map { return attr.Map{"Until": attr.Int(clock.Epoch.Unix() + seconds)} }

func (f *fixture) requireLive(want ...int64) {
	f.Helper()
	got := []int64{}
	for item, err := range f.table.Items(snapshot.Query{}) {
		require.NoError(f, err)
		k, _ := item.Lookup("K")
		for n := range int64(100) {
			if k == attr.Int(n) {
				got = append(got, n)
			}
		}
	}
	require.ElementsMatch(f, want, got)
}

func TestItemsExpire(t *testing.T) {
	f := newFixture(t, expiring("Things"), table.Timing{})
	f.put("a", 0)
	f.put("a", 1, until(10))
	f.put("b", 2, until(5), attr.Map{"G": attr.S("g")})
	f.put("b", 3, until(20))
	f.clock.Advance(6*time.Second - 1)
	f.requireLive(0, 1, 2, 3)
	f.clock.Advance(1) // the clock shows a second that is greater than the item's
	f.requireLive(0, 1, 3)
	page, err := f.table.Page(snapshot.Query{Index: "ByG"})
	require.NoError(t, err)
	require.Empty(t, page.Items, "indexes agree")
	require.EqualValues(t, 3, f.describe("Things").ItemCount)

	f.put("a", 1, until(30)) // lives longer
	f.put("b", 3)            // for ever
	f.clock.Advance(time.Minute)
	_, found, err := f.table.Get(key("a", 1))
	require.NoError(t, err)
	require.False(t, found)
	f.requireLive(0, 3)
}

func TestWhatDoesNotExpire(t *testing.T) {
	now := clock.Epoch.Unix()
	for name, value := range map[string]attr.Value{
		"a text":                       attr.S("1705320000"),
		"a set":                        attr.NS("1705320000"),
		"milliseconds":                 attr.Int(clock.Epoch.UnixMilli()),
		"further than any clock shows": attr.N("1e30"),
		"before 1970":                  attr.Int(-1),
		"just before 1970":             attr.N("-0.5"),
		"a fraction of long ago":       attr.N("1e-30"),
		"1970":                         attr.Int(0),
		"more than five years ago":     attr.Int(clock.Epoch.AddDate(-5, 0, 0).Unix() - 1),
		"later":                        attr.Int(now + 3600),
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, expiring("Things"), table.Timing{})
			f.put("a", 1, attr.Map{"Until": value})
			f.clock.Advance(time.Hour)
			f.requireLive(1)
			require.NoError(t, f.store.UpdateTimeToLive(ctx, "Things", "Until", false))
			require.NoError(t, f.store.UpdateTimeToLive(ctx, "Things", "Until", true))
			f.requireLive(1)
		})
	}
	f := newFixture(t, expiring("Things"), table.Timing{})
	f.put("a", 1, attr.Map{"Until": attr.Int(clock.Epoch.AddDate(-5, 0, 0).Unix())})
	f.requireLive()
}

// However a number is written, and whether it is whole or not, it is over at the next whole second.
func TestWaysToWriteAnEnd(t *testing.T) {
	for _, end := range []string{"1705320010", "1705320010.0", "170532001e1", "1705320010.5", "1705320010.999999999999999999"} {
		f := newFixture(t, expiring("Things"), table.Timing{})
		f.put("a", 1, attr.Map{"Until": attr.N(end)})
		f.clock.Advance(11*time.Second - 1)
		f.requireLive(1)
		f.clock.Advance(1)
		f.requireLive()
	}
}

// Time to live is about the items that are there, and begins and ends with its setting.
func TestTimeToLiveOfATableWithItems(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{TTLSwitching: time.Minute, TTLCooldown: time.Hour})
	f.put("a", 1, until(10))
	f.put("a", 2, until(100))
	f.put("a", 3, until(4000))
	f.clock.Advance(20 * time.Second)
	f.requireLive(1, 2, 3)
	set := func(enabled bool) error { return f.store.UpdateTimeToLive(ctx, "Things", "Until", enabled) }
	requireStatus := func(want schema.TTLStatus, attribute string) {
		t.Helper()
		got, err := f.store.DescribeTimeToLive(ctx, "Things")
		require.NoError(t, err)
		require.Equal(t, schema.TimeToLive{Attribute: attribute, Status: want}, got)
	}
	require.NoError(t, set(true))
	requireStatus(schema.TTLEnabling, "Until")
	f.clock.Advance(time.Minute - 1)
	f.requireLive(1, 2, 3)
	f.clock.Advance(1)
	requireStatus(schema.TTLEnabled, "Until")
	f.requireLive(2, 3)
	requireRefused(t, set(true), exception.Validation, "TimeToLive is already enabled")
	requireRefused(t, set(false), exception.Validation, "Time to live has been modified multiple times within a fixed interval")
	f.clock.Advance(59 * time.Minute)
	require.NoError(t, set(false))
	requireStatus(schema.TTLDisabling, "Until")
	f.clock.Advance(time.Hour)
	requireStatus(schema.TTLDisabled, "")
	f.requireLive(3)
}

// What is gone at a time is gone in every view of that time, whenever somebody looks.
func TestExpiryInThePast(t *testing.T) {
	f := newFixture(t, expiring("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	f.put("a", 1, until(10))
	f.put("a", 2, until(20))
	f.put("a", 3)
	early := f.capture(func(at instant) snapshot.Cut { return snapshot.At(clock.EndOf(clock.Epoch.Add(15 * time.Second))) })
	torn := f.capture(func(at instant) snapshot.Cut {
		return snapshot.Torn(clock.EndOf(clock.Epoch), clock.EndOf(clock.Epoch.Add(11*time.Second)))
	})
	f.clock.Advance(time.Minute) // and nobody has looked
	at := func(d time.Duration) *snapshot.Snapshot {
		s, err := f.table.SnapshotAt(clock.EndOf(clock.Epoch.Add(d)))
		require.NoError(t, err)
		return s
	}
	one, two, three := item("a", 1, until(10)), item("a", 2, until(20)), item("a", 3)
	requireItems(t, at(11*time.Second-1), one, two, three)
	requireItems(t, at(11*time.Second), two, three)
	requireItems(t, at(21*time.Second), three)
	s, ok := early.Snapshot()
	require.True(t, ok)
	requireItems(t, s, two, three)
	s, ok = torn.Snapshot()
	require.True(t, ok)
	if s.Cut().Marker(attr.S("a")).Time().Equal(clock.Epoch) {
		requireItems(t, s, one, two, three)
	} else {
		requireItems(t, s, two, three)
	}
	exact := f.capture(snapshot.At)
	s, ok = exact.Snapshot()
	require.True(t, ok)
	requireItems(t, s, three)

	changes, _, err := f.store.ChangesOf(ctx, "Things", clock.EndOf(clock.Epoch), exact.At())
	require.NoError(t, err)
	var times []time.Duration
	var last instant
	for c := range changes {
		require.True(t, c.At.After(last) && c.New.IsZero())
		last = c.At
		times = append(times, c.At.Time().Sub(clock.Epoch))
	}
	require.Equal(t, []time.Duration{11 * time.Second, 21 * time.Second}, times)
}

// A cut that lies ahead is taken before the first deletion after it, also where no history is kept to undo that.
func TestCutAheadOfExpiry(t *testing.T) {
	f := newFixture(t, expiring("Things"), table.Timing{})
	f.put("a", 1, until(10))
	f.put("a", 2, until(20))
	f.put("a", 3, until(30))
	ahead := f.capture(func(instant) snapshot.Cut { return snapshot.At(clock.EndOf(clock.Epoch.Add(15 * time.Second))) })
	f.clock.Advance(time.Minute)
	s, ok := ahead.Snapshot()
	require.True(t, ok)
	requireItems(t, s, item("a", 2, until(20)), item("a", 3, until(30)))
	f.requireLive()
}

// An item that has expired before it is stored lives until somebody does something with its table.
func TestItemsThatHaveExpiredAlready(t *testing.T) {
	f := newFixture(t, expiring("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	f.clock.Advance(time.Minute)
	c := f.put("a", 1, until(10))
	require.Equal(t, f.clock.Now(), c.At.Time())
	_, err := f.table.Delete(key("a", 1), table.Exists)
	require.ErrorIs(t, err, exception.ConditionalCheckFailed)
	s, err := f.table.SnapshotAt(c.At)
	require.NoError(t, err)
	requireItems(t, s, item("a", 1, until(10)))
	f.clock.Advance(1)
	s, err = f.table.SnapshotAt(clock.EndOf(c.At.Time()))
	require.NoError(t, err)
	requireItems(t, s)

	changes, err := f.store.Transact(table.Put("Things", item("a", 2, until(1))), table.Put("Things", item("b", 3)))
	require.NoError(t, err)
	require.Len(t, changes, 2)
	items, err := f.store.TransactRead(table.Read{Table: "Things", Key: key("a", 2)}, table.Read{Table: "Things", Key: key("b", 3)})
	require.NoError(t, err)
	require.Equal(t, []attr.Item{{}, item("b", 3)}, items)
}

// While they wait for their deletion, items that have expired are items like others.
func TestDeletionComesLater(t *testing.T) {
	f := newFixture(t, expiring("Things"), table.Timing{Expiring: time.Hour})
	f.put("a", 1, until(10))
	f.put("a", 2, until(10))
	f.clock.Advance(30 * time.Minute)
	f.requireLive(1, 2)
	f.put("a", 2, until(3600))
	f.clock.Advance(30*time.Minute + 11*time.Second - 1)
	f.requireLive(1, 2)
	f.clock.Advance(1)
	f.requireLive(2)
}

func TestARestoredTableDoesNotExpire(t *testing.T) {
	f := newFixture(t, expiring("Things"), table.Timing{})
	f.put("a", 1, until(10))
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	r := snapshot.Restore{Table: *s.Table(), Snapshot: s, Indexes: []string{"ByL", "ByG", "ByGToo"}}
	r.Table.Name, r.Table.TTLAttribute = "Copy", ""
	_, err = f.store.RestoreTable(ctx, r)
	require.NoError(t, err)
	f.clock.Advance(time.Hour)
	f.requireLive()
	requireItems(t, s, item("a", 1, until(10)))
	f.table = f.open("Copy")
	f.requireLive(1)
}

// A table that is deleted keeps what it had, for those who still look at it.
func TestADeletedTableDoesNotExpire(t *testing.T) {
	f := newFixture(t, expiring("Things"), table.Timing{Deleting: time.Minute})
	var final *snapshot.Snapshot
	f.store.OnDelete(func(s *snapshot.Snapshot) { final = s })
	f.put("a", 1, until(10))
	f.put("a", 2, until(20))
	f.clock.Advance(15 * time.Second)
	f.drop("Things")
	requireItems(t, final, item("a", 2, until(20)))
	f.clock.Advance(30 * time.Second)
	s, ok := f.capture(snapshot.At).Snapshot()
	require.True(t, ok)
	requireItems(t, s, item("a", 2, until(20)))
}

// Statistics that are taken every hour count what there was on the hour.
func TestStatisticsOfItemsThatExpire(t *testing.T) {
	f := newFixture(t, expiring("Things"), table.Timing{StatisticsEvery: time.Hour})
	f.put("a", 1, until(1800))
	f.put("a", 2, until(5400))
	f.put("a", 3, until(7200+60))
	f.clock.Advance(2*time.Hour + 30*time.Minute)
	require.EqualValues(t, 1, f.describe("Things").ItemCount)
	f.requireLive()
}

// An index that is made while items expire has what is left of them.
func TestIndexOfItemsThatExpire(t *testing.T) {
	f := newFixture(t, expiring("Things"), table.Timing{})
	f.put("a", 1, until(10), attr.Map{"X": attr.S("x")})
	f.put("a", 2, until(100), attr.Map{"X": attr.S("x")})
	f.clock.Advance(20 * time.Second)
	_, err := f.store.UpdateTable(ctx, "Things", table.Changes{
		Attributes: schema.Attributes{"X": attr.TypeS},
		CreateIndexes: []schema.Index{
			{Name: "ByX", KeySchema: schema.Keys("X"), Projection: schema.Projection{Type: schema.ProjectAll}},
		},
	})
	require.NoError(t, err)
	page, err := f.table.Page(snapshot.Query{Index: "ByX"})
	require.NoError(t, err)
	require.Equal(t, []attr.Item{item("a", 2, until(100), attr.Map{"X": attr.S("x")})}, page.Items)
	f.clock.Advance(time.Hour)
	page, err = f.table.Page(snapshot.Query{Index: "ByX"})
	require.NoError(t, err)
	require.Empty(t, page.Items)
}
