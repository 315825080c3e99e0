package attr_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

func TestTypes(t *testing.T) {
	for typ, name := range map[attr.Type]string{
		attr.TypeS: "S", attr.TypeN: "N", attr.TypeB: "B", attr.TypeBOOL: "BOOL", attr.TypeNULL: "NULL",
		attr.TypeSS: "SS", attr.TypeNS: "NS", attr.TypeBS: "BS", attr.TypeL: "L", attr.TypeM: "M",
	} {
		require.Equal(t, name, typ.String())
		parsed, ok := attr.ParseType(name)
		require.True(t, ok)
		require.Equal(t, typ, parsed)
	}
	for _, name := range []string{"", "s", "X", "none", "Bool"} {
		typ, ok := attr.ParseType(name)
		require.False(t, ok)
		require.Zero(t, typ)
	}
	require.Equal(t, "none", attr.Type(0).String())
	require.Equal(t, "none", attr.Type(200).String())
}

func TestZeroValue(t *testing.T) {
	var v attr.Value
	require.True(t, v.IsZero())
	require.NoError(t, v.Err())
	require.Zero(t, v.Type())
	require.Zero(t, v.Size())
	require.Zero(t, v.Len())
	require.Equal(t, "null", v.String())
	require.Empty(t, slices.Collect(v.Elements()))
	_, ok := v.Compare(v)
	require.False(t, ok)
}

func TestAccessors(t *testing.T) {
	text, ok := attr.S("é").Text()
	require.True(t, ok)
	require.Equal(t, "é", text)
	b, ok := attr.B(nil).Bytes()
	require.True(t, ok)
	require.NotNil(t, b)
	for _, want := range []bool{true, false} {
		truth, ok := attr.Bool(want).Truth()
		require.True(t, ok)
		require.Equal(t, want, truth)
	}
	for _, v := range []attr.Value{attr.Null(), attr.SS("a"), attr.L(), attr.M(nil)} {
		_, ok = v.Text()
		require.False(t, ok)
		_, ok = v.Number()
		require.False(t, ok)
		_, ok = v.Bytes()
		require.False(t, ok)
		_, ok = v.Truth()
		require.False(t, ok)
	}
}

func TestLen(t *testing.T) {
	for want, list := range [][]attr.Value{
		{attr.S(""), attr.B(nil), attr.Null(), attr.Bool(true), attr.N("123"), attr.L(), attr.M(nil)},
		{attr.S("a"), attr.B([]byte("a")), attr.SS(""), attr.NS("100"), attr.BS(nil), attr.L(attr.L()),
			attr.M(attr.Map{"a": attr.L()})},
		{attr.S("é"), attr.SS("a", "b"), attr.NS("1", "2"), attr.BS(nil, []byte{0}), attr.L(attr.Null(), attr.Null())},
	} {
		for _, v := range list {
			require.Equal(t, want, v.Len(), v.String())
		}
	}
}

func TestElementsAndFields(t *testing.T) {
	require.Equal(t, []attr.Value{attr.S("a"), attr.S("b")}, slices.Collect(attr.SS("b", "a").Elements()))
	require.Equal(t, []attr.Value{attr.N("-1"), attr.N("2"), attr.N("10")},
		slices.Collect(attr.NS("10", "2", "-1").Elements()))
	require.Equal(t, []attr.Value{attr.B(nil), attr.B([]byte{0}), attr.B([]byte{255})},
		slices.Collect(attr.BS([]byte{255}, []byte{0}, nil).Elements()))
	require.Equal(t, []attr.Value{attr.Null(), attr.L(attr.S("x"))},
		slices.Collect(attr.L(attr.Null(), attr.L(attr.S("x"))).Elements()))
	require.Empty(t, slices.Collect(attr.M(attr.Map{"a": attr.Null()}).Elements()))

	m := attr.M(attr.Map{"b": attr.S("2"), "a": attr.S("1"), "B": attr.S("0"), " ": attr.S("e")})
	var names []string
	for name, v := range m.Fields() {
		names = append(names, name)
		found, ok := m.Lookup(name)
		require.True(t, ok)
		require.Equal(t, v, found)
	}
	require.Equal(t, []string{" ", "B", "a", "b"}, names)
	for _, name := range []string{"A", "aa", "c", "\x00"} {
		_, ok := m.Lookup(name)
		require.False(t, ok, name)
	}
	for range attr.L(attr.Null()).Fields() {
		t.Fatal("a list has no fields")
	}
	_, ok := attr.S("a").Lookup("a")
	require.False(t, ok)
	for range m.Fields() {
		break
	}
	for range attr.SS("a", "b").Elements() {
		break
	}
	for range attr.L(m, m).Elements() {
		break
	}
}

