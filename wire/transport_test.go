package wire_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/wire"
)

// closer is a body that knows whether it was closed.
type closer struct {
	io.Reader
	closed int
}

func (c *closer) Close() error { c.closed++; return nil }

// clientRequest is what a client makes: with no path, and to a host that nobody knows.
func clientRequest(body string) (*http.Request, *closer) {
	c := &closer{Reader: strings.NewReader(body)}
	r := request("ListTables", "")
	r.URL, r.RequestURI, r.Host = &url.URL{Scheme: "https", Host: "dynamodb.nowhere.invalid:1"}, "", ""
	r.Body, r.ContentLength = c, int64(len(body))
	return r, c
}

// A client with a Transport is answered as over a network, without one.
func TestTransport(t *testing.T) {
	transport := wire.Transport{Handler: wire.NewHandler(wire.Options{Seed: 1})}
	r, body := clientRequest("{}")
	before := r.Clone(context.Background())
	response, err := (&http.Client{Transport: transport}).Do(r)
	require.NoError(t, err)
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, `{"TableNames":[]}`, string(answer))
	require.Equal(t, "200 OK", response.Status)
	require.Equal(t, 200, response.StatusCode)
	require.True(t, response.ProtoAtLeast(1, 1))
	require.EqualValues(t, len(answer), response.ContentLength)
	require.Equal(t, "application/x-amz-json-1.0", response.Header.Get("Content-Type"))
	require.Equal(t, "Server", response.Header.Get("Server"))
	require.Len(t, response.Header.Get("X-Amzn-RequestId"), 52)
	require.NotZero(t, body.closed)
	require.Equal(t, before.Header, r.Header)
	require.Equal(t, before.URL, r.URL)

	r, _ = clientRequest("{}")
	r.Header.Set("X-Amz-Target", wire.TargetPrefix+"DescribeEndpoints")
	response, err = transport.RoundTrip(r)
	require.NoError(t, err)
	require.Same(t, r, response.Request)
	answer, err = io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, `{"Endpoints":[{"Address":"dynamodb.nowhere.invalid:1","CachePeriodInMinutes":1440}]}`,
		string(answer))
}

// The handler has a request as a server makes it, and may do with it what it likes.
func TestTransportGivesACopy(t *testing.T) {
	transport := wire.Transport{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/", r.URL.Path)
		require.Equal(t, "/?a=b", r.RequestURI)
		require.Equal(t, "dynamodb.nowhere.invalid:1", r.Host)
		b, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Empty(t, b)
		r.Header.Set("X-Amz-Target", "changed")
		r.URL.Path = "/changed"
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK) // too late
		io.WriteString(w, "short ")
		io.WriteString(w, "and stout")
	})}
	r, _ := clientRequest("")
	r.Body = nil
	r.URL.RawQuery = "a=b"
	before := r.Clone(context.Background())
	response, err := transport.RoundTrip(r)
	require.NoError(t, err)
	require.Equal(t, "418 I'm a teapot", response.Status)
	b, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "short and stout", string(b))
	require.Equal(t, before, r)
}

// What writes nothing answers 200, and a HEAD request is answered without a body.
func TestTransportWithoutBody(t *testing.T) {
	transport := wire.Transport{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			io.WriteString(w, "text")
		}
	})}
	for _, method := range []string{http.MethodPost, http.MethodHead} {
		r, _ := clientRequest("")
		r.Method = method
		response, err := transport.RoundTrip(r)
		require.NoError(t, err)
		require.Equal(t, 200, response.StatusCode)
		b, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Empty(t, b)
	}
}

// A context that has ended ends the request, before the handler is asked and while it answers.
func TestTransportContext(t *testing.T) {
	asked := 0
	cause := errors.New("the power is gone")
	ctx, cancel := context.WithCancel(context.Background())
	transport := wire.Transport{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		cancel()
		require.ErrorIs(t, r.Context().Err(), context.Canceled)
		io.WriteString(w, "too late")
	})}
	r, body := clientRequest("{}")
	response, err := transport.RoundTrip(r.WithContext(ctx))
	require.ErrorIs(t, err, context.Canceled)
	require.Nil(t, response)
	require.Equal(t, 1, asked)
	require.Equal(t, 1, body.closed)

	ended, end := context.WithCancelCause(context.Background())
	end(cause)
	r, body = clientRequest("{}")
	_, err = transport.RoundTrip(r.WithContext(ended))
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, asked)
	require.Equal(t, 1, body.closed)
}

func TestTransportAtOnce(t *testing.T) {
	client := http.Client{Transport: wire.Transport{Handler: wire.NewHandler(wire.Options{})}}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				r, _ := clientRequest("{}")
				response, err := client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				if b, err := io.ReadAll(response.Body); err != nil || string(b) != `{"TableNames":[]}` {
					t.Error(string(b), err)
				}
			}
		})
	}
	group.Wait()
}
