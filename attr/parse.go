package attr

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"sync"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/jsontext"
)

// parser reads DynamoDB's JSON and writes the encoding of what it reads. It is one pass over the text: the payloads
// go to buf, with a span for each, and when a list, set or map closes its spans are put in order and its payload
// takes their place.
//
// A fault in the form of the text ends the parsing: the methods then return false. A fault in what the text says is
// only noted, because the service complains of the form of a request before it looks at what it says.
type parser struct {
	jsontext.Scanner
	buf   []byte
	spans []span
	fault string // the first thing noted
}

// span is a value in the buf of a parser, with its name before it if it is a field.
type span struct {
	typ            Type
	name, mid, end int // the name is buf[name:mid], the payload buf[mid:end]
	size           int // what the value counts for, see Value.Size
}

var parsers = sync.Pool{New: func() any { return new(parser) }}

func newParser(data []byte) *parser {
	p := parsers.Get().(*parser)
	p.Data = data
	return p
}

// free gives p back, but not the memory that an unusually large text took.
func (p *parser) free() {
	const most = 1 << 20
	next := parser{buf: p.buf[:0], spans: p.spans[:0]}
	if cap(next.buf) > most {
		next.buf = nil
	}
	if cap(next.spans) > most/64 {
		next.spans = nil
	}
	*p = next
	parsers.Put(p)
}

// err returns what is wrong with the text, or nil.
func (p *parser) err() error {
	if p.Err() == nil && p.fault != "" {
		return exception.Validation.Errorf("%s", p.fault)
	}
	return p.Err()
}

// note notes a fault in what the text says.
func (p *parser) note(reason string) {
	if p.fault == "" {
		p.fault = reason
	}
}

// name returns the name of field s.
func (p *parser) name(s span) []byte { return p.buf[s.name:s.mid] }

// payload returns the payload of s.
func (p *parser) payload(s span) []byte { return p.buf[s.mid:s.end] }

// value reads an attribute value within depth levels of lists and maps, and pushes its span.
func (p *parser) value(depth int) bool {
	start := len(p.buf)
	s := span{name: start, mid: start, end: start}
	if p.null(msgNullValue) {
		return p.push(s)
	}
	if !p.open('{', jsontext.Value) {
		return false
	}
	many := false
	for first := true; p.Next('}', first); first = false {
		mark := len(p.buf)
		if !p.member() {
			return false
		}
		t := typeNamed(p.buf[mark:])
		p.buf = p.buf[:mark]
		if t == 0 || p.Peek() == 'n' {
			if !p.Skip() {
				return false
			}
			continue
		}
		many = many || s.typ != 0 && s.typ != t
		p.buf = p.buf[:start]
		size, ok := p.typed(t, depth)
		if !ok {
			return false
		}
		s.typ, s.size = t, size
	}
	switch {
	case s.typ == 0:
		p.note(msgNoType)
	case many:
		p.note(msgManyTypes)
	}
	s.end = len(p.buf)
	return p.push(s)
}

// null passes a null that stands where no null may, if there is one here, and notes the reason.
func (p *parser) null(reason string) bool {
	if p.Peek() != 'n' || !p.Word("null") {
		return false
	}
	p.note(reason)
	return true
}

// push notes the span of a value. Each counts for a byte of an item at least, so with too many of them there is no use
// in reading on.
func (p *parser) push(s span) bool {
	if len(p.spans) > MaxItemSize {
		return p.Stop(exception.Validation.Errorf("Item size has exceeded the maximum allowed size"))
	}
	p.spans = append(p.spans, s)
	return p.Err() == nil
}

// typed reads what a member named t holds, appends the payload, and returns what it counts for.
func (p *parser) typed(t Type, depth int) (size int, ok bool) {
	switch t {
	case TypeS, TypeN, TypeB:
		return p.scalar(t)
	case TypeBOOL, TypeNULL:
		return 1, p.literal(t)
	case TypeSS, TypeNS, TypeBS:
		return p.set(t)
	}
	if depth >= MaxDepth {
		p.note(msgTooDeep)
		return 0, p.Skip()
	}
	if t == TypeL {
		return p.list(depth + 1)
	}
	start, base := len(p.buf), len(p.spans)
	size = p.object(depth + 1)
	size += containerSize + entrySize*(len(p.spans)-base)
	mark := len(p.buf)
	p.appendFields(base)
	p.replace(start, mark, base)
	return size, p.Err() == nil
}

