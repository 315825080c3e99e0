package attr_test

import (
	"bytes"
	"cmp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
)

var keyTypes = []attr.Type{attr.TypeS, attr.TypeN, attr.TypeB}

func TestKeyRoundTrip(t *testing.T) {
	r := newRand()
	for range 2000 {
		v, w := randomScalar(r, keyTypes[r.IntN(3)]), randomScalar(r, keyTypes[r.IntN(3)])
		encoded := string(attr.AppendKey(attr.AppendKey(nil, v), w))
		first, rest, ok := attr.DecodeKey(v.Type(), encoded)
		require.True(t, ok)
		require.True(t, v == first)
		second, rest, ok := attr.DecodeKey(w.Type(), rest)
		require.True(t, ok)
		require.True(t, w == second)
		require.Empty(t, rest)
	}
}

func TestKeyOrder(t *testing.T) {
	r := newRand()
	for range 20000 {
		types := [2]attr.Type{keyTypes[r.IntN(3)], keyTypes[r.IntN(3)]}
		a := [2]attr.Value{randomScalar(r, types[0]), randomScalar(r, types[1])}
		b := [2]attr.Value{randomScalar(r, types[0]), randomScalar(r, types[1])}
		if r.IntN(2) == 0 {
			b[0] = a[0]
		}
		checkKeyOrder(t, a, b)
	}
}

// checkKeyOrder requires that the encodings of the tuples a and b are in the order of the tuples.
func checkKeyOrder(t *testing.T, a, b [2]attr.Value) {
	t.Helper()
	first, ok := a[0].Compare(b[0])
	require.True(t, ok)
	second, ok := a[1].Compare(b[1])
	require.True(t, ok)
	encodedA := attr.AppendKey(attr.AppendKey(nil, a[0]), a[1])
	encodedB := attr.AppendKey(attr.AppendKey(nil, b[0]), b[1])
	if bytes.Compare(encodedA, encodedB) != cmp.Or(first, second) {
		t.Fatalf("%s and %s are encoded as %x and %x", a, b, encodedA, encodedB)
	}
}

func TestAppendKeyOfOtherTypes(t *testing.T) {
	for _, v := range []attr.Value{{}, attr.Null(), attr.Bool(true), attr.SS("a"), attr.L(), attr.M(nil), attr.N("x")} {
		require.Equal(t, "before", string(attr.AppendKey([]byte("before"), v)))
	}
}

func TestDecodeKeyRefuses(t *testing.T) {
	for _, test := range []struct {
		typ     attr.Type
		encoded string
	}{
		{attr.TypeS, ""}, {attr.TypeS, "a"}, {attr.TypeS, "a\x00"}, {attr.TypeS, "a\x00\x02"},
		{attr.TypeS, "\xff\x00\x01"},
		{attr.TypeS, "a\x00\xffb"}, {attr.TypeB, "a"}, {attr.TypeB, "\x00\x00\x01"},
		{attr.TypeN, ""}, {attr.TypeN, "\x80"}, {attr.TypeN, "\x81\x00"}, {attr.TypeN, "\x7f\x66"},
		{attr.TypeN, "\xc1\x02"},
		{attr.TypeN, "\xc1\x01\x00"}, {attr.TypeN, "\xc1\x02\x01\x00"}, {attr.TypeN, "\xc1\x65\x00"},
		{attr.TypeN, "\x3e\x65\x66"}, {attr.TypeN, "\x3e\x01\x66"}, {attr.TypeN, "\x3e\x00\x66"},
		{attr.TypeN, "\x3e\x64\x67\x66"},
		{attr.TypeN, "\xc1" + strings.Repeat("\x0c", 20) + "\x00"},
		{attr.TypeN, "\xc1" + strings.Repeat("\x0c", 99) + "\x00"},
		{attr.TypeNULL, ""}, {attr.TypeL, "\x00\x01"}, {0, "\x00\x01"},
	} {
		v, rest, ok := attr.DecodeKey(test.typ, test.encoded)
		require.False(t, ok, "%s %x", test.typ, test.encoded)
		require.True(t, v.IsZero())
		require.Empty(t, rest)
	}
}

func TestKeysCompareWithGo(t *testing.T) {
	keys := map[attr.Key]int{{Partition: attr.S("a"), Sort: attr.N("1")}: 1, {Partition: attr.S("a")}: 2}
	require.Equal(t, 1, keys[attr.Key{Partition: attr.S("a"), Sort: attr.N("1.00")}])
	require.Equal(t, 2, keys[attr.Key{Partition: attr.S("a")}])
}

func FuzzKeyOrder(f *testing.F) {
	f.Add("a\x00", "b", "a", "\x00b", "1", "-1")
	f.Add("", "", "\x00\xff", "\x00\x01", "100", "1e125")
	f.Fuzz(func(t *testing.T, s, s2, b, b2, n, n2 string) {
		binaries := [2]attr.Value{attr.B([]byte(b)), attr.B([]byte(b2))}
		checkKeyOrder(t, [2]attr.Value{binaries[0], binaries[1]}, [2]attr.Value{binaries[1], binaries[0]})
		texts := [2]attr.Value{attr.S(s), attr.S(s2)}
		numbers := [2]attr.Value{attr.N(n), attr.N(n2)}
		sound := texts[0].Err() == nil && texts[1].Err() == nil && numbers[0].Err() == nil && numbers[1].Err() == nil
		if sound {
			checkKeyOrder(t, [2]attr.Value{texts[0], binaries[0]}, [2]attr.Value{texts[1], binaries[1]})
			checkKeyOrder(t, [2]attr.Value{numbers[0], texts[0]}, [2]attr.Value{numbers[1], texts[1]})
			checkKeyOrder(t, [2]attr.Value{texts[0], numbers[0]}, [2]attr.Value{texts[0], numbers[1]})
		}
		// Whatever can be decoded is what would be encoded.
		for _, typ := range keyTypes {
			if v, rest, ok := attr.DecodeKey(typ, b); ok {
				require.NoError(t, v.Err())
				require.Equal(t, b, string(attr.AppendKey(nil, v))+rest)
				v.Number()
			}
		}
	})
}
