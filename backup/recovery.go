package backup

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
	"github.com/tidemark-db/tidemark/schema"
)

// MaxRecoveryPeriod is the longest recovery period in days, and the one that is meant if none is given.
const MaxRecoveryPeriod = 35

const day = 24 * time.Hour

// retentionSlack is how much longer than its period history is kept, so that a time which was found to be restorable
// still is when its state is looked up a moment later.
const retentionSlack = time.Minute

// RecoverySpecification switches point-in-time recovery (PointInTimeRecoverySpecification).
type RecoverySpecification struct {
	Enabled              bool
	RecoveryPeriodInDays int // 1 to 35; 0: not given
}

// ContinuousBackups describes the continuous backups of a table (ContinuousBackupsDescription).
type ContinuousBackups struct {
	// Enabled is a matter of the table's age, whether point-in-time recovery is on or not.
	Enabled bool

	// PointInTimeRecovery is nil if it is off.
	PointInTimeRecovery *PointInTimeRecovery
}

// PointInTimeRecovery describes the recovery period of a table. Both ends are included.
type PointInTimeRecovery struct {
	RecoveryPeriodInDays   int
	EarliestRestorableTime time.Time
	LatestRestorableTime   time.Time
}

// recovery is the point-in-time recovery of a table that has it on. It is guarded by the engine's lock.
type recovery struct {
	enabled time.Time // whole seconds
	floor   time.Time // the period does not reach back further, whatever its length
	days    int
}

func (r *recovery) period() time.Duration { return time.Duration(r.days) * day }

func (r *recovery) earliest(now time.Time) time.Time { return latest(r.floor, now.Add(-r.period())) }

func (r *recovery) describe(now time.Time, lag time.Duration) *PointInTimeRecovery {
	return &PointInTimeRecovery{
		RecoveryPeriodInDays:   r.days,
		EarliestRestorableTime: r.earliest(now),
		LatestRestorableTime:   latest(r.enabled, now.Add(-lag)),
	}
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// UpdateContinuousBackups switches point-in-time recovery of a table on or off, or changes its period, and returns what
// came of it. Switching it off loses the history at once. It fails as CreateBackup does for a table that is not there
// or too new, and with a ValidationException if the period is out of range or given with recovery switched off.
func (e *Engine) UpdateContinuousBackups(ctx context.Context, table string, s RecoverySpecification) (ContinuousBackups, error) {
	now := e.source.Now()
	e.settle(now)
	c, err := e.updateContinuousBackups(ctx, now, table, s)
	return c, exception.During("UpdateContinuousBackups", table, err)
}

func (e *Engine) updateContinuousBackups(
	ctx context.Context, now time.Time, table string, s RecoverySpecification,
) (ContinuousBackups, error) {
	var c validate.Check
	c.Length("tableName", table, 1, 1024)
	c.Range("pointInTimeRecoverySpecification.recoveryPeriodInDays",
		int64(cmp.Or(s.RecoveryPeriodInDays, 1)), 1, MaxRecoveryPeriod)
	if err := c.Err(); err != nil {
		return ContinuousBackups{}, err
	}
	if !s.Enabled && s.RecoveryPeriodInDays != 0 {
		return ContinuousBackups{}, exception.Validation.Errorf(
			"Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.")
	}
	name, state, err := e.table(ctx, now, table)
	if err != nil {
		return ContinuousBackups{}, err
	}
	if s.Enabled && e.history == nil {
		return ContinuousBackups{}, invalid("point-in-time recovery needs a store that keeps history, which this one does not")
	}
	e.switching.Lock()
	defer e.switching.Unlock()
	if e.history != nil && state.Status != schema.Deleting {
		if err := e.retain(ctx, name, state.ID, s); err != nil {
			return ContinuousBackups{}, tableNotFound(name, err)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.switchLocked(state.ID, now, s)
	return e.continuousLocked(state, true, now), nil
}

// retain has the source keep the history that a table needs when s has been applied. If the name has come to belong to
// another table meanwhile, that one's history is let go again.
func (e *Engine) retain(ctx context.Context, name, tableID string, s RecoverySpecification) error {
	if err := e.history.RetainTable(ctx, name, e.retention(tableID, s)); err != nil {
		return err
	}
	now, err := e.source.TableState(ctx, name)
	if err == nil && now.ID != tableID {
		if err := e.history.RetainTable(ctx, name, 0); err != nil {
			return err
		}
		return exception.TableNotFound.Errorf("Table not found: %s", name)
	}
	return err
}

// retention returns how much history a table has to keep when s has been applied.
func (e *Engine) retention(tableID string, s RecoverySpecification) time.Duration {
	if !s.Enabled {
		return 0
	}
	days := MaxRecoveryPeriod
	e.mu.Lock()
	if r, on := e.mu.recovery[tableID]; on {
		days = r.days
	}
	e.mu.Unlock()
	return time.Duration(cmp.Or(s.RecoveryPeriodInDays, days))*day + retentionSlack
}

// switchLocked begins a window when recovery is enabled and ends it when it is disabled; enabling it once more may only
// change the window's length.
func (e *Engine) switchLocked(tableID string, now time.Time, s RecoverySpecification) {
	r, on := e.mu.recovery[tableID]
	switch {
	case !s.Enabled:
		delete(e.mu.recovery, tableID)
	case !on:
		enabled := now.Truncate(time.Second)
		days := cmp.Or(s.RecoveryPeriodInDays, MaxRecoveryPeriod)
		e.mu.recovery[tableID] = &recovery{enabled: enabled, floor: enabled, days: days}
	case s.RecoveryPeriodInDays != 0:
		r.floor = r.earliest(now) // what the old period has dropped does not come back with a longer one
		r.days = s.RecoveryPeriodInDays
		r.floor = r.earliest(now)
	}
}

// DescribeContinuousBackups returns whether a table has continuous backups and point-in-time recovery, and which times
// can be restored. It fails with TableNotFound if there is no such table, or not yet for backups.
func (e *Engine) DescribeContinuousBackups(ctx context.Context, table string) (ContinuousBackups, error) {
	now, err := e.begin(e.limits.describeContinuous)
	var c ContinuousBackups
	if err == nil {
		c, err = e.describeContinuousBackups(ctx, now, table)
	}
	return c, exception.During("DescribeContinuousBackups", table, err)
}

func (e *Engine) describeContinuousBackups(ctx context.Context, now time.Time, table string) (ContinuousBackups, error) {
	var c validate.Check
	c.Length("tableName", table, 1, 1024)
	if err := c.Err(); err != nil {
		return ContinuousBackups{}, err
	}
	_, state, err := e.table(ctx, now, table)
	if err != nil && !errors.Is(err, exception.ContinuousBackupsUnavailable) {
		return ContinuousBackups{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.continuousLocked(state, err == nil, now), nil
}

func (e *Engine) continuousLocked(s schema.State, enabled bool, now time.Time) ContinuousBackups {
	c := ContinuousBackups{Enabled: enabled}
	if r, on := e.mu.recovery[s.ID]; on {
		c.PointInTimeRecovery = r.describe(now, e.profile.RecoveryLag)
	}
	return c
}
