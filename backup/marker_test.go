package backup_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// at returns a time of the day on which these tests play.
func at(hour, minute, second int) time.Time {
	return time.Date(2024, 1, 15, hour, minute, second, 0, time.UTC)
}

// write is a commit of the worked example.
type write struct {
	pk string
	at clock.Instant
}

// example plays the worked example of the service's documentation: a table that gets an item in every second from
// 14:22:00 to 14:28:00, and a backup requested at 14:25:00. Every fifth item is written again 30 seconds later, and the
// item "clock" is overwritten by every write.
func example(t *testing.T, marker backup.Marker, seed uint64, d schema.Definition) (w *world, arn string, writes []write) {
	o := documented()
	o.Profile.Marker, o.Seed = marker, seed
	w = newWorld(t, o)
	w.clock.Set(at(14, 0, 0))
	music := w.open(d)
	for second := at(14, 22, 0); !second.After(at(14, 28, 0)); second = second.Add(time.Second) {
		w.clock.Set(second)
		pk := second.Format(time.TimeOnly)
		changes, err := w.Tables.Transact(
			table.Put("Music", attr.MustItem(attr.Map{"pk": attr.S(pk), "sk": attr.Int(1), "g": attr.S("all")})),
			table.Put("Music", attr.MustItem(attr.Map{"pk": attr.S("clock"), "sk": attr.Int(1), "g": attr.S("clock"), "last": attr.S(pk)})))
		require.NoError(t, err)
		writes = append(writes, write{pk, changes[0].At})
		if second.Equal(at(14, 25, 0)) {
			arn = w.backup(music.Name())
		}
	}
	require.Equal(t, backup.Active, w.describe(arn).Status)
	return w, arn, writes
}

// indexed and unindexed have the same key.
func unindexed() schema.Definition {
	d := plain("Music")
	d.KeySchema, d.Attributes = schema.Keys("pk", "sk"), schema.Attributes{"pk": attr.TypeS, "sk": attr.TypeN}
	return d
}

func indexed() schema.Definition {
	d := unindexed()
	d.Attributes["g"] = attr.TypeS
	d.GlobalIndexes = []schema.Index{{
		Name: "byG", KeySchema: schema.Keys("g"), Projection: schema.Projection{Type: schema.ProjectAll},
	}}
	return d
}

// Requested at 14:25:00, a backup holds all that was committed up to 14:24:00 and nothing committed after 14:26:00,
// under every policy; in between, what its window says that it holds. Indexes agree.
func TestWorkedExample(t *testing.T) {
	seeds := map[backup.Marker][]uint64{
		backup.Exact: {1}, backup.Earliest: {1}, backup.Latest: {1}, backup.Fuzzy: {1, 2, 3, 4}, backup.Torn: {1, 2, 3, 4},
	}
	for marker, seeds := range seeds {
		for _, seed := range seeds {
			for name, d := range map[string]schema.Definition{"plain": unindexed(), "indexed": indexed()} {
				t.Run(fmt.Sprintf("%s/seed=%d/%s", marker, seed, name), func(t *testing.T) {
					w, arn, writes := example(t, marker, seed, d)
					assertExample(t, w, arn, writes)
					if name == "indexed" {
						assertIndex(t, w, arn)
					}
				})
			}
		}
	}
}

func assertExample(t *testing.T, w *world, arn string, writes []write) {
	t.Helper()
	s, err := w.Backups.Snapshot(ctx, arn)
	require.NoError(t, err)
	window, err := w.Backups.Window(ctx, arn)
	require.NoError(t, err)
	count, last := 0, ""
	for _, write := range writes {
		_, held := s.Lookup(attr.Key{Partition: attr.S(write.pk), Sort: attr.Int(1)})
		require.Equal(t, window.Holds(write.at, attr.S(write.pk)), held, write.pk)
		if !write.at.Time().After(at(14, 24, 0)) {
			require.True(t, held, "%s is promised in", write.pk)
			require.Equal(t, backup.PromisedIn, window.Promise(write.at))
		}
		if write.at.Time().After(at(14, 26, 0)) {
			require.False(t, held, "%s is promised out", write.pk)
			require.Equal(t, backup.PromisedOut, window.Promise(write.at))
		}
		if held {
			count++
		}
		if window.Holds(write.at, attr.S("clock")) {
			last = write.pk
		}
	}
	require.Equal(t, count+1, s.Len())
	overwritten, ok := s.Lookup(attr.Key{Partition: attr.S("clock"), Sort: attr.Int(1)})
	require.True(t, ok)
	value, _ := overwritten.Lookup("last")
	require.Equal(t, attr.S(last), value, "an item that is overwritten is held as the last commit in left it")
}

