package expr_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// comparison reads "attribute OPERATOR values", the values as a JSON array of plain values.
func comparison(t testing.TB, text string) (expr.Comparison, error) {
	t.Helper()
	words := append(strings.SplitN(text, " ", 3), "[]")
	var values []attr.Value
	for _, x := range decode(t, words[2]).([]any) {
		values = append(values, plain(x))
	}
	return expr.NewComparison(words[0], words[1], values)
}

// zoo are items with every type of value and without any.
func zoo(t testing.TB) (items []attr.Item) {
	for _, v := range []string{`"abc"`, `"b"`, `""`, `7`, `7.5`, `true`, `false`, `null`, `[]`,
		`["b",7,null,true]`, `{}`, `{"b":7}`,
		`{"$B":"abc"}`, `{"$B":"b"}`, `{"$SS":["b","c"]}`, `{"$NS":[7,8]}`, `{"$BS":["b"]}`} {
		items = append(items, item(t, `{"a":`+v+`}`))
	}
	return append(items, attr.Item{}, item(t, `{"other":1}`))
}

// What a comparison says, an expression says as well, and they are true of the same items.
func TestComparisonsAreExpressions(t *testing.T) {
	for text, expression := range map[string]string{
		`a EQ ["b"]`: "a = :0", `a EQ [7.0]`: "a = :0", `a EQ [{"$SS":["c","b"]}]`: "a = :0", `a EQ [{"b":7}]`: "a = :0",
		`a EQ [["b",7,null,true]]`: "a = :0", `a EQ [null]`: "a = :0", `a EQ [true]`: "a = :0", `a EQ [{"$B":"b"}]`: "a = :0",
		`a NE ["b"]`: "a <> :0", `a NE [true]`: "a <> :0",
		`a LT ["b"]`: "a < :0", `a LT [7.5]`: "a < :0", `a LE [7]`: "a <= :0", `a LE [{"$B":"b"}]`: "a <= :0",
		`a GT ["abc"]`: "a > :0", `a GT [7]`: "a > :0", `a GE ["b"]`: "a >= :0", `a GE [{"$B":"b"}]`: "a >= :0",
		`a BETWEEN ["abc","b"]`: "a BETWEEN :0 AND :1", `a BETWEEN [7,7]`: "a BETWEEN :0 AND :1",
		`a BETWEEN [{"$B":"b"},{"$B":"c"}]`: "a BETWEEN :0 AND :1",
		`a IN ["x","b"]`:                    "a IN (:0, :1)", `a IN [7.50]`: "a IN (:0)", `a IN [1,7,7]`: "a IN (:0, :1, :2)",
		`a NULL`: "attribute_not_exists(a)", `a NULL []`: "attribute_not_exists(a)", `a NOT_NULL`: "attribute_exists(a)",
		`a CONTAINS ["b"]`: "contains(a, :0)", `a CONTAINS [7]`: "contains(a, :0)", `a CONTAINS [null]`: "contains(a, :0)",
		`a CONTAINS [true]`: "contains(a, :0)", `a CONTAINS [{"$B":"b"}]`: "contains(a, :0)",
		`a NOT_CONTAINS ["b"]`:        "attribute_exists(a) AND NOT contains(a, :0)",
		`a NOT_CONTAINS [7]`:          "attribute_exists(a) AND NOT contains(a, :0)",
		`a BEGINS_WITH ["a"]`:         "begins_with(a, :0)",
		`a BEGINS_WITH [""]`:          "begins_with(a, :0)",
		`a BEGINS_WITH [{"$B":"ab"}]`: "begins_with(a, :0)",
	} {
		c, err := comparison(t, text)
		require.NoError(t, err, text)
		condition := expr.NewCondition([]expr.Comparison{c}, false)
		values := make(map[string]attr.Value)
		if _, list, ok := strings.Cut(text, "["); ok && list != "]" {
			for i, x := range decode(t, "["+list).([]any) {
				values[":"+strconv.Itoa(i)] = plain(x)
			}
		}
		var params *expr.Params
		if len(values) > 0 {
			params, err = expr.NewParams(nil, values)
			require.NoError(t, err)
		}
		parsed, err := expr.ParseCondition("FilterExpression", expression, params)
		require.NoError(t, err, text)
		require.Equal(t, []string{"a"}, condition.Attributes())
		require.Empty(t, condition.Nested())
		hits := 0
		for i, x := range zoo(t) {
			require.Equal(t, parsed.Holds(x), condition.Holds(x), "%s of item %d", text, i)
			if condition.Holds(x) {
				hits++
			}
		}
		require.Positive(t, hits, "%s is true of nothing", text)
		require.Less(t, hits, len(zoo(t)), "%s is true of all", text)
	}
}

