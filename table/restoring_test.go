package table_test

import (
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

var summary = schema.RestoreSummary{
	SourceTableARN: arn.Table("us-east-1", "123456789012", "Things"), RestoreTime: clock.Epoch,
}

// newRestoring returns a fixture with a table Copy that is CREATING for an hour.
func newRestoring(t *testing.T) *fixture {
	f := newFixture(t, indexed("Things"), table.ServiceTiming())
	f.put("a", 1)
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	r := snapshot.Restore{
		Table: *s.Table(), Indexes: []string{"ByL", "ByG", "ByGToo"}, Snapshot: s, Summary: summary, Duration: time.Hour,
	}
	r.Table.Name = "Copy"
	d, err := f.store.RestoreTable(ctx, r)
	require.NoError(t, err)
	require.Equal(t, schema.Creating, d.Status)
	require.Equal(t, &summary, d.Restore)
	require.NotEqual(t, s.Table().ID, d.ID)
	require.Equal(t, "arn:aws:dynamodb:us-east-1:123456789012:table/Copy", d.ARN.String())
	require.Equal(t, f.store.Now(), d.CreationTime)
	d.Restore.RestoreTime = time.Time{}
	r.Table.KeySchema[0].Name = "changed"
	d = f.describe("Copy")
	require.Equal(t, "P", d.KeySchema.Partition())
	require.Equal(t, &summary, d.Restore, "a description is the caller's own")
	return f
}

func TestOperationsOnARestoreTarget(t *testing.T) {
	f := newRestoring(t)
	target := f.describe("Copy").ARN.String()
	for name, err := range map[string]error{
		"TagResource":   f.store.TagResource(ctx, target, map[string]string{"a": "b"}),
		"UntagResource": f.store.UntagResource(ctx, target, "a"),
		"ListTagsOfResource": func() error {
			_, err := f.store.ListTagsOfResource(ctx, target)
			return err
		}(),
		"UpdateTimeToLive": f.store.UpdateTimeToLive(ctx, "Copy", "T", true),
		"DescribeTimeToLive": func() error {
			_, err := f.store.DescribeTimeToLive(ctx, "Copy")
			return err
		}(),
		"UpdateTable": func() error {
			_, err := f.store.UpdateTable(ctx, "Copy", table.Changes{Class: schema.Standard})
			return err
		}(),
	} {
		require.ErrorIs(t, err, exception.ResourceNotFound, name)
		requireRefused(t, err, exception.ResourceNotFound, missing("Copy"))
	}
	_, err := f.store.CreateTable(ctx, plain("Copy"))
	requireRefused(t, err, exception.ResourceInUse, inUse+"Table is being used: Copy")
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	requireRefused(t, f.restore(s, "Copy"), exception.ResourceInUse, inUse+"Table is being used: Copy")
	_, err = f.store.DeleteTable(ctx, "Copy")
	require.ErrorIs(t, err, exception.ResourceInUse)
	_, err = f.store.Table("Copy")
	requireRefused(t, err, exception.ResourceNotFound, notFound)
	_, err = f.store.CaptureTable(ctx, "Copy", snapshot.At)
	requireRefused(t, err, exception.ResourceNotFound, notFound)
	names, _, err := f.store.ListTables(ctx, "", 0)
	require.NoError(t, err)
	require.Equal(t, []string{"Copy", "Things"}, names)
	state, err := f.store.TableState(ctx, "Copy")
	require.NoError(t, err)
	require.True(t, state.Restoring)
}

func TestRestoreTargetBecomesActive(t *testing.T) {
	f := newRestoring(t)
	f.clock.Advance(time.Hour - tick)
	require.Equal(t, schema.Creating, f.describe("Copy").Status)
	f.clock.Advance(tick)
	d := f.describe("Copy")
	require.Equal(t, schema.Active, d.Status)
	require.Nil(t, d.Restore, "the summary is gone with the restore")
	got, ok, err := f.open("Copy").Get(key("a", 1))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, item("a", 1), got)

	d, err = f.store.UpdateTable(ctx, "Copy", table.Changes{Class: schema.Standard})
	require.NoError(t, err)
	require.Nil(t, d.Restore)
	f.clock.Advance(time.Minute)
	d, err = f.store.DeleteTable(ctx, "Copy")
	require.NoError(t, err)
	require.Nil(t, d.Restore)
}

func TestRestoreTakesNothingBeside(t *testing.T) {
	d := indexed("Things")
	d.Class, d.DeletionProtection, d.Tags = schema.StandardInfrequentAccess, true, map[string]string{"a": "b"}
	f := newFixture(t, d, table.Timing{})
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	require.NoError(t, f.restore(s, "Copy"))
	got := f.describe("Copy")
	require.Empty(t, got.Class)
	require.False(t, got.DeletionProtection)
	require.Zero(t, got.StreamARN)
	tags, err := f.store.ListTagsOfResource(ctx, got.ARN.String())
	require.NoError(t, err)
	require.Empty(t, tags)
	requireRefused(t, f.restore(s, "Things"), exception.ResourceInUse, "Table already exists: Things")
}

func TestRestoreWithOtherIndexes(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{})
	for i := range int64(20) {
		f.put("a", i, attr.Map{"G": attr.S("g"), "L": attr.Int(-i), "X": attr.Int(i), "Y": attr.Int(i)})
	}
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	r := snapshot.Restore{Table: *s.Table(), Indexes: []string{"ByGToo", "ByG"}, Snapshot: s}
	r.Table.Name = "Copy"
	r.Table.LocalIndexes = nil
	r.Table.GlobalIndexes[0], r.Table.GlobalIndexes[1] = r.Table.GlobalIndexes[1], r.Table.GlobalIndexes[0]
	r.Table.GlobalIndexes[0].Name = "Renamed"
	_, err = f.store.RestoreTable(ctx, r)
	require.NoError(t, err)
	restored := f.open("Copy")
	_, err = restored.Put(item("b", 1, attr.Map{"G": attr.S("g"), "L": attr.Int(100), "X": attr.Int(1), "Y": attr.Int(1)}))
	require.NoError(t, err)
	f.put("b", 1, attr.Map{"G": attr.S("g"), "L": attr.Int(100), "X": attr.Int(1), "Y": attr.Int(1)})
	for from, to := range map[string]string{"ByG": "ByG", "ByGToo": "Renamed"} {
		want, err := f.table.Page(snapshot.Query{Index: from, Partition: attr.S("g")})
		require.NoError(t, err)
		require.Len(t, want.Items, 21)
		got, err := restored.Page(snapshot.Query{Index: to, Partition: attr.S("g")})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, gone := range []string{"ByL", "ByGToo"} {
		_, err = restored.Page(snapshot.Query{Index: gone})
		requireRefused(t, err, exception.Validation, "The table does not have the specified index: "+gone)
	}

	r.Table.Name, r.Indexes = "Another", []string{"Nowhere", "ByG"}
	_, err = f.store.RestoreTable(ctx, r)
	requireRefused(t, err, exception.Validation, `the snapshot does not have all of the indexes ["Nowhere" "ByG"]`)
	_, err = f.store.DescribeTable(ctx, "Another")
	require.ErrorIs(t, err, exception.ResourceNotFound, "a failed restore leaves nothing behind")
}
