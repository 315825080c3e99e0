package backup_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
)

// names returns the names of backups in a list.
func names(page []backup.Summary) []string {
	list := []string{}
	for _, s := range page {
		list = append(list, s.Name)
	}
	return list
}

// shelf is a world with backups at whole milliseconds: a0 to a3 of Albums and m0 to m3 of Music, by turns, and the
// SYSTEM backup of Zoo.
func shelf(t *testing.T) *world {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	w.open(plain("Albums"))
	for i := range 4 {
		w.create(backup.CreateInput{TableName: "Music", BackupName: fmt.Sprintf("m-%d", i)})
		w.create(backup.CreateInput{TableName: "Albums", BackupName: fmt.Sprintf("a-%d", i)})
		w.clock.Advance(time.Millisecond)
	}
	w.create(backup.CreateInput{TableName: "Music", BackupName: "vault", Type: backup.AWSBackup})
	w.open(plain("Zoo"))
	w.recovery("Zoo", backup.RecoverySpecification{Enabled: true})
	w.drop("Zoo")
	return w
}

func TestListBackups(t *testing.T) {
	at := func(ms int) time.Time { return clock.Epoch.Add(time.Duration(ms) * time.Millisecond) }
	tests := []struct {
		name string // what the row proves
		in   backup.ListInput
		want []string
	}{
		{"USER backups by table name and then by time", backup.ListInput{},
			[]string{"a-0", "a-1", "a-2", "a-3", "m-0", "m-1", "m-2", "m-3"}},
		{"of one table, by name", backup.ListInput{TableName: "Albums"}, []string{"a-0", "a-1", "a-2", "a-3"}},
		{"of one table, by ARN", backup.ListInput{TableName: "arn:aws:dynamodb:us-east-1:123456789012:table/Albums"},
			[]string{"a-0", "a-1", "a-2", "a-3"}},
		{"of a table that never was", backup.ListInput{TableName: "Musi"}, []string{}},
		{"a table of another region has none here", backup.ListInput{TableName: "arn:aws:dynamodb:us-west-2:123456789012:table/Music"}, []string{}},
		{"nor has one of another account", backup.ListInput{TableName: "arn:aws:dynamodb:us-east-1:210987654321:table/Music"}, []string{}},
		{"type USER is what is meant by none", backup.ListInput{Type: backup.User, TableName: "Music"}, []string{"m-0", "m-1", "m-2", "m-3"}},
		{"type SYSTEM", backup.ListInput{Type: backup.System}, []string{"Zoo$DeletedTableBackup"}},
		{"type AWS_BACKUP", backup.ListInput{Type: backup.AWSBackup}, []string{"vault"}},
		{"type ALL", backup.ListInput{Type: backup.All},
			[]string{"a-0", "a-1", "a-2", "a-3", "m-0", "m-1", "m-2", "m-3", "vault", "Zoo$DeletedTableBackup"}},
		{"the lower bound is included", backup.ListInput{TableName: "Music", From: at(2)}, []string{"m-2", "m-3"}},
		{"the upper bound is not", backup.ListInput{TableName: "Music", Before: at(2)}, []string{"m-0", "m-1"}},
		{"both bounds", backup.ListInput{From: at(1), Before: at(3)}, []string{"a-1", "a-2", "m-1", "m-2"}},
		{"equal bounds are legal and empty", backup.ListInput{From: at(1), Before: at(1)}, []string{}},
		{"bounds are rounded to milliseconds, down", backup.ListInput{TableName: "Music", From: at(2).Add(499_999)}, []string{"m-2", "m-3"}},
		{"bounds are rounded to milliseconds, up", backup.ListInput{TableName: "Music", From: at(2).Add(500_000)}, []string{"m-3"}},
		{"the epoch is a bound like others, below", backup.ListInput{TableName: "Music", From: time.Unix(0, 0)}, []string{"m-0", "m-1", "m-2", "m-3"}},
		{"the epoch is a bound like others, above", backup.ListInput{TableName: "Music", Before: time.Unix(0, 0)}, []string{}},
		{"a bound in the future, below", backup.ListInput{From: at(1_000_000)}, []string{}},
		{"a bound in the future, above", backup.ListInput{TableName: "Music", Before: at(1_000_000)}, []string{"m-0", "m-1", "m-2", "m-3"}},
		{"bounds far outside of what an id can hold", backup.ListInput{TableName: "Music",
			From: time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), Before: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, []string{"m-0", "m-1", "m-2", "m-3"}},
	}
	w := shelf(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, names(w.list(test.in))) })
	}
}

func TestListBackupsRefusals(t *testing.T) {
	tests := []struct {
		name string
		in   backup.ListInput
		code exception.Code
		text string
	}{
		{"a limit that is too low", backup.ListInput{Limit: -1}, exception.Validation,
			oneError + "Value '-1' at 'limit'" + must + "have value greater than or equal to 1"},
		{"a limit that is too high", backup.ListInput{Limit: 101}, exception.Validation,
			oneError + "Value '101' at 'limit'" + must + "have value less than or equal to 100"},
		{"a type that does not exist", backup.ListInput{Type: "BOGUS"}, exception.Validation,
			oneError + "Value 'BOGUS' at 'backupType'" + must + "satisfy enum value set: [SYSTEM, AWS_BACKUP, USER, ALL]"},
		{"types are in capital letters", backup.ListInput{Type: "user"}, exception.Validation,
			oneError + "Value 'user' at 'backupType'" + must + "satisfy enum value set: [SYSTEM, AWS_BACKUP, USER, ALL]"},
		{"bounds the wrong way round", backup.ListInput{From: clock.Epoch.Add(time.Millisecond), Before: clock.Epoch}, exception.Validation,
			"One or more parameter values were invalid: Time range lower bound must be less than or equal to upper bound"},
		{"a table name of the wrong form", backup.ListInput{TableName: "a b"}, exception.Validation, oneError + "Value 'a b' at 'tableName'" + pattern},
		{"an ARN that is no ARN", backup.ListInput{TableName: "arn:aws"}, exception.Validation, "Invalid TableArn: Invalid Table ARN"},
		{"a cursor of another region", backup.ListInput{ExclusiveStart: "arn:aws:dynamodb:us-west-2:123456789012:table/Music/backup/" + noID},
			exception.Validation, "Invalid Request: The supplied ExclusiveStartBackupArn does not match the region"},
	}
	for _, fault := range faultyARNs {
		tests = append(tests, struct {
			name string
			in   backup.ListInput
			code exception.Code
			text string
		}{"a cursor that is " + fault.name, backup.ListInput{ExclusiveStart: fault.arn}, fault.code, fault.text})
	}
	w := shelf(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := w.refusal(func() error {
				_, _, err := w.Backups.ListBackups(ctx, test.in)
				return err
			})
			refused(t, err, test.code, test.text)
		})
	}
}

