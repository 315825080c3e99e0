package tidemark_test

import (
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/model"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

func (b *taken) visible(now time.Time) bool {
	return !b.deleted && !now.Before(b.shown) && (b.expiry.IsZero() || now.Before(b.expiry))
}

// ready returns when a backup is ACTIVE: after its time and when its last marker has passed, for which nobody waits
// once the table is deleted.
func (h *history) ready(b *taken) time.Time {
	if b.kind == backup.System {
		return b.shown
	}
	ready, last := b.window.Request.Time().Add(h.profile.Creating), b.window.Cut.Latest()
	if last.After(b.window.Request) {
		passed := last.Time().Add(time.Nanosecond)
		if deleted := b.of.Deleted; !deleted.IsZero() && deleted.Before(passed) {
			passed = deleted
		}
		if passed.After(ready) {
			return passed
		}
	}
	return ready
}

// contents returns what the model says that a backup holds.
func (h *history) contents(b *taken) model.State {
	if b.expected == nil {
		b.expected = b.of.At(b.window.Cut)
	}
	return b.expected
}

// checkSome compares one table and one backup.
func (h *history) checkSome() {
	h.checkTable(h.someName())
	if b := h.someBackup(); b != nil {
		h.checkBackup(b)
	}
}

// checkAll compares everything there is.
func (h *history) checkAll() {
	h.note("check all")
	h.checkList()
	for _, name := range h.names() {
		h.checkTable(name)
		h.checkRecovery(name)
	}
	for _, b := range h.backups {
		if b.arn != "" && b.visible(h.clock.Now()) {
			h.checkBackup(b)
		}
	}
}

func (h *history) checkTable(name string) {
	t, i := h.openTable(name)
	if t == nil {
		return
	}
	s, err := t.Snapshot()
	require.NoError(h, err)
	h.requireIndexes(i.present(), s.Table())
	h.checkSnapshot(s, i.Now())
	require.True(h, slices.Equal(slices.Collect(s.All()), h.listed(t.Items(snapshot.Query{}))), "page by page")
	d, err := h.db.Tables.DescribeTable(h.ctx, name)
	require.NoError(h, err)
	h.checkIndexes(t, i, d)
	require.Nil(h, d.Restore, "a RestoreSummary is gone when the table is ACTIVE")
	if h.timing.StatisticsEvery == 0 {
		require.EqualValues(h, len(i.Now()), d.ItemCount)
		require.Equal(h, i.Now().Size(), d.SizeBytes)
	}
}

func (h *history) listed(items iter.Seq2[attr.Item, error]) (list []attr.Item) {
	for item, err := range items {
		require.NoError(h, err)
		list = append(list, item)
	}
	return list
}

// checkSnapshot compares all that a snapshot tells with the items it should hold.
func (h *history) checkSnapshot(s *snapshot.Snapshot, want model.State) {
	h.Helper()
	keys := s.Table().KeySchema
	h.same(want, h.collected(s.All(), keys), "items")
	require.Equal(h, len(want), s.Len())
	require.Equal(h, want.Size(), s.Size())
	for key, item := range want {
		found, ok := s.Lookup(key)
		require.True(h, ok && item == found, "%v: %v", key, found)
	}
	for _, x := range slices.Concat(s.Table().LocalIndexes, s.Table().GlobalIndexes) {
		entries, err := s.Items(snapshot.Query{Index: x.Name})
		require.NoError(h, err)
		expected := want.Index(x, keys, s.Table().Attributes)
		h.same(expected, h.collected(entries, keys), "index "+x.Name)
		h.checkOrder(s, x, expected)
	}
}

// same compares states without the reflection that a report of their difference takes.
func (h *history) same(want, got model.State, what string) {
	h.Helper()
	if !maps.Equal(want, got) {
		require.Equal(h, want, got, what)
	}
}

// collected returns items by their key, which none may share.
func (h *history) collected(items iter.Seq[attr.Item], keys schema.KeySchema) model.State {
	h.Helper()
	all, of := make(model.State), model.Table{Schema: &schema.Table{KeySchema: keys}}
	for item := range items {
		key := of.KeyOf(item)
		require.True(h, all[key].IsZero(), "an item comes once")
		all[key] = item
	}
	return all
}

// checkOrder checks that a partition of an index is found as a whole, and comes sorted; and so does the part of it that
// begins with one value.
func (h *history) checkOrder(s *snapshot.Snapshot, x schema.Index, entries model.State) {
	var hash, sort []string
	for _, e := range x.KeySchema {
		if e.Type == schema.Hash {
			hash = append(hash, e.Name)
		} else {
			sort = append(sort, e.Name)
		}
	}
	values := func(item attr.Item, names []string) (list []attr.Value) {
		for _, name := range names {
			v, _ := item.Lookup(name)
			list = append(list, v)
		}
		return list
	}
	all, err := s.Page(snapshot.Query{Index: x.Name, Limit: 1})
	require.NoError(h, err)
	if len(all.Items) == 0 {
		return
	}
	one := all.Items[0]
	partition, order := values(one, hash), values(one, sort)
	q := snapshot.Query{Index: x.Name, Partition: partition[0], Others: partition[1:]}
	for given := range len(order) + 1 {
		if given > 0 {
			q.Prefix, q.Sort = order[:given-1], snapshot.Equal(order[given-1])
		}
		page, err := s.Page(q)
		require.NoError(h, err)
		wanted := 0
		for _, item := range entries {
			if slices.Equal(values(item, hash), partition) && slices.Equal(values(item, sort[:given]), order[:given]) {
				wanted++
			}
		}
		require.Len(h, page.Items, wanted, "%s %v", x.Name, order[:given])
		require.True(h, slices.IsSortedFunc(page.Items, func(a, b attr.Item) int {
			return slices.CompareFunc(values(a, sort), values(b, sort), func(v, w attr.Value) int {
				c, _ := v.Compare(w)
				return c
			})
		}))
	}
}

// checkBackup compares a backup, and what was promised of it, with the model.
func (h *history) checkBackup(b *taken) {
	d, err := h.db.Backups.DescribeBackup(h.ctx, b.arn)
	require.NoError(h, err)
	require.Equal(h, b.kind, d.Type)
	require.Equal(h, b.created, d.CreationTime)
	require.Equal(h, b.expiry, d.ExpiryTime)
	require.Equal(h, b.of.Schema.ID, d.Table.ID)
	s, err := h.db.Backups.Snapshot(h.ctx, b.arn)
	if h.clock.Now().Before(h.ready(b)) {
		require.Equal(h, backup.Creating, d.Status, "marker %v", b.window.Cut.Latest())
		require.ErrorIs(h, err, exception.BackupInUse)
		return
	}
	require.Equal(h, backup.Active, d.Status, "marker %v", b.window.Cut.Latest())
	require.NoError(h, err)
	h.requireIndexes(b.indexes, s.Table())
	h.checkSnapshot(s, h.contents(b))
	if h.profile.ExactSizes {
		require.EqualValues(h, len(b.expected), d.Table.ItemCount)
		require.Equal(h, b.expected.Size(), d.SizeBytes)
	}
	if b.kind == backup.User {
		h.checkWindow(b)
	} else if b.of.last != nil {
		h.requireSame(b.of.last, s, "a SYSTEM backup is the table just before it was deleted")
	}
}

// checkWindow holds the promise against what is in.
func (h *history) checkWindow(b *taken) {
	w, err := h.db.Backups.Window(h.ctx, b.arn)
	require.NoError(h, err)
	require.Equal(h, b.window.Request, w.Request)
	if b.marker != backup.Torn {
		require.Len(h, w.Cut.Markers(), 1, "only torn backups have more than one marker")
	}
	for _, v := range b.of.Versions() {
		holds := w.Holds(v.At, v.Key.Partition)
		require.True(h, b.window.Holds(v.At, v.Key.Partition) == holds, "a marker may only move if that changes nothing")
		promise := w.Promise(v.At)
		switch {
		case promise == backup.PromisedIn:
			require.True(h, holds, "%v is promised in", v.At)
		case promise == backup.PromisedOut:
			require.False(h, holds, "%v is promised out", v.At)
		case b.marker == backup.Exact:
			require.Equal(h, v.At.Before(w.Request), holds)
		case b.marker == backup.Earliest:
			require.False(h, holds, "%v could be left out", v.At)
		case b.marker == backup.Latest:
			require.True(h, holds, "%v could be in", v.At)
		}
	}
}

// checkList compares the catalog, read in pages, with the backups there should be. It is also where the ARNs of
// SYSTEM backups become known.
func (h *history) checkList() {
	in := backup.ListInput{Type: backup.All, Limit: 1 + h.tape.below(5)}
	var all []backup.Summary
	for {
		page, last, err := h.db.Backups.ListBackups(h.ctx, in)
		require.NoError(h, err)
		all = append(all, page...)
		if in.ExclusiveStart = last; last == "" {
			break
		}
	}
	type identity struct{ table, id string }
	listed := make(map[identity]string)
	for n, s := range all {
		if n > 0 && all[n-1].TableName == s.TableName {
			require.Less(h, all[n-1].ARN, s.ARN, "a list is in order of creation")
		}
		id := identity{s.TableID, s.ARN}
		if s.Type == backup.System {
			id.id = ""
		}
		require.NotContains(h, listed, id)
		listed[id] = s.ARN
	}
	for _, b := range h.backups {
		if !b.visible(h.clock.Now()) {
			continue
		}
		id := identity{b.of.Schema.ID, b.arn}
		if b.kind == backup.System {
			id.id = ""
		}
		require.Contains(h, listed, id, "%s backup of %s", b.kind, b.of.Schema.Name)
		b.arn = listed[id]
		delete(listed, id)
	}
	require.Empty(h, listed, "nothing else is in the list")
}

// lookBack asks a table for an earlier state. As far as the window and point-in-time recovery reach it must have it.
func (h *history) lookBack() {
	t, i := h.openTable(h.someName())
	if t == nil || len(i.Versions()) == 0 {
		return
	}
	at := i.Versions()[h.tape.below(len(i.Versions()))].At
	switch h.tape.below(4) {
	case 0:
		at = clock.StartOf(at.Time())
	case 1:
		at = clock.EndOf(at.Time())
	}
	s, err := t.SnapshotAt(at)
	h.note("look back at %s as of %v: %v", t.Name(), at, err)
	now := h.clock.Now()
	recent := h.profile.Window > 0 && at.Time().After(now.Add(-h.profile.Window))
	recovered := i.recovery != nil && !at.Before(i.recovery.since) && at.Time().After(i.recovery.earliest(now))
	switch {
	case at.After(clock.StartOf(now)) && at.Sequence() == clock.EndOf(now).Sequence():
		require.ErrorIs(h, err, exception.Validation, "it lies ahead")
	case err != nil:
		require.ErrorIs(h, err, exception.Validation)
		require.False(h, (recent || recovered) && at.Time().After(i.Schema.CreationTime), "history must reach back that far")
	default:
		h.requireIndexes(i.present(), s.Table())
		h.checkSnapshot(s, i.At(snapshot.At(at)))
	}
}

// checkTransitions checks that every backup went through its states in order, and was told of once each.
func (h *history) checkTransitions() {
	h.db.Backups.Settle()
	status := make(map[string]backup.Status)
	last := time.Time{}
	for _, t := range h.transitions {
		require.Equal(h, status[t.ARN], t.From, "transition %+v", t)
		status[t.ARN] = t.To
		require.False(h, t.At.Before(last), "transitions come in order of time: %+v", t)
		last = t.At
	}
	for _, b := range h.backups {
		if b.arn == "" {
			continue
		}
		want := backup.Active
		if !b.visible(h.clock.Now()) {
			want = backup.Deleted
		}
		require.Equal(h, want, status[b.arn], b.arn)
	}
}
