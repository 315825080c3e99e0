package upstream

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/spool"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// history is a copy of a table, with what has been done to it.
type history struct {
	layout *storage.Layout
	table  string
	id     string // of the incarnation

	reconciling sync.Mutex // held while the copy is compared with the table

	// versions has everything that was found and written since the beginning.
	versions *spool.Versions
	relief   atomic.Bool // somebody is moving them to disk

	rereading atomic.Bool // somebody is looking up what statements have changed

	mu struct {
		sync.Mutex
		retain  time.Duration
		begun   bool // the table has been read
		floor   clock.Instant
		doubted bool // the table may have changed in ways that were not seen
		former  []former
		awaited []*awaited
		ended   clock.Instant // zero: it goes on
		locks   map[string]*keyLock
	}
}

// image is an item after a commit; the zero Item if it was deleted.
type image struct {
	at   clock.Instant
	key  attr.Key
	item attr.Item
}

// former is what a table was until its settings changed.
type former struct {
	until clock.Instant
	table schema.Table
}

// awaited is a snapshot whose cut lies ahead.
type awaited struct {
	cut  snapshot.Cut
	view *spool.View // nil until then
}

// keyLock is held by a write to an item until its image has been recorded.
type keyLock struct {
	sync.Mutex
	wanted int
}

// newHistory returns the history of a table that is being read. Its beginning is what is found.
func newHistory(t *schema.Table, c *capturing, retain time.Duration) *history {
	h := &history{layout: c.layout, table: t.Name, id: t.ID, versions: c.versions}
	h.mu.retain, h.mu.floor, h.mu.locks = retain, c.after, make(map[string]*keyLock)
	return h
}

// lock waits until no other write to the items is on its way. The keys must be in order.
func (h *history) lock(keys []string) {
	for _, key := range keys {
		h.mu.Lock()
		l := h.mu.locks[key]
		if l == nil {
			l = new(keyLock)
			h.mu.locks[key] = l
		}
		l.wanted++
		h.mu.Unlock()
		l.Lock()
	}
}

func (h *history) unlock(keys []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range keys {
		l := h.mu.locks[key]
		if l.wanted--; l.wanted == 0 {
			delete(h.mu.locks, key)
		}
		l.Unlock()
	}
}

func (h *history) doubt() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mu.doubted = true
}

// state returns whether the history has begun, and whether it is in doubt.
func (h *history) state() (begun, doubted bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mu.begun, h.mu.doubted
}

// putLocked records an image.
func (h *history) putLocked(m image) {
	if m.item.IsZero() {
		h.versions.Delete(m.at, m.key)
	} else {
		h.versions.Put(m.at, m.item)
	}
}

func (h *history) trimLocked(now time.Time) {
	cut := clock.StartOf(now.Add(-h.mu.retain))
	if !h.mu.begun || !cut.After(h.mu.floor) {
		return // before it has begun, items are still being found that were there at its beginning
	}
	h.settleLocked(clock.StartOf(now))
	for _, a := range h.mu.awaited {
		cut = earlier(cut, a.cut.Earliest())
	}
	h.mu.floor = cut
	h.versions.Trim(cut)
	for len(h.mu.former) > 0 && h.mu.former[0].until.Before(cut) {
		h.mu.former = h.mu.former[1:]
	}
}

// settleLocked makes the snapshots whose cuts lie before an instant that has passed.
func (h *history) settleLocked(now clock.Instant) {
	h.mu.awaited = slices.DeleteFunc(h.mu.awaited, func(a *awaited) bool {
		due := now.After(a.cut.Latest())
		if due {
			a.view = h.versions.View(a.cut.Markers()...)
		}
		return due
	})
}

// end has nothing more come: snapshots that wait for more have their cuts moved to the end.
func (h *history) end(at, after clock.Instant) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mu.ended = at
	for _, a := range h.mu.awaited {
		a.cut = a.cut.Between(clock.Instant{}, at)
	}
	h.settleLocked(after)
}

// capture returns a snapshot of a table, asked for at an instant, with any cut.
func (h *history) capture(s *Source, at clock.Instant, t *schema.Table, cut snapshot.Cut) *snapshot.Capture {
	h.mu.Lock()
	defer h.mu.Unlock()
	cut = cut.Between(h.mu.floor, later(cut.Latest(), h.mu.floor))
	if ended := h.mu.ended; !ended.IsZero() {
		cut = cut.Between(clock.Instant{}, ended)
	}
	a := &awaited{cut: cut}
	h.mu.awaited = append(h.mu.awaited, a)
	h.settleLocked(s.seq.Next())
	return snapshot.NewCapture(at, t, cut, func() *snapshot.Snapshot {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.settleLocked(s.seq.Next()) // what is written from now on has a later instant
		if a.view == nil {
			return nil
		}
		return snapshot.New(t, a.cut, a.view)
	})
}

