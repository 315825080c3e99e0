package partiql

import "strings"

// signed reads an operand with any number of signs before it. Those of a number become a part of it.
func (p *parser) signed() *node {
	t := p.token()
	if !p.accept("+") && !p.accept("-") {
		return p.term()
	}
	n := p.signed()
	if n.kind != kindNumber {
		return &node{kind: kindSign, at: t.at, text: t.text, args: []*node{n}}
	}
	if t.text == "-" {
		if positive, ok := strings.CutPrefix(n.text, "-"); ok {
			n.text = positive
		} else {
			n.text = "-" + n.text
		}
	}
	return n
}

// term reads an operand.
func (p *parser) term() *node {
	t := p.token()
	n := &node{at: t.at, text: t.text}
	switch t.kind {
	case tokenText:
		n.kind = kindText
	case tokenNumber:
		n.kind = kindNumber
	case tokenName, tokenQuoted:
		if next := p.peek(); next.kind == tokenSign && next.text == "(" {
			return p.call()
		}
		return p.path()
	case tokenKeyword:
		return p.keywordTerm(n)
	default:
		return p.signTerm(n)
	}
	p.advance()
	return n
}

// keywordTerm reads an operand that begins with a keyword.
func (p *parser) keywordTerm(n *node) *node {
	switch n.text {
	case "true", "false":
		n.kind = kindBool
	case "null":
		n.kind = kindNull
	case "missing":
		n.kind = kindMissing
	case "select":
		p.advance()
		p.query(Select)
		p.refuse("Unsupported token in expression: SELECT" + n.at.String())
		return n
	case "is", "like", "in", "between", "and", "or":
		p.fail(unexpectedSign)
	default:
		if next := p.peek(); callable[n.text] && next.kind == tokenSign && next.text == "(" {
			return p.call()
		}
		p.fail(unexpectedWord)
	}
	p.advance()
	return n
}

// signTerm reads an operand that begins with a sign, or finds that there is none.
func (p *parser) signTerm(n *node) *node {
	switch n.text {
	case "?":
		n.kind, n.n = kindParameter, p.parameters
		p.parameters++
		p.advance()
		return n
	case "[":
		return p.sequence(kindList, "]")
	case "<<":
		return p.sequence(kindBag, ">>")
	case "{":
		return p.tuple()
	case "(":
		if list := p.sequence(kindList, ")"); len(list.args) != 1 {
			return list
		} else {
			return list.args[0]
		}
	case "=", "<>", "!=", "<", "<=", ">", ">=", "*", "/", "%", "||":
		p.fail(unexpectedSign)
	}
	p.fail(unexpectedTerm)
	return n
}

// sequence reads what stands between a sign and the one that closes it, with commas.
func (p *parser) sequence(k kind, closing string) *node {
	n := &node{kind: k, at: p.token().at, text: names[k]}
	p.advance()
	if closing != ")" && p.accept(closing) {
		return n
	}
	for {
		n.args = append(n.args, p.expression())
		if !p.accept(",") {
			break
		}
	}
	p.expect(closing, expectedClosing)
	return n
}

// tuple reads {'name': value, ...}.
func (p *parser) tuple() *node {
	n := &node{kind: kindTuple, at: p.token().at, text: names[kindTuple]}
	p.advance()
	if p.accept("}") {
		return n
	}
	for {
		name := p.expression()
		p.expect(":", unexpectedTerm)
		n.args = append(n.args, name, p.expression())
		if !p.accept(",") {
			break
		}
	}
	p.expect("}", unexpectedTerm)
	return n
}

// call reads a function and its operands. Functions are named in any case.
func (p *parser) call() *node {
	t := p.token()
	n := &node{kind: kindCall, at: t.at, text: strings.ToLower(t.text)}
	p.advance()
	if p.peek().text == ")" && p.peek().kind == tokenSign {
		p.advance()
		p.advance()
		return n
	}
	if p.peek().text == "*" && p.peek().kind == tokenSign { // COUNT(*), which is no function here
		p.advance()
		p.advance()
		p.expect(")", expectedClosing)
		return n
	}
	n.args = p.sequence(kindList, ")").args
	return n
}

// path reads a name and the steps that follow it.
func (p *parser) path() *node {
	t := p.token()
	if t.kind != tokenName && t.kind != tokenQuoted {
		p.fail(expectedPath)
		return &node{}
	}
	n := &node{kind: kindName, at: t.at, text: t.text}
	p.advance()
	for {
		at := p.token().at
		switch {
		case p.accept("."):
			t := p.token()
			switch {
			case t.kind == tokenName, t.kind == tokenQuoted:
				n.steps = append(n.steps, pathStep{at: t.at, name: t.text})
				p.advance()
			case p.accept("*"):
				n.steps = append(n.steps, pathStep{at: t.at, all: true})
			default:
				p.fail(invalidPath)
			}
		case p.accept("["):
			at = p.token().at
			if p.accept("*") {
				n.steps = append(n.steps, pathStep{at: at, all: true, index: &node{}})
			} else {
				index := p.expression()
				n.steps = append(n.steps, pathStep{at: index.at, index: index})
			}
			p.expect("]", unexpectedTerm)
		default:
			if n.steps != nil {
				n.kind = kindPath
			}
			return n
		}
	}
}
