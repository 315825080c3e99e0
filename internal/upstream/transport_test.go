package upstream_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/internal/upstream"
)

// post sends a body through a Transport and returns the answer's.
func post(t *testing.T, tr *upstream.Transport, url, body string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, io.MultiReader(strings.NewReader(body)))
	require.NoError(t, err)
	r.ContentLength = int64(len(body))
	resp, err := tr.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// countedServer serves with a handler, and counts the connections.
func countedServer(t *testing.T, h http.HandlerFunc) (url string, connections *atomic.Int64, server *httptest.Server) {
	connections = new(atomic.Int64)
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, connections, s
}

func newTransport(t *testing.T) *upstream.Transport {
	tr := upstream.NewTransport()
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %d %s", r.Method, len(body), body[:min(len(body), 10)])
}

// One connection serves one request after the other, whatever they and their answers are like.
func TestTransport(t *testing.T) {
	url, connections, server := countedServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			for range 100 { // in chunks
				fmt.Fprint(w, strings.Repeat("x", 10_000))
				w.(http.Flusher).Flush()
			}
		case "/early":
			w.WriteHeader(http.StatusEarlyHints)
			echo(w, r)
		case "/nothing":
			w.WriteHeader(http.StatusNoContent)
		default:
			echo(w, r)
		}
	})
	tr := newTransport(t)
	for range 3 {
		for path, want := range map[string]string{
			"/": "POST 5 hello", "/long": strings.Repeat("x", 1_000_000), "/early": "POST 5 hello", "/nothing": "",
		} {
			got, err := post(t, tr, url+path, "hello")
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
	require.EqualValues(t, 1, connections.Load())

	got, err := post(t, tr, url, strings.Repeat("y", 1<<20))
	require.NoError(t, err)
	require.Equal(t, "POST 1048576 yyyyyyyyyy", got, "a long body")

	server.CloseClientConnections()
	got, err = post(t, tr, url, "again")
	require.NoError(t, err, "a connection that the server has closed is not used")
	require.Equal(t, "POST 5 again", got)

	server.Close()
	_, err = post(t, tr, url, "gone")
	require.Error(t, err)
}

// An answer that is not read to its end takes its connection with it, and so does a request that is given up.
func TestTransportGivesUp(t *testing.T) {
	entered, release := make(chan struct{}, 1), make(chan struct{})
	url, connections, _ := countedServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			entered <- struct{}{}
			select {
			case <-release:
			case <-r.Context().Done():
			}
			return
		}
		fmt.Fprint(w, strings.Repeat("x", 1_000_000))
	})
	defer close(release)
	tr := newTransport(t)
	r, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	resp, err := tr.RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())

	ctx, cancel := context.WithCancel(t.Context())
	r, err = http.NewRequestWithContext(ctx, http.MethodGet, url+"/slow", http.NoBody)
	require.NoError(t, err)
	go func() {
		<-entered
		cancel()
	}()
	_, err = tr.RoundTrip(r)
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 2, connections.Load())

	got, err := post(t, tr, url, "")
	require.NoError(t, err)
	require.Len(t, got, 1_000_000)
	require.EqualValues(t, 3, connections.Load())
}

// Whatever a server does to a request, it is sent once, and what is not a whole answer is an error.
func TestTransportSendsOnce(t *testing.T) {
	for name, reply := range map[string]string{
		"no answer":      "",
		"half a header":  "HTTP/1.1 200 OK\r\nContent-Le",
		"half a body":    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
		"no HTTP":        "220 mail.example.com ESMTP\r\n\r\n",
		"another tongue": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer l.Close()
			var requests atomic.Int64
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
						requests.Add(1)
					}
					io.WriteString(c, reply)
					c.Close()
				}
			}()
			_, err = post(t, newTransport(t), "http://"+l.Addr().String(), "write")
			require.Error(t, err)
			require.EqualValues(t, 1, requests.Load())
		})
	}
}
