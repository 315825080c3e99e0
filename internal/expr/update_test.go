package expr_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

func parseUpdate(t testing.TB, text string) *expr.Update {
	t.Helper()
	p := params(t, text)
	u, err := expr.ParseUpdate(text, p)
	require.NoError(t, err, text)
	require.NoError(t, p.Unused(), text)
	return u
}

func TestUpdateApply(t *testing.T) {
	for _, row := range []struct{ text, before, after string }{
		// SET
		{"SET a = :1", `{}`, `{"a":1}`},
		{"set a=:1,b=:a", `{"a":"x","c":3}`, `{"a":1,"b":"a","c":3}`},
		{"SET a = b", `{"a":1,"b":2}`, `{"a":2,"b":2}`},
		{"SET a = b, b = a", `{"a":1,"b":2}`, `{"a":2,"b":1}`},
		{"SET #a = #b", `{"b":[1]}`, `{"a":[1],"b":[1]}`},
		{"SET a = (b)", `{"b":2}`, `{"a":2,"b":2}`},
		{"SET #dot = :1", `{"a":{"b":0}}`, `{"a":{"b":0},"a.b":1}`},
		{"SET a = m.x[1].y", `{"m":{"x":[0,{"y":7}]}}`, `{"a":7,"m":{"x":[0,{"y":7}]}}`},
		{"SET m.x = :1", `{"m":{}}`, `{"m":{"x":1}}`},
		{"SET m.x = :1, m.y.z = :2", `{"m":{"x":0,"y":{},"q":true}}`, `{"m":{"x":1,"y":{"z":2},"q":true}}`},
		{"SET a[1].b[0] = :1", `{"a":[0,{"b":["x","y"]},2]}`, `{"a":[0,{"b":[1,"y"]},2]}`},
		{"SET a[1] = :a", `{"a":[0,1,2]}`, `{"a":[0,"a",2]}`},
		{"SET a[7] = :a", `{"a":[0]}`, `{"a":[0,"a"]}`},
		{"SET a[84] = :1, a[37] = :2, a[17] = :5, a[0] = :10", `{"a":[0]}`, `{"a":[10,5,2,1]}`},
		{"SET a[0] = a[1], a[1] = a[0]", `{"a":["x","y"]}`, `{"a":["y","x"]}`},
		{"SET a = a", `{"a":{"$NS":[1,2]}}`, `{"a":{"$NS":[1,2]}}`},

		// + and -
		{"SET a = :1 + :2", `{}`, `{"a":3}`},
		{"SET a = a + :1", `{"a":41}`, `{"a":42}`},
		{"SET a = :1-a", `{"a":41}`, `{"a":-40}`},
		{"SET a = a + a", `{"a":-0.5}`, `{"a":-1}`},
		{"SET a = (a + :1)", `{"a":1.25}`, `{"a":2.25}`},
		{"SET a = ((m.x)+(:1))", `{"m":{"x":1}}`, `{"m":{"x":1},"a":2}`},
		{"SET a = (a) - :1", `{"a":1}`, `{"a":0}`},
		{"SET a = if_not_exists(a, :0) + :1", `{}`, `{"a":1}`},
		{"SET a = :10 - if_not_exists(a, :0)", `{"a":3}`, `{"a":7}`},
		{"SET a = a + b", `{"a":99999999999999999999999999999999999999,"b":-99999999999999999999999999999999999998}`,
			`{"a":1,"b":-99999999999999999999999999999999999998}`},
		{"SET a = a + b", `{"a":9e125,"b":9e124}`, `{"a":9.9e125,"b":9e124}`},
		{"SET a = a - b", `{"a":1e-130,"b":3e-130}`, `{"a":-2e-130,"b":3e-130}`},
		{"SET a = a + :1", `{"a":999999999999999999}`, `{"a":1000000000000000000}`},
		{"SET a = a + :1", `{"a":0.0000000000000000000000000000000000001}`, `{"a":1.0000000000000000000000000000000000001}`},

		// if_not_exists and list_append
		{"SET a = if_not_exists(a, :1)", `{"a":7}`, `{"a":7}`},
		{"SET a = if_not_exists(b, :1)", `{"a":7}`, `{"a":1}`},
		{"SET a = if_not_exists(b.c, c)", `{"b":{},"c":"d"}`, `{"a":"d","b":{},"c":"d"}`},
		{"SET a = if_not_exists(b, if_not_exists(c, :1))", `{}`, `{"a":1}`},
		{"SET a = if_not_exists(b, nix)", `{"b":1}`, `{"a":1,"b":1}`},
		{"SET a = list_append(a, :list)", `{"a":[0]}`, `{"a":[0,1,"a"]}`},
		{"SET a = list_append(:list, a)", `{"a":[0]}`, `{"a":[1,"a",0]}`},
		{"SET a = list_append(if_not_exists(a, :nil), :list)", `{}`, `{"a":[1,"a"]}`},
		{"SET a = if_not_exists(a, :nil), b = list_append(:nil, :nil)", `{}`, `{"a":[],"b":[]}`},

		// REMOVE
		{"REMOVE a", `{"a":1,"b":2}`, `{"b":2}`},
		{"REMOVE a, nix", `{"a":1,"b":2}`, `{"b":2}`},
		{"REMOVE a.b, a.nix", `{"a":{"b":1}}`, `{"a":{}}`},
		{"REMOVE a[0]", `{"a":[1]}`, `{"a":[]}`},
		{"REMOVE a[0], a[2], a[9]", `{"a":[0,1,2,3]}`, `{"a":[1,3]}`},
		{"REMOVE a[1] SET a[3] = :1", `{"a":[2,3,4,5,6]}`, `{"a":[2,4,1,6]}`},
		{"SET a[3] = :1 REMOVE a[1]", `{"a":[2,3,4,5,6]}`, `{"a":[2,4,1,6]}`},
		{"REMOVE a[0] SET a[9] = :1", `{"a":["x"]}`, `{"a":[1]}`},
		{"REMOVE a SET b = a", `{"a":1}`, `{"b":1}`},
		{"REMOVE a.c[1].x[1], a.c[1].q", `{"a":{"b":3,"c":["hi",{"x":[3,5,7],"q":2}]}}`,
			`{"a":{"b":3,"c":["hi",{"x":[3,7]}]}}`},

		// ADD
		{"ADD a :1", `{"a":1}`, `{"a":2}`},
		{"add a :1, b :ss", `{}`, `{"a":1,"b":{"$SS":["a","b"]}}`},
		{"ADD a :ss", `{"a":{"$SS":["b","c"]}}`, `{"a":{"$SS":["a","b","c"]}}`},
		{"ADD a :ns", `{"a":{"$NS":[1,3]}}`, `{"a":{"$NS":[1,2,3]}}`},
		{"ADD a :bs", `{"a":{"$BS":["c"]}}`, `{"a":{"$BS":["a","b","c"]}}`},
		{"ADD m.a :1, l[0] :1, l[5] :2", `{"m":{},"l":[1]}`, `{"m":{"a":1},"l":[2,2]}`},

		// DELETE
		{"DELETE a :ss", `{"a":{"$SS":["a","c"]}}`, `{"a":{"$SS":["c"]}}`},
		{"DELETE a :ss", `{"a":{"$SS":["a"]}}`, `{}`},
		{"DELETE a :ns", `{"a":{"$NS":[3,4]}}`, `{"a":{"$NS":[3,4]}}`},
		{"DELETE a :bs", `{"a":{"$BS":["b","c"]}}`, `{"a":{"$BS":["c"]}}`},
		{"DELETE nix :ss", `{}`, `{}`},
		{"DELETE a.b :ss, a.nix :ss", `{"a":{"b":{"$SS":["a","b"]}}}`, `{"a":{}}`},

		// All at once, in any order and case.
		{"dElEtE d :ss aDd c :1 rEmOvE b SET a = b", `{"b":1,"d":{"$SS":["a","z"]}}`, `{"a":1,"c":1,"d":{"$SS":["z"]}}`},
	} {
		before := item(t, row.before)
		after, err := parseUpdate(t, row.text).Apply(before)
		require.NoError(t, err, row.text)
		require.Equal(t, item(t, row.after), after, "%s\n%s", row.text, after.AppendJSON(nil))
	}
}

