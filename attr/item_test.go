package attr_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

func TestZeroItem(t *testing.T) {
	var none attr.Item
	empty := attr.MustItem(nil)
	require.True(t, none.IsZero())
	require.False(t, empty.IsZero())
	require.False(t, none == empty)
	for _, item := range []attr.Item{none, empty} {
		require.Zero(t, item.Len())
		require.Empty(t, maps.Collect(item.All()))
		require.Equal(t, attr.Map{}, item.Map())
		_, ok := item.Lookup("a")
		require.False(t, ok)
		require.True(t, item.Project("a") == item)
	}
	require.Equal(t, "null", none.String())
	require.Equal(t, "{}", empty.String())
}

func TestItemRoundTrip(t *testing.T) {
	r := newRand()
	for range 300 {
		m := randomMap(r, 4)
		item, err := attr.NewItem(m)
		require.NoError(t, err)
		require.Equal(t, len(m), item.Len())
		require.True(t, maps.Equal(m, item.Map()))
		for name, want := range m {
			v, ok := item.Lookup(name)
			require.True(t, ok)
			require.True(t, want == v)
		}
		_, ok := item.Lookup("m")
		require.False(t, ok)
		parsed, err := attr.ParseItem([]byte(item.String()))
		require.NoError(t, err)
		require.True(t, item == parsed, item.String())
	}
}

func TestAllAscends(t *testing.T) {
	item := attr.MustItem(attr.Map{"b": attr.Null(), "a": attr.S(""), "é": attr.L(), "aa": attr.M(nil), "B": attr.N("0")})
	var names []string
	for name := range item.All() {
		names = append(names, name)
	}
	require.Equal(t, []string{"B", "a", "aa", "b", "é"}, names)
	for range item.All() {
		break
	}
}

func TestLongItems(t *testing.T) {
	m := attr.Map{}
	for i := range 300 {
		m[strings.Repeat("n", i+1)] = attr.S(strings.Repeat("v", i*i))
	}
	item := attr.MustItem(m)
	require.Equal(t, m, item.Map())
	require.True(t, item.Project(slices.Collect(maps.Keys(m))...) == item)
	require.Equal(t, attr.MustItem(attr.Map{"nn": attr.S("v")}), item.Project("nn", "nn", "missing"))
	parsed, err := attr.ParseItem(item.AppendJSON(nil))
	require.NoError(t, err)
	require.True(t, item == parsed)
}

func TestWithAndWithout(t *testing.T) {
	item := attr.MustItem(attr.Map{"a": attr.S("1"), "b": attr.Int(2)})
	changed, err := item.With(attr.Map{"b": attr.Int(3), "c": attr.Bool(true)})
	require.NoError(t, err)
	require.Equal(t, attr.MustItem(attr.Map{"a": attr.S("1"), "b": attr.Int(3), "c": attr.Bool(true)}), changed)
	require.Equal(t, attr.MustItem(attr.Map{"a": attr.S("1"), "b": attr.Int(2)}), item, "the item itself is as it was")
	require.Equal(t, attr.MustItem(attr.Map{"a": attr.S("1"), "c": attr.Bool(true)}), changed.Without("b", "missing"))

	fresh, err := attr.Item{}.With(attr.Map{"a": attr.S("1")})
	require.NoError(t, err)
	require.Equal(t, attr.MustItem(attr.Map{"a": attr.S("1")}), fresh)
	_, err = item.With(attr.Map{"n": attr.N("many")})
	require.ErrorIs(t, err, exception.Validation)
	require.True(t, attr.Item{}.Without("a").IsZero())
	require.False(t, item.Without("a", "b").IsZero(), "an item without attributes is still one")
}

func TestProjectNothing(t *testing.T) {
	item := attr.MustItem(attr.Map{"a": attr.Null()})
	require.Equal(t, attr.MustItem(nil), item.Project())
	require.Equal(t, attr.MustItem(nil), item.Project("b"))
	require.False(t, item.Project("b").IsZero())
}

func TestCursor(t *testing.T) {
	fields := attr.Map{"a": attr.S("1"), "b": attr.S("2"), "d": attr.S("4"), "é": attr.S("5")}
	for _, c := range []attr.Cursor{attr.MustItem(fields).Cursor(), attr.M(fields).Cursor()} {
		for _, name := range []string{"", "a", "aa", "b", "b", "c", "d", "é", "ü"} {
			v, ok := c.Seek(name)
			want, there := fields[name]
			require.Equal(t, there, ok, name)
			require.Equal(t, want, v, name)
		}
	}
	for _, none := range []attr.Cursor{{}, attr.Item{}.Cursor(), attr.L(attr.S("a")).Cursor(), attr.S("a").Cursor()} {
		v, ok := none.Seek("a")
		require.False(t, ok)
		require.True(t, v.IsZero())
	}
}

func TestProjectManyNames(t *testing.T) {
	m := make(attr.Map)
	var names []string
	for i := range 100 {
		name := strconv.Itoa(i)
		m[name] = attr.Int(int64(i))
		if i%3 == 0 {
			names = append(names, name, "none"+name)
		}
	}
	got := attr.MustItem(m).Project(names...)
	require.Equal(t, 34, got.Len())
	for name, v := range got.All() {
		require.Contains(t, names, name)
		require.Equal(t, m[name], v)
	}
	require.Equal(t, "0", names[0], "names are not put in another order")
}

func TestItemRefusals(t *testing.T) {
	const wrong = "One or more parameter values were invalid: "
	const empty = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
	for _, test := range []struct {
		m    attr.Map
		want string
	}{
		{attr.Map{"": attr.Null()}, "Empty attribute name"},
		{attr.Map{"\xff": attr.Null()}, wrong + "An attribute name is not valid UTF-8"},
		{attr.Map{strings.Repeat("n", 65536): attr.Null()},
			"Attribute name is too large, must be less than 65536 bytes"},
		{attr.Map{"b": attr.BS(), "c": attr.SS()}, wrong + "Binary sets should not be empty"},
		{attr.Map{"a": nested(32)}, tooDeep},
		{attr.Map{"a": attr.N(digits38 + "1")}, "Attempting to store more than 38 significant digits in a Number"},
		{attr.Map{"a": {}}, empty},
	} {
		want := "ValidationException: " + test.want
		_, err := attr.NewItem(test.m)
		require.ErrorIs(t, err, exception.Validation)
		require.EqualError(t, err, want)
		require.PanicsWithError(t, want, func() { attr.MustItem(test.m) })
	}
	_, err := attr.NewItem(attr.Map{"a": nested(31), strings.Repeat("n", 65535): attr.Null()})
	require.NoError(t, err)
}
