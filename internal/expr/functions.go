package expr

import (
	"slices"
	"strconv"

	"github.com/tidemark-db/tidemark/attr"
)

// function is a function of the language, or + or -, which are treated as functions of two operands.
type function uint8

const (
	functionUnknown function = iota
	functionExists
	functionNotExists
	functionType
	functionBeginsWith
	functionContains
	functionSize
	functionIfNotExists
	functionListAppend
	functionPlus
	functionMinus
	functionTruth // of a condition, as a boolean; see [Builder]
)

// functions says of each function how it is written, how many operands it takes, the type of what it gives if that is
// always the same, and whether it belongs to updates rather than to conditions.
var functions = [...]struct {
	name     string
	operands int
	result   attr.Type
	update   bool
}{
	functionExists:      {"attribute_exists", 1, attr.TypeBOOL, false},
	functionNotExists:   {"attribute_not_exists", 1, attr.TypeBOOL, false},
	functionType:        {"attribute_type", 2, attr.TypeBOOL, false},
	functionBeginsWith:  {"begins_with", 2, attr.TypeBOOL, false},
	functionContains:    {"contains", 2, attr.TypeBOOL, false},
	functionSize:        {"size", 1, attr.TypeN, false},
	functionIfNotExists: {"if_not_exists", 2, 0, true},
	functionListAppend:  {"list_append", 2, 0, true},
	functionPlus:        {"+", 2, 0, true},
	functionMinus:       {"-", 2, 0, true},
	functionTruth:       {"", 0, attr.TypeBOOL, false},
}

func functionNamed(name string) function {
	for f := functionExists; f <= functionListAppend; f++ {
		if functions[f].name == name {
			return f
		}
	}
	return functionUnknown
}

func (f function) String() string { return functions[f].name }

// operand is what operators and functions work on: a value of the request, a part of the item, or what a function
// gives.
type operand struct {
	value attr.Value // if path and call are nil
	path  path
	place int // of what the path leads to among what is found
	call  *call
}

// call is a function with its operands.
type call struct {
	function function
	name     string // as written, for functions that there are not
	place    int    // in the text
	args     []operand
	test     *node // of functionTruth
}

// staticType returns the type of o if it can be told without an item, else zero.
func (o *operand) staticType() attr.Type {
	switch {
	case o.path != nil:
		return 0
	case o.call != nil:
		return functions[o.call.function].result
	}
	return o.value.Type()
}

// isValue reports whether o is a value of the request.
func (o *operand) isValue() bool { return o.path == nil && o.call == nil }

// operand reads one operand without parentheses around it.
func (p *parser) operand() operand {
	switch p.token.kind {
	case tokenValueRef:
		return operand{value: p.value()}
	case tokenName:
		next := scan(p.text, p.token.end)
		if p.atName() && next.kind == tokenSign && p.text[next.start:next.end] == "(" {
			return operand{call: p.call()}
		}
	}
	return operand{path: p.path(faultOperand)}
}

// groupedOperand reads one operand, which may have a pair of parentheses around it.
func (p *parser) groupedOperand() operand {
	o, _ := p.ungroup()
	return o
}

// ungroup is groupedOperand that tells whether there were parentheses.
func (p *parser) ungroup() (o operand, grouped bool) {
	if !p.accept("(") {
		return p.operand(), false
	}
	o, grouped = p.ungroup()
	p.expect(")")
	p.checkGroup(grouped)
	return o, true
}

// checkGroup gives the text up if what stands in parentheses stands in another pair of them already.
func (p *parser) checkGroup(already bool) {
	if already {
		p.fail("The expression has redundant parentheses;")
	}
}

