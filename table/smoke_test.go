package table_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

func TestSmoke(t *testing.T) {
	clk := &clock.Manual{}
	s := table.NewStore(table.Options{Clock: clk, Seed: 1})
	s.Retain(time.Hour)
	_, err := s.CreateTable(t.Context(), schema.Definition{
		Name: "Music", KeySchema: schema.Keys("a", "b"),
		Attributes:    schema.Attributes{"a": attr.TypeS, "b": attr.TypeN, "c": attr.TypeS},
		BillingMode:   schema.PayPerRequest,
		GlobalIndexes: []schema.Index{{Name: "by-c", KeySchema: schema.Keys("c"), Projection: schema.Projection{Type: schema.ProjectKeysOnly}}},
	})
	require.NoError(t, err)
	tbl, err := s.Table("Music")
	require.NoError(t, err)
	var at clock.Instant
	for i := range 1000 {
		c, err := tbl.Put(attr.MustItem(attr.Map{"a": attr.S(fmt.Sprint(i % 10)), "b": attr.Int(int64(i)), "c": attr.S(fmt.Sprint(i % 3))}))
		require.NoError(t, err)
		if i == 499 {
			at = c.At
		}
	}
	snap, err := tbl.SnapshotAt(at)
	require.NoError(t, err)
	require.Equal(t, 500, snap.Len())
	page, err := snap.Page(snapshot.Query{Index: "by-c", Partition: attr.S("1"), Limit: 10})
	require.NoError(t, err)
	require.Len(t, page.Items, 10)
	page, err = snap.Page(snapshot.Query{Partition: attr.S("1"), Sort: snapshot.Between(attr.Int(11), attr.Int(41)), Reverse: true})
	require.NoError(t, err)
	fmt.Println(page.Items)
}
