package backup_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/table"
)

const day = 24 * time.Hour

// window returns what DescribeContinuousBackups says of point-in-time recovery: its days and both ends, counted from an
// instant; nothing if it is off.
func (w *world) window(since time.Time) []any {
	w.t.Helper()
	c, err := w.Backups.DescribeContinuousBackups(ctx, "Music")
	require.NoError(w.t, err)
	require.True(w.t, c.Enabled)
	if c.PointInTimeRecovery == nil {
		return nil
	}
	p := c.PointInTimeRecovery
	return []any{p.RecoveryPeriodInDays, p.EarliestRestorableTime.Sub(since), p.LatestRestorableTime.Sub(since)}
}

func days(n int) backup.RecoverySpecification {
	return backup.RecoverySpecification{Enabled: true, RecoveryPeriodInDays: n}
}

// What switching recovery does to its window. Each row goes on from the one before; the numbers are days, and the ends
// of the window after the first row's time.
func TestRecoverySwitching(t *testing.T) {
	const minute = time.Minute
	w := newWorld(t, exactly())
	w.open(plain("Music"))
	start := w.clock.Now()
	steps := []struct {
		name string
		at   time.Duration
		to   *backup.RecoverySpecification
		want []any
	}{
		{"off at first", 0, nil, nil},
		{"enabling begins a window of 35 days", minute + 900*time.Millisecond, &on, []any{35, minute, minute}},
		{"the latest time stands for five minutes", 6 * minute, nil, []any{35, minute, minute}},
		{"and then follows", 6*minute + 1, nil, []any{35, minute, minute + 1}},
		{"enabling again changes nothing", 10 * minute, &on, []any{35, minute, 5 * minute}},
		{"a shorter period takes effect at once", 3 * day, ptr(days(2)), []any{2, day, 3*day - 5*minute}},
		{"enabling again keeps the period", 3*day + minute, &on, []any{2, day + minute, 3*day - 4*minute}},
		{"a longer period does not bring anything back", 4 * day, ptr(days(10)), []any{10, 2 * day, 4*day - 5*minute}},
		{"the window grows with time", 10 * day, nil, []any{10, 2 * day, 10*day - 5*minute}},
		{"up to its period", 13 * day, nil, []any{10, 3 * day, 13*day - 5*minute}},
		{"disabling loses it at once", 13 * day, &off, nil},
		{"disabling again is no error", 13 * day, &off, nil},
		{"enabling anew begins anew, with 35 days", 14 * day, &on, []any{35, 14 * day, 14 * day}},
		{"with a period if one is given", 15 * day, &off, nil},
		{"here of a day", 15 * day, ptr(days(1)), []any{1, 15 * day, 15 * day}},
	}
	for _, step := range steps {
		w.clock.Set(start.Add(step.at))
		if step.to != nil {
			answer := w.recovery("Music", *step.to)
			now, err := w.Backups.DescribeContinuousBackups(ctx, "Music")
			require.NoError(t, err)
			require.Equal(t, now, answer, "the answer is the new description")
		}
		require.Equal(t, step.want, w.window(start), step.name)
	}
}

func ptr(s backup.RecoverySpecification) *backup.RecoverySpecification { return &s }

// Continuous backups are DISABLED while they are being enabled for a new table, and ENABLED ever after, whether
// point-in-time recovery is on or not.
func TestContinuousBackupsEnabled(t *testing.T) {
	w := newWorld(t, documented())
	_, err := w.Tables.CreateTable(ctx, plain("Music"))
	require.NoError(t, err)
	created := w.clock.Now()
	for _, step := range []struct {
		after time.Duration
		want  bool
	}{{3 * time.Second, false}, {8*time.Second - 1, false}, {8 * time.Second, true}, {time.Hour, true}} {
		w.clock.Set(created.Add(step.after))
		c, err := w.Backups.DescribeContinuousBackups(ctx, "Music")
		require.NoError(t, err)
		require.Equal(t, backup.ContinuousBackups{Enabled: step.want}, c, "after %v", step.after)
	}
	require.True(t, w.recovery("Music", on).Enabled)
	require.Equal(t, backup.ContinuousBackups{Enabled: true}, w.recovery("Music", off))
}

