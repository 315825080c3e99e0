package upstream

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/clock"
)

const (
	// AnswerTimeout is how long an upstream may take until it begins to answer, and until it goes on with an answer; it
	// may be half of that too. A table cannot be backed up, nor deleted, while a write to it is on its way.
	AnswerTimeout = 4 * time.Minute

	// connectTimeout is how long the upstream may take to be connected to.
	connectTimeout = 5 * time.Second

	// spareTimeout is how long a connection to the upstream is kept for the next request. Servers close theirs too, those
	// of Node after 5 seconds, and a write that is sent just then may have been done or not.
	spareTimeout = 4 * time.Second

	// maxDirect is the longest body that is sent without looking for an answer meanwhile.
	maxDirect = 256 << 10

	maxSpares = 256
)

// Transport is an http.RoundTripper that does what there is to do for a request in the goroutine that asks for it. An
// http.Transport has two more at it, and waking them takes a good part of the time of a request to a server nearby. It
// leaves to one what is not for plain HTTP, and long or endless bodies. It tries once: a request is sent, or was lost.
// Make one with [NewTransport]. It may be used by any number of goroutines at once.
type Transport struct {
	other *http.Transport
	dial  net.Dialer

	mu     sync.Mutex
	spares map[string][]*conn // by address, the one used last at the end
}

// conn is a connection to the upstream.
type conn struct {
	net.Conn
	address string
	in      *bufio.Reader
	out     *bufio.Writer
	since   time.Time // when it was last used
	until   time.Time // its deadline
}

// NewTransport returns a Transport without the proxies of the environment and without compression: answers pass as they
// are.
func NewTransport() *Transport {
	dial := net.Dialer{Timeout: connectTimeout}
	return &Transport{
		dial: dial, spares: make(map[string][]*conn),
		other: &http.Transport{
			DialContext:           dial.DialContext,
			TLSHandshakeTimeout:   connectTimeout,
			ResponseHeaderTimeout: AnswerTimeout,
			IdleConnTimeout:       spareTimeout,
			MaxIdleConnsPerHost:   maxSpares,
			DisableCompression:    true,
		},
	}
}

// RoundTrip sends a request and returns the answer, whose body must be read to its end or closed.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "http" || r.ContentLength < 0 || r.ContentLength > maxDirect {
		return t.other.RoundTrip(r)
	}
	// In memory it goes out together with the headers: Go sends them alone before a body that it may have to wait for.
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxDirect))
	if err != nil {
		return nil, err
	}
	c, err := t.connection(r.Context(), address(r))
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(r.Context(), func() { c.SetDeadline(time.Unix(1, 0)) })
	resp, err := c.exchange(r, body)
	if err != nil {
		stop()
		c.Close()
		return nil, errors.Join(r.Context().Err(), err)
	}
	a := &answer{ReadCloser: resp.Body, t: t, c: c, stop: stop, again: !resp.Close}
	if resp.Body == http.NoBody {
		a.end(true)
	} else {
		resp.Body = a
	}
	return resp, nil
}

func address(r *http.Request) string {
	if r.URL.Port() == "" {
		return net.JoinHostPort(r.URL.Hostname(), "80")
	}
	return r.URL.Host
}

// connection returns a spare connection, or a new one.
func (t *Transport) connection(ctx context.Context, address string) (*conn, error) {
	now := clock.System{}.Now()
	for {
		c := t.spare(address)
		switch {
		case c == nil:
			made, err := t.dial.DialContext(ctx, "tcp", address)
			if err != nil {
				return nil, err
			}
			return &conn{Conn: made, address: address, in: bufio.NewReader(made), out: bufio.NewWriter(made)}, nil
		case now.Sub(c.since) < spareTimeout && quiet(c.Conn):
			return c, nil
		}
		c.Close()
	}
}

func (t *Transport) spare(address string) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	spares := t.spares[address]
	if len(spares) == 0 {
		return nil
	}
	last := len(spares) - 1
	c := spares[last]
	spares[last] = nil
	t.spares[address] = spares[:last]
	return c
}

// keep puts a connection among the spares, from which those that are too old are taken.
func (t *Transport) keep(c *conn) {
	c.since = clock.System{}.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	spares := t.spares[c.address]
	old := 0
	for old < len(spares) && (c.since.Sub(spares[old].since) > spareTimeout || len(spares)-old >= maxSpares) {
		spares[old].Close()
		spares[old] = nil
		old++
	}
	t.spares[c.address] = append(spares[old:], c)
}

// CloseIdleConnections closes all connections that no request is using.
func (t *Transport) CloseIdleConnections() {
	t.other.CloseIdleConnections()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, spares := range t.spares {
		for _, c := range spares {
			c.Close()
		}
	}
	clear(t.spares)
}

// exchange sends a request and reads the answer up to its body.
func (c *conn) exchange(r *http.Request, body []byte) (*http.Response, error) {
	if err := c.extend(); err != nil {
		return nil, err
	}
	sent := *r
	if len(body) > 0 {
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	if err := sent.Write(c.out); err != nil {
		return nil, err
	}
	if err := c.out.Flush(); err != nil {
		return nil, err
	}
	for {
		resp, err := http.ReadResponse(c.in, r)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = fmt.Errorf("the connection was closed before an answer: %w", err)
		}
		if err != nil {
			return nil, err
		}
		switch {
		case resp.StatusCode == http.StatusSwitchingProtocols:
			return nil, errors.New("the upstream speaks of other protocols")
		case resp.StatusCode >= 200:
			return resp, nil
		}
	}
}

// extend moves the deadline on. That wakes a thread, so it is left where it is for a while.
func (c *conn) extend() error {
	now := clock.System{}.Now()
	if c.until.Sub(now) > AnswerTimeout/2 {
		return nil
	}
	c.until = now.Add(AnswerTimeout)
	return c.SetDeadline(c.until)
}

// answer is the body of an answer, whose connection can be used again when it has been read.
type answer struct {
	io.ReadCloser
	t     *Transport
	c     *conn
	stop  func() bool
	again bool
	ended bool
}

func (b *answer) Read(p []byte) (int, error) {
	if !b.ended {
		b.c.extend() // if it cannot be, reading tells why
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.end(err == io.EOF)
	}
	return n, err
}

// Close ends the answer, also if there is more of it.
func (b *answer) Close() error {
	b.end(false)
	return nil
}

func (b *answer) end(whole bool) {
	if b.ended {
		return
	}
	b.ended = true
	if b.stop() && whole && b.again && b.c.in.Buffered() == 0 {
		b.t.keep(b.c)
	} else {
		b.c.Close()
	}
}
