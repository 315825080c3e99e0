package scenario_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var rewrite = flag.Bool("rewrite", false, "write down what the scenarios print now; commit only changes you understand")

func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("../../testdata/scenarios/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			blocks := parse(string(text))
			w := newWorld()
			for i := range blocks {
				b := &blocks[i]
				got := w.run(b.commands)
				if *rewrite {
					b.want = got
				}
				require.Equal(t, b.want, got, "%s:%d: %s", file, b.line, strings.Join(b.commands, "; "))
			}
			if *rewrite {
				require.NoError(t, os.WriteFile(file, []byte(format(blocks)), 0o644))
			}
		})
	}
}

// Every story is told twice: the same seed, clock and calls give the same backups, byte for byte.
func TestScenariosRepeat(t *testing.T) {
	files, err := filepath.Glob("../../testdata/scenarios/*.txt")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		first, second := newWorld(), newWorld()
		for _, b := range parse(string(text)) {
			require.Equal(t, first.run(b.commands), second.run(b.commands), "%s:%d", file, b.line)
		}
		require.Equal(t, first.arns, second.arns, "%s: ARNs", file)
	}
}

// block is some commands and what they print.
type block struct {
	comment  []string // what stands before it, empty lines too
	commands []string
	line     int // of the first command
	want     []string
}

func parse(text string) (blocks []block) {
	var b block
	inOutput := false
	for n, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		switch {
		case inOutput && line != "":
			b.want = append(b.want, line)
		case inOutput:
			blocks = append(blocks, b)
			b, inOutput = block{comment: []string{""}}, false
		case line == "----":
			inOutput = true
		case line == "" || strings.HasPrefix(line, "#"):
			b.comment = append(b.comment, line)
		default:
			if len(b.commands) == 0 {
				b.line = n + 1
			}
			b.commands = append(b.commands, line)
		}
	}
	return append(blocks, b)
}

func format(blocks []block) string {
	var lines []string
	for _, b := range blocks {
		lines = append(lines, b.comment...)
		if len(b.commands) > 0 {
			lines = append(append(append(lines, b.commands...), "----"), b.want...)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestFormatKeepsWhatParseReads(t *testing.T) {
	const text = "# A story.\n\nnew\nadvance 1s\n----\n+1s\n\n# The end.\ntables\n----\nnone\n"
	blocks := parse(text)
	require.Len(t, blocks, 2)
	require.Equal(t, []string{"new", "advance 1s"}, blocks[0].commands)
	require.Equal(t, 3, blocks[0].line)
	require.Equal(t, []string{"none"}, blocks[1].want)
	require.Equal(t, text, format(blocks))
}
