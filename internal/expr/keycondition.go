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

	// The key of a global index may have several attributes. Others has the values of its partition attributes after the
	// first, and Prefix those of the sort attributes before the one that Sort is about.
	Others []attr.Value
	Prefix []attr.Value
}

// SortCondition is a condition on a sort key. The zero SortCondition is true of all.
type SortCondition struct {
	Operator SortOperator
	Value    attr.Value // what the sort key is compared with; the lower bound of SortBetween
	Upper    attr.Value // the upper bound of SortBetween, and of nothing else
}

// Holds reports whether the condition is true of a sort key, whose type must be that of the condition's values.
func (c SortCondition) Holds(v attr.Value) bool {
	order, _ := v.Compare(c.Value)
	switch c.Operator {
	case SortEqual:
		return order == 0
	case SortLess:
		return order < 0
	case SortAtMost:
		return order <= 0
	case SortGreater:
		return order > 0
	case SortAtLeast:
		return order >= 0
	case SortBetween:
		upper, _ := v.Compare(c.Upper)
		return order >= 0 && upper <= 0
	case SortBeginsWith:
		return BeginsWith(v, c.Value)
	}
	return true
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
	err        error
}

// ParseKeyExpression parses text, a request's KeyConditionExpression, and notes in params what it uses. The error, an
// exception.Validation, is why it is no condition at all; why a condition cannot be one on keys is for Err to tell,
// because the service tells it after all that is wrong with other expressions.
func ParseKeyExpression(text string, params *Params) (KeyExpression, error) {
	root, err := parseCondition(kindKeyCondition, text, params)
	if err != nil {
		return KeyExpression{}, err
	}
	var found keyConditions
	e := KeyExpression{}
	if reason := found.collect(root); reason != "" {
		e.err = refuse(reason)
	} else if e.conditions = found; len(found) > maxKeyConditions {
		e.err = errConditions()
	}
	return e, nil
}

// Err returns an exception.Validation that says why the expression cannot be a condition on keys, whatever they are;
// nil if it can. For and its kind return the same then.
func (e KeyExpression) Err() error { return e.err }

// The greatest number of conditions on the key of a table or a local index, and of any index.
const (
	maxPlainConditions = 2
	maxKeyConditions   = 8
)

func errConditions() error { return refuse("Conditions can be of length 1 or 2 only") }

// CheckPlain refuses an expression that has more conditions than the key of a table has attributes: what can be said
// before the table is known where no index is named.
func (e KeyExpression) CheckPlain() error {
	if e.err != nil {
		return e.err
	}
	if len(e.conditions) > maxPlainConditions {
		return errConditions()
	}
	return nil
}

// For returns what the expression comes to for a table or index with that key; the zero sort stands for none. The error
// is an exception.Validation. Values of the key's type are not looked at further: that they are neither empty nor too
// long is for the caller to see to.
func (e KeyExpression) For(partition, sort KeyAttribute) (KeyCondition, error) {
	if err := e.CheckPlain(); err != nil {
		return KeyCondition{}, err
	}
	return e.conditions.resolve(partition, sort)
}

// ForKey is For with a key that may have several attributes of each kind. All partition attributes must be given by
// equality, and sort attributes from the left without a gap; only the last of those given may be compared otherwise.
func (e KeyExpression) ForKey(partition, sort []KeyAttribute) (KeyCondition, error) {
	switch {
	case len(partition) == 1 && len(sort) == 0:
		return e.For(partition[0], KeyAttribute{})
	case len(partition) == 1 && len(sort) == 1:
		return e.For(partition[0], sort[0])
	case e.err != nil:
		return KeyCondition{}, e.err
	}
	return e.conditions.resolveSeveral(partition, sort)
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
		if c.Operator == sortNever {
			return c, true, refuse("Attempted conditional constraint is not an indexable operation")
		}
		if c.Value.Type() != a.Type || c.Operator == SortBetween && c.Upper.Type() != a.Type {
			err = refuse("One or more parameter values were invalid: Condition parameter type does not match schema type")
		}
		return c, true, err
	}
	return c, false, nil
}

const (
	missed      = "Query condition missed key schema element: "
	unsupported = "Query key condition not supported"
)

// resolveSeveral is resolve for keys of several attributes.
func (k keyConditions) resolveSeveral(partition, sort []KeyAttribute) (KeyCondition, error) {
	var found KeyCondition
	for i, a := range partition {
		switch c, ok, err := k.take(a); {
		case !ok:
			return KeyCondition{}, refuse(missed + a.Name)
		case err != nil:
			return KeyCondition{}, err
		case c.Operator != SortEqual:
			return KeyCondition{}, refuse(unsupported)
		case i == 0:
			found.Partition = c.Value
		default:
			found.Others = append(found.Others, c.Value)
		}
	}
	last, err := k.lastOf(sort, len(k)-len(partition))
	if err != nil {
		return KeyCondition{}, err
	}
	for i := range last + 1 {
		c, ok, err := k.take(sort[i])
		switch {
		case err != nil:
			return KeyCondition{}, err
		case !ok, i < last && c.Operator != SortEqual:
			return KeyCondition{}, refuse("RANGE key attributes " + sort[i].Name + " must have equality conditions specified " +
				"in the query because a condition is present on key attribute " + sort[k.next(sort, i+1)].Name)
		case i == last:
			found.Sort = c
		default:
			found.Prefix = append(found.Prefix, c.Value)
		}
	}
	return found, nil
}

// lastOf returns the place of the last of the attributes that there is a condition on, or -1. There must be so many
// conditions on them.
func (k keyConditions) lastOf(sort []KeyAttribute, given int) (last int, err error) {
	last, missing, n := -1, -1, 0
	for i := range sort {
		switch {
		case k.has(sort[i]):
			last, n = i, n+1
		case missing < 0:
			missing = i
		}
	}
	switch {
	case n == given:
		return last, nil
	case missing >= 0:
		return -1, refuse(missed + sort[missing].Name)
	}
	return -1, refuse(unsupported)
}

// next returns the place of the first of the attributes from a place on that there is a condition on.
func (k keyConditions) next(sort []KeyAttribute, from int) int {
	for !k.has(sort[from]) {
		from++
	}
	return from
}

func (k keyConditions) has(a KeyAttribute) bool {
	for _, one := range k {
		if one.attribute == a.Name {
			return true
		}
	}
	return false
}

// resolve finds what the conditions are for a key.
func (k keyConditions) resolve(partition, sort KeyAttribute) (KeyCondition, error) {
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
