package backup_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// TestChecklist has one subtest for each behaviour of the service that a reader would look for first, by the number it
// has in the project's list of them. What it touches, the other tests of this package take apart.
func TestChecklist(t *testing.T) {
	for _, row := range []struct {
		name string
		test func(t *testing.T)
	}{
		{"01 a backup is the same for create and describe; CREATING, then ACTIVE", checkSameBackup},
		{"02 the ARN has the creation time in milliseconds and 8 hex digits", checkARNForm},
		{"03 one name, three backups, listed by time", checkEqualNames},
		{"04 a table that is missing", checkMissingTable},
		{"05 a table that is CREATING, and just ACTIVE", checkNewTable},
		{"06 a table that is UPDATING, and DELETING", checkBusyTable},
		{"07 writes before are in, writes after are not", checkWrites},
		{"08 delete", checkDelete},
		{"09 delete and restore during a restore", checkDuringRestore},
		{"10 SYSTEM backups cannot be deleted", checkDeleteSystem},
		{"11 list by type", checkListTypes},
		{"12 list by time", checkListBounds},
		{"13 list by page", checkListPages},
		{"14 list of a table that never was", checkListOfNothing},
		{"15 backups outlive their table", checkIncarnations},
		{"16 the deletion of a table with recovery leaves a SYSTEM backup", checkSystemBackup},
		{"17 restore", checkRestore},
		{"18 what a restored table has", checkRestoredSettings},
		{"19 overrides of capacity", func(t *testing.T) { checkOverrides(t, capacityRefusals) }},
		{"20 overrides of indexes", func(t *testing.T) { checkOverrides(t, indexRefusals); TestOverrides(t) }},
		{"21 targets", TestRestoreRefusals},
		{"22 the 51st restore", TestConcurrentRestores},
		{"23 operations on a CREATING target", TestOperationsOnTarget},
		{"24 point-in-time recovery and its window", checkRecovery},
		{"25 refusals of a restore to a point in time, and their order", checkPointInTimeRefusals},
		{"26 a restore has exactly the items of its time", checkPointInTime},
		{"27 ARNs of backups", TestBackupARN},
		{"31 backups have no tags", checkTags},
		{"32 the backup of a restored table has no lineage", checkLineage},
	} {
		t.Run(row.name, row.test)
	}
}

func checkSameBackup(t *testing.T) {
	w := newWorld(t, exactly())
	w.open(plain("Music"))
	created := w.create(backup.CreateInput{TableName: "Music", BackupName: "snap"})
	require.Equal(t, backup.Creating, created.Status)
	w.clock.Advance(time.Second)
	created.Status = backup.Active
	require.Equal(t, created, w.describe(created.ARN).Details)
}

func checkARNForm(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	d := w.create(backup.CreateInput{TableName: "Music", BackupName: "snap"})
	require.Regexp(t, regexp.MustCompile(fmt.Sprintf(
		`^arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/%014d-[0-9a-f]{8}$`, d.CreationTime.UnixMilli())), d.ARN)
}

func checkEqualNames(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	var arns []string
	for range 3 {
		arns = append(arns, w.backup("Music"))
		w.clock.Advance(time.Millisecond)
	}
	var listed []string
	for _, s := range w.list(backup.ListInput{TableName: "Music"}) {
		listed = append(listed, s.ARN)
	}
	require.Equal(t, arns, listed)
}

func checkMissingTable(t *testing.T) {
	_, err := newWorld(t, instant()).Backups.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "snap"})
	refused(t, err, exception.TableNotFound, notFound)
}

func checkNewTable(t *testing.T) {
	w := newWorld(t, documented())
	_, err := w.Tables.CreateTable(ctx, plain("Music"))
	require.NoError(t, err)
	create := operations(w)["CreateBackup"]
	refused(t, create(), exception.TableNotFound, notFound)
	w.clock.Set(w.lives("Music").ActiveTime)
	refused(t, create(), exception.ContinuousBackupsUnavailable, enabling)
	w.clock.Advance(3 * time.Second)
	require.NoError(t, create())
}

func checkBusyTable(t *testing.T) {
	w := newWorld(t, exactly())
	w.open(plain("Music"))
	_, err := w.Tables.UpdateTable(ctx, "Music", table.Changes{Class: schema.StandardInfrequentAccess})
	require.NoError(t, err)
	w.ready("Music")
	w.clock.Advance(time.Minute)
	w.drop("Music")
	survivor := w.backup("Music")
	w.clock.Advance(time.Second)
	refused(t, operations(w)["CreateBackup"](), exception.TableNotFound, notFound)
	w.clock.Advance(time.Hour)
	require.Equal(t, backup.Active, w.describe(survivor).Status)
}

