package spool

import (
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/storage"
)

// fanIn is how many runs of one level are merged into one of the next.
const fanIn = 8

// Versions is the items of a table, with what they were before. [Spool.Versions] makes them.
type Versions struct {
	spool  *Spool
	layout *storage.Layout
	held   *atomic.Int64 // bytes in memory

	relieving sync.Mutex // held by whoever moves things: it alone takes sources out

	mu struct {
		sync.Mutex
		sources []source // runs and then frozen trees, the oldest first; copied before it is changed
		tree    *tree    // what is put
		floor   clock.Instant
		pins    map[clock.Instant]int // what Views may ask for before the floor
		stale   int                   // versions put since superfluous ones were last dropped from memory
		kept    int                   // versions in memory then
	}
}

// holdMemory counts the memory of Versions until they are gone.
func holdMemory(s *Spool, v *Versions) *atomic.Int64 {
	held := new(atomic.Int64)
	runtime.AddCleanup(v, func(held *atomic.Int64) { s.memory.Add(-held.Load()) }, held)
	return held
}

func (v *Versions) grow(bytes int64) {
	v.held.Add(bytes)
	v.spool.memory.Add(bytes)
}

// Put notes that an item, which must have the table's key attributes, has been so since an instant. What was put before
// with the same key and instant no longer counts.
func (v *Versions) Put(at clock.Instant, item attr.Item) {
	place, _ := v.layout.Place(-1, item)
	v.add(version{place, at, item})
}

// Delete notes that there has been no item of that key since an instant.
func (v *Versions) Delete(at clock.Instant, key attr.Key) {
	v.add(version{place: storage.PositionOf(key), at: at})
}

func (v *Versions) add(x version) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.grow(v.mu.tree.put(x))
	v.mu.stale++
}

// Trim says that nobody will ask for an instant before the floor any more. Views that there are stay as they are: what
// they need is not dropped. An item must not be put at the floor or before it afterwards if it was deleted not after it: that may be forgotten.
func (v *Versions) Trim(floor clock.Instant) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if floor.After(v.mu.floor) {
		v.mu.floor = floor
	}
}

// Pressed reports whether Relieve has something to do.
func (v *Versions) Pressed() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.burdenLocked() || v.staleLocked()
}

// burdenLocked reports whether these Versions should go to disk: a tree of a few items is not worth a file.
func (v *Versions) burdenLocked() bool {
	return v.spool.full() && v.held.Load() >= v.spool.budget/shares
}

func (v *Versions) staleLocked() bool { return v.mu.stale > 4096+v.mu.kept/2 && !v.mu.floor.IsZero() }

// Relieve moves what is in memory to disk if the Spool is over its budget, and drops what is superfluous, and returns
// when that is done. If it fails everything is where it was.
func (v *Versions) Relieve() error {
	if !v.Pressed() {
		return nil
	}
	v.relieving.Lock()
	defer v.relieving.Unlock()
	v.mu.Lock()
	burden, stale := v.burdenLocked(), v.staleLocked()
	v.mu.Unlock()
	switch {
	case burden: // no longer, if somebody else has done it meanwhile
		return v.flush()
	case stale:
		return v.collapse()
	}
	return nil
}

// Settle is Relieve for Versions to which nothing will be put any more: they go to disk, however small, if the Spool is
// over its budget.
func (v *Versions) Settle() error {
	if !v.spool.full() || v.held.Load() == 0 {
		return nil
	}
	v.relieving.Lock()
	defer v.relieving.Unlock()
	return v.flush()
}

// freeze puts the tree in its place among the sources, and returns all that is in memory.
func (v *Versions) freeze() (runs int, trees []source, wanted wanted) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.mu.tree.Len() > 0 {
		v.mu.sources = append(slices.Clip(v.mu.sources), v.mu.tree)
		v.mu.tree = newTree()
	}
	v.mu.stale = 0
	for runs < len(v.mu.sources) {
		if _, ok := v.mu.sources[runs].(*run); !ok {
			break
		}
		runs++
	}
	return runs, v.mu.sources[runs:], v.wantedLocked()
}

func (v *Versions) wantedLocked() wanted {
	return wanted{v.mu.floor, slices.SortedFunc(maps.Keys(v.mu.pins), clock.Instant.Compare)}
}

