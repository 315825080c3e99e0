package storage

import (
	"cmp"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
)

// Position is a place between records: just before those with this hash and a key not below this one.
type Position struct {
	hash Hash
	key  string
}

// PositionOf returns the place of the item with the given key values in its table.
func PositionOf(k attr.Key) Position {
	var buf [64]byte
	hash, key := appendKey(buf[:0], k)
	return Position{hash, string(key)}
}

// PositionAt returns the place of a hash and an encoded key.
func PositionAt(hash Hash, key string) Position { return Position{hash, key} }

// Hash returns the hash of the partition key.
func (p Position) Hash() Hash { return p.hash }

// Key returns the encoded key.
func (p Position) Key() string { return p.key }

// Compare returns -1, 0 or 1 as p comes before q, is the same, or comes after it.
func (p Position) Compare(q Position) int {
	if c := cmp.Compare(p.hash, q.hash); c != 0 {
		return c
	}
	return strings.Compare(p.key, q.key)
}

func (p Position) element() element { return element{p.hash, probe(p.key)} }

// appendKey appends the encoded key to dst, and returns it with the hash of its partition key.
func appendKey(dst []byte, k attr.Key) (Hash, []byte) {
	key := attr.AppendKey(dst, k.Partition)
	hash := hashOf(key)
	if !k.Sort.IsZero() {
		key = attr.AppendKey(key, k.Sort)
	}
	return hash, key
}

// Place returns where an item lies in index i, or in the table if i is negative. Of item only the key attributes
// count, those of the index and of the table; ok is false if one is missing or has another type.
func (l *Layout) Place(i int, item attr.Item) (p Position, ok bool) {
	key := l.Key
	if i >= 0 {
		key = l.Indexes[i].Key
	}
	text, n, ok := key.appendItem(nil, item)
	if ok && i >= 0 {
		text, _, ok = l.Key.appendItem(text, item)
	}
	if !ok {
		return Position{}, false
	}
	return Position{hash: hashOf(text[:n]), key: string(text)}, true
}

// Span is the records from one position up to another. The zero Span is everything.
type Span struct {
	from, to Position
	bounded  bool // to counts
}

// Bounds returns where s begins, and where it ends if it is bounded: to is no longer in it.
func (s Span) Bounds() (from, to Position, bounded bool) { return s.from, s.to, s.bounded }
