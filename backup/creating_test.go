package backup_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
)

// A backup can be held in CREATING by its request, whatever the profile and whatever becomes of its table, and what is
// still to come of all backups can be asked for.
func TestCreatingByRequest(t *testing.T) {
	w := newWorld(t, exactly())
	w.open(plain("Music"))
	held := w.create(backup.CreateInput{TableName: "Music", BackupName: "held", Creating: time.Hour})
	until := w.clock.Now().Add(time.Hour)
	w.recovery("Music", on)
	w.drop("Music")
	w.clock.Advance(time.Minute) // the SYSTEM backup appears

	pending := w.Backups.Pending()
	require.Len(t, pending, 2)
	require.Equal(t, backup.Transition{ARN: held.ARN, From: backup.Creating, To: backup.Active, At: until}, pending[0])
	require.Equal(t, backup.Deleted, pending[1].To, "the SYSTEM backup expires later")

	w.clock.Set(until.Add(-1))
	require.Equal(t, backup.Creating, w.describe(held.ARN).Status)
	w.clock.Set(until)
	require.Equal(t, backup.Active, w.describe(held.ARN).Status)
	require.Len(t, w.Backups.Pending(), 1)
}

func TestCreatingRefused(t *testing.T) {
	w := newWorld(t, exactly())
	w.open(plain("Music"))
	for _, d := range []time.Duration{-1, 101 * 365 * day} {
		_, err := w.Backups.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "held", Creating: d})
		require.ErrorIs(t, err, exception.Validation)
	}
}
