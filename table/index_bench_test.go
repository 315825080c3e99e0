package table_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/table"
)

// BenchmarkCreateIndex makes an index for a table of so many items.
func BenchmarkCreateIndex(b *testing.B) {
	for _, size := range []int{1e3, 1e5} {
		b.Run(fmt.Sprintf("items=%d", size), func(b *testing.B) {
			s := table.NewStore(table.Options{})
			_, err := s.CreateTable(ctx, plain("Things"))
			require.NoError(b, err)
			things, err := s.Table("Things")
			require.NoError(b, err)
			for k := range int64(size) {
				_, err := things.Put(item("a", k, xy(k%1000, k)))
				require.NoError(b, err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if _, err := s.UpdateTable(ctx, "Things", byX()); err != nil {
					b.Fatal(err)
				}
				if _, err := s.UpdateTable(ctx, "Things", dropX()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/item")
		})
	}
}

// BenchmarkPutDuringCreateIndex is a write beside somebody who makes and drops an index all the time.
func BenchmarkPutDuringCreateIndex(b *testing.B) {
	s := table.NewStore(table.Options{})
	_, err := s.CreateTable(ctx, plain("Things"))
	require.NoError(b, err)
	things, err := s.Table("Things")
	require.NoError(b, err)
	const size = 1e5
	var items []attr.Item
	for k := range int64(size) {
		items = append(items, item("a", k, xy(k%1000, k)))
		_, err := things.Put(items[k])
		require.NoError(b, err)
	}
	stop, stopped := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			for _, c := range []table.Changes{byX(), dropX()} {
				if _, err := s.UpdateTable(ctx, "Things", c); err != nil {
					<-stop
					stopped <- err
					return
				}
			}
		}
	}()
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if _, err := things.Put(items[i*7919%len(items)]); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	close(stop)
	require.NoError(b, <-stopped)
}
