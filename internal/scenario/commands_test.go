package scenario_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// command does something in a world and returns the lines that it prints.
type command func(*world, arguments) ([]string, error)

// commands are what a story may say. Settings in brackets may be left out.
var commands = map[string]command{
	"new":            (*world).open,          // new [profile=instant|documented] [marker= window= seed= partitions= settings=as-of start=14:00:00]
	"advance":        (*world).advance,       // advance 5s
	"create-table":   (*world).createTable,   // create-table orders id [sort] [gsi=name:attribute] [capacity=5] [with=ttl,stream,sse,protection,class,tags]
	"update-table":   (*world).updateTable,   // update-table orders [capacity=9] [gsi=name:attribute] [drop-index=name]
	"delete-table":   (*world).deleteTable,   // delete-table orders
	"describe-table": (*world).describeTable, // describe-table orders
	"tables":         (*world).tables,        // tables
	"ttl":            (*world).ttl,           // ttl orders on
	"stream":         (*world).stream,        // stream orders on [view=KEYS_ONLY]
	"streams":        (*world).streams,       // streams [orders]
	"records":        (*world).records,       // records orders
	"put":            (*world).put,           // put orders id=1 state=open
	"delete":         (*world).remove,        // delete orders id=1
	"transact":       (*world).transact,      // transact put orders id=1; delete orders id=2
	"dump":           (*world).dump,          // dump orders [index=byState], or of a backup
	"scan":           (*world).scan,          // scan orders [index=byState]
	"pitr":           (*world).pitr,          // pitr orders on [days=7]
	"continuous":     (*world).continuous,    // continuous orders
	"restore-time":   (*world).restoreTime,   // restore-time [orders] [arn=] [at=14:25:00] [latest] to copy, and as with restore
	"view":           (*world).view,          // view orders at=14:25:00, or at=5m after the start
	"diff":           (*world).diff,          // diff orders from=14:25:00 to=14:30:00
	"backup":         (*world).backup,        // backup orders as b1 [marker=torn]
	"describe":       (*world).describe,      // describe b1
	"list":           (*world).list,          // list [orders] [type=ALL] [limit=2] [after=b1]
	"window":         (*world).window,        // window b1 [id=1]
	"transitions":    (*world).transitions,   // transitions b1
	"settle":         (*world).settle,        // settle
	"restore":        (*world).restore,       // restore b1 to copy [drop-indexes] [gsi=name:attribute] [billing= capacity= sse=on]
	"delete-backup":  (*world).deleteBackup,  // delete-backup b1
}

func (w *world) open(a arguments) ([]string, error) {
	o := tidemark.Instant()
	if a.get("profile") == "documented" {
		o = tidemark.Documented()
	}
	var err error
	if text := a.get("window"); text != "" {
		o.Profile.Window, err = duration(text)
	}
	if text := a.get("start"); text != "" && err == nil {
		w.ofDay = true
		w.start, err = time.Parse(time.DateTime, "2024-01-15 "+text)
	}
	o.Profile.Marker = backup.Marker(cmp.Or(a.get("marker"), string(o.Profile.Marker)))
	seed, errSeed := strconv.ParseUint(cmp.Or(a.get("seed"), "1"), 10, 64)
	partitions, errPartitions := strconv.Atoi(cmp.Or(a.get("partitions"), strconv.Itoa(o.Profile.Partitions)))
	if err := errors.Join(err, errSeed, errPartitions); err != nil {
		return nil, err
	}
	o.Profile.SettingsAsOf = a.get("settings") == "as-of"
	w.clock = clock.NewManual(w.start)
	o.Clock, o.Seed, o.Profile.Partitions = w.clock, seed, partitions
	w.db, err = tidemark.New(o)
	return []string{w.at(w.start)}, err
}

func (w *world) advance(a arguments) ([]string, error) {
	d, err := duration(a.word(0))
	return []string{w.at(w.clock.Advance(d))}, err
}

