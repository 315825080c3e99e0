package wire

import (
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/table"
)

// expressions reads the expressions of a request, or of one of several operations in it.
type expressions struct {
	c      *call
	o      request.Object
	params *expr.Params
	err    error // the first fault
}

// readExpressions begins to read the expressions of o, which may have those that are named. Names without any of them
// are refused, and so are values without any that can have values: a projection, which is named first, cannot. Where
// there is nothing else, values are no part of the request.
func (c *call) readExpressions(o request.Object, named ...string) expressions {
	e := expressions{c: c, o: o}
	valued := valuedOf(named)
	names := o.Names("ExpressionAttributeNames")
	var values map[string]attr.Value
	var fault error
	if len(valued) > 0 {
		values, fault = o.Values("ExpressionAttributeValues")
	}
	if names == nil && values == nil {
		return e
	}
	err := unneeded(o, names != nil, values != nil, named)
	if err != nil {
		e.refuse(err)
		return e
	}
	e.params, err = expr.NewParams(names, values)
	e.refuse(err)
	e.refuse(fault)
	return e
}

// valuedOf returns those of the named expressions that can have values: a projection, which is named first, cannot.
func valuedOf(named []string) []string {
	if named[0] == "ProjectionExpression" {
		return named[1:]
	}
	return named
}

// unneeded refuses names without any of the named expressions, and values without any that can have them.
func unneeded(o request.Object, names, values bool, named []string) error {
	if names && !slices.ContainsFunc(named, o.Has) {
		return exception.Validation.Errorf("ExpressionAttributeNames can only be specified when using expressions")
	}
	if valued := valuedOf(named); values && len(valued) > 0 && !slices.ContainsFunc(valued, o.Has) {
		return withoutExpression(valued)
	}
	return nil
}

// withoutExpression says that there is nothing to use values in.
func withoutExpression(named []string) error {
	are := " is null"
	if len(named) > 1 {
		are = " are null"
	}
	return exception.Validation.Errorf("ExpressionAttributeValues can only be specified when using expressions: %s%s",
		strings.Join(named, " and "), are)
}

func (e *expressions) refuse(err error) {
	if e.err == nil && err != nil {
		e.err = err
		e.c.Refuse(err)
	}
}

// text returns an expression; ok is false if it is not there, or if nothing more needs to be found out.
func (e *expressions) text(name string) (text string, ok bool) {
	if !e.o.Has(name) {
		return "", false
	}
	return e.o.Text(name, optional), e.err == nil
}

func (e *expressions) condition(name string) *expr.Condition {
	text, ok := e.text(name)
	if !ok {
		return nil
	}
	parsed, err := expr.ParseCondition(name, text, e.params)
	e.refuse(err)
	return parsed
}

func (e *expressions) update() *expr.Update {
	text, ok := e.text("UpdateExpression")
	if !ok {
		return nil
	}
	parsed, err := expr.ParseUpdate(text, e.params)
	e.refuse(err)
	return parsed
}

func (e *expressions) projection() *expr.Projection {
	text, ok := e.text("ProjectionExpression")
	if !ok {
		return nil
	}
	parsed, err := expr.ParseProjection(text, e.params)
	e.refuse(err)
	return parsed
}

// end refuses names and values that no expression has used.
func (e *expressions) end() {
	if e.err == nil {
		e.refuse(e.params.Unused())
	}
}

// guard is the condition of a write, and what it was not true of.
type guard struct {
	condition *expr.Condition
	tell      bool // whether to tell
	failed    attr.Item
}

// onFailure are the values of ReturnValuesOnConditionCheckFailure.
var onFailure = request.Rule{Enum: []string{"ALL_OLD", "NONE"}}

// readGuard reads the condition of a write.
func (e *expressions) readGuard() *guard {
	return &guard{
		condition: e.condition("ConditionExpression"),
		tell:      e.o.Text("ReturnValuesOnConditionCheckFailure", onFailure) == "ALL_OLD",
	}
}

// fits refuses a condition that a table cannot have.
func (g *guard) fits(t *table.Table) error {
	if g.condition == nil {
		return nil
	}
	return checkPaths(t.Definition(), g.condition, nil)
}

// holds reports whether the write may happen.
func (g *guard) holds(old attr.Item) bool {
	if g.condition == nil || g.condition.Holds(old) {
		return true
	}
	g.failed = old
	return false
}

// refusal returns err with the item that the condition was not true of, if it was asked for.
func (g *guard) refusal(err error) error {
	if err == nil || !g.tell || g.failed.IsZero() {
		return err
	}
	return &refusal{error: err, item: g.failed}
}
