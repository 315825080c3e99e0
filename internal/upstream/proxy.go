package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
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
	operation, what := kindOf(r)
	hiding := p.s.hiding()
	if what == reads && !hiding {
		resp, err := p.forward(r.Context(), r, r.Body, r.ContentLength)
		p.answer(w, resp, err)
		return
	}
	var body []byte
	if r.Body != nil { // a server has none such, but who calls ServeHTTP may
		var err error
		if body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest)); err != nil {
			wire.WriteError(w, exception.Serialization.Errorf("The request cannot be read: %w", err))
			return
		}
	}
	if hiding && p.hidden(w, r, operation, what, body) {
		return
	}
	switch what {
	case writing:
		p.write(w, r, operation, body)
	case making:
		p.make(w, r, body)
	case shaping:
		p.shape(w, r, operation, body)
	default:
		resp, err := p.send(r.Context(), r, body)
		p.answer(w, resp, err)
	}
}

// packed reports whether a request's body cannot be looked into.
func packed(r *http.Request) bool {
	encoding := r.Header.Get("Content-Encoding")
	return encoding != "" && encoding != "identity"
}

// hopByHop are the headers that concern one connection alone.
var hopByHop = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate",
	"Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// forward sends a request to the upstream, with the host that its client has signed, and once: a Transport repeats
