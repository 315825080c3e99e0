package expr

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
)

// maxDigits is how many significant digits a number may have.
const maxDigits = 38

// msgOverflow is also what the service says of a sum that needs more digits than there can be.
const msgOverflow = "Number overflow. Attempting to store a number with magnitude larger than supported range"

// add returns v + w, or v - w.
func add(v, w attr.Value, minus bool) (attr.Value, error) {
	x, ok := v.Number()
	if !ok {
		return attr.Value{}, refuse(msgOperandType)
	}
	y, ok := w.Number()
	if !ok {
		return attr.Value{}, refuse(msgOperandType)
	}
	if sum, ok := addSmall(x, y, minus); ok {
		return sum, nil
	}
	a, scaleA := decimal(x)
	b, scaleB := decimal(y)
	scale := max(scaleA, scaleB)
	shift(a, scale-scaleA)
	shift(b, scale-scaleB)
	if minus {
		b.Neg(b)
	}
	text := a.Add(a, b).String()
	if digits := strings.TrimRight(strings.TrimPrefix(text, "-"), "0"); len(digits) > maxDigits {
		return attr.Value{}, refuse(msgOverflow)
	}
	sum := attr.N(text + "e-" + strconv.Itoa(scale))
	return sum, sum.Err()
}

// addSmall is add for integers of up to 18 digits, which most numbers are.
func addSmall(x, y string, minus bool) (sum attr.Value, ok bool) {
	const small = 18
	if len(x) > small || len(y) > small {
		return attr.Value{}, false
	}
	a, err := strconv.ParseInt(x, 10, 64)
	if err != nil {
		return attr.Value{}, false
	}
	b, err := strconv.ParseInt(y, 10, 64)
	if err != nil {
		return attr.Value{}, false
	}
	if minus {
		b = -b
	}
	return attr.Int(a + b), true
}

// decimal returns the integer n and the scale of the number n / 10^scale that text denotes in plain decimal.
func decimal(text string) (n *big.Int, scale int) {
	whole, fraction, _ := strings.Cut(text, ".")
	n, _ = new(big.Int).SetString(whole+fraction, 10)
	return n, len(fraction)
}

// shift multiplies n by 10^digits.
func shift(n *big.Int, digits int) {
	if digits > 0 {
		n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
	}
}
