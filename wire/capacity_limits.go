package wire

import (
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// EnforceThroughput has the API bound what operations on items consume from now on, by the clock of its store: the
// provisioned throughput of tables and of their global indexes, and the maxima that on-demand tables and indexes may
// have. Without it, all that there is to throughput is that it is described and counted.
//
// A table or index may consume its throughput every second, and keeps for later what it has not consumed in the last
// 300 seconds; a new one starts with one second's worth. As long as anything is left, an operation is done whatever it
// costs, and what it has cost beyond that must come together before the next one. An operation that finds nothing left
// fails with ProvisionedThroughputExceeded, or with Throttling if it is a maximum that is reached; a transaction is
// canceled for that reason. Batches leave unprocessed what finds nothing left, and fail only if nothing can be done.
// Backups and restores consume nothing, and neither does what a program does with the store itself.
//
// It cannot be switched off again.
func (a *API) EnforceThroughput() {
	l := &limits{tables: make(map[string]*allowance)}
	if a.tables != nil && a.limits.CompareAndSwap(nil, l) {
		a.tables.OnDelete(func(final *snapshot.Snapshot) { l.forget(final.Table().Name) })
	}
}

// limits is what may be consumed of the tables of a store.
type limits struct {
	mu     sync.Mutex
	tables map[string]*allowance // by their names
}

// allowance is what may be consumed of one incarnation of a table.
type allowance struct {
	id        string
	resources map[string]*resource // by the names of global indexes; the table itself is without one
}

// resource is a table or a global index.
type resource struct{ reads, writes capacity.Bucket }

func (r *resource) bucket(writes bool) *capacity.Bucket {
	if writes {
		return &r.writes
	}
	return &r.reads
}

func (l *limits) forget(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.tables, name)
}

// atLocked returns the table, or its index, as it is at a time.
func (l *limits) atLocked(d *schema.Table, index string, now time.Time) *resource {
	a := l.tables[d.Name]
	if a == nil || a.id != d.ID {
		a = &allowance{id: d.ID, resources: make(map[string]*resource)}
		l.tables[d.Name] = a
		a.add(d, "", d.CreationTime)
		for i := range d.GlobalIndexes {
			a.add(d, d.GlobalIndexes[i].Name, d.CreationTime)
		}
	}
	r := a.resources[index]
	if r == nil { // an index that is younger than the allowance
		r = a.add(d, index, now)
	}
	rates := ratesOf(d, index)
	r.reads.SetRate(rates.Read, now)
	r.writes.SetRate(rates.Write, now)
	return r
}

// add adds a table or an index that there is since an instant.
func (a *allowance) add(d *schema.Table, index string, since time.Time) *resource {
	rates := ratesOf(d, index)
	r := &resource{reads: capacity.NewBucket(rates.Read, since), writes: capacity.NewBucket(rates.Write, since)}
	a.resources[index] = r
	return r
}

// ratesOf returns what may be consumed of a table or its index in a second; 0 is without bounds.
func ratesOf(d *schema.Table, index string) schema.Throughput {
	throughput, maxima := d.Throughput, d.OnDemand
	for i := range d.GlobalIndexes {
		if x := &d.GlobalIndexes[i]; x.Name == index {
			throughput, maxima = x.Throughput, x.OnDemand
		}
	}
	if d.BillingMode == schema.PayPerRequest {
		return schema.Throughput{Read: max(maxima.MaxRead, 0), Write: max(maxima.MaxWrite, 0)}
	}
	return throughput
}

// open refuses to consume anything of a table, or its index, of which nothing is left.
func (l *limits) open(d *schema.Table, index string, writes bool, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.atLocked(d, index, now).bucket(writes).Open(now) {
		return nil
	}
	return throttled(d, index, writes)
}

// openIndexes refuses a write that would consume something of a global index of which nothing is left.
func (l *limits) openIndexes(d *schema.Table, cost capacity.Consumption, now time.Time) error {
	for i, u := range cost.Global {
		if u == 0 {
			continue
		}
		if err := l.open(d, d.GlobalIndexes[i].Name, true, now); err != nil {
			return err
		}
	}
	return nil
}

// take takes what was consumed so many times; to take it -1 times gives it back.
func (l *limits) take(d *schema.Table, writes bool, c capacity.Consumption, times capacity.Units, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	table := c.Table
	for _, u := range c.Local {
		table += u // local indexes live on the throughput of their table
	}
	if table != 0 {
		l.atLocked(d, "", now).bucket(writes).Take(table*times, now)
	}
	for i, u := range c.Global {
		if u != 0 {
			l.atLocked(d, d.GlobalIndexes[i].Name, now).bucket(writes).Take(u*times, now)
		}
	}
}

// throttled is the error of an operation that finds nothing left.
func throttled(d *schema.Table, index string, writes bool) error {
	what, arn, way := "Table", d.ARN, "Read"
	if index != "" {
		what, arn = "Index", d.ARN.Index(index)
	}
	if writes {
		way = "Write"
	}
	because := func(limit string) throttling { return throttling{what + way + limit + "Exceeded", arn.String()} }
	if d.BillingMode == schema.PayPerRequest {
		return &refusal{
			error: exception.Throttling.Errorf(
				"Throughput exceeds the maximum OnDemandThroughput configured on table or index"),
			throttling: because("MaxOnDemandThroughput"),
		}
	}
	if index == "" {
		return &refusal{
			error: exception.ProvisionedThroughputExceeded.Errorf(
				"The level of configured provisioned throughput for the table was exceeded. " +
					"Consider increasing your provisioning level with the UpdateTable API."),
			throttling: because("ProvisionedThroughput"),
		}
	}
	return &refusal{
		error: exception.ProvisionedThroughputExceeded.Errorf(
			"The level of configured provisioned throughput for one or more global secondary indexes of the table was " +
				"exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes " +
				"with the UpdateTable API."),
		throttling: because("ProvisionedThroughput"),
	}
}

// throttling says what there is nothing left of.
type throttling struct{ reason, resource string }
