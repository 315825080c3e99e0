package wire_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

// BenchmarkPeer has eight clients send requests to any endpoint that speaks DynamoDB, over connections that stay open,
// and tells the median time to an answer. PEER is its address, such as http://127.0.0.1:8000; with PEER_PID, the number
// of its process, server-ns/op is the processor time that it has used for a request.
func BenchmarkPeer(b *testing.B) {
	url := os.Getenv("PEER")
	if url == "" {
		b.Skip("PEER is not set to the address of an endpoint")
	}
	p := &peer{b, url, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
	p.send("DeleteTable", `{"TableName":"Orders"}`) // of an earlier run, if there was one
	p.send("CreateTable", `{"TableName":"Orders","BillingMode":"PAY_PER_REQUEST",`+
		`"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}],`+
		`"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]}`)
	for range 1000 {
		if _, description := p.send("DescribeTable", `{"TableName":"Orders"}`); strings.Contains(description, `"ACTIVE"`) {
			break
		}
	}
	for i := range 1000 {
		item := fmt.Sprintf(benchItem, i)
		if i < 10 {
			item = strings.NewReplacer(fmt.Sprintf("customer#%07d", i), "ten", "order#2024-01-15", strconv.Itoa(i)).Replace(item)
		}
		status, answer := p.send("PutItem", `{"TableName":"Orders","Item":`+item+`}`)
		require.Equal(b, http.StatusOK, status, answer)
	}
	p.send("PutItem", `{"TableName":"Orders","Item":`+fmt.Sprintf(plainItem, 500)+`}`)
	for _, r := range benchRequests {
		b.Run(r.name, func(b *testing.B) { p.measure(b, r.operation, r.body) })
	}
}

type peer struct {
	b      *testing.B
	url    string
	client *http.Client
}

func (p *peer) send(operation, body string) (status int, answer string) {
	r, err := http.NewRequest(http.MethodPost, p.url, strings.NewReader(body))
	require.NoError(p.b, err)
	r.Header = newSender(operation, "").request.Header
	response, err := p.client.Do(r)
	require.NoError(p.b, err)
	defer response.Body.Close()
	var read bytes.Buffer
	io.Copy(&read, response.Body)
	return response.StatusCode, read.String()
}

func (p *peer) measure(b *testing.B, operation, body string) {
	if status, answer := p.send(operation, body); status != http.StatusOK {
		b.Skipf("the peer does not do this: %d %s", status, answer)
	}
	const clients = 8
	var all sync.WaitGroup
	took := make([]time.Duration, clients*(b.N/clients+1))
	before := processorTimeOf(b, os.Getenv("PEER_PID"))
	b.ResetTimer()
	for own := range slices.Chunk(took, len(took)/clients) {
		all.Go(func() {
			for i := range own {
				start := clock.System{}.Now()
				p.send(operation, body)
				own[i] = clock.System{}.Now().Sub(start)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	if used := processorTimeOf(b, os.Getenv("PEER_PID")) - before; used > 0 {
		b.ReportMetric(float64(used)/float64(len(took)), "server-ns/op")
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "median-ns")
}

// processorTimeOf returns what a process has used so far, as Linux counts it, in hundredths of a second.
func processorTimeOf(b *testing.B, pid string) time.Duration {
	if pid == "" {
		return 0
	}
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	require.NoError(b, err)
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] { // utime and stime
		n, err := strconv.ParseInt(f, 10, 64)
		require.NoError(b, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
