package attr

import (
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidemark-db/tidemark/exception"
)

// MaxDepth is how many levels of lists and maps there may be within one another. An item is itself the first level, so
// the value of an attribute may have one level less than a value that is in no item.
const MaxDepth = 32

// Value is one attribute value. It is immutable, so it may be copied and shared between goroutines freely.
//
// Two Values are == exactly when DynamoDB calls them equal: N("1.0") == N("1"), and sets with the same elements are
// equal in whatever order they were given. So a Value may serve as the key of a Go map.
//
// The zero Value is no value at all; see [Value.IsZero].
type Value struct {
	typ  Type
	data string // the payload as encode.go describes it; the reason if typ is typeInvalid
}

// Map is the Go form of an item, or of a value of type M: attribute values by name.
type Map = map[string]Value

// S returns a string value. The text must be valid UTF-8, else the Value is invalid. It may be empty.
func S(text string) Value {
	if !utf8.ValidString(text) {
		return invalid(msgNotUTF8)
	}
	return Value{TypeS, text}
}

// N returns the number that text denotes in decimal: an optional sign, digits with an optional fraction, and an
// optional exponent of 64 bits, as in "-1.5e3". The Value is invalid if text is none, if the number has more than 38
// significant digits, or if it is not of a magnitude from 1E-130 up to but not including 1E+126, which for zero is that
// of the last zero before its exponent.
func N(text string) Value {
	num, fault := encodeNumber(text)
	if fault != numberOK {
		return invalid(fault.message(text))
	}
	return Value{TypeN, string(num.bytes())}
}

// Int returns the number n.
func Int(n int64) Value {
	var digits [20]byte
	num, _ := encodeNumber(strconv.AppendInt(digits[:0], n, 10))
	return Value{TypeN, string(num.bytes())}
}

// B returns a binary value that holds a copy of b, which may be empty or nil.
func B(b []byte) Value { return Value{TypeB, string(b)} }

// Bool returns the boolean value b.
func Bool(b bool) Value {
	if b {
		return Value{TypeBOOL, "\x01"}
	}
	return Value{TypeBOOL, "\x00"}
}

// Null returns the null value.
func Null() Value { return Value{typ: TypeNULL} }

// invalid returns a Value that could not be made, and why.
func invalid(reason string) Value { return Value{typeInvalid, reason} }

// Type returns the type of v; it is zero for the zero Value and for an invalid one.
func (v Value) Type() Type {
	if v.typ == typeInvalid {
		return 0
	}
	return v.typ
}

// IsZero reports whether v is the zero Value, which is no value. An item, list or map cannot hold it.
func (v Value) IsZero() bool { return v == Value{} }

// Err returns why v could not be made, as an [exception.Validation], or nil if it is sound. The zero Value is not
// unsound by itself, but whatever is made of it is.
func (v Value) Err() error {
	if v.typ != typeInvalid {
		return nil
	}
	return exception.Validation.Errorf("%s", v.data)
}

// refusal returns the reason why no item, list or map can hold v, or "".
func (v Value) refusal() string {
	switch v.typ {
	case 0:
		return msgNoType
	case typeInvalid:
		return v.data
	}
	return ""
}

// Text returns the text of a value of type S, without copying it.
func (v Value) Text() (text string, ok bool) {
	if v.typ != TypeS {
		return "", false
	}
	return v.data, true
}

// Number returns the text of a value of type N in plain decimal: no exponent, no plus sign, no zeros that say
// nothing. Equal numbers have the same text.
func (v Value) Number() (text string, ok bool) {
	if v.typ != TypeN {
		return "", false
	}
	var space [64]byte
	return string(appendNumberText(space[:0], v.data)), true
}

// Bytes returns a copy of the bytes of a value of type B. It is not nil if ok.
func (v Value) Bytes() (b []byte, ok bool) {
	if v.typ != TypeB {
		return nil, false
	}
	return append(make([]byte, 0, len(v.data)), v.data...), true
}

// Truth returns the boolean in a value of type BOOL.
func (v Value) Truth() (b, ok bool) {
	if v.typ != TypeBOOL {
		return false, false
	}
	return v.data == "\x01", true
}

// Elements returns the elements of a list in their order, or those of a set, as values of type S, N or B, in
// ascending order. For values of other types it yields nothing.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		rest := v.data
		var e Value
		switch {
		case v.typ == TypeL:
			for rest != "" {
				if e, rest = cutValue(rest); !yield(e) {
					return
				}
			}
		case v.typ.isSet():
			e.typ = v.typ.element()
			for rest != "" {
				if e.data, rest = cutSpan(rest); !yield(e) {
					return
				}
			}
		}
	}
}

// Fields returns the names and values of a map, in ascending byte order of the names. For values of other types it
// yields nothing.
func (v Value) Fields() iter.Seq2[string, Value] {
	if v.typ != TypeM {
		return fields("")
	}
	return fields(v.data)
}

// Cursor returns a [Cursor] before the first field of a map. A value of another type has no fields.
func (v Value) Cursor() Cursor {
	if v.typ != TypeM {
		return Cursor{}
	}
	return Cursor{v.data}
}

// Lookup returns the value under that name in a map; ok is false if there is none, or if v is not of type M.
func (v Value) Lookup(name string) (w Value, ok bool) {
	if v.typ != TypeM {
		return Value{}, false
	}
	return lookup(v.data, name)
}

// Len returns the number of elements of a list or set, of fields of a map, or of bytes of a value of type S or B.
// For other types it is 0.
func (v Value) Len() int {
	n := 0
	switch v.typ {
	case TypeS, TypeB:
		return len(v.data)
	case TypeM:
		return countFields(v.data)
	case TypeL, TypeSS, TypeNS, TypeBS:
		for range v.Elements() {
			n++
		}
	}
	return n
}

// Compare returns -1, 0 or +1 as v sorts before, with or after w in DynamoDB's order: numbers by value, strings and
// binaries byte by byte. Only two S, two N or two B can be compared; ok is false for anything else.
func (v Value) Compare(w Value) (c int, ok bool) {
	if v.typ != w.typ || v.typ != TypeS && v.typ != TypeN && v.typ != TypeB {
		return 0, false
	}
	return strings.Compare(v.data, w.data), true
}
