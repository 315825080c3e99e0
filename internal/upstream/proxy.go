package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/wire"
)

// maxRequest is the largest request that may write, or that changes a table, which is let through. The service takes
// 16 MB.
const maxRequest = 32 << 20

// Proxy is an http.Handler that forwards requests to the upstream of a [Source], and tells the Source of writes. It
// may be used by any number of goroutines at once.
type Proxy struct {
	s       *Source
	buffers sync.Pool
}

// NewProxy returns the Proxy of a Source, through which everything should pass that writes to its tables.
func NewProxy(s *Source) *Proxy {
	p := &Proxy{s: s}
	p.buffers.New = func() any { return new([32 << 10]byte) }
	return p
}

// ServeHTTP forwards one request, and answers with what the upstream answered. It answers by itself if there is no
// answer, and requests for tables that a restore is filling: those are CREATING, and their items cannot be read.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation, isOperation := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	what, known := operations[operation]
	switch {
	case strings.HasPrefix(r.Header.Get("X-Amz-Target"), "DynamoDBStreams_"), !isOperation:
		what = reads
	case !known:
		what = writing
	}
	if what == reads && !p.s.hiding() {
		resp, err := p.forward(r.Context(), r, r.Body, r.ContentLength)
		p.answer(w, resp, err)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		wire.WriteError(w, exception.Serialization.Errorf("The request cannot be read: %w", err))
		return
	}
	if p.hidden(w, r, operation, what, body) {
		return
	}
	switch what {
	case writing:
		p.write(w, r, operation, body)
	case shaping:
		p.shape(w, r, operation, body)
	default:
		resp, err := p.send(r.Context(), r, body)
		p.answer(w, resp, err)
	}
}

// hopByHop are the headers that concern one connection alone.
var hopByHop = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate",
	"Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// forward sends a request to the upstream, with the host that its client has signed.
