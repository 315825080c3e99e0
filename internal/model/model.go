package model

import (
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// Version is what an item became in a commit; the zero Item stands for its deletion.
type Version struct {
	At   clock.Instant
	Key  attr.Key
	Item attr.Item
}

// Table is one incarnation of a table.
type Table struct {
	Schema  *schema.Table
	Origin  State     // what a restore filled it with; nil if it was created empty
	Active  time.Time // CREATING before
	Deleted time.Time // zero, or DELETING from here on

	versions    []Version
	definitions []Definition
}

// Definition is the global indexes that a table has from an instant on, and the types of the attributes of its keys.
type Definition struct {
	From       clock.Instant
	Global     []schema.Index
	Attributes schema.Attributes
}

// Define notes that the global indexes are others from an instant on.
func (t *Table) Define(at clock.Instant, global []schema.Index, attributes schema.Attributes) {
	t.definitions = append(t.definitions, Definition{at, global, attributes})
}

// DefinitionAt returns the indexes at an instant. It is shared and must not be changed.
func (t *Table) DefinitionAt(at clock.Instant) Definition {
	d := Definition{Global: t.Schema.GlobalIndexes, Attributes: t.Schema.Attributes}
	for _, next := range t.definitions {
		if !next.From.After(at) {
			d = next
		}
	}
	return d
}

// Put notes that item, which must have the table's key, was stored.
func (t *Table) Put(at clock.Instant, item attr.Item) {
	t.versions = append(t.versions, Version{At: at, Key: keyOf(t.Schema.KeySchema, item), Item: item})
}

// Delete notes that the item with the given key was removed, or was not there anyway.
func (t *Table) Delete(at clock.Instant, key attr.Key) {
	t.versions = append(t.versions, Version{At: at, Key: key})
}

// Versions returns every version of every item, the oldest first. It is shared and must not be changed.
func (t *Table) Versions() []Version { return t.versions }

// At returns the state of the table for a cut: all that it began with, and of the commits after that those that are
// not after the marker of their partition.
func (t *Table) At(cut snapshot.Cut) State {
	return t.state(func(v Version) bool { return !v.At.After(cut.Marker(v.Key.Partition)) })
}

// Now returns the state with all commits.
func (t *Table) Now() State {
	return t.state(func(Version) bool { return true })
}

func (t *Table) state(holds func(Version) bool) State {
	s := make(State)
	for key, item := range t.Origin {
		s[key] = item
	}
	for _, v := range t.versions {
		switch {
		case !holds(v):
		case v.Item.IsZero():
			delete(s, v.Key)
		default:
			s[v.Key] = v.Item
		}
	}
	return s
}

// Differences returns what became of the items between two instants: one for each item that is not the same at both, in
// the order in which they first changed.
func (t *Table) Differences(from, to clock.Instant) []snapshot.Difference {
	before := t.At(snapshot.At(from))
	now := make(State)
	for key, item := range before {
		now[key] = item
	}
	var order []attr.Key
	changed := make(map[attr.Key]bool)
	for _, v := range t.versions {
		if !v.At.After(from) || v.At.After(to) || now[v.Key] == v.Item {
			continue
		}
		now[v.Key] = v.Item
		if !changed[v.Key] {
			changed[v.Key] = true
			order = append(order, v.Key)
		}
	}
	list := []snapshot.Difference{}
	for _, key := range order {
		if before[key] != now[key] {
			list = append(list, snapshot.Difference{Key: key, Old: before[key], New: now[key]})
		}
	}
	return list
}

// Status returns the state of the table's life at a time.
func (t *Table) Status(now time.Time) schema.Status {
	switch {
	case !t.Deleted.IsZero() && !now.Before(t.Deleted):
		return schema.Deleting
	case now.Before(t.Active):
		return schema.Creating
	}
	return schema.Active
}

// State is the items of a table, or of an index, by the key they have in the table.
type State map[attr.Key]attr.Item

// Size returns the size of all items in bytes.
func (s State) Size() (size int64) {
	for _, item := range s {
		size += int64(item.Size())
	}
	return size
}

// Index returns what an index of a table with the given key holds of s: the items that have all of the index's key
// attributes, with the types that they have in keys, as far as it projects them.
func (s State) Index(x schema.Index, table schema.KeySchema, types schema.Attributes) State {
	entries := make(State)
	for key, item := range s {
		if !hasAll(item, x.KeySchema, types) {
			continue
		}
		if x.Projection.Type != schema.ProjectAll {
			item = project(item, table, x)
		}
		entries[key] = item
	}
	return entries
}

func hasAll(item attr.Item, keys schema.KeySchema, types schema.Attributes) bool {
	for _, e := range keys {
		if v, ok := item.Lookup(e.Name); !ok || v.Type() != types[e.Name] {
			return false
		}
	}
	return true
}

func project(item attr.Item, table schema.KeySchema, x schema.Index) attr.Item {
	keep := make(map[string]bool)
	for _, e := range table {
		keep[e.Name] = true
	}
	for _, e := range x.KeySchema {
		keep[e.Name] = true
	}
	for _, name := range x.Projection.NonKey {
		keep[name] = true
	}
	kept := make(attr.Map)
	for name, v := range item.All() {
		if keep[name] {
			kept[name] = v
		}
	}
	projected, _ := attr.NewItem(kept) // of values that were in an item before
	return projected
}

// KeyOf returns the key that item has in the table.
func (t *Table) KeyOf(item attr.Item) attr.Key { return keyOf(t.Schema.KeySchema, item) }

func keyOf(keys schema.KeySchema, item attr.Item) attr.Key {
	var k attr.Key
	k.Partition, _ = item.Lookup(keys.Partition())
	if name := keys.Sort(); name != "" {
		k.Sort, _ = item.Lookup(name)
	}
	return k
}
