package expr_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// The naive model: an item is a map[string]any whose values are string, *big.Rat, bool, nil, []any, map[string]any and
// set. Random expressions are made as text and, at the same time, as functions of such an item.
type (
	document = map[string]any
	set      map[string]bool
)

func toAttr(x any) attr.Value {
	switch x := x.(type) {
	case nil:
		return attr.Null()
	case string:
		return attr.S(x)
	case *big.Rat:
		return attr.N(x.FloatString(4))
	case bool:
		return attr.Bool(x)
	case set:
		var texts []string
		for s := range x {
			texts = append(texts, s)
		}
		return attr.SS(texts...)
	case []any:
		var list []attr.Value
		for _, e := range x {
			list = append(list, toAttr(e))
		}
		return attr.L(list...)
	case document:
		return attr.M(toMap(x))
	}
	panic(fmt.Sprintf("%T", x))
}

func toMap(d document) attr.Map {
	m := attr.Map{}
	for name, x := range d {
		m[name] = toAttr(x)
	}
	return m
}

func clone(x any) any {
	switch x := x.(type) {
	case []any:
		list := make([]any, len(x))
		for i := range x {
			list[i] = clone(x[i])
		}
		return list
	case document:
		d := document{}
		for name, y := range x {
			d[name] = clone(y)
		}
		return d
	}
	return x
}

// maker makes random items and expressions.
type maker struct {
	*rand.Rand
	values map[string]attr.Value
}

func (r *maker) pick(texts ...string) string { return texts[r.IntN(len(texts))] }

func (r *maker) value(depth int) any {
	kinds := 5
	if depth > 0 {
		kinds = 8
	}
	switch r.IntN(kinds) {
	case 0:
		return r.pick("", "p", "q", "pq", "é")
	case 1, 2:
		return big.NewRat(int64(r.IntN(40)-20), int64([]int{1, 1, 4, 10}[r.IntN(4)]))
	case 3:
		return []any{true, false, nil}[r.IntN(3)]
	case 4:
		s := set{r.pick("p", "q"): true, r.pick("p", "q", "pq"): true}
		return s
	case 5:
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = r.value(depth - 1)
		}
		return list
	}
	return r.document(depth - 1)
}

func (r *maker) document(depth int) document {
	d := document{}
	for range r.IntN(4) {
		d[r.pick("a", "b", "c", "d")] = r.value(depth)
	}
	return d
}

// path makes a path as text and as steps: string or int.
func (r *maker) path() (text string, steps []any) {
	name := r.pick("a", "b", "c", "d")
	text, steps = name, []any{name}
	for r.IntN(5) < 2 {
		if r.IntN(2) == 0 {
			name = r.pick("a", "b", "c", "d")
			text += "." + name
			steps = append(steps, name)
		} else {
			i := r.IntN(4)
			text += fmt.Sprintf("[%d]", i)
			steps = append(steps, i)
		}
	}
	return text, steps
}

// at finds what steps lead to.
func at(x any, steps []any) (any, bool) {
	for _, s := range steps {
		ok := false
		switch s := s.(type) {
		case string:
			d, isMap := x.(document)
			if x, ok = d[s]; !ok || !isMap {
				return nil, false
			}
		case int:
			list, _ := x.([]any)
			if s >= len(list) {
				return nil, false
			}
			x = list[s]
		}
	}
	return x, true
}

// literal makes a value of the request.
func (r *maker) literal(x any) string {
	key := fmt.Sprintf(":v%d", len(r.values))
	r.values[key] = toAttr(x)
	return key
}

type finder = func(document) (any, bool)

func (r *maker) operand() (string, finder) {
	switch r.IntN(5) {
	case 0, 1:
		x := r.value(0)
		if _, isSet := x.(set); isSet || x == nil || x == true || x == false {
			x = "p" // what can be ordered
		}
		return r.literal(x), func(document) (any, bool) { return x, true }
	case 2:
		text, steps := r.path()
		return "size(" + text + ")", func(d document) (any, bool) {
			x, ok := at(d, steps)
			if !ok {
				return nil, false
			}
			return naiveSize(x)
		}
	}
	text, steps := r.path()
	return text, func(d document) (any, bool) { return at(d, steps) }
}

// other returns an operand with which one can be compared.
func (r *maker) other(one string) (text string, f finder) {
	for text, f = r.operand(); text == one; {
		text, f = r.operand()
	}
	return text, f
}

func naiveSize(x any) (any, bool) {
	n := 0
	switch x := x.(type) {
	case string:
		n = len([]rune(x))
	case set:
		n = len(x)
	case []any:
		n = len(x)
	case document:
		n = len(x)
	default:
		return nil, false
	}
	return big.NewRat(int64(n), 1), true
}

func naiveEqual(x, y any) bool { return toAttr(x) == toAttr(y) }

// naiveOrder compares two strings or two numbers.
func naiveOrder(x, y any) (c int, ok bool) {
	if s, ok := x.(string); ok {
		t, ok := y.(string)
		return strings.Compare(s, t), ok
	}
	a, ok := x.(*big.Rat)
	b, ok2 := y.(*big.Rat)
	if !ok || !ok2 {
		return 0, false
	}
	return a.Cmp(b), true
}