// walk reads a list page by page and calls between with each cursor.
func walk(t *testing.T, w *world, in backup.ListInput, between func(last string)) []string {
	t.Helper()
	walked := []string{}
	for range 100 {
		page, last, err := w.Backups.ListBackups(ctx, in)
		require.NoError(t, err)
		walked = append(walked, names(page)...)
		if last == "" {
			return walked
		}
		require.Equal(t, page[len(page)-1].ARN, last, "the cursor is the last backup of the page")
		if between != nil {
			between(last)
		}
		in.ExclusiveStart = last
	}
	t.Fatal("the list has no end")
	return nil
}

// Pages of every size give every backup once and in order, with every filter.
func TestListBackupsPages(t *testing.T) {
	w := shelf(t)
	for _, in := range []backup.ListInput{
		{}, {Type: backup.All}, {Type: backup.System}, {TableName: "Music"}, {From: clock.Epoch.Add(2 * time.Millisecond)},
	} {
		all := names(w.list(in))
		for limit := 1; limit <= len(all)+1; limit++ {
			in.Limit = limit
			require.Equal(t, all, walk(t, w, in, nil), "%+v", in)
		}
		in.Limit = len(all)
		_, last, err := w.Backups.ListBackups(ctx, in)
		require.NoError(t, err)
		require.Empty(t, last, "nothing follows a page that is exactly full")
	}
}

// A cursor is a place: it works when its backup has been deleted, or has never been.
func TestListBackupsCursorIsAPlace(t *testing.T) {
	w := shelf(t)
	all := names(w.list(backup.ListInput{}))
	walked := walk(t, w, backup.ListInput{Limit: 1}, func(last string) {
		_, err := w.Backups.DeleteBackup(ctx, last)
		require.NoError(t, err)
	})
	require.Equal(t, all, walked)

	w = shelf(t)
	base := "arn:aws:dynamodb:us-east-1:123456789012:table/"
	tests := []struct {
		name, cursor string
		in           backup.ListInput
		want         []string
	}{
		{"between two tables", base + "Books/backup/" + noID, backup.ListInput{}, []string{"m-0", "m-1", "m-2", "m-3"}},
		{"between two backups", base + "Music/backup/01705320000001-ffffffff", backup.ListInput{}, []string{"m-2", "m-3"}},
		{"before the table that is asked for", base + "Albums/backup/" + noID, backup.ListInput{TableName: "Music"}, []string{"m-0", "m-1", "m-2", "m-3"}},
		{"behind the table that is asked for", base + "Zoo/backup/" + noID, backup.ListInput{TableName: "Music"}, []string{}},
		{"before the bound that is asked for", base + "Music/backup/01705320000000-00000000",
			backup.ListInput{TableName: "Music", From: clock.Epoch.Add(3 * time.Millisecond)}, []string{"m-3"}},
	}
	for _, test := range tests {
		test.in.ExclusiveStart = test.cursor
		require.Equal(t, test.want, names(w.list(test.in)), test.name)
	}
}

// A page without a limit has up to 100 backups.
func TestListBackupsDefaultLimit(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	for range backup.DefaultListLimit + 1 {
		w.backup("Music")
	}
	page, last, err := w.Backups.ListBackups(ctx, backup.ListInput{})
	require.NoError(t, err)
	require.Len(t, page, 100)
	rest := w.list(backup.ListInput{ExclusiveStart: last})
	require.Len(t, rest, 1, "also with all backups at one time")
	require.NotContains(t, page, rest[0])
}

// A summary says what DescribeBackup says, and which table the backup is of.
func TestListBackupsSummary(t *testing.T) {
	w := shelf(t)
	for _, s := range w.list(backup.ListInput{Type: backup.All}) {
		d := w.describe(s.ARN)
		require.Equal(t, d.Details, s.Details)
		require.Equal(t, []string{d.Table.Name, d.Table.ID, d.Table.ARN.String()}, []string{s.TableName, s.TableID, s.TableARN.String()})
		require.Equal(t, s.Type == backup.System, !s.ExpiryTime.IsZero(), "only SYSTEM backups expire")
		require.True(t, strings.HasPrefix(s.ARN, s.TableARN.String()+"/backup/"))
	}
}

// Backups that are CREATING are listed.
func TestListBackupsCreating(t *testing.T) {
	w := newWorld(t, documented())
	w.open(plain("Music"))
	arn := w.backup("Music")
	list := w.list(backup.ListInput{})
	require.Len(t, list, 1)
	require.Equal(t, arn, list[0].ARN)
	require.Equal(t, backup.Creating, list[0].Status)
}
