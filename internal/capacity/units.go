package capacity

import "strconv"

// Units is an amount of capacity in halves of a unit.
type Units int64

// One is one unit.
const One Units = 2

// AppendJSON appends u as the service writes it: 0.5 or 12.0.
func (u Units) AppendJSON(dst []byte) []byte {
	dst = strconv.AppendInt(dst, int64(u/One), 10)
	if u%One != 0 {
		return append(dst, ".5"...)
	}
	return append(dst, ".0"...)
}

// Consistency says how up to date what is read must be.
type Consistency uint8

// The ways to read.
const (
	Eventual Consistency = iota
	Strong
	Transactional
)

// The sizes that a unit is good for.
const (
	readStep  = 4 << 10
	writeStep = 1 << 10
)

// Read returns what it costs to read size bytes at once, which may be 0.
func Read(size int, c Consistency) Units {
	return steps(size, readStep) << c
}

// Write returns what it costs to write size bytes at once, which may be 0, outside of a transaction.
func Write(size int) Units { return steps(size, writeStep) * One }

func steps(size, step int) Units { return Units(max(1, (size+step-1)/step)) }

// Consumption is what has been consumed of one table and its indexes.
type Consumption struct {
	Table Units

	// Local and Global are by the places of the indexes in the table's description; nil is nothing of any.
	Local, Global []Units
}

// Total returns all of it together.
func (c *Consumption) Total() Units {
	total := c.Table
	for _, indexes := range [2][]Units{c.Local, c.Global} {
		for _, u := range indexes {
			total += u
		}
	}
	return total
}

// Add adds what something else has consumed of the same table.
func (c *Consumption) Add(other Consumption) {
	c.Table += other.Table
	c.Local = add(c.Local, other.Local)
	c.Global = add(c.Global, other.Global)
}

func add(to, from []Units) []Units {
	for len(to) < len(from) {
		to = append(to, 0)
	}
	for i, u := range from {
		to[i] += u
	}
	return to
}

// Transacted returns what the same costs in a transaction: twice as much of the table, and no more of its indexes.
func (c Consumption) Transacted() Consumption {
	c.Table *= 2
	return c
}
