package snapshot

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
)

// Query asks for items in order: those of one partition, or all. Its zero value asks for the whole table.
type Query struct {
	Index     string     // the index to read; empty: the table
	Partition attr.Value // the partition key; zero: all partitions, or those of a Segment
	Sort      Range      // with Partition: bounds of the sort key

	// The key of a global index may have several attributes. Others has the values of its partition attributes after the
	// first, all of which must be given. Prefix has the values of the first sort attributes: Sort is about the one after
	// them.
	Others []attr.Value
	Prefix []attr.Value

	Reverse  bool      // descending instead of ascending order
	Segment  Segment   // without Partition: one of several parts of the table
	After    attr.Item // start behind this item, which need not exist; only its key attributes count
	Limit    int       // items in a page at the most; 0: no limit
	MaxBytes int       // a page ends with the item that reaches this size; 0: no limit
}

// Range is a range of sort keys. Its zero value is all of them; a query with a range of the zero Value is refused.
type Range struct {
	lower, upper storage.Bound
	without      bool // a value that was asked for
}

func newRange(lower, upper storage.Bound, values ...attr.Value) Range {
	return Range{lower, upper, slices.ContainsFunc(values, attr.Value.IsZero)}
}

// Equal is the range of the one sort key v.
func Equal(v attr.Value) Range { return Between(v, v) }

// Between is the range from lower to upper, both included.
func Between(lower, upper attr.Value) Range {
	return newRange(storage.Bound{Value: lower}, storage.Bound{Value: upper}, lower, upper)
}

// AtLeast is the range from v on.
func AtLeast(v attr.Value) Range { return newRange(storage.Bound{Value: v}, storage.Bound{}, v) }

// Above is the range of the sort keys greater than v.
func Above(v attr.Value) Range {
	return newRange(storage.Bound{Value: v, Exclusive: true}, storage.Bound{}, v)
}

// AtMost is the range up to v.
func AtMost(v attr.Value) Range { return newRange(storage.Bound{}, storage.Bound{Value: v}, v) }

// Below is the range of the sort keys less than v.
func Below(v attr.Value) Range {
	return newRange(storage.Bound{}, storage.Bound{Value: v, Exclusive: true}, v)
}

// BeginsWith is the range of the sort keys that begin with v, which must be of type S or B.
func BeginsWith(v attr.Value) Range {
	return newRange(storage.Bound{Value: v, Prefix: true}, storage.Bound{}, v)
}

func (r Range) isZero() bool { return r == Range{} }

// Segment is the Index-th of Total parts of a table, counted from 0, which together hold every item once. The zero
// Segment is the whole table.
type Segment struct {
	Index, Total int
}

// Holds reports whether the items with that partition key, of the table or the index that is read, are in the segment.
// The partition key of a global index may have several values. The zero Segment holds all; one whose Index is not below
// its Total holds none.
func (s Segment) Holds(partition ...attr.Value) bool {
	return s == Segment{} || s.Total > 0 && storage.HashOf(partition...).Part(s.Total) == s.Index
}

// Page is a part of the answer to a [Query].
type Page struct {
	Items []attr.Item

	// Last is where the next page starts ([Query.After]): the key attributes of the last item, or the zero Item if
	// the query has come to its end. A page that Limit or MaxBytes ends has a Last even if nothing follows.
	Last attr.Item

	// Size is the size of the items in bytes, before any projection but the index's own.
	Size int
}

// Run answers q from d. It is meant for the stores of this module; d must not be written meanwhile.
func (q Query) Run(d storage.Reader) (Page, error) {
	index, span, err := q.resolve(d.Layout())
	if err != nil {
		return Page{}, err
	}
	var page Page
	full := false
	d.Scan(index, span, q.Reverse, func(item attr.Item) bool {
		if page.Items == nil {
			page.Items = make([]attr.Item, 0, 16) // most pages are short: room for all of one at once
		}
		page.Items = append(page.Items, item)
		page.Size += item.Size()
		full = q.Limit > 0 && len(page.Items) >= q.Limit || q.MaxBytes > 0 && page.Size >= q.MaxBytes
		return !full
	})
	if full {
		page.Last = d.Layout().Position(index, page.Items[len(page.Items)-1])
	}
	return page, d.Err()
}

