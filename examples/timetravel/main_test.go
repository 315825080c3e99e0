package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The story proves most of what it says, and fails if it cannot. Here are the lines that tell what came of it.
func TestStory(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, tell(&out))
	for _, line := range []string{
		"loaded 118 items",
		"here a bad deploy begins, unnoticed",
		"the last good second is Mar  9 14:25:17",
		`the second after: Be Mass from {"N":"9.0122"} to {"N":"0"}`,
		"differences from the view of that second: 0",
		"of which 0 were not written since",
		"49 good changes, found commit by commit, are done again, and 23 bad ones are not",
		"Elements-repaired: 118 items, 0 different from a table without the deploy",
	} {
		require.Contains(t, out.String(), line)
	}
	require.Less(t, strings.Count(out.String(), "\n"), 60)

	var again bytes.Buffer
	require.NoError(t, tell(&again))
	require.Equal(t, out.String(), again.String(), "the story is the same every time it is told")
}

// Every example stands alone, for copying; the data that two of them have is the same.
func TestElementsAreThoseOfQuickstart(t *testing.T) {
	theirs, err := os.ReadFile("../quickstart/elements.jsonl")
	require.NoError(t, err)
	require.Equal(t, string(theirs), string(elements))
}
