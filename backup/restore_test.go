package backup_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// A restored table keeps what section 3.3 of the service's behaviour keeps and drops the rest.
func TestRestoreKeepsAndDrops(t *testing.T) {
	for name, d := range map[string]schema.Definition{"provisioned": rich("Music"), "on demand": onDemand(rich("Music"))} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, exactly())
			d.DeletionProtection = true
			music := w.open(d)
			_, err := music.Put(entry("a", 1))
			require.NoError(t, err)
			w.recovery("Music", on)
			arn := w.ready("Music")
			recorded := w.describe(arn).Table
			w.change("Music")
			w.restored(arn, "Target")

			got, err := w.Tables.DescribeTable(ctx, "Target")
			require.NoError(t, err)
			require.NotEqual(t, recorded.ID, got.ID, "the table's id is new")
			require.True(t, got.CreationTime.After(recorded.CreationTime), "and so is its creation time")
			want := recorded.Clone()
			want.Name, want.ID, want.ARN, want.CreationTime = "Target", got.ID, recorded.ARN.TableARN(), got.CreationTime
			want.ARN.Table = "Target"
			want.Stream, want.TTLAttribute = "", ""
			require.Equal(t, *want, got.Table, "keys, indexes, billing, capacity, maxima and encryption are kept as recorded")
			requirePlain(t, got)
			assertNothingElse(t, w, got.ARN.String())
		})
	}
}

// requirePlain asserts that a restored table has nothing but what a backup records.
func requirePlain(t *testing.T, got schema.Description) {
	t.Helper()
	warm := func(t schema.Throughput) schema.WarmThroughput {
		if got.BillingMode == schema.PayPerRequest {
			t = schema.Throughput{Read: 12_000, Write: 4_000}
		}
		return schema.WarmThroughput{Throughput: t, Status: schema.Active}
	}
	want := schema.Description{Table: got.Table, Status: schema.Active, Indexes: got.Indexes}
	want.Warm = map[string]schema.WarmThroughput{"": warm(got.Throughput)}
	if got.BillingMode == schema.PayPerRequest {
		want.OnDemandSince = got.CreationTime
	}
	for _, x := range got.GlobalIndexes {
		if want.States == nil {
			want.States = make(map[string]schema.IndexState)
		}
		want.States[x.Name] = schema.IndexState{Status: schema.Active}
		want.Warm[x.Name] = warm(x.Throughput)
	}
	require.Equal(t, want, got, "no stream, class STANDARD, no protection, no restore summary")
}

// assertNothingElse asserts that the table Target has neither tags, nor time to live, nor point-in-time recovery.
func assertNothingElse(t *testing.T, w *world, arn string) {
	t.Helper()
	tags, err := w.Tables.ListTagsOfResource(ctx, arn)
	require.NoError(t, err)
	require.Empty(t, tags)
	ttl, err := w.Tables.DescribeTimeToLive(ctx, "Target")
	require.NoError(t, err)
	require.Equal(t, schema.TimeToLive{Status: schema.TTLDisabled}, ttl)
	c, err := w.Backups.DescribeContinuousBackups(ctx, "Target")
	require.NoError(t, err)
	require.Nil(t, c.PointInTimeRecovery)
}

// The answer has the status CREATING and says what is restored; so does DescribeTable until the table is ACTIVE.
func TestRestoreSummary(t *testing.T) {
	for name, o := range map[string]tidemark.Options{"instant": instant(), "documented": documented()} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, o)
			w.open(plain("Music"))
			backupARN := w.ready("Music")
			b := w.describe(backupARN)
			d := w.restore(backup.RestoreInput{BackupARN: backupARN, TargetTableName: "Target"})
			parsed, err := arn.Parse(backupARN)
			require.NoError(t, err)
			require.Equal(t, schema.Creating, d.Status)
			require.Equal(t, &schema.RestoreSummary{
				SourceBackupARN: parsed, SourceTableARN: b.Table.ARN, RestoreTime: b.CreationTime,
			}, d.Restore)
			for _, state := range []schema.Status{schema.Creating, schema.Active} {
				if state == schema.Creating && w.Backups.Profile().Restoring == 0 {
					continue
				}
				now, err := w.Tables.DescribeTable(ctx, "Target")
				require.NoError(t, err)
				require.Equal(t, state, now.Status)
				require.Equal(t, state == schema.Creating, now.Restore != nil)
				w.clock.Advance(5 * time.Minute)
			}
		})
	}
}

