package wire

import (
	"errors"
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// admission decides about one write, while its table is locked, whether anything is left to consume for it, and takes
// what it consumes. A nil admission, that of an API which does not enforce throughput, lets everything pass.
type admission struct {
	limits      *capacity.Limits
	definition  *schema.Table
	transaction bool
	now         time.Time
	old         attr.Item // what the write found
	put         attr.Item // what it would put there, as far as that is known without a look
	reached     bool      // whether it was decided upon
	err         error     // that nothing is left
}

// admit returns who decides about a write; nil if throughput is not enforced.
func (m *meter) admit(t *table.Table) *admission {
	if m == nil || m.limits == nil {
		return nil
	}
	return &admission{limits: m.limits, definition: t.Definition(), transaction: m.transaction, now: m.store.Now()}
}

// puts returns the condition that an item may take the place of what is there; the zero Item is that of a delete.
func (a *admission) puts(now attr.Item) table.Condition {
	if a == nil {
		return nil
	}
	a.put = now
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

// batched is puts for a write of a batch, which has no other conditions. It takes what the write consumes at once, so
// that the next one of the batch finds it gone.
func (a *admission) batched(now attr.Item) table.Condition {
	if a == nil {
		return nil
	}
	mayPut := a.puts(now)
	return func(old attr.Item) bool {
		if !mayPut(old) {
			return false
		}
		a.take(capacity.Change(a.definition, old, now))
		return true
	}
}

// refused reports whether nothing was left.
func (a *admission) refused() bool { return a != nil && a.err != nil }

func (a *admission) opens(old attr.Item) error {
	a.old, a.reached = old, true
	return a.open("")
}

// opensIndexes refuses a write that consumes something of a global index of which nothing is left.
func (a *admission) opensIndexes(now attr.Item) error {
	for i, u := range capacity.Change(a.definition, a.old, now).Global {
		if u == 0 {
			continue
		}
		if err := a.open(a.definition.GlobalIndexes[i].Name); err != nil {
			return err
		}
	}
	return nil
}

func (a *admission) open(index string) error {
	if !a.limits.Open(a.definition, index, capacity.Writes, a.now) {
		a.err = throttled(a.definition, index, capacity.Writes)
	}
	return a.err
}

func (a *admission) take(c capacity.Consumption) {
	if a.transaction {
		c = c.Transacted()
	}
	a.limits.Take(a.definition, capacity.Writes, c, a.now)
}

// settle takes what a write has consumed that ended with err, also if it was let pass and then refused by its condition.
// It returns the error that the write is to end with.
func (a *admission) settle(change snapshot.Change, err error) error {
	switch {
	case a == nil:
		return err
	case err == nil:
		a.take(capacity.Change(a.definition, change.Old, change.New))
	case a.err != nil:
		return a.err
	case a.reached && errors.Is(err, exception.ConditionalCheckFailed):
		a.takeRefused()
	}
	return err
}

func (a *admission) takeRefused() {
	a.take(capacity.Consumption{Table: capacity.Refused(a.old, a.put)})
}

// settleAll is settle for a transaction. Where it is canceled, all that were let pass have consumed what it costs to be
// refused.
func settleAll(all []action, changes []snapshot.Change, err error) error {
	if err == nil {
		for i := range changes {
			_ = all[i].admission.settle(changes[i], nil)
		}
		return nil
	}
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
			reasons[i], throttled = exception.ReasonOf(a.err), true
		case a.reached:
			a.takeRefused()
		}
	}
	if !throttled {
		return err
	}
	return exception.Canceled(reasons...)
}
