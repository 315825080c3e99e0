package upstream

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/storage"
)

// passing is a request that may write, while it is on its way.
type passing struct {
	s       *Source
	writes  *writes
	gates   []*gate // entered
	touched []*touched
}

// touched is the items of a table with history that a request may write, each once and in the order of their keys.
type touched struct {
	table string
	h     *history
	keys  []string
	items map[string]attr.Item // with the key attributes
	now   map[string]attr.Item // as read back
}

// outcome is what the upstream made of a request.
type outcome int

const (
	accepted outcome = iota
	refused          // it has changed nothing
	lost             // nobody knows
)

// begin lets a request pass when its tables do not stand still, and sees to it that every snapshot that is being
// taken has what it is about to change. The request is on its way until end is called.
func (s *Source) begin(ctx context.Context, w *writes) (*passing, error) {
	start := s.Now()
	p := &passing{s: s, writes: w}
	for _, table := range w.tables() {
		if err := p.enter(ctx, s.pin(table)); err != nil {
			return nil, err
		}
	}
	if w.unknown {
		if err := p.enter(ctx, s.pin(everywhere)); err != nil {
			return nil, err
		}
		for _, g := range s.gates() {
			p.spoil(g)
		}
	}
	entered := s.Now()
	p.secure(context.WithoutCancel(ctx))
	for _, table := range w.statements {
		p.spoil(s.gate(table))
	}
	secured := s.Now()
	for _, t := range p.touched {
		t.h.lock(t.keys)
	}
	if len(p.gates) > 0 { // it is not one that only reads
		s.delays.note(s.Now().Sub(start), secured.Sub(entered))
	}
	return p, nil
}

func (p *passing) enter(ctx context.Context, g *gate) error {
	if err := g.enter(ctx); err != nil {
		p.s.unpin(g)
		p.leave()
		return err
	}
	p.gates = append(p.gates, g)
	return nil
}

func (p *passing) leave() {
	for _, g := range p.gates {
		g.leave()
		p.s.unpin(g)
	}
}

// spoil has what is known of a table be in doubt.
func (p *passing) spoil(g *gate) {
	captures, h := g.watching()
	for _, c := range captures {
		c.spoil()
	}
	if h != nil {
		h.doubt()
	}
}

// secure has the snapshots read the items that they do not have yet, all at once, and finds the items whose history
// is kept.
func (p *passing) secure(ctx context.Context) {
	var reading sync.WaitGroup
	defer reading.Wait()
	for _, g := range p.gates {
		captures, h := g.watching()
		if len(captures) == 0 && h == nil {
			continue
		}
		t := &touched{table: g.table, h: h, items: make(map[string]attr.Item), now: make(map[string]attr.Item)}
		for _, w := range p.writes.items {
			if w.table != g.table {
				continue
			}
			for _, c := range captures {
				if key, item, ok := keyOf(c.layout, w.item); ok {
					reading.Go(func() { c.secure(ctx, p.s, g.table, key, item) })
				}
			}
			if h != nil {
				if key, item, ok := keyOf(h.layout, w.item); ok {
					t.items[textOf(key)] = item
				}
			}
		}
		if h != nil && len(t.items) > 0 {
			t.keys = slices.Sorted(maps.Keys(t.items))
			p.touched = append(p.touched, t)
		}
	}
}

// keyOf returns the key of an item, also as an item of the key attributes alone. A key that cannot be is that of no
// item: the upstream will refuse it.
func keyOf(l *storage.Layout, item attr.Item) (key attr.Key, alone attr.Item, ok bool) {
	key = l.KeyOf(item)
	if l.CheckKey(key) != nil {
		return key, alone, false
	}
	return key, l.Position(-1, item), true
}

// textOf returns a text that orders keys.
func textOf(k attr.Key) string {
	return string(attr.AppendKey(attr.AppendKey(nil, k.Partition), k.Sort))
}

// end notes what became of a request. What it changed is in the histories when end returns.
func (p *passing) end(ctx context.Context, o outcome) {
	// An emulator may refuse a batch after it has done a part of it.
	if o != refused || !p.writes.atomic && len(p.writes.items)+len(p.writes.statements) > 1 {
		p.readBack(ctx, o)
		for _, table := range p.writes.statements {
			p.doubt(p.s.gate(table))
		}
		if p.writes.unknown {
			for _, g := range p.s.gates() {
				p.doubt(g)
			}
		}
	}
	for _, t := range p.touched {
		t.h.unlock(t.keys)
	}
	p.leave()
	if o == accepted {
		for _, table := range p.writes.statements {
			p.s.reread(table)
		}
	}
}

func (p *passing) doubt(g *gate) {
	if _, h := g.watching(); h != nil {
		h.doubt()
	}
}

// readBack reads the items that may have been written, and records them.
func (p *passing) readBack(ctx context.Context, o outcome) {
	if len(p.touched) == 0 {
		return
	}
	start := p.s.Now()
	var reading sync.WaitGroup
	for _, t := range p.touched {
		var mu sync.Mutex
		for key, item := range t.items {
			reading.Go(func() {
				now, err := p.s.item(ctx, t.table, item)
				if err == nil && !now.IsZero() {
					err = t.h.layout.Check(now)
				}
				if err != nil {
					t.h.doubt()
					return
				}
				mu.Lock()
				defer mu.Unlock()
				t.now[key] = now
			})
		}
	}
	reading.Wait()
	p.s.delays.noteBack(p.s.Now().Sub(start))
	p.record()
	for _, t := range p.touched {
		p.s.relieve(t.h)
	}
	if o == lost {
		for _, t := range p.touched {
			t.h.doubt() // it may still come to be
		}
	}
}

// record puts what was read back into the histories: a transaction at one instant, everything else item by item.
func (p *passing) record() {
	for _, t := range p.touched { // in the order of the tables' names
		t.h.mu.Lock()
		defer t.h.mu.Unlock()
	}
	at := p.s.seq.Next()
	for _, t := range p.touched {
		for _, key := range t.keys {
			now, read := t.now[key]
			if !read {
				continue
			}
			if !p.writes.atomic {
				at = p.s.seq.Next()
			}
			t.h.putLocked(image{at, t.h.layout.KeyOf(t.items[key]), now})
		}
		t.h.trimLocked(at.Time())
	}
}

// pin returns the gate of a table, which stays until unpin has been called.
func (s *Source) pin(table string) *gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.mu.gates[table]
	if g == nil {
		g = newGate(table)
		s.mu.gates[table] = g
	}
	g.pins++
	return g
}

// unpin forgets a gate that nobody holds: requests name any number of tables that there are not.
func (s *Source) unpin(g *gate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.pins--; g.pins == 0 && s.mu.gates[g.table] == g {
		delete(s.mu.gates, g.table)
	}
}

// gate returns the gate of a table; nil if nobody holds it.
func (s *Source) gate(table string) *gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.gates[table]
}

func (s *Source) gates() []*gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.mu.gates))
}
