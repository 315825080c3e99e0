package upstream

import (
	"strings"
)

// token is a word of a statement of PartiQL, a name in quotes, a text, or a mark.
type token struct {
	kind byte // 'a' for a word, '"' and '\'' for what is in such quotes, else the mark itself
	text string
}

func (t token) is(keyword string) bool { return t.kind == 'a' && strings.EqualFold(t.text, keyword) }

// statement returns the table that a statement of PartiQL is about, if that can be seen, and whether it may change
// it. What is not plain may change anything.
func statement(text string) (table string, changes bool) {
	tokens, ok := tokenize(text)
	at := func(i int) token {
		if i < len(tokens) {
			return tokens[i]
		}
		return token{}
	}
	switch {
	case !ok:
		return "", true
	case at(0).is("SELECT"), at(0).is("EXISTS") && at(1).kind == '(' && at(2).is("SELECT"):
		for i := range tokens {
			if tokens[i].is("FROM") {
				return at(i + 1).table(), false
			}
		}
		return "", false
	case at(0).is("UPDATE"):
		tokens = tokens[1:]
	case at(0).is("INSERT") && at(1).is("INTO"), at(0).is("DELETE") && at(1).is("FROM"):
		tokens = tokens[2:]
	default:
		return "", true
	}
	if at(1).kind != 'a' { // the name goes on, or it is no name
		return "", true
	}
	return at(0).table(), true
}

// table returns the table that a token is the name of; "" if it is none.
func (t token) table() string {
	if t.kind != 'a' && t.kind != '"' {
		return ""
	}
	return tableName(t.text)
}

// tokenize splits a statement, and leaves out white space and comments. It fails if a quote or a comment is not closed.
func tokenize(text string) (tokens []token, ok bool) {
	for text = strings.TrimLeft(text, whiteSpace); text != ""; text = strings.TrimLeft(text, whiteSpace) {
		switch c := text[0]; {
		case strings.HasPrefix(text, "--"):
			_, text, _ = strings.Cut(text, "\n")
		case strings.HasPrefix(text, "/*"):
			if _, text, ok = strings.Cut(text[2:], "*/"); !ok {
				return nil, false
			}
		case c == '"' || c == '\'':
			var quoted string
			if quoted, text, ok = strings.Cut(text[1:], text[:1]); !ok {
				return nil, false
			}
			tokens = append(tokens, token{c, quoted})
		case isWord(c):
			n := 1
			for n < len(text) && isWord(text[n]) {
				n++
			}
			tokens = append(tokens, token{'a', text[:n]})
			text = text[n:]
		default:
			tokens = append(tokens, token{c, ""})
			text = text[1:]
		}
	}
	return tokens, true
}

const whiteSpace = " \t\r\n\f\v"

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '$'
}