func TestEquality(t *testing.T) {
	require.True(t, attr.N("1.0") == attr.N("1"))
	require.True(t, attr.SS("a", "b", "c") == attr.SS("c", "a", "b"))
	require.True(t, attr.NS("1", "2.50") == attr.NS("25e-1", "1.0"))
	require.True(t, attr.BS([]byte("x"), nil) == attr.BS(nil, []byte("x")))
	require.True(t, attr.M(attr.Map{"a": attr.N("1"), "b": attr.Null()}) ==
		attr.M(attr.Map{"b": attr.Null(), "a": attr.N("1.0")}))
	require.False(t, attr.L(attr.S("a"), attr.S("b")) == attr.L(attr.S("b"), attr.S("a")))
	require.False(t, attr.S("1") == attr.N("1"))
	require.False(t, attr.S("a") == attr.B([]byte("a")))
	require.False(t, attr.SS("a") == attr.L(attr.S("a")))
	require.False(t, attr.Bool(true) == attr.Bool(false))
}

func TestCompare(t *testing.T) {
	for _, ascending := range [][]attr.Value{
		{attr.S(""), attr.S("\x00"), attr.S("A"), attr.S("a"), attr.S("a\x00"), attr.S("aa"), attr.S("b"), attr.S("é")},
		{attr.B(nil), attr.B([]byte{0}), attr.B([]byte{0, 0}), attr.B([]byte{1}), attr.B([]byte{127}), attr.B([]byte{128})},
		{attr.N("-10"), attr.N("-9"), attr.N("-0.1"), attr.N("-0.01"), attr.N("0"), attr.N("0.5"), attr.N("9"), attr.N("10")},
	} {
		for i, v := range ascending {
			for j, w := range ascending {
				c, ok := v.Compare(w)
				require.True(t, ok)
				require.Equal(t, i > j, c > 0)
				require.Equal(t, i < j, c < 0)
			}
		}
	}
	for _, pair := range [][2]attr.Value{
		{attr.S("a"), attr.B([]byte("a"))}, {attr.S("1"), attr.N("1")}, {attr.Null(), attr.Null()},
		{attr.Bool(true), attr.Bool(false)}, {attr.SS("a"), attr.SS("a")}, {attr.N("x"), attr.N("x")},
	} {
		_, ok := pair[0].Compare(pair[1])
		require.False(t, ok)
	}
}

