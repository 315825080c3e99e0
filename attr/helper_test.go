package attr_test

import (
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
)

// newRand returns a source of random numbers that is the same on every run.
func newRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// randomNumber returns the text of a number within the limits, often close to them.
func randomNumber(r *rand.Rand) string {
	var b strings.Builder
	if r.IntN(2) == 0 {
		b.WriteByte('-')
	}
	digits := 1 + r.IntN(38)
	if r.IntN(2) == 0 {
		digits = 1 + r.IntN(3)
	}
	b.WriteByte(byte('1' + r.IntN(9)))
	if digits > 1 {
		b.WriteByte('.')
	}
	for range digits - 1 {
		b.WriteByte(byte('0' + r.IntN(10)))
	}
	exponent := r.IntN(256) - 130
	if r.IntN(2) == 0 {
		exponent = r.IntN(5) - 2
	}
	return b.String() + "e" + strconv.Itoa(exponent)
}

// rat returns the exact number that text denotes. The exponent must be small.
func rat(text string) *big.Rat {
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("not a number: " + text)
	}
	return n
}

// randomText returns a short string over few letters, the zero byte and its neighbours among them.
func randomText(r *rand.Rand) string {
	const letters = "\x00\x00\x01\x02ab\x7fé\u07ff\U0010FFFF"
	runes := []rune(letters)
	var b strings.Builder
	for range r.IntN(5) {
		b.WriteRune(runes[r.IntN(len(runes))])
	}
	return b.String()
}

// randomBytes returns a short string of bytes from either end of their range.
func randomBytes(r *rand.Rand) []byte {
	b := make([]byte, r.IntN(5))
	for i := range b {
		b[i] = byte(r.IntN(4) - 2)
	}
	return b
}

// randomScalar returns a value of type S, N or B.
func randomScalar(r *rand.Rand, t attr.Type) attr.Value {
	switch t {
	case attr.TypeS:
		return attr.S(randomText(r))
	case attr.TypeN:
		return attr.N(randomNumber(r))
	}
	return attr.B(randomBytes(r))
}

// randomValue returns a sound value of any type with at most depth levels.
func randomValue(r *rand.Rand, depth int) attr.Value {
	kinds := 10
	if depth == 0 {
		kinds = 8
	}
	switch r.IntN(kinds) {
	case 0:
		return attr.Bool(r.IntN(2) == 0)
	case 1:
		return attr.Null()
	case 2:
		return attr.SS("", randomText(r)+"x", randomText(r)+"y")
	case 3:
		return attr.NS("0", randomNumber(r))
	case 4:
		return attr.BS(nil, append(randomBytes(r), 'x'), append(randomBytes(r), 'y'))
	case 8:
		list := make([]attr.Value, r.IntN(4))
		for i := range list {
			list[i] = randomValue(r, depth-1)
		}
		return attr.L(list...)
	case 9:
		return attr.M(randomMap(r, depth-1))
	}
	return randomScalar(r, attr.TypeS+attr.Type(r.IntN(3)))
}

// randomMap returns up to five fields.
func randomMap(r *rand.Rand, depth int) attr.Map {
	m := attr.Map{}
	for range r.IntN(6) {
		m["n"+randomText(r)] = randomValue(r, depth)
	}
	return m
}
