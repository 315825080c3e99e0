package expr

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
)

// step is one element of a path: a name within a map or an item, or an index into a list.
type step struct {
	name  string
	index int // noIndex for a name
}

const noIndex = -1

func (s step) isName() bool { return s.index == noIndex }

// compare orders indexes before names.
func (s step) compare(t step) int {
	if c := cmp.Compare(s.index, t.index); c != 0 {
		if s.isName() || t.isName() {
			return -c
		}
		return c
	}
	return strings.Compare(s.name, t.name)
}

// of returns the part of v to which the step leads; ok is false if v has none.
func (s step) of(v attr.Value) (part attr.Value, ok bool) {
	if s.isName() {
		return v.Lookup(s.name)
	}
	if v.Type() != attr.TypeL {
		return attr.Value{}, false
	}
	i := 0
	for e := range v.Elements() {
		if i == s.index {
			return e, true
		}
		i++
	}
	return attr.Value{}, false
}

// maxSteps is how many steps a path may have.
const maxSteps = 32

func tooManySteps(n int) string {
	return "The document path has too many nesting levels; nesting levels: " + strconv.Itoa(n)
}

// CheckSteps refuses a path of so many steps if that is more than a path may have. The error is an exception.Validation.
func CheckSteps(n int) error {
	if n > maxSteps {
		return refuse(tooManySteps(n))
	}
	return nil
}

// path names a part of an item. The first of its steps, of which there is at least one, is the name of an attribute.
type path []step

// in returns the part of item that pa names; ok is false if there is none.
func (pa path) in(item attr.Item) (v attr.Value, ok bool) {
	v, ok = item.Lookup(pa[0].name)
	for _, s := range pa[1:] {
		if !ok {
			break
		}
		v, ok = s.of(v)
	}
	return v, ok
}

// fits reports whether item has a map or a list for the last step of pa to be in.
func (pa path) fits(item attr.Item) bool {
	last := len(pa) - 1
	if last == 0 {
		return true
	}
	within, _ := pa[:last].in(item)
	if pa[last].isName() {
		return within.Type() == attr.TypeM
	}
	return within.Type() == attr.TypeL
}

// String returns the path as messages give it, such as "[a, [1], b]".
func (pa path) String() string {
	var b strings.Builder
	b.WriteByte('[')
	for i, s := range pa {
		if i > 0 {
			b.WriteString(", ")
		}
		if s.isName() {
			b.WriteString(clip(s.name))
		} else {
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		}
		if b.Len() > maxClip {
			b.WriteString("...")
			break
		}
	}
	b.WriteByte(']')
	return b.String()
}
