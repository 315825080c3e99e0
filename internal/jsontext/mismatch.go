package jsontext

import "github.com/tidemark-db/tidemark/exception"

// The types that Mismatch can be told.
const (
	String    = "String"
	Boolean   = "Boolean"
	Integer   = "Integer"
	Long      = "Long"
	Timestamp = "Date"
	List      = "List"
	Map       = "Map"
	Structure = "Structure"
	Value     = "AttributeValue"
)

// Mismatch ends the reading at a value of another type than the one wanted, in the words that the service has been seen
// to use, and returns false. What is no value at all is told as Unexpected does.
func (s *Scanner) Mismatch(wanted string) bool {
	c, start := s.Peek(), s.Pos
	if !s.Skip() {
		return false
	}
	text := s.Data[start:s.Pos]
	s.Pos = start
	return s.Stop(exception.Serialization.Errorf("%s", mismatch(c, text, wanted)))
}

func mismatch(c byte, text []byte, wanted string) string {
	scalar := wanted == String || wanted == Boolean || wanted == Integer || wanted == Long || wanted == Timestamp
	switch {
	case c == '{':
		return "Start of structure or map found where not expected"
	case c == '[' && scalar:
		return "Unrecognized collection type class java.lang." + wanted
	case c == '[':
		return "Unrecognized collection type " + wanted
	case wanted == Value:
		return "Unexpected value type in payload"
	case !scalar:
		return "Unexpected field type"
	case c == '"' && wanted == Boolean:
		return "Unexpected token received from parser"
	}
	return valueName(c, text) + " cannot be converted to " + wanted
}

func valueName(c byte, text []byte) string {
	switch c {
	case '"':
		return "STRING_VALUE"
	case 't':
		return "TRUE_VALUE"
	case 'f':
		return "FALSE_VALUE"
	case 'n':
		return "NULL_VALUE"
	}
	for _, c := range text {
		if c == '.' || c == 'e' || c == 'E' {
			return "DECIMAL_VALUE"
		}
	}
	return "NUMBER_VALUE"
}
