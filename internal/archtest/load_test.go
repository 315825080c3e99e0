package archtest_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// source is one Go file of the module.
type source struct {
	name   string // from the root of the module, with slashes
	pkg    string // its directory, "." for the root
	isTest bool
	lines  int
	fset   *token.FileSet
	file   *ast.File
}

// at returns the file and line of p.
func (s source) at(p token.Pos) string {
	return s.name + ":" + strconv.Itoa(s.fset.Position(p).Line)
}

// imports returns the import paths of the file.
func (s source) imports() []string {
	var paths []string
	for _, spec := range s.file.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// sources returns every Go file of the module, whatever the system it is for, without those of nested modules. The
// tree is walked here and not by the go command, so that go test sees what the results depend on and can cache them.
func sources(t *testing.T) []source {
	t.Helper()
	all, err := load()
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return all
}

var load = sync.OnceValues(func() ([]source, error) {
	var all []source
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && file != root && skipped(file, entry.Name()) {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(file, ".go") {
			return nil
		}
		s, err := parse(file)
		all = append(all, s)
		return err
	})
	return all, err
})

// skipped reports whether a directory holds no packages of this module, by the go command's own rules.
func skipped(dir, base string) bool {
	if base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func parse(file string) (source, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return source{}, err
	}
	rel, err := filepath.Rel(root, file)
	if err != nil {
		return source{}, err
	}
	return parseText(filepath.ToSlash(rel), text)
}

func parseText(name string, text []byte) (source, error) {
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{
		name:   name,
		pkg:    path.Dir(name),
		isTest: strings.HasSuffix(name, "_test.go"),
		lines:  bytes.Count(text, []byte("\n")),
		fset:   fset,
		file:   parsed,
	}, err
}

// matches reports whether pkg is one of the patterns: itself, or beneath one that ends in /*.
func matches(pkg string, patterns []string) bool {
	for _, p := range patterns {
		if above, ok := strings.CutSuffix(p, "/*"); p == pkg || ok && strings.HasPrefix(pkg, above+"/") {
			return true
		}
	}
	return false
}
