package expr_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

func TestProjectionApply(t *testing.T) {
	const document = `{"p":"key","a":{"b":[2,4,{"x":"hi","y":"yo"}],"c":5},"b":"hello","a.b":"dot","l":[[1,2],[3,4]]}`
	for text, want := range map[string]string{
		"a":                         `{"a":{"b":[2,4,{"x":"hi","y":"yo"}],"c":5}}`,
		"b, p":                      `{"p":"key","b":"hello"}`,
		" p \n,\tb ":                `{"p":"key","b":"hello"}`,
		"nix":                       `{}`,
		"nix, b":                    `{"b":"hello"}`,
		"a.b":                       `{"a":{"b":[2,4,{"x":"hi","y":"yo"}]}}`,
		"a.b[0]":                    `{"a":{"b":[2]}}`,
		"a.b[2]":                    `{"a":{"b":[{"x":"hi","y":"yo"}]}}`,
		"a.b[2].y":                  `{"a":{"b":[{"y":"yo"}]}}`,
		"a.b[3]":                    `{}`,
		"a.x":                       `{}`,
		"a.x.y":                     `{}`,
		"a.b[3].x":                  `{}`,
		"a.b.x":                     `{}`,
		"a[0]":                      `{}`,
		"a.b[0].x":                  `{}`,
		"a.b[0][0]":                 `{}`,
		"b.x":                       `{}`,
		"b[0]":                      `{}`,
		"a.b[1],a.b[0]":             `{"a":{"b":[2,4]}}`,
		"a.b[0],a.b[2].x":           `{"a":{"b":[2,{"x":"hi"}]}}`,
		"a.b[0],a.c":                `{"a":{"b":[2],"c":5}}`,
		"a.c,b":                     `{"a":{"c":5},"b":"hello"}`,
		"a.x, a.b[0], x, a.b[3].x":  `{"a":{"b":[2]}}`,
		"#a.#b[0]":                  `{"a":{"b":[2]}}`,
		"#dot":                      `{"a.b":"dot"}`,
		"#dot, a.c":                 `{"a.b":"dot","a":{"c":5}}`,
		"l[1][0], l[0][1]":          `{"l":[[2],[3]]}`,
		"p, a, b, #dot, l":          document,
		"l[1], l[0], a, b, #dot, p": document,
	} {
		p, err := expr.ParseProjection(text, params(t, text))
		require.NoError(t, err, text)
		require.Equal(t, item(t, want), p.Apply(item(t, document)), text)
		require.True(t, p.Apply(attr.Item{}).IsZero())
	}
}

func TestProjectionRefusals(t *testing.T) {
	const (
		noName   = "An expression attribute name used in the document path is not defined; attribute name: "
		overlap  = "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: "
		conflict = "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: "
	)
	for text, want := range map[string]string{
		"":                                  "The expression can not be empty;",
		"a,":                                `Syntax error; token: "<EOF>", near: ","`,
		",a":                                `Syntax error; token: ",", near: ",a"`,
		"a,,b":                              `Syntax error; token: ",", near: ",,b"`,
		"a b":                               `Syntax error; token: "b", near: "a b"`,
		"!!":                                `Syntax error; token: "!", near: "!!"`,
		"(a)":                               `Syntax error; token: "(", near: "(a"`,
		":a":                                `Syntax error; token: ":a", near: ":a"`,
		"a[]":                               `Syntax error; token: "]", near: "[]"`,
		"l[a]":                              `Syntax error; token: "a", near: "[a]"`,
		"a[0":                               `Syntax error; token: "<EOF>", near: "0"`,
		"f(a)":                              `Syntax error; token: "(", near: "f(a"`,
		"1a":                                `Syntax error; token: "1", near: "1a"`,
		"a.and":                             "Attribute name is a reserved keyword; reserved keyword: and",
		"#x, Status":                        "Attribute name is a reserved keyword; reserved keyword: Status",
		"a, a, #x":                          noName + "#x",
		"#x, a, a":                          overlap + "[a], path two: [a]",
		"#x, #y":                            noName + "#y",
		"b, b, a.x, a[1]":                   conflict + "[a, x], path two: [a, [1]]",
		"#x, b" + strings.Repeat("[1]", 32): "The document path has too many nesting levels; nesting levels: 33",
		"a, a":                              overlap + "[a], path two: [a]",
		"a.b[0], a.b[0]":                    overlap + "[a, b, [0]], path two: [a, b, [0]]",
		"x, #a[1], b, a":                    overlap + "[a, [1]], path two: [a]",
		"b[1], b.a, a, a":                   overlap + "[a], path two: [a]",
		"b[1], b.a, b.a":                    overlap + "[b, a], path two: [b, a]",
		"a.b, #a[1], b":                     conflict + "[a, b], path two: [a, [1]]",
		"a[3].b, a.#index.b, a.x":           conflict + "[a, [3], b], path two: [a, x]",
		"a[99999999999]":                    "List index is not within the allowable range; index: [99999999999]",
	} {
		_, err := expr.ParseProjection(text, params(t, text))
		require.Error(t, err, text)
		requireRefused(t, "Invalid ProjectionExpression: "+want, err)
	}
}

func TestProjectionNames(t *testing.T) {
	p, err := expr.ParseProjection("b, a.x, a.y, c[1]", nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, p.Attributes())
	require.Equal(t, []string{"a", "c"}, p.Nested())
}