// scalar reads a string that holds a value of type S, N or B, and appends its payload.
func (p *parser) scalar(t Type) (size int, ok bool) {
	start := len(p.buf)
	if p.Peek() != '"' {
		if t == TypeB {
			return 0, p.Mismatch(jsontext.Blob)
		}
		return 0, p.Mismatch(jsontext.String)
	}
	if !p.text() {
		return 0, false
	}
	switch t {
	case TypeN:
		num, fault := encodeNumber(p.buf[start:])
		if fault != numberOK {
			p.note(fault.message(string(p.buf[start:])))
			num.put(firstPositive)
			num.put(endPositive)
		}
		p.buf = append(p.buf[:start], num.bytes()...)
		return numberSize(num.bytes()), true
	case TypeB:
		if !p.base64(start) {
			return 0, false
		}
	}
	return len(p.buf) - start, true
}

// strictBase64 also refuses text whose last character has bits that are not used.
var strictBase64 = base64.StdEncoding.Strict()

// open reads the bracket that an array or object begins with.
func (p *parser) open(bracket byte, wanted string) bool {
	if p.Peek() != bracket {
		return p.Mismatch(wanted)
	}
	p.Pos++
	return true
}

// member reads the name of a member of an object and the colon after it, and appends the name.
func (p *parser) member() (ok bool) {
	p.buf, ok = p.Member(p.buf)
	return ok
}

// text reads the string that begins here and appends what it denotes.
func (p *parser) text() (ok bool) {
	p.buf, ok = p.Text(p.buf)
	return ok
}

// base64 puts the bytes that buf[start:] denotes in its place.
func (p *parser) base64(start int) bool {
	mark := len(p.buf)
	if reason := base64Refusal(p.buf[start:]); reason != "" {
		return p.Stop(exception.Serialization.Errorf("%s", reason))
	}
	decoded, err := strictBase64.AppendDecode(p.buf, p.buf[start:])
	if err != nil {
		return p.Stop(exception.Serialization.Errorf("Invalid last non-pad Base64 character dectected"))
	}
	p.buf = decoded
	p.replace(start, mark, len(p.spans))
	return true
}

// base64Refusal returns what is wrong with the length or the characters of text, line ends among them, which the
// decoder would skip; the service does not spell "detected" right for what is wrong with the end.
func base64Refusal(text []byte) string {
	if len(text)%4 != 0 {
		return fmt.Sprintf("Base64 encoded length is expected a multiple of 4 bytes but found: %d", len(text))
	}
	for _, c := range text {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '+', c == '/', c == '=':
		default:
			return fmt.Sprintf("Invalid Base64 character: '%c'", c)
		}
	}
	return ""
}

// literal reads true or false for a value of type BOOL or NULL and appends its payload.
func (p *parser) literal(t Type) bool {
	c := p.Peek()
	switch {
	case c == 't' && p.Word("true"):
		if t == TypeBOOL {
			p.buf = append(p.buf, 1)
		}
	case c == 'f' && p.Word("false"):
		if t == TypeBOOL {
			p.buf = append(p.buf, 0)
		} else {
			p.note(msgNullFalse)
		}
	default:
		return p.Mismatch(jsontext.Boolean)
	}
	return true
}

// set reads an array of strings that hold the elements of a set of type t.
func (p *parser) set(t Type) (size int, ok bool) {
	start, base := len(p.buf), len(p.spans)
	if !p.open('[', jsontext.List) {
		return 0, false
	}
	for first := true; p.Next(']', first); first = false {
		s := span{mid: len(p.buf)}
		if !p.null(nullInSet(t)) {
			if s.size, ok = p.scalar(t.element()); !ok {
				return 0, false
			}
		}
		s.end = len(p.buf)
		size += s.size
		if !p.push(s) {
			return 0, false
		}
	}
	p.sortSet(t, p.spans[base:])
	mark := len(p.buf)
	for _, s := range p.spans[base:] {
		p.buf = appendUvarint(p.buf, s.end-s.mid)
		p.buf = append(p.buf, p.buf[s.mid:s.end]...)
	}
	p.replace(start, mark, base)
	return size, p.Err() == nil
}

// sortSet puts the elements of a set of type t in order, and notes if there are none or two are equal.
func (p *parser) sortSet(t Type, elements []span) {
	if len(elements) == 0 {
		p.note(emptySet(t))
		return
	}
	for i := 1; i < len(elements); i++ {
		if p.comparePayloads(elements[i-1], elements[i]) > 0 {
			slices.SortFunc(elements, p.comparePayloads)
			break
		}
	}
	for i := 1; i < len(elements) && p.fault == ""; i++ {
		if p.comparePayloads(elements[i-1], elements[i]) == 0 {
			p.note(p.duplicates(t, elements))
		}
	}
}

