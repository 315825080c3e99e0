package wire

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

func query(c *call) error {
	c.refuseMixed(c.in, queryForms)
	filter := c.legacyFilter("QueryFilter")
	names := c.attributesToGet(c.in)
	r := c.readReading()
	forward, given := c.in.Bool("ScanIndexForward", optional)
	e := c.readExpressions(c.in, "ProjectionExpression", "FilterExpression", "KeyConditionExpression")
	keys := e.keys()
	r.readExpressions(&e, filter, names)
	if c.in.Has("KeyConditions") {
		keys = c.legacyKeys()
	}
	if e.refuse(keys.Err()); r.index == "" {
		e.refuse(keys.CheckPlain())
	}
	r.checkSelection(c, "1 validation error detected: ")
	c.readCapacity()
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
		Others:    condition.Others,
		Prefix:    condition.Prefix,
		Sort:      sortRange(condition.Sort),
		Reverse:   given && !forward,
	})
}

// keys reads the expression of the condition on the keys, which must be there unless there are KeyConditions.
func (e *expressions) keys() expr.KeyExpression {
	if !e.o.Has("KeyConditionExpression") && !e.o.Has("KeyConditions") {
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

// partitions returns how many of the attributes of the key that s is read by are of the partition key. They come first.
func (s *source) partitions() int {
	n := 1
	for n < len(s.key) && s.key[n].Type == schema.Hash {
		n++
	}
	return n
}

// partitionOf returns the values of item that are the partition key by which s is read.
func (s *source) partitionOf(item attr.Item) []attr.Value {
	values := make([]attr.Value, s.partitions())
	for i := range values {
		values[i], _ = item.Lookup(s.key[i].Name)
	}
	return values
}

// keyCondition returns what the condition on the keys comes to for the key that s is read by.
func (s *source) keyCondition(keys expr.KeyExpression) (expr.KeyCondition, error) {
	var buf [2 * schema.MaxKeyAttributes]expr.KeyAttribute
	all := buf[:len(s.key)]
	for i, e := range s.key {
		all[i] = expr.KeyAttribute{Name: e.Name, Type: s.definition.Attributes[e.Name]}
	}
	n := s.partitions()
	return keys.ForKey(all[:n], all[n:])
}

// resolve returns what the condition on the keys comes to. It checks condition and starting key attribute by attribute,
// as the service does.
func (s *source) resolve(keys expr.KeyExpression, after attr.Item) (k expr.KeyCondition, err error) {
	if !after.IsZero() {
		if after.Len() != len(s.keyNames()) {
			return k, errStart
		}
		for _, e := range s.key[:s.partitions()] {
			if err := s.checkStart(after, e); err != nil {
				return k, err
			}
		}
	}
	if k, err = s.keyCondition(keys); err != nil {
		return k, err
	}
	if err := s.checkCondition(k); err != nil {
		return k, err
	}
	if after.IsZero() {
		return k, nil
	}
	return k, s.checkBounds(k, after)
}

// checkCondition refuses values that no key can have.
func (s *source) checkCondition(k expr.KeyCondition) error {
	if err := s.checkKeyValue(s.key[0], k.Partition); err != nil {
		return err
	}
	at := 1
	for _, values := range [2][]attr.Value{k.Others, k.Prefix} {
		for _, v := range values {
			if err := s.checkKeyValue(s.key[at], v); err != nil {
				return err
			}
			at++
		}
	}
	if k.Sort.Operator != expr.SortAny {
		if err := s.checkKeyValue(s.key[at], k.Sort.Value); err != nil {
			return err
		}
	}
	if k.Sort.Operator == expr.SortBetween {
		return s.checkKeyValue(s.key[at], k.Sort.Upper)
	}
	return nil
}

// begins reports whether item has these values in the first attributes of a key.
func begins(item attr.Item, key schema.KeySchema, values ...attr.Value) bool {
	for i, v := range values {
		if have, _ := item.Lookup(key[i].Name); have != v {
			return false
		}
	}
	return true
}

// checkBounds refuses a starting key that is not sound, or that no page of the query ends with.
func (s *source) checkBounds(k expr.KeyCondition, after attr.Item) error {
	n := s.partitions()
	for _, e := range s.key[n:] {
		if err := s.checkStart(after, e); err != nil {
			return err
		}
	}
	if err := s.checkStartInTable(s.tableKey(after)); err != nil {
		return err
	}
	samePartition := begins(after, s.key, k.Partition) && begins(after, s.key[1:], k.Others...)
	if k.Sort.Operator == expr.SortAny {
		if !samePartition {
			return exception.Validation.Errorf(
				"The provided starting key is outside query boundaries based on provided conditions")
		}
		return nil
	}
	sort := s.key[n:]
	switch v, _ := after.Lookup(sort[len(k.Prefix)].Name); {
	case !k.Sort.Holds(v), !begins(after, sort, k.Prefix...):
		return exception.Validation.Errorf("The provided starting key does not match the range key predicate")
	case !samePartition: // the words fit an equality alone, but these are what the service says
		return exception.Validation.Errorf("The query can return at most one row and cannot be restarted")
	}
	return nil
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
		if err := checkScalars(s.definition, r.projection.Nested()); err != nil {
			return err
		}
	}
	if r.filter != nil {
		if err := s.checkFilter(r); err != nil {
			return err
		}
	}
	if err := s.checkSelected(r); err != nil {
		return err
	}
	if r.filter != nil {
		return checkScalars(s.definition, r.filter.Nested())
	}
	return nil
}

// checkFilter refuses a filter of a Query by the attributes that it looks at: they must be in the index that is read,
// but not of its key.
func (s *source) checkFilter(r *reading) error {
	names, called := r.filter.Attributes(), "Filter Expression"
	if r.legacy {
		called = "QueryFilter"
	}
	for _, e := range s.key {
		if slices.Contains(names, e.Name) {
			return exception.Validation.Errorf(
				"%s can only contain non-primary key attributes: Primary key attribute: %s", called, e.Name)
		}
	}
	if missing := s.lacks(names); missing != nil {
		return invalid("Secondary index %s does not project one or more filter attributes: %s", s.index.Name, listed(missing))
	}
	return nil
}