func TestUpdateApplyRefusals(t *testing.T) {
	const (
		badPath   = "The document path provided in the update expression is invalid for update"
		missing   = "The provided expression refers to an attribute that does not exist in the item"
		wrongType = "An operand in the update expression has an incorrect data type"
		overflow  = "Number overflow. Attempting to store a number with magnitude larger than supported range"
		underflow = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
		tooDeep   = "Nesting Levels have exceeded supported limits"
	)
	deep := strings.Repeat("[", 31) + strings.Repeat("]", 31)
	for _, row := range []struct{ text, before, want string }{
		{"SET a.b = :1", `{}`, badPath},
		{"SET a.b = :1", `{"a":1}`, badPath},
		{"SET a.b = :1", `{"a":[1]}`, badPath},
		{"SET a[0] = :1", `{}`, badPath},
		{"SET a[0] = :1", `{"a":{}}`, badPath},
		{"SET a[0] = :1", `{"a":{"$SS":["a"]}}`, badPath},
		{"SET a[5].b = :1", `{"a":[]}`, badPath},
		{"SET a[0].b = :1", `{"a":[1]}`, badPath},
		{"REMOVE a.b", `{}`, badPath},
		{"REMOVE a.b", `{"a":1}`, badPath},
		{"REMOVE a.b.c", `{"a":{}}`, badPath},
		{"REMOVE a[0]", `{"a":{}}`, badPath},
		{"ADD a.b :1", `{}`, badPath},
		{"DELETE a.b :ss", `{}`, badPath},
		{"SET b = :1 DELETE a[1] :ss", `{"a":1}`, badPath},
		{"SET a.b = nix", `{}`, badPath},
		{"SET a.b = s + :1", `{"a":[{}],"s":"x"}`, badPath},
		{"SET a[0] = nix", `{"a":{}}`, badPath},
		{"SET a.b.c = nix", `{"a":{"b":{}}}`, missing},
		{"SET a[0] = nix", `{"a":[]}`, missing},
		{"SET b = nix, a.b = :1", `{}`, missing},
		{"SET a = b", `{}`, missing},
		{"SET a = b.c", `{"b":1}`, missing},
		{"SET a = :1, b = a", `{}`, missing},
		{"SET a = a + :1", `{}`, missing},
		{"SET a = list_append(a, :nil)", `{}`, missing},
		{"SET a = if_not_exists(a, b)", `{}`, missing},
		{"SET a = a + :1", `{"a":"1"}`, wrongType},
		{"SET a = :1 - a", `{"a":{"$NS":[1]}}`, wrongType},
		{"SET a = list_append(a, :nil)", `{"a":1}`, wrongType},
		{"SET a = list_append(:nil, if_not_exists(a, :1))", `{}`, wrongType},
		{"ADD a :1", `{"a":"1"}`, wrongType},
		{"ADD a :1", `{"a":{"$NS":[1]}}`, wrongType},
		{"ADD a :ns", `{"a":1}`, wrongType},
		{"ADD a :ss", `{"a":[1]}`, wrongType},
		{"DELETE a :ss", `{"a":{"$NS":[1]}}`, wrongType},
		{"DELETE a :ss", `{"a":"a"}`, wrongType},
		{"SET a = a + a", `{"a":9e125}`, overflow},
		{"ADD a :1", `{"a":1e50}`, overflow},
		{"SET a = a - b", `{"a":1e125,"b":1e-130}`, overflow},
		{"SET a = a + :1", `{"a":1e-38}`, overflow},
		{"SET a = a - b", `{"a":1.1e-130,"b":1e-130}`, underflow},
		{"SET a[0] = :map, b = :1", `{"a":` + deep + `}`, ""},
		{"SET m.m = a", `{"m":{},"a":` + deep + `}`, tooDeep},
	} {
		u := parseUpdate(t, row.text)
		after, err := u.Apply(item(t, row.before))
		if row.want == "" {
			require.NoError(t, err, row.text)
			continue
		}
		require.Error(t, err, row.text)
		require.True(t, after.IsZero(), row.text)
		requireRefused(t, row.want, err)
	}
}

