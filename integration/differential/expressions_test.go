package differential_test

import (
	"fmt"
	"slices"
	"strings"
)

// expression has the placeholders of the expressions of one request.
type phrases struct {
	*generator
	table         *shape
	names, values obj
	attributes    []string // that conditions are about
	doubtful      bool     // what has been written may be refused, now or for some items
}

func (g *generator) expression(table *shape) *phrases {
	return &phrases{generator: g, table: table, names: obj{}, values: obj{},
		attributes: append(table.keyNames(), plainAttributes...)}
}

// into puts the placeholders into a request.
func (x *phrases) into(r *trial) {
	if len(x.names) > 0 {
		r.body["ExpressionAttributeNames"] = x.names
	}
	if len(x.values) > 0 {
		r.body["ExpressionAttributeValues"] = x.values
	}
	if x.doubtful && r.verdict == sound {
		r.verdict = open
	}
}

// named returns an attribute's name, or a placeholder for it.
func (x *phrases) named(attribute string) string {
	if isPlain(attribute) && x.chance(2) {
		return attribute
	}
	for placeholder, name := range x.names {
		if name == attribute && len(x.names) == 1 {
			return placeholder
		}
	}
	placeholder := fmt.Sprint("#n", len(x.names))
	x.names[placeholder] = attribute
	return placeholder
}

// value returns a placeholder for a value.
func (x *phrases) value(v obj) string {
	placeholder := fmt.Sprint(":v", len(x.values))
	x.values[placeholder] = v
	return placeholder
}

// path returns a path to what an item may have, and an attribute that it is to.
func (x *phrases) path() (path, attribute string) {
	switch x.IntN(6) {
	case 0:
		attribute = "e"
		path = x.named("e") + "." + x.named(x.one("f", "g", "h", "name"))
		if x.chance(3) {
			path += fmt.Sprintf("[%d]", x.IntN(3))
		}
		return path, ""
	case 1:
		return fmt.Sprintf("%s[%d]", x.named("l"), x.IntN(4)), ""
	}
	attribute = x.one(x.attributes...)
	return x.named(attribute), attribute
}

func (x *phrases) pathOnly() string {
	path, _ := x.path()
	return path
}

// literal returns a value to compare an attribute with, mostly of its type.
func (x *phrases) literal(attribute string) obj {
	if attribute == "" || x.chance(8) {
		return x.any(1)
	}
	return x.valueOf(attribute)
}

// scalar returns a value that has an order.
func (x *phrases) scalar(attribute string) obj {
	if kind := attributeTypes[attribute]; slices.Contains([]string{"S", "N", "B"}, kind) {
		return x.valueOf(attribute)
	}
	return x.of(x.one("S", "N", "B"), 0)
}

// condition returns a condition or filter.
func (x *phrases) condition(depth int) string {
	if depth == 0 || !x.chance(3) {
		return x.test()
	}
	left := x.condition(depth - 1)
	enclosed := strings.HasPrefix(left, "(") // to enclose it once more may be once too often
	switch n := x.IntN(5); {
	case n == 0:
		return "NOT " + left
	case n == 1 && !enclosed:
		return "(" + left + ")"
	case n == 2:
		return left + x.one(" OR ", " or ") + x.condition(depth-1)
	case n == 3 && !enclosed:
		return "(" + left + " OR " + x.condition(depth-1) + ")"
	}
	return left + " AND " + x.condition(depth-1)
}

func (x *phrases) test() string {
	path, attribute := x.path()
	switch x.IntN(12) {
	case 0, 1:
		return path + x.one(" = ", " <> ", "=") + x.value(x.literal(attribute))
	case 2, 3:
		return path + x.one(" < ", " <= ", " > ", " >= ") + x.value(x.scalar(attribute))
	case 4:
		return x.between(path, attribute)
	case 5:
		values := []string{}
		for range 1 + x.IntN(3) {
			values = append(values, x.value(x.literal(attribute)))
		}
		return path + " IN (" + strings.Join(values, ", ") + ")"
	case 6, 7:
		return x.one("attribute_exists", "attribute_not_exists") + "(" + path + ")"
	case 8:
		return "begins_with(" + path + ", " + x.value(x.of(x.one("S", "B"), 0)) + ")"
	case 9:
		return "contains(" + path + ", " + x.value(x.of(x.one("S", "N", "B", "BOOL", "NULL"), 0)) + ")"
	case 10:
		return "attribute_type(" + path + ", " + x.value(obj{"S": x.one(allTypes...)}) + ")"
	}
	if x.chance(2) {
		other, same := x.path()
		if other == path || same == attribute {
			x.doubtful = true // operands have to be different
		}
		return path + x.one(" = ", " < ", " >= ", " <> ") + other
	}
	return "size(" + path + ")" + x.one(" = ", " < ", " >= ") + x.value(obj{"N": x.integer()})
}

// between has its bounds in order.
func (x *phrases) between(path, attribute string) string {
	if kind := attributeTypes[attribute]; kind == "N" {
		return path + " BETWEEN " + x.value(obj{"N": x.one("-5", "0", "1")}) + " AND " + x.value(obj{"N": x.one("1",
			"5")})
	}
	return path + " BETWEEN " + x.value(obj{"S": x.one("a", "x")}) + " AND " + x.value(obj{"S": x.one("xy", "z")})
}

