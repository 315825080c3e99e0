package table_test

import (
	"cmp"
	"context"
	"flag"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 draws a new one")

// newRand returns a source of random numbers, and prints how to get the same ones again.
func newRand(t testing.TB) *rand.Rand {
	seed := cmp.Or(*seedFlag, rand.Uint64())
	t.Logf("to repeat this run: -seed=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

var ctx = context.Background()

type instant = clock.Instant

// plain is a table with the keys P and K and nothing else.
func plain(name string) schema.Definition {
	return schema.Definition{
		Name: name, KeySchema: schema.Keys("P", "K"), Attributes: schema.Attributes{"P": attr.TypeS, "K": attr.TypeN},
		BillingMode: schema.PayPerRequest,
	}
}

// indexed is plain with an index of each kind: two by G, and one by L within a partition.
func indexed(name string) schema.Definition {
	d := plain(name)
	d.Attributes["G"], d.Attributes["L"] = attr.TypeS, attr.TypeN
	d.LocalIndexes = []schema.Index{
		{Name: "ByL", KeySchema: schema.Keys("P", "L"), Projection: schema.Projection{Type: schema.ProjectKeysOnly}},
	}
	d.GlobalIndexes = []schema.Index{
		{Name: "ByG", KeySchema: schema.Keys("G", "L"), Projection: schema.Projection{Type: schema.ProjectAll}},
		{Name: "ByGToo", KeySchema: schema.Keys("G"),
			Projection: schema.Projection{Type: schema.ProjectInclude, NonKey: []string{"X"}}},
	}
	return d
}

// fixture is a store with one table, Things, on a clock of its own.
type fixture struct {
	*testing.T
	clock *clock.Manual
	store *table.Store
	table *table.Table
}

// newStore returns a fixture without a table.
func newStore(t *testing.T, timing table.Timing) *fixture {
	f := &fixture{T: t, clock: new(clock.Manual)}
	f.store = table.NewStore(table.Options{Clock: f.clock, Seed: 1, Timing: timing})
	return f
}

// newFixture returns a fixture whose table is ACTIVE.
func newFixture(t *testing.T, d schema.Definition, timing table.Timing) *fixture {
	f := newStore(t, timing)
	f.create(d)
	f.clock.Advance(timing.Creating)
	f.table = f.open(d.Name)
	return f
}

func (f *fixture) create(d schema.Definition) schema.Description {
	f.Helper()
	description, err := f.store.CreateTable(ctx, d)
	require.NoError(f, err)
	return description
}

func (f *fixture) open(name string) *table.Table {
	f.Helper()
	t, err := f.store.Table(name)
	require.NoError(f, err)
	return t
}

func (f *fixture) describe(name string) schema.Description {
	f.Helper()
	d, err := f.store.DescribeTable(ctx, name)
	require.NoError(f, err)
	return d
}

func (f *fixture) drop(name string) {
	f.Helper()
	_, err := f.store.DeleteTable(ctx, name)
	require.NoError(f, err)
}

func (f *fixture) put(p string, k int64, more ...attr.Map) snapshot.Change {
	f.Helper()
	c, err := f.table.Put(item(p, k, more...))
	require.NoError(f, err)
	return c
}

func (f *fixture) capture(cut snapshot.CutFunc) *snapshot.Capture {
	f.Helper()
	c, err := f.store.CaptureTable(ctx, "Things", cut)
	require.NoError(f, err)
	return c
}

// restore makes a table of a snapshot with all of its indexes.
func (f *fixture) restore(s *snapshot.Snapshot, name string) error {
	r := snapshot.Restore{Table: *s.Table(), Snapshot: s}
	r.Table.Name = name
	for _, x := range slices.Concat(r.Table.LocalIndexes, r.Table.GlobalIndexes) {
		r.Indexes = append(r.Indexes, x.Name)
	}
	_, err := f.store.RestoreTable(ctx, r)
	return err
}

func item(p string, k int64, more ...attr.Map) attr.Item {
	m := attr.Map{"P": attr.S(p), "K": attr.Int(k)}
	for _, attributes := range more {
		for name, v := range attributes {
			m[name] = v
		}
	}
	return attr.MustItem(m)
}

func key(p string, k int64) attr.Key { return attr.Key{Partition: attr.S(p), Sort: attr.Int(k)} }

// requireRefused checks code and message of an error.
func requireRefused(t testing.TB, err error, code exception.Code, message string) {
	t.Helper()
	require.ErrorIs(t, err, code)
	var e *exception.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, message, e.Message)
}

func requireItems(t testing.TB, s *snapshot.Snapshot, want ...attr.Item) {
	t.Helper()
	require.ElementsMatch(t, want, slices.Collect(s.All()))
	require.Equal(t, len(want), s.Len())
}

const (
	notFound = "Requested resource not found"
	invalid  = "One or more parameter values were invalid: "
	inUse    = "Attempt to change a resource which is still in use: "
)

func missing(name string) string { return notFound + ": Table: " + name + " not found" }
