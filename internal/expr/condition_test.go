package expr_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// sample is the item that the conditions below are about.
const sample = `{
	"n": 5, "s": "hello", "e": "", "u": "é𝄞", "bin": {"$B":"hello"}, "t": true, "z": null,
	"tags": {"$SS":["a","b","c"]}, "nums": {"$NS":[1,2,3]}, "bins": {"$BS":["x","y"]},
	"list1": [1, "two", [3], {"four": 4}], "m": {"x": 1, "y": [10, 20], "and": {"a.b": "dot"}},
	"a": 1, "b": 2, "name": "bare", "six": 6, "big": 99999999999999999999999999999999999999
}`

func TestConditionHolds(t *testing.T) {
	it := item(t, sample)
	for text, want := range map[string]bool{
		// Comparisons, either way round, by type.
		"n = :5": true, "n = :1": false, ":5 = n": true, "n <> :5": false, "n <> :1": true, "n < :10": true,
		"n < :5": false, "n <= :5": true, "n > :1": true, "n > :5": false, "n >= :5": true, "n >= :10": false,
		":10 > n": true, "s > :a": true, "s < :a": false, "bin > :ba": true, "bin <= :ba": false, "n < big": true,
		"a < b": true, "b < a": false, ":1 = :1": true, ":1 <> :2": true, "t = :true": true,
		"z = :null": true, "tags = :ss": false, "tags <> :ss": true, "(n) = (:5)": true,
		"n=:5": true, " n\t=\r\n:5 ": true,

		// Of different types nothing is true but <>; the same goes for what is not there.
		"n = :a": false, "n <> :a": true, "n < :a": false, "n > :a": false, "s = :1": false, "list1 < :1": false,
		":1 < list1": false, "t < :1": false, "nix = :1": false, "nix <> :1": true, "nix < :1": false,
		"nix >= :1": false, ":1 > nix": false, "nix = nought": false, "nix <> nought": true, "nix < nought": false,
		"s < bin": false, "s = bin": false, "s <> bin": true,

		// Paths.
		"m.x = :1": true, "m.y[0] = :10": true, "m.y[1] > m.y[0]": true, "m.y[2] = :1": false, "m.#and.#dot <> :a": true,
		"list1[0] = :1": true, "list1[2][0] > :2": true, "list1[3].four > :2": true, "list1[1] = :1": false,
		"m[0] = :1": false, "list1.x = :1": false, "n.x = :1": false, "tags[0] = :a": false, "m . x = :1": true,
		"m.y [ 0 ] = :10": true, "(m.y[0]) = :10": true, "attribute_exists((m.y[1]))": true,
		"#name > :a": true,

		// BETWEEN and IN.
		"n BETWEEN :1 AND :10": true, "n between :5 and :5": true, "n BETWEEN :10 AND b": false,
		"n between a and six":   true,
		"n BETWEEN six AND :10": false, "n BETWEEN a AND b": false, ":2 between a and n": true,
		"nix between :1 and :2": false,
		"n between nix and :10": false, "n between :a and :b": false, "#name between :a and s": true,
		"list1 between :1 and :2": false, "n between s and six": false,
		"n IN (:5)": true, "n in (:1, :2)": false, "n in (:a, :5)": true, "n IN (nix, a)": false, "nix in (:1)": false,
		"nix in (nought)": false, "s in (bin, #name)": false, "a in (m, list1[0])": true, "n IN ((:1),(:5))": true,

		// Logic.
		"n = :5 AND a = :1": true, "n = :5 AND a = :2": false, "n = :1 OR a = :1": true, "n = :1 or a = :2": false,
		"NOT n = :1": true, "not n = :5": false, "NOT NOT n = :5": true, "NOT nix = :1": true,
		"n = :5 OR n = :1 AND a = :2":                             true,
		"(n = :5 OR n = :1) AND a = :2":                           false,
		"NOT n = :1 AND a = :2":                                   false,
		"NOT (n = :1 AND a = :2)":                                 true,
		"n between :1 and :10 and a = :1 or t = :true and z = :1": true,
		"((n = :5) AND (NOT (a = :2)))":                           true,
		"(attribute_exists(n)) and (contains(s, :a) or n = :5)":   true,

		// Functions.
		"attribute_exists(n)": true, "attribute_exists(nix)": false, "attribute_exists(m.x)": true,
		"attribute_exists(z)":     true,
		"attribute_exists(m.nix)": false, "attribute_exists(list1[3].four)": true, "attribute_exists(list1[9])": false,
		"attribute_not_exists(n)": false, "attribute_not_exists(nix)": true, "attribute_not_exists(n.x)": true,
		"attribute_exists (n)":   true,
		"attribute_type(n, :N)":  true,
		"attribute_type(n, :S)":  false,
		"attribute_type(s, :S)":  true,
		"attribute_type(:1, :N)": true, "attribute_type(bin, :B)": true, "attribute_type(t, :BOOL)": true,
		"attribute_type(z, :NULL)": true, "attribute_type(tags, :SS)": true, "attribute_type(nums, :NS)": true,
		"attribute_type(bins, :BS)": true, "attribute_type(list1, :L)": true, "attribute_type(m, :M)": true,
		"attribute_type(nix, :M)": false, "attribute_type(size(s), :N)": true,
		"begins_with(s, :empty)": true, "begins_with(s, :he)": true, "begins_with(bin, :bhe)": true,
		"contains(bin, :bhe)": true, "contains(s, :el)": true,
		"begins_with(list1[1], :tw)": true, "begins_with(s, :a)": false, "begins_with(s, s2)": false,
		"begins_with(:a, :a)":   true,
		"begins_with(bin, :ba)": false, "begins_with(bin, :a)": false, "begins_with(n, :a)": false,
		"begins_with(s, bin)":    false,
		"begins_with(bin, bin2)": false, "begins_with(nix, :a)": false, "begins_with(list1[1], :a)": false,
		"contains(tags, :a)": true, "contains(tags, :1)": false, "contains(nums, :1)": true, "contains(nums, :5)": false,
		"contains(bins, :ba)": false, "contains(list1, :1)": true, "contains(list1, :b)": false, "contains(m, :a)": false,
		"contains(s, :a)": false, "contains(s, :empty)": true, "contains(s, :1)": false, "contains(bin, :bb)": false,
		"contains(bin, :a)": false, "contains(n, :1)": false, "contains(nix, :1)": false, "contains(tags, nix)": false,
		"contains(:ss, :a)": true, "contains(:list, a)": true, "contains(tags, :ss)": false,
		"size(s) = :5": true, "size(e) = :0": true, "size(u) = :3": true, "size(bin) = :5": true,
		"size(tags) > :2": true, "size(list1) > :2": true, "size(m) > :2": true, "size(m.y) = :2": true,
		"size(n) = :1":  false,
		"size(n) <> :1": true, "size(t) > :0": false, "size(z) >= :0": false, "size(nix) = :0": false,
		"size(bins) = b": true,
		"n = size(s)":    true, "size(:nil) = :0": true, "n IN (size(e), size(s))": true, "size(s) between a and six": true,
		"size(s) = :a": false, "contains(nums, size(m.y))": true,
	} {
		c, err := expr.ParseCondition("ConditionExpression", text, params(t, text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := c.Holds(it); got != want {
			t.Errorf("%s: got %t", text, got)
		}
	}
}

func TestConditionOfNoItem(t *testing.T) {
	for text, want := range map[string]bool{
		"attribute_not_exists(a)": true, "attribute_exists(a)": false, "a = :1": false, "a <> :1": true, ":1 = :1": true,
	} {
		c, err := expr.ParseCondition("ConditionExpression", text, params(t, text))
		require.NoError(t, err, text)
		require.Equal(t, want, c.Holds(attr.Item{}), text)
		require.Equal(t, want, c.Holds(attr.MustItem(nil)), text)
	}
}

// The texts of refusals; "near" stands for the words around the token of a syntax error.
func TestConditionRefusals(t *testing.T) {
	syntax := func(token, near string) string {
		return fmt.Sprintf(`Syntax error; token: "%s", near: "%s"`, token, near)
	}
	const (
		parens    = "The expression has redundant parentheses;"
		unknown   = "Invalid function name; function: "
		misuse    = "The function is not allowed to be used this way in an expression; function: "
		elsewhere = "The function is not allowed in a condition expression; function: "
		keyword   = "Attribute name is a reserved keyword; reserved keyword: "
		noName    = "An expression attribute name used in the document path is not defined; attribute name: "
		noValue   = "An expression attribute value used in expression is not defined; attribute value: "
		count     = "Incorrect number of operands for operator or function; operator or function: "
		wrongType = "Incorrect operand type for operator or function; operator or function: "
		badType   = "Invalid attribute type name found; type: "
		noPath    = "Operator or function requires a document path; operator or function: "
		same      = "The first operand must be distinct from the remaining operands for this operator or function; operator: "
	)
	deep := "a" + strings.Repeat(".a", 32)
	for text, want := range map[string]string{
		"":          "The expression can not be empty;",
		" \t\n":     syntax("<EOF>", " \t\n"),
		" a ":       syntax("<EOF>", "a "),
		"a = = ":    syntax("=", "= = "),
		"a[01] = b": syntax("1", "01]"),
		"a[00] = b": syntax("0", "00]"),
		"  = a":     syntax("=", "  = a"),

		"a":                       syntax("<EOF>", "a"),
		":a":                      syntax("<EOF>", ":a"),
		"a =":                     syntax("<EOF>", "="),
		"a = = :a":                syntax("=", "= = :a"),
		"(a = :a":                 syntax("<EOF>", ":a"),
		"a = :a)":                 syntax(")", ":a)"),
		"a = :a b":                syntax("b", ":a b"),
		"a b :a":                  syntax("b", "a b :a"),
		"a != :a":                 syntax("!", "a !="),
		"a > 4":                   syntax("4", "> 4"),
		"a AND b = :a":            syntax("AND", "a AND b"),
		"(a) OR b = :a":           syntax("OR", ") OR b"),
		"NOT a":                   syntax("<EOF>", "a"),
		"a = (b = c)":             syntax("=", "b = c"),
		"(a = b) = c":             syntax("=", ") = c"),
		"a IN ()":                 syntax(")", "()"),
		"a IN :a":                 syntax(":a", "IN :a"),
		"a in (b,c,)":             syntax(")", ",)"),
		"a in (b":                 syntax("<EOF>", "b"),
		"a > between":             syntax("between", "> between"),
		"a between b or c":        syntax("or", "b or c"),
		"attribute_exists()":      syntax(")", "()"),
		"attribute_exists(":       syntax("<EOF>", "("),
		"attribute_exists(a-b)":   syntax("-", "a-b"),
		"a..b = :a":               syntax(".", "..b"),
		"a[b] = :a":               syntax("b", "[b]"),
		"a[:1] = :a":              syntax(":1", "[:1]"),
		"a[1 = :a":                syntax("=", "1 = :a"),
		"a[-1] = :a":              syntax("-", "[-1"),
		"a[4.5] = :a":             syntax(".", "4.5"),
		"a.:a < b":                syntax(":a", ".:a <"),
		"a.(b) < c":               syntax("(", ".(b"),
		"_a = :a":                 syntax("_", "_a"),
		"_f(a)":                   syntax("_", "_f"),
		"# = :a":                  syntax("#", "# ="),
		"a = :":                   syntax(":", "= :"),
		"a#b = :a":                syntax("#b", "a#b ="),
		"ü > a":                   syntax("ü", "ü >"),
		"a = \xff":                syntax("\uFFFD", "= \uFFFD"),
		"size(a).b > a":           syntax(".", ").b"),
		"(a.b).c = d":             syntax(".", ").c"),
		"a = (b)[0]":              syntax("[", ")[0"),
		"attribute_exists((a).b)": syntax(".", ").b"),
		"(size(a))[0] > a":        syntax("[", ")[0"),
		":a.b > a":                syntax(".", ":a.b"),
		"not = :a":                syntax("=", "not = :a"),
		strings.Repeat("(", 3000): syntax("<EOF>", "("),

		"a = ((b))":                     parens,
		"((a = b))":                     parens,
		"((a)) = b":                     parens,
		"f((:x), ((a)))":                parens,
		"((a = b AND (a = c)))":         parens,
		"(a)between(((b.c)).d)and(c)":   parens,
		"((attribute_exists(a)))":       parens,
		"a = :a AND ((a = a or b = b))": parens,

		"f(a)":                                unknown + "f",
		"f(g(a)) = :a":                        unknown + "f",
		"SIZE(a) = :a":                        unknown + "SIZE",
		"attRIbute_exists((views), #x)":       unknown + "attRIbute_exists",
		"a = :a AND f(a, b) > c":              unknown + "f",
		"attribute_exists(a) = :true":         misuse + "attribute_exists",
		"a = contains(a, b)":                  misuse + "contains",
		"size(contains(a, b)) > a":            misuse + "contains",
		"size(a)":                             misuse + "size",
		"NOT size(a)":                         misuse + "size",
		"a = b AND size(a)":                   misuse + "size",
		"a between b and attribute_exists(c)": misuse + "attribute_exists",
		"a in (b, attribute_exists(c))":       misuse + "attribute_exists",
		"if_not_exists(a, :a) = :a":           elsewhere + "if_not_exists",
		"list_append(a, :list) = :list":       elsewhere + "list_append",
		"status = :x":                         keyword + "status",
		"a.Size = :a":                         keyword + "Size",
		":x < abOrT":                          keyword + "abOrT",
		"attribute_exists(views, #x)":         keyword + "views",
		"#x = :a":                             noName + "#x",
		"begins_with(a.#x)":                   noName + "#x",
		":x < :y":                             noValue + ":x",
		"begins_with(:x, #y)":                 noValue + ":x",
		"a = :a AND #x = :x":                  noName + "#x",
		"a[2147483648] = :a":                  "List index is not within the allowable range; index: [2147483648]",
		"a[99999999999999999999] = :a":        "List index is not within the allowable range; index: [99999999999999999999]",
		"attribute_exists(a, b) and a = a":    count + "attribute_exists, number of operands: 2",
		"attribute_not_exists(a, b)":          count + "attribute_not_exists, number of operands: 2",
		"attribute_type(a)":                   count + "attribute_type, number of operands: 1",
		"begins_with(a, size(b), c)":          count + "begins_with, number of operands: 3",
		"contains(a)":                         count + "contains, number of operands: 1",
		"size(a, b) > :1":                     count + "size, number of operands: 2",
		"#a = a":                              same + "=, first operand: [a]",
		"a <> a":                              same + "<>, first operand: [a]",
		"((a=a) OR (a=a))":                    same + "=, first operand: [a]",
		"contains(x.y[1].a, x.y[1].#a)":       same + "contains, first operand: [x, y, [1], a]",
		"begins_with(a.b, a.b)":               same + "begins_with, first operand: [a, b]",
		"a between a and :a":                  same + "BETWEEN, first operand: [a]",
		"a between :a and a":                  same + "BETWEEN, first operand: [a]",
		"a.b in (a, #a.b)":                    same + "IN, first operand: [a, b]",
		"attribute_exists(:a)":                noPath + "attribute_exists",
		"attribute_not_exists(size(:a))":      noPath + "attribute_not_exists",
		"attribute_not_exists(size(:1))":      wrongType + "size, operand type: N",
		"size(size(a)) > :1":                  wrongType + "size, operand type: N",
		"size(:true) > a":                     wrongType + "size, operand type: BOOL",
		"size(:null) > a":                     wrongType + "size, operand type: NULL",
		"begins_with(a, :1)":                  wrongType + "begins_with, operand type: N",
		"begins_with(:ss, a)":                 wrongType + "begins_with, operand type: SS",
		"begins_with(a, size(b))":             wrongType + "begins_with, operand type: N",
		"a < :list":                           wrongType + "<, operand type: L",
		":map >= a":                           wrongType + ">=, operand type: M",
		"a > :true":                           wrongType + ">, operand type: BOOL",
		"a between :null and :list":           wrongType + "BETWEEN, operand type: NULL",
		"attribute_type(a, :1)":               wrongType + "attribute_type, operand type: N",
		"attribute_type(a, b)":                wrongType + "attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}",
		"attribute_type(a, :X)":               badType + "X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
		"a between :b and :a": "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; " +
			"lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}",
		"a between :bb and :ba": "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; " +
			"lower bound operand: AttributeValue: {B:Yg==}, upper bound operand: AttributeValue: {B:YQ==}",
		"a between :1 and :a": "The BETWEEN operator requires same data type for lower and upper bounds; " +
			"lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}",

		// Ranks: redundant parentheses where they are, then what the text alone has wrong, then operand by operand.
		"((a = b)) AND a =":                        parens,
		"a = = b AND ((a = b))":                    syntax("=", "= = b"),
		"status = f(a)":                            keyword + "status",
		"f(status)":                                unknown + "f",
		"attribute_exists(status) = f(a)":          misuse + "attribute_exists",
		"contains(status, attribute_exists(a))":    keyword + "status",
		"size(f(a))":                               misuse + "size",
		"#x = a[2147483648]":                       "List index is not within the allowable range; index: [2147483648]",
		"size(a, b) = #x":                          count + "size, number of operands: 2",
		"size(:1) = size(a, b)":                    wrongType + "size, operand type: N",
		"a between a and :list":                    wrongType + "BETWEEN, operand type: L",
		"a in (a, :x)":                             noValue + ":x",
		deep + ".#x = :a":                          "The document path has too many nesting levels; nesting levels: 34",
		deep + " = a AND #x = :a":                  "The document path has too many nesting levels; nesting levels: 33",
		"#x = a AND " + deep + " = :a":             noName + "#x",
		deep + " = status":                         keyword + "status",
		"((f(size)))":                              parens,
		"f(size) AND size(a)":                      unknown + "f",
		"size(#x) AND status = a":                  misuse + "size",
		"#x = :a AND status = :a":                  keyword + "status",
		"a = a AND #x = :a":                        same + "=, first operand: [a]",
		"begins_with(a, :1) AND attribute_type(a)": wrongType + "begins_with, operand type: N",
		"begins_with(:x, :1)":                      noValue + ":x",
		"attribute_type(a) AND #x = :x AND a b":    syntax("b", "a b"),
	} {
		for _, kind := range []string{"ConditionExpression", "FilterExpression"} {
			_, err := expr.ParseCondition(kind, text, params(t, text))
			if err == nil {
				t.Errorf("%s: no error", text)
				continue
			}
			requireRefused(t, "Invalid "+kind+": "+want, err)
		}
	}
}

func TestConditionLimits(t *testing.T) {
	parse := func(text string) error {
		_, err := expr.ParseCondition("FilterExpression", text, nil)
		return err
	}
	require.NoError(t, parse("a"+strings.Repeat(" ", expr.MaxSize-4)+"= b"))
	requireRefused(t, "Invalid FilterExpression: Expression size has exceeded the maximum allowed size; "+
		"expression size: 4097", parse("a"+strings.Repeat(" ", expr.MaxSize-3)+"= b"))

	nested := func(depth int) string {
		return "a<b " + strings.Repeat("or (a<b ", depth) + strings.Repeat(")", depth)
	}
	tooMany := "Invalid FilterExpression: The expression contains too many operators; operator count: 301"
	require.NoError(t, parse(nested(149)))
	requireRefused(t, tooMany, parse(nested(150)))
	requireRefused(t, tooMany, parse(strings.Repeat("not ", 1000)+"a<b"))
	requireRefused(t, tooMany, parse(strings.Repeat("a<b and ", 500)+"a<b"))
	require.NoError(t, parse(strings.Repeat("not ", 299)+"a<b"))

	list := func(n int) string { return "a in (b" + strings.Repeat(",b", n-1) + ")" }
	require.NoError(t, parse(list(100)))
	requireRefused(t, "Invalid FilterExpression: The IN operator is provided with too many operands; "+
		"number of operands: 101", parse(list(101)))

	requireRefused(t, "Invalid FilterExpression: The expression has redundant parentheses;",
		parse(strings.Repeat("(", 2000)+"a<b"+strings.Repeat(")", 2000)))
	requireRefused(t, "Invalid FilterExpression: Invalid function name; function: f",
		parse("a < "+strings.Repeat("f(", 1300)+"b"+strings.Repeat(")", 1300)))
	requireRefused(t, tooMany, parse("a < "+strings.Repeat("size(", 680)+"b"+strings.Repeat(")", 680)))
	require.NoError(t, parse("a"+strings.Repeat("[1]", 31)+" < b"))
	requireRefused(t, "Invalid FilterExpression: The document path has too many nesting levels; nesting levels: 33",
		parse("a"+strings.Repeat("[1]", 32)+" < b"))
}

func TestConditionNames(t *testing.T) {
	text := "#b.c = :1 AND (n < :1 OR contains(x[1].y, m)) AND attribute_exists((z.x))"
	c, err := expr.ParseCondition("FilterExpression", text, params(t, text))
	require.NoError(t, err)
	require.Equal(t, []string{"b", "m", "n", "x", "z"}, c.Attributes())
	require.Equal(t, []string{"b", "x", "z"}, c.Nested())
}
