package table

import (
	"fmt"
	"hash/fnv"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
)

// StreamRetention is how long a record stays in a stream, and a stream after it was switched off.
const StreamRetention = 24 * time.Hour

// Stream is what was done to the items of one incarnation of a table while a stream was enabled on it. [Store.Stream] and
// [Store.ListStreams] give it. It can be read for a day after it was switched off, or its table deleted, and its methods
// fail with ResourceNotFound after that.
//
// A stream is a row of shards, one for each Timing.Shard of its life: the open one that the present is written to, and
// those before it of which something is left. A reader who has come to the end of a closed shard goes on with the next.
// A Go program need not bother: [Stream.Records] reads all there is.
type Stream struct {
	table *Table
	arn   arn.ARN
	view  schema.StreamView
	since time.Time // when it was enabled
	ready time.Time // ENABLING until here

	// Guarded by the table's lock.
	log     storage.Log
	expired []clock.Instant // of the log's deletions of the table's own, of what had expired
	ended   time.Time       // zero: it is enabled
}

// streams are those of a store that can be read, by the text of their ARNs.
type streams struct {
	sync.Mutex
	byARN map[string]*Stream
}

// add gives s an ARN that no other stream has, and makes it known. The label of a stream is the time of its creation; two
// of one table that were created at the same millisecond are told apart by one more.
func (l *streams) add(s *Stream) {
	l.Lock()
	defer l.Unlock()
	if l.byARN == nil {
		l.byARN = make(map[string]*Stream)
	}
	for label := s.since; ; label = label.Add(time.Millisecond) {
		s.arn = arn.Table(s.table.store.region, s.table.store.account, s.table.name).Stream(label)
		if l.byARN[s.arn.String()] == nil {
			break
		}
	}
	l.byARN[s.arn.String()] = s
}

func (l *streams) remove(s *Stream) {
	l.Lock()
	defer l.Unlock()
	delete(l.byARN, s.arn.String())
}

// all returns the streams in the order of their ARNs.
func (l *streams) all() []*Stream {
	l.Lock()
	defer l.Unlock()
	all := make([]*Stream, 0, len(l.byARN))
	for _, s := range l.byARN {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *Stream) int { return strings.Compare(a.arn.String(), b.arn.String()) })
	return all
}

func (l *streams) named(text string) *Stream {
	l.Lock()
	defer l.Unlock()
	return l.byARN[text]
}

// switchStreamLocked enables a stream with a view, or disables the one that there is if that is empty.
func (t *Table) switchStreamLocked(view schema.StreamView, now time.Time) {
	t.endStreamLocked(now)
	if view != "" {
		t.openStreamLocked(view, now, now.Add(t.store.timing.Updating))
	}
}

// openStreamLocked enables a stream, whose first record is that of the next commit.
func (t *Table) openStreamLocked(view schema.StreamView, now, ready time.Time) {
	s := &Stream{table: t, view: view, since: now, ready: ready}
	t.store.streams.add(s)
	t.mu.stream, t.mu.streamARN = s, s.arn
}

// endStreamLocked disables the stream, if there is one.
func (t *Table) endStreamLocked(now time.Time) {
	if t.mu.stream != nil {
		t.mu.stream.ended = now
		t.mu.stream = nil
	}
}

// forgetStreams drops the streams that have been off for long enough, and trims the others. It must not be called with
// a lock held.
func (s *Store) forgetStreams(now time.Time) {
	for _, stream := range s.streams.all() {
		stream.table.mu.Lock()
		stream.trimLocked(now)
		gone := stream.goneLocked(now)
		stream.table.mu.Unlock()
		if gone {
			s.streams.remove(stream)
		}
	}
}

func (s *Stream) goneLocked(now time.Time) bool {
	return !s.ended.IsZero() && !now.Before(s.ended.Add(StreamRetention))
}

// appendLocked records a change.
func (s *Stream) appendLocked(c storage.Change) {
	s.log.Append(c)
	s.trimLocked(c.At.Time())
}

// trimLocked forgets what no shard has any more. A shard is kept as a whole until the last of its records may go.
func (s *Stream) trimLocked(now time.Time) {
	if s.goneLocked(now) {
		s.log, s.expired = storage.Log{}, nil
		return
	}
	floor := s.log.Trim(clock.StartOf(now.Add(-StreamRetention - s.shardLife())))
	for len(s.expired) > 0 && !s.expired[0].After(floor) {
		s.expired = s.expired[1:]
	}
}

func (s *Stream) shardLife() time.Duration { return max(s.table.store.timing.Shard, 0) }

// ARN returns the stream's name. Its ID is the stream's label.
func (s *Stream) ARN() arn.ARN { return s.arn }

// View returns which images of an item the records have.
func (s *Stream) View() schema.StreamView { return s.view }

// open locks the stream for reading, if it is there, and returns the time.
func (s *Stream) open() (now time.Time, err error) {
	s.table.store.Now() // which frees what has had its time
	now = s.table.rlockNow()
	if s.goneLocked(now) {
		s.table.mu.RUnlock()
		return now, errNoStream(s.arn.String())
	}
	return now, nil
}

func (s *Stream) close() { s.table.mu.RUnlock() }

