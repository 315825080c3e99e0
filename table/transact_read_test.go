package table_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/table"
)

func TestTransactRead(t *testing.T) {
	f, others := newPair(t)
	f.put("a", 1)
	_, err := others.Put(item("a", 1, attr.Map{"X": attr.Int(1)}))
	require.NoError(t, err)
	items, err := f.store.TransactRead(
		table.Read{Table: "Others", Key: key("a", 1)},
		table.Read{Table: f.describe("Things").ARN.String(), Key: key("a", 1)},
		table.Read{Table: "Others", Key: key("a", 2)},
	)
	require.NoError(t, err)
	require.Equal(t, []attr.Item{item("a", 1, attr.Map{"X": attr.Int(1)}), item("a", 1), {}}, items)
}

func TestTransactReadRefuses(t *testing.T) {
	f, _ := newPair(t)
	good := table.Read{Table: "Things", Key: key("a", 1)}
	wrong := table.Read{Table: "Others", Key: attr.Key{Partition: attr.S("a")}}
	empty := table.Read{Table: "Others", Key: key("", 1)}
	read := func(reads ...table.Read) error {
		_, err := f.store.TransactRead(reads...)
		return err
	}
	const count = "1 validation error detected: Value '[...]' at 'transactItems' failed to satisfy constraint: " +
		"Member must have length "
	requireRefused(t, read(), exception.Validation, count+"greater than or equal to 1")
	requireRefused(t, read(make([]table.Read, 101)...), exception.Validation, count+"less than or equal to 100")
	requireRefused(t, read(good, table.Read{Table: "None"}), exception.ResourceNotFound, notFound)
	const twice = "Transaction request cannot include multiple operations on one item"
	byARN := table.Read{Table: f.describe("Things").ARN.String(), Key: good.Key}
	requireRefused(t, read(good, byARN), exception.Validation, twice)
	requireRefused(t, read(good, wrong, empty), exception.Validation, "One or more parameter values are not valid. "+
		"The AttributeValue for a key attribute cannot contain an empty string value. Key: P")

	const canceled = "Transaction cancelled, please refer cancellation reasons for specific reasons "
	requireRefused(t, read(good, good, wrong), exception.TransactionCanceled, canceled+"[None, None, ValidationError]")
	err := read(good, wrong)
	requireRefused(t, err, exception.TransactionCanceled, canceled+"[None, ValidationError]")
	var e *exception.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "TransactGetItems", e.Op)
	require.Equal(t, []exception.Reason{{}, {
		Code: exception.Validation, Message: "The provided key element does not match the schema",
	}}, e.Reasons)

	f.drop("Others")
	requireRefused(t, read(good, table.Read{Table: "Others", Key: key("a", 1)}), exception.ResourceNotFound, notFound)
}

func TestTransactReadWhileCreating(t *testing.T) {
	f := newStore(t, table.Timing{Creating: time.Second})
	f.create(plain("Things"))
	read := table.Read{Table: "Things", Key: key("a", 1)}
	_, err := f.store.TransactRead(read)
	requireRefused(t, err, exception.ResourceNotFound, notFound)
	f.clock.Advance(time.Second)
	_, err = f.store.TransactRead(read)
	require.NoError(t, err)
}

// TestTransactReadSeesWholeTransactions reads items of two tables beside transactions that keep them equal.
func TestTransactReadSeesWholeTransactions(t *testing.T) {
	f, _ := newPair(t)
	set := func(n int64) error {
		_, err := f.store.Transact(table.Put("Others", item("a", 1, attr.Map{"N": attr.Int(n)})),
			table.Put("Things", item("a", 1, attr.Map{"N": attr.Int(n)})))
		return err
	}
	require.NoError(t, set(0))
	done := make(chan error, 1)
	go func() {
		var err error
		for n := int64(1); n < 500 && err == nil; n++ {
			err = set(n)
		}
		done <- err
	}()
	for range 500 {
		items, err := f.store.TransactRead(table.Read{Table: "Things", Key: key("a", 1)},
			table.Read{Table: "Others", Key: key("a", 1)})
		require.NoError(t, err)
		require.Equal(t, items[0], items[1])
	}
	require.NoError(t, <-done)
}
