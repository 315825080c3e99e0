package embed_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/backup/backuptest"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/examples/embed"
	"github.com/tidemark-db/tidemark/schema"
)

// adapter is what the kit needs of a store beyond what a backup needs: tables to make, fill and read.
type adapter struct{ *embed.Store }

func (a adapter) CreateTable(_ context.Context, d schema.Definition) error {
	return a.Store.CreateTable(d)
}
func (a adapter) DeleteTable(_ context.Context, name string) error { return a.Store.DeleteTable(name) }
func (a adapter) Put(_ context.Context, name string, item attr.Item) error {
	return a.Store.Put(name, item)
}
func (a adapter) Delete(_ context.Context, name string, key attr.Key) error {
	return a.DeleteKey(name, key)
}
func (a adapter) Items(_ context.Context, name string) ([]attr.Item, error) {
	return a.Store.Items(name)
}

// The store keeps no history, tells nobody of deleted tables and has no indexes. All else that is asked of one it does.
func TestConformance(t *testing.T) {
	backuptest.Run(t, func(c clock.Clock) (backuptest.Store, error) { return adapter{embed.NewStore(c)}, nil },
		backuptest.History, backuptest.Deletions, backuptest.Indexes)
}

func TestBackup(t *testing.T) {
	ctx := context.Background()
	store := embed.NewStore(new(clock.Manual))
	require.NoError(t, store.CreateTable(schema.Definition{
		Name: "Things", KeySchema: schema.Keys("id"), Attributes: schema.Attributes{"id": attr.TypeN},
		BillingMode: schema.PayPerRequest,
	}))
	key := attr.MustItem(attr.Map{"id": attr.Int(1)})
	item := attr.MustItem(attr.Map{"id": attr.Int(1), "name": attr.S("first")})
	require.NoError(t, store.Put("Things", item))

	backups, err := backup.New(store, backup.Options{Profile: backup.Instant()})
	require.NoError(t, err)
	b, err := backups.CreateBackup(ctx, backup.CreateInput{TableName: "Things", BackupName: "before"})
	require.NoError(t, err)
	require.NoError(t, store.Delete("Things", key))
	_, err = backups.RestoreTableFromBackup(ctx, backup.RestoreInput{TargetTableName: "Restored", BackupARN: b.ARN})
	require.NoError(t, err)
	got, err := store.Item("Restored", key)
	require.NoError(t, err)
	require.Equal(t, item, got)
	got, err = store.Item("Things", key)
	require.NoError(t, err)
	require.Zero(t, got)
}
