package request_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/internal/request"
)

func digest(t *testing.T, value string) uint64 {
	var r request.Reader
	o, err := r.Parse([]byte(`{"v":` + value + `}`))
	require.NoError(t, err)
	return o.Digest("v")
}

func TestDigest(t *testing.T) {
	kinds := [][]string{ // those in a row are the same, and no others
		{`"ab"`, ` "\u0061\u0062" `},
		{`"a"`}, {`""`}, {`1`}, {`"1"`}, {`1.0`}, {`true`}, {`"true"`}, {`false`},
		{`[]`, `[ ]`}, {`[[]]`}, {`["a"]`}, {`["a","b"]`, "[\t\"a\" ,\n\"b\"]"}, {`["b","a"]`}, {`["ab"]`}, {`["a",null]`},
		{`{}`, `{ }`, `{"a":null}`}, {`[{}]`}, {`{"a":{}}`},
		{`{"a":1,"b":2}`, `{"b":2, "a" : 1, "c":null}`, `{"\u0062":2,"a":1}`},
		{`{"a":2,"b":1}`}, {`{"a":1}`}, {`{"b":2}`}, {`{"a":{"b":2}}`},
		{`{"a":1,"b":[1,{"x":"y","z":"w"}]}`, `{"b":[1,{"z":"w","x":"y"}],"a":1}`},
		{`{"a":1,"b":[1,{"x":"w","z":"y"}]}`},
	}
	seen := map[uint64]string{}
	for _, row := range kinds {
		first := digest(t, row[0])
		require.NotZero(t, first)
		require.NotContains(t, seen, first, "%s and %s", row[0], seen[first])
		seen[first] = row[0]
		for _, other := range row[1:] {
			require.Equal(t, first, digest(t, other), "%s and %s", row[0], other)
		}
	}
	require.Zero(t, digest(t, `null`))
	var r request.Reader
	o, err := r.Parse([]byte(`{}`))
	require.NoError(t, err)
	require.Zero(t, o.Digest("v"))
}
