package expr_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// What is built of parts does as what is parsed.
func TestBuiltConditions(t *testing.T) {
	item := attr.MustItem(attr.Map{"n": attr.N("1"), "m": attr.M(attr.Map{"l": attr.L(attr.S("x"))})})
	n, x := expr.NewPath("n"), expr.NewPath("m").Field("l").Element(0)
	one, two := expr.ValueOperand(attr.N("1")), expr.ValueOperand(attr.N("2"))

	var b expr.Builder
	between := b.Between(b.Path(n), one, two)
	in := b.In(b.Path(x), []expr.Operand{one, expr.ValueOperand(attr.S("x"))})
	begins := b.Holds("begins_with", b.Path(x), expr.ValueOperand(attr.S("y")))
	truth := b.Compare("<>", b.Truth(begins), expr.ValueOperand(attr.Bool(true)))
	less := b.Compare("<", b.Call("size", b.Path(x)), two)
	c, err := b.Condition(b.And(b.And(between, in), b.Or(b.Not(truth), less)))
	require.NoError(t, err)
	require.True(t, c.Holds(item))
	require.False(t, c.Holds(attr.Item{}))
	require.Equal(t, []string{"m", "n"}, c.Attributes())
	require.Equal(t, []string{"m"}, c.Nested())

	var other expr.Builder
	missing, err := other.Condition(other.Holds("attribute_not_exists", other.Path(expr.NewPath("k"))))
	require.NoError(t, err)
	either := expr.Either(missing, c)
	require.True(t, either.Holds(attr.Item{}))
	require.True(t, either.Holds(item))
	require.False(t, either.Holds(attr.MustItem(attr.Map{"k": attr.N("1")})))
	require.Equal(t, []string{"k", "m", "n"}, either.Attributes())
	require.Equal(t, []string{"m"}, either.Nested())
}

// Faults are those of expressions, without the name of one.
func TestBuiltFaults(t *testing.T) {
	message := func(err error) string { return err.(*exception.Error).Message }
	var b expr.Builder
	path := b.Path(expr.NewPath("a"))
	_, err := b.Condition(b.Compare(">=", path, expr.ValueOperand(attr.Bool(true))))
	require.Equal(t, "Incorrect operand type for operator or function; operator or function: >=, "+
		"operand type: BOOL", message(err))

	u := expr.NewUpdateBuilder()
	u.Set(expr.NewPath("a"), u.Call("+", u.Path(expr.NewPath("a")), expr.ValueOperand(attr.S("x"))))
	_, err = u.Update()
	require.Equal(t, "Incorrect operand type for operator or function; operator or function: +, "+
		"operand type: S", message(err))

	err = expr.CheckPaths([]expr.Path{expr.NewPath("a").Element(0), expr.NewPath("a").Field("x")})
	require.Equal(t, "Two document paths conflict with each other; must remove or rewrite one of these paths; "+
		"path one: [a, x], path two: [a, [0]]", message(err))
}

func TestBuiltUpdates(t *testing.T) {
	item := attr.MustItem(attr.Map{"n": attr.N("1"), "s": attr.SS("x", "y"), "gone": attr.Null()})
	b := expr.NewUpdateBuilder()
	n := expr.NewPath("n")
	b.Set(n, b.Call("-", b.Call("+", b.Path(n), b.Path(n)), expr.ValueOperand(attr.N("5"))))
	b.Add(expr.NewPath("t"), attr.NS("1"))
	b.Delete(expr.NewPath("s"), attr.SS("x"))
	b.Remove(expr.NewPath("gone"))
	u, err := b.Update()
	require.NoError(t, err)
	updated, err := u.Apply(item)
	require.NoError(t, err)
	require.Equal(t, attr.MustItem(attr.Map{"n": attr.N("-3"), "s": attr.SS("y"), "t": attr.NS("1")}), updated)
	require.Equal(t, []string{"gone", "n", "s", "t"}, u.Attributes())
}
