package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/wire"
)

// BenchmarkForwardedRead measures what standing in front of another endpoint adds to a read, with all that the command
// does around it: the same request over a socket, to the endpoint and to the command in front of it.
func BenchmarkForwardedRead(b *testing.B) {
	theirs := httptest.NewServer(wire.NewHandler(wire.Options{}))
	defer theirs.Close()
	c, err := parseFlags([]string{"-upstream", theirs.URL, "-spool", b.TempDir()})
	require.NoError(b, err)
	log := newLog(io.Discard, c.log)
	s, err := newSidecar(b.Context(), c, log)
	require.NoError(b, err)
	defer s.close(endTimeout)
	ours := httptest.NewUnstartedServer(nil)
	ours.Config = newServer(logged(route{protocol: s}, log), log)
	ours.Start()
	defer ours.Close()

	for _, name := range []string{"direct", "forwarded"} {
		url := map[string]string{"direct": theirs.URL, "forwarded": ours.URL}[name]
		ask := func(operation, body string) {
			r, err := http.NewRequest("POST", url, strings.NewReader(body))
			require.NoError(b, err)
			for h := signed(operation, "test", "us-east-1"); len(h) > 0; h = h[2:] {
				r.Header.Set(h[0], h[1])
			}
			answer, err := http.DefaultClient.Do(r)
			require.NoError(b, err)
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			require.Equal(b, 200, answer.StatusCode)
		}
		if name == "direct" {
			ask("CreateTable", music)
			ask("PutItem", `{"TableName": "Music", "Item": {"Artist": {"S": "The Acme Band"}}}`)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ask("GetItem", `{"TableName": "Music", "Key": {"Artist": {"S": "The Acme Band"}}}`)
			}
		})
	}
}
