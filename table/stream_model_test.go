package table_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// TestStreamsAgainstHistory writes at random to a table whose streams come and go, and whose items expire, and compares
// what every stream tells with the history that the table keeps beside it.
func TestStreamsAgainstHistory(t *testing.T) {
	r := newRand(t)
	for range 15 {
		newStreamPlay(t, r).play()
	}
}

// streamPlay is one such table, and the streams that it has had.
type streamPlay struct {
	*fixture
	random  *rand.Rand
	timing  table.Timing
	changes []snapshot.Change // of the table so far
	ours    map[instant]bool  // the commits among them that are not the table's own
	streams []*toldStream
	done    []string
}

// toldStream is a stream and what it should tell of: a part of the changes, which are those of its incarnation.
type toldStream struct {
	*table.Stream
	changes []snapshot.Change
	ended   time.Time
	numbers map[instant][]string // sequence numbers as they were first told
	shards  map[string]schema.Shard
	consumer
}

// consumer reads a stream as an adapter does: a shard to its end, and then the shard's child.
type consumer struct {
	shard string
	place table.StreamPosition
	read  int // of the stream's changes, those that it has been told of or missed
}

func newStreamPlay(t *testing.T, r *rand.Rand) *streamPlay {
	hours := []time.Duration{0, time.Hour, 4 * time.Hour, 20 * time.Hour, 50 * time.Hour}
	p := &streamPlay{random: r, ours: make(map[instant]bool)}
	p.timing = table.Timing{Shard: hours[r.IntN(len(hours))], Deleting: time.Duration(r.IntN(2)) * time.Minute}
	p.fixture = newStore(t, p.timing)
	p.store.Retain(1000 * time.Hour)
	p.begin()
	return p
}

func (p *streamPlay) note(format string, args ...any) {
	at := p.clock.Now().Sub(clock.Epoch)
	p.done = append(p.done, fmt.Sprintf("%12v ", at)+fmt.Sprintf(format, args...))
}

func (p *streamPlay) play() {
	defer func() {
		if p.Failed() {
			for _, line := range p.done {
				p.Log(line)
			}
			p.Logf("%+v", p.timing)
		}
	}()
	moves := []func(){p.write, p.write, p.write, p.write, p.write, p.wait, p.wait, p.consume, p.consume, p.switchStream,
		p.switchExpiry, p.begin}
	for range 150 {
		move := p.random.IntN(len(moves))
		if move == len(moves)-1 && p.random.IntN(4) > 0 {
			continue
		}
		moves[move]()
		p.collect()
		if p.random.IntN(4) == 0 {
			p.check()
		}
	}
	p.check()
}

// begin makes the table, in the place of the one before.
func (p *streamPlay) begin() {
	if p.table != nil {
		p.collect()
		p.drop("Things")
		p.end()
		p.clock.Advance(p.timing.Deleting)
	}
	d := indexed("Things")
	d.Stream = p.someView()
	p.create(d)
	p.note("create %v", d.Stream)
	p.table, p.changes = p.open("Things"), nil
	if d.Stream != "" {
		p.enabled()
	}
}

// someView returns one, or none.
func (p *streamPlay) someView() schema.StreamView {
	return append(slices.Clone(schema.StreamViews), "")[p.random.IntN(5)]
}

func (p *streamPlay) enabled() {
	s := &toldStream{Stream: p.stream("Things"), numbers: make(map[instant][]string), shards: make(map[string]schema.Shard)}
	p.streams = append(p.streams, s)
}

// latest returns the stream that is enabled; nil if there is none.
func (p *streamPlay) latest() *toldStream {
	if n := len(p.streams); n > 0 && p.streams[n-1].ended.IsZero() {
		return p.streams[n-1]
	}
	return nil
}

func (p *streamPlay) end() {
	if s := p.latest(); s != nil {
		s.ended = p.clock.Now()
	}
	p.note("stream ends")
}

