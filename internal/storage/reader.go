package storage

import "github.com/tidemark-db/tidemark/attr"

// Reader is the items of a table at one instant, wherever they are kept. [Data] is one, in memory. The numbers i stand
// for an index of the layout, or for the table if they are negative.
type Reader interface {
	Layout() *Layout
	Len(i int) int
	Bytes(i int) int64
	Item(k attr.Key) (item attr.Item, ok bool)
	Scan(i int, s Span, reverse bool, fn func(attr.Item) bool)

	// Data returns the same in memory. It must not be changed, but may be cloned by one caller at a time.
	Data() (*Data, error)

	// Err returns the first failure to read: with one, what was found is not all there is. It is to be asked after, not
	// before.
	Err() error
}
