package attr

import "strings"

// numberSize returns what an encoded number counts for. That is 1, and 1 for each pair of digits, and 1 more if it
// is negative, but no more than 21.
func numberSize[T string | []byte](enc T) int {
	if enc[0] >= firstPositive {
		return len(enc) - 1
	}
	return min(len(enc), 1+maxPairs)
}

// appendNumberText appends the number in plain decimal.
func appendNumberText(dst []byte, enc string) []byte {
	d := decodeNumber(enc)
	if d.n == 0 {
		return append(dst, '0')
	}
	if d.negative {
		dst = append(dst, '-')
	}
	point := d.exponent
	if point <= 0 {
		dst = append(dst, "0."...)
		for ; point < 0; point++ {
			dst = append(dst, '0')
		}
		point = -1 // it has been written
	}
	for i := range d.n {
		if i == point {
			dst = append(dst, '.')
		}
		dst = append(dst, '0'+d.digits[i])
	}
	for i := d.n; i < point; i++ {
		dst = append(dst, '0')
	}
	return dst
}

// decodeNumber is the inverse of decimal.encode.
func decodeNumber(enc string) (d decimal) {
	first, pairs := enc[0], enc[1:len(enc)-1]
	if pairs == "" {
		return d
	}
	d.negative = first < firstPositive
	if d.negative {
		first = firstPositive - 1 - first
	} else {
		first -= firstPositive
	}
	d.exponent = 2 * (int(first) - exponentBias)
	for i := range len(pairs) {
		pair := pairs[i] - 1
		if d.negative {
			pair = 101 - pairs[i]
		}
		if i == 0 && pair < 10 {
			d.exponent--
		} else {
			d.digits[d.n] = pair / 10
			d.n++
		}
		if i == len(pairs)-1 && pair%10 == 0 {
			break
		}
		d.digits[d.n] = pair % 10
		d.n++
	}
	return d
}

// cutNumber takes an encoded number off the front of b, which may be anything: ok is false unless it is just what
// encodeNumber gives for some text.
func cutNumber(b string) (enc, rest string, ok bool) {
	if b == "" {
		return "", "", false
	}
	negative := b[0] < firstPositive
	end := byte(endPositive)
	if negative {
		end = endNegative
	}
	// The first byte of a negative number may look like an end.
	n := strings.IndexByte(b[1:min(len(b), 1+maxPairs+1)], end)
	if n < 0 || n == 0 && b[0] != firstPositive || !validPairs(b[1:1+n], negative) {
		return "", "", false
	}
	return b[:n+2], b[n+2:], true
}

// validPairs reports whether pairs are the pairs of digits of some number, or of zero, which has none.
func validPairs(pairs string, negative bool) bool {
	if pairs == "" {
		return true
	}
	digits := 2 * len(pairs)
	for i := range len(pairs) {
		pair := int(pairs[i]) - 1
		if negative {
			pair = 101 - int(pairs[i])
		}
		first, last := i == 0, i == len(pairs)-1
		if pair < 0 || pair > 99 || pair == 0 && (first || last) {
			return false
		}
		if first && pair < 10 {
			digits--
		}
		if last && pair%10 == 0 {
			digits--
		}
	}
	return digits <= maxDigits
}