func (p *streamPlay) switchStream() {
	p.collect()
	view := schema.StreamView("")
	if p.latest() == nil {
		view = schema.StreamViews[p.random.IntN(4)]
	}
	_, err := p.store.UpdateTable(ctx, "Things", table.Changes{Stream: &view})
	require.NoError(p, err)
	if p.end(); view != "" {
		p.enabled()
		p.note("stream begins: %v", view)
	}
}

func (p *streamPlay) switchExpiry() {
	ttl, err := p.store.DescribeTimeToLive(ctx, "Things")
	require.NoError(p, err)
	on := ttl.Status == schema.TTLDisabled
	require.NoError(p, p.store.UpdateTimeToLive(ctx, "Things", cmp.Or(ttl.Attribute, "Until"), on))
	p.note("time to live: %v", on)
}

func (p *streamPlay) wait() {
	waits := []time.Duration{1, time.Second, time.Minute, time.Hour, time.Hour, 5 * time.Hour, 26 * time.Hour}
	p.clock.Advance(waits[p.random.IntN(len(waits))])
}

func (p *streamPlay) someItem() attr.Item {
	k := int64(p.random.IntN(6))
	now := p.clock.Now().Unix() - clock.Epoch.Unix()
	switch p.random.IntN(4) {
	case 0:
		return item("a", k)
	case 1:
		return item("b", k, attr.Map{"G": attr.S("g"), "X": attr.Int(int64(p.random.IntN(3)))})
	}
	return item("a", k, until(now+int64(p.random.IntN(7200))-1000), attr.Map{"X": attr.S("x")})
}

func (p *streamPlay) someKey() attr.Key {
	return key([]string{"a", "b"}[p.random.IntN(2)], int64(p.random.IntN(6)))
}

// write does some writes, and notes which commits they are.
func (p *streamPlay) write() {
	var changes []snapshot.Change
	var err error
	switch p.random.IntN(5) {
	case 0:
		changes = make([]snapshot.Change, 1)
		changes[0], err = p.table.Delete(p.someKey())
	case 1:
		changes = make([]snapshot.Change, 1)
		changes[0], err = p.table.Update(p.someKey(), func(old attr.Item) (attr.Item, error) { return old, nil })
	case 2:
		changes, err = p.store.Transact(table.Put("Things", item("a", 7, attr.Map{"X": attr.Int(p.random.Int64N(2))})),
			table.Delete("Things", key("a", int64(p.random.IntN(6)))), table.Put("Things", item("b", 8)))
	case 3:
		changes, err = p.store.Batch(table.Put("Things", item("a", 9)), table.Delete("Things", p.someKey()))
	default: // enough to fill blocks of the log
		for range 1 << p.random.IntN(9) {
			var c snapshot.Change
			c, err = p.table.Put(p.someItem())
			require.NoError(p, err)
			changes = append(changes, c)
		}
	}
	require.NoError(p, err)
	for _, c := range changes {
		p.ours[c.At] = true
	}
}

// collect takes the changes from the history that have come, for the stream that is enabled.
func (p *streamPlay) collect() {
	var last instant
	if len(p.changes) > 0 {
		last = p.changes[len(p.changes)-1].At
	}
	_, err := p.store.DescribeTable(ctx, "Things") // what has come due is done
	require.NoError(p, err)
	changes, _, err := p.store.ChangesOf(ctx, "Things", last, clock.EndOf(p.clock.Now()))
	require.NoError(p, err)
	for c := range changes {
		p.changes = append(p.changes, c)
		p.note("%v %v: %v -> %v", c.At, c.Key, c.Old, c.New)
		if s := p.latest(); s != nil {
			s.changes = append(s.changes, c)
		}
	}
}

// record returns what a stream should tell of a change, but for its number.
func (p *streamPlay) record(s *toldStream, c snapshot.Change) table.StreamRecord {
	r := table.StreamRecord{At: c.At, Keys: cmp.Or(c.New, c.Old).Project("P", "K"), Old: c.Old, New: c.New}
	switch {
	case c.Old.IsZero():
		r.Event = table.Inserted
	case c.New.IsZero():
		r.Event, r.Expired = table.Removed, !p.ours[c.At]
	default:
		r.Event = table.Modified
	}
	if view := s.View(); view != schema.OldImage && view != schema.NewAndOldImages {
		r.Old = attr.Item{}
	}
	if view := s.View(); view != schema.NewImage && view != schema.NewAndOldImages {
		r.New = attr.Item{}
	}
	r.Size = r.Keys.Size() + r.Old.Size() + r.New.Size()
	return r
}

