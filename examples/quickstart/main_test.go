package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
)

// The story checks itself that the backup holds what its window says and fails if it does not. Here are the lines that
// tell what came of it.
func TestStory(t *testing.T) {
	for _, marker := range []backup.Marker{backup.Exact, backup.Fuzzy, backup.Torn, backup.Earliest, backup.Latest} {
		t.Run(string(marker), func(t *testing.T) {
			out := capture(t, func() {
				items, err := load("")
				require.NoError(t, err)
				s, err := newStory(marker, 7)
				require.NoError(t, err)
				require.NoError(t, s.tell(items, "Symbol", ""))
			})
			for _, line := range []string{
				"loaded 118 items, 8018 bytes",
				"everything up to 14:24:00.000 is promised in, everything after 14:26:00.000 out",
				"(" + string(marker) + ")",
				"Elements-restored is ACTIVE with 118 items, 118 of them equal to the 118 in the backup",
				"SYSTEM Elements$DeletedTableBackup    ACTIVE, expires 2026-04-06 14:31:30",
				"Apr 6 14:31   ListBackups: 1",
			} {
				require.Contains(t, out, line)
			}
		})
	}
}

// capture returns what run prints.
func capture(t *testing.T, run func()) string {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	defer file.Close()
	stdout := os.Stdout
	defer func() { os.Stdout = stdout }()
	os.Stdout = file
	run()
	text, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return string(text)
}