// relieve has what is beyond the budget moved to disk, while writes go on. What cannot be moved stays in memory.
func (s *Source) relieve(h *history) {
	if h.versions.Pressed() && h.relief.CompareAndSwap(false, true) {
		s.background(func() {
			defer h.relief.Store(false)
			h.versions.Relieve()
		})
	}
}

// Retain is what a backup engine asks for whose markers lie away from their requests. A Source has no history of tables
// that it was not asked to keep one of by name, so it does nothing: CaptureTable refuses such markers for them.
func (s *Source) Retain(time.Duration) {}

// RetainTable keeps at least d of a table's history from now on, for which it reads the whole table first; 0 ends
// that. It fails as CaptureTable does.
func (s *Source) RetainTable(ctx context.Context, name string, d time.Duration) error {
	return exception.During("RetainTable", name, s.retain(ctx, name, d))
}

func (s *Source) retain(ctx context.Context, name string, d time.Duration) error {
	g := s.pin(name)
	defer s.unpin(g)
	g.switching.Lock()
	defer g.switching.Unlock()
	_, h := g.watching()
	if h != nil && d > 0 {
		switch now, err := s.describeTable(ctx, name); {
		case err != nil:
			return err
		case now.ID != h.id: // the former table was deleted without being seen
			s.forget(g, h)
			h = nil
		}
	}
	switch {
	case d <= 0 && h != nil:
		s.forget(g, h)
		fallthrough
	case d <= 0:
		_, err := s.describeTable(ctx, name)
		return err
	case h != nil:
		h.mu.Lock()
		h.mu.retain = d
		h.trimLocked(s.Now())
		h.mu.Unlock()
		return s.reconcile(ctx, h) // it may not have been read yet, or have failed
	}
	s.pin(name) // as long as there is a history
	_, _, err := s.read(ctx, name, func(c *capturing, t *described) {
		if h != nil {
			h.reconciling.Unlock() // it has begun in vain
		}
		h = newHistory(&t.Table, c, d)
		h.reconciling.Lock()
		g.setHistory(h)
	})
	if h == nil {
		s.unpin(g)
		return err
	}
	defer h.reconciling.Unlock()
	if err != nil {
		s.forget(g, h)
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mu.begun = true
	return nil
}

// forget ends a history, if it is still that of its table.
func (s *Source) forget(g *gate, h *history) {
	g.mu.Lock()
	was := g.mu.history == h
	if was {
		g.mu.history = nil
	}
	g.mu.Unlock()
	if was {
		h.end(s.seq.Next(), s.seq.Next())
		s.unpin(g)
	}
}

// history returns the history of a table; nil if none is kept.
func (s *Source) history(name string) *history {
	g := s.gate(name)
	if g == nil {
		return nil
	}
	_, h := g.watching()
	return h
}

// historyOf returns the history of a table, with everything in it that can be found out; nil if none is kept.
func (s *Source) historyOf(ctx context.Context, name string) (*history, error) {
	h := s.history(name)
	if h == nil {
		return nil, nil
	}
	return h, s.reconcile(ctx, h)
}

// begunHistory returns the history of a table, if one is kept and its beginning has been read.
func (s *Source) begunHistory(name string) *history {
	h := s.history(name)
	if h == nil {
		return nil
	}
	if begun, _ := h.state(); !begun {
		return nil
	}
	return h
}

// reconcile compares a history that is in doubt with its table, and records how they differ as changes of now.
func (s *Source) reconcile(ctx context.Context, h *history) error {
	h.reconciling.Lock()
	defer h.reconciling.Unlock()
	switch begun, doubted := h.state(); {
	case !begun:
		return exception.InternalServerError.Errorf("the history of %s could not be begun", h.table)
	case !doubted:
		return nil
	}
	var base *spool.View
	c, _, err := s.read(ctx, h.table, func(c *capturing, _ *described) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.mu.doubted = false
		base = h.versions.View(c.at)
	})
	if err == nil {
		now := c.view()
		err = s.found(h, c.at, spool.Differences(base, now))
		err = errors.Join(err, base.Err(), now.Err())
	}
	if err != nil {
		h.doubt()
	}
	return err
}

// reread has what a statement has changed looked up soon, so that the history has it near its time.
func (s *Source) reread(table string) {
	h := s.begunHistory(table)
	if h == nil || !h.rereading.CompareAndSwap(false, true) {
		return // whoever is at it is told by the doubt that there is more
	}
	s.background(func() {
		for again := true; again; {
			err := s.reconcile(s.closed, h) // if it fails, it is done when the history is asked for
			h.rereading.Store(false)
			_, doubted := h.state()
			again = err == nil && doubted && h.rereading.CompareAndSwap(false, true)
		}
	})
}

