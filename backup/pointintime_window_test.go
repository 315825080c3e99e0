package backup_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// everyWay asks for the table Music at a time in every way there is, and returns the errors by what was asked.
func (w *world) everyWay(at time.Time) map[string]error {
	_, restore := w.restoreTime(backup.PointInTimeInput{SourceTableName: "Music", TargetTableName: "Other", RestoreTime: at})
	_, view := w.Backups.SnapshotAt(ctx, "Music", at)
	first, last := w.earliest(), at
	if at.Before(first) {
		first, last = at, first
	}
	_, from := w.Backups.Differences(ctx, "Music", at, last)
	_, to := w.Backups.Differences(ctx, "Music", first, at)
	return map[string]error{"restore": restore, "view": view, "differences from": from, "differences to": to}
}

// earliest is the earliest restorable time of the table Music; any time if there is none.
func (w *world) earliest() time.Time {
	c, err := w.Backups.DescribeContinuousBackups(ctx, "Music")
	require.NoError(w.t, err)
	if c.PointInTimeRecovery == nil {
		return w.clock.Now()
	}
	return c.PointInTimeRecovery.EarliestRestorableTime
}

// view returns the items that the table Music had at a time.
func (w *world) view(at time.Time) []string {
	w.t.Helper()
	s, err := w.Backups.SnapshotAt(ctx, "Music", at)
	require.NoError(w.t, err)
	return texts(s)
}

// Times are good from the earliest to the latest restorable time, both included, and nowhere else, whatever they are
// asked for.
func TestRestorableTimes(t *testing.T) {
	o := exactly()
	o.Profile.Restoring = 0 // so that the clock stands still meanwhile
	w, _ := recoverable(t, o)
	enabled := w.clock.Now()
	require.Equal(t, enabled.Truncate(time.Second), enabled, "or the ends would be other ones")
	for _, step := range []struct{ after, earliest, latest time.Duration }{
		{0, 0, 0},
		{5*time.Minute - 1, 0, 0},
		{5 * time.Minute, 0, 0},
		{5*time.Minute + 1, 0, 1},
		{time.Hour, 0, 55 * time.Minute},
		{35 * day, 0, 35*day - 5*time.Minute},
		{36 * day, day, 36*day - 5*time.Minute},
	} {
		now := w.clock.Set(enabled.Add(step.after))
		earliest, latest := enabled.Add(step.earliest), enabled.Add(step.latest)
		for _, at := range []time.Time{
			time.Unix(0, 0), earliest.Add(-time.Hour), earliest.Add(-1), latest.Add(1), now.Add(1), now.Add(time.Hour),
			time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC),
		} {
			text := fmt.Sprintf("RestoreDateTime '%s' must be within EarliestRestorableDateTime '%s' and LatestRestorableDateTime '%s'",
				at.UTC().Format(time.RFC3339), earliest.Format(time.RFC3339), latest.Format(time.RFC3339))
			before := w.state()
			for way, err := range w.everyWay(at) {
				require.ErrorIs(t, err, exception.InvalidRestoreTime, "%v: %s", step, way)
				refused(t, err, exception.InvalidRestoreTime, text)
			}
			require.Equal(t, before, w.state())
		}
		for _, at := range []time.Time{earliest, latest} {
			require.Empty(t, w.asOf(at))
			require.Empty(t, w.view(at))
		}
		got, err := w.restoreTime(backup.PointInTimeInput{
			SourceTableName: "Music", TargetTableName: fmt.Sprintf("Latest.%d", step.after), UseLatestRestorableTime: true,
		})
		require.NoError(t, err)
		require.Equal(t, latest, got.Restore.RestoreTime)
	}
}

