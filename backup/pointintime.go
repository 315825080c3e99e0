package backup

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// PointInTimeInput is what RestoreTableToPointInTime is asked for: one source, by name or by ARN, and one time.
type PointInTimeInput struct {
	SourceTableName string
	SourceTableARN  string
	TargetTableName string

	// RestoreTime is the time to restore; commits at that very time are in. The zero time is none.
	RestoreTime time.Time

	// UseLatestRestorableTime restores the latest time that can be restored.
	UseLatestRestorableTime bool

	Overrides
}

// RestoreTableToPointInTime makes a new table with the items that another one had at an earlier time, and returns its
// description, whose status is CREATING. It costs as much as finding that state does (see [Historian]), and not more for
// a large table or a time long ago. Settings are the source's present ones ([Profile].SettingsAsOf), unless overridden;
// what a restore of a backup switches off is off.
//
// It fails, and leaves no table behind, with TableNotFound if there is no such source; with
// PointInTimeRecoveryUnavailable if its point-in-time recovery is off; with InvalidRestoreTime if the time is outside its
// period; with TableAlreadyExists or TableInUse if the target is there or being restored; with LimitExceeded if too many
// restores are running; and with a ValidationException if the request is malformed.
func (e *Engine) RestoreTableToPointInTime(ctx context.Context, in PointInTimeInput) (schema.Description, error) {
	now := e.source.Now()
	e.settle(now)
	d, err := e.restoreToPointInTime(ctx, now, in)
	if in.SourceTableARN != "" && errors.Is(err, exception.TableNotFound) {
		err = exception.TableNotFound.Errorf("Table not found") // the service names only a table that it was given by name
	}
	return d, exception.During("RestoreTableToPointInTime", in.TargetTableName, err)
}

func (e *Engine) restoreToPointInTime(ctx context.Context, now time.Time, in PointInTimeInput) (schema.Description, error) {
	name, err := e.checkPointInTime(in)
	if err != nil {
		return schema.Description{}, err
	}
	r, err := e.recoverable(ctx, now, name)
	if err != nil {
		return schema.Description{}, err
	}
	at := r.LatestRestorableTime
	if !in.UseLatestRestorableTime {
		if at = in.RestoreTime.UTC(); !r.covers(at) {
			return schema.Description{}, r.outside(at)
		}
	}
	settingsAt := now
	if e.profile.SettingsAsOf {
		settingsAt = at
	}
	settings, err := e.history.DefinitionAt(ctx, name, clock.EndOf(settingsAt))
	if err != nil {
		return schema.Description{}, tableNotFound(name, err)
	}
	target, indexes, err := e.target(settings, in.TargetTableName, &in.Overrides)
	if err != nil {
		return schema.Description{}, err
	}
	busy := "Table: " + target.Name + " is already being restored"
	if err := e.targetFree(ctx, target.Name, busy); err != nil {
		return schema.Description{}, err
	}
	running, err := e.startRestore(now)
	if err != nil {
		return schema.Description{}, err
	}
	data, err := e.snapshotOf(ctx, name, r, at)
	if err != nil {
		e.finishRestore(running, now, err)
		return schema.Description{}, err
	}
	return e.restore(ctx, running, busy, snapshot.Restore{
		Table: *target, Indexes: indexesIn(data.Table(), settings, indexes), Snapshot: data, Duration: e.profile.Restoring,
		Summary: schema.RestoreSummary{SourceTableARN: settings.ARN, RestoreTime: at},
	})
}

// indexesIn returns names of indexes that a table has by its settings, with an empty one in the place of each that its
// snapshot does not have: indexes come and go between the time that a snapshot is of and that of its description.
func indexesIn(snapshot, settings *schema.Table, names []string) []string {
	find := func(t *schema.Table, name string) *schema.Index {
		for _, list := range [2][]schema.Index{t.LocalIndexes, t.GlobalIndexes} {
			if i := slices.IndexFunc(list, func(x schema.Index) bool { return x.Name == name }); i >= 0 {
				return &list[i]
			}
		}
		return nil
	}
	found := make([]string, len(names))
	for i, name := range names {
		x, y := find(snapshot, name), find(settings, name)
		if x == nil || y == nil || !slices.Equal(x.KeySchema, y.KeySchema) || !x.Projection.Equal(y.Projection) {
			continue
		}
		same := func(e schema.KeyElement) bool { return snapshot.Attributes[e.Name] == settings.Attributes[e.Name] }
		if !slices.ContainsFunc(x.KeySchema, func(e schema.KeyElement) bool { return !same(e) }) {
			found[i] = name
		}
	}
	return found
}

