package expr_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// fuzzItem is what the fuzzed expressions are applied to, beside the empty item.
const fuzzItem = `{"a":1,"b":{"a":[1,{"b":2}],"b":"s"},"c":[[1],{"a":1},"x"],
	"d":{"$SS":["a","b","c"]},"e":{"$NS":[1]},"f":"a"}`

// fuzzParams has all placeholders of the tests.
func fuzzParams(t testing.TB) *expr.Params {
	v := map[string]attr.Value{}
	for key, text := range values {
		v[key] = value(t, text)
	}
	p, err := expr.NewParams(names, v)
	require.NoError(t, err)
	return p
}

// requireKnown requires that an error is a refusal with a text.
func requireKnown(t *testing.T, err error) {
	var e *exception.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, exception.Validation, e.Code)
	require.NotEmpty(t, e.Message)
	require.Less(t, len(e.Message), 6000)
}

func FuzzCondition(f *testing.F) {
	for _, text := range []string{
		"a = :1 AND NOT (b.a[1].b < :2 OR contains(d, :a))", "size(c) BETWEEN :1 AND :5", "((a)) IN (:1,:2)",
		"attribute_type(b, :M) or begins_with(f, :a)", "attribute_not_exists((b.a)[0])", "a <> #a", "f(g(", "[", "_",
		"a between :b and :a", "if_not_exists(a, :1) = :1", "#name.#index[0] >= :ba",
	} {
		f.Add(text)
	}
	it := item(f, fuzzItem)
	f.Fuzz(func(t *testing.T, text string) {
		p := fuzzParams(t)
		c, err := expr.ParseCondition("ConditionExpression", text, p)
		if err != nil {
			requireKnown(t, err)
			return
		}
		holds, none := c.Holds(it), c.Holds(attr.Item{})
		not, err := expr.ParseCondition("ConditionExpression", "NOT ("+text+")", fuzzParams(t))
		if err == nil { // else there is one operator, byte or parenthesis too many
			require.Equal(t, !holds, not.Holds(it))
			require.Equal(t, !none, not.Holds(attr.Item{}))
		}
		require.NotNil(t, c.Attributes())
		_, err = expr.ParseKeyCondition(text, p, keyA, keyN)
		if err != nil {
			requireKnown(t, err)
		}
	})
}

func FuzzUpdate(f *testing.F) {
	for _, text := range []string{
		"SET a = a + :1, b.a[1].b = if_not_exists(z, :list) REMOVE c[0], c[1].a ADD d :ss DELETE e :ns",
		"SET c[9] = :1, c[7] = :2", "set a=(:1-(b))", "SET a = list_append(c, :list)", "REMOVE a, a.b", "ADD a :ss",
		"SET SET", "SET a = :1 SET b = :1", "DELETE d :ss, d :ss",
	} {
		f.Add(text)
	}
	it := item(f, fuzzItem)
	f.Fuzz(func(t *testing.T, text string) {
		u, err := expr.ParseUpdate(text, fuzzParams(t))
		if err != nil {
			requireKnown(t, err)
			return
		}
		before := string(it.AppendJSON(nil))
		for _, apply := range []func(attr.Item) (attr.Item, error){u.Apply, u.Create} {
			after, err := apply(it)
			if err != nil {
				requireKnown(t, err)
				require.True(t, after.IsZero())
			}
			require.Equal(t, before, string(it.AppendJSON(nil)))
			if err != nil || after.IsZero() {
				continue
			}
			same, err := attr.ParseItem(after.AppendJSON(nil))
			require.NoError(t, err)
			require.Equal(t, same, after)
			requireOnlyChanged(t, u, it, after)
		}
	})
}

// requireOnlyChanged requires that an update has left alone all attributes but those of which it says that it changes
// them.
func requireOnlyChanged(t *testing.T, u *expr.Update, before, after attr.Item) {
	m, n := before.Map(), after.Map()
	for _, name := range u.Attributes() {
		delete(m, name)
		delete(n, name)
	}
	require.Equal(t, m, n)
}

func FuzzProjection(f *testing.F) {
	for _, text := range []string{"a, b.a[1].b, c[2], c[0]", "#a", "a.b, a[0]", "a,",
		"b.a,b.b,d", "c[99999999999]", "a.a.a, a.b"} {
		f.Add(text)
	}
	it := item(f, fuzzItem)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := expr.ParseProjection(text, fuzzParams(t))
		if err != nil {
			requireKnown(t, err)
			return
		}
		part := p.Apply(it)
		require.LessOrEqual(t, part.Size(), it.Size())
		for name := range part.All() {
			require.Contains(t, p.Attributes(), name)
			_, ok := it.Lookup(name)
			require.True(t, ok)
		}
		require.True(t, p.Apply(attr.Item{}).IsZero())
	})
}
