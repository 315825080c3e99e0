package wire

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// touched notes the item collection that a write is about.
func (m *meter) touched(name string, t *table.Table, partition attr.Value) {
	if m == nil || !m.sizes {
		return
	}
	if y := m.of(name, t); !slices.Contains(y.partitions, partition) {
		y.partitions = append(y.partitions, partition)
	}
}

// writeCollection writes the item collection that a request for one item is about, if it asks for it and the table has
// local indexes.
func (c *call) writeCollection() {
	m := c.meter
	if m == nil || !m.sizes || len(m.tallies) == 0 || len(m.tallies[0].definition.LocalIndexes) == 0 {
		return
	}
	c.out.Name("ItemCollectionMetrics")
	c.writeCollectionOf(&m.tallies[0], m.tallies[0].partitions[0])
}

// writeCollections writes the item collections that a request for several items is about, by table.
func (c *call) writeCollections() {
	m := c.meter
	if m == nil || !m.sizes {
		return
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
			c.writeCollectionOf(y, partition)
		}
		c.out.End(']')
	}
	if begun {
		c.out.End('}')
	}
}

func (c *call) writeCollectionOf(y *tally, partition attr.Value) {
	whole := int64(0)
	if state, err := y.table.Snapshot(); err == nil { // else it is gone by now, but what was written to it was written
		whole = collectionSize(state, y.definition.LocalIndexes, partition, 1<<30)
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
}

// collectionSize returns how many whole units of so many bytes the items with a partition key have, together with their
// entries in the local indexes. It reads them only if the table is so large that there can be one at all.
func collectionSize(state *snapshot.Snapshot, local []schema.Index, partition attr.Value, unit int64) (whole int64) {
	if state.Size()*int64(1+len(local)) < unit {
		return 0
	}
	names := []string{""}
	for _, x := range local {
		names = append(names, x.Name)
	}
	size := int64(0)
	for _, name := range names {
		items, err := state.Items(snapshot.Query{Index: name, Partition: partition})
		if err != nil {
			continue // the index is gone
		}
		for item := range items {
			size += int64(item.Size())
		}
	}
	return size / unit
}
