package jsontext

import "github.com/tidemark-db/tidemark/exception"

// The types that Mismatch can be told.
const (
	String    = "String"
	Boolean   = "Boolean"
	Integer   = "Integer"
	Long      = "Long"
	Double    = "Double"
	Timestamp = "Date"
	Blob      = "Blob"
	List      = "List"
	Structure = "Structure"
	Element   = "Element" // a structure in a list or map
	Value     = "AttributeValue"
	ValueMap  = "Map of AttributeValue"
	StringMap = "Map of String"
)

// collections are the types that the service names when it finds an array in place of them. A Structure or an Element
// would have the name of its shape there.
var collections = map[string]string{
	String:    "class java.lang.String",
	Boolean:   "class java.lang.Boolean",
	Integer:   "class java.lang.Integer",
	Long:      "class java.lang.Long",
	Double:    "class java.lang.Double",
	Timestamp: "class java.util.Date",
	Blob:      "class java.nio.ByteBuffer",
	Value:     "class com.amazonaws.dynamodb.v20120810.AttributeValue",
	ValueMap:  "java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>",
	StringMap: "java.util.Map<java.lang.String, java.lang.String>",
}

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
	scalar := wanted == String || wanted == Boolean || wanted == Integer || wanted == Long || wanted == Double ||
		wanted == Timestamp
	switch {
	case c == '{':
		return "Start of structure or map found where not expected"
	case c == '[':
		if name, known := collections[wanted]; known {
			wanted = name
		}
		return "Unrecognized collection type " + wanted
	case wanted == Blob:
		return "only base-64-encoded strings are convertible to bytes"
	case wanted == Value || wanted == Element:
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
