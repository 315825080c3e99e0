package wire

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/table"
)

// Options configure a [Handler]. The zero Options serve tables that take no time ([backup.Instant]) by the machine's
// clock, for any account and region.
type Options struct {
	// Open returns the API of an account and region, whose tables must have just those. It is called once for each that
	// is asked for, when the first request for it comes in, and its error is the answer to that request. Calls do not
	// overlap. nil: a new store with an engine that does everything at once.
	Open func(account, region string) (*API, error)

	// Account is whose tables a request is for if its access key is not an account number itself: an access key of
	// 12 digits is. Empty: table.DefaultAccount.
	Account string

	// AccountOf, if set, says whose tables the requests with an access key are for, instead of the rule of Account. The
	// requests with a key for which it does not return 12 digits are refused: the key is unknown. It may be called by
	// several goroutines at once.
	AccountOf func(accessKey string) string

	// Before, if set, is called with every request for an operation before it is looked at more closely. An error ends
	// the request with that answer, as an error of an operation does. It may wait, but should give up when the context
	// ends. It may be called by several goroutines at once.
	Before func(ctx context.Context, r *Request) error

	// Next, if set, is an emulator with tables of its own that this handler stands in front of: all requests but those
	// for the eight backup operations go to it as they come, before anything of them is read, and it answers as it
	// likes. Open then gives APIs without a store (NewAPI); they may be of one place whatever they are asked for.
	Next http.Handler

	// EnforceThroughput bounds what operations on items consume, in every API that Open gives; see
	// API.EnforceThroughput.
	EnforceThroughput bool

	// Seed is where request ids are drawn from; 0: a random seed.
	Seed uint64
}

// Request says what an HTTP request is about.
type Request struct {
	Account   string
	Region    string
	Operation string // such as "CreateBackup"

	// Creating may be set by Options.Before: how long the backup that a CreateBackup makes is CREATING at least.
	Creating time.Duration
}

// Handler serves DynamoDB's protocol over HTTP, for any number of accounts and regions. Make one with [NewHandler].
//
// It answers at the path / alone. Beneath a prefix put it behind http.StripPrefix, and give clients the URL with its
// trailing slash: http://127.0.0.1:8080/dynamo/.
type Handler struct {
	o   Options
	ids struct {
		sync.Mutex
		source *rand.PCG
	}
	apis struct {
		sync.RWMutex
		byPlace map[place]*API
	}
}

// maxRegion is how long the name of a region may be: far longer than any of the service.
const maxRegion = 64

// place is where an API is.
type place struct{ account, region string }

// NewHandler returns a Handler.
func NewHandler(o Options) *Handler {
	if o.Open == nil {
		o.Open = open
	}
	o.Account = cmp.Or(o.Account, table.DefaultAccount)
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	h := &Handler{o: o}
	h.ids.source = rand.NewPCG(o.Seed, 0)
	h.apis.byPlace = make(map[place]*API)
	return h
}

// open is what is done without Options.Open.
func open(account, region string) (*API, error) {
	tables := table.NewStore(table.Options{Account: account, Region: region})
	backups, err := backup.New(tables, backup.Options{Profile: backup.Instant()})
	if err != nil {
		return nil, err
	}
	return NewAPI(tables, backups), nil
}

// API returns the API of an account and region, which it opens if need be. An empty account stands for Options.Account,
// an empty region for table.DefaultRegion. It fails, with the error that a request gets, if they cannot be those of a
// table, or with the error of Options.Open.
func (h *Handler) API(account, region string) (*API, error) {
	return h.at(cmp.Or(account, h.o.Account), cmp.Or(region, table.DefaultRegion))
}

func (h *Handler) at(account, region string) (*API, error) {
	p := place{account, region}
	h.apis.RLock()
	a := h.apis.byPlace[p]
	h.apis.RUnlock()
	if a != nil {
		return a, nil
	}
	_, err := arn.Parse(arn.Table(region, account, "any").String())
	switch {
	case errors.Is(err, arn.FaultAccount):
		return nil, exception.UnrecognizedClient.Errorf("The security token included in the request is invalid.")
	case err != nil || len(region) > maxRegion:
		return nil, exception.InvalidSignature.Errorf("Credential should be scoped to a valid region, not '%s'.", region)
	}
	h.apis.Lock()
	defer h.apis.Unlock()
	if a := h.apis.byPlace[p]; a != nil {
		return a, nil
	}
	if a, err = h.o.Open(account, region); err != nil {
		return nil, err
	}
	if a == nil || a.tables == nil && h.o.Next == nil ||
		a.tables != nil && (a.tables.Account() != account || a.tables.Region() != region) {
		return nil, exception.InternalServerError.Errorf("Options.Open has no tables for %s in %s, or gave others",
			account, region)
	}
	if h.o.EnforceThroughput {
		a.EnforceThroughput()
	}
	h.apis.byPlace[p] = a
	return a, nil
}

// Reset forgets all accounts and regions: the next request for one opens it anew.
func (h *Handler) Reset() {
	h.apis.Lock()
	defer h.apis.Unlock()
	clear(h.apis.byPlace)
}

// ServeHTTP answers a request of the protocol, a preflight request of a browser, or GET / with a word on its health.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.o.Next != nil && !(r.Method == http.MethodPost && isBackupOperation(target(r))) {
		h.o.Next.ServeHTTP(w, r)
		return
	}
	header := w.Header()
	header["X-Amzn-Requestid"] = []string{h.requestID()}
	header["Server"] = []string{"Server"}
	if r.Header["Origin"] != nil {
		allowOrigin(header)
		if r.Method == http.MethodOptions {
			allowMethods(header, r.Header)
			return
		}
	}
	root := r.URL.Path == "/" || r.URL.Path == ""
	switch {
	case root && r.Method == http.MethodGet:
		answerHealth(w, r)
	case !root || r.Method != http.MethodPost || !speaksJSON(r.Header["Content-Type"]):
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "<UnknownOperationException/>\n")
	default:
		h.answer(w, r)
	}
}

