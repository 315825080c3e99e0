package table

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/arn"
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
		if gone {
			delete(stream.table.mu.policies, stream.arn.String())
		}
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
	floor := s.log.Trim(clock.StartOf(now.Add(-StreamRetention).Add(-s.shardLife())))
	for len(s.expired) > 0 && !s.expired[0].After(floor) {
		s.expired = s.expired[1:]
	}
}

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
	first, last := s.numbersLocked(now)
	for n := first; n <= last; n++ {
		d.Shards = append(d.Shards, s.describeShard(s.shardLocked(n, last)))
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