// checkPointInTime checks what can be checked without looking at the source, and returns its name.
func (e *Engine) checkPointInTime(in PointInTimeInput) (string, error) {
	var c validate.Check
	if in.SourceTableName != "" {
		c.Name("sourceTableName", in.SourceTableName)
	}
	c.Length("sourceTableArn", in.SourceTableARN, 0, 1024)
	if err := checkTarget(&c, in.TargetTableName, &in.Overrides); err != nil {
		return "", err
	}
	switch {
	case in.SourceTableName != "" && in.SourceTableARN != "":
		return "", exception.Validation.Errorf("Must provide exactly one of: sourceTableArn, sourceTableName")
	case in.SourceTableName == "" && in.SourceTableARN == "":
		return "", exception.Validation.Errorf("The parameter 'TableName' is required but was not present in the request")
	case in.UseLatestRestorableTime && !in.RestoreTime.IsZero():
		return "", invalid("Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore request. " +
			"Please specify either RestoreDateTime time or UseLatestRestorableTime")
	case !in.UseLatestRestorableTime && in.RestoreTime.IsZero():
		return "", invalid("Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both")
	case in.SourceTableARN != "":
		return e.sourceOfARN(in.SourceTableARN, in.SSE != nil)
	}
	return in.SourceTableName, nil
}

// sourceOfARN reads the ARN of a table to restore. Another region's is good only with an encryption for this region.
func (e *Engine) sourceOfARN(text string, encrypted bool) (string, error) {
	a, err := arn.Parse(text)
	if err == nil {
		err = a.Check(e.source.Region())
	}
	switch {
	case !strings.HasPrefix(text, "arn:"):
		return "", exception.Validation.Errorf("One or more parameter values were invalid: ARNs must start with 'arn:': %s", text)
	case err != nil || a.Kind != arn.KindTable:
		return "", exception.Validation.Errorf("One or more parameter values were invalid: sourceTableArn is not a valid ARN")
	case a.Account != e.source.Account():
		return "", exception.Validation.Errorf("This action is only supported by accounts that match the resource owner\u2019s account.")
	case a.Region != e.source.Region() && !encrypted:
		return "", invalid("sseSpecificationOverride must be provided for cross-region restores")
	}
	return a.Table, nil
}

// period is the recovery period of one incarnation of a table, at the moment it was looked up.
type period struct {
	*PointInTimeRecovery
	tableID  string
	recovery *recovery
}

// recoverable returns the recovery period of a table. It refuses one that has none.
func (e *Engine) recoverable(ctx context.Context, now time.Time, name string) (period, error) {
	s, err := e.source.TableState(ctx, name)
	if err != nil {
		return period{}, tableNotFound(name, err)
	}
	err = e.profile.backupable(name, s, now)
	if errors.Is(err, exception.TableNotFound) {
		return period{}, err
	}
	e.mu.Lock()
	r, on := e.mu.recovery[s.ID]
	var p *PointInTimeRecovery
	if on {
		p = r.describe(now, e.profile.RecoveryLag)
	}
	e.mu.Unlock()
	if !on || e.history == nil {
		return period{tableID: s.ID}, notEnabled(name)
	}
	return period{p, s.ID, r}, nil
}

func (p *PointInTimeRecovery) covers(t time.Time) bool {
	return !t.Before(p.EarliestRestorableTime) && !t.After(p.LatestRestorableTime)
}

func (p *PointInTimeRecovery) outside(t time.Time) error {
	return exception.InvalidRestoreTime.Errorf(
		"RestoreDateTime '%s' must be within EarliestRestorableDateTime '%s' and LatestRestorableDateTime '%s'",
		seconds(t), seconds(p.EarliestRestorableTime), seconds(p.LatestRestorableTime))
}

