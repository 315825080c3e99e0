package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
)

// parseARN reads the ARN of a backup that a request gives. Its region need not be this one, as long as there is such
// a region: the service looks for the backup here all the same.
func (e *Engine) parseARN(text string) (arn.ARN, error) {
	a, err := arn.Parse(text)
	if err == nil {
		err = a.Check(e.source.Region())
	}
	switch {
	case errors.Is(err, arn.FaultForm), err == nil && a.Kind != arn.KindBackup:
		return arn.ARN{}, exception.Validation.Errorf("Invalid Backup ARN")
	case errors.Is(err, arn.FaultNoRegion), errors.Is(err, arn.FaultAccount):
		return arn.ARN{}, exception.AccessDenied.Errorf("Access is denied")
	case err != nil:
		return arn.ARN{}, exception.Validation.Errorf("Invalid Request: BackupArn is not valid")
	case a.Account != e.source.Account():
		return arn.ARN{}, exception.AccessDenied.Errorf("Access is denied")
	}
	return a, nil
}

// findLocked returns the backup with the given ARN.
func (e *Engine) findLocked(text string, now time.Time) (*record, error) {
	a, err := e.parseARN(text)
	if err != nil {
		return nil, err
	}
	r, ok := e.mu.catalog.Get(&record{place: place{a.Table, a.ID}})
	if !ok || !r.visible(now) {
		return nil, exception.BackupNotFound.Errorf("Backup not found: %s", text)
	}
	return r, nil
}

// DescribeBackup returns a backup with what it records of its table. The ARN in it is the text that was given. It
// fails with BackupNotFound if there is no such backup, with a ValidationException if the ARN is malformed, and with
// AccessDenied if it is another account's.
func (e *Engine) DescribeBackup(_ context.Context, backupARN string) (Description, error) {
	now, err := e.begin(e.limits.describe)
	if err != nil {
		return Description{}, exception.During("DescribeBackup", backupARN, err)
	}
	r, d, err := e.find(backupARN, now)
	if err != nil {
		return Description{}, exception.During("DescribeBackup", backupARN, err)
	}
	return r.describe(d), nil
}

// find returns the backup with the given ARN and its details.
func (e *Engine) find(backupARN string, now time.Time) (*record, Details, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r, err := e.findLocked(backupARN, now)
	if err != nil {
		return nil, Details{}, err
	}
	return r, r.detailsLocked(now, backupARN), nil
}

// DeleteBackup deletes a backup and returns its description, whose status is DELETED. The memory that it alone held
// is free at once. It fails as DescribeBackup does, with BackupInUse if the backup is CREATING or being restored, and
// with a ValidationException if it is not a USER backup.
func (e *Engine) DeleteBackup(_ context.Context, backupARN string) (Description, error) {
	now, err := e.begin(e.limits.delete)
	if err != nil {
		return Description{}, exception.During("DeleteBackup", backupARN, err)
	}
	r, err := e.remove(backupARN, now)
	if err != nil {
		return Description{}, exception.During("DeleteBackup", backupARN, err)
	}
	e.events.deliver()
	d := r.detailsLocked(now, backupARN) // out of the catalog, r is ours alone
	d.Status = Deleted
	return r.describe(d), nil
}

// remove takes a backup out of the catalog.
func (e *Engine) remove(backupARN string, now time.Time) (*record, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r, err := e.findLocked(backupARN, now)
	if err != nil {
		return nil, err
	}
	if err := r.deletable(now, backupARN); err != nil {
		return nil, err
	}
	e.mu.catalog.Delete(r)
	e.events.add(r, Active, Deleted, now)
	return r, nil
}

// RemoveAWSBackup takes a backup of type AWS_BACKUP out of the catalog, as the AWS Backup service does when a recovery
// point ends; DeleteBackup cannot. It fails as DescribeBackup does, and with a ValidationException if the backup is of
// another type.
func (e *Engine) RemoveAWSBackup(_ context.Context, backupARN string) error {
	now := e.source.Now()
	e.settle(now)
	err := e.removeAWSBackup(backupARN, now)
	e.events.deliver()
	return exception.During("RemoveAWSBackup", backupARN, err)
}

func (e *Engine) removeAWSBackup(backupARN string, now time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	r, err := e.findLocked(backupARN, now)
	switch {
	case err != nil:
		return err
	case r.kind != AWSBackup:
		return exception.Validation.Errorf("the backup is of type %s: %s", r.kind, backupARN)
	}
	e.mu.catalog.Delete(r)
	e.mu.agenda.Delete(event{r.ready, becomesReady, r})
	e.events.add(r, r.status(now), Deleted, now)
	return nil
}

func (r *record) deletable(now time.Time, as string) error {
	switch {
	case r.kind == System:
		return exception.Validation.Errorf("Invalid Request: User is not allowed to delete the system backup with arn %s. "+
			"It will automatically expire on %s", as, r.expiry.Format("2006-01-02T15:04:05.000Z"))
	case r.kind == AWSBackup:
		return exception.Validation.Errorf("Invalid Request: User is not allowed to delete the AWS Backup backup with arn %s", as)
	case r.status(now) == Creating:
		return exception.BackupInUse.Errorf("Backup is being created")
	case r.restore.running(now):
		return exception.BackupInUse.Errorf("Backup is being used to restore table: %s", as)
	}
	return nil
}

