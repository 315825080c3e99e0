package table_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

func TestStoreOptions(t *testing.T) {
	s := table.NewStore(table.Options{Clock: new(clock.Manual)})
	require.Equal(t, table.DefaultRegion, s.Region())
	require.Equal(t, table.DefaultAccount, s.Account())
	require.Equal(t, clock.Epoch, s.Now())
	s = table.NewStore(table.Options{Clock: new(clock.Manual), Region: "cn-north-1", Account: "000000000001"})
	require.Equal(t, "cn-north-1", s.Region())
	require.Equal(t, "000000000001", s.Account())
	d, err := s.CreateTable(ctx, plain("Things"))
	require.NoError(t, err)
	require.Equal(t, "arn:aws-cn:dynamodb:cn-north-1:000000000001:table/Things", d.ARN.String())
}

func TestSeededIDs(t *testing.T) {
	ids := func(seed uint64) (list [2]string) {
		s := table.NewStore(table.Options{Clock: new(clock.Manual), Seed: seed})
		for i, name := range []string{"One", "Two"} {
			d, err := s.CreateTable(ctx, plain(name))
			require.NoError(t, err)
			list[i] = d.ID
		}
		require.NotEqual(t, list[0], list[1])
		return list
	}
	require.Equal(t, ids(1), ids(1))
	require.NotEqual(t, ids(1), ids(2))
	require.NotEqual(t, ids(0), ids(0), "without a seed they are random")
}

// operations are all that take a table by name or ARN.
func (f *fixture) operations() map[string]func(name string) error {
	return map[string]func(name string) error{
		"Table":         func(name string) error { _, err := f.store.Table(name); return err },
		"DescribeTable": func(name string) error { _, err := f.store.DescribeTable(ctx, name); return err },
		"TableState":    func(name string) error { _, err := f.store.TableState(ctx, name); return err },
		"UpdateTable": func(name string) error {
			_, err := f.store.UpdateTable(ctx, name, table.Changes{Class: schema.Standard})
			return err
		},
		"UpdateTimeToLive":   func(name string) error { return f.store.UpdateTimeToLive(ctx, name, "T", true) },
		"DescribeTimeToLive": func(name string) error { _, err := f.store.DescribeTimeToLive(ctx, name); return err },
		"RetainTable":        func(name string) error { return f.store.RetainTable(ctx, name, time.Hour) },
		"CaptureTable": func(name string) error {
			_, err := f.store.CaptureTable(ctx, name, snapshot.At)
			return err
		},
		"TransactWriteItems": func(name string) error {
			_, err := f.store.Transact(table.Delete(name, key("a", 1)))
			return err
		},
		"DescribeContributorInsights": func(name string) error {
			_, err := f.store.DescribeContributorInsights(ctx, name, "")
			return err
		},
		"UpdateContributorInsights": func(name string) error {
			_, err := f.store.UpdateContributorInsights(ctx, name, "", true, "")
			return err
		},
		"EnableKinesisStreamingDestination": func(name string) error {
			_, _, err := f.store.EnableKinesisStreamingDestination(ctx, name, kinesis, "")
			return err
		},
		"DescribeKinesisStreamingDestination": func(name string) error {
			_, err := f.store.DescribeKinesisStreamingDestination(ctx, name)
			return err
		},
		"DeleteTable": func(name string) error { _, err := f.store.DeleteTable(ctx, name); return err },
	}
}

func TestTablesByARN(t *testing.T) {
	f := newStore(t, table.Timing{})
	for name, do := range f.operations() {
		d := f.create(plain(name))
		require.NoError(t, do(d.ARN.String()), name)
		for text, want := range map[string]struct {
			code    exception.Code
			message string
		}{
			"arn:aws:dynamodb:eu-west-1:123456789012:table/Things": {exception.Validation,
				"1 validation error detected: Invalid AWS region in 'arn:aws:dynamodb:eu-west-1:123456789012:table/Things'"},
			"arn:aws:dynamodb:us-east-1:999999999999:table/Things": {exception.AccessDenied, "Access is denied"},
			d.ARN.Index("ByG").String():                            {exception.Validation, "Invalid TableArn: Invalid Table ARN"},
			"arn:aws":                                              {exception.Validation, "Invalid TableArn: Invalid Table ARN"},
			"": {exception.Validation, "2 validation errors detected: Value '' at 'tableName' failed to satisfy constraint: " +
				"Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'tableName' failed to satisfy " +
				"constraint: Member must have length greater than or equal to 3"},
		} {
			requireRefused(t, do(text), want.code, want.message)
		}
	}
}

func TestMissingTables(t *testing.T) {
	f := newStore(t, table.Timing{})
	for name, do := range f.operations() {
		want := missing("Things")
		if name == "Table" || name == "TransactWriteItems" {
			want = notFound // operations on items do not name it
		}
		for _, text := range []string{"Things", "arn:aws:dynamodb:us-east-1:123456789012:table/Things"} {
			err := do(text)
			requireRefused(t, err, exception.ResourceNotFound, want)
			var e *exception.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, name, e.Op)
		}
	}
}

// requireClosed has every operation on items refused.
func requireClosed(t *testing.T, tbl *table.Table) {
	t.Helper()
	k := key("a", 1)
	calls := map[string]func() error{
		"put":    func() error { _, err := tbl.Put(item("a", 1)); return err },
		"put if": func() error { _, err := tbl.Put(item("a", 1), table.Missing); return err },
		"delete": func() error { _, err := tbl.Delete(k); return err },
		"update": func() error {
			_, err := tbl.Update(k, func(old attr.Item) (attr.Item, error) { return old, nil })
			return err
		},
		"get":         func() error { _, _, err := tbl.Get(k); return err },
		"page":        func() error { _, err := tbl.Page(snapshot.Query{}); return err },
		"snapshot":    func() error { _, err := tbl.Snapshot(); return err },
		"snapshot at": func() error { _, err := tbl.SnapshotAt(clock.StartOf(clock.Epoch)); return err },
	}
	for name, call := range calls {
		err := call()
		require.ErrorIs(t, err, exception.ResourceNotFound, name)
		requireRefused(t, err, exception.ResourceNotFound, notFound)
	}
	n := 0
	for got, err := range tbl.Items(snapshot.Query{}) {
		n++
		require.True(t, got.IsZero())
		requireRefused(t, err, exception.ResourceNotFound, notFound)
	}
	require.Equal(t, 1, n, "the error ends the sequence")
}

func TestHandleOfAnEarlierIncarnation(t *testing.T) {
	for _, timing := range []table.Timing{{}, table.ServiceTiming()} {
		f := newFixture(t, plain("Things"), timing)
		f.put("a", 1)
		old := f.table
		f.drop("Things")
		requireClosed(t, old)
		f.clock.Advance(timing.Deleting)
		f.create(plain("Things"))
		f.clock.Advance(timing.Creating)
		requireClosed(t, old)
		require.Equal(t, "Things", old.Name())
		page, err := f.open("Things").Page(snapshot.Query{})
		require.NoError(t, err)
		require.Empty(t, page.Items)
	}
}

func TestItemsOfATableThatIsCreating(t *testing.T) {
	f := newStore(t, table.ServiceTiming())
	f.create(plain("Things"))
	_, err := f.store.Table("Things")
	requireRefused(t, err, exception.ResourceNotFound, notFound)
	_, err = f.store.Transact(table.Put("Things", item("a", 1)))
	requireRefused(t, err, exception.ResourceNotFound, notFound)
	_, err = f.store.CaptureTable(ctx, "Things", snapshot.At)
	requireRefused(t, err, exception.ResourceNotFound, notFound)
}
