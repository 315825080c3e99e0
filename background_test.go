package tidemark_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

func openWith(t *testing.T, o tidemark.Options) *tidemark.DB {
	t.Helper()
	db, err := tidemark.New(o)
	require.NoError(t, err)
	_, err = db.Tables.CreateTable(t.Context(), schema.Definition{
		Name: "orders", KeySchema: schema.Keys("id"), Attributes: schema.Attributes{"id": attr.TypeS},
		BillingMode: schema.PayPerRequest,
	})
	require.NoError(t, err)
	return db
}

// Real time does what the manual clock does, 35 days of it too; and since nothing waits for it, the bubble ends with
// no goroutine left, which it would not forgive.
func TestSystemBackupExpiresByTheMachinesClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := tidemark.Documented()
		o.Clock, o.Seed = clock.System{}, 1
		db := openWith(t, o)
		pass := func(d time.Duration) { <-time.After(d) }
		list := func() []backup.Summary {
			list, _, err := db.Backups.ListBackups(t.Context(), backup.ListInput{Type: backup.System})
			require.NoError(t, err)
			return list
		}

		pass(time.Minute)
		orders, err := db.Tables.Table("orders")
		require.NoError(t, err)
		_, err = orders.Put(attr.MustItem(attr.Map{"id": attr.S("1")}))
		require.NoError(t, err)
		_, err = db.Backups.UpdateContinuousBackups(t.Context(), "orders", backup.RecoverySpecification{Enabled: true})
		require.NoError(t, err)
		_, err = db.Tables.DeleteTable(t.Context(), "orders")
		require.NoError(t, err)
		require.Empty(t, list(), "it takes a moment to appear")

		pass(10 * time.Second)
		there := list()
		require.Len(t, there, 1)
		s, err := db.Backups.Snapshot(t.Context(), there[0].ARN)
		require.NoError(t, err)
		require.Equal(t, 1, s.Len())

		pass(there[0].ExpiryTime.Sub(db.Clock.Now()) - time.Second)
		require.Len(t, list(), 1, "a second before the end of its 35 days")
		pass(time.Second)
		require.Empty(t, list())
		_, err = db.Backups.Snapshot(t.Context(), there[0].ARN)
		require.ErrorIs(t, err, exception.BackupNotFound)
		_, underWay := db.Backups.Settle()
		require.False(t, underWay)
	})
}

// Nothing runs in the background: not for a DB, and not for a backup that is waiting for its marker.
func TestNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	o := tidemark.Documented()
	o.Profile.Unregistered, o.Profile.Enabling, o.Timing.Creating = 0, 0, 0
	o.Clock = new(clock.Manual)
	db := openWith(t, o)
	d, err := db.Backups.CreateBackup(t.Context(), backup.CreateInput{
		TableName: "orders", BackupName: "pending", Marker: backup.Latest,
	})
	require.NoError(t, err)
	require.LessOrEqual(t, runtime.NumGoroutine(), before)
	_, err = db.Backups.Snapshot(t.Context(), d.ARN)
	require.ErrorIs(t, err, exception.BackupInUse, "it is pending indeed")
}
