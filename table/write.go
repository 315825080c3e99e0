package table

import (
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/snapshot"
)

// Condition decides whether a write may happen, given the item as it is: the zero Item if there is none. It runs while
// the table is locked; it must be quick and must not call the store.
type Condition func(old attr.Item) bool

// Exists holds if there is an item.
func Exists(old attr.Item) bool { return !old.IsZero() }

// Missing holds if there is no item.
func Missing(old attr.Item) bool { return old.IsZero() }

// UpdateFunc returns what an item becomes, given what it is: the zero Item stands for none, before and after. An
// error stops the write and is passed on to its caller. It runs while the table is locked; it must be quick and must
// not call the store.
type UpdateFunc func(old attr.Item) (attr.Item, error)

// Put stores item, in place of the item with the same key if there is one (PutItem). It fails with
// ConditionalCheckFailed if one of the conditions does not hold, with a ValidationException if item does not fit the
// table, and with ResourceNotFound if the table is not there any more.
func (t *Table) Put(item attr.Item, conditions ...Condition) (snapshot.Change, error) {
	change, err := t.write(Put(t.name, item, conditions...))
	return change, exception.During("PutItem", t.name, err)
}

// Delete removes the item with the given key, and does nothing if there is none (DeleteItem). It fails as Put does.
func (t *Table) Delete(key attr.Key, conditions ...Condition) (snapshot.Change, error) {
	change, err := t.write(Delete(t.name, key, conditions...))
	return change, exception.During("DeleteItem", t.name, err)
}

// Update turns the item with the given key into what fn makes of it (UpdateItem). What fn returns must have the same
// key. An error of fn that has a code of this module's is returned as it is, another one as the cause of an
// InternalServerError.
func (t *Table) Update(key attr.Key, fn UpdateFunc) (snapshot.Change, error) {
	change, err := t.write(Update(t.name, key, fn))
	return change, exception.During("UpdateItem", t.name, err)
}

func (t *Table) write(op Op) (snapshot.Change, error) {
	change, err := t.writeAlone(op)
	if err == nil {
		t.store.sweep(change.At.Time())
	}
	return change, err
}

func (t *Table) writeAlone(op Op) (snapshot.Change, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if op.plain() {
		return t.putLocked(op.item)
	}
	at := t.nextLocked()
	if err := t.openLocked(at.Time()); err != nil {
		return snapshot.Change{}, err
	}
	s, err := t.planLocked(op)
	if err != nil {
		return snapshot.Change{}, err
	}
	return t.commitLocked(at, s), nil
}

// putLocked is the shortest way for the commonest write: one descent of the tree instead of two.
func (t *Table) putLocked(item attr.Item) (snapshot.Change, error) {
	at := t.nextLocked()
	if err := t.openLocked(at.Time()); err != nil {
		return snapshot.Change{}, err
	}
	if err := t.mu.data.Layout().Check(item); err != nil {
		return snapshot.Change{}, err
	}
	t.beforeCommitLocked(at)
	now, old := t.mu.data.Put(item)
	t.recordLocked(storage.Change{At: at, Old: old, New: now})
	return snapshot.Change{At: at, Difference: snapshot.Difference{
		Key: t.mu.data.Layout().KeyOf(item), Old: itemOf(old), New: item,
	}}, nil
}

// step is a write that has been found good.
type step struct {
	old, now attr.Item
	key      attr.Key
}

// planLocked finds what op would do, and refuses it if it must not; the step then has the key alone, if that is known.
func (t *Table) planLocked(op Op) (step, error) {
	layout := t.mu.data.Layout()
	s := step{key: op.key}
	if op.kind == opPut {
		if err := layout.Check(op.item); err != nil {
			return step{}, err
		}
		s.key = layout.KeyOf(op.item)
	} else if err := layout.CheckKey(op.key); err != nil {
		return step{}, err
	}
	s.old = itemOf(t.mu.data.Lookup(s.key))
	if !op.holds(s.old) {
		return s, exception.ConditionalCheckFailed.Errorf("The conditional request failed")
	}
	switch op.kind {
	case opPut:
		s.now = op.item
	case opCheck:
		s.now = s.old
	case opUpdate:
		if op.update == nil {
			return s, exception.Validation.Errorf("an update needs a function")
		}
		now, err := op.update(s.old)
		if err != nil {
			return s, err
		}
		if s.now = now; now.IsZero() {
			return s, nil
		}
		if now.Size() > attr.MaxItemSize {
			return s, exception.Validation.Errorf("Item size to update has exceeded the maximum allowed size")
		}
		if err := layout.Check(now); err != nil {
			return s, err
		}
		if layout.KeyOf(now) != s.key {
			return s, exception.Validation.Errorf("One or more parameter values were invalid: " +
				"Cannot update attribute that is part of the key")
		}
	}
	return s, nil
}

// commitLocked does what was planned.
func (t *Table) commitLocked(at clock.Instant, s step) snapshot.Change {
	change := snapshot.Change{At: at, Difference: snapshot.Difference{Key: s.key, Old: s.old, New: s.now}}
	if s.now == s.old {
		return change
	}
	t.beforeCommitLocked(at)
	logged := storage.Change{At: at}
	if s.now.IsZero() {
		logged.Old = t.mu.data.Delete(s.key)
	} else {
		logged.New, logged.Old = t.mu.data.Put(s.now)
	}
	t.recordLocked(logged)
	return change
}

func itemOf(r *storage.Record) attr.Item {
	if r == nil {
		return attr.Item{}
	}
	return r.Item
}