// call reads a function and its operands.
func (p *parser) call() *call {
	c := &call{name: p.word(), function: functionNamed(p.word()), place: p.token.start}
	if c.function != functionUnknown {
		p.countOperator()
	}
	p.advance()
	p.expect("(")
	c.args = make([]operand, 0, 2)
	for {
		c.args = append(c.args, p.groupedOperand())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	p.checkCall(c)
	return c
}

// checkCall notes what is wrong with a function and its operands.
func (p *parser) checkCall(c *call) {
	if c.function == functionUnknown {
		p.noteAt(c.place, faultWord, "Invalid function name; function: ", clip(c.name))
		return
	}
	if functions[c.function].update != (p.kind == kindUpdate) {
		kind := "a condition"
		if p.kind == kindUpdate {
			kind = "an update"
		}
		p.noteAt(c.place, faultWord, "The function is not allowed in ", kind, " expression; function: ", c.name)
	}
	for i := range c.args {
		if !p.nests {
			p.checkNested(c.args[i].call)
		}
	}
	if len(c.args) != functions[c.function].operands {
		p.note(faultOperand, "Incorrect number of operands for operator or function; operator or function: ",
			c.name, ", number of operands: ", strconv.Itoa(len(c.args)))
		return
	}
	if p.kind != kindUpdate {
		p.checkDistinct(c.name, c.args)
	}
	p.checkTypes(c)
}

// checkNested notes it if a function may not be an operand.
func (p *parser) checkNested(c *call) {
	if c != nil && c.function != functionUnknown && c.function != functionSize && c.function != functionIfNotExists {
		p.noteMisuse(c)
	}
}

func (p *parser) noteMisuse(c *call) {
	p.noteAt(c.place, faultWord, "The function is not allowed to be used this way in an expression; function: ", c.name)
}

// checkDistinct notes it if the first operand and another one are the same part of the item.
func (p *parser) checkDistinct(operator string, args []operand) {
	first := args[0].path
	same := func(o operand) bool { return slices.Equal(o.path, first) }
	if first != nil && slices.ContainsFunc(args[1:], same) {
		p.note(faultOperand, "The first operand must be distinct from the remaining operands for this operator or "+
			"function; operator: ", operator, ", first operand: ", first.String())
	}
}

// checkTypes notes operands whose type alone makes them wrong for a function.
func (p *parser) checkTypes(c *call) {
	switch c.function {
	case functionExists, functionNotExists, functionIfNotExists:
		if c.args[0].path == nil {
			p.note(faultOperand, "Operator or function requires a document path; operator or function: ", c.name)
		}
	case functionType:
		p.checkTypeName(c)
	case functionBeginsWith:
		p.checkEach(c.name, c.args, attr.TypeS, attr.TypeB)
	case functionSize:
		switch t := c.args[0].staticType(); t {
		case attr.TypeN, attr.TypeBOOL, attr.TypeNULL:
			p.noteType(c.name, t.String())
		}
	case functionListAppend:
		p.checkEach(c.name, c.args, attr.TypeL)
	case functionPlus, functionMinus:
		p.checkEach(c.name, c.args, attr.TypeN)
	}
}

// checkEach notes the first of args whose type is known and not among those that are right.
func (p *parser) checkEach(operator string, args []operand, right ...attr.Type) {
args:
	for i := range args {
		t := args[i].staticType()
		if t == 0 {
			continue
		}
		for _, r := range right {
			if t == r {
				continue args
			}
		}
		p.noteType(operator, t.String())
		return
	}
}

func (p *parser) noteType(operator, t string) {
	p.note(faultOperand, "Incorrect operand type for operator or function; operator or function: ", operator,
		", operand type: ", t)
}

// checkTypeName notes it if the second operand of attribute_type is not the name of a type.
func (p *parser) checkTypeName(c *call) {
	o := &c.args[1]
	switch t := o.staticType(); {
	case o.path != nil:
		p.noteType(c.name, "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
	case t != attr.TypeS:
		p.noteType(c.name, t.String())
	default:
		name, _ := o.value.Text()
		if _, ok := attr.ParseType(name); !ok {
			p.note(faultOperand, "Invalid attribute type name found; type: ", clip(name),
				", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}")
		}
	}
}
