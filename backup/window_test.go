package backup_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/snapshot"
)

// What is promised of a commit changes a nanosecond after a minute before the request, and a nanosecond after a minute
// behind it.
func TestWindowPromise(t *testing.T) {
	w := newWorld(t, documented())
	w.open(plain("Music"))
	w.clock.Set(at(14, 25, 0))
	window, err := w.Backups.Window(ctx, w.backup("Music"))
	require.NoError(t, err)
	require.Equal(t, at(14, 25, 0), window.Request.Time())
	for _, test := range []struct {
		name   string
		commit time.Time
		want   backup.Promise
	}{
		{"long ago", at(0, 0, 0), backup.PromisedIn},
		{"a minute before", at(14, 24, 0), backup.PromisedIn},
		{"a nanosecond later", at(14, 24, 0).Add(1), backup.NoPromise},
		{"at the request", at(14, 25, 0), backup.NoPromise},
		{"a minute after", at(14, 26, 0), backup.NoPromise},
		{"a nanosecond later still", at(14, 26, 0).Add(1), backup.PromisedOut},
		{"much later", at(23, 0, 0), backup.PromisedOut},
	} {
		require.Equal(t, test.want, window.Promise(clock.StartOf(test.commit)), test.name)
		require.Equal(t, test.want, window.Promise(clock.EndOf(test.commit)), "all commits of one time are promised the same")
	}
}

// Where the earliest and the latest marker fall, to the nanosecond, in the window and in what the backup holds.
func TestWindowHoldsAtTheEdges(t *testing.T) {
	commits := map[string]time.Time{
		"T-60s": at(14, 24, 0), "T-60s+1ns": at(14, 24, 0).Add(1), "T+60s": at(14, 26, 0), "T+60s+1ns": at(14, 26, 0).Add(1),
	}
	for marker, want := range map[backup.Marker]map[string]bool{
		backup.Earliest: {"T-60s": true, "T-60s+1ns": false, "T+60s": false, "T+60s+1ns": false},
		backup.Exact:    {"T-60s": true, "T-60s+1ns": true, "T+60s": false, "T+60s+1ns": false},
		backup.Latest:   {"T-60s": true, "T-60s+1ns": true, "T+60s": true, "T+60s+1ns": false},
	} {
		o := documented()
		o.Profile.Marker = marker
		w := newWorld(t, o)
		music := w.open(plain("Music"))
		made := map[string]clock.Instant{}
		var arn string
		for _, pk := range []string{"T-60s", "T-60s+1ns", "T", "T+60s", "T+60s+1ns"} {
			if pk == "T" {
				w.clock.Set(at(14, 25, 0))
				arn = w.backup("Music")
				continue
			}
			w.clock.Set(commits[pk])
			made[pk] = w.put(music, pk)
		}
		window, err := w.Backups.Window(ctx, arn)
		require.NoError(t, err)
		s, err := w.Backups.Snapshot(ctx, arn)
		require.NoError(t, err, "ACTIVE a nanosecond after the marker")
		for pk, instant := range made {
			_, held := s.Lookup(attr.Key{Partition: attr.S(pk)})
			require.Equal(t, want[pk], held, "%s: %s", marker, pk)
			require.Equal(t, want[pk], window.Holds(instant, attr.S(pk)), "%s: %s", marker, pk)
		}
	}
}

// A backup whose marker lies ahead is CREATING until it has passed; the others are for as long as the profile says. Until
// then there is nothing to read.
func TestCreatingUntilTheMarkerHasPassed(t *testing.T) {
	for marker, creating := range map[backup.Marker]time.Duration{
		backup.Exact: time.Second, backup.Earliest: time.Second, backup.Latest: time.Minute + 1,
	} {
		o := documented()
		o.Profile.Marker = marker
		w := newWorld(t, o)
		w.open(plain("Music"))
		requested := w.clock.Advance(time.Hour)
		arn := w.backup("Music")
		w.clock.Set(requested.Add(creating - 1))
		require.Equal(t, backup.Creating, w.describe(arn).Status, marker)
		_, err := w.Backups.Snapshot(ctx, arn)
		refused(t, err, "BackupInUseException", "Backup is being created")
		w.clock.Set(requested.Add(creating))
		require.Equal(t, backup.Active, w.describe(arn).Status, marker)
		require.Equal(t, requested, w.describe(arn).CreationTime, "the creation time is the request's")
	}
}

// Without a window the request itself decides, to the sequence number.
func TestWindowOfExactProfile(t *testing.T) {
	w := newWorld(t, instant())
	music := w.open(plain("Music"))
	before := w.put(music, "before")
	window, err := w.Backups.Window(ctx, w.backup("Music"))
	require.NoError(t, err)
	after := w.put(music, "after")
	require.Equal(t, before.Time(), after.Time(), "the clock has stood still")
	for commit, want := range map[clock.Instant]backup.Promise{
		before: backup.PromisedIn, window.Request: backup.PromisedIn, after: backup.PromisedOut,
	} {
		require.Equal(t, want, window.Promise(commit))
		require.Equal(t, want == backup.PromisedIn, window.Holds(commit, attr.S("any")))
	}
	require.Equal(t, backup.Exact, window.Marker)
}

// The window of a SYSTEM backup is the deletion: everything before is in.
func TestWindowOfSystemBackup(t *testing.T) {
	w := newWorld(t, documented())
	music := w.open(plain("Music"))
	last := w.put(music, "last")
	window, err := w.Backups.Window(ctx, w.system("Music"))
	require.NoError(t, err)
	require.Equal(t, backup.PromisedIn, window.Promise(last))
	require.True(t, window.Holds(last, attr.S("last")))
	require.Equal(t, window.Earliest, window.Latest)
	require.Equal(t, snapshot.At(window.Request), window.Cut)
}
