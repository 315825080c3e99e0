// Package embed is a store of one's own that has been given backups: the store is in this file, what it takes to be
// backed up in source.go, and the proof that it does so rightly in the test.
package embed

import (
	"errors"
	"sync"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
)

// Store is tables in maps behind a mutex. It may be used by any number of goroutines at once.
type Store struct {
	seq    *clock.Sequencer // stamps what is captured, and is a time that never goes back
	mu     sync.Mutex
	tables map[string]*table
}

type table struct {
	schema.Table
	items map[attr.Key]attr.Item
}

// NewStore returns an empty store.
func NewStore(c clock.Clock) *Store {
	return &Store{seq: clock.NewSequencer(c), tables: make(map[string]*table)}
}

var errNoTable = errors.New("there is no such table")

// Put stores an item.
func (s *Store) Put(name string, item attr.Item) error {
	return s.write(name, item, func(t *table, key attr.Key) { t.items[key] = item })
}

// Delete removes the item with the key attributes of key.
func (s *Store) Delete(name string, key attr.Item) error {
	return s.write(name, key, func(t *table, key attr.Key) { delete(t.items, key) })
}

// Item returns the item with the key attributes of key; the zero Item if there is none.
func (s *Store) Item(name string, key attr.Item) (item attr.Item, err error) {
	err = s.write(name, key, func(t *table, key attr.Key) { item = t.items[key] })
	return item, err
}

func (s *Store) write(name string, item attr.Item, fn func(*table, attr.Key)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[name]
	if t == nil {
		return errNoTable
	}
	fn(t, keyOf(&t.Table, item))
	return nil
}

func keyOf(t *schema.Table, item attr.Item) (key attr.Key) {
	key.Partition, _ = item.Lookup(t.KeySchema.Partition())
	key.Sort, _ = item.Lookup(t.KeySchema.Sort())
	return key
}
