package capacity

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/schema"
)

// Kind is read capacity or write capacity.
type Kind uint8

// The kinds of capacity.
const (
	Reads Kind = iota
	Writes
)

// Limits is what may be consumed of tables and of their global indexes, by their throughput, or by the maxima of those on
// demand. Tables are told apart by their names and, one after the other, by their ids. It knows of a table what it was
// last asked about; [Limits.Follow] tells it of changes when they happen. The zero Limits has no tables yet. It may be
// used by any number of goroutines at once.
type Limits struct {
	mu     sync.Mutex
	tables map[string]*allowance // by their names
}

// allowance is what may be consumed of one table.
type allowance struct {
	id      string
	buckets map[string]*[2]Bucket // by Kind, of each global index by its name; the table itself is without one
}

// Follow has the limits be those of a table and its indexes as they are at a time. What an index has that is gone is
// forgotten.
func (l *Limits) Follow(d *schema.Table, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.followLocked(d, now)
	maps.DeleteFunc(a.buckets, func(name string, _ *[2]Bucket) bool {
		return name != "" && !slices.ContainsFunc(d.GlobalIndexes, func(x schema.Index) bool { return x.Name == name })
	})
}

// Forget forgets a table.
func (l *Limits) Forget(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.tables, name)
}

// Open reports whether anything is left to consume of a global index, or of the table itself, which is without a name.
func (l *Limits) Open(d *schema.Table, index string, k Kind, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.followLocked(d, now).buckets[index]
	return b == nil || b[k].Open(now)
}

// Take takes what was consumed, whether there was as much or not. Local indexes live on the throughput of their table.
func (l *Limits) Take(d *schema.Table, k Kind, c Consumption, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.followLocked(d, now)
	table := c.Table
	for _, u := range c.Local {
		table += u
	}
	a.buckets[""][k].Take(table, now)
	for i, u := range c.Global {
		a.buckets[d.GlobalIndexes[i].Name][k].Take(u, now)
	}
}

// followLocked returns the allowance of a table with all that there is of it at a time.
func (l *Limits) followLocked(d *schema.Table, now time.Time) *allowance {
	a, since := l.tables[d.Name], now
	if a == nil || a.id != d.ID {
		a, since = &allowance{id: d.ID, buckets: make(map[string]*[2]Bucket)}, d.CreationTime
		if l.tables == nil {
			l.tables = make(map[string]*allowance)
		}
		l.tables[d.Name] = a
	}
	a.follow("", ratesOf(d, d.Throughput, d.OnDemand), since, now)
	for i := range d.GlobalIndexes {
		x := &d.GlobalIndexes[i]
		a.follow(x.Name, ratesOf(d, x.Throughput, x.OnDemand), since, now)
	}
	return a
}

// follow sets the rates of a table or an index; one that is not known yet has been there since an instant.
func (a *allowance) follow(index string, rates schema.Throughput, since, now time.Time) {
	b := a.buckets[index]
	if b == nil {
		a.buckets[index] = &[2]Bucket{Reads: NewBucket(rates.Read, since), Writes: NewBucket(rates.Write, since)}
		return
	}
	b[Reads].SetRate(rates.Read, now)
	b[Writes].SetRate(rates.Write, now)
}

// ratesOf returns what may be consumed in a second; 0 is without bounds.
func ratesOf(d *schema.Table, throughput schema.Throughput, maxima schema.OnDemandThroughput) schema.Throughput {
	if d.BillingMode == schema.PayPerRequest {
		return schema.Throughput{Read: max(maxima.MaxRead, 0), Write: max(maxima.MaxWrite, 0)}
	}
	return throughput
}
