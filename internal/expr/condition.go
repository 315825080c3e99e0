package expr

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
)

// operator is what a node of a condition does.
type operator uint8

const (
	opCall operator = iota // a function that gives a truth
	opAnd
	opOr
	opNot
	opEqual
	opNotEqual
	opLess
	opAtMost
	opGreater
	opAtLeast
	opBetween
	opIn
)

// operators are the operators as they are written.
var operators = [...]string{opAnd: "AND", opOr: "OR", opNot: "NOT", opEqual: "=", opNotEqual: "<>", opLess: "<",
	opAtMost: "<=", opGreater: ">", opAtLeast: ">=", opBetween: "BETWEEN", opIn: "IN"}

func (op operator) String() string { return operators[op] }

// The kinds of expressions whose names this package knows by itself.
const (
	kindUpdate       = "UpdateExpression"
	kindProjection   = "ProjectionExpression"
	kindKeyCondition = "KeyConditionExpression"
)

var conditionKeywords = []string{"AND", "OR", "NOT", "IN", "BETWEEN"}

// node is a condition or a part of one.
type node struct {
	operator    operator
	left, right *node     // of AND and OR; left alone of NOT
	args        []operand // of comparisons, IN and BETWEEN
	call        *call     // of opCall
}

// Condition is a condition or filter expression. It is immutable and may be used by several goroutines at once.
type Condition struct {
	root  *node
	reads reads
	or    *Condition // another one, either of which is enough
}

func newCondition(root *node) *Condition {
	return &Condition{root: root, reads: newReads(root.paths(make([]*operand, 0, 4)))}
}

// ParseCondition parses text, which is the request's expression of that kind: "ConditionExpression" or
// "FilterExpression". It notes in params what the text uses. The error is an exception.Validation.
func ParseCondition(kind, text string, params *Params) (*Condition, error) {
	root, err := parseCondition(kind, text, params)
	if err != nil {
		return nil, err
	}
	return newCondition(root), nil
}

// Attributes returns the names of the attributes that the condition looks at, in ascending order.
func (c *Condition) Attributes() []string { return c.collect((*branch).names) }

// Nested returns the names of those attributes of which the condition looks at a part, in ascending order.
func (c *Condition) Nested() []string { return c.collect((*branch).nested) }

func (c *Condition) collect(of func(*branch) []string) []string {
	names := of(&c.reads.tree)
	if c.or == nil {
		return names
	}
	return merged(names, c.or.collect(of))
}

