package backup_test

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
)

// The answer to DeleteBackup is the complete description with the status DELETED; the backup is gone at once, for every
// operation and for lists.
func TestDeleteBackup(t *testing.T) {
	w := newWorld(t, instant())
	w.put(w.open(plain("Music")), "a")
	arn := w.backup("Music")
	want := w.describe(arn)
	want.Status = backup.Deleted
	d, err := w.Backups.DeleteBackup(ctx, arn)
	require.NoError(t, err)
	require.Equal(t, want, d)
	require.Empty(t, w.list(backup.ListInput{}))
	for name, ask := range takers(w) {
		t.Run(name, func(t *testing.T) { refused(t, ask(arn), exception.BackupNotFound, "Backup not found: "+arn) })
	}
}

func TestDeleteBackupRefusals(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(w *world) (arn string)
		text    func(arn string) string
		code    exception.Code
	}{
		{
			"CREATING: a second, or until the marker has passed",
			func(w *world) string { return w.backup("Music") },
			func(string) string { return "Backup is being created" },
			exception.BackupInUse,
		},
		{
			"being restored",
			func(w *world) string {
				arn := w.ready("Music")
				w.restore(backup.RestoreInput{BackupARN: arn, TargetTableName: "Target"})
				return arn
			},
			func(arn string) string { return "Backup is being used to restore table: " + arn },
			exception.BackupInUse,
		},
		{
			"SYSTEM: with the end of its 35 days",
			func(w *world) string { return w.system("Music") },
			func(arn string) string {
				return "Invalid Request: User is not allowed to delete the system backup with arn " + arn +
					". It will automatically expire on 2024-02-19T12:00:08.000Z"
			},
			exception.Validation,
		},
		{
			"AWS_BACKUP: the text is ours",
			func(w *world) string {
				arn := w.create(backup.CreateInput{TableName: "Music", BackupName: "vault", Type: backup.AWSBackup}).ARN
				w.clock.Advance(time.Minute + 1)
				return arn
			},
			func(arn string) string {
				return "Invalid Request: User is not allowed to delete the AWS Backup backup with arn " + arn
			},
			exception.Validation,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, documented())
			w.open(plain("Music"))
			arn := test.prepare(w)
			err := w.refusal(func() error {
				_, err := w.Backups.DeleteBackup(ctx, arn)
				return err
			})
			refused(t, err, test.code, test.text(arn))
		})
	}
}

// A backup can be deleted from the moment it is ACTIVE, and from the moment at which the target of its restore is.
func TestDeleteBackupAtTheEdges(t *testing.T) {
	w := newWorld(t, exactly())
	w.open(plain("Music"))
	first := w.backup("Music")
	w.clock.Advance(time.Second - 1)
	_, err := w.Backups.DeleteBackup(ctx, first)
	refused(t, err, exception.BackupInUse, "Backup is being created")
	w.clock.Advance(1)
	_, err = w.Backups.DeleteBackup(ctx, first)
	require.NoError(t, err)

	second := w.ready("Music")
	w.restore(backup.RestoreInput{BackupARN: second, TargetTableName: "Target"})
	w.clock.Advance(5*time.Minute - 1)
	_, err = w.Backups.DeleteBackup(ctx, second)
	refused(t, err, exception.BackupInUse, "Backup is being used to restore table: "+second)
	w.clock.Advance(1)
	_, err = w.Backups.DeleteBackup(ctx, second)
	require.NoError(t, err)
	require.NotNil(t, w.table("Target"), "the restored table does not need its backup any more")
}

// freed collects garbage until p is gone.
func freed(p weak.Pointer[snapshot.Snapshot]) bool {
	for range 10 {
		if runtime.GC(); p.Value() == nil {
			return true
		}
	}
	return false
}

// weakly returns a pointer to what a backup holds that does not keep it alive.
func (w *world) weakly(arn string) weak.Pointer[snapshot.Snapshot] {
	w.t.Helper()
	s, err := w.Backups.Snapshot(ctx, arn)
	require.NoError(w.t, err)
	return weak.Make(s)
}

// What a backup held is freed when it is deleted.
func TestDeleteBackupFreesMemory(t *testing.T) {
	w := newWorld(t, instant())
	w.put(w.open(plain("Music")), "a")
	arn := w.backup("Music")
	held := w.weakly(arn)
	require.False(t, freed(held), "the catalog keeps it")
	_, err := w.Backups.DeleteBackup(ctx, arn)
	require.NoError(t, err)
	require.True(t, freed(held))
	runtime.KeepAlive(w)
}

// What the AWS Backup service has made, DeleteBackup refuses and RemoveAWSBackup takes away, and nothing else.
func TestRemoveAWSBackup(t *testing.T) {
	w := newWorld(t, tidemark.Instant())
	w.open(plain("Music"))
	theirs := w.create(backup.CreateInput{TableName: "Music", BackupName: "vault", Type: backup.AWSBackup}).ARN
	ours := w.backup("Music")
	_, err := w.Backups.DeleteBackup(ctx, theirs)
	require.ErrorIs(t, err, exception.Validation)
	refused(t, w.Backups.RemoveAWSBackup(ctx, ours), exception.Validation, "the backup is of type USER: "+ours)
	require.NoError(t, w.Backups.RemoveAWSBackup(ctx, theirs))
	refused(t, w.Backups.RemoveAWSBackup(ctx, theirs), exception.BackupNotFound, "Backup not found: "+theirs)
	require.Empty(t, w.list(backup.ListInput{Type: backup.AWSBackup}))
	require.Len(t, w.list(backup.ListInput{}), 1)
}
