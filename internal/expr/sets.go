package expr

import "github.com/tidemark-db/tidemark/attr"

// union returns the set of the elements of v and w, which are sets of one type.
func union(v, w attr.Value) attr.Value {
	all := make([]attr.Value, 0, v.Len()+w.Len())
	for e := range v.Elements() {
		all = append(all, e)
	}
	old := all
	for e := range w.Elements() {
		if !has(old, e) {
			all = append(all, e)
		}
	}
	return set(v.Type(), all)
}

// without returns the set of those elements of v that w does not have, or the zero Value if there are none.
func without(v, w attr.Value) attr.Value {
	gone := make([]attr.Value, 0, w.Len())
	for e := range w.Elements() {
		gone = append(gone, e)
	}
	var left []attr.Value
	for e := range v.Elements() {
		if !has(gone, e) {
			left = append(left, e)
		}
	}
	return set(v.Type(), left)
}

// has reports whether e is among those elements of a set, which are in order.
func has(elements []attr.Value, e attr.Value) bool {
	low, high := 0, len(elements)
	for low < high {
		middle := (low + high) / 2
		switch c, _ := elements[middle].Compare(e); {
		case c == 0:
			return true
		case c < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return false
}

// set returns the set of type t of those elements, or the zero Value if there are none.
func set(t attr.Type, elements []attr.Value) attr.Value {
	if len(elements) == 0 {
		return attr.Value{}
	}
	if t == attr.TypeBS {
		binaries := make([][]byte, len(elements))
		for i, e := range elements {
			binaries[i], _ = e.Bytes()
		}
		return attr.BS(binaries...)
	}
	texts := make([]string, len(elements))
	for i, e := range elements {
		if t == attr.TypeSS {
			texts[i], _ = e.Text()
		} else {
			texts[i], _ = e.Number()
		}
	}
	if t == attr.TypeSS {
		return attr.SS(texts...)
	}
	return attr.NS(texts...)
}
