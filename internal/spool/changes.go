package spool

import (
	"iter"
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/storage"
)

// Change is what was put for an item at an instant, and what it was before. The zero Item says that there was none.
type Change struct {
	At       clock.Instant
	Old, New attr.Item
}

// Changes returns a function that returns what was put after one instant and up to another, in the order of the instants,
// but for what made no difference. The first must not be before the floor of Trim; what is trimmed after the call of
// Changes does not matter. The list is in memory as a whole.
func (v *Versions) Changes(from, to clock.Instant) func() ([]Change, error) {
	sources := v.all()
	return func() (list []Change, err error) {
		var before version
		for x, err := range merge(sources, storage.Span{}, false) {
			switch {
			case err != nil:
				return nil, err
			case x.at.After(to):
				continue
			case x.place != before.place:
				before = version{}
			}
			if x.at.After(from) && x.item != before.item {
				list = append(list, Change{x.at, before.item, x.item})
			}
			before = x
		}
		slices.SortStableFunc(list, func(a, b Change) int { return a.At.Compare(b.At) })
		return list, nil
	}
}

// Differences returns the items that are not the same in two Views of tables with the same key, in the order of the
// table. They end where one of the Views cannot be read, so whoever reads them asks both for their Err afterwards. It
// keeps none of them.
func Differences(a, b *View) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		nextA, stopA := iter.Pull(a.versionsOf(storage.Span{}, false))
		defer stopA()
		nextB, stopB := iter.Pull(b.versionsOf(storage.Span{}, false))
		defer stopB()
		x, inA := nextA()
		y, inB := nextB()
		for (inA || inB) && a.Err() == nil && b.Err() == nil { // else what could not be read would seem to be gone
			order := x.place.Compare(y.place)
			switch {
			case !inB:
				order = -1
			case !inA:
				order = 1
			}
			var c Change
			if order <= 0 {
				c.Old = x.item
				x, inA = nextA()
			}
			if order >= 0 {
				c.New = y.item
				y, inB = nextB()
			}
			if c.Old != c.New && !yield(c) {
				return
			}
		}
	}
}
