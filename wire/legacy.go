package wire

import (
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
	"github.com/tidemark-db/tidemark/internal/request"
)

// The parameters from before expressions. What they say is turned into what the parsers of expressions would make of an
// expression that says the same, so from there on nobody knows which it was.

// forms are the parameters with which an operation can say something: those without expressions and those with, each in
// the order in which the service lists them.
type forms struct {
	legacy      []string
	expressions []string
}

var (
	putForms    = forms{[]string{"Expected", "ConditionalOperator"}, []string{"ConditionExpression"}}
	updateForms = forms{
		[]string{"AttributeUpdates", "Expected", "ConditionalOperator"},
		[]string{"UpdateExpression", "ConditionExpression"},
	}
	getForms  = forms{[]string{"AttributesToGet"}, []string{"ProjectionExpression"}}
	scanForms = forms{
		[]string{"AttributesToGet", "ScanFilter", "ConditionalOperator"},
		[]string{"ProjectionExpression", "FilterExpression"},
	}
	queryForms = forms{
		[]string{"AttributesToGet", "QueryFilter", "ConditionalOperator"},
		[]string{"ProjectionExpression", "FilterExpression", "KeyConditionExpression"},
	}
)

var (
	comparisonOperator = request.Rule{Enum: []string{"IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL",
		"NE", "LE", "BEGINS_WITH", "GE", "CONTAINS"}}
	filterOperator      = request.Rule{Required: true, Enum: comparisonOperator.Enum}
	conditionalOperator = request.Rule{Enum: []string{"OR", "AND"}}
	updateAction        = request.Rule{Enum: []string{"ADD", "PUT", "DELETE"}}
	attributeNameRule   = request.Rule{Max: 65535}
	attributeNamesRule  = request.Rule{Min: 1}
)

// refuseMixed refuses to have both kinds of parameters in o, or names and values without an expression: what the
// service tells before all else that the model does not know of. KeyConditions go with all expressions but their own kind.
func (c *call) refuseMixed(o request.Object, f forms) {
	c.refuseMixture(o, f)
	names, values := o.Has("ExpressionAttributeNames"), o.Has("ExpressionAttributeValues")
	if names || values {
		c.refuseErr(unneeded(o, names, values, f.expressions))
	}
}

func (c *call) refuseMixture(o request.Object, f forms) {
	if !slices.ContainsFunc(f.legacy, o.Has) && !o.Has("KeyConditions") || !slices.ContainsFunc(f.expressions, o.Has) {
		return
	}
	var legacy, expressions []string
	for _, name := range f.legacy {
		if o.Has(name) {
			legacy = append(legacy, name)
		}
	}
	for _, name := range f.expressions {
		if o.Has(name) {
			expressions = append(expressions, name)
		}
	}
	if slices.Contains(expressions, "KeyConditionExpression") && o.Has("KeyConditions") {
		legacy = append(legacy, "KeyConditions")
	}
	if legacy != nil {
		c.Refuse(mixture(legacy, expressions))
	}
}

func mixture(legacy, expressions []string) error {
	return exception.Validation.Errorf("Can not use both expression and non-expression parameters in the same "+
		"request: Non-expression parameters: {%s} Expression parameters: {%s}",
		strings.Join(legacy, ", "), strings.Join(expressions, ", "))
}

// refuseErr refuses the request if there is an error.
func (c *call) refuseErr(err error) {
	if err != nil {
		c.Refuse(err)
	}
}

// joined returns the condition that the comparisons of a filter or of Expected make, joined as the request says; nil if
// there are none.
func (c *call) joined(comparisons []expr.Comparison) *expr.Condition {
	operator := c.in.Text("ConditionalOperator", conditionalOperator)
	switch {
	case operator == "":
	case len(comparisons) == 0:
		c.Refuse(exception.Validation.Errorf("ConditionalOperator cannot be used without Filter or Expected"))
	case len(comparisons) == 1:
		c.Refuse(exception.Validation.Errorf(
			"ConditionalOperator can only be used when Filter or Expected has two or more elements"))
	}
	return expr.NewCondition(comparisons, operator == "OR")
}

// legacyFilter returns what QueryFilter or ScanFilter says; nil if there is none.
func (c *call) legacyFilter(name string) *expr.Condition {
	if !c.in.Has(name) && !c.in.Has("ConditionalOperator") {
		return nil
	}
	return c.joined(c.conditions(name))
}

// conditions returns the comparisons of a filter or of KeyConditions.
func (c *call) conditions(name string) []expr.Comparison {
	var all []expr.Comparison
	for attribute, o := range c.in.Members(name, optional) {
		if !o.Given() {
			c.Refuse(exception.Validation.Errorf("The filter condition for an attribute cannot be null: %s", attribute))
			continue
		}
		values, _ := o.ValueList("AttributeValueList", optional)
		operator := o.Text("ComparisonOperator", filterOperator)
		if comparison, ok := c.comparison(attribute, operator, values); ok {
			all = append(all, comparison)
		}
	}
	return all
}

