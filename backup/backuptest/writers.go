package backuptest

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/snapshot"
)

const (
	writers  = 3
	slots    = 4 // items of each writer, which it writes in turn
	captures = 30
)

// progress counts the writes of each writer. The n-th of them puts n into the item n mod slots.
type progress struct {
	begun, acknowledged [writers]atomic.Int64
	stop                atomic.Bool
}

func counts(of *[writers]atomic.Int64) (n [writers]int64) {
	for w := range of {
		n[w] = of[w].Load()
	}
	return n
}

func slot(writer int, n int64) string { return fmt.Sprintf("%d.%d", writer, n%slots) }

// write is what each writer does until it is told to stop.
func (p *progress) write(t *trial, writer int) error {
	defer p.stop.Store(true) // who is waited for must not go in silence
	for n := int64(1); !p.stop.Load(); n++ {
		p.begun[writer].Store(n)
		if err := t.store.Put(t.ctx, "Busy", thing(slot(writer, n), int(n))); err != nil {
			return fmt.Errorf("put an item: %w", err)
		}
		p.acknowledged[writer].Store(n)
		runtime.Gosched()
	}
	return nil
}

// observed is a capture taken among writers, with what is known of their progress.
type observed struct {
	capture *snapshot.Capture
	atLeast [writers]int64 // acknowledged before the call
	atMost  [writers]int64 // begun when the instant was known
}

func (p *progress) observe(t *trial) (o observed, err error) {
	for seen := counts(&p.acknowledged); seen == counts(&p.acknowledged) && !p.stop.Load(); {
		runtime.Gosched() // until somebody has written
	}
	o.atLeast = counts(&p.acknowledged)
	o.capture, err = t.store.CaptureTable(t.ctx, "Busy", func(at clock.Instant) snapshot.Cut {
		o.atMost = counts(&p.begun)
		return snapshot.At(at)
	})
	return o, err
}

func captureAmongWriters(t *trial) {
	h, historian := t.store.(backup.Historian)
	if historian {
		h.Retain(time.Hour)
	}
	t.create(simple("Busy"))
	if t.failed() {
		return
	}
	var p progress
	var seen []observed
	errs := together(writers+1, func(i int) error {
		if i < writers {
			return p.write(t, i)
		}
		defer p.stop.Store(true)
		for range captures {
			o, err := p.observe(t)
			if err != nil {
				return fmt.Errorf("captured the table: %w", err)
			}
			seen = append(seen, o)
		}
		return nil
	})
	if !t.worked("wrote to a table and captured it at the same time", errors.Join(errs...)) {
		return
	}
	for _, o := range seen {
		t.prefixes(o)
	}
	for i := 0; historian && i < len(seen) && !t.failed(); i += 5 {
		at := seen[i].capture.At()
		was, err := h.SnapshotTable(t.ctx, "Busy", at)
		now := t.taken("captured the table", seen[i].capture)
		if t.worked("SnapshotTable", err) {
			t.same("captured the table among writers, and looked at the history at the instant of the capture",
				itemsIn(was), itemsIn(now))
		}
	}
}

// prefixes fails unless a capture holds, of each writer, all writes up to one.
func (t *trial) prefixes(o observed) {
	s := t.taken("captured the table among writers", o.capture)
	if t.failed() {
		return
	}
	did := "captured the table while it was written to"
	for w := range writers {
		var values [slots]int64
		var last int64
		for i := range int64(slots) {
			values[i] = numberIn(s, slot(w, i))
			last = max(last, values[i])
		}
		t.require(last >= o.atLeast[w], did, fmt.Sprintf("write %d of a writer as its last", last),
			fmt.Sprintf("write %d or later, as that was acknowledged before the call", o.atLeast[w]))
		t.require(last <= o.atMost[w], did, fmt.Sprintf("write %d of a writer as its last", last),
			fmt.Sprintf("write %d or earlier, as the next was begun after the instant", o.atMost[w]))
		for n := max(last-slots+1, 1); n <= last; n++ {
			t.require(values[n%slots] == n, did, fmt.Sprintf("write %d of a writer, but not write %d", last, n),
				"all writes of one writer up to the last that is there")
		}
	}
}

func numberIn(s *snapshot.Snapshot, id string) (n int64) {
	item, _ := s.Lookup(attr.Key{Partition: attr.S(id)})
	v, _ := item.Lookup("n")
	text, _ := v.Number()
	_, _ = fmt.Sscan(text, &n) // 0 if there is none yet
	return n
}
