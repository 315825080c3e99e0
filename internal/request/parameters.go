package request

import "github.com/tidemark-db/tidemark/attr"

// Parameters is ValueList for a list whose values are not all of the request's business: it returns what is wrong with
// the first one that cannot be, and does not note it.
func (o Object) Parameters(name string, rule Rule) (values []attr.Value, fault error) {
	if o.r == nil {
		return nil, nil
	}
	noted := o.r.refusal
	o.r.refusal = nil
	values, _ = o.ValueList(name, rule)
	fault, o.r.refusal = o.r.refusal, noted
	return values, fault
}
