package backup_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// byColour asks for an index by the colour of things.
func byColour(kind attr.Type) table.Changes {
	return table.Changes{
		Attributes: schema.Attributes{"colour": kind},
		CreateIndexes: []schema.Index{
			{Name: "byColour", KeySchema: schema.Keys("colour"), Projection: schema.Projection{Type: schema.ProjectAll}},
		},
	}
}

func (w *world) paint(name, pk string, colour attr.Value) {
	w.t.Helper()
	m := thing(pk).Map()
	m["colour"] = colour
	_, err := w.table(name).Put(attr.MustItem(m))
	require.NoError(w.t, err)
}

func (w *world) reshape(name string, c table.Changes) {
	w.t.Helper()
	_, err := w.Tables.UpdateTable(ctx, name, c)
	require.NoError(w.t, err)
}

// coloured returns how many items an index of a table has.
func (w *world) coloured(name string) int {
	w.t.Helper()
	page, err := w.table(name).Page(snapshot.Query{Index: "byColour"})
	require.NoError(w.t, err)
	return len(page.Items)
}

// A backup that is taken while an index is being filled has it, and a table restored of it has it at once.
func TestBackupDuringABackfill(t *testing.T) {
	o := instant()
	o.Timing.Updating, o.Timing.Backfilling = time.Minute, time.Hour
	w := newWorld(t, o)
	w.open(plain("Music"))
	w.paint("Music", "a", attr.S("red"))
	before := w.ready("Music")
	w.reshape("Music", byColour(attr.TypeS))
	allocating := w.ready("Music")
	w.clock.Advance(time.Minute)
	w.paint("Music", "b", attr.S("blue"))
	backfilling := w.ready("Music")
	w.clock.Advance(time.Hour)
	w.reshape("Music", table.Changes{DeleteIndexes: []string{"byColour"}})
	deleting := w.ready("Music")
	for arn, want := range map[string]int{before: -1, allocating: 1, backfilling: 2, deleting: -1} {
		recorded := w.describe(arn).Table
		require.Equal(t, want >= 0, len(recorded.GlobalIndexes) == 1)
		d, err := w.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{TargetTableName: "Copy", BackupARN: arn})
		require.NoError(t, err)
		w.clock.Advance(time.Second)
		require.Equal(t, recorded.GlobalIndexes, d.GlobalIndexes)
		if want >= 0 {
			require.Equal(t, schema.Active, w.describeTable("Copy").States["byColour"].Status)
			require.Equal(t, want, w.coloured("Copy"))
		}
		w.drop("Copy")
		w.clock.Advance(time.Second)
	}
}

func (w *world) describeTable(name string) schema.Description {
	w.t.Helper()
	d, err := w.Tables.DescribeTable(ctx, name)
	require.NoError(w.t, err)
	return d
}

// A restore to a point in time has the indexes of its settings, whichever the table had then, made of the items then.
func TestPointInTimeAcrossChangesOfIndexes(t *testing.T) {
	for _, asOf := range []bool{false, true} {
		o := instant()
		o.Profile.SettingsAsOf = asOf
		w := newWorld(t, o)
		w.open(plain("Music"))
		w.recovery("Music", on)
		var times []time.Time
		step := func(pk string, colour attr.Value) {
			w.clock.Advance(time.Minute)
			w.paint("Music", pk, colour)
			times = append(times, w.clock.Now())
			w.clock.Advance(time.Minute)
		}
		step("a", attr.S("red"))
		w.reshape("Music", byColour(attr.TypeS))
		step("b", attr.S("blue"))
		w.reshape("Music", table.Changes{DeleteIndexes: []string{"byColour"}})
		step("c", attr.Int(7))
		w.reshape("Music", byColour(attr.TypeN))
		step("d", attr.Int(8))
		want := []int{0, 0, 1, 2} // by the present key, which is a number
		if asOf {
			want = []int{-1, 2, -1, 2}
		}
		for i, at := range times {
			name := "Copy" + string(rune('0'+i))
			d, err := w.restoreTime(backup.PointInTimeInput{SourceTableName: "Music", TargetTableName: name, RestoreTime: at})
			require.NoError(t, err)
			w.clock.Advance(time.Second)
			require.Equal(t, want[i] >= 0, len(d.GlobalIndexes) == 1, "as of %v: %d", asOf, i)
			if want[i] >= 0 {
				require.Equal(t, want[i], w.coloured(name), "as of %v: %d", asOf, i)
			}
			s, err := w.Backups.SnapshotAt(ctx, "Music", at)
			require.NoError(t, err)
			require.Equal(t, i+1, s.Len())
			require.Len(t, s.Table().GlobalIndexes, 1)
			items, err := s.Items(snapshot.Query{Index: "byColour"})
			require.NoError(t, err)
			require.Len(t, slices.Collect(items), []int{0, 0, 1, 2}[i])
		}
	}
}
