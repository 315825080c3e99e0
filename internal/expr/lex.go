package expr

import "unicode/utf8"

// tokenKind says what a token is by its looks.
type tokenKind uint8

const (
	tokenEnd      tokenKind = iota // what follows the last token
	tokenName                      // the name of an attribute or a function, or a keyword
	tokenNameRef                   // #n
	tokenValueRef                  // :v
	tokenNumber                    // digits without a 0 before them
	tokenSign                      // a sign of the grammar
	tokenStray                     // a character that the grammar has no use for
)

// token is a piece of a text, from start up to end.
type token struct {
	kind       tokenKind
	start, end int
}

// scan returns the first token of text at or after from. Only a name may not begin with a digit or an underscore: the
// service takes "_" in "_a" for a token by itself, and refuses it.
func scan(text string, from int) token {
	for from < len(text) && isSpace(text[from]) {
		from++
	}
	if from == len(text) {
		return token{tokenEnd, from, from}
	}
	end := from + 1
	switch c := text[from]; {
	case isLetter(c):
		return token{tokenName, from, skip(text, end, isNamePart)}
	case c == '#' || c == ':':
		end = skip(text, end, isNamePart)
		switch {
		case end == from+1:
			return token{tokenStray, from, end}
		case c == '#':
			return token{tokenNameRef, from, end}
		}
		return token{tokenValueRef, from, end}
	case c == '0': // no number begins with it
		return token{tokenNumber, from, end}
	case isDigit(c):
		return token{tokenNumber, from, skip(text, end, isDigit)}
	case isSign(c):
		if end < len(text) && isPair(c, text[end]) {
			end++
		}
		return token{tokenSign, from, end}
	}
	_, size := utf8.DecodeRuneInString(text[from:])
	return token{tokenStray, from, from + size}
}

// skip returns the first place at or after from where text has something else than a character of that class.
func skip(text string, from int, class func(byte) bool) int {
	for from < len(text) && class(text[from]) {
		from++
	}
	return from
}

func isSpace(c byte) bool    { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
func isLetter(c byte) bool   { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isNamePart(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }

func isSign(c byte) bool {
	switch c {
	case '(', ')', '[', ']', '.', ',', '=', '<', '>', '+', '-':
		return true
	}
	return false
}

// isPair reports whether the two characters make one sign.
func isPair(c, d byte) bool { return c == '<' && (d == '=' || d == '>') || c == '>' && d == '=' }
