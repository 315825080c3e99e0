package table_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

func warm(read, write int64) schema.WarmThroughput {
	return schema.WarmThroughput{Throughput: schema.Throughput{Read: read, Write: write}, Status: schema.Active}
}

func warming(read, write int64) schema.WarmThroughput {
	w := warm(read, write)
	w.Status = schema.Updating
	return w
}

// What a table and its indexes take at once never becomes less.
func TestWarm(t *testing.T) {
	f := newFixture(t, provisioned(), table.Timing{})
	d := f.describe("Things")
	require.Equal(t, warm(5, 6), d.Warm[""])
	require.Equal(t, warm(1, 2), d.Warm["ByG"])
	step := func(c table.Changes, want schema.WarmThroughput) {
		t.Helper()
		f.mustUpdate(c)
		require.Equal(t, want, f.describe("Things").Warm[""])
	}
	step(table.Changes{Throughput: schema.Throughput{Read: 50, Write: 1}}, warm(50, 6))
	step(table.Changes{Throughput: schema.Throughput{Read: 1, Write: 70}}, warm(50, 70))
	step(table.Changes{Warm: schema.Throughput{Write: 80}}, warm(50, 80))
	step(table.Changes{BillingMode: schema.PayPerRequest}, warm(12_000, 4_000))
	few := schema.Throughput{Read: 1, Write: 1}
	step(table.Changes{BillingMode: schema.Provisioned, Throughput: few, Indexes: map[string]table.IndexChanges{
		"ByG": {Throughput: few}, "ByGToo": {Throughput: few},
	}}, warm(12_000, 4_000))
	require.Equal(t, warm(12_000, 4_000), f.describe("Things").Warm["ByG"])

	step(table.Changes{DeleteIndexes: []string{"ByG"}}, warm(12_000, 4_000))
	again := d.GlobalIndexes[0]
	again.Throughput = few
	again.Warm.Read = 7
	step(table.Changes{CreateIndexes: []schema.Index{again}, Attributes: schema.Attributes{"G": attr.TypeS, "L": attr.TypeN}},
		warm(12_000, 4_000))
	require.Equal(t, warm(7, 1), f.describe("Things").Warm["ByG"], "a new index by the name of another is none the warmer")

	gone, err := f.store.DeleteTable(ctx, "Things")
	require.NoError(t, err)
	require.Empty(t, gone.Warm)
	made, err := f.store.CreateTable(ctx, plain("Things"))
	require.NoError(t, err)
	require.Empty(t, made.Warm)
}

func TestWarmingTakesTime(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{Warming: 6 * time.Minute})
	ask := func(read, write int64) schema.Description {
		t.Helper()
		return f.mustUpdate(table.Changes{Warm: schema.Throughput{Read: read, Write: write}})
	}
	now := func(want schema.WarmThroughput) {
		t.Helper()
		require.Equal(t, want, f.describe("Things").Warm[""])
	}
	d := ask(13_000, 5_000)
	require.Equal(t, schema.Active, d.Status)
	require.Equal(t, warming(12_000, 4_000), d.Warm[""], "it is not yet")
	f.clock.Advance(time.Minute)
	ask(14_000, 0)
	now(warming(12_000, 4_000))
	f.clock.Advance(6*time.Minute - tick)
	now(warming(12_000, 4_000))
	f.clock.Advance(tick)
	now(warm(14_000, 5_000))

	require.Equal(t, warming(14_000, 5_000), ask(14_000, 5_000).Warm[""], "the same again is told of in the answer")
	now(warm(14_000, 5_000))
	_, err := f.update(table.Changes{Warm: schema.Throughput{Read: 13_999, Write: 9_000}})
	requireRefused(t, err, exception.Validation, invalid+"Requested ReadUnitsPerSecond for WarmThroughput for table is "+
		"lower than current WarmThroughput, decreasing WarmThroughput is not supported")
	now(warm(14_000, 5_000))

	ask(20_000, 6_000)
	ask(14_000, 5_000)
	now(warm(14_000, 5_000))
	f.clock.Advance(time.Hour)
	now(warm(14_000, 5_000))

	ask(20_000, 6_000)
	few := schema.Throughput{Read: 1, Write: 1}
	f.mustUpdate(table.Changes{BillingMode: schema.Provisioned, Throughput: few, Indexes: map[string]table.IndexChanges{
		"ByG": {Throughput: few, Warm: &schema.Throughput{Write: 30_000}}, "ByGToo": {Throughput: few},
	}})
	now(warming(14_000, 5_000))
	require.Equal(t, warming(12_000, 4_000), f.describe("Things").Warm["ByG"])
	require.Equal(t, schema.Active, f.describe("Things").States["ByG"].Status)
	f.clock.Advance(time.Hour)
	now(warm(20_000, 6_000))
	require.Equal(t, warm(12_000, 30_000), f.describe("Things").Warm["ByG"])
	require.Equal(t, warm(12_000, 4_000), f.describe("Things").Warm["ByGToo"])
}

