package table

import "github.com/tidemark-db/tidemark/schema"

// onDemandWarm is what a table on demand takes at once.
var onDemandWarm = schema.Throughput{Read: 12_000, Write: 4_000}

// warmth is what the table, without a name, and its global indexes, by theirs, could take at once before what they are
// now. They never take less again.
type warmth map[string]schema.Throughput

// keepWarmLocked remembers what the table and its indexes take by a definition that another one follows.
func (t *Table) keepWarmLocked(old *schema.Table) {
	if t.mu.warm == nil {
		t.mu.warm = make(warmth)
	}
	t.mu.warm[""] = t.warmLocked("", old.BillingMode, old.Throughput)
	for i := range old.GlobalIndexes {
		x := &old.GlobalIndexes[i]
		t.mu.warm[x.Name] = t.warmLocked(x.Name, old.BillingMode, x.Throughput)
	}
}

func (t *Table) warmLocked(name string, mode schema.BillingMode, now schema.Throughput) schema.Throughput {
	if mode == schema.PayPerRequest {
		now = onDemandWarm
	}
	was := t.mu.warm[name]
	return schema.Throughput{Read: max(was.Read, now.Read), Write: max(was.Write, now.Write)}
}

// describeWarmLocked adds to d what the table and its global indexes take at once, as far as they are there.
func (t *Table) describeWarmLocked(d *schema.Description) {
	if d.Status == schema.Creating || d.Status == schema.Deleting {
		return
	}
	d.Warm = make(map[string]schema.Throughput, 1+len(d.GlobalIndexes))
	d.Warm[""] = t.warmLocked("", d.BillingMode, d.Throughput)
	for i := range d.GlobalIndexes {
		x := &d.GlobalIndexes[i]
		if d.States[x.Name].Status != schema.Creating {
			d.Warm[x.Name] = t.warmLocked(x.Name, d.BillingMode, x.Throughput)
		}
	}
}

// forgetIndexLocked drops what was kept of an index, for a new one of its name.
func (t *Table) forgetIndexLocked(index string) {
	delete(t.mu.insights, index)
	delete(t.mu.warm, index)
}
