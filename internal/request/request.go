// Package request reads the body of a request: it finds its members, checks them against what the service's model says
// of them, and turns them into Go values.
//
// Reading never fails half-way. Every method returns what it could read, notes what is wrong, and [Reader.Err] tells in
// the end, in the service's order: a member of the wrong type first (SerializationException), then all violations of
// the model in one message, then the first value that cannot be (both ValidationException). So the code that reads a
// request is also the list of what may be in it, from top to bottom. Members that nobody asks for are ignored, as by
// the service, and a null is a member that is not there.
//
// A Reader belongs to one goroutine. The values that it returns are copies; they do not refer to the body.
package request

import (
	"iter"
	"strconv"
	"strings"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/jsontext"
	"github.com/tidemark-db/tidemark/internal/validate"
)

// Reader reads one request after another; its zero value is ready.
type Reader struct {
	Check validate.Check // the violations so far; a caller may add its own

	types   error // the first member of a wrong type
	refusal error // the first value that cannot be
	members []member
	places  []place
	names   []byte // those that have escape sequences
}

// member is a member of an object, or an element of an array.
type member struct{ name, raw []byte }

// place is where an object lies in the request, for the texts of violations: beneath another one, as a member of an
// object, as one of a map, whose names are the caller's, or as the n-th element of a list, counted from 1.
type place struct {
	above int // place of what it lies in, -1: the request itself
	name  string
	inMap bool
	n     int
}

// Object is an object in a request. The zero Object is one that is not there: it has no members.
type Object struct {
	r        *Reader
	place    int
	from, to int
}

// Reset forgets everything, to read another request. It keeps the memory, but not that of an unusually large request,
// and nothing of the body.
func (r *Reader) Reset() {
	const most = 1 << 12
	if cap(r.members) > most || cap(r.places) > most || cap(r.names) > most {
		*r = Reader{}
		return
	}
	clear(r.members)
	clear(r.places)
	*r = Reader{members: r.members[:0], places: r.places[:0], names: r.names[:0]}
}

// Parse returns the object that body is, all of whose JSON it checks. It keeps body, which must not change until the
// request has been read. The error, for a body that is not an object, is an [exception.Serialization].
func (r *Reader) Parse(body []byte) (Object, error) {
	s := jsontext.Scanner{Data: body}
	if s.Peek() != '{' {
		s.Unexpected("an object")
		return Object{}, s.Err()
	}
	o := r.open(&s, -1)
	s.End()
	return o, s.Err()
}

// maxMembers bounds what a request of a given size can make the reader allocate. All that a sensible request has are
// some hundreds; items are not opened.
const maxMembers = 1 << 17

// ErrTooMany is the error of a request with more members than are read, which is an [exception.Serialization].
var ErrTooMany error = exception.Serialization.Errorf("The request has more than %d members", maxMembers)

// open reads the object that s is at.
func (r *Reader) open(s *jsontext.Scanner, place int) Object {
	o := Object{r: r, place: place, from: len(r.members)}
	s.Pos++
	for first := true; s.Next('}', first); first = false {
		name, ok := r.name(s)
		if !ok {
			break
		}
		raw, ok := skip(s)
		if !ok {
			break
		}
		if len(r.members) == maxMembers {
			s.Stop(ErrTooMany)
			break
		}
		r.members = append(r.members, member{name, raw})
	}
	o.to = len(r.members)
	return o
}

// name reads the name of a member.
func (r *Reader) name(s *jsontext.Scanner) (name []byte, ok bool) {
	if s.Peek() == '"' {
		for i := s.Pos + 1; i < len(s.Data) && s.Data[i] >= ' ' && s.Data[i] < 0x80 && s.Data[i] != '\\'; i++ {
			if s.Data[i] == '"' { // it stands as it is in the body
				name, s.Pos = s.Data[s.Pos+1:i], i+1
				return name, s.Take(':', "a colon")
			}
		}
	}
	start := len(r.names)
	r.names, ok = s.Member(r.names)
	return r.names[start:len(r.names):len(r.names)], ok
}

// skip passes a value and returns its text.
func skip(s *jsontext.Scanner) (raw []byte, ok bool) {
	s.Peek()
	start := s.Pos
	ok = s.Skip()
	return s.Data[start:s.Pos], ok
}

// Err returns what is wrong with the request as far as it was read, or nil.
func (r *Reader) Err() error {
	if r.types != nil {
		return r.types
	}
	if err := r.Check.Err(); err != nil {
		return err
	}
	return r.refusal
}

// Refuse notes a ValidationException that does not come from the model. The first one counts, and only if nothing
// else is wrong.
func (r *Reader) Refuse(err error) {
	if r.refusal == nil {
		r.refusal = err
	}
}

// Reader returns the reader of the request that o belongs to; nil for an object that is not there.
func (o Object) Reader() *Reader { return o.r }

// Given reports whether the object is there.
func (o Object) Given() bool { return o.r != nil }

// Has reports whether o has a member of that name other than null.
func (o Object) Has(name string) bool { return o.raw(name) != nil }

// raw returns the text of a member; nil if it is not there. Of several of one name the last one counts.
func (o Object) raw(name string) []byte {
	if o.r == nil {
		return nil
	}
	for i := o.to - 1; i >= o.from; i-- {
		if m := &o.r.members[i]; string(m.name) == name {
			if m.raw[0] == 'n' {
				return nil
			}
			return m.raw
		}
	}
	return nil
}

