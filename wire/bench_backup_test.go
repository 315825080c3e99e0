package wire_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

// BenchmarkMillion asks for a table of a million items: a backup of it is to cost about what its description does.
func BenchmarkMillion(b *testing.B) {
	h := benchHandler(b, 1_000_000)
	for _, operation := range []string{"DescribeTable", "CreateBackup"} {
		b.Run(operation, func(b *testing.B) {
			s := newSender(operation, `{"TableName":"Orders","BackupName":"nightly"}`)
			b.ReportAllocs()
			for b.Loop() {
				s.send(h)
			}
			require.Equal(b, http.StatusOK, s.sink.status, string(s.sink.body))
		})
	}
}

// BenchmarkPutBeside puts items into a table of 100,000 while somebody else sends other requests without pause, and
// tells the median of a put. What is beside decides how many processors are free for it, so compare backups with
// describes.
func BenchmarkPutBeside(b *testing.B) {
	for _, beside := range []struct{ name, operation string }{
		{"nothing", ""}, {"describes", "DescribeTable"}, {"backups", "CreateBackup"},
	} {
		b.Run(beside.name, func(b *testing.B) {
			const items = 100_000
			h := benchHandler(b, items)
			var stop atomic.Bool
			var others sync.WaitGroup
			if beside.operation != "" {
				others.Go(func() {
					s := newSender(beside.operation, `{"TableName":"Orders","BackupName":"nightly"}`)
					for !stop.Load() {
						s.send(h)
					}
				})
			}
			puts := make([]*sender, 1000)
			for i := range puts {
				puts[i] = newSender("PutItem", `{"TableName":"Orders","Item":`+fmt.Sprintf(benchItem, i*97%items)+`}`)
			}
			took := make([]time.Duration, 0, b.N)
			b.ResetTimer()
			for i := range b.N {
				start := clock.System{}.Now()
				puts[i%len(puts)].send(h)
				took = append(took, clock.System{}.Now().Sub(start))
			}
			b.StopTimer()
			stop.Store(true)
			others.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2]), "median-ns")
			b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
		})
	}
}