func TestRestoreRefusals(t *testing.T) {
	long := strings.Repeat("a", 256)
	tests := []struct {
		name   string
		target string
		code   exception.Code
		text   string // ARN stands for that of the backup
	}{
		{"no target has a text of its own", "", exception.Validation,
			"TableName must be at least 3 characters long and at most 255 characters long"},
		{"a short target", "ab", exception.Validation, oneError + "Value 'ab' at 'targetTableName'" + must + "have length greater than or equal to 3"},
		{"a long target", long, exception.Validation, oneError + "Value '" + long + "' at 'targetTableName'" + must + "have length less than or equal to 255"},
		{"a target with another character", "a b", exception.Validation, oneError + "Value 'a b' at 'targetTableName'" + pattern},
		{"a target by ARN", "arn:aws:dynamodb:us-east-1:123456789012:table/Target", exception.Validation,
			oneError + "Value 'arn:aws:dynamodb:us-east-1:123456789012:table/Target' at 'targetTableName'" + pattern},
		{"a target that is ACTIVE: the source itself", "Music", exception.TableAlreadyExists, "Table already exists: Music"},
		{"a target that is DELETING", "Deleting", exception.TableAlreadyExists, "Table already exists: Deleting"},
		{"a target that is UPDATING", "Updating", exception.TableAlreadyExists, "Table already exists: Updating"},
		{"a target that is CREATING: the text is ours", "Creating", exception.TableInUse, "Table is being created: Creating"},
		{"a target that another restore is filling", "Restoring", exception.TableInUse,
			"Table: Restoring is already being restored from backup: ARN"},
	}
	w := newWorld(t, exactly())
	w.open(plain("Music"))
	w.open(plain("Deleting"))
	w.open(plain("Updating"))
	w.clock.Advance(time.Second)
	arn, other := w.backup("Music"), w.ready("Music")
	w.restore(backup.RestoreInput{BackupARN: other, TargetTableName: "Restoring"})
	w.drop("Deleting")
	_, err := w.Tables.UpdateTable(ctx, "Updating", table.Changes{Class: schema.StandardInfrequentAccess})
	require.NoError(t, err)
	_, err = w.Tables.CreateTable(ctx, plain("Creating"))
	require.NoError(t, err)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := w.refusal(func() error {
				_, err := w.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{BackupARN: arn, TargetTableName: test.target})
				return err
			})
			refused(t, err, test.code, strings.ReplaceAll(test.text, "ARN", arn))
		})
	}
}

// A backup cannot be restored while it is CREATING, nor by two restores at once, and it does not matter into what.
func TestRestoreOfBackupInUse(t *testing.T) {
	w := newWorld(t, exactly())
	w.open(plain("Music"))
	arn := w.backup("Music")
	try := func(target string) error {
		_, err := w.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{BackupARN: arn, TargetTableName: target})
		return err
	}
	w.clock.Advance(time.Second - 1)
	refused(t, w.refusal(func() error { return try("First") }), exception.BackupInUse, "Backup is being created")
	w.clock.Advance(1)
	require.NoError(t, try("First"))
	w.clock.Advance(5*time.Minute - 1)
	for _, target := range []string{"Second", "First", "Music"} {
		refused(t, w.refusal(func() error { return try(target) }), exception.BackupInUse,
			"Backup is being used to restore another table: "+arn)
	}
	w.clock.Advance(1)
	require.NoError(t, try("Second"))
}

