package storage

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
)

// became is a Change without its records' identity.
type became struct {
	at       clock.Instant
	old, new attr.Item
}

func becameOf(changes []Change) []became {
	list := []became{}
	for _, c := range changes {
		b := became{at: c.At}
		if c.Old != nil {
			b.old = c.Old.Item
		}
		if c.New != nil {
			b.new = c.New.Item
		}
		list = append(list, b)
	}
	return list
}

func song(p, k string, x int64) attr.Item {
	return attr.MustItem(attr.Map{"P": attr.S(p), "K": attr.S(k), "X": attr.Int(x)})
}

// What a few changes to a few keys come to.
func TestNet(t *testing.T) {
	type step struct {
		k string
		x int64 // negative: delete
	}
	type want struct {
		k        string
		old, new int64 // negative: none
		at       int   // the step that counts
	}
	for _, test := range []struct {
		name   string
		before []step
		steps  []step
		want   []want
	}{
		{name: "nothing"},
		{name: "insert", steps: []step{{"a", 1}}, want: []want{{"a", -1, 1, 0}}},
		{name: "update", before: []step{{"a", 1}}, steps: []step{{"a", 2}, {"a", 3}}, want: []want{{"a", 1, 3, 1}}},
		{name: "delete", before: []step{{"a", 1}}, steps: []step{{"a", -1}}, want: []want{{"a", 1, -1, 0}}},
		{name: "insert then delete", steps: []step{{"a", 1}, {"a", 2}, {"a", -1}}},
		{name: "update back", before: []step{{"a", 1}}, steps: []step{{"a", 2}, {"a", 1}}},
		{name: "delete then insert the same", before: []step{{"a", 1}}, steps: []step{{"a", -1}, {"a", 1}}},
		{name: "delete then insert another", before: []step{{"a", 1}}, steps: []step{{"a", -1}, {"a", 2}},
			want: []want{{"a", 1, 2, 1}}},
		{name: "rewrite", before: []step{{"a", 1}}, steps: []step{{"a", 1}}},
		{name: "in the order of the first changes", before: []step{{"a", 1}, {"b", 1}},
			steps: []step{{"c", 1}, {"b", 2}, {"a", -1}, {"c", 2}, {"d", 1}, {"b", 3}},
			want:  []want{{"c", -1, 2, 3}, {"b", 1, 3, 5}, {"a", 1, -1, 2}, {"d", -1, 1, 4}}},
		{name: "a rewrite is no change", before: []step{{"a", 1}, {"b", 1}},
			steps: []step{{"a", 1}, {"b", 2}, {"a", 2}, {"b", 2}},
			want:  []want{{"b", 1, 2, 1}, {"a", 1, 2, 2}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, seq := NewData(NewLayout(musicTable)), clock.NewSequencer(new(clock.Manual))
			do := func(s step) (c Change) {
				c.At = seq.Next()
				if s.x < 0 {
					c.Old = d.Delete(attr.Key{Partition: attr.S("p"), Sort: attr.S(s.k)})
				} else {
					c.New, c.Old = d.Put(song("p", s.k, s.x))
				}
				return c
			}
			for _, s := range test.before {
				do(s)
			}
			var l Log
			var at []clock.Instant
			for _, s := range test.steps {
				c := do(s)
				l.Append(c)
				at = append(at, c.At)
			}
			item := func(k string, x int64) attr.Item {
				if x < 0 {
					return attr.Item{}
				}
				return song("p", k, x)
			}
			expected := []became{}
			for _, w := range test.want {
				expected = append(expected, became{at[w.at], item(w.k, w.old), item(w.k, w.new)})
			}
			require.Equal(t, expected, becameOf(l.Since(clock.Instant{}).Net()))
		})
	}
}

// Between any two instants of a random history the net changes are those that lead from one state to the other.
func TestNetAgainstStates(t *testing.T) {
	a := newAnnals(t, 1000)
	a.commit(300)
	for range 300 {
		i, j := a.rand.IntN(len(a.instants)), a.rand.IntN(len(a.instants))
		from, to := a.instants[min(i, j)], a.instants[max(i, j)]
		first, last := a.place(from), a.place(to)
		got := a.history.Between(from, to).Net()
		require.Equal(t, becameOf(net(a.states[first], a.states[last], a.changes[first:last])), becameOf(got))
	}
}

// net is the naive form of Segment.Net: what two states make of each other, in the order in which the items first
// changed.
func net(from, to model, changes []Change) []Change {
	var list []Change
	last := map[attr.Key]clock.Instant{}
	for _, c := range slices.Backward(changes) {
		if k := keyOf(anyOf(c).Item); !c.same() && last[k].IsZero() {
			last[k] = c.At
		}
	}
	seen := map[attr.Key]bool{}
	for _, c := range changes {
		k := keyOf(anyOf(c).Item)
		if c.same() || seen[k] {
			continue
		}
		seen[k] = true
		if from[k] != to[k] {
			list = append(list, Change{At: last[k], Old: recordOf(from[k]), New: recordOf(to[k])})
		}
	}
	return list
}

func anyOf(c Change) *Record {
	if c.New != nil {
		return c.New
	}
	return c.Old
}

func recordOf(item attr.Item) *Record {
	if item.IsZero() {
		return nil
	}
	return newRecord("", item)
}
