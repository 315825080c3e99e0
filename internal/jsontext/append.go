package jsontext

import "strconv"

// AppendString appends text, which should be valid UTF-8, as a string of JSON, escaping only what has to be.
func AppendString(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	done := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[done:i]...)
		done = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xF])
		}
	}
	dst = append(dst, text[done:]...)
	return append(dst, '"')
}

// Writer appends a text to Buf. Every element of an array and every member of an object is begun with Elem or Name,
// which write the comma that is due.
type Writer struct {
	Buf []byte
}

// Begin opens an object ('{') or an array ('[').
func (w *Writer) Begin(bracket byte) { w.Buf = append(w.Buf, bracket) }

// End closes an object ('}') or an array (']').
func (w *Writer) End(bracket byte) { w.Buf = append(w.Buf, bracket) }

// Elem begins an element of an array.
func (w *Writer) Elem() {
	if n := len(w.Buf); n > 0 && w.Buf[n-1] != '[' && w.Buf[n-1] != '{' {
		w.Buf = append(w.Buf, ',')
	}
}

// Name begins a member of an object, whose value comes next.
func (w *Writer) Name(name string) {
	w.Elem()
	w.Buf = append(AppendString(w.Buf, name), ':')
}

// String writes a string.
func (w *Writer) String(text string) { w.Buf = AppendString(w.Buf, text) }

// Int writes a number.
func (w *Writer) Int(n int64) { w.Buf = strconv.AppendInt(w.Buf, n, 10) }

// Bool writes true or false.
func (w *Writer) Bool(b bool) { w.Buf = strconv.AppendBool(w.Buf, b) }
