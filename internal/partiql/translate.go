package partiql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// translator finds what a statement means, and the first thing in it that cannot be.
type translator struct {
	parameters []attr.Value
	failure    error
}

func (t *translator) fail(err error) {
	if t.failure == nil && err != nil {
		t.failure = err
	}
}

func (t *translator) refuse(message string) { t.fail(refuse(message)) }

// refuseAt is refuse with a place in the statement.
func (t *translator) refuseAt(message string, at position) { t.refuse(message + at.String()) }

func translate(s *syntax, parameters []attr.Value) (*Statement, error) {
	t := &translator{parameters: parameters}
	st := &Statement{Kind: s.kind, where: s.where, Returning: s.returning}
	t.source(st, s.source)
	if s.where != nil {
		st.Condition = t.condition(s.where)
	}
	if t.failure != nil {
		return nil, t.failure
	}
	switch s.kind {
	case Insert:
		st.Item = t.item(s.item)
	case Update:
		st.Update = t.update(s.actions)
	case Delete:
		if r := s.returning; r != ReturnNothing && r != ReturnAllOld {
			t.refuse("Invalid returning clause: RETURNING " + returnings[r] +
				". Only RETURNING ALL OLD * is allowed in DELETE statements.")
		}
	default:
		st.Columns = t.columns(s.columns)
		st.Order = t.order(s.order)
		if s.kind == Select {
			st.fault, t.failure = t.failure, nil
		}
	}
	if t.failure != nil {
		return nil, t.failure
	}
	return st, nil
}

// source finds the table and the index.
func (t *translator) source(st *Statement, n *node) {
	parts := []string{n.text}
	for _, step := range n.steps {
		if step.index != nil || step.all {
			t.refuse("Unexpected from source")
			return
		}
		parts = append(parts, step.name)
	}
	t.named(parts...)
	switch {
	case st.Kind == Insert && len(parts) > 1:
		t.refuse("FROM clause may only contain a single table name in data manipulation statements")
		return
	case len(parts) > 2:
		t.refuse("A path may contain at most 2 components in the FROM clause")
		return
	}
	st.Table = parts[0]
	if !validName(st.Table) {
		t.refuse("Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', '-', '_', '.'.")
	}
	if len(parts) > 1 {
		st.Index = parts[1]
		if st.Kind == Update || st.Kind == Delete {
			t.refuse("This operation is not supported on an index")
		}
	}
}

func validName(name string) bool {
	for i := range len(name) {
		if c := name[i]; (!isLetter(c) || c == '$') && !isDigit(c) && c != '-' && c != '.' {
			return false
		}
	}
	return len(name) >= 3 && len(name) <= 255
}

// named refuses names that are empty.
func (t *translator) named(names ...string) {
	if slices.Contains(names, "") {
		t.refuse("Path component cannot be an empty string")
	}
}

const maxIndex = 1<<31 - 1 // the greatest index of a list

// pathOf finds the path that n is. What it comes to is kept in n.
func (t *translator) pathOf(n *node) expr.Path {
	n.path = expr.NewPath(n.text)
	t.named(n.text)
	if err := expr.CheckSteps(len(n.steps) + 1); err != nil {
		t.fail(err)
		return n.path
	}
	for _, step := range n.steps {
		switch {
		case step.all && step.index != nil:
			t.refuseAt("Wildcard path component like a[*].b are not supported", step.at)
		case step.all:
			t.refuseAt("Unpivot path component like a.*.b are not supported", step.at)
		case step.index == nil:
			t.named(step.name)
			n.path = n.path.Field(step.name)
		case step.index.kind == kindText, step.index.kind == kindName: // both name a field
			t.named(step.index.text)
			n.path = n.path.Field(step.index.text)
		case step.index.kind != kindNumber || strings.ContainsAny(step.index.text, ".eE"):
			t.refuseAt("Unexpected path component", step.at)
		default:
			i, err := strconv.ParseInt(step.index.text, 10, 64)
			if err != nil || i < 0 || i > maxIndex {
				t.refuseAt("List index is not within the allowable range; index: ["+clip(step.index.text)+"]", step.at)
			}
			n.path = n.path.Element(int(i))
		}
	}
	return n.path
}

// clip bounds what a message repeats of a statement.
func clip(text string) string {
	const most = 1024
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

// columns finds the projection; nil is all.
func (t *translator) columns(list []*node) []Column {
	if list == nil {
		return nil
	}
	columns := make([]Column, 0, len(list))
	paths := make([]expr.Path, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, n := range list {
		if !n.reference() {
			t.refuseAt("Unexpected path component", n.at)
			return nil
		}
		if k := len(n.steps); k > 0 && n.steps[k-1].all {
			t.refuse("Changing item's hierarchy while reading isn't supported")
			return nil
		}
		c := Column{Name: n.column(), Path: t.pathOf(n)}
		if seen[c.Name] {
			t.refuse("Duplicate identifiers in select clause: " + clip(c.Name))
		}
		seen[c.Name] = true
		columns, paths = append(columns, c), append(paths, c.Path)
	}
	if t.failure == nil {
		t.fail(expr.CheckPaths(paths))
	}
	return columns
}

// column returns the name under which a Select answers with a path: its last name, with the indexes that follow it.
func (n *node) column() string {
	name := n.text
	for _, step := range n.steps {
		switch {
		case step.index == nil:
			name = step.name
		case step.index.kind == kindText, step.index.kind == kindName:
			name = step.index.text
		default:
			i, _ := strconv.ParseInt(step.index.text, 10, 64)
			name += "[" + strconv.FormatInt(i, 10) + "]"
		}
	}
	return name
}

func (t *translator) order(list []ordering) []Order {
	var all []Order
	for _, o := range list {
		switch o.by.kind {
		case kindName:
			all = append(all, Order{Attribute: o.by.text, Descending: o.descending})
		case kindPath:
			t.refuse("Argument to ORDER BY must be of type VariableReference. Type: PATH")
		default:
			t.refuse("Argument to ORDER BY must be of type VariableReference. Type: " + clip(o.by.text))
		}
	}
	return all
}