// DefaultListLimit is how many backups a list has at the most if nothing else is said; a request may ask for up to
// as many.
const DefaultListLimit = 100

// ListInput is what ListBackups is asked for. Its zero value asks for the first USER backups of all tables.
type ListInput struct {
	TableName      string    // or the table's ARN; empty: all tables
	Type           Type      // empty: User
	From           time.Time // created at or after it, in milliseconds; zero: no bound
	Before         time.Time // created before it, in milliseconds; zero: no bound
	Limit          int       // 1 to 100; 0: DefaultListLimit
	ExclusiveStart string    // ARN of a backup, whether it exists or not: go on behind its place
}

// ListBackups returns backups by table name and, for each table, by creation time. last is where to go on, empty if
// that was all. A table that does not exist has no backups, unless they have outlived it. A page costs the same wherever
// it lies; but what the type or, without a table, the time leaves out is looked at on the way. It fails with a
// ValidationException if the request is malformed.
func (e *Engine) ListBackups(_ context.Context, in ListInput) (backups []Summary, last string, err error) {
	now, err := e.begin(e.limits.list)
	if err == nil {
		backups, last, err = e.listBackups(now, in)
	}
	return backups, last, exception.During("ListBackups", in.TableName, err)
}

func (e *Engine) listBackups(now time.Time, in ListInput) (backups []Summary, last string, err error) {
	if err := in.check(); err != nil {
		return nil, "", err
	}
	start, err := e.startOf(in.ExclusiveStart)
	if err != nil {
		return nil, "", err
	}
	table := in.TableName
	if table != "" {
		if a, err := arn.Parse(table); err == nil && (a.Region != e.source.Region() || a.Account != e.source.Account()) {
			return nil, "", nil
		}
		if table, err = e.tableName(table); err != nil {
			return nil, "", err
		}
		start = later(start, place{table, fmt.Sprintf("%014d", max(in.From.UnixMilli(), 0))})
	}
	records, backups, more := e.page(now, start, table, in)
	for i, r := range records {
		backups[i].SizeBytes = r.statistics(backups[i].Status).SizeBytes
	}
	if more {
		last = backups[len(backups)-1].ARN
	}
	return backups, last, nil
}

// page collects the backups from a place on that in asks for, up to its limit; more reports whether there are others.
func (e *Engine) page(now time.Time, start place, table string, in ListInput) (records []*record, backups []Summary, more bool) {
	limit := cmp.Or(in.Limit, DefaultListLimit)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mu.catalog.AscendGreaterOrEqual(&record{place: start}, func(r *record) bool {
		switch {
		case table != "" && (r.table != table || in.tooLate(r)):
			return false
		case !in.wants(r) || !r.visible(now):
			return true
		case len(records) == limit:
			more = true
			return false
		}
		t := r.capture.Table()
		records = append(records, r)
		backups = append(backups, Summary{
			Details: r.detailsLocked(now, r.arn().String()), TableName: t.Name, TableID: t.ID, TableARN: t.ARN,
		})
		return true
	})
	return records, backups, more
}

func (in *ListInput) check() error {
	var c validate.Check
	if in.Type != "" {
		c.Enum("backupType", string(in.Type), string(System), string(AWSBackup), string(User), string(All))
	}
	c.Range("limit", int64(cmp.Or(in.Limit, 1)), 1, DefaultListLimit)
	if err := c.Err(); err != nil {
		return err
	}
	in.From, in.Before = in.From.Round(time.Millisecond), in.Before.Round(time.Millisecond)
	if !in.From.IsZero() && !in.Before.IsZero() && in.From.After(in.Before) {
		return exception.Validation.Errorf("One or more parameter values were invalid: " +
			"Time range lower bound must be less than or equal to upper bound")
	}
	return nil
}

func (in *ListInput) wants(r *record) bool {
	switch kind := cmp.Or(in.Type, User); {
	case kind != All && kind != r.kind, r.created.Before(in.From), in.tooLate(r):
		return false
	}
	return true
}

func (in *ListInput) tooLate(r *record) bool {
	return !in.Before.IsZero() && !r.created.Before(in.Before)
}

// startOf returns the first place behind the backup with the given ARN; the backup itself may be gone.
func (e *Engine) startOf(exclusive string) (place, error) {
	if exclusive == "" {
		return place{}, nil
	}
	a, err := e.parseARN(exclusive)
	if err != nil {
		return place{}, err
	}
	if a.Region != e.source.Region() {
		return place{}, exception.Validation.Errorf("Invalid Request: The supplied ExclusiveStartBackupArn does not match the region")
	}
	return place{a.Table, a.ID + "\x00"}, nil
}

func later(a, b place) place {
	if a.compare(b) < 0 {
		return b
	}
	return a
}
