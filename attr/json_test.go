package attr_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

func TestJSONText(t *testing.T) {
	for want, v := range map[string]attr.Value{
		`{"S":""}`:                               attr.S(""),
		`{"S":"a\"\\/\n\r\t\u0000\u001f\u0008"}`: attr.S("a\"\\/\n\r\t\x00\x1f\b"),
		"{\"S\":\"é<&>\u2028\x7f\U0001F600\"}":   attr.S("é<&>\u2028\x7f\U0001F600"),
		`{"N":"-0.05"}`:                          attr.N("-5e-2"),
		`{"B":""}`:                               attr.B(nil),
		`{"B":"AP8="}`:                           attr.B([]byte{0, 255}),
		`{"BOOL":true}`:                          attr.Bool(true),
		`{"BOOL":false}`:                         attr.Bool(false),
		`{"NULL":true}`:                          attr.Null(),
		`{"SS":["","a"]}`:                        attr.SS("a", ""),
		`{"NS":["-1","0","10"]}`:                 attr.NS("10", "0", "-1"),
		`{"BS":["AA==","/w=="]}`:                 attr.BS([]byte{255}, []byte{0}),
		`{"L":[]}`:                               attr.L(),
		`{"L":[{"S":"a"},{"L":[]}]}`:             attr.L(attr.S("a"), attr.L()),
		`{"M":{}}`:                               attr.M(nil),
		`{"M":{"0":{"M":{}},"a":{"NULL":true}}}`: attr.M(attr.Map{"a": attr.Null(), "0": attr.M(nil)}),
	} {
		require.Equal(t, want, v.String())
		require.Equal(t, "x"+want, string(v.AppendJSON([]byte("x"))))
		parsed, err := attr.ParseValue([]byte(want))
		require.NoError(t, err)
		require.True(t, v == parsed)
	}
}

func TestParseItem(t *testing.T) {
	for text, want := range map[string]attr.Map{
		"{}": {}, " \t\r\n{ } \n": {},
		` { "b" : { "S" : "x" } , "a" : { "N" : "1.0" } } `:         {"a": attr.N("1"), "b": attr.S("x")},
		`{"a":{"S":"1"},"b":{"S":"2"},"a":{"S":"3"},"a":{"S":"4"}}`: {"a": attr.S("4"), "b": attr.S("2")},
		`{"a":{"S":"1"},"\u0061":{"S":"2"}}`:                        {"a": attr.S("2")},
		`{"a":{"S":"1","S":"2"}}`:                                   {"a": attr.S("2")},
		`{"a":{"L":[{"S":"1"}],"L":[]}}`:                            {"a": attr.L()},
		`{"a":{"\u0053":"1"}}`:                                      {"a": attr.S("1")},
		`{"a":{"S":null,"N":"1"}}`:                                  {"a": attr.N("1")},
		`{"a":{"N":"1","S":null}}`:                                  {"a": attr.N("1")},
		`{"a":{"X":[1,-2.5e+3,0,{"y":[null,true,false,"z",{}]},[]],"N":"1","Y":"\ud800"}}`: {"a": attr.N("1")},
		`{"a":{"M":{"b":{"S":"1"},"a":{"S":"2"},"b":{"S":"3"}}}}`: {
			"a": attr.M(attr.Map{"a": attr.S("2"), "b": attr.S("3")})},
		`{"a":{"SS":["b","a"]},"b":{"NS":["1e1","1"]},"c":{"BS":["/w==",""]}}`: {
			"a": attr.SS("a", "b"), "b": attr.NS("1", "10"), "c": attr.BS(nil, []byte{255})},
		`{"a":{"S":"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00"}}`: {"a": attr.S("\"\\/\b\f\n\r\té\U0001F600")},
		`{"a":{"S":"\ud800"},"b":{"S":"\udc00x"},"c":{"S":"\ud800\u0041"},"d":{"S":"\ud800\ud800\udc00"}}`: {
			"a": attr.S("\uFFFD"), "b": attr.S("\uFFFDx"), "c": attr.S("\uFFFDA"), "d": attr.S("\uFFFD\U00010000")},
		"{\"a\":{\"S\":\"\xff\xfe\"},\"\xc3\":{\"S\":\"x\xe2\x82\"}}": {
			"a": attr.S("\uFFFD\uFFFD"), "\uFFFD": attr.S("x\uFFFD\uFFFD")},
	} {
		item, err := attr.ParseItem([]byte(text))
		require.NoError(t, err, text)
		require.True(t, attr.MustItem(want) == item, "%s was read as %s", text, item)
	}
}

