package wire

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// mayRead refuses to read a table, or a global index of it, of which nothing is left.
func (m *meter) mayRead(t *table.Table, global string) error {
	if m == nil || m.limits == nil {
		return nil
	}
	return m.limits.open(t.Definition(), global, false, m.store.Now())
}

// mayReadSource is mayRead for what a Query or Scan reads.
func (m *meter) mayReadSource(s *source) error {
	if s.global {
		return m.mayRead(s.Table, s.index.Name)
	}
	return m.mayRead(s.Table, "")
}

// admission decides about one write, while its table is locked, whether anything is left to consume for it. A nil
// admission lets everything pass.
type admission struct {
	limits     *limits
	definition *schema.Table
	factor     capacity.Units // 2 in a transaction
	now        time.Time
	old        attr.Item // what the write found
	reached    bool      // whether it was decided upon
	err        error     // that nothing is left
}

// admit returns who decides about a write; nil if throughput is not enforced.
func (m *meter) admit(t *table.Table) *admission {
	if m == nil || m.limits == nil {
		return nil
	}
	a := &admission{limits: m.limits, definition: t.Definition(), factor: 1, now: m.store.Now()}
	if m.transaction {
		a.factor = 2
	}
	return a
}

// put returns the condition that an item may take the place of what is there; the zero Item is that of a delete.
func (a *admission) put(now attr.Item) table.Condition {
	if a == nil {
		return nil
	}
	return func(old attr.Item) bool { return a.opens(old) == nil && a.opensIndexes(now) == nil }
}

// check returns the condition that an item may be looked at.
func (a *admission) check() table.Condition {
	if a == nil {
		return nil
	}
	return func(old attr.Item) bool { return a.opens(old) == nil }
}

// update returns fn, or one that asks before.
func (a *admission) update(fn table.UpdateFunc) table.UpdateFunc {
	if a == nil {
		return fn
	}
	return func(old attr.Item) (attr.Item, error) {
		if err := a.opens(old); err != nil {
			return attr.Item{}, err
		}
		now, err := fn(old)
		if err != nil {
			return now, err
		}
		return now, a.opensIndexes(now)
	}
}

func (a *admission) opens(old attr.Item) error {
	a.old, a.reached = old, true
	a.err = a.limits.open(a.definition, "", true, a.now)
	return a.err
}

func (a *admission) opensIndexes(now attr.Item) error {
	a.err = a.limits.openIndexes(a.definition, capacity.Change(a.definition, a.old, now), a.now)
	return a.err
}

// settle returns the error of a write that ended with err. One that was let pass and then refused by its condition has
// consumed what it costs to write the item that was there.
func (a *admission) settle(err error) error {
	switch {
	case a == nil || err == nil:
		return err
	case a.err != nil:
		return a.err
	case a.reached && errors.Is(err, exception.ConditionalCheckFailed):
		a.limits.take(a.definition, true, capacity.Consumption{Table: capacity.Write(a.old.Size())}, a.factor, a.now)
	}
	return err
}

// settleAll is settle for a transaction. Those that were let pass have consumed what it costs to write the items that
// were there.
func settleAll(err error, all []action) error {
	var e *exception.Error
	if !errors.As(err, &e) || e.Code != exception.TransactionCanceled || len(e.Reasons) != len(all) {
		return err
	}
	reasons := slices.Clone(e.Reasons)
	throttled := false
	for i := range all {
		a := all[i].admission
		switch {
		case a == nil:
		case a.err != nil:
			reasons[i], throttled = reasonOf(a.err), true
		case a.reached:
			a.limits.take(a.definition, true, capacity.Consumption{Table: capacity.Write(a.old.Size())}, a.factor, a.now)
		}
	}
	if !throttled {
		return err
	}
	return canceled(reasons)
}

