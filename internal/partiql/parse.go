package partiql

import "strings"

// What the service says of statements that cannot be read.
const (
	expectedStatement = "Expected data manipulation"
	expectedPath      = "Expected identifier for simple path"
	expectedType      = "Expected type name"
	expectedClosing   = "Expected RIGHT_PAREN"
	unexpectedTerm    = "Unexpected term"
	unexpectedWord    = "Unexpected keyword"
	unexpectedSign    = "Unexpected operator"
	unexpectedRest    = "Unexpected token after expression"
	missingRight      = "Missing right-hand side expression of infix operator"
	invalidPath       = "Invalid path dot component"
)

// parser reads one statement. Once it has turned out to be none, failure says why, and the parser sees nothing but the
// end, so that whatever is being read comes to its end as well.
type parser struct {
	tokens     []token
	next       int
	failure    error
	parameters int // so far

	// The first thing that the syntax allows and the service does not have.
	unsupported error
}

// token returns the token at hand.
func (p *parser) token() token { return p.tokens[p.next] }

// peek returns the token after that.
func (p *parser) peek() token { return p.tokens[min(p.next+1, len(p.tokens)-1)] }

func (p *parser) advance() {
	if p.next < len(p.tokens)-1 {
		p.next++
	}
}

// fail gives the statement up for that reason.
func (p *parser) fail(reason string) {
	if p.failure == nil {
		p.failure = malformed(reason)
		p.next = len(p.tokens) - 1
	}
}

// refuse notes what the service does not have.
func (p *parser) refuse(message string) {
	if p.unsupported == nil {
		p.unsupported = refuse(message)
	}
}

func (p *parser) atSign(sign string) bool {
	t := p.token()
	return t.kind == tokenSign && t.text == sign
}

func (p *parser) atKeyword(word string) bool { return p.token().isKeyword(word) }

func (t token) isKeyword(word string) bool { return t.kind == tokenKeyword && t.text == word }

func (p *parser) atEnd() bool { return p.token().kind == tokenEnd || p.atSign(";") }

// accept goes past that sign or keyword if it is at hand, and reports whether it was.
func (p *parser) accept(text string) bool {
	if !p.atSign(text) && !p.atKeyword(text) {
		return false
	}
	p.advance()
	return true
}

// expect goes past that sign or keyword, without which the statement is none for that reason.
func (p *parser) expect(text, reason string) {
	if !p.accept(text) {
		p.fail(reason)
	}
}

// expression reads an expression.
func (p *parser) expression() *node {
	n := p.conjunction()
	for p.atKeyword("or") {
		n = p.infix(kindOr, n, p.conjunction)
	}
	return n
}

func (p *parser) conjunction() *node {
	n := p.negation()
	for p.atKeyword("and") {
		n = p.infix(kindAnd, n, p.negation)
	}
	return n
}

func (p *parser) negation() *node {
	if !p.atKeyword("not") {
		return p.comparison()
	}
	n := &node{kind: kindNot, at: p.token().at, text: "not"}
	p.advance()
	n.args = []*node{p.negation()}
	return n
}

// infix reads the operator at hand and its right side.
func (p *parser) infix(k kind, left *node, side func() *node) *node {
	t := p.token()
	p.advance()
	return &node{kind: k, at: t.at, text: t.text, args: []*node{left, p.right(side)}}
}

// right reads the right side of an operator.
func (p *parser) right(side func() *node) *node {
	if p.atEnd() {
		p.fail(missingRight)
	}
	return side()
}

// comparison reads operands and what compares them.
func (p *parser) comparison() *node {
	n := p.sum()
	for {
		t := p.token()
		denied := t.isKeyword("not")
		if denied {
			t = p.peek()
		}
		switch {
		case !denied && t.kind == tokenSign && comparators[t.text] != "":
			n = p.infix(kindCompare, n, p.sum)
			n.text = comparators[n.text]
			continue
		case !denied && t.isKeyword("is"):
			n = p.is(n)
			continue
		case !t.isKeyword("in") && !t.isKeyword("between") && !t.isKeyword("like"):
			return n
		}
		if denied {
			p.advance()
		}
		switch t.text {
		case "in":
			n = p.in(n)
		case "between":
			n = p.between(n)
		default:
			n = p.infix(kindLike, n, p.sum)
			if p.accept("escape") {
				p.right(p.sum)
			}
		}
		if denied {
			n = &node{kind: kindNot, at: n.at, text: "not", args: []*node{n}}
		}
	}
}

// comparators are the operators as they are written, and as package expr has them.
var comparators = map[string]string{"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

func (p *parser) between(left *node) *node {
	n := p.infix(kindBetween, left, p.sum)
	p.expect("and", unexpectedRest)
	n.args = append(n.args, p.right(p.sum))
	return n
}

func (p *parser) in(left *node) *node {
	return p.infix(kindIn, left, func() *node {
		if p.atSign("(") {
			return p.sequence(kindList, ")")
		}
		return p.sum()
	})
}

// is reads what comes after IS.
func (p *parser) is(left *node) *node {
	n := &node{kind: kindIs, at: p.token().at, args: []*node{left}}
	p.advance()
	denied := p.accept("not")
	n.text = p.typeName()
	if denied {
		return &node{kind: kindNot, at: n.at, text: "not", args: []*node{n}}
	}
	return n
}

// types are the names of types, and what messages call them.
var types = map[string]string{
	"missing": "MISSING", "null": "NULL", "bool": "BOOLEAN", "boolean": "BOOLEAN", "blob": "BLOB",
	"string": "STRING", "numeric": "NUMERIC", "struct": "STRUCT", "tuple": "TUPLE", "list": "LIST",
	"smallint": "SMALLINT", "int": "INTEGER", "integer": "INTEGER", "int2": "SMALLINT", "int4": "INTEGER4",
	"int8": "INTEGER8", "bigint": "INTEGER8", "float": "FLOAT", "real": "REAL", "double": "DOUBLE_PRECISION",
	"dec": "DECIMAL", "decimal": "DECIMAL", "date": "DATE", "time": "TIME", "timestamp": "TIMESTAMP",
	"char": "CHARACTER", "character": "CHARACTER", "varchar": "CHARACTER_VARYING", "symbol": "SYMBOL",
	"clob": "CLOB", "sexp": "SEXP", "bag": "BAG", "any": "ANY",
}

func (p *parser) typeName() string {
	t := p.token()
	name, ok := types[strings.ToLower(t.text)]
	if !ok || t.kind != tokenKeyword && t.kind != tokenName {
		p.fail(expectedType)
		return ""
	}
	p.advance()
	switch {
	case t.text == "double":
		p.expect("precision", expectedType)
	case t.text == "character" && p.accept("varying"):
		name = "CHARACTER_VARYING"
	}
	return name
}

func (p *parser) sum() *node {
	n := p.product()
	for p.atSign("+") || p.atSign("-") || p.atSign("||") {
		n = p.infix(kindSum, n, p.product)
	}
	return n
}

func (p *parser) product() *node {
	n := p.signed()
	for p.atSign("*") || p.atSign("/") || p.atSign("%") {
		n = p.infix(kindSum, n, p.signed)
	}
	return n
}
