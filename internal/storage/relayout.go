package storage

import "slices"

// same reports whether x and y hold the same of every item, whatever their names are.
func (x *IndexLayout) same(y *IndexLayout) bool {
	return x.all == y.all && slices.Equal(x.names, y.names) && x.Key.equal(y.Key)
}

func (k Key) equal(l Key) bool {
	return slices.Equal(k.Partition, l.Partition) && slices.Equal(k.Sort, l.Sort)
}

// Equal reports whether l and m have the same indexes in the same order, by the same names.
func (l *Layout) Equal(m *Layout) bool {
	return l == m || l.Key.equal(m.Key) && slices.EqualFunc(l.Indexes, m.Indexes, func(x, y IndexLayout) bool {
		return x.Name == y.Name && x.same(&y)
	})
}

// Relayout returns a clone of d with another layout of the same key. An index that d has, or one of others, whose items
// must be those of d, is shared, by whatever name; only one that nobody has is made by a pass over all items. Items
// whose attributes do not fit the key of an index are not in it.
func (d *Data) Relayout(l *Layout, others ...*Data) *Data {
	c := &Data{layout: l, table: d.table.clone(), indexes: make([]tree, len(l.Indexes))}
	have := append([]*Data{d}, others...)
	var missing []int
	for i := range l.Indexes {
		if found := findIndex(&l.Indexes[i], have); found != nil {
			c.indexes[i] = found.clone()
		} else {
			missing = append(missing, i)
		}
	}
	c.build(missing)
	return c
}

func findIndex(x *IndexLayout, have []*Data) *tree {
	for _, d := range have {
		for i := range d.indexes {
			if x.same(&d.layout.Indexes[i]) {
				return &d.indexes[i]
			}
		}
	}
	return nil
}

// build makes some of the indexes anew.
func (d *Data) build(indexes []int) {
	if len(indexes) == 0 {
		return
	}
	for _, i := range indexes {
		d.indexes[i] = newTree()
	}
	d.table.ascend(Span{}, func(r *Record) bool {
		for _, i := range indexes {
			if hash, entry := d.layout.Indexes[i].entry(r); entry != nil {
				d.indexes[i].put(hash, entry)
			}
		}
		return true
	})
}

// Index is an index in the making: it begins as what one moment's items amount to, and is brought up to the present
// change by change.
type Index struct{ data *Data }

// Build makes the last index of layout l for the items of d, which no other goroutine may use meanwhile.
func (d *Data) Build(l *Layout) *Index {
	alone := &Layout{Key: l.Key, Indexes: l.Indexes[len(l.Indexes)-1:]}
	x := &Index{&Data{layout: alone, table: d.table, indexes: make([]tree, 1)}}
	x.data.build([]int{0})
	x.data.table = tree{} // the changes bring their own records
	return x
}

// Follow brings x in step with a change of the table. Changes must be given in their order.
func (x *Index) Follow(c Change) { x.data.reindex(c.Old, c.New) }

// With returns a clone of d with layout l, to which x belongs, whose items must be those that x has come to.
func (d *Data) With(l *Layout, x *Index) *Data { return d.Relayout(l, x.data) }
