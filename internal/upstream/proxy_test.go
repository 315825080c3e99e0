package upstream_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/upstream"
)

// before puts a Proxy before a server, both on sockets, and returns the Proxy's URL.
func before(t *testing.T, handler http.HandlerFunc) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client, err := upstream.NewClient(upstream.Endpoint{URL: server.URL})
	require.NoError(t, err)
	source, err := upstream.New(ctx, client, upstream.Options{Region: region, Account: account})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, source.Close()) })
	proxy := httptest.NewServer(upstream.NewProxy(source))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// A request reaches the upstream as it was, reads and writes alike, and so does its answer the client.
func TestRequestsPassUnchanged(t *testing.T) {
	for _, target := range []string{"DynamoDB_20120810.Query", "DynamoDB_20120810.PutItem", "DynamoDB_20120810.DeleteTable",
		"DynamoDB_20120810.SomethingNew", "DynamoDBStreams_20120810.GetRecords", ""} {
		t.Run(target, func(t *testing.T) {
			var got *http.Request
			var body string
			url := before(t, func(w http.ResponseWriter, r *http.Request) {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				got, body = r, string(b)
				w.Header().Set("X-Amz-Crc32", "123")
				w.Header()["Date"] = []string{"some day"}
				w.Header().Set("Content-Length", "7")
				w.WriteHeader(418)
				io.WriteString(w, "teapot!")
			})
			r, err := http.NewRequest("POST", url+"/some/path?a=b%20c", strings.NewReader(`{"TableName": "Abc" }`))
			require.NoError(t, err)
			r.Host = "dynamodb.eu-west-3.amazonaws.com"
			r.Header = http.Header{"X-Amz-Target": {target}, "Authorization": {"signed"}, "X-Own": {"1", "2"},
				"Connection": {"X-Hop"}, "X-Hop": {"1"}, "Accept-Encoding": {"identity"}, "User-Agent": {"me"}}
			resp, err := http.DefaultClient.Do(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			answered, err := io.ReadAll(resp.Body)
			require.NoError(t, err)

			require.Equal(t, `{"TableName": "Abc" }`, body)
			require.Equal(t, "dynamodb.eu-west-3.amazonaws.com", got.Host, "it is signed")
			require.Equal(t, "/some/path?a=b%20c", got.URL.String())
			require.Equal(t, http.Header{"X-Amz-Target": {target}, "Authorization": {"signed"}, "X-Own": {"1", "2"},
				"Accept-Encoding": {"identity"}, "User-Agent": {"me"}, "Content-Length": {"21"}}, got.Header)
			require.Equal(t, 418, resp.StatusCode)
			require.Equal(t, "teapot!", string(answered))
			require.Equal(t, http.Header{"X-Amz-Crc32": {"123"}, "Date": {"some day"}, "Content-Length": {"7"},
				"Content-Type": {"text/plain; charset=utf-8"}}, resp.Header)
		})
	}
}

// An answer passes while the upstream is still writing it, and one that breaks off does so for the client too.
func TestAnswersAreStreamed(t *testing.T) {
	goOn := make(chan struct{})
	url := before(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		<-goOn
		panic(http.ErrAbortHandler)
	})
	resp, err := http.Post(url, "", nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	first := make([]byte, 5)
	_, err = io.ReadFull(resp.Body, first)
	require.NoError(t, err)
	require.Equal(t, "first", string(first))
	close(goOn)
	_, err = io.ReadAll(resp.Body)
	require.Error(t, err, "half an answer must not look like a whole one")
}

// An upstream that is not there makes an error that SDKs take for one of the service.
func TestAnUpstreamThatDoesNotAnswer(t *testing.T) {
	w := newWorld(t)
	w.line.on(func(string, []byte) ([]byte, *http.Response, error) { return nil, nil, errors.New("no route") })
	for _, operation := range []string{"GetItem", "PutItem", "DeleteTable"} {
		_, err := w.client.Call(ctx, operation, []byte(`{"TableName":"Things"}`))
		require.ErrorIs(t, err, exception.InternalServerError, operation)
		require.ErrorContains(t, err, "The upstream did not answer: no route", operation)
	}
}

// A Client reads the errors of all kinds of upstreams.
func TestClientErrors(t *testing.T) {
	for name, c := range map[string]struct {
		resp *http.Response
		code exception.Code
		text string
	}{
		"with a prefix":    {refuse(400, "ResourceNotFoundException", "gone"), exception.ResourceNotFound, "gone"},
		"none that it has": {refuse(400, "NewException", "what?"), "NewException", "what?"},
		"without a prefix": {&http.Response{StatusCode: 400, Body: io.NopCloser(strings.NewReader(
			`{"__type":"ValidationException","Message":"bad"}`))}, exception.Validation, "bad"},
		"not JSON": {&http.Response{StatusCode: 502, Body: io.NopCloser(strings.NewReader("<html>"))},
			exception.InternalServerError, "status 502: <html>"},
		"endless": {&http.Response{StatusCode: 200, Body: io.NopCloser(endless{})},
			exception.InternalServerError, "the answer is longer than 33554432 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &line{}
			l.on(func(string, []byte) ([]byte, *http.Response, error) { return nil, c.resp, nil })
			_, err := newClient(t, l).Call(ctx, "DescribeTable", []byte(`{}`))
			var e *exception.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.code, e.Code)
			require.ErrorContains(t, err, c.text)
		})
	}
	for _, url := range []string{"", "127.0.0.1:8000", "ftp://x", "http://"} {
		_, err := upstream.NewClient(upstream.Endpoint{URL: url})
		require.Error(t, err, url)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A Source finds out where its tables are, if nobody says so.
func TestWhereTheTablesAre(t *testing.T) {
	w := newWorld(t)
	find := func() *upstream.Source {
		s, err := upstream.New(ctx, w.client, upstream.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	require.Equal(t, []string{"us-east-1", "000000000000"}, []string{find().Region(), find().Account()})
	w.create("Things")
	require.Equal(t, []string{region, account}, []string{find().Region(), find().Account()})
	w.line.on(func(string, []byte) ([]byte, *http.Response, error) { return nil, nil, errors.New("no route") })
	_, err := upstream.New(ctx, w.client, upstream.Options{})
	require.ErrorContains(t, err, "no route")
}