// assertIndex asserts that the index of the example holds the same items as its table, in the backup and when restored.
func assertIndex(t *testing.T, w *world, arn string) {
	t.Helper()
	s, err := w.Backups.Snapshot(ctx, arn)
	require.NoError(t, err)
	page, err := s.Page(snapshot.Query{Index: "byG"})
	require.NoError(t, err)
	var items []attr.Item
	for item := range s.All() {
		items = append(items, item)
	}
	require.ElementsMatch(t, items, page.Items)
	page, err = w.restored(arn, "Target").Page(snapshot.Query{Index: "byG"})
	require.NoError(t, err)
	require.ElementsMatch(t, items, page.Items)
}

// Where each policy puts its marker in the worked example.
func TestMarkers(t *testing.T) {
	early, late := clock.EndOf(at(14, 24, 0)), clock.EndOf(at(14, 26, 0))
	for _, test := range []struct {
		marker           backup.Marker
		earliest, latest clock.Instant // what the markers must lie between
		count            int
	}{
		{backup.Earliest, early, early, 1},
		{backup.Latest, late, late, 1},
		{backup.Fuzzy, early, late, 1},
		{backup.Torn, early, late, backup.Documented().Partitions},
	} {
		w, arn, _ := example(t, test.marker, 1, unindexed())
		window, err := w.Backups.Window(ctx, arn)
		require.NoError(t, err)
		require.Equal(t, test.marker, window.Marker)
		require.Len(t, window.Cut.Markers(), test.count)
		require.False(t, window.Cut.Earliest().Before(test.earliest), test.marker)
		require.False(t, window.Cut.Latest().After(test.latest), test.marker)
		require.Equal(t, at(14, 24, 0), window.Earliest)
		require.Equal(t, at(14, 26, 0), window.Latest)
	}
	w, arn, _ := example(t, backup.Exact, 1, unindexed())
	window, err := w.Backups.Window(ctx, arn)
	require.NoError(t, err)
	require.Equal(t, snapshot.At(window.Request), window.Cut, "exact: the request itself")
}

// A policy of the request goes before that of the profile.
func TestMarkerOfTheRequest(t *testing.T) {
	w := newWorld(t, documented())
	music := w.open(plain("Music"))
	w.clock.Advance(time.Hour)
	w.put(music, "before")
	arn := w.create(backup.CreateInput{TableName: "Music", BackupName: "snap", Marker: backup.Exact}).ARN
	w.put(music, "after")
	w.clock.Advance(time.Second)
	require.Equal(t, []string{`{"pk":{"S":"before"}}`}, w.held(arn))
}

// tornSeed is one of many: with it, of the writes below, a later one is in and an earlier one is out.
const tornSeed = 156

// Under torn a later write can be in and an earlier one out, and a transaction can be split. Under no other policy can
// either happen.
func TestTornIsNotCausal(t *testing.T) {
	for _, marker := range []backup.Marker{backup.Torn, backup.Fuzzy, backup.Exact, backup.Earliest, backup.Latest} {
		o := documented()
		o.Profile.Marker, o.Seed = marker, tornSeed
		w := newWorld(t, o)
		music := w.open(plain("Music"))
		w.clock.Set(at(14, 25, 0))
		arn := w.backup("Music")
		w.clock.Set(at(14, 25, 10))
		w.put(music, "early")
		w.clock.Set(at(14, 25, 20))
		_, err := w.Tables.Transact(table.Put("Music", thing("debit")), table.Put("Music", thing("credit")))
		require.NoError(t, err)
		w.clock.Set(at(14, 25, 30))
		w.put(music, "late")
		w.clock.Set(at(14, 26, 1))

		s, err := w.Backups.Snapshot(ctx, arn)
		require.NoError(t, err)
		held := map[string]bool{}
		for _, pk := range []string{"early", "late", "debit", "credit"} {
			_, held[pk] = s.Lookup(attr.Key{Partition: attr.S(pk)})
		}
		if marker == backup.Torn {
			require.Equal(t, map[string]bool{"early": false, "late": true, "debit": true, "credit": false}, held)
			continue
		}
		require.Equal(t, held["debit"], held["credit"], "%s: a transaction is in or out as a whole", marker)
		require.False(t, held["late"] && !held["early"], "%s: nothing is in without what came before it", marker)
	}
}

