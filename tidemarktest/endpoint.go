package tidemarktest

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/endpoint"
	"github.com/tidemark-db/tidemark/wire"
)

// baseURL is an address that nothing can ever listen at (RFC 6761), and whose "no such host" says what is missing.
const baseURL = "http://use-the-httpclient-of-tidemarktest.invalid"

// Endpoint is a DynamoDB endpoint that belongs to one test, with the tables and backups behind it. Start one with
// [Start]. It may be used by any number of goroutines at once; its fields must not be changed. Methods that return no
// error end the test if they fail, as [testing.TB.Fatalf] does.
type Endpoint struct {
	// URL is the base endpoint to give to an SDK together with HTTPClient. Nothing listens there: see Listen.
	URL string

	// HTTPClient answers every request from the endpoint, in the goroutine that sends it. Its Transport may be used in
	// a client of one's own.
	HTTPClient *http.Client

	// Clock is what everything goes by, to be moved by the test. It is nil if WithClock has given another than a
	// manual clock; DB.Clock is never nil.
	Clock *clock.Manual

	// DB has the tables and backups of the default account and region. Open returns those of others.
	DB *tidemark.DB

	// Seed is where markers and ids are drawn from. It is logged if the test fails.
	Seed uint64

	t      testing.TB
	inner  *endpoint.Endpoint
	faults faults
	delays delays

	server struct {
		sync.Mutex
		url  string
		stop func()
	}
}

// Start returns a new endpoint without tables, which stops when the test and its subtests are over. Without options
// nothing takes any time, backups are exact, and a clock of its own stands at clock.Epoch. Impossible options end the
// test.
func Start(t testing.TB, options ...Option) *Endpoint {
	t.Helper()
	s := newSettings()
	for _, o := range options {
		o.set(s)
	}
	if err := s.complete(); err != nil {
		t.Fatalf("tidemarktest: %v", err)
	}
	e := &Endpoint{URL: baseURL, t: t}
	var err error
	handler := wire.Options{Before: e.before, EnforceThroughput: s.throughput}
	if e.inner, err = endpoint.New(s.options, handler); err != nil {
		t.Fatalf("tidemarktest: %v", err)
	}
	if e.DB, err = e.inner.DB("", ""); err != nil {
		t.Fatalf("tidemarktest: %v", err)
	}
	e.HTTPClient = &http.Client{Transport: wire.Transport{Handler: e}}
	e.Clock, _ = s.options.Clock.(*clock.Manual)
	e.Seed = e.inner.Options().Seed
	t.Cleanup(e.stop)
	e.Inject(s.faults...)
	return e
}

// Open returns the tables and backups of another account (12 digits) and region; what is empty is that of DB. A request
// is for the region that its signature names, and for the account that is its access key, if that has 12 digits.
func (e *Endpoint) Open(account, region string) *tidemark.DB {
	e.t.Helper()
	db, err := e.open(account, region)
	if err != nil {
		e.t.Fatalf("tidemarktest: Open(%q, %q): %v", account, region, err)
	}
	return db
}

func (e *Endpoint) open(account, region string) (*tidemark.DB, error) {
	if err := checkPlace(account, region); err != nil {
		return nil, err
	}
	return e.inner.DB(account, region)
}

// ServeHTTP answers a request, so that the endpoint can be put behind a server or a router of the test's own. Once the
// test is over it refuses every request.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := e.delays.over(); err != nil {
		wire.WriteError(w, err)
		return
	}
	lost := &losable{ResponseWriter: w}
	e.inner.ServeHTTP(lost, r.WithContext(context.WithValue(r.Context(), answerKey{}, lost)))
}

// stop is the end of the endpoint. Calls that are being delayed end first: a server would wait for them.
func (e *Endpoint) stop() {
	e.delays.stop(stopped.Errorf("the test that started this endpoint is over: %s", e.t.Name()))
	e.stopServer()
	if !e.t.Failed() {
		return
	}
	e.t.Logf("tidemarktest: the seed was %d: WithSeed(%[1]d) draws the same markers and ids again", e.Seed)
	for _, f := range e.Unused() {
		e.t.Logf("tidemarktest: did not come to pass: %v", f)
	}
}

// stopped is no exception of the service, so that no client takes it for one or tries again.
const stopped exception.Code = "EndpointStopped"

// answerKey is under what the context of a request has the writer of its answer.
type answerKey struct{}

// losable is a writer whose answer can be lost: the client is told of an internal error instead.
type losable struct {
	http.ResponseWriter
	isLost bool
}

// WriteHeader writes the header, and if the answer is lost all that the client gets.
func (w *losable) WriteHeader(status int) {
	if !w.isLost {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	wire.WriteError(w.ResponseWriter, withWords(exception.InternalServerError))
}

// Write writes a part of the body, unless it is lost.
func (w *losable) Write(b []byte) (int, error) {
	if w.isLost {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}
