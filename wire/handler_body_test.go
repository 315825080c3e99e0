package wire_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/wire"
)

// pack returns data packed with gzip.
func pack(data []byte) *bytes.Buffer {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	w.Write(data)
	w.Close()
	return &b
}

func withBody(body io.Reader, changes ...string) *http.Request {
	r := request("ListTables", "", changes...)
	r.Body, r.ContentLength = io.NopCloser(body), -1
	return r
}

func TestPackedBodies(t *testing.T) {
	s := newSite(t, wire.Options{})
	send := func(body []byte) *http.Request { return withBody(bytes.NewReader(body), "Content-Encoding", "gzip") }
	packed := pack([]byte(`{"Limit": 10}`)).Bytes()
	require.Equal(t, `{"TableNames":[]}`, s.send(send(packed)).Body.String())

	const broken = "The request is not valid gzip"
	damaged := bytes.Clone(packed)
	damaged[len(damaged)-8]++ // the checksum
	for _, body := range [][]byte{nil, []byte("{}"), packed[:5], packed[:len(packed)-1], damaged, append(packed, 'x')} {
		s.refuses(send(body), 500, modeled+"InternalServerError", "message", broken)
	}
}

// zeros is a body without an end, as a packed one may be too.
type zeros struct{ read atomic.Int64 }

func (z *zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	z.read.Add(int64(len(b)))
	return len(b), nil
}

func TestHugeBodies(t *testing.T) {
	s := newSite(t, wire.Options{})
	const text = "The request is larger than 16777216 bytes"
	spaces := func(n int) io.Reader { return io.LimitReader(new(zeros), int64(n)) }
	body := func(n int) io.Reader { return io.MultiReader(strings.NewReader("{}"), spaces(n-2)) }

	require.Equal(t, `{"TableNames":[]}`, s.send(withBody(body(wire.MaxBody))).Body.String())
	s.refuses(withBody(body(wire.MaxBody+1)), 413, coral+"SerializationException", "Message", text)

	unread := new(zeros)
	announced := withBody(unread)
	announced.ContentLength = wire.MaxBody + 1
	s.refuses(announced, 413, coral+"SerializationException", "Message", text)
	require.Zero(t, unread.read.Load())

	endless := new(zeros)
	s.refuses(withBody(endless), 413, coral+"SerializationException", "Message", text)
	require.Less(t, endless.read.Load(), int64(40<<20))
}

// A small body that unpacks to a gigabyte takes little more memory than the largest body there may be.
func TestBombs(t *testing.T) {
	s := newSite(t, wire.Options{})
	block := pack(make([]byte, 1<<20)).Bytes()
	bomb := bytes.Repeat(block, 1024) // members of one file
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.refuses(withBody(bytes.NewReader(bomb), "Content-Encoding", "gzip"), 413, coral+"SerializationException", "Message",
		"The request is larger than 16777216 bytes")
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(200<<20))
}

// A client that goes away leaves nothing behind but an answer that nobody reads.
func TestClientGoesAway(t *testing.T) {
	s := newSite(t, wire.Options{})
	broken := io.MultiReader(strings.NewReader(`{"Limit":`), brokenReader{errors.New("connection reset")})
	s.refuses(withBody(broken), 400, coral+"SerializationException", "Message", "The request ended early")

	served := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		s.handler.ServeHTTP(recorder, r)
		served <- recorder.Code
	}))
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	_, err = io.WriteString(connection, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.0\r\n"+
		"X-Amz-Target: DynamoDB_20120810.ListTables\r\nContent-Length: 1000\r\n\r\n{\"Limit\":")
	require.NoError(t, err)
	require.NoError(t, connection.Close())
	require.Equal(t, 400, <-served)

	r := request("ListTables", "")
	r.Body = nil // not from a server
	s.refuses(r, 400, coral+"SerializationException", "", "")
}

type brokenReader struct{ err error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.err }
