package partiql

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// maxReads is how many ranges of a table one statement may read.
const maxReads = 50

// Plan is what must be read for a Select.
type Plan struct {
	// Keyed tells reads from a scan: the WHERE names the partitions that are looked for. What is read must be held against
	// the statement's Condition in either case.
	Keyed bool

	// Reads are the ranges of a plan that is keyed, in the order of the result. Their items differ.
	Reads []Read

	// Reverse reads each partition in descending order.
	Reverse bool

	branches []branch
}

// Read is a range of one partition.
type Read struct {
	Partition attr.Value

	// Sort holds for all items of the range. Holds tells them from others for which it holds too, and Past tells when
	// there are no more of them.
	Sort expr.SortCondition

	span span
}

// Holds reports whether an item with that sort key belongs to the range.
func (r Read) Holds(sort attr.Value) bool {
	return r.span.lower.below(sort) && r.span.upper.above(sort)
}

// Past reports whether an item with that sort key lies behind all of the range, for who reads it in ascending order or
// in reverse.
func (r Read) Past(sort attr.Value, reverse bool) bool {
	if reverse {
		return !r.span.lower.below(sort)
	}
	return !r.span.upper.above(sort)
}

// branch is one of the alternatives that a WHERE comes to: conditions on a key, and what else is looked at.
type branch struct {
	partitions []attr.Value // all of which the partition key equals
	span       span         // of the sort key
	mistyped   bool         // a condition on the sort key has a value of another type
	attributes []string     // that other conditions look at, each as often as they do
	inverse    bool         // one of which denies something of the sort key
}

// Plan finds what must be read of a table or an index with that key; the zero sort stands for none. The error is an
// exception.Validation.
func (s *Statement) Plan(partition, sort expr.KeyAttribute) (*Plan, error) {
	if s.fault != nil {
		return nil, s.fault
	}
	if len(s.Order) > 0 && s.where == nil {
		return nil, refuse("Must have WHERE clause in the statement when using ORDER BY clause.")
	}
	for _, o := range s.Order {
		if o.Attribute != partition.Name && (o.Attribute != sort.Name || sort.Name == "") {
			return nil, refuse("Attribute " + clip(o.Attribute) + " in ORDER BY clause must be part of the primary key")
		}
	}
	pl := &planner{partition: partition, sort: sort}
	if s.where == nil || !pl.keyed(s.where) {
		if len(s.Order) > 0 {
			return nil, refuse("Must have at least one non-optional hash key condition in WHERE clause when using " +
				"ORDER BY clause.")
		}
		return &Plan{}, nil
	}
	branches, ok := pl.branches(s.where)
	if !ok {
		return nil, refuse("Too many decomposed read operations for a given query.")
	}
	plan := &Plan{Keyed: true, branches: branches}
	if err := pl.checkTypes(branches); err != nil {
		return nil, err
	}
	if err := plan.read(); err != nil {
		return nil, err
	}
	return plan, plan.order(s.Order, partition.Name)
}

// planner finds the branches of a WHERE.
type planner struct{ partition, sort expr.KeyAttribute }

// keyed reports whether n holds for no item outside of certain partitions.
func (pl *planner) keyed(n *node) bool {
	switch n.kind {
	case kindAnd:
		return pl.keyed(n.args[0]) || pl.keyed(n.args[1])
	case kindOr:
		return pl.keyed(n.args[0]) && pl.keyed(n.args[1])
	}
	attribute, conditions := comparison(n)
	return attribute == pl.partition.Name && equalities(conditions)
}

func equalities(conditions []expr.SortCondition) bool {
	return len(conditions) > 0 && conditions[0].Operator == expr.SortEqual
}

// onKey reports whether something in n that is not denied can choose a range of a key.
func (pl *planner) onKey(n *node) bool {
	if n.kind == kindAnd || n.kind == kindOr {
		return pl.onKey(n.args[0]) || pl.onKey(n.args[1])
	}
	attribute, conditions := comparison(n)
	return conditions != nil && (attribute == pl.sort.Name || attribute == pl.partition.Name && equalities(conditions))
}

