package table_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

const tick = time.Nanosecond

func TestCreateTable(t *testing.T) {
	f := newStore(t, table.ServiceTiming())
	d := indexed("Things")
	d.Stream, d.TTLAttribute, d.Class = schema.NewImage, "Expires", schema.StandardInfrequentAccess
	d.SSE.Enabled, d.DeletionProtection = true, true
	got := f.create(d)
	require.Len(t, got.ID, 36)
	table := arn.Table("us-east-1", "123456789012", "Things")
	require.Equal(t, schema.Description{
		Table: schema.Table{
			Name: "Things", ID: got.ID, ARN: table, CreationTime: clock.Epoch,
			KeySchema: d.KeySchema, Attributes: d.Attributes, LocalIndexes: d.LocalIndexes, GlobalIndexes: d.GlobalIndexes,
			BillingMode: schema.PayPerRequest, Stream: schema.NewImage, TTLAttribute: "Expires",
			Encryption: schema.EncryptionFor(d.SSE, "us-east-1", "123456789012"),
		},
		Status: schema.Creating, Class: schema.StandardInfrequentAccess, DeletionProtection: true,
		States:    map[string]schema.IndexState{"ByG": {Status: schema.Creating}, "ByGToo": {Status: schema.Creating}},
		StreamARN: table.Stream(clock.Epoch),
	}, got)
	d.KeySchema[0].Name, d.GlobalIndexes[1].Projection.NonKey[0] = "changed", "changed"
	require.Equal(t, got, f.describe("Things"), "the definition remains the caller's")
	got.Attributes["P"] = attr.TypeB
	require.NotEqual(t, got, f.describe("Things"), "and the description is the caller's too")
}

func TestCreateTableDefaults(t *testing.T) {
	f := newStore(t, table.Timing{})
	d := plain("Things")
	d.BillingMode, d.Throughput = "", schema.Throughput{Read: 1, Write: 2}
	got := f.create(d)
	require.Equal(t, schema.Provisioned, got.BillingMode)
	require.Zero(t, got.StreamARN)
	require.Zero(t, got.Encryption)
	d.Name = "x"
	_, err := f.store.CreateTable(ctx, d)
	requireRefused(t, err, exception.Validation, "1 validation error detected: Value 'x' at 'tableName' failed to "+
		"satisfy constraint: Member must have length greater than or equal to 3")
	var e *exception.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "CreateTable", e.Op)
}

func TestStatesOverTime(t *testing.T) {
	f := newStore(t, table.ServiceTiming())
	at := func(d time.Duration, want schema.Status) {
		t.Helper()
		f.clock.Set(clock.Epoch.Add(d))
		require.Equal(t, want, f.describe("Things").Status)
		state, err := f.store.TableState(ctx, "Things")
		require.NoError(t, err)
		require.Equal(t, want, state.Status)
	}
	f.create(plain("Things"))
	at(0, schema.Creating)
	at(5*time.Second-tick, schema.Creating)
	at(5*time.Second, schema.Active)

	d, err := f.store.UpdateTable(ctx, "Things", table.Changes{Class: schema.StandardInfrequentAccess})
	require.NoError(t, err)
	require.Equal(t, schema.Updating, d.Status)
	at(10*time.Second-tick, schema.Updating)
	f.table = f.open("Things")
	f.put("a", 1)
	at(10*time.Second, schema.Active)

	d, err = f.store.DeleteTable(ctx, "Things")
	require.NoError(t, err)
	require.Equal(t, schema.Deleting, d.Status)
	at(15*time.Second-tick, schema.Deleting)
	names, _, err := f.store.ListTables(ctx, "", 0)
	require.NoError(t, err)
	require.Equal(t, []string{"Things"}, names, "DELETING tables are listed")
	f.clock.Advance(tick)
	_, err = f.store.DescribeTable(ctx, "Things")
	requireRefused(t, err, exception.ResourceNotFound, missing("Things"))
	names, _, err = f.store.ListTables(ctx, "", 0)
	require.NoError(t, err)
	require.Empty(t, names)
}

func TestTableState(t *testing.T) {
	f := newStore(t, table.ServiceTiming())
	d := f.create(plain("Things"))
	want := schema.State{
		ID: d.ID, Status: schema.Creating, CreationTime: clock.Epoch, ActiveTime: clock.Epoch.Add(5 * time.Second),
		SettledTime: clock.Epoch.Add(5 * time.Second),
	}
	state, err := f.store.TableState(ctx, d.ARN.String())
	require.NoError(t, err)
	require.Equal(t, want, state)
	f.clock.Advance(time.Minute)
	f.drop("Things")
	want.Status, want.DeletionTime = schema.Deleting, clock.Epoch.Add(time.Minute)
	state, err = f.store.TableState(ctx, "Things")
	require.NoError(t, err)
	require.Equal(t, want, state)
	_, err = f.store.TableState(ctx, "Other")
	requireRefused(t, err, exception.ResourceNotFound, missing("Other"))
}

