package differential_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/wire"
)

// What JSON is made of.
type (
	obj = map[string]any
	arr = []any
)

// verdict is what a generator knows of its request.
type verdict int

const (
	open   verdict = iota // it may be taken or refused
	sound                 // it must be taken; a condition in it may fail
	faulty                // it must be refused
)

// request is one for both servers.
type trial struct {
	op   string
	body obj

	verdict verdict
	faults  []string // what has been done wrong to it
	toEnd   bool     // a Query or Scan: all pages, and all segments, are asked for, one after the other
	alone   []obj    // with several faults: the body with each of them alone
}

func (r trial) String() string { return r.op + " " + jsonText(r.body) }

// answer is what a server has answered.
type reply struct {
	status  int
	code    string // of a refusal
	message string
	body    obj
}

func (a reply) taken() bool { return a.status == 200 }

// text is what is compared first: that the request was taken, or how it was refused.
func (a reply) text() string {
	if a.taken() {
		return "taken"
	}
	return strings.TrimSpace(fmt.Sprintf("%s: %s", a.code, a.message))
}

// side is one of the two servers.
type side struct {
	name, url string
	http      *http.Client
	server    *servers.Server // nil: it is in this process
	start     func() (*servers.Server, error)
}

// newPeer starts a peer, or skips the test if it cannot be had.
func newPeer(t testing.TB, k *servers.Kind) *side {
	s := &side{name: k.Name, start: k.Start, http: &http.Client{Transport: new(http.Transport)}}
	err := s.restart()
	if a := (servers.Absent{}); errors.As(err, &a) {
		t.Skip("SKIPPED: ", a)
	}
	require.NoError(t, err)
	t.Cleanup(func() { s.server.Kill() })
	return s
}

// restart starts the peer, again if it has ended.
func (s *side) restart() (err error) {
	if s.server != nil {
		s.server.Kill()
	}
	s.http.CloseIdleConnections()
	if s.server, err = s.start(); err == nil {
		s.url = s.server.URL
	}
	return err
}

// newTidemark returns an empty Tidemark in the process.
func newTidemark(t testing.TB) *side {
	db, err := tidemark.New(tidemark.Options{Clock: clock.NewManual(clock.Epoch), Seed: 1})
	require.NoError(t, err)
	handler := wire.NewHandler(wire.Options{Open: func(string, string) (*wire.API, error) {
		return wire.NewAPI(db.Tables, db.Backups), nil
	}})
	return &side{name: "Tidemark", url: "http://tidemark.invalid",
		http: &http.Client{Transport: wire.Transport{Handler: handler}}}
}

const someCredential = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20240115/us-east-1/dynamodb/aws4_request, " +
	"SignedHeaders=host;x-amz-date;x-amz-target, Signature=00"

// send sends a request once. A server that does not answer is one that has ended.
func (s *side) send(op string, body obj) (reply, error) {
	service := "DynamoDB_20120810."
	switch op {
	case "ListStreams", "DescribeStream", "GetShardIterator", "GetRecords":
		service = "DynamoDBStreams_20120810."
	}
	r, err := http.NewRequest("POST", s.url, strings.NewReader(jsonText(body)))
	if err != nil {
		return reply{}, err
	}
	r.Header = http.Header{"X-Amz-Target": {service + op}, "Content-Type": {"application/x-amz-json-1.0"},
		"Authorization": {someCredential}, "X-Amz-Date": {"20240115T120000Z"}}
	response, err := s.http.Do(r)
	if err != nil {
		return reply{}, fmt.Errorf("%s: %w", s.name, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, fmt.Errorf("%s: %w", s.name, err)
	}
	return readReply(response.StatusCode, text), nil
}

func readReply(status int, text []byte) reply {
	a := reply{status: status}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&a.body); err != nil && len(text) > 0 || !a.taken() && a.body == nil {
		a.code, a.message, a.body = fmt.Sprint(status), string(text[:min(len(text), 200)]), nil
		return a
	}
	if a.taken() {
		return a
	}
	code, _ := a.body["__type"].(string)
	a.code = code[strings.LastIndexByte(code, '#')+1:]
	for _, name := range []string{"message", "Message"} {
		if m, ok := a.body[name].(string); ok {
			a.message = orderedMessage(m)
		}
		delete(a.body, name)
	}
	delete(a.body, "__type")
	return a
}

