package tidemark_test

import (
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
	"github.com/tidemark-db/tidemark/table"
)

// onlineIndex is the index that a table has got or lost last.
type onlineIndex struct {
	index            schema.Index
	deleted          bool
	allocated, until time.Time
}

func (o *onlineIndex) over(now time.Time) bool { return o == nil || !now.Before(o.until) }

// allocating reports whether the table itself is UPDATING because of the index.
func (o *onlineIndex) allocating(now time.Time) bool {
	return !o.over(now) && (o.deleted || now.Before(o.allocated))
}

// creating reports whether the index cannot be read yet.
func (o *onlineIndex) creating(name string, now time.Time) bool {
	return !o.over(now) && !o.deleted && o.index.Name == name
}

// present returns the indexes that the table has now.
func (i *incarnation) present() model.Definition { return i.DefinitionAt(clock.EndOf(farAhead)) }

var farAhead = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// someIndex returns an index that a table may get: by attributes that items have or not, and by m, which is now a
// string and now a number in them.
func (h *history) someIndex() (schema.Index, schema.Attributes) {
	types := schema.Attributes{
		"g": attr.TypeS, "l": attr.TypeN, "v": attr.TypeN, "p": attr.TypeS,
		"m": []attr.Type{attr.TypeS, attr.TypeN}[h.tape.below(2)],
	}
	all := schema.Projection{Type: schema.ProjectAll}
	x := []schema.Index{
		{Name: "byValue", KeySchema: schema.Keys("v"), Projection: all},
		{Name: "byMixed", KeySchema: schema.Keys("m", "l"), Projection: schema.Projection{Type: schema.ProjectKeysOnly}},
		{Name: "byGroup", KeySchema: schema.Keys("g", "v"), Projection: all},
		{Name: "bySeveral", Projection: schema.Projection{Type: schema.ProjectInclude, NonKey: []string{"n"}}, KeySchema: schema.KeySchema{
			{Name: "g", Type: schema.Hash}, {Name: "p", Type: schema.Hash}, {Name: "l", Type: schema.Range}, {Name: "m", Type: schema.Range},
		}},
		{Name: "byLevel", KeySchema: schema.Keys("l"), Projection: all},
	}[h.tape.below(5)]
	used := make(schema.Attributes)
	for _, e := range x.KeySchema {
		used[e.Name] = types[e.Name]
	}
	return x, used
}

// settingsRefused returns the error with which the settings of a table cannot be changed, or nil.
func (h *history) settingsRefused(i *incarnation) error {
	switch now := h.clock.Now(); {
	case i == nil, i.Status(now) == schema.Creating && i.Origin != nil:
		return exception.ResourceNotFound
	case i.Status(now) != schema.Active:
		return exception.ResourceInUse
	}
	return nil
}

func (h *history) createIndex() {
	name := h.someName()
	i, now := h.live(name), h.clock.Now()
	x, attributes := h.someIndex()
	_, err := h.db.Tables.UpdateTable(h.ctx, name, table.Changes{CreateIndexes: []schema.Index{x}, Attributes: attributes})
	h.note("create index %s %v of %s: %v", x.Name, attributes, name, err)
	want := h.settingsRefused(i)
	if want == nil {
		want = i.refusesIndex(x, attributes, now)
	}
	if h.refused(err, want) {
		return
	}
	d := i.present()
	types := make(schema.Attributes)
	for _, all := range []schema.Attributes{d.Attributes, attributes} {
		for name, kind := range all {
			types[name] = kind
		}
	}
	i.Define(h.instantOf(name), append(slices.Clone(d.Global), x), types)
	allocated := now.Add(h.timing.Updating)
	i.online = &onlineIndex{index: x, allocated: allocated, until: allocated.Add(h.timing.Backfilling)}
}

// refusesIndex returns the error with which a table cannot get an index, or nil.
func (i *incarnation) refusesIndex(x schema.Index, attributes schema.Attributes, now time.Time) error {
	switch {
	case i.online.over(now):
	case i.online.index.Name == x.Name:
		return exception.ResourceInUse
	default:
		return exception.LimitExceeded
	}
	d := i.present()
	for _, other := range slices.Concat(i.Schema.LocalIndexes, d.Global) {
		if other.Name == x.Name {
			return exception.Validation
		}
	}
	for name, kind := range attributes {
		if known, defined := d.Attributes[name]; defined && known != kind {
			return exception.Validation
		}
	}
	return nil
}

func (h *history) dropIndex() {
	name := h.someName()
	i, now := h.live(name), h.clock.Now()
	gone := h.tape.oneOf("byGroup", "byValue", "byMixed", "bySeveral", "byLevel")
	_, err := h.db.Tables.UpdateTable(h.ctx, name, table.Changes{DeleteIndexes: []string{gone}})
	h.note("drop index %s of %s: %v", gone, name, err)
	want := h.settingsRefused(i)
	if want == nil {
		want = i.keepsIndex(gone, now)
	}
	if h.refused(err, want) {
		return
	}
	d := i.present()
	at := slices.IndexFunc(d.Global, func(x schema.Index) bool { return x.Name == gone })
	i.online = &onlineIndex{index: d.Global[at], deleted: true, until: now.Add(h.timing.Updating)}
	global := slices.Delete(slices.Clone(d.Global), at, at+1)
	used := schema.UsedAttributes(i.Schema.KeySchema, i.Schema.LocalIndexes, global)
	types := make(schema.Attributes)
	for name := range used {
		types[name] = d.Attributes[name]
	}
	i.Define(h.instantOf(name), global, types)
}

