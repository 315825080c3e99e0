package partiql

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// Key returns the key that a write or an Exists names: its WHERE equals the attributes of the key with values,
// whatever it says besides. The types of the values are not looked at. The error is an exception.Validation.
func (s *Statement) Key(key ...string) (attr.Item, error) {
	found, rest := s.equalities(key, false)
	if s.Kind == Exists {
		if len(found) < len(key) || !rest {
			return attr.Item{}, refuse("EXISTS() must contain a single item read with additional condition")
		}
	} else if len(found) < len(key) {
		return attr.Item{}, refuse("Where clause does not contain a mandatory equality on all key attributes")
	}
	m := make(attr.Map, len(key))
	for _, name := range key {
		values := found[name]
		if len(values) > 1 && s.Kind != Exists {
			return attr.Item{}, refuse("Multiple conditions on same key " + name +
				". Only single item Update/Insert/Delete are supported")
		}
		m[name] = values[0] // an Exists of two is false of either
	}
	return attr.NewItem(m)
}

// ReadKey returns the key of the one item that a Select reads; ok is false if it reads others, if it makes other
// conditions too, or if something is wrong with it that Plan tells.
func (s *Statement) ReadKey(key ...string) (item attr.Item, ok bool) {
	found, rest := s.equalities(key, true)
	if rest || len(found) < len(key) || s.fault != nil {
		return attr.Item{}, false
	}
	m := make(attr.Map, len(key))
	for name, values := range found {
		if len(values) > 1 {
			return attr.Item{}, false
		}
		m[name] = values[0]
	}
	item, err := attr.NewItem(m)
	return item, err == nil
}

// equalities returns the different values with which the WHERE equals attributes of the key, and whether it says
// anything else. IN with one value can be allowed.
func (s *Statement) equalities(key []string, in bool) (found map[string][]attr.Value, rest bool) {
	found = make(map[string][]attr.Value, len(key))
	var walk func(n *node)
	walk = func(n *node) {
		if n.kind == kindAnd {
			walk(n.args[0])
			walk(n.args[1])
			return
		}
		name, conditions := comparison(n)
		if !slices.Contains(key, name) || len(conditions) != 1 || conditions[0].Operator != expr.SortEqual ||
			n.kind == kindIn && !in {
			rest = true
			return
		}
		if v := conditions[0].Value; !slices.Contains(found[name], v) {
			found[name] = append(found[name], v)
			rest = rest || len(found[name]) > 1
		}
	}
	if s.where != nil {
		walk(s.where)
	}
	return found, rest
}

// Guard returns the condition that an item must meet, or its absence, for the statement to be done. The attribute is
// one of the key: an Insert wants no item that has it, and a Delete lets one be that is not there. A Select has none.
func (s *Statement) Guard(attribute string) *expr.Condition {
	if s.Kind != Insert && s.Kind != Delete {
		return s.Condition
	}
	var b expr.Builder
	missing, err := b.Condition(b.Holds("attribute_not_exists", b.Path(expr.NewPath(attribute))))
	if err != nil || s.Condition == nil {
		return missing
	}
	return expr.Either(missing, s.Condition)
}
