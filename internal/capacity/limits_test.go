package capacity_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/schema"
)

// provisioned is indexed with throughput: 10 reads and 5 writes, its index part 2 of each, and whole as much as no
// test consumes.
func provisioned() *schema.Table {
	d := indexed()
	d.ID, d.CreationTime, d.BillingMode = "1", start, schema.Provisioned
	d.Throughput = schema.Throughput{Read: 10, Write: 5}
	d.GlobalIndexes[0].Throughput = schema.Throughput{Read: 2, Write: 2}
	d.GlobalIndexes[1].Throughput = schema.Throughput{Read: 1000, Write: 1000}
	return d
}

// left returns how many units there are to be taken of a table or its index, and takes them.
func left(l *capacity.Limits, d *schema.Table, index string, k capacity.Kind, now time.Time) (n int) {
	one := capacity.Consumption{Table: capacity.One}
	for i := range d.GlobalIndexes {
		if d.GlobalIndexes[i].Name == index {
			one = capacity.Consumption{Global: make([]capacity.Units, len(d.GlobalIndexes))}
			one.Global[i] = capacity.One
		}
	}
	for l.Open(d, index, k, now) && n < 10_000 {
		l.Take(d, k, one, now)
		n++
	}
	return n
}

func TestLimitsAreThoseOfEachTableAndIndex(t *testing.T) {
	var l capacity.Limits
	d, now := provisioned(), start
	l.Take(d, capacity.Writes, capacity.Consumption{
		Table: capacity.One, Local: []capacity.Units{2 * capacity.One}, Global: []capacity.Units{capacity.One, 0},
	}, now)
	require.Equal(t, 2, left(&l, d, "", capacity.Writes, now), "the local index lives on the table's")
	require.Equal(t, 1, left(&l, d, "part", capacity.Writes, now))
	require.Equal(t, 1000, left(&l, d, "whole", capacity.Writes, now))
	require.Equal(t, 10, left(&l, d, "", capacity.Reads, now))
	require.Equal(t, 2, left(&l, d, "part", capacity.Reads, now))

	again := provisioned()
	again.ID = "2"
	require.Equal(t, 5, left(&l, again, "", capacity.Writes, now), "another table of that name")
	l.Forget(d.Name)
	require.Equal(t, 5, left(&l, again, "", capacity.Writes, now), "as if it were new")
}

func TestLimitsFollowADescription(t *testing.T) {
	var l capacity.Limits
	d, now := provisioned(), start
	require.Equal(t, 5, left(&l, d, "", capacity.Writes, now))
	require.Equal(t, 2, left(&l, d, "part", capacity.Writes, now))

	raised := provisioned()
	raised.Throughput.Write = 50
	raised.GlobalIndexes = raised.GlobalIndexes[1:]
	l.Follow(raised, now)
	now = now.Add(2 * time.Second)
	require.Equal(t, 45+2*50, left(&l, raised, "", capacity.Writes, now), "it has filled since it was raised")
	l.Follow(d, now)
	require.Equal(t, 2, left(&l, d, "part", capacity.Writes, now), "an index that came again owes nothing")

	free := provisioned()
	free.BillingMode = schema.PayPerRequest
	free.OnDemand = schema.OnDemandThroughput{MaxWrite: 3, MaxRead: -1}
	l.Follow(free, now)
	require.Equal(t, 3, left(&l, free, "", capacity.Writes, now.Add(time.Second)))
	require.Equal(t, 10_000, left(&l, free, "", capacity.Reads, now))
	require.Equal(t, 10_000, left(&l, free, "part", capacity.Writes, now))
}

func TestLimitsHoldForManyAtOnce(t *testing.T) {
	var l capacity.Limits
	d := provisioned()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if l.Open(d, "", capacity.Writes, start) {
					l.Take(d, capacity.Writes, capacity.Consumption{Table: capacity.One}, start)
				}
				l.Follow(d, start)
			}
		})
	}
	all.Wait()
	require.False(t, l.Open(d, "", capacity.Writes, start))
	require.True(t, l.Open(d, "", capacity.Writes, start.Add(2*time.Second)), "no more than each of four was let pass one ahead")
}
