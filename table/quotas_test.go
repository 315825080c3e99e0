package table_test

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

const guide = " Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."

// within returns a store with quotas, whose clock stands still.
func within(q table.Quotas, timing table.Timing) (*table.Store, *clock.Manual) {
	c := new(clock.Manual)
	return table.NewStore(table.Options{Clock: c, Seed: 1, Timing: timing, Quotas: q}), c
}

// withThroughput returns a table with a global index and the throughput of both.
func withThroughput(name string, own, index schema.Throughput) schema.Definition {
	d := indexed(name)
	d.BillingMode, d.Throughput, d.LocalIndexes = schema.Provisioned, own, nil
	d.GlobalIndexes = d.GlobalIndexes[:1]
	d.GlobalIndexes[0].Throughput = index
	used := make(schema.Attributes)
	for _, keys := range []schema.KeySchema{d.KeySchema, d.GlobalIndexes[0].KeySchema} {
		for _, k := range keys {
			used[k.Name] = d.Attributes[k.Name]
		}
	}
	d.Attributes = used
	return d
}

func TestDefaultQuotas(t *testing.T) {
	s, _ := within(table.Quotas{AccountWrite: 7, TableRead: math.MaxInt64, TableWrite: -1, Tables: -1}, table.Timing{})
	q := s.Quotas()
	require.EqualValues(t, []int64{80_000, 7, 40_000, 0}, []int64{q.AccountRead, q.AccountWrite, q.TableWrite, int64(q.Tables)})
	require.Greater(t, q.TableRead, int64(1e12))
}

func TestQuotasOfATable(t *testing.T) {
	s, _ := within(table.Quotas{TableRead: 10, TableWrite: 20, AccountRead: 1000, AccountWrite: 1000}, table.Timing{})
	limited := func(d schema.Definition, most schema.OnDemandThroughput) schema.Definition {
		d.BillingMode, d.Throughput = schema.PayPerRequest, schema.Throughput{}
		d.GlobalIndexes[0].Throughput, d.GlobalIndexes[0].OnDemand = schema.Throughput{}, most
		return d
	}
	one := schema.Throughput{Read: 1, Write: 1}
	onDemand := limited(withThroughput("Things", one, one), schema.OnDemandThroughput{})
	onDemand.OnDemand.MaxWrite = 21
	const subscriber = "Subscriber limit exceeded: Requested "
	for want, d := range map[string]schema.Definition{
		"The requested ReadCapacityUnits, 11, is above the per table maximum for the account in us-east-1. " +
			"Per table maximum: 10." + guide: withThroughput("Things", schema.Throughput{Read: 11, Write: 1}, one),
		"The requested WriteCapacityUnits for index ByG, 21, is above the per index maximum for the account in us-east-1. " +
			"Per index maximum: 20." + guide: withThroughput("Things", one, schema.Throughput{Read: 1, Write: 21}),
		subscriber + "MaxWriteRequestUnits for OnDemandThroughput for table exceeds TableMaxWriteCapacityUnits of the " +
			"account in region us-east-1": onDemand,
		subscriber + "MaxReadRequestUnits for OnDemandThroughput for index : ByG exceeds TableMaxReadCapacityUnits of the " +
			"account in region us-east-1": limited(withThroughput("Things", one, one), schema.OnDemandThroughput{MaxRead: 11}),
	} {
		_, err := s.CreateTable(ctx, d)
		requireRefused(t, err, exception.LimitExceeded, want)
		_, err = s.DescribeTable(ctx, "Things")
		require.ErrorIs(t, err, exception.ResourceNotFound)
	}
	_, err := s.CreateTable(ctx, withThroughput("Things", schema.Throughput{Read: 9, Write: 19}, one))
	require.NoError(t, err)
	_, err = s.UpdateTable(ctx, "Things", table.Changes{Throughput: schema.Throughput{Read: 11, Write: 19}})
	require.ErrorIs(t, err, exception.LimitExceeded)
	_, err = s.UpdateTable(ctx, "Things", table.Changes{Throughput: schema.Throughput{Read: 10, Write: 20}})
	require.NoError(t, err, "table and index are bounded each by itself")
	_, err = s.UpdateTable(ctx, "Things", table.Changes{
		Indexes: map[string]table.IndexChanges{"ByG": {Throughput: schema.Throughput{Read: 1, Write: 21}}},
	})
	require.ErrorIs(t, err, exception.LimitExceeded)
}

