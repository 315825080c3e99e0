package request

import (
	"iter"
	"strconv"
	"strings"

	"github.com/tidemark-db/tidemark/internal/validate"
)

// entries opens a member that is a map, and yields the names in it and the texts of their values. Of several of one
// name the last one counts.
func (o Object) entries(name string, rule Rule) (m Object, each iter.Seq2[string, []byte]) {
	m = o.Object(name, rule)
	last := make(map[string]int, m.Len())
	for i := m.from; i < m.to; i++ {
		last[string(m.r.members[i].name)] = i
	}
	if m.Given() {
		o.bound(name, o.raw(name), len(last), rule)
		if rule.Name {
			m.tableNames(o.Path(name), o.raw(name))
		}
	}
	return m, func(yield func(string, []byte) bool) {
		for i := m.from; i < m.to; i++ {
			key, raw := string(m.r.members[i].name), m.r.members[i].raw
			if last[key] == i && !yield(key, raw) {
				return
			}
		}
	}
}

// Lists yields the members of a member that is a map of lists of objects, by their names in the order of the text. The
// size of the map is that of rule, and the size of every list that of each.
func (o Object) Lists(name string, rule, each Rule) iter.Seq2[string, []Object] {
	m, entries := o.entries(name, rule)
	return func(yield func(string, []Object) bool) {
		noted := false
		for key, raw := range entries {
			var elements []Object
			n := 0
			if raw[0] != 'n' {
				elements, n = m.list(place{above: m.place, name: key, inMap: true}, raw, each)
			}
			if !noted && (n < each.Min || each.Max > 0 && n > each.Max) {
				noted = true // it is one constraint on one member
				o.r.Check.Entries(o.Path(name), shown(o.raw(name)), "value",
					"have length less than or equal to "+strconv.Itoa(each.Max),
					"have length greater than or equal to "+strconv.Itoa(each.Min))
			}
			if !yield(key, elements) {
				return
			}
		}
	}
}

// tableNames notes if the names in o, whose text is raw and place is path, are not all those or the ARNs of tables.
func (o Object) tableNames(path string, raw []byte) {
	for _, e := range o.r.members[o.from:o.to] {
		var c validate.Check
		if c.Name("", string(e.name)); c.Err() != nil && !strings.HasPrefix(string(e.name), "arn:") {
			o.r.Check.Entries(path, shown(raw), "keys", "have length less than or equal to 255",
				"have length greater than or equal to 3", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
			return
		}
	}
}
