package storage

import (
	"bytes"

	"github.com/google/btree"

	"github.com/tidemark-db/tidemark/attr"
)

// degree is the fan-out of the trees: a compromise between scans, which are faster in larger nodes, and the bytes copied
// after a clone, which are fewer in smaller ones. Lookups are the same from 16 on.
const degree = 32

// Record is an item with its encoded key. It never changes once made, so trees, logs and snapshots share it.
type Record struct {
	Item   attr.Item
	key    []byte
	inline [24]byte // most keys fit in here, next to what points to them
}

// newRecord copies key.
func newRecord[K string | []byte](key K, item attr.Item) *Record {
	r := &Record{Item: item}
	r.key = append(r.inline[:0:len(r.inline)], key...)
	return r
}

// probe returns a record to search with.
func probe[K string | []byte](key K) *Record { return newRecord(key, attr.Item{}) }

// element is what a tree holds. Most comparisons end at the hash, without a look at the record behind the pointer.
type element struct {
	hash   Hash
	record *Record
}

func less(a, b element) bool {
	if a.hash != b.hash {
		return a.hash < b.hash
	}
	return bytes.Compare(a.record.key, b.record.key) < 0
}

// tree is one ordered collection of records that counts the bytes of its items.
type tree struct {
	*btree.BTreeG[element]
	bytes int64
}

func newTree() tree { return tree{BTreeG: btree.NewG(degree, less)} }

func (t *tree) clone() tree { return tree{BTreeG: t.Clone(), bytes: t.bytes} }

func (t *tree) get(hash Hash, key []byte) *Record {
	e, _ := t.Get(element{hash, probe(key)})
	return e.record
}

// put returns the record that r takes the place of, or nil.
func (t *tree) put(hash Hash, r *Record) *Record {
	old, replaced := t.ReplaceOrInsert(element{hash, r})
	t.bytes += int64(r.Item.Size())
	if replaced {
		t.bytes -= int64(old.record.Item.Size())
	}
	return old.record
}

// remove must find the key: deleting what is not there would copy a path for nothing.
func (t *tree) remove(hash Hash, r *Record) {
	if old, found := t.Delete(element{hash, r}); found {
		t.bytes -= int64(old.record.Item.Size())
	}
}

// ascend calls fn with the records of s in order until fn returns false.
func (t *tree) ascend(s Span, fn func(*Record) bool) {
	visit := func(e element) bool { return fn(e.record) }
	if s.bounded {
		t.AscendRange(s.from.element(), s.to.element(), visit)
	} else {
		t.AscendGreaterOrEqual(s.from.element(), visit)
	}
}

// descend is ascend from the other end.
func (t *tree) descend(s Span, fn func(*Record) bool) {
	from, to := s.from.element(), s.to.element()
	visit := func(e element) bool {
		if s.bounded && !less(e, to) {
			return true // the tree starts at "not above to", a span ends before it
		}
		return !less(e, from) && fn(e.record)
	}
	if s.bounded {
		t.DescendLessOrEqual(to, visit)
	} else {
		t.Descend(visit)
	}
}
