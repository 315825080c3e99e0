package upstream_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/internal/upstream"
	"github.com/tidemark-db/tidemark/wire"
)

// BenchmarkGetItem measures what the Proxy adds to a read over sockets: the upstream asked directly, and through it.
func BenchmarkGetItem(b *testing.B) {
	server := httptest.NewServer(wire.NewHandler(wire.Options{}))
	defer server.Close()
	direct := clientOf(b, server.URL)
	source, err := upstream.New(ctx, direct, upstream.Options{})
	require.NoError(b, err)
	defer source.Close()
	proxy := httptest.NewServer(upstream.NewProxy(source))
	defer proxy.Close()
	call(b, direct, "CreateTable", `{"TableName":"Things","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":
		[{"AttributeName":"id","AttributeType":"N"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}`)
	for i := range 100 {
		call(b, direct, "PutItem", fmt.Sprintf(`{"TableName":"Things","Item":{"id":{"N":"%d"}}}`, i))
	}
	for name, c := range map[string]*upstream.Client{"direct": direct, "proxied": clientOf(b, proxy.URL)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				call(b, c, "GetItem", `{"TableName":"Things","Key":{"id":{"N":"7"}}}`)
			}
		})
	}
}

func clientOf(b *testing.B, url string) *upstream.Client {
	transport := &http.Transport{}
	b.Cleanup(transport.CloseIdleConnections)
	c, err := upstream.NewClient(upstream.Endpoint{URL: url, Transport: transport})
	require.NoError(b, err)
	return c
}

func call(b *testing.B, c *upstream.Client, operation, body string) {
	_, err := c.Call(ctx, operation, []byte(body))
	require.NoError(b, err)
}