// A restore has exactly what was committed up to its time. Commits of one wall time are on one side, and a time may be
// finer than a second.
func TestPointInTimeItems(t *testing.T) {
	w, music := recoverable(t, exactly())
	enabled := w.clock.Now()
	w.clock.Advance(time.Minute)
	written := w.clock.Now()
	w.put(music, "a")
	w.put(music, "b") // while the clock stands still
	_, err := w.Tables.Transact(table.Put("Music", thing("c")), table.Delete("Music", attr.Key{Partition: attr.S("a")}))
	require.NoError(t, err)
	w.clock.Advance(1)
	w.put(music, "d")
	w.clock.Advance(time.Second)
	_, err = music.Delete(attr.Key{Partition: attr.S("b")})
	require.NoError(t, err)
	deleted := w.clock.Now()
	w.clock.Advance(5 * time.Minute)
	for _, step := range []struct {
		at   time.Time
		want []string
	}{
		{enabled, nil}, {written.Add(-1), nil},
		{written, []string{"b", "c"}},
		{written.Add(1), []string{"b", "c", "d"}}, {deleted.Add(-1), []string{"b", "c", "d"}},
		{deleted, []string{"c", "d"}},
	} {
		require.ElementsMatch(t, entries(step.want...), w.view(step.at), step.at)
		require.ElementsMatch(t, entries(step.want...), w.asOf(step.at), step.at)
	}
}

// Right after recovery was switched on, there is one time to restore, in whole seconds: what it holds is the table as it
// was then, or if its history is not that old, as it was when recovery was switched on.
func TestPointInTimeRightAfterEnabling(t *testing.T) {
	for name, test := range map[string]struct {
		window time.Duration // for which every table has history
		want   []string
	}{"no history before": {0, []string{"a", "b"}}, "a window of history": {time.Minute, []string{"a"}}} {
		t.Run(name, func(t *testing.T) {
			o := exactly()
			o.Profile.Window = test.window
			w := newWorld(t, o)
			music := w.open(plain("Music"))
			second := w.clock.Now()
			w.put(music, "a")
			w.clock.Advance(900 * time.Millisecond)
			w.put(music, "b")
			w.recovery("Music", on)
			w.put(music, "c")
			for way, err := range w.everyWay(second.Add(1)) {
				require.ErrorIs(t, err, exception.InvalidRestoreTime, way)
			}
			require.ElementsMatch(t, entries(test.want...), w.view(second))
			require.ElementsMatch(t, entries(test.want...), w.asOf(second))
		})
	}
}

// Without a lag the present can be restored: what is committed at the same wall time afterwards is not in.
func TestPointInTimeNow(t *testing.T) {
	w, music := recoverable(t, instant())
	w.put(music, "a")
	now := w.clock.Now()
	require.Equal(t, entries("a"), w.view(now))
	require.Equal(t, entries("a"), w.asOf(now))
	w.clock.Advance(time.Nanosecond)
	w.put(music, "b")
	d, err := w.restoreTime(backup.PointInTimeInput{SourceTableName: "Music", TargetTableName: "Target", UseLatestRestorableTime: true})
	require.NoError(t, err)
	require.Equal(t, w.clock.Now(), d.Restore.RestoreTime)
	require.Len(t, w.items("Target"), 2)
	require.Equal(t, entries("a"), w.view(now))
}

// What can be restored after recovery has been switched: what is lost stays lost.
func TestPointInTimeAfterSwitching(t *testing.T) {
	w, music := recoverable(t, instant())
	enabled := w.clock.Now()
	for i := range 20 { // an item a day, at noon
		w.put(music, fmt.Sprintf("%02d", i))
		w.clock.Advance(day)
	}
	at := func(n int) time.Time { return enabled.Add(time.Duration(n)*day + time.Hour) }
	lost := func(n int) {
		t.Helper()
		for way, err := range w.everyWay(at(n)) {
			require.ErrorIs(t, err, exception.InvalidRestoreTime, way)
		}
	}
	require.Len(t, w.view(at(0)), 1)
	w.recovery("Music", days(10))
	lost(9)
	require.Len(t, w.view(at(10)), 11)
	w.recovery("Music", days(35))
	lost(9)
	require.Len(t, w.asOf(at(10)), 11)
	w.clock.Advance(20 * day)
	require.Len(t, w.asOf(at(10)), 11, "the window grows with time")
	w.recovery("Music", off)
	for _, err := range w.everyWay(at(10)) {
		refused(t, err, exception.PointInTimeRecoveryUnavailable, pitrOff)
	}
	w.recovery("Music", on)
	lost(39)
	require.Len(t, w.view(w.clock.Now()), 20)
}

