package upstream_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/upstream"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/wire"
)

// oneByOne has a table read in one part, so that a test knows what has been read when.
func oneByOne(o *upstream.Options, _ *table.Options) { o.Segments = 1 }

// send sends a request through the proxy that a Client would not send.
func (w *world) send(header http.Header, body string) *http.Response {
	r, err := http.NewRequestWithContext(ctx, "POST", "http://proxy.test/", strings.NewReader(body))
	require.NoError(w, err)
	r.Header = header
	resp, err := wire.Transport{Handler: w.proxy}.RoundTrip(r)
	require.NoError(w, err)
	return resp
}

// An upstream may take requests that the service does not. None of them gets into a snapshot in part.
func TestUnusualRequestsDoNotTearASnapshot(t *testing.T) {
	target := func(targets ...string) http.Header { return http.Header{"X-Amz-Target": targets} }
	put := `{"TableName":"Things","Item":{"id":{"N":"1"}}}`
	state := func(statement string) string { return fmt.Sprintf(`{"Statement":%q}`, statement) }
	const is, execute = "DynamoDB_20120810.", "DynamoDB_20120810.ExecuteStatement"
	for name, c := range map[string]struct {
		header http.Header
		body   string
	}{
		"an older version":       {target("DynamoDB_20111205.PutItem"), put},
		"another case":           {target("dynamodb_20120810.PutItem"), put},
		"no target":              {http.Header{}, put},
		"two targets":            {target(is+"Query", is+"PutItem"), put},
		"the streams' service":   {target("DynamoDBStreams_20120810.PutItem"), put},
		"packed":                 {http.Header{"X-Amz-Target": {is + "PutItem"}, "Content-Encoding": {"gzip"}}, "x"},
		"members in small":       {target(is + "PutItem"), strings.ToLower(put)},
		"a batch in small":       {target(is + "BatchWriteItem"), `{"requestitems":{"Things":[{"putrequest":{}}]}}`},
		"requests in small":      {target(is + "BatchWriteItem"), `{"RequestItems":{"Things":[{"putrequest":{}}]}}`},
		"a transaction in small": {target(is + "TransactWriteItems"), `{"transactitems":[{"Put":` + put + `}]}`},
		"operations in small":    {target(is + "TransactWriteItems"), `{"TransactItems":[{"put":` + put + `}]}`},
		"statements in small":    {target(is + "BatchExecuteStatement"), `{"statements":[` + state("DELETE FROM X") + `]}`},
		"another's ARN":          {target(is + "PutItem"), strings.Replace(put, "Things", "arn:a:b:c:d:table/Things", 1)},
		"a table without name":   {target(is + "PutItem"), strings.Replace(put, "Things", "", 1)},
		"no space":               {target(execute), state(`UPDATE"Things"SET v=1 WHERE id=1`)},
		"comments":               {target(execute), state("/* SELECT */ DELETE -- SELECT\n FROM/**/\"Things\" WHERE id=1")},
		"a name with marks":      {target(execute), state(`UPDATE Things-to-do SET v=1 WHERE id=1`)},
		"an index":               {target(execute), state(`UPDATE "Others"."Things" SET v=1 WHERE id=1`)},
		"an open quote":          {target(execute), state(`UPDATE "Things SET v=1 WHERE id=1`)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneByOne)
			w.create("Things")
			for id := range 20 {
				w.ok("PutItem", fmt.Sprintf(`{'TableName':'Things','Item':{'id':{'N':'%d'},'w':{'N':'1'}}}`, id))
			}
			before := w.itemsOf("Things")
			var scans, written atomic.Int64
			w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
				switch operation {
				case "Scan":
					if scans.Add(1) == 2 {
						w.send(c.header.Clone(), c.body)
					}
					return smallPages(operation, body)
				case "DescribeTable", "DescribeTimeToLive", "GetItem":
					return body, nil, nil
				}
				written.Add(1)
				w.put("Things", 20) // all lose w
				return nil, answer(`{}`), nil
			})
			s := byID(w.capture("Things"))
			require.EqualValues(t, 1, written.Load())
			if id := attr.Int(0); s[id] == before[id] {
				require.Equal(t, before, s, "the snapshot is torn")
				return
			}
			require.Equal(t, w.itemsOf("Things"), s, "the snapshot is torn")
		})
	}
}

// A statement that only checks a condition, and one that reads, leave a snapshot alone.
func TestStatementsThatReadDisturbNoSnapshot(t *testing.T) {
	for _, statement := range []string{
		`SELECT * FROM Things`, `select"v"from"Things"."Index"`, `SELECT v FROM Things.Index`,
		`EXISTS(SELECT * FROM "Things" WHERE id = 1)`, `/* UPDATE */ SELECT 'UPDATE' FROM Things`,
	} {
		t.Run(statement, func(t *testing.T) {
			w := newWorld(t, oneByOne)
			w.create("Things")
			w.put("Things", 3)
			scans := 0
			w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
				switch operation {
				case "Scan":
					scans++
					w.ok("ExecuteTransaction", `{'TransactStatements':[{'Statement':'`+
						strings.NewReplacer(`"`, `\"`, "'", `\u0027`).Replace(statement)+`'}]}`)
				case "ExecuteTransaction":
					return nil, answer(`{}`), nil
				}
				return body, nil, nil
			})
			require.Len(t, byID(w.capture("Things")), 3)
			require.Equal(t, 1, scans)
			require.EqualValues(t, 0, w.source.Delays().Writes)
		})
	}
}

