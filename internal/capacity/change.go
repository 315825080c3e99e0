package capacity

import (
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
)

// Change returns what it costs to turn one state of an item into another outside of a transaction; the zero Item is
// none. It costs a unit of the table at the least, even if nothing changes.
func Change(t *schema.Table, old, now attr.Item) Consumption {
	return Consumption{
		Table:  Refused(old, now),
		Local:  changeIndexes(t, t.LocalIndexes, old, now),
		Global: changeIndexes(t, t.GlobalIndexes, old, now),
	}
}

// Refused returns what it costs of the table alone to be refused the write of an item, by a condition on what is there;
// the zero Item is none, or not known.
func Refused(old, now attr.Item) Units { return Write(max(old.Size(), now.Size())) }

func changeIndexes(t *schema.Table, indexes []schema.Index, old, now attr.Item) []Units {
	var all []Units
	for i := range indexes {
		if u := changeIndex(t, &indexes[i], old, now); u != 0 {
			if all == nil {
				all = make([]Units, len(indexes))
			}
			all[i] = u
		}
	}
	return all
}

// changeIndex returns what a change costs in one index.
func changeIndex(t *schema.Table, x *schema.Index, old, now attr.Item) Units {
	was, is := Entry(t, x, old), Entry(t, x, now)
	switch {
	case was == is: // which two zero Items are, too
		return 0
	case was.IsZero():
		return Write(is.Size())
	case is.IsZero():
		return Write(was.Size())
	case sameKey(x, was, is):
		return Write(max(was.Size(), is.Size()))
	}
	return Write(was.Size()) + Write(is.Size())
}

func sameKey(x *schema.Index, a, b attr.Item) bool {
	for _, e := range x.KeySchema {
		v, _ := a.Lookup(e.Name)
		w, _ := b.Lookup(e.Name)
		if v != w {
			return false
		}
	}
	return true
}

// Entry returns what an index holds of an item: the zero Item if the item is not in it, since it lacks an attribute of
// the index's key.
func Entry(t *schema.Table, x *schema.Index, item attr.Item) attr.Item {
	if item.IsZero() {
		return attr.Item{}
	}
	for _, e := range x.KeySchema {
		if v, ok := item.Lookup(e.Name); !ok || v.Type() != t.Attributes[e.Name] {
			return attr.Item{}
		}
	}
	if x.Projection.Type == schema.ProjectAll {
		return item
	}
	names := make([]string, 0, 8)
	for _, key := range [2]schema.KeySchema{t.KeySchema, x.KeySchema} {
		for _, e := range key {
			names = append(names, e.Name)
		}
	}
	return item.Project(append(names, x.Projection.NonKey...)...)
}
