package attr

import (
	"iter"
	"maps"
	"slices"

	"github.com/tidemark-db/tidemark/exception"
)

// MaxItemSize is the greatest [Item.Size] that a table accepts, in bytes. This package does not enforce it, but for one
// thing: [ParseItem] and [ParseValue] read no more values than that, each of which counts for a byte.
const MaxItemSize = 409600

// Item is a set of attributes, each a name and a [Value]. It is immutable, so it may be copied and shared between
// goroutines freely. Two Items are == exactly when they have the same names with equal values.
//
// The zero Item is no item at all, which is not the same as an item without attributes; see [Item.IsZero].
type Item struct {
	enc string // see encode.go
}

// NewItem returns the item with those attributes, of which there may be none; it does not keep the map. The error,
// an [exception.Validation], is the first fault in ascending order of names: that a value is invalid, is no value, or has
// [MaxDepth] levels, or that a name is empty, not valid UTF-8, or longer than 65,535 bytes.
func NewItem(m Map) (Item, error) {
	var space [16]field
	list, reason := sortedFields(space[:0], m)
	if reason != "" {
		return Item{}, exception.Validation.Errorf("%s", reason)
	}
	size := 0
	for i := range list {
		size += len(list[i].name) + list[i].value.Size()
	}
	var short [512]byte
	dst := short[:0]
	if n := uvarintLen(size) + fieldsLen(list); n > len(short) {
		dst = make([]byte, 0, n)
	}
	return Item{string(appendFields(appendUvarint(dst, size), list))}, nil
}

// MustItem is [NewItem] for literals in a program: it panics where NewItem gives an error.
func MustItem(m Map) Item {
	it, err := NewItem(m)
	if err != nil {
		panic(err)
	}
	return it
}

// IsZero reports whether it is the zero Item, which is no item. An item without attributes is not.
func (it Item) IsZero() bool { return it.enc == "" }

// Len returns the number of attributes.
func (it Item) Len() int { return countFields(it.body()) }

// Size returns the size of the item in bytes by DynamoDB's rules: the names of the attributes and the
// [Value.Size] of their values. It takes the same short time for any item.
func (it Item) Size() int {
	if it.IsZero() {
		return 0
	}
	size, _ := cutUvarint(it.enc)
	return size
}

// Lookup returns the value of the attribute of that name; ok is false if there is none. It allocates nothing. The
// value refers to the memory of the item.
func (it Item) Lookup(name string) (v Value, ok bool) { return lookup(it.body(), name) }

// Cursor returns a [Cursor] before the first attribute.
func (it Item) Cursor() Cursor { return Cursor{it.body()} }

// All yields the names and values of the attributes, in ascending byte order of the names.
func (it Item) All() iter.Seq2[string, Value] { return fields(it.body()) }

// Map returns the attributes as a map that the caller may change. It is not nil.
func (it Item) Map() Map {
	m := make(Map, it.Len())
	for name, v := range it.All() {
		m[name] = v
	}
	return m
}

// With returns the item with the given attributes added, or in the place of those of the same names; it does not keep
// the map. With of the zero Item is [NewItem]; it fails as that does.
func (it Item) With(m Map) (Item, error) {
	merged := it.Map()
	maps.Copy(merged, m)
	return NewItem(merged)
}

// Without returns the item without the named attributes; names that it does not have are ignored. Of the zero Item it
// is the zero Item.
func (it Item) Without(names ...string) Item {
	return it.filter(func(name string) bool { return !slices.Contains(names, name) })
}

// Project returns the item with those of its attributes that are named. Names that it does not have are ignored; if
// it has none of them, the result is an item without attributes. Of the zero Item it is the zero Item.
func (it Item) Project(names ...string) Item {
	const few = 8
	if len(names) <= few {
		return it.filter(func(name string) bool { return slices.Contains(names, name) })
	}
	sorted := slices.Sorted(slices.Values(names))
	return it.filter(func(name string) bool {
		_, named := slices.BinarySearch(sorted, name)
		return named
	})
}

func (it Item) filter(keep func(name string) bool) Item {
	if it.IsZero() {
		return it
	}
	var short [512]byte
	kept := short[:0]
	size := 0
	body := it.body()
	if len(body) > len(short) {
		kept = make([]byte, 0, len(body))
	}
	for rest := body; rest != ""; {
		name, v, next := cutField(rest)
		if keep(name) {
			kept = append(kept, rest[:len(rest)-len(next)]...)
			size += len(name) + v.Size()
		}
		rest = next
	}
	if len(kept) == len(body) {
		return it
	}
	var prefix [10]byte
	return Item{string(appendUvarint(prefix[:0], size)) + string(kept)}
}

// body returns the attributes without the size before them.
func (it Item) body() string {
	if it.enc == "" {
		return ""
	}
	_, body := cutUvarint(it.enc)
	return body
}