func (p *parser) comparePayloads(a, b span) int { return bytes.Compare(p.payload(a), p.payload(b)) }

// duplicates names the elements of a set in the order in which the text has them.
func (p *parser) duplicates(t Type, elements []span) string {
	const enough = 1024 // for the message
	slices.SortFunc(elements, func(a, b span) int { return a.mid - b.mid })
	values := make([]Value, min(len(elements), enough))
	for i := range values {
		values[i] = Value{t.element(), string(p.payload(elements[i]))}
	}
	return duplicates(values)
}

// list reads an array of attribute values on level depth.
func (p *parser) list(depth int) (size int, ok bool) {
	start, base := len(p.buf), len(p.spans)
	if !p.open('[', jsontext.List) {
		return 0, false
	}
	size = containerSize
	for first := true; p.Next(']', first); first = false {
		if !p.value(depth) {
			return 0, false
		}
		size += entrySize + p.spans[len(p.spans)-1].size
	}
	mark := len(p.buf)
	for _, s := range p.spans[base:] {
		p.appendPayload(s)
	}
	p.replace(start, mark, base)
	return size, p.Err() == nil
}

// object reads an object of attribute values on level depth, pushes their spans in ascending order of names, and
// returns what names and values count for. An empty name is told before all else that is wrong with the object.
func (p *parser) object(depth int) (size int) {
	base, sound := len(p.spans), p.fault == ""
	if !p.open('{', jsontext.ValueMap) {
		return 0
	}
	ascending := true
	for first := true; p.Next('}', first); first = false {
		name := len(p.buf)
		if !p.member() {
			return 0
		}
		if name == len(p.buf) && sound {
			p.fault = msgNoName
		} else if reason := nameLengthRefusal(len(p.buf) - name); reason != "" {
			p.note(reason)
		} else if p.Peek() == 'n' {
			p.note(fmt.Sprintf(msgNullField, quotable(string(p.buf[name:]))))
		}
		if !p.value(depth) {
			return 0
		}
		last := len(p.spans) - 1
		p.spans[last].name = name
		if !first && bytes.Compare(p.name(p.spans[last-1]), p.name(p.spans[last])) >= 0 {
			ascending = false
		}
	}
	if !ascending {
		p.sortFields(base)
	}
	for _, s := range p.spans[base:] {
		size += s.mid - s.name + s.size
	}
	return size
}

// sortFields puts the fields from base on in ascending order of names, and of those with equal names keeps the last.
func (p *parser) sortFields(base int) {
	const few = 64
	list := p.spans[base:]
	if len(list) <= few {
		if !p.insertFields(list) {
			return
		}
	} else {
		slices.SortStableFunc(list, func(a, b span) int { return bytes.Compare(p.name(a), p.name(b)) })
	}
	kept := list[:0]
	for i, s := range list {
		if i+1 == len(list) || !bytes.Equal(p.name(s), p.name(list[i+1])) {
			kept = append(kept, s)
		}
	}
	p.spans = p.spans[:base+len(kept)]
}

// insertFields is a stable sort for a list that is short, as most are. It reports whether two names are equal.
func (p *parser) insertFields(list []span) (equal bool) {
	for i := 1; i < len(list); i++ {
		name, j := p.name(list[i]), i
		for j > 0 {
			c := bytes.Compare(p.name(list[j-1]), name)
			equal = equal || c == 0
			if c <= 0 {
				break
			}
			j--
		}
		if j < i {
			s := list[i]
			copy(list[j+1:i+1], list[j:i])
			list[j] = s
		}
	}
	return equal
}

// appendFields appends the encoding of the fields from base on.
func (p *parser) appendFields(base int) {
	for _, s := range p.spans[base:] {
		p.buf = appendUvarint(p.buf, s.mid-s.name)
		p.buf = append(p.buf, p.buf[s.name:s.mid]...)
		p.appendPayload(s)
	}
}

// appendPayload appends the encoding of s without its name.
func (p *parser) appendPayload(s span) {
	p.buf = append(p.buf, byte(s.typ))
	p.buf = appendUvarint(p.buf, s.end-s.mid)
	p.buf = append(p.buf, p.buf[s.mid:s.end]...)
}

// replace moves buf[mark:] down to start, and drops the spans from base on, which were of what was there.
func (p *parser) replace(start, mark, base int) {
	p.buf = append(p.buf[:start], p.buf[mark:]...)
	p.spans = p.spans[:base]
}
