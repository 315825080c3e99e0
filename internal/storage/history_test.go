package storage

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
)

// annals is a random History, and beside it the naive list of the states after each change.
type annals struct {
	*testing.T
	rand    *rand.Rand
	seq     *clock.Sequencer
	every   int
	data    *Data
	history History

	changes  []Change // all of them, also those that the history has forgotten
	states   []model  // states[n] is the one after n changes
	instants []clock.Instant
}

func newAnnals(t *testing.T, every int) *annals {
	return &annals{
		T: t, rand: newRand(t), seq: clock.NewSequencer(new(clock.Manual)), every: every,
		data: NewData(NewLayout(musicTable)), states: []model{{}},
	}
}

// commit makes commits of one to four changes each, and as many instants at which nothing was committed.
func (a *annals) commit(commits int) {
	for range commits {
		a.instants = append(a.instants, a.seq.Next())
		at := a.seq.Next()
		a.instants = append(a.instants, at)
		for range 1 + a.rand.IntN(4) {
			m := maps.Clone(a.states[len(a.states)-1])
			c := randomWrite(a, a.rand, a.data, m)
			if c.Old == nil && c.New == nil {
				continue
			}
			c.At = at
			a.history.Append(c)
			a.history.Checkpoint(a.data, a.every)
			a.changes, a.states = append(a.changes, c), append(a.states, m)
		}
	}
}

// place returns how many changes there were up to an instant.
func (a *annals) place(cut clock.Instant) int {
	return len(a.changes) - len(changesAfter(a.changes, cut))
}

// requireFound compares the state at an instant with the naive one.
func (a *annals) requireFound(cut clock.Instant) {
	a.Helper()
	a.states[a.place(cut)].requireEqual(a, a.history.Find(a.data, cut).Data())
}

// distance returns how far a place is from the nearest checkpoint, were one kept after every so many changes from the
// first, or from the present.
func (a *annals) distance(place int) int {
	d := len(a.changes) - place
	for at := a.every; at <= len(a.changes); at += a.every {
		d = min(d, max(at-place, place-at))
	}
	return d
}

// checkpoints of every one, of few and of many changes, and of more than there are.
var checkpointsEvery = []int{1, 2, 7, 100, 10_000}

func forEvery(t *testing.T, test func(t *testing.T, every int)) {
	for _, every := range checkpointsEvery {
		t.Run(fmt.Sprintf("every=%d", every), func(t *testing.T) { test(t, every) })
	}
}

func TestHistoryFindsEveryState(t *testing.T) {
	forEvery(t, func(t *testing.T, every int) {
		a := newAnnals(t, every)
		a.requireFound(clock.Instant{})
		a.commit(120)
		for _, cut := range a.instants {
			a.requireFound(cut)
		}
		a.requireFound(clock.Instant{})
		a.requireFound(clock.StartOf(clock.Epoch))
		a.requireFound(a.seq.Next())
		a.requireFound(clock.EndOf(clock.Epoch))
		a.states[len(a.states)-1].requireEqual(t, a.data)
	})
}

// The way to a state is the shortest there is: half the distance of the checkpoints at the most, but for the states
// before the first checkpoint.
func TestHistoryTakesTheShortestWay(t *testing.T) {
	forEvery(t, func(t *testing.T, every int) {
		a := newAnnals(t, every)
		a.commit(300)
		undone, redone := 0, 0
		for _, cut := range a.instants {
			r, place := a.history.Find(a.data, cut), a.place(cut)
			require.Equal(t, a.distance(place), r.Len(), "after %d of %d changes", place, len(a.changes))
			if place >= every {
				require.LessOrEqual(t, r.Len(), every/2)
			}
			require.LessOrEqual(t, r.Len(), max(every, place), "the first checkpoint, or the present if there is none")
			if r.redo {
				redone++
			} else if r.Len() > 0 {
				undone++
			}
		}
		if every > 2 {
			require.Positive(t, undone)
		}
		if every > 2 && every < len(a.changes) {
			require.Positive(t, redone)
		}
		require.Len(t, a.history.checkpoints, len(a.changes)/every)
	})
}

func TestHistoryTrimmed(t *testing.T) {
	forEvery(t, func(t *testing.T, every int) {
		a := newAnnals(t, every)
		var floor clock.Instant
		for range 8 {
			a.commit(100)
			cut := a.instants[len(a.instants)*2/3+a.rand.IntN(len(a.instants)/3)]
			if f := a.history.Trim(cut); !f.IsZero() {
				require.True(t, f.After(floor) && !f.After(cut))
				floor = f
			}
			require.LessOrEqual(t, a.history.first, a.place(floor), "nothing after the floor is forgotten")
			a.requireTrimmed(floor)
		}
		require.False(t, floor.IsZero())
		a.history.Trim(clock.EndOf(clock.Epoch))
		require.Zero(t, a.history.Len())
		require.Equal(t, len(a.changes), a.history.first)
		a.requireFound(clock.EndOf(clock.Epoch))
		a.commit(100)
		for _, cut := range a.instants[len(a.instants)-200:] {
			a.requireFound(cut)
		}
	})
}

