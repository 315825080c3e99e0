package expr

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
)

// reads are the paths that an expression reads. What they lead to is found in one pass over an item, however many they
// are and however large it is.
type reads struct {
	tree branch // the use of a path is its place among what is found
	n    int
}

// newReads returns what those operands read, which are paths, and tells each of them its place.
func newReads(operands []*operand) reads {
	slices.SortFunc(operands, func(a, b *operand) int { return slices.CompareFunc(a.path, b.path, step.compare) })
	r := reads{tree: branch{use: noUse}}
	for _, o := range operands {
		end := r.tree.grow(o.path)
		if end.use == noUse {
			end.use = r.n
			r.n++
		}
		o.place = end.use
	}
	return r
}

// fewReads is how many places are kept without allocating.
const fewReads = 4

// of returns what the paths lead to in item: the zero Value where it has nothing. It uses the space if that is enough.
func (r *reads) of(item attr.Item, space *[fewReads]attr.Value) []attr.Value {
	found := space[:]
	if r.n > len(found) {
		found = make([]attr.Value, r.n)
	}
	fields := item.Cursor()
	for i := range r.tree.kids {
		kid := &r.tree.kids[i]
		if v, ok := fields.Seek(kid.step.name); ok {
			kid.find(v, found)
		}
	}
	return found
}

// find puts what is at b and beneath it into found.
func (b *branch) find(v attr.Value, found []attr.Value) {
	if b.use != noUse {
		found[b.use] = v
	}
	switch kids := b.kids; {
	case len(kids) == 0:
	case v.Type() == attr.TypeM:
		fields := v.Cursor()
		for i := range kids {
			if part, ok := fields.Seek(kids[i].step.name); ok { // an index has no name, as no field has
				kids[i].find(part, found)
			}
		}
	case v.Type() == attr.TypeL:
		i := 0
		for e := range v.Elements() {
			if len(kids) == 0 || kids[0].step.isName() {
				break
			}
			if kids[0].step.index == i {
				kids[0].find(e, found)
				kids = kids[1:]
			}
			i++
		}
	}
}

// paths appends those operands of n that are paths.
func (n *node) paths(list []*operand) []*operand {
	if n == nil {
		return list
	}
	list = n.right.paths(n.left.paths(list))
	for i := range n.args {
		list = n.args[i].paths(list)
	}
	return n.call.paths(list)
}

// paths appends o if it is a path, or those of the operands of its function that are.
func (o *operand) paths(list []*operand) []*operand {
	if o.path != nil {
		return append(list, o)
	}
	return o.call.paths(list)
}

func (c *call) paths(list []*operand) []*operand {
	if c == nil {
		return list
	}
	for i := range c.args {
		list = c.args[i].paths(list)
	}
	return c.test.paths(list)
}