// What is reserved for all tables follows every change of one, and comes back with it.
func TestQuotasOfAnAccount(t *testing.T) {
	s, c := within(table.Quotas{AccountRead: 100, AccountWrite: 50}, table.Timing{Deleting: time.Minute})
	units := func(read, write int64) schema.Throughput { return schema.Throughput{Read: read, Write: write} }
	exceeded := func(kind string, now, limit, requested int) string {
		return fmt.Sprintf("This request would have caused the %[1]s limit to be exceeded for the account in us-east-1. "+
			"Current %[1]s reserved by the account: %[2]d. Limit: %[3]d. Requested: %[4]d."+guide, kind, now, limit, requested)
	}
	create := func(name string, own, index schema.Throughput) error {
		_, err := s.CreateTable(ctx, withThroughput(name, own, index))
		return err
	}
	require.NoError(t, create("One", units(60, 10), units(20, 10)))
	requireRefused(t, create("Two", units(20, 1), units(1, 1)), exception.LimitExceeded, exceeded("ReadCapacityUnits", 80, 100, 21))
	requireRefused(t, create("Two", units(1, 30), units(1, 1)), exception.LimitExceeded, exceeded("WriteCapacityUnits", 20, 50, 31))
	require.NoError(t, create("Two", units(10, 15), units(10, 15)), "to the last unit")

	_, err := s.UpdateTable(ctx, "One", table.Changes{Throughput: units(61, 10)})
	requireRefused(t, err, exception.LimitExceeded, exceeded("ReadCapacityUnits", 100, 100, 1))
	d, err := s.DescribeTable(ctx, "One")
	require.NoError(t, err)
	require.Equal(t, units(60, 10), d.Throughput, "what is refused changes nothing")
	_, err = s.UpdateTable(ctx, "One", table.Changes{Throughput: units(50, 10)})
	require.NoError(t, err, "less is always possible")
	_, err = s.UpdateTable(ctx, "One", table.Changes{DeleteIndexes: []string{"ByG"}})
	require.NoError(t, err)
	requireRefused(t, create("Three", units(30, 30), units(1, 1)), exception.LimitExceeded, exceeded("ReadCapacityUnits", 70, 100, 31))
	_, err = s.UpdateTable(ctx, "Two", table.Changes{BillingMode: schema.PayPerRequest})
	require.NoError(t, err)
	require.NoError(t, create("Three", units(49, 39), units(1, 1)))
	_, err = s.DeleteTable(ctx, "Three")
	require.NoError(t, err)
	c.Advance(time.Minute)
	require.NoError(t, create("Three", units(49, 39), units(1, 1)), "a table that is gone has given back what it had")
}

// Restores count as new tables do.
func TestQuotasOfRestores(t *testing.T) {
	s, c := within(table.Quotas{AccountRead: 5, Tables: 3}, table.Timing{Deleting: time.Minute})
	f := &fixture{T: t, store: s}
	two := schema.Throughput{Read: 2, Write: 1}
	_, err := s.CreateTable(ctx, withThroughput("Things", schema.Throughput{Read: 1, Write: 1}, schema.Throughput{Read: 1, Write: 1}))
	require.NoError(t, err)
	things, err := s.Table("Things")
	require.NoError(t, err)
	snap, err := things.Snapshot()
	require.NoError(t, err)
	require.NoError(t, f.restore(snap, "Copy"))
	require.ErrorIs(t, f.restore(snap, "Another"), exception.LimitExceeded)
	_, err = s.UpdateTable(ctx, "Things", table.Changes{DeleteIndexes: []string{"ByG"}})
	require.NoError(t, err)
	require.NoError(t, f.restore(snap, "Another"))
	_, err = s.DeleteTable(ctx, "Copy")
	require.NoError(t, err)
	requireRefused(t, f.restore(snap, "Last"), exception.LimitExceeded,
		"Subscriber limit exceeded: There is a limit of 3 tables per subscriber")
	c.Advance(time.Minute)
	require.NoError(t, f.restore(snap, "Last"))
	_, err = s.UpdateTable(ctx, "Things", table.Changes{Throughput: two})
	require.ErrorIs(t, err, exception.LimitExceeded)
}

