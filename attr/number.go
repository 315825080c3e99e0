package attr

import (
	"math"
	"strings"
)

// A number is encoded so that the order of the bytes is the order of the numbers, and so that the encoding says by
// itself where it ends. With the number written as 0.p1 p2 p3 ... x 100^e, each p from 0 to 99, the first and the
// last of them not 0, and -64 <= e <= 63, the bytes are
//
//	positive  0x80 + (e+64)  then each p + 1    then 0x00
//	negative  0x7F - (e+64)  then each 101 - p  then 0x66
//	zero      0x80 0x00
//
// The last byte sorts below any digit of a positive number, and above any digit of a negative one, so that the
// shorter of two numbers that begin alike falls on the proper side.
const (
	firstPositive = 0x80 // the lowest first byte of a number that is not negative
	exponentBias  = 64
	endPositive   = 0x00
	endNegative   = 0x66

	maxDigits  = 38
	maxPairs   = maxDigits/2 + 1 // one more than half: an odd exponent puts a zero in front
	maxLeading = 125             // the greatest power of ten of a leading digit
	minLeading = -130            // and the least
	exponentOK = 1 << 40         // an exponent past this is out of range whatever the digits are
)

// number is an encoded number on its way into a Value.
type number struct {
	enc [1 + maxPairs + 1]byte
	n   int
}

func (num *number) bytes() []byte { return num.enc[:num.n] }

func (num *number) put(b byte) {
	num.enc[num.n] = b
	num.n++
}

// numberFault says what is wrong with the text of a number.
type numberFault uint8

const (
	numberOK numberFault = iota
	numberSyntax
	numberOverflow
	numberUnderflow
	numberTooLong
)

// message returns the service's words for the fault in text. What it repeats of the text is limited.
func (f numberFault) message(text string) string {
	switch f {
	case numberOverflow:
		return "Number overflow. Attempting to store a number with magnitude larger than supported range"
	case numberUnderflow:
		return "Number underflow. Attempting to store a number with magnitude smaller than supported range"
	case numberTooLong:
		return "Attempting to store more than 38 significant digits in a Number"
	}
	const plain = "The parameter cannot be converted to a numeric value"
	if text == "" {
		return plain
	}
	return plain + ": " + quotable(text)
}

// quotable returns text as a message may repeat it: as it is, but valid UTF-8 and of a bounded length.
func quotable(text string) string {
	const enough = 1024
	if len(text) > enough {
		text = text[:enough] + "..."
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// encodeNumber reads text as a number. It looks at each byte once and keeps no more than 38 digits.
func encodeNumber[T string | []byte](text T) (num number, fault numberFault) {
	var d decimal
	i := 0
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		d.negative = text[0] == '-'
		i = 1
	}
	i, ok := scanMantissa(&d, text, i)
	if !ok {
		return num, numberSyntax
	}
	exponent, ok := scanExponent(text, i)
	if !ok {
		return num, numberSyntax
	}
	d.exponent += exponent
	return d.encode()
}

// decimal is the number 0.d1 d2 d3 ... x 10^exponent, d1 and the last digit not being 0.
type decimal struct {
	negative bool
	excess   bool // there were more digits than fit
	digits   [maxDigits]byte
	n        int // how many digits; none means zero
	zeros    int // how many zeros have been read after them
	exponent int
}

// add takes the next digit of the text, which is the character c.
func (d *decimal) add(c byte, fraction bool) {
	if d.n == 0 && c == '0' {
		if fraction {
			d.exponent--
		}
		return
	}
	if !fraction {
		d.exponent++
	}
	switch {
	case c == '0':
		d.zeros++
	case d.n+d.zeros >= maxDigits:
		d.excess = true
	default:
		d.n += d.zeros // the array holds zeros there already
		d.digits[d.n] = c - '0'
		d.n++
		d.zeros = 0
	}
}

// scanMantissa reads digits, which may have a point among them or at either end, from text[i:] into d. It returns
// where they end; ok is false if there are none.
func scanMantissa[T string | []byte](d *decimal, text T, i int) (end int, ok bool) {
	fraction := false
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			d.add(c, fraction)
			ok = true
		case c == '.' && !fraction:
			fraction = true
		default:
			return i, ok
		}
	}
	return i, ok
}

// scanExponent reads the exponent that makes up text[i:], if that is not empty. It must fit 64 bits.
func scanExponent[T string | []byte](text T, i int) (exponent int, ok bool) {
	if i == len(text) {
		return 0, true
	}
	if text[i] != 'e' && text[i] != 'E' {
		return 0, false
	}
	i++
	negative := false
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		negative = text[i] == '-'
		i++
	}
	if i == len(text) {
		return 0, false
	}
	large := int64(0)
	for ; i < len(text); i++ {
		c := text[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		digit := int64(c - '0')
		if large > (math.MaxInt64-digit)/10 {
			return 0, false
		}
		large = large*10 + digit
	}
	exponent = int(min(large, exponentOK))
	if negative {
		exponent = -exponent
	}
	return exponent, true
}

// encode checks the limits, which zero has too as it is written, and returns the encoding of d.
func (d *decimal) encode() (num number, fault numberFault) {
	leading := d.exponent - 1
	if d.n == 0 {
		leading++
	}
	switch {
	case leading > maxLeading:
		return num, numberOverflow
	case leading < minLeading:
		return num, numberUnderflow
	case d.excess:
		return num, numberTooLong
	case d.n == 0:
		num.put(firstPositive)
		num.put(endPositive)
		return num, numberOK
	}
	biased := byte((d.exponent+1)>>1 + exponentBias)
	end := byte(endPositive)
	if d.negative {
		end = endNegative
		num.put(firstPositive - 1 - biased)
	} else {
		num.put(firstPositive + biased)
	}
	for i := -(d.exponent & 1); i < d.n; i += 2 {
		pair := byte(0)
		if i >= 0 {
			pair = d.digits[i] * 10
		}
		if i+1 < d.n {
			pair += d.digits[i+1]
		}
		if d.negative {
			num.put(101 - pair)
		} else {
			num.put(pair + 1)
		}
	}
	num.put(end)
	return num, numberOK
}
