package table_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// Decreases are counted by the day, in UTC.
func TestThroughputThatChanges(t *testing.T) {
	f := newFixture(t, provisioned(), table.Timing{})
	set := func(read, write int64) schema.ThroughputChanges {
		t.Helper()
		d, err := f.update(table.Changes{Throughput: schema.Throughput{Read: read, Write: write}})
		require.NoError(t, err)
		return d.Throughputs[""]
	}
	require.Empty(t, f.describe("Things").Throughputs, "it is as it was made")
	midnight := f.store.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	f.clock.Advance(midnight.Add(-time.Second).Sub(f.store.Now()))
	evening := f.store.Now()
	require.Equal(t, schema.ThroughputChanges{LastIncrease: evening}, set(1000, 1000))
	both := schema.ThroughputChanges{LastIncrease: evening, LastDecrease: evening, DecreasesToday: 1}
	require.Equal(t, both, set(999, 1001))
	require.EqualValues(t, 2, set(998, 1001).DecreasesToday)

	f.clock.Advance(time.Second)
	both.DecreasesToday = 0
	require.Equal(t, both, f.describe("Things").Throughputs[""], "a new day")
	both.LastDecrease, both.DecreasesToday = midnight, 1
	require.Equal(t, both, set(997, 1001))
}

// A new index has none of the changes of another one by its name.
func TestThroughputOfANewIndexHasNotChanged(t *testing.T) {
	f := newFixture(t, provisioned(), table.Timing{})
	was := f.describe("Things").GlobalIndexes[0]
	twice := schema.Throughput{Read: 2 * was.Throughput.Read, Write: 2 * was.Throughput.Write}
	f.mustUpdate(table.Changes{Indexes: map[string]table.IndexChanges{was.Name: {Throughput: twice}}})
	require.Contains(t, f.describe("Things").Throughputs, was.Name)
	f.mustUpdate(table.Changes{DeleteIndexes: []string{was.Name}})
	f.mustUpdate(table.Changes{
		CreateIndexes: []schema.Index{was}, Attributes: schema.Attributes{"G": attr.TypeS, "L": attr.TypeN},
	})
	require.NotContains(t, f.describe("Things").Throughputs, was.Name)
}
