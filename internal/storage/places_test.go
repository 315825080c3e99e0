package storage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/storage"
)

// Places are counted from where the log began, whatever it has forgotten.
func TestPlaces(t *testing.T) {
	var c clock.Manual
	s := clock.NewSequencer(&c)
	var l storage.Log
	require.Equal(t, 0, l.Place(clock.EndOf(clock.Epoch)))
	const changes = 1000
	for range changes {
		l.Append(storage.Change{At: s.Next()})
		c.Advance(time.Second)
	}
	at := func(n int) clock.Instant { return clock.StartOf(clock.Epoch.Add(time.Duration(n) * time.Second)) }
	l.Trim(at(500))
	require.Greater(t, l.Begin(), 300)
	require.LessOrEqual(t, l.Begin(), 500)
	require.Equal(t, changes, l.End())
	for _, n := range []int{500, 501, 777, 999} {
		require.Equal(t, n, l.Place(at(n)))
		for change := range l.Slice(n, n+1).All() {
			require.Equal(t, at(n).Time(), change.At.Time())
		}
		require.Equal(t, changes-n, l.Slice(n, changes+5).Len())
	}
	require.Equal(t, changes-l.Begin(), l.Slice(0, changes).Len(), "what is gone is gone")
	require.Zero(t, l.Slice(700, 600).Len())
}
