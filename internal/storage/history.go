package storage

import (
	"sort"

	"github.com/tidemark-db/tidemark/clock"
)

// History is a log with checkpoints: clones of the data at some places of it. The state at any instant that the log
// reaches is found by going to the nearest checkpoint, or to the present, and undoing or redoing the changes from
// there. Its zero value is empty.
type History struct {
	Log
	checkpoints []checkpoint
}

// checkpoint is the state after the first changes of a table, counted from where the log began.
type checkpoint struct {
	after int
	data  *Data
}

// Checkpoint keeps a clone of live, the present state, if the last one is at least every changes back. Every state is
// then at most half as many changes away from one, or from the present; only those before the oldest checkpoint can be
// as many changes away from it.
func (h *History) Checkpoint(live *Data, every int) {
	last := h.first
	if n := len(h.checkpoints); n > 0 {
		last = h.checkpoints[n-1].after
	}
	if h.first+h.len-last >= every {
		h.checkpoints = append(h.checkpoints, checkpoint{h.first + h.len, live.Clone()})
	}
}

// Trim forgets changes as [Log.Trim] does, and the checkpoints that lie before all that are left.
func (h *History) Trim(cut clock.Instant) (floor clock.Instant) {
	if floor = h.Log.Trim(cut); floor.IsZero() {
		return floor
	}
	if n := sort.Search(len(h.checkpoints), func(i int) bool { return h.checkpoints[i].after >= h.first }); n > 0 {
		h.checkpoints = append([]checkpoint(nil), h.checkpoints[n:]...)
	}
	return floor
}

// Replay is the way to an earlier state: a clone of a state nearby, and the changes between.
type Replay struct {
	data    *Data
	changes Segment
	redo    bool // else undo
}

// Find returns the way to the state with all changes up to cut. live is the present state. The state of which h no
// longer has the changes is the oldest one that it has.
func (h *History) Find(live *Data, cut clock.Instant) Replay {
	place := h.first + h.upTo(cut)
	next := sort.Search(len(h.checkpoints), func(i int) bool { return h.checkpoints[i].after >= place })
	behind := checkpoint{h.first + h.len, live}
	if next < len(h.checkpoints) {
		behind = h.checkpoints[next]
	}
	if next > 0 && place-h.checkpoints[next-1].after < behind.after-place {
		before := h.checkpoints[next-1]
		return Replay{before.data.Clone(), h.part(before.after-h.first, place-h.first), true}
	}
	return Replay{behind.data.Clone(), h.part(place-h.first, behind.after-h.first), false}
}

// Len returns how many changes lie on the way.
func (r Replay) Len() int { return r.changes.Len() }

// Data goes the way and returns where it leads. It must be called once, and needs no lock.
func (r Replay) Data() *Data {
	if r.redo {
		for c := range r.changes.All() {
			r.data.set(c.Old, c.New)
		}
		return r.data
	}
	for c := range r.changes.Backward() {
		r.data.set(c.New, c.Old)
	}
	return r.data
}