func (w *world) createTable(a arguments) ([]string, error) {
	d := schema.Definition{
		Name: a.word(0), KeySchema: schema.Keys(a.word(1), a.words[2:]...), BillingMode: schema.PayPerRequest,
		Attributes: schema.Attributes{}, GlobalIndexes: indexes(a),
	}
	if capacity := throughput(a); capacity != (schema.Throughput{}) {
		d.BillingMode, d.Throughput = schema.Provisioned, capacity
	}
	for name := range schema.UsedAttributes(d.KeySchema, d.GlobalIndexes) {
		d.Attributes[name] = attr.TypeS
	}
	for feature := range strings.SplitSeq(a.get("with"), ",") {
		switch feature {
		case "ttl":
			d.TTLAttribute = "expires"
		case "stream":
			d.Stream = schema.StreamOfKeysOnly
		case "sse":
			d.SSE.Enabled = true
		case "protection":
			d.DeletionProtection = true
		case "class":
			d.Class = schema.StandardInfrequentAccess
		case "tags":
			d.Tags = map[string]string{"team": "a"}
		}
	}
	made, err := w.db.Tables.CreateTable(w.ctx, d)
	return status(made, err)
}

func (w *world) updateTable(a arguments) ([]string, error) {
	c := table.Changes{Throughput: throughput(a), CreateIndexes: indexes(a), Attributes: make(schema.Attributes)}
	for _, x := range c.CreateIndexes {
		c.Attributes[x.KeySchema.Partition()] = attr.TypeS
	}
	if name := a.get("drop-index"); name != "" {
		c.DeleteIndexes = []string{name}
	}
	return status(w.db.Tables.UpdateTable(w.ctx, a.word(0), c))
}

// indexes returns the global indexes that a command names; those of a table with a capacity have the same.
func indexes(a arguments) (list []schema.Index) {
	for _, s := range a.settings {
		if s.name == "gsi" {
			name, by, _ := strings.Cut(s.value, ":")
			list = append(list, schema.Index{
				Name: name, KeySchema: schema.Keys(by), Projection: schema.Projection{Type: schema.ProjectAll},
				Throughput: throughput(a),
			})
		}
	}
	return list
}

func throughput(a arguments) schema.Throughput {
	n, _ := strconv.ParseInt(a.get("capacity"), 10, 64)
	return schema.Throughput{Read: n, Write: n}
}

func status(d schema.Description, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("%s %s", d.Name, d.Status)}, nil
}

func (w *world) deleteTable(a arguments) ([]string, error) {
	return status(w.db.Tables.DeleteTable(w.ctx, a.word(0)))
}

func (w *world) describeTable(a arguments) ([]string, error) {
	d, err := w.db.Tables.DescribeTable(w.ctx, a.word(0))
	if err != nil {
		return nil, err
	}
	out := []string{fmt.Sprintf("%s %s %s", d.Name, d.Status, figures(d.Statistics)), "  " + settings(&d.Table)}
	if list := w.features(d); len(list) > 0 {
		out = append(out, "  with "+strings.Join(list, ","))
	}
	for _, x := range d.GlobalIndexes {
		state, known := d.States[x.Name]
		switch {
		case !known || state.Status == d.Status || state.Status == schema.Active:
		case state.Backfilling != nil && *state.Backfilling:
			out = append(out, fmt.Sprintf("  %s is %s, backfilling", x.Name, state.Status))
		default:
			out = append(out, fmt.Sprintf("  %s is %s", x.Name, state.Status))
		}
	}
	if r := d.Restore; r != nil {
		source := r.SourceBackupARN.String()
		if r.SourceBackupARN == (arn.ARN{}) {
			source = "table " + r.SourceTableARN.Table
		}
		out = append(out, fmt.Sprintf("  being restored from %s, as of %s", source, w.at(r.RestoreTime)))
	}
	return out, nil
}

