package expr_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

var (
	keyA = expr.KeyAttribute{Name: "a", Type: attr.TypeS}
	keyN = expr.KeyAttribute{Name: "n", Type: attr.TypeN}
	keyB = expr.KeyAttribute{Name: "b", Type: attr.TypeB}
)

func TestKeyCondition(t *testing.T) {
	a, one, five := attr.S("a"), attr.N("1"), attr.N("5")
	for _, row := range []struct {
		text string
		sort expr.KeyAttribute
		want expr.SortCondition
	}{
		{"a = :a", keyN, expr.SortCondition{}},
		{"a = :a", expr.KeyAttribute{}, expr.SortCondition{}},
		{":a = #a", keyN, expr.SortCondition{}},
		{"a = :a AND n = :1", keyN, expr.SortCondition{Operator: expr.SortEqual, Value: one}},
		{"n = :1 and a = :a", keyN, expr.SortCondition{Operator: expr.SortEqual, Value: one}},
		{"((n = :1) and (a = :a))", keyN, expr.SortCondition{Operator: expr.SortEqual, Value: one}},
		{"a = :a AND n < :1", keyN, expr.SortCondition{Operator: expr.SortLess, Value: one}},
		{"a = :a AND n <= :1", keyN, expr.SortCondition{Operator: expr.SortAtMost, Value: one}},
		{"a = :a AND n > :1", keyN, expr.SortCondition{Operator: expr.SortGreater, Value: one}},
		{"a = :a AND n >= :1", keyN, expr.SortCondition{Operator: expr.SortAtLeast, Value: one}},
		{"a = :a AND :1 = n", keyN, expr.SortCondition{Operator: expr.SortEqual, Value: one}},
		{"a = :a AND :1 < n", keyN, expr.SortCondition{Operator: expr.SortGreater, Value: one}},
		{"a = :a AND :1 <= n", keyN, expr.SortCondition{Operator: expr.SortAtLeast, Value: one}},
		{"a = :a AND :1 > n", keyN, expr.SortCondition{Operator: expr.SortLess, Value: one}},
		{"a = :a AND :1 >= n", keyN, expr.SortCondition{Operator: expr.SortAtMost, Value: one}},
		{"a = :a AnD n BeTwEeN :1 aNd :5", keyN, expr.SortCondition{Operator: expr.SortBetween, Value: one, Upper: five}},
		{"a = :a AND begins_with(b, :ba)", keyB,
			expr.SortCondition{Operator: expr.SortBeginsWith, Value: attr.B([]byte("a"))}},
	} {
		p := params(t, row.text)
		got, err := expr.ParseKeyCondition(row.text, p, keyA, row.sort)
		require.NoError(t, err, row.text)
		require.Equal(t, expr.KeyCondition{Partition: a, Sort: row.want}, got, row.text)
		require.NoError(t, p.Unused())
	}
}