func checkWrites(t *testing.T) {
	w := newWorld(t, instant())
	music := w.open(plain("Music"))
	w.put(music, "before")
	arn := w.backup("Music")
	w.put(music, "after")
	require.Equal(t, []string{`{"pk":{"S":"before"}}`}, w.held(arn))
}

func checkDelete(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	arn := w.backup("Music")
	d, err := w.Backups.DeleteBackup(ctx, arn)
	require.NoError(t, err)
	require.Equal(t, []string{"DELETED", "Music"}, []string{string(d.Status), d.Table.Name})
	for _, name := range []string{"DeleteBackup", "DescribeBackup"} {
		refused(t, takers(w)[name](arn), exception.BackupNotFound, "Backup not found: "+arn)
	}
	require.Empty(t, w.list(backup.ListInput{}))
}

func checkDuringRestore(t *testing.T) {
	w := newWorld(t, documented())
	w.open(plain("Music"))
	arn := w.ready("Music")
	w.restore(backup.RestoreInput{BackupARN: arn, TargetTableName: "First"})
	restore, remove := takers(w)["RestoreTableFromBackup"], takers(w)["DeleteBackup"]
	refused(t, remove(arn), exception.BackupInUse, "Backup is being used to restore table: "+arn)
	refused(t, restore(arn), exception.BackupInUse, "Backup is being used to restore another table: "+arn)
	w.clock.Set(w.lives("First").ActiveTime)
	require.NoError(t, restore(arn))
	w.clock.Set(w.lives("Target").ActiveTime)
	require.NoError(t, remove(arn))
}

func checkDeleteSystem(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	arn := w.system("Music")
	refused(t, takers(w)["DeleteBackup"](arn), exception.Validation, "Invalid Request: User is not allowed to delete the system "+
		"backup with arn "+arn+". It will automatically expire on 2024-02-19T12:00:00.000Z")
}

func checkListTypes(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	w.backup("Music")
	w.system("Music")
	for kind, want := range map[backup.Type][]string{
		"": {"snap"}, backup.User: {"snap"}, backup.System: {"Music$DeletedTableBackup"},
		backup.All: {"Music$DeletedTableBackup", "snap"}, // of one millisecond: by ARN
	} {
		require.Equal(t, want, names(w.list(backup.ListInput{Type: kind})), "%q", kind)
	}
	_, _, err := w.Backups.ListBackups(ctx, backup.ListInput{Type: "bogus"})
	require.ErrorIs(t, err, exception.Validation)
	require.ErrorContains(t, err, "Value 'bogus' at 'backupType' failed to satisfy constraint: Member must satisfy enum value set: [")
}

func checkListBounds(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	created := w.create(backup.CreateInput{TableName: "Music", BackupName: "snap"}).CreationTime
	next := created.Add(time.Millisecond)
	require.Len(t, w.list(backup.ListInput{From: created, Before: next}), 1)
	require.Empty(t, w.list(backup.ListInput{From: next}))
	require.Empty(t, w.list(backup.ListInput{Before: created}))
	_, _, err := w.Backups.ListBackups(ctx, backup.ListInput{From: next, Before: created})
	refused(t, err, exception.Validation,
		"One or more parameter values were invalid: Time range lower bound must be less than or equal to upper bound")
}

func checkListPages(t *testing.T) {
	for _, limit := range []int{-1, 101} { // 0 is no limit given, in Go
		_, _, err := newWorld(t, instant()).Backups.ListBackups(ctx, backup.ListInput{Limit: limit})
		require.ErrorIs(t, err, exception.Validation)
		require.ErrorContains(t, err, fmt.Sprintf("Value '%d' at 'limit' failed to satisfy constraint: Member must have value ", limit))
	}
	TestListBackupsPages(t)
	TestListBackupsCursorIsAPlace(t)
}

func checkListOfNothing(t *testing.T) {
	require.Empty(t, newWorld(t, instant()).list(backup.ListInput{TableName: "Music"}))
}

func checkIncarnations(t *testing.T) {
	w := newWorld(t, instant())
	for range 2 {
		w.open(plain("Music"))
		w.backup("Music")
		w.drop("Music")
		w.clock.Advance(time.Second)
	}
	list := w.list(backup.ListInput{TableName: "Music"})
	require.Len(t, list, 2)
	require.NotEqual(t, list[0].TableID, list[1].TableID)
	require.Equal(t, list[0].TableARN, list[1].TableARN)
}

