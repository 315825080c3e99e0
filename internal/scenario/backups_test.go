package scenario_test

import (
	"fmt"
	"strconv"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// The commands that are about backups.

func (w *world) backup(a arguments) ([]string, error) {
	d, err := w.db.Backups.CreateBackup(w.ctx, backup.CreateInput{
		TableName: a.word(0), BackupName: "nightly", Marker: backup.Marker(a.get("marker")),
	})
	if err != nil {
		return nil, err
	}
	w.arns[a.word(2)] = d.ARN
	return []string{w.details(d)}, nil
}

func (w *world) details(d backup.Details) string {
	text := fmt.Sprintf("%s %s %s created=%s bytes=%d", d.ARN, d.Type, d.Status, w.at(d.CreationTime), d.SizeBytes)
	if !d.ExpiryTime.IsZero() {
		text += " expires=" + w.at(d.ExpiryTime)
	}
	return text
}

func (w *world) describe(a arguments) ([]string, error) {
	d, err := w.db.Backups.DescribeBackup(w.ctx, w.arn(a.word(0)))
	if err != nil {
		return nil, err
	}
	return []string{w.details(d.Details), fmt.Sprintf("  of %s, created %s: %s", d.Table.Name, w.at(d.Table.CreationTime),
		figures(d.Table.Statistics)), "  " + settings(&d.Table)}, nil
}

func (w *world) list(a arguments) ([]string, error) {
	limit, _ := strconv.Atoi(a.get("limit"))
	list, last, err := w.db.Backups.ListBackups(w.ctx, backup.ListInput{
		TableName: a.word(0), Type: backup.Type(a.get("type")), Limit: limit, ExclusiveStart: w.arn(a.get("after")),
	})
	if err != nil {
		return nil, err
	}
	w.learn(list)
	var out []string
	for _, s := range list {
		out = append(out, w.details(s.Details)+" of="+s.TableName)
	}
	if last != "" {
		out = append(out, "more after "+last)
	}
	return orNone(out), nil
}

// window shows what was promised, and for each item that is named which of the commits to it are in.
func (w *world) window(a arguments) ([]string, error) {
	v, err := w.db.Backups.Window(w.ctx, w.arn(a.word(0)))
	if err != nil {
		return nil, err
	}
	out := []string{fmt.Sprintf("%s: all up to %s promised in, all after %s promised out",
		v.Marker, w.at(v.Earliest), w.at(v.Latest))}
	for _, s := range a.settings {
		out = append(out, fmt.Sprintf("%s=%s: holds what was committed up to %s", s.name, s.value,
			w.at(v.Cut.Marker(attr.S(s.value)).Time())))
	}
	if len(a.settings) == 0 && !v.Cut.IsTorn() {
		out = append(out, "holds what was committed up to "+w.at(v.Cut.Latest().Time()))
	}
	return out, nil
}

func (w *world) transitions(a arguments) ([]string, error) {
	list, err := w.db.Backups.Transitions(w.ctx, w.arn(a.word(0)))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, t := range list {
		out = append(out, fmt.Sprintf("%s %s", w.at(t.At), t.To))
	}
	return out, nil
}

func (w *world) settle(arguments) ([]string, error) {
	next, ok := w.db.Backups.Settle()
	if !ok {
		return []string{"nothing under way"}, nil
	}
	return []string{"next at " + w.at(next)}, nil
}

func (w *world) restore(a arguments) ([]string, error) {
	in := backup.RestoreInput{BackupARN: w.arn(a.word(0)), TargetTableName: a.after("to"), Overrides: overrides(a)}
	return status(w.db.Backups.RestoreTableFromBackup(w.ctx, in))
}

func overrides(a arguments) backup.Overrides {
	o := backup.Overrides{
		BillingMode: schema.BillingMode(a.get("billing")), Throughput: throughput(a), GlobalIndexes: indexes(a),
	}
	if a.has("drop-indexes") {
		o.GlobalIndexes = []schema.Index{}
	}
	if a.get("sse") == "on" {
		o.SSE = &schema.SSESpecification{Enabled: true}
	}
	return o
}

func (w *world) deleteBackup(a arguments) ([]string, error) {
	d, err := w.db.Backups.DeleteBackup(w.ctx, w.arn(a.word(0)))
	if err != nil {
		return nil, err
	}
	return []string{w.details(d.Details)}, nil
}

// dump shows the items of a table or a backup, or of an index of one, sorted as text.
func (w *world) dump(a arguments) ([]string, error) {
	var s *snapshot.Snapshot
	var err error
	if arn, ok := w.arns[a.word(0)]; ok {
		s, err = w.db.Backups.Snapshot(w.ctx, arn)
	} else if t, _, failed := w.table(a.word(0)); failed != nil {
		err = failed
	} else {
		s, err = t.Snapshot()
	}
	if err != nil {
		return nil, err
	}
	return show(s, a.get("index"))
}

func show(s *snapshot.Snapshot, index string) ([]string, error) {
	items, err := s.Items(snapshot.Query{Index: index})
	if err != nil {
		return nil, err
	}
	var out []string
	for it := range items {
		out = append(out, shown(s.Table(), it))
	}
	return sorted(out), nil
}
