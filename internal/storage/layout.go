package storage

import (
	"math/bits"
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
)

// Attr is one attribute of a key.
type Attr struct {
	Name string
	Type attr.Type
}

// Key is a primary key: the attributes that choose the partition, and those that order it.
type Key struct {
	Partition, Sort []Attr
}

// Layout is a compiled table description. It is immutable.
type Layout struct {
	Key     Key
	Indexes []IndexLayout // local indexes, then global ones
}

// IndexLayout is one index of a Layout.
type IndexLayout struct {
	Name  string
	Key   Key
	all   bool     // holds whole items
	names []string // otherwise: the attributes that it holds
}

// NewLayout compiles the description of a table, which must be valid.
func NewLayout(t *schema.Table) *Layout {
	l := &Layout{Key: compileKey(t.KeySchema, t.Attributes)}
	for _, x := range slices.Concat(t.LocalIndexes, t.GlobalIndexes) {
		index := IndexLayout{Name: x.Name, Key: compileKey(x.KeySchema, t.Attributes), all: x.Projection.Type == schema.ProjectAll}
		if !index.all {
			for _, key := range []schema.KeySchema{t.KeySchema, x.KeySchema} {
				for _, e := range key {
					index.names = append(index.names, e.Name)
				}
			}
			index.names = append(index.names, x.Projection.NonKey...)
		}
		l.Indexes = append(l.Indexes, index)
	}
	return l
}

func compileKey(schemaOf schema.KeySchema, types schema.Attributes) Key {
	var k Key
	for _, e := range schemaOf {
		a := Attr{Name: e.Name, Type: types[e.Name]}
		if e.Type == schema.Hash {
			k.Partition = append(k.Partition, a)
		} else {
			k.Sort = append(k.Sort, a)
		}
	}
	return k
}

// Index returns the place of the named index in l.Indexes, or -1.
func (l *Layout) Index(name string) int {
	return slices.IndexFunc(l.Indexes, func(x IndexLayout) bool { return x.Name == name })
}

// Attrs returns the attributes of k, partition first.
func (k Key) Attrs() []Attr { return slices.Concat(k.Partition, k.Sort) }

// unlimited are the sizes that appendItem allows.
const unlimited = -1

// appendItem appends the encoded key attributes of item to dst. It reports false if one is missing or has another
// type; n is the length of the partition part.
func (k Key) appendItem(dst []byte, item attr.Item) (key []byte, n int, ok bool) {
	return k.append(dst, item, unlimited, unlimited)
}

// appendEntry is appendItem for an index, which has no items with values that no key can have. An item that is older
// than the index may have some.
func (k Key) appendEntry(dst []byte, item attr.Item) (key []byte, n int, ok bool) {
	return k.append(dst, item, attr.MaxPartitionKeySize, attr.MaxSortKeySize)
}

func (k Key) append(dst []byte, item attr.Item, partition, sort int) (key []byte, n int, ok bool) {
	start := len(dst)
	if dst, ok = appendAttrs(dst, k.Partition, item, partition); !ok {
		return dst, 0, false
	}
	n = len(dst) - start
	dst, ok = appendAttrs(dst, k.Sort, item, sort)
	return dst, n, ok
}

func appendAttrs(dst []byte, attrs []Attr, item attr.Item, limit int) ([]byte, bool) {
	for _, a := range attrs {
		v, ok := item.Lookup(a.Name)
		if !ok || v.Type() != a.Type {
			return dst, false
		}
		if limit != unlimited && a.Type != attr.TypeN && (v.Len() == 0 || v.Len() > limit) {
			return dst, false
		}
		dst = attr.AppendKey(dst, v)
	}
	return dst, true
}

// Hash is where a partition lies among all: every partition key has one, spread evenly over all 64-bit numbers.
type Hash uint64

// hashOf is FNV-1a with the finalizer of MurmurHash3, since FNV alone leaves the high bits of short keys alike and
// the order is by the high bits first.
func hashOf(key []byte) Hash {
	h := uint64(14695981039346656037)
	for _, b := range key {
		h = (h ^ uint64(b)) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return Hash(h ^ h>>33)
}

// HashOf returns the hash of a partition key.
func HashOf(partition ...attr.Value) Hash {
	var key []byte
	for _, v := range partition {
		key = attr.AppendKey(key, v)
	}
	return hashOf(key)
}

// Part returns which of n equal ranges of hashes h falls in: 0 to n-1.
func (h Hash) Part(n int) int {
	part, _ := bits.Mul64(uint64(h), uint64(n))
	return int(part)
}

// partStart returns the smallest hash of range i of n.
func partStart(i, n int) Hash {
	quotient, remainder := bits.Div64(uint64(i), 0, uint64(n))
	if remainder > 0 {
		quotient++
	}
	return Hash(quotient)
}
