package wire

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// The API tells item collections in gigabytes, too large to make one; here a unit is as small as it has to be.
func TestItemCollectionsAreMeasuredWithTheirIndexes(t *testing.T) {
	store := table.NewStore(table.Options{})
	d := schema.Definition{
		Name: "Orders", KeySchema: schema.Keys("Id", "At"), BillingMode: schema.PayPerRequest,
		Attributes: schema.Attributes{"Id": attr.TypeS, "At": attr.TypeN, "Total": attr.TypeN},
		LocalIndexes: []schema.Index{{Name: "byTotal", KeySchema: schema.Keys("Id", "Total"),
			Projection: schema.Projection{Type: schema.ProjectKeysOnly}}},
	}
	_, err := store.CreateTable(t.Context(), d)
	require.NoError(t, err)
	orders, err := store.Table("Orders")
	require.NoError(t, err)
	size := 0 // of what the partition a has
	for i := range int64(10) {
		for _, id := range []string{"a", "b"} {
			item := attr.Map{"Id": attr.S(id), "At": attr.Int(i), "Note": attr.S("some text")}
			if i%2 == 0 {
				item["Total"] = attr.Int(i)
			}
			made := attr.MustItem(item)
			_, err := orders.Put(made)
			require.NoError(t, err)
			if id == "a" {
				size += made.Size()
				if i%2 == 0 {
					size += made.Project("Id", "At", "Total").Size()
				}
			}
		}
	}
	state, err := orders.Snapshot()
	require.NoError(t, err)
	for unit, want := range map[int]int64{size: 1, size + 1: 0, size - 1: 1, size / 3: 3, 1: int64(size), 1 << 30: 0} {
		got := collectionSize(state, d.LocalIndexes, attr.S("a"), int64(unit))
		require.Equal(t, want, got, "units of %d bytes, of %d", unit, size)
	}
	require.Zero(t, collectionSize(state, d.LocalIndexes, attr.S("none"), 1))
}

// A write has been done even if its table is deleted before the answer is written.
func TestItemCollectionOfATableThatIsGone(t *testing.T) {
	store := table.NewStore(table.Options{})
	_, err := store.CreateTable(t.Context(), schema.Definition{
		Name: "Orders", KeySchema: schema.Keys("Id"), BillingMode: schema.PayPerRequest,
		Attributes: schema.Attributes{"Id": attr.TypeS},
	})
	require.NoError(t, err)
	orders, err := store.Table("Orders")
	require.NoError(t, err)
	written := &tally{table: orders, definition: orders.Definition()}
	_, err = store.DeleteTable(t.Context(), "Orders")
	require.NoError(t, err)
	_, err = orders.Snapshot()
	require.Error(t, err)
	c := newCall(nil, t.Context())
	defer c.free()
	c.writeCollectionOf(written, attr.S("a"))
	require.JSONEq(t, `{"ItemCollectionKey": {"Id": {"S": "a"}}, "SizeEstimateRangeGB": [0.0, 1.0]}`, string(c.out.Buf))
}
