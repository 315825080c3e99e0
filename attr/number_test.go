package attr_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

const digits38 = "12345678901234567890123456789012345678"

func TestNumberText(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"0", "0"}, {"-0", "0"}, {"+0", "0"}, {"000", "0"}, {"0.000", "0"}, {"0e5", "0"}, {"-0e-130", "0"},
		{"0e125", "0"}, {"0." + strings.Repeat("0", 130), "0"},
		{"1", "1"}, {"1.0", "1"}, {"+1", "1"}, {"1.", "1"}, {".5", "0.5"}, {"-.5", "-0.5"}, {"007", "7"},
		{"1e0", "1"}, {"1E2", "100"}, {"1e+2", "100"}, {"1.5e3", "1500"}, {"100e-2", "1"}, {"12e-1", "1.2"},
		{"10", "10"}, {"0.1", "0.1"}, {"0.01", "0.01"}, {"0.010", "0.01"}, {"123.4500", "123.45"}, {"-90.09", "-90.09"},
		{digits38, digits38}, {"-" + digits38 + "00", "-" + digits38 + "00"},
		{"0." + digits38, "0." + digits38}, {"1." + digits38[1:], "1." + digits38[1:]},
		{"1e125", "1" + strings.Repeat("0", 125)}, {"1e-130", "0." + strings.Repeat("0", 129) + "1"},
		{"-9.9e125", "-99" + strings.Repeat("0", 124)}, {"9.9e-130", "0." + strings.Repeat("0", 129) + "99"},
		{"1" + strings.Repeat("0", 1000) + "e-1000", "1"}, {"0." + strings.Repeat("0", 1000) + "1e1001", "1"},
		{strings.Repeat("0", 1000) + "1." + strings.Repeat("0", 1000), "1"},
	} {
		v := attr.N(test.text)
		require.NoError(t, v.Err(), test.text)
		text, ok := v.Number()
		require.True(t, ok)
		require.Equal(t, test.want, text, test.text)
		require.True(t, v == attr.N(text), test.text)
	}
}

func TestNumberRefusals(t *testing.T) {
	const (
		over   = "Number overflow. Attempting to store a number with magnitude larger than supported range"
		under  = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
		digits = "Attempting to store more than 38 significant digits in a Number"
		syntax = "The parameter cannot be converted to a numeric value"
	)
	for _, test := range []struct{ text, want string }{
		{"1e126", over}, {"-1e126", over}, {"10e125", over}, {"1" + strings.Repeat("0", 126), over},
		{"1e99999999999", over}, {"1e9223372036854775807", over}, {"0e126", over}, {"-0.0e127", over},
		{"1e9223372036854775808", syntax + ": 1e9223372036854775808"},
		{"9." + strings.Repeat("9", 37) + "e126", over},
		{"1e-131", under}, {"-1e-131", under}, {"0.1e-130", under}, {"1e-99999999999", under},
		{"0e-131", under}, {"0." + strings.Repeat("0", 131), under},
		{"1e-99999999999999999999", syntax + ": 1e-99999999999999999999"},
		{digits38 + "9", digits}, {"0." + digits38 + "9", digits}, {"1" + strings.Repeat("0", 37) + "1", digits},
		{"", syntax}, {"abc", syntax + ": abc"}, {" 1", syntax + ":  1"}, {"1 ", syntax + ": 1 "}, {"--1", syntax + ": --1"},
		{".", syntax + ": ."}, {"-", syntax + ": -"}, {"+.", syntax + ": +."}, {"e5", syntax + ": e5"},
		{"1e", syntax + ": 1e"}, {"1e+", syntax + ": 1e+"}, {"1e1.5", syntax + ": 1e1.5"}, {"1.2.3", syntax + ": 1.2.3"},
		{"NaN", syntax + ": NaN"}, {"Infinity", syntax + ": Infinity"}, {"1_000", syntax + ": 1_000"},
		{"0x10", syntax + ": 0x10"}, {"1,5", syntax + ": 1,5"}, {"\xff", syntax + ": \uFFFD"}, {"١", syntax + ": ١"},
	} {
		v := attr.N(test.text)
		require.ErrorIs(t, v.Err(), exception.Validation, test.text)
		require.EqualError(t, v.Err(), "ValidationException: "+test.want, test.text)
		require.Zero(t, v.Type())
		_, ok := v.Number()
		require.False(t, ok)
	}
	require.Less(t, len(attr.N(strings.Repeat("x", 1<<20)).Err().Error()), 2000)
}

func TestInt(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 9, 10, 99, 100, -100, math.MaxInt64, math.MinInt64} {
		require.Equal(t, attr.N(strconv.FormatInt(n, 10)), attr.Int(n))
	}
}

// The encoding is compared with exact arithmetic, which knows nothing of it.
func TestNumberOrder(t *testing.T) {
	r := newRand()
	texts := []string{"0", "1", "-1", "1e125", "-1e125", "1e-130", "-1e-130", "10", "100", "1.5", "99", "-99", "0.99"}
	for range 250 {
		texts = append(texts, randomNumber(r))
	}
	values := make([]attr.Value, len(texts))
	exact := make([]*big.Rat, len(texts))
	for i, text := range texts {
		values[i], exact[i] = attr.N(text), rat(text)
		require.NoError(t, values[i].Err(), text)
		plain, _ := values[i].Number()
		require.Zero(t, rat(plain).Cmp(exact[i]), "%s was written as %s", text, plain)
	}
	for i, v := range values {
		for j, w := range values {
			want := exact[i].Cmp(exact[j])
			if c, ok := v.Compare(w); !ok || c != want || (v == w) != (want == 0) {
				t.Fatalf("Compare(%s, %s) = %d, want %d", texts[i], texts[j], c, want)
			}
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, text := range []string{"0", "-1.50", "1e125", "-1E-130", ".5", "5.", "1e", digits38, "--1", "00100e-2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v := attr.N(text)
		encoded, err := json.Marshal(map[string]string{"N": text})
		require.NoError(t, err)
		parsed, err := attr.ParseValue(encoded)
		if v.Err() != nil {
			require.ErrorIs(t, err, exception.Validation)
			return
		}
		require.NoError(t, err)
		require.True(t, parsed == v)
		plain, ok := v.Number()
		require.True(t, ok)
		require.True(t, attr.N(plain) == v)
		require.LessOrEqual(t, v.Size(), 21)
		back, rest, ok := attr.DecodeKey(attr.TypeN, string(attr.AppendKey(nil, v))+"x")
		require.True(t, ok && rest == "x" && back == v)
		// Exact arithmetic cannot take a large exponent, even of zero.
		if i := strings.IndexAny(text, "eE"); i < 0 || len(text)-i < 6 {
			require.Zero(t, rat(text).Cmp(rat(plain)), "%s was written as %s", text, plain)
		}
	})
}
