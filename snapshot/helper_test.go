package snapshot_test

import (
	"cmp"
	"flag"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 draws a new one")

// newRand returns a source of random numbers, and prints how to get the same ones again.
func newRand(t testing.TB) *rand.Rand {
	seed := cmp.Or(*seedFlag, rand.Uint64())
	t.Logf("to repeat this run: -seed=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// definition has keys P, an S, and K, an N, and an index by the binary G.
func definition() schema.Definition {
	return schema.Definition{
		Name:       "Things",
		KeySchema:  schema.Keys("P", "K"),
		Attributes: schema.Attributes{"P": attr.TypeS, "K": attr.TypeN, "G": attr.TypeB},
		GlobalIndexes: []schema.Index{{
			Name: "ByG", KeySchema: schema.Keys("G"), Projection: schema.Projection{Type: schema.ProjectAll},
		}},
		BillingMode: schema.PayPerRequest,
	}
}

func things() *schema.Table {
	d := definition()
	return &schema.Table{
		Name: d.Name, KeySchema: d.KeySchema, Attributes: d.Attributes, GlobalIndexes: d.GlobalIndexes, BillingMode: d.BillingMode,
	}
}

func thing(p string, k int64) attr.Item {
	return attr.MustItem(attr.Map{"P": attr.S(p), "K": attr.Int(k)})
}

// inIndex is a thing that is in the index.
func inIndex(p string, k int64, g string) attr.Item {
	return attr.MustItem(attr.Map{"P": attr.S(p), "K": attr.Int(k), "G": attr.B([]byte(g))})
}

func of(t testing.TB, items ...attr.Item) *snapshot.Snapshot {
	s, err := snapshot.FromItems(things(), snapshot.At(clock.EndOf(clock.Epoch)), slices.Values(items))
	require.NoError(t, err)
	return s
}

func requireRefused(t testing.TB, err error, code exception.Code, message string) {
	t.Helper()
	require.ErrorIs(t, err, code)
	var e *exception.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, message, e.Message)
}

// instants returns n instants, each a second after the one before.
func instants(n int) (list []clock.Instant) {
	m := new(clock.Manual)
	seq := clock.NewSequencer(m)
	for range n {
		list = append(list, seq.Next())
		m.Advance(1e9)
	}
	return list
}
