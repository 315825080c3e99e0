package wire

import (
	"errors"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

// The parts before the name of an exception in __type. Clients go by what comes after the #.
const (
	modelled     = "com.amazonaws.dynamodb.v20120810#"
	service      = "com.amazon.coral.service#"
	validation   = "com.amazon.coral.validate#"
	availability = "com.amazon.coral.availability#"
)

// prefixes are those of the exceptions that are not in the service's model.
var prefixes = map[exception.Code]string{
	exception.Validation:                 validation,
	exception.Throttling:                 availability,
	exception.Serialization:              service,
	exception.UnknownOperation:           service,
	exception.AccessDenied:               service,
	exception.MissingAuthenticationToken: service,
	exception.IncompleteSignature:        service,
	exception.InvalidSignature:           service,
	exception.UnrecognizedClient:         service,
}

// capitals are the exceptions whose text is the member Message instead of message.
var capitals = map[exception.Code]bool{
	exception.Serialization:               true,
	exception.AccessDenied:                true,
	exception.TransactionCanceled:         true,
	exception.TransactionInProgress:       true,
	exception.IdempotentParameterMismatch: true,
}

// refusal is an error that is answered with more than its name and text.
type refusal struct {
	error
	item  attr.Item   // the item that a condition was not true of
	items []attr.Item // the same for each operation of a transaction

	throttling throttling // what there was nothing left of to consume
}

func (r *refusal) Unwrap() error { return r.error }

// fail makes err the answer.
func (c *call) fail(err error) (status int) {
	c.out.Buf = c.out.Buf[:0]
	return c.writeError(err)
}

func (c *call) writeError(err error) (status int) {
	var extra refusal
	if r := (*refusal)(nil); errors.As(err, &r) {
		extra = *r
	}
	e, ok := exception.During("", "", err).(*exception.Error)
	if !ok { // only if there is no error
		e = exception.InternalServerError.Errorf("an error was to be answered, but there is none")
	}
	w := &c.out
	w.Begin('{')
	w.Name("__type")
	prefix, ok := prefixes[e.Code]
	if !ok {
		prefix = modelled
	}
	w.String(prefix + string(e.Code))
	if len(e.Reasons) > 0 {
		w.Name("CancellationReasons")
		c.writeReasons(e.Reasons, extra.items)
	}
	if !extra.item.IsZero() {
		w.Name("Item")
		w.Buf = extra.item.AppendJSON(w.Buf)
	}
	if e.Code != exception.Throttling {
		c.writeThrottling("ThrottlingReasons", extra.throttling)
	}
	if e.Message != "" {
		if capitals[e.Code] {
			w.Name("Message")
		} else {
			w.Name("message")
		}
		w.String(e.Message)
	}
	if e.Code == exception.Throttling {
		c.writeThrottling("throttlingReasons", extra.throttling)
	}
	w.End('}')
	if e.Code == exception.InternalServerError {
		return 500
	}
	return 400
}

// writeThrottling writes the one reason of a request that found nothing left to consume, if it is that. Of the two
// exceptions that have reasons, each has its own name for them.
func (c *call) writeThrottling(name string, t throttling) {
	if t.reason == "" {
		return
	}
	c.writeList(name, 1, func(int) {
		c.out.Begin('{')
		c.writeText("reason", t.reason)
		c.writeText("resource", t.resource)
		c.out.End('}')
	})
}

// writeReasons writes why a transaction was canceled: something for each of its operations.
func (c *call) writeReasons(reasons []exception.Reason, items []attr.Item) {
	w := &c.out
	w.Begin('[')
	for i, r := range reasons {
		w.Elem()
		w.Begin('{')
		w.Name("Code")
		w.String(r.Name())
		if r.Code != "" {
			if i < len(items) && !items[i].IsZero() {
				w.Name("Item")
				w.Buf = items[i].AppendJSON(w.Buf)
			}
			w.Name("Message")
			w.String(r.Message)
		}
		w.End('}')
	}
	w.End(']')
}
