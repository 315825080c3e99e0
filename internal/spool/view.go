package spool

import (
	"iter"
	"sync"
	"sync/atomic"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
)

// View is a table as it was at one instant, or each of its partitions at one of its own. It is a storage.Reader.
// [Versions.View] makes them.
type View struct {
	versions *Versions
	markers  []clock.Instant // one for each of as many equal ranges of hashes; pinned in versions

	count func()
	items int
	bytes int64

	whole struct {
		sync.Mutex
		data *storage.Data
	}
	failure atomic.Pointer[error]
}

func (w *View) at(h storage.Hash) clock.Instant { return w.markers[h.Part(len(w.markers))] }

// Layout returns how the table is laid out.
func (w *View) Layout() *storage.Layout { return w.versions.layout }

// Err returns the first failure to read from disk.
func (w *View) Err() error {
	if err := w.failure.Load(); err != nil {
		return *err
	}
	return nil
}

func (w *View) fail(err error) {
	err = exception.InternalServerError.Errorf("a snapshot cannot be read: %w", err)
	w.failure.CompareAndSwap(nil, &err)
}

// all returns the items of a span, without those that are gone.
func (w *View) all(s storage.Span, reverse bool) iter.Seq[attr.Item] {
	return func(yield func(attr.Item) bool) {
		for v := range w.versionsOf(s, reverse) {
			if !yield(v.item) {
				return
			}
		}
	}
}

func (w *View) versionsOf(s storage.Span, reverse bool) iter.Seq[version] {
	return func(yield func(version) bool) {
		for v, err := range asOf(merge(w.versions.all(), s, reverse), w.at, reverse) {
			if err != nil {
				w.fail(err)
				return
			}
			if !v.item.IsZero() && !yield(v) {
				return
			}
		}
	}
}

func (w *View) countItems() {
	for item := range w.all(storage.Span{}, false) {
		w.items++
		w.bytes += int64(item.Size())
	}
}

// Len returns the number of items in index i, or in the table if i is negative. It counts them, once.
func (w *View) Len(i int) int {
	if i >= 0 {
		return w.inMemory().Len(i)
	}
	w.count()
	return w.items
}

// Bytes returns the size of the items in index i, or in the table if i is negative. It adds them up, once.
func (w *View) Bytes(i int) int64 {
	if i >= 0 {
		return w.inMemory().Bytes(i)
	}
	w.count()
	return w.bytes
}

// Item returns the item with the given key, which must fit the table.
func (w *View) Item(k attr.Key) (attr.Item, bool) {
	item, _, err := w.versions.Last(w.at(storage.HashOf(k.Partition)), k)
	if err != nil {
		w.fail(err)
	}
	return item, !item.IsZero()
}

// Scan calls fn with the items of s in index i, or in the table if i is negative, until fn returns false. Indexes are
// made in memory when they are first asked for.
func (w *View) Scan(i int, s storage.Span, reverse bool, fn func(attr.Item) bool) {
	if i >= 0 {
		w.inMemory().Scan(i, s, reverse, fn)
		return
	}
	w.all(s, reverse)(fn)
}

// Data returns the table in memory, with its indexes. It is made once, and takes memory as long as the View does.
func (w *View) Data() (*storage.Data, error) { return w.inMemory(), w.Err() }

func (w *View) inMemory() *storage.Data {
	w.whole.Lock()
	defer w.whole.Unlock()
	if w.whole.data == nil {
		w.whole.data = storage.NewData(w.versions.layout)
		for item := range w.all(storage.Span{}, false) {
			w.whole.data.Put(item)
		}
	}
	return w.whole.data
}
