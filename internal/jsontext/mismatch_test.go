package jsontext_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/internal/jsontext"
)

const (
	model     = "com.amazonaws.dynamodb.v20120810."
	structure = "Start of structure or map found where not expected"
	field     = "Unexpected field type"
	inPayload = "Unexpected value type in payload"
)

func TestMismatch(t *testing.T) {
	for _, test := range []struct{ wanted, text, want string }{
		{jsontext.String, "23", "NUMBER_VALUE cannot be converted to String"},
		{jsontext.String, "-2147483648", "NUMBER_VALUE cannot be converted to String"},
		{jsontext.String, "34.56", "DECIMAL_VALUE cannot be converted to String"},
		{jsontext.String, "1E5", "DECIMAL_VALUE cannot be converted to String"},
		{jsontext.String, "true", "TRUE_VALUE cannot be converted to String"},
		{jsontext.String, "false", "FALSE_VALUE cannot be converted to String"},
		{jsontext.String, "null", "NULL_VALUE cannot be converted to String"},
		{jsontext.String, "[]", "Unrecognized collection type class java.lang.String"},
		{jsontext.String, "{}", structure},

		{jsontext.Boolean, `"true"`, "Unexpected token received from parser"},
		{jsontext.Boolean, "1", "NUMBER_VALUE cannot be converted to Boolean"},
		{jsontext.Boolean, "[1]", "Unrecognized collection type class java.lang.Boolean"},
		{jsontext.Boolean, `{"a":1}`, structure},

		{jsontext.Integer, `"23"`, "STRING_VALUE cannot be converted to Integer"},
		{jsontext.Integer, "true", "TRUE_VALUE cannot be converted to Integer"},
		{jsontext.Integer, "[]", "Unrecognized collection type class java.lang.Integer"},
		{jsontext.Long, `"23"`, "STRING_VALUE cannot be converted to Long"},
		{jsontext.Long, "[]", "Unrecognized collection type class java.lang.Long"},
		{jsontext.Timestamp, `"now"`, "STRING_VALUE cannot be converted to Date"},
		{jsontext.Timestamp, "[]", "Unrecognized collection type class java.util.Date"},

		{jsontext.List, `"23"`, field}, {jsontext.List, "23", field}, {jsontext.List, "true", field},
		{jsontext.List, "{}", structure},
		{jsontext.Structure, `"23"`, field}, {jsontext.Structure, "34.56", field}, {jsontext.ValueMap, "null", field},
		{jsontext.StringMap, "0", field},
		{jsontext.ValueMap, "[]",
			"Unrecognized collection type java.util.Map<java.lang.String, " + model + "AttributeValue>"},
		{jsontext.StringMap, "[]", "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>"},
		{jsontext.Structure, "[]", "Unrecognized collection type Structure"},

		{jsontext.Value, `"23"`, inPayload}, {jsontext.Value, "23", inPayload}, {jsontext.Value, "false", inPayload},
		{jsontext.Value, "[]", "Unrecognized collection type class " + model + "AttributeValue"},
		{jsontext.Element, `"23"`, inPayload}, {jsontext.Element, "[]", "Unrecognized collection type Element"},

		{jsontext.String, "", "JSON: the text ends where a value is expected, at byte 2"},
		{jsontext.String, "x", "JSON: 'x' where a value is expected, at byte 2"},
		{jsontext.List, `{"a"}`, "JSON: '}' where a colon is expected, at byte 6"},
		{jsontext.String, "[1", "JSON: the text ends where a comma or a closing bracket is expected, at byte 4"},
	} {
		s := jsontext.Scanner{Data: []byte("[ " + test.text), Pos: 1}
		require.False(t, s.Mismatch(test.wanted))
		require.EqualError(t, s.Err(), "SerializationException: "+test.want, "%s for %s", test.text, test.wanted)
	}
}
