package table_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// newPair returns a fixture with a second table, Others.
func newPair(t *testing.T) (f *fixture, others *table.Table) {
	f = newFixture(t, indexed("Things"), table.Timing{})
	f.create(plain("Others"))
	return f, f.open("Others")
}

func keep(old attr.Item) (attr.Item, error) { return old, nil }

func TestTransact(t *testing.T) {
	f, others := newPair(t)
	f.put("a", 1)
	f.put("a", 2)
	updated := item("a", 2, attr.Map{"X": attr.Int(1)})
	changes, err := f.store.Transact(
		table.Put("Things", item("b", 1), table.Missing),
		table.Delete("Things", key("a", 1), table.Exists),
		table.Update(f.describe("Things").ARN.String(), key("a", 2), func(old attr.Item) (attr.Item, error) {
			require.Equal(t, item("a", 2), old)
			return updated, nil
		}),
		table.Check("Things", key("a", 3), table.Missing),
		table.Put("Others", item("a", 1)),
		table.Delete("Others", key("a", 2)),
	)
	require.NoError(t, err)
	at := changes[0].At
	none := attr.Item{}
	require.Equal(t, []snapshot.Change{
		change(at, key("b", 1), none, item("b", 1)),
		change(at, key("a", 1), item("a", 1), none),
		change(at, key("a", 2), item("a", 2), updated),
		change(at, key("a", 3), none, none),
		change(at, key("a", 1), none, item("a", 1)),
		change(at, key("a", 2), none, none),
	}, changes, "all at one instant")
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	requireItems(t, s, item("b", 1), updated)
	s, err = others.Snapshot()
	require.NoError(t, err)
	requireItems(t, s, item("a", 1))
}

func TestTransactReasons(t *testing.T) {
	f, others := newPair(t)
	f.put("a", 1)
	before, err := f.table.Snapshot()
	require.NoError(t, err)
	update := func(now attr.Item, err error) table.UpdateFunc {
		return func(attr.Item) (attr.Item, error) { return now, err }
	}
	_, err = f.store.Transact(
		table.Put("Others", item("fine", 1)),
		table.Put("Others", item("a", 1), table.Exists),
		table.Check("Things", key("a", 1), table.Missing),
		table.Delete("Things", key("a", 2), table.Exists),
		table.Put("Things", attr.MustItem(attr.Map{"P": attr.S("a")})),
		table.Put("Things", item("a", 3, attr.Map{"G": attr.Int(1)})),
		table.Delete("Things", attr.Key{}),
		table.Update("Things", key("a", 4), update(item("a", 5), nil)),
		table.Update("Things", key("a", 6), update(attr.Item{}, errors.New("oops"))),
		table.Update("Things", key("a", 7), update(attr.Item{}, exception.LimitExceeded.Errorf("enough"))),
		table.Put("Others", item("fine", 2)),
	)
	codes := "None, ConditionalCheckFailed, ConditionalCheckFailed, ConditionalCheckFailed, ValidationError, " +
		"ValidationError, ValidationError, ValidationError, InternalServerError, LimitExceeded, None"
	requireRefused(t, err, exception.TransactionCanceled,
		"Transaction cancelled, please refer cancellation reasons for specific reasons ["+codes+"]")
	var e *exception.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "TransactWriteItems", e.Op)
	failed := exception.Reason{Code: exception.ConditionalCheckFailed, Message: conditionFailed}
	require.Equal(t, []exception.Reason{
		{}, failed, failed, failed,
		{Code: exception.Validation, Message: invalid + "Missing the key K in the item"},
		{Code: exception.Validation, Message: invalid + "Type mismatch for Index Key G Expected: S Actual: N IndexName: ByG"},
		{Code: exception.Validation, Message: "The provided key element does not match the schema"},
		{Code: exception.Validation, Message: invalid + "Cannot update attribute that is part of the key"},
		{Code: exception.InternalServerError, Message: "oops"},
		{Code: exception.LimitExceeded, Message: "enough"},
		{},
	}, e.Reasons)
	after, err := f.table.Snapshot()
	require.NoError(t, err)
	require.Equal(t, before.Len(), after.Len())
	requireItems(t, after, item("a", 1))
	s, err := others.Snapshot()
	require.NoError(t, err)
	requireItems(t, s)
}