func TestWarmFromTheBeginning(t *testing.T) {
	f := newStore(t, table.Timing{Creating: time.Minute, Updating: time.Second, Backfilling: time.Hour})
	d := indexed("Things")
	d.Warm.Read = 12_001
	d.GlobalIndexes[1].Warm = schema.Throughput{Read: 13_000, Write: 5_000}
	want := map[string]schema.WarmThroughput{"": warming(12_001, 4_000), "ByGToo": warming(13_000, 5_000)}
	made := f.create(d)
	require.Equal(t, want, made.Warm)
	require.Zero(t, made.GlobalIndexes[1].Warm, "which is no part of the definition")
	require.Equal(t, want, f.describe("Things").Warm)
	f.clock.Advance(time.Minute)
	want = map[string]schema.WarmThroughput{
		"": warm(12_001, 4_000), "ByG": warm(12_000, 4_000), "ByGToo": warm(13_000, 5_000),
	}
	require.Equal(t, want, f.describe("Things").Warm)

	x := byX()
	x.CreateIndexes[0].Warm.Write = 9_000
	want["ByX"] = warming(12_000, 9_000)
	require.Equal(t, want, f.mustUpdate(x).Warm)
	f.clock.Advance(2 * time.Hour)
	want["ByX"] = warm(12_000, 9_000)
	require.Equal(t, want, f.describe("Things").Warm)
	s, err := f.open("Things").Snapshot()
	require.NoError(t, err)
	for _, x := range s.Table().GlobalIndexes {
		require.Zero(t, x.Warm, "nor of a backup")
	}
}

func TestWarmRefusals(t *testing.T) {
	onDemand, prov := newFixture(t, indexed("Things"), table.Timing{}), newFixture(t, provisioned(), table.Timing{})
	index := func(warm schema.Throughput) table.Changes {
		return table.Changes{Indexes: map[string]table.IndexChanges{"ByG": {Warm: &warm}}}
	}
	least := schema.Throughput{Read: 12_000, Write: 4_000}
	and := func(c table.Changes) table.Changes { c.Warm = least; return c }
	cold := byX()
	cold.CreateIndexes[0].Warm.Read = 1
	for want, test := range map[string]struct {
		f       *fixture
		changes table.Changes
	}{
		"Requested WriteUnitsPerSecond for WarmThroughput for index ByG is lower than current WarmThroughput, " +
			"decreasing WarmThroughput is not supported": {onDemand, index(schema.Throughput{Read: 12_000, Write: 3_999})},
		"Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, " +
			"decreasing WarmThroughput is not supported": {prov, table.Changes{Warm: schema.Throughput{Read: 4}}},
		"WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified for index: ByG": {
			prov, index(schema.Throughput{})},
		"WarmThroughput must be the only operation in the request": {onDemand, and(table.Changes{BillingMode: schema.PayPerRequest})},
		"Create global secondary index cannot be specified when updating WarmThroughput": {
			onDemand, and(byX())},
		"DeletionProtection modification must be the only operation in the request": {
			onDemand, and(table.Changes{DeletionProtection: ptr(true)})},
		"OnDemandThroughput can only be combined with BillingMode in an UpdateTable request": {
			onDemand, and(table.Changes{OnDemand: &schema.OnDemandThroughput{MaxRead: 1}})},
		"Requested ReadUnitsPerSecond for WarmThroughput for index ByX is lower than initial throughput for OnDemand. See: " +
			"https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html" +
			"#on-demand-capacity-mode-initial": {onDemand, cold},
	} {
		before := test.f.describe("Things")
		_, err := test.f.update(test.changes)
		require.Error(t, err, want)
		requireRefused(t, err, exception.Validation, invalid+want)
		require.Equal(t, before, test.f.describe("Things"), "a refused change changes nothing")
	}
	onDemand.mustUpdate(and(index(least)))
}

// An index that goes does not keep its table busy with what it was asked to take at once.
func TestIndexThatGoesIsNotWarming(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{Updating: time.Second, Backfilling: time.Hour, Warming: time.Hour})
	x := byX()
	x.CreateIndexes[0].Warm.Write = 9_000
	f.mustUpdate(x)
	f.clock.Advance(time.Second)
	require.Equal(t, warm(12_000, 4_000), f.mustUpdate(dropX()).Warm["ByX"])
	f.clock.Advance(time.Second)
	f.mustUpdate(table.Changes{Indexes: map[string]table.IndexChanges{"ByG": {Warm: &schema.Throughput{Write: 30_000}}}})
	f.mustUpdate(table.Changes{DeleteIndexes: []string{"ByG"}})
	f.clock.Advance(time.Second)
	f.drop("Things")
}
