package backup

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// RestoreInput is what RestoreTableFromBackup is asked for.
type RestoreInput struct {
	TargetTableName string
	BackupARN       string
	Overrides
}

// RestoreTableFromBackup makes a new table of a backup, at a cost that does not depend on its size, and returns its
// description, whose status is CREATING. The new table starts as a clone: neither it nor the backup ever notices the
// other. It keeps keys, items, indexes, encryption and capacity as recorded, unless overridden; streams, time to live,
// point-in-time recovery, tags, table class and deletion protection are off.
//
// It fails, and leaves no table behind, with BackupNotFound; with BackupInUse if the backup is CREATING or already
// being restored; with TableAlreadyExists or TableInUse if the target is there or being restored; with LimitExceeded
// if too many restores are running; and with a ValidationException if a name, the ARN or an override is wrong.
func (e *Engine) RestoreTableFromBackup(ctx context.Context, in RestoreInput) (schema.Description, error) {
	now, err := e.begin(e.limits.restore)
	var d schema.Description
	if err == nil {
		d, err = e.restoreFromBackup(ctx, now, in)
	}
	return d, exception.During("RestoreTableFromBackup", in.TargetTableName, err)
}

func (e *Engine) restoreFromBackup(ctx context.Context, now time.Time, in RestoreInput) (schema.Description, error) {
	if err := checkTarget(new(validate.Check), in.TargetTableName, &in.Overrides); err != nil {
		return schema.Description{}, err
	}
	r, data, err := e.restorable(now, &in)
	if err != nil {
		return schema.Description{}, err
	}
	source := r.capture.Table()
	target, indexes, err := e.target(source, in.TargetTableName, &in.Overrides)
	if err != nil {
		return schema.Description{}, err
	}
	busy := "Table: " + target.Name + " is already being restored from backup: " + in.BackupARN
	if err := e.targetFree(ctx, target.Name, busy); err != nil {
		return schema.Description{}, err
	}
	running, err := e.startRestoreOf(r, now, in.BackupARN)
	if err != nil {
		return schema.Description{}, err
	}
	return e.restore(ctx, running, busy, snapshot.Restore{
		Table: *target, Indexes: indexes, Snapshot: data, Duration: e.profile.Restoring,
		Summary: schema.RestoreSummary{SourceBackupARN: r.arn(), SourceTableARN: source.ARN, RestoreTime: r.created},
	})
}

// checkTarget checks what can be checked of a target without looking at the source. What c has found before is told
// with it.
func checkTarget(c *validate.Check, name string, o *Overrides) error {
	if name == "" {
		return exception.Validation.Errorf("TableName must be at least 3 characters long and at most 255 characters long")
	}
	c.Name("targetTableName", name)
	o.checkShape(c)
	return c.Err()
}

// target returns the table that a restore makes, and the recorded names of its indexes.
func (e *Engine) target(recorded *schema.Table, name string, o *Overrides) (*schema.Table, []string, error) {
	t, indexes, err := o.apply(recorded)
	if err != nil {
		return nil, nil, err
	}
	t.Name = name
	if o.SSE != nil {
		t.Encryption = schema.EncryptionFor(*o.SSE, e.source.Region(), e.source.Account())
	}
	return t, indexes, nil
}

// restore has the source make the target, for a restore that has been started. busy says that the target is being
// restored already.
func (e *Engine) restore(ctx context.Context, running *restore, busy string, r snapshot.Restore) (schema.Description, error) {
	d, err := e.source.RestoreTable(ctx, r)
	e.finishRestore(running, d.CreationTime, err)
	if errors.Is(err, exception.ResourceInUse) { // someone was faster
		if err = e.targetFree(ctx, r.Table.Name, busy); err == nil { // and has deleted it since
			err = exception.TableAlreadyExists.Errorf("Table already exists: %s", r.Table.Name)
		}
	}
	return d, err
}

// restorable finds the backup to restore, and its data. Another region's ARN is good only with an encryption for this
// region.
func (e *Engine) restorable(now time.Time, in *RestoreInput) (*record, *snapshot.Snapshot, error) {
	a, err := e.parseARN(in.BackupARN)
	if err != nil {
		return nil, nil, err
	}
	if a.Region != e.source.Region() && in.SSE == nil {
		return nil, nil, invalid("sseSpecificationOverride must be provided for cross-region restores")
	}
	r, d, err := e.find(in.BackupARN, now)
	if err != nil {
		return nil, nil, err
	}
	data, err := r.data(d.Status)
	if err != nil {
		return nil, nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return r, data, r.unusedLocked(now, in.BackupARN)
}

// unusedLocked refuses a backup that another restore is reading.
func (r *record) unusedLocked(now time.Time, as string) error {
	if r.restore.running(now) {
		return exception.BackupInUse.Errorf("Backup is being used to restore another table: %s", as)
	}
	return nil
}

// targetFree refuses a target that is there already; busy is what to say if it is being restored.
func (e *Engine) targetFree(ctx context.Context, target, busy string) error {
	s, err := e.source.TableState(ctx, target)
	switch {
	case errors.Is(err, exception.ResourceNotFound):
		return nil
	case err != nil:
		return err
	case s.Restoring:
		return exception.TableInUse.Errorf("%s", busy)
	case s.Status == schema.Creating:
		return exception.TableInUse.Errorf("Table is being created: %s", target)
	}
	return exception.TableAlreadyExists.Errorf("Table already exists: %s", target)
}

// startRestoreOf takes one of the places for restores, and the backup, from the moment at which both are found free.
func (e *Engine) startRestoreOf(r *record, now time.Time, as string) (*restore, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := r.unusedLocked(now, as); err != nil {
		return nil, err
	}
	running, err := e.startRestoreLocked(now)
	if err == nil {
		r.restore = running
	}
	return running, err
}

// startRestore takes one of the places for restores, for one that needs no backup.
func (e *Engine) startRestore(now time.Time) (*restore, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.startRestoreLocked(now)
}

func (e *Engine) startRestoreLocked(now time.Time) (*restore, error) {
	e.mu.restores = slices.DeleteFunc(e.mu.restores, func(o *restore) bool { return !o.running(now) })
	if limit := e.profile.ConcurrentRestores; limit > 0 && len(e.mu.restores) >= limit {
		return nil, exception.LimitExceeded.Errorf(
			"Subscriber limit exceeded: Only %d restore operations can be done simultaneously", limit)
	}
	running := new(restore)
	e.mu.restores = append(e.mu.restores, running)
	return running, nil
}

// finishRestore notes when the restore will be over: at once if it has failed.
func (e *Engine) finishRestore(r *restore, begun time.Time, err error) {
	now := e.source.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if r.done = now; err == nil {
		r.done = begun.Add(e.profile.Restoring)
	}
}
