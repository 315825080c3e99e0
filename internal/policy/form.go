package policy

import (
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/jsontext"
)

// reader writes the parts of a document anew, in their order, and keeps the first fault.
type reader struct {
	document  string
	partition string
	sids      map[string]bool
	out       jsontext.Writer
	err       error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// misplaced notes that v cannot be where it is.
func (r *reader) misplaced(v value) { r.syntax(v.at) }

// syntax notes that the document cannot go on as it does from a place on.
func (r *reader) syntax(at int) {
	before := r.document[:at]
	line := 1 + strings.Count(before, "\n")
	column := at - strings.LastIndexByte(before, '\n')
	r.fail(malformed("Syntax error at position (%d,%d)", line, column))
}

// named returns the members of an object by the names that they may have, in that order; those that are not there are
// nil.
func (r *reader) named(v value, names ...string) []*value {
	found := make([]*value, len(names))
	if v.kind != '{' {
		r.misplaced(v)
		return found
	}
	for i := range v.members {
		m := &v.members[i]
		n := slices.Index(names, m.name)
		if n < 0 || found[n] != nil {
			r.misplaced(m.value)
			continue
		}
		found[n] = &m.value
	}
	return found
}

func (r *reader) policy(v value) Policy {
	members := r.named(v, "Version", "Id", "Statement")
	version, id, statement := members[0], members[1], members[2]
	var p Policy
	if version != nil {
		p.version = version.text
		if version.kind != '"' || version.text != "2012-10-17" && version.text != defaultVersion {
			r.misplaced(*version)
		}
	}
	if id != nil {
		r.string("Id", *id)
	}
	switch {
	case len(v.members) == 0:
		r.syntax(v.end)
	case statement == nil:
		r.fail(malformed("Missing required field Statement"))
	case statement.kind == '[' && len(statement.elements) == 0:
		r.fail(malformed("Could not parse the policy: Statement is empty!"))
	case statement.kind == '[':
		r.statements(statement.elements)
	default:
		r.statements([]value{*statement})
	}
	p.rest = string(r.out.Buf) + "}"
	return p
}

func (r *reader) string(name string, v value) {
	if v.kind != '"' {
		r.misplaced(v)
		return
	}
	r.out.Name(name)
	r.out.String(v.text)
}

func (r *reader) statements(list []value) {
	r.out.Name("Statement")
	r.out.Begin('[')
	for _, v := range list {
		r.out.Elem()
		r.out.Begin('{')
		r.statement(v)
		r.out.End('}')
	}
	r.out.End(']')
}

func (r *reader) statement(v value) {
	names := []string{
		"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
	}
	members := r.named(v, names...)
	if sid := members[0]; sid != nil {
		r.string("Sid", *sid)
		if r.sids[sid.text] {
			r.fail(malformed("The Statement Ids in the policy are not unique"))
		}
		r.sids[sid.text] = true
	}
	allow := r.effect(members[1])
	r.either(names[2:4], members[2:4], func(v value) { r.principal(v, allow && members[2] != nil && members[8] == nil) })
	r.either(names[4:6], members[4:6], r.strings)
	r.either(names[6:8], members[6:8], r.strings)
	if condition := members[8]; condition != nil {
		r.out.Name("Condition")
		r.condition(*condition)
	}
}

// effect reads what a statement does, in whatever case it is written.
func (r *reader) effect(v *value) (allow bool) {
	if v == nil {
		r.fail(malformed("Missing required field Effect"))
		return false
	}
	for _, effect := range []string{"Allow", "Deny"} {
		if v.kind == '"' && strings.EqualFold(v.text, effect) {
			r.out.Name("Effect")
			r.out.String(effect)
			return effect == "Allow"
		}
	}
	r.misplaced(*v)
	return false
}

// either writes the one of two members that is there.
func (r *reader) either(names []string, members []*value, write func(value)) {
	switch {
	case members[0] == nil && members[1] == nil:
		r.fail(malformed("Missing required field %s", names[0]))
	case members[0] != nil && members[1] != nil:
		r.misplaced(*members[1])
	case members[0] != nil:
		r.out.Name(names[0])
		write(*members[0])
	default:
		r.out.Name(names[1])
		write(*members[1])
	}
}

// principal writes whom a statement is about. If it is to be bounded that cannot be everybody.
func (r *reader) principal(v value, bounded bool) {
	if v.kind == '"' && v.text == "*" {
		r.everybody(bounded)
		r.out.String("*")
		return
	}
	if v.kind != '{' || len(v.members) == 0 {
		r.misplaced(v)
		return
	}
	r.out.Begin('{')
	kinds := []string{"AWS", "Service", "Federated", "CanonicalUser"}
	for i, m := range r.named(v, kinds...) {
		if m == nil {
			continue
		}
		who := r.texts(*m)
		if kinds[i] == "AWS" {
			r.everybody(bounded && slices.Contains(who, "*"))
			who = r.accounts(who)
		}
		r.out.Name(kinds[i])
		r.write(who)
	}
	r.out.End('}')
}

func (r *reader) everybody(refused bool) {
	if refused {
		r.fail(exception.Validation.Errorf("Resource-based policy grants unbounded access in one or more elements. " +
			"Please revise the policy to ensure least-privilege form of access"))
	}
}

// accounts returns principals with accounts as the ARNs of their roots, each of them once.
func (r *reader) accounts(who []string) (distinct []string) {
	for _, w := range who {
		if arn.ValidAccount(w) {
			w = "arn:" + r.partition + ":iam::" + w + ":root"
		}
		if !slices.Contains(distinct, w) {
			distinct = append(distinct, w)
		}
	}
	return distinct
}

func (r *reader) strings(v value) { r.write(r.texts(v)) }

// texts reads a string, or a list of them.
func (r *reader) texts(v value) (texts []string) {
	list := v.elements
	if v.kind != '[' {
		list = []value{v}
	}
	if len(list) == 0 {
		r.misplaced(v)
	}
	for _, e := range list {
		if e.kind != '"' {
			r.misplaced(e)
		}
		texts = append(texts, e.text)
	}
	return texts
}

func (r *reader) write(texts []string) {
	if len(texts) == 1 {
		r.out.String(texts[0])
		return
	}
	r.out.Begin('[')
	for _, text := range texts {
		r.out.Elem()
		r.out.String(text)
	}
	r.out.End(']')
}

// condition writes operators with the values of the keys that they look at.
func (r *reader) condition(v value) {
	r.object(v, func(keys value) {
		r.object(keys, func(values value) {
			if values.kind != '[' {
				r.scalar(values)
				return
			}
			if len(values.elements) == 1 {
				r.scalar(values.elements[0])
				return
			}
			r.out.Begin('[')
			for _, e := range values.elements {
				r.out.Elem()
				r.scalar(e)
			}
			r.out.End(']')
		})
	})
}

// object writes an object whose names are free, in the order in which it has them.
func (r *reader) object(v value, write func(value)) {
	if v.kind != '{' {
		r.misplaced(v)
		return
	}
	r.out.Begin('{')
	for _, m := range v.members {
		r.out.Name(m.name)
		write(m.value)
	}
	r.out.End('}')
}

func (r *reader) scalar(v value) {
	switch v.kind {
	case '{', '[', 'n':
		r.misplaced(v)
	case '"':
		r.out.String(v.text)
	default:
		r.out.Buf = append(r.out.Buf, v.text...)
	}
}
