package table_test

import (
	"fmt"
	"math"
	"strings"
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

// streamed is a table with a stream.
func streamed(name string, view schema.StreamView) schema.Definition {
	d := plain(name)
	d.Stream = view
	return d
}

// stream returns the latest stream of a table.
func (f *fixture) stream(name string) *table.Stream {
	f.Helper()
	s, err := f.store.Stream(f.describe(name).StreamARN.String())
	require.NoError(f, err)
	return s
}

func (f *fixture) records(s *table.Stream, after string) (list []table.StreamRecord) {
	f.Helper()
	for r, err := range s.Records(after) {
		require.NoError(f, err)
		list = append(list, r)
	}
	return list
}

func (f *fixture) shards(s *table.Stream) []schema.Shard {
	f.Helper()
	d, err := s.Describe()
	require.NoError(f, err)
	return d.Shards
}

func TestStreamTellsOfEveryChange(t *testing.T) {
	f := newFixture(t, streamed("Things", schema.NewAndOldImages), table.Timing{})
	s := f.stream("Things")
	require.Empty(t, f.records(s, ""))
	first := f.put("a", 1)
	f.put("a", 1) // changes nothing
	f.clock.Advance(time.Second)
	second := f.put("a", 1, attr.Map{"X": attr.S("x")})
	_, err := f.table.Delete(key("a", 2)) // which is not there
	require.NoError(t, err)
	_, err = f.table.Put(item("a", 3), table.Exists)
	require.ErrorIs(t, err, exception.ConditionalCheckFailed)
	third, err := f.table.Delete(key("a", 1))
	require.NoError(t, err)
	both, err := f.store.Transact(table.Put("Things", item("b", 1)), table.Check("Things", key("b", 2), table.Missing),
		table.Put("Things", item("b", 3)))
	require.NoError(t, err)

	keys := func(p string, k int64) attr.Item { return item(p, k) }
	x := item("a", 1, attr.Map{"X": attr.S("x")})
	got := f.records(s, "")
	want := []table.StreamRecord{
		{At: first.At, Event: table.Inserted, Keys: keys("a", 1), New: item("a", 1), Size: 2 * item("a", 1).Size()},
		{At: second.At, Event: table.Modified, Keys: keys("a", 1), Old: item("a", 1), New: x, Size: 2*item("a", 1).Size() + x.Size()},
		{At: third.At, Event: table.Removed, Keys: keys("a", 1), Old: x, Size: item("a", 1).Size() + x.Size()},
		{At: both[0].At, Event: table.Inserted, Keys: keys("b", 1), New: item("b", 1), Size: 2 * item("b", 1).Size()},
		{At: both[0].At, Event: table.Inserted, Keys: keys("b", 3), New: item("b", 3), Size: 2 * item("b", 3).Size()},
	}
	for i := range want {
		want[i].Sequence = fmt.Sprintf("10000000000%012d", i+1)
	}
	require.Equal(t, want, got)
	require.Equal(t, want[2:], f.records(s, got[1].Sequence))
	require.Empty(t, f.records(s, got[4].Sequence))
}

func TestStreamViews(t *testing.T) {
	before, after := item("a", 1), item("a", 1, attr.Map{"X": attr.S("x")})
	for view, want := range map[schema.StreamView][2]attr.Item{
		schema.StreamOfKeysOnly: {},
		schema.NewImage:         {{}, after},
		schema.OldImage:         {before, {}},
		schema.NewAndOldImages:  {before, after},
	} {
		f := newFixture(t, streamed("Things", view), table.Timing{})
		f.put("a", 1)
		f.put("a", 1, attr.Map{"X": attr.S("x")})
		r := f.records(f.stream("Things"), "")[1]
		require.Equal(t, want, [2]attr.Item{r.Old, r.New}, view)
		require.Equal(t, item("a", 1), r.Keys)
		require.Equal(t, r.Keys.Size()+r.Old.Size()+r.New.Size(), r.Size)
	}
}

func TestStreamTellsOfExpiredItems(t *testing.T) {
	d := streamed("Things", schema.NewAndOldImages)
	d.TTLAttribute = "Until"
	f := newFixture(t, d, table.Timing{})
	f.put("a", 1, until(10))
	f.put("a", 2, until(20))
	_, err := f.table.Delete(key("a", 2))
	require.NoError(t, err)
	s := f.stream("Things")
	f.clock.Advance(time.Minute)
	records := f.records(s, "")
	require.Len(t, records, 4)
	require.False(t, records[2].Expired, "somebody has deleted it")
	last := records[3]
	require.True(t, last.Expired)
	require.Equal(t, table.Removed, last.Event)
	require.Equal(t, item("a", 1, until(10)), last.Old)
	require.Equal(t, clock.Epoch.Add(11*time.Second), last.At.Time(), "when it happened, not when somebody looked")
	f.clock.Advance(24*time.Hour + 11*time.Second - time.Minute)
	require.True(t, f.records(s, "")[0].Expired, "the last of the day")
	f.clock.Advance(1)
	require.Empty(t, f.records(s, ""))
}

func TestStreamOfADay(t *testing.T) {
	f := newFixture(t, streamed("Things", schema.NewImage), table.Timing{})
	s := f.stream("Things")
	shard := f.shards(s)[0]
	for k := range int64(48) {
		for n := range int64(20) {
			f.put("a", k*100+n)
		}
		f.clock.Advance(time.Hour)
	}
	records := f.records(s, "")
	require.Len(t, records, 24*20, "a record lives for a day")
	require.Equal(t, item("a", 2400), records[0].New)
	require.Equal(t, []schema.Shard{shard}, f.shards(s), "without Timing.Shard there is one for ever")

	start, err := s.Position(shard.ID, table.TrimHorizon, "")
	require.NoError(t, err)
	oldest, next, more, err := s.Read(start, 1)
	require.NoError(t, err)
	require.Equal(t, records[:1], oldest)
	require.True(t, more)
	f.clock.Advance(time.Second) // which is one hour's records too many
	_, _, _, err = s.Read(start, 0)
	requireRefused(t, err, exception.TrimmedDataAccess, "The data you are trying to access has been trimmed")
	_, _, _, err = s.Read(next, 0)
	require.ErrorIs(t, err, exception.TrimmedDataAccess)
	for _, kind := range []table.StreamStart{table.AtSequenceNumber, table.AfterSequenceNumber} {
		_, err = s.Position(shard.ID, kind, records[19].Sequence)
		require.ErrorIs(t, err, exception.TrimmedDataAccess)
		_, err = s.Position(shard.ID, kind, records[20].Sequence)
		require.NoError(t, err)
	}
	for _, err := range s.Records(records[19].Sequence) {
		require.ErrorIs(t, err, exception.TrimmedDataAccess)
	}
	f.clock.Advance(24 * time.Hour)
	require.Empty(t, f.records(s, ""))
	f.put("b", 1)
	require.Equal(t, fmt.Sprintf("10000000000%012d", 48*20+1), f.records(s, "")[0].Sequence)
}

func TestShards(t *testing.T) {
	f := newFixture(t, streamed("Things", schema.NewImage), table.Timing{Shard: 4 * time.Hour})
	s := f.stream("Things")
	write := func(hours int) {
		for range hours {
			f.put("a", int64(f.clock.Now().Sub(clock.Epoch)/time.Hour))
			f.clock.Advance(time.Hour)
		}
	}
	write(9)
	shards := f.shards(s)
	require.Len(t, shards, 3)
	require.Empty(t, shards[0].Parent)
	require.Empty(t, shards[2].Last, "it is open")
	for i, want := range [][]int64{{0, 1, 2, 3}, {4, 5, 6, 7}, {8}} {
		h := shards[i]
		require.Len(t, h.First, 23)
		require.True(t, len(h.ID) >= 28 && len(h.ID) <= 65)
		if i > 0 {
			require.Equal(t, shards[i-1].ID, h.Parent)
			require.Less(t, shards[i-1].Last, h.First)
		}
		for _, kind := range []table.StreamStart{table.TrimHorizon, table.AtSequenceNumber, table.AfterSequenceNumber} {
			sequence := ""
			if kind != table.TrimHorizon {
				sequence = h.First
			}
			p, err := s.Position(h.ID, kind, sequence)
			require.NoError(t, err)
			records, next, more, err := s.Read(p, 3)
			require.NoError(t, err)
			require.Equal(t, len(want) > 3 || i == 2, more)
			if more {
				rest, _, more, err := s.Read(next, 3)
				require.NoError(t, err)
				require.Equal(t, i == 2, more, "a closed shard has an end")
				records = append(records, rest...)
			}
			for n, r := range records {
				require.Equal(t, item("a", want[n]), r.New)
				require.Greater(t, r.Sequence, h.First)
			}
			require.Len(t, records, len(want))
			if h.Last != "" {
				require.Equal(t, h.Last, records[len(records)-1].Sequence)
			}
		}
		latest, err := s.Position(h.ID, table.Latest, "")
		require.NoError(t, err)
		records, _, more, err := s.Read(latest, 0)
		require.NoError(t, err)
		require.Empty(t, records)
		require.Equal(t, i == 2, more)
	}
	write(20) // 29 hours: the first shard is a day behind
	later := f.shards(s)
	require.Equal(t, shards[1].ID, later[0].ID)
	require.Equal(t, shards[1].First, later[0].First, "a shard keeps its number, although its first records are gone")
	require.Equal(t, shards[0].ID, later[0].Parent)
	_, err := s.Position(shards[0].ID, table.Latest, "")
	requireRefused(t, err, exception.ResourceNotFound, "Requested resource not found: Shard does not exist")
	_, _, _, err = s.Read(table.StreamPosition{Shard: 0, Before: 2}, 0)
	require.ErrorIs(t, err, exception.TrimmedDataAccess)
	f.clock.Advance(100 * time.Hour) // nobody writes: the shards follow each other all the same
	quiet := f.shards(s)
	require.Len(t, quiet, 7)
	require.Equal(t, quiet[5].First, quiet[5].Last)
	require.Empty(t, f.records(s, ""))
	f.put("b", 1)
	require.Len(t, f.records(s, quiet[5].Last), 1)
}

// Sequence numbers have the digits for more shards than there can be.
func TestShardsOfASecond(t *testing.T) {
	for _, timing := range []table.Timing{{Shard: time.Second}, {Shard: time.Nanosecond}} {
		f := newFixture(t, streamed("Things", schema.NewImage), timing)
		s := f.stream("Things")
		f.put("a", 1)
		before := f.records(s, "")
		for _, years := range []int{1, 100} {
			f.clock.Advance(time.Duration(years) * 365 * 24 * time.Hour)
			f.put("a", int64(years)+1)
			f.put("a", int64(years)+2)
			after := f.records(s, "")
			require.Len(t, after, 2)
			require.Greater(t, after[0].Sequence, before[0].Sequence)
			require.Equal(t, after[1:], f.records(s, after[0].Sequence))
			shards := f.shards(s)
			require.Len(t, shards, 24*60*60+1)
			p, err := s.Position(shards[len(shards)-1].ID, table.AtSequenceNumber, after[0].Sequence)
			require.NoError(t, err)
			records, _, more, err := s.Read(p, 0)
			require.NoError(t, err)
			require.True(t, more)
			require.Equal(t, after, records)
			before = after
		}
	}
}

func TestStreamsComeAndGo(t *testing.T) {
	f := newFixture(t, streamed("Things", schema.NewImage), table.Timing{Updating: time.Minute})
	switchTo := func(view schema.StreamView) {
		t.Helper()
		_, err := f.store.UpdateTable(ctx, "Things", table.Changes{Stream: &view})
		require.NoError(t, err)
	}
	status := func(s *table.Stream, want schema.StreamStatus) {
		t.Helper()
		d, err := s.Describe()
		require.NoError(t, err)
		require.Equal(t, want, d.Status)
	}
	first := f.stream("Things")
	status(first, schema.StreamEnabled)
	f.put("a", 1)
	switchTo("")
	status(first, schema.StreamDisabling)
	f.put("a", 2) // nobody is told
	f.clock.Advance(time.Minute)
	status(first, schema.StreamDisabled)
	require.Equal(t, first, f.stream("Things"), "the latest stream, although it is off")
	require.Len(t, f.records(first, ""), 1)
	p, err := first.Position(f.shards(first)[0].ID, table.TrimHorizon, "")
	require.NoError(t, err)
	_, _, more, err := first.Read(p, 0)
	require.NoError(t, err)
	require.False(t, more, "its shard is closed")

	switchTo(schema.StreamOfKeysOnly)
	second := f.stream("Things")
	require.NotEqual(t, first.ARN(), second.ARN())
	status(second, schema.StreamEnabling)
	f.put("a", 3)
	f.clock.Advance(time.Minute)
	status(second, schema.StreamEnabled)
	require.Len(t, f.records(second, ""), 1)
	require.Len(t, f.records(first, ""), 1)

	f.clock.Advance(time.Hour)
	f.drop("Things")
	status(second, schema.StreamDisabled)
	f.create(streamed("Things", schema.OldImage))
	list, last, err := f.store.ListStreams(ctx, "Things", "", 0)
	require.NoError(t, err)
	require.Empty(t, last)
	require.Equal(t, []*table.Stream{first, second, f.stream("Things")}, list)
	require.Len(t, f.records(second, ""), 1, "the stream outlives its table")
	f.clock.Advance(23*time.Hour - time.Minute - 1)
	require.Len(t, f.records(second, ""), 1)
	f.clock.Advance(2 * time.Hour)
	_, err = second.Describe()
	requireRefused(t, err, exception.ResourceNotFound, "Requested resource not found: Stream: "+second.ARN().String()+" not found")
	_, err = f.store.Stream(first.ARN().String())
	require.ErrorIs(t, err, exception.ResourceNotFound)
	list, _, err = f.store.ListStreams(ctx, "", "", 0)
	require.NoError(t, err)
	require.Equal(t, []*table.Stream{f.stream("Things")}, list)
}

// On a clock that stands still, streams have labels of their own nevertheless.
func TestStreamsAtOneMoment(t *testing.T) {
	f := newFixture(t, streamed("Things", schema.NewImage), table.Timing{})
	for range 3 {
		for _, view := range []schema.StreamView{"", schema.NewImage} {
			_, err := f.store.UpdateTable(ctx, "Things", table.Changes{Stream: &view})
			require.NoError(t, err)
		}
	}
	f.drop("Things")
	f.create(streamed("Things", schema.NewImage))
	var labels []string
	after := ""
	for {
		list, last, err := f.store.ListStreams(ctx, "", after, 2)
		require.NoError(t, err)
		for _, s := range list {
			labels = append(labels, strings.TrimPrefix(s.ARN().ID, "2024-01-15T12:00:00"))
		}
		if after = last; after == "" {
			break
		}
	}
	require.Equal(t, []string{".000", ".001", ".002", ".003", ".004"}, labels)
	require.Equal(t, ".004", f.describe("Things").StreamARN.ID[len("2024-01-15T12:00:00"):])
}

func TestNothingIsRecordedForARestore(t *testing.T) {
	f := newFixture(t, streamed("Things", schema.NewAndOldImages), table.Timing{})
	f.put("a", 1)
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	r := snapshot.Restore{Table: *s.Table(), Snapshot: s}
	r.Table.Name, r.Table.Stream = "Copy", ""
	_, err = f.store.RestoreTable(ctx, r)
	require.NoError(t, err)
	list, _, err := f.store.ListStreams(ctx, "", "", 0)
	require.NoError(t, err)
	require.Len(t, list, 1, "the copy has none")
	require.Len(t, f.records(list[0], ""), 1)
	view := schema.NewAndOldImages
	_, err = f.store.UpdateTable(ctx, "Copy", table.Changes{Stream: &view})
	require.NoError(t, err)
	require.Empty(t, f.records(f.stream("Copy"), ""), "what a restore brought was there before the stream")
}

func TestStreamRefusals(t *testing.T) {
	f := newFixture(t, streamed("Things", schema.NewImage), table.Timing{})
	f.put("a", 1)
	s := f.stream("Things")
	shard := f.shards(s)[0].ID
	position := func(shard string, start table.StreamStart, sequence string) error {
		_, err := s.Position(shard, start, sequence)
		return err
	}
	const bad = "Invalid SequenceNumber for the shard"
	for _, sequence := range []string{"", "1", strings.Repeat("9", 23), strings.Repeat("9", 40), "1000000000000000000000x",
		"10000000000000000000002", "10000000001000000000001", "-0000000000000000000001", "100000000000000000001"} {
		requireRefused(t, position(shard, table.AtSequenceNumber, sequence), exception.Validation, bad)
		requireRefused(t, position(shard, table.AfterSequenceNumber, sequence), exception.Validation, bad)
	}
	requireRefused(t, position("shardId-1", table.Latest, ""), exception.ResourceNotFound, notFound+": Shard does not exist")
	requireRefused(t, position(shard, "FIRST", ""), exception.Validation, "Invalid ShardIteratorType.")
	for _, p := range []table.StreamPosition{{Shard: 1}, {Shard: -1}, {Before: 2}, {Before: -1}} {
		_, _, _, err := s.Read(p, 0)
		requireRefused(t, err, exception.Validation, "Invalid ShardIterator")
	}
	_, _, _, err := s.Read(table.StreamPosition{}, 1001)
	require.ErrorIs(t, err, exception.Validation)
	for _, text := range []string{"", "x", f.describe("Things").ARN.String()} {
		_, err := f.store.Stream(text)
		requireRefused(t, err, exception.Validation, "Invalid StreamArn")
	}
	other := f.describe("Things").ARN.Stream(clock.Epoch.Add(time.Hour)).String()
	_, err = f.store.Stream(other)
	requireRefused(t, err, exception.ResourceNotFound, notFound+": Stream: "+other+" not found")
	for _, test := range []struct {
		table, after string
		limit        int
	}{{"x", "", 0}, {"", "x", 0}, {"", "", 101}, {"", "", -1}} {
		_, _, err := f.store.ListStreams(ctx, test.table, test.after, test.limit)
		require.ErrorIs(t, err, exception.Validation, test)
	}
}

// A read gives no more than a megabyte, but always something.
func TestLargeRecords(t *testing.T) {
	f := newFixture(t, streamed("Things", schema.NewAndOldImages), table.Timing{})
	for k := range int64(4) {
		for _, c := range []string{"x", "y"} {
			f.put("a", k, attr.Map{"X": attr.S(strings.Repeat(c, 390_000))})
		}
	}
	s := f.stream("Things")
	var sizes []int
	p := table.StreamPosition{}
	for {
		records, next, _, err := s.Read(p, 0)
		require.NoError(t, err)
		if len(records) == 0 {
			break
		}
		sizes, p = append(sizes, len(records)), next
	}
	require.Equal(t, []int{1, 1, 1, 1, 1, 1, 1, 1}, sizes, "0.39 and 0.78 MB in turn")
}

// A shard may be meant to be open for ever, by a number.
func TestShardsWithoutEnd(t *testing.T) {
	f := newFixture(t, streamed("Things", schema.NewImage), table.Timing{Shard: math.MaxInt64})
	f.put("a", 1)
	f.clock.Advance(24 * time.Hour)
	f.put("a", 2)
	require.Len(t, f.records(f.stream("Things"), ""), 2)
	require.Len(t, f.shards(f.stream("Things")), 1)
}