// replace puts one source, or none, in the place of those from a place up to another.
func (v *Versions) replace(from, to int, s source) {
	v.mu.Lock()
	defer v.mu.Unlock()
	freed := int64(0)
	for _, old := range v.mu.sources[from:to] {
		if t, ok := old.(*tree); ok {
			freed += t.bytes
		}
	}
	var now []source
	switch s := s.(type) {
	case *tree:
		now = []source{s}
		freed -= s.bytes
		v.mu.kept = s.Len()
	case *run:
		if s != nil {
			now = []source{s}
		}
		v.mu.kept = 0
	}
	v.mu.sources = slices.Concat(v.mu.sources[:from], now, v.mu.sources[to:])
	v.grow(-freed)
}

// flush writes what is in memory to a run.
func (v *Versions) flush() error {
	runs, trees, wanted := v.freeze()
	if len(trees) == 0 {
		return nil
	}
	r, err := writeRun(v.spool, needed(merge(trees, storage.Span{}, false), wanted, runs == 0), 0)
	if err != nil {
		return err
	}
	v.replace(runs, runs+len(trees), r)
	return v.compact()
}

// collapse makes one tree of all, without what is superfluous.
func (v *Versions) collapse() error {
	runs, trees, wanted := v.freeze()
	t := newTree()
	for x, err := range needed(merge(trees, storage.Span{}, false), wanted, runs == 0) {
		if err != nil {
			return err
		}
		t.put(x)
	}
	v.replace(runs, runs+len(trees), t)
	return nil
}

// compact merges the last runs as long as there are enough of one level.
func (v *Versions) compact() error {
	for {
		v.mu.Lock()
		var runs []*run
		for _, s := range v.mu.sources {
			if r, ok := s.(*run); ok {
				runs = append(runs, r)
			}
		}
		wanted := v.wantedLocked()
		v.mu.Unlock()
		first := len(runs)
		for first > 0 && runs[first-1].level == runs[len(runs)-1].level {
			first--
		}
		if len(runs)-first < fanIn {
			return nil
		}
		var merged []source
		for _, r := range runs[first:] {
			merged = append(merged, r)
		}
		all := needed(merge(merged, storage.Span{}, false), wanted, first == 0)
		r, err := writeRun(v.spool, all, runs[first].level+1)
		if err != nil {
			return err
		}
		v.replace(first, len(runs), r)
	}
}

// Last returns what an item was at an instant, and since when: the zero Instant if nothing was put for its key that is
// not after it. The zero Item says that there was none.
func (v *Versions) Last(at clock.Instant, key attr.Key) (item attr.Item, since clock.Instant, err error) {
	place := storage.PositionOf(key)
	v.mu.Lock()
	newest, _, _ := v.mu.tree.last(place, at) // in memory, which cannot fail
	sources := v.mu.sources
	v.mu.Unlock()
	older, err := lastOf(sources, place, at)
	if newest.place != place || older.at.After(newest.at) {
		newest = older
	}
	return newest.item, newest.at, err
}

// lastOf returns the last version at a place that is not after an instant, the zero version if there is none.
func lastOf(sources []source, p storage.Position, at clock.Instant) (last version, err error) {
	for _, s := range sources {
		v, found, err := s.last(p, at)
		if err != nil {
			return version{}, err
		}
		if found && !v.at.Before(last.at) { // at one instant the later source counts
			last = v
		}
	}
	return last, nil
}

// View returns the table as it was at an instant: of n instants each is that of one of n equal ranges of the hashes of
// partition keys, in their order. None may be before the floor of Trim. What the View needs is kept as long as somebody
// refers to it.
func (v *Versions) View(markers ...clock.Instant) *View {
	w := &View{versions: v, markers: markers}
	w.count = sync.OnceFunc(w.countItems)
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, at := range markers {
		v.mu.pins[at]++
	}
	runtime.AddCleanup(w, v.unpin, markers)
	return w
}

func (v *Versions) unpin(markers []clock.Instant) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, at := range markers {
		if v.mu.pins[at]--; v.mu.pins[at] == 0 {
			delete(v.mu.pins, at)
		}
	}
}

// all returns everything there is, as it is now.
func (v *Versions) all() []source {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.mu.tree.Len() == 0 {
		return v.mu.sources
	}
	return append(slices.Clip(v.mu.sources), v.mu.tree.clone())
}
