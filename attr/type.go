package attr

// Type says which of DynamoDB's ten types a [Value] has. The zero Type means no value.
type Type uint8

// The types of values, named as the service's JSON names them.
const (
	TypeS    Type = iota + 1 // a string of UTF-8
	TypeN                    // a decimal number
	TypeB                    // bytes
	TypeBOOL                 // true or false
	TypeNULL                 // the null value
	TypeSS                   // a set of strings
	TypeNS                   // a set of numbers
	TypeBS                   // a set of byte strings
	TypeL                    // a list of values
	TypeM                    // a map from names to values

	// typeInvalid marks a Value that could not be made; its data is the reason.
	typeInvalid Type = 0xFF
)

// String returns the name of the type, such as "S" or "BOOL", and "none" if t is not one of the ten.
func (t Type) String() string {
	switch t {
	case TypeS:
		return "S"
	case TypeN:
		return "N"
	case TypeB:
		return "B"
	case TypeBOOL:
		return "BOOL"
	case TypeNULL:
		return "NULL"
	case TypeSS:
		return "SS"
	case TypeNS:
		return "NS"
	case TypeBS:
		return "BS"
	case TypeL:
		return "L"
	case TypeM:
		return "M"
	}
	return "none"
}

// ParseType returns the type of that name, in upper case as the service writes it; ok is false if there is none.
func ParseType(name string) (t Type, ok bool) {
	t = typeNamed(name)
	return t, t != 0
}

// typeNamed is ParseType for text in either form, so that the JSON parser need not copy a name to look at it.
func typeNamed[T string | []byte](name T) Type {
	switch string(name) {
	case "S":
		return TypeS
	case "N":
		return TypeN
	case "B":
		return TypeB
	case "BOOL":
		return TypeBOOL
	case "NULL":
		return TypeNULL
	case "SS":
		return TypeSS
	case "NS":
		return TypeNS
	case "BS":
		return TypeBS
	case "L":
		return TypeL
	case "M":
		return TypeM
	}
	return 0
}

// isSet reports whether values of type t are sets.
func (t Type) isSet() bool { return t == TypeSS || t == TypeNS || t == TypeBS }

// element returns the type of the elements of set type t.
func (t Type) element() Type {
	switch t {
	case TypeSS:
		return TypeS
	case TypeNS:
		return TypeN
	case TypeBS:
		return TypeB
	}
	return 0
}
