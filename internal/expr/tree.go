package expr

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
)

// branch is a node of a tree of paths: what the paths that begin alike have in common. The root has no step of its
// own; its children are attributes of an item. With the paths of an expression as a tree, clashes between them are
// found, and an item is projected or rebuilt, going over each part of it once.
type branch struct {
	step  step
	first path     // the first path that came through here
	use   int      // the number of the path that ends here, or noUse
	kids  []branch // in order of their steps
}

const noUse = -1

// add puts a path into the tree, unless it clashes with one that is there already, of which it returns the first: they
// overlap if one leads into the other, and conflict if one takes for a list what the other takes for a map.
func (b *branch) add(pa path, use int) (clash path, how string) {
	at := b
	for i, s := range pa {
		if i > 0 && len(at.kids) > 0 && at.kids[0].step.isName() != s.isName() {
			return at.first, "conflict"
		}
		k, found := slices.BinarySearchFunc(at.kids, s, func(kid branch, s step) int { return kid.step.compare(s) })
		if !found {
			at.kids = slices.Insert(at.kids, k, branch{step: s, first: pa, use: noUse})
		}
		at = &at.kids[k]
		if found && (at.use != noUse || i == len(pa)-1) {
			return at.first, "overlap"
		}
	}
	at.use = use
	return nil, ""
}

// grow adds a path to a tree that has been given its paths in order, and returns where it ends.
func (b *branch) grow(pa path) (end *branch) {
	for _, s := range pa {
		if n := len(b.kids); n == 0 || b.kids[n-1].step != s {
			b.kids = append(b.kids, branch{step: s, use: noUse})
		}
		b = &b.kids[len(b.kids)-1]
	}
	return b
}

// names returns the attributes that a tree of paths begins with, in ascending order.
func (b *branch) names() []string {
	names := make([]string, len(b.kids))
	for i := range b.kids {
		names[i] = b.kids[i].step.name
	}
	return names
}

// nested returns those of them of which there is a path that goes on.
func (b *branch) nested() (names []string) {
	for i := range b.kids {
		if len(b.kids[i].kids) > 0 {
			names = append(names, b.kids[i].step.name)
		}
	}
	return names
}

// project returns the parts of item at which the tree's paths end, within as much of the item as leads to them. The
// elements of a list that are left close up.
func (b *branch) project(item attr.Item) attr.Item {
	if item.IsZero() {
		return item
	}
	if names, flat := b.flat(); flat {
		return item.Project(names...)
	}
	m := make(attr.Map, len(b.kids))
	fields := item.Cursor()
	for i := range b.kids {
		kid := &b.kids[i]
		if v, ok := fields.Seek(kid.step.name); ok {
			if v, ok = kid.pick(v); ok {
				m[kid.step.name] = v
			}
		}
	}
	projected, _ := attr.NewItem(m) // what has been in an item can be in one
	return projected
}

// flat returns the names of the attributes that the tree has, and whether it has nothing deeper.
func (b *branch) flat() (names []string, flat bool) {
	names = make([]string, len(b.kids))
	for i := range b.kids {
		if b.kids[i].use == noUse {
			return nil, false
		}
		names[i] = b.kids[i].step.name
	}
	return names, true
}

// pick is project for what is found at b.
func (b *branch) pick(v attr.Value) (picked attr.Value, ok bool) {
	if b.use != noUse {
		return v, true
	}
	if b.kids[0].step.isName() {
		m := b.pickFields(v)
		return attr.M(m), m != nil
	}
	list := b.pickElements(v)
	return attr.L(list...), list != nil
}

// pickFields is pick for the fields of a map.
func (b *branch) pickFields(v attr.Value) (m attr.Map) {
	fields := v.Cursor()
	for i := range b.kids {
		kid := &b.kids[i]
		part, ok := fields.Seek(kid.step.name)
		if !ok {
			continue
		}
		if part, ok = kid.pick(part); !ok {
			continue
		}
		if m == nil {
			m = make(attr.Map, len(b.kids))
		}
		m[kid.step.name] = part
	}
	return m
}

// pickElements is pick for the elements of a list.
func (b *branch) pickElements(v attr.Value) (list []attr.Value) {
	if v.Type() != attr.TypeL {
		return nil
	}
	i, kids := 0, b.kids
	for e := range v.Elements() {
		if len(kids) == 0 {
			break
		}
		if kids[0].step.index == i {
			if part, ok := kids[0].pick(e); ok {
				list = append(list, part)
			}
			kids = kids[1:]
		}
		i++
	}
	return list
}
