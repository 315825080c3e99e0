package upstream

import (
	"cmp"
	"context"
	"iter"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// checkpointEvery is how many changes lie between two copies of a table's state that its history keeps.
const checkpointEvery = 4096

// history is a copy of a table, with what has been done to it.
type history struct {
	layout *storage.Layout
	table  string
	id     string // of the incarnation

	reconciling sync.Mutex // held while the copy is compared with the table

	mu struct {
		sync.Mutex
		retain  time.Duration
		live    *storage.Data // nil: not read yet
		early   []image       // what was written before it was
		log     storage.History
		floor   clock.Instant
		doubted bool // the table may have changed in ways that were not seen
		former  []former
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

// keyLock is held by a write to an item until its image has been recorded.
type keyLock struct {
	sync.Mutex
	wanted int
}

func newHistory(t *schema.Table, begin clock.Instant, retain time.Duration) *history {
	h := &history{layout: storage.NewLayout(t), table: t.Name, id: t.ID}
	h.mu.retain, h.mu.floor, h.mu.locks = retain, begin, make(map[string]*keyLock)
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
	return h.mu.live != nil, h.mu.doubted
}

// putLocked records an image. What is the same as before is no change.
func (h *history) putLocked(m image) {
	if h.mu.live == nil {
		h.mu.early = append(h.mu.early, m)
		return
	}
	c := storage.Change{At: m.at}
	if old := h.mu.live.Lookup(m.key); old == nil && m.item.IsZero() || old != nil && old.Item == m.item {
		return
	}
	if m.item.IsZero() {
		c.Old = h.mu.live.Delete(m.key)
	} else {
		c.New, c.Old = h.mu.live.Put(m.item)
	}
	h.mu.log.Append(c)
	h.mu.log.Checkpoint(h.mu.live, checkpointEvery)
}

func (h *history) trimLocked(now time.Time) {
	cut := clock.StartOf(now.Add(-h.mu.retain))
	if floor := h.mu.log.Trim(cut); floor.After(h.mu.floor) {
		h.mu.floor = floor
	}
	for len(h.mu.former) > 0 && h.mu.former[0].until.Before(cut) {
		h.mu.former = h.mu.former[1:]
	}
}

// begin makes data, the table as it was at the history's beginning, the present.
func (h *history) begin(data *storage.Data) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mu.live = data
	for _, m := range h.mu.early {
		h.putLocked(m)
	}
	h.mu.early = nil
}

// Retain is what a backup engine asks for whose markers lie before their requests. A Source has no history of tables
// that it was not asked to keep one of by name, so it does nothing: CaptureTable refuses such markers.
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
	_, _, data, err := s.read(ctx, name, func(at clock.Instant, t *described) {
		if h != nil {
			h.reconciling.Unlock() // it has begun in vain
		}
		h = newHistory(&t.Table, at, d)
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
	h.begin(data)
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
		s.unpin(g)
	}
}

// historyOf returns the history of a table, with everything in it that can be found out; nil if none is kept.
func (s *Source) historyOf(ctx context.Context, name string) (*history, error) {
	g := s.gate(name)
	if g == nil {
		return nil, nil
	}
	_, h := g.watching()
	if h == nil {
		return nil, nil
	}
	return h, s.reconcile(ctx, h)
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
	var base *storage.Data
	_, _, data, err := s.read(ctx, h.table, func(clock.Instant, *described) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.mu.doubted = false
		base = h.mu.live.Clone()
	})
	if err != nil {
		h.doubt()
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	found := func(item attr.Item, deleted bool) bool {
		key := h.layout.KeyOf(item)
		if h.mu.live.Lookup(key) != base.Lookup(key) {
			return true // written since, which was seen
		}
		if deleted {
			item = attr.Item{}
		}
		h.putLocked(image{s.seq.Next(), key, item})
		return true
	}
	data.Scan(-1, storage.Span{}, false, func(item attr.Item) bool { return found(item, false) })
	base.Scan(-1, storage.Span{}, false, func(item attr.Item) bool {
		return data.Lookup(h.layout.KeyOf(item)) != nil || found(item, true)
	})
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
	cut, replay := h.find(at, s.seq.Next())
	return snapshot.New(&d.Table, cut, replay.Data()), nil
}

// of refuses a table that is another one, of the same name.
func (h *history) of(d *described) error {
	if d.ID != h.id {
		return exception.InternalServerError.Errorf(
			"table %s was deleted and made anew without being seen: its history is that of the former one", h.table)
	}
	return nil
}

func (h *history) find(at, now clock.Instant) (snapshot.Cut, storage.Replay) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trimLocked(now.Time())
	cut := snapshot.At(at).Between(h.mu.floor, now)
	return cut, h.mu.log.Find(h.mu.live, cut.Latest())
}

// DefinitionAt returns the settings of a table as they were at an instant, as far as its history goes back and
// changes of them were seen.
func (s *Source) DefinitionAt(ctx context.Context, name string, at clock.Instant) (*schema.Table, error) {
	d, err := s.describe(ctx, name)
	if err != nil {
		return nil, exception.During("DefinitionAt", name, err)
	}
	g := s.gate(name)
	if g == nil {
		return &d.Table, nil
	}
	if _, h := g.watching(); h != nil {
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
	defer h.mu.Unlock()
	if from.Before(h.mu.floor) {
		from = h.mu.floor
	}
	segment := h.mu.log.Between(from, to)
	return func(yield func(snapshot.Change) bool) {
		for c := range segment.All() {
			change := snapshot.Change{At: c.At}
			if c.Old != nil {
				change.Old = c.Old.Item
			}
			if c.New != nil {
				change.New = c.New.Item
			}
			change.Key = h.layout.KeyOf(cmp.Or(change.New, change.Old))
			if !yield(change) {
				return
			}
		}
	}, from, nil
}

// final returns the last state of a table that stands still.
func (h *history) final(t *schema.Table, at clock.Instant) (*snapshot.Snapshot, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.mu.doubted || h.mu.live == nil {
		return nil, false
	}
	return snapshot.New(t.Clone(), snapshot.At(at), h.mu.live.Clone()), true
}
