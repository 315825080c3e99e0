package backup_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// The answer to CreateBackup has the ARN, name, type and time of the backup, and always says CREATING; a USER backup
// has no expiry. Times are cut to milliseconds.
func TestCreateBackupAnswer(t *testing.T) {
	for name, o := range map[string]tidemark.Options{"instant": instant(), "documented": documented()} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, o)
			w.open(plain("Music"))
			now := w.clock.Advance(1_234_567 * time.Nanosecond)
			d := w.create(backup.CreateInput{TableName: "Music", BackupName: "nightly_1.2-3"})
			id := strings.TrimPrefix(d.ARN, w.arn("Music")+"/backup/")
			created, _, err := arn.ParseBackupID(id)
			require.NoError(t, err)
			require.Equal(t, now.Truncate(time.Millisecond), created)
			require.Equal(t, backup.Details{
				ARN: d.ARN, Name: "nightly_1.2-3", Status: backup.Creating, Type: backup.User, CreationTime: created,
			}, d)
		})
	}
}

// A table may be given by its ARN; the answer is the same as for its name.
func TestCreateBackupByARN(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	d := w.create(backup.CreateInput{TableName: "arn:aws:dynamodb:us-east-1:123456789012:table/Music", BackupName: "snap"})
	require.Equal(t, "Music", w.describe(d.ARN).Table.Name)
}

func TestCreateBackupRefusals(t *testing.T) {
	long := strings.Repeat("a", 256)
	tests := []struct {
		name string // what the row proves
		in   backup.CreateInput
		code exception.Code
		text string
	}{
		{"a table that is not there", backup.CreateInput{TableName: "None", BackupName: "snap"},
			exception.TableNotFound, "Table not found: None"},
		{"the ARN of one is answered with its name", backup.CreateInput{TableName: "arn:aws:dynamodb:us-east-1:123456789012:table/None", BackupName: "snap"},
			exception.TableNotFound, "Table not found: None"},
		{"a short backup name", backup.CreateInput{TableName: "Music", BackupName: "ab"},
			exception.Validation, oneError + "Value 'ab' at 'backupName'" + must + "have length greater than or equal to 3"},
		{"a long backup name", backup.CreateInput{TableName: "Music", BackupName: long},
			exception.Validation, oneError + "Value '" + long + "' at 'backupName'" + must + "have length less than or equal to 255"},
		{"a backup name with a character that no request may use", backup.CreateInput{TableName: "Music", BackupName: "Music$DeletedTableBackup"},
			exception.Validation, oneError + "Value 'Music$DeletedTableBackup' at 'backupName'" + pattern},
		{"all violations of the model come in one text", backup.CreateInput{},
			exception.Validation, "3 validation errors detected: Value '' at 'tableName'" + must + "have length greater than or equal to 1; " +
				"Value '' at 'backupName'" + pattern + "; Value '' at 'backupName'" + must + "have length greater than or equal to 3"},
		{"violations come before existence", backup.CreateInput{TableName: "None", BackupName: "ab"},
			exception.Validation, oneError + "Value 'ab' at 'backupName'" + must + "have length greater than or equal to 3"},
		{"a bare name must be a table's", backup.CreateInput{TableName: "no", BackupName: "snap"},
			exception.Validation, oneError + "Value 'no' at 'tableName'" + must + "have length greater than or equal to 3"},
		{"another account's table", backup.CreateInput{TableName: "arn:aws:dynamodb:us-east-1:210987654321:table/Music", BackupName: "snap"},
			exception.AccessDenied, "Access is denied"},
		{"another region's table", backup.CreateInput{TableName: "arn:aws:dynamodb:us-west-2:123456789012:table/Music", BackupName: "snap"},
			exception.Validation, oneError + "Invalid AWS region in 'arn:aws:dynamodb:us-west-2:123456789012:table/Music'"},
		{"an index is no table", backup.CreateInput{TableName: "arn:aws:dynamodb:us-east-1:123456789012:table/Music/index/byYear", BackupName: "snap"},
			exception.Validation, "Invalid TableArn: Invalid Table ARN"},
		{"a marker policy that does not exist", backup.CreateInput{TableName: "Music", BackupName: "snap", Marker: "vague"},
			exception.Validation, "unknown marker policy: vague"},
		{"a marker away from the request needs a window", backup.CreateInput{TableName: "Music", BackupName: "snap", Marker: backup.Fuzzy},
			exception.Validation, "the marker policy fuzzy needs a Profile.Window"},
		{"only the service makes SYSTEM backups", backup.CreateInput{TableName: "Music", BackupName: "snap", Type: backup.System},
			exception.Validation, "a backup of type SYSTEM cannot be requested"},
		{"ALL is a filter and not a type", backup.CreateInput{TableName: "Music", BackupName: "snap", Type: backup.All},
			exception.Validation, "a backup of type ALL cannot be requested"},
	}
	w := newWorld(t, instant())
	w.put(w.open(plain("Music")), "a")
	w.backup("Music")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := w.refusal(func() error {
				_, err := w.Backups.CreateBackup(ctx, test.in)
				return err
			})
			refused(t, err, test.code, test.text)
		})
	}
}