func seconds(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
func exact(t time.Time) string   { return t.UTC().Format(time.RFC3339Nano) }

// snapshotOf returns the items of a table at a time of its period.
func (e *Engine) snapshotOf(ctx context.Context, name string, p period, at time.Time) (*snapshot.Snapshot, error) {
	s, err := e.history.SnapshotTable(ctx, name, clock.EndOf(at))
	if err != nil {
		return nil, tableNotFound(name, err)
	}
	if err := e.confirm(ctx, name, p, at, s.Cut().Latest()); err != nil {
		return nil, err
	}
	return s, nil
}

// confirm refuses what has been looked up of a time in a period that has ended or moved on meanwhile, so that it may be
// of another table, and what was found to begin at another time. Only in its first second may a period begin later.
func (e *Engine) confirm(ctx context.Context, name string, p period, at time.Time, begin clock.Instant) error {
	now, err := e.recoverable(ctx, e.source.Now(), name)
	switch {
	case now.tableID != "" && now.tableID != p.tableID: // deleted and made anew
		return exception.TableNotFound.Errorf("Table not found: %s", name)
	case err != nil:
		return err
	case now.recovery != p.recovery:
		return notEnabled(name)
	}
	if at.Before(now.EarliestRestorableTime.Add(-retentionSlack)) {
		return now.outside(at)
	}
	inFirstSecond := at.Truncate(time.Second).Equal(p.recovery.enabled) && begin.Time().Before(at.Add(time.Second))
	if begin.After(clock.EndOf(at)) && !inFirstSecond {
		return exception.InvalidRestoreTime.Errorf("the history of table %s has been cut short: it begins at %v", name, begin)
	}
	return nil
}

func notEnabled(name string) error {
	return exception.PointInTimeRecoveryUnavailable.Errorf("Point in time recovery is not enabled for table '%s'", name)
}

// SnapshotAt returns the items of a table, given by name or ARN, as they were at a time that can be restored: what
// RestoreTableToPointInTime would restore, to be read without a restore. It fails as that does.
func (e *Engine) SnapshotAt(ctx context.Context, table string, at time.Time) (*snapshot.Snapshot, error) {
	name, p, err := e.restorableTimes(ctx, table, at)
	var s *snapshot.Snapshot
	if err == nil {
		s, err = e.snapshotOf(ctx, name, p, at)
	}
	return s, exception.During("SnapshotAt", table, err)
}

// Changes returns what every commit between two times that can be restored did to the items of a table, given by name or
// ARN, in the order of the commits: those at from are left out, those at to are among them. It fails as
// RestoreTableToPointInTime does, and with a ValidationException if from is after to.
func (e *Engine) Changes(ctx context.Context, table string, from, to time.Time) (iter.Seq[snapshot.Change], error) {
	changes, err := e.changes(ctx, table, from, to)
	return changes, exception.During("Changes", table, err)
}

// Differences returns how the items of a table, given by name or ARN, differ between two times that can be restored:
// one Difference for each item that is not the same at both, in the order in which they first changed. An item that
// came and went in between is not among them. It costs as much as the changes between. It fails as Changes does.
func (e *Engine) Differences(ctx context.Context, table string, from, to time.Time) (iter.Seq[snapshot.Difference], error) {
	changes, err := e.changes(ctx, table, from, to)
	if err != nil {
		return nil, exception.During("Differences", table, err)
	}
	return snapshot.Net(changes), nil
}

func (e *Engine) changes(ctx context.Context, table string, from, to time.Time) (iter.Seq[snapshot.Change], error) {
	if from.After(to) {
		return nil, exception.Validation.Errorf(
			"the times %s and %s are the wrong way round", exact(from), exact(to))
	}
	name, p, err := e.restorableTimes(ctx, table, from, to)
	if err != nil {
		return nil, err
	}
	changes, begin, err := e.history.ChangesOf(ctx, name, clock.EndOf(from), clock.EndOf(to))
	if err == nil {
		err = e.confirm(ctx, name, p, from, begin)
	}
	if err != nil {
		return nil, tableNotFound(name, err)
	}
	return changes, nil
}

// restorableTimes finds a table and refuses times of it that cannot be restored.
func (e *Engine) restorableTimes(ctx context.Context, table string, times ...time.Time) (name string, p period, err error) {
	now := e.source.Now()
	e.settle(now)
	if name, err = e.tableName(table); err != nil {
		return "", p, err
	}
	if p, err = e.recoverable(ctx, now, name); err != nil {
		return "", p, err
	}
	for _, t := range times {
		if !p.covers(t) {
			return "", p, p.outside(t)
		}
	}
	return name, p, nil
}
