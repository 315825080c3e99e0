package table

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/schema"
)

// warmth is what the table, without a name, and its global indexes, by theirs, can take at once beyond what follows from
// what they are now.
type warmth struct {
	taken map[string]schema.Throughput // before they were that; they never take less again
	asked map[string]warming
}

// warming is what a table or an index has been asked to take at once, and does from a time on.
type warming struct {
	schema.Throughput // 0: not asked for
	until             time.Time
}

// keepWarmLocked remembers what the table and its indexes take by a definition that another one follows.
func (t *Table) keepWarmLocked(old *schema.Table, now time.Time) {
	if t.mu.warm.taken == nil {
		t.mu.warm.taken = make(map[string]schema.Throughput)
	}
	keep := func(name string, provisioned schema.Throughput) {
		t.mu.warm.taken[name] = t.warmLocked(name, old.BillingMode, provisioned, moment{now: now})
		if !now.Before(t.mu.warm.asked[name].until) {
			delete(t.mu.warm.asked, name)
		}
	}
	keep("", old.Throughput)
	for i := range old.GlobalIndexes {
		keep(old.GlobalIndexes[i].Name, old.GlobalIndexes[i].Throughput)
	}
}

func (t *Table) warmLocked(name string, mode schema.BillingMode, provisioned schema.Throughput, m moment) schema.Throughput {
	if mode == schema.PayPerRequest {
		provisioned = schema.OnDemandWarm
	}
	warm := provisioned.Most(t.mu.warm.taken[name])
	if asked := t.mu.warm.asked[name]; !m.before(asked.until) {
		warm = warm.Most(asked.Throughput)
	}
	return warm
}

// askWarmLocked has the table or an index take as much at once from a time on, if anything is asked for.
func (t *Table) askWarmLocked(name string, warm schema.Throughput, until time.Time) {
	if warm == (schema.Throughput{}) {
		return
	}
	if t.mu.warm.asked == nil {
		t.mu.warm.asked = make(map[string]warming)
	}
	t.mu.warm.asked[name] = warming{warm, until}
}

// checkNewWarm refuses a new table that is asked to take more at once, itself or by an index, than the quotas allow.
func (t *Table) checkNewWarm() error {
	for _, name := range slices.Sorted(maps.Keys(t.mu.warm.asked)) {
		if err := t.store.checkWarmQuota(name, t.mu.warm.asked[name].Throughput); err != nil {
			return err
		}
	}
	return nil
}

// askNewLocked asks for what the indexes of a new table are to take at once, which is no part of its definition.
func (t *Table) askNewLocked() {
	for i := range t.mu.definition.GlobalIndexes {
		x := &t.mu.definition.GlobalIndexes[i]
		t.askWarmLocked(x.Name, x.Warm, t.mu.active)
		x.Warm = schema.Throughput{}
	}
}

// checkWarmLocked refuses to have the table or an index take less than it does, or more than the quotas allow.
func (t *Table) checkWarmLocked(c *Changes, now time.Time) error {
	check := func(name string, provisioned, asked schema.Throughput) error {
		current := t.warmLocked(name, t.mu.definition.BillingMode, provisioned, moment{now: now})
		if err := schema.CheckWarm(name, asked, current, func(string) string {
			return "current WarmThroughput, decreasing WarmThroughput is not supported"
		}); err != nil {
			return err
		}
		return t.store.checkWarmQuota(name, asked)
	}
	for _, x := range c.CreateIndexes {
		if err := t.store.checkWarmQuota(x.Name, x.Warm); err != nil {
			return err
		}
	}
	for _, x := range t.mu.definition.GlobalIndexes {
		if change := c.Indexes[x.Name]; change.Warm != nil {
			if err := check(x.Name, x.Throughput, *change.Warm); err != nil {
				return err
			}
		}
	}
	return check("", t.mu.definition.Throughput, c.Warm)
}

// changeWarmLocked has the table and its indexes take at once what c asks for, in some time if that is more than they do.
// What was asked for before, and has not come about, stays asked for unless c says otherwise.
func (t *Table) changeWarmLocked(c *Changes, now time.Time) {
	change := func(name string, asked schema.Throughput) {
		if asked == (schema.Throughput{}) {
			return
		}
		before := t.mu.warm.asked[name]
		next := schema.Throughput{Read: cmp.Or(asked.Read, before.Read), Write: cmp.Or(asked.Write, before.Write)}
		until := now
		if current := t.mu.warm.taken[name]; current.Most(next) != current {
			until = now.Add(t.store.timing.Warming)
		}
		t.askWarmLocked(name, next, until)
	}
	change("", c.Warm)
	for _, x := range t.mu.definition.GlobalIndexes {
		if asked := c.Indexes[x.Name].Warm; asked != nil {
			change(x.Name, *asked)
		}
	}
}

// warmingLocked reports whether something is about to take more at once.
func (t *Table) warmingLocked(now time.Time) bool {
	for _, asked := range t.mu.warm.asked {
		if now.Before(asked.until) {
			return true
		}
	}
	return false
}

// describeWarmLocked adds to d what the table and its global indexes take at once, as far as they are there.
func (t *Table) describeWarmLocked(d *schema.Description, m moment) {
	if d.Status == schema.Deleting {
		return
	}
	describe := func(name string, provisioned schema.Throughput, creating bool) {
		asked, pending := t.mu.warm.asked[name]
		if creating && !pending {
			return
		}
		warm := schema.WarmThroughput{
			Throughput: t.warmLocked(name, d.BillingMode, provisioned, m), Status: schema.Active,
		}
		switch {
		case creating:
			warm.Throughput, warm.Status = warm.Most(asked.Throughput), schema.Updating
		case m.before(asked.until):
			warm.Status = schema.Updating
		}
		if d.Warm == nil {
			d.Warm = make(map[string]schema.WarmThroughput, 1+len(d.GlobalIndexes))
		}
		d.Warm[name] = warm
	}
	creating := d.Status == schema.Creating
	describe("", d.Throughput, creating)
	for i := range d.GlobalIndexes {
		x := &d.GlobalIndexes[i]
		describe(x.Name, x.Throughput, creating || d.States[x.Name].Status == schema.Creating)
	}
}
