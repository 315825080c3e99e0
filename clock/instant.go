package clock

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// maxWall is the last nanosecond of the last whole second that 64 bits can hold, on 2262-04-11.
const maxWall = math.MaxInt64/int64(time.Second)*int64(time.Second) - 1

// Instant is a moment in the history of a store: a wall time with nanoseconds, and a sequence number that orders
// what happened at the same wall time. Instants are plain values, comparable with ==; the zero Instant is before all
// others and belongs to no commit.
//
// The wall time lies between 1970 and April 2262; what is made of a time outside has the nearest that is inside.
//
// Every commit has an Instant of its own. An Instant made by [StartOf] or [EndOf] belongs to no commit; it is a cut
// between them.
type Instant struct {
	wall int64 // nanoseconds since 1970, UTC
	seq  uint64
}

// StartOf returns the cut just before everything that happened at wall time t.
func StartOf(t time.Time) Instant { return Instant{wall: wallOf(t)} }

// EndOf returns the cut just after everything that happened at wall time t.
func EndOf(t time.Time) Instant { return Instant{wall: wallOf(t), seq: math.MaxUint64} }

// wallOf is t.UnixNano, whose result outside these bounds has no meaning, kept inside them.
func wallOf(t time.Time) int64 {
	switch unix := t.Unix(); {
	case unix < 0:
		return 0
	case unix > maxWall/int64(time.Second):
		return maxWall
	}
	return t.UnixNano()
}

// Time returns the wall time, in UTC.
func (i Instant) Time() time.Time { return time.Unix(0, i.wall).UTC() }

// Sequence returns the sequence number. In one store it grows with every commit and is never used twice.
func (i Instant) Sequence() uint64 { return i.seq }

// IsZero reports whether i is the zero Instant.
func (i Instant) IsZero() bool { return i == Instant{} }

// Compare returns -1, 0 or 1 as i is before, at or after j.
func (i Instant) Compare(j Instant) int {
	if c := cmp.Compare(i.wall, j.wall); c != 0 {
		return c
	}
	return cmp.Compare(i.seq, j.seq)
}

// Before reports whether i is before j.
func (i Instant) Before(j Instant) bool { return i.Compare(j) < 0 }

// After reports whether i is after j.
func (i Instant) After(j Instant) bool { return i.Compare(j) > 0 }

// String returns the text form, such as "2024-01-15T12:00:00.5Z#42"; [ParseInstant] reads it back. The cuts made by
// StartOf and EndOf end in "#start" and "#end".
func (i Instant) String() string {
	seq := strconv.FormatUint(i.seq, 10)
	switch i.seq {
	case 0:
		seq = "start"
	case math.MaxUint64:
		seq = "end"
	}
	return i.Time().Format(time.RFC3339Nano) + "#" + seq
}

// ParseInstant reads the text form that [Instant.String] writes. It refuses texts without a sequence number and times
// that an Instant cannot hold.
func ParseInstant(s string) (Instant, error) {
	wall, seq, ok := strings.Cut(s, "#")
	if !ok {
		return Instant{}, fmt.Errorf("instant %q has no sequence number", s)
	}
	t, err := time.Parse(time.RFC3339Nano, wall)
	if err != nil {
		return Instant{}, fmt.Errorf("instant %q: %w", s, err)
	}
	if !time.Unix(0, wallOf(t)).Equal(t) {
		return Instant{}, fmt.Errorf("instant %q is not between 1970 and April 2262", s)
	}
	switch seq {
	case "start":
		return StartOf(t), nil
	case "end":
		return EndOf(t), nil
	}
	n, err := strconv.ParseUint(seq, 10, 64)
	if err != nil {
		return Instant{}, fmt.Errorf("instant %q: %w", s, err)
	}
	return Instant{wall: wallOf(t), seq: n}, nil
}

// binaryLen is the length of an Instant's binary form.
const binaryLen = 16

// AppendBinary appends the binary form, 16 bytes whose order, byte by byte, is that of the Instants. It never fails.
func (i Instant) AppendBinary(dst []byte) ([]byte, error) {
	dst = binary.BigEndian.AppendUint64(dst, uint64(i.wall))
	return binary.BigEndian.AppendUint64(dst, i.seq), nil
}

// MarshalBinary returns the binary form of [Instant.AppendBinary].
func (i Instant) MarshalBinary() ([]byte, error) { return i.AppendBinary(nil) }

// UnmarshalBinary reads what AppendBinary appended. It refuses other lengths, and times that an Instant cannot hold.
func (i *Instant) UnmarshalBinary(b []byte) error {
	if len(b) != binaryLen {
		return fmt.Errorf("the binary form of an instant has %d bytes, not %d", binaryLen, len(b))
	}
	wall := binary.BigEndian.Uint64(b)
	if wall > uint64(maxWall) {
		return fmt.Errorf("an instant in binary form is not between 1970 and April 2262")
	}
	*i = Instant{wall: int64(wall), seq: binary.BigEndian.Uint64(b[8:])}
	return nil
}
