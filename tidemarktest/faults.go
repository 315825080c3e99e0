package tidemarktest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/wire"
)

// Fault is something that goes wrong with calls of one operation. Make one with [Fail], [Cancel], [Throttle], [Lose],
// [Delay] or [Hold], and give it to [Start] or [Endpoint.Inject]. As it is, it befalls the next call; Nth, Times and
// Always choose others. It is a plain value and can be given to several endpoints.
type Fault struct {
	operation string
	deed      string // for people
	err       error
	lose      bool
	delay     time.Duration
	hold      time.Duration
	fault     error // what is wrong with the fault itself

	first, times int // as given; 0: not given
	always       bool
}

// Fail has a call fail with err and do nothing. An exception.Code stands for an error of that name with the service's
// words, as far as they are known; what is no exception becomes an InternalServerError.
func Fail(operation string, err error) Fault {
	f := Fault{operation: operation, deed: fmt.Sprintf("fail with %v", err), err: inWords(err)}
	if err == nil {
		f.fault = errors.New("it has no error to fail with")
	}
	return f
}

// Cancel has a call of TransactWriteItems, TransactGetItems or ExecuteTransaction be canceled and do nothing. There is a
// reason for each of its operations, in their order: an error as for [Fail], or nil for one that is not at fault. That
// is how the service answers a transaction which is in conflict with another.
func Cancel(operation string, reasons ...error) Fault {
	f := Fault{operation: operation, deed: "be canceled"}
	if !slices.Contains(transactions, operation) {
		f.fault = errors.New("it is no transaction: those are " + strings.Join(transactions, ", "))
		return f
	}
	if !slices.ContainsFunc(reasons, func(err error) bool { return err != nil }) {
		f.fault = errors.New("it has no reason")
	}
	list := make([]exception.Reason, len(reasons))
	names := make([]string, len(reasons))
	for i, err := range reasons {
		list[i] = exception.ReasonOf(inWords(err))
		names[i] = list[i].Name()
	}
	f.deed, f.err = fmt.Sprintf("be canceled for %v", names), exception.Canceled(list...)
	return f
}

// Throttle has a call fail as the service does when there are too many: with ProvisionedThroughputExceededException for
// an operation on items, else with ThrottlingException.
func Throttle(operation string) Fault {
	code := exception.Throttling
	if slices.Contains(itemOperations, operation) {
		code = exception.ProvisionedThroughputExceeded
	}
	return Fault{operation: operation, deed: "be throttled", err: withWords(code)}
}

// Lose has a call do what it is asked for, while its caller is told of an InternalServerError: it cannot know.
func Lose(operation string) Fault {
	return Fault{operation: operation, deed: "lose its answer", lose: true}
}

// Delay has a call wait, before it does anything, until the endpoint's clock has gone d ahead, or its context ends.
// Somebody else must move a manual clock meanwhile; see [Endpoint.WaitForDelayed].
func Delay(operation string, d time.Duration) Fault {
	f := Fault{operation: operation, deed: fmt.Sprintf("be delayed by %v", d), delay: d}
	if d <= 0 {
		f.fault = errors.New("it has no time to delay by")
	}
	return f
}

// Hold has the backup that a CreateBackup makes stay CREATING for d at least, by the endpoint's clock.
func Hold(d time.Duration) Fault {
	f := Fault{operation: "CreateBackup", deed: fmt.Sprintf("be held in CREATING for %v", d), hold: d}
	p := backup.Instant()
	p.Creating = d
	if d <= 0 || p.Validate() != nil {
		f.fault = errors.New("no backup can be CREATING for so long")
	}
	return f
}

// Nth returns the fault for the nth call, counted from 1 at the moment when the endpoint gets the fault.
func (f Fault) Nth(n int) Fault {
	if f.first = n; n < 1 {
		f.fault = fmt.Errorf("there is no call number %d", n)
	}
	return f
}

// Times returns the fault for n calls in a row, beginning with the next, or with the one that Nth says.
func (f Fault) Times(n int) Fault {
	if f.times = n; n < 1 {
		f.fault = fmt.Errorf("it cannot befall %d calls", n)
	}
	return f
}

// Always returns the fault for all calls, beginning with the next, or with the one that Nth says.
func (f Fault) Always() Fault {
	f.always = true
	return f
}

// String says which calls the fault befalls and how, such as "PutItem, call 3: fail with InternalServerError".
func (f Fault) String() string {
	first, last := f.calls()
	switch {
	case last == math.MaxInt:
		return fmt.Sprintf("%s, from call %d on: %s", f.operation, first, f.deed)
	case last == first:
		return fmt.Sprintf("%s, call %d: %s", f.operation, first, f.deed)
	}
	return fmt.Sprintf("%s, calls %d to %d: %s", f.operation, first, last, f.deed)
}

