package wire

import (
	"bytes"
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
	"github.com/tidemark-db/tidemark/snapshot"
)

func query(c *call) error {
	r := c.readReading()
	forward, given := c.in.Bool("ScanIndexForward", optional)
	c.in.Unsupported("KeyConditions", "QueryFilter", "ConditionalOperator", "AttributesToGet")
	e := c.readExpressions(c.in, "ProjectionExpression", "FilterExpression", "KeyConditionExpression")
	keys := e.keys()
	r.readExpressions(&e)
	r.checkSelection(c, "1 validation error detected: ")
	c.refuseMetrics()
	if err := c.Err(); err != nil {
		return err
	}
	s, err := c.open(r)
	if err != nil {
		return err
	}
	condition, err := s.resolve(keys, r.after)
	if err != nil {
		return err
	}
	if err := s.checkQuery(r); err != nil {
		return err
	}
	return c.answerPage(r, s, snapshot.Query{
		Partition: condition.Partition,
		Sort:      sortRange(condition.Sort),
		Reverse:   given && !forward,
	})
}

// keys reads the condition on the keys, which must be there.
func (e *expressions) keys() expr.KeyExpression {
	if !e.o.Has("KeyConditionExpression") {
		e.refuse(exception.Validation.Errorf(
			"Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."))
	}
	text, ok := e.text("KeyConditionExpression")
	if !ok {
		return expr.KeyExpression{}
	}
	parsed, err := expr.ParseKeyExpression(text, e.params)
	e.refuse(err)
	return parsed
}

// keyAttribute returns the i-th attribute of the key that s is read by; the zero KeyAttribute if there is none.
func (s *source) keyAttribute(i int) expr.KeyAttribute {
	if i >= len(s.key) {
		return expr.KeyAttribute{}
	}
	return expr.KeyAttribute{Name: s.key[i].Name, Type: s.definition.Attributes[s.key[i].Name]}
}

// resolve returns what the condition on the keys comes to. It checks condition and starting key attribute by attribute,
// as the service does.
func (s *source) resolve(keys expr.KeyExpression, after attr.Item) (k expr.KeyCondition, err error) {
	if !after.IsZero() {
		if after.Len() != len(s.keyNames()) {
			return k, errStart
		}
		if err := s.checkStart(after, s.key[0]); err != nil {
			return k, err
		}
	}
	if k, err = keys.For(s.keyAttribute(0), s.keyAttribute(1)); err != nil {
		return k, err
	}
	if err := s.checkKeyValue(s.key[0], k.Partition); err != nil {
		return k, err
	}
	if k.Sort.Operator != expr.SortAny {
		if err := s.checkKeyValue(s.key[1], k.Sort.Value); err != nil {
			return k, err
		}
	}
	if k.Sort.Operator == expr.SortBetween {
		if err := s.checkKeyValue(s.key[1], k.Sort.Upper); err != nil {
			return k, err
		}
	}
	if after.IsZero() {
		return k, nil
	}
	return k, s.checkBounds(k, after)
}

// checkBounds refuses a starting key that is not sound, or that no page of the query ends with.
func (s *source) checkBounds(k expr.KeyCondition, after attr.Item) error {
	for _, e := range s.key[1:] {
		if err := s.checkStart(after, e); err != nil {
			return err
		}
	}
	if err := s.checkStartInTable(s.tableKey(after)); err != nil {
		return err
	}
	partition, _ := after.Lookup(s.key[0].Name)
	if k.Sort.Operator == expr.SortAny {
		if partition != k.Partition {
			return exception.Validation.Errorf(
				"The provided starting key is outside query boundaries based on provided conditions")
		}
		return nil
	}
	switch v, _ := after.Lookup(s.key[1].Name); {
	case !matches(k.Sort, v):
		return exception.Validation.Errorf("The provided starting key does not match the range key predicate")
	case partition != k.Partition: // the words fit an equality alone, but these are what the service says
		return exception.Validation.Errorf("The query can return at most one row and cannot be restarted")
	}
	return nil
}

// matches reports whether c is true of a sort key.
func matches(c expr.SortCondition, v attr.Value) bool {
	if c.Operator == expr.SortBeginsWith {
		return beginsWith(v, c.Value)
	}
	order, _ := v.Compare(c.Value)
	switch c.Operator {
	case expr.SortEqual:
		return order == 0
	case expr.SortLess:
		return order < 0
	case expr.SortAtMost:
		return order <= 0
	case expr.SortGreater:
		return order > 0
	case expr.SortAtLeast:
		return order >= 0
	case expr.SortBetween:
		upper, _ := v.Compare(c.Upper)
		return order >= 0 && upper <= 0
	}
	return true
}

func beginsWith(v, prefix attr.Value) bool {
	if text, ok := v.Text(); ok {
		start, _ := prefix.Text()
		return strings.HasPrefix(text, start)
	}
	b, _ := v.Bytes()
	start, _ := prefix.Bytes()
	return bytes.HasPrefix(b, start)
}

// sortRange returns the range of sort keys that c is true of.
func sortRange(c expr.SortCondition) snapshot.Range {
	switch c.Operator {
	case expr.SortEqual:
		return snapshot.Equal(c.Value)
	case expr.SortLess:
		return snapshot.Below(c.Value)
	case expr.SortAtMost:
		return snapshot.AtMost(c.Value)
	case expr.SortGreater:
		return snapshot.Above(c.Value)
	case expr.SortAtLeast:
		return snapshot.AtLeast(c.Value)
	case expr.SortBetween:
		return snapshot.Between(c.Value, c.Upper)
	case expr.SortBeginsWith:
		return snapshot.BeginsWith(c.Value)
	}
	return snapshot.Range{}
}

// checkQuery refuses a filter or a selection that does not fit s.
func (s *source) checkQuery(r *reading) error {
	if r.projection != nil {
		if err := s.checkScalars(r.projection.Nested()); err != nil {
			return err
		}
	}
	if r.filter != nil {
		if err := s.checkFilter(r.filter.Attributes()); err != nil {
			return err
		}
	}
	if err := s.checkSelected(r); err != nil {
		return err
	}
	if r.filter != nil {
		return s.checkScalars(r.filter.Nested())
	}
	return nil
}

// checkFilter refuses a filter of a Query by the attributes that it looks at: they must be in the index that is read,
// but not of its key.
func (s *source) checkFilter(names []string) error {
	for _, e := range s.key {
		if slices.Contains(names, e.Name) {
			return exception.Validation.Errorf(
				"Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", e.Name)
		}
	}
	if missing := s.lacks(names); missing != nil {
		return invalid("Secondary index %s does not project one or more filter attributes: %s", s.index.Name, listed(missing))
	}
	return nil
}
