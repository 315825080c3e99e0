package attr

import (
	"iter"
	"math/bits"
)

// An item, and every value in it, is one string, so that a million of them cost the collector a million pointers
// and looking something up is slicing. The payload of a value is
//
//	S, B        the bytes
//	N           the number encoding, see number.go
//	BOOL        one byte, 0 or 1
//	NULL        nothing
//	SS, NS, BS  for each element in ascending order of payloads: uvarint(length) payload
//	L           for each element: type uvarint(length) payload
//	M           for each field in ascending order of names: uvarint(length) name type uvarint(length) payload
//
// and an item is uvarint(size) followed by what an M would have. Nothing is encoded in two ways, so equal strings
// mean equal values. The functions below read only what this package wrote, and need not doubt it.

// appendUvarint appends n, which is not negative.
func appendUvarint(dst []byte, n int) []byte {
	for n >= 0x80 {
		dst = append(dst, byte(n)|0x80)
		n >>= 7
	}
	return append(dst, byte(n))
}

// uvarintLen returns how many bytes appendUvarint appends.
func uvarintLen(n int) int { return (bits.Len(uint(n)|1) + 6) / 7 }

// cutUvarint reads a number off the front of s.
func cutUvarint(s string) (n int, rest string) {
	if c := s[0]; c < 0x80 {
		return int(c), s[1:]
	}
	for i, shift := 0, 0; ; i, shift = i+1, shift+7 {
		c := s[i]
		n |= int(c&0x7F) << shift
		if c < 0x80 {
			return n, s[i+1:]
		}
	}
}

// cutSpan reads a length and as many bytes off the front of s.
func cutSpan(s string) (span, rest string) {
	n, s := cutUvarint(s)
	return s[:n], s[n:]
}

// cutValue reads an element of a list off the front of s.
func cutValue(s string) (v Value, rest string) {
	v.typ = Type(s[0])
	v.data, rest = cutSpan(s[1:])
	return v, rest
}

// cutField reads a field of a map or an item off the front of s.
func cutField(s string) (name string, v Value, rest string) {
	name, s = cutSpan(s)
	v, rest = cutValue(s)
	return name, v, rest
}

// fields yields the fields encoded in s.
func fields(s string) iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for rest := s; rest != ""; {
			var name string
			var v Value
			if name, v, rest = cutField(rest); !yield(name, v) {
				return
			}
		}
	}
}

// lookup finds a field among those encoded in s.
func lookup(s, name string) (Value, bool) {
	c := Cursor{s}
	return c.Seek(name)
}

// Cursor goes over the attributes of an item, or the fields of a map, and looks names up on its way: all of them together
// cost no more than going over the attributes once. The zero Cursor is at the end. It belongs to one goroutine.
type Cursor struct{ rest string }

// Seek returns the value of that name; ok is false if there is none. Names must be sought in ascending byte order. The
// value refers to the memory of what the cursor is in.
func (c *Cursor) Seek(name string) (v Value, ok bool) {
	for c.rest != "" {
		field, v, rest := cutField(c.rest)
		if field >= name {
			return v.orZero(field == name)
		}
		c.rest = rest
	}
	return Value{}, false
}

// orZero returns v if ok, else the zero Value.
func (v Value) orZero(ok bool) (Value, bool) {
	if !ok {
		return Value{}, false
	}
	return v, true
}

// countFields returns how many fields are encoded in s.
func countFields(s string) int {
	n := 0
	for s != "" {
		_, _, s = cutField(s)
		n++
	}
	return n
}