// A source that is DELETING can be restored as long as its recovery can be switched.
func TestPointInTimeOfDeletingTable(t *testing.T) {
	w, music := recoverable(t, documented())
	w.put(music, "a")
	enabled := w.clock.Now()
	w.drop("Music")
	w.clock.Advance(time.Second - 1)
	require.Equal(t, entries("a"), w.view(enabled))
	_, err := w.restoreTime(backup.PointInTimeInput{SourceTableName: "Music", TargetTableName: "Target", UseLatestRestorableTime: true})
	require.NoError(t, err)
	w.clock.Advance(1)
	require.Equal(t, schema.Deleting, w.lives("Music").Status)
	refused(t, w.refusal(func() error {
		_, err := w.restoreTime(backup.PointInTimeInput{SourceTableName: "Music", TargetTableName: "Other", UseLatestRestorableTime: true})
		return err
	}), exception.TableNotFound, notFound)
	_, err = w.Backups.SnapshotAt(ctx, "Music", enabled)
	refused(t, err, exception.TableNotFound, notFound)
	_, err = w.Backups.Differences(ctx, "Music", enabled, enabled)
	refused(t, err, exception.TableNotFound, notFound)
	w.clock.Set(w.lives("Target").ActiveTime)
	require.Equal(t, entries("a"), w.items("Target"))
}

// A source that is CREATING is not found at first; then its recovery is off, as it cannot have been switched on.
func TestPointInTimeOfNewTable(t *testing.T) {
	w := newWorld(t, documented())
	_, err := w.Tables.CreateTable(ctx, plain("Music"))
	require.NoError(t, err)
	created := w.clock.Now()
	for _, step := range []struct {
		after time.Duration
		code  exception.Code
		text  string
	}{
		{0, exception.TableNotFound, notFound}, {3*time.Second - 1, exception.TableNotFound, notFound},
		{3 * time.Second, exception.PointInTimeRecoveryUnavailable, pitrOff}, {time.Hour, exception.PointInTimeRecoveryUnavailable, pitrOff},
	} {
		w.clock.Set(created.Add(step.after))
		_, err := w.restoreTime(backup.PointInTimeInput{SourceTableName: "Music", TargetTableName: "Target", UseLatestRestorableTime: true})
		refused(t, err, step.code, step.text)
	}
}

// A table that was deleted and made anew has nothing of the old one's history, nor its recovery.
func TestPointInTimeOfSecondIncarnation(t *testing.T) {
	w, music := recoverable(t, instant())
	enabled := w.clock.Now()
	w.put(music, "a")
	w.clock.Advance(time.Hour)
	w.drop("Music")
	music = w.open(plain("Music"))
	for _, err := range w.everyWay(enabled) {
		refused(t, err, exception.PointInTimeRecoveryUnavailable, pitrOff)
	}
	w.recovery("Music", on)
	w.put(music, "b")
	for _, err := range w.everyWay(enabled) {
		require.ErrorIs(t, err, exception.InvalidRestoreTime)
	}
	require.Equal(t, entries("b"), w.view(w.clock.Now()))
}

// The SYSTEM backup of a deleted table holds what could be seen of it just before.
func TestSystemBackupIsTheLastView(t *testing.T) {
	w, music := recoverable(t, instant())
	w.put(music, "a")
	w.clock.Advance(time.Hour)
	w.put(music, "b")
	last := w.view(w.clock.Now())
	require.Len(t, last, 2)
	require.Equal(t, last, w.held(w.system("Music")))
}

