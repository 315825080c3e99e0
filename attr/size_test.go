package attr_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
)

func TestSizeOfNumbers(t *testing.T) {
	const long = "1.2345678901234567890123456789012345678"
	for text, want := range map[string]int{
		"0": 1, "1": 2, "12": 2, "100": 2, "120": 3, "123": 3, "1234": 3, "12345": 4, "0.1": 2, "0.01": 2, "1.5": 3,
		"3.14": 3, "99.99": 3, "1e125": 2, "-1": 3, "-12": 3, "-123": 4, digits38: 20, "-" + digits38: 21,
		long: 21, "-" + long: 21, "-0": 1, "000123.000": 3, "-1e-130": 3,
		// These and some of the others have been measured at the service's limit of an item.
		"0042": 2, "1010": 3, "0.0000001": 2, "1e-100": 2, "15": 2, "1.2": 3, "1.200": 3, "1.234": 4, "3.14159": 5,
		"123456": 4, "100.5": 4, "0.15": 2, "-42": 3,
	} {
		require.Equal(t, want, attr.N(text).Size(), text)
	}
}

// The rule of the service's documentation, worked out from the decimal text, gives what the encoding gives.
func TestSizeOfRandomNumbers(t *testing.T) {
	r := newRand()
	for range 2000 {
		text, _ := attr.N(randomNumber(r)).Number()
		require.Equal(t, sizeByRule(text), attr.N(text).Size(), text)
	}
}

func sizeByRule(plain string) int {
	unsigned, negative := strings.CutPrefix(plain, "-")
	whole, fraction, _ := strings.Cut(unsigned, ".")
	e10 := len(whole)
	if whole == "0" {
		e10 = len(strings.TrimLeft(fraction, "0")) - len(fraction)
		whole = ""
	}
	d := len(strings.Trim(whole+fraction, "0"))
	m := (d + e10&1 + 1) / 2
	if negative && m < 20 {
		return m + 2
	}
	return m + 1
}

func TestSize(t *testing.T) {
	for want, list := range map[int][]attr.Value{
		0: {attr.S(""), attr.B(nil)},
		1: {attr.Bool(true), attr.Bool(false), attr.Null(), attr.S("a"), attr.B([]byte{0})},
		2: {attr.S("é"), attr.SS("a", "b"), attr.BS([]byte("ab")), attr.BS(nil, []byte("ab"))},
		3: {attr.L(), attr.M(nil), attr.NS("0", "1"), attr.S("\u20AC")},
		5: {attr.L(attr.Null()), attr.M(attr.Map{"a": attr.S("")}), attr.L(attr.S(""), attr.S(""))},
		// The inner map is 3+1+1+2, the outer list 3+1+7+1+1.
		13: {attr.L(attr.M(attr.Map{"n": attr.N("12")}), attr.Null())},
	} {
		for _, v := range list {
			require.Equal(t, want, v.Size(), v.String())
		}
	}
}

func TestSizeOfItems(t *testing.T) {
	shirt := attr.Map{"shirt-color": attr.S("R"), "shirt-size": attr.S("M")}
	require.Equal(t, 23, attr.MustItem(shirt).Size())
	require.Zero(t, attr.Item{}.Size())
	require.Zero(t, attr.MustItem(nil).Size())
	require.Equal(t, attr.MaxItemSize, attr.MustItem(attr.Map{"k": attr.S(strings.Repeat("x", 409599))}).Size())
}

// However an item comes about, its size is that of its attributes.
func TestSizeIsTheSumOfTheAttributes(t *testing.T) {
	r := newRand()
	for range 300 {
		m := randomMap(r, 3)
		want := 0
		for name, v := range m {
			want += len(name) + v.Size()
		}
		item := attr.MustItem(m)
		require.Equal(t, want, item.Size())
		parsed, err := attr.ParseItem(item.AppendJSON(nil))
		require.NoError(t, err)
		require.Equal(t, want, parsed.Size())
		checkProjection(t, r, item)
	}
}

func checkProjection(t *testing.T, r *rand.Rand, item attr.Item) {
	t.Helper()
	kept, want := attr.Map{}, 0
	var names []string
	for name, v := range item.All() {
		if r.IntN(2) == 0 {
			kept[name] = v
			names = append(names, name)
			want += len(name) + v.Size()
		}
	}
	projected := item.Project(names...)
	require.Equal(t, want, projected.Size())
	require.True(t, projected == attr.MustItem(kept))
}
