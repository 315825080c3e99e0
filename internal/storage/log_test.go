package storage

import (
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

// appendSome appends n changes, some of which share an instant as those of a transaction do.
func appendSome(l *Log, seq *clock.Sequencer, r *rand.Rand, n int) []Change {
	var added []Change
	at := seq.Next()
	for range n {
		if r.IntN(3) > 0 {
			at = seq.Next()
		}
		c := Change{At: at, New: probe(strconv.Itoa(r.Int()))}
		l.Append(c)
		added = append(added, c)
	}
	return added
}

func changesAfter(list []Change, cut clock.Instant) []Change {
	i := slices.IndexFunc(list, func(c Change) bool { return c.At.After(cut) })
	if i < 0 {
		return nil
	}
	return list[i:]
}

func requireSegment(t testing.TB, want []Change, s Segment) {
	t.Helper()
	require.Equal(t, len(want), s.Len())
	require.True(t, slices.Equal(want, slices.Collect(s.All())), "not the %d changes", len(want))
	backward := slices.Clone(want)
	slices.Reverse(backward)
	require.True(t, slices.Equal(backward, slices.Collect(s.Backward())), "not the %d changes", len(want))
}

func TestLogAcrossChunks(t *testing.T) {
	for _, n := range []int{0, 1, chunkLen - 1, chunkLen, chunkLen + 1, 2*chunkLen - 1, 2 * chunkLen, 5*chunkLen + 7} {
		var l Log
		all := appendSome(&l, clock.NewSequencer(new(clock.Manual)), newRand(t), n)
		require.Equal(t, n, l.Len())
		requireSegment(t, all, l.Since(clock.Instant{}))
		for i, c := range all {
			if k := i % chunkLen; k > 2 && k < chunkLen-3 && k%16 > 0 {
				continue // the borders are what matters
			}
			requireSegment(t, changesAfter(all, c.At), l.Since(c.At))
		}
		requireSegment(t, nil, l.Since(clock.EndOf(clock.Epoch)))
	}
}

func TestLogAgainstSlice(t *testing.T) {
	r := newRand(t)
	seq := clock.NewSequencer(new(clock.Manual))
	type kept struct {
		segment Segment
		want    []Change
	}
	var l Log
	var all []Change
	var segments []kept
	var floor clock.Instant
	for range 100 {
		all = append(all, appendSome(&l, seq, r, r.IntN(2*chunkLen/3))...)
		if len(all) == 0 {
			continue
		}
		cut := all[r.IntN(len(all))].At
		if r.IntN(2) == 0 {
			if f := l.Trim(cut); !f.IsZero() {
				require.True(t, f.After(floor) && !f.After(cut), "floor %v, then %v, trimmed to %v", floor, f, cut)
				floor = f
			}
			held := len(all) - len(changesAfter(all, cut))
			require.LessOrEqual(t, l.Len(), len(all)-held+chunkLen, "whole chunks are freed")
			require.GreaterOrEqual(t, l.Len(), len(changesAfter(all, floor)))
		}
		cut = all[r.IntN(len(all))].At
		want := changesAfter(all, cut)
		if cut.Before(floor) {
			want = all[len(all)-min(l.Len(), len(want)):]
		}
		segments = append(segments, kept{l.Since(cut), slices.Clone(want)})
		requireSegment(t, want, l.Since(cut))
	}
	for _, s := range segments {
		requireSegment(t, s.want, s.segment)
	}
	require.False(t, floor.IsZero())
}

func TestSegmentLoopsMayStop(t *testing.T) {
	var l Log
	all := appendSome(&l, clock.NewSequencer(new(clock.Manual)), newRand(t), 2*chunkLen)
	s := l.Since(clock.Instant{})
	for name, seq := range map[string]iter.Seq[Change]{"all": s.All(), "backward": s.Backward()} {
		n := 0
		for range seq {
			if n++; n == chunkLen+1 {
				break
			}
		}
		require.Equal(t, chunkLen+1, n, name)
	}
	requireSegment(t, all, s)
}

func TestTrimForgetsNothingThatIsAfterTheCut(t *testing.T) {
	var l Log
	seq := clock.NewSequencer(new(clock.Manual))
	all := appendSome(&l, seq, newRand(t), 3*chunkLen)
	require.Zero(t, l.Trim(clock.Instant{}))
	require.Zero(t, l.Trim(all[0].At))
	require.Equal(t, 3*chunkLen, l.Len())
	require.Equal(t, all[chunkLen-1].At, l.Trim(all[chunkLen-1].At))
	require.Equal(t, 2*chunkLen, l.Len())
	s := l.Since(clock.Instant{})
	require.Equal(t, all[len(all)-1].At, l.Trim(clock.EndOf(clock.Epoch)))
	require.Zero(t, l.Len(), "the last block goes when nothing in it is needed")
	require.Zero(t, l.Since(clock.Instant{}).Len())
	requireSegment(t, all[chunkLen:], s)
	more := appendSome(&l, seq, newRand(t), 2*chunkLen)
	requireSegment(t, more, l.Since(clock.Instant{}))
}

// TestSegmentBesideWriter is for the race detector.
func TestSegmentBesideWriter(t *testing.T) {
	seq := clock.NewSequencer(new(clock.Manual))
	var l Log
	var group sync.WaitGroup
	for round := range 60 {
		for range 2 * chunkLen {
			l.Append(Change{At: seq.Next()})
		}
		s := l.Since(clock.Instant{})
		group.Go(func() {
			var last clock.Instant
			for c := range s.All() {
				if !c.At.After(last) {
					t.Errorf("%v after %v", c.At, last)
					return
				}
				last = c.At
			}
			n := 0
			for range s.Backward() {
				n++
			}
			if n != s.Len() {
				t.Errorf("%d changes of %d", n, s.Len())
			}
		})
		if round%3 == 2 {
			l.Trim(seq.Next())
		}
	}
	group.Wait()
}