func errNoStream(text string) error {
	return exception.ResourceNotFound.Errorf("Requested resource not found: Stream: %s not found", text)
}

func errStreamARN() error { return exception.Validation.Errorf("Invalid StreamArn") }

// Describe returns what the stream is, with all shards of which there may be records left. It fails with ResourceNotFound
// if the stream is gone.
func (s *Stream) Describe() (schema.Stream, error) {
	now, err := s.open()
	if err != nil {
		return schema.Stream{}, exception.During("DescribeStream", s.arn.String(), err)
	}
	defer s.close()
	d := schema.Stream{
		ARN: s.arn, View: s.view, Status: s.statusLocked(now), CreationTime: s.since,
		KeySchema: slices.Clone(s.table.mu.definition.KeySchema),
	}
	for _, h := range s.shardsLocked(now) {
		d.Shards = append(d.Shards, s.describeShard(h))
	}
	return d, nil
}

// statusLocked returns the state of the stream: it is being switched as long as its table is being created or updated.
func (s *Stream) statusLocked(now time.Time) schema.StreamStatus {
	t := s.table
	switch {
	case !s.ended.IsZero() && now.Before(s.ended.Add(t.store.timing.Updating)) && t.mu.deleted.IsZero():
		return schema.StreamDisabling
	case !s.ended.IsZero():
		return schema.StreamDisabled
	case now.Before(s.ready):
		return schema.StreamEnabling
	}
	return schema.StreamEnabled
}

// shard is a stretch of a stream. Its records have the places from begin up to end.
type shard struct {
	number     int // of the stretches since the stream was enabled
	begin, end int
	closed     bool
}

// shardsLocked returns the shards of which something may be left.
func (s *Stream) shardsLocked(now time.Time) []shard {
	last := now
	if !s.ended.IsZero() {
		last = s.ended
	}
	life, first, open := s.shardLife(), 0, 0
	if life > 0 {
		first = int(max(now.Add(-StreamRetention).Sub(s.since), 0) / life)
		open = int(max(last.Sub(s.since), 0) / life)
	}
	var shards []shard
	for n := first; n <= open; n++ {
		h := shard{number: n, begin: s.startLocked(n), end: s.log.End(), closed: n < open || !s.ended.IsZero()}
		if n < open {
			h.end = s.startLocked(n + 1)
		}
		shards = append(shards, h)
	}
	return shards
}

// startLocked returns the place at which a shard begins.
func (s *Stream) startLocked(number int) int {
	if number == 0 {
		return 0
	}
	return s.log.Place(clock.StartOf(s.since.Add(time.Duration(number) * s.shardLife())))
}

// horizonLocked returns the place of the oldest record that can be read.
func (s *Stream) horizonLocked(now time.Time) int {
	return s.log.Place(clock.StartOf(now.Add(-StreamRetention)))
}

func (s *Stream) describeShard(h shard) schema.Shard {
	d := schema.Shard{ID: s.shardID(h.number), First: sequenceNumber(h.number, h.begin)}
	if h.number > 0 {
		d.Parent = s.shardID(h.number - 1)
	}
	if h.closed {
		d.Last = sequenceNumber(h.number, h.end)
	}
	return d
}

// shardID returns a text like the service's, which says when the shard began.
func (s *Stream) shardID(number int) string {
	hash := fnv.New32a()
	fmt.Fprint(hash, s.arn, number)
	began := s.since.Add(time.Duration(number) * s.shardLife())
	return fmt.Sprintf("shardId-%020d-%08x", began.UnixMilli(), hash.Sum32())
}

// Sequence numbers have 21 digits: a 1, the number of the shard, and how many records the stream had with this one. So
// they ascend over all shards, and the bounds of a shard are in order also if it has no records.
const (
	sequenceDigits = 21
	shardDigits    = 7
)

func sequenceNumber(shard, count int) string {
	return fmt.Sprintf("1%0*d%0*d", shardDigits, shard, sequenceDigits-1-shardDigits, count)
}

// parseSequence reads what sequenceNumber writes.
func parseSequence(text string) (shard, count int, ok bool) {
	if len(text) != sequenceDigits || text[0] != '1' || strings.Trim(text, "0123456789") != "" {
		return 0, 0, false
	}
	for _, c := range text[1 : 1+shardDigits] {
		shard = shard*10 + int(c-'0')
	}
	for _, c := range text[1+shardDigits:] {
		count = count*10 + int(c-'0')
	}
	return shard, count, true
}

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
	shards  []shard
	place   int
}

// readLocked returns the changes from one place up to another.
func (s *Stream) readLocked(shards []shard, from, to int) reading {
	r := reading{stream: s, segment: s.log.Slice(from, to), expired: s.expired, shards: shards, place: from}
	for _, e := range s.table.mu.definition.KeySchema {
		r.keys = append(r.keys, e.Name)
	}
	return r
}

// records calls fn with the records until it returns false.
func (r reading) records(fn func(StreamRecord) bool) {
	place, shards := r.place, r.shards
	for c := range r.segment.All() {
		for len(shards) > 1 && place >= shards[0].end {
			shards = shards[1:]
		}
		place++
		record := r.record(c)
		record.Sequence = sequenceNumber(shards[0].number, place)
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
