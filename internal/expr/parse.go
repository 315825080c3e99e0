package expr

import (
	"strconv"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

// MaxSize is the greatest length of an expression in bytes.
const MaxSize = 4096

// How many operators and functions an expression may have, how many operands IN, and how large an index may be.
const (
	maxOperators  = 300
	maxInOperands = 100
	maxIndex      = 1<<31 - 1
)

// fault is a class of things that can be wrong with an expression whose syntax is right. Of several classes the service
// tells the first.
type fault uint8

const (
	// What can be seen without names and values: reserved words, functions where they may not be, a section twice.
	faultWord fault = iota
	faultPath       // of what an update changes or a projection names: a path by itself or beside the others
	faultOperand
	faultClasses = int(faultOperand) + 1
)

// noted is a fault that has been found. Of one class the one counts whose place is the least, or that was found first.
type noted struct {
	reason string
	place  int
}

// parser reads one expression. Once its text has turned out to be no expression, failure says why, and the parser sees
// nothing but the end of the text, so that whatever is being parsed comes to its end as well.
type parser struct {
	kind     string // what the expression is in the request
	text     string
	keywords []string // words that cannot name attributes, for they structure this kind of expression
	params   *Params

	last, token token // the token at hand and the one before it
	failure     string
	faults      [faultClasses]noted
	turn        int    // the place of faults of paths and operands
	undefined   string // the first placeholder of the path at hand that is not defined
	clashed     bool   // two paths do
	operators   int
	nests       bool // functions may be operands of others
}

// newParser returns a parser at the first token of text, or the reason why the text is not looked at.
func newParser(kind, text string, keywords []string, params *Params) (p parser, err error) {
	if len(text) > MaxSize {
		return p, refuse("Invalid " + kind + ": Expression size has exceeded the maximum allowed size;" + told(kind, text))
	}
	p = parser{kind: kind, text: text, keywords: keywords, params: params}
	if text == "" {
		return p, refuse("Invalid " + kind + ": The expression can not be empty;")
	}
	p.token = scan(text, 0)
	if p.token.kind == tokenEnd {
		p.unexpected() // nothing but blanks
	}
	return p, nil
}

// told is how a message tells the size of a text: only for conditions and filters the service does.
func told(kind, text string) string {
	switch kind {
	case kindUpdate, kindProjection, kindKeyCondition:
		return ""
	}
	return " expression size: " + strconv.Itoa(len(text))
}

// finish requires the end of the text.
func (p *parser) finish() {
	if p.failure == "" && p.token.kind != tokenEnd {
		p.unexpected()
	}
}

// err returns what is wrong with the expression, with some words before it.
func (p *parser) err(before string) error {
	if p.failure != "" {
		return refuse(before + p.failure)
	}
	for _, f := range p.faults {
		if f.reason != "" {
			return refuse(before + f.reason)
		}
	}
	return nil
}

// note records a fault of a path or an operand.
func (p *parser) note(class fault, parts ...string) { p.noteAt(p.turn, class, parts...) }

// noteAt records a fault if it counts more than what has been found of its class. The parts of its text are joined only
// then.
func (p *parser) noteAt(place int, class fault, parts ...string) {
	if f := &p.faults[class]; p.failure == "" && (f.reason == "" || place < f.place) {
		*f = noted{strings.Join(parts, ""), place}
	}
}

// countOperator counts the operator or function at hand. The service stops where there is one too many.
func (p *parser) countOperator() {
	p.operators++
	if p.operators == maxOperators+1 {
		p.fail("The expression contains too many operators; operator count: " + strconv.Itoa(p.operators))
	}
}

// unexpected gives the text up: the token at hand cannot stand where it does. The message repeats the text from the
// token before it to the token after it, with the blanks that the text ends in if there is none.
func (p *parser) unexpected() {
	at := p.word()
	if p.token.kind == tokenEnd {
		at = "<EOF>"
	}
	after := scan(p.text, p.token.end).end
	p.fail("Syntax error; token: \"" + clip(at) + "\", near: \"" + clip(p.text[p.last.start:after]) + "\"")
}

// fail gives the text up for that reason.
func (p *parser) fail(reason string) {
	if p.failure == "" {
		p.failure = reason
		p.token = token{tokenEnd, len(p.text), len(p.text)}
	}
}

// word returns the text of the token at hand.
func (p *parser) word() string { return p.text[p.token.start:p.token.end] }

// advance goes on to the next token.
func (p *parser) advance() {
	if p.failure == "" {
		p.last = p.token
		p.token = scan(p.text, p.token.end)
	}
}

// atSign reports whether that sign is at hand.
func (p *parser) atSign(sign string) bool { return p.token.kind == tokenSign && p.word() == sign }

// accept goes past that sign if it is at hand, and reports whether it was.
func (p *parser) accept(sign string) bool {
	if !p.atSign(sign) {
		return false
	}
	p.advance()
	return true
}

// expect goes past that sign, without which the text is no expression.
func (p *parser) expect(sign string) {
	if !p.accept(sign) {
		p.unexpected()
	}
}

// atKeyword reports whether that keyword, in capitals or not, is at hand.
func (p *parser) atKeyword(word string) bool {
	return p.token.kind == tokenName && strings.EqualFold(p.word(), word)
}

// atName reports whether a name is at hand that is not a keyword.
func (p *parser) atName() bool {
	if p.token.kind != tokenName {
		return false
	}
	for _, word := range p.keywords {
		if p.atKeyword(word) {
			return false
		}
	}
	return true
}

// path reads a path without parentheses, whose faults are of that class.
func (p *parser) path(class fault) path {
	p.undefined = ""
	pa := p.steps(append(make(path, 0, 2), step{p.stepName(), noIndex}))
	switch {
	case len(pa) > maxSteps:
		p.note(class, tooManySteps(len(pa)))
	case p.undefined != "":
		p.note(class, "An expression attribute name used in the document path is not defined; attribute name: ", p.undefined)
	}
	return pa
}

// steps reads what may follow pa to make it a longer path.
func (p *parser) steps(pa path) path {
	for {
		switch {
		case p.accept("."):
			pa = append(pa, step{p.stepName(), noIndex})
		case p.accept("["):
			pa = append(pa, step{"", p.stepIndex()})
			p.expect("]")
		default:
			return pa
		}
	}
}

// stepName reads a name in a path, or a placeholder for one.
func (p *parser) stepName() (name string) {
	switch {
	case p.token.kind == tokenNameRef:
		ok := false
		if name, ok = p.params.name(p.word()); !ok && p.undefined == "" {
			p.undefined = p.word()
		}
	case p.atName():
		if name = p.word(); isReserved(name) {
			p.noteAt(p.token.start, faultWord, "Attribute name is a reserved keyword; reserved keyword: ", name)
		}
	default:
		p.unexpected()
	}
	p.advance()
	return name
}

// stepIndex reads an index in a path.
func (p *parser) stepIndex() int {
	if p.token.kind != tokenNumber {
		p.unexpected()
		return 0
	}
	index, err := strconv.Atoi(p.word())
	if err != nil || index > maxIndex {
		index = maxIndex
		p.noteAt(p.token.start, faultWord, "List index is not within the allowable range; index: [", clip(p.word()), "]")
	}
	p.advance()
	return index
}

// value reads a placeholder for a value. What is not defined is the zero Value.
func (p *parser) value() (v attr.Value) {
	if p.token.kind != tokenValueRef {
		p.unexpected()
		return v
	}
	v, ok := p.params.value(p.word())
	if !ok {
		p.note(faultOperand, "An expression attribute value used in expression is not defined; attribute value: ", p.word())
	}
	p.advance()
	return v
}

// refuse returns an error with that message.
func refuse(message string) error { return exception.Validation.Errorf("%s", message) }

// maxClip is about how much of a text a message repeats.
const maxClip = 1024

// clip returns text as a message may repeat it: valid UTF-8, and not too long.
func clip(text string) string {
	if len(text) > maxClip {
		text = text[:maxClip] + "..."
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
