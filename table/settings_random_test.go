package table_test

import (
	"cmp"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// settings is what a table was asked to be, in the order in which it agreed.
type settings struct {
	billing   schema.BillingMode
	capacity  map[string]schema.Throughput // of the table, without a name, and of its indexes
	maxima    schema.OnDemandThroughput
	stream    schema.StreamView
	class     schema.Class
	protected bool
	encrypted bool
	warm      map[string]schema.Throughput // at least
}

// someChange returns a change that may be refused for what the table is or is busy with.
func (s *settings) someChange(r *rand.Rand) table.Changes {
	some := func() schema.Throughput { return schema.Throughput{Read: 1 + r.Int64N(20), Write: 1 + r.Int64N(20)} }
	var c table.Changes
	switch r.IntN(9) {
	case 0:
		c.Throughput = some()
	case 1:
		c.BillingMode = schema.PayPerRequest
	case 2:
		c.BillingMode, c.Throughput = schema.Provisioned, some()
		c.Indexes = map[string]table.IndexChanges{"ByG": {Throughput: some()}, "ByGToo": {Throughput: some()}}
	case 3:
		c.Stream = ptr([]schema.StreamView{"", schema.NewImage}[r.IntN(2)])
	case 4:
		c.Class = []schema.Class{schema.Standard, schema.StandardInfrequentAccess}[r.IntN(2)]
	case 5:
		c.SSE = &schema.SSESpecification{Enabled: r.IntN(2) == 0}
	case 6:
		c.DeletionProtection = ptr(r.IntN(2) == 0)
	case 7:
		c.Warm = schema.Throughput{Read: r.Int64N(25_000), Write: r.Int64N(2) * 10_000}
	case 8:
		x := table.IndexChanges{Throughput: some()}
		if r.IntN(2) == 0 {
			x = table.IndexChanges{Warm: &schema.Throughput{Write: 1 + r.Int64N(25_000)}}
		}
		c.Indexes = map[string]table.IndexChanges{"ByG": x}
	}
	return c
}

// take changes s as the table has agreed to be changed.
func (s *settings) take(c table.Changes) {
	if c.BillingMode == schema.PayPerRequest && s.billing != c.BillingMode {
		s.capacity = map[string]schema.Throughput{"": {}, "ByG": {}, "ByGToo": {}}
	}
	if c.BillingMode != "" {
		s.billing = c.BillingMode
	}
	if c.Throughput != (schema.Throughput{}) {
		s.capacity[""] = c.Throughput
	}
	for name, x := range c.Indexes {
		if x.Throughput != (schema.Throughput{}) {
			s.capacity[name] = x.Throughput
		}
	}
	if c.Stream != nil {
		s.stream = *c.Stream
	}
	if c.Class != "" {
		s.class = c.Class
	}
	if c.SSE != nil {
		s.encrypted = c.SSE.Enabled
	}
	if c.DeletionProtection != nil {
		s.protected = *c.DeletionProtection
	}
}

func (s *settings) require(t *testing.T, d schema.Description) {
	require.Equal(t, schema.Active, d.Status)
	require.Equal(t, s.billing, d.BillingMode)
	require.Equal(t, s.capacity[""], d.Throughput)
	for _, x := range d.GlobalIndexes {
		require.Equal(t, s.capacity[x.Name], x.Throughput)
		require.Equal(t, schema.IndexState{Status: schema.Active}, d.States[x.Name])
	}
	require.Equal(t, s.stream, d.Stream)
	require.Equal(t, cmp.Or(s.class, schema.Standard), cmp.Or(d.Class, schema.Standard))
	require.Equal(t, s.protected, d.DeletionProtection)
	require.Equal(t, s.encrypted, d.Encryption != (schema.Encryption{}))
	require.False(t, d.Encrypting)
	require.Equal(t, s.billing == schema.PayPerRequest, !d.OnDemandSince.IsZero() && d.Throughput == (schema.Throughput{}))
}

// requireWarm requires that nothing takes less at once than it did, or than it is provisioned with.
func (s *settings) requireWarm(t *testing.T, d schema.Description) {
	provisioned := map[string]schema.Throughput{"": d.Throughput}
	for _, x := range d.GlobalIndexes {
		provisioned[x.Name] = x.Throughput
	}
	for name, was := range s.warm {
		now := d.Warm[name].Throughput
		require.Equal(t, now, now.Most(was), name)
		require.Equal(t, now, now.Most(provisioned[name]), name)
		s.warm[name] = now
	}
}

// Whatever a table is asked to be, in whatever state it is: it refuses and stays as it is, or becomes that in time.
func TestSettingsAtRandom(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		timing := table.Timing{Updating: time.Second, Warming: 3 * time.Second, ProtectionCooldown: 2 * time.Second,
			DecreaseCooldown: 2 * time.Hour}
		if seed%4 == 0 {
			timing = table.Timing{}
		}
		f := newFixture(t, provisioned(), timing)
		old := f.describe("Things")
		s := settings{
			billing: schema.Provisioned, warm: map[string]schema.Throughput{"": {}, "ByG": {}, "ByGToo": {}},
			capacity: map[string]schema.Throughput{"": old.Throughput},
		}
		for _, x := range old.GlobalIndexes {
			s.capacity[x.Name] = x.Throughput
		}
		for step := range 60 {
			before := f.describe("Things")
			c := s.someChange(r)
			d, err := f.update(c)
			t.Logf("seed %d, step %d, at %v: %+v: %v", seed, step, f.store.Now(), c, err)
			after := f.describe("Things")
			if err != nil {
				require.Equal(t, before, after, "a refused change changes nothing")
			} else {
				s.take(c)
				s.requireWarm(t, d)
			}
			s.requireWarm(t, after)
			switch r.IntN(3) {
			case 0:
				f.clock.Advance(time.Second)
			case 1:
				f.clock.Advance(time.Minute)
				s.require(t, f.describe("Things"))
				s.requireWarm(t, f.describe("Things"))
			}
		}
	}
}

// idle reports whether d tells of nothing that goes on.
func idle(d schema.Description) bool {
	done := d.Status == schema.Active && !d.Encrypting
	for _, x := range d.States {
		done = done && x.Status == schema.Active
	}
	for _, w := range d.Warm {
		done = done && w.Status == schema.Active
	}
	return done
}

// A table can be deleted if, and only if, its description tells of nothing that goes on, whatever has come and gone before.
func TestDeletableAsDescribed(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 2))
		f := newFixture(t, provisioned(), table.Timing{Updating: time.Second, Warming: 3 * time.Second, Backfilling: 2 * time.Second})
		for range r.IntN(20) {
			c := new(settings).someChange(r)
			switch r.IntN(3) {
			case 0:
				c = byX()
				c.CreateIndexes[0].Warm.Read = 15_000
				if f.describe("Things").BillingMode == schema.Provisioned {
					c.CreateIndexes[0].Throughput = schema.Throughput{Read: 1, Write: 1}
				}
			case 1:
				c = table.Changes{DeleteIndexes: []string{[]string{"ByX", "ByG", "ByGToo"}[r.IntN(3)]}}
			}
			if c.DeletionProtection == nil {
				_, _ = f.update(c)
			}
			f.clock.Advance(time.Duration(r.IntN(3)) * time.Second)
		}
		d := f.describe("Things")
		_, err := f.store.DeleteTable(ctx, "Things")
		require.Equal(t, idle(d), err == nil, "seed %d: %+v: %v", seed, d, err)
	}
}