// check compares what every stream tells now.
func (p *streamPlay) check() {
	now := p.clock.Now()
	listed, _, err := p.store.ListStreams(ctx, "Things", "", 0)
	require.NoError(p, err)
	for _, s := range p.streams {
		gone := !s.ended.IsZero() && !now.Before(s.ended.Add(table.StreamRetention))
		require.Equal(p, !gone, slices.Contains(listed, s.Stream))
		if _, err := s.Describe(); gone {
			require.ErrorIs(p, err, exception.ResourceNotFound)
			continue
		}
		p.checkStream(s)
	}
}

// checkStream reads a stream shard by shard, and as a whole.
func (p *streamPlay) checkStream(s *toldStream) {
	forgotten := p.clock.Now().Add(-table.StreamRetention)
	kept := slices.IndexFunc(s.changes, func(c snapshot.Change) bool { return !c.At.Time().Before(forgotten) })
	if kept < 0 {
		kept = len(s.changes)
	}
	var want []table.StreamRecord
	for _, c := range s.changes[kept:] {
		want = append(want, p.record(s, c))
	}
	whole := p.records(s.Stream, "")
	p.numbered(s, whole)
	require.Equal(p, want, withoutNumbers(whole), s.ARN())
	p.checkForgotten(s, s.changes[:kept])
	var parts []table.StreamRecord
	for _, h := range p.lineage(s) {
		open := h.Last == ""
		place, err := s.Position(h.ID, table.TrimHorizon, "")
		require.NoError(p, err)
		records := p.readShard(s, place, open)
		for _, r := range records {
			require.True(p, r.Sequence > h.First && (open || r.Sequence <= h.Last), "%v in %+v", r.Sequence, h)
			p.checkPositions(s, h, r, records)
		}
		if place, err := s.Position(h.ID, table.AtSequenceNumber, h.First); !errors.Is(err, exception.TrimmedDataAccess) {
			require.NoError(p, err)
			require.Equal(p, records, p.readShard(s, place, open), "from its beginning")
		}
		latest, err := s.Position(h.ID, table.Latest, "")
		require.NoError(p, err)
		require.Empty(p, p.readShard(s, latest, open))
		parts = append(parts, records...)
	}
	require.Equal(p, whole, parts)
}

// lineage returns the shards of a stream, each the parent of the next. They stay what they were, but for their ends.
func (p *streamPlay) lineage(s *toldStream) []schema.Shard {
	d, err := s.Describe()
	require.NoError(p, err)
	for i, h := range d.Shards {
		if i > 0 {
			require.Equal(p, d.Shards[i-1].ID, h.Parent)
			require.Less(p, d.Shards[i-1].ID, h.ID)
			require.Less(p, d.Shards[i-1].Last, h.First)
		}
		require.Equal(p, i == len(d.Shards)-1 && s.ended.IsZero(), h.Last == "", "the last one is open")
		before, known := s.shards[h.ID]
		if before.Last == "" {
			before.Last = h.Last
		}
		require.True(p, !known || h == before, "%+v was %+v", h, before)
		s.shards[h.ID] = h
	}
	return d.Shards
}

// checkForgotten looks for a record that is no longer there.
func (p *streamPlay) checkForgotten(s *toldStream, forgotten []snapshot.Change) {
	if len(forgotten) == 0 {
		return
	}
	numbers := s.numbers[forgotten[p.random.IntN(len(forgotten))].At]
	if len(numbers) == 0 {
		return // it has gone before anybody looked
	}
	for id, h := range s.shards {
		if numbers[0] <= h.First || h.Last != "" && numbers[0] > h.Last {
			continue
		}
		for _, start := range []table.StreamStart{table.AtSequenceNumber, table.AfterSequenceNumber} {
			_, err := s.Position(id, start, numbers[0])
			require.True(p, errors.Is(err, exception.TrimmedDataAccess) || errors.Is(err, exception.ResourceNotFound), "%v", err)
		}
	}
	for _, err := range s.Records(numbers[0]) {
		require.ErrorIs(p, err, exception.TrimmedDataAccess)
	}
}

