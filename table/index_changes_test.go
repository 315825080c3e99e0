package table_test

import (
	"slices"
	"sync"
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

// byX asks for a new index of plain, by X and then Y, which are numbers.
func byX() table.Changes {
	return table.Changes{
		Attributes: schema.Attributes{"X": attr.TypeN, "Y": attr.TypeN},
		CreateIndexes: []schema.Index{
			{Name: "ByX", KeySchema: schema.Keys("X", "Y"), Projection: schema.Projection{Type: schema.ProjectKeysOnly}},
		},
	}
}

func dropX() table.Changes { return table.Changes{DeleteIndexes: []string{"ByX"}} }

func xy(x, y int64) attr.Map { return attr.Map{"X": attr.Int(x), "Y": attr.Int(y)} }

// readable is a table or a snapshot.
type readable interface {
	Page(q snapshot.Query) (snapshot.Page, error)
}

func keysIn(t testing.TB, from readable, q snapshot.Query) (found []int64) {
	t.Helper()
	page, err := from.Page(q)
	require.NoError(t, err)
	for _, item := range page.Items {
		v, _ := item.Lookup("K")
		n, _ := v.Number()
		found = append(found, int64(n[0]-'0'))
	}
	return found
}

func (f *fixture) mustUpdate(c table.Changes) schema.Description {
	f.Helper()
	d, err := f.update(c)
	require.NoError(f, err)
	return d
}

func TestIndexCreatedOnATableWithItems(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{Updating: time.Minute, Backfilling: time.Hour})
	f.put("a", 1, xy(1, 3))
	f.put("a", 2, xy(1, 2))
	f.put("a", 3, attr.Map{"X": attr.Int(1)})
	f.put("a", 4, attr.Map{"X": attr.S("one"), "Y": attr.Int(1)})
	state := func(want schema.Status, index schema.Status, backfilling *bool, d schema.Description) {
		t.Helper()
		require.Equal(t, want, d.Status)
		require.Equal(t, map[string]schema.IndexState{"ByX": {Status: index, Backfilling: backfilling}}, d.States)
	}
	unreadable := func() {
		t.Helper()
		_, err := f.table.Page(snapshot.Query{Index: "ByX"})
		requireRefused(t, err, exception.Validation, "Cannot read from backfilling global secondary index: ByX")
	}
	d := f.mustUpdate(byX())
	require.Equal(t, schema.Attributes{"P": attr.TypeS, "K": attr.TypeN, "X": attr.TypeN, "Y": attr.TypeN}, d.Attributes)
	state(schema.Updating, schema.Creating, ptr(false), d)
	unreadable()
	f.clock.Advance(time.Minute)
	state(schema.Active, schema.Creating, ptr(true), f.describe("Things"))
	unreadable()
	f.put("a", 5, xy(1, 1))
	_, err := f.table.Put(item("a", 6, attr.Map{"X": attr.S("two")}))
	requireRefused(t, err, exception.Validation, invalid+"Type mismatch for Index Key X Expected: N Actual: S IndexName: ByX")
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	require.Equal(t, []int64{5, 2, 1}, keysIn(t, s, snapshot.Query{Index: "ByX"}), "a backup would have it, complete")
	f.clock.Advance(time.Hour)
	state(schema.Active, schema.Active, nil, f.describe("Things"))
	require.Equal(t, []int64{5, 2, 1}, keysIn(t, f.table, snapshot.Query{Index: "ByX"}))
	require.Equal(t, []int64{2, 1}, keysIn(t, f.table,
		snapshot.Query{Index: "ByX", Partition: attr.Int(1), Sort: snapshot.AtLeast(attr.Int(2))}))
	_, err = f.table.Delete(key("a", 4))
	require.NoError(t, err, "what does not fit can go")
}

