package table_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// While items expire under many hands and the clock goes on, every snapshot has just what it should: no item that had
// expired by its instant, and each that had been written before and had not. A reader of the stream can make the table
// of what it is told.
func TestExpiryUnderManyHands(t *testing.T) {
	d := plain("Things")
	d.Stream, d.TTLAttribute = schema.NewAndOldImages, "Until"
	f := newFixture(t, d, table.Timing{Shard: 10 * time.Second})
	f.store.Retain(time.Hour)
	stream := f.stream("Things")
	const writers, puts = 4, 300
	var group sync.WaitGroup
	var done atomic.Bool
	for w := range writers {
		group.Go(func() {
			for n := range puts {
				now := f.clock.Now().Unix() - clock.Epoch.Unix()
				if _, err := f.table.Put(item(string(rune('a'+w)), int64(n), until(now+int64(n%7)-2))); err != nil {
					t.Error(err)
				}
				if n%3 == 0 {
					f.clock.Advance(250 * time.Millisecond)
				}
			}
		})
	}
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() {
			for !done.Load() {
				c, err := f.store.CaptureTable(ctx, "Things", snapshot.At)
				if err != nil {
					t.Error(err)
					return
				}
				s, _ := c.Snapshot()
				for live := range s.All() {
					if end, _ := live.Lookup("Until"); expiredBefore(end, c.At().Time()) {
						t.Errorf("%v is in a snapshot of %v", live, c.At())
					}
				}
				if _, err := f.table.SnapshotAt(clock.EndOf(c.At().Time().Add(-time.Second))); err != nil && c.At().Time().After(
					clock.Epoch.Add(2*time.Second)) {
					t.Error(err)
				}
			}
		})
	}
	told := make(map[attr.Item]attr.Item)
	after := ""
	read := func() {
		for r, err := range stream.Records(after) {
			if err != nil {
				t.Error(err)
				return
			}
			if r.Sequence <= after || told[r.Keys] != r.Old {
				t.Errorf("%s after %s: was %v, and is told to have been %v", r.Sequence, after, told[r.Keys], r.Old)
			}
			if after = r.Sequence; r.New.IsZero() {
				delete(told, r.Keys)
			} else {
				told[r.Keys] = r.New
			}
		}
	}
	others.Go(func() {
		for !done.Load() {
			read()
		}
	})
	group.Wait()
	done.Store(true)
	others.Wait()
	read()
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	require.Equal(t, len(told), s.Len())
	for live := range s.All() {
		require.Equal(t, live, told[live.Project("P", "K")])
	}
	f.clock.Advance(time.Minute)
	f.requireLive()
}

// expiredBefore reports whether what lives up to a second was gone at a time, and had been so for a while: an item that
// is stored when its time is over is gone only when somebody comes.
func expiredBefore(end attr.Value, now time.Time) bool {
	c, _ := end.Compare(attr.Int(now.Unix() - 2))
	return c < 0
}
