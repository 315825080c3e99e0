package expr

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReserved(t *testing.T) {
	words := strings.Fields(reservedWords)
	require.Len(t, words, 573)
	require.True(t, slices.IsSorted(words))
	longest := 0
	for _, word := range words {
		require.True(t, isReserved(word))
		require.True(t, isReserved(strings.ToLower(word)))
		require.False(t, isReserved(word+"Z") && !slices.Contains(words, word+"Z"))
		longest = max(longest, len(word))
	}
	require.Equal(t, longest, maxReserved)
	for _, word := range []string{"", "id", "pk", "a", "naïve", strings.Repeat("A", 1000)} {
		require.False(t, isReserved(word), word)
	}
}