// The refusals come in this order, each before the next: form of the request, form of the ARN, region, existence, state,
// overrides, target, number of restores.
func TestRestoreOrderOfRefusals(t *testing.T) {
	o := exactly()
	o.Profile.ConcurrentRestores = 1
	w := newWorld(t, o)
	w.open(plain("Music"))
	arns := []string{w.backup("Music"), w.backup("Music"), w.ready("Music")}
	w.restore(backup.RestoreInput{BackupARN: arns[0], TargetTableName: "Busy"})
	in := backup.RestoreInput{
		TargetTableName: "a b", BackupARN: "backup",
		Overrides: backup.Overrides{BillingMode: schema.Provisioned},
	}
	steps := []struct {
		code exception.Code
		text string
		mend func()
	}{
		{exception.Validation, oneError + "Value 'a b' at 'targetTableName'" + pattern, func() { in.TargetTableName = "Music" }},
		{exception.Validation, "Invalid Backup ARN", func() { in.BackupARN = strings.Replace(absentARNs[0], "us-east-1", "us-west-2", 1) }},
		{exception.Validation, "Invalid Request: sseSpecificationOverride must be provided for cross-region restores",
			func() { in.BackupARN = absentARNs[0] }},
		{exception.BackupNotFound, "Backup not found: " + absentARNs[0], func() { in.BackupARN = arns[0] }},
		{exception.BackupInUse, "Backup is being used to restore another table: " + arns[0], func() { in.BackupARN = arns[1] }},
		{exception.Validation, "Invalid Request: Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED",
			func() { in.Throughput = schema.Throughput{Read: 1, Write: 1} }},
		{exception.TableAlreadyExists, "Table already exists: Music", func() { in.TargetTableName = "Target" }},
		{exception.LimitExceeded, "Subscriber limit exceeded: Only 1 restore operations can be done simultaneously",
			func() { w.clock.Advance(5 * time.Minute) }},
	}
	for _, step := range steps {
		err := w.refusal(func() error {
			_, err := w.Backups.RestoreTableFromBackup(ctx, in)
			return err
		})
		refused(t, err, step.code, step.text)
		step.mend()
	}
	w.restore(in)
}

// An ARN with another region needs an encryption for this one; then the backup here is restored.
func TestRestoreWithForeignRegion(t *testing.T) {
	w := newWorld(t, instant())
	w.put(w.open(plain("Music")), "a")
	swapped := strings.Replace(w.backup("Music"), "us-east-1", "eu-west-1", 1)
	in := backup.RestoreInput{BackupARN: swapped, TargetTableName: "Target"}
	err := w.refusal(func() error {
		_, err := w.Backups.RestoreTableFromBackup(ctx, in)
		return err
	})
	refused(t, err, exception.Validation, "Invalid Request: sseSpecificationOverride must be provided for cross-region restores")
	in.SSE = &schema.SSESpecification{Enabled: true}
	require.Equal(t, "us-east-1", w.restore(in).ARN.Region)
	require.Equal(t, []string{`{"pk":{"S":"a"}}`}, w.items("Target"))
}

// Neither a restored table nor its backup nor the source ever notices a write to another of them, in items or indexes.
func TestRestoreIsIndependent(t *testing.T) {
	w := newWorld(t, instant())
	source := w.open(rich("Music"))
	_, err := source.Put(entry("a", 1))
	require.NoError(t, err)
	arn := w.backup("Music")
	want := w.held(arn)
	first, second := w.restored(arn, "First"), w.restored(arn, "Second")
	_, err = source.Delete(attr.Key{Partition: attr.S("a"), Sort: attr.Int(1)})
	require.NoError(t, err)
	_, err = first.Put(entry("b", 2))
	require.NoError(t, err)

	require.Equal(t, want, w.held(arn))
	require.Equal(t, want, w.items("Second"))
	require.Empty(t, w.items("Music"))
	require.Len(t, w.items("First"), 2)
	for _, index := range []string{"local", "global", "other"} {
		for _, restored := range []*table.Table{first, second} {
			page, err := restored.Page(snapshot.Query{Index: index})
			require.NoError(t, err)
			require.Len(t, page.Items, len(w.items(restored.Name())), index)
		}
	}
}

// unwilling is a store whose restores go wrong.
type unwilling struct {
	*table.Store
	restore func(ctx context.Context, r snapshot.Restore) (schema.Description, error)
}

func (u *unwilling) RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
	return u.restore(ctx, r)
}

