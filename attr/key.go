package attr

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// The greatest [Value.Size] of the two parts of a key, in bytes. This package does not enforce them.
const (
	MaxPartitionKeySize = 2048
	MaxSortKeySize      = 1024
)

// Key is a primary key: values of type S, N or B. Sort is the zero Value if the table has no sort key. Keys are ==
// exactly when they denote the same item.
type Key struct {
	Partition, Sort Value
}

// The bytes that end the key encoding of a string or a binary, and that stand for a zero byte in one.
const (
	keyEnd  = "\x00\x01"
	keyZero = "\x00\xFF"
)

// AppendKey appends to dst an encoding of v, which must be of type S, N or B; for any other value it returns dst as
// it is. For values of one type the order of the encodings, byte by byte, is the order that [Value.Compare] gives. No
// encoding begins another, so that encodings one after the other sort as tuples do.
func AppendKey(dst []byte, v Value) []byte {
	switch v.typ {
	case TypeN:
		return append(dst, v.data...)
	case TypeS, TypeB:
		rest := v.data
		for {
			i := strings.IndexByte(rest, 0)
			if i < 0 {
				return append(append(dst, rest...), keyEnd...)
			}
			dst = append(append(dst, rest[:i]...), keyZero...)
			rest = rest[i+1:]
		}
	}
	return dst
}

// DecodeKey reads what [AppendKey] appended for a value of type t from the front of b, and returns what follows it.
// It takes any b: ok is false if b does not begin with the encoding of a value of type t. The value may refer to the
// memory of b.
func DecodeKey(t Type, b string) (v Value, rest string, ok bool) {
	var data string
	switch t {
	case TypeN:
		data, rest, ok = cutNumber(b)
	case TypeS, TypeB:
		data, rest, ok = cutEscaped(b)
		ok = ok && (t == TypeB || utf8.ValidString(data))
	}
	if !ok {
		return Value{}, "", false
	}
	return Value{t, data}, rest, true
}

// cutEscaped takes an escaped and terminated string off the front of b.
func cutEscaped(b string) (data, rest string, ok bool) {
	var unescaped bytes.Buffer
	for rest = b; ; {
		i := strings.IndexByte(rest, 0)
		if i < 0 || i+2 > len(rest) {
			return "", "", false
		}
		part, mark := rest[:i], rest[i:i+2]
		rest = rest[i+2:]
		switch {
		case mark == keyEnd && unescaped.Len() == 0:
			return part, rest, true
		case mark == keyEnd:
			unescaped.WriteString(part)
			return unescaped.String(), rest, true
		case mark != keyZero:
			return "", "", false
		}
		unescaped.WriteString(part)
		unescaped.WriteByte(0)
	}
}
