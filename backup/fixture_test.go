package backup_test

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

var ctx = context.Background()

// world is a database on a clock that the test moves.
type world struct {
	*tidemark.DB
	t     *testing.T
	clock *clock.Manual
}

// instant returns the options of a world in which nothing takes any time.
func instant() tidemark.Options { return tidemark.Instant() }

// documented returns the options of the service as AWS describes it, but without rates: most tests ask more often.
func documented() tidemark.Options {
	o := tidemark.Documented()
	o.Profile.Rates = backup.Rates{}
	return o
}

// exactly is documented with the marker at the request.
func exactly() tidemark.Options {
	o := documented()
	o.Profile.Marker = backup.Exact
	return o
}

func newWorld(t *testing.T, o tidemark.Options) *world {
	t.Helper()
	w := &world{t: t, clock: &clock.Manual{}}
	if o.Clock == nil {
		o.Clock = w.clock
	}
	o.Seed = cmp.Or(o.Seed, 1)
	db, err := tidemark.New(o)
	require.NoError(t, err)
	w.DB = db
	return w
}

// open makes a table and waits until it can be backed up.
func (w *world) open(d schema.Definition) *table.Table {
	w.t.Helper()
	_, err := w.Tables.CreateTable(ctx, d)
	require.NoError(w.t, err)
	w.clock.Set(w.lives(d.Name).ActiveTime.Add(w.Backups.Profile().Enabling))
	return w.table(d.Name)
}

func (w *world) lives(name string) schema.State {
	w.t.Helper()
	s, err := w.Tables.TableState(ctx, name)
	require.NoError(w.t, err)
	return s
}

func (w *world) table(name string) *table.Table {
	w.t.Helper()
	opened, err := w.Tables.Table(name)
	require.NoError(w.t, err)
	return opened
}

// arn returns the ARN of a table.
func (w *world) arn(name string) string {
	return arn.Table(w.Tables.Region(), w.Tables.Account(), name).String()
}

// put stores an item with the given key and returns when.
func (w *world) put(into *table.Table, pk string) clock.Instant {
	w.t.Helper()
	change, err := into.Put(thing(pk))
	require.NoError(w.t, err)
	return change.At
}

// drop deletes a table; it may go on being DELETING.
func (w *world) drop(name string) schema.Description {
	w.t.Helper()
	d, err := w.Tables.DeleteTable(ctx, name)
	require.NoError(w.t, err)
	return d
}

func (w *world) create(in backup.CreateInput) backup.Details {
	w.t.Helper()
	d, err := w.Backups.CreateBackup(ctx, in)
	require.NoError(w.t, err)
	return d
}

// backup takes a backup and returns its ARN.
func (w *world) backup(name string) string {
	w.t.Helper()
	return w.create(backup.CreateInput{TableName: name, BackupName: "snap"}).ARN
}

// ready takes a backup and waits until it is ACTIVE.
func (w *world) ready(name string) string {
	w.t.Helper()
	arn := w.backup(name)
	for range 100 {
		if w.describe(arn).Status == backup.Active {
			return arn
		}
		next, ok := w.Backups.Settle()
		require.True(w.t, ok, "a backup that is CREATING must have something to wait for")
		w.clock.Set(next)
	}
	require.Fail(w.t, "a backup must be ACTIVE when all that was to come has come")
	return ""
}

func (w *world) describe(arn string) backup.Description {
	w.t.Helper()
	d, err := w.Backups.DescribeBackup(ctx, arn)
	require.NoError(w.t, err)
	return d
}

func (w *world) restore(in backup.RestoreInput) schema.Description {
	w.t.Helper()
	d, err := w.Backups.RestoreTableFromBackup(ctx, in)
	require.NoError(w.t, err)
	return d
}

// restored restores a backup and waits until the new table is ACTIVE.
func (w *world) restored(arn, target string) *table.Table {
	w.t.Helper()
	w.restore(backup.RestoreInput{BackupARN: arn, TargetTableName: target})
	w.clock.Set(w.lives(target).ActiveTime)
	return w.table(target)
}

// list returns all that a list has, which must be one page.
func (w *world) list(in backup.ListInput) []backup.Summary {
	w.t.Helper()
	page, last, err := w.Backups.ListBackups(ctx, in)
	require.NoError(w.t, err)
	require.Empty(w.t, last)
	return page
}

func (w *world) recovery(name string, s backup.RecoverySpecification) backup.ContinuousBackups {
	w.t.Helper()
	c, err := w.Backups.UpdateContinuousBackups(ctx, name, s)
	require.NoError(w.t, err)
	return c
}

// held returns the items that a backup holds, in the table's order.
func (w *world) held(arn string) []string {
	w.t.Helper()
	s, err := w.Backups.Snapshot(ctx, arn)
	require.NoError(w.t, err)
	return texts(s)
}

func texts(s *snapshot.Snapshot) []string {
	items := []string{}
	for item := range s.All() {
		items = append(items, item.String())
	}
	return items
}

// items returns the items of a table, in its order.
func (w *world) items(name string) []string {
	w.t.Helper()
	items := []string{}
	for item, err := range w.table(name).Items(snapshot.Query{}) {
		require.NoError(w.t, err)
		items = append(items, item.String())
	}
	return items
}