// resolve finds what q means for a table; it refuses what does not fit.
func (q Query) resolve(layout *storage.Layout) (index int, span storage.Span, err error) {
	index, key := -1, layout.Key
	if q.Index != "" {
		if index = layout.Index(q.Index); index < 0 {
			return 0, span, exception.Validation.Errorf("The table does not have the specified index: %s", q.Index)
		}
		key = layout.Indexes[index].Key
	}
	if span, err = q.span(key); err != nil {
		return 0, span, err
	}
	if !q.After.IsZero() {
		p, ok := layout.Place(index, q.After)
		if !ok {
			return 0, span, exception.Validation.Errorf("The provided starting key is invalid")
		}
		start := make([]attr.Value, len(key.Partition))
		for i, a := range key.Partition {
			start[i], _ = q.After.Lookup(a.Name)
		}
		switch {
		case !q.Partition.IsZero() && !(start[0] == q.Partition && slices.Equal(start[1:], q.Others)):
			return 0, span, exception.Validation.Errorf(
				"The provided starting key is outside query boundaries based on provided conditions")
		case !q.Segment.Holds(start...):
			return 0, span, exception.Validation.Errorf("The provided starting key is invalid: Invalid ExclusiveStartKey. "+
				"Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d",
				q.Segment.Total, q.Segment.Index)
		}
		if q.Reverse {
			span = span.Before(p)
		} else {
			span = span.After(p)
		}
	}
	return index, span, nil
}

func (q Query) span(key storage.Key) (storage.Span, error) {
	if q.Limit < 0 || q.MaxBytes < 0 {
		return storage.Span{}, exception.Validation.Errorf("Limit and MaxBytes must not be negative")
	}
	if q.Partition.IsZero() {
		if !q.Sort.isZero() || len(q.Others)+len(q.Prefix) > 0 {
			return storage.Span{}, exception.Validation.Errorf("A range of sort keys needs a partition key")
		}
		if q.Segment == (Segment{}) {
			return storage.Span{}, nil
		}
		if q.Segment.Index < 0 || q.Segment.Index >= q.Segment.Total {
			return storage.Span{}, exception.Validation.Errorf("The Segment parameter is zero-based and must be less than "+
				"parameter TotalSegments: Segment: %d is not less than TotalSegments: %d", q.Segment.Index, q.Segment.Total)
		}
		return storage.SegmentSpan(q.Segment.Index, q.Segment.Total), nil
	}
	if q.Segment != (Segment{}) {
		return storage.Span{}, exception.Validation.Errorf("A query of one partition has no segments")
	}
	if q.Sort.without {
		return storage.Span{}, exception.Validation.Errorf("A range of sort keys needs its values")
	}
	if err := q.checkKey(key); err != nil {
		return storage.Span{}, err
	}
	if begin := q.Sort.lower; begin.Prefix && begin.Value.Type() != attr.TypeS && begin.Value.Type() != attr.TypeB {
		return storage.Span{}, exception.Validation.Errorf("BeginsWith takes a string or a binary")
	}
	if len(q.Others)+len(q.Prefix) == 0 { // as nearly always
		return storage.PartitionSpan([]attr.Value{q.Partition}, q.Sort.lower, q.Sort.upper), nil
	}
	partition := append([]attr.Value{q.Partition}, q.Others...)
	return storage.PrefixSpan(partition, q.Prefix, q.Sort.lower, q.Sort.upper), nil
}

// checkKey refuses values that are not those of the key's attributes.
func (q Query) checkKey(key storage.Key) error {
	if len(q.Others) != len(key.Partition)-1 {
		return exception.Validation.Errorf("A query needs a value for each of the %d partition attributes", len(key.Partition))
	}
	if err := checkTypes(key.Partition, q.Partition); err != nil {
		return err
	}
	for i, v := range q.Others {
		if err := checkGiven(key.Partition[i+1:], v); err != nil {
			return err
		}
	}
	for i, v := range q.Prefix {
		if err := checkGiven(key.Sort[min(i, len(key.Sort)):], v); err != nil {
			return err
		}
	}
	rest := key.Sort[min(len(q.Prefix), len(key.Sort)):]
	return checkTypes(rest, q.Sort.lower.Value, q.Sort.upper.Value)
}

// checkGiven is checkTypes for a value that must be there.
func checkGiven(key []storage.Attr, v attr.Value) error {
	if v.IsZero() && v.Err() == nil {
		return exception.Validation.Errorf("A query of several key attributes needs their values")
	}
	return checkTypes(key, v)
}

func checkTypes(key []storage.Attr, values ...attr.Value) error {
	for _, v := range values {
		if v.Err() != nil {
			return v.Err()
		}
		if !v.IsZero() && (len(key) == 0 || v.Type() != key[0].Type) {
			return exception.Validation.Errorf(
				"One or more parameter values were invalid: Condition parameter type does not match schema type")
		}
	}
	return nil
}