func TestIndexDeleted(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{Updating: time.Minute})
	f.put("a", 1, attr.Map{"G": attr.S("g"), "L": attr.Int(1)})
	before, err := f.table.Snapshot()
	require.NoError(t, err)
	was := f.describe("Things")
	d := f.mustUpdate(table.Changes{DeleteIndexes: []string{"ByG"}})
	was.Status = schema.Updating
	was.States["ByG"] = schema.IndexState{Status: schema.Deleting}
	require.Equal(t, was, d, "it is told of as long as it is DELETING")
	require.Equal(t, was, f.describe("Things"))
	_, err = f.table.Page(snapshot.Query{Index: "ByG"})
	requireRefused(t, err, exception.Validation, "The table does not have the specified index: ByG")
	after, err := f.table.Snapshot()
	require.NoError(t, err)
	require.Equal(t, was.GlobalIndexes[1:], after.Table().GlobalIndexes, "a backup does not have it any more")
	f.clock.Advance(time.Minute)
	d = f.describe("Things")
	require.Equal(t, was.GlobalIndexes[1:], d.GlobalIndexes)
	require.Equal(t, was.Attributes, d.Attributes, "all of them are part of another key")
	f.mustUpdate(table.Changes{DeleteIndexes: []string{"ByGToo"}})
	f.clock.Advance(time.Minute)
	require.NotContains(t, f.describe("Things").Attributes, "G", "which no key needs any more")
	require.NotContains(t, f.describe("Things").States, "ByGToo")
	f.put("a", 2, attr.Map{"G": attr.Int(7)})
	require.Equal(t, []int64{1}, keysIn(t, before, snapshot.Query{Index: "ByG"}), "a snapshot keeps the indexes of its time")
	require.NoError(t, f.restore(before, "Old"))
	require.Equal(t, []int64{1}, keysIn(t, f.open("Old"), snapshot.Query{Index: "ByG"}))
}

func TestIndexMadeAgainWithAnotherType(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.put("a", 1, xy(1, 1))
	f.put("a", 2, attr.Map{"X": attr.S("one"), "Y": attr.Int(1)})
	f.mustUpdate(byX())
	require.Equal(t, []int64{1}, keysIn(t, f.table, snapshot.Query{Index: "ByX"}))
	f.mustUpdate(dropX())
	again := byX()
	again.Attributes["X"] = attr.TypeS
	f.mustUpdate(again)
	require.Equal(t, []int64{2}, keysIn(t, f.table, snapshot.Query{Index: "ByX"}))
}

func TestItemsThatNoKeyCanHaveAreNotInANewIndex(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	long := func(n int) attr.Value { return attr.B(make([]byte, n)) }
	f.put("a", 1, attr.Map{"X": long(attr.MaxPartitionKeySize), "Y": long(attr.MaxSortKeySize)})
	f.put("a", 2, attr.Map{"X": long(attr.MaxPartitionKeySize + 1), "Y": long(1)})
	f.put("a", 3, attr.Map{"X": long(1), "Y": long(attr.MaxSortKeySize + 1)})
	f.put("a", 4, attr.Map{"X": long(0), "Y": long(1)})
	c := byX()
	c.Attributes = schema.Attributes{"X": attr.TypeB, "Y": attr.TypeB}
	f.mustUpdate(c)
	require.Equal(t, []int64{1}, keysIn(t, f.table, snapshot.Query{Index: "ByX"}))
	for k := int64(2); k < 5; k++ {
		_, err := f.table.Delete(key("a", k))
		require.NoError(t, err)
	}
	require.Equal(t, []int64{1}, keysIn(t, f.table, snapshot.Query{Index: "ByX"}))
}

// The index of an earlier state is that which goes with the description of the snapshot.
func TestEarlierStatesAfterIndexesHaveChanged(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	indexes := func(s *snapshot.Snapshot) (names []string) {
		for _, x := range s.Table().GlobalIndexes {
			names = append(names, x.Name)
		}
		return names
	}
	definition := func(at instant) int {
		d, err := f.store.DefinitionAt(ctx, "Things", at)
		require.NoError(t, err)
		return len(d.GlobalIndexes)
	}
	first := f.put("a", 1, xy(1, 1)).At
	f.mustUpdate(byX())
	second := f.put("a", 2, xy(1, 1)).At
	f.mustUpdate(dropX())
	third := f.put("a", 3, xy(1, 1)).At
	require.Equal(t, []int{0, 1, 0}, []int{definition(first), definition(second), definition(third)})
	s, err := f.table.SnapshotAt(second)
	require.NoError(t, err)
	require.Empty(t, indexes(s), "the description is the present one")
	f.mustUpdate(byX())
	for i, at := range []instant{first, second, third} {
		s, err := f.table.SnapshotAt(at)
		require.NoError(t, err)
		require.Equal(t, []string{"ByX"}, indexes(s))
		require.Equal(t, []int64{1, 2, 3}[:i+1], keysIn(t, s, snapshot.Query{Index: "ByX"}))
	}
	s, err = f.store.SnapshotTable(ctx, "Things", second)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2}, keysIn(t, s, snapshot.Query{Index: "ByX"}))
}

