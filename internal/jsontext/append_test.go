package jsontext_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/internal/jsontext"
)

// Only what has to be escaped is.
func TestAppendString(t *testing.T) {
	for text, want := range map[string]string{
		"":                          `""`,
		"plain":                     `"plain"`,
		`"quoted" \ back / slash`:   `"\"quoted\" \\ back / slash"`,
		"line\nreturn\rtab\t":       `"line\nreturn\rtab\t"`,
		"\x00\x01\b\f\x1f\x7f":      "\"\\u0000\\u0001\\u0008\\u000c\\u001f\x7f\"",
		"<é&\u2028\U0001F600\ufffd": "\"<é&\u2028\U0001F600\ufffd\"",
	} {
		require.Equal(t, "x"+want, string(jsontext.AppendString([]byte("x"), text)))
		var back string
		require.NoError(t, json.Unmarshal([]byte(want), &back))
		require.Equal(t, text, back)
	}
	for c := range rune(0x3000) {
		text := "a" + string(c) + "b"
		var back string
		require.NoError(t, json.Unmarshal(jsontext.AppendString(nil, text), &back))
		require.Equal(t, text, back)
	}
}

// The commas come by themselves.
func TestWriter(t *testing.T) {
	var w jsontext.Writer
	w.Begin('{')
	w.Name("none")
	w.Begin('[')
	w.End(']')
	w.Name("list")
	w.Begin('[')
	for _, n := range []int64{math.MinInt64, 0, math.MaxInt64} {
		w.Elem()
		w.Int(n)
	}
	w.Elem()
	w.Begin('{')
	w.End('}')
	w.Elem()
	w.Begin('{')
	w.Name("[")
	w.String("{")
	w.Name(",")
	w.Bool(false)
	w.End('}')
	w.End(']')
	w.Name("b")
	w.Bool(true)
	w.End('}')
	require.Equal(t, `{"none":[],"list":[-9223372036854775808,0,9223372036854775807,{},{"[":"{",",":false}],"b":true}`,
		string(w.Buf))
	require.True(t, json.Valid(w.Buf))
}
