package snapshot_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/snapshot"
)

func TestZeroCut(t *testing.T) {
	var c snapshot.Cut
	at := instants(2)
	require.Zero(t, c.Marker(attr.S("a")))
	require.Zero(t, c.Earliest())
	require.Zero(t, c.Latest())
	require.False(t, c.IsTorn())
	require.Equal(t, []clock.Instant{{}}, c.Markers())
	require.Equal(t, snapshot.At(at[0]), c.Between(at[0], at[1]))
	require.Equal(t, c, snapshot.At(clock.Instant{}))
}

func TestCutWithOneMarker(t *testing.T) {
	at := instants(1)[0]
	for _, c := range []snapshot.Cut{snapshot.At(at), snapshot.Torn(at)} {
		require.Equal(t, at, c.Marker(attr.S("a")))
		require.Equal(t, at, c.Marker(attr.Int(1), attr.Int(2)))
		require.Equal(t, at, c.Earliest())
		require.Equal(t, at, c.Latest())
		require.Equal(t, []clock.Instant{at}, c.Markers())
	}
	require.False(t, snapshot.At(at).IsTorn())
	require.True(t, snapshot.Torn(at).IsTorn())
}

func TestTornCut(t *testing.T) {
	at := instants(5)
	c := snapshot.Torn(at[3], at[1], at[4], at[2])
	require.Equal(t, at[1], c.Earliest())
	require.Equal(t, at[4], c.Latest())
	seen := map[clock.Instant]int{}
	for i := range 200 {
		partition := attr.S(fmt.Sprint(i))
		h := storage.HashOf(partition)
		require.Equal(t, c.Markers()[h.Part(4)], c.Marker(partition))
		require.Equal(t, c.Marker(partition), c.MarkerOf(h))
		seen[c.Marker(partition)]++
	}
	for _, marker := range c.Markers() {
		require.Greater(t, seen[marker], 25, "every marker has a share of the partitions")
	}
}

func TestCutIsImmutable(t *testing.T) {
	at := instants(3)
	given := []clock.Instant{at[0], at[1]}
	c := snapshot.Torn(given...)
	given[0] = at[2]
	c.Markers()[1] = at[2]
	c.Between(at[2], at[2])
	require.Equal(t, []clock.Instant{at[0], at[1]}, c.Markers())
}

func TestCutBetween(t *testing.T) {
	at := instants(6)
	c := snapshot.Torn(at[0], at[1], at[2], at[3], at[4], at[5])
	require.Equal(t, []clock.Instant{at[1], at[1], at[2], at[3], at[4], at[4]}, c.Between(at[1], at[4]).Markers())
	require.Equal(t, c.Markers(), c.Between(at[0], at[5]).Markers())
	require.Equal(t, c.Markers(), c.Between(clock.Instant{}, clock.EndOf(at[5].Time())).Markers())
	require.Equal(t, at[3], snapshot.At(at[0]).Between(at[3], at[3]).Latest())
	require.Equal(t, at[3], snapshot.At(at[5]).Between(at[3], at[3]).Latest())
}

func TestCaptureAsksUntilThereIsASnapshot(t *testing.T) {
	at := instants(2)
	s := of(t, thing("a", 1))
	table, asked := things(), 0
	c := snapshot.NewCapture(at[0], table, snapshot.At(at[1]), func() *snapshot.Snapshot {
		if asked++; asked < 3 {
			return nil
		}
		return s
	})
	require.Equal(t, at[0], c.At())
	require.Same(t, table, c.Table())
	require.Zero(t, asked, "nothing is done before it is asked for")
	for range 2 {
		_, ok := c.Snapshot()
		require.False(t, ok)
		require.Equal(t, snapshot.At(at[1]), c.Cut())
	}
	for range 3 {
		got, ok := c.Snapshot()
		require.True(t, ok)
		require.Same(t, s, got)
		require.Equal(t, s.Cut(), c.Cut())
	}
	require.Equal(t, 3, asked)
}
