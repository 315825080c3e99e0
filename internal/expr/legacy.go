package expr

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

// Comparison compares one attribute, as requests did before there were expressions: it is an element of a request's
// Expected, QueryFilter, ScanFilter or KeyConditions. Its zero value is true of no item. It is immutable.
type Comparison struct {
	attribute string
	kind      comparator
	values    []attr.Value
}

// comparator is a ComparisonOperator.
type comparator struct {
	name     string
	min, max int // how many values it takes
	operator operator
	function function     // of opCall
	takes    []attr.Type  // the types of its values; nil: all
	sort     SortOperator // as a condition on a key
}

const manyValues = 1 << 30

var (
	scalars    = []attr.Type{attr.TypeS, attr.TypeN, attr.TypeB}
	texts      = []attr.Type{attr.TypeS, attr.TypeB}
	elementary = []attr.Type{attr.TypeS, attr.TypeN, attr.TypeB, attr.TypeBOOL, attr.TypeNULL}
)

var comparators = []comparator{
	{"EQ", 1, 1, opEqual, 0, nil, SortEqual},
	{"NE", 1, 1, opNotEqual, 0, nil, sortNever},
	{"LE", 1, 1, opAtMost, 0, scalars, SortAtMost},
	{"LT", 1, 1, opLess, 0, scalars, SortLess},
	{"GE", 1, 1, opAtLeast, 0, scalars, SortAtLeast},
	{"GT", 1, 1, opGreater, 0, scalars, SortGreater},
	{"BETWEEN", 2, 2, opBetween, 0, scalars, SortBetween},
	{"IN", 1, manyValues, opIn, 0, scalars, sortNever},
	{"NULL", 0, 0, opCall, functionNotExists, nil, sortNever},
	{"NOT_NULL", 0, 0, opCall, functionExists, nil, sortNever},
	{"CONTAINS", 1, 1, opCall, functionContains, elementary, sortNever},
	{"NOT_CONTAINS", 1, 1, opNot, functionContains, elementary, sortNever},
	{"BEGINS_WITH", 1, 1, opCall, functionBeginsWith, texts, SortBeginsWith},
}

// sortNever stands for a comparison that no order of keys helps with.
const sortNever SortOperator = 255

// NewComparison returns the comparison of an attribute by an operator, such as "EQ", with values, which it keeps. The
// error is an exception.Validation: the operator does not take these values.
func NewComparison(attribute, operator string, values []attr.Value) (Comparison, error) {
	const invalid = "One or more parameter values were invalid: "
	i := slices.IndexFunc(comparators, func(c comparator) bool { return c.name == operator })
	if i < 0 {
		return Comparison{}, refuse("Comparison type does not exist in DynamoDB")
	}
	c := Comparison{attribute: attribute, kind: comparators[i], values: values}
	if err := checkAttribute(attribute); err != nil {
		return Comparison{}, err
	}
	if len(values) < c.kind.min || len(values) > c.kind.max {
		return Comparison{}, refuse(invalid + "Invalid number of argument(s) for the " + operator + " ComparisonOperator")
	}
	if len(values) == 0 {
		return c, nil
	}
	for _, v := range values {
		if v.Type() != values[0].Type() {
			return Comparison{}, refuse(invalid + "AttributeValues inside AttributeValueList must be of same type")
		}
	}
	if t := values[0].Type(); c.kind.takes != nil && !slices.Contains(c.kind.takes, t) {
		return Comparison{}, exception.Validation.Errorf(invalid+
			"ComparisonOperator %s is not valid for %s AttributeValue type", operator, t)
	}
	if c.kind.operator == opBetween && !compare(opAtMost, values[0], values[1], true) {
		return Comparison{}, refuse(
			"The BETWEEN condition was provided a range where the lower bound is greater than the upper bound")
	}
	return c, nil
}

// checkAttribute refuses a name that no attribute can have.
func checkAttribute(name string) error {
	_, err := attr.NewItem(attr.Map{name: attr.Null()})
	return err
}

// node returns the comparison as the expression would be that says the same.
func (c *Comparison) node() *node {
	args := make([]operand, 1, len(c.values)+1)
	args[0].path = path{{c.attribute, noIndex}}
	for _, v := range c.values {
		args = append(args, operand{value: v})
	}
	f := c.kind.function
	switch c.kind.operator {
	case opCall:
		return &node{operator: opCall, call: &call{function: f, name: f.String(), args: args}}
	case opNot: // what is not there does not contain it either, but that is not what NOT_CONTAINS asks
		there := &call{function: functionExists, name: functionExists.String(), args: args[:1]}
		contains := &node{operator: opCall, call: &call{function: f, name: f.String(), args: args}}
		return &node{
			operator: opAnd,
			left:     &node{operator: opCall, call: there},
			right:    &node{operator: opNot, left: contains},
		}
	}
	return &node{operator: c.kind.operator, args: args}
}

// NewCondition returns the condition that is true of an item if all the comparisons are, or one of them if any is set;
// nil if there are none.
func NewCondition(comparisons []Comparison, any bool) *Condition {
	if len(comparisons) == 0 {
		return nil
	}
	join := opAnd
	if any {
		join = opOr
	}
	return newCondition(joined(comparisons, join))
}

// joined joins the comparisons in a tree that is as low as can be, for there may be many.
func joined(comparisons []Comparison, join operator) *node {
	if len(comparisons) == 1 {
		return comparisons[0].node()
	}
	half := len(comparisons) / 2
	return &node{operator: join, left: joined(comparisons[:half], join), right: joined(comparisons[half:], join)}
}

// NewKeyExpression returns the condition on keys that is true if all the comparisons are, which are about different
// attributes.
func NewKeyExpression(comparisons []Comparison) KeyExpression {
	if len(comparisons) == 0 || len(comparisons) > maxKeyConditions {
		return KeyExpression{err: errConditions()}
	}
	conditions := make(keyConditions, len(comparisons))
	for i, c := range comparisons {
		conditions[i].attribute = c.attribute
		conditions[i].condition.Operator = c.kind.sort
		if len(c.values) > 0 {
			conditions[i].condition.Value = c.values[0]
		}
		if c.kind.sort == SortBetween {
			conditions[i].condition.Upper = c.values[1]
		}
	}
	return KeyExpression{conditions: conditions}
}

// NewProjection returns the projection on attributes of those names, which is nil if there are none. The error is an
// exception.Validation: a name stands there twice, or no attribute can have it.
func NewProjection(names []string) (*Projection, error) {
	if len(names) == 0 {
		return nil, nil
	}
	seen := make(map[string]struct{}, len(names))
	for i, name := range names {
		if err := checkAttribute(name); err != nil {
			return nil, err
		}
		seen[name] = struct{}{}
		if len(seen) == i { // it was there
			return nil, refuse("One or more parameter values were invalid: Duplicate value in attribute name: " + clip(name))
		}
	}
	return &Projection{attributes(names)}, nil
}

// attributes returns the tree of paths that are names of attributes, none of them twice. The use of each is its place
// among names.
func attributes(names []string) branch {
	tree := branch{use: noUse, kids: make([]branch, len(names))}
	for i, name := range names {
		s := step{name, noIndex}
		tree.kids[i] = branch{step: s, first: path{s}, use: i}
	}
	slices.SortFunc(tree.kids, func(a, b branch) int { return a.step.compare(b.step) })
	return tree
}
