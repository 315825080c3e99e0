package attr

import (
	"fmt"
	"slices"
	"strings"
)

// SS returns the set of those strings. The Value is invalid if there are none, if two are equal, or if one is not
// valid UTF-8.
func SS(texts ...string) Value {
	elements := make([]Value, len(texts))
	for i, text := range texts {
		elements[i] = S(text)
	}
	return newSet(TypeSS, elements)
}

// NS returns the set of the numbers that the texts denote, see [N]. The Value is invalid if there are none, if two
// are equal as numbers, or if one is not sound.
func NS(texts ...string) Value {
	elements := make([]Value, len(texts))
	for i, text := range texts {
		elements[i] = N(text)
	}
	return newSet(TypeNS, elements)
}

// BS returns the set of copies of those byte strings. The Value is invalid if there are none, or if two are equal.
func BS(binaries ...[]byte) Value {
	elements := make([]Value, len(binaries))
	for i, b := range binaries {
		elements[i] = B(b)
	}
	return newSet(TypeBS, elements)
}

// newSet returns the set of type t of those elements, which are in the order in which they were given.
func newSet(t Type, elements []Value) Value {
	if len(elements) == 0 {
		return invalid(emptySet(t))
	}
	size := 0
	for _, e := range elements {
		if reason := e.refusal(); reason != "" {
			return invalid(reason)
		}
		size += uvarintLen(len(e.data)) + len(e.data)
	}
	sorted := slices.Clone(elements)
	slices.SortFunc(sorted, func(a, b Value) int { return strings.Compare(a.data, b.data) })
	data := make([]byte, 0, size)
	for i, e := range sorted {
		if i > 0 && e == sorted[i-1] {
			return invalid(duplicates(elements))
		}
		data = appendUvarint(data, len(e.data))
		data = append(data, e.data...)
	}
	return Value{t, string(data)}
}

// emptySet returns the reason why a set of type t without elements is refused.
func emptySet(t Type) string {
	switch t {
	case TypeSS:
		return msgEmptySS
	case TypeNS:
		return msgEmptyNS
	}
	return msgEmptyBS
}

// nullInSet returns the reason why a set of type t with a null among its elements is refused.
func nullInSet(t Type) string {
	switch t {
	case TypeSS:
		return msgNullInSS
	case TypeNS:
		return msgNullInNS
	}
	return msgNullInBS
}

// duplicates returns the reason why a set of those elements is refused when two of them are equal.
func duplicates(elements []Value) string {
	const enough = 1024
	message := msgTwiceInSS
	switch elements[0].typ {
	case TypeN:
		return msgTwiceInNS
	case TypeB:
		message = msgTwiceInBS
	}
	var list []byte
	for i, e := range elements {
		if i > 0 {
			list = append(list, ", "...)
		}
		if len(list) > enough {
			list = append(list, "..."...)
			break
		}
		if e.typ == TypeB {
			list = appendBase64(list, e.data)
		} else {
			list = append(list, quotable(e.data)...)
		}
	}
	return fmt.Sprintf(message, list)
}

// L returns the list of those values, which may be none. The Value is invalid if one of them is, or is no value, or
// if they make more than [MaxDepth] levels.
func L(elements ...Value) Value {
	size := 0
	for _, e := range elements {
		if reason := e.refusal(); reason != "" {
			return invalid(reason)
		}
		if e.fillsDepth() {
			return invalid(msgTooDeep)
		}
		size += e.encodedLen()
	}
	data := make([]byte, 0, size)
	for _, e := range elements {
		data = e.appendEncoded(data)
	}
	return Value{TypeL, string(data)}
}

// M returns the map with those fields, of which there may be none; it does not keep the Go map. The Value is invalid
// if one of the fields is, or is no value, if a name is empty, not valid UTF-8 or longer than 65,535 bytes, or if they make
// more than [MaxDepth] levels. Of several faults it tells the one at the least name.
func M(m Map) Value {
	var space [16]field
	list, reason := sortedFields(space[:0], m)
	if reason != "" {
		return invalid(reason)
	}
	data := make([]byte, 0, fieldsLen(list))
	return Value{TypeM, string(appendFields(data, list))}
}

// field is a name and a value on their way into a map or an item.
type field struct {
	name  string
	value Value
}

// sortedFields appends the fields of m to list in ascending order of names, or gives the reason why neither a map nor an
// item can have them.
func sortedFields(list []field, m Map) (sorted []field, reason string) {
	if len(m) > cap(list) {
		list = make([]field, 0, len(m))
	}
	for name, v := range m {
		list = append(list, field{name, v})
	}
	slices.SortFunc(list, func(a, b field) int { return strings.Compare(a.name, b.name) })
	for i := range list {
		if reason = nameRefusal(list[i].name); reason != "" {
			return nil, reason
		}
		if reason = list[i].value.refusal(); reason != "" {
			return nil, reason
		}
		if list[i].value.fillsDepth() {
			return nil, msgTooDeep
		}
	}
	return list, ""
}

// fieldsLen returns how many bytes appendFields appends.
func fieldsLen(list []field) int {
	n := 0
	for i := range list {
		n += uvarintLen(len(list[i].name)) + len(list[i].name) + list[i].value.encodedLen()
	}
	return n
}

func appendFields(dst []byte, list []field) []byte {
	for i := range list {
		dst = appendUvarint(dst, len(list[i].name))
		dst = append(dst, list[i].name...)
		dst = list[i].value.appendEncoded(dst)
	}
	return dst
}

// encodedLen returns how many bytes appendEncoded appends.
func (v Value) encodedLen() int { return 1 + uvarintLen(len(v.data)) + len(v.data) }

func (v Value) appendEncoded(dst []byte) []byte {
	dst = append(dst, byte(v.typ))
	dst = appendUvarint(dst, len(v.data))
	return append(dst, v.data...)
}
