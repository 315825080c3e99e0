package backup_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
)

var on, off = backup.RecoverySpecification{Enabled: true}, backup.RecoverySpecification{}

// system deletes a table with point-in-time recovery, waits for its SYSTEM backup and returns its ARN.
func (w *world) system(name string) string {
	w.t.Helper()
	w.recovery(name, on)
	w.drop(name)
	w.clock.Advance(w.Backups.Profile().SystemDelay)
	list := w.list(backup.ListInput{TableName: name, Type: backup.System})
	require.NotEmpty(w.t, list)
	return list[len(list)-1].ARN
}

// The SYSTEM backup of a deleted table appears, ACTIVE, 5 seconds after the deletion and is there for 35 days from it,
// whatever the recovery period was.
func TestSystemBackupLife(t *testing.T) {
	for _, days := range []int{0, 1, 35} {
		w := newWorld(t, documented())
		music := w.open(plain("Music"))
		w.put(music, "a")
		w.recovery("Music", backup.RecoverySpecification{Enabled: true, RecoveryPeriodInDays: days})
		w.put(music, "b")
		deleted := w.clock.Now()
		w.drop("Music")

		arn := w.arn("Music") + "/backup/" + arn.SystemBackupID(deleted)
		w.clock.Set(deleted.Add(5*time.Second - 1))
		require.Empty(t, w.list(backup.ListInput{Type: backup.All}))
		_, err := w.Backups.DescribeBackup(ctx, arn)
		refused(t, err, exception.BackupNotFound, "Backup not found: "+arn)

		w.clock.Set(deleted.Add(5 * time.Second))
		d := w.describe(arn)
		require.Equal(t, backup.Details{
			ARN: arn, Name: "Music$DeletedTableBackup", Status: backup.Active, Type: backup.System,
			CreationTime: deleted, ExpiryTime: deleted.Add(35 * 24 * time.Hour),
		}, d.Details)
		require.Len(t, w.held(arn), 2, "everything that was there at the deletion")

		w.clock.Set(d.ExpiryTime.Add(-1))
		require.Equal(t, backup.Active, w.describe(arn).Status)
		w.clock.Set(d.ExpiryTime)
		_, err = w.Backups.DescribeBackup(ctx, arn)
		refused(t, err, exception.BackupNotFound, "Backup not found: "+arn)
		require.Empty(t, w.list(backup.ListInput{Type: backup.All}))
	}
}

// Whether there is a SYSTEM backup is decided by what recovery is a second after the deletion.
func TestSystemBackupIsDecidedLate(t *testing.T) {
	tests := []struct {
		name          string
		before, after *backup.RecoverySpecification // the deletion
		want          int
	}{
		{"on", &on, nil, 1},
		{"never on", nil, nil, 0},
		{"off again", &off, nil, 0},
		{"switched off while DELETING", &on, &off, 0},
		{"switched on while DELETING", nil, &on, 1},
		{"switched on again while DELETING", &on, &on, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, documented())
			w.open(plain("Music"))
			if test.before != nil {
				w.recovery("Music", *test.before)
			}
			w.drop("Music")
			w.clock.Advance(time.Second - 1)
			if test.after != nil {
				w.recovery("Music", *test.after)
			}
			w.clock.Advance(1)
			_, err := w.Backups.UpdateContinuousBackups(ctx, "Music", off)
			refused(t, err, exception.TableNotFound, notFound)
			w.clock.Advance(time.Minute)
			require.Len(t, w.list(backup.ListInput{Type: backup.All}), test.want)
		})
	}
}

// A SYSTEM backup records its table as a USER backup does, and is restored in the same way.
func TestSystemBackupIsRestored(t *testing.T) {
	w := newWorld(t, documented())
	music := w.open(rich("Music"))
	_, err := music.Put(entry("a", 1))
	require.NoError(t, err)
	user := w.describe(w.ready("Music")).Table
	arn := w.system("Music")
	require.Equal(t, user, w.describe(arn).Table)
	items := w.held(arn)
	w.restored(arn, "Music")
	require.Equal(t, items, w.items("Music"))
}

// A new table of the same name does not inherit recovery: deleting it leaves nothing.
func TestSystemBackupOfTheFirstIncarnationOnly(t *testing.T) {
	w := newWorld(t, documented())
	w.open(plain("Music"))
	w.system("Music")
	w.open(plain("Music"))
	c, err := w.Backups.DescribeContinuousBackups(ctx, "Music")
	require.NoError(t, err)
	require.Equal(t, backup.ContinuousBackups{Enabled: true}, c)
	w.drop("Music")
	w.clock.Advance(time.Minute)
	require.Len(t, w.list(backup.ListInput{Type: backup.System}), 1)
}

// Two tables of one name that are deleted within a millisecond leave two backups: the second one's time moves up, and
// everything that follows from it.
func TestSystemBackupsOfOneMillisecond(t *testing.T) {
	w := newWorld(t, instant())
	var deleted time.Time
	for _, pk := range []string{"a", "b", "c"} {
		w.put(w.open(plain("Music")), pk)
		w.recovery("Music", on)
		deleted = w.clock.Now()
		w.drop("Music")
	}
	w.clock.Advance(2 * time.Millisecond)
	list := w.list(backup.ListInput{Type: backup.System})
	require.Len(t, list, 3)
	for i, s := range list {
		require.Equal(t, deleted.Add(time.Duration(i)*time.Millisecond), s.CreationTime)
		require.Equal(t, s.CreationTime.Add(backup.SystemRetention), s.ExpiryTime)
		require.Equal(t, w.arn("Music")+"/backup/"+arn.SystemBackupID(s.CreationTime), s.ARN)
		require.Equal(t, []string{`{"pk":{"S":"` + string("abc"[i]) + `"}}`}, w.held(s.ARN))
	}
}

// What an expired backup held is freed by the first call after its time.
func TestSystemBackupFreesMemory(t *testing.T) {
	w := newWorld(t, documented())
	w.put(w.open(plain("Music")), "a")
	held := w.weakly(w.system("Music"))
	w.clock.Advance(36 * 24 * time.Hour)
	require.False(t, freed(held), "nobody has called")
	_, waiting := w.Backups.Settle()
	require.False(t, waiting)
	require.True(t, freed(held))
	runtime.KeepAlive(w)
}