// A restore that fails in the source frees the backup and its place among the restores; if a table of the target's name
// has come up meanwhile, the answer is what it would have been a moment later.
func TestRestoreFailsInTheSource(t *testing.T) {
	c := &clock.Manual{}
	source := &unwilling{Store: table.NewStore(table.Options{Clock: c, Seed: 1, Timing: table.Timing{Creating: time.Second}})}
	p := backup.Instant()
	p.ConcurrentRestores, p.Restoring = 1, time.Minute
	e, err := backup.New(source, backup.Options{Profile: p})
	require.NoError(t, err)
	_, err = source.CreateTable(ctx, plain("Music"))
	require.NoError(t, err)
	c.Advance(time.Second)
	b, err := e.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "snap"})
	require.NoError(t, err)
	in := backup.RestoreInput{BackupARN: b.ARN, TargetTableName: "Target"}

	broken := errors.New("the disk is full")
	source.restore = func(context.Context, snapshot.Restore) (schema.Description, error) {
		return schema.Description{}, broken
	}
	_, err = e.RestoreTableFromBackup(ctx, in)
	require.ErrorIs(t, err, broken, "the cause is passed on")
	refused(t, err, exception.InternalServerError, "the disk is full")

	source.restore = func(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
		_, err := source.CreateTable(ctx, plain("Target"))
		require.NoError(t, err)
		return source.Store.RestoreTable(ctx, r)
	}
	_, err = e.RestoreTableFromBackup(ctx, in)
	refused(t, err, exception.TableInUse, "Table is being created: Target")

	source.restore = source.Store.RestoreTable
	in.TargetTableName = "Other"
	_, err = e.RestoreTableFromBackup(ctx, in)
	require.NoError(t, err, "neither failure has kept the backup or the only place")
}

// What may be asked of a table that a restore is filling.
func TestOperationsOnTarget(t *testing.T) {
	w := newWorld(t, exactly())
	w.open(plain("Music"))
	arns := []string{w.backup("Music"), w.ready("Music")}
	target := w.restore(backup.RestoreInput{BackupARN: arns[0], TargetTableName: "Target"}).ARN.String()
	missing := "Requested resource not found: Table: Target not found"
	tests := []struct {
		name string
		ask  func() error
		code exception.Code
		text string
	}{
		{"DescribeTable", func() error { _, err := w.Tables.DescribeTable(ctx, "Target"); return err }, "", ""},
		{"TagResource", func() error { return w.Tables.TagResource(ctx, target, map[string]string{"team": "a"}) }, exception.ResourceNotFound, missing},
		{"UntagResource", func() error { return w.Tables.UntagResource(ctx, target, "team") }, exception.ResourceNotFound, missing},
		{"ListTagsOfResource", func() error { _, err := w.Tables.ListTagsOfResource(ctx, target); return err }, exception.ResourceNotFound, missing},
		{"UpdateTimeToLive", func() error { return w.Tables.UpdateTimeToLive(ctx, "Target", "ttl", true) }, exception.ResourceNotFound, missing},
		{"DescribeTimeToLive", func() error { _, err := w.Tables.DescribeTimeToLive(ctx, "Target"); return err }, exception.ResourceNotFound, missing},
		{"UpdateTable", func() error {
			_, err := w.Tables.UpdateTable(ctx, "Target", table.Changes{Class: schema.Standard})
			return err
		}, exception.ResourceNotFound, missing},
		{"CreateTable", func() error { _, err := w.Tables.CreateTable(ctx, plain("Target")); return err }, exception.ResourceInUse,
			"Attempt to change a resource which is still in use: Table is being used: Target"},
		{"DeleteTable", func() error { _, err := w.Tables.DeleteTable(ctx, "Target"); return err }, exception.ResourceInUse,
			"Attempt to change a resource which is still in use: Table is being used: Target"},
		{"reading and writing items", func() error { _, err := w.Tables.Table("Target"); return err }, exception.ResourceNotFound,
			"Requested resource not found"},
		{"CreateBackup", func() error {
			_, err := w.Backups.CreateBackup(ctx, backup.CreateInput{TableName: "Target", BackupName: "snap"})
			return err
		}, exception.TableNotFound, "Table not found: Target"},
		{"DescribeContinuousBackups", func() error { _, err := w.Backups.DescribeContinuousBackups(ctx, "Target"); return err },
			exception.TableNotFound, "Table not found: Target"},
		{"UpdateContinuousBackups", func() error { _, err := w.Backups.UpdateContinuousBackups(ctx, "Target", on); return err },
			exception.TableNotFound, "Table not found: Target"},
		{"RestoreTableFromBackup", func() error {
			_, err := w.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{BackupARN: arns[1], TargetTableName: "Target"})
			return err
		}, exception.TableInUse, "Table: Target is already being restored from backup: " + arns[1]},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.code == "" {
				require.NoError(t, test.ask())
				return
			}
			refused(t, w.refusal(test.ask), test.code, test.text)
		})
	}
	names, _, err := w.Tables.ListTables(ctx, "", 0)
	require.NoError(t, err)
	require.Contains(t, names, "Target")
}