// calls returns the first and the last call that are meant.
func (f Fault) calls() (first, last int) {
	first = cmp.Or(f.first, 1)
	last = first + cmp.Or(f.times, 1) - 1
	if f.always || last < first { // or more calls than can be counted
		last = math.MaxInt
	}
	return first, last
}

func (f Fault) set(s *settings) { s.faults = append(s.faults, f) }

// check returns what is wrong with the fault, for an endpoint with clock c.
func (f Fault) check(c clock.Clock) error {
	names := wire.Operations()
	switch _, waits := c.(clock.Waiter); {
	case !slices.Contains(names, f.operation):
		return fmt.Errorf("no call of %q will ever be answered: the operations are %s",
			f.operation, strings.Join(names, ", "))
	case f.fault != nil:
		return fmt.Errorf("%v: %w", f, f.fault)
	case f.delay > 0 && !waits:
		return fmt.Errorf("%v: a %T cannot be waited for", f, c)
	}
	return nil
}

// faults are those that an endpoint has been given and that are not over.
type faults struct {
	mu struct {
		sync.Mutex
		list []*injected
	}
}

// injected is a fault with the calls that it has seen and befallen.
type injected struct {
	Fault
	seen, befallen int
}

// Inject gives the endpoint faults for calls from now on. A call can meet several: delays add up, the longest hold
// counts, and the error of the one that was given first. Calls that another fault befalls count too. A fault that can
// never come to pass, because there is no such operation, ends the test.
func (e *Endpoint) Inject(list ...Fault) {
	e.t.Helper()
	for _, f := range list {
		if err := f.check(e.DB.Clock); err != nil {
			e.t.Fatalf("tidemarktest: %v", err)
		}
	}
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	for _, f := range list {
		e.faults.mu.list = append(e.faults.mu.list, &injected{Fault: f})
	}
}

// ClearFaults takes all faults back. Calls that are being delayed go on waiting.
func (e *Endpoint) ClearFaults() {
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	e.faults.mu.list = nil
}

// Unused returns the faults that have not befallen all of the calls that they are for, or no call at all if they are
// for Always. A test that means its faults to happen requires that there are none; a test that fails has them in its
// log.
func (e *Endpoint) Unused() []Fault {
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	var unused []Fault
	for _, f := range e.faults.mu.list {
		if _, last := f.calls(); last < math.MaxInt || f.befallen == 0 {
			unused = append(unused, f.Fault)
		}
	}
	return unused
}

// next counts a call, and returns all that befalls it in one.
func (v *faults) next(operation string) (all Fault) {
	v.mu.Lock()
	defer v.mu.Unlock()
	over := func(f *injected) bool {
		if f.operation != operation {
			return false
		}
		first, last := f.calls()
		f.seen++
		if f.seen < first {
			return false
		}
		f.befallen++
		all.delay += f.delay
		all.hold = max(all.hold, f.hold)
		all.lose = all.lose || f.lose
		if all.err == nil {
			all.err = f.err
		}
		return f.seen >= last
	}
	v.mu.list = slices.DeleteFunc(v.mu.list, over)
	return all
}

// before is asked about every call.
func (e *Endpoint) before(ctx context.Context, r *wire.Request) error {
	f := e.faults.next(r.Operation)
	if f.delay > 0 {
		if err := e.delays.wait(ctx, e.DB.Clock, f.delay); err != nil {
			return err
		}
	}
	r.Creating = f.hold
	if f.err != nil {
		return f.err
	}
	if w, ok := ctx.Value(answerKey{}).(*losable); ok {
		w.isLost = f.lose
	}
	return nil
}

// itemOperations are those that use up the throughput of tables.
var itemOperations = []string{
	"PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan",
	"BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems",
	"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction",
}

// transactions are those that can be canceled.
var transactions = []string{"TransactWriteItems", "TransactGetItems", "ExecuteTransaction"}

// words are the service's own for errors that are injected by their name alone.
var words = map[exception.Code]string{
	exception.ConditionalCheckFailed: "The conditional request failed",
	exception.InternalServerError:    "Internal server error",
	exception.Throttling:             "Rate exceeded",
	exception.TransactionConflict:    "Transaction is ongoing for the item",
	exception.ProvisionedThroughputExceeded: "The level of configured provisioned throughput for the table was " +
		"exceeded. Consider increasing your provisioning level with the UpdateTable API.",
	exception.UnrecognizedClient: "The security token included in the request is invalid.",
}

// inWords returns err, or if it is a code alone an error of it with its words.
func inWords(err error) error {
	if code, bare := err.(exception.Code); bare {
		return withWords(code)
	}
	return err
}

// withWords returns an error of a code with its words, or with none.
func withWords(code exception.Code) error { return code.Errorf("%s", words[code]) }
