package snapshot_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/snapshot"
)

// What a few changes to a few keys come to.
func TestNet(t *testing.T) {
	type step struct {
		k        string
		old, new int64 // 0: no item
	}
	for _, test := range []struct {
		name        string
		steps, want []step
	}{
		{name: "nothing"},
		{name: "insert", steps: []step{{"a", 0, 1}}, want: []step{{"a", 0, 1}}},
		{name: "update", steps: []step{{"a", 1, 2}, {"a", 2, 3}}, want: []step{{"a", 1, 3}}},
		{name: "delete", steps: []step{{"a", 1, 0}}, want: []step{{"a", 1, 0}}},
		{name: "insert then delete", steps: []step{{"a", 0, 1}, {"a", 1, 2}, {"a", 2, 0}}},
		{name: "update back", steps: []step{{"a", 1, 2}, {"a", 2, 1}}},
		{name: "delete then insert the same", steps: []step{{"a", 1, 0}, {"a", 0, 1}}},
		{name: "delete then insert another", steps: []step{{"a", 1, 0}, {"a", 0, 2}}, want: []step{{"a", 1, 2}}},
		{name: "rewrite", steps: []step{{"a", 1, 1}}},
		{name: "in the order of the first changes",
			steps: []step{{"c", 0, 1}, {"b", 1, 2}, {"a", 1, 0}, {"c", 1, 2}, {"d", 0, 1}, {"b", 2, 3}},
			want:  []step{{"c", 0, 2}, {"b", 1, 3}, {"a", 1, 0}, {"d", 0, 1}}},
		{name: "a rewrite is no change",
			steps: []step{{"a", 1, 1}, {"b", 1, 2}, {"a", 1, 2}, {"b", 2, 2}},
			want:  []step{{"b", 1, 2}, {"a", 1, 2}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			difference := func(s step) snapshot.Difference {
				item := func(x int64) attr.Item {
					if x == 0 {
						return attr.Item{}
					}
					return attr.MustItem(attr.Map{"K": attr.S(s.k), "X": attr.Int(x)})
				}
				return snapshot.Difference{Key: attr.Key{Partition: attr.S(s.k)}, Old: item(s.old), New: item(s.new)}
			}
			var changes []snapshot.Change
			for _, s := range test.steps {
				changes = append(changes, snapshot.Change{Difference: difference(s)})
			}
			var want []snapshot.Difference
			for _, s := range test.want {
				want = append(want, difference(s))
			}
			require.Equal(t, want, slices.Collect(snapshot.Net(slices.Values(changes))))
		})
	}
}