// numbered checks that records keep their numbers.
func (p *streamPlay) numbered(s *toldStream, records []table.StreamRecord) {
	last := ""
	told := make(map[instant][]string)
	for _, r := range records {
		require.Greater(p, r.Sequence, last)
		last = r.Sequence
		told[r.At] = append(told[r.At], r.Sequence)
	}
	for at, numbers := range told {
		if before := s.numbers[at]; before != nil {
			require.Equal(p, before, numbers)
		}
		s.numbers[at] = numbers
	}
}

func withoutNumbers(records []table.StreamRecord) (list []table.StreamRecord) {
	for _, r := range records {
		r.Sequence = ""
		list = append(list, r)
	}
	return list
}

// readShard reads on from a place until there is no more, in pages of random lengths.
func (p *streamPlay) readShard(s *toldStream, place table.StreamPosition, open bool) (all []table.StreamRecord) {
	for {
		records, next, more, err := s.Read(place, 1+p.random.IntN(7))
		require.NoError(p, err)
		all, place = append(all, records...), next
		if !more || open && len(records) == 0 {
			require.Equal(p, open, more)
			return all
		}
	}
}

// checkPositions reads one record of a shard, and the one after it, by the number.
func (p *streamPlay) checkPositions(s *toldStream, h schema.Shard, r table.StreamRecord, all []table.StreamRecord) {
	if p.random.IntN(10) > 0 {
		return
	}
	n := slices.IndexFunc(all, func(other table.StreamRecord) bool { return other.Sequence == r.Sequence })
	for i, start := range []table.StreamStart{table.AtSequenceNumber, table.AfterSequenceNumber} {
		place, err := s.Position(h.ID, start, r.Sequence)
		require.NoError(p, err)
		records, _, _, err := s.Read(place, 1)
		require.NoError(p, err)
		require.Equal(p, all[n+i:min(n+i+1, len(all))], append([]table.StreamRecord{}, records...))
	}
}

// consume lets one stream's consumer read on, which may have been away for so long that it misses something.
func (p *streamPlay) consume() {
	if len(p.streams) == 0 {
		return
	}
	s := p.streams[p.random.IntN(len(p.streams))]
	d, err := s.Describe()
	if err != nil {
		require.ErrorIs(p, err, exception.ResourceNotFound)
		return
	}
	if s.shard == "" {
		p.restart(s, d)
	}
	for range p.random.IntN(30) {
		records, next, more, err := s.Read(s.place, 1+p.random.IntN(9))
		if err != nil {
			require.ErrorIs(p, err, exception.TrimmedDataAccess)
			p.restart(s, d)
			continue
		}
		for _, r := range records {
			require.Equal(p, p.record(s, s.changes[s.read]), withoutNumbers([]table.StreamRecord{r})[0])
			s.read++
		}
		if s.place = next; more {
			continue
		}
		child := slices.IndexFunc(d.Shards, func(h schema.Shard) bool { return h.Parent == s.shard })
		if child < 0 {
			require.False(p, s.ended.IsZero(), "a stream that is enabled has an open shard")
			require.Equal(p, len(s.changes), s.read)
			return
		}
		p.enter(s, d.Shards[child])
	}
}

// restart begins with the oldest record there is.
func (p *streamPlay) restart(s *toldStream, d schema.Stream) {
	forgotten := p.clock.Now().Add(-table.StreamRetention)
	for s.read < len(s.changes) && s.changes[s.read].At.Time().Before(forgotten) {
		s.read++
	}
	p.enter(s, d.Shards[0])
}

func (p *streamPlay) enter(s *toldStream, h schema.Shard) {
	place, err := s.Position(h.ID, table.TrimHorizon, "")
	require.NoError(p, err)
	s.shard, s.place = h.ID, place
}
