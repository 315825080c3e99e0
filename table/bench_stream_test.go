package table_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// BenchmarkPutWith is BenchmarkPut of items that have a time to live: where nobody cares for it, with a stream that
// keeps the last 10,000 records, and with time to live on.
func BenchmarkPutWith(b *testing.B) {
	b.Run("nothing", func(b *testing.B) { benchmarkPutWith(b, func(*schema.Definition) {}) })
	b.Run("stream", func(b *testing.B) {
		benchmarkPutWith(b, func(d *schema.Definition) { d.Stream = schema.NewAndOldImages })
	})
	b.Run("time-to-live", func(b *testing.B) {
		benchmarkPutWith(b, func(d *schema.Definition) { d.TTLAttribute = "until" })
	})
}

// lives returns two versions of each item, which live for longer than the benchmark.
func lives() (items [2][benchItems]attr.Item) {
	for i := range benchItems {
		for version := range items {
			items[version][i] = attr.MustItem(attr.Map{
				"pk": attr.S(benchKey(i)), "value": attr.S(fmt.Sprintf("%-60d", version)),
				"until": attr.Int(clock.Epoch.Unix() + 1_000_000_000 + int64(i*7%benchItems+version)),
			})
		}
	}
	return items
}

func benchmarkPutWith(b *testing.B, change func(*schema.Definition)) {
	clk := &clock.Manual{}
	s := table.NewStore(table.Options{Clock: clk})
	d := schema.Definition{
		Name: "Benchmark", KeySchema: schema.Keys("pk"), Attributes: schema.Attributes{"pk": attr.TypeS},
		BillingMode: schema.PayPerRequest,
	}
	change(&d)
	_, err := s.CreateTable(context.Background(), d)
	require.NoError(b, err)
	t, err := s.Table("Benchmark")
	require.NoError(b, err)
	items := lives()
	for i := range benchItems {
		_, err := t.Put(items[0][i])
		require.NoError(b, err)
	}
	random := rand.New(rand.NewPCG(1, 1))
	var version [benchItems]uint8
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if n++; n%10_000 == 0 { // as if there were 10,000 puts a day
			clk.Advance(24 * time.Hour)
		}
		i := random.IntN(benchItems)
		version[i] ^= 1
		if _, err := t.Put(items[version[i]][i]); err != nil {
			b.Fatal(err)
		}
	}
}
