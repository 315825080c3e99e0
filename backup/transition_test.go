package backup_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
)

// told is a world that notes the transitions it is told of.
func told(t *testing.T, profile backup.Profile) (*world, *[]backup.Transition) {
	var list []backup.Transition
	o := documented()
	o.Profile = profile
	o.Profile.Rates = backup.Rates{}
	o.OnTransition = func(tr backup.Transition) { list = append(list, tr) }
	return newWorld(t, o), &list
}

// take returns what has been told since it was last called.
func take(list *[]backup.Transition) []backup.Transition {
	taken := *list
	*list = nil
	return taken
}

// The engine tells of a change in the first call at or after its time, once, with the time at which it happened.
func TestOnTransition(t *testing.T) {
	p := backup.Documented()
	p.Marker = backup.Exact
	w, list := told(t, p)
	w.open(plain("Music"))
	requested := w.clock.Now()
	arn := w.backup("Music")
	require.Equal(t, []backup.Transition{{ARN: arn, To: backup.Creating, At: requested}}, take(list), "with the answer")

	w.clock.Advance(time.Second - 1)
	w.describe(arn)
	require.Empty(t, take(list))
	w.clock.Advance(time.Hour)
	require.Empty(t, *list, "nobody has called")
	w.describe(arn)
	require.Equal(t, []backup.Transition{
		{ARN: arn, From: backup.Creating, To: backup.Active, At: requested.Add(time.Second)},
	}, take(list), "late, but with the time of the change")

	deleted := w.clock.Now()
	_, err := w.Backups.DeleteBackup(ctx, arn)
	require.NoError(t, err)
	require.Equal(t, []backup.Transition{{ARN: arn, From: backup.Active, To: backup.Deleted, At: deleted}}, take(list))
	w.clock.Advance(time.Hour)
	w.Backups.Settle()
	require.Empty(t, take(list))
}

// A SYSTEM backup appears and expires; nothing is told of a deleted table without recovery.
func TestOnTransitionOfSystemBackup(t *testing.T) {
	w, list := told(t, backup.Documented())
	w.open(plain("Music"))
	w.open(plain("Other"))
	w.recovery("Music", on)
	w.drop("Music")
	w.drop("Other")
	deleted := w.clock.Now()
	w.clock.Advance(40 * day)
	w.Backups.Settle()
	arn := w.arn("Music") + "/backup/" + arn.SystemBackupID(deleted)
	require.Equal(t, []backup.Transition{
		{ARN: arn, To: backup.Active, At: deleted.Add(5 * time.Second)},
		{ARN: arn, From: backup.Active, To: backup.Deleted, At: deleted.Add(35 * day)},
	}, take(list))
}

// In the instant profile a backup is ACTIVE for the next call, which tells of it.
func TestOnTransitionInstant(t *testing.T) {
	w, list := told(t, backup.Instant())
	w.open(plain("Music"))
	arn := w.backup("Music")
	require.Len(t, take(list), 1)
	w.Backups.Settle()
	require.Equal(t, []backup.Transition{
		{ARN: arn, From: backup.Creating, To: backup.Active, At: w.clock.Now()},
	}, take(list))
}

// Changes that come due together are told in the order of their times, whichever backup was requested first.
func TestOnTransitionInOrder(t *testing.T) {
	w, list := told(t, backup.Documented())
	music := w.open(plain("Music"))
	w.clock.Advance(time.Hour)
	for range 20 {
		w.clock.Advance(time.Second)
		w.put(music, "a")
		w.backup("Music")
	}
	w.clock.Advance(time.Hour)
	w.Backups.Settle()
	got := take(list)
	require.Len(t, got, 40)
	status := map[string]backup.Status{}
	for i, tr := range got {
		require.Equal(t, status[tr.ARN], tr.From)
		status[tr.ARN] = tr.To
		require.False(t, i > 0 && tr.At.Before(got[i-1].At), "%v after %v", tr, got[max(i, 1)-1])
	}
}

// Times finer than a millisecond keep their order too.
func TestOnTransitionOrderWithinAMillisecond(t *testing.T) {
	w, list := told(t, backup.Documented())
	w.open(plain("Music"))
	w.clock.Advance(time.Hour)
	first := w.backup("Music")
	window, err := w.Backups.Window(ctx, first)
	require.NoError(t, err)
	w.clock.Set(window.Cut.Latest().Time().Add(2))
	w.clock.Set(w.clock.Now().Add(500 * time.Nanosecond))
	w.backup("Music")
	w.clock.Advance(time.Hour)
	w.Backups.Settle()
	got := take(list)
	require.Len(t, got, 4)
	for i := range got[1:] {
		require.False(t, got[i+1].At.Before(got[i].At), "%v after %v", got[i+1], got[i])
	}
}

// Transitions gives the past of a backup as it was told, and no future.
func TestTransitions(t *testing.T) {
	p := backup.Documented()
	p.Marker = backup.Latest
	w, list := told(t, p)
	w.open(plain("Music"))
	arn := w.backup("Music")
	for range 2 {
		past, err := w.Backups.Transitions(ctx, arn)
		require.NoError(t, err)
		require.Equal(t, *list, past)
		w.clock.Advance(time.Minute + 1)
	}
	require.Len(t, *list, 2)
	*list = nil
	system := w.system("Music")
	past, err := w.Backups.Transitions(ctx, system)
	require.NoError(t, err)
	require.Equal(t, *list, past)
	_, err = w.Backups.Transitions(ctx, absentARNs[0])
	refused(t, err, exception.BackupNotFound, "Backup not found: "+absentARNs[0])
}

