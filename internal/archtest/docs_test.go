package archtest_test

import (
	"go/ast"
	"go/token"
)

// undocumented finds the exported types, functions, methods, constants and variables without a doc comment. In a
// group of constants or variables, a comment on the group or at the end of the line is enough.
func undocumented(s source) []fault {
	if s.isTest {
		return nil
	}
	var faults []fault
	for _, decl := range s.file.Decls {
		var names []*ast.Ident
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Doc == nil && d.Name.IsExported() && receiverIsExported(d) {
				names = append(names, d.Name)
			}
		case *ast.GenDecl:
			names = undocumentedIn(d)
		}
		for _, name := range names {
			faults = append(faults, fault{name.Pos(), name.Name + " has no doc comment: " +
				"nobody can use a name safely who has to read the code behind it"})
		}
	}
	return faults
}

func undocumentedIn(d *ast.GenDecl) []*ast.Ident {
	var names []*ast.Ident
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			alone := d.Lparen == token.NoPos
			if spec.Name.IsExported() && spec.Doc == nil && !(alone && d.Doc != nil) {
				names = append(names, spec.Name)
			}
		case *ast.ValueSpec:
			if d.Doc != nil || spec.Doc != nil || spec.Comment != nil {
				continue
			}
			for _, name := range spec.Names {
				if name.IsExported() {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// receiverIsExported reports whether f is a function, or a method of an exported type.
func receiverIsExported(f *ast.FuncDecl) bool {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return true
	}
	expr := f.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.IsExported()
		default:
			return true
		}
	}
}