// branches returns the alternatives that n comes to; ok is false if there are too many.
func (pl *planner) branches(n *node) (all []branch, ok bool) {
	switch {
	case n.kind == kindAnd:
		left, ok := pl.branches(n.args[0])
		if !ok {
			return nil, false
		}
		right, ok := pl.branches(n.args[1])
		if !ok || len(left)*len(right) > maxReads {
			return nil, false
		}
		for _, l := range left {
			for _, r := range right {
				all = append(all, l.and(r))
			}
		}
		return all, true
	case n.kind == kindOr && pl.onKey(n):
		for _, arg := range n.args {
			some, ok := pl.branches(arg)
			if all = append(all, some...); !ok || len(all) > maxReads {
				return nil, false
			}
		}
		return all, true
	}
	return pl.leaf(n)
}

// leaf returns the alternatives that one condition comes to.
func (pl *planner) leaf(n *node) (all []branch, ok bool) {
	attribute, conditions := comparison(n)
	if !pl.onKey(n) || n.kind == kindOr {
		names := n.attributes(nil)
		inverse := n.kind == kindNot || n.kind == kindCompare && n.text == "<>"
		return []branch{{attributes: names, inverse: inverse && pl.sort.Name != "" && slices.Contains(names, pl.sort.Name)}},
			true
	}
	for _, c := range conditions {
		if attribute == pl.partition.Name {
			all = append(all, branch{partitions: []attr.Value{c.Value}})
		} else if c.Value.Type() != pl.sort.Type || c.Operator == expr.SortBetween && c.Upper.Type() != pl.sort.Type {
			all = append(all, branch{mistyped: true})
		} else {
			all = append(all, branch{span: spanOf(c)})
		}
	}
	return all, len(all) <= maxReads
}

// and joins two branches.
func (b branch) and(other branch) branch {
	joined := branch{
		span:       b.span.and(other.span),
		mistyped:   b.mistyped || other.mistyped,
		attributes: slices.Concat(b.attributes, other.attributes),
		inverse:    b.inverse || other.inverse,
	}
	for _, v := range slices.Concat(b.partitions, other.partitions) {
		if !slices.Contains(joined.partitions, v) {
			joined.partitions = append(joined.partitions, v)
		}
	}
	return joined
}

// comparison returns the attribute that n compares with values of the statement, and the comparisons of which one must
// hold; none if n is nothing of that kind.
func comparison(n *node) (attribute string, conditions []expr.SortCondition) {
	if len(n.args) < 2 {
		return "", nil
	}
	left, right := n.args[0], n.args[1]
	var op expr.SortOperator
	switch {
	case n.kind == kindIn:
		if left.kind != kindName {
			return "", nil
		}
		for _, v := range right.args {
			if !v.constant() {
				return "", nil
			}
			conditions = append(conditions, expr.SortCondition{Operator: expr.SortEqual, Value: v.value})
		}
		return left.text, conditions
	case n.kind == kindBetween:
		if left.kind != kindName || !right.constant() || !n.args[2].constant() {
			return "", nil
		}
		return left.text, []expr.SortCondition{{Operator: expr.SortBetween, Value: right.value, Upper: n.args[2].value}}
	case n.kind == kindCall && n.text == "begins_with":
		op = expr.SortBeginsWith
	case n.kind == kindCompare:
		op = sortOperators[n.text]
		if left.constant() {
			left, right, op = right, left, mirrored[op]
		}
	}
	if op == expr.SortAny || left.kind != kindName || !right.constant() {
		return "", nil
	}
	return left.text, []expr.SortCondition{{Operator: op, Value: right.value}}
}

var sortOperators = map[string]expr.SortOperator{"=": expr.SortEqual, "<": expr.SortLess, "<=": expr.SortAtMost,
	">": expr.SortGreater, ">=": expr.SortAtLeast}

