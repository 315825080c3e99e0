package tidemark_test

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/model"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// moves are what may happen in a history; what stands here several times is more likely.
var moves = []func(*history){
	(*history).put, (*history).put, (*history).put, (*history).put, (*history).put,
	(*history).burst, (*history).remove, (*history).remove,
	(*history).putIf, (*history).update,
	(*history).transact, (*history).transact, (*history).transact,
	(*history).advance, (*history).advance, (*history).advance, (*history).advance, (*history).switchExpiry,
	(*history).takeBackup, (*history).takeBackup, (*history).takeBackup,
	(*history).deleteBackup, (*history).restore, (*history).restore,
	(*history).deleteTable, (*history).recreate, (*history).switchRecovery, (*history).switchRecovery,
	(*history).lookBack, (*history).lookBack, (*history).checkSome,
	(*history).createIndex, (*history).createIndex, (*history).dropIndex,
	(*history).recover, (*history).recover, (*history).recall, (*history).compare, (*history).compare,
	func(h *history) { h.db.Backups.Settle() },
}

func (h *history) names() []string { return slices.Sorted(maps.Keys(h.tables)) }

func (h *history) someName() string { return h.tape.oneOf(h.names()...) }

func (h *history) someKey(s *schema.Table) attr.Key {
	k := attr.Key{Partition: attr.S(h.tape.oneOf("a", "b", "c", "d", "e", "f"))}
	if s.KeySchema.Sort() != "" {
		k.Sort = attr.Int(int64(h.tape.below(3)))
	}
	return k
}

// someItem returns an item that differs from every other, and that may or may not be in each index.
func (h *history) someItem(s *schema.Table) attr.Item {
	k := h.someKey(s)
	m := attr.Map{"p": k.Partition, "v": attr.Int(int64(len(h.done)))}
	if !k.Sort.IsZero() {
		m["s"] = k.Sort
	}
	if h.tape.below(3) == 0 {
		m["x"] = h.someEnd()
	}
	if group := h.tape.oneOf("", "red", "green", "blue"); group != "" {
		m["g"] = attr.S(group)
	}
	if level := h.tape.below(4); level > 0 {
		m["l"] = attr.Int(int64(level))
	}
	switch h.tape.below(6) {
	case 0:
		m["m"] = attr.S(h.tape.oneOf("x", "y"))
	case 1:
		m["m"] = attr.Int(int64(h.tape.below(2)))
	}
	return attr.MustItem(m)
}

// openTable returns a table that can be written, with its model, or nil if the DB rightly refuses it.
func (h *history) openTable(name string) (*table.Table, *incarnation) {
	i := h.live(name)
	t, err := h.db.Tables.Table(name)
	var want error
	if i == nil || i.Status(h.clock.Now()) != schema.Active {
		want = exception.ResourceNotFound
	}
	if h.refused(err, want) {
		h.note("table %s: %v", name, err)
		return nil, nil
	}
	return t, i
}

// committed checks what a write says of itself and tells it to the model.
func (h *history) committed(i *incarnation, key attr.Key, c snapshot.Change) {
	require.Equal(h, i.Now()[key], c.Old, "the item before")
	require.True(h, c.At.After(i.lastCommit), "the instants of commits increase")
	h.tell(i, key, c)
}

func (h *history) tell(i *incarnation, key attr.Key, c snapshot.Change) {
	i.lastCommit = c.At
	if c.New.IsZero() {
		i.Delete(c.At, key)
	} else {
		i.Put(c.At, c.New)
	}
}

func (h *history) put() {
	t, i := h.openTable(h.someName())
	if t == nil {
		return
	}
	item := h.someItem(i.Schema)
	if old := i.Now()[i.KeyOf(item)]; !old.IsZero() && h.tape.below(4) == 0 {
		item = old // a commit that changes nothing
	}
	c, err := t.Put(item)
	h.note("put %s %v %v %v", t.Name(), item, c.At, err)
	if h.refused(err, i.misfit(item)) {
		return
	}
	h.committed(i, i.KeyOf(item), c)
}

// burst writes more than a log keeps in one piece, spread over minutes or at once, so that its old end is trimmed.
func (h *history) burst() {
	t, i := h.openTable(h.someName())
	if t == nil {
		return
	}
	n, step := 60+h.tape.below(200), time.Duration(h.tape.below(4))*300*time.Millisecond
	h.note("burst of %d to %s, every %v", n, t.Name(), step)
	for v := range n {
		item := attr.Map{"p": attr.S(string(rune('a' + v%6))), "v": attr.Int(int64(v))}
		if i.Schema.KeySchema.Sort() != "" {
			item["s"] = attr.Int(int64(v % 3))
		}
		c, err := t.Put(attr.MustItem(item))
		require.NoError(h, err)
		h.tell(i, i.KeyOf(c.New), c)
		h.wait(step)
	}
}