// A capture describes the table of the request, whatever has become of its indexes when its marker has passed.
func TestCapturesAcrossChangesOfIndexes(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	later := func(at instant) snapshot.Cut { return snapshot.At(clock.EndOf(at.Time().Add(time.Minute))) }
	torn := func(at instant) snapshot.Cut {
		return snapshot.Torn(clock.EndOf(at.Time().Add(-time.Minute)), clock.EndOf(at.Time().Add(time.Minute)))
	}
	f.put("a", 1, xy(1, 1))
	without := []*snapshot.Capture{f.capture(later), f.capture(torn)}
	f.mustUpdate(byX())
	with := []*snapshot.Capture{f.capture(later), f.capture(torn)}
	f.put("a", 2, xy(1, 1))
	f.mustUpdate(dropX())
	f.clock.Advance(2 * time.Minute)
	f.put("a", 3, xy(1, 1))
	for i, c := range slices.Concat(without, with) {
		s, ok := c.Snapshot()
		require.True(t, ok)
		if i < len(without) {
			require.Empty(t, s.Table().GlobalIndexes)
			_, err := s.Page(snapshot.Query{Index: "ByX"})
			requireRefused(t, err, exception.Validation, "The table does not have the specified index: ByX")
		} else {
			require.Equal(t, keysIn(t, s, snapshot.Query{}), keysIn(t, s, snapshot.Query{Index: "ByX"}))
			require.NoError(t, f.restore(s, []string{"Later", "Torn"}[i-len(without)]))
		}
	}
}

// An index is restored from a snapshot that does not have it.
func TestRestoreMakesAnIndex(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.put("a", 1, xy(1, 1))
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	f.mustUpdate(byX())
	r := snapshot.Restore{Table: f.describe("Things").Table, Snapshot: s, Indexes: []string{""}}
	r.Table.Name = "Copy"
	_, err = f.store.RestoreTable(ctx, r)
	require.NoError(t, err)
	require.Equal(t, []int64{1}, keysIn(t, f.open("Copy"), snapshot.Query{Index: "ByX"}))
	r.Table.Name, r.Indexes = "Another", []string{"ByX"}
	_, err = f.store.RestoreTable(ctx, r)
	require.ErrorIs(t, err, exception.Validation, "it does not have one of that name")
}

