package upstream

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
)

// gate is what writes to one table pass through. Whoever needs the table to stand still shuts it for a moment.
type gate struct {
	table string
	pins  int // who holds it; guarded by the Source's lock

	// life is held for reading while a snapshot is taken, and for writing by what changes or deletes the table itself.
	life sync.RWMutex

	switching sync.Mutex // held while a history is begun or ended

	turn chan struct{} // holds one token: who has it may shut the gate

	mu struct {
		sync.Mutex
		inside   int           // writes on their way
		shut     chan struct{} // nil: open; closed when it opens
		idle     chan struct{} // closed when nobody is inside
		captures []*capturing
		history  *history // nil: none is kept
	}
}

func newGate(table string) *gate {
	g := &gate{table: table, turn: make(chan struct{}, 1)}
	g.turn <- struct{}{}
	return g
}

// enter lets a write pass, as soon as the gate is open.
func (g *gate) enter(ctx context.Context) error {
	for {
		g.mu.Lock()
		shut := g.mu.shut
		if shut == nil {
			g.mu.inside++
			g.mu.Unlock()
			return nil
		}
		g.mu.Unlock()
		select {
		case <-shut:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.inside--
	if g.mu.inside == 0 && g.mu.idle != nil {
		close(g.mu.idle)
		g.mu.idle = nil
	}
}

// close shuts the gate and returns a channel that is closed when nobody is inside.
func (g *gate) close() (idle <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.shut = make(chan struct{})
	c := make(chan struct{})
	if g.mu.inside == 0 {
		close(c)
	} else {
		g.mu.idle = c
	}
	return c
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.mu.shut)
	g.mu.shut, g.mu.idle = nil, nil
}

func (g *gate) add(c *capturing) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.captures = append(slices.Clip(g.mu.captures), c)
}

func (g *gate) remove(c *capturing) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.captures = slices.DeleteFunc(slices.Clone(g.mu.captures), func(o *capturing) bool { return o == c })
}

// watching returns who has to know of a write.
func (g *gate) watching() ([]*capturing, *history) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mu.captures, g.mu.history
}

func (g *gate) setHistory(h *history) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.history = h
}

// still calls fn while no write to the table is on its way, neither one that is known to be to it nor one of which
// that is not known. It fails if that moment does not come within the limit; then no write has waited for longer.
func (s *Source) still(ctx context.Context, g *gate, fn func() error) error {
	late, stop := s.after(ctx, s.o.DrainLimit)
	defer stop()
	for _, gate := range []*gate{g, s.unknown} {
		select {
		case <-gate.turn:
		case <-ctx.Done():
			return ctx.Err()
		}
		defer func() { gate.turn <- struct{}{} }()
	}
	for _, gate := range []*gate{g, s.unknown} {
		idle := gate.close()
		defer gate.open()
		select {
		case <-idle:
			continue // as nearly always; the clock need not be asked
		default:
		}
		select {
		case <-idle:
		case <-late():
			return exception.InternalServerError.Errorf(
				"writes to %s have been on their way to the upstream for %v", g.table, s.o.DrainLimit)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fn()
}

// reshape calls fn, which may change a table itself, while no snapshot of it is being taken; with its history, in which
// there is no doubt, and its description before, if one is kept. A history of another table of that name is forgotten:
// that table was deleted without being seen.
func (s *Source) reshape(ctx context.Context, g *gate, fn func(*history, *described) error) error {
	for {
		_, h := g.watching()
		var unread error
		if h != nil {
			unread = s.reconcile(ctx, h) // outside the lock: it may have to read the table
		}
		g.life.Lock()
		if _, now := g.watching(); now == h || ctx.Err() != nil {
			defer g.life.Unlock()
			if err := ctx.Err(); err != nil {
				return exception.InternalServerError.Errorf("The request was not forwarded: %w", err)
			}
			return s.reshapeLocked(ctx, g, h, unread, fn)
		}
		g.life.Unlock() // one has begun or ended meanwhile
	}
}

func (s *Source) reshapeLocked(
	ctx context.Context, g *gate, h *history, unread error, fn func(*history, *described) error,
) error {
	if h == nil {
		return fn(nil, nil)
	}
	before, err := s.describe(ctx, g.table)
	switch {
	case errors.Is(err, exception.ResourceNotFound) || err == nil && before.ID != h.id:
		s.forget(g, h)
		return fn(nil, nil)
	case err != nil:
		return err
	case unread != nil:
		return exception.InternalServerError.Errorf(
			"The request was not forwarded: the history of %s cannot be read: %w", g.table, unread)
	}
	return fn(h, &before)
}

// after returns a channel that is closed when d has passed since it was first asked for.
func (s *Source) after(ctx context.Context, d time.Duration) (late func() <-chan struct{}, stop func()) {
	ctx, stop = context.WithCancel(ctx)
	return sync.OnceValue(func() <-chan struct{} {
		c := make(chan struct{})
		go func() {
			if clock.Sleep(ctx, s.o.Clock, d) == nil {
				close(c)
			}
		}()
		return c
	}), stop
}

// Delays says how long writes were held back by snapshots and histories.
type Delays struct {
	Writes   int           // how many were seen
	Longest  time.Duration // until one could be sent to the upstream; those of one item with history take turns
	Total    time.Duration
	Secured  time.Duration // the longest that one had to wait for its item to be read, and no more
	ReadBack time.Duration // the longest reading of an item after it was written, for a history
}

type delays struct {
	sync.Mutex
	Delays
}

func (d *delays) note(held, secured time.Duration) {
	d.Lock()
	defer d.Unlock()
	d.Writes++
	d.Total += held
	d.Longest, d.Secured = max(d.Longest, held), max(d.Secured, secured)
}

func (d *delays) noteBack(t time.Duration) {
	d.Lock()
	defer d.Unlock()
	d.ReadBack = max(d.ReadBack, t)
}

// Delays returns how long writes have been held back so far.
func (s *Source) Delays() Delays {
	s.delays.Lock()
	defer s.delays.Unlock()
	return s.delays.Delays
}
