package snapshot

import (
	"iter"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
)

// Difference is an item that is not the same in two states of a table. Old or New is the zero Item where there is none.
type Difference struct {
	Key      attr.Key
	Old, New attr.Item
}

// Differences returns how the items of later differ from those of s, in the table's order: first those that changed or
// went, then those that came. Both must have the same primary key. It looks at every item of both.
func (s *Snapshot) Differences(later *Snapshot) iter.Seq[Difference] {
	return func(yield func(Difference) bool) {
		layout := s.data.Layout()
		for old := range s.All() {
			key := layout.KeyOf(old)
			if now, _ := later.Lookup(key); now != old && !yield(Difference{key, old, now}) {
				return
			}
		}
		for now := range later.All() {
			key := layout.KeyOf(now)
			if _, found := s.Lookup(key); !found && !yield(Difference{Key: key, New: now}) {
				return
			}
		}
	}
}

// Change is what one commit did to one item: what a write answers, and what a table's history is made of. All changes of
// a transaction have the same instant.
type Change struct {
	At clock.Instant
	Difference
}

// Net returns what changes, given in the order of their commits, come to: one Difference for each item that is not the
// same at the end as at the beginning, in the order in which the items first changed. An item that came and went is not
// among them. It remembers every item that changed.
func Net(changes iter.Seq[Change]) iter.Seq[Difference] {
	return func(yield func(Difference) bool) {
		for _, d := range net(changes) {
			if d.Old != d.New && !yield(d) {
				return
			}
		}
	}
}

func net(changes iter.Seq[Change]) []Difference {
	var list []Difference
	places := make(map[attr.Key]int)
	for c := range changes {
		if c.Old == c.New {
			continue
		}
		i, seen := places[c.Key]
		if !seen {
			i = len(list)
			places[c.Key] = i
			list = append(list, c.Difference)
		}
		list[i].New = c.New
	}
	return list
}
