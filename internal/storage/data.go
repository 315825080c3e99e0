package storage

import (
	"bytes"

	"github.com/tidemark-db/tidemark/attr"
)

// Data is the items of a table, in the table's own tree and in one for each index.
type Data struct {
	layout  *Layout
	table   tree
	indexes []tree // as layout.Indexes
}

// NewData returns an empty Data.
func NewData(l *Layout) *Data {
	d := &Data{layout: l, table: newTree(), indexes: make([]tree, len(l.Indexes))}
	for i := range d.indexes {
		d.indexes[i] = newTree()
	}
	return d
}

// Clone returns a copy of d at a cost that does not depend on its size.
func (d *Data) Clone() *Data {
	c := &Data{layout: d.layout, table: d.table.clone()}
	if len(d.indexes) > 0 {
		c.indexes = make([]tree, len(d.indexes))
		for i := range d.indexes {
			c.indexes[i] = d.indexes[i].clone()
		}
	}
	return c
}

// Layout returns how d is laid out.
func (d *Data) Layout() *Layout { return d.layout }

// Len returns the number of items in index i, or in the table if i is negative.
func (d *Data) Len(i int) int { return d.tree(i).Len() }

// Bytes returns the size of the items in index i, or in the table if i is negative.
func (d *Data) Bytes(i int) int64 { return d.tree(i).bytes }

func (d *Data) tree(i int) *tree {
	if i < 0 {
		return &d.table
	}
	return &d.indexes[i]
}

// Item returns the item with the given key values; ok is false if there is none. Their number and types must be those
// of the key.
func (d *Data) Item(k attr.Key) (item attr.Item, ok bool) {
	if r := d.Lookup(k); r != nil {
		return r.Item, true
	}
	return attr.Item{}, false
}

// Lookup returns the record with the given key values, or nil. Their number and types must be those of the key.
func (d *Data) Lookup(k attr.Key) *Record {
	var buf [64]byte
	hash, key := appendKey(buf[:0], k)
	return d.table.get(hash, key)
}

// Put stores item, which must have the table's key attributes, and returns its record and the one it takes the place
// of, nil if there was none.
func (d *Data) Put(item attr.Item) (now, old *Record) {
	var buf [64]byte
	key, n, _ := d.layout.Key.appendItem(buf[:0], item)
	now = newRecord(key, item)
	old = d.table.put(hashOf(key[:n]), now)
	d.reindex(old, now)
	return now, old
}

// Delete removes the item with the given key and returns its record, nil if there was none.
func (d *Data) Delete(k attr.Key) *Record {
	old := d.Lookup(k)
	if old != nil {
		d.set(old, nil)
	}
	return old
}

// set turns one state of a key into another; one of the two may be nil.
func (d *Data) set(from, to *Record) {
	hash := d.layout.hash(from, to)
	if to != nil {
		d.table.put(hash, to)
	} else {
		d.table.remove(hash, from)
	}
	d.reindex(from, to)
}

// hash returns the hash of the partition that the change from one record to the other belongs to.
func (l *Layout) hash(from, to *Record) Hash {
	r := to
	if r == nil {
		r = from
	}
	var buf [64]byte
	key, n, _ := l.Key.appendItem(buf[:0], r.Item)
	return hashOf(key[:n])
}

// reindex brings the indexes in step with a change of the table.
func (d *Data) reindex(from, to *Record) {
	for i := range d.indexes {
		x, t := &d.layout.Indexes[i], &d.indexes[i]
		fromHash, fromEntry := x.entry(from)
		toHash, toEntry := x.entry(to)
		switch {
		case fromEntry != nil && toEntry != nil && fromEntry.equal(toEntry):
		case toEntry == nil && fromEntry != nil:
			t.remove(fromHash, fromEntry)
		case toEntry != nil:
			if fromEntry != nil && !bytes.Equal(fromEntry.key, toEntry.key) {
				t.remove(fromHash, fromEntry)
			}
			t.put(toHash, toEntry)
		}
	}
}

func (r *Record) equal(s *Record) bool { return r.Item == s.Item && bytes.Equal(r.key, s.key) }

// entry returns what the index holds of record r: nil if r is nil, or lacks one of the index's key attributes, or has
// one that no key can have: it may be older than the index. An entry's key is the index key followed by the table key,
// which orders entries of one index key and keeps them apart.
func (x *IndexLayout) entry(r *Record) (Hash, *Record) {
	if r == nil {
		return 0, nil
	}
	var buf [96]byte
	key, n, ok := x.Key.appendEntry(buf[:0], r.Item)
	if !ok {
		return 0, nil
	}
	item := r.Item
	if !x.all {
		item = item.Project(x.names...)
	}
	return hashOf(key[:n]), newRecord(append(key, r.key...), item)
}

// Scan calls fn with the items of s in index i, or in the table if i is negative, until fn returns false: in
// ascending order, or the other way if reverse is true.
func (d *Data) Scan(i int, s Span, reverse bool, fn func(attr.Item) bool) {
	visit := func(r *Record) bool { return fn(r.Item) }
	if reverse {
		d.tree(i).descend(s, visit)
	} else {
		d.tree(i).ascend(s, visit)
	}
}

// Err returns nil: what is in memory can always be read. See [Reader].
func (d *Data) Err() error { return nil }

// Data returns d.
func (d *Data) Data() (*Data, error) { return d, nil }
