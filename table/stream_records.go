package table

import (
	"sort"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
)

// StreamEvent says what a record tells of.
type StreamEvent string

// What may have become of an item.
const (
	Inserted StreamEvent = "INSERT"
	Modified StreamEvent = "MODIFY"
	Removed  StreamEvent = "REMOVE"
)

// StreamRecord is one item's part in a commit, as a stream tells of it.
type StreamRecord struct {
	Sequence string        // its sequence number: unique in the stream, and greater than those before
	At       clock.Instant // of the commit; those of a transaction have the same
	Event    StreamEvent
	Keys     attr.Item
	Old, New attr.Item // the zero Item if there is none, or the stream's view leaves it out
	Size     int       // of keys, old and new item together
	Expired  bool      // the table itself has deleted the item, because its time to live was over
}

// reading is what a reader takes along from under the lock.
type reading struct {
	stream  *Stream
	keys    []string
	segment storage.Segment
	expired []clock.Instant
	place   int
}

// readLocked returns the changes from one place up to another.
func (s *Stream) readLocked(from, to int) reading {
	r := reading{stream: s, segment: s.log.Slice(from, to), expired: s.expired, place: from}
	for _, e := range s.table.mu.definition.KeySchema {
		r.keys = append(r.keys, e.Name)
	}
	return r
}

// records calls fn with the records until it returns false.
func (r reading) records(fn func(StreamRecord) bool) {
	place := r.place
	for c := range r.segment.All() {
		place++
		record := r.record(c)
		record.Sequence = sequenceNumber(r.stream.shardAt(c.At.Time()), place)
		if !fn(record) {
			return
		}
	}
}

func (r reading) record(c storage.Change) StreamRecord {
	record := StreamRecord{At: c.At, Event: Modified, Old: itemOf(c.Old), New: itemOf(c.New)}
	switch {
	case c.Old == nil:
		record.Event, record.Keys = Inserted, record.New.Project(r.keys...)
	case c.New == nil:
		record.Event, record.Keys = Removed, record.Old.Project(r.keys...)
		n := sort.Search(len(r.expired), func(i int) bool { return !r.expired[i].Before(c.At) })
		record.Expired = n < len(r.expired) && r.expired[n] == c.At
	default:
		record.Keys = record.New.Project(r.keys...)
	}
	if view := r.stream.view; view == schema.NewImage || view == schema.StreamOfKeysOnly {
		record.Old = attr.Item{}
	}
	if view := r.stream.view; view == schema.OldImage || view == schema.StreamOfKeysOnly {
		record.New = attr.Item{}
	}
	record.Size = record.Keys.Size() + record.Old.Size() + record.New.Size()
	return record
}