// mayReadAll refuses a transaction that reads a table of which nothing is left.
func (m *meter) mayReadAll(tables []*table.Table) error {
	if m == nil || m.limits == nil {
		return nil
	}
	reasons := make([]exception.Reason, len(tables))
	throttled := false
	for i, t := range tables {
		if err := m.mayRead(t, ""); err != nil {
			reasons[i], throttled = reasonOf(err), true
		}
	}
	if !throttled {
		return nil
	}
	return canceled(reasons)
}

// reasonOf returns the part that an operation which found nothing left has in the cancellation of its transaction.
func reasonOf(err error) exception.Reason {
	e, _ := exception.During("", "", err).(*exception.Error)
	code := strings.TrimSuffix(string(e.Code), "Exception")
	if e.Code == exception.Throttling {
		code = "ThrottlingError"
	}
	return exception.Reason{Code: exception.Code(code), Message: e.Message}
}

// canceled is the error of a transaction for those reasons.
func canceled(reasons []exception.Reason) error {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = cmp.Or(string(r.Code), "None")
	}
	err := exception.TransactionCanceled.Errorf(
		"Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	err.Reasons = reasons
	return err
}

// reservation is what of a batch of writes is to be done, and what it will consume.
type reservation struct {
	ops    []table.Op
	places []int // of ops in the batch; nil: all of it is to be done
	left   []int // what finds nothing left
	costs  []reserved
	limits *limits
	now    time.Time
}

type reserved struct {
	definition *schema.Table
	cost       capacity.Consumption
}

// place returns where in the batch the i-th operation to be done is.
func (r *reservation) place(i int) int {
	if r.places == nil {
		return i
	}
	return r.places[i]
}

// giveBack gives back what was reserved.
func (r *reservation) giveBack() {
	for _, c := range r.costs {
		r.limits.take(c.definition, true, c.cost, -1, r.now)
	}
}

// reserve takes what a batch of writes will consume, one by one, and refuses it if there is nothing left for any. What
// cannot be done at all is left to the table to refuse.
func (m *meter) reserve(all []write, ops []table.Op) (reservation, error) {
	r := reservation{ops: ops}
	if m == nil || m.limits == nil {
		return r, nil
	}
	r.limits, r.now = m.limits, m.store.Now()
	r.ops, r.places = nil, make([]int, 0, len(all))
	var first error
	seen := make(map[batched]bool, len(all))
	for i := range all {
		c, err := m.foresee(&all[i], seen)
		if err != nil {
			r.giveBack()
			return reservation{ops: ops}, nil
		}
		if err := m.mayWrite(c, r.now); err != nil {
			r.left = append(r.left, i)
			first = cmp.Or(first, err)
			continue
		}
		m.limits.take(c.definition, true, c.cost, 1, r.now)
		r.costs = append(r.costs, c)
		r.ops, r.places = append(r.ops, ops[i]), append(r.places, i)
	}
	if len(r.ops) == 0 {
		return r, first
	}
	return r, nil
}

// batched is an item that a batch has named.
type batched struct {
	table *table.Table
	key   attr.Key
}

// foresee returns what one write of a batch will cost. It fails if the table will refuse the write, as far as that is
// seen from the key.
func (m *meter) foresee(w *write, seen map[batched]bool) (reserved, error) {
	d := w.found.Definition()
	only, now := w.item, attr.Item{}
	if !w.delete {
		only, now = keyOnly(d.KeySchema, w.item), w.item
	}
	key, err := w.found.Key(only)
	if err != nil {
		return reserved{}, err
	}
	b := batched{w.found, key}
	if seen[b] {
		return reserved{}, exception.Validation
	}
	seen[b] = true
	old, _, err := w.found.Get(key)
	return reserved{d, capacity.Change(d, old, now)}, err
}

// mayWrite refuses a write of which nothing is left for the table or one of the global indexes it changes.
func (m *meter) mayWrite(c reserved, now time.Time) error {
	if err := m.limits.open(c.definition, "", true, now); err != nil {
		return err
	}
	return m.limits.openIndexes(c.definition, c.cost, now)
}
