package wire

import (
	"cmp"
	"slices"

	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/schema"
)

// writeConsumed writes what a request for one table has consumed, if it asks for it.
func (c *call) writeConsumed() {
	if m := c.meter; m != nil && m.total && len(m.tallies) > 0 {
		c.out.Name("ConsumedCapacity")
		c.writeTally(&m.tallies[0])
	}
}

// writeEachConsumed writes what a request has consumed of each of its tables, if it asks for it.
func (c *call) writeEachConsumed() {
	if m := c.meter; m != nil && m.total {
		c.writeList("ConsumedCapacity", len(m.tallies), func(i int) { c.writeTally(&m.tallies[i]) })
	}
}

func (c *call) writeTally(y *tally) {
	c.out.Begin('{')
	total := y.consumed.Total() + y.refused
	c.writeUnits("CapacityUnits", total)
	if c.meter.indexes {
		c.writeIndexUnits("GlobalSecondaryIndexes", y, y.definition.GlobalIndexes, y.consumed.Global)
		c.writeIndexUnits("LocalSecondaryIndexes", y, y.definition.LocalIndexes, y.consumed.Local)
	}
	if c.meter.transaction && !y.writes {
		c.writeUnits("ReadCapacityUnits", total)
	}
	if c.meter.indexes {
		c.out.Name("Table")
		c.writeShare(y, y.consumed.Table)
	}
	c.writeText("TableName", y.name)
	if c.meter.transaction && y.writes {
		c.writeUnits("WriteCapacityUnits", total)
	}
	c.out.End('}')
}

// writeShare writes the part that a table or an index has of what was consumed. Only of transactions does the service
// say which kind of capacity it is.
func (c *call) writeShare(y *tally, u capacity.Units) {
	c.out.Begin('{')
	c.writeUnits("CapacityUnits", u)
	if c.meter.transaction && !y.writes {
		c.writeUnits("ReadCapacityUnits", u)
	}
	if c.meter.transaction && y.writes {
		c.writeUnits("WriteCapacityUnits", u)
	}
	c.out.End('}')
}

// writeIndexUnits writes the indexes of which something was consumed, in the order of their names.
func (c *call) writeIndexUnits(name string, y *tally, indexes []schema.Index, consumed []capacity.Units) {
	var places []int
	for i, u := range consumed {
		if u != 0 {
			places = append(places, i)
		}
	}
	if places == nil {
		return
	}
	slices.SortFunc(places, func(i, j int) int { return cmp.Compare(indexes[i].Name, indexes[j].Name) })
	c.out.Name(name)
	c.out.Begin('{')
	for _, i := range places {
		c.out.Name(indexes[i].Name)
		c.writeShare(y, consumed[i])
	}
	c.out.End('}')
}

func (c *call) writeUnits(name string, u capacity.Units) {
	c.out.Name(name)
	c.out.Buf = u.AppendJSON(c.out.Buf)
}

// insert has write put members into the answer at a place that was left behind: right after an opening bracket, with
// something behind it. It is for members that come first and are known last.
func (c *call) insert(place int, write func()) {
	end := len(c.out.Buf)
	write()
	if added := len(c.out.Buf) - end; added > 0 {
		// It began with a comma, since it came after something. That belongs behind it.
		members := append(slices.Clone(c.out.Buf[end+1:]), ',')
		c.out.Buf = slices.Insert(c.out.Buf[:end], place, members...)
	}
}
