// Package embed is a store of one's own that has been given backups: the store is in this file, what it takes to be
// backed up in source.go, and the proof that it does so rightly in the test.
package embed

import (
	"maps"
	"slices"
	"sync"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
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

var errNoTable = exception.ResourceNotFound.Errorf("Requested resource not found")

// Put stores an item.
func (s *Store) Put(name string, item attr.Item) error {
	return s.at(name, item, func(t *table, key attr.Key) { t.items[key] = item })
}

// Delete removes the item with the key attributes of key.
func (s *Store) Delete(name string, key attr.Item) error {
	return s.at(name, key, func(t *table, key attr.Key) { delete(t.items, key) })
}

// DeleteKey removes the item with that key.
func (s *Store) DeleteKey(name string, key attr.Key) error {
	return s.do(name, func(t *table) error {
		delete(t.items, key)
		return nil
	})
}

// Item returns the item with the key attributes of key; the zero Item if there is none.
func (s *Store) Item(name string, key attr.Item) (item attr.Item, err error) {
	err = s.at(name, key, func(t *table, key attr.Key) { item = t.items[key] })
	return item, err
}

// Items returns all items.
func (s *Store) Items(name string) (items []attr.Item, err error) {
	err = s.do(name, func(t *table) error {
		items = slices.Collect(maps.Values(t.items))
		return nil
	})
	return items, err
}

// at calls fn with a table and the key of an item, while nobody else has the table.
func (s *Store) at(name string, item attr.Item, fn func(*table, attr.Key)) error {
	return s.do(name, func(t *table) error {
		key, err := t.keyOf(item)
		if err == nil {
			fn(t, key)
		}
		return err
	})
}

// do calls fn with a table while nobody else has it.
func (s *Store) do(name string, fn func(*table) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[name]
	if t == nil {
		return errNoTable
	}
	return fn(t)
}

// keyOf returns the key of an item, which must have one: an item without could not be in a backup.
func (t *table) keyOf(item attr.Item) (key attr.Key, err error) {
	for _, e := range t.KeySchema {
		v, _ := item.Lookup(e.Name)
		if v.Type() != t.Attributes[e.Name] {
			return key, exception.Validation.Errorf("an item needs an attribute %s of type %v", e.Name, t.Attributes[e.Name])
		}
		if e.Type == schema.Hash {
			key.Partition = v
		} else {
			key.Sort = v
		}
	}
	return key, nil
}