func TestRefusals(t *testing.T) {
	const wrong = "One or more parameter values were invalid: "
	empty := "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
	for _, test := range []struct {
		value attr.Value
		want  string
	}{
		{attr.SS(), wrong + "An string set  may not be empty"},
		{attr.NS(), wrong + "An number set  may not be empty"},
		{attr.BS(), wrong + "Binary sets should not be empty"},
		{attr.SS("a", "a"), wrong + "Input collection [a, a] contains duplicates."},
		{attr.SS("b", "a", "b"), wrong + "Input collection [b, a, b] contains duplicates."},
		{attr.NS("1", "1.0"), "Input collection contains duplicates"},
		{attr.BS([]byte("x"), []byte("x")), wrong + "Input collection [eA==, eA==]of type BS contains duplicates."},
		{attr.NS("1", "x"), "The parameter cannot be converted to a numeric value: x"},
		{attr.S("\xff"), wrong + "A string is not valid UTF-8"},
		{attr.SS("a", "\xff"), wrong + "A string is not valid UTF-8"},
		{attr.L(attr.Value{}), empty},
		{attr.M(attr.Map{"a": {}}), empty},
		{attr.L(attr.Null(), attr.SS(), attr.NS()), wrong + "An string set  may not be empty"},
		{attr.M(attr.Map{"z": attr.SS(), "a": attr.NS()}), wrong + "An number set  may not be empty"},
		{attr.M(attr.Map{"\xff": attr.Null()}), wrong + "An attribute name is not valid UTF-8"},
		{attr.M(attr.Map{strings.Repeat("n", 65536): attr.Null()}),
			"Attribute name is too large, must be less than 65536 bytes"},
		{nested(33), tooDeep},
		{attr.M(attr.Map{"a": nested(32)}), tooDeep},
		{attr.M(attr.Map{"": attr.Null()}), "Empty attribute name"},
	} {
		require.ErrorIs(t, test.value.Err(), exception.Validation, test.want)
		require.EqualError(t, test.value.Err(), "ValidationException: "+test.want)
		require.False(t, test.value.IsZero())
		require.Zero(t, test.value.Type())
		require.Zero(t, test.value.Size())
		require.Equal(t, "invalid: "+test.want, test.value.String())
		require.Equal(t, "null", string(test.value.AppendJSON(nil)))
		_, err := test.value.MarshalJSON()
		require.Equal(t, test.value.Err(), err)
		_, err = attr.NewItem(attr.Map{"a": test.value})
		require.Equal(t, test.value.Err(), err)
	}
	require.NoError(t, nested(32).Err())
	require.NoError(t, attr.M(attr.Map{strings.Repeat("n", 65535): nested(31)}).Err())
	long := attr.SS(slices.Repeat([]string{strings.Repeat("x", 100000)}, 100)...)
	require.Less(t, len(long.Err().Error()), 4000)
}

const tooDeep = "Nesting Levels have exceeded supported limits: " +
	"Attributes in the item have nested levels beyond supported limit"

// nested returns levels lists and maps within one another.
func nested(levels int) attr.Value {
	v := attr.S("x")
	for i := range levels {
		if i%2 == 0 {
			v = attr.L(attr.Null(), v)
		} else {
			v = attr.M(attr.Map{"a": attr.Null(), "b": v})
		}
	}
	return v
}

func TestImmutability(t *testing.T) {
	b := []byte("before")
	list := []attr.Value{attr.S("before")}
	m := attr.Map{"a": attr.S("before")}
	binary, set, l, mv := attr.B(b), attr.BS(b), attr.L(list...), attr.M(m)
	item := attr.MustItem(m)
	b[0], list[0], m["a"] = 'X', attr.Null(), attr.Null()
	m["b"] = attr.Null()

	got, _ := binary.Bytes()
	require.Equal(t, "before", string(got))
	got[0] = 'Y'
	again, _ := binary.Bytes()
	require.Equal(t, "before", string(again))
	require.Equal(t, attr.BS([]byte("before")), set)
	require.Equal(t, attr.L(attr.S("before")), l)
	require.Equal(t, attr.M(attr.Map{"a": attr.S("before")}), mv)
	require.Equal(t, `{"a":{"S":"before"}}`, item.String())

	clear(item.Map())
	require.Equal(t, 1, item.Len())

	text := []byte(`{"a":{"S":"before"}}`)
	item, err := attr.ParseItem(text)
	require.NoError(t, err)
	copy(text, strings.Repeat("x", len(text)))
	require.Equal(t, `{"a":{"S":"before"}}`, item.String())
}
