package main

import (
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/snapshot"
)

// window plots which of the commits around a request are in its backup, under each policy.
func window() (string, error) {
	const n, every = 37, 5 * time.Second // commits, the request right after the middle one
	title := axis("after the request", 2*n-1, 12, func(i int) string {
		return fmt.Sprintf("%+ds", int((time.Duration(i/2-n/2) * every).Seconds()))
	})
	var promised, rows string
	for _, policy := range []struct {
		marker backup.Marker
		seed   uint64
	}{
		{backup.Exact, 1}, {backup.Earliest, 1}, {backup.Latest, 1},
		{backup.Fuzzy, 1}, {backup.Fuzzy, 2}, {backup.Fuzzy, 3}, {backup.Torn, 1},
	} {
		w := openWorld(policy.seed)
		var commits [n]snapshot.Change
		var arn string
		w.zero = w.zero.Add(n / 2 * every)
		for i := range commits {
			w.at(time.Duration(i-n/2) * every)
			commits[i] = w.put(i)
			if i == n/2 {
				arn = w.backUp(policy.marker)
			}
		}
		promise, held, err := w.around(arn, commits[:], every)
		if err != nil {
			return "", err
		}
		promised = row("promised by the service", promise)
		name := string(policy.marker)
		if policy.marker == backup.Fuzzy || policy.marker == backup.Torn {
			name += fmt.Sprintf(", seed %d", policy.seed)
		}
		rows += row(name, held)
	}
	return title + promised + rows, nil
}

// around plots, for commits so far apart, the promise of each, and whether the backup holds it, with the markers
// between.
func (w *world) around(arn string, commits []snapshot.Change, apart time.Duration) (promise, held string, err error) {
	w.clock.Advance(2 * time.Minute)
	if w.err != nil {
		return "", "", w.err
	}
	room, err := w.Backups.Window(ctx, arn)
	if err != nil {
		return "", "", err
	}
	data, err := w.Backups.Snapshot(ctx, arn)
	if err != nil {
		return "", "", err
	}
	markers := make(map[int]bool) // by the commit that they come after
	for _, m := range room.Cut.Markers() {
		markers[int(m.Time().Sub(commits[0].At.Time())/apart)] = true
	}
	letters := map[backup.Promise]byte{backup.PromisedIn: 'i', backup.NoPromise: '?', backup.PromisedOut: 'o'}
	promise = plot(2*len(commits)-1, func(i int) byte {
		if i%2 == 1 {
			return ' '
		}
		return letters[room.Promise(commits[i/2].At)]
	})
	held = plot(2*len(commits)-1, func(i int) byte {
		switch _, in := data.Lookup(attr.Key{Partition: attr.Int(int64(i / 2))}); {
		case i%2 == 1 && markers[i/2]:
			return '|'
		case i%2 == 1:
			return ' '
		case in:
			return '#'
		}
		return '.'
	})
	return promise, held, nil
}

// The life of the backup that backupStates plots.
const (
	restoreAt = 80 * time.Second
	deleteAt  = 410 * time.Second
)

// backupStates plots the state of a backup, and what operations on it would answer, over its life.
func backupStates() (string, error) {
	const n, each = 90, 5 * time.Second
	lines := []struct {
		label string
		ask   func(w *world, arn string) byte
	}{
		{"DescribeBackup", func(w *world, arn string) byte {
			d, err := w.Backups.DescribeBackup(ctx, arn)
			return letter(state(d.Status), err)
		}},
		{"DeleteBackup", func(w *world, arn string) byte {
			_, err := w.Backups.DeleteBackup(ctx, arn)
			return letter('+', err)
		}},
		{"RestoreTableFromBackup", func(w *world, arn string) byte {
			_, err := w.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{TargetTableName: "Another", BackupARN: arn})
			return letter('+', err)
		}},
		{"the restored table", func(w *world, _ string) byte {
			d, err := w.Tables.DescribeTable(ctx, "Restored")
			return letter(state(d.Status), err)
		}},
	}
	picture := axis("seconds after the request", n, 12, func(i int) string {
		return fmt.Sprint(int((time.Duration(i) * each).Seconds()))
	})
	var err error
	for _, line := range lines {
		picture += row(line.label, plot(n, func(i int) byte {
			w, arn := lived(time.Duration(i) * each)
			if w.err != nil {
				err = w.err
				return '!'
			}
			return line.ask(w, arn)
		}))
	}
	return picture, err
}

// lived returns a world with a backup that is so old.
func lived(age time.Duration) (*world, string) {
	w := openWorld(1)
	arn := w.backUp(backup.Latest)
	if age >= restoreAt {
		w.at(restoreAt).do(func() error {
			_, err := w.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{TargetTableName: "Restored", BackupARN: arn})
			return err
		})
	}
	if age >= deleteAt {
		w.at(deleteAt).do(func() error {
			_, err := w.Backups.DeleteBackup(ctx, arn)
			return err
		})
	}
	return w.at(age), arn
}