func TestContinuousBackupsRefusals(t *testing.T) {
	const foreign = "arn:aws:dynamodb:us-west-2:123456789012:table/Music"
	long := strings.Repeat("a", 1025)
	period := "' at 'pointInTimeRecoverySpecification.recoveryPeriodInDays'" + must + "have value "
	tests := []struct {
		name  string
		table string
		to    backup.RecoverySpecification
		both  bool // DescribeContinuousBackups too
		code  exception.Code
		text  string
	}{
		{"a table that is not there", "None", on, true, exception.TableNotFound, "Table not found: None"},
		{"the ARN of one", "arn:aws:dynamodb:us-east-1:123456789012:table/None", on, true, exception.TableNotFound, "Table not found: None"},
		{"no name", "", on, true, exception.Validation, oneError + "Value '' at 'tableName'" + must + "have length greater than or equal to 1"},
		{"a long name", long, on, true, exception.Validation, oneError + "Value '" + long + "' at 'tableName'" + must + "have length less than or equal to 1024"},
		{"a name of another form", "a b", on, true, exception.Validation, oneError + "Value 'a b' at 'tableName'" + pattern},
		{"another region", foreign, on, true, exception.Validation, oneError + "Invalid AWS region in '" + foreign + "'"},
		{"another account", "arn:aws:dynamodb:us-east-1:210987654321:table/Music", on, true, exception.AccessDenied, "Access is denied"},
		{"an index", "arn:aws:dynamodb:us-east-1:123456789012:table/Music/index/byYear", on, true, exception.Validation, "Invalid TableArn: Invalid Table ARN"},
		{"no ARN", "arn:aws", on, true, exception.Validation, "Invalid TableArn: Invalid Table ARN"},
		{"a period that is too long", "Music", days(36), false, exception.Validation, oneError + "Value '36" + period + "less than or equal to 35"},
		{"a period that is too short", "Music", days(-1), false, exception.Validation, oneError + "Value '-1" + period + "greater than or equal to 1"},
		{"a period with recovery off", "Music", backup.RecoverySpecification{RecoveryPeriodInDays: 7}, false, exception.Validation,
			"Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."},
		{"the request comes before the table", "None", backup.RecoverySpecification{RecoveryPeriodInDays: 7}, false, exception.Validation,
			"Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery."},
	}
	w := newWorld(t, instant())
	w.open(plain("Music"))
	w.recovery("Music", days(3))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			refused(t, w.refusal(func() error {
				_, err := w.Backups.UpdateContinuousBackups(ctx, test.table, test.to)
				return err
			}), test.code, test.text)
			if test.both {
				refused(t, w.refusal(func() error {
					_, err := w.Backups.DescribeContinuousBackups(ctx, test.table)
					return err
				}), test.code, test.text)
			}
		})
	}
}

// The ARN of a table is as good as its name.
func TestContinuousBackupsByARN(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	want := w.recovery(w.arn("Music"), days(3))
	c, err := w.Backups.DescribeContinuousBackups(ctx, w.arn("Music"))
	require.NoError(t, err)
	require.Equal(t, want, c)
	require.Equal(t, 3, c.PointInTimeRecovery.RecoveryPeriodInDays)
}

// The earliest time is never after the latest, and that never ahead, whenever recovery is switched and asked for.
func TestRecoveryWindowIsAWindow(t *testing.T) {
	w := newWorld(t, exactly())
	w.open(plain("Music"))
	for i, s := range []backup.RecoverySpecification{on, days(1), days(2), days(35), off, days(1), on, days(1)} {
		w.clock.Advance(time.Duration(i*i) * 17 * time.Minute)
		w.recovery("Music", s)
		for range 40 {
			now := w.clock.Advance(97 * time.Minute)
			c, err := w.Backups.DescribeContinuousBackups(ctx, "Music")
			require.NoError(t, err)
			if p := c.PointInTimeRecovery; p != nil {
				require.False(t, p.EarliestRestorableTime.After(p.LatestRestorableTime))
				require.False(t, p.LatestRestorableTime.After(now))
			}
		}
	}
}

// asked notes how much history is asked for.
type asked struct {
	*table.Store
	days []int
}

func (a *asked) RetainTable(ctx context.Context, name string, d time.Duration) error {
	a.days = append(a.days, int(d/day))
	return a.Store.RetainTable(ctx, name, d)
}

// A source is asked to keep as much history as the recovery period needs, no more and no less.
func TestRecoveryAsksForHistory(t *testing.T) {
	source := &asked{Store: table.NewStore(table.Options{Clock: &clock.Manual{}, Seed: 1})}
	e, err := backup.New(source, backup.Options{Profile: backup.Instant()})
	require.NoError(t, err)
	_, err = source.CreateTable(ctx, plain("Music"))
	require.NoError(t, err)
	for _, s := range []backup.RecoverySpecification{on, days(7), on, off, days(3), on, off} {
		_, err := e.UpdateContinuousBackups(ctx, "Music", s)
		require.NoError(t, err)
	}
	require.Equal(t, []int{35, 7, 7, 0, 3, 3, 0}, source.days)
}
