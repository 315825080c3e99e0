package spool

import (
	"iter"
	"slices"

	"github.com/google/btree"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/storage"
)

// version is what an item has been from an instant on. Of the zero Item there was none.
type version struct {
	place storage.Position
	at    clock.Instant
	item  attr.Item
}

func (v version) compare(w version) int {
	if c := v.place.Compare(w.place); c != 0 {
		return c
	}
	return v.at.Compare(w.at)
}

func less(v, w version) bool { return v.compare(w) < 0 }

// overhead is about what a version takes in memory besides its key and its item.
const overhead = 160

func (v version) size() int64 { return int64(len(v.place.Key()) + v.item.Size() + overhead) }

// sequence is versions in order, which ends with the first error.
type sequence = iter.Seq2[version, error]

// source is an ordered collection of versions that does not change any more.
type source interface {
	scan(s storage.Span, reverse bool) sequence

	// last returns the last version at a place that is not after an instant.
	last(p storage.Position, at clock.Instant) (v version, found bool, err error)
}

// tree is a source in memory, which may be added to until it is frozen.
type tree struct {
	*btree.BTreeG[version]
	bytes int64
}

func newTree() *tree { return &tree{BTreeG: btree.NewG(32, less)} }

// put returns by how much the tree has grown.
func (t *tree) put(v version) int64 {
	old, replaced := t.ReplaceOrInsert(v)
	grown := v.size()
	if replaced {
		grown -= old.size()
	}
	t.bytes += grown
	return grown
}

func (t *tree) clone() *tree { return &tree{BTreeG: t.Clone(), bytes: t.bytes} }

func (t *tree) scan(s storage.Span, reverse bool) sequence {
	from, to, bounded := s.Bounds()
	first, end := version{place: from}, version{place: to}
	return func(yield func(version, error) bool) {
		visit := func(v version) bool { return yield(v, nil) }
		switch {
		case reverse && bounded:
			t.DescendLessOrEqual(end, func(v version) bool {
				return !less(v, end) || !less(v, first) && visit(v)
			})
		case reverse:
			t.Descend(func(v version) bool { return !less(v, first) && visit(v) })
		case bounded:
			t.AscendRange(first, end, visit)
		default:
			t.AscendGreaterOrEqual(first, visit)
		}
	}
}

func (t *tree) last(p storage.Position, at clock.Instant) (last version, found bool, err error) {
	t.DescendLessOrEqual(version{place: p, at: at}, func(v version) bool {
		last, found = v, v.place == p
		return false
	})
	return last, found, nil
}

// merge returns the versions of all sources in order. Of those with the same place and instant only that of the last
// source counts.
func merge(sources []source, s storage.Span, reverse bool) sequence {
	if len(sources) == 1 {
		return sources[0].scan(s, reverse)
	}
	return func(yield func(version, error) bool) {
		var heads []*head
		defer func() {
			for _, h := range heads {
				h.stop()
			}
		}()
		for _, from := range slices.Backward(sources) { // the last one first
			h := new(head)
			h.next, h.stop = iter.Pull2(from.scan(s, reverse))
			heads = append(heads, h)
			h.advance()
		}
		for {
			first := firstOf(heads, reverse)
			if first == nil {
				return
			}
			v, err := first.version, first.err
			if !yield(v, err) || err != nil {
				return
			}
			for _, h := range heads {
				if h.more && h.err == nil && h.version.compare(v) == 0 {
					h.advance()
				}
			}
		}
	}
}

// head is a sequence of which the first version has been taken.
type head struct {
	next    func() (version, error, bool)
	stop    func()
	version version
	err     error
	more    bool
}

func (h *head) advance() { h.version, h.err, h.more = h.next() }

func firstOf(heads []*head, reverse bool) (first *head) {
	for _, h := range heads {
		switch {
		case !h.more:
		case h.err != nil:
			return h
		case first == nil || h.version.compare(first.version) < 0 != reverse && h.version.compare(first.version) != 0:
			first = h
		}
	}
	return first
}

// asOf returns for each place the last of the ascending or descending versions that is not after the instant of its
// hash.
func asOf(all sequence, instant func(storage.Hash) clock.Instant, reverse bool) sequence {
	return func(yield func(version, error) bool) {
		var best version
		found := false
		for v, err := range all {
			if err != nil {
				yield(v, err)
				return
			}
			if v.at.After(instant(v.place.Hash())) {
				continue
			}
			if found && v.place != best.place {
				if !yield(best, nil) {
					return
				}
				found = false
			}
			if !found || !reverse {
				best, found = v, true
			}
		}
		if found {
			yield(best, nil)
		}
	}
}

// wanted says which instants somebody may ask for: those from the floor on, and some before it, in order.
type wanted struct {
	floor clock.Instant
	pins  []clock.Instant
}

// any reports whether somebody may ask for an instant from one on and before another.
func (w wanted) any(from, before clock.Instant) bool {
	i, _ := slices.BinarySearchFunc(w.pins, from, clock.Instant.Compare)
	return w.floor.Before(before) || i < len(w.pins) && w.pins[i].Before(before)
}

// needed leaves out of ascending versions those that were replaced before somebody may ask for them. If these are all
// that there is, it also leaves out that an item was deleted where nothing is kept of what it was before.
func needed(all sequence, w wanted, complete bool) sequence {
	return func(yield func(version, error) bool) {
		var last version // not yielded yet
		var pending, older bool
		for v, err := range all {
			if err != nil {
				yield(v, err)
				return
			}
			if v.place != last.place {
				if pending && !w.drops(last, older, complete) && !yield(last, nil) {
					return
				}
				older = false
			} else if pending && w.any(last.at, v.at) && !w.drops(last, older, complete) {
				if !yield(last, nil) {
					return
				}
				older = true
			}
			last, pending = v, true
		}
		if pending && !w.drops(last, older, complete) {
			yield(last, nil)
		}
	}
}

// drops reports whether a version says only that an item is gone of which nothing is kept. One after the floor is kept:
// there may come versions of before it.
func (w wanted) drops(v version, older, complete bool) bool {
	return complete && !older && v.item.IsZero() && !v.at.After(w.floor)
}
