package table

import (
	"container/heap"
	"context"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// pendingCut is a snapshot that has been asked for. Its fields are guarded by the table's lock until data is set, and
// do not change after that.
type pendingCut struct {
	at    clock.Instant // of the request
	cut   snapshot.Cut
	due   clock.Instant // the cut's latest marker
	early storage.Segment

	layout *storage.Layout // of the table at the request
	late   storage.Segment // the changes between the request and data
	data   *storage.Data   // the table as it was when the last marker had passed
}

// CaptureTable starts a snapshot of a table, whose cut may lie before or after the present, at a cost that does not
// depend on the table's size. Markers that lie further back than the table's birth, or its history, are moved up to
// it; those after its deletion are moved down to it. Without any history a cut of several markers is taken at the
// request. It fails with ResourceNotFound for a table that is not there or CREATING; one that is DELETING can still
// be captured.
func (s *Store) CaptureTable(_ context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	t, err := s.lookup(name)
	if err != nil {
		return nil, exception.During("CaptureTable", name, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.nextLocked()
	if err := t.begun(at, at); err != nil {
		return nil, exception.During("CaptureTable", name, err)
	}
	return t.captureLocked(at, cut(at)), nil
}

func (t *Table) captureLocked(at clock.Instant, cut snapshot.Cut) *snapshot.Capture {
	table := t.definitionLocked(at.Time())
	cut = t.clipLocked(at, cut)
	due, early := cut.Latest(), t.mu.log.Since(cut.Earliest())
	if !due.After(at) && early.Len() == 0 {
		return snapshot.Taken(at, snapshot.New(table, cut, t.mu.data.Clone()))
	}
	p := &pendingCut{at: at, cut: cut, due: due, early: early, layout: t.mu.data.Layout()}
	if due.After(at) {
		heap.Push(&t.mu.pending, p)
		if p.torn() && t.mu.awaited.IsZero() {
			t.mu.awaited = at
		}
	} else {
		p.data = t.mu.data.Clone()
	}
	return snapshot.NewCapture(at, table, cut, func() *snapshot.Snapshot { return t.take(p, table) })
}

// clipLocked moves the markers of a cut into the time of which the table can give an account.
func (t *Table) clipLocked(at clock.Instant, cut snapshot.Cut) snapshot.Cut {
	floor := t.floorLocked(at)
	if cut.IsTorn() && t.retentionLocked() <= 0 {
		cut = snapshot.At(at)
	}
	latest := cut.Latest()
	if ended := t.mu.ended; !ended.IsZero() {
		latest = ended
		if floor.After(ended) {
			floor = ended
		}
	}
	return cut.Between(floor, latest)
}

// settleLocked takes the data of the pending cuts whose last marker lies before the given instant.
func (t *Table) settleLocked(now clock.Instant) {
	if len(t.mu.pending) == 0 || !t.mu.pending[0].due.Before(now) {
		return
	}
	for len(t.mu.pending) > 0 && t.mu.pending[0].due.Before(now) {
		p := heap.Pop(&t.mu.pending).(*pendingCut)
		p.data, p.late = t.mu.data.Clone(), t.mu.log.Since(p.at)
	}
	t.awaitLocked()
}

// torn reports whether p needs the log when it is due. With a single marker it does not: its data is taken before the
// first commit after the marker.
func (p *pendingCut) torn() bool { return p.due != p.cut.Earliest() }

// awaitLocked finds out, when pending cuts have been settled, from where on the others need the log.
func (t *Table) awaitLocked() {
	t.mu.awaited = clock.Instant{}
	for _, p := range t.mu.pending {
		if p.torn() && (t.mu.awaited.IsZero() || p.at.Before(t.mu.awaited)) {
			t.mu.awaited = p.at
		}
	}
	if t.mu.awaited.IsZero() && t.retentionLocked() <= 0 {
		t.dropHistoryLocked()
	}
}

// settleAllLocked ends the wait of every pending cut: after a deletion nothing more will come.
func (t *Table) settleAllLocked() {
	for _, p := range t.mu.pending {
		p.cut = p.cut.Between(clock.Instant{}, t.mu.ended)
		p.data, p.late = t.mu.data.Clone(), t.mu.log.Since(p.at)
	}
	t.mu.pending = nil
	t.awaitLocked()
}

// take makes the snapshot of p, or returns nil while its last marker lies ahead. The undoing happens outside the
// table's lock, on data that is p's own. Indexes are those of the request, whatever became of them before the marker.
func (t *Table) take(p *pendingCut, table *schema.Table) *snapshot.Snapshot {
	t.mu.Lock()
	now := t.store.now()
	t.expireLocked(now)
	t.settleLocked(clock.StartOf(now))
	ready := p.data != nil
	t.mu.Unlock()
	if !ready {
		return nil
	}
	p.data.Rewind(p.late, p.cut.MarkerOf)
	p.data.Rewind(p.early, p.cut.MarkerOf)
	return snapshot.New(table, p.cut, laidOut(p.data, p.layout))
}

// pendingCuts is a heap of the cuts that lie ahead, the next one first.
type pendingCuts []*pendingCut

func (h pendingCuts) Len() int           { return len(h) }
func (h pendingCuts) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h pendingCuts) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *pendingCuts) Push(p any)        { *h = append(*h, p.(*pendingCut)) }
func (h *pendingCuts) Pop() any {
	last := len(*h) - 1
	p := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return p
}
