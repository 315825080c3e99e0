package clock_test

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

// script is a clock that shows the given times one after the other, and the last of them ever after.
type script []time.Time

func (s *script) Now() time.Time {
	now := (*s)[0]
	if len(*s) > 1 {
		*s = (*s)[1:]
	}
	return now
}

func TestManualStandsStillUntilMoved(t *testing.T) {
	start := time.Date(2030, time.May, 1, 2, 0, 0, 0, time.FixedZone("", 7200))
	m := clock.NewManual(start)
	require.Equal(t, start.UTC(), m.Now())
	require.Equal(t, m.Now(), m.Now())

	require.Equal(t, start.UTC().Add(time.Minute), m.Advance(time.Minute))
	require.Equal(t, start.UTC().Add(time.Hour), m.Set(start.Add(time.Hour)))
	require.Equal(t, start.UTC().Add(time.Hour), m.Now())
}

func TestManualNeverGoesBack(t *testing.T) {
	m := clock.NewManual(clock.Epoch)
	require.Equal(t, clock.Epoch, m.Advance(0))
	require.Equal(t, clock.Epoch, m.Advance(-time.Hour))
	require.Equal(t, clock.Epoch, m.Set(clock.Epoch.Add(-time.Nanosecond)))
	require.Equal(t, clock.Epoch, m.Set(time.Time{}))
	require.Equal(t, clock.Epoch, m.Now())
}

func TestManualStartsAtEpoch(t *testing.T) {
	var now, advanced, set clock.Manual
	require.Equal(t, clock.Epoch, now.Now())
	require.Equal(t, clock.Epoch.Add(time.Second), advanced.Advance(time.Second))
	require.Equal(t, clock.Epoch, set.Set(clock.Epoch.Add(-time.Second)))
	require.Equal(t, clock.Epoch, clock.NewManual(time.Time{}).Now())
}

func TestSystemIsUTC(t *testing.T) {
	require.Equal(t, time.UTC, clock.System{}.Now().Location())
}

func TestInstantOrder(t *testing.T) {
	s := clock.NewSequencer(new(clock.Manual))
	first, second := s.Next(), s.Next()
	later := clock.Epoch.Add(time.Nanosecond)
	ascending := []clock.Instant{
		{},
		clock.StartOf(clock.Epoch), first, second, clock.EndOf(clock.Epoch),
		clock.StartOf(later), clock.EndOf(later),
	}
	for i, a := range ascending {
		for j, b := range ascending {
			require.Equal(t, i < j, a.Before(b), "%v before %v", a, b)
			require.Equal(t, i > j, a.After(b), "%v after %v", a, b)
			require.Equal(t, i == j, a.Compare(b) == 0, "%v at %v", a, b)
			require.Equal(t, i == j, a == b)
		}
		require.Equal(t, i == 0, a.IsZero())
	}
}

