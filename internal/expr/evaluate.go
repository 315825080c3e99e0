package expr

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/tidemark-db/tidemark/attr"
)

// Holds reports whether the condition is true of item; the zero Item has no attributes. Whatever the item has, that is
// no error: a comparison with what is not there or of another type is false, but for <>, which is true.
func (c *Condition) Holds(item attr.Item) bool {
	var space [fewReads]attr.Value
	if c.root.holds(c.reads.of(item, &space)) {
		return true
	}
	return c.or != nil && c.or.Holds(item)
}

// holds is Holds for what has been found in an item.
func (n *node) holds(found []attr.Value) bool {
	switch n.operator {
	case opCall:
		return n.call.holds(found)
	case opAnd:
		return n.left.holds(found) && n.right.holds(found)
	case opOr:
		return n.left.holds(found) || n.right.holds(found)
	case opNot:
		return !n.left.holds(found)
	}
	v, ok := n.args[0].find(found)
	switch n.operator {
	case opBetween:
		return ok && n.args[1].compares(found, opAtMost, v) && n.args[2].compares(found, opAtLeast, v)
	case opIn:
		for i := 1; ok && i < len(n.args); i++ {
			if w, there := n.args[i].find(found); there && v == w {
				return true
			}
		}
		return false
	}
	w, there := n.args[1].find(found)
	return compare(n.operator, v, w, ok && there)
}

// compares reports whether o compares so with w.
func (o *operand) compares(found []attr.Value, op operator, w attr.Value) bool {
	v, ok := o.find(found)
	return compare(op, v, w, ok)
}

// compare reports whether v compares so with w, of which ok says that both are there.
func compare(op operator, v, w attr.Value, ok bool) bool {
	switch op {
	case opEqual:
		return ok && v == w
	case opNotEqual:
		return !ok || v != w
	}
	if !ok {
		return false
	}
	c, ok := v.Compare(w)
	switch op {
	case opLess:
		return ok && c < 0
	case opAtMost:
		return ok && c <= 0
	case opGreater:
		return ok && c > 0
	}
	return ok && c >= 0
}

// find returns what o stands for; ok is false if the item in which the paths were found does not have it.
func (o *operand) find(found []attr.Value) (v attr.Value, ok bool) {
	switch {
	case o.path != nil:
		return found[o.place], found[o.place].Type() != 0
	case o.call == nil:
		return o.value, true
	case o.call.test != nil:
		return attr.Bool(o.call.test.holds(found)), true
	}
	if v, ok = o.call.args[0].find(found); ok {
		var n int
		if n, ok = size(v); ok {
			return attr.Int(int64(n)), true
		}
	}
	return attr.Value{}, false
}

// size is the function of that name, which numbers, booleans and null do not have.
func size(v attr.Value) (n int, ok bool) {
	switch v.Type() {
	case attr.TypeS:
		text, _ := v.Text()
		return utf16Len(text), true
	case attr.TypeN, attr.TypeBOOL, attr.TypeNULL:
		return 0, false
	}
	return v.Len(), true
}

// utf16Len returns how many units text has in UTF-16, which is how the service counts.
func utf16Len(text string) int {
	n := utf8.RuneCountInString(text)
	for i := range len(text) {
		if text[i] >= 0xF0 { // the first byte of what takes two units
			n++
		}
	}
	return n
}

// holds calls a function that gives a truth.
func (c *call) holds(found []attr.Value) bool {
	v, ok := c.args[0].find(found)
	switch c.function {
	case functionExists:
		return ok
	case functionNotExists:
		return !ok
	}
	if !ok {
		return false
	}
	w, ok := c.args[1].find(found)
	if !ok {
		return false
	}
	switch c.function {
	case functionType:
		name, _ := w.Text()
		return v.Type().String() == name
	case functionBeginsWith:
		return BeginsWith(v, w)
	case functionContains:
		return contains(v, w)
	}
	return false
}

// BeginsWith reports whether v begins with w, both being strings or both binaries.
func BeginsWith(v, w attr.Value) bool {
	if v.Type() != w.Type() {
		return false
	}
	switch v.Type() {
	case attr.TypeS:
		text, _ := v.Text()
		prefix, _ := w.Text()
		return strings.HasPrefix(text, prefix)
	case attr.TypeB:
		b, _ := v.Bytes()
		prefix, _ := w.Bytes()
		return bytes.HasPrefix(b, prefix)
	}
	return false
}

// contains reports whether w is a part of the string or binary v, or an element of the set or list v.
func contains(v, w attr.Value) bool {
	switch v.Type() {
	case attr.TypeS:
		text, _ := v.Text()
		part, ok := w.Text()
		return ok && strings.Contains(text, part)
	case attr.TypeB:
		part, ok := w.Bytes()
		if !ok {
			return false
		}
		b, _ := v.Bytes()
		return bytes.Contains(b, part)
	}
	for e := range v.Elements() {
		if e == w {
			return true
		}
	}
	return false
}