func TestComparisonsTogether(t *testing.T) {
	list := func(texts ...string) (all []expr.Comparison) {
		for _, text := range texts {
			c, err := comparison(t, text)
			require.NoError(t, err)
			all = append(all, c)
		}
		return all
	}
	require.Nil(t, expr.NewCondition(nil, false))
	require.Nil(t, expr.NewCondition([]expr.Comparison{}, true))
	three := list(`a EQ [1]`, `b EQ [2]`, `c EQ [3]`)
	all, any := expr.NewCondition(three, false), expr.NewCondition(three, true)
	require.Equal(t, []string{"a", "b", "c"}, all.Attributes())
	for _, c := range []struct {
		item     string
		all, any bool
	}{
		{`{"a":1,"b":2,"c":3}`, true, true}, {`{"a":1,"b":2,"c":4}`, false, true}, {`{"c":3}`, false, true},
		{`{"b":2}`, false, true}, {`{"a":1}`, false, true},
		{`{"a":2,"b":1}`, false, false}, {`{}`, false, false}, {``, false, false},
	} {
		require.Equal(t, c.all, all.Holds(item(t, c.item)), c.item)
		require.Equal(t, c.any, any.Holds(item(t, c.item)), c.item)
	}
	require.False(t, expr.NewCondition([]expr.Comparison{{}}, false).Holds(item(t, `{"a":1}`)), "the zero Comparison")
}

// Nothing but the size of a request bounds how many comparisons it has.
func TestManyComparisons(t *testing.T) {
	const n = 2_000
	many := make([]expr.Comparison, n)
	m := make(attr.Map, n)
	for i := range many {
		name := "a" + strconv.Itoa(i)
		c, err := expr.NewComparison(name, "EQ", []attr.Value{attr.Int(int64(i))})
		require.NoError(t, err)
		many[i], m[name] = c, attr.Int(int64(i))
	}
	whole := attr.MustItem(m)
	require.True(t, expr.NewCondition(many, false).Holds(whole))
	m["a7"] = attr.S("x")
	require.False(t, expr.NewCondition(many, false).Holds(attr.MustItem(m)))
	require.True(t, expr.NewCondition(many, true).Holds(attr.MustItem(attr.Map{"a1999": attr.N("1999")})))
}

func TestComparisonRefusals(t *testing.T) {
	const invalid = "One or more parameter values were invalid: "
	count := func(operator string) string {
		return invalid + "Invalid number of argument(s) for the " + operator + " ComparisonOperator"
	}
	wrong := func(operator, kind string) string {
		return invalid + "ComparisonOperator " + operator + " is not valid for " + kind + " AttributeValue type"
	}
	const sameType = invalid + "AttributeValues inside AttributeValueList must be of same type"
	list := map[string]string{
		`a EQ`: count("EQ"), `a EQ [1,2]`: count("EQ"), `a NE [1,"a"]`: count("NE"), `a LT []`: count("LT"),
		`a NULL [1]`: count("NULL"), `a NOT_NULL [1]`: count("NOT_NULL"), `a IN []`: count("IN"),
		`a BETWEEN [1]`:     count("BETWEEN"),
		`a BETWEEN [1,2,3]`: count("BETWEEN"), `a CONTAINS [1,2]`: count("CONTAINS"), `a BEGINS_WITH`: count("BEGINS_WITH"),
		`a NOT_CONTAINS []`: count("NOT_CONTAINS"), `a IN [1,"a"]`: sameType, `a BETWEEN ["a",1]`: sameType,
		`a IN [[1],1]`: sameType, `a IN [[1],[2]]`: wrong("IN", "L"), `a BETWEEN [true,false]`: wrong("BETWEEN", "BOOL"),
		`a BETWEEN [2,1]`: "The BETWEEN condition was provided a range where the lower bound is greater than " +
			"the upper bound",
		`a BEGINS_WITH [1]`:   wrong("BEGINS_WITH", "N"),
		`a SOUNDS_LIKE ["a"]`: "Comparison type does not exist in DynamoDB",
	}
	for _, operator := range []string{"LT", "LE", "GT", "GE", "IN"} {
		for kind, v := range map[string]string{"SS": `{"$SS":["a"]}`, "NS": `{"$NS":[1]}`, "BS": `{"$BS":["a"]}`, "L": "[1]",
			"M":    "{}",
			"BOOL": "true", "NULL": "null"} {
			list["a "+operator+" ["+v+"]"] = wrong(operator, kind)
		}
	}
	for _, operator := range []string{"CONTAINS", "NOT_CONTAINS"} {
		for kind, v := range map[string]string{"SS": `{"$SS":["a"]}`, "NS": `{"$NS":[1]}`, "L": "[1]", "M": "{}"} {
			list["a "+operator+" ["+v+"]"] = wrong(operator, kind)
		}
	}
	for text, message := range list {
		_, err := comparison(t, text)
		require.ErrorIs(t, err, exception.Validation, text)
		require.EqualError(t, err, "ValidationException: "+message, text)
	}
	_, err := expr.NewComparison("", "NULL", nil)
	require.ErrorIs(t, err, exception.Validation)
}

