package jsontext_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/jsontext"
)

// texts are JSON and nearly JSON. What they are is for encoding/json to say.
var texts = []string{
	"", " ", "\t\r\n", "null", "true", "false", "nul", "tru", "fals", "nulll", "True", "NaN", "Infinity", "undefined",
	"null null", "null,", ",null", "\x00", "null\x00", "\ufeffnull", "\vnull", "\u00a0null", "//x\nnull", "'a'",

	"0", "-0", "7", "-7", "00", "01", "-01", "-", "+1", ".5", "5.", "0.5", "-0.5", "0.", "1.e1", "1e", "1e+", "1e-", "1E5",
	"1e05", "1e+5", "1e-5", "1.25E-05", "1e400", "1ee5", "1.2.3", "0x10", "1_000", "--1", "1 2", "1a", "0e0", "0E+0",

	`""`, `"a"`, `"`, `"a`, `"a""b"`, `"\"`, `"\\"`, `"\/\b\f\n\r\t\""`, `"\a"`, `"\'"`, `"\U0041"`, `"\x41"`,
	`"\u0041"`, `"\u00e9\u00E9"`, `"\u004"`, `"\u004g"`, `"\u"`, `"\u0000"`, "\"\x00\"", "\"\x1f\"",
	"\"\n\"", "\"\t\"", "\"\x7f\"",
	`"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ude00\ud83d"`, `"\ud83d\ud83d\ude00"`, `"\ud83dx"`, `"\ud83d\n"`,
	`"\ud83d\u0041"`, `"\ud83d\u00"`, `"\ud83d\`, `"\ud83d\u`, `"\ufffd"`, `"\u2028"`,
	"\"é\"", "\"\u2028\"", "\"\U0001F600\"", "\"\xff\"", "\"a\xc3\"", "\"\xc3\x28\"",
	"\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
	"\"\xc0\x80\"", "\"\xff\xfe\xfd\"", "\"\xe2\x82\"", "\"\ufffd\"",

	"[]", "[ ]", "[", "]", "[[]]", "[1]", "[1,2]", "[1 , 2 ]", "[1,]", "[,]", "[,1]", "[1 2]",
	"[1,,2]", "[1}", "[[1]", "[]]",
	`["a",null,true,{}]`, "[nul]", "[1", "[1,", "[\"a", "[:]",

	"{}", "{ }", "{", "}", `{"a":1}`, `{ "a" : 1 , "b" : 2 }`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{"a" 1}`,
	`{a:1}`, `{1:1}`,
	`{"a":1 "b":2}`, `{"a":1,"a":2}`, `{"a":1]`, `{"a":{"b":{"c":[]}}}`, `{"":""}`, `{"\u0061":1}`,
	"{\"\n\":1}", `{null:1}`,
	`{"a":1`, `{"a":`, `{"a"`, `{"a`, `{"a":1,`, `{"a":1,"b"`, `{}{}`, `{"a"::1}`, `{"\a":1}`, "{\"\xff\":1}",

	deep("[", "]", 256), deep(`{"a":`, "}", 256), deep("[", "]", 200) + "]", deep("[", "", 200),
}

func deep(opening, closing string, n int) string {
	middle := ""
	if opening != "[" {
		middle = "1"
	}
	return strings.Repeat(opening, n) + middle + strings.Repeat(closing, n)
}

// checkSkip holds what Skip accepts against what encoding/json accepts.
func checkSkip(t *testing.T, data []byte) {
	s := jsontext.Scanner{Data: data}
	if s.Skip() {
		s.End()
	}
	if s.Err() != nil {
		require.ErrorIs(t, s.Err(), exception.Serialization)
		require.LessOrEqual(t, s.Pos, len(data))
		if strings.Contains(s.Err().Error(), "too deep") {
			return
		}
	}
	require.Equal(t, json.Valid(data), s.Err() == nil, "%q: %v", data, s.Err())
	require.False(t, s.Err() == nil && s.Pos != len(data), "%q: %d bytes are left", data, len(data)-s.Pos)
}

// checkText holds what Text reads against what encoding/json reads, and Skip against both.
func checkText(t *testing.T, data []byte) {
	if len(data) == 0 || data[0] != '"' {
		return
	}
	s, skipper := jsontext.Scanner{Data: data}, jsontext.Scanner{Data: data}
	got, ok := s.Text([]byte("before"))
	require.Equal(t, ok, skipper.Skip(), "%q", data)
	require.Equal(t, ok, s.Err() == nil)
	if !ok {
		require.ErrorIs(t, s.Err(), exception.Serialization)
		return
	}
	require.Equal(t, s.Pos, skipper.Pos)
	var want string
	require.NoError(t, json.Unmarshal(data[:s.Pos], &want), "%q", data)
	require.Equal(t, "before"+want, string(got), "%q", data)
	require.True(t, utf8.Valid(got))

	again := jsontext.Scanner{Data: jsontext.AppendString(nil, want)}
	back, ok := again.Text(nil)
	require.True(t, ok)
	require.Equal(t, want, string(back))
	require.Equal(t, len(again.Data), again.Pos)
	var theirs string
	require.NoError(t, json.Unmarshal(again.Data, &theirs))
	require.Equal(t, want, theirs)
}

func TestAsEncodingJSON(t *testing.T) {
	for _, text := range texts {
		checkSkip(t, []byte(text))
		checkSkip(t, []byte(" "+text+"\n"))
		checkText(t, []byte(text))
		checkText(t, []byte(text+`"`))
	}
}

func FuzzScanner(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkSkip(t, data)
		checkText(t, data)
		for _, wanted := range []string{jsontext.String, jsontext.List, jsontext.Value} {
			s := jsontext.Scanner{Data: data}
			require.False(t, s.Mismatch(wanted))
			require.Error(t, s.Err())
		}
	})
}

func TestNestedTooDeep(t *testing.T) {
	for _, open := range []string{"[", `{"a":`, `[{"a":`} {
		s := jsontext.Scanner{Data: []byte(strings.Repeat(open, 1<<20))}
		require.False(t, s.Skip())
		require.ErrorContains(t, s.Err(), "nested too deep")
	}
	s := jsontext.Scanner{Data: []byte(deep("[", "]", jsontext.MaxDepth+1))}
	require.False(t, s.Skip())
	require.ErrorContains(t, s.Err(), "nested too deep")
}

// The first fault counts, whatever is asked of the scanner afterwards.
func TestFirstFault(t *testing.T) {
	s := jsontext.Scanner{Data: []byte(` {"a" 1}`)}
	require.True(t, s.Take('{', "an object"))
	require.True(t, s.Next('}', true))
	name, ok := s.Member(nil)
	require.False(t, ok)
	require.Equal(t, "a", string(name))
	const fault = "SerializationException: JSON: '1' where a colon is expected, at byte 6"
	require.EqualError(t, s.Err(), fault)
	s.Fail("another one")
	s.Stop(exception.Validation)
	s.Skip()
	s.End()
	require.EqualError(t, s.Err(), fault)
}

// A walk through a text that has all there is.
func TestWalk(t *testing.T) {
	s := jsontext.Scanner{Data: []byte(" { \"a\\n\" : [ 1 , true ] ,\r\n\t\"b\" : null } ")}
	var seen []string
	require.True(t, s.Take('{', "an object"))
	for first := true; s.Next('}', first); first = false {
		name, ok := s.Member(nil)
		require.True(t, ok)
		if s.Peek() == '[' {
			s.Pos++
			for first := true; s.Next(']', first); first = false {
				s.Peek()
				start := s.Pos
				require.True(t, s.Skip())
				seen = append(seen, string(name)+"="+string(s.Data[start:s.Pos]))
			}
			continue
		}
		require.False(t, s.Word("true"))
		require.True(t, s.Word("null"))
		seen = append(seen, string(name)+" is null")
	}
	s.End()
	require.NoError(t, s.Err())
	require.Equal(t, []string{"a\n=1", "a\n=true", "b is null"}, seen)
}

func TestFaultsAreTold(t *testing.T) {
	for text, want := range map[string]string{
		"":            "the text ends where a value is expected, at byte 0",
		" x":          "'x' where a value is expected, at byte 1",
		"\xff":        "byte 0xFF where a value is expected, at byte 0",
		"\x00":        "byte 0x00 where a value is expected, at byte 0",
		"[1 2]":       "'2' where a comma or a closing bracket is expected, at byte 3",
		"[":           "the text ends where a closing bracket is expected, at byte 1",
		`{"a":1,}`:    "'}' where a member's name is expected, at byte 7",
		`{"a"}`:       "'}' where a colon is expected, at byte 4",
		"-":           "the text ends where a digit is expected, at byte 1",
		"01":          "'1' where the end of the text is expected, at byte 1",
		`"a`:          "the text ends within a string, at byte 2",
		`"\`:          "the text ends within a string, at byte 2",
		`"ab\q"`:      "an unknown escape sequence in a string, at byte 3",
		"\"ab\x01c\"": "a control character in a string, at byte 3",
	} {
		s := jsontext.Scanner{Data: []byte(text)}
		if s.Skip() {
			s.End()
		}
		require.EqualError(t, s.Err(), "SerializationException: JSON: "+want, "%q", text)
	}
}
