package partiql

import "strings"

// syntax is a statement as it is written.
type syntax struct {
	kind      Kind
	source    *node
	columns   []*node // nil: *
	item      *node
	actions   []assignment
	where     *node
	order     []ordering
	returning Returning
}

// assignment is an element of SET, or of REMOVE, which has no value.
type assignment struct{ path, value *node }

type ordering struct {
	by         *node
	descending bool
}

func (p *parser) statement() *syntax {
	t := p.token()
	p.advance()
	switch {
	case t.isKeyword("select"):
		return p.query(Select)
	case t.isKeyword("exists") && p.atSign("("):
		p.advance()
		p.expect("select", unexpectedTerm)
		s := p.query(Exists)
		p.expect(")", expectedClosing)
		return s
	case t.isKeyword("insert"):
		return p.insert()
	case t.isKeyword("update"):
		s := &syntax{kind: Update, source: p.target()}
		s.actions = p.actions()
		s.where = p.where()
		s.returning = p.returning()
		return s
	case t.isKeyword("from"):
		s := &syntax{kind: Update, source: p.source()}
		s.where = p.where()
		s.actions = p.actions()
		s.returning = p.returning()
		return s
	case t.isKeyword("delete"):
		p.expect("from", unexpectedWord)
		s := &syntax{kind: Delete, source: p.target()}
		s.where = p.where()
		s.returning = p.returning()
		return s
	}
	return p.other(t)
}

// other reads what is no statement of ours, to say what it is.
func (p *parser) other(first token) *syntax {
	t := p.token()
	if (first.isKeyword("create") || first.isKeyword("drop")) && (t.isKeyword("table") || t.isKeyword("index")) {
		p.next = len(p.tokens) - 1
		p.refuse("Unsupported operation: " + title(first.text) + title(t.text))
		return &syntax{}
	}
	p.next = 0
	if p.atEnd() {
		p.fail(unexpectedTerm)
		return &syntax{}
	}
	n := p.expression()
	if p.failure != nil || !p.atEnd() {
		p.failure = nil
		p.fail(expectedStatement)
	}
	p.refuse("Unsupported operation: " + names[n.kind])
	return &syntax{}
}

func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// query reads what comes after SELECT.
func (p *parser) query(k Kind) *syntax {
	s := &syntax{kind: k}
	switch t := p.token(); {
	case t.isKeyword("distinct"):
		p.refuse("Unsupported token in expression: DISTINCT")
		p.advance()
	case t.isKeyword("all"):
		p.advance()
	case t.isKeyword("value"), t.isKeyword("pivot"):
		p.refuse("Select projection doesn't support value or pivot keywords")
		p.advance()
	}
	if !p.accept("*") {
		for {
			s.columns = append(s.columns, p.expression())
			p.alias()
			if !p.accept(",") {
				break
			}
		}
	}
	p.expect("from", unexpectedRest)
	if p.atEnd() {
		p.fail(unexpectedTerm)
	}
	s.source = p.source()
	p.joined()
	s.where = p.where()
	p.clauses(s)
	return s
}

// joined reads further tables, which the service does not have.
func (p *parser) joined() {
	for p.failure == nil {
		switch t := p.token(); {
		case p.accept(","), p.accept("join"):
			p.source()
			if p.accept("on") {
				p.expression()
			}
		case t.kind == tokenKeyword && joins[t.text]:
			p.advance()
			continue
		default:
			return
		}
		p.refuse("Only select from a single table or index is supported.")
	}
}

var joins = words("inner left right full outer cross")

// clauses reads what may follow the condition of a query.
func (p *parser) clauses(s *syntax) {
	if p.accept("group") {
		p.accept("partial")
		p.refuse("Unsupported clause: GROUP BY")
		p.by(func() { p.expression() })
	}
	if p.accept("having") {
		n := p.expression()
		p.refuse("Unsupported clause: HAVING" + n.at.String())
	}
	if p.accept("order") {
		p.by(func() {
			o := ordering{by: p.expression()}
			o.descending = p.accept("desc")
			if !o.descending {
				p.accept("asc")
			}
			s.order = append(s.order, o)
		})
	}
	if p.accept("limit") {
		n := p.expression()
		p.refuse("Unsupported clause: LIMIT" + n.at.String())
	}
}