func TestIndexesComeAndGoBesideWriters(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.store.Retain(time.Hour)
	const items = 400
	for k := range int64(items) {
		f.put("a", k, xy(k%7, k))
	}
	var writers sync.WaitGroup
	stop := make(chan struct{})
	for w := range int64(2) {
		writers.Go(func() {
			for n := w; ; n += 2 {
				select {
				case <-stop:
					return
				default:
				}
				k := n % items
				if _, err := f.table.Put(item("a", k, xy(n%7, k))); err != nil {
					t.Error(err)
					return
				}
				if _, err := f.table.Delete(key("a", (n+items/2)%items)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 20 {
		f.mustUpdate(byX())
		agree(t, f)
		require.NoError(t, f.store.UpdateTimeToLive(ctx, "Things", "T", f.describe("Things").TTLAttribute == ""))
		f.mustUpdate(dropX())
	}
	close(stop)
	writers.Wait()
}

// agree requires that the index holds what the table does.
func agree(t *testing.T, f *fixture) {
	t.Helper()
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	inIndex, err := s.Items(snapshot.Query{Index: "ByX"})
	require.NoError(t, err)
	var want []attr.Item
	for item := range s.All() {
		want = append(want, item.Project("P", "K", "X", "Y"))
	}
	require.ElementsMatch(t, want, slices.Collect(inIndex))
}

func TestNewIndexRefusals(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{})
	full := indexed("Full")
	for n := len(full.GlobalIndexes); n < schema.MaxGlobalIndexes; n++ {
		x := full.GlobalIndexes[0]
		x.Name = "Index" + string(rune('a'+n))
		full.GlobalIndexes = append(full.GlobalIndexes, x)
	}
	f.create(full)
	with := func(change func(*table.Changes)) table.Changes {
		c := byX()
		change(&c)
		return c
	}
	for _, test := range []struct {
		name, table string
		changes     table.Changes
		code        exception.Code
		text        string
	}{
		{"its name is taken", "Things", with(func(c *table.Changes) { c.CreateIndexes[0].Name = "ByL" }),
			exception.Validation, "Attempting to create an index which already exists"},
		{"two", "Things", with(func(c *table.Changes) { c.DeleteIndexes = []string{"ByG"} }), exception.LimitExceeded,
			"Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"},
		{"twice", "Things", with(func(c *table.Changes) { c.DeleteIndexes = []string{"ByX"} }), exception.Validation,
			invalid + "Only one global secondary index update per index is allowed simultaneously. Index: ByX"},
		{"one too many", "Full", byX(), exception.LimitExceeded,
			"Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20"},
		{"no definitions", "Things", with(func(c *table.Changes) { c.Attributes = nil }), exception.Validation,
			invalid + "AttributeDefinitions is not specified for index: ByX"},
		{"a definition lacks", "Things", with(func(c *table.Changes) { delete(c.Attributes, "Y") }), exception.Validation,
			invalid + "Some index key attributes are not defined in AttributeDefinitions. Keys: [X, Y], AttributeDefinitions: [X]"},
		{"no projection", "Things", with(func(c *table.Changes) { c.CreateIndexes[0].Projection.Type = "" }),
			exception.Validation, invalid + "Unknown ProjectionType: null"},
		{"no name", "Things", with(func(c *table.Changes) { c.CreateIndexes[0].Name = "x" }), exception.Validation,
			"1 validation error detected: Value 'x' at 'globalSecondaryIndexUpdates.1.member.create.indexName' " +
				"failed to satisfy constraint: Member must have length greater than or equal to 3"},
		{"a table that is not there", "Nowhere", byX(), exception.ResourceNotFound, missing("Nowhere")},
		{"nothing to delete", "Things", dropX(), exception.ResourceNotFound,
			"Requested resource not found: Index ByX for table Things"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := f.store.UpdateTable(ctx, test.table, test.changes)
			requireRefused(t, err, test.code, test.text)
		})
	}
	require.Len(t, f.describe("Things").GlobalIndexes, 2)
	require.Len(t, f.describe("Full").GlobalIndexes, 20)
	require.Len(t, f.describe("Things").Attributes, 4)
	f.mustUpdate(with(func(c *table.Changes) { c.Attributes["Unused"] = attr.TypeS }))
	require.Len(t, f.describe("Things").Attributes, 6, "definitions that the index does not need are not taken over")
}

func TestStatisticsOfANewIndexBeginAnew(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{StatisticsEvery: time.Hour})
	f.mustUpdate(byX())
	f.put("a", 1, xy(1, 1))
	f.clock.Advance(time.Hour)
	require.EqualValues(t, 1, f.describe("Things").Indexes["ByX"].ItemCount)
	f.mustUpdate(dropX())
	f.mustUpdate(byX())
	require.Zero(t, f.describe("Things").Indexes["ByX"])
	f.clock.Advance(time.Hour)
	require.EqualValues(t, 1, f.describe("Things").Indexes["ByX"].ItemCount)
}

// ticking is a clock that goes on whenever it is looked at.
type ticking struct{ clock.Manual }

func (c *ticking) Now() time.Time { return c.Advance(tick) }

// An answer tells of what the call has begun, however soon that is over.
func TestAnswersOnAClockThatGoesOn(t *testing.T) {
	s := table.NewStore(table.Options{Clock: new(ticking)})
	_, err := s.CreateTable(ctx, plain("Things"))
	require.NoError(t, err)
	for _, step := range []struct {
		changes table.Changes
		table   schema.Status
		index   schema.IndexState
	}{
		{byX(), schema.Updating, schema.IndexState{Status: schema.Creating, Backfilling: ptr(false)}},
		{table.Changes{Indexes: map[string]table.IndexChanges{"ByX": {OnDemand: &schema.OnDemandThroughput{MaxRead: 5}}}},
			schema.Active, schema.IndexState{Status: schema.Updating}},
		{table.Changes{DeletionProtection: ptr(false)}, schema.Active, schema.IndexState{Status: schema.Active}},
		{table.Changes{Class: schema.Standard}, schema.Updating, schema.IndexState{Status: schema.Active}},
		{dropX(), schema.Updating, schema.IndexState{Status: schema.Deleting}},
	} {
		d, err := s.UpdateTable(ctx, "Things", step.changes)
		require.NoError(t, err)
		require.Equal(t, step.table, d.Status)
		require.Equal(t, step.index, d.States["ByX"])
		d, err = s.DescribeTable(ctx, "Things")
		require.NoError(t, err)
		require.Equal(t, schema.Active, d.Status)
	}
}

// An answer tells of what its own call has begun alone, also at the moment at which something else was begun and was over.
func TestAnswersOfOneMoment(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	f.mustUpdate(byX())
	d := f.mustUpdate(table.Changes{DeletionProtection: ptr(true)})
	require.Equal(t, schema.Active, d.Status)
	require.Equal(t, map[string]schema.IndexState{"ByX": {Status: schema.Active}}, d.States)
	f.mustUpdate(dropX())
	d = f.mustUpdate(table.Changes{DeletionProtection: ptr(false)})
	require.Equal(t, schema.Active, d.Status)
	require.Empty(t, d.GlobalIndexes)
}
