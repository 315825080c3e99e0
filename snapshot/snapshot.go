package snapshot

import (
	"iter"
	"slices"
	"sync"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
)

// Snapshot is the state of a table at a [Cut]. It is immutable. A table makes them, and [FromItems] makes one of
// items that come from elsewhere.
type Snapshot struct {
	table *schema.Table
	cut   Cut
	data  storage.Reader

	cloning sync.Mutex // Clone writes the header of the tree it copies, and restores may run side by side
}

// New wraps the data of a table. It takes over table and data: neither may be changed afterwards, and data may be
// cloned by the snapshot alone.
func New(table *schema.Table, cut Cut, data storage.Reader) *Snapshot {
	return &Snapshot{table: table, cut: cut, data: data}
}

// FromItems returns a snapshot of the given items, for a store that keeps its tables in a form of its own. It takes
// over table, which must be valid ([schema.Definition.Check]); of two items with the same key the later one counts.
// It fails with a ValidationException at the first item that lacks a key attribute or has it in another type.
func FromItems(table *schema.Table, cut Cut, items iter.Seq[attr.Item]) (*Snapshot, error) {
	if table == nil || len(table.KeySchema) == 0 {
		return nil, exception.Validation.Errorf("a snapshot needs a table with a key")
	}
	layout := storage.NewLayout(table)
	data := storage.NewData(layout)
	for item := range items {
		if err := layout.Check(item); err != nil {
			return nil, err
		}
		data.Put(item)
	}
	return New(table, cut, data), nil
}

// Table returns what is recorded of the table. The result is the caller's own.
func (s *Snapshot) Table() *schema.Table { return s.table.Clone() }

// Cut returns which commits the snapshot holds.
func (s *Snapshot) Cut() Cut { return s.cut }

// Len returns the number of items, without counting them, unless they are not in memory.
func (s *Snapshot) Len() int { return s.data.Len(-1) }

// Size returns the size of all items in bytes (see [attr.Item.Size]), without adding it up, unless they are
// not in memory.
func (s *Snapshot) Size() int64 { return s.data.Bytes(-1) }

// Lookup returns the item with the given key. A key that does not fit the table finds nothing.
func (s *Snapshot) Lookup(key attr.Key) (attr.Item, bool) {
	if s.data.Layout().CheckKey(key) != nil {
		return attr.Item{}, false
	}
	return s.data.Item(key)
}

// Err returns what has kept items from being read so far: nil for a snapshot in memory. Where a snapshot may be
// elsewhere, on a disk, whoever reads it asks afterwards: with an error, what was read is not all there is.
func (s *Snapshot) Err() error { return s.data.Err() }

// All returns all items, in the table's order.
func (s *Snapshot) All() iter.Seq[attr.Item] {
	return func(yield func(attr.Item) bool) { s.data.Scan(-1, storage.Span{}, false, yield) }
}

// Page returns the items that q asks for.
func (s *Snapshot) Page(q Query) (Page, error) { return q.Run(s.data) }

// Items returns all items that q asks for from its start on; q.Limit and q.MaxBytes are ignored. The error is that
// of a query that does not fit the table.
func (s *Snapshot) Items(q Query) (iter.Seq[attr.Item], error) {
	q.Limit, q.MaxBytes = 0, 0
	i, span, err := q.resolve(s.data.Layout())
	if err != nil {
		return nil, err
	}
	return func(yield func(attr.Item) bool) { s.data.Scan(i, span, q.Reverse, yield) }, nil
}

// Data returns a copy of the snapshot's data that may be written, with another layout whose i-th index is the
// snapshot's index named from[i], or if that is empty one that the snapshot does not have. Its cost does not depend on
// the number of items if they are in memory and there is nothing to be made that the snapshot does not have. It is
// meant for the stores of this module. It fails if there is no such index, or not one name for each index of the
// layout, or the items cannot be read.
func (s *Snapshot) Data(layout *storage.Layout, from []string) (*storage.Data, error) {
	lacks := func(name string) bool { return name != "" && s.data.Layout().Index(name) < 0 }
	if len(from) != len(layout.Indexes) || slices.ContainsFunc(from, lacks) {
		return nil, exception.Validation.Errorf("the snapshot does not have all of the indexes %q", from)
	}
	data, err := s.data.Data()
	if err != nil {
		return nil, err
	}
	return s.clone(data).Relayout(layout), nil
}

func (s *Snapshot) clone(data *storage.Data) *storage.Data {
	s.cloning.Lock()
	defer s.cloning.Unlock()
	return data.Clone()
}