func speaksJSON(contentType []string) bool {
	if len(contentType) == 0 {
		return false
	}
	kind, _, _ := cut(contentType[0], ';')
	kind = strings.TrimSpace(kind)
	return kind == "application/x-amz-json-1.0" || kind == "application/json"
}

// answer answers a request of the protocol.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request) {
	c := newCall(nil, r.Context())
	defer c.free()
	body := bodies.Get().(*bytes.Buffer)
	defer freeBody(body)
	status := h.read(body, r)
	if status == 0 {
		status = h.serve(c, r, body.Bytes())
	} else {
		c.writeError(bodyErrors[status])
	}
	c.send(w, status)
}

// send sends the answer in c.out.
func (c *call) send(w http.ResponseWriter, status int) {
	header := w.Header()
	header["Content-Type"] = contentType
	header["Content-Length"] = []string{strconv.Itoa(len(c.out.Buf))}
	header["X-Amz-Crc32"] = []string{strconv.FormatUint(uint64(crc32.ChecksumIEEE(c.out.Buf)), 10)}
	w.WriteHeader(status)
	w.Write(c.out.Buf)
}

// WriteError answers a request with err as a Handler answers with an error of an operation, for handlers that stand in
// front of one. An error without a code of package exception is an InternalServerError, whose status is 500; that of all
// others is 400.
func WriteError(w http.ResponseWriter, err error) {
	c := newCall(nil, context.Background())
	defer c.free()
	c.send(w, c.writeError(err))
}

var contentType = []string{"application/x-amz-json-1.0"}

// serve leaves the answer in c.out.
func (h *Handler) serve(c *call, r *http.Request, body []byte) (status int) {
	target := target(r)
	op, err := lookup(target)
	if err != nil {
		return c.fail(err)
	}
	credential, err := authenticate(r)
	if err != nil {
		return c.fail(err)
	}
	account := h.account(credential.accessKey)
	api, err := h.at(account, credential.region)
	if err != nil {
		return c.fail(err)
	}
	if h.o.Before != nil {
		request := Request{Account: account, Region: credential.region, Operation: operationOf(target)}
		if err := h.o.Before(c.ctx, &request); err != nil {
			return c.fail(err)
		}
		c.creating = request.Creating
	}
	c.API, c.host = api, r.Host
	return c.serve(op, body)
}

// target returns what a request asks for.
func target(r *http.Request) string {
	if t := r.Header["X-Amz-Target"]; len(t) > 0 {
		return t[0]
	}
	return ""
}

func (h *Handler) account(accessKey string) string {
	switch {
	case h.o.AccountOf != nil:
		return h.o.AccountOf(accessKey)
	case arn.ValidAccount(accessKey):
		return accessKey
	}
	return h.o.Account
}

// bodies are buffers for the bodies of requests.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func freeBody(b *bytes.Buffer) {
	if b.Cap() <= 1<<18 {
		b.Reset()
		bodies.Put(b)
	}
}

// bodyErrors are the answers to bodies that cannot be read, by status.
var bodyErrors = map[int]error{
	http.StatusRequestEntityTooLarge: exception.Serialization.Errorf("The request is larger than %d bytes", MaxBody),
	http.StatusBadRequest:            exception.Serialization.Errorf("The request ended early"),
	http.StatusInternalServerError:   exception.InternalServerError.Errorf("The request is not valid gzip"),
}

// read reads the body of a request. It returns the status of the answer if that fails, else 0.
func (h *Handler) read(dst *bytes.Buffer, r *http.Request) (status int) {
	switch {
	case r.ContentLength > MaxBody:
		return http.StatusRequestEntityTooLarge
	case r.Body == nil: // a server has none such, but who calls ServeHTTP may
		return 0
	}
	source, failed := io.Reader(r.Body), http.StatusBadRequest
	if e := r.Header["Content-Encoding"]; len(e) > 0 && e[0] == "gzip" {
		failed = http.StatusInternalServerError
		unpacked, err := gzip.NewReader(source)
		if err != nil {
			return failed
		}
		source = unpacked
	}
	_, err := dst.ReadFrom(&io.LimitedReader{R: source, N: MaxBody + 1})
	switch {
	case dst.Len() > MaxBody:
		return http.StatusRequestEntityTooLarge
	case err != nil:
		return failed
	}
	return 0
}

// requestID returns 52 capitals and digits, as the service does.
func (h *Handler) requestID() string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
	const perDraw = 12 // letters, of 5 bits each
	var id [52]byte
	h.ids.Lock()
	defer h.ids.Unlock()
	for i := 0; i < len(id); {
		bits := h.ids.source.Uint64()
		for n := 0; n < perDraw && i < len(id); n, i, bits = n+1, i+1, bits>>5 {
			id[i] = alphabet[bits&31]
		}
	}
	return string(id[:])
}

// answerHealth says that all is well, in the service's words.
func answerHealth(w http.ResponseWriter, r *http.Request) {
	region := table.DefaultRegion
	if c, err := authenticate(r); err == nil && arn.ValidRegion(c.region) {
		region = c.region
	}
	io.WriteString(w, "healthy: dynamodb."+region+".amazonaws.com ")
}
