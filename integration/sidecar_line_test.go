package integration_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/stretchr/testify/require"
)

// line is what lies between a sidecar and its upstream, where requests can be met with.
type line struct {
	url  string
	to   string
	http http.RoundTripper

	mu   sync.Mutex
	meet func(operation string) mishap
}

// mishap is what befalls a request; the zero mishap is none.
type mishap struct {
	cut    bool   // the connection breaks before the request has arrived
	lost   bool   // the connection breaks before the answer has come back
	status int    // it is answered with that, and not forwarded
	code   string // with the name of this exception
	answer func(body []byte) []byte
}

// newLine returns a line to an upstream, to be put before a sidecar.
func newLine(t testing.TB, to string) *line {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}
	l := &line{to: to, http: transport}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	t.Cleanup(transport.CloseIdleConnections)
	l.url = server.URL
	return l
}

// on has every request from now on asked for what befalls it.
func (l *line) on(meet func(operation string) mishap) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.meet = meet
}

// ServeHTTP forwards a request, or does to it what is to befall it.
func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var m mishap
	l.mu.Lock()
	meet := l.meet
	l.mu.Unlock()
	if meet != nil {
		m = meet(operation)
	}
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil || m.cut:
		breakOff(w)
		return
	case m.status != 0:
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(m.status)
		io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#`+m.code+`","message":"by mishap"}`)
		return
	case m.answer != nil:
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.Write(m.answer(body))
		return
	}
	out, err := http.NewRequestWithContext(r.Context(), r.Method, l.to+r.URL.Path, bytes.NewReader(body))
	if err == nil {
		out.Header = r.Header.Clone()
		var answer *http.Response
		if answer, err = l.http.RoundTrip(out); err == nil {
			defer answer.Body.Close()
			body, err = io.ReadAll(answer.Body)
			if err == nil && !m.lost {
				for name, values := range answer.Header {
					w.Header()[name] = values
				}
				w.WriteHeader(answer.StatusCode)
				w.Write(body)
				return
			}
		}
	}
	breakOff(w)
}

func breakOff(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		conn.Close()
	}
}

// overLines tells a story of a sidecar in front of every upstream that can be had, with a line between the two.
func overLines(t *testing.T, tell func(*testing.T, *sidecar, *line), args ...string) {
	for _, k := range servers.Kinds {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			upstream := k.Run(t).URL
			l := newLine(t, upstream)
			s := startSidecar(t, l.url, args...)
			s.kind, s.upstream, s.direct = k, upstream, s.clientOf(upstream)
			require.NotEqual(t, l.url, s.upstream)
			tell(t, s, l)
		})
	}
}