func (h *history) remove() {
	t, i := h.openTable(h.someName())
	if t == nil {
		return
	}
	key := h.someKey(i.Schema)
	c, err := t.Delete(key)
	h.note("delete %s %v %v", t.Name(), key, c.At)
	require.NoError(h, err)
	h.committed(i, key, c)
}

// putIf writes on condition that there is no such item yet, or that there is.
func (h *history) putIf() {
	t, i := h.openTable(h.someName())
	if t == nil {
		return
	}
	item := h.someItem(i.Schema)
	condition, exists := table.Missing, h.tape.below(2) == 0
	if exists {
		condition = table.Exists
	}
	_, there := i.Now()[i.KeyOf(item)]
	var want error
	if there != exists {
		want = exception.ConditionalCheckFailed
	}
	if misfit := i.misfit(item); misfit != nil {
		want = misfit
	}
	c, err := t.Put(item, condition)
	h.note("put %s if exists=%t %v: %v %v", t.Name(), exists, item, c.At, err)
	if !h.refused(err, want) {
		h.committed(i, i.KeyOf(item), c)
	}
}

// update counts up in an item, makes it if it is not there, and now and then removes it.
func (h *history) update() {
	t, i := h.openTable(h.someName())
	if t == nil {
		return
	}
	key, drop := h.someKey(i.Schema), h.tape.below(5) == 0
	fn := counting(key, drop)
	c, err := t.Update(key, fn)
	h.note("update %s %v drop=%t %v %v", t.Name(), key, drop, c.At, err)
	want, _ := fn(i.Now()[key])
	if h.refused(err, i.misfit(want)) {
		return
	}
	require.Equal(h, want, c.New)
	h.committed(i, key, c)
}

func counting(key attr.Key, drop bool) table.UpdateFunc {
	return func(old attr.Item) (attr.Item, error) {
		if drop {
			return attr.Item{}, nil
		}
		m := old.Map()
		m["p"] = key.Partition
		if !key.Sort.IsZero() {
			m["s"] = key.Sort
		}
		text, _ := m["n"].Number()
		n, _ := strconv.Atoi(text)
		m["n"] = attr.Int(int64(n + 1))
		return attr.NewItem(m)
	}
}

// transact writes to two tables at once. One time in four it depends on an item that may not be there.
func (h *history) transact() {
	type target struct {
		of  *incarnation
		key attr.Key
	}
	var ops []table.Op
	var targets []target
	var want error
	for range 2 + h.tape.below(3) {
		name := h.tape.oneOf("left", "right")
		i := h.tables[name]
		item := h.someItem(i.Schema)
		at := target{i, i.KeyOf(item)}
		switch {
		case slices.Contains(targets, at):
			continue // no item may be named twice
		case h.live(name) == nil || i.Status(h.clock.Now()) != schema.Active:
			want = exception.ResourceNotFound
		}
		targets = append(targets, at)
		switch h.tape.below(8) {
		case 0:
			ops = append(ops, table.Delete(name, at.key))
		case 1:
			ops = append(ops, table.Update(name, at.key, counting(at.key, false)))
			if now, _ := counting(at.key, false)(i.Now()[at.key]); want == nil && i.misfit(now) != nil {
				want = exception.TransactionCanceled
			}
		case 2:
			ops = append(ops, table.Check(name, at.key, table.Exists))
			if _, there := i.Now()[at.key]; !there && want == nil {
				want = exception.TransactionCanceled
			}
		default:
			ops = append(ops, table.Put(name, item))
			if want == nil && i.misfit(item) != nil {
				want = exception.TransactionCanceled
			}
		}
	}
	changes, err := h.db.Tables.Transact(ops...)
	h.note("transact %d ops: %v %v", len(ops), err, changes)
	if h.refused(err, want) {
		return
	}
	for n, c := range changes {
		require.Equal(h, changes[0].At, c.At, "a transaction has one instant")
		require.Equal(h, targets[n].of.Now()[targets[n].key], c.Old)
		h.tell(targets[n].of, targets[n].key, c)
	}
}