func TestUpdateCreate(t *testing.T) {
	for _, row := range []struct{ text, key, want string }{
		{"SET a = k", `{"k":"x"}`, `{"k":"x","a":"x"}`},
		{"SET a = :1 REMOVE b, c.d, e[1].f", `{"k":"x"}`, `{"k":"x","a":1}`},
		{"ADD a :1", `{"k":"x"}`, `{"k":"x","a":1}`},
		{"REMOVE a, b.c, d[0]", `{"k":"x"}`, ""},
		{"DELETE a :ss", `{"k":"x"}`, ""},
	} {
		got, err := parseUpdate(t, row.text).Create(item(t, row.key))
		require.NoError(t, err, row.text)
		require.Equal(t, item(t, row.want), got, row.text)
	}
	for _, text := range []string{"SET a.b = :1", "SET a.b = :1 REMOVE a.c", "SET a.b = nix", "ADD a.b :1", "DELETE a.b :ss"} {
		_, err := parseUpdate(t, text).Create(item(t, `{"k":"x"}`))
		requireRefused(t, "The document path provided in the update expression is invalid for update", err)
	}
}

func TestUpdateRefusals(t *testing.T) {
	const (
		count     = "Incorrect number of operands for operator or function; operator or function: "
		wrongType = "Incorrect operand type for operator or function; operator or function: "
		wrongVerb = "Incorrect operand type for operator or function; operator: "
		keyword   = "Attribute name is a reserved keyword; reserved keyword: "
		twice     = `" section can only be used once in an update expression;`
		noName    = "An expression attribute name used in the document path is not defined; attribute name: "
		noValue   = "An expression attribute value used in expression is not defined; attribute value: "
		noPath    = "Operator or function requires a document path; operator or function: "
		misuse    = "The function is not allowed to be used this way in an expression; function: "
		elsewhere = "The function is not allowed in an update expression; function: "
		overlap   = "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: "
		conflict  = "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: "
	)
	for text, want := range map[string]string{
		"": "The expression can not be empty;",

		"whatever":               `Syntax error; token: "whatever", near: "whatever"`,
		"a = :1":                 `Syntax error; token: "a", near: "a ="`,
		"SET":                    `Syntax error; token: "<EOF>", near: "SET"`,
		"set a":                  `Syntax error; token: "<EOF>", near: "a"`,
		"SET a = :1,":            `Syntax error; token: "<EOF>", near: ","`,
		"SET a = :1, REMOVE b":   `Syntax error; token: "REMOVE", near: ", REMOVE b"`,
		"SET _123 = :1":          `Syntax error; token: "_", near: "SET _123"`,
		"SET 1a = :1":            `Syntax error; token: "1", near: "SET 1a"`,
		"SET hi-there = :1":      `Syntax error; token: "-", near: "hi-there"`,
		"set a=set":              `Syntax error; token: "set", near: "=set"`,
		"set :a = b":             `Syntax error; token: ":a", near: "set :a ="`,
		"set a b":                `Syntax error; token: "b", near: "a b"`,
		"set a = b / c":          `Syntax error; token: "/", near: "b / c"`,
		"set a = b + c + d":      `Syntax error; token: "+", near: "c + d"`,
		"set a = (b + c) + d":    `Syntax error; token: "+", near: ") + d"`,
		"set a = b + (c + d)":    `Syntax error; token: "+", near: "c + d"`,
		"set (a = (b + c))":      `Syntax error; token: "(", near: "set (a"`,
		"set a = (b.c).d + e":    `Syntax error; token: ".", near: ").d"`,
		"set a = (b.c)[0] + e":   `Syntax error; token: "[", near: ")[0"`,
		"set a[1] = 1":           `Syntax error; token: "1", near: "= 1"`,
		`set a = "b"`:            "Syntax error; token: \"\"\", near: \"= \"b\"",
		"SET f(a, b) = a":        `Syntax error; token: "(", near: "f(a"`,
		"SET a = f(:1+:1)":       `Syntax error; token: "+", near: ":1+:1"`,
		"SET a = f(a, 100)":      `Syntax error; token: "100", near: ", 100)"`,
		"remove a b":             `Syntax error; token: "b", near: "a b"`,
		"remove a = b":           `Syntax error; token: "=", near: "a = b"`,
		"remove :a":              `Syntax error; token: ":a", near: "remove :a"`,
		"add a b":                `Syntax error; token: "b", near: "a b"`,
		"add a = :1":             `Syntax error; token: "=", near: "a = :1"`,
		"delete a":               `Syntax error; token: "<EOF>", near: "a"`,
		"delete a if_not_exi(b)": `Syntax error; token: "if_not_exi", near: "a if_not_exi("`,
		"add abort b":            `Syntax error; token: "b", near: "abort b"`,

		" set #x = :x set abOrt = b ":   keyword + "abOrt",
		" remove Absolute ":             keyword + "Absolute",
		"set a = b.name":                keyword + "name",
		"set #x = f(:x) set c = d":      "Invalid function name; function: f",
		"SET a = LIST_APPEND(a, :list)": "Invalid function name; function: LIST_APPEND",
		"SET a = size(b)":               elsewhere + "size",
		"SET a = :undefined REMOVE #x": "An expression attribute name used in the document path is not defined; " +
			"attribute name: #x",
		"SET a = list_append(list_append(:list, :list), :list)": misuse + "list_append",
		"SET a = if_not_exists(a, list_append(b, c))":           misuse + "list_append",
		"SET a = list_append(b, c) + :1":                        misuse + "list_append",
		"set a = #x set c = :x":                                 `The "SET` + twice,
		"remove #x set a = b remove a":                          `The "REMOVE` + twice,
		"add #x :x set a = b Add a :x":                          `The "ADD` + twice,
		"delete #x :x set a = b delete a :x":                    `The "DELETE` + twice,
		"SET #x = if_not_exists(:x)":                            noName + "#x",
		"SET #a = if_not_exists(:x)":                            noValue + ":x",

		"SET name = :1, a = ((b)) REMOVE":                            "The expression has redundant parentheses;",
		"SET a = :1 SET name = :1":                                   keyword + "name",
		"SET a = :1 SET b = :1 ADD name :1":                          `The "SET` + twice,
		"SET a = size(name)":                                         elsewhere + "size",
		"SET a = size(b), name = :1 REMOVE c[2147483648] SET d = :1": elsewhere + "size",
		"SET #x = :1, #y = :1":                                       noName + "#y",
		"SET a = #x REMOVE b, b.c":                                   overlap + "[b], path two: [b, c]",
		"SET a = #x REMOVE #y":                                       noName + "#y",
		"SET a = :x, b = #x":                                         noName + "#x",
		"SET b = #x, a = :x":                                         noValue + ":x",
		"SET a = if_not_exists(c), b = :x":                           noValue + ":x",
		"SET b = :x, a = if_not_exists(c)":                           count + "if_not_exists, number of operands: 1",
		"add a :a SET b = list_append(:a, a)":                        wrongType + "list_append, operand type: S",
		"SET a = :x REMOVE a" + strings.Repeat(".a", 32):             "The document path has too many nesting levels; nesting levels: 33",

		"set d[1] = a, d.b = a, c[1].a = a, c = if_not_exists(a)": overlap + "[c, [1], a], path two: [c]",
		"set c.b.#a = a, c = a, d = a":                            overlap + "[c, b, a], path two: [c]",
		"set a = b remove a, c":                                   overlap + "[a], path two: [a]",
		"set c[3].#index = a, c[3] = a":                           overlap + "[c, [3], [3]], path two: [c, [3]]",
		"remove c, c.a, d":                                        overlap + "[c], path two: [c, a]",
		"set a.b = :1, a.b.c.d.e = :2":                            overlap + "[a, b], path two: [a, b, c, d, e]",
		"set a.x = :1, a.b = :2, a = :1":                          overlap + "[a, b], path two: [a]",
		"set c[3].d = a, c.d[3] = if_not_exists(a)":               conflict + "[c, [3], d], path two: [c, d, [3]]",
		"remove a.c set a[1] = d":                                 conflict + "[a, c], path two: [a, [1]]",
		"set a.b.c = :1, a.b[2] = :2":                             conflict + "[a, b, c], path two: [a, b, [2]]",

		"set b = list_append(:a, a), c = if_not_exists(a) add a.b :b": wrongVerb + "ADD, operand type: STRING",
		"delete a.b :a":                    wrongVerb + "DELETE, operand type: STRING",
		"delete a.b :1":                    wrongVerb + "DELETE, operand type: NUMBER",
		"add a :null":                      wrongVerb + "ADD, operand type: NULL",
		"add a :true":                      wrongVerb + "ADD, operand type: BOOLEAN",
		"delete a :ba":                     wrongVerb + "DELETE, operand type: BINARY",
		"add a :map":                       wrongVerb + "ADD, operand type: MAP",
		"add a :list":                      wrongVerb + "ADD, operand type: LIST",
		"set a = if_not_exists(c)":         count + "if_not_exists, number of operands: 1",
		"set a = list_append(a, b, c)":     count + "list_append, number of operands: 3",
		"set a = if_not_exists(:a, c)":     noPath + "if_not_exists",
		"set a = list_append(:a, a)":       wrongType + "list_append, operand type: S",
		"set a = list_append(a, :ss)":      wrongType + "list_append, operand type: SS",
		"set a = a + :a":                   wrongType + "+, operand type: S",
		"set a = :list - a":                wrongType + "-, operand type: L",
		"set a = ((b))":                    "The expression has redundant parentheses;",
		"set a = if_not_exists(a, ((:1)))": "The expression has redundant parentheses;",
		"set a[4294967295] = :1":           "List index is not within the allowable range; index: [4294967295]",
	} {
		_, err := expr.ParseUpdate(text, params(t, text))
		if err == nil {
			t.Errorf("%s: no error", text)
			continue
		}
		requireRefused(t, "Invalid UpdateExpression: "+want, err)
	}
}

