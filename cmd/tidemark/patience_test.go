package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

const moment = 30 * time.Millisecond

// bounded returns a server that gives an answer a moment, and a request ten.
func bounded(t *testing.T, h http.Handler) *httptest.Server {
	in := httptest.NewUnstartedServer(h)
	in.Config.ReadTimeout, in.Config.WriteTimeout = 10*moment, moment
	in.Start()
	t.Cleanup(in.Close)
	return in
}

func served(h http.HandlerFunc, piece time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { patiently(h, w, r, piece) })
}

// What takes longer than the server's bound is cut off, unless it is served patiently.
func TestPatience(t *testing.T) {
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		for range 2 {
			if clock.Sleep(r.Context(), clock.System{}, 2*moment) != nil {
				return // the client has gone, as the server thinks
			}
			io.WriteString(w, "piece ")
			http.NewResponseController(w).Flush()
		}
	})
	for _, body := range []string{"", "something"} {
		for _, test := range []struct {
			name    string
			handler http.Handler
			fine    bool
		}{
			{"in a hurry", slow, false},
			{"patiently", served(slow, moment), true},
		} {
			t.Run(test.name+" "+body, func(t *testing.T) {
				in := bounded(t, test.handler)
				for range 2 { // over one connection
					response, err := in.Client().Post(in.URL, "", strings.NewReader(body))
					var got []byte
					if err == nil {
						got, err = io.ReadAll(response.Body)
						response.Body.Close()
					}
					if !test.fine {
						require.Error(t, err)
						return
					}
					require.NoError(t, err)
					require.Equal(t, "piece piece ", string(got))
				}
			})
		}
	}
}

// A sidecar has patience with its upstream, be it for an answer or for a backup of a table that is slow to be read.
func TestPatienceWithTheUpstream(t *testing.T) {
	theirs := another(t, func(_ http.ResponseWriter, r *http.Request, operation string) bool {
		if operation == "Scan" {
			clock.Sleep(r.Context(), clock.System{}, 2*moment)
		}
		return false
	})
	c, err := parseFlags([]string{"-upstream", theirs.url, "-spool", t.TempDir()})
	require.NoError(t, err)
	sidecar, err := newSidecar(t.Context(), c, newLog(io.Discard, logOff))
	require.NoError(t, err)
	defer sidecar.close(endTimeout)
	sidecar.piece = moment
	in := bounded(t, sidecar)
	s := &server{T: t, url: in.URL, client: in.Client()}
	s.do("CreateTable", music)
	require.Empty(t, artists(s, "Music"))
	s.backup()
}

// Patience is with ourselves: a client that does not send, or does not take its answer, is cut off as ever.
func TestNoPatienceWithSlowClients(t *testing.T) {
	got := make(chan error, 1)
	reading := bounded(t, served(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		got <- err
	}, time.Minute))
	upload(t, strings.TrimPrefix(reading.URL, "http://"), music)
	require.ErrorContains(t, <-got, "timeout")

	writing := bounded(t, served(func(w http.ResponseWriter, _ *http.Request) {
		var err error
		for piece := make([]byte, 32<<10); err == nil; {
			_, err = w.Write(piece)
		}
		got <- err
	}, moment))
	conn, err := net.Dial("tcp", strings.TrimPrefix(writing.URL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.ErrorContains(t, <-got, "timeout")
}
