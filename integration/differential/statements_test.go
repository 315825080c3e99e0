package differential_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// statement is one of PartiQL that is being written.
type statement struct {
	*generator
	parameters arr
}

// statement returns a request with a statement about one item.
func (g *generator) statement() trial {
	s := statement{generator: g}
	table := g.table()
	r := trial{op: "ExecuteStatement", body: obj{}}
	switch g.IntN(6) {
	case 0:
		r.body["Statement"] = s.insert(table)
	case 1, 2:
		r.body["Statement"] = fmt.Sprintf("UPDATE %q %s%s%s", table.name, s.changes(), s.where(table),
			g.one("", " RETURNING ALL NEW *", " RETURNING MODIFIED OLD *", " RETURNING ALL OLD *",
				" RETURNING MODIFIED NEW *"))
	case 3:
		r.body["Statement"] = fmt.Sprintf("DELETE FROM %q%s%s", table.name, s.where(table), g.one("",
			" RETURNING ALL OLD *"))
	default:
		r.body["Statement"] = fmt.Sprintf("SELECT %s FROM %q%s%s", g.one("*", "a, b", "c", "e.f", "l[0]", "a, e.g"),
			table.name,
			s.where(table), s.also())
	}
	if s.parameters != nil {
		r.body["Parameters"] = s.parameters
	}
	g.consumed(&r)
	return r
}

// value returns a literal or the place of a parameter.
func (s *statement) value(v obj) string {
	if text, ok := literal(v); ok && s.chance(2) {
		return text
	}
	s.parameters = append(s.parameters, v)
	return "?"
}

// literal writes a value as a statement has it.
func literal(v obj) (string, bool) {
	for kind, value := range v {
		switch kind {
		case "S":
			return "'" + strings.ReplaceAll(value.(string), "'", "''") + "'", true
		case "N":
			return value.(string), !strings.ContainsAny(value.(string), "eE+") && !strings.HasPrefix(value.(string),
				"0")
		case "BOOL":
			return fmt.Sprint(value), true
		case "NULL":
			return "NULL", true
		}
	}
	return "", false
}

func (s *statement) where(table *shape) string {
	var conditions []string
	for _, name := range table.keyNames() {
		conditions = append(conditions, name+" = "+s.value(s.valueOf(name)))
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// also returns a further condition, or none.
func (s *statement) also() string {
	return s.one("", " AND attribute_type(c, 'S')", " AND c = 'x'", " AND NOT c = 'x'", " AND n > 1",
		" AND contains(c, 'x')",
		" AND b BETWEEN 0 AND 5", " AND d IS MISSING", " AND d IS NOT MISSING", " AND c IN ['x', 'y']",
		" AND begins_with(c, 'x')",
		" AND (n < 1 OR c = 'y')", " AND d IS NULL", " AND size(c) > 1", " AND e.f = 1", " AND c <> ?", " AND zz = ",
		" AND")
}

func (s *statement) insert(table *shape) string {
	item := s.item(table)
	var members []string
	for _, name := range slices.Sorted(maps.Keys(item)) {
		members = append(members, fmt.Sprintf("'%s': %s", name, s.value(item[name].(obj))))
	}
	return fmt.Sprintf("INSERT INTO %q VALUE {%s}", table.name, strings.Join(members, ", "))
}

func (s *statement) changes() string {
	var changes []string
	for _, i := range s.Perm(len(plainAttributes) - 2)[:1+s.IntN(2)] {
		name := plainAttributes[i]
		if s.chance(3) {
			changes = append(changes, "REMOVE "+name)
			continue
		}
		value := s.value(s.valueOf(name))
		if name == "n" && s.chance(2) {
			value = "n + " + value
		}
		changes = append(changes, fmt.Sprintf("SET %s = %s", name, value))
	}
	return strings.Join(changes, " ")
}