// Path returns how violations name a member of o: "provisionedThroughput.readCapacityUnits".
func (o Object) Path(name string) string {
	return o.r.path(o.place, lowerFirst(name))
}

func (r *Reader) path(at int, last string) string {
	if r.Check.Full() {
		return "" // nobody will read it
	}
	for ; at >= 0; at = r.places[at].above {
		p := r.places[at]
		switch {
		case p.n > 0:
			last = strconv.Itoa(p.n) + ".member." + last
		case p.inMap:
			last = p.name + ".member." + last
		default:
			last = lowerFirst(p.name) + "." + last
		}
	}
	return strings.TrimSuffix(last, ".")
}

func lowerFirst(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// below opens what raw is as an object under a name of o, or in a list of it.
func (o Object) below(p place, raw []byte, wanted string) Object {
	if raw[0] != '{' {
		o.r.wrong(raw, wanted)
		return Object{}
	}
	s := jsontext.Scanner{Data: raw}
	o.r.places = append(o.r.places, p)
	opened := o.r.open(&s, len(o.r.places)-1)
	if err := s.Err(); err != nil {
		o.r.mismatch(err)
	}
	return opened
}

func (r *Reader) mismatch(err error) {
	if r.types == nil {
		r.types = err
	}
}

// absent notes that a required member is missing.
func (o Object) absent(name string, rule Rule) {
	if rule.Required && o.r != nil {
		o.r.Check.Required(o.Path(name), false)
	}
}

// Object returns a member that is an object. If the member is not there, so is the Object.
func (o Object) Object(name string, rule Rule) Object {
	return o.object(name, rule, jsontext.Structure)
}

func (o Object) object(name string, rule Rule, wanted string) Object {
	raw := o.raw(name)
	if raw == nil {
		o.absent(name, rule)
		return Object{}
	}
	return o.below(place{above: o.place, name: name}, raw, wanted)
}

// Objects returns the elements of a member that is a list of objects. given tells an empty list from none.
func (o Object) Objects(name string, rule Rule) (elements []Object, given bool) {
	raw := o.raw(name)
	if raw == nil {
		o.absent(name, rule)
		return nil, false
	}
	elements, n := o.list(place{above: o.place, name: name}, raw, rule)
	o.count(name, raw, n, rule)
	return elements, true
}

// list opens what raw is as a list of objects at p, and returns how many elements it has, with those that are null.
func (o Object) list(p place, raw []byte, rule Rule) (elements []Object, n int) {
	at := len(o.r.places)
	o.r.places = append(o.r.places, p)
	elements = []Object{}
	for e := range o.elements(raw) {
		n++
		switch {
		case n > rule.most():
		case e[0] == 'n':
			o.r.Check.Required(o.r.path(at, strconv.Itoa(n)+".member"), false)
		default:
			elements = append(elements, o.below(place{above: at, n: n}, e, jsontext.Element))
		}
	}
	return elements, n
}

// elements yields the texts of the elements of an array.
func (o Object) elements(raw []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if raw[0] != '[' {
			o.r.wrong(raw, jsontext.List)
			return
		}
		s := jsontext.Scanner{Data: raw, Pos: 1}
		for first := true; s.Next(']', first); first = false {
			e, ok := skip(&s)
			if !ok || !yield(e) {
				return
			}
		}
	}
}

// Members yields the members of a member that is a map of objects, by their names in the order of the text. Of several
// of one name the last one counts.
func (o Object) Members(name string, rule Rule) iter.Seq2[string, Object] {
	m, entries := o.entries(name, rule)
	return func(yield func(string, Object) bool) {
		for key, raw := range entries {
			e := Object{}
			if raw[0] != 'n' {
				e = m.below(place{above: m.place, name: key, inMap: true}, raw, jsontext.Element)
			}
			if !yield(key, e) {
				return
			}
		}
	}
}

// Len returns how many members the object has.
func (o Object) Len() int { return o.to - o.from }

// count notes it if a list of n elements has too few or too many.
func (o Object) count(name string, raw []byte, n int, rule Rule) {
	if o.bound(name, raw, n, rule); n > rule.most() {
		o.r.Refuse(exception.Validation.Errorf("%s has more than %d elements", name, rule.most()))
	}
}

// bound notes it if a list or a map breaks the bounds that the model has.
func (o Object) bound(name string, raw []byte, n int, rule Rule) {
	if n < rule.Min || rule.Max > 0 && n > rule.Max {
		o.r.Check.Count(o.Path(name), shown(raw), n, rule.Min, rule.Max)
	}
}

// shown returns the text of a list or map for the message about it, and not all of a long one.
func shown(raw []byte) string {
	const enough = 1024
	if len(raw) > enough {
		return string(raw[:enough]) + "..."
	}
	return string(raw)
}

// Unsupported refuses the request if o has one of the named members.
func (o Object) Unsupported(names ...string) {
	for _, name := range names {
		if !o.Has(name) {
			continue
		}
		if o.place >= 0 {
			name = o.Path(name)
		}
		o.r.Refuse(exception.Validation.Errorf("Tidemark does not support the parameter %s yet", name))
	}
}
