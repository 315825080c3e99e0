package expr

import (
	"maps"
	"slices"
)

// heads are the attributes with which the paths of an expression begin, and whether one of those paths goes on. What
// they are needed for is the business of those who know which attributes are keys.
type heads map[string]bool

func (h *heads) add(pa path) {
	if *h == nil {
		*h = make(heads, 4)
	}
	name := pa[0].name
	(*h)[name] = (*h)[name] || len(pa) > 1
}

// names returns all of them, in ascending order.
func (h heads) names() []string { return slices.Sorted(maps.Keys(h)) }

// nested returns those with a path that goes on, in ascending order.
func (h heads) nested() []string {
	var names []string
	for name, goesOn := range h {
		if goesOn {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
