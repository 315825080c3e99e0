package expr_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// assignment reads "attribute ACTION value"; an action of "-" is none.
func assignment(t testing.TB, text string) (expr.Assignment, error) {
	t.Helper()
	words := strings.SplitN(text, " ", 3)
	var v attr.Value
	if len(words) == 3 {
		v = value(t, words[2])
	}
	return expr.NewAssignment(words[0], strings.TrimPrefix(words[1], "-"), v)
}

func TestAssignments(t *testing.T) {
	for _, c := range []struct {
		texts  []string
		item   string // "": there is none
		result string // "": there is none afterwards
	}{
		{[]string{`a PUT 1`}, `{"k":1}`, `{"k":1,"a":1}`},
		{[]string{`a - 1`}, `{"k":1,"a":"x"}`, `{"k":1,"a":1}`},
		{[]string{`a.b PUT 1`, `select PUT [1]`}, `{"a":{"b":2}}`, `{"a":{"b":2},"a.b":1,"select":[1]}`},
		{[]string{`a ADD 2.5`}, `{"a":1}`, `{"a":3.5}`},
		{[]string{`a ADD -2`}, `{"k":1}`, `{"k":1,"a":-2}`},
		{[]string{`a ADD {"$SS":["b","c"]}`}, `{"a":{"$SS":["a","b"]}}`, `{"a":{"$SS":["a","b","c"]}}`},
		{[]string{`a ADD {"$NS":[1]}`}, `{"k":1}`, `{"k":1,"a":{"$NS":[1]}}`},
		{[]string{`a ADD [3,1]`}, `{"a":[1,2]}`, `{"a":[1,2,3,1]}`},
		{[]string{`a ADD [3]`}, `{"k":1}`, `{"k":1,"a":[3]}`},
		{[]string{`a DELETE`}, `{"k":1,"a":[1]}`, `{"k":1}`},
		{[]string{`a DELETE`}, `{"k":1}`, `{"k":1}`},
		{[]string{`a DELETE {"$SS":["b","c"]}`}, `{"a":{"$SS":["a","b"]}}`, `{"a":{"$SS":["a"]}}`},
		{[]string{`a DELETE {"$SS":["b","a"]}`}, `{"k":1,"a":{"$SS":["a","b"]}}`, `{"k":1}`},
		{[]string{`a DELETE {"$BS":["b"]}`}, `{"k":1}`, `{"k":1}`},
		{[]string{`b PUT 1`, `a PUT 2`, `d DELETE`, `c ADD 1`}, `{"c":1,"d":1}`, `{"a":2,"b":1,"c":2}`},
		{[]string{`a PUT 1`}, ``, `{"key":0,"a":1}`},
		{[]string{`a ADD 1`, `b DELETE`}, ``, `{"key":0,"a":1}`},
		{[]string{`b DELETE`}, ``, ``},
		{[]string{`b DELETE {"$SS":["b"]}`}, ``, ``},
	} {
		var all []expr.Assignment
		for _, text := range c.texts {
			a, err := assignment(t, text)
			require.NoError(t, err, text)
			all = append(all, a)
		}
		u := expr.NewUpdate(all)
		require.Len(t, u.Attributes(), len(all))
		require.IsIncreasing(t, append(u.Attributes(), "~"))
		require.Empty(t, u.Nested())
		var got attr.Item
		var err error
		if old := item(t, c.item); old.IsZero() {
			got, err = u.Create(item(t, `{"key":0}`))
		} else {
			got, err = u.Apply(old)
		}
		require.NoError(t, err, "%v", c.texts)
		require.Equal(t, item(t, c.result), got, "%v of %s", c.texts, c.item)
		require.Equal(t, got.Project(u.Attributes()...), u.Project(got))
	}
	require.Nil(t, expr.NewUpdate(nil))
	require.Nil(t, expr.NewUpdate([]expr.Assignment{}))
}

func TestAssignmentRefusals(t *testing.T) {
	const invalid = "ValidationException: One or more parameter values were invalid: "
	const valueless = invalid + "Only DELETE action is allowed when no attribute value is specified"
	list := map[string]string{`a PUT`: valueless, `a ADD`: valueless, `a -`: valueless}
	for kind, v := range map[string]string{"S": `"a"`, "B": `{"$B":"a"}`, "M": "{}", "BOOL": "true", "NULL": "null"} {
		list["a ADD "+v] = invalid + "ADD action is not supported for the type " + kind
		list["a DELETE "+v] = invalid + "DELETE action with value is not supported for the type " + kind
	}
	list["a DELETE 1"] = invalid + "DELETE action with value is not supported for the type N"
	list["a DELETE [1]"] = invalid + "DELETE action with value is not supported for the type L"
	for text, message := range list {
		_, err := assignment(t, text)
		require.EqualError(t, err, message, text)
	}
	_, err := expr.NewAssignment("", "DELETE", attr.Value{})
	require.ErrorIs(t, err, exception.Validation)

	const mismatch = "ValidationException: Type mismatch for attribute to update"
	for text, message := range map[string]string{
		`s ADD 1`: mismatch, `n ADD [1]`: mismatch, `n ADD {"$SS":["a"]}`: mismatch, `set ADD {"$NS":[1]}`: mismatch,
		`set DELETE {"$NS":[1]}`: mismatch, `n DELETE {"$SS":["a"]}`: mismatch, `list ADD 1`: mismatch,
		`max ADD 9e125`: "ValidationException: Number overflow. Attempting to store a number with magnitude larger than " +
			"supported range",
	} {
		a, err := assignment(t, text)
		require.NoError(t, err, text)
		old := item(t, `{"s":"a","n":1,"set":{"$SS":["a"]},"list":[1],"max":9e125}`)
		_, err = expr.NewUpdate([]expr.Assignment{a}).Apply(old)
		require.EqualError(t, err, message, text)
	}
}

// What an update gives, as far as the request tells.
func TestUpdateGives(t *testing.T) {
	a, err := assignment(t, `a ADD 1`)
	require.NoError(t, err)
	b, err := assignment(t, `b DELETE`)
	require.NoError(t, err)
	legacy := expr.NewUpdate([]expr.Assignment{a, b})
	require.False(t, legacy.IsExpression())
	require.Equal(t, attr.N("1"), legacy.Gives("a"))
	require.True(t, legacy.Gives("b").IsZero())

	const text = "SET a = :1, b = c, d.e = :1, f = if_not_exists(f, :1) REMOVE g ADD h :2"
	u, err := expr.ParseUpdate(text, params(t, text))
	require.NoError(t, err)
	require.True(t, u.IsExpression())
	require.Equal(t, attr.N("1"), u.Gives("a"))
	require.Equal(t, attr.N("2"), u.Gives("h"))
	for _, name := range []string{"b", "d", "f", "g", "x"} {
		require.True(t, u.Gives(name).IsZero(), name)
	}
}
