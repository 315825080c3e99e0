package partiql

import (
	"slices"
	"strings"

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

	all []expr.SortCondition
}

// Holds reports whether an item with that sort key belongs to the range.
func (r Read) Holds(sort attr.Value) bool {
	for _, c := range r.all {
		for _, b := range bounds(c) {
			if !b.admits(sort) {
				return false
			}
		}
	}
	return true
}

// Past reports whether an item with that sort key lies behind all of the range, for who reads it in ascending order or
// in reverse.
func (r Read) Past(sort attr.Value, reverse bool) bool {
	for _, c := range r.all {
		for _, b := range bounds(c) {
			if b.upper != reverse && !b.admits(sort) {
				return true
			}
		}
	}
	return false
}

// branch is one of the alternatives that a WHERE comes to: conditions on a key, and what else is looked at.
type branch struct {
	partitions []attr.Value // all of which the partition key equals
	sort       []expr.SortCondition
	attributes []string // that other conditions look at
	inverse    bool     // one of which denies something of the sort key
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
		} else {
			all = append(all, branch{sort: []expr.SortCondition{c}})
		}
	}
	return all, len(all) <= maxReads
}

// and joins two branches.
func (b branch) and(other branch) branch {
	joined := branch{sort: slices.Concat(b.sort, other.sort), inverse: b.inverse || other.inverse}
	for _, v := range slices.Concat(b.partitions, other.partitions) {
		if !slices.Contains(joined.partitions, v) {
			joined.partitions = append(joined.partitions, v)
		}
	}
	for _, name := range slices.Concat(b.attributes, other.attributes) {
		if !slices.Contains(joined.attributes, name) {
			joined.attributes = append(joined.attributes, name)
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
		for _, c := range b.sort {
			if c.Value.Type() != pl.sort.Type || c.Operator == expr.SortBetween && c.Upper.Type() != pl.sort.Type {
				return KeyTypeError(pl.sort.Name)
			}
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
		if len(b.partitions) != 1 {
			continue // nothing is in two partitions
		}
		r := Read{Partition: b.partitions[0], all: b.sort}
		if r.empty() {
			continue
		}
		apart := true
		for _, earlier := range p.branches[:i] {
			if len(earlier.partitions) != 1 || earlier.partitions[0] != r.Partition {
				continue
			}
			switch other := (Read{all: earlier.sort}); {
			case b.inverse || earlier.inverse:
				apart = false
			case !other.empty() && r.overlaps(other):
				return refuse("Overlapping conditions with range keys are not supported in where clause")
			}
		}
		if !apart { // read all of the partition at once: the condition will tell
			r = Read{Partition: r.Partition}
			reads = slices.DeleteFunc(reads, func(other Read) bool { return other.Partition == r.Partition })
		}
		if !slices.ContainsFunc(reads, func(o Read) bool { return o.Partition == r.Partition && o.all == nil }) {
			reads = append(reads, r)
		}
	}
	p.Reads = reads
	return nil
}

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
		p.Reads[i].Sort = p.Reads[i].narrowest(p.Reverse)
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
		c := a.compare(b)
		if p.Reverse {
			return -c
		}
		return c
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

// bound is one end of a range.
type bound struct {
	value    attr.Value
	upper    bool
	included bool
	prefix   bool // the upper end is the last value that begins so
}

func bounds(c expr.SortCondition) []bound {
	switch c.Operator {
	case expr.SortEqual:
		return []bound{{c.Value, false, true, false}, {c.Value, true, true, false}}
	case expr.SortLess, expr.SortAtMost:
		return []bound{{c.Value, true, c.Operator == expr.SortAtMost, false}}
	case expr.SortGreater, expr.SortAtLeast:
		return []bound{{c.Value, false, c.Operator == expr.SortAtLeast, false}}
	case expr.SortBetween:
		return []bound{{c.Value, false, true, false}, {c.Upper, true, true, false}}
	case expr.SortBeginsWith:
		return []bound{{c.Value, false, true, false}, {c.Value, true, true, true}}
	}
	return nil
}

// admits reports whether v lies on the inner side of b.
func (b bound) admits(v attr.Value) bool {
	if b.prefix && beginsWith(v, b.value) {
		return true
	}
	c, ok := v.Compare(b.value)
	if c == 0 {
		return ok && b.included
	}
	return ok && (c < 0) == b.upper
}

// meets reports whether a lower end lies before an upper one.
func (b bound) meets(upper bound) bool {
	if upper.prefix && beginsWith(b.value, upper.value) {
		return true
	}
	c, ok := b.value.Compare(upper.value)
	return ok && (c < 0 || c == 0 && b.included && upper.included)
}

func beginsWith(v, prefix attr.Value) bool {
	if text, ok := v.Text(); ok {
		start, ok := prefix.Text()
		return ok && strings.HasPrefix(text, start)
	}
	b, ok := v.Bytes()
	start, also := prefix.Bytes()
	return ok && also && strings.HasPrefix(string(b), string(start))
}

// overlaps reports whether there can be items that belong to both.
func (r Read) overlaps(other Read) bool {
	var all []bound
	for _, c := range slices.Concat(r.all, other.all) {
		all = append(all, bounds(c)...)
	}
	for _, lower := range all {
		for _, upper := range all {
			if !lower.upper && upper.upper && !lower.meets(upper) {
				return false
			}
		}
	}
	return true
}

// empty reports whether no item can belong to the range.
func (r Read) empty() bool { return !r.overlaps(Read{}) }

// narrowest returns the condition of the range by which the fewest items are read, from where the reading begins until
// it is past the range.
func (r Read) narrowest(reverse bool) (narrowest expr.SortCondition) {
	best := 0
	for _, c := range r.all {
		rank := 3
		switch c.Operator {
		case expr.SortEqual:
			rank = 4
		case expr.SortLess, expr.SortAtMost, expr.SortGreater, expr.SortAtLeast:
			near := bounds(c)[0].upper == reverse
			if rank = 1; near {
				rank = 2
			}
		}
		if rank > best || rank == best && rank < 3 && tighter(c, narrowest) {
			narrowest, best = c, rank
		}
	}
	return narrowest
}

// tighter reports whether less is within the one bound of c than within that of d, which is on the same side.
func tighter(c, d expr.SortCondition) bool {
	one, other := bounds(c)[0], bounds(d)[0]
	order, _ := one.value.Compare(other.value)
	if order == 0 {
		return !one.included
	}
	return (order < 0) == one.upper
}

// compare orders ranges of one partition that do not overlap.
func (r Read) compare(other Read) int {
	for _, c := range r.all {
		for _, lower := range bounds(c) {
			for _, d := range other.all {
				for _, upper := range bounds(d) {
					if !lower.upper && upper.upper && !lower.meets(upper) {
						return 1
					}
				}
			}
		}
	}
	return -1
}
