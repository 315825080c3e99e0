package table

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

// shard is a stretch of a stream. Its records have the places from begin up to end.
type shard struct {
	number     int // of the stretches since the stream was enabled
	begin, end int
	closed     bool
}

// shardLife returns how long a shard is open; 0 is for ever.
func (s *Stream) shardLife() time.Duration {
	if life := s.table.store.timing.Shard; life > 0 {
		return max(life, time.Second)
	}
	return 0
}

// shardAt returns the number of the shard that is open at a time.
func (s *Stream) shardAt(t time.Time) int {
	if life := s.shardLife(); life > 0 {
		return int(max(t.Sub(s.since), 0) / life)
	}
	return 0
}

// began returns when a shard was opened.
func (s *Stream) began(number int) time.Time {
	return s.since.Add(time.Duration(number) * s.shardLife())
}

// numbersLocked returns the numbers of the first and the last shard of which something may be left.
func (s *Stream) numbersLocked(now time.Time) (first, last int) {
	end := now
	if !s.ended.IsZero() {
		end = s.ended
	}
	return s.shardAt(now.Add(-StreamRetention)), s.shardAt(end)
}

// shardLocked returns the shard with a number; last is that of the last one.
func (s *Stream) shardLocked(number, last int) shard {
	h := shard{number: number, begin: s.startLocked(number), end: s.log.End(), closed: number < last || !s.ended.IsZero()}
	if number < last {
		h.end = s.startLocked(number + 1)
	}
	return h
}

// numberedLocked returns the shard with a number, which is trimmed if there has been one, and refused in the given words
// if there has not.
func (s *Stream) numberedLocked(number int, now time.Time, refusal string) (shard, error) {
	first, last := s.numbersLocked(now)
	switch {
	case number < 0 || number > last:
		return shard{}, exception.Validation.Errorf("%s", refusal)
	case number < first:
		return shard{}, errTrimmed()
	}
	return s.shardLocked(number, last), nil
}

// startLocked returns the place at which a shard begins.
func (s *Stream) startLocked(number int) int {
	if number == 0 {
		return 0
	}
	return s.log.Place(clock.StartOf(s.began(number)))
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
	return fmt.Sprintf("shardId-%020d-%08x", s.began(number).UnixMilli(), hash.Sum32())
}

// Sequence numbers have 23 digits: a 1, the number of the shard, and how many records the stream had with this one. So
// they ascend over all shards, and the bounds of a shard are in order also if it has no records.
const (
	shardDigits    = 10 // enough for a shard every second that a clock can show
	countDigits    = 12
	sequenceDigits = 1 + shardDigits + countDigits
)

func sequenceNumber(shard, count int) string {
	return fmt.Sprintf("1%0*d%0*d", shardDigits, shard, countDigits, count)
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