// Restores of backups and to points in time share one limit; a place is free again when its table is ACTIVE.
func TestConcurrentRestoresOfBothKinds(t *testing.T) {
	w, _ := recoverable(t, exactly())
	for i := range 50 {
		if i%2 == 0 {
			w.restore(backup.RestoreInput{BackupARN: w.ready("Music"), TargetTableName: fmt.Sprintf("Target-%d", i)})
			continue
		}
		_, err := w.restoreTime(backup.PointInTimeInput{
			SourceTableName: "Music", TargetTableName: fmt.Sprintf("Target-%d", i), UseLatestRestorableTime: true,
		})
		require.NoError(t, err)
	}
	again := func() error {
		_, err := w.restoreTime(backup.PointInTimeInput{SourceTableName: "Music", TargetTableName: "Late", UseLatestRestorableTime: true})
		return err
	}
	refused(t, w.refusal(again), exception.LimitExceeded, "Subscriber limit exceeded: Only 50 restore operations can be done simultaneously")
	w.clock.Set(w.lives("Target-0").ActiveTime)
	require.NoError(t, again())
	refused(t, w.refusal(again), exception.TableInUse, "Table: Late is already being restored")
}

// A source that cannot look back has no point-in-time recovery, and refuses to have it switched on.
func TestPointInTimeWithoutHistory(t *testing.T) {
	source := newMapSource()
	e, err := backup.New(source, backup.Options{Profile: backup.Instant()})
	require.NoError(t, err)
	source.create(described(plain("Music")), map[string]attr.Item{})
	_, err = e.UpdateContinuousBackups(ctx, "Music", on)
	refused(t, err, exception.Validation,
		"Invalid Request: point-in-time recovery needs a store that keeps history, which this one does not")
	_, err = e.UpdateContinuousBackups(ctx, "Music", off)
	require.NoError(t, err)
	now := source.Now()
	_, err = e.RestoreTableToPointInTime(ctx, backup.PointInTimeInput{
		SourceTableName: "Music", TargetTableName: "Target", UseLatestRestorableTime: true,
	})
	refused(t, err, exception.PointInTimeRecoveryUnavailable, pitrOff)
	_, err = e.SnapshotAt(ctx, "Music", now)
	refused(t, err, exception.PointInTimeRecoveryUnavailable, pitrOff)
	_, err = e.Differences(ctx, "Music", now, now)
	refused(t, err, exception.PointInTimeRecoveryUnavailable, pitrOff)
	require.Len(t, source.tables, 1)
}

// lastAsked notes the history that was asked for last, and lets others go first then.
type lastAsked struct {
	*table.Store

	mu   sync.Mutex
	last time.Duration
}

func (l *lastAsked) RetainTable(ctx context.Context, name string, d time.Duration) error {
	err := l.Store.RetainTable(ctx, name, d)
	l.mu.Lock()
	l.last = d
	l.mu.Unlock()
	runtime.Gosched()
	return err
}

// However switches race, a table that has recovery in the end has its history too.
func TestRecoverySwitchesRace(t *testing.T) {
	source := &lastAsked{Store: table.NewStore(table.Options{Clock: &clock.Manual{}, Seed: 1})}
	e, err := backup.New(source, backup.Options{Profile: backup.Instant()})
	require.NoError(t, err)
	_, err = source.CreateTable(ctx, plain("Music"))
	require.NoError(t, err)
	for range 200 {
		var group sync.WaitGroup
		for _, s := range []backup.RecoverySpecification{on, off, days(3), off} {
			group.Go(func() { _, _ = e.UpdateContinuousBackups(ctx, "Music", s) })
		}
		group.Wait()
		c, err := e.DescribeContinuousBackups(ctx, "Music")
		require.NoError(t, err)
		want := time.Duration(0)
		if c.PointInTimeRecovery != nil {
			want = time.Duration(c.PointInTimeRecovery.RecoveryPeriodInDays) * day
			require.Greater(t, source.last, want, "a little more than the period")
			require.Less(t, source.last, want+time.Hour)
			continue
		}
		require.Equal(t, want, source.last)
	}
}
