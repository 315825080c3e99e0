package partiql

import (
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// span is the values of a sort key between two ends. The zero span is all of them.
type span struct{ lower, upper end }

// end is the last value on one side of a span, or the first one beyond it. The zero end is none.
type end struct {
	value    attr.Value
	included bool
	prefix   bool // an upper end: all that begins with value is included
}

// spanOf returns the values for which a condition holds.
func spanOf(c expr.SortCondition) span {
	at := end{value: c.Value, included: true}
	switch c.Operator {
	case expr.SortEqual:
		return span{at, at}
	case expr.SortBetween:
		return span{at, end{value: c.Upper, included: true}}
	case expr.SortBeginsWith:
		return span{at, end{c.Value, true, true}}
	case expr.SortAtMost:
		return span{upper: at}
	case expr.SortAtLeast:
		return span{lower: at}
	case expr.SortLess:
		return span{upper: end{value: c.Value}}
	default:
		return span{lower: end{value: c.Value}}
	}
}

func (e end) none() bool { return e.value.IsZero() }

// below reports whether a lower end lets v in.
func (e end) below(v attr.Value) bool {
	if e.none() {
		return true
	}
	c, ok := v.Compare(e.value)
	return ok && (c > 0 || c == 0 && e.included)
}

// above reports whether an upper end lets v in.
func (e end) above(v attr.Value) bool {
	if e.none() {
		return true
	}
	c, ok := v.Compare(e.value)
	return ok && (c < 0 || c == 0 && e.included) || e.prefix && expr.BeginsWith(v, e.value)
}

// empty reports whether there can be no value in s.
func (s span) empty() bool {
	lower, upper := s.lower, s.upper
	return !lower.none() && !(upper.above(lower.value) && (lower.included || upper.prefix || lower.value != upper.value))
}

// and returns what is in both.
func (s span) and(other span) span {
	if l := other.lower; s.lower.none() || !l.below(s.lower.value) {
		s.lower = l
	}
	if u := other.upper; s.upper.none() || !u.above(s.upper.value) || s.upper.prefix && expr.BeginsWith(u.value, s.upper.value) {
		s.upper = u
	}
	return s
}

// condition returns the condition on a sort key by which the fewest values are read, from where the reading begins
// until it is past the span.
func (s span) condition(reverse bool) expr.SortCondition {
	lower, upper := s.lower, s.upper
	c := expr.SortCondition{Operator: expr.SortAtLeast, Value: lower.value}
	switch {
	case lower.none() && upper.none():
		return expr.SortCondition{}
	case upper.prefix && (reverse || lower.included && lower.value == upper.value):
		return expr.SortCondition{Operator: expr.SortBeginsWith, Value: upper.value}
	case lower.included && upper.included && lower.value == upper.value:
		c.Operator = expr.SortEqual
	case lower.included && upper.included && !upper.prefix:
		c.Operator, c.Upper = expr.SortBetween, upper.value
	case lower.none() || reverse && !upper.none():
		c.Operator, c.Value = expr.SortAtMost, upper.value
		if !upper.included {
			c.Operator = expr.SortLess
		}
	case !lower.included:
		c.Operator = expr.SortGreater
	}
	return c
}
