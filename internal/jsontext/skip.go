package jsontext

// Skip passes white space and any value, and checks its form.
func (s *Scanner) Skip() bool { return s.skip(0) }

// skip passes a value within depth arrays and objects that are skipped too.
func (s *Scanner) skip(depth int) bool {
	switch c := s.Peek(); {
	case c == '"':
		return s.skipText()
	case c == '-' || c >= '0' && c <= '9':
		return s.skipNumber()
	case s.Word("null") || s.Word("true") || s.Word("false"):
		return true
	case c != '{' && c != '[':
		return s.Unexpected("a value")
	case depth >= MaxDepth:
		return s.Fail("arrays and objects are nested too deep")
	case c == '[':
		s.Pos++
		for first := true; s.Next(']', first); first = false {
			if !s.skip(depth + 1) {
				return false
			}
		}
	default:
		s.Pos++
		for first := true; s.Next('}', first); first = false {
			if s.Peek() != '"' {
				return s.Unexpected("a member's name")
			}
			if !s.skipText() || !s.Take(':', "a colon") || !s.skip(depth+1) {
				return false
			}
		}
	}
	return s.err == nil
}

// skipText passes the string that begins at Pos.
func (s *Scanner) skipText() bool {
	for i := s.Pos + 1; i < len(s.Data); i++ {
		c := s.Data[i]
		if plain[c] {
			continue
		}
		switch {
		case c == '"':
			s.Pos = i + 1
			return true
		case c == '\\':
			var space [8]byte
			s.Pos = i
			if _, ok := s.escape(space[:0]); !ok {
				return false
			}
			i = s.Pos - 1
		case c < ' ':
			s.Pos = i
			return s.Fail("a control character in a string")
		}
	}
	s.Pos = len(s.Data)
	return s.Fail("the text ends within a string")
}

// skipNumber passes a number.
func (s *Scanner) skipNumber() bool {
	if s.Data[s.Pos] == '-' {
		s.Pos++
	}
	if s.at('0') {
		s.Pos++
	} else if !s.skipDigits() {
		return false
	}
	if s.at('.') {
		s.Pos++
		if !s.skipDigits() {
			return false
		}
	}
	if !s.at('e') && !s.at('E') {
		return true
	}
	s.Pos++
	if s.at('-') || s.at('+') {
		s.Pos++
	}
	return s.skipDigits()
}

// at reports whether the next byte is c.
func (s *Scanner) at(c byte) bool { return s.Pos < len(s.Data) && s.Data[s.Pos] == c }

// skipDigits passes at least one digit.
func (s *Scanner) skipDigits() bool {
	start := s.Pos
	for s.Pos < len(s.Data) && s.Data[s.Pos] >= '0' && s.Data[s.Pos] <= '9' {
		s.Pos++
	}
	return s.Pos > start || s.Unexpected("a digit")
}
