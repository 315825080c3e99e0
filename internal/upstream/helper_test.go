package upstream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/upstream"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/wire"
)

// ctx is what requests are made with that nothing ends.
var ctx = context.Background()

const (
	region  = "eu-west-3"
	account = "123456789012"
)

// world is an upstream, what stands before it, and somebody who speaks to it through that.
type world struct {
	*testing.T
	tables  *table.Store // the upstream's
	line    *line        // between the two
	source  *upstream.Source
	proxy   *upstream.Proxy
	client  *upstream.Client // through the proxy
	backups *backup.Engine
}

// newWorld returns a world without tables. The upstream takes no time, unless an option says so.
func newWorld(t *testing.T, change ...func(*upstream.Options, *table.Options)) *world {
	w := &world{T: t}
	o := upstream.Options{Region: region, Account: account}
	theirs := table.Options{Region: region, Account: account, Seed: 1, Clock: clock.System{}}
	for _, fn := range change {
		fn(&o, &theirs)
	}
	w.tables = table.NewStore(theirs)
	w.tables.Retain(time.Hour) // so that every state can be looked up
	engine, err := backup.New(w.tables, backup.Options{Profile: backup.Instant()})
	require.NoError(t, err)
	handler := wire.NewHandler(wire.Options{Account: account, Open: func(string, string) (*wire.API, error) {
		return wire.NewAPI(w.tables, engine), nil
	}})
	w.line = &line{to: wire.Transport{Handler: handler}}
	behind := newClient(t, w.line)
	w.source, err = upstream.New(ctx, behind, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.source.Close()) })
	w.proxy = upstream.NewProxy(w.source)
	w.client = newClient(t, wire.Transport{Handler: w.proxy})
	w.backups, err = backup.New(w.source, backup.Options{Profile: backup.Instant(), Seed: 1})
	require.NoError(t, err)
	return w
}

func newClient(t *testing.T, transport http.RoundTripper) *upstream.Client {
	c, err := upstream.NewClient(upstream.Endpoint{URL: "http://upstream.test", Region: region, Transport: transport})
	require.NoError(t, err)
	return c
}

// inHurry has a Source wait for nothing.
func inHurry(o *upstream.Options, _ *table.Options) { o.Clock = hurried{new(clock.Manual)} }

// hurried is a clock that moves on when somebody waits for it.
type hurried struct{ *clock.Manual }

func (h hurried) Wait(ctx context.Context, t time.Time) error {
	h.Set(t)
	return ctx.Err()
}

// line is an http.RoundTripper on which requests can be met.
type line struct {
	to http.RoundTripper

	mu   sync.Mutex
	meet func(operation string, body []byte) (changed []byte, answer *http.Response, err error)
	lose func(operation string) bool // the answers that do not come back
	late func(operation string)      // called before an answer comes back; nil: nobody
}

// on has fn called with every request from now on. It may change its body, or answer it.
func (l *line) on(fn func(operation string, body []byte) (changed []byte, answer *http.Response, err error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.meet = fn
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	l.mu.Lock()
	meet, lose, late := l.meet, l.lose, l.late
	l.mu.Unlock()
	if meet != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body, answer, err := meet(operation, body)
		if answer != nil || err != nil {
			return answer, err
		}
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	resp, err := l.to.RoundTrip(r)
	if late != nil {
		late(operation)
	}
	if lose != nil && lose(operation) {
		return nil, errors.New("connection reset")
	}
	return resp, err
}

// smallPages has every page of a Scan hold a few items, so that other requests come between.
func smallPages(operation string, body []byte) ([]byte, *http.Response, error) {
	if operation == "Scan" {
		body = append(bytes.TrimSuffix(body, []byte("}")), `,"Limit":7}`...)
	}
	return body, nil, nil
}

// refuse is an answer of an upstream that refuses a request.
func refuse(status int, code, text string) *http.Response {
	body := fmt.Sprintf(`{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":%q}`, code, text)
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// answer is an answer with a body.
func answer(body string) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// ok sends a request through the proxy that must be fine. In the body a ' may stand for a ".
func (w *world) ok(operation, body string) map[string]any {
	w.Helper()
	a, err := w.client.Call(ctx, operation, []byte(strings.ReplaceAll(body, "'", `"`)))
	require.NoError(w, err)
	m := map[string]any{}
	if len(a) > 0 {
		require.NoError(w, json.Unmarshal(a, &m))
	}
	return m
}

// create makes a table whose partition key is the number id.
func (w *world) create(name string) {
	w.Helper()
	w.ok("CreateTable", `{'TableName':'`+name+`','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':
		[{'AttributeName':'id','AttributeType':'N'}],'KeySchema':[{'AttributeName':'id','KeyType':'HASH'}]}`)
}

// put writes items 0 to n-1 into the upstream directly.
func (w *world) put(name string, n int) {
	w.Helper()
	t, err := w.tables.Table(name)
	require.NoError(w, err)
	for i := range n {
		_, err := t.Put(attr.MustItem(attr.Map{"id": attr.Int(int64(i)), "v": attr.Int(0)}))
		require.NoError(w, err)
	}
}

// add counts up v of an item through the proxy.
func (w *world) add(name string, id int) error {
	_, err := w.client.Call(ctx, "UpdateItem", fmt.Appendf(nil, `{"TableName":%q,"Key":{"id":{"N":"%d"}},
		"UpdateExpression":"ADD v :one","ExpressionAttributeValues":{":one":{"N":"1"}}}`, name, id))
	return err
}

// backup takes a backup and returns its ARN.
func (w *world) backup(name string) string {
	w.Helper()
	d, err := w.backups.CreateBackup(ctx, backup.CreateInput{TableName: name, BackupName: "one"})
	require.NoError(w, err)
	return d.ARN
}

// capture takes a snapshot.
func (w *world) capture(name string) *snapshot.Snapshot {
	w.Helper()
	c, err := w.source.CaptureTable(ctx, name, snapshot.At)
	require.NoError(w, err)
	s, ok := c.Snapshot()
	require.True(w, ok)
	return s
}

// itemsOf returns the items of a table as the upstream has them.
func (w *world) itemsOf(name string) map[attr.Value]attr.Item {
	w.Helper()
	t, err := w.tables.Table(name)
	require.NoError(w, err)
	s, err := t.Snapshot()
	require.NoError(w, err)
	return byID(s)
}

func byID(s *snapshot.Snapshot) map[attr.Value]attr.Item {
	items := make(map[attr.Value]attr.Item)
	for item := range s.All() {
		id, _ := item.Lookup("id")
		items[id] = item
	}
	return items
}

func (w *world) describe(name string) schema.Description {
	w.Helper()
	d, err := w.tables.DescribeTable(ctx, name)
	require.NoError(w, err)
	return d
}

var (
	_ backup.Source    = (*upstream.Source)(nil)
	_ backup.Historian = (*upstream.Source)(nil)
	_ backup.Notifier  = (*upstream.Source)(nil)
)