// requireTrimmed looks at what is left of a history that begins at floor.
func (a *annals) requireTrimmed(floor clock.Instant) {
	a.Helper()
	require.Equal(a, len(a.changes), a.history.first+a.history.Len())
	for i, c := range a.history.checkpoints {
		require.GreaterOrEqual(a, c.after, a.history.first, "no checkpoint is older than the log")
		require.True(a, i == 0 || c.after-a.history.checkpoints[i-1].after == a.every, "none in between is missing")
		if i%16 == 0 {
			a.states[c.after].requireEqual(a, c.data)
		}
	}
	nearest := len(a.changes)
	if len(a.history.checkpoints) > 0 {
		nearest = a.history.checkpoints[0].after
	}
	require.LessOrEqual(a, nearest-a.history.first, a.every, "states before the first checkpoint")
	a.requireFound(floor)
	for range 25 {
		cut := a.instants[a.rand.IntN(len(a.instants))]
		if cut.Before(floor) { // it is the oldest state that there is, be it in the middle of a commit
			a.states[a.history.first].requireEqual(a, a.history.Find(a.data, cut).Data())
			continue
		}
		a.requireFound(cut)
		if place := a.place(cut); place >= nearest {
			require.LessOrEqual(a, a.history.Find(a.data, cut).Len(), a.every/2)
		}
	}
}

// A state that was found belongs to its finder: neither side ever sees what the other writes.
func TestFoundStateIsIndependent(t *testing.T) {
	forEvery(t, func(t *testing.T, every int) {
		a := newAnnals(t, every)
		a.commit(60)
		cut := a.instants[a.rand.IntN(len(a.instants))]
		want := a.states[a.place(cut)]
		mine, twin, replay := a.history.Find(a.data, cut).Data(), a.history.Find(a.data, cut), a.history.Find(a.data, cut)
		m := maps.Clone(want)
		for range 100 {
			randomWrite(t, a.rand, mine, m)
		}
		want.requireEqual(t, twin.Data())
		a.states[len(a.changes)].requireEqual(t, a.data)
		for _, c := range a.history.checkpoints {
			a.states[c.after].requireEqual(t, c.data)
		}

		a.commit(300)
		a.history.Trim(clock.EndOf(clock.Epoch))
		a.commit(100)
		m.requireEqual(t, mine)
		want.requireEqual(t, replay.Data())
		a.states[len(a.changes)].requireEqual(t, a.data)
	})
}

func TestLogBetween(t *testing.T) {
	a := newAnnals(t, 1000)
	a.commit(400)
	a.history.Trim(a.instants[300])
	held := a.changes[a.history.first:]
	require.NotEqual(t, a.changes, held)
	ends := append([]clock.Instant{{}, clock.StartOf(clock.Epoch), clock.EndOf(clock.Epoch)}, a.instants...)
	for range 500 {
		from, to := ends[a.rand.IntN(len(ends))], ends[a.rand.IntN(len(ends))]
		var want []Change
		for _, c := range held {
			if c.At.After(from) && !c.At.After(to) {
				want = append(want, c)
			}
		}
		requireSegment(t, want, a.history.Between(from, to))
	}
	requireSegment(t, held, a.history.Between(clock.Instant{}, clock.EndOf(clock.Epoch)))
	requireSegment(t, nil, a.history.Between(clock.EndOf(clock.Epoch), clock.Instant{}))
	requireSegment(t, nil, new(Log).Between(clock.Instant{}, clock.EndOf(clock.Epoch)))
}

// TestReplayBesideWriter is for the race detector: a state is found under the lock and gone to outside of it.
func TestReplayBesideWriter(t *testing.T) {
	for _, every := range []int{1, 7, 100} {
		a := newAnnals(t, every)
		var group sync.WaitGroup
		for round := range 60 {
			a.commit(10)
			cut := a.instants[len(a.instants)-1-a.rand.IntN(20)]
			want, replay := a.states[a.place(cut)], a.history.Find(a.data, cut)
			group.Go(func() {
				found := map[attr.Key]attr.Item{}
				for _, item := range scan(replay.Data(), -1, Span{}) {
					found[keyOf(item)] = item
				}
				if !maps.Equal(want, found) {
					t.Errorf("at %v: %v instead of %v", cut, found, want)
				}
			})
			if round%10 == 9 {
				a.history.Trim(a.instants[len(a.instants)-20])
			}
		}
		group.Wait()
	}
}
