package tidemarktest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/tidemarktest"
	"github.com/tidemark-db/tidemark/wire"
)

func TestWithQuotas(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.WithQuotas(wire.Quotas{AccountRead: 100, TableRead: 50}))
	require.Equal(t, map[string]any{
		"AccountMaxReadCapacityUnits": 100., "AccountMaxWriteCapacityUnits": 80_000.,
		"TableMaxReadCapacityUnits": 50., "TableMaxWriteCapacityUnits": 40_000.,
	}, clientOf(ep).ok(t, "DescribeLimits", `{}`).body)
}
