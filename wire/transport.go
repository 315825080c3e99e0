package wire

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
)

// Transport is an http.RoundTripper that hands every request to Handler, wherever its URL points, in the goroutine
// that sends it: no socket, no port, no name to look up. Give it to a client of any SDK:
//
//	&http.Client{Transport: wire.Transport{Handler: h}}
//
// It may be used by any number of goroutines at once, as far as the handler may.
type Transport struct {
	Handler http.Handler
}

// RoundTrip returns the handler's answer. The error is that of the request's context, if it has ended before the
// handler is asked or while it answered.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if t.Handler == nil {
		return nil, errors.New("wire: a Transport needs a Handler")
	}
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	inner := r.Clone(ctx) // a RoundTripper must leave the request as it is
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	if inner.Host == "" {
		inner.Host = r.URL.Host
	}
	if inner.URL.Path == "" {
		inner.URL.Path = "/" // as on the way through a socket
	}
	inner.RequestURI = inner.URL.RequestURI()
	w := &recorder{header: make(http.Header)}
	t.Handler.ServeHTTP(w, inner)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return w.response(r), nil
}

// recorder keeps what a handler writes.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

func (w *recorder) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		w.body.Reset()
	}
	return &http.Response{
		Status:        strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.header,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       r,
	}
}
