package wire_test

import (
	"testing"

	"github.com/tidemark-db/tidemark/wire"
)

func TestQuotas(t *testing.T) {
	e := newEndpoint(t)
	e.api.SetQuotas(wire.Quotas{AccountWrite: 7, TableRead: 100_000, TableWrite: -1})
	e.answers("DescribeLimits", `{}`, `{'AccountMaxReadCapacityUnits': 80000, 'AccountMaxWriteCapacityUnits': 7,
		'TableMaxReadCapacityUnits': 100000, 'TableMaxWriteCapacityUnits': 40000}`)
	e.api.SetQuotas(wire.Quotas{})
	e.answers("DescribeLimits", `{}`, `{'AccountMaxReadCapacityUnits': 80000, 'AccountMaxWriteCapacityUnits': 80000,
		'TableMaxReadCapacityUnits': 40000, 'TableMaxWriteCapacityUnits': 40000}`)
}