// However many come at once, no more than the quota of the account is given away.
func TestQuotasUnderContention(t *testing.T) {
	s, _ := within(table.Quotas{AccountWrite: 20}, table.Timing{})
	var group sync.WaitGroup
	for i := range 30 {
		group.Go(func() {
			d := plain(fmt.Sprintf("Table-%d", i))
			d.BillingMode, d.Throughput = schema.Provisioned, schema.Throughput{Read: 1, Write: 2}
			if _, err := s.CreateTable(ctx, d); err == nil && i%2 == 0 {
				_, _ = s.UpdateTable(ctx, d.Name, table.Changes{Throughput: schema.Throughput{Read: 1, Write: 3}})
			}
		})
	}
	group.Wait()
	names, _, err := s.ListTables(ctx, "", 0)
	require.NoError(t, err)
	var given int64
	for _, name := range names {
		d, err := s.DescribeTable(ctx, name)
		require.NoError(t, err)
		given += d.Throughput.Write
	}
	require.LessOrEqual(t, given, int64(20))
	require.Greater(t, given, int64(18))
}

// What is asked for as warm throughput is bounded as what is provisioned is.
func TestQuotasOfWarmThroughput(t *testing.T) {
	s, _ := within(table.Quotas{}, table.Timing{})
	refused := func(unit, whose, limit string, err error) {
		t.Helper()
		requireRefused(t, err, exception.LimitExceeded, "Subscriber limit exceeded: Requested "+unit+" for WarmThroughput for "+
			whose+" exceeds "+limit+" of the account in region us-east-1")
	}
	create := func(own, index schema.Throughput) error {
		d := indexed("Things")
		d.Warm, d.GlobalIndexes[0].Warm = own, index
		_, err := s.CreateTable(ctx, d)
		return err
	}
	most := schema.Throughput{Read: 40_000, Write: 40_000}
	refused("ReadUnitsPerSecond", "table", "TableMaxReadCapacityUnits", create(schema.Throughput{Read: 40_001}, most))
	refused("WriteUnitsPerSecond", "index ByG", "TableMaxWriteCapacityUnits", create(most, schema.Throughput{Write: math.MaxInt64}))
	require.NoError(t, create(schema.Throughput{}, schema.Throughput{}), "a table that is refused is not there")

	before, err := s.DescribeTable(ctx, "Things")
	require.NoError(t, err)
	x := byX()
	x.CreateIndexes[0].Warm = schema.Throughput{Read: 40_001}
	for whose, c := range map[string]table.Changes{
		"table":     {Warm: schema.Throughput{Read: 40_001}},
		"index ByG": {Indexes: map[string]table.IndexChanges{"ByG": {Warm: &schema.Throughput{Read: 40_001}}}},
		"index ByX": x,
	} {
		_, err := s.UpdateTable(ctx, "Things", c)
		refused("ReadUnitsPerSecond", whose, "TableMaxReadCapacityUnits", err)
	}
	after, err := s.DescribeTable(ctx, "Things")
	require.NoError(t, err)
	require.Equal(t, before, after)
	_, err = s.UpdateTable(ctx, "Things", table.Changes{Warm: most})
	require.NoError(t, err)
}
