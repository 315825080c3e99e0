package partiql

import (
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

const missingCompared = "MISSING must be compared using IS operator"

// conditions translates a WHERE.
type conditions struct {
	*translator
	b expr.Builder
}

func (t *translator) condition(n *node) *expr.Condition {
	c := &conditions{translator: t}
	test := c.test(n)
	if t.failure != nil {
		return nil
	}
	condition, err := c.b.Condition(test)
	t.fail(err)
	return condition
}

// test translates what must be true or false.
func (c *conditions) test(n *node) expr.Test {
	if c.failure != nil {
		return expr.Test{}
	}
	switch n.kind {
	case kindAnd:
		return c.b.And(c.part(n.args[0], n), c.part(n.args[1], n))
	case kindOr:
		return c.b.Or(c.part(n.args[0], n), c.part(n.args[1], n))
	case kindNot:
		return c.b.Not(c.part(n.args[0], n))
	case kindCompare:
		return c.b.Compare(n.text, c.operand(n.args[0]), c.operand(n.args[1]))
	case kindBetween:
		return c.b.Between(c.operand(n.args[0]), c.operand(n.args[1]), c.operand(n.args[2]))
	case kindIn:
		return c.in(n)
	case kindIs:
		return c.is(n)
	case kindLike:
		c.refuse("Unsupported operator in Condition Expression. Operator: like")
		return expr.Test{}
	}
	if n.kind == kindCall && n.text != "size" {
		return c.call(n)
	}
	c.operand(n)
	c.refuse("WHERE clause must contain an expression that resolves to a boolean")
	return expr.Test{}
}

// part translates an operand of AND, OR or NOT.
func (c *conditions) part(n, whole *node) expr.Test {
	switch {
	case !n.constant() && !n.reference():
	case whole.kind == kindNot:
		c.refuse("The argument to NOT must be a Type or Expression")
	default:
		c.refuse("The arguments to AND/OR must be Expressions")
	}
	return c.test(n)
}

// call translates a function that gives a truth, or ought to.
func (c *conditions) call(n *node) expr.Test {
	if !tests[n.text] && !changes[n.text] {
		c.unknown(n)
		return expr.Test{}
	}
	return c.b.Holds(n.text, c.operands(n.args)...)
}

func (t *translator) unknown(n *node) { t.refuseAt("Unrecognized function: "+clip(n.text), n.at) }

func (c *conditions) operands(list []*node) []expr.Operand {
	all := make([]expr.Operand, len(list))
	for i, n := range list {
		all[i] = c.operand(n)
	}
	return all
}

func (c *conditions) in(n *node) expr.Test {
	list := n.args[1]
	if list.kind != kindList && list.kind != kindBag || len(list.args) == 0 {
		c.refuse("IN operator must have a left hand argument of type Variable Reference and right hand argument of type " +
			"Seq with at least one member")
		return expr.Test{}
	}
	return c.b.In(c.operand(n.args[0]), c.operands(list.args))
}

// tested are the types that IS knows besides MISSING.
var tested = map[string]attr.Type{"NULL": attr.TypeNULL, "BOOLEAN": attr.TypeBOOL, "BLOB": attr.TypeB,
	"STRING": attr.TypeS, "NUMERIC": attr.TypeN, "STRUCT": attr.TypeM, "TUPLE": attr.TypeM, "LIST": attr.TypeL}

func (c *conditions) is(n *node) expr.Test {
	if n.args[0].kind > kindNull {
		c.refuse("The left hand side argument to IS must be a Variable Reference, Literal, or Path")
		return expr.Test{}
	}
	o := c.operand(n.args[0])
	if n.text == "MISSING" {
		return c.b.Holds("attribute_not_exists", o)
	}
	t, ok := tested[n.text]
	if !ok {
		c.refuseAt("Unsupported data type for IS operator: "+n.text+
			". Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]", n.at)
		return expr.Test{}
	}
	return c.b.Holds("attribute_type", o, expr.ValueOperand(attr.S(t.String())))
}

// operand translates what is compared. A condition is an operand too, and true or false.
func (c *conditions) operand(n *node) expr.Operand {
	switch {
	case c.failure != nil:
	case n.reference():
		return c.b.Path(c.pathOf(n))
	case n.constant():
		return expr.ValueOperand(c.constant(n))
	case n.truth():
		return c.b.Truth(c.test(n))
	case n.kind == kindMissing:
		c.refuse(missingCompared)
	case n.kind == kindSum, n.kind == kindSign:
		c.refuse("Unsupported operator in Condition Expression. Operator: " + n.text)
	case n.text == "size", changes[n.text]:
		return c.b.Call(n.text, c.operands(n.args)...)
	default:
		c.unknown(n)
	}
	return expr.Operand{}
}