func TestKeyConditionsOfOld(t *testing.T) {
	partition := expr.KeyAttribute{Name: "h", Type: attr.TypeS}
	sort := expr.KeyAttribute{Name: "r", Type: attr.TypeN}
	read := func(sort expr.KeyAttribute, texts ...string) (expr.KeyCondition, error) {
		var all []expr.Comparison
		for _, text := range texts {
			c, err := comparison(t, text)
			require.NoError(t, err)
			all = append(all, c)
		}
		return expr.NewKeyExpression(all).For(partition, sort)
	}
	for text, expected := range map[string]expr.SortCondition{
		`r EQ [1]`:        {Operator: expr.SortEqual, Value: attr.N("1")},
		`r LT [1]`:        {Operator: expr.SortLess, Value: attr.N("1")},
		`r LE [1]`:        {Operator: expr.SortAtMost, Value: attr.N("1")},
		`r GT [1]`:        {Operator: expr.SortGreater, Value: attr.N("1")},
		`r GE [1]`:        {Operator: expr.SortAtLeast, Value: attr.N("1")},
		`r BETWEEN [1,2]`: {Operator: expr.SortBetween, Value: attr.N("1"), Upper: attr.N("2")},
	} {
		k, err := read(sort, `h EQ ["x"]`, text)
		require.NoError(t, err, text)
		require.Equal(t, expr.KeyCondition{Partition: attr.S("x"), Sort: expected}, k, text)
		k, err = read(sort, text, `h EQ ["x"]`)
		require.NoError(t, err, text)
		require.Equal(t, expected, k.Sort, text)
	}
	k, err := read(expr.KeyAttribute{Name: "r", Type: attr.TypeS}, `h EQ ["x"]`, `r BEGINS_WITH ["a"]`)
	require.NoError(t, err)
	require.Equal(t, expr.SortCondition{Operator: expr.SortBeginsWith, Value: attr.S("a")}, k.Sort)
	k, err = read(expr.KeyAttribute{}, `h EQ ["x"]`)
	require.NoError(t, err)
	require.Equal(t, expr.KeyCondition{Partition: attr.S("x")}, k)

	const notIndexable = "Attempted conditional constraint is not an indexable operation"
	const wrongType = "One or more parameter values were invalid: Condition parameter type does not match schema type"
	for _, c := range []struct {
		texts   []string
		message string
	}{
		{nil, "Conditions can be of length 1 or 2 only"},
		{[]string{`h EQ ["x"]`, `r EQ [1]`, `s EQ [1]`}, "Conditions can be of length 1 or 2 only"},
		{[]string{`h LT ["x"]`}, "Query key condition not supported"},
		{[]string{`h NE ["x"]`}, notIndexable},
		{[]string{`h NULL`}, notIndexable},
		{[]string{`h IN [1]`}, notIndexable},
		{[]string{`h EQ ["x"]`, `r CONTAINS ["x"]`}, notIndexable},
		{[]string{`h EQ ["x"]`, `r NOT_NULL`}, notIndexable},
		{[]string{`h EQ [1]`}, wrongType},
		{[]string{`h EQ [["x"]]`}, wrongType},
		{[]string{`h EQ ["x"]`, `r BEGINS_WITH ["1"]`}, wrongType},
		{[]string{`r EQ [1]`}, "Query condition missed key schema element: h"},
		{[]string{`h EQ ["x"]`, `s EQ [1]`}, "Query condition missed key schema element: r"},
	} {
		_, err := read(sort, c.texts...)
		require.ErrorIs(t, err, exception.Validation, "%v", c.texts)
		require.EqualError(t, err, "ValidationException: "+c.message, "%v", c.texts)
	}
}

func TestProjectionsOfOld(t *testing.T) {
	p, err := expr.NewProjection([]string{"c", "a.b", "a", "no", "select"})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "a.b", "c", "no", "select"}, p.Attributes())
	require.Empty(t, p.Nested())
	got := p.Apply(item(t, `{"a":{"b":1},"a.b":2,"b":3,"c":4,"select":5}`))
	require.Equal(t, item(t, `{"a":{"b":1},"a.b":2,"c":4,"select":5}`), got)
	require.Zero(t, p.Apply(item(t, `{"b":1}`)).Len())
	require.True(t, p.Apply(attr.Item{}).IsZero())

	none, err := expr.NewProjection(nil)
	require.NoError(t, err)
	require.Nil(t, none)
	_, err = expr.NewProjection([]string{"a", "b", "c", "b", "a"})
	require.EqualError(t, err,
		"ValidationException: One or more parameter values were invalid: Duplicate value in attribute name: b")
	_, err = expr.NewProjection([]string{"a", ""})
	require.ErrorIs(t, err, exception.Validation)
}
