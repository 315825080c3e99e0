package backup_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

const (
	noID       = "01705320000000-0123abcd"
	invalidARN = "Invalid Backup ARN"
	notValid   = "Invalid Request: BackupArn is not valid"
	denied     = "Access is denied"
)

// faultyARN is a text that is not the ARN of a backup here, and what every operation that takes one answers.
type faultyARN struct {
	name string
	arn  string
	code exception.Code
	text string
}

var faultyARNs = []faultyARN{
	{"no ARN", "backup", exception.Validation, invalidARN},
	{"a table", "arn:aws:dynamodb:us-east-1:123456789012:table/Music", exception.Validation, invalidARN},
	{"an index", "arn:aws:dynamodb:us-east-1:123456789012:table/Music/index/byYear", exception.Validation, invalidARN},
	{"a stream", "arn:aws:dynamodb:us-east-1:123456789012:table/Music/stream/2024-01-15T12:00:00.000", exception.Validation, invalidARN},
	{"an export", "arn:aws:dynamodb:us-east-1:123456789012:table/Music/export/" + noID, exception.Validation, invalidARN},
	{"an id of another form", "arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/1", exception.Validation, invalidARN},
	{"another partition", "arn:aws-cn:dynamodb:us-east-1:123456789012:table/Music/backup/" + noID, exception.Validation, notValid},
	{"no such partition", "arn:aws-x:dynamodb:us-east-1:123456789012:table/Music/backup/" + noID, exception.Validation, notValid},
	{"another service", "arn:aws:s3:us-east-1:123456789012:table/Music/backup/" + noID, exception.Validation, notValid},
	{"no such region", "arn:aws:dynamodb:us-nowhere-1:123456789012:table/Music/backup/" + noID, exception.Validation, notValid},
	{"another account", "arn:aws:dynamodb:us-east-1:210987654321:table/Music/backup/" + noID, exception.AccessDenied, denied},
	{"no region", "arn:aws:dynamodb::123456789012:table/Music/backup/" + noID, exception.AccessDenied, denied},
}

// absentARNs are well-formed.
var absentARNs = []string{
	"arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/" + noID,
	"arn:aws:dynamodb:us-east-1:123456789012:table/None/backup/" + noID,
}

// takers are the operations that take the ARN of a backup.
func takers(w *world) map[string]func(arn string) error {
	return map[string]func(arn string) error{
		"DescribeBackup": func(arn string) error {
			_, err := w.Backups.DescribeBackup(ctx, arn)
			return err
		},
		"DeleteBackup": func(arn string) error {
			_, err := w.Backups.DeleteBackup(ctx, arn)
			return err
		},
		"RestoreTableFromBackup": func(arn string) error {
			_, err := w.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{BackupARN: arn, TargetTableName: "Target"})
			return err
		},
		"Window": func(arn string) error {
			_, err := w.Backups.Window(ctx, arn)
			return err
		},
		"Snapshot": func(arn string) error {
			_, err := w.Backups.Snapshot(ctx, arn)
			return err
		},
		"Transitions": func(arn string) error {
			_, err := w.Backups.Transitions(ctx, arn)
			return err
		},
	}
}

// assertFaultyARNs goes through the table of how the ARN of a backup is understood.
func assertFaultyARNs(t *testing.T, w *world, ask func(arn string) error) {
	t.Helper()
	faults := append([]faultyARN{{"empty", "", exception.Validation, invalidARN}}, faultyARNs...)
	for _, absent := range absentARNs {
		faults = append(faults, faultyARN{"no such backup", absent, exception.BackupNotFound, "Backup not found: " + absent})
	}
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			refused(t, w.refusal(func() error { return ask(fault.arn) }), fault.code, fault.text)
		})
	}
}

func TestBackupARN(t *testing.T) {
	w := newWorld(t, instant())
	w.put(w.open(plain("Music")), "a")
	w.backup("Music")
	for name, ask := range takers(w) {
		t.Run(name, func(t *testing.T) { assertFaultyARNs(t, w, ask) })
	}
}

// The same ARN means nothing to the service of another region.
func TestBackupARNAtAnotherEndpoint(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	arn := w.backup("Music")
	o := instant()
	o.Region = "us-west-2"
	elsewhere := newWorld(t, o)
	elsewhere.open(plain("Music"))
	for _, name := range []string{"DescribeBackup", "DeleteBackup"} {
		refused(t, takers(elsewhere)[name](arn), exception.BackupNotFound, "Backup not found: "+arn)
	}
}

// DescribeBackup and DeleteBackup do not mind a region that is another one, as long as there is such a region: they act
// on the backup here, and answer with the ARN that they were given.
func TestForeignRegionIsIgnored(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	arn := w.backup("Music")
	swapped := strings.Replace(arn, "us-east-1", "eu-central-1", 1)
	require.Equal(t, swapped, w.describe(swapped).ARN)

	d, err := w.Backups.DeleteBackup(ctx, swapped)
	require.NoError(t, err)
	require.Equal(t, swapped, d.ARN)
	_, err = w.Backups.DescribeBackup(ctx, arn)
	refused(t, err, exception.BackupNotFound, "Backup not found: "+arn)
}

