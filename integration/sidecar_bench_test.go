package integration_test

import (
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

// BenchmarkForwardedRead measures what a sidecar adds to a GetItem, over sockets. Each round asks the upstream directly
// and through the sidecar, now the one first and now the other, so that whatever else the machine does concerns both.
func BenchmarkForwardedRead(b *testing.B) {
	for _, k := range servers.Kinds {
		b.Run(k.Name, func(b *testing.B) {
			s := startCommand(b, servers.Plain, k.Run(b).URL)
			s.kind = k
			s.create(musicTable("Forwarded"))
			s.put("Forwarded", song("A", "B", "Label", text(padding)))
			defer func() {
				_, err := s.direct.DeleteTable(s.ctx, &dynamodb.DeleteTableInput{TableName: musicTable("Forwarded").TableName})
				require.NoError(b, err)
			}()
			const get = `{"TableName":"Forwarded","Key":{"Artist":{"S":"A"},"SongTitle":{"S":"B"}}}`
			ask := func(url string) time.Duration {
				from := clock.System{}.Now()
				answer, err := s.send(s.ctx, url, "GetItem", get)
				if err != nil {
					b.Fatal(err)
				}
				_, err = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if err != nil || answer.StatusCode != http.StatusOK {
					b.Fatal(answer.Status, err)
				}
				return clock.System{}.Now().Sub(from)
			}
			for range 300 { // so that every program has got going
				ask(s.upstream)
				ask(s.url)
			}
			var direct, forwarded []time.Duration
			for b.Loop() {
				if len(direct)%2 == 0 {
					direct = append(direct, ask(s.upstream))
					forwarded = append(forwarded, ask(s.url))
				} else {
					forwarded = append(forwarded, ask(s.url))
					direct = append(direct, ask(s.upstream))
				}
			}
			d, f := middle(direct), middle(forwarded)
			b.ReportMetric(d, "direct-µs")
			b.ReportMetric(f, "forwarded-µs")
			b.ReportMetric(f-d, "added-µs")
		})
	}
}

// middle returns the median in microseconds.
func middle(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Nanoseconds()) / 1000
}
