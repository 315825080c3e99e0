package archtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// importFault says what is wrong with the import of path by s, or nothing.
func importFault(s source, path string) string {
	if path == module || strings.HasPrefix(path, module+"/") {
		return arrowFault(s, strings.TrimPrefix(strings.TrimPrefix(path, module), "/"))
	}
	if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
		return dependencyFault(s, path)
	}
	if allowed, isReserved := reserved[path]; isReserved && !s.isTest && !matches(s.pkg, allowed) {
		return fmt.Sprintf("only %v may import %s: the protocol and its encoding are known at the edges alone",
			allowed, path)
	}
	return ""
}

func arrowFault(s source, to string) string {
	if to == "" {
		to = "."
	}
	if s.isTest {
		return ""
	}
	allowed, known := allowedBy(s.pkg)
	switch {
	case !known:
		return "" // TestEveryPackageIsKnown says so
	case strings.HasPrefix(to, "examples/") && !strings.HasPrefix(s.pkg, "examples/"):
		return "nothing but another example imports the examples: they are for reading and copying"
	case slices.Contains(allowed, anything), slices.Contains(allowed, to):
		return ""
	}
	return fmt.Sprintf("%s may import %v of this module but not %s: the layers would no longer stand alone. "+
		"If the design has changed, change the arrows in internal/archtest", s.pkg, allowed, to)
}

func dependencyFault(s source, path string) string {
	if slices.Contains(dependencies, path) || s.isTest && slices.Contains(testDependencies, path) {
		return ""
	}
	if slices.Contains(testDependencies, path) {
		return path + " is for _test.go files: anywhere else, it would be compiled into the programs of our users"
	}
	return path + " is not among the dependencies: every one of ours becomes one of our users'"
}

// allowedBy returns the row of arrows that is about pkg.
func allowedBy(pkg string) (allowed []string, known bool) {
	for pattern, allowed := range arrows {
		if matches(pkg, []string{pattern}) {
			return allowed, true
		}
	}
	return nil, false
}

func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		for _, path := range s.imports() {
			if fault := importFault(s, path); fault != "" {
				t.Errorf("%s: %s", s.name, fault)
			}
		}
	}
}

func TestEveryPackageIsKnown(t *testing.T) {
	told := map[string]bool{}
	for _, s := range sources(t) {
		if _, known := allowedBy(s.pkg); !known && !told[s.pkg] {
			told[s.pkg] = true
			t.Errorf("package %s has no row in the arrows of internal/archtest/table_test.go: "+
				"add one that says what it may import, so that nobody has to guess where it stands", s.pkg)
		}
	}
}

func TestGoModReplacesNothing(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	if regexp.MustCompile(`(?m)^\s*replace\b`).Match(text) {
		t.Error("go.mod has a replace: it does nothing for those who import the module, who would get other code " +
			"than was tested")
	}
}
