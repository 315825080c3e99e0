package main

import (
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/attr"
)

// When what happens. The deploy does not keep to whole seconds.
var (
	deployed = time.Date(2026, time.March, 9, 14, 25, 17, 250_000_000, time.UTC)
	noticed  = time.Date(2026, time.March, 13, 9, 0, 0, 0, time.UTC)
)

// write sets one attribute of one item, or deletes the item.
type write struct {
	at    time.Time
	key   attr.Key
	name  string // empty: deletes
	value attr.Value
	bad   bool
}

// apply is what the write makes of an item. Like UpdateItem, it makes a new one where there is none.
func (w write) apply(old attr.Item) (attr.Item, error) {
	switch {
	case w.name == "":
		return attr.Item{}, nil
	case old.IsZero():
		return attr.NewItem(attr.Map{"Symbol": w.key.Partition, w.name: w.value})
	}
	return old.With(attr.Map{w.name: w.value})
}

// schedule returns all writes in the order of their times: corrections, a new attribute, and the bad deploy.
func schedule(elements []attr.Item) []write {
	writes := slices.Concat(corrections(), blocks(elements), deploy(elements))
	slices.SortStableFunc(writes, func(a, b write) int { return a.at.Compare(b.at) })
	return writes
}

// corrections are the masses of elements with a single natural isotope, which are known best, one every twelve hours.
func corrections() []write {
	masses := [][2]string{
		{"F", "18.998403162"}, {"Na", "22.98976928"}, {"Al", "26.9815384"}, {"P", "30.973761998"}, {"Sc", "44.955907"},
		{"Mn", "54.938043"}, {"Co", "58.933194"}, {"As", "74.921595"}, {"Nb", "92.90637"}, {"Rh", "102.90549"},
		{"I", "126.90447"}, {"Cs", "132.90545196"},
		{"Au", "196.96657"}, // an hour into the deploy, which deletes gold later
		{"Pr", "140.90766"}, {"Tb", "158.925354"}, {"Ho", "164.930329"}, {"Tm", "168.934219"}, {"Y", "88.905838"},
		{"Bi", "208.9804"},
	}
	var writes []write
	first := deployed.Truncate(time.Hour).Add(time.Hour - 12*12*time.Hour)
	for i, m := range masses {
		writes = append(writes, write{
			at: first.Add(time.Duration(i) * 12 * time.Hour), key: attr.Key{Partition: attr.S(m[0])},
			name: "Mass", value: attr.N(m[1]),
		})
	}
	return writes
}

// blocks give every element the new attribute Block, one every two hours.
func blocks(elements []attr.Item) []write {
	var writes []write
	for i, element := range elements {
		writes = append(writes, write{
			at: start.Add(23*time.Hour + time.Duration(i)*2*time.Hour), key: keyOf(element),
			name: "Block", value: attr.S(block(element)),
		})
	}
	return writes
}

// block returns the block of the periodic table that an element is in.
func block(element attr.Item) string {
	symbol, _ := element.Lookup("Symbol")
	group, ok := element.Lookup("Group")
	after := func(n int64) bool {
		c, _ := group.Compare(attr.Int(n))
		return c > 0
	}
	switch {
	case !ok:
		return "f"
	case symbol == attr.S("He"), !after(2):
		return "s"
	case after(12):
		return "p"
	}
	return "d"
}

// deploy is the bad one: every fifth element in turn, seven minutes apart, loses its mass, and every fourth of those
// goes altogether.
func deploy(elements []attr.Item) []write {
	var writes []write
	for i := 3; i < len(elements); i += 5 {
		n := len(writes)
		w := write{at: deployed.Add(time.Duration(n) * 7 * time.Minute), key: keyOf(elements[i]), bad: true}
		if n%4 != 3 {
			w.name, w.value = "Mass", zero
		}
		writes = append(writes, w)
	}
	return writes
}