// merged returns all of the names, in ascending order.
func merged(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func parseCondition(kind, text string, params *Params) (*node, error) {
	p, err := newParser(kind, text, conditionKeywords, params)
	if err != nil {
		return nil, err
	}
	root := p.condition(p.disjunction())
	p.finish()
	return root, p.err("Invalid " + kind + ": ")
}

// term is what a part of a condition has been read as: a condition, or an operand of which the next token tells what
// it is for. Which of the two follows an opening parenthesis is not to be seen at the parenthesis.
type term struct {
	node    *node
	operand operand
	grouped bool // the whole of it is in parentheses
}

// condition returns t as a condition, which an operand is only if it is a function.
func (p *parser) condition(t term) *node {
	switch c := t.operand.call; {
	case t.node != nil:
		return t.node
	case c != nil:
		if c.function == functionSize {
			p.noteMisuse(c)
		}
		return &node{operator: opCall, call: c}
	}
	p.unexpected()
	return &node{}
}

func (p *parser) disjunction() term {
	t := p.conjunction()
	for p.atKeyword("OR") {
		n := p.join(opOr, t)
		n.right = p.condition(p.conjunction())
		t = term{node: n}
	}
	return t
}

func (p *parser) conjunction() term {
	t := p.negation()
	for p.atKeyword("AND") {
		n := p.join(opAnd, t)
		n.right = p.condition(p.negation())
		t = term{node: n}
	}
	return t
}

// join goes past AND or OR, whose right side is still to be read.
func (p *parser) join(op operator, left term) *node {
	n := &node{operator: op, left: p.condition(left)}
	p.countOperator()
	p.advance()
	return n
}

func (p *parser) negation() term {
	times := 0
	for ; p.atKeyword("NOT"); times++ {
		p.countOperator()
		p.advance()
	}
	t := p.comparison()
	if times == 0 {
		return t
	}
	n := p.condition(t)
	for range times {
		n = &node{operator: opNot, left: n}
	}
	return term{node: n}
}

// comparison reads an operand and what it is compared with, if there is a comparison.
func (p *parser) comparison() term {
	t := p.primary()
	if t.node != nil {
		return t
	}
	made := new(struct { // at once
		node
		space [3]operand
	})
	n := &made.node
	n.args = append(made.space[:0], t.operand)
	switch op := p.comparator(); {
	case op != opCall:
		n.operator = op
		p.countOperator()
		p.advance()
		n.args = append(n.args, p.groupedOperand())
		p.checkComparison(n)
	case p.atKeyword("BETWEEN"):
		p.between(n)
	case p.atKeyword("IN"):
		p.in(n)
	default:
		return t
	}
	for i := range n.args {
		p.checkOperand(n.args[i].call)
	}
	return term{node: n}
}

// checkComparison notes what is wrong with the operands of an operator between two.
func (p *parser) checkComparison(n *node) {
	p.checkDistinct(n.operator.String(), n.args)
	if n.operator != opEqual && n.operator != opNotEqual {
		p.checkEach(n.operator.String(), n.args, attr.TypeS, attr.TypeN, attr.TypeB)
	}
}

// checkOperand notes it if a function cannot be compared.
func (p *parser) checkOperand(c *call) {
	if c != nil && c.function != functionUnknown && c.function != functionSize && c.function != functionTruth {
		p.noteMisuse(c)
	}
}

// comparator returns the operator at hand, or opCall if there is none.
func (p *parser) comparator() operator {
	if p.token.kind == tokenSign {
		for op := opEqual; op <= opAtLeast; op++ {
			if operators[op] == p.word() {
				return op
			}
		}
	}
	return opCall
}

// primary reads an operand, or whatever is in parentheses.
func (p *parser) primary() term {
	if !p.accept("(") {
		return term{operand: p.operand()}
	}
	t := p.disjunction()
	p.expect(")")
	p.checkGroup(t.grouped)
	t.grouped = true
	return t
}

// between reads the bounds of BETWEEN.
func (p *parser) between(n *node) {
	n.operator = opBetween
	p.countOperator()
	p.advance()
	n.args = append(n.args, p.groupedOperand())
	if !p.atKeyword("AND") {
		p.unexpected()
	}
	p.advance()
	n.args = append(n.args, p.groupedOperand())
	p.checkBetween(n)
}

// checkBetween notes what is wrong with the operands of BETWEEN.
func (p *parser) checkBetween(n *node) {
	p.checkEach("BETWEEN", n.args, attr.TypeS, attr.TypeN, attr.TypeB)
	p.checkDistinct("BETWEEN", n.args)
	lower, upper := &n.args[1], &n.args[2]
	if !lower.isValue() || !upper.isValue() || lower.value.IsZero() || upper.value.IsZero() {
		return
	}
	c, ok := lower.value.Compare(upper.value)
	switch {
	case !ok:
		p.noteBounds("The BETWEEN operator requires same data type for lower and upper bounds", lower, upper)
	case c > 0:
		p.noteBounds("The BETWEEN operator requires upper bound to be greater than or equal to lower bound", lower, upper)
	}
}

func (p *parser) noteBounds(reason string, lower, upper *operand) {
	p.note(faultOperand, reason, "; lower bound operand: AttributeValue: ", valueText(lower.value),
		", upper bound operand: AttributeValue: ", valueText(upper.value))
}

// in reads the list of IN.
func (p *parser) in(n *node) {
	n.operator = opIn
	p.countOperator()
	p.advance()
	p.expect("(")
	for {
		n.args = append(n.args, p.groupedOperand())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	p.checkIn(n)
}

// checkIn notes what is wrong with the operands of IN.
func (p *parser) checkIn(n *node) {
	p.checkDistinct("IN", n.args)
	if count := len(n.args) - 1; count > maxInOperands {
		p.note(faultOperand, "The IN operator is provided with too many operands; number of operands: ",
			strconv.Itoa(count))
	}
}

// valueText returns a value of type S, N or B as messages give it, such as "{S:a}".
func valueText(v attr.Value) string {
	text, _ := v.Text()
	switch v.Type() {
	case attr.TypeN:
		text, _ = v.Number()
	case attr.TypeB:
		json := string(v.AppendJSON(nil)) // {"B":"base64"}
		text = strings.TrimSuffix(strings.TrimPrefix(json, `{"B":"`), `"}`)
	}
	return "{" + v.Type().String() + ":" + clip(text) + "}"
}
