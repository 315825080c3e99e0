package backuptest

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// items is what a table holds.
type items map[attr.Key]attr.Item

func itemsOf(keys schema.KeySchema, list iter.Seq[attr.Item]) items {
	m := make(items)
	for item := range list {
		key := keyOf(keys, item)
		if _, twice := m[key]; twice { // which is no state of any table: keep both, so that it differs from all
			key = attr.Key{Partition: attr.S(fmt.Sprintf("the %d. with %v", len(m)+1, item))}
		}
		m[key] = item
	}
	return m
}

func itemsIn(s *snapshot.Snapshot) items {
	return itemsOf(s.Table().KeySchema, s.All())
}

func keyOf(keys schema.KeySchema, item attr.Item) (k attr.Key) {
	k.Partition, _ = item.Lookup(keys.Partition())
	if name := keys.Sort(); name != "" {
		k.Sort, _ = item.Lookup(name)
	}
	return k
}

func (m items) with(keys schema.KeySchema, list ...attr.Item) items {
	c := maps.Clone(m)
	if c == nil {
		c = make(items)
	}
	for _, item := range list {
		c[keyOf(keys, item)] = item
	}
	return c
}

func (m items) without(key attr.Key) items {
	c := maps.Clone(m)
	delete(c, key)
	return c
}

func (m items) size() (size int64) {
	for _, item := range m {
		size += int64(item.Size())
	}
	return size
}

// sorted returns the keys in an order that is the same in every run.
func (m items) sorted() []attr.Key {
	return slices.SortedFunc(maps.Keys(m), func(a, b attr.Key) int {
		return cmp.Or(
			strings.Compare(a.Partition.String(), b.Partition.String()), strings.Compare(a.Sort.String(), b.Sort.String()))
	})
}

// unlike tells the first item in which m is not what is wanted; empty: there is none.
func (m items) unlike(want items) (saw, wanted string) {
	if maps.Equal(m, want) {
		return "", ""
	}
	for _, key := range want.sorted() {
		got, ok := m[key]
		switch {
		case !ok:
			return fmt.Sprintf("%d items, without that with the key %s", len(m), keyText(key)),
				fmt.Sprintf("%d items, among them %s", len(want), short(want[key]))
		case got != want[key]:
			return "the item " + short(got), "the item " + short(want[key])
		}
	}
	for _, key := range m.sorted() {
		if _, ok := want[key]; !ok {
			return fmt.Sprintf("%d items, among them %s", len(m), short(m[key])),
				fmt.Sprintf("%d items, without that one", len(want))
		}
	}
	return "", ""
}

func keyText(k attr.Key) string {
	if k.Sort.IsZero() {
		return k.Partition.String()
	}
	return k.Partition.String() + ", " + k.Sort.String()
}

// short is an item's text, of which a large one shows the beginning.
func short(item attr.Item) string {
	const limit = 200
	text := item.String()
	if len(text) > limit {
		text = fmt.Sprintf("%.200s... (%d bytes)", text, len(text))
	}
	return text
}

// byID is the key of most tables of the kit.
var byID = schema.Keys("id")

// simple is a table with a partition key of type S.
func simple(name string) schema.Definition {
	return schema.Definition{
		Name: name, KeySchema: byID, Attributes: schema.Attributes{"id": attr.TypeS}, BillingMode: schema.PayPerRequest,
	}
}

// sorted is a table with a sort key of type N.
func sorted(name string) schema.Definition {
	d := simple(name)
	d.KeySchema, d.Attributes = schema.Keys("id", "n"), schema.Attributes{"id": attr.TypeS, "n": attr.TypeN}
	return d
}

// indexed is a table with two global indexes, with the same key and different projections.
func indexed(name string) schema.Definition {
	d := simple(name)
	d.Attributes = schema.Attributes{"id": attr.TypeS, "colour": attr.TypeS}
	d.GlobalIndexes = []schema.Index{
		{Name: "Whole", KeySchema: schema.Keys("colour"), Projection: schema.Projection{Type: schema.ProjectAll}},
		{Name: "Keys", KeySchema: schema.Keys("colour"), Projection: schema.Projection{Type: schema.ProjectKeysOnly}},
	}
	return d
}

func key(id string) attr.Key { return attr.Key{Partition: attr.S(id)} }

// thing is an item of the simple table. NewItem cannot fail on sound values.
func thing(id string, n int) attr.Item {
	item, _ := attr.NewItem(attr.Map{"id": attr.S(id), "n": attr.Int(int64(n))})
	return item
}

// coloured is an item of the indexed table.
func coloured(id, colour string) attr.Item {
	item, _ := attr.NewItem(attr.Map{"id": attr.S(id), "colour": attr.S(colour), "more": attr.S("of " + id)})
	return item
}

// varied are items with values of all ten types, and of the greatest size.
func varied() []attr.Item {
	all, _ := attr.NewItem(attr.Map{
		"id": attr.S("all types"), "s": attr.S("text \u00e9\u4e16"), "empty": attr.S(""),
		"n": attr.N("-12345678901234567890.123456789012345678"), "tiny": attr.N("1E-130"), "b": attr.B([]byte{0, 255, 10}),
		"bool": attr.Bool(true), "null": attr.Null(), "ss": attr.SS("x", "y"), "ns": attr.NS("1", "2.50", "-3"),
		"bs": attr.BS([]byte{1}, []byte{}), "l": attr.L(attr.S("a"), attr.L(), attr.M(attr.Map{" ": attr.Null()})),
		"m": attr.M(attr.Map{"deep": attr.M(attr.Map{"deeper": attr.L(attr.Int(1))})}),
	})
	const overhead = len("id") + len("large") + len("fill")
	large, _ := attr.NewItem(attr.Map{
		"id": attr.S("large"), "fill": attr.B(bytes.Repeat([]byte{7}, attr.MaxItemSize-overhead)),
	})
	bare, _ := attr.NewItem(attr.Map{"id": attr.S("key alone")})
	return []attr.Item{all, large, bare}
}