// comparison makes a comparison; ok is false if it cannot be.
func (c *call) comparison(attribute, operator string, values []attr.Value) (comparison expr.Comparison, ok bool) {
	comparison, err := expr.NewComparison(attribute, operator, values)
	c.refuseErr(err)
	return comparison, err == nil
}

// legacyKeys returns what KeyConditions say.
func (c *call) legacyKeys() expr.KeyExpression {
	return expr.NewKeyExpression(c.conditions("KeyConditions"))
}

// expected returns what Expected says; nil if it is not there.
func (c *call) expected() *expr.Condition {
	if !c.in.Has("Expected") && !c.in.Has("ConditionalOperator") {
		return nil
	}
	var all []expr.Comparison
	for attribute, o := range c.in.Members("Expected", optional) {
		if comparison, ok := c.expectation(attribute, o); ok {
			all = append(all, comparison)
		}
	}
	return c.joined(all)
}

// expectation reads what is expected of one attribute: a comparison, or that it has a value, or that it is not there.
func (c *call) expectation(attribute string, o request.Object) (comparison expr.Comparison, ok bool) {
	valued, listed := o.Has("Value"), o.Has("AttributeValueList")
	exists, existing := o.Bool("Exists", optional)
	operator := o.Text("ComparisonOperator", comparisonOperator)
	reason := ""
	switch {
	case !o.Given():
		reason = "ExpectedAttributeValue must not be null"
	case valued && listed:
		reason = "Value and AttributeValueList cannot be used together"
	case operator != "" && existing:
		reason = "Exists and ComparisonOperator cannot be used together"
	case operator == "" && listed:
		reason = "AttributeValueList can only be used with a ComparisonOperator"
	case operator == "NULL" || operator == "NOT_NULL":
	case operator != "" && !valued && !listed:
		reason = "Value or AttributeValueList must be used with ComparisonOperator: " + operator
	case operator != "":
	case !existing && !valued:
		reason = "Value must be provided when Exists is null"
	case exists && !valued:
		reason = "Value must be provided when Exists is true"
	case existing && !exists && valued:
		reason = "Value cannot be used when Exists is false"
	case existing && !exists:
		operator = "NULL"
	default:
		operator = "EQ"
	}
	if reason != "" {
		c.Refuse(invalid("%s for Attribute: %s", reason, attribute))
	}
	values, _ := o.ValueList("AttributeValueList", optional)
	if value := o.Value("Value", optional); valued {
		values = []attr.Value{value}
	}
	if reason != "" {
		return comparison, false
	}
	return c.comparison(attribute, operator, values)
}

// attributeUpdates returns what AttributeUpdates say; nil if they are not there.
func (c *call) attributeUpdates() *expr.Update {
	if !c.in.Has("AttributeUpdates") {
		return nil
	}
	var all []expr.Assignment
	for attribute, o := range c.in.Members("AttributeUpdates", optional) {
		if !o.Given() {
			c.Check.Required(c.in.Path("AttributeUpdates")+"."+attribute+".member", false)
			continue
		}
		value := o.Value("Value", optional)
		assignment, err := expr.NewAssignment(attribute, o.Text("Action", updateAction), value)
		c.refuseErr(err)
		all = append(all, assignment)
	}
	return expr.NewUpdate(all)
}

// attributesToGet returns what AttributesToGet of o say; nil if they are not there.
func (c *call) attributesToGet(o request.Object) *expr.Projection {
	if !o.Has("AttributesToGet") {
		return nil
	}
	names, _ := o.Texts("AttributesToGet", attributeNamesRule, attributeNameRule)
	projection, err := expr.NewProjection(names)
	c.refuseErr(err)
	return projection
}

// The following read both forms even where there may be one only: the model's rules hold for both.

// eitherUpdate returns what UpdateExpression or AttributeUpdates say.
func (e *expressions) eitherUpdate() *expr.Update {
	legacy := e.c.attributeUpdates()
	if update := e.update(); update != nil {
		return update
	}
	return legacy
}

// eitherProjection returns what ProjectionExpression or AttributesToGet say.
func (e *expressions) eitherProjection() *expr.Projection {
	legacy := e.c.attributesToGet(e.o)
	if projection := e.projection(); projection != nil {
		return projection
	}
	return legacy
}

// readEitherGuard is readGuard for an operation that can have Expected.
func (e *expressions) readEitherGuard() *guard {
	legacy := e.c.expected()
	g := e.readGuard()
	if g.condition == nil {
		g.condition = legacy
	}
	return g
}
