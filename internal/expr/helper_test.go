package expr_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// value reads a value from plain JSON: strings are S, numbers N, arrays L, objects M, and so on. What JSON does not
// have is an object with one member: {"$SS":["a"]}, {"$NS":[1]}, {"$BS":["a"]}, {"$B":"a"}, whose text is the bytes.
func value(t testing.TB, text string) attr.Value {
	t.Helper()
	v := plain(decode(t, text))
	require.NoError(t, v.Err(), text)
	return v
}

func decode(t testing.TB, text string) (x any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	require.NoError(t, d.Decode(&x), text)
	return x
}

// item reads an item as value reads a map; from no text it is the zero Item.
func item(t testing.TB, text string) attr.Item {
	t.Helper()
	if text == "" {
		return attr.Item{}
	}
	m := attr.Map{}
	for name, x := range decode(t, text).(map[string]any) {
		m[name] = plain(x)
	}
	return attr.MustItem(m)
}

func plain(x any) attr.Value {
	switch x := x.(type) {
	case nil:
		return attr.Null()
	case bool:
		return attr.Bool(x)
	case string:
		return attr.S(x)
	case json.Number:
		return attr.N(x.String())
	case []any:
		list := make([]attr.Value, len(x))
		for i := range x {
			list[i] = plain(x[i])
		}
		return attr.L(list...)
	case map[string]any:
		if v, ok := special(x); ok {
			return v
		}
		m := attr.Map{}
		for name := range x {
			m[name] = plain(x[name])
		}
		return attr.M(m)
	}
	return attr.Value{}
}

func special(x map[string]any) (attr.Value, bool) {
	texts := func(list any) (texts []string) {
		for _, e := range list.([]any) {
			switch e := e.(type) {
			case string:
				texts = append(texts, e)
			case json.Number:
				texts = append(texts, e.String())
			}
		}
		return texts
	}
	for name, y := range x {
		switch name {
		case "$SS":
			return attr.SS(texts(y)...), true
		case "$NS":
			return attr.NS(texts(y)...), true
		case "$BS":
			var list [][]byte
			for _, s := range texts(y) {
				list = append(list, []byte(s))
			}
			return attr.BS(list...), true
		case "$B":
			return attr.B([]byte(y.(string))), true
		}
	}
	return attr.Value{}, false
}

// names and values are the placeholders that the tables of tests may use without defining them.
var (
	names = map[string]string{"#a": "a", "#b": "b", "#name": "name", "#index": "[3]", "#dot": "a.b", "#and": "and"}

	values = map[string]string{
		":0": `0`, ":1": `1`, ":2": `2`, ":5": `5`, ":10": `10`, ":a": `"a"`, ":b": `"b"`, ":empty": `""`, ":true": `true`,
		":null": `null`, ":ba": `{"$B":"a"}`, ":bb": `{"$B":"b"}`, ":list": `[1,"a"]`, ":nil": `[]`, ":map": `{"a":1}`,
		":ss": `{"$SS":["a","b"]}`, ":ns": `{"$NS":[1,2]}`, ":bs": `{"$BS":["a","b"]}`,
		":3": `3`, ":he": `"he"`, ":el": `"el"`, ":tw": `"tw"`, ":bhe": `{"$B":"he"}`,
		":S": `"S"`, ":N": `"N"`, ":B": `"B"`, ":BOOL": `"BOOL"`, ":NULL": `"NULL"`, ":SS": `"SS"`, ":NS": `"NS"`,
		":BS": `"BS"`, ":L": `"L"`, ":M": `"M"`, ":X": `"X"`,
	}

	placeholder = regexp.MustCompile(`[#:][a-zA-Z0-9_]+`)
)

// params returns the params with those of names and values that text mentions.
func params(t testing.TB, text string) *expr.Params {
	t.Helper()
	var n map[string]string
	var v map[string]attr.Value
	for _, key := range placeholder.FindAllString(text, -1) {
		if name, ok := names[key]; ok {
			if n == nil {
				n = map[string]string{}
			}
			n[key] = name
		}
		if plain, ok := values[key]; ok {
			if v == nil {
				v = map[string]attr.Value{}
			}
			v[key] = value(t, plain)
		}
	}
	p, err := expr.NewParams(n, v)
	require.NoError(t, err)
	return p
}

// requireRefused requires an error with that message.
func requireRefused(t testing.TB, message string, err error) {
	t.Helper()
	require.ErrorIs(t, err, exception.Validation)
	var e *exception.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, message, e.Message)
}
