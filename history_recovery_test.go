package tidemark_test

import (
	"maps"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/model"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// recovery is the point-in-time recovery of a table that has it on.
type recovery struct {
	since   clock.Instant // enabled before this
	enabled time.Time     // the whole second of it
	periods []setPeriod
}

// setPeriod is that the period was set to so many days.
type setPeriod struct {
	at   time.Time
	days int
}

// earliest returns the earliest time that can be restored: what any of the periods has dropped never comes back.
func (r *recovery) earliest(now time.Time) time.Time {
	earliest := r.enabled
	for n, p := range r.periods {
		until := now
		if n+1 < len(r.periods) {
			until = r.periods[n+1].at
		}
		if t := until.AddDate(0, 0, -p.days); t.After(earliest) {
			earliest = t
		}
	}
	return earliest
}

func (r *recovery) latest(now time.Time, lag time.Duration) time.Time {
	if t := now.Add(-lag); t.After(r.enabled) {
		return t
	}
	return r.enabled
}

func (h *history) switchRecovery() {
	name := h.someName()
	i, now := h.live(name), h.clock.Now()
	spec := backup.RecoverySpecification{Enabled: h.tape.below(4) > 0}
	if h.tape.below(2) > 0 && (spec.Enabled || h.tape.below(4) == 0) {
		spec.RecoveryPeriodInDays = 1 + h.tape.below(backup.MaxRecoveryPeriod+1)
	}
	days := spec.RecoveryPeriodInDays
	want := h.unseen(i)
	if days > backup.MaxRecoveryPeriod || days > 0 && !spec.Enabled {
		want = exception.Validation
	}
	c, err := h.db.Backups.UpdateContinuousBackups(h.ctx, name, spec)
	h.note("recovery of %s %+v: %v", name, spec, err)
	if h.refused(err, want) {
		return
	}
	switch {
	case !spec.Enabled:
		i.recovery = nil
	case i.recovery == nil:
		if days == 0 {
			days = backup.MaxRecoveryPeriod
		}
		i.recovery = &recovery{
			since: clock.EndOf(now), enabled: now.Truncate(time.Second), periods: []setPeriod{{now, days}},
		}
	case days > 0:
		i.recovery.periods = append(i.recovery.periods, setPeriod{now, days})
	}
	if i.Deleted.IsZero() { // what a deleted table keeps is left as it is
		switch {
		case !spec.Enabled:
			i.kept = nil
		case i.kept == nil:
			from := h.instantOf(name) // the same as that of the last commit, but after changes of indexes
			i.kept = &from
		}
	}
	h.requireRecovery(i, c)
}

func (h *history) requireRecovery(i *incarnation, c backup.ContinuousBackups) {
	h.Helper()
	require.True(h, c.Enabled)
	if i.recovery == nil {
		require.Nil(h, c.PointInTimeRecovery)
		return
	}
	now, periods := h.clock.Now(), i.recovery.periods
	require.Equal(h, &backup.PointInTimeRecovery{
		RecoveryPeriodInDays:   periods[len(periods)-1].days,
		EarliestRestorableTime: i.recovery.earliest(now),
		LatestRestorableTime:   i.recovery.latest(now, h.profile.RecoveryLag),
	}, c.PointInTimeRecovery)
}

func (h *history) checkRecovery(name string) {
	i := h.live(name)
	c, err := h.db.Backups.DescribeContinuousBackups(h.ctx, name)
	if !h.refused(err, h.unseen(i)) {
		h.requireRecovery(i, c)
	}
}

// someRecoverable returns the name of a table, most often of one that has its recovery on.
func (h *history) someRecoverable() string {
	on := slices.DeleteFunc(h.names(), func(name string) bool {
		i := h.live(name)
		return i == nil || i.recovery == nil || h.unseen(i) != nil
	})
	if len(on) == 0 || h.tape.below(8) == 0 {
		return h.someName()
	}
	return h.tape.oneOf(on...)
}

// someTime returns a time to look at: most often one that can be restored.
func (h *history) someTime(i *incarnation) time.Time {
	now := h.clock.Now()
	if i == nil || i.recovery == nil {
		return now
	}
	earliest, latest := i.recovery.earliest(now), i.recovery.latest(now, h.profile.RecoveryLag)
	t := h.anyTime(i, earliest, latest)
	switch {
	case h.tape.below(8) == 0:
		return t
	case t.Before(earliest):
		return earliest
	case t.After(latest):
		return latest
	}
	return t
}

// anyTime returns an end of the period or a time next to it, that of a commit, a time between two of them or next to
// one, or any other.
func (h *history) anyTime(i *incarnation, earliest, latest time.Time) time.Time {
	one, next := latest, latest
	if versions := i.Versions(); len(versions) > 0 {
		n := len(versions) - 1 - h.tape.below(256)*h.tape.below(8)%len(versions)
		one, next = versions[n].At.Time(), versions[min(n+1, len(versions)-1)].At.Time()
	}
	switch h.tape.below(12) {
	case 0:
		return earliest
	case 1:
		return latest
	case 2:
		return earliest.Add(-time.Nanosecond)
	case 3:
		return latest.Add(time.Nanosecond)
	case 4:
		return one.Add(-time.Nanosecond)
	case 5:
		return one.Add(time.Nanosecond)
	case 6:
		return one.Add(next.Sub(one) / 2)
	case 7:
		return one.Truncate(time.Second)
	case 8:
		return earliest.Add(latest.Sub(earliest) / 255 * time.Duration(h.tape.below(256)))
	case 9:
		return i.Schema.CreationTime
	}
	return one
}

// unrecoverable returns the error with which times of a table are refused, or nil.
func (h *history) unrecoverable(i *incarnation, times ...time.Time) error {
	if err := h.unseen(i); err != nil {
		return err
	}
	if i.recovery == nil {
		return exception.PointInTimeRecoveryUnavailable
	}
	now := h.clock.Now()
	for _, t := range times {
		if t.Before(i.recovery.earliest(now)) || t.After(i.recovery.latest(now, h.profile.RecoveryLag)) {
			return exception.InvalidRestoreTime
		}
	}
	return nil
}

// reach returns the instant that stands for a time: it is moved to where the table's history begins. The window of the
// backups keeps enough of it for the part of a second that the period begins before recovery is enabled.
func (h *history) reach(i *incarnation, t time.Time) clock.Instant {
	at := clock.EndOf(t)
	switch {
	case h.profile.Window > 0:
	case i.kept == nil:
		return clock.EndOf(h.clock.Now())
	case at.Before(*i.kept):
		return *i.kept
	}
	return at
}

func (h *history) at(i *incarnation, t time.Time) model.State {
	return i.At(snapshot.At(h.reach(i, t)))
}

// recover restores a table to a point in time. The target may be there already, be it the source itself.
func (h *history) recover() {
	name, target := h.someRecoverable(), h.tape.oneOf("copy", "copy2", "copy3", "left")
	i, now, there := h.live(name), h.clock.Now(), h.live(target)
	in := backup.PointInTimeInput{SourceTableName: name, TargetTableName: target}
	var want error
	if in.UseLatestRestorableTime = h.tape.below(4) == 0; in.UseLatestRestorableTime {
		want = h.unrecoverable(i)
	} else {
		in.RestoreTime = h.someTime(i)
		want = h.unrecoverable(i, in.RestoreTime)
	}
	if i != nil && h.tape.below(3) == 0 {
		in.SourceTableName, in.SourceTableARN = "", i.Schema.ARN.String()
	}
	at, indexes := in.RestoreTime, model.Definition{}
	if want == nil {
		if in.UseLatestRestorableTime {
			at = i.recovery.latest(now, h.profile.RecoveryLag)
		}
		if indexes = i.present(); h.profile.SettingsAsOf {
			indexes = i.DefinitionAt(h.reach(i, at))
		}
		in.Overrides = h.someOverrides(indexes)
	}
	switch {
	case want != nil:
	case there != nil && there.Status(now) == schema.Creating:
		want = exception.TableInUse
	case there != nil:
		want = exception.TableAlreadyExists
	}
	d, err := h.db.Backups.RestoreTableToPointInTime(h.ctx, in)
	h.note("restore %s as of %v to %s with %v: %v", name, in.RestoreTime, target, in.GlobalIndexes, err)
	if h.refused(err, want) {
		return
	}
	require.Equal(h, schema.Creating, d.Status)
	h.requireIndexes(i.overridden(indexes, in.Overrides), &d.Table)
	require.Equal(h, i.Schema.ARN, d.Restore.SourceTableARN)
	require.Equal(h, arn.ARN{}, d.Restore.SourceBackupARN)
	require.Equal(h, at, d.Restore.RestoreTime)
	h.tables[target] = &incarnation{
		Table: &model.Table{Schema: &d.Table, Origin: h.at(i, at), Active: now.Add(h.profile.Restoring)},
	}
}

// recall reads a state that could be restored.
func (h *history) recall() {
	name := h.someRecoverable()
	i := h.live(name)
	t := h.someTime(i)
	s, err := h.db.Backups.SnapshotAt(h.ctx, name, t)
	h.note("recall %s as of %v: %v", name, t, err)
	if !h.refused(err, h.unrecoverable(i, t)) {
		h.requireIndexes(i.present(), s.Table())
		h.checkSnapshot(s, h.at(i, t))
	}
}

// compare asks for the differences between two times, of the engine and of the two states.
func (h *history) compare() {
	name := h.someRecoverable()
	i := h.live(name)
	from, to := h.someTime(i), h.someTime(i)
	want := h.unrecoverable(i, from, to)
	if from.After(to) && want == nil && h.tape.below(4) == 0 {
		want = exception.Validation
	} else if from.After(to) {
		from, to = to, from
	}
	found, err := h.db.Backups.Differences(h.ctx, name, from, to)
	h.note("compare %s from %v to %v: %v", name, from, to, err)
	if h.refused(err, want) {
		return
	}
	expected := i.Differences(h.reach(i, from), h.reach(i, to))
	require.Equal(h, expected, append([]snapshot.Difference{}, slices.Collect(found)...))

	before, err := h.db.Backups.SnapshotAt(h.ctx, name, from)
	require.NoError(h, err)
	after, err := h.db.Backups.SnapshotAt(h.ctx, name, to)
	require.NoError(h, err)
	h.same(h.at(i, from), h.collected(before.All(), i.Schema.KeySchema), "the earlier state")
	h.same(h.at(i, to), h.collected(after.All(), i.Schema.KeySchema), "the later state")
	require.Equal(h, byKey(expected), byKey(slices.Collect(before.Differences(after))))
}

func byKey(list []snapshot.Difference) map[attr.Key]snapshot.Difference {
	all := make(map[attr.Key]snapshot.Difference)
	for _, d := range list {
		all[d.Key] = d
	}
	return all
}

// lastView returns what can be restored of a table that is about to be deleted, if that is its present.
func (h *history) lastView(name string, i *incarnation) *snapshot.Snapshot {
	if h.profile.RecoveryLag > 0 || h.unrecoverable(i) != nil || !i.Deleted.IsZero() {
		return i.last
	}
	s, err := h.db.Backups.SnapshotAt(h.ctx, name, h.clock.Now())
	require.NoError(h, err)
	return s
}

// requireSame compares two snapshots of one table, in their indexes too.
func (h *history) requireSame(a, b *snapshot.Snapshot, what string) {
	h.Helper()
	require.Empty(h, slices.Collect(a.Differences(b)), what)
	keys := a.Table().KeySchema
	for _, x := range slices.Concat(a.Table().LocalIndexes, a.Table().GlobalIndexes) {
		one, err := a.Items(snapshot.Query{Index: x.Name})
		require.NoError(h, err)
		other, err := b.Items(snapshot.Query{Index: x.Name})
		require.NoError(h, err)
		require.True(h, maps.Equal(h.collected(one, keys), h.collected(other, keys)), "%s: index %s", what, x.Name)
	}
}
