package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/schema"
)

func TestCheckTag(t *testing.T) {
	const badKey, badValue = "The Tag Key provided is invalid, Key: ", "The Tag Value provided is invalid, Value: "
	longKey, longValue := strings.Repeat("é", 129), strings.Repeat("é", 257)
	for _, row := range []struct{ key, value, text string }{
		{"k", "", ""},
		{longKey[2:], longValue[2:], ""},
		{" team", "a b+c-d=e.f_g:h/i@j", ""},
		{"ключ", "表\u00a0\u3000", ""},
		{"myaws:foo", "aws:bar", ""},
		{"", "v", badKey},
		{longKey, "v", badKey + longKey},
		{"bad#char", "bad#char", badKey + "bad#char"},
		{"🔑", "v", badKey + "🔑"},
		{"k", longValue, badValue + longValue},
		{"k", "100%", badValue + "100%"},
		{"aws:foo", "v", "Tag Key cannot be prefixed with aws:, Key: aws:foo"},
		{"AWS:foo", "v", "Tag Key cannot be prefixed with aws:, Key: AWS:foo"},
	} {
		err := schema.CheckTag(row.key, row.value)
		if row.text == "" {
			require.NoError(t, err, row.key)
			continue
		}
		require.EqualError(t, err, "ValidationException: "+row.text)
	}
	for _, rejected := range "#,'\"()[]{}&*;?|\\<>~\n" {
		require.Error(t, schema.CheckTag("k", string(rejected)), string(rejected))
		require.Error(t, schema.CheckTagKey(string(rejected)), string(rejected))
	}
}
