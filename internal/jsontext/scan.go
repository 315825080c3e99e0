// Package jsontext reads and writes JSON without reflection, for what happens on every request: a [Scanner] walks
// through a text, and a [Writer] appends one.
//
// A text is read in one pass, and strictly by RFC 8259, with one leniency that Go's own package has too: what is not
// valid UTF-8 within a string reads as U+FFFD. No text makes the package panic, and how deep it recurses is bounded by
// [MaxDepth].
package jsontext

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tidemark-db/tidemark/exception"
)

// MaxDepth is how deep arrays and objects may nest in what [Scanner.Skip] passes.
const MaxDepth = 256

// Scanner reads a text from Pos on. The methods that say so pass white space first. The first fault ends the reading:
// the method that meets it returns false, and it is kept, whatever is asked of the scanner afterwards.
type Scanner struct {
	Data []byte
	Pos  int
	err  error
}

// Err returns the first fault, an [exception.Serialization] or what Stop was given; nil if there was none.
func (s *Scanner) Err() error { return s.err }

// Stop ends the reading because of err, unless it has ended already, and returns false.
func (s *Scanner) Stop(err error) bool {
	if s.err == nil {
		s.err = err
	}
	return false
}

// Fail ends the reading because of the form of the text, and returns false.
func (s *Scanner) Fail(reason string) bool {
	return s.Stop(exception.Serialization.Errorf("JSON: %s, at byte %d", reason, s.Pos))
}

// Unexpected ends the reading at something that is not what was wanted, and returns false.
func (s *Scanner) Unexpected(wanted string) bool {
	c := s.Peek()
	switch {
	case s.Pos >= len(s.Data):
		return s.Fail("the text ends where " + wanted + " is expected")
	case c > ' ' && c < utf8.RuneSelf:
		return s.Fail(fmt.Sprintf("%q where %s is expected", c, wanted))
	}
	return s.Fail(fmt.Sprintf("byte 0x%02X where %s is expected", c, wanted))
}

// Peek passes white space and returns the byte after it, or 0 at the end of the text.
func (s *Scanner) Peek() byte {
	if s.Pos < len(s.Data) && s.Data[s.Pos] > ' ' {
		return s.Data[s.Pos]
	}
	return s.peek()
}

func (s *Scanner) peek() byte {
	for ; s.Pos < len(s.Data); s.Pos++ {
		switch c := s.Data[s.Pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// Take passes white space and the byte c, or ends the reading.
func (s *Scanner) Take(c byte, wanted string) bool {
	if s.Peek() != c {
		return s.Unexpected(wanted)
	}
	s.Pos++
	return true
}

// Next passes what is before an element of an array or object, and reports whether there is one: if not, it has
// passed the closing bracket, or ended the reading.
func (s *Scanner) Next(bracket byte, first bool) bool {
	c := s.Peek()
	switch {
	case c == bracket:
		s.Pos++
		return false
	case first:
		return s.Pos < len(s.Data) || s.Unexpected("a closing bracket")
	case c != ',':
		return s.Unexpected("a comma or a closing bracket")
	}
	s.Pos++
	return true
}

// Member passes the name of a member of an object and the colon after it, and appends the name to dst.
func (s *Scanner) Member(dst []byte) ([]byte, bool) {
	if s.Peek() != '"' {
		return dst, s.Unexpected("a member's name")
	}
	dst, ok := s.Text(dst)
	return dst, ok && s.Take(':', "a colon")
}

// End ends the reading unless only white space is left.
func (s *Scanner) End() {
	if s.Peek(); s.Pos < len(s.Data) {
		s.Unexpected("the end of the text")
	}
}

// Word passes the given literal, or reports that it is not there.
func (s *Scanner) Word(literal string) bool {
	end := s.Pos + len(literal)
	if end > len(s.Data) || string(s.Data[s.Pos:end]) != literal {
		return false
	}
	s.Pos = end
	return true
}

// Text passes the string that begins at Pos and appends to dst what it denotes, which is valid UTF-8: U+FFFD stands for
// each byte that is not, and for a surrogate without its other half.
func (s *Scanner) Text(dst []byte) ([]byte, bool) {
	data := s.Data
	s.Pos++
	done := s.Pos
	for i := s.Pos; ; {
		for i < len(data) && plain[data[i]] {
			i++
		}
		if i == len(data) {
			break
		}
		switch c := data[i]; {
		case c == '"':
			s.Pos = i + 1
			return append(dst, data[done:i]...), true
		case c == '\\':
			dst = append(dst, data[done:i]...)
			s.Pos = i
			var ok bool
			if dst, ok = s.escape(dst); !ok {
				return dst, false
			}
			i, done = s.Pos, s.Pos
		case c < ' ':
			s.Pos = i
			return dst, s.Fail("a control character in a string")
		default:
			r, n := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(dst, data[done:i]...)
				dst = utf8.AppendRune(dst, utf8.RuneError)
				done = i + 1
			}
			i += n
		}
	}
	s.Pos = len(data)
	return dst, s.Fail("the text ends within a string")
}

// plain tells the bytes of a string that stand for themselves, one by one.
var plain = func() (plain [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		plain[c] = c != '"' && c != '\\'
	}
	return plain
}()

// escape passes the escape sequence that begins at Pos and appends what it denotes.
func (s *Scanner) escape(dst []byte) ([]byte, bool) {
	if s.Pos+1 >= len(s.Data) {
		s.Pos = len(s.Data)
		return dst, s.Fail("the text ends within a string")
	}
	c := s.Data[s.Pos+1]
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
		return s.escapedRune(dst)
	default:
		return dst, s.Fail("an unknown escape sequence in a string")
	}
	s.Pos += 2
	return append(dst, c), true
}

// escapedRune passes the \u sequence that begins at Pos, or two that make a surrogate pair.
func (s *Scanner) escapedRune(dst []byte) ([]byte, bool) {
	r, ok := hexRune(s.Data, s.Pos)
	if !ok {
		return dst, s.Fail("an unknown escape sequence in a string")
	}
	s.Pos += 6
	if utf16.IsSurrogate(r) {
		low, _ := hexRune(s.Data, s.Pos)
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			s.Pos += 6
		}
	}
	return utf8.AppendRune(dst, r), true
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