func (p *Proxy) forward(ctx context.Context, r *http.Request, body io.Reader, length int64) (*http.Response, error) {
	out := (&http.Request{
		Method: r.Method, URL: p.s.client.base, Host: r.Host, Header: r.Header.Clone(),
		Body: io.NopCloser(body), ContentLength: length, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if length == 0 {
		out.Body = http.NoBody
	}
	if r.URL.RawQuery != "" || r.URL.Path != "/" && r.URL.Path != "" {
		at := *p.s.client.base
		at.Path, at.RawQuery = strings.TrimSuffix(at.Path, "/")+r.URL.Path, r.URL.RawQuery
		out.URL = &at
	}
	removeHops(out.Header)
	if out.Header["User-Agent"] == nil {
		out.Header["User-Agent"] = []string{""} // or Go would add its own
	}
	return p.s.client.transport.RoundTrip(out)
}

func removeHops(h http.Header) {
	for _, named := range h["Connection"] {
		for name := range strings.SplitSeq(named, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
}

// send forwards a request whose body has been read.
func (p *Proxy) send(ctx context.Context, r *http.Request, body []byte) (*http.Response, error) {
	return p.forward(ctx, r, bytes.NewReader(body), int64(len(body)))
}

// answer passes an answer on as it comes.
func (p *Proxy) answer(w http.ResponseWriter, resp *http.Response, err error) {
	if err != nil {
		wire.WriteError(w, exception.InternalServerError.Errorf("The upstream did not answer: %w", err))
		return
	}
	defer resp.Body.Close()
	removeHops(resp.Header)
	header := w.Header()
	for name, values := range resp.Header {
		header[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	buffer := p.buffers.Get().(*[32 << 10]byte)
	defer p.buffers.Put(buffer)
	streams := resp.ContentLength < 0
	for {
		n, err := resp.Body.Read(buffer[:])
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return
			}
			if f, ok := w.(http.Flusher); ok && streams {
				f.Flush()
			}
		}
		if err != nil {
			if err != io.EOF {
				breakOff(w)
			}
			return
		}
	}
}

// breakOff ends an answer that did not come to its end, so that the client does not take it for a whole one.
func breakOff(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		conn.Close()
	}
}

// write forwards a request that may write items. The client may go, but not before the upstream has answered: what
// became of the write must be known.
func (p *Proxy) write(w http.ResponseWriter, r *http.Request, operation string, body []byte) {
	changes := writes{unknown: true}
	if r.Header.Get("Content-Encoding") == "" {
		changes = parseWrites(operation, body)
	}
	on, err := p.s.begin(r.Context(), &changes)
	if err != nil {
		wire.WriteError(w, exception.InternalServerError.Errorf("The request was not forwarded: %w", err))
		return
	}
	ctx := context.WithoutCancel(r.Context())
	resp, err := p.send(ctx, r, body)
	on.end(ctx, outcomeOf(resp, err))
	p.answer(w, resp, err)
}

func outcomeOf(resp *http.Response, err error) outcome {
	switch {
	case err != nil || resp.StatusCode >= 500:
		return lost
	case resp.StatusCode >= 400:
		return refused
	}
	return accepted
}

// shape forwards a request that changes a table itself. It waits for the snapshots that are being taken of the table.
func (p *Proxy) shape(w http.ResponseWriter, r *http.Request, operation string, body []byte) {
	ctx := context.WithoutCancel(r.Context())
	tables := tablesOf(operation, body)
	if len(tables) != 1 || r.Header.Get("Content-Encoding") != "" {
		p.write(w, r, operation, body) // for what it may be; the upstream will refuse it
		return
	}
	g := p.s.pin(tables[0])
	defer p.s.unpin(g)
	h, err := p.s.historyOf(ctx, g.table)           // outside the lock: it may have to read the table
	if errors.Is(err, exception.ResourceNotFound) { // it was deleted without being seen
		p.s.forget(g, h)
		h, err = nil, nil
	}
	if err != nil {
		wire.WriteError(w, exception.InternalServerError.Errorf(
			"%s was not forwarded: the history cannot be read: %w", operation, err))
		return
	}
	g.life.Lock()
	defer g.life.Unlock()
	if h == nil {
		resp, err := p.send(ctx, r, body)
		p.answer(w, resp, err)
		return
	}
	before, err := p.s.describe(ctx, g.table)
	if err != nil {
		wire.WriteError(w, err)
		return
	}
	if operation == "DeleteTable" {
		p.deleteTable(ctx, w, r, body, g, h, &before)
		return
	}
	resp, err := p.send(ctx, r, body)
	if outcomeOf(resp, err) != refused {
		h.redefined(before.Table, p.s.seq.Next())
	}
	p.answer(w, resp, err)
}

// deleteTable deletes a table with history while it stands still, and tells of its last state.
func (p *Proxy) deleteTable(ctx context.Context, w http.ResponseWriter, r *http.Request, body []byte,
	g *gate, h *history, before *described,
) {
	var resp *http.Response
	var last *snapshot.Snapshot
	var unanswered error
	err := p.s.still(ctx, g, func() error {
		final, sound := h.final(&before.Table, p.s.seq.Next())
		if !sound {
			return exception.ResourceInUse.Errorf(
				"The table was written to in ways that have to be looked up first. Please retry")
		}
		resp, unanswered = p.send(ctx, r, body)
		switch outcomeOf(resp, unanswered) {
		case accepted:
			last = final
		case lost:
			if state, err := p.s.describeTable(ctx, g.table); errors.Is(err, exception.ResourceNotFound) ||
				err == nil && (state.status == schema.Deleting || state.ID != before.ID) {
				last = final
			}
		}
		return nil
	})
	if err != nil {
		wire.WriteError(w, err)
		return
	}
	if last != nil {
		p.s.forget(g, h)
		p.s.mu.Lock()
		watchers := p.s.mu.watchers
		p.s.mu.Unlock()
		for _, watch := range watchers {
			watch(last)
		}
	}
	p.answer(w, resp, unanswered)
}

// hidden answers a request about a table that a restore is filling.
func (p *Proxy) hidden(w http.ResponseWriter, r *http.Request, operation string, what kind, body []byte) bool {
	if !p.s.hiding() {
		return false
	}
	var tables []string
	switch {
	case what == writing:
		changes := parseWrites(operation, body)
		tables = append(changes.tables(), changes.selects...)
	default:
		tables = tablesOf(operation, body)
	}
	for _, table := range tables {
		filling := p.s.filling(r.Context(), table)
		switch {
		case filling == nil:
		case operation == "DescribeTable":
			p.describe(w, r, body, filling)
			return true
		case operation == "CreateTable":
			wire.WriteError(w, exception.ResourceInUse.Errorf("Table already exists: %s", table))
			return true
		case what == shaping:
			wire.WriteError(w, exception.ResourceInUse.Errorf(
				"Attempt to change a resource which is still in use: Table is being used: %s", table))
			return true
		default:
			wire.WriteError(w, notFound())
			return true
		}
	}
	return false
}

// describe answers with the upstream's description of a table that is being filled, and says that it is.
func (p *Proxy) describe(w http.ResponseWriter, r *http.Request, body []byte, filling *restoring) {
	answer, err := p.s.client.Call(r.Context(), "DescribeTable", body)
	if err != nil {
		wire.WriteError(w, err)
		return
	}
	var a map[string]map[string]any
	numbers := json.NewDecoder(bytes.NewReader(answer))
	numbers.UseNumber() // so that they come out as they were
	if err := numbers.Decode(&a); err != nil || a["Table"] == nil {
		wire.WriteError(w, failed("DescribeTable", err))
		return
	}
	summary := map[string]any{
		"RestoreDateTime": float64(filling.summary.RestoreTime.UnixMilli()) / 1000, "RestoreInProgress": true,
		"SourceTableArn": filling.summary.SourceTableARN.String(),
	}
	if from := filling.summary.SourceBackupARN; from.Table != "" {
		summary["SourceBackupArn"] = from.String()
	}
	a["Table"]["TableStatus"], a["Table"]["RestoreSummary"] = schema.Creating, summary
	text, err := json.Marshal(a)
	if err != nil {
		wire.WriteError(w, failed("DescribeTable", err))
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Write(text)
}