// Settle says when the next thing happens, through the whole life of a table: a backup that is ready, the decision on a
// SYSTEM backup, its appearance and its end.
func TestSettle(t *testing.T) {
	w := newWorld(t, exactly())
	w.open(plain("Music"))
	_, ok := w.Backups.Settle()
	require.False(t, ok, "nothing to come")
	w.recovery("Music", on)
	now := w.clock.Now()
	w.backup("Music")
	w.drop("Music")
	for _, want := range []time.Time{now.Add(time.Second), now.Add(5 * time.Second), now.Add(35 * day)} {
		next, ok := w.Backups.Settle()
		require.True(t, ok)
		require.Equal(t, want, next)
		w.clock.Set(next)
	}
	_, ok = w.Backups.Settle()
	require.False(t, ok)
}

// The function that is told may call the engine, also in a way that makes it tell more: that comes afterwards.
func TestOnTransitionMayCallTheEngine(t *testing.T) {
	var w *world
	var order []backup.Status
	o := exactly()
	o.OnTransition = func(tr backup.Transition) {
		order = append(order, tr.To)
		if tr.To == backup.Active {
			_, err := w.Backups.DeleteBackup(ctx, tr.ARN)
			require.NoError(t, err)
			require.Equal(t, backup.Active, order[len(order)-1], "the deletion is told of when this is over")
		}
	}
	w = newWorld(t, o)
	w.open(plain("Music"))
	arn := w.backup("Music")
	w.clock.Advance(time.Second)
	_, err := w.Backups.DescribeBackup(ctx, arn)
	refused(t, err, exception.BackupNotFound, "Backup not found: "+arn)
	require.Equal(t, []backup.Status{backup.Creating, backup.Active, backup.Deleted}, order)
}

// A panic of the function that is told reaches the caller; what has not been told is told by the next call.
func TestOnTransitionPanics(t *testing.T) {
	var order []backup.Status
	o := instant()
	o.OnTransition = func(tr backup.Transition) {
		order = append(order, tr.To)
		if tr.To == backup.Creating {
			panic("told")
		}
	}
	w := newWorld(t, o)
	w.open(plain("Music"))
	require.PanicsWithValue(t, "told", func() { w.backup("Music") })
	require.Len(t, w.list(backup.ListInput{}), 1, "the backup is there all the same")
	require.Equal(t, []backup.Status{backup.Creating, backup.Active}, order)
}

// With many callers at once each change of each backup is told once and in order, by one goroutine at a time; no caller
// waits for another.
func TestOnTransitionWithManyCallers(t *testing.T) {
	const callers, each = 8, 25
	var mu sync.Mutex
	status := map[string]backup.Status{}
	deleted, last := 0, time.Time{}
	o := instant()
	o.OnTransition = func(tr backup.Transition) {
		if !mu.TryLock() {
			t.Error("told by two at once")
			return
		}
		defer mu.Unlock()
		if status[tr.ARN] != tr.From || tr.At.Before(last) {
			t.Errorf("%v after %v at %v", tr, status[tr.ARN], last)
		}
		status[tr.ARN], last = tr.To, tr.At
		if tr.To == backup.Deleted {
			deleted++
		}
	}
	w := newWorld(t, o)
	w.open(plain("Music"))
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for range each {
				d, err := w.Backups.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "snap"})
				fine(t, err)
				_, _, err = w.Backups.ListBackups(ctx, backup.ListInput{Type: backup.All})
				fine(t, err)
				_, err = w.Backups.DeleteBackup(ctx, d.ARN)
				fine(t, err)
			}
		})
	}
	group.Wait()
	w.Backups.Settle()
	require.Equal(t, callers*each, deleted)
	require.Len(t, status, callers*each)
}

// fine is for goroutines that are not the test's own.
func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// Everything can be done at once by many goroutines while the clock runs; in the end every backup is ACTIVE and nothing
// is in use.
func TestConcurrency(t *testing.T) {
	w := newWorld(t, documented())
	music := w.open(plain("Music"))
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			name := string(rune('a'+i)) + "-target"
			for j := range 15 {
				w.clock.Advance(13 * time.Second)
				_, err := music.Put(thing(name))
				fine(t, err)
				d, err := w.Backups.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "snap"})
				fine(t, err)
				_, _, err = w.Backups.ListBackups(ctx, backup.ListInput{})
				fine(t, err)
				_, err = w.Backups.Window(ctx, d.ARN)
				fine(t, err)
				if j == 10 {
					w.clock.Advance(2 * time.Minute)
					_, err = w.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{BackupARN: d.ARN, TargetTableName: name})
					fine(t, err)
				}
			}
		})
	}
	group.Wait()
	w.clock.Advance(time.Hour)
	list := w.list(backup.ListInput{})
	require.Len(t, list, 6*15)
	for _, s := range list {
		require.Equal(t, backup.Active, s.Status)
		_, err := w.Backups.DeleteBackup(ctx, s.ARN)
		require.NoError(t, err)
	}
	names, _, err := w.Tables.ListTables(ctx, "", 0)
	require.NoError(t, err)
	require.Len(t, names, 7)
}
