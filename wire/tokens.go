package wire

import (
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/capacity"
)

// tokenLife is for how long a transaction can be sent again, counted from its end.
const tokenLife = 10 * time.Minute

// tokens remembers the transactions of the last ten minutes that had a token. Its zero value is ready.
type tokens struct {
	mu struct {
		sync.Mutex
		byToken map[string]transaction
		done    []finished // in the order in which they were done
	}
}

// transaction is one that is running or done.
type transaction struct {
	request uint64 // the digest of what it does
	done    bool
	reads   []read // what it costs to be told that it is done
}

// read is what it costs to read some items of a table.
type read struct {
	table string // as the request has it
	units capacity.Units
}

type finished struct {
	token string
	at    time.Time
}

// begin notes that a transaction has begun. again means that it is done already, and nothing is left to do: it had these
// reads. If it is neither, the caller must call end.
func (t *tokens) begin(token string, request uint64, now time.Time) (reads []read, again bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forgetLocked(now)
	if t.mu.byToken == nil {
		t.mu.byToken = make(map[string]transaction)
	}
	first, known := t.mu.byToken[token]
	switch {
	case !known:
		t.mu.byToken[token] = transaction{request: request}
		return nil, false, nil
	case first.request != request:
		return nil, false, exception.IdempotentParameterMismatch.Errorf(
			"Specified idempotent token was used with different request parameters within the idempotency window")
	case !first.done:
		return nil, false, exception.TransactionInProgress.Errorf("Transaction from previous request is still in progress")
	}
	return first.reads, true, nil
}

// end notes how a transaction ended. One that failed does not keep its token.
func (t *tokens) end(token string, succeeded bool, reads []read, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !succeeded {
		delete(t.mu.byToken, token)
		return
	}
	t.mu.byToken[token] = transaction{request: t.mu.byToken[token].request, done: true, reads: reads}
	t.mu.done = append(t.mu.done, finished{token, now})
}

// forget frees the tokens that have had their time.
func (t *tokens) forget(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forgetLocked(now)
}

func (t *tokens) forgetLocked(now time.Time) {
	n := 0
	for n < len(t.mu.done) && now.Sub(t.mu.done[n].at) >= tokenLife {
		delete(t.mu.byToken, t.mu.done[n].token)
		n++
	}
	clear(t.mu.done[:n])
	if t.mu.done = t.mu.done[n:]; len(t.mu.done) == 0 {
		t.mu.done = nil
	}
}