// plain describes a table with the key "pk" and nothing else.
func plain(name string) schema.Definition {
	return schema.Definition{
		Name: name, KeySchema: schema.Keys("pk"), Attributes: schema.Attributes{"pk": attr.TypeS},
		BillingMode: schema.PayPerRequest,
	}
}

// rich describes a PROVISIONED table with everything that a table can have.
func rich(name string) schema.Definition {
	return schema.Definition{
		Name: name, KeySchema: schema.Keys("pk", "sk"),
		Attributes: schema.Attributes{"pk": attr.TypeS, "sk": attr.TypeN, "l": attr.TypeB, "g": attr.TypeS, "h": attr.TypeN},
		LocalIndexes: []schema.Index{
			{Name: "local", KeySchema: schema.Keys("pk", "l"), Projection: schema.Projection{Type: schema.ProjectKeysOnly}},
		},
		GlobalIndexes: []schema.Index{
			{
				Name: "global", KeySchema: schema.Keys("g"), Throughput: schema.Throughput{Read: 3, Write: 4},
				Projection: schema.Projection{Type: schema.ProjectInclude, NonKey: []string{"a", "b"}},
			},
			{
				Name: "other", KeySchema: schema.Keys("h", "g"), Throughput: schema.Throughput{Read: 5, Write: 6},
				Projection: schema.Projection{Type: schema.ProjectAll},
			},
		},
		BillingMode: schema.Provisioned, Throughput: schema.Throughput{Read: 1, Write: 2},
		Stream: schema.NewAndOldImages, TTLAttribute: "expires", Class: schema.StandardInfrequentAccess,
		SSE: schema.SSESpecification{Enabled: true}, Tags: map[string]string{"team": "a"},
	}
}

// onDemand turns a definition into one that is paid for by request, with maxima on the table and its first global index.
func onDemand(d schema.Definition) schema.Definition {
	d.BillingMode, d.Throughput = schema.PayPerRequest, schema.Throughput{}
	d.OnDemand = schema.OnDemandThroughput{MaxRead: 70, MaxWrite: 80}
	d.GlobalIndexes = schema.CloneIndexes(d.GlobalIndexes)
	for i := range d.GlobalIndexes {
		d.GlobalIndexes[i].Throughput = schema.Throughput{}
	}
	d.GlobalIndexes[0].OnDemand = schema.OnDemandThroughput{MaxRead: 7, MaxWrite: 8}
	return d
}

// thing is an item of a plain table.
func thing(pk string) attr.Item { return attr.MustItem(attr.Map{"pk": attr.S(pk)}) }

// entry is an item of a rich table, in all of its indexes.
func entry(pk string, sk int64) attr.Item {
	return attr.MustItem(attr.Map{
		"pk": attr.S(pk), "sk": attr.Int(sk), "l": attr.B([]byte{1}), "g": attr.S("g-" + pk), "h": attr.Int(-sk),
		"a": attr.S("projected"), "c": attr.S("not projected"),
	})
}

// refused asserts that err is a refusal with exactly this code and text, and names the operation.
func refused(t *testing.T, err error, code exception.Code, message string) {
	t.Helper()
	require.ErrorIs(t, err, code)
	var e *exception.Error
	require.True(t, errors.As(err, &e))
	require.Equal(t, message, e.Message)
	require.NotEmpty(t, e.Op)
}

// state is all that can be observed of a world.
type state struct {
	Tables      map[string]tableState
	Backups     []backup.Description
	Windows     []backup.Window
	Transitions [][]backup.Transition
	Next        time.Time
	Waiting     bool
}

type tableState struct {
	schema.Description
	Items      string
	Tags       map[string]string
	Continuous backup.ContinuousBackups
}

func (w *world) state() state {
	w.t.Helper()
	s := state{Tables: map[string]tableState{}}
	names, _, err := w.Tables.ListTables(ctx, "", 0)
	require.NoError(w.t, err)
	for _, name := range names {
		d, err := w.Tables.DescribeTable(ctx, name)
		require.NoError(w.t, err)
		is := tableState{Description: d}
		if d.Status == schema.Active || d.Status == schema.Updating {
			is.Items = strings.Join(w.items(name), "\n")
			is.Tags, err = w.Tables.ListTagsOfResource(ctx, d.ARN.String())
			require.NoError(w.t, err)
		}
		is.Continuous, _ = w.Backups.DescribeContinuousBackups(ctx, name) // none for a table that is too new
		s.Tables[name] = is
	}
	for _, b := range w.list(backup.ListInput{Type: backup.All}) {
		s.Backups = append(s.Backups, w.describe(b.ARN))
		window, err := w.Backups.Window(ctx, b.ARN)
		require.NoError(w.t, err)
		s.Windows = append(s.Windows, window)
		transitions, err := w.Backups.Transitions(ctx, b.ARN)
		require.NoError(w.t, err)
		s.Transitions = append(s.Transitions, transitions)
	}
	s.Next, s.Waiting = w.Backups.Settle()
	return s
}

// refusal calls fn, asserts that it has changed nothing, and returns its error.
func (w *world) refusal(fn func() error) error {
	w.t.Helper()
	before := w.state()
	err := fn()
	require.Error(w.t, err)
	require.Equal(w.t, before, w.state(), "a request that is refused must change nothing")
	return err
}

// The beginnings and ends of the texts for violations of the service's model.
const (
	oneError = "1 validation error detected: "
	must     = " failed to satisfy constraint: Member must "
	pattern  = must + "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
)
