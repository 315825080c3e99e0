package backup_test

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// meddled is a store in which something happens after the engine has found a time to be restorable and before it looks
// at the history.
type meddled struct {
	*table.Store
	before func()
}

func (m *meddled) meddle() {
	if before := m.before; before != nil {
		m.before = nil
		before()
	}
}

func (m *meddled) SnapshotTable(ctx context.Context, name string, at clock.Instant) (*snapshot.Snapshot, error) {
	m.meddle()
	return m.Store.SnapshotTable(ctx, name, at)
}

func (m *meddled) ChangesOf(
	ctx context.Context, name string, from, to clock.Instant,
) (iter.Seq[snapshot.Change], clock.Instant, error) {
	m.meddle()
	return m.Store.ChangesOf(ctx, name, from, to)
}

// A state of another time than the one asked for is never given out, whatever happens to the history in the middle of
// the call.
func TestHistoryThatGoesDuringACall(t *testing.T) {
	for name, test := range map[string]struct {
		happens func(*table.Store, *backup.Engine, *clock.Manual)
		code    exception.Code
	}{
		"switched off": {func(_ *table.Store, e *backup.Engine, _ *clock.Manual) {
			_, _ = e.UpdateContinuousBackups(ctx, "Music", off)
		}, exception.PointInTimeRecoveryUnavailable},
		"switched off and on": {func(_ *table.Store, e *backup.Engine, _ *clock.Manual) {
			_, _ = e.UpdateContinuousBackups(ctx, "Music", off)
			_, _ = e.UpdateContinuousBackups(ctx, "Music", on)
		}, exception.PointInTimeRecoveryUnavailable},
		"the period moves on": {func(s *table.Store, _ *backup.Engine, c *clock.Manual) {
			c.Advance(40 * day)
			s.Now()
		}, exception.InvalidRestoreTime},
		"someone drops the history": {func(s *table.Store, _ *backup.Engine, _ *clock.Manual) {
			_ = s.RetainTable(ctx, "Music", 0)
		}, exception.InvalidRestoreTime},
	} {
		t.Run(name, func(t *testing.T) {
			clk := &clock.Manual{}
			source := &meddled{Store: table.NewStore(table.Options{Clock: clk, Seed: 1})}
			e, err := backup.New(source, backup.Options{Profile: backup.Instant()})
			require.NoError(t, err)
			_, err = source.CreateTable(ctx, plain("Music"))
			require.NoError(t, err)
			music, err := source.Table("Music")
			require.NoError(t, err)
			_, err = e.UpdateContinuousBackups(ctx, "Music", on)
			require.NoError(t, err)
			clk.Advance(time.Hour)
			_, err = music.Put(versioned("a", 1))
			require.NoError(t, err)
			then := clk.Now()
			for range 300 { // more than a block of the log
				clk.Advance(time.Minute)
				_, err = music.Put(versioned("a", int64(clk.Now().Minute()%9+1)))
				require.NoError(t, err)
			}
			meddle := func() { source.before = func() { test.happens(source.Store, e, clk) } }

			meddle()
			_, err = e.SnapshotAt(ctx, "Music", then)
			require.ErrorIs(t, err, test.code)
			_, _ = e.UpdateContinuousBackups(ctx, "Music", on)
			from := clk.Now()
			clk.Advance(time.Hour)
			_, err = music.Put(versioned("a", 1))
			require.NoError(t, err)
			meddle()
			_, err = e.Changes(ctx, "Music", from, from.Add(time.Hour))
			require.ErrorIs(t, err, test.code)
		})
	}
}

// late is a store in which something happens just before history is asked for.
type late struct {
	*table.Store
	before func()
}

func (l *late) RetainTable(ctx context.Context, name string, d time.Duration) error {
	if before := l.before; before != nil {
		l.before = nil
		before()
	}
	return l.Store.RetainTable(ctx, name, d)
}

// A table that takes the name of the one whose recovery is being switched on does not get its history.
func TestRecoveryOfATableThatGoes(t *testing.T) {
	clk := &clock.Manual{}
	source := &late{Store: table.NewStore(table.Options{Clock: clk, Seed: 1})}
	e, err := backup.New(source, backup.Options{Profile: backup.Instant()})
	require.NoError(t, err)
	anew := func() {
		_, _ = source.DeleteTable(ctx, "Music")
		_, err := source.CreateTable(ctx, plain("Music"))
		require.NoError(t, err)
	}
	anew()
	source.before = anew
	_, err = e.UpdateContinuousBackups(ctx, "Music", on)
	refused(t, err, exception.TableNotFound, "Table not found: Music")
	music, err := source.Table("Music")
	require.NoError(t, err)
	first, err := music.Put(versioned("a", 1))
	require.NoError(t, err)
	_, err = music.Put(versioned("a", 2))
	require.NoError(t, err)
	changes, _, err := source.ChangesOf(ctx, "Music", first.At, clock.EndOf(clk.Now()))
	require.NoError(t, err)
	require.Empty(t, slices.Collect(changes), "no history is kept")
}

// captured is a store in which a table is deleted right after its capture.
type captured struct{ *table.Store }

func (c *captured) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	capture, err := c.Store.CaptureTable(ctx, name, cut)
	if err == nil {
		_, err = c.DeleteTable(ctx, name)
	}
	return capture, err
}

// A deletion settles a marker that lies ahead, also if it comes before the backup is in the catalog.
func TestDeletionDuringCreateBackup(t *testing.T) {
	clk := &clock.Manual{}
	p := backup.Instant()
	p.Window, p.Marker = time.Minute, backup.Latest
	source := &captured{table.NewStore(table.Options{Clock: clk, Seed: 1})}
	e, err := backup.New(source, backup.Options{Profile: p})
	require.NoError(t, err)
	_, err = source.CreateTable(ctx, plain("Music"))
	require.NoError(t, err)
	d, err := e.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "snap"})
	require.NoError(t, err)
	described, err := e.DescribeBackup(ctx, d.ARN)
	require.NoError(t, err)
	require.Equal(t, backup.Active, described.Status)
}
