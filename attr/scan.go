package attr

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tidemark-db/tidemark/exception"
)

// maxSkip is how deep arrays and objects may nest in a member that is ignored.
const maxSkip = 256

// fail ends the parsing because of the form of the text, and returns false.
func (p *parser) fail(reason string) bool {
	if p.stop == nil {
		p.stop = exception.Serialization.Errorf("JSON: %s, at byte %d", reason, p.pos)
	}
	return false
}

// unexpected ends the parsing at something that is not what was wanted, and returns false.
func (p *parser) unexpected(wanted string) bool {
	c := p.peek()
	switch {
	case p.pos >= len(p.data):
		return p.fail("the text ends where " + wanted + " is expected")
	case c > ' ' && c < utf8.RuneSelf:
		return p.fail(fmt.Sprintf("%q where %s is expected", c, wanted))
	}
	return p.fail(fmt.Sprintf("byte 0x%02X where %s is expected", c, wanted))
}

// peek passes white space and returns the byte after it, or 0 at the end of the text.
func (p *parser) peek() byte {
	for ; p.pos < len(p.data); p.pos++ {
		switch c := p.data[p.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// take passes white space and the byte c, or ends the parsing.
func (p *parser) take(c byte, wanted string) bool {
	if p.peek() != c {
		return p.unexpected(wanted)
	}
	p.pos++
	return true
}

// next passes what is before an element of an array or object, and reports whether there is one: if not, it has
// passed the closing bracket, or ended the parsing.
func (p *parser) next(bracket byte, first bool) bool {
	c := p.peek()
	switch {
	case c == bracket:
		p.pos++
		return false
	case first:
		return p.pos < len(p.data) || p.unexpected("a closing bracket")
	case c != ',':
		return p.unexpected("a comma or a closing bracket")
	}
	p.pos++
	return true
}

// member reads the name of a member of an object and the colon after it, and appends the name.
func (p *parser) member() bool {
	if p.peek() != '"' {
		return p.unexpected("a member's name")
	}
	return p.text() && p.take(':', "a colon")
}

// end ends the parsing unless only white space is left.
func (p *parser) end() {
	if p.peek(); p.pos < len(p.data) {
		p.unexpected("the end of the text")
	}
}

// word passes the given literal; the parsing goes on if it is not there.
func (p *parser) word(literal string) bool {
	end := p.pos + len(literal)
	if end > len(p.data) || string(p.data[p.pos:end]) != literal {
		return false
	}
	p.pos = end
	return true
}

// text reads the string that begins at pos and appends what it denotes, which is valid UTF-8: as in Go's own
// package, U+FFFD stands for each byte that is not, and for a surrogate without its other half.
func (p *parser) text() bool {
	data := p.data
	p.pos++
	done := p.pos
	for i := p.pos; i < len(data); {
		c := data[i]
		switch {
		case c == '"':
			p.buf = append(p.buf, data[done:i]...)
			p.pos = i + 1
			return true
		case c == '\\':
			p.buf = append(p.buf, data[done:i]...)
			p.pos = i
			if !p.escape() {
				return false
			}
			i, done = p.pos, p.pos
		case c < ' ':
			p.pos = i
			return p.fail("a control character in a string")
		case c < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && n == 1 {
				p.buf = append(p.buf, data[done:i]...)
				p.buf = utf8.AppendRune(p.buf, utf8.RuneError)
				done = i + 1
			}
			i += n
		}
	}
	p.pos = len(data)
	return p.fail("the text ends within a string")
}

// escape reads the escape sequence that begins at pos and appends what it denotes.
func (p *parser) escape() bool {
	if p.pos+1 >= len(p.data) {
		p.pos = len(p.data)
		return p.fail("the text ends within a string")
	}
	c := p.data[p.pos+1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return p.escapedRune()
	default:
		return p.fail("an unknown escape sequence in a string")
	}
	p.buf = append(p.buf, c)
	p.pos += 2
	return true
}

// escapedRune reads the \u sequence that begins at pos, or two that make a surrogate pair.
func (p *parser) escapedRune() bool {
	r, ok := hexRune(p.data, p.pos)
	if !ok {
		return p.fail("an unknown escape sequence in a string")
	}
	p.pos += 6
	if utf16.IsSurrogate(r) {
		low, _ := hexRune(p.data, p.pos)
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			p.pos += 6
		}
	}
	p.buf = utf8.AppendRune(p.buf, r)
	return true
}

// hexRune returns the code unit of the \u sequence at data[at:], if there is one.
func hexRune(data []byte, at int) (r rune, ok bool) {
	if at+6 > len(data) || data[at] != '\\' || data[at+1] != 'u' {
		return 0, false
	}
	for _, c := range data[at+2 : at+6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// skip passes any value of JSON, which is within depth arrays and objects that are skipped too.
func (p *parser) skip(depth int) bool {
	mark := len(p.buf)
	switch c := p.peek(); {
	case c == '"':
		ok := p.text()
		p.buf = p.buf[:mark]
		return ok
	case c == '-' || c >= '0' && c <= '9':
		return p.skipNumber()
	case p.word("null") || p.word("true") || p.word("false"):
		return true
	case c != '{' && c != '[':
		return p.unexpected("a value")
	case depth >= maxSkip:
		return p.fail("arrays and objects are nested too deep")
	case c == '[':
		p.pos++
		for first := true; p.next(']', first); first = false {
			if !p.skip(depth + 1) {
				return false
			}
		}
	default:
		p.pos++
		for first := true; p.next('}', first); first = false {
			ok := p.member()
			p.buf = p.buf[:mark]
			if !ok || !p.skip(depth+1) {
				return false
			}
		}
	}
	return p.stop == nil
}

// skipNumber passes a number of JSON.
func (p *parser) skipNumber() bool {
	if p.data[p.pos] == '-' {
		p.pos++
	}
	if p.at('0') {
		p.pos++
	} else if !p.skipDigits() {
		return false
	}
	if p.at('.') {
		p.pos++
		if !p.skipDigits() {
			return false
		}
	}
	if !p.at('e') && !p.at('E') {
		return true
	}
	p.pos++
	if p.at('-') || p.at('+') {
		p.pos++
	}
	return p.skipDigits()
}

// at reports whether the next byte is c.
func (p *parser) at(c byte) bool { return p.pos < len(p.data) && p.data[p.pos] == c }

// skipDigits passes at least one digit.
func (p *parser) skipDigits() bool {
	start := p.pos
	for p.pos < len(p.data) && p.data[p.pos] >= '0' && p.data[p.pos] <= '9' {
		p.pos++
	}
	return p.pos > start || p.unexpected("a digit")
}
