package differential_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// shape is a table of the random requests.
type shape struct {
	name       string
	hash, sort string // "": it has no sort key
	indexes    []indexShape
	streams    bool // it has a stream
}

type indexShape struct {
	name       string
	hash, sort string
	local      bool
	projection string
	nonKey     arr
}

// attributeTypes are those that sound requests give to attributes. Others may be anything.
var attributeTypes = map[string]string{"pk": "S", "sk": "N", "bk": "B", "ck": "S", "nk": "N", "a": "S", "b": "N",
	"c": "S", "e": "M", "l": "L", "n": "N", "ss": "SS", "ns": "NS", "name": "S"}

// plainAttributes are those that are part of no table's key.
var plainAttributes = []string{"a", "b", "c", "d", "e", "l", "n", "ss", "ns", "name", "x.y"}

// indexSort has the sort key of each index.
var indexSort = map[string]string{"lsiA": "a", "lsiB": "b", "gsiA": "b", "gsiB": "", "gsiC": "ck", "gsiN": "nk"}

// shapes are what the tables look like.
var shapes = []shape{
	{name: "One", hash: "pk"},
	{name: "Two", hash: "pk", sort: "sk", indexes: []indexShape{
		{name: "lsiA", hash: "pk", sort: "a", local: true, projection: "ALL"},
		{name: "lsiB", hash: "pk", sort: "b", local: true, projection: "KEYS_ONLY"},
		{name: "gsiA", hash: "a", sort: "b", projection: "INCLUDE", nonKey: arr{"c", "d"}},
		{name: "gsiB", hash: "b", projection: "KEYS_ONLY"}}},
	{name: "Three", hash: "bk", sort: "ck", indexes: []indexShape{
		{name: "gsiC", hash: "c", sort: "ck", projection: "ALL"}}},
	{name: "Four", hash: "nk", indexes: []indexShape{{name: "gsiN", hash: "a", sort: "nk", projection: "ALL"}}},
}

