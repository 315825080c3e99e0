package storage

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
)

// past is a random history: the state after each instant, the first of which is before all changes.
type past struct {
	data     *Data
	log      Log
	instants []clock.Instant
	states   []model
}

func newPast(t *testing.T, commits int) *past {
	r := newRand(t)
	seq := clock.NewSequencer(new(clock.Manual))
	p := &past{data: NewData(NewLayout(musicTable))}
	m := model{}
	remember := func(at clock.Instant) {
		p.instants, p.states = append(p.instants, at), append(p.states, maps.Clone(m))
	}
	remember(seq.Next())
	for range commits {
		at := seq.Next()
		for range 1 + r.IntN(3) {
			if c := randomWrite(t, r, p.data, m); c.Old != nil || c.New != nil {
				c.At = at
				p.log.Append(c)
			}
		}
		remember(at)
	}
	return p
}

func TestRewindToEveryInstant(t *testing.T) {
	p := newPast(t, 80)
	for i, at := range p.instants {
		d := p.data.Clone()
		d.Rewind(p.log.Since(at), func(Hash) clock.Instant { return at })
		p.states[i].requireEqual(t, d)

		d = p.data.Clone()
		d.Rewind(p.log.Since(clock.Instant{}), func(Hash) clock.Instant { return at })
		p.states[i].requireEqual(t, d)
	}
	p.states[len(p.states)-1].requireEqual(t, p.data)
}

func TestRewindInTwoParts(t *testing.T) {
	p := newPast(t, 80)
	for i, at := range p.instants[:60] {
		middle := p.instants[60]
		d := p.data.Clone()
		d.Rewind(p.log.Since(middle), func(Hash) clock.Instant { return at })
		p.states[60].requireEqual(t, d)

		var early Log
		for c := range p.log.Since(at).All() {
			if !c.At.After(middle) {
				early.Append(c)
			}
		}
		d.Rewind(early.Since(clock.Instant{}), func(Hash) clock.Instant { return at })
		p.states[i].requireEqual(t, d)
	}
}

func TestRewindWithAMarkerForEachPartition(t *testing.T) {
	const parts = 7
	p := newPast(t, 200)
	r := newRand(t)
	for range 60 {
		var chosen [parts]int
		for i := range chosen {
			chosen[i] = r.IntN(len(p.instants))
		}
		want := model{}
		for i, state := range p.states {
			for k, item := range state {
				if chosen[HashOf(k.Partition).Part(parts)] == i {
					want[k] = item
				}
			}
		}
		d := p.data.Clone()
		d.Rewind(p.log.Since(clock.Instant{}), func(h Hash) clock.Instant { return p.instants[chosen[h.Part(parts)]] })
		want.requireEqual(t, d)
	}
	split := map[int]bool{}
	for i := range 4 {
		split[HashOf(attr.S(string(rune('a'+i)))).Part(parts)] = true
	}
	require.Greater(t, len(split), 1, "the partitions lie in different parts")
}