// features names what a table has besides its keys and its capacity, as create-table does.
func (w *world) features(d schema.Description) (list []string) {
	tags, _ := w.db.Tables.ListTagsOfResource(w.ctx, d.ARN.String()) // none of a table that is being restored
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"ttl", d.TTLAttribute != ""}, {"stream", d.Stream != ""}, {"sse", d.Encryption != schema.Encryption{}},
		{"protection", d.DeletionProtection}, {"class", d.Class != "" && d.Class != schema.Standard}, {"tags", len(tags) > 0},
	} {
		if f.has {
			list = append(list, f.name)
		}
	}
	return list
}

func figures(s schema.Statistics) string {
	return fmt.Sprintf("items=%d bytes=%d", s.ItemCount, s.SizeBytes)
}

func settings(t *schema.Table) string {
	parts := []string{"key=" + t.KeySchema.Partition()}
	if name := t.KeySchema.Sort(); name != "" {
		parts[0] += "," + name
	}
	for _, x := range t.GlobalIndexes {
		parts = append(parts, fmt.Sprintf("gsi=%s:%s", x.Name, x.KeySchema.Partition()))
	}
	parts = append(parts, string(t.BillingMode))
	if t.Throughput != (schema.Throughput{}) {
		parts = append(parts, fmt.Sprintf("capacity=%d", t.Throughput.Read))
	}
	return strings.Join(parts, " ")
}

func (w *world) tables(arguments) ([]string, error) {
	names, _, err := w.db.Tables.ListTables(w.ctx, "", 0)
	return orNone(names), err
}

func orNone(lines []string) []string {
	if len(lines) == 0 {
		return []string{"none"}
	}
	return lines
}

func (w *world) table(name string) (*table.Table, *schema.Table, error) {
	t, err := w.db.Tables.Table(name)
	if err != nil {
		return nil, nil, err
	}
	d, err := w.db.Tables.DescribeTable(w.ctx, name)
	return t, &d.Table, err
}

func (w *world) put(a arguments) ([]string, error) {
	t, d, err := w.table(a.word(0))
	if err != nil {
		return nil, err
	}
	it, err := item(d, a.settings)
	if err != nil {
		return nil, err
	}
	c, err := t.Put(it)
	return w.committed(c, err)
}

func (w *world) committed(c snapshot.Change, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	return []string{w.at(c.At.Time())}, nil
}

func (w *world) remove(a arguments) ([]string, error) {
	t, d, err := w.table(a.word(0))
	if err != nil {
		return nil, err
	}
	return w.committed(t.Delete(key(d, a)))
}

func (w *world) transact(a arguments) ([]string, error) {
	var ops []table.Op
	for step := range strings.SplitSeq(a.text, ";") {
		verb, rest, _ := strings.Cut(strings.TrimSpace(step), " ")
		a := parseArguments(rest)
		_, d, err := w.table(a.word(0))
		if err != nil {
			return nil, err
		}
		if verb == "delete" {
			ops = append(ops, table.Delete(a.word(0), key(d, a)))
			continue
		}
		it, err := item(d, a.settings)
		if err != nil {
			return nil, err
		}
		ops = append(ops, table.Put(a.word(0), it))
	}
	changes, err := w.db.Tables.Transact(ops...)
	if err != nil {
		return nil, err
	}
	return w.committed(changes[0], nil)
}

// scan reads a table as a client does, to whom an index may be closed.
func (w *world) scan(a arguments) ([]string, error) {
	t, d, err := w.table(a.word(0))
	if err != nil {
		return nil, err
	}
	page, err := t.Page(snapshot.Query{Index: a.get("index")})
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, it := range page.Items {
		lines = append(lines, shown(d, it))
	}
	return sorted(lines), nil
}

func sorted(lines []string) []string {
	slices.Sort(lines)
	return orNone(lines)
}
