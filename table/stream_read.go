package table

import (
	"cmp"
	"context"
	"iter"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
)

// Stream returns the stream with an ARN. It fails with ResourceNotFound if there is none, or no more, and with a
// ValidationException if the text is not the ARN of a stream.
func (s *Store) Stream(streamARN string) (*Stream, error) {
	stream, err := s.stream(streamARN)
	if err != nil {
		return nil, exception.During("Stream", streamARN, err)
	}
	return stream, nil
}

func (s *Store) stream(text string) (*Stream, error) {
	if a, err := arn.Parse(text); err != nil || a.Kind != arn.KindStream {
		return nil, errStreamARN()
	}
	stream := s.streams.named(text)
	if stream == nil {
		return nil, errNoStream(text)
	}
	if _, err := stream.open(); err != nil {
		return nil, err
	}
	stream.close()
	return stream, nil
}

// ListStreams returns up to limit streams after the one with the given ARN, in the order of their ARNs: those of the
// named table, or of all if table is empty, also of tables that have been deleted. Last is where to go on, empty at the
// end. The limit is 1 to 100; 0 means 100.
func (s *Store) ListStreams(
	_ context.Context, table, after string, limit int,
) (list []*Stream, last string, err error) {
	if list, last, err = s.listStreams(table, after, limit); err != nil {
		return nil, "", exception.During("ListStreams", table, err)
	}
	return list, last, nil
}

func (s *Store) listStreams(table, after string, limit int) (list []*Stream, last string, err error) {
	var c validate.Check
	c.Range("limit", int64(cmp.Or(limit, 1)), 1, 100)
	if table != "" {
		c.Name("tableName", table)
	}
	if err := c.Err(); err != nil {
		return nil, "", err
	}
	if after != "" {
		if a, err := arn.Parse(after); err != nil || a.Kind != arn.KindStream {
			return nil, "", errStreamARN()
		}
	}
	limit = cmp.Or(limit, 100)
	s.forgetStreams(s.Now())
	for _, stream := range s.streams.all() {
		text := stream.arn.String()
		if text <= after || table != "" && stream.arn.Table != table {
			continue
		}
		if len(list) == limit {
			return list, list[limit-1].arn.String(), nil
		}
		list = append(list, stream)
	}
	return list, "", nil
}

// StreamStart says where in a shard to begin.
type StreamStart string

// Where to begin: at the oldest record there is, after the newest, or at or after the one with a sequence number.
const (
	TrimHorizon         StreamStart = "TRIM_HORIZON"
	Latest              StreamStart = "LATEST"
	AtSequenceNumber    StreamStart = "AT_SEQUENCE_NUMBER"
	AfterSequenceNumber StreamStart = "AFTER_SEQUENCE_NUMBER"
)

// StreamStarts lists where one can begin.
var StreamStarts = []StreamStart{TrimHorizon, Latest, AtSequenceNumber, AfterSequenceNumber}

// StreamPosition is a place in a stream between two records: how many there were before it, and in which shard. It stays
// good as long as the next record is there. It is a plain value; one that a stream has not given is refused.
type StreamPosition struct {
	Shard  int
	Before int
}

// Position returns a place in a shard (GetShardIterator). Sequence is for the two starts at and after a number alone. It
// fails with ResourceNotFound if there is no such shard, with TrimmedDataAccess if the record with that number is gone,
// and with a ValidationException if the number cannot be that of a record of the shard.
func (s *Stream) Position(shardID string, start StreamStart, sequence string) (StreamPosition, error) {
	p, err := s.position(shardID, start, sequence)
	return p, exception.During("GetShardIterator", s.arn.String(), err)
}

func (s *Stream) position(shardID string, start StreamStart, sequence string) (StreamPosition, error) {
	now, err := s.open()
	if err != nil {
		return StreamPosition{}, err
	}
	defer s.close()
	number, last := s.numbersLocked(now)
	for s.shardID(number) != shardID {
		if number++; number > last {
			return StreamPosition{}, exception.ResourceNotFound.Errorf("Requested resource not found: Shard does not exist")
		}
	}
	h, place := s.shardLocked(number, last), 0
	switch start {
	case TrimHorizon:
		place = min(max(h.begin, s.horizonLocked(now)), h.end)
	case Latest:
		place = h.end
	case AtSequenceNumber, AfterSequenceNumber:
		if place, err = h.find(start, sequence, s.horizonLocked(now)); err != nil {
			return StreamPosition{}, err
		}
	default:
		return StreamPosition{}, exception.Validation.Errorf("Invalid ShardIteratorType.")
	}
	return StreamPosition{h.number, place}, nil
}

