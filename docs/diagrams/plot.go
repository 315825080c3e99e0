package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

const day = 24 * time.Hour

var ctx = context.Background()

// world is a database as the service is documented, with one table, on a clock of its own. The first error that
// anything in it meets stays in err.
type world struct {
	*tidemark.DB
	clock *clock.Manual
	zero  time.Time // what a picture counts from
	err   error
}

// newWorld returns a world whose table is being created at its zero.
func newWorld(seed uint64) *world {
	w := &world{clock: clock.NewManual(clock.Epoch), zero: clock.Epoch}
	options := tidemark.Documented()
	options.Clock, options.Seed = w.clock, seed
	w.DB, w.err = tidemark.New(options)
	w.create()
	return w
}

// openWorld returns a world whose table is a minute old at its zero, and can be backed up.
func openWorld(seed uint64) *world {
	w := newWorld(seed)
	w.at(2 * time.Minute)
	w.zero = w.clock.Now()
	return w
}

func (w *world) create() {
	w.do(func() error {
		_, err := w.Tables.CreateTable(ctx, schema.Definition{
			Name: "Table", KeySchema: schema.Keys("K"), Attributes: schema.Attributes{"K": attr.TypeN},
			BillingMode: schema.PayPerRequest,
		})
		return err
	})
}

// at moves the clock to a time counted from zero.
func (w *world) at(t time.Duration) *world {
	w.clock.Set(w.zero.Add(t))
	return w
}

// do notes the error of something that must not fail.
func (w *world) do(f func() error) {
	if w.err == nil {
		w.err = f()
	}
}

// put writes the item with the given key.
func (w *world) put(key int) (change snapshot.Change) {
	w.do(func() error {
		t, err := w.Tables.Table("Table")
		if err == nil {
			change, err = t.Put(attr.MustItem(attr.Map{"K": attr.Int(int64(key))}))
		}
		return err
	})
	return change
}

// backUp requests a backup and returns its ARN.
func (w *world) backUp(marker backup.Marker) (arn string) {
	w.do(func() error {
		b, err := w.Backups.CreateBackup(ctx, backup.CreateInput{TableName: "Table", BackupName: "backup", Marker: marker})
		arn = b.ARN
		return err
	})
	return arn
}

// recover switches point-in-time recovery: on with a period in days, or off with none.
func (w *world) recover(days int) {
	w.do(func() error {
		_, err := w.Backups.UpdateContinuousBackups(ctx, "Table",
			backup.RecoverySpecification{Enabled: days > 0, RecoveryPeriodInDays: days})
		return err
	})
}

// letter stands for an answer in a picture: n for a resource that is not found, u for one in use, e for backups that
// are being enabled, x for recovery that is off, and an exclamation mark for a refusal that was not reckoned with.
func letter(answer byte, err error) byte {
	var refused *exception.Error
	switch {
	case err == nil:
		return answer
	case !errors.As(err, &refused):
		return '!'
	}
	switch refused.Code {
	case exception.TableNotFound, exception.ResourceNotFound, exception.BackupNotFound:
		return 'n'
	case exception.TableInUse, exception.ResourceInUse, exception.BackupInUse:
		return 'u'
	case exception.ContinuousBackupsUnavailable:
		return 'e'
	case exception.PointInTimeRecoveryUnavailable:
		return 'x'
	case exception.InvalidRestoreTime:
		return '.'
	}
	return '!'
}

// state is the letter of a state: a capital one if it is ACTIVE. There is no state in an answer that is an error.
func state[S ~string](s S) byte {
	switch s {
	case "":
		return '!'
	case "ACTIVE":
		return 'A'
	}
	return s[0] | 0x20
}

const labelWidth = 27

// row is a line of a picture: a label, and what it plots.
func row(label, cells string) string {
	return strings.TrimRight(fmt.Sprintf("%-*s%s", labelWidth, label, cells), " ") + "\n"
}

// plot returns one letter for each of n columns.
func plot(n int, cell func(i int) byte) string {
	cells := make([]byte, n)
	for i := range cells {
		cells[i] = cell(i)
	}
	return string(cells)
}

// axis writes a label above every so many columns, beginning at the column that it is of.
func axis(title string, n, every int, label func(i int) string) string {
	cells := []byte(strings.Repeat(" ", n+8))
	ticks := []byte(strings.Repeat(" ", n))
	for i := 0; i < n; i += every {
		copy(cells[i:], label(i))
		ticks[i] = '|'
	}
	return row(title, string(cells)) + row("", string(ticks))
}