// found records differences between a history and its table, as it was at an instant.
func (s *Source) found(h *history, at clock.Instant, differences iter.Seq[spool.Change]) error {
	for d := range differences {
		key := h.layout.KeyOf(cmp.Or(d.New, d.Old))
		h.mu.Lock()
		now := s.seq.Next()
		_, since, err := h.versions.Last(now, key)
		if err == nil && !since.After(at) { // else it was written since, which was seen
			h.putLocked(image{now, key, d.New})
		}
		h.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// SnapshotTable returns the items of a table as they were at an instant, moved into its history. A table without
// history is read as it is now.
func (s *Source) SnapshotTable(ctx context.Context, name string, at clock.Instant) (*snapshot.Snapshot, error) {
	snap, err := s.snapshotAt(ctx, name, at)
	return snap, exception.During("SnapshotTable", name, err)
}

func (s *Source) snapshotAt(ctx context.Context, name string, at clock.Instant) (*snapshot.Snapshot, error) {
	h, err := s.historyOf(ctx, name)
	if err != nil {
		return nil, err
	}
	if h == nil {
		c, err := s.CaptureTable(ctx, name, snapshot.At)
		if err != nil {
			return nil, err
		}
		snap, _ := c.Snapshot()
		return snap, nil
	}
	d, err := s.describe(ctx, name)
	if err == nil {
		err = h.of(&d)
	}
	if err != nil {
		return nil, err
	}
	cut, view := h.find(at, s.seq.Next())
	return snapshot.New(&d.Table, cut, view), nil
}

// of refuses a table that is another one, of the same name.
func (h *history) of(d *described) error {
	if d.ID != h.id {
		return exception.InternalServerError.Errorf(
			"table %s was deleted and made anew without being seen: its history is that of the former one", h.table)
	}
	return nil
}

func (h *history) find(at, now clock.Instant) (snapshot.Cut, *spool.View) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trimLocked(now.Time())
	cut := snapshot.At(at).Between(h.mu.floor, now)
	return cut, h.versions.View(cut.Latest())
}

// DefinitionAt returns the settings of a table as they were at an instant, as far as its history goes back and
// changes of them were seen.
func (s *Source) DefinitionAt(ctx context.Context, name string, at clock.Instant) (*schema.Table, error) {
	d, err := s.describe(ctx, name)
	if err != nil {
		return nil, exception.During("DefinitionAt", name, err)
	}
	if h := s.history(name); h != nil && h.of(&d) == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, f := range h.mu.former {
			if at.Before(f.until) {
				t := f.table.Clone()
				t.Statistics = d.Statistics
				return t, nil
			}
		}
	}
	return &d.Table, nil
}

// redefined notes what a table was before its settings have changed.
func (h *history) redefined(before schema.Table, until clock.Instant) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mu.former = append(h.mu.former, former{until, before})
}

// ChangesOf returns what was seen to be done to a table after one instant and up to another, moved into its history.
// A table without history has had no changes.
func (s *Source) ChangesOf(ctx context.Context, name string, from, to clock.Instant) (
	changes iter.Seq[snapshot.Change], begin clock.Instant, err error,
) {
	h, err := s.historyOf(ctx, name)
	if err == nil {
		var d described
		if d, err = s.describeTable(ctx, name); err == nil && h != nil {
			err = h.of(&d)
		}
	}
	switch {
	case err == nil && from.After(to):
		err = exception.Validation.Errorf("the changes from %v to %v have their ends the wrong way round", from, to)
		fallthrough
	case err != nil:
		return nil, from, exception.During("ChangesOf", name, err)
	case h == nil:
		return func(func(snapshot.Change) bool) {}, s.seq.Next(), nil
	}
	h.mu.Lock()
	from, to = later(from, h.mu.floor), later(to, h.mu.floor)
	read := h.versions.Changes(from, to)
	h.mu.Unlock()
	list, err := read()
	if err != nil {
		return nil, from, exception.During("ChangesOf", name, err)
	}
	return func(yield func(snapshot.Change) bool) {
		for _, c := range list {
			key := h.layout.KeyOf(cmp.Or(c.New, c.Old))
			if !yield(snapshot.Change{At: c.At, Difference: snapshot.Difference{Key: key, Old: c.Old, New: c.New}}) {
				return
			}
		}
	}, from, nil
}

func later(a, b clock.Instant) clock.Instant {
	if a.Before(b) {
		return b
	}
	return a
}

func earlier(a, b clock.Instant) clock.Instant {
	if b.Before(a) {
		return b
	}
	return a
}

// final returns the last state of a table that stands still.
func (h *history) final(t *schema.Table, at clock.Instant) (*snapshot.Snapshot, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.mu.doubted || !h.mu.begun {
		return nil, false
	}
	return snapshot.New(t.Clone(), snapshot.At(at), h.versions.View(at)), true
}
