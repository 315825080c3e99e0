package table_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// chronicle writes to a fixture's table and remembers everything.
type chronicle struct {
	*fixture
	rand    *rand.Rand
	changes []snapshot.Change
	keys    []attr.Key
}

func newChronicle(t *testing.T) *chronicle {
	return &chronicle{fixture: newFixture(t, indexed("Things"), table.Timing{}), rand: newRand(t)}
}

// writeUntil writes about five times a second.
func (c *chronicle) writeUntil(end time.Duration) {
	for ; ; c.clock.Advance(time.Duration(c.rand.Int64N(int64(400 * time.Millisecond)))) {
		if !c.store.Now().Before(clock.Epoch.Add(end)) {
			return
		}
		p, k := string(rune('a'+c.rand.IntN(12))), c.rand.Int64N(3)
		var change snapshot.Change
		var err error
		if c.rand.IntN(4) == 0 {
			change, err = c.table.Delete(key(p, k))
		} else {
			change, err = c.table.Put(item(p, k, attr.Map{"G": attr.S(string(rune('g' + c.rand.IntN(3)))), "X": attr.Int(c.rand.Int64N(1000))}))
		}
		require.NoError(c, err)
		c.changes, c.keys = append(c.changes, change), append(c.keys, key(p, k))
	}
}

// requireCut checks that a snapshot holds exactly what its cut lets in, and that its indexes agree.
func (c *chronicle) requireCut(s *snapshot.Snapshot) {
	c.Helper()
	held := map[attr.Key]attr.Item{}
	for i, change := range c.changes {
		k := c.keys[i]
		if change.At.After(s.Cut().Marker(k.Partition)) {
			continue
		}
		if held[k] = change.New; change.New.IsZero() {
			delete(held, k)
		}
	}
	var want, inIndex []attr.Item
	for _, it := range held {
		want, inIndex = append(want, it), append(inIndex, it.Project("P", "K", "G", "X"))
	}
	requireItems(c, s, want...)
	page, err := s.Page(snapshot.Query{Index: "ByGToo"})
	require.NoError(c, err)
	require.ElementsMatch(c, inIndex, page.Items)
}

// torn draws eight markers from the minute before a request and the minute after it.
func (c *chronicle) torn(request instant) snapshot.Cut {
	markers := make([]instant, 8)
	for i := range markers {
		at := request.Time().Add(time.Duration(c.rand.Int64N(int64(2*time.Minute))) - time.Minute)
		markers[i] = clock.EndOf(at)
	}
	return snapshot.Torn(markers...)
}

func TestTornCuts(t *testing.T) {
	c := newChronicle(t)
	c.store.Retain(2 * time.Minute)
	c.writeUntil(time.Minute)
	var captures []*snapshot.Capture
	for i := range 20 {
		captures = append(captures, c.capture(c.torn))
		c.writeUntil(time.Duration(60+10*i) * time.Second)
	}
	require.True(t, slices.ContainsFunc(captures, func(c *snapshot.Capture) bool {
		_, ok := c.Snapshot()
		return !ok
	}), "markers ahead of the present are waited for")
	c.writeUntil(6 * time.Minute)
	for _, taken := range captures {
		s, ok := taken.Snapshot()
		require.True(t, ok)
		require.True(t, s.Cut().IsTorn())
		c.requireCut(s)
	}
}

func TestTornCutNeedsItsHistory(t *testing.T) {
	for name, forget := range map[string]func(*chronicle){
		"short":    func(c *chronicle) { c.store.Retain(time.Second) },
		"none":     func(c *chronicle) { c.store.Retain(0) },
		"none now": func(c *chronicle) { c.store.Retain(0); c.store.Retain(time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newChronicle(t)
			c.store.Retain(time.Hour)
			c.writeUntil(time.Minute)
			first := c.capture(c.torn)
			c.writeUntil(90 * time.Second)
			second := c.capture(c.torn)
			forget(c)
			c.writeUntil(5 * time.Minute) // several blocks of changes
			for _, taken := range []*snapshot.Capture{first, second} {
				s, ok := taken.Snapshot()
				require.True(t, ok)
				c.requireCut(s)
			}
			_, err := c.table.SnapshotAt(c.changes[len(c.changes)/2].At)
			require.Error(t, err, "nobody else asked for the history")
		})
	}
}

func TestTornCutOfATableDeletedMeanwhile(t *testing.T) {
	c := newChronicle(t)
	c.store.Retain(time.Hour)
	c.writeUntil(time.Minute)
	taken := c.capture(c.torn)
	c.writeUntil(70 * time.Second)
	c.drop("Things")
	s, ok := taken.Snapshot()
	require.True(t, ok)
	require.False(t, s.Cut().Latest().Time().After(c.store.Now()), "no marker lies after the deletion")
	c.requireCut(s)
}

func TestRestoreOfATornCut(t *testing.T) {
	c := newChronicle(t)
	c.store.Retain(time.Hour)
	c.writeUntil(time.Minute)
	taken := c.capture(c.torn)
	c.writeUntil(3 * time.Minute)
	s, ok := taken.Snapshot()
	require.True(t, ok)
	require.NoError(t, c.restore(s, "Copy"))
	copied, err := c.open("Copy").Snapshot()
	require.NoError(t, err)
	for _, index := range []string{"", "ByL", "ByG", "ByGToo"} {
		want, err := s.Page(snapshot.Query{Index: index})
		require.NoError(t, err)
		got, err := copied.Page(snapshot.Query{Index: index})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}
