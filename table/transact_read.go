package table

import (
	"errors"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
)

// Read names an item to read in a transaction.
type Read struct {
	Table string // a name or an ARN
	Key   attr.Key
}

// TransactRead returns the items that reads name as of one instant, and the zero Item for one that is not there
// (TransactGetItems). No item may be named twice, and all of them may have MaxTransactionSize together. If a key is not
// one of its table, the error is a TransactionCanceled whose Reasons say which; it is a ValidationException, as for the
// service, if that can be seen without the table: for a value that is empty or too large.
func (s *Store) TransactRead(reads ...Read) ([]attr.Item, error) {
	items, err := s.transactRead(reads)
	return items, exception.During("TransactGetItems", "", err)
}

func (s *Store) transactRead(reads []Read) ([]attr.Item, error) {
	tables, err := s.several("transactItems", len(reads), MaxTransaction, func(i int) string { return reads[i].Table })
	if err != nil {
		return nil, err
	}
	all := distinct(tables) // in the order in which lockAll locks them
	now := s.now()
	for _, t := range all {
		t.rlock(now)
		defer t.mu.RUnlock()
	}
	if err := s.openAllLocked(all); err != nil {
		return nil, err
	}
	items := make([]attr.Item, len(reads))
	seen := make(places, len(reads))
	reasons := make([]exception.Reason, len(reads))
	canceled, same, size := false, false, 0
	for i, t := range tables {
		key := reads[i].Key
		switch err := t.mu.data.Layout().CheckKey(key); {
		case errors.Is(err, storage.ErrEmptyKey), errors.Is(err, storage.ErrTooLarge):
			return nil, err
		case err != nil:
			canceled, reasons[i] = true, exception.ReasonOf(err)
			continue
		}
		same = seen.again(t, key) || same
		items[i] = itemOf(t.mu.data.Lookup(key))
		size += items[i].Size()
	}
	switch {
	case canceled:
		return nil, exception.Canceled(reasons...)
	case same:
		return nil, errSameItem()
	case size > MaxTransactionSize:
		return nil, errTransactionSize()
	}
	return items, nil
}
