package backup

import (
	"context"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
)

// Promise is what the service promises of a commit with regard to a backup (CreateBackup).
type Promise string

// The promises.
const (
	PromisedIn  Promise = "in"  // the backup holds it
	NoPromise   Promise = "may" // it may or may not
	PromisedOut Promise = "out" // the backup does not hold it
)

// Window is the room that a backup's request leaves for its cut, and where the cut really fell. A test that is meant
// to hold against the service asserts on Promise; Holds tells what happened here.
type Window struct {
	Request  clock.Instant
	Earliest time.Time // all commits up to here are promised in
	Latest   time.Time // all commits after this are promised out
	Marker   Marker
	Cut      snapshot.Cut // may still lie ahead
}

// Promise returns what is promised of a commit at the given instant. With no room at all, the request decides.
func (w Window) Promise(commit clock.Instant) Promise {
	if w.Earliest.Equal(w.Latest) {
		if commit.After(w.Request) {
			return PromisedOut
		}
		return PromisedIn
	}
	switch {
	case !commit.After(clock.EndOf(w.Earliest)):
		return PromisedIn
	case commit.After(clock.EndOf(w.Latest)):
		return PromisedOut
	}
	return NoPromise
}

// Holds reports whether the backup holds, or will hold, a commit at the given instant to the item with the given
// partition key.
func (w Window) Holds(commit clock.Instant, partition attr.Value) bool {
	return !commit.After(w.Cut.Marker(partition))
}

// Window returns the window of a backup. It fails as DescribeBackup does.
func (e *Engine) Window(_ context.Context, backupARN string) (Window, error) {
	now := e.source.Now()
	e.settle(now)
	r, d, err := e.find(backupARN, now)
	if err != nil {
		return Window{}, exception.During("Window", backupARN, err)
	}
	if d.Status == Active {
		r.capture.Snapshot() // the deletion of the table may have moved the cut
	}
	at := r.capture.At()
	return Window{
		Request:  at,
		Earliest: at.Time().Add(-r.window),
		Latest:   at.Time().Add(r.window),
		Marker:   r.marker,
		Cut:      r.capture.Cut(),
	}, nil
}

// Snapshot returns the data of a backup, to be read without a restore. It fails as DescribeBackup does, and with
// BackupInUse while the backup is CREATING.
func (e *Engine) Snapshot(_ context.Context, backupARN string) (*snapshot.Snapshot, error) {
	now := e.source.Now()
	e.settle(now)
	r, d, err := e.find(backupARN, now)
	var s *snapshot.Snapshot
	if err == nil {
		s, err = r.data(d.Status)
	}
	return s, exception.During("Snapshot", backupARN, err)
}

// data returns the snapshot of a backup in the given state. It must not be called with the engine's lock held.
func (r *record) data(status Status) (*snapshot.Snapshot, error) {
	if status == Active {
		if s, ok := r.capture.Snapshot(); ok {
			return s, nil
		}
	}
	return nil, exception.BackupInUse.Errorf("Backup is being created")
}
