package snapshot

import (
	"sync"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
)

// Capture is a snapshot that was asked for at one instant and whose cut may lie before that instant or after it. The
// work that a cut in the past needs is done when the snapshot is first asked for, once.
type Capture struct {
	at    clock.Instant
	table *schema.Table

	mu       sync.Mutex
	snapshot *Snapshot
	pending  *pendingSnapshot // nil once the snapshot is there
}

type pendingSnapshot struct {
	cut  Cut
	take func() *Snapshot
}

// CutFunc chooses the cut of a capture. It is called once, with the instant of the request, while the table cannot
// change: it must be quick and must not call the store.
type CutFunc func(request clock.Instant) Cut

// NewCapture returns a Capture of the given table, which it takes over. take returns the snapshot, or nil while the
// cut still lies ahead; it is called until it has returned one, never twice at once.
func NewCapture(at clock.Instant, table *schema.Table, cut Cut, take func() *Snapshot) *Capture {
	return &Capture{at: at, table: table, pending: &pendingSnapshot{cut, take}}
}

// Taken returns a Capture whose snapshot is there already.
func Taken(at clock.Instant, s *Snapshot) *Capture {
	return &Capture{at: at, table: s.table, snapshot: s}
}

// At returns the instant of the request: every commit acknowledged before it is before this instant, and every
// commit begun after it is after.
func (c *Capture) At() clock.Instant { return c.at }

// Table returns the table as it was at the request. It is shared and must not be changed.
func (c *Capture) Table() *schema.Table { return c.table }

// Cut returns the cut. A snapshot taken early, because its table was deleted, has no marker after the deletion.
func (c *Capture) Cut() Cut {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending != nil {
		return c.pending.cut
	}
	return c.snapshot.cut
}

// Snapshot returns the snapshot; ok is false as long as its cut lies ahead.
func (c *Capture) Snapshot() (s *Snapshot, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending != nil {
		if c.snapshot = c.pending.take(); c.snapshot != nil {
			c.pending = nil
		}
	}
	return c.snapshot, c.snapshot != nil
}
