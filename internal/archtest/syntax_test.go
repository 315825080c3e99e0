package archtest_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// fault is something wrong at a place in a file.
type fault struct {
	pos  token.Pos
	text string
}

// rules are what every single file has to keep.
var rules = map[string]func(source) []fault{
	"exported names have doc comments": undocumented,
	"files and functions are short":    tooLong,
	"time comes from a clock":          readsClock,
	"nothing panics":                   panics,
}

func TestRules(t *testing.T) {
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			for _, s := range sources(t) {
				for _, f := range rule(s) {
					t.Errorf("%s: %s", s.at(f.pos), f.text)
				}
			}
		})
	}
}

func TestPackagesHaveDocs(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if !s.isTest {
			documented[s.pkg] = documented[s.pkg] || s.file.Doc.Text() != ""
		}
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no doc comment: it is the first thing a reader sees of it", pkg)
		}
	}
}

func tooLong(s source) []fault {
	if s.isTest {
		return nil
	}
	var faults []fault
	if s.lines > maxFileLines {
		faults = append(faults, fault{s.file.Package, fmt.Sprintf(
			"the file has %d lines, over the cap of %d: split it by subject", s.lines, maxFileLines)})
	}
	for _, decl := range s.file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		lines := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1
		if lines > maxFunctionLines {
			faults = append(faults, fault{f.Pos(), fmt.Sprintf(
				"%s has %d lines, over the cap of %d: give its parts names", f.Name.Name, lines, maxFunctionLines)})
		}
	}
	return faults
}

func readsClock(s source) []fault {
	forbidden := []string{"Now", "Since", "Until"}
	why := "take the time from a clock.Clock, so that tests can move it"
	switch {
	case s.isTest:
		forbidden = append(forbidden, "Sleep")
		why = "a test that depends on real time is slow or fails by chance; use a clock.Manual"
	case matches(s.pkg, clockReaders):
		return nil
	}
	local := localName(s.file, "time")
	var faults []fault
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == local && slices.Contains(forbidden, sel.Sel.Name) {
			faults = append(faults, fault{sel.Pos(), "time." + sel.Sel.Name + ": " + why})
		}
		return true
	})
	return faults
}

// localName returns the name under which f imports the package with the given path, or nothing if it does not.
func localName(f *ast.File, path string) string {
	for _, spec := range f.Imports {
		if spec.Path.Value != `"`+path+`"` {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path[strings.LastIndex(path, "/")+1:]
	}
	return ""
}

func panics(s source) []fault {
	if s.isTest {
		return nil
	}
	var faults []fault
	for _, decl := range s.file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Must") {
			continue
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "panic" {
				faults = append(faults, fault{call.Pos(),
					"panic outside a Must function: return an error, the caller's program is not ours to end"})
			}
			return true
		})
	}
	return faults
}
