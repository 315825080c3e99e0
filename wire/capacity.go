package wire

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

var (
	returnMetrics = request.Rule{Enum: []string{"SIZE", "NONE"}}
	capacityKinds = request.Rule{Enum: []string{"INDEXES", "TOTAL", "NONE"}}
)

// meter counts what a request consumes: for its answer, and for the throughput of tables where that is enforced. A nil
// meter, which a request has that needs none of it, counts nothing.
type meter struct {
	indexes     bool // whether the answer has each index
	total       bool // whether the answer has what was consumed at all
	sizes       bool // whether the answer has the sizes of item collections
	transaction bool
	limits      *capacity.Limits // nil: throughput is not enforced
	store       *table.Store
	tallies     []tally
}

// tally is what was consumed of one table.
type tally struct {
	name       string // as the request has it
	table      *table.Table
	definition *schema.Table
	writes     bool // whether it is write capacity
	consumed   capacity.Consumption
	refused    capacity.Units // to statements of a batch, of which the parts of the answer say nothing
	partitions []attr.Value   // of the items that were written
}

// readCapacity reads whether the answer is to say what was consumed.
func (c *call) readCapacity() {
	if v := c.in.Text("ReturnConsumedCapacity", capacityKinds); v == "INDEXES" || v == "TOTAL" {
		c.needMeter()
		c.meter.total, c.meter.indexes = true, v == "INDEXES"
	}
	if l := c.limits.Load(); l != nil {
		c.needMeter()
		c.meter.limits = l
	}
}

// readMetrics is readCapacity for an operation that writes.
func (c *call) readMetrics() {
	c.readCapacity()
	if c.in.Text("ReturnItemCollectionMetrics", returnMetrics) == "SIZE" {
		c.needMeter()
		c.meter.sizes = true
	}
}

func (c *call) needMeter() {
	if c.meter == nil {
		c.meter = &meter{store: c.tables}
	}
}

// transacted has what follows counted as part of a transaction.
func (m *meter) transacted() {
	if m != nil {
		m.transaction = true
	}
}

// of returns the tally of a table that the request gives by that name; nil is one that is gone.
func (m *meter) of(name string, t *table.Table) *tally {
	if i := slices.IndexFunc(m.tallies, func(y tally) bool { return y.name == name }); i >= 0 {
		return &m.tallies[i]
	}
	definition := new(schema.Table)
	if t != nil {
		definition = t.Definition()
	}
	m.tallies = append(m.tallies, tally{name: name, table: t, definition: definition})
	return &m.tallies[len(m.tallies)-1]
}

// got counts the read of one item by its key; the zero Item is one that is not there.
func (m *meter) got(name string, t *table.Table, item attr.Item, by capacity.Consistency) {
	if m != nil {
		m.read(m.of(name, t), capacity.Consumption{Table: capacity.Read(item.Size(), by)})
	}
}

// again counts the reads of a transaction that has been done before.
func (m *meter) again(reads []read) {
	if m == nil {
		return
	}
	for _, r := range reads {
		t, err := m.store.Table(r.table)
		if err != nil {
			t = nil // it is told all the same
		}
		m.read(m.of(r.table, t), capacity.Consumption{Table: r.units})
	}
}

// paged counts the read of a page of s: the size of what was read there, and what items have cost that were then
// fetched from the table.
func (m *meter) paged(name string, s *source, size int, fetched capacity.Units, by capacity.Consistency) {
	if m == nil {
		return
	}
	y := m.of(name, s.Table)
	read := capacity.Read(size, by)
	consumed := capacity.Consumption{Table: fetched}
	switch {
	case s.index == nil:
		consumed.Table += read
	case s.global:
		consumed.Global = at(y.definition.GlobalIndexes, s.index.Name, read)
	default:
		consumed.Local = at(y.definition.LocalIndexes, s.index.Name, read)
	}
	m.read(y, consumed)
}

// at returns what was consumed of one of several indexes.
func at(indexes []schema.Index, name string, u capacity.Units) []capacity.Units {
	all := make([]capacity.Units, len(indexes))
	if i := slices.IndexFunc(indexes, func(x schema.Index) bool { return x.Name == name }); i >= 0 {
		all[i] = u
	}
	return all
}

// wrote counts a write, which may be one that changes nothing: that of an item which is not there, or the look at one
// in a transaction.
func (m *meter) wrote(name string, t *table.Table, old, now attr.Item) {
	if m == nil || !m.total {
		return // what is enforced its admission has taken
	}
	y := m.of(name, t)
	y.writes = true
	consumed := capacity.Change(y.definition, old, now)
	if m.transaction {
		consumed = consumed.Transacted()
	}
	y.consumed.Add(consumed)
}

// refused counts a write of a batch that its condition has refused, if anything else was done with its table.
func (m *meter) refused(name string, old, now attr.Item) {
	if m == nil {
		return
	}
	if i := slices.IndexFunc(m.tallies, func(y tally) bool { return y.name == name }); i >= 0 {
		m.tallies[i].refused += capacity.Refused(old, now)
	}
}

// read counts what a read has consumed, and takes it. What a write consumes its admission takes.
func (m *meter) read(y *tally, c capacity.Consumption) {
	y.consumed.Add(c)
	if m.limits != nil && y.table != nil {
		m.limits.Take(y.definition, capacity.Reads, c, m.store.Now())
	}
}

// consistency returns what a read costs that asks to be consistent or not.
func consistency(consistent bool) capacity.Consistency {
	if consistent {
		return capacity.Strong
	}
	return capacity.Eventual
}
