package table_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// What a program wants to look back on stays, whatever somebody else asks the store to keep.
func TestHistoryOfOnesOwn(t *testing.T) {
	now := new(clock.Manual)
	s := table.NewStore(table.Options{Clock: now, History: time.Hour})
	_, err := s.CreateTable(ctx, schema.Definition{
		Name: "Things", KeySchema: schema.Keys("P"), Attributes: schema.Attributes{"P": attr.TypeS},
		BillingMode: schema.PayPerRequest,
	})
	require.NoError(t, err)
	things, err := s.Table("Things")
	require.NoError(t, err)
	for range 3 {
		now.Advance(20 * time.Minute)
		_, err := things.Put(attr.MustItem(attr.Map{"P": attr.S(now.Now().String())}))
		require.NoError(t, err)
	}
	s.Retain(2 * time.Minute)
	s.Retain(0)
	require.NoError(t, s.RetainTable(ctx, "Things", time.Minute))
	require.NoError(t, s.RetainTable(ctx, "Things", 0))
	now.Advance(time.Minute)
	for ago, want := range map[time.Duration]int{
		time.Minute: 3, 21 * time.Minute: 2, 41 * time.Minute: 1, 51 * time.Minute: 0,
	} {
		then, err := things.SnapshotAt(clock.EndOf(now.Now().Add(-ago)))
		require.NoError(t, err)
		require.Equal(t, want, then.Len(), "%v ago", ago)
	}
}