// The edges of what a name may be are good: 3 and 255 characters.
func TestCreateBackupNameEdges(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	for _, name := range []string{"a.b", strings.Repeat("a", 255)} {
		require.Equal(t, name, w.create(backup.CreateInput{TableName: "Music", BackupName: name}).Name)
	}
}

const (
	notFound = "Table not found: Music"
	enabling = "Backups are being enabled for the table: Music. Please retry later"
)

// blackout is when an answer begins to be given, after the creation or deletion of a table, and what it is.
type blackout struct {
	from time.Duration
	code exception.Code // empty: success
	text string
}

// assertBlackouts moves the clock to the first and the last nanosecond of each answer's time and asks.
func assertBlackouts(t *testing.T, w *world, since time.Time, answers []blackout, ask func() error) {
	t.Helper()
	for i, answer := range answers {
		moments := []time.Duration{answer.from}
		if i+1 < len(answers) {
			moments = append(moments, answers[i+1].from-1)
		}
		for _, moment := range moments {
			require.Equal(t, since.Add(moment), w.clock.Set(since.Add(moment)))
			if err := ask(); answer.code == "" {
				require.NoError(t, err, "after %v", moment)
			} else {
				refused(t, err, answer.code, answer.text)
			}
		}
	}
}

// operations are those that a table has to be ready for.
func operations(w *world) map[string]func() error {
	return map[string]func() error{
		"CreateBackup": func() error {
			_, err := w.Backups.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "snap"})
			return err
		},
		"UpdateContinuousBackups": func() error {
			_, err := w.Backups.UpdateContinuousBackups(ctx, "Music", backup.RecoverySpecification{Enabled: true})
			return err
		},
		"DescribeContinuousBackups": func() error {
			_, err := w.Backups.DescribeContinuousBackups(ctx, "Music")
			return err
		},
	}
}

// A new table is not found by backup operations for 3 seconds; until 3 seconds after it has become ACTIVE, at 5, its
// backups are being enabled.
func TestBlackoutOfNewTable(t *testing.T) {
	for _, name := range []string{"CreateBackup", "UpdateContinuousBackups", "DescribeContinuousBackups"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, documented())
			d, err := w.Tables.CreateTable(ctx, plain("Music"))
			require.NoError(t, err)
			answers := []blackout{
				{0, exception.TableNotFound, notFound},
				{3 * time.Second, exception.ContinuousBackupsUnavailable, enabling},
				{5 * time.Second, exception.ContinuousBackupsUnavailable, enabling}, // ACTIVE
				{8 * time.Second, "", ""},
			}
			if name == "DescribeContinuousBackups" {
				answers = []blackout{answers[0], {3 * time.Second, "", ""}}
			}
			assertBlackouts(t, w, d.CreationTime, answers, operations(w)[name])
		})
	}
}

