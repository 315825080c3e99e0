package attr

// Size returns how many bytes v counts for in the size of an item, by DynamoDB's rules: the bytes of a string or a
// binary, 1 for a boolean or null, 1 to 21 for a number by its significant digits, the sum of the elements of a
// set, and for lists and maps 3, plus 1 for each element, plus the elements, plus the names of a map.
// It is 0 for the zero Value and for an invalid one.
func (v Value) Size() int {
	n, rest := 0, v.data
	var e Value
	switch v.typ {
	case TypeS, TypeB:
		return len(v.data)
	case TypeN:
		return numberSize(v.data)
	case TypeBOOL, TypeNULL:
		return 1
	case TypeSS, TypeNS, TypeBS:
		e.typ = v.typ.element()
		for rest != "" {
			e.data, rest = cutSpan(rest)
			n += e.Size()
		}
	case TypeL:
		for n = containerSize; rest != ""; {
			e, rest = cutValue(rest)
			n += entrySize + e.Size()
		}
	case TypeM:
		var name string
		for n = containerSize; rest != ""; {
			name, e, rest = cutField(rest)
			n += entrySize + len(name) + e.Size()
		}
	}
	return n
}

// What a list or map counts for by itself, and for each of its entries beside the entry's own size.
const (
	containerSize = 3
	entrySize     = 1
)

// fillsDepth reports whether v has as many levels as there may be, so that nothing can hold it. What is too short for so
// many is not looked through.
func (v Value) fillsDepth() bool {
	const least = 2 // bytes of a level around another one
	return len(v.data) >= least*(MaxDepth-1) && v.depth() >= MaxDepth
}

// depth returns how many levels of lists and maps there are in v, itself included.
func (v Value) depth() int {
	deepest, rest := 0, v.data
	var e Value
	switch v.typ {
	case TypeL:
		for rest != "" {
			e, rest = cutValue(rest)
			deepest = max(deepest, e.depth())
		}
	case TypeM:
		for rest != "" {
			_, e, rest = cutField(rest)
			deepest = max(deepest, e.depth())
		}
	default:
		return 0
	}
	return deepest + 1
}
