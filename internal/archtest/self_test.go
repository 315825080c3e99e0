package archtest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRulesFindFaults feeds every rule something to find: a rule that finds nothing looks like one that is kept.
func TestRulesFindFaults(t *testing.T) {
	tests := []struct {
		name string
		rule func(source) []fault
		file string
		text string
		want int
	}{
		{"type", undocumented, "a/a.go", "type T int", 1},
		{"types in a group", undocumented, "a/a.go", "// Doc.\ntype (\n\tT int\n\t// U is.\n\tU int\n)", 1},
		{"function", undocumented, "a/a.go", "func F() {}", 1},
		{"method", undocumented, "a/a.go", "// T is.\ntype T[E any] int\nfunc (*T[E]) F() {}", 1},
		{"method of an unexported type", undocumented, "a/a.go", "type t int\nfunc (t) F() {}", 0},
		{"constants", undocumented, "a/a.go", "const (\n\tA = 1\n\tB = 2 // Doc.\n\tc = 3\n)", 1},
		{"variable", undocumented, "a/a.go", "var A, B int", 2},
		{"in a test", undocumented, "a/a_test.go", "func F() {}", 0},
		{"long file", tooLong, "a/a.go", strings.Repeat("\n", maxFileLines), 1},
		{"long function", tooLong, "a/a.go", "func f() {" + strings.Repeat("\n", maxFunctionLines) + "}", 1},
		{"long enough", tooLong, "a/a.go", "func f() {" + strings.Repeat("\n", maxFunctionLines-1) + "}", 0},
		{"now", readsClock, "a/a.go", `import "time"; var now = time.Now`, 1},
		{"now, renamed", readsClock, "a/a.go", `import clock "time"; var age = clock.Since(x)`, 1},
		{"now at the edge", readsClock, "cmd/a/a.go", `import "time"; var now = time.Now()`, 0},
		{"sleep in a test", readsClock, "cmd/a/a_test.go", `import "time"; func f() { time.Sleep(1); time.Now() }`, 2},
		{"panic", panics, "a/a.go", "func f() { func() { panic(1) }() }", 1},
		{"panic in Must", panics, "a/a.go", "func MustF() { panic(1) }", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := parseText(test.file, []byte("package a\n"+test.text))
			require.NoError(t, err)
			require.Len(t, test.rule(s), test.want)
		})
	}
}

func TestImportsFindFaults(t *testing.T) {
	tests := []struct{ file, path, want string }{
		{"backup/a.go", module + "/snapshot", ""},
		{"backup/a.go", module + "/table", "backup may import"},
		{"backup/a.go", module, "not ."},
		{"backup/a_test.go", module + "/table", ""},
		{"a.go", module + "/table", ""},
		{"a.go", module + "/examples/quickstart", "nothing but another example imports the examples"},
		{"examples/a/a.go", module, ""},
		{"attr/a.go", "net/http", "only"},
		{"attr/a.go", "strings", ""},
		{"cmd/tidemark/a.go", "net/http", ""},
		{"attr/a.go", "github.com/google/uuid", ""},
		{"attr/a.go", "github.com/stretchr/testify/require", "_test.go"},
		{"attr/a_test.go", "github.com/stretchr/testify/require", ""},
		{"attr/a_test.go", "golang.org/x/sync/errgroup", "not among the dependencies"},
	}
	for _, test := range tests {
		s, err := parseText(test.file, []byte("package a\n"))
		require.NoError(t, err)
		got := importFault(s, test.path)
		require.Equal(t, test.want == "", got == "", "%s imports %s: %s", test.file, test.path, got)
		require.Contains(t, got, test.want)
	}
	_, known := allowedBy("elsewhere")
	require.False(t, known)
}