func TestKeyConditionRefusals(t *testing.T) {
	const (
		invalid   = "Invalid KeyConditionExpression: "
		bad       = "Invalid condition in KeyConditionExpression: "
		first     = " operator must have the key attribute as its first operand"
		operator  = "Invalid operator used in KeyConditionExpression: "
		nestedOp  = "KeyConditionExpressions cannot contain nested operations"
		multiple  = bad + "Multiple attribute names used in one condition"
		nested    = "KeyConditionExpressions cannot have conditions on nested attributes"
		noKey     = bad + "No key attribute specified"
		twice     = "KeyConditionExpressions must only contain one condition per key"
		wrongType = "One or more parameter values were invalid: Condition parameter type does not match schema type"
	)
	for text, want := range map[string]string{
		"":      "Invalid KeyConditionExpression: The expression can not be empty;",
		"a > 4": `Invalid KeyConditionExpression: Syntax error; token: "4", near: "> 4"`,
		"a = :a AND contains(n)": invalid + "Incorrect number of operands for operator or function; " +
			"operator or function: contains, number of operands: 1",
		"a = :a AND dog(n)":     "Invalid KeyConditionExpression: Invalid function name; function: dog",
		"a = :a AND hash = :1":  invalid + "Attribute name is a reserved keyword; reserved keyword: hash",
		"a = :a AND ((n = :1))": "Invalid KeyConditionExpression: The expression has redundant parentheses;",
		"a = :a AND begins_with(n, :1)": "Invalid KeyConditionExpression: Incorrect operand type for operator or function; " +
			"operator or function: begins_with, operand type: N",
		"attribute_type(a, :S)":                       operator + "attribute_type",
		"a > n and size(n) > c or a > c":              operator + "OR",
		"a in (n, size(c), d)":                        operator + "IN",
		"attribute_exists(a)":                         operator + "attribute_exists",
		"attribute_not_exists(a)":                     operator + "attribute_not_exists",
		"contains(a.d, n)":                            operator + "contains",
		"not a > n":                                   operator + "NOT",
		"a <> n":                                      operator + "<>",
		":a between size(n) and c and n > :b":         bad + "BETWEEN" + first,
		"begins_with(:a, n) and a > :b":               bad + "begins_with" + first,
		"size(n) > a AND a.b > n AND n > c":           nestedOp,
		"a > size(n.d)":                               nestedOp,
		"a between size(n) and size(a)":               nestedOp,
		"n > a.b":                                     multiple,
		"n between c[1] and d":                        multiple,
		"a between n and size(a)":                     multiple,
		"begins_with(a, n)":                           multiple,
		"n.d > a AND c.d > e.f":                       nested,
		"a.d > c":                                     nested,
		"n[0] > a":                                    nested,
		":b > :a AND a < :b":                          noKey,
		":a > n AND :a < :b":                          noKey,
		"n > :1 AND n < :1 and c = :a and d = :a":     twice,
		"(a > :1 and n > :1) and (n > :1 and c > :1)": twice,
		"a = :a and n = :1 and c = :1":                "Conditions can be of length 1 or 2 only",
		"n = :1":                                      "Query condition missed key schema element: a",
		"a = :a AND c = :1":                           "Query condition missed key schema element: n",
		"a > :a":                                      "Query key condition not supported",
		"begins_with(a, :a)":                          "Query key condition not supported",
		"a between :a and :b":                         "Query key condition not supported",
		"a = :1":                                      wrongType,
		"a > :1":                                      wrongType,
		"a = :a AND n = :b":                           wrongType,
		"a = :a AND n between :a and :b":              wrongType,
		"a = :a AND begins_with(n, :b)":               wrongType,
	} {
		_, err := expr.ParseKeyCondition(text, params(t, text), keyA, keyN)
		require.Error(t, err, text)
		requireRefused(t, want, err)
	}
	_, err := expr.ParseKeyCondition("a = :a AND n = :1", params(t, ":a :1"), keyA, expr.KeyAttribute{})
	requireRefused(t, "Query key condition not supported", err)
	for text, want := range map[string]string{
		"n = :1 AND c = :1": "Query key condition not supported", // whatever the two are about
		"n = :1":            "Query condition missed key schema element: a",
	} {
		_, err := expr.ParseKeyCondition(text, params(t, text), keyA, expr.KeyAttribute{})
		requireRefused(t, want, err)
	}
}

