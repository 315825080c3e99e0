package tidemarktest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

// AdvanceToBackup moves the clock to the moment at which a backup becomes available, and no further; it leaves the
// clock alone if the backup is available already. It is for a test that owns the clock.
//
// It fails, without moving the clock, if that would take longer than atMost, if there is no such backup (any more), or
// if the clock is none that can be moved.
func (e *Endpoint) AdvanceToBackup(backupARN string, atMost time.Duration) error {
	return e.advance("AdvanceToBackup", backupARN, atMost, e.backupReady)
}

// WaitForBackup waits until a backup is available. It returns nil then, or else the error of ctx when that ends.
//
// It fails at once if that would take longer than atMost, or if there is no such backup. It does not move the clock:
// somebody else must, or it must be clock.System. A backup that becomes available early, because its table was deleted
// meanwhile, is noticed at the time that was foreseen first.
func (e *Endpoint) WaitForBackup(ctx context.Context, backupARN string, atMost time.Duration) error {
	return e.wait(ctx, "WaitForBackup", backupARN, atMost, e.backupReady)
}

// AdvanceToTable does for a table, after CreateTable, UpdateTable or a restore, what AdvanceToBackup does for a backup:
// the table and all of its global indexes are ACTIVE then. It is given by name, or by ARN if it is not one of
// Endpoint.DB. A table that is DELETING is refused.
func (e *Endpoint) AdvanceToTable(table string, atMost time.Duration) error {
	return e.advance("AdvanceToTable", table, atMost, e.tableReady)
}

// WaitForTable does for a table, as AdvanceToTable has it, what WaitForBackup does for a backup.
func (e *Endpoint) WaitForTable(ctx context.Context, table string, atMost time.Duration) error {
	return e.wait(ctx, "WaitForTable", table, atMost, e.tableReady)
}

// readiness finds out when something is ready. A time that has come means that it is.
type readiness func(ctx context.Context, name string) (at time.Time, err error)

func (e *Endpoint) advance(op, name string, atMost time.Duration, ready readiness) error {
	c := e.Clock
	if c == nil {
		return fmt.Errorf("tidemarktest: %s: a %T cannot be moved: use WaitForBackup or WaitForTable", op, e.DB.Clock)
	}
	limit := c.Now().Add(atMost)
	at, err := ready(context.Background(), name)
	if err == nil {
		err = inTime(c.Now(), at, limit, atMost)
	}
	if err != nil {
		return failure(op, name, err)
	}
	c.Set(at)
	return nil
}

func (e *Endpoint) wait(ctx context.Context, op, name string, atMost time.Duration, ready readiness) error {
	w, ok := e.DB.Clock.(clock.Waiter)
	if !ok {
		return fmt.Errorf("tidemarktest: %s: a %T cannot be waited for", op, e.DB.Clock)
	}
	limit := w.Now().Add(atMost)
	for {
		at, err := ready(ctx, name)
		now := w.Now()
		if err == nil && !at.After(now) {
			return nil
		}
		if err == nil {
			err = inTime(now, at, limit, atMost)
		}
		if err == nil {
			err = w.Wait(ctx, at)
		}
		if err != nil {
			return failure(op, name, err)
		}
	}
}

// missing says where something was looked for that is not there.
type missing struct {
	text string
	err  error // with the exception's code
}

func (m *missing) Error() string { return m.text }
func (m *missing) Unwrap() error { return m.err }

// failure says what op could not do, and of an exception nothing about the calls that have led to it.
func failure(op, name string, err error) error {
	if m := (*missing)(nil); errors.As(err, &m) {
		return fmt.Errorf("tidemarktest: %s: %w", op, m)
	}
	if e := (*exception.Error)(nil); errors.As(err, &e) {
		plain := *e
		plain.Op, plain.Resource = "", ""
		err = &plain
	}
	return fmt.Errorf("tidemarktest: %s: %s: %w", op, name, err)
}

// located returns err, or if it has the code of what is not there, an error that says where that was looked for.
func located(db *tidemark.DB, code exception.Code, kind, name string, err error) error {
	if !errors.Is(err, code) {
		return err
	}
	return &missing{fmt.Sprintf("there is no %s %s in %s of %s",
		kind, name, db.Tables.Region(), db.Tables.Account()), err}
}

func inTime(now, at, limit time.Time, atMost time.Duration) error {
	if at.After(limit) {
		return fmt.Errorf("it will be ready only in %v, at %s: more than the %v given to it",
			at.Sub(now), at.Format(time.RFC3339Nano), atMost)
	}
	return nil
}

// backupReady asks for nothing that has a rate, as DescribeBackup would.
func (e *Endpoint) backupReady(ctx context.Context, backupARN string) (time.Time, error) {
	db, backupARN, err := e.dbOf(backupARN)
	if err != nil {
		return time.Time{}, err
	}
	past, err := db.Backups.Transitions(ctx, backupARN)
	if err != nil {
		return time.Time{}, located(db, exception.BackupNotFound, "backup", backupARN, err)
	}
	last := past[len(past)-1]
	if last.To == backup.Active {
		return last.At, nil
	}
	for _, next := range db.Backups.Pending() {
		if next.ARN == backupARN && next.To == backup.Active {
			return next.At, nil
		}
	}
	return db.Clock.Now(), nil // the clock was moved in between
}

func (e *Endpoint) tableReady(ctx context.Context, table string) (time.Time, error) {
	db, name := e.DB, table
	if a, err := arn.Parse(table); err == nil && a.Kind == arn.KindTable {
		if db, _, err = e.dbOf(table); err != nil {
			return time.Time{}, err
		}
		name = a.Table
	}
	state, err := db.Tables.TableState(ctx, name)
	switch {
	case err != nil:
		return time.Time{}, located(db, exception.ResourceNotFound, "table", name, err)
	case state.Status == schema.Deleting:
		return time.Time{}, errors.New("it is DELETING")
	}
	return state.SettledTime, nil
}

// dbOf returns where the resource with this ARN is, and the ARN as it is known there. A text that is no ARN is left to
// the default place to refuse.
func (e *Endpoint) dbOf(text string) (*tidemark.DB, string, error) {
	a, err := arn.Parse(text)
	if err != nil {
		return e.DB, text, nil
	}
	db, err := e.open(a.Account, a.Region)
	return db, a.String(), err
}
