package expr

import "github.com/tidemark-db/tidemark/attr"

// KeyAttribute is a key attribute of a table or an index: its name, and its type, which is S, N or B. The zero
// KeyAttribute is a sort key that there is not.
type KeyAttribute struct {
	Name string
	Type attr.Type
}

// KeyCondition is what a KeyConditionExpression comes to: one partition key, and a condition on the sort key.
type KeyCondition struct {
	Partition attr.Value
	Sort      SortCondition
}

// SortCondition is a condition on a sort key. The zero SortCondition is true of all.
type SortCondition struct {
	Operator SortOperator
	Value    attr.Value // what the sort key is compared with; the lower bound of SortBetween
	Upper    attr.Value // the upper bound of SortBetween, and of nothing else
}

// SortOperator says how a [SortCondition] compares the sort key with its value.
type SortOperator uint8

// The ways in which a sort key can be compared with a value.
const (
	SortAny        SortOperator = iota // not at all
	SortEqual                          // =
	SortLess                           // <
	SortAtMost                         // <=
	SortGreater                        // >
	SortAtLeast                        // >=
	SortBetween                        // BETWEEN, bounds included
	SortBeginsWith                     // begins_with
)

const badCondition = "Invalid condition in KeyConditionExpression: "

// KeyExpression is a KeyConditionExpression that has been parsed, but not yet held against a key. It is immutable and
// may be used by several goroutines at once.
type KeyExpression struct {
	conditions keyConditions
}

// ParseKeyExpression parses text, a request's KeyConditionExpression, and notes in params what it uses. The error, an
// exception.Validation, is what is wrong with it whatever the key is.
func ParseKeyExpression(text string, params *Params) (KeyExpression, error) {
	root, _, err := parseCondition(kindKeyCondition, text, params)
	if err != nil {
		return KeyExpression{}, err
	}
	var found keyConditions
	if reason := found.collect(root); reason != "" {
		return KeyExpression{}, refuse(reason)
	}
	if len(found) > 2 {
		return KeyExpression{}, refuse("Conditions can be of length 1 or 2 only")
	}
	return KeyExpression{found}, nil
}

// For returns what the expression comes to for a table or index with that key; the zero sort stands for none. The error
// is an exception.Validation. Values of the key's type are not looked at further: that they are neither empty nor too
// long is for the caller to see to.
func (e KeyExpression) For(partition, sort KeyAttribute) (KeyCondition, error) {
	return e.conditions.resolve(partition, sort)
}

// ParseKeyCondition is ParseKeyExpression, and then For.
func ParseKeyCondition(text string, params *Params, partition, sort KeyAttribute) (KeyCondition, error) {
	e, err := ParseKeyExpression(text, params)
	if err != nil {
		return KeyCondition{}, err
	}
	return e.For(partition, sort)
}

// keyConditions are the conditions of an expression, by the attributes that they are about.
type keyConditions []struct {
	attribute string
	condition SortCondition
}

// collect adds the conditions that n joins with AND, or returns the reason why n is no condition on keys.
func (k *keyConditions) collect(n *node) (reason string) {
	const badOperator = "Invalid operator used in KeyConditionExpression: "
	switch n.operator {
	case opAnd:
		if reason = k.collect(n.left); reason != "" {
			return reason
		}
		return k.collect(n.right)
	case opOr, opNot, opIn, opNotEqual:
		return badOperator + n.operator.String()
	case opCall:
		if n.call.function != functionBeginsWith {
			return badOperator + n.call.name
		}
		return k.add(n.call.name, SortBeginsWith, n.call.args)
	case opBetween:
		return k.add(n.operator.String(), SortBetween, n.args)
	}
	return k.add("", sortOperators[n.operator], n.args)
}

var sortOperators = map[operator]SortOperator{opEqual: SortEqual, opLess: SortLess, opAtMost: SortAtMost,
	opGreater: SortGreater, opAtLeast: SortAtLeast}

// mirrored are the operators for operands that have changed places.
var mirrored = map[SortOperator]SortOperator{SortEqual: SortEqual, SortLess: SortGreater, SortAtMost: SortAtLeast,
	SortGreater: SortLess, SortAtLeast: SortAtMost}

// add adds one condition. An operator that is named must have the attribute as its first operand.
func (k *keyConditions) add(named string, op SortOperator, args []operand) (reason string) {
	if named != "" && args[0].path == nil {
		return badCondition + named + " operator must have the key attribute as its first operand"
	}
	at := -1 // where the attribute is
	for i := range args {
		switch o := &args[i]; {
		case o.call != nil:
			return "KeyConditionExpressions cannot contain nested operations"
		case o.path == nil:
		case at >= 0:
			return badCondition + "Multiple attribute names used in one condition"
		case len(o.path) > 1:
			return "KeyConditionExpressions cannot have conditions on nested attributes"
		default:
			at = i
		}
	}
	if at < 0 {
		return badCondition + "No key attribute specified"
	}
	name := args[at].path[0].name
	for _, other := range *k {
		if other.attribute == name {
			return "KeyConditionExpressions must only contain one condition per key"
		}
	}
	c := SortCondition{Operator: op, Value: args[1-min(at, 1)].value}
	if at == 1 {
		c.Operator = mirrored[op]
	}
	if op == SortBetween {
		c.Upper = args[2].value
	}
	*k = append(*k, struct {
		attribute string
		condition SortCondition
	}{name, c})
	return ""
}

// take returns the condition on that attribute.
func (k keyConditions) take(a KeyAttribute) (c SortCondition, ok bool, err error) {
	for _, one := range k {
		if one.attribute != a.Name {
			continue
		}
		c = one.condition
		if c.Value.Type() != a.Type || c.Operator == SortBetween && c.Upper.Type() != a.Type {
			err = refuse("One or more parameter values were invalid: Condition parameter type does not match schema type")
		}
		return c, true, err
	}
	return c, false, nil
}

// resolve finds what the conditions are for a key.
func (k keyConditions) resolve(partition, sort KeyAttribute) (KeyCondition, error) {
	const missed = "Query condition missed key schema element: "
	const unsupported = "Query key condition not supported"
	hash, ok, err := k.take(partition)
	switch {
	case len(k) > 1 && sort.Name == "":
		return KeyCondition{}, refuse(unsupported)
	case !ok:
		return KeyCondition{}, refuse(missed + partition.Name)
	case err != nil:
		return KeyCondition{}, err
	case hash.Operator != SortEqual:
		return KeyCondition{}, refuse(unsupported)
	case len(k) == 1:
		return KeyCondition{Partition: hash.Value}, nil
	}
	c, ok, err := k.take(sort)
	if !ok {
		err = refuse(missed + sort.Name)
	}
	if err != nil {
		return KeyCondition{}, err
	}
	return KeyCondition{Partition: hash.Value, Sort: c}, nil
}