func TestMarshal(t *testing.T) {
	type document struct {
		Item  attr.Item
		Value attr.Value
	}
	in := document{attr.MustItem(attr.Map{"a": attr.S("<é>")}), attr.NS("2", "1")}
	text, err := json.Marshal(in)
	require.NoError(t, err)
	var out document
	require.NoError(t, json.Unmarshal(text, &out))
	require.True(t, in == out)

	text, err = json.Marshal(document{})
	require.NoError(t, err)
	require.Equal(t, `{"Item":null,"Value":null}`, string(text))
	require.NoError(t, json.Unmarshal(text, &out))
	require.True(t, in == out)
	require.ErrorIs(t, json.Unmarshal([]byte(`{"Item":{"a":{}}}`), &out), exception.Validation)
	require.ErrorIs(t, json.Unmarshal([]byte(`{"Value":{}}`), &out), exception.Validation)
	require.True(t, in == out)
	_, err = json.Marshal(attr.SS())
	require.ErrorIs(t, err, exception.Validation)
}

// Go's own package reads from our text what the accessors say.
func TestJSONAgreesWithEncodingJSON(t *testing.T) {
	r := newRand()
	for range 300 {
		item := attr.MustItem(randomMap(r, 4))
		var got map[string]any
		require.NoError(t, json.Unmarshal(item.AppendJSON(nil), &got))
		want := map[string]any{}
		for name, v := range item.All() {
			want[name] = plain(v)
		}
		require.Equal(t, want, got)
		// What Go's own package writes of it, with other escapes, is the same item.
		text, err := json.MarshalIndent(got, "", "\t")
		require.NoError(t, err)
		parsed, err := attr.ParseItem(text)
		require.NoError(t, err)
		require.True(t, item == parsed)
	}
}

// plain returns what encoding/json makes of the text of v.
func plain(v attr.Value) map[string]any {
	var content any
	switch v.Type() {
	case attr.TypeS:
		content, _ = v.Text()
	case attr.TypeN:
		content, _ = v.Number()
	case attr.TypeB:
		b, _ := v.Bytes()
		content = base64.StdEncoding.EncodeToString(b)
	case attr.TypeBOOL:
		content, _ = v.Truth()
	case attr.TypeNULL:
		content = true
	case attr.TypeM:
		fields := map[string]any{}
		for name, w := range v.Fields() {
			fields[name] = plain(w)
		}
		content = fields
	default:
		list := []any{}
		for w := range v.Elements() {
			if v.Type() == attr.TypeL {
				list = append(list, plain(w))
			} else {
				list = append(list, plain(w)[w.Type().String()])
			}
		}
		content = list
	}
	return map[string]any{v.Type().String(): content}
}

func TestPrinting(t *testing.T) {
	item := attr.MustItem(attr.Map{"a": attr.N("1")})
	require.Equal(t, `{"a":{"N":"1"}} {"N":"1"} N`, fmt.Sprintf("%v %v %v", item, attr.N("1"), attr.TypeN))
}

func FuzzParseItem(f *testing.F) {
	for _, text := range []string{
		`{"a":{"S":"x\u00e9\ud83d\ude00"},"b":{"N":"-1.5e3"},"c":{"B":"AP8="},"d":{"BOOL":true},"e":{"NULL":true}}`,
		`{"a":{"SS":["b","a"]},"b":{"NS":["1","2"]},"c":{"BS":["AA==",""]}}`,
		`{"a":{"L":[{"M":{"x":{"L":[]}}},{"S":""}]}, "a":{"X":[1.5e-3,null,{"y":"z"}],"S":"w"}}`,
		`{"a":{"S":1}}`, "{\"a\":{\"S\":\"\xff\"}}", `{"b":{"S":"1"},"a":{"S":"2"}} `,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		item, err := attr.ParseItem(text)
		if err != nil {
			require.True(t, errors.Is(err, exception.Serialization) || errors.Is(err, exception.Validation))
			return
		}
		require.True(t, json.Valid(text))
		written := item.AppendJSON(nil)
		require.True(t, json.Valid(written))
		again, err := attr.ParseItem(written)
		require.NoError(t, err)
		require.True(t, item == again)
		rebuilt, err := attr.NewItem(item.Map())
		require.NoError(t, err)
		require.True(t, item == rebuilt)
	})
}

// Parsing at the same time, with memory that is used again, mixes nothing up.
func TestParseConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			text := fmt.Sprintf(`{"a":{"L":[{"S":"%d"},{"SS":["y","x%d"]}]}}`, i, i)
			want := attr.MustItem(attr.Map{"a": attr.L(attr.S(fmt.Sprint(i)), attr.SS(fmt.Sprintf("x%d", i), "y"))})
			for range 200 {
				if item, err := attr.ParseItem([]byte(text)); err != nil || item != want {
					t.Errorf("%s was read as %s, %v", text, item, err)
				}
			}
		})
	}
	wg.Wait()
}