// what has a GetBody, if it thinks that harmless.
func (p *Proxy) forward(ctx context.Context, r *http.Request, body io.Reader, length int64) (*http.Response, error) {
	out := (&http.Request{
		Method: r.Method, URL: p.s.client.base, Host: r.Host, Header: r.Header.Clone(),
		Body: http.NoBody, ContentLength: length, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	switch {
	case length > 0:
		// A Transport reads once more after the last byte. By then a server may have closed the body, because its answer
		// has begun, and the Transport would take that for a broken request and break the answer off.
		out.Body = io.NopCloser(io.LimitReader(body, length))
	case length < 0:
		out.Body = io.NopCloser(body)
	}
	if r.URL.RawQuery != "" || r.URL.Path != "/" && r.URL.Path != "" {
		at := *p.s.client.base
		at.RawPath = strings.TrimSuffix(at.EscapedPath(), "/") + r.URL.EscapedPath()
		at.Path, at.RawQuery = strings.TrimSuffix(at.Path, "/")+r.URL.Path, r.URL.RawQuery
		out.URL = &at
	}
	removeHops(out.Header)
	if out.Header["User-Agent"] == nil {
		out.Header["User-Agent"] = []string{""} // or Go would add its own
	}
	resp, err := p.s.client.transport.RoundTrip(out)
	if err != nil {
		return nil, exception.InternalServerError.Errorf("The upstream did not answer: %w", err)
	}
	return resp, nil
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

// answer passes an answer on as it comes; or the error, if there is none.
func (p *Proxy) answer(w http.ResponseWriter, resp *http.Response, err error) {
	if err != nil {
		wire.WriteError(w, err)
		return
	}
	defer resp.Body.Close()
	removeHops(resp.Header)
	header := w.Header()
	header["Content-Type"], header["Date"] = nil, nil // or Go would add its own
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
	if !packed(r) {
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

// make forwards a request for a new table. If it is made, a history of its name is that of a former table, which was
// deleted without being seen.
func (p *Proxy) make(w http.ResponseWriter, r *http.Request, body []byte) {
	tables := tablesOf("CreateTable", body)
	if len(tables) != 1 || packed(r) {
		p.write(w, r, "CreateTable", body) // for what it may be
		return
	}
	g := p.s.pin(tables[0])
	defer p.s.unpin(g)
	_, former := g.watching()
	resp, err := p.send(r.Context(), r, body)
	if former != nil && outcomeOf(resp, err) == accepted {
		p.s.forget(g, former)
	}
	p.answer(w, resp, err)
}

// shape forwards a request that changes a table itself. It waits for the snapshots that are being taken of the table,
// and as long as the client does.
func (p *Proxy) shape(w http.ResponseWriter, r *http.Request, operation string, body []byte) {
	tables := tablesOf(operation, body)
	if len(tables) != 1 || packed(r) {
		p.write(w, r, operation, body) // for what it may be; the upstream will refuse it
		return
	}
	g := p.s.pin(tables[0])
	defer p.s.unpin(g)
	var resp *http.Response
	var last *snapshot.Snapshot
	ctx := context.WithoutCancel(r.Context())
	err := p.s.reshape(r.Context(), g, func(h *history, before *described) (err error) {
		switch {
		case h == nil:
			resp, err = p.send(ctx, r, body)
		case operation == "DeleteTable":
			resp, last, err = p.deleteTable(ctx, r, body, g, h, before)
		default:
			resp, err = p.send(ctx, r, body)
			if outcomeOf(resp, err) != refused {
				h.redefined(before.Table, p.s.seq.Next())
			}
		}
		return err
	})
	if last != nil {
		p.s.mu.Lock()
		watchers := p.s.mu.watchers
		p.s.mu.Unlock()
		for _, watch := range watchers {
			watch(last)
		}
	}
	p.answer(w, resp, err)
}

// deleteTable deletes a table with history while it stands still. It returns its last state if it is deleted, which
// may be so without an answer.
func (p *Proxy) deleteTable(ctx context.Context, r *http.Request, body []byte, g *gate, h *history, before *described) (
	resp *http.Response, last *snapshot.Snapshot, err error,
) {
	err = p.s.still(ctx, g, func() (err error) {
		final, sound := h.final(&before.Table, p.s.seq.Next())
		if !sound {
			return exception.ResourceInUse.Errorf(
				"The table was written to in ways that have to be looked up first. Please retry")
		}
		resp, err = p.send(ctx, r, body)
		outcome := outcomeOf(resp, err)
		if outcome == lost {
			state, err := p.s.describeTable(ctx, g.table)
			if errors.Is(err, exception.ResourceNotFound) ||
				err == nil && (state.status == schema.Deleting || state.ID != before.ID) {
				outcome = accepted
			}
		}
		if outcome == accepted {
			last = final
			p.s.forget(g, h)
		}
		return err
	})
	return resp, last, err
}

// itemReads are the operations that read items. For them a table that is being filled does not exist.
var itemReads = []string{"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}

// hidden answers a request about a table that a restore is filling.
func (p *Proxy) hidden(w http.ResponseWriter, r *http.Request, operation string, what kind, body []byte) bool {
	if packed(r) {
		wire.WriteError(w, exception.InternalServerError.Errorf(
			"While a table is being restored a compressed request cannot be forwarded. Please retry"))
		return true
	}
	tables := tablesOf(operation, body)
	if what == writing {
		changes := parseWrites(operation, body)
		tables = slices.Concat(tables, changes.tables(), changes.selects)
	}
	for _, table := range tables {
		filling := p.s.filling(r.Context(), table)
		switch {
		case filling == nil:
			continue
		case operation == "DescribeTable":
			p.describe(w, r, body, filling)
		case operation == "CreateTable", operation == "DeleteTable":
			wire.WriteError(w, exception.ResourceInUse.Errorf(
				"Attempt to change a resource which is still in use: Table is being used: %s", table))
		case what == writing, slices.Contains(itemReads, operation):
			wire.WriteError(w, notFound())
		default:
			wire.WriteError(w, exception.ResourceNotFound.Errorf(
				"Requested resource not found: Table: %s not found", table))
		}
		return true
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
	indexes, _ := a["Table"]["GlobalSecondaryIndexes"].([]any)
	for _, index := range indexes {
		if index, ok := index.(map[string]any); ok {
			delete(index, "IndexStatus") // they have none meanwhile
		}
	}
	text, err := json.Marshal(a)
	if err != nil {
		wire.WriteError(w, failed("DescribeTable", err))
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Write(text)
}