// find returns the place at or after a sequence number.
func (h shard) find(start StreamStart, sequence string, horizon int) (int, error) {
	number, count, ok := parseSequence(sequence)
	if !ok || number != h.number || count < h.begin || count > h.end {
		return 0, exception.Validation.Errorf(badSequence)
	}
	named := max(count-1, h.begin) // the first number of a shard is that of no record
	if named < horizon {
		return 0, errTrimmed()
	}
	if start == AtSequenceNumber {
		return min(named, h.end), nil
	}
	return count, nil
}

const badSequence = "Invalid SequenceNumber for the shard"

func errTrimmed() error {
	return exception.TrimmedDataAccess.Errorf("The data you are trying to access has been trimmed")
}

// The most that one read of a stream gives.
const (
	MaxStreamRecords = 1000
	MaxStreamBytes   = 1 << 20
)

// Read returns up to limit records from a place on (GetRecords): as many as have MaxStreamBytes together, but one at
// least if there is one. The limit is 1 to MaxStreamRecords; 0 means MaxStreamRecords. Next is where to go on; more is
// false at the end of a shard that is closed: nothing will come there. It fails with ResourceNotFound if the stream is
// gone, with TrimmedDataAccess if the next record is, and with a ValidationException for a place that there is not.
func (s *Stream) Read(p StreamPosition, limit int) (records []StreamRecord, next StreamPosition, more bool, err error) {
	if records, next, more, err = s.read(p, limit); err != nil {
		return nil, p, false, exception.During("GetRecords", s.arn.String(), err)
	}
	return records, next, more, nil
}

func (s *Stream) read(p StreamPosition, limit int) (records []StreamRecord, next StreamPosition, more bool, err error) {
	var c validate.Check
	c.Range("limit", int64(cmp.Or(limit, 1)), 1, MaxStreamRecords)
	if err := c.Err(); err != nil {
		return nil, p, false, err
	}
	r, h, err := s.take(p, cmp.Or(limit, MaxStreamRecords))
	if err != nil {
		return nil, p, false, err
	}
	size := 0
	r.records(func(record StreamRecord) bool {
		if size += record.Size; size > MaxStreamBytes && len(records) > 0 {
			return false
		}
		records = append(records, record)
		return true
	})
	p.Before += len(records)
	return records, p, !h.closed || p.Before < h.end, nil
}

// take takes what a read may give from under the lock.
func (s *Stream) take(p StreamPosition, limit int) (reading, shard, error) {
	now, err := s.open()
	if err != nil {
		return reading{}, shard{}, err
	}
	defer s.close()
	h, err := s.numberedLocked(p.Shard, now, "Invalid ShardIterator")
	switch {
	case err != nil:
		return reading{}, shard{}, err
	case p.Before < h.begin || p.Before > h.end:
		return reading{}, shard{}, exception.Validation.Errorf("Invalid ShardIterator")
	case p.Before < min(s.horizonLocked(now), h.end):
		return reading{}, shard{}, errTrimmed()
	}
	return s.readLocked(p.Before, min(p.Before+limit, h.end)), h, nil
}

// Records returns the records after the one with a sequence number, or all that are left if that is empty, whatever
// shards they are in: those that there are when the loop begins. The sequence ends with the first error, which is that
// of [Stream.Position].
func (s *Stream) Records(after string) iter.Seq2[StreamRecord, error] {
	return func(yield func(StreamRecord, error) bool) {
		r, err := s.from(after)
		if err != nil {
			yield(StreamRecord{}, exception.During("GetRecords", s.arn.String(), err))
			return
		}
		r.records(func(record StreamRecord) bool { return yield(record, nil) })
	}
}

func (s *Stream) from(after string) (reading, error) {
	now, err := s.open()
	if err != nil {
		return reading{}, err
	}
	defer s.close()
	place := s.horizonLocked(now)
	if after != "" {
		number, _, ok := parseSequence(after)
		if !ok {
			return reading{}, exception.Validation.Errorf(badSequence)
		}
		h, err := s.numberedLocked(number, now, badSequence)
		if err == nil {
			place, err = h.find(AfterSequenceNumber, after, place)
		}
		if err != nil {
			return reading{}, err
		}
	}
	return s.readLocked(place, s.log.End()), nil
}