// definition is the request that makes the table.
func (s *shape) definition() obj {
	used := map[string]bool{}
	schema := func(hash, sort string) arr {
		used[hash] = true
		keys := arr{obj{"AttributeName": hash, "KeyType": "HASH"}}
		if sort != "" {
			used[sort] = true
			keys = append(keys, obj{"AttributeName": sort, "KeyType": "RANGE"})
		}
		return keys
	}
	in := obj{"TableName": s.name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema(s.hash, s.sort)}
	for _, i := range s.indexes {
		member := "GlobalSecondaryIndexes"
		if i.local {
			member = "LocalSecondaryIndexes"
		}
		projection := obj{"ProjectionType": i.projection}
		if i.nonKey != nil {
			projection["NonKeyAttributes"] = i.nonKey
		}
		in[member] = append(list(in[member]),
			obj{"IndexName": i.name, "KeySchema": schema(i.hash, i.sort), "Projection": projection})
	}
	definitions := arr{}
	for _, name := range slices.Sorted(maps.Keys(used)) {
		definitions = append(definitions, obj{"AttributeName": name, "AttributeType": attributeTypes[name]})
	}
	in["AttributeDefinitions"] = definitions
	if s.streams {
		in["StreamSpecification"] = obj{"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}
	}
	return in
}

func (s *shape) keyNames() []string {
	if s.sort == "" {
		return []string{s.hash}
	}
	return []string{s.hash, s.sort}
}

// keyOf returns the key of an item.
func (s *shape) keyOf(item obj) obj {
	key := obj{}
	for _, name := range s.keyNames() {
		key[name] = item[name]
	}
	return key
}

// isIndexKey reports whether an index has an attribute in its key.
func (s *shape) isIndexKey(attribute string) bool {
	return slices.ContainsFunc(s.indexes, func(i indexShape) bool { return i.hash == attribute || i.sort == attribute })
}

// generator makes random requests for some tables.
type generator struct {
	*rand.Rand
	tables []*shape
	can    func(op string) bool
	sane   bool // no request is spoiled
}

// one returns one of some texts, or "" if there is none.
func (g *generator) one(of ...string) string {
	if len(of) == 0 {
		return ""
	}
	return of[g.IntN(len(of))]
}

// chance is true once in n times.
func (g *generator) chance(n int) bool { return g.IntN(n) == 0 }

func (g *generator) table() *shape { return g.tables[g.IntN(len(g.tables))] }

func (g *generator) text() string {
	return g.one("x", "y", "xy", "xyz", "z", "ü", "a b", "p1", "Xy", "xyzzy")
}

// small returns a number that can be added to others for a while.
func (g *generator) small() string {
	return g.one("0", "1", "2", "3", "-1", "10", "0.5", "1.50", "1e2", "-2.25", "100")
}

// number returns any number.
func (g *generator) number() string {
	if g.chance(6) {
		return g.one("9.9999999999999999999999999999999999999E+125", "-9.9999999999999999999999999999999999999E+125",
			"1E-130", "-1E-130", "12345678901234567890123456789012345678", "0.1234567890123456789012345678901234567",
			"-0", "0.000", "1E+125", "00012", "-12345678901234567890123456789012345678", "1e10", "1E-10")
	}
	return g.small()
}

func (g *generator) binary() string {
	return base64.StdEncoding.EncodeToString([]byte(g.one("\x00", "\x01", "\xff", "\x00\x01", "abc", "\x7f\x80")))
}

// texts returns some different ones.
func (g *generator) different(next func() string) arr {
	all := map[string]bool{}
	for range 1 + g.IntN(4) {
		all[next()] = true
	}
	l := arr{}
	for _, s := range slices.Sorted(maps.Keys(all)) {
		l = append(l, s)
	}
	return l
}

func (g *generator) integer() string { return fmt.Sprint(g.IntN(6)) }

// of returns a value of a type.
func (g *generator) of(kind string, depth int) obj {
	switch kind {
	case "S":
		return obj{"S": g.text()}
	case "N":
		return obj{"N": g.number()}
	case "B":
		return obj{"B": g.binary()}
	case "BOOL":
		return obj{"BOOL": g.chance(2)}
	case "NULL":
		return obj{"NULL": true}
	case "SS":
		return obj{"SS": g.different(g.text)}
	case "NS":
		return obj{"NS": g.different(g.integer)}
	case "BS":
		return obj{"BS": g.different(g.binary)}
	case "L":
		l := arr{}
		for range g.IntN(4) {
			l = append(l, g.any(depth-1))
		}
		return obj{"L": l}
	}
	m := obj{}
	for range g.IntN(4) {
		m[g.one("f", "g", "h", "name", "x.y")] = g.any(depth - 1)
	}
	return obj{"M": m}
}

var allTypes = []string{"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"}

// any returns a value of any type.
func (g *generator) any(depth int) obj {
	if depth <= 0 {
		return g.of(g.one(allTypes[:8]...), 0)
	}
	kind := g.one(allTypes...)
	if kind == "S" && g.chance(4) {
		return obj{"S": ""}
	}
	return g.of(kind, depth)
}

// valueOf returns a value that an attribute can have.
func (g *generator) valueOf(attribute string) obj {
	switch kind := attributeTypes[attribute]; {
	case attribute == "pk":
		return obj{"S": fmt.Sprint("p", g.IntN(4))}
	case attribute == "ck":
		return obj{"S": g.one("x", "y", "xyz", "ü")}
	case attribute == "sk" || attribute == "nk":
		return obj{"N": g.one("-1", "0", "1", "2.5", "10")}
	case attribute == "n":
		return obj{"N": g.small()}
	case kind != "":
		return g.of(kind, 2)
	}
	return g.any(2)
}

func (g *generator) key(s *shape) obj {
	key := obj{}
	for _, name := range s.keyNames() {
		key[name] = g.valueOf(name)
	}
	return key
}

func (g *generator) item(s *shape) obj {
	item := g.key(s)
	for _, name := range plainAttributes {
		if g.chance(3) {
			item[name] = g.valueOf(name)
		}
	}
	return item
}

// odd returns a value that cannot be.
func (g *generator) odd() obj {
	deep := obj{"S": "x"}
	for range 33 {
		deep = obj{"L": arr{deep}}
	}
	odd := []obj{{}, {"S": "x", "N": "1"}, {"N": "abc"}, {"N": ""}, {"N": " 1"}, {"N": "1e126"}, {"N": "-1e126"},
		{"N": "1e-131"}, {"N": "123456789012345678901234567890123456789"}, {"SS": arr{}}, {"NS": arr{}}, {"BS": arr{}},
		{"SS": arr{"a", "a"}}, {"NS": arr{"1", "1.0"}}, {"BS": arr{"YQ==", "YQ=="}}, {"NULL": false},
		{"B": "not base64!"},
		{"X": "a"}, deep, {"L": arr{obj{"N": "x"}}}, {"M": obj{"f": obj{"SS": arr{}}}}, {"S": 1}, {"N": 1},
		{"BOOL": "true"},
		{"SS": "a"}, {"NS": arr{"1", "x"}}, {"L": obj{}}, {"M": arr{}}, {"N": "1_0"}, {"N": "0x1"}, {"N": "NaN"},
		{"N": "1,0"},
		{"L": arr{obj{}}}}
	return odd[g.IntN(len(odd))]
}

// reserved are words that an expression cannot have as names.
var reserved = []string{"name", "size", "status", "count", "Values", "ABORT"}

// isPlain reports whether an attribute can stand in an expression as it is.
func isPlain(attribute string) bool {
	return !strings.ContainsAny(attribute, ".- ") && !slices.Contains(reserved, attribute)
}