// by reads BY and a list.
func (p *parser) by(element func()) {
	p.expect("by", unexpectedTerm)
	for {
		element()
		if !p.accept(",") {
			return
		}
	}
}

// alias reads another name for what has been read, which the service does not have.
func (p *parser) alias() {
	named := p.accept("as")
	if t := p.token(); t.kind == tokenName || t.kind == tokenQuoted {
		p.advance()
		named = true
	}
	if named {
		p.refuse("Aliasing is not supported")
	}
}

// target reads the table of a statement that writes.
func (p *parser) target() *node {
	n := p.path()
	p.alias()
	return n
}

// source reads a table, or an index of one.
func (p *parser) source() *node {
	var n *node
	switch t := p.token(); {
	case t.kind == tokenText, t.kind == tokenNumber, p.atSign("?"), p.atSign("["), p.atSign("{"), p.atSign("<<"):
		n = p.term()
		p.refuse("Unexpected from source")
	case p.atSign("("):
		p.subquery()
		p.refuse("Unexpected from source")
	default:
		n = p.path()
	}
	p.alias()
	return n
}

// subquery goes past what is in parentheses.
func (p *parser) subquery() {
	for depth := 0; p.failure == nil; {
		switch {
		case p.atSign("("):
			depth++
		case p.atSign(")"):
			depth--
		case p.atEnd():
			p.fail(expectedClosing)
		}
		p.advance()
		if depth == 0 {
			return
		}
	}
}

func (p *parser) where() *node {
	if !p.accept("where") {
		return nil
	}
	return p.expression()
}

// insert reads what comes after INSERT.
func (p *parser) insert() *syntax {
	p.expect("into", unexpectedWord)
	s := &syntax{kind: Insert, source: p.path()}
	if !p.accept("value") {
		if p.atSign("{") || p.atSign("<<") || p.atSign("[") {
			p.term()
			p.refuse("Unsupported operation: InsertOp")
			return s
		}
		p.fail(unexpectedRest)
	}
	s.item = p.expression()
	if s.returning = p.returning(); s.returning != ReturnNothing {
		p.refuse("RETURNING is not supported in INSERT")
	}
	return s
}

// actions reads SET and REMOVE, as often as they come.
func (p *parser) actions() []assignment {
	var all []assignment
	for {
		switch {
		case p.accept("set"):
			for {
				a := assignment{path: p.path()}
				p.expect("=", unexpectedTerm)
				a.value = p.expression()
				all = append(all, a)
				if !p.accept(",") {
					break
				}
			}
		case p.accept("remove"):
			all = append(all, assignment{path: p.path()})
		default:
			if all == nil {
				p.fail(expectedStatement)
			}
			return all
		}
	}
}

// returning reads RETURNING.
func (p *parser) returning() (r Returning) {
	if !p.accept("returning") {
		return ReturnNothing
	}
	for again := false; ; again = true {
		if again {
			p.refuse("Invalid syntax with multiple returning elements in RETURNING clause")
		}
		modified := p.accept("modified")
		if !modified {
			p.expect("all", unexpectedTerm)
		}
		old := p.accept("old")
		if !old {
			p.expect("new", unexpectedTerm)
		}
		if !p.accept("*") {
			p.expression()
			p.refuse("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause")
		}
		switch {
		case old && modified:
			r = ReturnModifiedOld
		case old:
			r = ReturnAllOld
		case modified:
			r = ReturnModifiedNew
		default:
			r = ReturnAllNew
		}
		if !p.accept(",") {
			return r
		}
	}
}
