package wire_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/wire"
)

// allowed returns the headers that tell a browser what a page may do.
func allowed(w *httptest.ResponseRecorder) map[string]string {
	headers := map[string]string{}
	for name, values := range w.Header() {
		if strings.HasPrefix(name, "Access-Control-") {
			headers[strings.TrimPrefix(name, "Access-Control-")] = strings.Join(values, "|")
		}
	}
	return headers
}

const exposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amz-crc32,x-amz-request-id,x-amz-id-2,Date"

// A page from anywhere may read every answer; who is no page is told nothing.
func TestOrigin(t *testing.T) {
	s := newSite(t, wire.Options{})
	page := map[string]string{"Allow-Origin": "*", "Expose-Headers": exposed}
	for _, operation := range []string{"ListTables", "Sing"} {
		require.Empty(t, allowed(s.send(request(operation, "{}"))))
		require.Equal(t, page, allowed(s.send(request(operation, "{}", "Origin", "https://example.com"))))
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	require.Empty(t, allowed(s.send(r)))
	r.Header.Set("Origin", "null")
	w := s.send(r)
	require.Equal(t, page, allowed(w))
	require.Equal(t, "healthy: dynamodb.us-east-1.amazonaws.com ", w.Body.String())
}

// A browser that asks first is allowed all that it asks for.
func TestPreflight(t *testing.T) {
	s := newSite(t, wire.Options{})
	r := httptest.NewRequest(http.MethodOptions, "/", nil)
	w := s.send(r)
	require.Equal(t, 404, w.Code)
	require.Empty(t, allowed(w))

	r.Header.Set("Origin", "https://example.com")
	w = s.send(r)
	require.Equal(t, 200, w.Code)
	require.Equal(t, map[string]string{"Allow-Origin": "*", "Expose-Headers": exposed, "Max-Age": "172800"}, allowed(w))

	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", "x-amz-target,authorization")
	w = s.send(r)
	require.Equal(t, 200, w.Code)
	require.Empty(t, w.Body.String())
	require.Equal(t, "0", w.Header().Get("Content-Length"))
	require.Len(t, w.Header().Get("X-Amzn-RequestId"), 52)
	require.Equal(t, map[string]string{
		"Allow-Origin": "*", "Expose-Headers": exposed, "Max-Age": "172800",
		"Allow-Methods": "POST", "Allow-Headers": "x-amz-target,authorization",
	}, allowed(w))
}
