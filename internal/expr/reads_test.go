package expr_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// All paths of a condition lead to what each of them leads to by itself, however they begin and end alike.
func TestManyPaths(t *testing.T) {
	const seed = 5
	random := rand.New(rand.NewPCG(seed, seed))
	items := []attr.Item{
		item(t, `{}`), item(t, `{"a":1,"b":[],"c":{}}`), item(t, `{"a":[1,[2,{"a":3,"b":[4]}],{"c":5}],"d":6}`),
		item(t, `{"a":{"a":{"a":1,"c":[2]},"b":[3,{"b":4}]},"b":{"b":1},"c":"text","d":{"$SS":["a"]}}`),
		item(t, `{"b":[[[1],2],{"a":{"d":3}}],"c":[0,1,2,3],"zz":1}`),
	}
	for range 2000 {
		it := items[random.IntN(len(items))]
		var parts []string
		for range 1 + random.IntN(20) {
			text, path := randomPath(random)
			function := "attribute_not_exists"
			if _, ok := path.In(it); ok {
				function = "attribute_exists"
			}
			parts = append(parts, function+"("+text+")")
		}
		text := strings.Join(parts, " AND ")
		c, err := expr.ParseCondition("ConditionExpression", text, nil)
		require.NoError(t, err, text)
		require.True(t, c.Holds(it), "%s of %s, seed %d", text, it, seed)
	}
}

func randomPath(random *rand.Rand) (text string, path expr.Path) {
	name := func() string { return string("abcd"[random.IntN(4)]) }
	text = name()
	path = expr.NewPath(text)
	for range random.IntN(4) {
		if random.IntN(2) == 0 {
			n := name()
			text, path = text+"."+n, path.Field(n)
		} else {
			i := random.IntN(3)
			text, path = text+"["+strconv.Itoa(i)+"]", path.Element(i)
		}
	}
	return text, path
}

func TestEither(t *testing.T) {
	condition := func(text string) *expr.Condition {
		c, err := expr.ParseCondition("ConditionExpression", text, nil)
		require.NoError(t, err)
		return c
	}
	a, b, c := condition("a.x = a.y"), condition("attribute_exists(b) AND b = a"), condition("attribute_exists(c)")
	all := expr.Either(expr.Either(a, b), c)
	require.Equal(t, []string{"a", "b", "c"}, all.Attributes())
	require.Equal(t, []string{"a"}, all.Nested())
	for text, want := range map[string]bool{
		`{}`: false, `{"a":{"x":1,"y":1}}`: true, `{"a":1,"b":1}`: true, `{"a":1,"b":2}`: false, `{"c":1}`: true,
	} {
		require.Equal(t, want, all.Holds(item(t, text)), text)
		require.Equal(t, want, expr.Either(a, expr.Either(b, c)).Holds(item(t, text)), text)
	}
	require.False(t, a.Holds(item(t, `{"c":1}`)), "it has not changed")
}
