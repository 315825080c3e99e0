package request

import (
	"strconv"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/jsontext"
)

// Value returns a member that is an attribute value. It is the zero Value if the member is not there or cannot be.
func (o Object) Value(name string, rule Rule) attr.Value {
	raw := o.raw(name)
	switch {
	case raw == nil:
		o.absent(name, rule)
		return attr.Value{}
	case raw[0] == '[':
		o.r.wrong(raw, jsontext.Value)
		return attr.Value{}
	case raw[0] != '{':
		o.r.wrong(raw, jsontext.Structure)
		return attr.Value{}
	}
	return o.r.value(raw)
}

func (r *Reader) value(raw []byte) attr.Value {
	v, err := attr.ParseValue(raw)
	if err != nil {
		r.invalid(err)
	}
	return v
}

// ValueList returns a member that is a list of attribute values; the size of the list is the rule's. A value that
// cannot be is a zero Value in the list. given tells an empty list from none.
func (o Object) ValueList(name string, rule Rule) (values []attr.Value, given bool) {
	raw := o.raw(name)
	if raw == nil {
		o.absent(name, rule)
		return nil, false
	}
	values = []attr.Value{}
	n := 0
	for e := range o.elements(raw) {
		n++
		switch {
		case n > rule.most():
		case e[0] == 'n':
			o.r.Check.Required(o.Path(name+"."+strconv.Itoa(n)+".member"), false)
		default:
			values = append(values, o.r.value(e))
		}
	}
	o.count(name, raw, n, rule)
	return values, true
}
