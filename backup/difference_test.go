package backup_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// versioned is an item of a plain table with a version.
func versioned(pk string, v int64) attr.Item {
	return attr.MustItem(attr.Map{"pk": attr.S(pk), "v": attr.Int(v)})
}

// difference is what is expected of a Difference: 0 stands for no item.
type difference struct {
	pk       string
	old, new int64
}

func (w *world) differences(from, to time.Time) []difference {
	w.t.Helper()
	found, err := w.Backups.Differences(ctx, "Music", from, to)
	require.NoError(w.t, err)
	list := []difference{}
	for d := range found {
		pk, _ := d.Key.Partition.Text()
		list = append(list, difference{pk, version(w.t, pk, d.Old), version(w.t, pk, d.New)})
	}
	return list
}

func version(t *testing.T, pk string, item attr.Item) int64 {
	t.Helper()
	for v := range int64(10) {
		if item == versioned(pk, v) {
			return v
		}
	}
	require.True(t, item.IsZero(), "%v is no item of the test", item)
	return 0
}

// The minutes at which something happens to Music, in the tests below.
var changes = []struct{ puts, deletes string }{
	1: {puts: "a1 b1"},
	2: {puts: "c1 d1 a2"},
	3: {puts: "e1 b2", deletes: "c"}, // c came and goes
	4: {puts: "b1 f1", deletes: "d"}, // b is what it was
	5: {puts: "d1", deletes: "a"},    // and so is d
	6: {puts: "f1"},                  // which changes nothing
}

// changing makes Music and plays the changes, a minute each. It returns the time of the minute 0.
func changing(t *testing.T) (*world, time.Time) {
	w, music := recoverable(t, instant())
	start := w.clock.Now()
	for minute, c := range changes {
		w.clock.Set(start.Add(time.Duration(minute) * time.Minute))
		for _, put := range strings.Fields(c.puts) {
			_, err := music.Put(versioned(put[:1], int64(put[1]-'0')))
			require.NoError(t, err)
		}
		for _, pk := range strings.Fields(c.deletes) {
			_, err := music.Delete(attr.Key{Partition: attr.S(pk)})
			require.NoError(t, err)
		}
	}
	w.clock.Advance(time.Minute)
	return w, start
}

// The differences between two times are the items that are not the same at both, in the order in which they first
// changed, with what was committed at the later time and without what was committed at the earlier.
func TestDifferences(t *testing.T) {
	w, start := changing(t)
	tests := []struct {
		name     string
		from, to int // minutes
		want     []difference
	}{
		{"nothing before the first write", 0, 0, []difference{}},
		{"what is new", 0, 1, []difference{{"a", 0, 1}, {"b", 0, 1}}},
		{"the ends are those of their times", 1, 1, []difference{}},
		{"an update among what is new", 1, 2, []difference{{"c", 0, 1}, {"d", 0, 1}, {"a", 1, 2}}},
		{"what came and went is not there", 1, 3, []difference{{"d", 0, 1}, {"a", 1, 2}, {"e", 0, 1}, {"b", 1, 2}}},
		{"nor is what was changed and changed back", 2, 4, []difference{{"e", 0, 1}, {"c", 1, 0}, {"f", 0, 1}, {"d", 1, 0}}},
		{"nor what was deleted and put again", 3, 5, []difference{{"b", 2, 1}, {"f", 0, 1}, {"a", 2, 0}}},
		{"nor what was put as it was", 5, 6, []difference{}},
		{"all of it", 0, 6, []difference{{"b", 0, 1}, {"d", 0, 1}, {"e", 0, 1}, {"f", 0, 1}}},
		{"up to the present", 4, 7, []difference{{"d", 0, 1}, {"a", 2, 0}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			from, to := start.Add(time.Duration(test.from)*time.Minute), start.Add(time.Duration(test.to)*time.Minute)
			require.Equal(t, test.want, w.differences(from, to))
			require.Equal(t, test.want, w.differences(from, to), "again")
			require.ElementsMatch(t, test.want, w.compared(from, to), "and so say the two states")
		})
	}
}

// compared finds the differences between two states that were looked up one by one.
func (w *world) compared(from, to time.Time) []difference {
	w.t.Helper()
	before, err := w.Backups.SnapshotAt(ctx, "Music", from)
	require.NoError(w.t, err)
	after, err := w.Backups.SnapshotAt(ctx, "Music", to)
	require.NoError(w.t, err)
	list := []difference{}
	for d := range before.Differences(after) {
		pk, _ := d.Key.Partition.Text()
		list = append(list, difference{pk, version(w.t, pk, d.Old), version(w.t, pk, d.New)})
	}
	return list
}

// The differences do not change once they have been found, whatever becomes of the table, and whoever reads them may
// stop.
func TestDifferencesAreFixed(t *testing.T) {
	w, start := changing(t)
	found, err := w.Backups.Differences(ctx, w.arn("Music"), start, start.Add(time.Minute))
	require.NoError(t, err)
	w.recovery("Music", off)
	w.drop("Music")
	count := 0
	for range found {
		count++
		break
	}
	for d := range found {
		require.True(t, d.Old.IsZero())
		count++
	}
	require.Equal(t, 3, count)
}

