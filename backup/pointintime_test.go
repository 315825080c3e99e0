package backup_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// restoreTime restores a table to a point in time.
func (w *world) restoreTime(in backup.PointInTimeInput) (schema.Description, error) {
	return w.Backups.RestoreTableToPointInTime(ctx, in)
}

// asOf restores the table Music as it was at a time into a table of its own, waits for that, and returns the items.
func (w *world) asOf(at time.Time) []string {
	w.t.Helper()
	names, _, err := w.Tables.ListTables(ctx, "", 0)
	require.NoError(w.t, err)
	target := fmt.Sprintf("as-of.%d", len(names))
	_, err = w.restoreTime(backup.PointInTimeInput{SourceTableName: "Music", TargetTableName: target, RestoreTime: at})
	require.NoError(w.t, err)
	w.clock.Set(w.lives(target).ActiveTime)
	return w.items(target)
}

// recoverable makes the table Music with point-in-time recovery on.
func recoverable(t *testing.T, o tidemark.Options) (*world, *table.Table) {
	w := newWorld(t, o)
	music := w.open(plain("Music"))
	w.recovery("Music", on)
	return w, music
}

// entries are plain items as text.
func entries(keys ...string) []string {
	items := []string{}
	for _, key := range keys {
		items = append(items, `{"pk":{"S":"`+key+`"}}`)
	}
	return items
}

const pitrOff = "Point in time recovery is not enabled for table 'Music'"

// tableHere is how the ARN of a table begins.
const tableHere = "arn:aws:dynamodb:us-east-1:123456789012:table/"

const notSourceARN = "One or more parameter values were invalid: sourceTableArn is not a valid ARN"

var longName = strings.Repeat("a", 256)

// change is how a request differs from one that would be carried out.
type change = func(*backup.PointInTimeInput)

func byARN(arn string) change {
	return func(in *backup.PointInTimeInput) { in.SourceTableName, in.SourceTableARN = "", arn }
}

func source(name string) change {
	return func(in *backup.PointInTimeInput) { in.SourceTableName = name }
}

func target(name string) change {
	return func(in *backup.PointInTimeInput) { in.TargetTableName = name }
}

var pointInTimeRefusals = []struct {
	name   string
	change change
	code   exception.Code
	text   string
}{
	{"name and ARN", func(in *backup.PointInTimeInput) { in.SourceTableARN = tableHere + "Music" }, exception.Validation,
		"Must provide exactly one of: sourceTableArn, sourceTableName"},
	{"neither", source(""), exception.Validation, "The parameter 'TableName' is required but was not present in the request"},
	{"a time and the latest", func(in *backup.PointInTimeInput) { in.UseLatestRestorableTime = true }, exception.Validation,
		"Invalid Request: Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore request. " +
			"Please specify either RestoreDateTime time or UseLatestRestorableTime"},
	{"no time", func(in *backup.PointInTimeInput) { in.RestoreTime = time.Time{} }, exception.Validation,
		"Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both"},
	{"a source that cannot be", source("a b"), exception.Validation, oneError + "Value 'a b' at 'sourceTableName'" + pattern},
	{"a source's ARN for its name", source(tableHere + "Music"), exception.Validation,
		oneError + "Value '" + tableHere + "Music' at 'sourceTableName'" + pattern},
	{"no target has a text of its own", target(""), exception.Validation,
		"TableName must be at least 3 characters long and at most 255 characters long"},
	{"a short target", target("ab"), exception.Validation, oneError + "Value 'ab' at 'targetTableName'" + must + "have length greater than or equal to 3"},
	{"a long target", target(longName), exception.Validation, oneError + "Value '" + longName + "' at 'targetTableName'" + must + "have length less than or equal to 255"},
	{"violations of the model are told together", func(in *backup.PointInTimeInput) {
		in.SourceTableName, in.TargetTableName, in.BillingMode = "a", "b", "FREE"
	}, exception.Validation, "3 validation errors detected: Value 'a' at 'sourceTableName'" + must + "have length greater than or equal to 3; " +
		"Value 'b' at 'targetTableName'" + must + "have length greater than or equal to 3; " +
		"Value 'FREE' at 'billingModeOverride'" + must + "satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]"},
	{"a long ARN", byARN(tableHere + strings.Repeat("a", 1024)), exception.Validation, oneError + "Value '" + tableHere + strings.Repeat("a", 1024) +
		"' at 'sourceTableArn'" + must + "have length less than or equal to 1024"},
	{"what is no ARN", byARN("Music"), exception.Validation, "One or more parameter values were invalid: ARNs must start with 'arn:': Music"},
	{"half an ARN", byARN("arn:aws:dynamodb"), exception.Validation, notSourceARN},
	{"an ARN of another service", byARN("arn:aws:s3:us-east-1:123456789012:table/Music"), exception.Validation, notSourceARN},
	{"the ARN of an index", byARN(tableHere + "Music/index/byYear"), exception.Validation, notSourceARN},
	{"the ARN of a backup", byARN(tableHere + "Music/backup/01705320000000-6ae6783f"), exception.Validation, notSourceARN},
	{"another account", byARN("arn:aws:dynamodb:us-east-1:210987654321:table/Music"), exception.Validation,
		"This action is only supported by accounts that match the resource owner’s account."},
	{"another region", byARN("arn:aws:dynamodb:us-west-2:123456789012:table/Music"), exception.Validation,
		"Invalid Request: sseSpecificationOverride must be provided for cross-region restores"},
	{"a source that is not there", source("None"), exception.TableNotFound, "Table not found: None"},
	{"by ARN it is not named", byARN(tableHere + "None"), exception.TableNotFound, "Table not found"},
	{"recovery is off", source("Other"), exception.PointInTimeRecoveryUnavailable,
		"Point in time recovery is not enabled for table 'Other'"},
	{"by ARN too", byARN(tableHere + "Other"), exception.PointInTimeRecoveryUnavailable,
		"Point in time recovery is not enabled for table 'Other'"},
	{"a target that is the source", target("Music"), exception.TableAlreadyExists, "Table already exists: Music"},
	{"a target that is ACTIVE", target("Other"), exception.TableAlreadyExists, "Table already exists: Other"},
	{"a target that is DELETING", target("Deleting"), exception.TableAlreadyExists, "Table already exists: Deleting"},
	{"a target that is CREATING: the text is ours", target("Creating"), exception.TableInUse, "Table is being created: Creating"},
	{"a target that a restore is filling: the text is ours", target("Restoring"), exception.TableInUse,
		"Table: Restoring is already being restored"},
}

