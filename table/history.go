package table

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// history is what a table remembers of its past, and what others wait for it to become.
type history struct {
	retain     time.Duration // what RetainTable asked for
	everywhere time.Duration // what Retain asked for, of all tables
	log        storage.History
	former     []formerDefinition
	floor      clock.Instant // the log has every change after it
	ended      clock.Instant // of the deletion
	pending    pendingCuts
	awaited    clock.Instant // pending cuts need the changes after it; zero: they need none
}

// Retain makes every table keep at least d of its history, from now on: until then [Table.SnapshotAt] reaches back no
// further than to this call. A d of 0 frees all history that no table was asked to keep by itself.
//
// The last call counts; so it does for RetainTable, which a backup engine calls for tables with point-in-time recovery.
// A backup engine with a window calls it once; who asks for less afterwards leaves the engine's markers less room to fall
// before their request. A program that needs history for itself leaves both to the engine and sets Options.History.
func (s *Store) Retain(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.retain = d
	for _, t := range s.mu.tables {
		t.mu.Lock()
		before := t.retentionLocked()
		t.mu.everywhere = d
		t.retainLocked(before)
		t.mu.Unlock()
	}
}

// RetainTable makes one table keep at least d of its history, as [Store.Retain] does for all. It fails with
// ResourceNotFound if there is no such table.
func (s *Store) RetainTable(_ context.Context, name string, d time.Duration) error {
	t, err := s.lookup(name)
	if err != nil {
		return exception.During("RetainTable", name, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.retentionLocked()
	t.mu.retain = d
	t.retainLocked(before)
	return nil
}

func (t *Table) retentionLocked() time.Duration {
	return max(t.mu.retain, t.mu.everywhere, t.store.history)
}

// retainLocked starts, shortens or drops the log after a change of how much of it is to be kept.
func (t *Table) retainLocked(before time.Duration) {
	t.expireLocked(t.store.now())
	t.settleLocked(clock.StartOf(t.store.now()))
	switch now := t.retentionLocked(); {
	case now <= 0 && t.mu.awaited.IsZero():
		t.dropHistoryLocked()
	case now > 0 && before <= 0:
		t.mu.floor = t.store.seq.Next()
	default:
		t.trimLocked(t.store.now())
	}
}

func (t *Table) dropHistoryLocked() { t.mu.log, t.mu.former = storage.History{}, nil }

func (t *Table) trimLocked(now time.Time) {
	cut := clock.StartOf(now.Add(-t.retentionLocked()))
	if awaited := t.mu.awaited; !awaited.IsZero() && awaited.Before(cut) {
		cut = awaited
	}
	if floor := t.mu.log.Trim(cut); floor.After(t.mu.floor) {
		t.mu.floor = floor
	}
	for len(t.mu.former) > 0 && t.mu.former[0].until.Before(cut) {
		t.mu.former = t.mu.former[1:]
	}
}

// beforeCommitLocked does what must see the table as it is before the commit at the given instant.
func (t *Table) beforeCommitLocked(at clock.Instant) {
	t.countLocked(at.Time())
	t.settleLocked(at)
}

// recordLocked logs a change. Storing what is there already is none.
func (t *Table) recordLocked(c storage.Change) {
	if c.Old != nil && c.New != nil && c.Old.Item == c.New.Item {
		return
	}
	if t.mu.items != nil {
		t.followLocked(c)
	}
	if t.mu.stream != nil {
		t.mu.stream.appendLocked(c)
	}
	if o := t.mu.online; o != nil && o.filling != nil {
		o.filling.changes = append(o.filling.changes, c)
	}
	if t.retentionLocked() > 0 || !t.mu.awaited.IsZero() {
		t.mu.log.Append(c)
		t.trimLocked(c.At.Time())
		t.mu.log.Checkpoint(t.mu.data, t.store.checkpointEvery)
	}
}

// sweepEvery is how often history that nobody writes to is looked over.
const sweepEvery = time.Minute

// sweep forgets deleted tables and trims the history of the others, if that has not been done for a while. It must not
// be called with a lock held.
func (s *Store) sweep(now time.Time) {
	due := s.sweepAt.Load()
	if now.UnixNano() < due || !s.sweepAt.CompareAndSwap(due, now.Add(sweepEvery).UnixNano()) {
		return
	}
	s.forget(now)
	s.forgetStreams(now)
	s.mu.RLock()
	tables := slices.Collect(maps.Values(s.mu.tables))
	s.mu.RUnlock()
	for _, t := range tables {
		t.mu.Lock()
		t.expireLocked(now)
		t.settleLocked(clock.StartOf(now))
		t.trimLocked(now)
		t.mu.Unlock()
	}
}

// formerDefinition is what a table was until a change of its settings.
type formerDefinition struct {
	until clock.Instant
	table *schema.Table
}

// redefineLocked replaces the definition, and keeps the old one as long as the history reaches back to it.
func (t *Table) redefineLocked(d *schema.Table) {
	if t.retentionLocked() > 0 {
		t.mu.former = append(t.mu.former, formerDefinition{t.store.seq.Next(), t.mu.definition})
	}
	t.mu.definition = d
}

// Snapshot returns the table as it is now.
func (t *Table) Snapshot() (*snapshot.Snapshot, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.nextLocked()
	if err := t.openLocked(at.Time()); err != nil {
		return nil, exception.During("Snapshot", t.name, err)
	}
	return snapshot.New(t.definitionLocked(at.Time()), snapshot.At(at), t.mu.data.Clone()), nil
}

// SnapshotAt returns the items of the table as they were at an instant: with all commits up to it and none after. It
// costs no more than replaying half of Options.CheckpointEvery changes, or all of them at the oldest end of the history,
// however large the table is. Its description is the present one. It fails with a ValidationException if the instant lies
// ahead, as the end of the present wall time does (Table.Snapshot is of now), or further back than the table's history.
func (t *Table) SnapshotAt(instant clock.Instant) (*snapshot.Snapshot, error) {
	v, err := t.view(instant, (*Table).openAndWithin)
	if err != nil {
		return nil, exception.During("SnapshotAt", t.name, err)
	}
	return v.snapshot(), nil
}

// openAndWithin refuses an instant of which the table cannot give an account.
func (t *Table) openAndWithin(now, instant clock.Instant) error {
	floor := t.floorLocked(now)
	switch err := t.openLocked(now.Time()); {
	case err != nil:
		return err
	case instant.After(now):
		return exception.Validation.Errorf("%v lies ahead", instant)
	case instant.Before(floor):
		return exception.Validation.Errorf("the table has no history of %v: it begins at %v", instant, floor)
	}
	return nil
}

// floorLocked returns where the table's history begins.
func (t *Table) floorLocked(now clock.Instant) clock.Instant {
	if t.retentionLocked() <= 0 {
		return now
	}
	return t.mu.floor
}

// view is a snapshot whose data has still to be found.
type view struct {
	table  *schema.Table
	cut    snapshot.Cut
	replay storage.Replay
	layout *storage.Layout // of the table
}

// snapshot goes the way. What it comes from may have other indexes than the table, which have come or gone since.
func (v view) snapshot() *snapshot.Snapshot {
	return snapshot.New(v.table, v.cut, laidOut(v.replay.Data(), v.layout))
}

// laidOut returns data with the given layout.
func laidOut(data *storage.Data, l *storage.Layout) *storage.Data {
	if data.Layout().Equal(l) {
		return data
	}
	return data.Relayout(l)
}

// view finds the way to the table's state at an instant, unless check refuses it. An instant outside the table's
// history is moved into it.
func (t *Table) view(instant clock.Instant, check func(*Table, clock.Instant, clock.Instant) error) (view, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.nextLocked()
	if err := check(t, now, instant); err != nil {
		return view{}, err
	}
	cut := snapshot.At(instant).Between(t.floorLocked(now), now)
	return view{t.definitionLocked(now.Time()), cut, t.mu.log.Find(t.mu.data, cut.Latest()), t.mu.data.Layout()}, nil
}

// SnapshotTable returns the items of a table as they were at an instant, with the table's present description. An
// instant before the table's history, or ahead, is moved to its beginning or to the present. It fails with
// ResourceNotFound if there is no such table, or it is CREATING.
func (s *Store) SnapshotTable(_ context.Context, name string, instant clock.Instant) (*snapshot.Snapshot, error) {
	t, err := s.lookup(name)
	var v view
	if err == nil {
		v, err = t.view(instant, (*Table).begun)
	}
	if err != nil {
		return nil, exception.During("SnapshotTable", name, err)
	}
	return v.snapshot(), nil
}

// begun refuses a table that is CREATING, and one that is gone.
func (t *Table) begun(now, _ clock.Instant) error {
	if now.Time().Before(t.mu.active) || t.goneLocked(now.Time()) {
		return errNoTable()
	}
	return nil
}

// DefinitionAt returns what a table was at an instant: its settings, with the statistics of the present. An instant
// before the table's history is moved to its beginning. The result is shared and must not be changed. It fails with
// ResourceNotFound if there is no such table.
func (s *Store) DefinitionAt(_ context.Context, name string, instant clock.Instant) (*schema.Table, error) {
	t, err := s.lookup(name)
	if err != nil {
		return nil, exception.During("DefinitionAt", name, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.nextLocked()
	if floor := t.floorLocked(now); instant.Before(floor) {
		instant = floor
	}
	present := t.definitionLocked(now.Time())
	for _, f := range t.mu.former {
		if instant.Before(f.until) {
			d := *f.table
			d.Statistics = present.Statistics
			return &d, nil
		}
	}
	return present, nil
}

// ChangesOf returns what the commits after one instant and up to another did to the items of a table, in their order.
// Both instants are moved into the table's history; begin is where from has come to lie. The result is as of the call,
// whatever is written while it is read; it can be ranged over more than once. It fails with ResourceNotFound if there is
// no such table, or it is CREATING, and with a ValidationException if from is after to.
func (s *Store) ChangesOf(
	_ context.Context, name string, from, to clock.Instant,
) (changes iter.Seq[snapshot.Change], begin clock.Instant, err error) {
	t, err := s.lookup(name)
	if err == nil {
		changes, begin, err = t.changes(from, to)
	}
	return changes, begin, exception.During("ChangesOf", name, err)
}

func (t *Table) changes(from, to clock.Instant) (changes iter.Seq[snapshot.Change], begin clock.Instant, err error) {
	if from.After(to) {
		return nil, from, exception.Validation.Errorf("the changes from %v to %v have their ends the wrong way round", from, to)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.nextLocked()
	if err := t.begun(now, from); err != nil {
		return nil, from, err
	}
	if floor := t.floorLocked(now); from.Before(floor) {
		from = floor // the log may still hold some of the changes before it, and not the others
	}
	layout, segment := t.mu.data.Layout(), t.mu.log.Between(from, to)
	return func(yield func(snapshot.Change) bool) {
		for c := range segment.All() {
			d := snapshot.Difference{Old: itemOf(c.Old), New: itemOf(c.New)}
			d.Key = layout.KeyOf(cmp.Or(d.New, d.Old))
			if !yield(snapshot.Change{At: c.At, Difference: d}) {
				return
			}
		}
	}, from, nil
}