// mirrored are the operators for operands that have changed places.
var mirrored = map[expr.SortOperator]expr.SortOperator{expr.SortEqual: expr.SortEqual, expr.SortLess: expr.SortGreater,
	expr.SortAtMost: expr.SortAtLeast, expr.SortGreater: expr.SortLess, expr.SortAtLeast: expr.SortAtMost}

// checkTypes refuses values that a key cannot have.
func (pl *planner) checkTypes(branches []branch) error {
	for _, b := range branches {
		for _, v := range b.partitions {
			if v.Type() != pl.partition.Type {
				return KeyTypeError(pl.partition.Name)
			}
		}
		if b.mistyped {
			return KeyTypeError(pl.sort.Name)
		}
	}
	return nil
}

// KeyTypeError says that a statement has a value of the wrong type for an attribute of a key.
func KeyTypeError(attribute string) error {
	return refuse("Key attribute's data type should match its data type in table's schema: Key " + attribute)
}

// read finds the ranges that the branches come to.
func (p *Plan) read() error {
	var reads []Read
	for i, b := range p.branches {
		if b.empty() {
			continue
		}
		r := Read{Partition: b.partitions[0], span: b.span}
		apart := true
		for _, earlier := range p.branches[:i] {
			switch {
			case earlier.empty() || earlier.partitions[0] != r.Partition:
			case b.inverse || earlier.inverse:
				apart = false
			case !b.span.and(earlier.span).empty():
				return refuse("Overlapping conditions with range keys are not supported in where clause")
			}
		}
		if !apart { // read all of the partition at once: the condition will tell
			r.span = span{}
			reads = slices.DeleteFunc(reads, func(other Read) bool { return other.Partition == r.Partition })
		}
		reads = append(reads, r)
	}
	p.Reads = reads
	return nil
}

// empty reports whether b is true of nothing. Nothing is in two partitions.
func (b branch) empty() bool { return len(b.partitions) != 1 || b.span.empty() }

// order puts the reads in the order that is asked for.
func (p *Plan) order(by []Order, partition string) error {
	first := make([]attr.Value, 0, len(p.Reads)) // partitions as they come in the statement
	for _, r := range p.Reads {
		if !slices.Contains(first, r.Partition) {
			first = append(first, r.Partition)
		}
	}
	partitions := 0 // 1: ascending, -1: descending
	p.Reverse = len(by) > 0
	for _, o := range slices.Backward(by) {
		switch {
		case o.Attribute != partition:
			p.Reverse = o.Descending
		case o.Descending:
			partitions = -1
		default:
			partitions = 1
		}
	}
	for i := range p.Reads {
		p.Reads[i].Sort = p.Reads[i].span.condition(p.Reverse)
	}
	if len(by) > 0 && partitions == 0 && len(first) > 1 {
		return refuse("Must have hash key in ORDER BY clause when more than one hash key condition specified in " +
			"WHERE clause.")
	}
	slices.SortStableFunc(p.Reads, func(a, b Read) int {
		if a.Partition != b.Partition {
			if c, _ := a.Partition.Compare(b.Partition); partitions != 0 {
				return c * partitions
			}
			return slices.Index(first, a.Partition) - slices.Index(first, b.Partition)
		}
		if behind := (span{a.span.lower, b.span.upper}).empty(); behind == p.Reverse {
			return -1
		}
		return 1
	})
	return nil
}

// Lacking returns the attributes that the statement needs beside the key, but that has does not report to be there. An
// index is read nevertheless if one of several alternatives does without; else the last one counts.
func (p *Plan) Lacking(has func(attribute string) bool) []string {
	var lacking []string
	var last attr.Value
	for _, b := range p.branches {
		if len(b.partitions) != 1 {
			return nil
		}
		missing := slices.DeleteFunc(slices.Clone(b.attributes), has)
		if len(missing) == 0 {
			return nil
		}
		if c, _ := b.partitions[0].Compare(last); last.IsZero() || c >= 0 {
			lacking, last = missing, b.partitions[0]
		}
	}
	return lacking
}
