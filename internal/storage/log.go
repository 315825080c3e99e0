package storage

import (
	"iter"
	"slices"
	"sort"

	"github.com/tidemark-db/tidemark/clock"
)

// Change is one item's part in a commit. Old is nil if the item is new, New if it was deleted.
type Change struct {
	At       clock.Instant
	Old, New *Record
}

// chunkLen is how many changes a log allocates at a time.
const chunkLen = 128

type chunk [chunkLen]Change

// Log is the changes of a table in the order of their instants. Its zero value is empty. Segments taken of it can be
// read without a lock while it is appended to and trimmed: what they see of it is never written again.
type Log struct {
	chunks []*chunk
	first  int // changes forgotten before the first one held
	len    int // over all chunks
	freed  int // chunks that the array under chunks still holds on to
}

// Append adds a change. Its instant must not be before that of the last one.
func (l *Log) Append(c Change) {
	if l.len == len(l.chunks)*chunkLen {
		l.chunks = append(l.chunks, new(chunk))
	}
	l.chunks[l.len/chunkLen][l.len%chunkLen] = c
	l.len++
}

// Len returns the number of changes held.
func (l *Log) Len() int { return l.len }

// Trim forgets changes at or before cut, as far as whole blocks of memory can be freed, and returns the instant
// after which the log is still complete: the zero Instant if nothing was forgotten.
func (l *Log) Trim(cut clock.Instant) (floor clock.Instant) {
	needed := func(i int) bool { return l.at(min((i+1)*chunkLen, l.len) - 1).At.After(cut) }
	if l.len == 0 || needed(0) { // as nearly every time
		return clock.Instant{}
	}
	n := sort.Search(len(l.chunks), needed)
	forgotten := min(n*chunkLen, l.len)
	floor = l.at(forgotten - 1).At
	l.chunks = l.chunks[n:]
	l.first += forgotten
	l.len -= forgotten
	if l.freed += n; l.freed > len(l.chunks) {
		// The array itself is left as it is, since segments read it: the collector takes it after the last of them.
		l.chunks, l.freed = slices.Clone(l.chunks), 0
	}
	return floor
}

// Since returns the changes after cut that the log holds now.
func (l *Log) Since(cut clock.Instant) Segment { return l.part(l.upTo(cut), l.len) }

// Between returns the changes after from and up to to that the log holds now.
func (l *Log) Between(from, to clock.Instant) Segment { return l.part(l.upTo(from), l.upTo(to)) }

// upTo returns how many of the changes held are at or before cut.
func (l *Log) upTo(cut clock.Instant) int {
	return sort.Search(l.len, func(i int) bool { return l.at(i).At.After(cut) })
}

// part returns the changes held from one place up to another.
func (l *Log) part(from, to int) Segment {
	if from >= to {
		return Segment{}
	}
	first, last := from/chunkLen, (to-1)/chunkLen
	return Segment{chunks: l.chunks[first : last+1 : last+1], from: from - first*chunkLen, to: to - first*chunkLen}
}

func (l *Log) at(i int) *Change { return &l.chunks[i/chunkLen][i%chunkLen] }

// Segment is a part of a log. It never changes.
type Segment struct {
	chunks   []*chunk
	from, to int
}

// Len returns the number of changes in s.
func (s Segment) Len() int { return s.to - s.from }

// All returns the changes of s from first to last.
func (s Segment) All() iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for i := s.from; i < s.to; i++ {
			if !yield(s.chunks[i/chunkLen][i%chunkLen]) {
				return
			}
		}
	}
}

// Backward returns the changes of s from last to first.
func (s Segment) Backward() iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for i := s.to - 1; i >= s.from; i-- {
			if !yield(s.chunks[i/chunkLen][i%chunkLen]) {
				return
			}
		}
	}
}

// Rewind undoes those changes of s that come after the marker of their partition. d must be the state at the end
// of s.
func (d *Data) Rewind(s Segment, marker func(Hash) clock.Instant) {
	for c := range s.Backward() {
		if c.At.After(marker(d.layout.hash(c.Old, c.New))) {
			d.set(c.New, c.Old)
		}
	}
}
