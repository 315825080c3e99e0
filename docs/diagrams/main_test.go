package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDocumentIsUpToDate(t *testing.T) {
	text, err := os.ReadFile("../time.md")
	require.NoError(t, err)
	drawn, err := insert(string(text))
	require.NoError(t, err)
	require.Equal(t, drawn, string(text), "run: go run ./docs/diagrams")
}

func TestDiagramsAreFitToPrint(t *testing.T) {
	for name, draw := range diagrams {
		picture, err := draw()
		require.NoError(t, err, name)
		require.NotContains(t, picture, "!", "%s: a refusal that nobody reckoned with", name)
		for line := range strings.Lines(picture) {
			require.LessOrEqual(t, len(line), 121, "%s: %s", name, line)
		}
	}
}
