package partiql

import (
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// kind says what a node of an expression is.
type kind uint8

const (
	kindName kind = iota // of an attribute
	kindPath             // into an attribute
	kindText             // the literals
	kindNumber
	kindBool
	kindNull
	kindMissing
	kindParameter
	kindList // [...] or (...)
	kindBag
	kindTuple
	kindCall
	kindSign // + or - before an operand
	kindSum  // +, - and other operators that give no truth
	kindCompare
	kindBetween
	kindIn
	kindIs
	kindLike
	kindAnd
	kindOr
	kindNot
)

// names are what the service calls kinds of nodes in messages.
var names = [...]string{kindName: "VariableReference", kindPath: "PATH", kindText: "Literal", kindNumber: "Literal",
	kindBool: "Literal", kindNull: "Literal", kindMissing: "MISSING", kindParameter: "Parameter", kindList: "LIST",
	kindBag: "BAG", kindTuple: "STRUCT", kindCall: "NAry", kindSign: "NAry", kindSum: "NAry", kindCompare: "NAry",
	kindBetween: "NAry", kindIn: "NAry", kindIs: "IsType", kindLike: "NAry", kindAnd: "NAry", kindOr: "NAry",
	kindNot: "NAry"}

// node is an expression or a part of one.
type node struct {
	kind kind
	at   position // of the operator, or of the first token
	text string   // a name, function, operator or type as messages give it, or a literal
	args []*node  // a tuple has names and values in turn

	steps []pathStep // of kindPath, behind the first name
	n     int        // of kindParameter, counted from 0

	// What a literal, a parameter or a path has been found to be.
	value attr.Value
	path  expr.Path
}

// pathStep is one step of a path: a name after a point, or what stands in brackets.
type pathStep struct {
	at    position
	name  string
	index *node
	all   bool // *, in place of either
}

// constant reports whether n is a value of the statement or of its parameters.
func (n *node) constant() bool {
	return n.kind >= kindText && n.kind <= kindTuple && n.kind != kindMissing
}

// reference reports whether n is an attribute or a part of one.
func (n *node) reference() bool { return n.kind == kindName || n.kind == kindPath }

// truth reports whether n is true or false whatever the item is.
func (n *node) truth() bool {
	return n.kind >= kindCompare || n.kind == kindCall && tests[n.text]
}

// tests are the functions that give a truth.
var tests = words("attribute_exists attribute_not_exists attribute_type begins_with contains")

// changes are the functions that give what an attribute can be set to.
var changes = words("if_not_exists list_append")

// attributes adds the attributes that n looks at, each once.
func (n *node) attributes(names []string) []string {
	if n.reference() {
		name := n.text
		for _, other := range names {
			if other == name {
				return names
			}
		}
		return append(names, name)
	}
	for _, arg := range n.args {
		names = arg.attributes(names)
	}
	return names
}