// Every refusal of RestoreTableToPointInTime.
func TestPointInTimeRefusals(t *testing.T) {
	w, music := recoverable(t, exactly())
	w.put(music, "a")
	w.open(plain("Other"))
	w.open(plain("Deleting"))
	w.clock.Advance(time.Hour)
	w.drop("Deleting")
	good := backup.PointInTimeInput{SourceTableName: "Music", TargetTableName: "Restoring", RestoreTime: w.clock.Now().Add(-10 * time.Minute)}
	_, err := w.restoreTime(good)
	require.NoError(t, err)
	_, err = w.Tables.CreateTable(ctx, plain("Creating"))
	require.NoError(t, err)
	for _, test := range pointInTimeRefusals {
		t.Run(test.name, func(t *testing.T) {
			in := good
			in.TargetTableName = "Target"
			test.change(&in)
			refused(t, w.refusal(func() error { _, err := w.restoreTime(in); return err }), test.code, test.text)
		})
	}
}

// The refusals come in this order, each before the next: form of the request, form of the ARN, account, region, source,
// recovery, time, overrides, target, number of restores.
func TestPointInTimeOrderOfRefusals(t *testing.T) {
	o := exactly()
	o.Profile.ConcurrentRestores = 1
	w := newWorld(t, o)
	w.open(plain("Music"))
	w.open(plain("Plain"))
	w.restore(backup.RestoreInput{BackupARN: w.ready("Plain"), TargetTableName: "Busy"})
	const other, foreign = "arn:aws:dynamodb:us-west-2:210987654321:table/None", "arn:aws:dynamodb:us-west-2:123456789012:table/None"
	in := backup.PointInTimeInput{
		TargetTableName: "a b", SourceTableName: "None", SourceTableARN: "arn:none",
		RestoreTime: time.Unix(0, 0), UseLatestRestorableTime: true,
		Overrides: backup.Overrides{BillingMode: schema.Provisioned},
	}
	now := w.clock.Now()
	window := "RestoreDateTime '1970-01-01T00:00:00Z' must be within EarliestRestorableDateTime '" + now.Format(time.RFC3339) +
		"' and LatestRestorableDateTime '" + now.Format(time.RFC3339) + "'"
	steps := []struct {
		code exception.Code
		text string
		mend func()
	}{
		{exception.Validation, oneError + "Value 'a b' at 'targetTableName'" + pattern, func() { in.TargetTableName = "Music" }},
		{exception.Validation, "Must provide exactly one of: sourceTableArn, sourceTableName", func() { in.SourceTableName = "" }},
		{exception.Validation, "Invalid Request: Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time " +
			"restore request. Please specify either RestoreDateTime time or UseLatestRestorableTime", func() { in.UseLatestRestorableTime = false }},
		{exception.Validation, "One or more parameter values were invalid: sourceTableArn is not a valid ARN", func() { in.SourceTableARN = other }},
		{exception.Validation, "This action is only supported by accounts that match the resource owner’s account.",
			func() { in.SourceTableARN = foreign }},
		{exception.Validation, "Invalid Request: sseSpecificationOverride must be provided for cross-region restores",
			func() { in.SourceTableARN = strings.Replace(foreign, "us-west-2", "us-east-1", 1) }},
		{exception.TableNotFound, "Table not found", func() { in.SourceTableARN = w.arn("Music") }},
		{exception.PointInTimeRecoveryUnavailable, pitrOff, func() { w.recovery("Music", on) }},
		{exception.InvalidRestoreTime, window, func() { in.RestoreTime = now }},
		{exception.Validation, "Invalid Request: Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED",
			func() { in.Throughput = fiveFive }},
		{exception.TableAlreadyExists, "Table already exists: Music", func() { in.TargetTableName = "Target" }},
		{exception.LimitExceeded, "Subscriber limit exceeded: Only 1 restore operations can be done simultaneously",
			func() { w.clock.Advance(5 * time.Minute) }},
	}
	require.Equal(t, now.Truncate(time.Second), now, "the window's ends are given in seconds")
	for _, step := range steps {
		refused(t, w.refusal(func() error { _, err := w.restoreTime(in); return err }), step.code, step.text)
		step.mend()
	}
	_, err := w.restoreTime(in)
	require.NoError(t, err)
}