// update returns an update that any item of the table can take, or one that is doubtful.
func (x *phrases) update() string {
	attributes := x.Perm(len(plainAttributes))[:1+x.IntN(4)]
	clauses := map[string][]string{}
	for _, i := range attributes {
		verb, action := x.action(plainAttributes[i])
		clauses[verb] = append(clauses[verb], action)
	}
	var parts []string
	verbs := []string{"SET", "REMOVE", "ADD", "DELETE"}
	x.Shuffle(len(verbs), func(i, j int) { verbs[i], verbs[j] = verbs[j], verbs[i] })
	for _, verb := range verbs {
		if len(clauses[verb]) > 0 {
			parts = append(parts, x.one(verb, verb, strings.ToLower(verb))+" "+strings.Join(clauses[verb], ", "))
		}
	}
	return strings.Join(parts, " ")
}

func (x *phrases) action(attribute string) (verb, action string) {
	name := x.named(attribute)
	kind := attributeTypes[attribute]
	switch n := x.IntN(8); {
	case n == 0:
		return "REMOVE", name
	case n == 1 && (kind == "SS" || kind == "NS"):
		return "DELETE", name + " " + x.value(x.valueOf(attribute))
	case n < 4 && (kind == "SS" || kind == "NS" || attribute == "n"):
		return "ADD", name + " " + x.value(x.valueOf(attribute))
	case n < 4 && kind == "L":
		base := fmt.Sprintf("if_not_exists(%s, %s)", name, x.value(obj{"L": arr{}}))
		if x.chance(2) {
			return "SET", fmt.Sprintf("%s = list_append(%s, %s)", name, x.value(x.valueOf("l")), base)
		}
		return "SET", fmt.Sprintf("%s = list_append(%s, %s)", name, base, x.value(x.valueOf("l")))
	case n < 4 && attribute == "n":
		return "SET", fmt.Sprintf("%s = if_not_exists(%s, %s) %s %s", name, name, x.value(obj{"N": "0"}), x.one("+",
			"-"),
			x.value(obj{"N": x.small()}))
	case n == 4 && !x.table.isIndexKey(attribute):
		return x.doubt(name, kind)
	case n == 5:
		return "SET", fmt.Sprintf("%s = if_not_exists(%s, %s)", name, name, x.value(x.valueOf(attribute)))
	}
	return "SET", name + " = " + x.value(x.valueOf(attribute))
}

// doubt is an action that only some items can take.
func (x *phrases) doubt(name, kind string) (verb, action string) {
	x.doubtful = true
	switch x.IntN(8) {
	case 0:
		return "SET", name + " = " + x.pathOnly()
	case 1:
		return "SET", fmt.Sprintf("%s = %s %s %s", name, x.pathOnly(), x.one("+", "-"), x.value(obj{"N": x.number()}))
	case 2:
		return "SET", fmt.Sprintf("%s.%s = %s", name, x.named(x.one("f", "g")), x.value(x.any(1)))
	case 3:
		return x.one("SET", "SET", "ADD"), fmt.Sprintf("%s[%d] = %s", name, x.IntN(5), x.value(x.any(1)))
	case 4:
		return "REMOVE", fmt.Sprintf("%s%s", name, x.one(".f", ".g", "[0]", "[1]", "[7]"))
	case 5:
		return "ADD", name + x.one("", ".f", "[0]") + " " + x.value(x.of(x.one("N", "SS", "NS", "BS"), 0))
	case 6:
		return "DELETE", name + x.one("", ".f") + " " + x.value(x.of(x.one("SS", "NS", "BS"), 0))
	}
	return "SET", fmt.Sprintf("%s = list_append(%s, %s)", name, x.pathOnly(), x.value(x.of("L", 1)))
}

// projection returns some paths that do not overlap.
func (x *phrases) projection() string {
	var paths []string
	for _, i := range x.Perm(len(plainAttributes))[:1+x.IntN(4)] {
		attribute := plainAttributes[i]
		path := x.named(attribute)
		switch {
		case attribute == "e" && x.chance(2):
			path += "." + x.named(x.one("f", "g", "name"))
		case attribute == "l" && x.chance(2):
			path += fmt.Sprintf("[%d]", x.IntN(3))
		}
		paths = append(paths, path)
	}
	if x.chance(3) {
		paths = append(paths, x.named(x.one(x.table.keyNames()...)))
	}
	return strings.Join(paths, x.one(", ", ","))
}

// keyCondition returns a condition on a key.
func (x *phrases) keyCondition(hash, sort string) string {
	first := x.named(hash) + " = " + x.value(x.valueOf(hash))
	if sort == "" || x.chance(3) {
		return first
	}
	second := x.sortCondition(sort)
	if x.chance(5) {
		return second + " AND " + first
	}
	return first + x.one(" AND ", " and ") + second
}

func (x *phrases) sortCondition(sort string) string {
	name := x.named(sort)
	switch kind := attributeTypes[sort]; {
	case x.chance(4):
		return x.between(name, sort)
	case kind == "S" && x.chance(3):
		return "begins_with(" + name + ", " + x.value(obj{"S": x.one("x", "xy", "ü")}) + ")"
	}
	return name + x.one(" = ", " < ", " <= ", " > ", " >= ") + x.value(x.valueOf(sort))
}
