package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	crossOrigin = `{"error":"cross-origin requests are not answered"}` + "\n"
	toAdvance   = `{"advance": "1h"}`
)

func TestNoPageFromElsewhereIsAnswered(t *testing.T) {
	s := start(t, "-clock", "manual")
	_, port, _ := strings.Cut(strings.TrimPrefix(s.url, "http://"), ":")
	for _, headers := range [][]string{
		{"Origin", "http://evil.example"},
		{"Origin", "null"},
		{"Origin", ""},
		{"Origin", "https://127.0.0.1:" + port},
		{"Origin", "http://127.0.0.1"},
		{"Origin", "http://127.0.0.1:1"},
		{"Origin", "http://localhost:" + port},
		{"Origin", s.url, "Origin", "http://evil.example"},
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "something-new"},
		{"Sec-Fetch-Site", "same-origin", "Origin", "http://evil.example"},
		{"Origin", s.url, "Sec-Fetch-Site", "cross-site"},
	} {
		for _, method := range []string{"GET", "POST", "OPTIONS"} {
			for path := range resources {
				a := s.send(method, "/_tidemark/"+path, toAdvance, append(headers, "Content-Type", "application/json")...)
				require.Equal(t, http.StatusForbidden, a.status, "%s %s %v", method, path, headers)
				require.Equal(t, crossOrigin, a.body)
				requireNoCORS(t, a.header)
			}
		}
	}
	require.Contains(t, s.get("/_tidemark/clock"), "2024-01-15T12:00:00Z", "nothing has happened")

	a := s.send("GET", "/", "", "Origin", "http://evil.example")
	require.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"), "the protocol is open to all, as the service is")
}

func requireNoCORS(t *testing.T, h http.Header) {
	for name := range h {
		require.False(t, strings.HasPrefix(name, "Access-Control-"), name)
	}
}

func TestTheServersOwnPagesAreAnswered(t *testing.T) {
	s := start(t, "-clock", "manual")
	for _, headers := range [][]string{
		{},
		{"Origin", s.url},
		{"Origin", s.url, "Sec-Fetch-Site", "same-origin"},
		{"Sec-Fetch-Site", "none"},
	} {
		a := s.send("POST", "/_tidemark/clock", toAdvance, append(headers, "Content-Type", "application/json")...)
		require.Equal(t, 200, a.status, "%v: %s", headers, a.body)
		requireNoCORS(t, a.header)
	}
	require.Contains(t, s.get("/_tidemark/clock"), "2024-01-15T16:00:00Z")
}

func TestHosts(t *testing.T) {
	tests := []struct {
		flag string
		host string
		want bool
	}{
		{"127.0.0.1:8000", "127.0.0.1:8000", true},
		{"127.0.0.1:8000", "127.0.0.1", true},
		{"127.0.0.1:8000", "10.1.2.3:8000", true}, // through a forwarded port
		{"127.0.0.1:8000", "[::1]:8000", true},
		{"127.0.0.1:8000", "[::1]", true},
		{"127.0.0.1:8000", "localhost:8000", true},
		{"127.0.0.1:8000", "LocalHost", true},
		{"127.0.0.1:8000", "evil.example:8000", false},
		{"127.0.0.1:8000", "127.0.0.1.evil.example", false},
		{"127.0.0.1:8000", "localhost.evil.example:8000", false},
		{"127.0.0.1:8000", "", false},
		{":8000", "", false},
		{":8000", "evil.example:8000", false},
		{"tidemark.test:8000", "tidemark.test:8000", true},
		{"tidemark.test:8000", "TIDEMARK.test:9000", true},
		{"tidemark.test:8000", "other.test:8000", false},
	}
	for _, test := range tests {
		asked := false
		next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true })
		g := &guard{host: config{addr: test.flag}.host(), next: next}
		r := httptest.NewRequest("GET", "/_tidemark/health", nil)
		r.Host = test.host
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		require.Equal(t, test.want, asked, "%q at %s", test.host, test.flag)
		if !test.want {
			require.Equal(t, http.StatusForbidden, w.Code)
			require.Contains(t, w.Body.String(), "ask for an address or localhost, or start the server with that host in -addr")
		}
	}
}

func TestAHostWithAnotherNameIsRefused(t *testing.T) {
	s := start(t, "-clock", "manual")
	a := s.send("POST", "/_tidemark/clock", toAdvance, "Host", "evil.example", "Content-Type", "application/json")
	require.Equal(t, http.StatusForbidden, a.status)
	require.Contains(t, a.body, `there is nothing for host \"evil.example\"`)
	require.Contains(t, s.get("/_tidemark/clock"), "2024-01-15T12:00:00Z")
}