// A restored table keeps what section 3.3 of the service's behaviour keeps and drops the rest, and says meanwhile what it
// is restored from: a table and a time, but no backup.
func TestPointInTimeKeepsAndDrops(t *testing.T) {
	for name, d := range map[string]schema.Definition{"provisioned": rich("Music"), "on demand": onDemand(rich("Music"))} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, exactly())
			d.DeletionProtection = true
			music := w.open(d)
			_, err := music.Put(entry("a", 1))
			require.NoError(t, err)
			w.recovery("Music", on)
			at := w.clock.Advance(time.Minute)
			w.clock.Advance(time.Hour)
			_, err = music.Put(entry("b", 2))
			require.NoError(t, err)
			source, err := w.Tables.DescribeTable(ctx, "Music")
			require.NoError(t, err)

			in := backup.PointInTimeInput{SourceTableName: "Music", TargetTableName: "Target", RestoreTime: at.In(time.FixedZone("", 3600))}
			made, err := w.restoreTime(in)
			require.NoError(t, err)
			require.Equal(t, schema.Creating, made.Status)
			require.Equal(t, &schema.RestoreSummary{SourceTableARN: source.ARN, RestoreTime: at}, made.Restore)
			w.clock.Advance(5*time.Minute - 1)
			running, err := w.Tables.DescribeTable(ctx, "Target")
			require.NoError(t, err)
			require.Equal(t, made.Restore, running.Restore)
			w.clock.Advance(1)

			got, err := w.Tables.DescribeTable(ctx, "Target")
			require.NoError(t, err)
			require.NotEqual(t, source.ID, got.ID, "the table's id is new")
			require.Equal(t, made.CreationTime, got.CreationTime)
			require.True(t, got.CreationTime.After(source.CreationTime), "and so is its creation time")
			want := source.Table.Clone()
			want.Name, want.ID, want.CreationTime, want.ARN.Table = "Target", got.ID, got.CreationTime, "Target"
			want.Stream, want.TTLAttribute, want.Statistics = "", "", got.Statistics
			require.Equal(t, *want, got.Table, "keys, indexes, billing, capacity, maxima and encryption are kept")
			requirePlain(t, got)
			assertNothingElse(t, w, got.ARN.String())
			require.Equal(t, []string{entry("a", 1).String()}, w.items("Target"))
			for index := range indexes(got) {
				page, err := w.table("Target").Page(snapshot.Query{Index: index})
				require.NoError(t, err)
				require.Len(t, page.Items, 1, index)
			}
		})
	}
}

// Overrides of a restore to a point in time do and refuse what those of a restore of a backup do.
func TestPointInTimeOverrides(t *testing.T) {
	for _, test := range slices.Concat(capacityOverrides, indexOverrides) {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, instant())
			w.open(recorded[test.source])
			w.recovery(test.source, on)
			made, err := w.restoreTime(backup.PointInTimeInput{
				SourceTableName: test.source, TargetTableName: "Target", UseLatestRestorableTime: true, Overrides: test.o,
			})
			require.NoError(t, err)
			test.check(t, made)
		})
	}
}