// keepsIndex returns the error with which a table cannot lose an index, or nil.
func (i *incarnation) keepsIndex(name string, now time.Time) error {
	named := func(x schema.Index) bool { return x.Name == name }
	switch o := i.online; {
	case o.over(now):
	case o.index.Name != name:
		return exception.LimitExceeded
	case o.allocating(now):
		return exception.ResourceInUse
	}
	switch {
	case slices.ContainsFunc(i.present().Global, named):
		return nil
	case slices.ContainsFunc(i.Schema.LocalIndexes, named):
		return exception.Validation
	}
	return exception.ResourceNotFound
}

// instantOf returns an instant at which nothing else happens to a table than that it is looked at.
func (h *history) instantOf(name string) clock.Instant {
	t, err := h.db.Tables.Table(name)
	require.NoError(h, err)
	s, err := t.Snapshot()
	require.NoError(h, err)
	return s.Cut().Latest()
}

// misfit returns the error with which a table refuses an item, or nil: one of its attributes is of another type than in
// the key of an index.
func (i *incarnation) misfit(item attr.Item) error {
	types := i.present().Attributes
	for name, v := range item.All() {
		if kind, ok := types[name]; ok && v.Type() != kind {
			return exception.Validation
		}
	}
	return nil
}

// checkIndexes compares what is told of the indexes of a table, and what is read of them, with what there should be.
func (h *history) checkIndexes(t *table.Table, i *incarnation, d schema.Description) {
	now, present := h.clock.Now(), i.present()
	status := schema.Active
	if i.online.allocating(now) {
		status = schema.Updating
	}
	require.Equal(h, status, d.Status)
	told := names(d.GlobalIndexes)
	if o := i.online; !o.over(now) && o.deleted {
		require.Contains(h, told, o.index.Name)
		require.Equal(h, schema.Deleting, d.States[o.index.Name].Status)
		told = slices.DeleteFunc(told, func(name string) bool { return name == o.index.Name })
	} else {
		require.Equal(h, present.Attributes, d.Attributes)
	}
	require.Equal(h, names(present.Global), told)
	for _, x := range slices.Concat(i.Schema.LocalIndexes, present.Global) {
		page, err := t.Page(snapshot.Query{Index: x.Name})
		if i.online.creating(x.Name, now) {
			require.ErrorIs(h, err, exception.Validation)
			require.Equal(h, schema.Creating, d.States[x.Name].Status)
			require.Equal(h, !i.online.allocating(now), *d.States[x.Name].Backfilling)
			continue
		}
		require.NoError(h, err)
		want := i.Now().Index(x, i.Schema.KeySchema, present.Attributes)
		h.same(want, h.collected(slices.Values(page.Items), i.Schema.KeySchema), "reading index "+x.Name)
	}
}

func names(indexes []schema.Index) []string {
	list := []string{}
	for _, x := range indexes {
		list = append(list, x.Name)
	}
	return list
}

// requireIndexes requires that a description has the indexes of a definition.
func (h *history) requireIndexes(want model.Definition, got *schema.Table) {
	h.Helper()
	require.Equal(h, names(want.Global), names(got.GlobalIndexes))
	require.Equal(h, want.Attributes, got.Attributes)
}

// someOverrides asks a restore for all indexes, for none, or for some of the recorded global ones under other names.
func (h *history) someOverrides(recorded model.Definition) (o backup.Overrides) {
	switch h.tape.below(4) {
	case 0:
		o.GlobalIndexes, o.LocalIndexes = []schema.Index{}, []schema.Index{}
	case 1:
		o.GlobalIndexes = []schema.Index{}
		for _, x := range recorded.Global {
			if h.tape.below(3) > 0 {
				o.GlobalIndexes = append(o.GlobalIndexes, x)
			}
		}
		if n := len(o.GlobalIndexes); n > 0 && h.tape.below(2) == 0 {
			first := o.GlobalIndexes[0].Name
			for i := range n - 1 {
				o.GlobalIndexes[i].Name = o.GlobalIndexes[i+1].Name
			}
			o.GlobalIndexes[n-1].Name = first
			if n == 1 {
				o.GlobalIndexes[0].Name = "renamed"
			}
		}
	}
	return o
}

// overridden returns the global indexes that a restore makes of the recorded ones, and the attributes of all keys.
func (i *incarnation) overridden(recorded model.Definition, o backup.Overrides) model.Definition {
	d, local := model.Definition{Global: recorded.Global, Attributes: make(schema.Attributes)}, i.Schema.LocalIndexes
	if o.GlobalIndexes != nil {
		d.Global = o.GlobalIndexes
	}
	if o.LocalIndexes != nil {
		local = o.LocalIndexes
	}
	for name := range schema.UsedAttributes(i.Schema.KeySchema, local, d.Global) {
		d.Attributes[name] = recorded.Attributes[name]
	}
	return d
}
