package expr

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
)

// Builder makes a condition or an update of its parts, for a language that writes them otherwise than expressions do.
// It checks what the parser checks of an expression whose syntax is right, and says it in the same words, but for the
// name of an expression. Its zero value makes a condition. A Builder makes one thing and belongs to one goroutine;
// what comes of it is immutable.
//
// The parts are used for what the same Builder makes. Operands and tests that come with a fault may be used further;
// the fault is told in the end.
type Builder struct {
	p parser
	u Update
}

// NewUpdateBuilder returns a Builder that makes an update. In it, sums and functions of updates may be operands of
// each other.
func NewUpdateBuilder() *Builder { return &Builder{p: parser{kind: kindUpdate, nests: true}} }

// Path names a part of an item. [NewPath] makes one; the zero Path is none. It is immutable.
type Path struct{ steps path }

// NewPath returns the path of an attribute.
func NewPath(attribute string) Path { return Path{path{{attribute, noIndex}}} }

// Field returns the path of what pa has under a name.
func (pa Path) Field(name string) Path { return pa.plus(step{name, noIndex}) }

// Element returns the path of an element of pa, counted from 0.
func (pa Path) Element(index int) Path { return pa.plus(step{"", index}) }

func (pa Path) plus(s step) Path { return Path{append(slices.Clip(pa.steps), s)} }

// Attribute returns the attribute that pa is in, and whether pa is all of it.
func (pa Path) Attribute() (name string, all bool) { return pa.steps[0].name, len(pa.steps) == 1 }

// Equal reports whether both name the same.
func (pa Path) Equal(other Path) bool { return slices.Equal(pa.steps, other.steps) }

// In returns the part of item that pa names; ok is false if there is none.
func (pa Path) In(item attr.Item) (v attr.Value, ok bool) { return pa.steps.in(item) }

// CheckPaths refuses paths of which one is a part of another, or takes for a list what another takes for a map. The
// error is an exception.Validation.
func CheckPaths(paths []Path) error {
	var p parser
	var tree branch
	for i := range paths {
		p.plant(&tree, paths[i].steps, i)
	}
	return p.err("")
}

// Operand is what operators and functions work on.
type Operand struct{ operand operand }

// ValueOperand returns v as an operand.
func ValueOperand(v attr.Value) Operand { return Operand{operand{value: v}} }

// Path returns what a path leads to as an operand.
func (b *Builder) Path(pa Path) Operand { return Operand{operand{path: pa.steps}} }

// Call returns what a function gives. The name is as expressions have it, or "+" or "-", which are functions of two
// operands in an update.
func (b *Builder) Call(function string, args ...Operand) Operand {
	c := &call{function: functionNamed(function), name: function}
	switch function {
	case "+":
		c.function = functionPlus
	case "-":
		c.function = functionMinus
	}
	c.args = operands(args)
	b.p.countOperator()
	b.p.checkCall(c)
	return Operand{operand{call: c}}
}

// Truth returns whether t holds as an operand, which is true or false.
func (b *Builder) Truth(t Test) Operand {
	return Operand{operand{call: &call{function: functionTruth, test: t.node}}}
}

func operands(all []Operand) []operand {
	list := make([]operand, len(all))
	for i := range all {
		list[i] = all[i].operand
	}
	return list
}

// Test is a condition or a part of one.
type Test struct{ node *node }

// Compare compares two operands; the operator is one of =, <>, <, <=, > and >=.
func (b *Builder) Compare(operator string, left, right Operand) Test {
	op := opEqual
	for op < opAtLeast && op.String() != operator {
		op++
	}
	n := &node{operator: op, args: []operand{left.operand, right.operand}}
	b.p.checkComparison(n)
	return b.settled(n)
}

// Between is true if o lies between two operands, both included.
func (b *Builder) Between(o, lower, upper Operand) Test {
	n := &node{operator: opBetween, args: []operand{o.operand, lower.operand, upper.operand}}
	b.p.checkBetween(n)
	return b.settled(n)
}

// In is true if o equals one of the others.
func (b *Builder) In(o Operand, others []Operand) Test {
	n := &node{operator: opIn, args: append([]operand{o.operand}, operands(others)...)}
	b.p.checkIn(n)
	return b.settled(n)
}

func (b *Builder) settled(n *node) Test {
	b.p.countOperator()
	for i := range n.args {
		b.p.checkOperand(n.args[i].call)
	}
	return Test{n}
}

// Holds is true if a function of conditions gives true.
func (b *Builder) Holds(function string, args ...Operand) Test {
	c := b.Call(function, args...).operand.call
	return Test{&node{operator: opCall, call: c}}
}

// And is true if both are.
func (b *Builder) And(left, right Test) Test { return b.join(opAnd, left, right) }

// Or is true if one of both is.
func (b *Builder) Or(left, right Test) Test { return b.join(opOr, left, right) }

// Not is true if t is not.
func (b *Builder) Not(t Test) Test { return b.join(opNot, t, Test{}) }

func (b *Builder) join(op operator, left, right Test) Test {
	b.p.countOperator()
	return Test{&node{operator: op, left: left.node, right: right.node}}
}

// Condition returns the condition that is true if t is. The error is an exception.Validation.
func (b *Builder) Condition(t Test) (*Condition, error) {
	if err := b.p.err(""); err != nil {
		return nil, err
	}
	return newCondition(t.node), nil
}

// Either returns the condition that is true if one of two is.
func Either(a, b *Condition) *Condition {
	either := *a
	if a.or != nil {
		b = Either(a.or, b)
	}
	either.or = b
	return &either
}

// Set has the update set a part of the item to o.
func (b *Builder) Set(pa Path, o Operand) { b.act(verbSet, pa, o.operand) }

// Remove has the update remove a part of the item.
func (b *Builder) Remove(pa Path) { b.act(verbRemove, pa, operand{}) }

// Add has the update add the elements of a set to one, which need not be there.
func (b *Builder) Add(pa Path, set attr.Value) { b.act(verbAdd, pa, operand{value: set}) }

// Delete has the update delete the elements of a set from one.
func (b *Builder) Delete(pa Path, set attr.Value) { b.act(verbDelete, pa, operand{value: set}) }

func (b *Builder) act(v verb, pa Path, o operand) {
	if v == verbAdd || v == verbDelete {
		b.p.checkVerb(v, o.value.Type())
	}
	b.u.actions = append(b.u.actions, action{verb: v, path: pa.steps, value: o})
}

// Update returns the update with all that was asked for. The error is an exception.Validation.
func (b *Builder) Update() (*Update, error) {
	for i := range b.u.actions {
		b.p.plant(&b.u.tree, b.u.actions[i].path, i)
	}
	if err := b.p.err(""); err != nil {
		return nil, err
	}
	b.u.findReads()
	return &b.u, nil
}