// SnapshotAt and Differences refuse what a restore refuses. A table is named in them as for the other operations.
func TestViewRefusals(t *testing.T) {
	const foreign = "arn:aws:dynamodb:us-west-2:123456789012:table/Music"
	w, _ := recoverable(t, instant())
	w.open(plain("Other"))
	now := w.clock.Now()
	tests := []struct {
		name  string
		table string
		code  exception.Code
		text  string
	}{
		{"a table that is not there", "None", exception.TableNotFound, "Table not found: None"},
		{"recovery is off", "Other", exception.PointInTimeRecoveryUnavailable, "Point in time recovery is not enabled for table 'Other'"},
		{"a name that cannot be", "a b", exception.Validation, oneError + "Value 'a b' at 'tableName'" + pattern},
		{"another region", foreign, exception.Validation, oneError + "Invalid AWS region in '" + foreign + "'"},
		{"no ARN", "arn:aws", exception.Validation, "Invalid TableArn: Invalid Table ARN"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.Backups.SnapshotAt(ctx, test.table, now)
			refused(t, err, test.code, test.text)
			_, err = w.Backups.Differences(ctx, test.table, now, now)
			refused(t, err, test.code, test.text)
		})
	}
	_, err := w.Backups.Differences(ctx, "None", now.Add(1), now)
	refused(t, err, exception.Validation,
		"the times 2024-01-15T12:00:00.000000001Z and 2024-01-15T12:00:00Z are the wrong way round")
	require.ErrorContains(t, err, "Differences None: ")
	_, err = w.Backups.Changes(ctx, "None", now, now)
	refused(t, err, exception.TableNotFound, "Table not found: None")
	require.ErrorContains(t, err, "Changes None: ")
}

// Changes tells every commit between two times, the one at from left out and the one at to among them; Differences tells
// what they come to.
func TestChanges(t *testing.T) {
	w := newWorld(t, tidemark.Instant())
	music := w.open(plain("Music"))
	w.recovery("Music", on)
	at := func(seconds int) time.Time { return clock.Epoch.Add(time.Duration(seconds) * time.Second) }
	var done []snapshot.Change
	for second, v := range []int64{1, 2, 1} {
		w.clock.Set(at(second))
		change, err := music.Put(versioned("a", v))
		require.NoError(t, err)
		done = append(done, change)
	}
	key := attr.Key{Partition: attr.S("a")}
	changes, err := w.Backups.Changes(ctx, "Music", at(0), at(2))
	require.NoError(t, err)
	require.Equal(t, []snapshot.Change{
		{At: done[1].At, Difference: snapshot.Difference{Key: key, Old: done[0].New, New: done[1].New}},
		{At: done[2].At, Difference: snapshot.Difference{Key: key, Old: done[1].New, New: done[2].New}},
	}, slices.Collect(changes))
	differences, err := w.Backups.Differences(ctx, "Music", at(0), at(2))
	require.NoError(t, err)
	require.Empty(t, slices.Collect(differences))
}

// swapping is a store in which a table is deleted and made anew just before its history is looked at.
type swapping struct {
	*table.Store
	swap func()
}

func (s *swapping) SnapshotTable(ctx context.Context, name string, at clock.Instant) (*snapshot.Snapshot, error) {
	s.swap()
	return s.Store.SnapshotTable(ctx, name, at)
}

func (s *swapping) ChangesOf(
	ctx context.Context, name string, from, to clock.Instant,
) (iter.Seq[snapshot.Change], clock.Instant, error) {
	s.swap()
	return s.Store.ChangesOf(ctx, name, from, to)
}

// A table that is deleted while it is looked at is not found, even if another has its name by then; a restore that fails
// so leaves no target and keeps no place.
func TestPointInTimeOfTableThatGoes(t *testing.T) {
	source := &swapping{Store: table.NewStore(table.Options{Clock: &clock.Manual{}, Seed: 1})}
	p := backup.Instant()
	p.ConcurrentRestores = 1
	e, err := backup.New(source, backup.Options{Profile: p})
	require.NoError(t, err)
	anew := func() {
		_, err := source.CreateTable(ctx, plain("Music"))
		require.NoError(t, err)
	}
	gone := func() {
		_, err := source.DeleteTable(ctx, "Music")
		require.NoError(t, err)
	}
	ways := map[string]func() error{
		"restore": func() error {
			_, err := e.RestoreTableToPointInTime(ctx, backup.PointInTimeInput{
				SourceTableName: "Music", TargetTableName: "Target", UseLatestRestorableTime: true,
			})
			return err
		},
		"view":        func() error { _, err := e.SnapshotAt(ctx, "Music", clock.Epoch); return err },
		"differences": func() error { _, err := e.Differences(ctx, "Music", clock.Epoch, clock.Epoch); return err },
	}
	for name, ask := range ways {
		for _, swap := range []func(){gone, func() { gone(); anew() }} {
			if _, err := source.TableState(ctx, "Music"); err != nil {
				anew()
			}
			_, err := e.UpdateContinuousBackups(ctx, "Music", on)
			require.NoError(t, err)
			source.swap = swap
			refused(t, ask(), exception.TableNotFound, notFound)
			_, err = source.TableState(ctx, "Target")
			require.ErrorIs(t, err, exception.ResourceNotFound, name)
		}
	}
	if _, err := source.TableState(ctx, "Music"); err != nil {
		anew()
	}
	_, err = e.UpdateContinuousBackups(ctx, "Music", on)
	require.NoError(t, err)
	source.swap = func() {}
	require.NoError(t, ways["restore"](), "the only place is free")
	d, err := source.DescribeTable(ctx, "Target")
	require.NoError(t, err)
	require.Equal(t, schema.Active, d.Status)
}
