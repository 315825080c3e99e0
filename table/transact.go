package table

import (
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
	"github.com/tidemark-db/tidemark/snapshot"
)

// MaxTransaction is how many operations a transaction may have.
const MaxTransaction = 100

// Op is one operation of a transaction. [Put], [Delete], [Update] and [Check] make them.
type Op struct {
	kind       opKind
	table      string
	item       attr.Item
	key        attr.Key
	conditions []Condition
	update     UpdateFunc
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
// item may be named twice. It returns a Change for each operation. If an operation is refused, the error is a
// TransactionCanceled whose Reasons say which ones and why.
func (s *Store) Transact(ops ...Op) ([]snapshot.Change, error) {
	changes, err := s.transact(ops)
	return changes, exception.During("TransactWriteItems", "", err)
}

func (s *Store) transact(ops []Op) ([]snapshot.Change, error) {
	var c validate.Check
	c.Count("transactItems", "[...]", len(ops), 1, MaxTransaction)
	if err := c.Err(); err != nil {
		return nil, err
	}
	tables := make([]*Table, len(ops))
	for i, op := range ops {
		t, err := s.lookupForItems(op.table)
		if err != nil {
			return nil, err
		}
		tables[i] = t
	}
	unlock := lockAll(tables)
	defer unlock()

	now := s.now()
	for _, t := range tables {
		if err := t.openLocked(now); err != nil {
			return nil, err
		}
	}
	steps, err := plan(ops, tables)
	if err != nil {
		return nil, err
	}
	at := s.seq.Next()
	changes := make([]snapshot.Change, len(ops))
	for i, t := range tables {
		changes[i] = t.commitLocked(at, steps[i])
	}
	return changes, nil
}

// lockAll locks each table once, in the order of their names, so that transactions cannot wait for each other. Of two
// incarnations of one name the earlier one comes first, as it does in tables.
func lockAll(tables []*Table) (unlock func()) {
	distinct := slices.Clone(tables)
	slices.SortStableFunc(distinct, func(a, b *Table) int { return strings.Compare(a.name, b.name) })
	distinct = slices.Compact(distinct)
	for _, t := range distinct {
		t.mu.Lock()
	}
	return func() {
		for _, t := range distinct {
			t.mu.Unlock()
		}
	}
}

// plan decides about all operations on the state before the transaction.
func plan(ops []Op, tables []*Table) ([]step, error) {
	type place struct {
		table *Table
		key   attr.Key
	}
	seen := make(map[place]bool, len(ops))
	steps := make([]step, len(ops))
	reasons := make([]exception.Reason, len(ops))
	canceled := false
	for i, t := range tables {
		var err error
		if steps[i], err = t.planLocked(ops[i]); err != nil {
			canceled, reasons[i] = true, reason(err)
		}
		p := place{t, steps[i].key}
		if p.key == (attr.Key{}) {
			continue
		}
		if seen[p] {
			return nil, exception.Validation.Errorf("Transaction request cannot include multiple operations on one item")
		}
		seen[p] = true
	}
	if canceled {
		return nil, cancellation(reasons)
	}
	return steps, nil
}