func TestPointInTimeOverrideRefusals(t *testing.T) {
	w := newWorld(t, instant())
	for name, d := range recorded {
		w.open(d)
		w.recovery(name, on)
	}
	for _, test := range slices.Concat(capacityRefusals, indexRefusals) {
		t.Run(test.name, func(t *testing.T) {
			refused(t, w.refusal(func() error {
				_, err := w.restoreTime(backup.PointInTimeInput{
					SourceTableName: test.source, TargetTableName: "Target", UseLatestRestorableTime: true, Overrides: test.o,
				})
				return err
			}), exception.Validation, test.text)
		})
	}
}

// A source may be given by ARN. Another region's needs an encryption for this one; then the table here is restored.
func TestPointInTimeByARN(t *testing.T) {
	w, music := recoverable(t, instant())
	w.put(music, "a")
	for target, in := range map[string]backup.PointInTimeInput{
		"Near": {SourceTableARN: w.arn("Music")},
		"Far": {
			SourceTableARN: strings.Replace(w.arn("Music"), "us-east-1", "eu-west-1", 1),
			Overrides:      backup.Overrides{SSE: &schema.SSESpecification{Enabled: true}},
		},
	} {
		in.TargetTableName, in.UseLatestRestorableTime = target, true
		d, err := w.restoreTime(in)
		require.NoError(t, err)
		require.Equal(t, w.arn(target), d.ARN.String())
		require.Equal(t, w.arn("Music"), d.Restore.SourceTableARN.String())
		require.Equal(t, in.SSE != nil, d.Encryption != schema.Encryption{})
		require.Equal(t, entries("a"), w.items(target))
	}
}

// Settings are those of the present, or with SettingsAsOf those of the time that is restored.
func TestPointInTimeSettings(t *testing.T) {
	for _, asOf := range []bool{false, true} {
		o := exactly()
		o.Profile.SettingsAsOf = asOf
		w := newWorld(t, o)
		w.open(rich("Music"))
		w.recovery("Music", on)
		at := w.clock.Advance(time.Minute)
		w.clock.Advance(time.Nanosecond)
		for _, changes := range []table.Changes{
			{
				Throughput: schema.Throughput{Read: 10, Write: 20},
				Indexes:    map[string]table.IndexChanges{"global": {Throughput: schema.Throughput{Read: 30, Write: 40}}},
			},
			{SSE: &schema.SSESpecification{}},
		} {
			_, err := w.Tables.UpdateTable(ctx, "Music", changes)
			require.NoError(t, err)
			w.clock.Advance(table.ServiceTiming().Updating)
		}
		after := w.clock.Now()
		w.clock.Advance(time.Hour)
		for target, then := range map[string]time.Time{"Before": at, "After": after} {
			got, err := w.restoreTime(backup.PointInTimeInput{SourceTableName: "Music", TargetTableName: target, RestoreTime: then})
			require.NoError(t, err)
			want := []any{schema.Throughput{Read: 10, Write: 20}, schema.Throughput{Read: 30, Write: 40}, false}
			if asOf && target == "Before" {
				want = []any{schema.Throughput{Read: 1, Write: 2}, schema.Throughput{Read: 3, Write: 4}, true}
			}
			require.Equal(t, want, []any{got.Throughput, indexes(got)["global"].Throughput, got.Encryption != schema.Encryption{}},
				"%s, SettingsAsOf %v", target, asOf)
		}
	}
}

// Neither a restored table nor the source, nor its history, ever notices a write to another of them.
func TestPointInTimeIsIndependent(t *testing.T) {
	w, music := recoverable(t, instant())
	w.put(music, "a")
	at := w.clock.Now()
	w.clock.Advance(time.Second)
	for _, target := range []string{"First", "Second"} {
		_, err := w.restoreTime(backup.PointInTimeInput{SourceTableName: "Music", TargetTableName: target, RestoreTime: at})
		require.NoError(t, err)
	}
	w.put(w.table("First"), "b")
	_, err := music.Delete(attr.Key{Partition: attr.S("a")})
	require.NoError(t, err)
	require.Equal(t, entries("a", "b"), sortedItems(w, "First"))
	require.Equal(t, entries("a"), w.items("Second"))
	require.Equal(t, entries("a"), w.asOf(at))
	require.Empty(t, w.items("Music"))
}

func sortedItems(w *world, name string) []string {
	items := w.items(name)
	slices.Sort(items)
	return items
}