func TestUpdateLimits(t *testing.T) {
	parse := func(text string) error {
		_, err := expr.ParseUpdate(text, nil)
		return err
	}
	require.NoError(t, parse("SET"+strings.Repeat(" ", expr.MaxSize-8)+"a = b"))
	requireRefused(t, "Invalid UpdateExpression: Expression size has exceeded the maximum allowed size;",
		parse("SET"+strings.Repeat(" ", expr.MaxSize-7)+"a = b"))
	sums := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, ",x%d=b+b", i)
		}
		return "SET " + b.String()[1:]
	}
	require.NoError(t, parse(sums(300)))
	requireRefused(t, "Invalid UpdateExpression: The expression contains too many operators; operator count: 301",
		parse(sums(301)))
	require.ErrorContains(t, parse("SET a="+strings.Repeat("if_not_exists(a,", 250)+"b"), `token: "<EOF>"`)
}

func TestUpdateNames(t *testing.T) {
	u := parseUpdate(t, "SET b.c = x.y, a = z REMOVE d[1] ADD n :1")
	require.Equal(t, []string{"a", "b", "d", "n"}, u.Attributes())
	require.Equal(t, []string{"b", "d", "x"}, u.Nested())
}

// What an update names of an item before and after it.
func TestUpdateProject(t *testing.T) {
	for _, row := range []struct{ text, before, old, new string }{
		{"SET b = :1, c = :2", `{"a":"hi","b":"dog"}`, `{"b":"dog"}`, `{"b":1,"c":2}`},
		{"REMOVE b", `{"a":"hi","b":"dog"}`, `{"b":"dog"}`, `{}`},
		{"SET a.b = :1", `{"a":{"b":"dog","c":[1,2,3]},"d":"cat"}`, `{"a":{"b":"dog"}}`, `{"a":{"b":1}}`},
		{"SET a.c[1] = :5, a.b = :1", `{"a":{"c":[1,2,3]}}`, `{"a":{"c":[2]}}`, `{"a":{"b":1,"c":[5]}}`},
		{"REMOVE a.c[1], a.c[3]", `{"a":{"c":[1,2,3]}}`, `{"a":{"c":[2]}}`, `{"a":{"c":[3]}}`},
		{"SET a[100] = :5", `{"a":[1]}`, `{}`, `{}`},
		{"SET a.x = :1", `{"a":{}}`, `{}`, `{"a":{"x":1}}`},
	} {
		u := parseUpdate(t, row.text)
		before := item(t, row.before)
		after, err := u.Apply(before)
		require.NoError(t, err)
		require.Equal(t, item(t, row.old), u.Project(before), row.text)
		require.Equal(t, item(t, row.new), u.Project(after), row.text)
	}
	require.True(t, parseUpdate(t, "SET a = :1").Project(attr.Item{}).IsZero())
}
