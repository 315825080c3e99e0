package table_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// What a table and its indexes take at once never becomes less.
func TestWarm(t *testing.T) {
	f := newFixture(t, provisioned(), table.Timing{})
	d := f.describe("Things")
	require.Equal(t, d.Throughput, d.Warm[""])
	require.Equal(t, d.GlobalIndexes[0].Throughput, d.Warm["ByG"])
	step := func(c table.Changes, want schema.Throughput) {
		t.Helper()
		_, err := f.update(c)
		require.NoError(t, err)
		require.Equal(t, want, f.describe("Things").Warm[""])
	}
	step(table.Changes{Throughput: schema.Throughput{Read: 50, Write: 1}}, schema.Throughput{Read: 50, Write: d.Throughput.Write})
	step(table.Changes{Throughput: schema.Throughput{Read: 1, Write: 70}}, schema.Throughput{Read: 50, Write: 70})
	step(table.Changes{BillingMode: schema.PayPerRequest}, schema.Throughput{Read: 12_000, Write: 4_000})
	few := schema.Throughput{Read: 1, Write: 1}
	step(table.Changes{BillingMode: schema.Provisioned, Throughput: few, Indexes: map[string]table.IndexChanges{
		"ByG": {Throughput: few}, "ByGToo": {Throughput: few},
	}}, schema.Throughput{Read: 12_000, Write: 4_000})
	require.Equal(t, schema.Throughput{Read: 12_000, Write: 4_000}, f.describe("Things").Warm["ByG"])

	step(table.Changes{DeleteIndexes: []string{"ByG"}}, schema.Throughput{Read: 12_000, Write: 4_000})
	again := d.GlobalIndexes[0]
	again.Throughput = few
	step(table.Changes{CreateIndexes: []schema.Index{again}, Attributes: schema.Attributes{"G": attr.TypeS, "L": attr.TypeN}},
		schema.Throughput{Read: 12_000, Write: 4_000})
	require.Equal(t, few, f.describe("Things").Warm["ByG"], "a new index by the name of another is none the warmer")

	gone, err := f.store.DeleteTable(ctx, "Things")
	require.NoError(t, err)
	require.Empty(t, gone.Warm)
	made, err := f.store.CreateTable(ctx, plain("Things"))
	require.NoError(t, err)
	require.Empty(t, made.Warm)
}
