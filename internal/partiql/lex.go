package partiql

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidemark-db/tidemark/exception"
)

// tokenKind says what a token is by its looks.
type tokenKind uint8

const (
	tokenEnd     tokenKind = iota // what follows the last token
	tokenName                     // a name without quotes
	tokenKeyword                  // a word that can be no name
	tokenQuoted                   // a name in double quotes
	tokenText                     // a text in single quotes
	tokenNumber
	tokenSign // ? or a sign of the grammar
)

// token is a piece of a statement. The text is without quotes, and that of a keyword in lower case.
type token struct {
	kind tokenKind
	text string
	at   position
}

// position is where a token stands: its line and column, counted from 1, and its length, all in characters.
type position struct{ line, column, length int }

// String returns the position as messages end with it.
func (p position) String() string {
	return " at " + strconv.Itoa(p.line) + ":" + strconv.Itoa(p.column) + ":" + strconv.Itoa(p.length)
}

// malformed says that a statement cannot be read. The service says no more than this of what is no token.
func malformed(reason string) error {
	return refuse("Statement wasn't well formed, can't be processed: " + reason)
}

func refuse(message string) error { return exception.Validation.Errorf("%s", message) }

// lexer splits a statement into tokens.
type lexer struct {
	text   string
	from   int // of what is left of text
	line   int
	column int // of what is left, counted from 0
	tokens []token
	failed bool
}

// lex returns the tokens of a statement, of which the last one is its end.
func lex(text string) ([]token, error) {
	l := lexer{text: text, line: 1}
	for l.skipBlank(); !l.failed && l.from < len(l.text); l.skipBlank() {
		l.next()
	}
	if l.failed {
		return nil, malformed("")
	}
	l.add(tokenEnd, "", 0)
	return l.tokens, nil
}

func (l *lexer) rest() string { return l.text[l.from:] }

// add adds a token that takes n bytes.
func (l *lexer) add(kind tokenKind, text string, n int) {
	length := utf8.RuneCountInString(l.text[l.from : l.from+n])
	l.tokens = append(l.tokens, token{kind, text, position{l.line, l.column + 1, length}})
	l.advance(n)
}

// advance goes past n bytes.
func (l *lexer) advance(n int) {
	passed := l.text[l.from : l.from+n]
	l.from += n
	if lines := strings.Count(passed, "\n"); lines > 0 {
		l.line += lines
		l.column = 0
		passed = passed[strings.LastIndexByte(passed, '\n')+1:]
	}
	l.column += utf8.RuneCountInString(passed)
}

// skipBlank goes past white space and comments.
func (l *lexer) skipBlank() {
	for {
		rest := l.rest()
		n := len(rest) - len(strings.TrimLeft(rest, " \t\r\n\f\v"))
		switch rest = rest[n:]; {
		case strings.HasPrefix(rest, "--"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			n += end
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				l.failed = true
				return
			}
			n += 2 + end + 2
		}
		if n == 0 {
			return
		}
		l.advance(n)
	}
}

// next adds the token at hand, which there must be.
func (l *lexer) next() {
	rest := l.rest()
	switch c := rest[0]; {
	case isLetter(c):
		n := 1
		for n < len(rest) && (isLetter(rest[n]) || isDigit(rest[n])) {
			n++
		}
		word := rest[:n]
		if lower := strings.ToLower(word); keywords[lower] {
			l.add(tokenKeyword, lower, n)
		} else {
			l.add(tokenName, word, n)
		}
	case c == '"':
		l.quoted(tokenQuoted, '"')
	case c == '\'':
		l.quoted(tokenText, '\'')
	case isDigit(c), c == '.' && len(rest) > 1 && isDigit(rest[1]) && l.startsNumber():
		l.number()
	default:
		l.sign()
	}
}

// startsNumber reports whether a point begins a number, rather than the next part of a path.
func (l *lexer) startsNumber() bool {
	if len(l.tokens) == 0 {
		return true
	}
	switch last := l.tokens[len(l.tokens)-1]; last.kind {
	case tokenSign:
		return last.text != "]" && last.text != ")"
	case tokenKeyword:
		return true
	}
	return false
}

// quoted adds what stands in quotes. Two of them within stand for one.
func (l *lexer) quoted(kind tokenKind, quote byte) {
	rest := l.rest()
	for n := 1; n < len(rest); n++ {
		switch {
		case rest[n] != quote:
		case n+1 < len(rest) && rest[n+1] == quote:
			n++
		default:
			one := string(quote)
			l.add(kind, strings.ReplaceAll(rest[1:n], one+one, one), n+1)
			return
		}
	}
	l.failed = true
}

// number adds a number, as it is written. Its exponent and its scale must fit 32 bits.
func (l *lexer) number() {
	rest := l.rest()
	n := digits(rest, 0)
	fraction := 0
	if n < len(rest) && rest[n] == '.' {
		fraction = digits(rest, n+1) - n - 1
		n += 1 + fraction
	}
	if n < len(rest) && (rest[n] == 'e' || rest[n] == 'E') {
		start := n + 1
		n = start
		if n < len(rest) && (rest[n] == '+' || rest[n] == '-') {
			n++
		}
		n = digits(rest, n)
		exponent, err := strconv.ParseInt(rest[start:n], 10, 32)
		if scale := int64(fraction) - exponent; err != nil || scale != int64(int32(scale)) {
			l.failed = true
			return
		}
	}
	if n < len(rest) && isLetter(rest[n]) {
		l.failed = true
		return
	}
	l.add(tokenNumber, rest[:n], n)
}

// digits returns where the digits end that begin at from.
func digits(text string, from int) int {
	for from < len(text) && isDigit(text[from]) {
		from++
	}
	return from
}

// sign adds a sign of the grammar.
func (l *lexer) sign() {
	rest := l.rest()
	if len(rest) > 1 {
		switch rest[:2] {
		case "<<", ">>", "<=", ">=", "<>", "!=", "||":
			l.add(tokenSign, rest[:2], 2)
			return
		}
	}
	if !strings.ContainsRune("?()[]{},.:;=<>+-*/%", rune(rest[0])) {
		l.failed = true
		return
	}
	l.add(tokenSign, rest[:1], 1)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