func TestZeroTiming(t *testing.T) {
	f := newStore(t, table.Timing{})
	first := f.create(plain("Things"))
	require.Equal(t, schema.Creating, first.Status, "the answer names the state, even if it is over at once")
	require.Equal(t, schema.Active, f.describe("Things").Status)
	d, err := f.store.UpdateTable(ctx, "Things", table.Changes{Class: schema.StandardInfrequentAccess})
	require.NoError(t, err)
	require.Equal(t, schema.Updating, d.Status)
	require.Equal(t, schema.Active, f.describe("Things").Status)
	d, err = f.store.DeleteTable(ctx, "Things")
	require.NoError(t, err)
	require.Equal(t, schema.Deleting, d.Status)
	_, err = f.store.DescribeTable(ctx, "Things")
	requireRefused(t, err, exception.ResourceNotFound, missing("Things"))
	second := f.create(plain("Things"))
	require.NotEqual(t, first.ID, second.ID)
	require.Equal(t, first.ARN, second.ARN)
}

func TestNameConflicts(t *testing.T) {
	f := newStore(t, table.ServiceTiming())
	f.create(plain("Things"))
	create := func() error {
		_, err := f.store.CreateTable(ctx, plain("Things"))
		return err
	}
	remove := func() error {
		_, err := f.store.DeleteTable(ctx, "Things")
		return err
	}
	requireRefused(t, create(), exception.ResourceInUse, inUse+"Table is being created: Things")
	requireRefused(t, remove(), exception.ResourceInUse, inUse+"Table is being created: Things")
	f.clock.Advance(5 * time.Second)
	requireRefused(t, create(), exception.ResourceInUse, "Table already exists: Things")
	_, err := f.store.UpdateTable(ctx, "Things", table.Changes{Class: schema.StandardInfrequentAccess})
	require.NoError(t, err)
	requireRefused(t, create(), exception.ResourceInUse, "Table already exists: Things")
	requireRefused(t, remove(), exception.ResourceInUse, inUse+"Table: Things is in the process of being updated.")
	f.clock.Advance(5 * time.Second)
	require.NoError(t, remove())
	requireRefused(t, create(), exception.ResourceInUse, "Table already exists: Things")
	requireRefused(t, remove(), exception.ResourceInUse, inUse+"Table is being deleted: Things")
	f.clock.Advance(5 * time.Second)
	requireRefused(t, remove(), exception.ResourceNotFound, missing("Things"))
	require.NoError(t, create())
}

func TestDeletionProtection(t *testing.T) {
	d := plain("Things")
	d.DeletionProtection = true
	f := newFixture(t, d, table.Timing{})
	_, err := f.store.DeleteTable(ctx, "Things")
	requireRefused(t, err, exception.Validation,
		"Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	require.Equal(t, schema.Active, f.describe("Things").Status)
	off := false
	_, err = f.store.UpdateTable(ctx, "Things", table.Changes{DeletionProtection: &off})
	require.NoError(t, err)
	f.drop("Things")
}

func TestListTables(t *testing.T) {
	f := newStore(t, table.ServiceTiming())
	for i := range 101 {
		f.create(plain(fmt.Sprintf("T%03d", 100-i)))
	}
	names, last, err := f.store.ListTables(ctx, "", 0)
	require.NoError(t, err)
	require.Len(t, names, 100)
	require.Equal(t, "T000", names[0])
	require.Equal(t, "T099", last)
	names, last, err = f.store.ListTables(ctx, last, 100)
	require.NoError(t, err)
	require.Equal(t, []string{"T100"}, names)
	require.Empty(t, last)
	names, last, err = f.store.ListTables(ctx, "T0505", 2)
	require.NoError(t, err)
	require.Equal(t, []string{"T051", "T052"}, names, "the name to start after need not exist")
	require.Equal(t, "T052", last)
	names, last, err = f.store.ListTables(ctx, "T098", 2)
	require.NoError(t, err)
	require.Equal(t, []string{"T099", "T100"}, names)
	require.Empty(t, last, "a full page at the end is the last one")

	_, _, err = f.store.ListTables(ctx, "", 101)
	requireRefused(t, err, exception.Validation, "1 validation error detected: Value '101' at 'limit' failed to satisfy "+
		"constraint: Member must have value less than or equal to 100")
	_, _, err = f.store.ListTables(ctx, "", -1)
	require.ErrorIs(t, err, exception.Validation)
}

func TestOnDelete(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.put("a", 1)
	var finals []*snapshot.Snapshot
	f.store.OnDelete(func(final *snapshot.Snapshot) {
		finals = append(finals, final)
		_, err := f.table.Put(item("a", 2))
		requireRefused(t, err, exception.ResourceNotFound, notFound)
		require.NoError(t, f.restore(final, "Copy"))
		f.create(plain("Things")) // the name is free already
	})
	f.store.OnDelete(func(final *snapshot.Snapshot) { finals = append(finals, final) })
	f.drop("Things")
	require.Len(t, finals, 2)
	require.Same(t, finals[0], finals[1])
	requireItems(t, finals[0], item("a", 1))
	require.Equal(t, "Things", finals[0].Table().Name)
	require.EqualValues(t, 1, finals[0].Table().ItemCount)
	require.Equal(t, schema.Active, f.describe("Things").Status)
	got, ok, err := f.open("Copy").Get(key("a", 1))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, item("a", 1), got)

	_, err = f.store.DeleteTable(ctx, "Other")
	require.Error(t, err)
	require.Len(t, finals, 2, "a refused deletion is none")
}