type test = func(document) bool

func (r *maker) condition(depth int) (string, test) {
	if depth > 0 {
		x, f := r.condition(depth - 1)
		y, g := r.condition(depth - 1)
		switch r.IntN(5) {
		case 0:
			return "(" + x + ") AND (" + y + ")", func(d document) bool { return f(d) && g(d) }
		case 1:
			return "(" + x + ") or (" + y + ")", func(d document) bool { return f(d) || g(d) }
		case 2:
			return "NOT (" + x + ")", func(d document) bool { return !f(d) }
		case 3: // AND binds more closely than OR, NOT more closely than AND
			z, h := r.condition(0)
			u, k := r.condition(0)
			w, l := r.condition(0)
			return z + " OR NOT " + u + " AND " + w, func(d document) bool { return h(d) || !k(d) && l(d) }
		}
	}
	switch r.IntN(4) {
	case 0:
		return r.function()
	case 1:
		return r.comparison()
	case 2:
		x, f := r.operand()
		y, g := r.other(x)
		z, h := r.other(x)
		return x + " IN (" + y + ", " + z + ")", func(d document) bool {
			a, ok1 := f(d)
			b, ok2 := g(d)
			c, ok3 := h(d)
			return ok1 && (ok2 && naiveEqual(a, b) || ok3 && naiveEqual(a, c))
		}
	}
	x, f := r.operand()
	y, steps := r.path()
	for x == y {
		y, steps = r.path()
	}
	z, h := r.other(x)
	return x + " BETWEEN " + y + " AND " + z, func(d document) bool {
		a, ok1 := f(d)
		b, ok2 := at(d, steps)
		c, ok3 := h(d)
		if !ok1 || !ok2 || !ok3 {
			return false
		}
		lower, ok1 := naiveOrder(b, a)
		upper, ok2 := naiveOrder(a, c)
		return ok1 && ok2 && lower <= 0 && upper <= 0
	}
}

func (r *maker) comparison() (string, test) {
	x, f := r.operand()
	y, g := r.other(x)
	op := r.pick("=", "<>", "<", "<=", ">", ">=")
	return x + op + y, func(d document) bool {
		a, ok1 := f(d)
		b, ok2 := g(d)
		if op == "<>" {
			return !ok1 || !ok2 || !naiveEqual(a, b)
		}
		if !ok1 || !ok2 {
			return false
		}
		if op == "=" {
			return naiveEqual(a, b)
		}
		c, ok := naiveOrder(a, b)
		return ok && (op == "<" && c < 0 || op == "<=" && c <= 0 || op == ">" && c > 0 || op == ">=" && c >= 0)
	}
}

func (r *maker) function() (string, test) {
	path, steps := r.path()
	x := r.value(1)
	switch r.IntN(5) {
	case 0:
		return "attribute_exists(" + path + ")", func(d document) bool { _, ok := at(d, steps); return ok }
	case 1:
		return "attribute_not_exists(" + path + ")", func(d document) bool { _, ok := at(d, steps); return !ok }
	case 2:
		v := toAttr(x).Type().String()
		return "attribute_type(" + path + "," + r.literal(v) + ")", func(d document) bool {
			y, ok := at(d, steps)
			return ok && toAttr(y).Type().String() == v
		}
	case 3:
		prefix := r.pick("", "p", "pq")
		return "begins_with(" + path + "," + r.literal(prefix) + ")", func(d document) bool {
			y, _ := at(d, steps)
			s, ok := y.(string)
			return ok && strings.HasPrefix(s, prefix)
		}
	}
	return "contains(" + path + "," + r.literal(x) + ")", func(d document) bool {
		y, _ := at(d, steps)
		switch y := y.(type) {
		case string:
			part, ok := x.(string)
			return ok && strings.Contains(y, part)
		case set:
			e, ok := x.(string)
			return ok && y[e]
		case []any:
			return slices.ContainsFunc(y, func(e any) bool { return naiveEqual(e, x) })
		}
		return false
	}
}

func TestConditionsAgainstModel(t *testing.T) {
	held, total := 0, 0
	for seed := range uint64(900) {
		r := &maker{rand.New(rand.NewPCG(seed, 1)), map[string]attr.Value{}}
		text, want := r.condition(3)
		var given map[string]attr.Value
		if len(r.values) > 0 {
			given = r.values
		}
		p, err := expr.NewParams(nil, given)
		require.NoError(t, err)
		c, err := expr.ParseCondition("ConditionExpression", text, p)
		require.NoError(t, err, "seed %d: %s", seed, text)
		for range 10 {
			d := r.document(3)
			got := c.Holds(attr.MustItem(toMap(d)))
			require.Equal(t, want(d), got, "seed %d: %s\n%v", seed, text, d)
			total++
			if got {
				held++
			}
		}
	}
	require.Greater(t, held, total/5)
	require.Less(t, held, total*4/5)
}