// A backup records everything of its table but what the service does not record, and keeps it whatever becomes of the
// table.
func TestDescribeBackupRecords(t *testing.T) {
	for name, d := range map[string]schema.Definition{"provisioned": rich("Music"), "on demand": onDemand(rich("Music"))} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, instant())
			music := w.open(d)
			_, err := music.Put(entry("a", 1))
			require.NoError(t, err)
			live, err := w.Tables.DescribeTable(ctx, "Music")
			require.NoError(t, err)
			arn := w.backup("Music")
			recorded := w.describe(arn)
			require.Equal(t, live.Table, recorded.Table)
			require.Equal(t, int64(entry("a", 1).Size()), recorded.SizeBytes)

			w.change("Music")
			require.Equal(t, recorded, w.describe(arn), "a change of the table's settings is not one of the backup")
			w.drop("Music")
			require.Equal(t, recorded, w.describe(arn), "a backup outlives its table")
		})
	}
}

// change changes all that can be changed of a rich table.
func (w *world) change(name string) {
	w.t.Helper()
	off := schema.StreamView("")
	for _, changes := range []table.Changes{
		{
			BillingMode: schema.Provisioned, Throughput: schema.Throughput{Read: 100, Write: 100},
			Indexes: map[string]table.IndexChanges{
				"global": {Throughput: schema.Throughput{Read: 101, Write: 101}},
				"other":  {Throughput: schema.Throughput{Read: 102, Write: 102}},
			},
		},
		{Stream: &off}, {SSE: &schema.SSESpecification{}}, {Class: schema.Standard},
	} {
		_, err := w.Tables.UpdateTable(ctx, name, changes)
		require.NoError(w.t, err)
		w.clock.Advance(table.ServiceTiming().Updating)
	}
	require.NoError(w.t, w.Tables.UpdateTimeToLive(ctx, name, "expires", false))
	_, err := w.table(name).Put(entry("later", 2))
	require.NoError(w.t, err)
}

// What DescribeBackup returns is the caller's own.
func TestDescribeBackupIsACopy(t *testing.T) {
	w := newWorld(t, instant())
	w.open(rich("Music"))
	arn := w.backup("Music")
	d := w.describe(arn)
	d.Table.KeySchema[0].Name = "changed"
	d.Table.GlobalIndexes[0].Projection.NonKey[0] = "changed"
	delete(d.Table.Attributes, "pk")
	clean := w.describe(arn).Table
	require.Equal(t, "pk", clean.KeySchema[0].Name)
	require.Equal(t, "a", clean.GlobalIndexes[0].Projection.NonKey[0])
	require.Contains(t, clean.Attributes, "pk")
}

// In the documented profile the figures of a backup are copies of the table's statistics at the request, which are six
// hours behind; they never move.
func TestSizesAreCopiesOfStatistics(t *testing.T) {
	w := newWorld(t, exactly())
	music := w.open(plain("Music"))
	created := w.lives("Music").CreationTime
	w.put(music, "a")
	fresh := w.ready("Music")
	require.Zero(t, w.describe(fresh).SizeBytes, "a new table's statistics are still 0")
	require.Zero(t, w.describe(fresh).Table.ItemCount)

	w.clock.Set(created.Add(6 * time.Hour))
	w.put(music, "b")
	later := w.ready("Music")
	require.Equal(t, int64(3), w.describe(later).SizeBytes)
	require.Equal(t, int64(1), w.describe(later).Table.ItemCount, "taken when six hours were over, before the second item")

	w.clock.Advance(24 * time.Hour)
	require.Zero(t, w.describe(fresh).SizeBytes)
	require.Equal(t, int64(3), w.describe(later).SizeBytes)
}

// With exact sizes a backup shows what it holds as soon as it is ACTIVE, in descriptions and in lists.
func TestExactSizes(t *testing.T) {
	o := documented()
	o.Profile.Marker, o.Profile.ExactSizes = backup.Latest, true
	w := newWorld(t, o)
	music := w.open(plain("Music"))
	w.put(music, "a")
	arn := w.backup("Music")
	require.Zero(t, w.describe(arn).SizeBytes, "CREATING: what it will hold is not known yet")
	w.put(music, "b")
	w.clock.Advance(61 * time.Second)
	require.Equal(t, int64(6), w.describe(arn).SizeBytes)
	require.Equal(t, int64(2), w.describe(arn).Table.ItemCount)
	require.Equal(t, int64(6), w.list(backup.ListInput{})[0].SizeBytes)
}

// A backup stays ACTIVE while it is being restored.
func TestDescribeDuringRestore(t *testing.T) {
	w := newWorld(t, documented())
	w.open(plain("Music"))
	arn := w.ready("Music")
	w.restore(backup.RestoreInput{BackupARN: arn, TargetTableName: "Target"})
	require.Equal(t, backup.Active, w.describe(arn).Status)
}
