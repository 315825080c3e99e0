package table

import (
	"slices"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
)

// MaxBatch is how many writes a batch may have.
const MaxBatch = 25

// Batch does all of ops, which must be puts and deletes, or none of them if one of them is bad (BatchWriteItem). Tables
// are given by name or ARN; no item may be named twice. Unlike in a transaction, every write is a commit of its own, in
// the order of ops. One that has conditions, which the service's cannot have, is left out if they do not hold when it is
// its turn. It returns their Changes, the zero Change for a write that was left out. The error is the first reason to
// refuse.
func (s *Store) Batch(ops ...Op) ([]snapshot.Change, error) {
	changes, err := s.batch(slices.Clone(ops))
	return changes, exception.During("BatchWriteItem", "", err)
}

func (s *Store) batch(ops []Op) ([]snapshot.Change, error) {
	tables, err := s.several("requestItems", len(ops), MaxBatch, func(i int) string { return ops[i].table })
	if err != nil {
		return nil, err
	}
	unlock := lockAll(tables)
	defer unlock()

	if err := s.openAllLocked(tables); err != nil {
		return nil, err
	}
	seen := make(places, len(ops))
	for i, t := range tables {
		if ops[i], err = t.batchedLocked(ops[i]); err != nil {
			return nil, err
		}
		if seen.again(t, ops[i].key) {
			return nil, exception.Validation.Errorf("Provided list of item keys contains duplicates")
		}
	}
	changes := make([]snapshot.Change, len(ops))
	for i, t := range tables {
		at := t.nextLocked() // before the look-up: what has come due by then is gone
		old := itemOf(t.mu.data.Lookup(ops[i].key))
		if ops[i].holds(old) {
			changes[i] = t.commitLocked(at, step{old: old, now: ops[i].item, key: ops[i].key})
		}
	}
	return changes, nil
}

// batchedLocked returns op with its key, if it can be part of a batch. Of an item the service checks the key as it does
// that of a delete, and the rest afterwards.
func (t *Table) batchedLocked(op Op) (Op, error) {
	if op.kind != opPut && op.kind != opDelete {
		return op, exception.Validation.Errorf("A batch has puts and deletes alone")
	}
	layout := t.mu.data.Layout()
	if op.kind == opPut {
		op.key = layout.KeyOf(op.item)
	}
	if err := layout.CheckKey(op.key); err != nil {
		return op, err
	}
	if op.kind == opPut {
		return op, layout.Check(op.item)
	}
	return op, nil
}