func (h *history) advance() {
	units := []time.Duration{
		0, time.Nanosecond, time.Microsecond, time.Millisecond, time.Millisecond, time.Second, time.Second, 5 * time.Second,
		time.Minute, time.Minute, time.Hour, 24 * time.Hour,
	}
	d := units[h.tape.below(len(units))] * time.Duration(1+h.tape.below(40))
	h.note("advance %v", d)
	h.wait(d)
}

// unseen returns the error with which backup operations refuse a table, or nil.
func (h *history) unseen(i *incarnation) error {
	switch now := h.clock.Now(); {
	case i == nil,
		i.Status(now) == schema.Creating,
		i.Status(now) == schema.Deleting && !now.Before(i.Deleted.Add(h.profile.Departing)):
		return exception.TableNotFound
	}
	return nil
}

func (h *history) takeBackup() {
	name := h.someName()
	i, marker := h.live(name), backup.Marker(h.tape.oneOf("", "exact", "fuzzy", "torn", "earliest", "latest"))
	d, err := h.db.Backups.CreateBackup(h.ctx, backup.CreateInput{TableName: name, BackupName: "some", Marker: marker})
	h.note("backup %s marker=%s: %s %v", name, marker, d.ARN, err)
	want := h.unseen(i)
	if h.profile.Window == 0 && marker != "" && marker != backup.Exact {
		want = exception.Validation
	}
	if h.refused(err, want) {
		return
	}
	if marker == "" {
		marker = h.profile.Marker
	}
	if h.profile.Window == 0 {
		marker = backup.Exact
	}
	w, err := h.db.Backups.Window(h.ctx, d.ARN)
	require.NoError(h, err)
	require.Equal(h, backup.Creating, d.Status, "as the service answers")
	require.Equal(h, h.clock.Now().Truncate(time.Millisecond), d.CreationTime)
	require.True(h, w.Request.After(i.lastCommit), "what was acknowledged lies before the request")
	h.backups = append(h.backups, &taken{
		arn: d.ARN, of: i, indexes: i.present(), kind: backup.User, marker: marker, window: w, created: d.CreationTime,
	})
}

// someBackup returns a backup that is there, or nil.
func (h *history) someBackup() *taken {
	var there []*taken
	for _, b := range h.backups {
		if b.arn != "" && b.visible(h.clock.Now()) {
			there = append(there, b)
		}
	}
	if len(there) == 0 {
		return nil
	}
	return there[h.tape.below(len(there))]
}

func (h *history) deleteBackup() {
	b := h.someBackup()
	if b == nil {
		return
	}
	now := h.clock.Now()
	var want error
	switch {
	case b.kind == backup.System:
		want = exception.Validation
	case now.Before(h.ready(b)) || now.Before(b.inUse):
		want = exception.BackupInUse
	}
	d, err := h.db.Backups.DeleteBackup(h.ctx, b.arn)
	h.note("delete backup %s: %v", b.arn, err)
	if h.refused(err, want) {
		return
	}
	require.Equal(h, backup.Deleted, d.Status)
	b.deleted = true
	_, err = h.db.Backups.DescribeBackup(h.ctx, b.arn)
	require.ErrorIs(h, err, exception.BackupNotFound)
}

// restore makes a table of a backup, with or without indexes. The target may be there already.
func (h *history) restore() {
	b, target := h.someBackup(), h.tape.oneOf("copy", "copy2", "copy3", "left")
	if b == nil {
		return
	}
	in := backup.RestoreInput{TargetTableName: target, BackupARN: b.arn, Overrides: h.someOverrides(b.indexes)}
	now, there := h.clock.Now(), h.live(target)
	var want error
	switch {
	case now.Before(h.ready(b)) || now.Before(b.inUse):
		want = exception.BackupInUse
	case there != nil && there.Status(now) == schema.Creating:
		want = exception.TableInUse
	case there != nil:
		want = exception.TableAlreadyExists
	}
	d, err := h.db.Backups.RestoreTableFromBackup(h.ctx, in)
	h.note("restore %s to %s with %v: %v", b.arn, target, in.GlobalIndexes, err)
	if h.refused(err, want) {
		return
	}
	h.requireIndexes(b.of.overridden(b.indexes, in.Overrides), &d.Table)
	require.Equal(h, schema.Creating, d.Status)
	require.Equal(h, b.arn, d.Restore.SourceBackupARN.String())
	b.inUse = now.Add(h.profile.Restoring)
	h.tables[target] = &incarnation{Table: &model.Table{Schema: &d.Table, Origin: h.contents(b), Active: b.inUse}}
}
