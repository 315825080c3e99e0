package wire

import (
	"cmp"
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
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
	c.writeUnits("CapacityUnits", y.consumed.Total())
	if c.meter.indexes {
		c.writeIndexUnits("GlobalSecondaryIndexes", y, y.definition.GlobalIndexes, y.consumed.Global)
		c.writeIndexUnits("LocalSecondaryIndexes", y, y.definition.LocalIndexes, y.consumed.Local)
	}
	if c.meter.transaction && !y.writes {
		c.writeUnits("ReadCapacityUnits", y.consumed.Total())
	}
	if c.meter.indexes {
		c.out.Name("Table")
		c.writeShare(y, y.consumed.Table)
	}
	c.writeText("TableName", y.name)
	if c.meter.transaction && y.writes {
		c.writeUnits("WriteCapacityUnits", y.consumed.Total())
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

// writeCollection writes the item collection that a request for one item is about, if it asks for it and the table has
// local indexes.
func (c *call) writeCollection() error {
	m := c.meter
	if m == nil || !m.sizes || len(m.tallies) == 0 || len(m.tallies[0].definition.LocalIndexes) == 0 {
		return nil
	}
	c.out.Name("ItemCollectionMetrics")
	return c.writeCollectionOf(&m.tallies[0], m.tallies[0].partitions[0])
}

// writeCollections writes the item collections that a request for several items is about, by table.
func (c *call) writeCollections() error {
	m := c.meter
	if m == nil || !m.sizes {
		return nil
	}
	begun := false
	for i := range m.tallies {
		y := &m.tallies[i]
		if len(y.definition.LocalIndexes) == 0 || len(y.partitions) == 0 {
			continue
		}
		if !begun {
			begun = true
			c.out.Name("ItemCollectionMetrics")
			c.out.Begin('{')
		}
		c.out.Name(y.name)
		c.out.Begin('[')
		for _, partition := range y.partitions {
			c.out.Elem()
			if err := c.writeCollectionOf(y, partition); err != nil {
				return err
			}
		}
		c.out.End(']')
	}
	if begun {
		c.out.End('}')
	}
	return nil
}

func (c *call) writeCollectionOf(y *tally, partition attr.Value) error {
	state, err := y.table.Snapshot()
	if err != nil {
		return err
	}
	whole, err := collectionSize(state, y.definition.LocalIndexes, partition, 1<<30)
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.out.Name("ItemCollectionKey")
	c.out.Begin('{')
	c.out.Name(y.definition.KeySchema.Partition())
	c.out.Buf = partition.AppendJSON(c.out.Buf)
	c.out.End('}')
	c.out.Name("SizeEstimateRangeGB")
	c.out.Begin('[')
	for _, bound := range [2]int64{whole, whole + 1} {
		c.out.Elem()
		c.out.Buf = (capacity.Units(bound) * capacity.One).AppendJSON(c.out.Buf)
	}
	c.out.End(']')
	c.out.End('}')
	return nil
}

// collectionSize returns how many whole units of so many bytes the items with a partition key have, together with their
// entries in the local indexes. It reads them only if the table is so large that there can be one at all.
func collectionSize(
	state *snapshot.Snapshot, local []schema.Index, partition attr.Value, unit int64,
) (whole int64, err error) {
	if state.Size()*int64(1+len(local)) < unit {
		return 0, nil
	}
	names := []string{""}
	for _, x := range local {
		names = append(names, x.Name)
	}
	size := int64(0)
	for _, name := range names {
		items, err := state.Items(snapshot.Query{Index: name, Partition: partition})
		if err != nil {
			return 0, err
		}
		for item := range items {
			size += int64(item.Size())
		}
	}
	return size / unit, nil
}
