package snapshot

import (
	"iter"

	"github.com/tidemark-db/tidemark/attr"
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
