// Package embed is a store of one's own that has been given backups: the store is in this file, what it takes to be
// backed up in source.go, and the proof that it does so rightly in the test.
package embed

import (
	"errors"
	"maps"
	"slices"
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
	return s.do(name, func(t *table) { t.items[t.keyOf(item)] = item })
}

// Delete removes the item with the key attributes of key.
func (s *Store) Delete(name string, key attr.Item) error {
	return s.do(name, func(t *table) { delete(t.items, t.keyOf(key)) })
}

// DeleteKey removes the item with that key.
func (s *Store) DeleteKey(name string, key attr.Key) error {
	return s.do(name, func(t *table) { delete(t.items, key) })
}

// Item returns the item with the key attributes of key; the zero Item if there is none.
func (s *Store) Item(name string, key attr.Item) (item attr.Item, err error) {
	err = s.do(name, func(t *table) { item = t.items[t.keyOf(key)] })
	return item, err
}

// Items returns all items.
func (s *Store) Items(name string) (items []attr.Item, err error) {
	err = s.do(name, func(t *table) { items = slices.Collect(maps.Values(t.items)) })
	return items, err
}

// do calls fn with a table while nobody else has it.
func (s *Store) do(name string, fn func(*table)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[name]
	if t == nil {
		return errNoTable
	}
	fn(t)
	return nil
}

func (t *table) keyOf(item attr.Item) (key attr.Key) {
	key.Partition, _ = item.Lookup(t.KeySchema.Partition())
	key.Sort, _ = item.Lookup(t.KeySchema.Sort())
	return key
}
