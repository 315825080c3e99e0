package storage

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/google/btree"
)

// Expiry orders the items of a table by the second at which the time to live in one of their attributes is over. Make
// one with [NewExpiry]; it is no part of a Data, and is told of every change.
type Expiry struct {
	attribute string
	tree      *btree.BTreeG[expiring]
}

type expiring struct {
	second int64 // since 1970; the time to live is over after it
	record *Record
}

func (a expiring) less(b expiring) bool {
	if a.second != b.second {
		return a.second < b.second
	}
	return bytes.Compare(a.record.key, b.record.key) < 0
}

// latestSecond is the last one that an instant can have, less some room for what is added to it.
const latestSecond = math.MaxInt64/int64(time.Second) - 1<<24

// oldestYears is how far back a time to live may lie when an item is stored: one that was over earlier is ignored.
const oldestYears = 5

// NewExpiry returns an Expiry of the items that d has at a time, by the given attribute. It looks at all of them.
func NewExpiry(attribute string, d *Data, now time.Time) *Expiry {
	x := &Expiry{attribute: attribute, tree: btree.NewG(degree, expiring.less)}
	d.table.ascend(Span{}, func(r *Record) bool {
		x.add(r, now)
		return true
	})
	return x
}

// Follow brings x in step with a change of the table.
func (x *Expiry) Follow(c Change) {
	if second, ok := x.end(c.Old); ok {
		x.tree.Delete(expiring{second, c.Old})
	}
	x.add(c.New, c.At.Time())
}

func (x *Expiry) add(r *Record, now time.Time) {
	if second, ok := x.end(r); ok && second >= now.AddDate(-oldestYears, 0, 0).Unix() {
		x.tree.ReplaceOrInsert(expiring{second, r})
	}
}

// end returns the last second of an item's life, which a fraction belongs to. There is none unless the attribute is a
// number.
func (x *Expiry) end(r *Record) (second int64, ok bool) {
	if r == nil {
		return 0, false
	}
	v, ok := r.Item.Lookup(x.attribute)
	if !ok {
		return 0, false
	}
	text, ok := v.Number()
	if !ok {
		return 0, false
	}
	whole, _, _ := strings.Cut(text, ".")
	second, err := strconv.ParseInt(whole, 10, 64)
	return second, err == nil && whole[0] != '-' && second < latestSecond
}

// First returns the item whose time to live is over first, and the last second of it; nil if there is none.
func (x *Expiry) First() (r *Record, second int64) {
	first, _ := x.tree.Min()
	return first.record, first.second
}

// Len returns how many items will expire.
func (x *Expiry) Len() int { return x.tree.Len() }

// Remove deletes the record's item from d, which must have it.
func (d *Data) Remove(r *Record) { d.set(r, nil) }
