// Package policy reads the documents of resource policies, and writes them in the one form in which the service gives
// them back: without white space, members in a fixed order, a list of one as its element, accounts as the ARNs of their
// roots. It knows the form of a policy and the few things that a table or stream must not have in one. It neither knows
// actions and principals nor decides who may do what.
package policy

import (
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/jsontext"
)

// MaxSize is how many bytes a document may have, white space included.
const MaxSize = 20480

// defaultVersion is what the service shows for a document without a version.
const defaultVersion = "2008-10-17"

// Policy is a document. Two of them are == if they are one and the same to the service. The zero Policy is none.
type Policy struct {
	version string // empty: the document has none, which is not the same as one that names the default
	rest    string // in the form in which it is given back, from what comes after the version
}

// IsZero reports whether there is no policy.
func (p Policy) IsZero() bool { return p.rest == "" }

// String returns the document as the service gives it back.
func (p Policy) String() string {
	if p.IsZero() {
		return ""
	}
	version := p.version
	if version == "" {
		version = defaultVersion
	}
	return `{"Version":"` + version + `",` + p.rest
}

// Parse reads a document. Accounts are those of the given partition. The error is a ValidationException with the first
// fault.
func Parse(document, partition string) (Policy, error) {
	if len(document) > MaxSize {
		return Policy{}, invalid("Maximum policy size of %d bytes exceeded", MaxSize)
	}
	root, ok := read(document)
	switch {
	case !ok || root.kind != '{' && root.kind != 'n':
		return Policy{}, malformed("This policy contains invalid Json")
	case root.kind == 'n':
		return Policy{}, malformed("This text appears not to be a policy")
	}
	r := reader{document: document, partition: partition, sids: make(map[string]bool)}
	p := r.policy(root)
	if r.err != nil {
		return Policy{}, r.err
	}
	return p, nil
}

func invalid(format string, args ...any) error {
	return exception.Validation.Errorf("One or more parameter values were invalid: "+format, args...)
}

func malformed(format string, args ...any) error {
	return invalid("Invalid policy document: "+format, args...)
}

// value is a part of a document.
type value struct {
	at, end  int    // where it begins, and where it is over
	kind     byte   // its first byte: one of {["tfn- and the digits
	text     string // what a string denotes; how anything else but an object or array is written
	members  []member
	elements []value
}

type member struct {
	name  string
	value value
}

// maxDepth is how deep a document may nest: far deeper than a policy can.
const maxDepth = 32

func read(document string) (root value, ok bool) {
	s := jsontext.Scanner{Data: []byte(document)}
	root = readValue(&s, 0)
	s.End()
	return root, s.Err() == nil
}

func readValue(s *jsontext.Scanner, depth int) value {
	v := value{kind: s.Peek()}
	v.at = s.Pos
	switch {
	case depth > maxDepth:
		s.Fail("too deep")
	case v.kind == '{':
		s.Pos++
		for first := true; s.Next('}', first); first = false {
			name, named := s.Member(nil)
			if !named {
				break
			}
			v.members = append(v.members, member{string(name), readValue(s, depth+1)})
		}
	case v.kind == '[':
		s.Pos++
		for first := true; s.Next(']', first); first = false {
			v.elements = append(v.elements, readValue(s, depth+1))
		}
	case v.kind == '"':
		text, _ := s.Text(nil)
		v.text = string(text)
	default:
		s.Skip()
		v.text = string(s.Data[v.at:s.Pos])
	}
	v.end = s.Pos
	return v
}
