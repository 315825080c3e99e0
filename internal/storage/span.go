package storage

import (
	"github.com/tidemark-db/tidemark/attr"
)

// Bound is one end of a range of sort keys. The zero Bound is no end at all.
type Bound struct {
	Value     attr.Value
	Exclusive bool
	Prefix    bool // as a lower bound: whatever begins with Value, an S or B; the upper bound is then unused
}

// PartitionSpan returns the span of one partition between two sort keys. It can be used on the table or the index
// whose partition and sort keys have the types of the values given.
func PartitionSpan(partition []attr.Value, lower, upper Bound) Span {
	return PrefixSpan(partition, nil, lower, upper)
}

// PrefixSpan is PartitionSpan where the sort key has several attributes: the first of them have the values of sort, and
// the one after those lies between the bounds.
func PrefixSpan(partition, sort []attr.Value, lower, upper Bound) Span {
	var prefix []byte
	for _, v := range partition {
		prefix = attr.AppendKey(prefix, v)
	}
	hash := hashOf(prefix)
	for _, v := range sort {
		prefix = attr.AppendKey(prefix, v)
	}
	from, to := string(prefix), after(prefix)
	if lower.Prefix {
		start := attr.AppendKey(prefix[:len(prefix):len(prefix)], lower.Value)
		start = start[:len(start)-2] // without the terminator: every longer value begins like this
		return Span{from: Position{hash, string(start)}, to: Position{hash, after(start)}, bounded: true}
	}
	if !lower.Value.IsZero() {
		start := attr.AppendKey(prefix[:len(prefix):len(prefix)], lower.Value)
		from = string(start)
		if lower.Exclusive {
			from = after(start)
		}
	}
	if !upper.Value.IsZero() {
		end := attr.AppendKey(prefix[:len(prefix):len(prefix)], upper.Value)
		to = after(end)
		if upper.Exclusive {
			to = string(end)
		}
	}
	return Span{from: Position{hash, from}, to: Position{hash, to}, bounded: true}
}

// SegmentSpan returns the i-th of n parts of everything, which together cover all records once.
func SegmentSpan(i, n int) Span {
	s := Span{from: Position{hash: partStart(i, n)}}
	if i+1 < n {
		s.to, s.bounded = Position{hash: partStart(i+1, n)}, true
	}
	return s
}

// After returns the part of s that comes after record position p in ascending order.
func (s Span) After(p Position) Span {
	next := Position{p.hash, p.key + "\x00"}
	if next.Compare(s.from) > 0 {
		s.from = next
	}
	return s
}

// Before returns the part of s that comes before record position p in ascending order.
func (s Span) Before(p Position) Span {
	if !s.bounded || p.Compare(s.to) < 0 {
		s.to, s.bounded = p, true
	}
	return s
}

// after returns the smallest string that is greater than every string that begins with prefix. No encoded key
// consists of 0xff bytes alone.
func after(prefix []byte) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			end := append([]byte(nil), prefix[:i+1]...)
			end[i]++
			return string(end)
		}
	}
	return "\xff"
}
