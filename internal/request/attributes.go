package request

import (
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
	values = []attr.Value{}
	if !o.each(name, rule, func(_ int, e []byte) { values = append(values, o.r.value(e)) }) {
		return nil, false
	}
	return values, true
}
