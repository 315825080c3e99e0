package backup_test

import (
	"context"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// mapSource is about the least that a backup.Source can be: maps behind a mutex, without history and without news of
// deleted tables.
type mapSource struct {
	seq *clock.Sequencer

	mu     sync.Mutex
	tables map[string]*mapTable
}

type mapTable struct {
	schema.Table
	items map[string]attr.Item
}

func newMapSource() *mapSource {
	return &mapSource{seq: clock.NewSequencer(&clock.Manual{}), tables: map[string]*mapTable{}}
}

// create makes a table. d must be valid.
func (m *mapSource) create(d schema.Table, items map[string]attr.Item) schema.Description {
	m.mu.Lock()
	defer m.mu.Unlock()
	d.ID = "00000000-0000-4000-8000-" + d.Name
	d.ARN, d.CreationTime = arn.Table(m.Region(), m.Account(), d.Name), m.Now()
	m.tables[d.Name] = &mapTable{Table: d, items: items}
	return schema.Description{Table: *d.Clone(), Status: schema.Creating}
}

func (m *mapSource) put(table, pk string, item attr.Item) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tables[table].items[pk] = item
}

func (m *mapSource) Now() time.Time  { return m.seq.Now() }
func (m *mapSource) Region() string  { return "local" }
func (m *mapSource) Account() string { return "000000000000" }

func (m *mapSource) TableState(_ context.Context, name string) (schema.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tables[name]
	if t == nil {
		return schema.State{}, exception.ResourceNotFound
	}
	return schema.State{ID: t.ID, Status: schema.Active, CreationTime: t.CreationTime}, nil
}

func (m *mapSource) CaptureTable(_ context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tables[name]
	if t == nil {
		return nil, exception.ResourceNotFound
	}
	at := m.seq.Next()
	described := t.Clone()
	s, err := snapshot.FromItems(described, cut(at), maps.Values(t.items))
	if err != nil {
		return nil, err
	}
	return snapshot.NewCapture(at, described, s.Cut(), func() *snapshot.Snapshot { return s }), nil
}

func (m *mapSource) RestoreTable(_ context.Context, r snapshot.Restore) (schema.Description, error) {
	items := map[string]attr.Item{}
	for item := range r.Snapshot.All() {
		pk, _ := item.Lookup("pk")
		text, _ := pk.Text()
		items[text] = item
	}
	return m.create(r.Table, items), nil
}

func described(d schema.Definition) schema.Table {
	return schema.Table{
		Name: d.Name, KeySchema: d.KeySchema, Attributes: d.Attributes, GlobalIndexes: d.GlobalIndexes, BillingMode: d.BillingMode,
	}
}

// A source that cannot look back is refused a window by New, instead of getting backups that break the promise.
func TestSourceWithoutHistory(t *testing.T) {
	_, err := backup.New(newMapSource(), backup.Options{})
	require.EqualError(t, err, "backup: Profile.Window must be 0 for a source without history, as in Instant()")
	p := backup.Instant()
	p.Window = 1
	_, err = backup.New(newMapSource(), backup.Options{Profile: p})
	require.EqualError(t, err, "backup: Profile.Window must be 0 for a source without history, as in Instant()")
}

// The engine needs no package table: on a source of maps, exact backups, restores with overrides, lists and deletion
// work; nothing of the backup changes with the source.
func TestMapSource(t *testing.T) {
	source := newMapSource()
	e, err := backup.New(source, backup.Options{Profile: backup.Instant(), Seed: 1})
	require.NoError(t, err)
	d := indexed()
	d.KeySchema, d.Attributes = schema.Keys("pk"), schema.Attributes{"pk": attr.TypeS, "g": attr.TypeS}
	source.create(described(d), map[string]attr.Item{})
	source.put("Music", "a", thing("a"))

	b, err := e.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "snap"})
	require.NoError(t, err)
	source.put("Music", "b", thing("b"))
	held, err := e.Snapshot(ctx, b.ARN)
	require.NoError(t, err)
	require.Equal(t, []string{`{"pk":{"S":"a"}}`}, texts(held))
	described, err := e.DescribeBackup(ctx, b.ARN)
	require.NoError(t, err)
	require.Equal(t, int64(1), described.Table.ItemCount)

	_, err = e.RestoreTableFromBackup(ctx, backup.RestoreInput{
		BackupARN: b.ARN, TargetTableName: "Target", Overrides: backup.Overrides{GlobalIndexes: []schema.Index{}},
	})
	require.NoError(t, err)
	require.Empty(t, source.tables["Target"].GlobalIndexes)
	require.Equal(t, map[string]attr.Item{"a": thing("a")}, source.tables["Target"].items)

	_, err = e.RestoreTableFromBackup(ctx, backup.RestoreInput{BackupARN: b.ARN, TargetTableName: "Music"})
	refused(t, err, exception.TableAlreadyExists, "Table already exists: Music")
	_, err = e.CreateBackup(ctx, backup.CreateInput{TableName: "None", BackupName: "snap"})
	refused(t, err, exception.TableNotFound, "Table not found: None")
	_, err = e.DeleteBackup(ctx, b.ARN)
	require.NoError(t, err)
	list, _, err := e.ListBackups(ctx, backup.ListInput{})
	require.NoError(t, err)
	require.Empty(t, list)
}

// A region that AWS does not have is good as long as it is the source's own.
func TestSourceInARegionOfItsOwn(t *testing.T) {
	source := newMapSource()
	e, err := backup.New(source, backup.Options{Profile: backup.Instant()})
	require.NoError(t, err)
	source.create(described(plain("Music")), map[string]attr.Item{})
	b, err := e.CreateBackup(ctx, backup.CreateInput{TableName: "arn:aws:dynamodb:local:000000000000:table/Music", BackupName: "snap"})
	require.NoError(t, err)
	require.Contains(t, b.ARN, "arn:aws:dynamodb:local:000000000000:table/Music/backup/")
	_, err = e.DescribeBackup(ctx, b.ARN)
	require.NoError(t, err)
}
