package attr_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

func TestParseRefusesForm(t *testing.T) {
	for _, text := range []string{
		"", " ", "null", "[]", "1", `"a"`, "{", `{"a"`, `{"a":`, `{"a":{`, `{"a":{"S"`, `{"a":{"S":`, `{"a":{"S":"`,
		`{"a":{"S":"x"`, `{"a":{"S":"x"}`, `{"a":{"S":"x"},`, `{"a":{"S":"x"},}`, `{,}`, `{"a":{"S":"x",}}`,
		`{a:{"S":"x"}}`,
		`{"a" {"S":"x"}}`, `{"a":{"S":"x"}}x`, `{"a":{"S":"x"}}{}`, `{"a":{"S":"x"}},`, "{}\x00", "\uFEFF{}",
		`{"a":{"S":"x"}"b":{"S":"x"}}`,
		`{"a":"x"}`, `{"a":[]}`, `{"a":{"S":1}}`, `{"a":{"S":true}}`, `{"a":{"S":["x"]}}`,
		`{"a":{"N":1}}`,
		`{"a":{"B":1}}`, `{"a":{"BOOL":"true"}}`, `{"a":{"BOOL":1}}`, `{"a":{"BOOL":tru}}`, `{"a":{"NULL":"x"}}`,
		`{"a":{"NULL":nul}}`,
		`{"a":{"SS":"x"}}`, `{"a":{"SS":{}}}`, `{"a":{"SS":[1]}}`, `{"a":{"SS":["x",]}}`,
		`{"a":{"NS":[1]}}`,
		`{"a":{"BS":[1]}}`, `{"a":{"L":{}}}`, `{"a":{"L":["x"]}}`,
		`{"a":{"L":[{"S":"x"},]}}`, `{"a":{"M":[]}}`,
		`{"a":{"M":{"x":"y"}}}`,
		`{"a":{"B":"A"}}`, `{"a":{"B":"AA"}}`, `{"a":{"B":"AAA"}}`, `{"a":{"B":"AB=="}}`, `{"a":{"B":"A*=="}}`,
		`{"a":{"B":"AA=="}}=`,
		`{"a":{"B":"AA\n=="}}`, `{"a":{"B":"AA==AA=="}}`, `{"a":{"B":"_-8="}}`, `{"a":{"BS":["?"]}}`,
		"{\"a\":{\"S\":\"\n\"}}", "{\"a\":{\"S\":\"\x00\"}}", `{"a":{"S":"\x"}}`, `{"a":{"S":"\u12"}}`,
		`{"a":{"S":"\u12g4"}}`, `{"a":{"S":"\`,
		`{"a":{"X":01,"S":"x"}}`, `{"a":{"X":-,"S":"x"}}`, `{"a":{"X":1.,"S":"x"}}`, `{"a":{"X":1e,"S":"x"}}`,
		`{"a":{"X":+1,"S":"x"}}`,
		`{"a":{"X":[1,],"S":"x"}}`, `{"a":{"X":{"y"},"S":"x"}}`, `{"a":{"X":,"S":"x"}}`, `{"a":{"X":[`,
		`{"a":{"S":"x"},"b"`,
		`{"a":{"X":` + strings.Repeat("[", 1<<20),
		`{"a":{"SS":[]},"b":`, `{"a":{"N":"x"},"b":{"S":1}}`,
	} {
		item, err := attr.ParseItem([]byte(text))
		require.ErrorIs(t, err, exception.Serialization, text)
		require.True(t, item.IsZero())
		var refused *exception.Error
		require.True(t, errors.As(err, &refused))
		require.NotEmpty(t, refused.Message)
	}
}

// A value of another type than its member is told in the service's words, and a text that is no JSON in ours.
func TestParseTellsTypes(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":{"S":23}}`:         "NUMBER_VALUE cannot be converted to String",
		`{"a":{"S":34.56}}`:      "DECIMAL_VALUE cannot be converted to String",
		`{"a":{"N":true}}`:       "TRUE_VALUE cannot be converted to String",
		`{"a":{"SS":[false]}}`:   "FALSE_VALUE cannot be converted to String",
		`{"a":{"S":[]}}`:         "Unrecognized collection type class java.lang.String",
		`{"a":{"S":{}}}`:         "Start of structure or map found where not expected",
		`{"a":{"B":1}}`:          "only base-64-encoded strings are convertible to bytes",
		`{"a":{"BS":[[]]}}`:      "Unrecognized collection type class java.nio.ByteBuffer",
		`{"a":{"B":"23456"}}`:    "Base64 encoded length is expected a multiple of 4 bytes but found: 5",
		`{"a":{"B":"=+/="}}`:     "Invalid last non-pad Base64 character dectected",
		`{"a":{"B":"AB=="}}`:     "Invalid last non-pad Base64 character dectected",
		`{"a":{"B":"A*=="}}`:     "Invalid Base64 character: '*'",
		`{"a":{"BOOL":"true"}}`:  "Unexpected token received from parser",
		`{"a":{"BOOL":1}}`:       "NUMBER_VALUE cannot be converted to Boolean",
		`{"a":{"SS":"x"}}`:       "Unexpected field type",
		`{"a":{"L":{}}}`:         "Start of structure or map found where not expected",
		`{"a":{"M":1}}`:          "Unexpected field type",
		`{"a":{"L":["x"]}}`:      "Unexpected value type in payload",
		`{"a":"x"}`:              "Unexpected value type in payload",
		`{"a":nil}`:              "JSON: 'n' where a value is expected, at byte 5",
		`{"a":{"S":23}`:          "NUMBER_VALUE cannot be converted to String",
		`{"a":{"S":x}}`:          "JSON: 'x' where a value is expected, at byte 10",
		`{"a":{"S":"x"}`:         "JSON: the text ends where a comma or a closing bracket is expected, at byte 14",
		`{"a":{"L":[{"S":"x"}}}`: "JSON: '}' where a comma or a closing bracket is expected, at byte 20",
	} {
		_, err := attr.ParseItem([]byte(text))
		require.EqualError(t, err, "SerializationException: "+want, text)
	}
}

func TestParseRefusesContent(t *testing.T) {
	const (
		wrong  = "One or more parameter values were invalid: "
		number = "The parameter cannot be converted to a numeric value"
		none   = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
		many   = "Supplied AttributeValue has more than one datatypes set, " +
			"must contain exactly one of the supported datatypes"
		deep = "Nesting Levels have exceeded supported limits: " +
			"Attributes in the item have nested levels beyond supported limit"
		noName = "Empty attribute name"
		null   = "The supplied Item contains a null AttributeValue"
	)
	for _, test := range []struct{ text, want string }{
		{`{"a":{}}`, none}, {`{"a":{"X":1}}`, none}, {`{"a":{"s":"x"}}`, none}, {`{"a":{"S":null}}`, none},
		{`{"a":{"L":[{}]}}`, none}, {`{"a":{"M":{"b":{}}}}`, none},
		{`{"a":{"S":"x","N":"1"}}`, many}, {`{"a":{"L":[],"M":{}}}`, many}, {`{"a":{"M":{"b":{"S":"x","B":""}}}}`, many},
		// A fault of one of several types is told before that there are several.
		{`{"a":{"S":"x","N":"y"}}`, number + ": y"}, {`{"a":{"L":[{}],"S":"x"}}`, none},
		{`{"a":null}`, null + ": a is null"}, {`{"a":{"M":{"b":null}}}`, null + ": b is null"},
		{`{"a":{"L":[{"S":"x"},null,null]}}`, null},
		{`{"a":{"SS":["x",null,"x"]}}`, wrong + "An string set may not have a null string as a member"},
		{`{"a":{"NS":[null]}}`, number},
		{`{"a":{"BS":[null,null]}}`, wrong + "Binary sets may not contain null or empty values"},
		{`{"":null}`, noName},
		{`{"a":{"NULL":false}}`, wrong + "Null attribute value types must have the value of true"},
		{`{"a":{"SS":[]}}`, wrong + "An string set  may not be empty"},
		{`{"a":{"NS":[]}}`, wrong + "An number set  may not be empty"},
		{`{"a":{"BS":[]}}`, wrong + "Binary sets should not be empty"},
		{`{"a":{"SS":["a","a"]}}`, wrong + "Input collection [a, a] contains duplicates."},
		{`{"a":{"SS":["b","a","b"]}}`, wrong + "Input collection [b, a, b] contains duplicates."},
		{`{"a":{"NS":["1","1.0"]}}`, "Input collection contains duplicates"},
		{`{"a":{"BS":["eA==","eA=="]}}`, wrong + "Input collection [eA==, eA==]of type BS contains duplicates."},
		{`{"a":{"N":""}}`, number}, {`{"a":{"NS":["x","x"]}}`, number + ": x"},
		{`{"a":{"N":"first"},"b":{"SS":[]}}`, number + ": first"},
		{`{"a":{"N":"1e126"}}`,
			"Number overflow. Attempting to store a number with magnitude larger than supported range"},
		{`{"a":{"N":"1e-131"}}`,
			"Number underflow. Attempting to store a number with magnitude smaller than supported range"},
		{`{"a":{"N":"` + digits38 + `1"}}`, "Attempting to store more than 38 significant digits in a Number"},
		{`{"":{"S":"x"}}`, noName},
		{`{"a":{"L":[{"M":{"":{"S":"x"}}}]}}`, noName},
		{`{"` + strings.Repeat("n", 65536) + `":{"S":"x"}}`,
			"Attribute name is too large, must be less than 65536 bytes"},
		{`{"a":` + lists(32) + "}", deep},
		{`{"a":` + strings.Repeat(`{"M":{"a":`, 32) + `{"S":"x"}` + strings.Repeat("}}", 32) + "}", deep},
		{`{"a":` + lists(32) + `,"b":{"N":"x"}}`, deep},
		{`{"a":` + lists(100) + `,"":{"S":"x"}}`, noName}, // before all else that is wrong with what has it
		{`{"":{"S":"x"},"a":` + lists(100) + "}", noName},
		{`{"a":` + lists(40) + `,"b":{"M":{"":{"S":"x"}}}}`, deep},
		{`{"a":{"M":{"b":{"N":"x"},"":{"S":"x"}}}}`, noName},
		{`{"a":{"L":[` + strings.Repeat(`{"NULL":true},`, attr.MaxItemSize+2),
			"Item size has exceeded the maximum allowed size"},
		{`{"a":{"SS":[` + strings.Repeat(`"",`, attr.MaxItemSize+2), "Item size has exceeded the maximum allowed size"},
	} {
		_, err := attr.ParseItem([]byte(test.text))
		require.ErrorIs(t, err, exception.Validation, test.text)
		require.EqualError(t, err, "ValidationException: "+test.want)
	}
	_, err := attr.ParseValue([]byte(`{"S":"x"} {"S":"x"}`))
	require.ErrorIs(t, err, exception.Serialization)
	_, err = attr.ParseItem([]byte(`{"a":` + strings.Repeat(`{"L":[`, 1<<20)))
	require.ErrorIs(t, err, exception.Serialization)
}

// lists returns the JSON of so many lists within one another.
func lists(levels int) string { return strings.Repeat(`{"L":[`, levels) + strings.Repeat("]}", levels) }

// An item is the first of its levels.
func TestParseDeepest(t *testing.T) {
	deepest := `{"a":` + lists(attr.MaxDepth-1) + "}"
	item, err := attr.ParseItem([]byte(deepest))
	require.NoError(t, err)
	require.Equal(t, deepest, item.String())
	value, err := attr.ParseValue([]byte(lists(attr.MaxDepth)))
	require.NoError(t, err)
	require.Equal(t, lists(attr.MaxDepth), value.String())
	_, err = attr.ParseValue([]byte(lists(attr.MaxDepth + 1)))
	require.ErrorIs(t, err, exception.Validation)
}

// A text that was refused leaves nothing behind for the next one.
func TestParseAfterRefusal(t *testing.T) {
	for range 10 {
		_, err := attr.ParseItem([]byte(`{"a":{"SS":["a","a"]},"b":{"L":[{"S":"x"},{"M":{"c":{"S":1`))
		require.Error(t, err)
		item, err := attr.ParseItem([]byte(`{"a":{"S":"x"}}`))
		require.NoError(t, err)
		require.Equal(t, `{"a":{"S":"x"}}`, item.String())
	}
}