// ask sends a request, and if it is one for all pages those that come after it.
func (s *side) ask(r trial) (reply, error) {
	total, segmented := r.body["TotalSegments"].(int)
	if !r.toEnd || !segmented || total < 1 || total > 10 {
		return s.segment(r, r.body)
	}
	var all reply
	for i := range total {
		body := maps.Clone(r.body)
		body["Segment"] = i
		a, err := s.segment(r, body)
		if err != nil || !a.taken() {
			return a, err
		}
		all = joinPages(all, a)
	}
	return all, nil
}

// segment asks for the pages of one segment, or of all if there are none.
func (s *side) segment(r trial, body obj) (reply, error) {
	all, err := s.send(r.op, body)
	if err != nil || !r.toEnd {
		return all, err
	}
	page := all
	for n := 0; page.taken() && page.body["LastEvaluatedKey"] != nil; n++ {
		if n > 200 {
			return reply{status: 200, body: obj{"Pages": "without end"}}, nil
		}
		body := maps.Clone(body)
		body["ExclusiveStartKey"] = page.body["LastEvaluatedKey"]
		if page, err = s.send(r.op, body); err != nil || !page.taken() {
			return page, err
		}
		all = joinPages(all, page)
	}
	return all, nil
}

// joinPages makes one page of two.
func joinPages(a, b reply) reply {
	if a.body == nil {
		b.body["Pages"] = 1
		return b
	}
	items, _ := a.body["Items"].(arr)
	more, _ := b.body["Items"].(arr)
	if a.body["Items"] != nil {
		a.body["Items"] = append(items, more...)
	}
	for _, name := range []string{"Count", "ScannedCount"} {
		a.body[name] = number64(a.body[name]) + number64(b.body[name])
	}
	delete(a.body, "LastEvaluatedKey")
	delete(a.body, "ConsumedCapacity") // of one page
	return a
}

func number64(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case json.Number:
		n, _ := v.Int64()
		return n
	}
	return 0
}

// make makes a table and waits until it is ACTIVE.
func (s *side) make(t testing.TB, definition obj) {
	t.Helper()
	a, err := s.send("CreateTable", definition)
	require.NoError(t, err)
	require.Equal(t, 200, a.status, "%s: %s %s", s.name, jsonText(definition), a.text())
	s.await(t, definition["TableName"].(string), "ACTIVE")
}

// drop deletes a table, if it is there, and waits until it is gone.
func (s *side) drop(t testing.TB, table string) {
	t.Helper()
	a, err := s.send("DeleteTable", obj{"TableName": table})
	require.NoError(t, err)
	if a.taken() {
		s.await(t, table, "")
	}
}

// await waits until a table has a status, or is gone: "".
func (s *side) await(t testing.TB, table, status string) {
	t.Helper()
	for range 500 {
		if s.status(t, table) == status {
			return
		}
		require.NoError(t, clock.Sleep(t.Context(), clock.System{}, 2*time.Millisecond))
	}
	t.Fatalf("%s: the table %s does not become %q", s.name, table, status)
}

func (s *side) status(t testing.TB, table string) string {
	t.Helper()
	a, err := s.send("DescribeTable", obj{"TableName": table})
	require.NoError(t, err)
	description, _ := a.body["Table"].(obj)
	status, _ := description["TableStatus"].(string)
	for _, index := range list(description["GlobalSecondaryIndexes"]) {
		if index.(obj)["IndexStatus"] != "ACTIVE" && status == "ACTIVE" {
			return "CREATING"
		}
	}
	return status
}

func list(v any) arr {
	l, _ := v.(arr)
	return l
}

// contents returns all items of a table by the text of their keys.
func (s *side) contents(t testing.TB, table *shape) (map[string]obj, error) {
	t.Helper()
	a, err := s.ask(trial{op: "Scan", body: obj{"TableName": table.name, "ConsistentRead": true}, toEnd: true})
	require.NoError(t, err)
	if !a.taken() {
		return nil, fmt.Errorf("%s: %s", s.name, a.text())
	}
	items := map[string]obj{}
	for _, i := range list(a.body["Items"]) {
		item := normal(i).(obj)
		items[jsonText(table.keyOf(item))] = item
	}
	return items, nil
}

func jsonText(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

// deepCopy returns a copy of JSON that shares nothing with it.
func deepCopy(v any) any {
	switch v := v.(type) {
	case obj:
		m := obj{}
		for k, e := range v {
			m[k] = deepCopy(e)
		}
		return m
	case arr:
		l := make(arr, len(v))
		for i, e := range v {
			l[i] = deepCopy(e)
		}
		return l
	}
	return v
}
