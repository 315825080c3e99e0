package expr

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
)

// verb is what an action of an update does.
type verb uint8

const (
	verbSet verb = iota
	verbRemove
	verbAdd
	verbDelete
	verbs = 4
)

var updateKeywords = []string{verbSet: "SET", verbRemove: "REMOVE", verbAdd: "ADD", verbDelete: "DELETE"}

// String returns the verb as the section is written that it begins.
func (v verb) String() string { return updateKeywords[v] }

// action is one change of an update.
type action struct {
	verb   verb
	legacy bool // it is an [Assignment]: it can add lists, and tells a wrong type in words of its own
	path   path
	was    operand // what ADD and DELETE find there
	value  operand // none of REMOVE
}

// Update is an update expression. It is immutable and may be used by several goroutines at once.
type Update struct {
	actions []action // in the order of the text
	tree    branch   // of their paths
	reads   reads
}

// ParseUpdate parses text, a request's UpdateExpression, and notes in params what it uses. The error is an
// exception.Validation.
func ParseUpdate(text string, params *Params) (*Update, error) {
	p, err := newParser(kindUpdate, text, updateKeywords, params)
	if err != nil {
		return nil, err
	}
	u := &Update{}
	var seen [verbs]bool
	for p.failure == "" && p.token.kind != tokenEnd {
		v, ok := p.verb()
		if !ok {
			p.unexpected()
			break
		}
		p.section(u, v)
		if seen[v] {
			p.noteAt(p.last.end, faultWord, `The "`, v.String(), `" section can only be used once in an update expression;`)
		}
		seen[v] = true
	}
	p.finish()
	for use := range slices.Backward(u.actions) {
		p.plant(&u.tree, u.actions[use].path, use)
	}
	if err := p.err("Invalid UpdateExpression: "); err != nil {
		return nil, err
	}
	u.findReads()
	return u, nil
}

// findReads finds what the actions read.
func (u *Update) findReads() {
	list := make([]*operand, 0, 4)
	for i := range u.actions {
		a := &u.actions[i]
		if a.verb == verbAdd || a.verb == verbDelete {
			a.was.path = a.path
			list = append(list, &a.was)
		}
		list = a.value.paths(list)
	}
	u.reads = newReads(list)
}

// Attributes returns the names of the attributes that the update changes or of which it changes a part, in ascending
// order. None of them may be part of the key, which is for the caller to see to.
func (u *Update) Attributes() []string { return u.tree.names() }

// Nested returns the names of those attributes of which the update changes or reads a part, in ascending order.
func (u *Update) Nested() []string { return merged(u.tree.nested(), u.reads.tree.nested()) }

// Project returns the parts of item that the update's actions name, as a [Projection] of their paths would. Of the
// item before the update that is what ReturnValues calls UPDATED_OLD, of the one after it UPDATED_NEW: element 1 of a
// list is then what stands there after the update, also if that removed the element that stood there before.
func (u *Update) Project(item attr.Item) attr.Item { return u.tree.project(item) }

// verb reads the word that begins a section.
func (p *parser) verb() (v verb, ok bool) {
	for i, word := range updateKeywords {
		if p.atKeyword(word) {
			p.advance()
			return verb(i), true
		}
	}
	return 0, false
}

// section reads the actions of a section.
func (p *parser) section(u *Update, v verb) {
	for {
		p.turn = -len(u.actions) // of several actions the last one is looked at first
		a := action{verb: v, path: p.path(faultPath)}
		switch v {
		case verbSet:
			p.expect("=")
			a.value, _ = p.sum()
		case verbAdd, verbDelete:
			a.value.value = p.value()
			p.checkVerb(v, a.value.value.Type())
		}
		u.actions = append(u.actions, a)
		if !p.accept(",") {
			return
		}
	}
}

// checkVerb notes it if ADD or DELETE cannot take a value of that type.
func (p *parser) checkVerb(v verb, t attr.Type) {
	name := ""
	switch t {
	case attr.TypeS:
		name = "STRING"
	case attr.TypeN:
		if v == verbDelete {
			name = "NUMBER"
		}
	case attr.TypeB:
		name = "BINARY"
	case attr.TypeBOOL:
		name = "BOOLEAN"
	case attr.TypeNULL:
		name = "NULL"
	case attr.TypeL:
		name = "LIST"
	case attr.TypeM:
		name = "MAP"
	}
	if name != "" {
		p.note(faultOperand, "Incorrect operand type for operator or function; operator: ", v.String(),
			", operand type: ", name)
	}
}

// sum reads what SET assigns: an operand, or two of them with + or - between. It reports whether the whole of it is in
// parentheses.
func (p *parser) sum() (o operand, grouped bool) {
	if p.accept("(") {
		o, grouped = p.sum()
		p.expect(")")
		p.checkGroup(grouped)
		if o.call != nil && o.call.function >= functionPlus {
			return o, true // it cannot be part of another sum
		}
		grouped = true
	} else {
		o = p.operand()
	}
	f := functionPlus
	switch {
	case p.atSign("-"):
		f = functionMinus
	case !p.atSign("+"):
		return o, grouped
	}
	c := &call{function: f, name: f.String()}
	p.countOperator()
	p.advance()
	c.args = []operand{o, p.groupedOperand()}
	p.checkCall(c)
	return operand{call: c}, false
}