func TestInstantStaysInBounds(t *testing.T) {
	first, last := time.Unix(0, 0).UTC(), time.Unix(math.MaxInt64/1_000_000_000, -1).UTC()
	before := []time.Time{first, first.Add(-1), {}, time.Date(-200_000, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, early := range before {
		require.Equal(t, first, clock.StartOf(early).Time())
		require.Equal(t, first, clock.EndOf(early).Time())
	}
	after := []time.Time{last, last.Add(1), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, late := range after {
		require.Equal(t, last, clock.StartOf(late).Time())
		require.Equal(t, last, clock.EndOf(late).Time())
	}
	require.True(t, clock.StartOf(time.Time{}).IsZero(), "nothing is before the zero Instant")
}

func TestInstantText(t *testing.T) {
	s := clock.NewSequencer(clock.NewManual(clock.Epoch.Add(time.Second / 2)))
	tests := []struct {
		instant clock.Instant
		want    string
	}{
		{clock.Instant{}, "1970-01-01T00:00:00Z#start"},
		{s.Next(), "2024-01-15T12:00:00.5Z#1"},
		{s.Next(), "2024-01-15T12:00:00.5Z#2"},
		{clock.StartOf(clock.Epoch), "2024-01-15T12:00:00Z#start"},
		{clock.EndOf(clock.Epoch), "2024-01-15T12:00:00Z#end"},
		{clock.EndOf(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)), "2262-04-11T23:47:15.999999999Z#end"},
	}
	for _, test := range tests {
		require.Equal(t, test.want, test.instant.String())
		parsed, err := clock.ParseInstant(test.want)
		require.NoError(t, err)
		require.Equal(t, test.instant, parsed)
	}

	parsed, err := clock.ParseInstant("2024-01-15T14:00:00.5+02:00#7")
	require.NoError(t, err)
	require.Equal(t, "2024-01-15T12:00:00.5Z#7", parsed.String(), "every zone is read, UTC is written")
	require.EqualValues(t, 7, parsed.Sequence())
}

func TestParseInstantErrors(t *testing.T) {
	tests := map[string]string{
		"":                           "no sequence number",
		"2024-01-15T12:00:00Z":       "no sequence number",
		"yesterday#1":                "cannot parse",
		"#1":                         "cannot parse",
		"2024-01-15T12:00:00Z#":      "invalid syntax",
		"2024-01-15T12:00:00Z#-1":    "invalid syntax",
		"2024-01-15T12:00:00Z#1#2":   "invalid syntax",
		"2024-01-15T12:00:00Z#END":   "invalid syntax",
		"1969-12-31T23:59:59Z#1":     "not between",
		"0001-01-01T00:00:00Z#start": "not between",
		"2262-04-11T23:47:16Z#1":     "not between",
		"9999-01-01T00:00:00Z#end":   "not between",
		"2024-01-15T12:00:00Z#18446744073709551616": "out of range",
	}
	for text, want := range tests {
		got, err := clock.ParseInstant(text)
		require.ErrorContains(t, err, want, text)
		require.Zero(t, got, text)
	}
}

func FuzzParseInstant(f *testing.F) {
	f.Add("2024-01-15T12:00:00.5Z#42")
	f.Add("2024-01-15T12:00:00Z#start")
	f.Add("1970-01-01T00:00:00.000000001-00:30#end")
	f.Fuzz(func(t *testing.T, s string) {
		i, err := clock.ParseInstant(s)
		if err != nil {
			return
		}
		again, err := clock.ParseInstant(i.String())
		require.NoError(t, err)
		require.Equal(t, i, again)
	})
}

func TestSequencerWhileTheClockStandsStill(t *testing.T) {
	m := new(clock.Manual)
	s := clock.NewSequencer(m)
	last := s.Next()
	for range 100 {
		next := s.Next()
		require.True(t, next.After(last))
		require.Equal(t, clock.Epoch, next.Time())
		last = next
	}
	m.Advance(time.Second)
	next := s.Next()
	require.Equal(t, clock.Epoch.Add(time.Second), next.Time())
	require.Equal(t, last.Sequence()+1, next.Sequence(), "the sequence goes on when the clock moves")
}

func TestSequencerWhenTheClockStepsBack(t *testing.T) {
	high := clock.Epoch.Add(time.Hour)
	s := clock.NewSequencer(&script{clock.Epoch, high, clock.Epoch, clock.Epoch, high.Add(time.Second)})
	first, second, third := s.Next(), s.Next(), s.Next()
	require.True(t, first.Before(second))
	require.True(t, second.Before(third))
	require.Equal(t, high, third.Time())
	require.Equal(t, high, s.Now(), "time holds still until the clock has caught up")
	require.Equal(t, high.Add(time.Second), s.Now())
}

func TestSequencerNowCountsAsShown(t *testing.T) {
	s := clock.NewSequencer(&script{clock.Epoch, clock.Epoch.Add(-time.Hour)})
	require.Equal(t, clock.Epoch, s.Now())
	require.Equal(t, clock.Epoch, s.Next().Time())
}

func TestSequencerWithManyGoroutines(t *testing.T) {
	const goroutines, each = 8, 500
	m := new(clock.Manual)
	s := clock.NewSequencer(m)
	given := make([][]clock.Instant, goroutines)
	var group sync.WaitGroup
	for g := range given {
		group.Go(func() {
			for range each {
				given[g] = append(given[g], s.Next())
				m.Advance(time.Nanosecond)
			}
		})
	}
	group.Wait()

	bySequence := map[uint64]clock.Instant{}
	for _, instants := range given {
		for i, instant := range instants {
			require.True(t, i == 0 || instants[i-1].Before(instant), "a goroutine sees time run forward")
			bySequence[instant.Sequence()] = instant
		}
	}
	require.Len(t, bySequence, goroutines*each, "no sequence number is given twice")
	for n := uint64(2); n <= goroutines*each; n++ {
		require.True(t, bySequence[n-1].Before(bySequence[n]), "wall time and sequence agree on the order")
	}
}
