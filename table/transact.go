package table

import (
	"errors"
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/internal/validate"
	"github.com/tidemark-db/tidemark/snapshot"
)

// The greatest number of operations in a transaction, and the greatest size of all items that one writes or reads.
const (
	MaxTransaction     = 100
	MaxTransactionSize = 4 << 20
)

// Op is one operation of a transaction. [Put], [Delete], [Update] and [Check] make them.
type Op struct {
	kind       opKind
	table      string
	item       attr.Item
	key        attr.Key
	conditions []Condition
	update     UpdateFunc
}

// holds reports whether all conditions hold of what is there.
func (op *Op) holds(old attr.Item) bool {
	for _, holds := range op.conditions {
		if holds != nil && !holds(old) {
			return false
		}
	}
	return true
}

type opKind uint8

const (
	opPut opKind = iota
	opDelete
	opUpdate
	opCheck
)

// Put stores item in the named table; see [Table.Put].
func Put(table string, item attr.Item, conditions ...Condition) Op {
	return Op{kind: opPut, table: table, item: item, conditions: conditions}
}

// Delete removes an item from the named table; see [Table.Delete].
func Delete(table string, key attr.Key, conditions ...Condition) Op {
	return Op{kind: opDelete, table: table, key: key, conditions: conditions}
}

// Update changes an item of the named table; see [Table.Update].
func Update(table string, key attr.Key, fn UpdateFunc) Op {
	return Op{kind: opUpdate, table: table, key: key, update: fn}
}

// Check changes nothing: it makes the transaction depend on an item of the named table.
func Check(table string, key attr.Key, conditions ...Condition) Op {
	return Op{kind: opCheck, table: table, key: key, conditions: conditions}
}

func (o Op) plain() bool { return o.kind == opPut && len(o.conditions) == 0 }

// Transact does all of ops at one instant, or none of them (TransactWriteItems). Tables are given by name or ARN; no
// item may be named twice, and the items put and updated may have MaxTransactionSize together. It returns a Change for
// each operation. If an operation is refused, the error is a TransactionCanceled whose Reasons say which ones and why;
// it is a ValidationException, as for the service, if that can be seen without the table: for an empty value of a key,
// and for an item or a key that is too large.
func (s *Store) Transact(ops ...Op) ([]snapshot.Change, error) {
	changes, err := s.transact(ops)
	return changes, exception.During("TransactWriteItems", "", err)
}

func (s *Store) transact(ops []Op) ([]snapshot.Change, error) {
	tables, err := s.several("transactItems", len(ops), MaxTransaction, func(i int) string { return ops[i].table })
	if err != nil {
		return nil, err
	}
	unlock := lockAll(tables)
	defer unlock()

	at := s.nextOfAll(tables)
	if err := s.openAllLocked(tables); err != nil {
		return nil, err
	}
	steps, err := plan(ops, tables)
	if err != nil {
		return nil, err
	}
	changes := make([]snapshot.Change, len(ops))
	for i, t := range tables {
		changes[i] = t.commitLocked(at, steps[i])
	}
	return changes, nil
}

// several returns the tables of some operations, of which a request may have up to limit.
func (s *Store) several(member string, n, limit int, name func(i int) string) ([]*Table, error) {
	var c validate.Check
	c.Count(member, "[...]", n, 1, limit)
	if err := c.Err(); err != nil {
		return nil, err
	}
	tables := make([]*Table, n)
	for i := range tables {
		if i > 0 && name(i) == name(i-1) {
			tables[i] = tables[i-1]
			continue
		}
		t, err := s.lookupForItems(name(i))
		if err != nil {
			return nil, err
		}
		tables[i] = t
	}
	return tables, nil
}

// openAllLocked refuses items of tables of which one is CREATING or DELETING.
func (s *Store) openAllLocked(tables []*Table) error {
	now := s.now()
	for _, t := range tables {
		if err := t.openLocked(now); err != nil {
			return err
		}
	}
	return nil
}

// lockAll locks each table once, in the order of their names, so that transactions cannot wait for each other. Of two
// incarnations of one name the earlier one comes first, as it does in tables.
func lockAll(tables []*Table) (unlock func()) {
	all := distinct(tables)
	for _, t := range all {
		t.mu.Lock()
	}
	return func() {
		for _, t := range all {
			t.mu.Unlock()
		}
	}
}

func distinct(tables []*Table) []*Table {
	all := slices.Clone(tables)
	slices.SortStableFunc(all, func(a, b *Table) int { return strings.Compare(a.name, b.name) })
	return slices.Compact(all)
}

// places are the items that a request has named.
type places map[place]struct{}

type place struct {
	table *Table
	key   attr.Key
}

// again adds an item, and reports whether it has been named before.
func (p places) again(t *Table, key attr.Key) bool {
	_, again := p[place{t, key}]
	p[place{t, key}] = struct{}{}
	return again
}

func errSameItem() error {
	return exception.Validation.Errorf("Transaction request cannot include multiple operations on one item")
}

func errTransactionSize() error {
	return exception.Validation.Errorf("The aggregate size of the items in the transaction exceeds %d MB",
		MaxTransactionSize>>20)
}

// plan decides about all operations on the state before the transaction.
func plan(ops []Op, tables []*Table) ([]step, error) {
	seen := make(places, len(ops))
	steps := make([]step, len(ops))
	reasons := make([]exception.Reason, len(ops))
	canceled, size := false, 0
	for i, t := range tables {
		var err error
		steps[i], err = t.planLocked(ops[i])
		known := steps[i].key != (attr.Key{}) // if not, it is the key or the item given that is bad
		switch {
		case errors.Is(err, storage.ErrEmptyKey), !known && errors.Is(err, storage.ErrTooLarge):
			return nil, err
		case err != nil:
			canceled, reasons[i] = true, exception.ReasonOf(err)
			steps[i].now = attr.Item{} // which may be too large to be kept
		case ops[i].kind == opPut || ops[i].kind == opUpdate:
			size += steps[i].now.Size()
		}
		if known && seen.again(t, steps[i].key) {
			return nil, errSameItem()
		}
	}
	switch {
	case size > MaxTransactionSize:
		return nil, errTransactionSize()
	case canceled:
		return nil, exception.Canceled(reasons...)
	}
	return steps, nil
}