// Whatever a client says of its requests, a write is sent once: one whose connection breaks may have been done.
func TestAWriteIsSentOnce(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	var seen atomic.Int64
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for in := bufio.NewReader(c); ; {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					io.Copy(io.Discard, r.Body)
					if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "PutItem") {
						seen.Add(1)
						return // without an answer
					}
					io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
				}
			}()
		}
	}()
	client, err := upstream.NewClient(upstream.Endpoint{URL: "http://" + listener.Addr().String()})
	require.NoError(t, err)
	source, err := upstream.New(ctx, client, upstream.Options{Region: region, Account: account})
	require.NoError(t, err)
	defer source.Close()
	w := &world{T: t, proxy: upstream.NewProxy(source)}
	header := http.Header{
		"X-Amz-Target": {"DynamoDB_20120810.GetItem"}, "Idempotency-Key": {"1"}, "X-Idempotency-Key": {"1"},
	}
	body := `{"TableName":"Things","Item":{"id":{"N":"1"}}}`
	require.Equal(t, 200, w.send(header.Clone(), body).StatusCode, "there is a connection now, which is kept")
	header.Set("X-Amz-Target", "DynamoDB_20120810.PutItem")
	require.Equal(t, 500, w.send(header, body).StatusCode)
	require.EqualValues(t, 1, seen.Load())
}

// speak sends a request as it stands over a connection of its own, and returns the answer.
func speak(t *testing.T, url, request string) *http.Response {
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	_, err = io.WriteString(c, strings.ReplaceAll(request, "\n", "\r\n"))
	require.NoError(t, err)
	in := bufio.NewReader(c)
	resp, err := http.ReadResponse(in, nil)
	require.NoError(t, err)
	if resp.StatusCode == http.StatusContinue {
		resp, err = http.ReadResponse(in, nil)
		require.NoError(t, err)
	}
	return resp
}

// All the forms that HTTP has for a request pass, and nothing is added to an answer.
func TestFormsOfRequests(t *testing.T) {
	const head = "Host: dynamodb.test\nX-Amz-Target: DynamoDB_20120810.PutItem\n"
	for name, request := range map[string]string{
		"the old protocol":  "POST / HTTP/1.0\n" + head + "Content-Length: 2\n\n{}",
		"in chunks":         "POST / HTTP/1.1\n" + head + "Transfer-Encoding: chunked\n\n1\n{\n1\n}\n0\n\n",
		"asking beforehand": "POST / HTTP/1.1\n" + head + "Expect: 100-continue\nContent-Length: 2\n\n{}",
		"a path":            "POST /a%2Fb/?c HTTP/1.1\n" + head + "Content-Length: 2\n\n{}",
		"a question":        "GET /a%2Fb/?c HTTP/1.1\nHost: dynamodb.test\n\n",
		"no body":           "POST / HTTP/1.1\nHost: dynamodb.test\nContent-Length: 0\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			url := before(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || r.Host != "dynamodb.test" {
					t.Error(r.Host, err)
				}
				w.Header()["Date"], w.Header()["Content-Type"] = nil, nil
				fmt.Fprint(w, r.Method, r.RequestURI, string(body))
			})
			resp := speak(t, url, request)
			answered, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, 200, resp.StatusCode)
			words := strings.Fields(request)
			body := ""
			if strings.Contains(request, "{") {
				body = "{}"
			}
			require.Equal(t, words[0]+words[1]+body, string(answered))
			require.NotContains(t, resp.Header, "Date")
			require.NotContains(t, resp.Header, "Content-Type")
		})
	}
}

// counted is a clock that tells how often it has been looked at.
type counted struct {
	*clock.Manual
	looks *atomic.Int64
}

func (c counted) Now() time.Time {
	c.looks.Add(1)
	return c.Manual.Now()
}

// A write to a table with history waits for the one before it to the same item, and that is told.
func TestDelaysTellOfWritesThatWaitForEachOther(t *testing.T) {
	clk := counted{new(clock.Manual), new(atomic.Int64)}
	w := newWorld(t, func(o *upstream.Options, _ *table.Options) { o.Clock = clk })
	w.create("Things")
	w.recover("Things")
	first, goOn := make(chan struct{}), make(chan struct{})
	var updates atomic.Int64
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "UpdateItem" && updates.Add(1) == 1 {
			close(first)
			<-goOn
		}
		return body, nil, nil
	})
	var writers sync.WaitGroup
	writers.Go(func() { require.NoError(t, w.add("Things", 1)) })
	<-first
	looks := clk.looks.Load()
	writers.Go(func() { require.NoError(t, w.add("Things", 1)) })
	for clk.looks.Load() < looks+3 { // at its beginning, when it may pass, and when its items are known
		runtime.Gosched()
	}
	clk.Advance(time.Minute)
	close(goOn)
	writers.Wait()
	require.Equal(t, 2, w.source.Delays().Writes)
	require.Equal(t, time.Minute, w.source.Delays().Longest)
}