// A table that is deleted before the marker has passed settles it: the backup is ACTIVE then, and holds what the table
// held.
func TestMarkerIsSettledByDeletion(t *testing.T) {
	for _, marker := range []backup.Marker{backup.Latest, backup.Torn} {
		o := documented()
		o.Profile.Marker, o.Seed = marker, tornSeed
		w := newWorld(t, o)
		music := w.open(plain("Music"))
		w.clock.Advance(time.Hour)
		w.put(music, "before")
		arn := w.backup("Music")
		w.clock.Advance(10 * time.Second)
		w.put(music, "after")
		w.clock.Advance(10 * time.Second)
		require.Equal(t, backup.Creating, w.describe(arn).Status)
		w.drop("Music")
		deleted := w.clock.Now()
		w.clock.Advance(1)
		require.Equal(t, backup.Active, w.describe(arn).Status)
		window, err := w.Backups.Window(ctx, arn)
		require.NoError(t, err)
		require.Equal(t, deleted, window.Cut.Latest().Time(), "no marker lies behind the deletion")
		if marker == backup.Latest {
			require.Len(t, w.held(arn), 2)
		}
	}
}

// A marker before the birth of the table moves up to it: the backup is empty, and within the promise.
func TestMarkerBeforeTheTable(t *testing.T) {
	o := documented()
	o.Profile.Marker = backup.Earliest
	w := newWorld(t, o)
	music := w.open(plain("Music"))
	w.put(music, "a")
	arn := w.ready("Music")
	require.Empty(t, w.held(arn))
	window, err := w.Backups.Window(ctx, arn)
	require.NoError(t, err)
	require.Equal(t, w.describe(arn).Table.CreationTime, window.Cut.Latest().Time())
}

// script does the same things to a world with the given seed and returns all backups as they can be seen, markers and
// items included.
func script(t *testing.T, seed uint64, marker backup.Marker) string {
	o := documented()
	o.Seed, o.Profile.Marker = seed, marker
	w := newWorld(t, o)
	music := w.open(rich("Music"))
	w.recovery("Music", on)
	for i := range 30 {
		w.clock.Advance(7 * time.Second)
		_, err := music.Put(entry(fmt.Sprint(i%11), int64(i%3)))
		require.NoError(t, err)
		if i%5 == 0 {
			w.backup("Music")
		}
	}
	w.drop("Music")
	w.clock.Advance(time.Hour)
	seen := []any{}
	for _, s := range w.list(backup.ListInput{Type: backup.All}) {
		window, err := w.Backups.Window(ctx, s.ARN)
		require.NoError(t, err)
		seen = append(seen, w.describe(s.ARN), fmt.Sprint(window), w.held(s.ARN))
	}
	text, err := json.Marshal(seen)
	require.NoError(t, err)
	return string(text)
}

// The same seed, clock and calls give the same backups byte for byte; other seeds give others.
func TestReproducible(t *testing.T) {
	for _, marker := range []backup.Marker{backup.Fuzzy, backup.Torn} {
		seen := map[string]uint64{}
		for seed := uint64(1); seed <= 3; seed++ {
			first := script(t, seed, marker)
			require.Equal(t, first, script(t, seed, marker))
			require.NotContains(t, seen, first)
			seen[first] = seed
		}
	}
}

// A random seed is told, so that a run can be repeated with it.
func TestSeed(t *testing.T) {
	a, err := backup.New(table.NewStore(table.Options{}), backup.Options{})
	require.NoError(t, err)
	b, err := backup.New(table.NewStore(table.Options{}), backup.Options{})
	require.NoError(t, err)
	require.NotEqual(t, a.Seed(), b.Seed())
	c, err := backup.New(table.NewStore(table.Options{}), backup.Options{Seed: 42})
	require.NoError(t, err)
	require.Equal(t, uint64(42), c.Seed())
}