func TestTransactLimits(t *testing.T) {
	f, _ := newPair(t)
	const count = "1 validation error detected: Value '[...]' at 'transactItems' failed to satisfy constraint: Member must have length "
	_, err := f.store.Transact()
	requireRefused(t, err, exception.Validation, count+"greater than or equal to 1")
	var ops []table.Op
	for i := range int64(table.MaxTransaction + 1) {
		ops = append(ops, table.Put("Things", item("a", i)))
	}
	_, err = f.store.Transact(ops...)
	requireRefused(t, err, exception.Validation, count+"less than or equal to 100")
	changes, err := f.store.Transact(ops[1:]...)
	require.NoError(t, err)
	require.Len(t, changes, 100)
}

func TestTransactNamesAnItemOnce(t *testing.T) {
	f, _ := newPair(t)
	f.put("a", 1)
	const twice = "Transaction request cannot include multiple operations on one item"
	again := []table.Op{
		table.Put("Things", item("a", 1, attr.Map{"X": attr.Int(1)})),
		table.Put("Things", item("a", 1), table.Missing), // which fails by itself
		table.Delete("Things", key("a", 1)),
		table.Check("Things", key("a", 1), table.Missing), // this one too
		table.Update(f.describe("Things").ARN.String(), key("a", 1), keep),
	}
	for _, first := range again {
		for _, second := range again {
			_, err := f.store.Transact(first, second)
			requireRefused(t, err, exception.Validation, twice)
		}
	}
	require.Equal(t, item("a", 1), f.get("a", 1))
	_, err := f.store.Transact(table.Check("Things", key("a", 1)), table.Check("Others", key("a", 1)))
	require.NoError(t, err, "two items, of two tables")
}

func TestTransactOnAMissingTable(t *testing.T) {
	f, others := newPair(t)
	f.drop("Things")
	_, err := f.store.Transact(table.Put("Others", item("a", 1)), table.Put("Things", item("a", 1)))
	requireRefused(t, err, exception.ResourceNotFound, notFound)
	_, err = f.store.Transact(table.Put("Others", item("a", 1)), table.Put("x", item("a", 1)))
	require.ErrorIs(t, err, exception.Validation)
	s, err := others.Snapshot()
	require.NoError(t, err)
	requireItems(t, s)
}

// TestTransactionsAreAtomic moves units between items of two tables in all directions; no reader and no snapshot may
// find another total.
func TestTransactionsAreAtomic(t *testing.T) {
	const items, each, movers, moves = 4, 100, 4, 150
	f, others := newPair(t)
	for i := range int64(items) {
		f.put("a", i, attr.Map{"N": attr.Int(each)})
	}
	move := func(from, to int64) error {
		add := func(n int64) table.UpdateFunc {
			return func(old attr.Item) (attr.Item, error) {
				return attr.MustItem(attr.Map{"P": attr.S("a"), "K": value(old, "K"), "N": attr.Int(number(old) + n)}), nil
			}
		}
		_, err := f.store.Transact(table.Update("Things", key("a", from), add(-1)), table.Update("Things", key("a", to), add(1)),
			table.Put("Others", item("b", from)), table.Delete("Others", key("b", to)))
		return err
	}
	var group sync.WaitGroup
	for m := range int64(movers) {
		group.Go(func() {
			for n := range int64(moves) {
				if err := move((n+m)%items, (n+2*m+1)%items); err != nil && !strings.Contains(err.Error(), "on one item") {
					t.Error(err)
				}
			}
		})
	}
	group.Go(func() {
		for range moves {
			s, err := f.table.Snapshot()
			if err != nil || total(s) != items*each {
				t.Errorf("%v, %d", err, total(s))
			}
		}
	})
	group.Wait()
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	require.EqualValues(t, items*each, total(s))
	page, err := others.Page(snapshot.Query{})
	require.NoError(t, err)
	require.NotEmpty(t, page.Items)
}

func total(s *snapshot.Snapshot) (n int64) {
	for it := range s.All() {
		n += number(it)
	}
	return n
}

func value(it attr.Item, name string) attr.Value {
	v, _ := it.Lookup(name)
	return v
}

// number returns the attribute N.
func number(it attr.Item) (n int64) {
	text, _ := value(it, "N").Number()
	_, _ = fmt.Sscan(text, &n)
	return n
}