// A table that is deleted can be backed up for one second more, although it is DELETING for five.
func TestBlackoutOfDeletedTable(t *testing.T) {
	for _, name := range []string{"CreateBackup", "UpdateContinuousBackups", "DescribeContinuousBackups"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, documented())
			w.open(plain("Music"))
			w.drop("Music")
			assertBlackouts(t, w, w.clock.Now(), []blackout{
				{0, "", ""},
				{time.Second, exception.TableNotFound, notFound},
				{5 * time.Second, exception.TableNotFound, notFound}, // gone
			}, operations(w)[name])
		})
	}
}

// The target of a restore is not found until it is ACTIVE, after 5 minutes; then its backups are enabled like those of
// a new table.
func TestBlackoutOfRestoreTarget(t *testing.T) {
	for _, name := range []string{"CreateBackup", "UpdateContinuousBackups"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, documented())
			w.open(plain("Source"))
			d := w.restore(backup.RestoreInput{BackupARN: w.ready("Source"), TargetTableName: "Music"})
			assertBlackouts(t, w, d.CreationTime, []blackout{
				{0, exception.TableNotFound, notFound},
				{3 * time.Second, exception.TableNotFound, notFound},
				{5 * time.Minute, exception.ContinuousBackupsUnavailable, enabling},
				{5*time.Minute + 3*time.Second, "", ""},
			}, operations(w)[name])
		})
	}
}

// A backup of a table that is UPDATING holds the settings of the moment.
func TestCreateBackupWhileUpdating(t *testing.T) {
	w := newWorld(t, exactly())
	w.open(rich("Music"))
	d, err := w.Tables.UpdateTable(ctx, "Music", table.Changes{Throughput: schema.Throughput{Read: 10, Write: 20}})
	require.NoError(t, err)
	require.Equal(t, schema.Updating, d.Status)
	require.Equal(t, schema.Throughput{Read: 10, Write: 20}, w.describe(w.backup("Music")).Table.Throughput)
}

// With the clock standing still, exact backups between writes hold the one and not the other, and each has an ARN of
// its own.
func TestStandingClock(t *testing.T) {
	w := newWorld(t, instant())
	music := w.open(plain("Music"))
	var arns []string
	for _, pk := range []string{"a", "b", "c"} {
		arns = append(arns, w.backup("Music"))
		w.put(music, pk)
	}
	require.Equal(t, []int{0, 1, 2}, []int{len(w.held(arns[0])), len(w.held(arns[1])), len(w.held(arns[2]))})
	require.Len(t, w.list(backup.ListInput{}), 3)
}

// steps is a clock that a test sets as it likes, backwards too.
type steps struct {
	mu  sync.Mutex
	now time.Time
}

func (s *steps) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *steps) set(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// A clock that steps back freezes time at the latest moment it has shown: later backups are not older than earlier
// ones, and hold what was written before them.
func TestClockStepsBack(t *testing.T) {
	o := instant()
	c := &steps{now: clock.Epoch}
	o.Clock = c
	w := newWorld(t, o)
	_, err := w.Tables.CreateTable(ctx, plain("Music"))
	require.NoError(t, err)
	first := w.backup("Music")
	w.put(w.table("Music"), "a")
	c.set(clock.Epoch.Add(-time.Hour))
	second := w.backup("Music")

	require.Empty(t, w.held(first))
	require.Equal(t, []string{`{"pk":{"S":"a"}}`}, w.held(second))
	require.Equal(t, clock.Epoch, w.describe(second).CreationTime)
	require.Equal(t, backup.Active, w.describe(second).Status, "a state once reached is not left")
	c.set(clock.Epoch.Add(time.Hour))
	require.Equal(t, clock.Epoch.Add(time.Hour), w.describe(w.backup("Music")).CreationTime)
}
