package table

import (
	"iter"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// Get returns the item with the given key; ok is false if there is none (GetItem).
func (t *Table) Get(key attr.Key) (item attr.Item, ok bool, err error) {
	now := t.store.now()
	t.store.sweep(now)
	t.rlock(now)
	defer t.mu.RUnlock()
	if err := t.openLocked(now); err != nil {
		return attr.Item{}, false, exception.During("GetItem", t.name, err)
	}
	if err := t.mu.data.Layout().CheckKey(key); err != nil {
		return attr.Item{}, false, exception.During("GetItem", t.name, err)
	}
	item = itemOf(t.mu.data.Lookup(key))
	return item, !item.IsZero(), nil
}

// Definition returns what the table is: its keys, indexes and settings, with statistics of no particular time. It is
// shared, and must not be changed. It does not change either: UpdateTable makes another.
func (t *Table) Definition() *schema.Table {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.mu.definition
}

// Key returns the key that key has the attributes of, and nothing else. It fails with a ValidationException if that is
// not the key of an item of this table.
func (t *Table) Key(key attr.Item) (attr.Key, error) {
	t.mu.RLock()
	layout := t.mu.data.Layout()
	t.mu.RUnlock()
	return layout.ReadKey(key)
}

// Page returns one page of what q asks for, as of one instant (Query, Scan).
func (t *Table) Page(q snapshot.Query) (snapshot.Page, error) {
	now := t.store.now()
	t.store.sweep(now)
	t.rlock(now)
	defer t.mu.RUnlock()
	err := t.openLocked(now)
	if err == nil && q.Index != "" {
		err = t.readableLocked(q.Index, now)
	}
	if err != nil {
		return snapshot.Page{}, exception.During("Query", t.name, err)
	}
	page, err := q.Run(t.mu.data)
	return page, exception.During("Query", t.name, err)
}

// itemsPerPage bounds how long Items keeps writers waiting.
const itemsPerPage = 256

// Items returns all items that q asks for, page by page, so that the loop may write to the table: like a Scan of the
// service it is of no one instant, and finds or misses what is written meanwhile. For a state of one instant range
// over a [Table.Snapshot]. The sequence ends with the first error. q.Limit and q.MaxBytes are ignored.
func (t *Table) Items(q snapshot.Query) iter.Seq2[attr.Item, error] {
	q.Limit, q.MaxBytes = itemsPerPage, 0
	return func(yield func(attr.Item, error) bool) {
		q := q // the sequence may be ranged over again
		for {
			page, err := t.Page(q)
			if err != nil {
				yield(attr.Item{}, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if q.After = page.Last; q.After.IsZero() {
				return
			}
		}
	}
}
