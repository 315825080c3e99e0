package differential_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every known difference has a row in docs/differences.md, which says why it is as it should be.
func TestDifferencesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/differences.md")
	require.NoError(t, err)
	whys := map[string]string{} // by the first cell of a row
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|"); len(cells) > 3 {
			whys[strings.TrimSpace(cells[0])] = strings.TrimSpace(cells[len(cells)-1])
		}
	}
	require.Greater(t, len(whys), 50)
	for peer, all := range knownDifferences {
		for _, k := range all {
			require.NotEmpty(t, why(whys, k.row), "docs/differences.md has no row, or no reason, for %q of %s", k.row,
				peer)
		}
	}
}

func why(whys map[string]string, row string) string {
	for first, why := range whys {
		if strings.HasPrefix(first, row) {
			return why
		}
	}
	return ""
}
