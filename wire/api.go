package wire

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/internal/jsontext"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/table"
)

// TargetPrefix is what comes before the name of the operation in the X-Amz-Target header.
const TargetPrefix = "DynamoDB_20120810."

// MaxBody is the size of the largest request that is read, in bytes, after it has been unpacked.
const MaxBody = 16 << 20

// API answers requests for the tables and backups of one account in one region, whoever carries the requests: it knows
// the protocol's targets and bodies, and nothing of HTTP. Make one with [NewAPI]. It may be used by any number of
// goroutines at once.
type API struct {
	tables  *table.Store
	backups *backup.Engine
	tokens  tokens
	limits  atomic.Pointer[capacity.Limits] // nil: throughput is not enforced
}

// NewAPI returns the API of a store and of the engine that backs it up. The engine must not be nil. Without a store, for
// an engine that backs up tables of another kind, the API answers the eight backup operations alone. A program without
// either asks a [Handler] for an API.
func NewAPI(tables *table.Store, backups *backup.Engine) *API {
	return &API{tables: tables, backups: backups}
}

// Do answers one request. The target is what the X-Amz-Target header has, such as "DynamoDB_20120810.CreateBackup", and
// body is the request in AWS JSON 1.0, which Do does not keep. The status is that of HTTP: 200, 400 or 500. The answer
// is the caller's own; it may be empty. An error of the service is an answer too, with its __type and message. A client
// expects it with the Content-Type "application/x-amz-json-1.0"; the headers X-Amzn-Requestid and X-Amz-Crc32 can be left
// out.
//
// Whoever calls Do bounds the size of the body and decides whom to answer: Do looks at no credential. The context is
// passed on to the backup engine, and through it to its source. Operations on tables of this module wait for nothing and
// do not look at it.
func (a *API) Do(ctx context.Context, target string, body []byte) (status int, answer []byte) {
	c := newCall(a, ctx)
	defer c.free()
	op, err := lookup(target)
	switch {
	case err != nil:
		status = c.fail(err)
	case a.tables == nil && !isBackupOperation(target):
		status = c.fail(exception.UnknownOperation)
	default:
		status = c.serve(op, body)
	}
	return status, append([]byte(nil), c.out.Buf...)
}

// call is one request on its way. Its Reader reads the request, and what goes to out is the answer.
type call struct {
	request.Reader
	in  request.Object
	out jsontext.Writer

	*API
	ctx      context.Context
	host     string        // where the request was sent to, as far as that is known
	creating time.Duration // how long the backup is to be CREATING; 0: as the profile has it
	meter    *meter        // nil: nobody wants to know what is consumed
}

// operation answers a call, or returns the error to answer instead, before or after it has written something. It reads
// all that it needs of the request first, and goes on only if Err finds nothing wrong.
type operation func(*call) error

var calls = sync.Pool{New: func() any { return new(call) }}

func newCall(a *API, ctx context.Context) *call {
	c := calls.Get().(*call)
	c.API, c.ctx = a, ctx
	return c
}

// free gives c back, but not the memory of an answer that is larger than a page.
func (c *call) free() {
	const most = 4 << 20
	if cap(c.out.Buf) > most {
		c.out.Buf = nil
	}
	c.Reset()
	c.out.Buf = c.out.Buf[:0]
	*c = call{Reader: c.Reader, out: c.out}
	calls.Put(c)
}

// serve leaves the answer in c.out.
func (c *call) serve(op operation, body []byte) (status int) {
	in, err := c.Parse(body)
	switch {
	case errors.Is(err, request.ErrTooMany):
		return c.fail(err)
	case err != nil:
		return c.fail(exception.Serialization) // of what is no JSON the service says nothing more
	}
	c.in = in
	if err := op(c); err != nil {
		return c.fail(err)
	}
	return 200
}
