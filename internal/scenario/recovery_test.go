package scenario_test

import (
	"errors"
	"fmt"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/schema"
)

// The commands that are about point-in-time recovery.

func (w *world) pitr(a arguments) ([]string, error) {
	spec := backup.RecoverySpecification{Enabled: a.word(1) == "on"}
	if days := a.get("days"); days != "" {
		if _, err := fmt.Sscan(days, &spec.RecoveryPeriodInDays); err != nil {
			return nil, err
		}
	}
	c, err := w.db.Backups.UpdateContinuousBackups(w.ctx, a.word(0), spec)
	if err != nil {
		return nil, err
	}
	if r := c.PointInTimeRecovery; r != nil {
		return []string{"on, " + w.restorable(r)}, nil
	}
	return []string{"off"}, nil
}

func (w *world) restorable(r *backup.PointInTimeRecovery) string {
	return fmt.Sprintf("restorable from %s to %s", w.at(r.EarliestRestorableTime), w.at(r.LatestRestorableTime))
}

func (w *world) continuous(a arguments) ([]string, error) {
	c, err := w.db.Backups.DescribeContinuousBackups(w.ctx, a.word(0))
	if err != nil {
		return nil, err
	}
	text := "continuous backups DISABLED"
	if c.Enabled {
		text = "continuous backups ENABLED"
	}
	if r := c.PointInTimeRecovery; r != nil {
		return []string{fmt.Sprintf("%s, recovery ENABLED, days=%d, %s", text, r.RecoveryPeriodInDays, w.restorable(r))}, nil
	}
	return []string{text + ", recovery DISABLED"}, nil
}

func (w *world) restoreTime(a arguments) ([]string, error) {
	in := backup.PointInTimeInput{
		SourceTableARN: a.get("arn"), TargetTableName: a.after("to"), Overrides: overrides(a),
		UseLatestRestorableTime: a.has("latest"),
	}
	if source := a.word(0); source != "to" {
		in.SourceTableName = source
	}
	var err error
	if in.RestoreTime, err = w.time(a.get("at")); err != nil {
		return nil, err
	}
	return status(w.db.Backups.RestoreTableToPointInTime(w.ctx, in))
}

func (w *world) view(a arguments) ([]string, error) {
	at, err := w.time(a.get("at"))
	if err != nil {
		return nil, err
	}
	s, err := w.db.Backups.SnapshotAt(w.ctx, a.word(0), at)
	if err != nil {
		return nil, err
	}
	return show(s, "")
}

// diff shows each item that is not the same at both times: with a - what it was, with a + what it is.
func (w *world) diff(a arguments) ([]string, error) {
	from, errFrom := w.time(a.get("from"))
	to, errTo := w.time(a.get("to"))
	if err := errors.Join(errFrom, errTo); err != nil {
		return nil, err
	}
	differences, err := w.db.Backups.Differences(w.ctx, a.word(0), from, to)
	if err != nil {
		return nil, err
	}
	_, d, err := w.table(a.word(0))
	if err != nil {
		return nil, err
	}
	var out []string
	for difference := range differences {
		out = append(out, side("- ", d, difference.Old)...)
		out = append(out, side("+ ", d, difference.New)...)
	}
	return orNone(out), nil
}

func side(sign string, t *schema.Table, it attr.Item) []string {
	if it.IsZero() {
		return nil
	}
	return []string{sign + shown(t, it)}
}
