package partiql

import (
	"unicode/utf8"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// MaxSize is the greatest length of a statement in characters.
const MaxSize = 8192

// Kind is what a statement does.
type Kind uint8

// The kinds of statements.
const (
	Select Kind = iota
	Insert
	Update
	Delete
	Exists // SELECT within EXISTS, which is a condition of a transaction
)

// Writes reports whether statements of that kind belong to batches and transactions that write.
func (k Kind) Writes() bool { return k != Select }

// Returning is which attributes a write answers with.
type Returning uint8

// What RETURNING can ask for.
const (
	ReturnNothing Returning = iota
	ReturnAllOld
	ReturnModifiedOld
	ReturnAllNew
	ReturnModifiedNew
)

// returnings are they as they are written.
var returnings = [...]string{ReturnAllOld: "ALL OLD *", ReturnModifiedOld: "MODIFIED OLD *", ReturnAllNew: "ALL NEW *",
	ReturnModifiedNew: "MODIFIED NEW *"}

// Statement is a statement that has been read, with its parameters.
type Statement struct {
	Kind  Kind
	Table string
	Index string // empty: the table itself

	Columns   []Column        // of Select; nil: all there are
	Order     []Order         // of Select
	Item      attr.Item       // of Insert
	Update    *expr.Update    // of Update
	Condition *expr.Condition // of all but Insert: what the WHERE says, also of the key; nil: there is none
	Returning Returning       // of Update and Delete

	where *node
	fault error // of the columns or the order of a Select, which is told after what is wrong with its table
}

// Column is an attribute, or a part of one, that a Select answers with, under a name of its own.
type Column struct {
	Name string
	Path expr.Path
}

// Order is an element of ORDER BY.
type Order struct {
	Attribute  string
	Descending bool
}

// Parse reads a statement. The error is an exception.Validation.
func Parse(text string, parameters []attr.Value) (*Statement, error) {
	if utf8.RuneCountInString(text) > MaxSize {
		return nil, malformed("")
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	s := p.statement()
	p.accept(";")
	if p.token().kind != tokenEnd {
		p.fail(unexpectedRest)
	}
	switch {
	case p.failure != nil:
		return nil, p.failure
	case p.unsupported != nil:
		return nil, p.unsupported
	case p.parameters > len(parameters):
		return nil, refuse("Number of parameters in request and statement don't match.")
	}
	return translate(s, parameters)
}