func TestKeyConditionOfSeveralAttributes(t *testing.T) {
	partition := []expr.KeyAttribute{keyA, {Name: "c", Type: attr.TypeS}}
	sort := []expr.KeyAttribute{keyN, keyB, {Name: "d", Type: attr.TypeN}}
	a, one, five, ba := attr.S("a"), attr.N("1"), attr.N("5"), attr.B([]byte("a"))
	ask := func(text string) (expr.KeyCondition, error) {
		e, err := expr.ParseKeyExpression(text, params(t, text))
		require.NoError(t, err, text)
		return e.ForKey(partition, sort)
	}
	both := expr.KeyCondition{Partition: a, Others: []attr.Value{a}}
	with := func(c expr.SortCondition, prefix ...attr.Value) expr.KeyCondition {
		k := both
		k.Sort, k.Prefix = c, prefix
		return k
	}
	for text, want := range map[string]expr.KeyCondition{
		"a = :a AND c = :a":                                    both,
		"c = :a AND a = :a":                                    both,
		"a = :a AND c = :a AND n > :1":                         with(expr.SortCondition{Operator: expr.SortGreater, Value: one}),
		"b = :ba AND n = :1 AND a = :a AND c = :a":             with(expr.SortCondition{Operator: expr.SortEqual, Value: ba}, one),
		"a = :a AND c = :a AND n = :1 AND begins_with(b, :ba)": with(expr.SortCondition{Operator: expr.SortBeginsWith, Value: ba}, one),
		"a = :a AND c = :a AND n = :1 AND b = :ba AND d BETWEEN :1 AND :5": with(
			expr.SortCondition{Operator: expr.SortBetween, Value: one, Upper: five}, one, ba),
	} {
		got, err := ask(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	const ranges, because = "RANGE key attributes ",
		" must have equality conditions specified in the query because a condition is present on key attribute "
	for text, want := range map[string]string{
		"a = :a":                        "Query condition missed key schema element: c",
		"c = :a":                        "Query condition missed key schema element: a",
		"a = :a AND n = :1":             "Query condition missed key schema element: c",
		"a = :a AND c > :a":             "Query key condition not supported",
		"a = :a AND c = :a AND b = :ba": ranges + "n" + because + "b",
		"a = :a AND c = :a AND d = :1 AND b = :ba": ranges + "n" + because + "b",
		"a = :a AND c = :a AND x = :1":             "Query condition missed key schema element: n",
		"a = :a AND c = :a AND n = :1 AND d = :1":  ranges + "b" + because + "d",
		"a = :a AND c = :a AND n < :1 AND b = :ba": ranges + "n" + because + "b",
		"a = :a AND c = :1": "One or more parameter values were invalid: " +
			"Condition parameter type does not match schema type",
		"a = :a AND c = :a AND n = :1 AND b = :ba AND d = :1 AND x = :1": "Query key condition not supported",
	} {
		_, err := ask(text)
		require.ErrorContains(t, err, want, text)
	}
	_, err := ask("a = :a AND b = :a AND c = :a AND d = :a AND e = :a AND f = :a AND g = :a AND h = :a AND i = :a")
	require.ErrorContains(t, err, "Conditions can be of length 1 or 2 only")
}

// What a condition holds of, by the numbers from 1 to 4.
func TestSortConditionHolds(t *testing.T) {
	two, three := attr.N("2"), attr.N("3")
	for operator, want := range map[expr.SortOperator][4]bool{
		expr.SortAny:     {true, true, true, true},
		expr.SortEqual:   {false, true, false, false},
		expr.SortLess:    {true, false, false, false},
		expr.SortAtMost:  {true, true, false, false},
		expr.SortGreater: {false, false, true, true},
		expr.SortAtLeast: {false, true, true, true},
		expr.SortBetween: {false, true, true, false},
	} {
		c := expr.SortCondition{Operator: operator, Value: two, Upper: three}
		for i, holds := range want {
			require.Equal(t, holds, c.Holds(attr.Int(int64(i+1))), "%d: %d", operator, i+1)
		}
	}
	begins := expr.SortCondition{Operator: expr.SortBeginsWith, Value: attr.S("ab")}
	require.True(t, begins.Holds(attr.S("abc")))
	require.True(t, begins.Holds(attr.S("ab")))
	require.False(t, begins.Holds(attr.S("a")))
	begins.Value = attr.B([]byte{1, 2})
	require.True(t, begins.Holds(attr.B([]byte{1, 2, 3})))
	require.False(t, begins.Holds(attr.B([]byte{1, 3})))
}