func checkSystemBackup(t *testing.T) {
	for _, recovered := range []bool{true, false} {
		w := newWorld(t, documented())
		w.open(plain("Music"))
		w.recovery("Music", backup.RecoverySpecification{Enabled: recovered})
		w.drop("Music")
		w.clock.Advance(time.Minute)
		list := w.list(backup.ListInput{Type: backup.System})
		if !recovered {
			require.Empty(t, list)
			continue
		}
		require.Equal(t, []string{"Music$DeletedTableBackup"}, names(list))
		require.True(t, strings.HasSuffix(list[0].ARN, "-00000000"))
		require.Equal(t, 35*day, list[0].ExpiryTime.Sub(list[0].CreationTime))
	}
	TestSystemBackupIsDecidedLate(t)
}

func checkRestore(t *testing.T) {
	w := newWorld(t, exactly())
	w.put(w.open(plain("Music")), "a")
	source := w.lives("Music")
	d := w.restore(backup.RestoreInput{BackupARN: w.ready("Music"), TargetTableName: "Target"})
	require.Equal(t, schema.Creating, d.Status)
	require.NotNil(t, d.Restore)
	w.clock.Set(w.lives("Target").ActiveTime)
	d, err := w.Tables.DescribeTable(ctx, "Target")
	require.NoError(t, err)
	require.Nil(t, d.Restore)
	require.Equal(t, w.items("Music"), w.items("Target"))
	require.NotEqual(t, source.ID, d.ID)
	require.NotEqual(t, source.CreationTime, d.CreationTime)
}

func checkRestoredSettings(t *testing.T) { TestRestoreKeepsAndDrops(t) }

// checkOverrides asserts that each refusal is a ValidationException with its text.
func checkOverrides(t *testing.T, rows []overrideRefusal) {
	w := newWorld(t, instant())
	for _, d := range recorded {
		w.open(d)
	}
	for _, row := range rows {
		_, err := w.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{
			BackupARN: w.backup(row.source), TargetTableName: "Target", Overrides: row.o,
		})
		refused(t, err, exception.Validation, row.text)
	}
}

func checkTags(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	arn := w.backup("Music")
	text := "One or more parameter values were invalid: Provided Arn is not a DynamoDB resource arn: " + arn
	refused(t, w.Tables.TagResource(ctx, arn, map[string]string{"team": "a"}), exception.Validation, text)
	refused(t, w.Tables.UntagResource(ctx, arn, "team"), exception.Validation, text)
	_, err := w.Tables.ListTagsOfResource(ctx, arn)
	refused(t, err, exception.Validation, text)
}

func checkLineage(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	w.restored(w.backup("Music"), "Target")
	w.clock.Advance(time.Second)
	live, err := w.Tables.DescribeTable(ctx, "Target")
	require.NoError(t, err)
	d := w.describe(w.backup("Target"))
	require.Equal(t, w.clock.Now(), d.CreationTime)
	require.Equal(t, live.Table, d.Table)
}

func checkRecovery(t *testing.T) {
	TestRecoverySwitching(t)
	TestRecoveryWindowIsAWindow(t)
	TestRestorableTimes(t)
	TestPointInTimeAfterSwitching(t)
}

func checkPointInTimeRefusals(t *testing.T) {
	TestPointInTimeRefusals(t)
	TestPointInTimeOrderOfRefusals(t)
}

// checkPointInTime plays random writes, a second apart or none, beside a list of what the table held after each, and
// restores every second of it.
func checkPointInTime(t *testing.T) {
	w, music := recoverable(t, instant())
	random := rand.New(rand.NewPCG(1, 1))
	start := w.clock.Now()
	held := map[string]int64{}
	var seconds []map[string]int64 // what was held at the end of each
	for range 400 {
		if random.IntN(3) == 0 {
			seconds = append(seconds, maps.Clone(held))
			w.clock.Advance(time.Second)
		}
		pk, v := string(rune('a'+random.IntN(8))), random.Int64N(9)
		if v == 0 {
			delete(held, pk)
			_, err := music.Delete(attr.Key{Partition: attr.S(pk)})
			require.NoError(t, err)
			continue
		}
		held[pk] = v
		_, err := music.Put(versioned(pk, v))
		require.NoError(t, err)
	}
	require.Greater(t, len(seconds), 100)
	for n, then := range seconds {
		want := []string{}
		for pk, v := range then {
			want = append(want, versioned(pk, v).String())
		}
		at := start.Add(time.Duration(n) * time.Second)
		require.ElementsMatch(t, want, w.view(at), "second %d", n)
		if n%20 == 0 {
			require.ElementsMatch(t, want, w.asOf(at), "second %d", n)
		}
	}
}
