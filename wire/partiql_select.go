package wire

import (
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/internal/expr"
	"github.com/tidemark-db/tidemark/internal/partiql"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// selection is a SELECT on its way.
type selection struct {
	*statement
	source  *source
	plan    *partiql.Plan
	fetches bool // items of the table in place of those of an index
	limit   int  // items that may still be looked at; 0: any number
	room    int  // bytes that may still be looked at

	items []attr.Item
	last  attr.Item // behind which to go on; the zero Item at the end
	read  int       // the range of the plan that it is in
}

func (c *call) answerSelect(s *statement, limit int, token string) error {
	x, err := c.openStatement(s)
	if err != nil {
		return err
	}
	sel := &selection{statement: s, source: x, limit: limit, room: pageSize}
	if sel.plan, err = s.Plan(x.planKey()); err != nil {
		return err
	}
	if err := sel.check(); err != nil {
		return err
	}
	var after attr.Item
	if token != "" {
		if after, sel.read, err = s.readToken(x, token); err != nil {
			return err
		}
	}
	if err := c.meter.mayReadSource(x); err != nil {
		return err
	}
	if err := c.runSelect(sel, after); err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeConsumed()
	c.out.Name("Items")
	c.out.Begin('[')
	for _, item := range sel.items {
		c.out.Elem()
		c.out.Buf = selected(s.Statement, item).AppendJSON(c.out.Buf)
	}
	c.out.End(']')
	if !sel.last.IsZero() {
		c.out.Name("LastEvaluatedKey")
		c.out.Buf = sel.last.AppendJSON(c.out.Buf)
		c.writeText("NextToken", s.nextToken(x, sel.last, sel.read))
	}
	c.out.End('}')
	return nil
}

// openStatement finds what a SELECT reads from.
func (c *call) openStatement(s *statement) (*source, error) {
	x, err := c.open(&reading{table: s.Table, index: s.Index})
	switch e, ok := err.(*exception.Error); {
	case ok && strings.HasPrefix(e.Message, "The table does not have the specified index"):
		return nil, exception.Validation.Errorf("The table does not have the specified index")
	case err != nil:
		return nil, err
	case x.global && s.consistent:
		return nil, exception.Validation.Errorf("Strongly consistent read is not supported on Global Secondary Indexes")
	case len(x.key) > 2 || len(x.key) == 2 && x.key[1].Type != schema.Range:
		return nil, exception.Validation.Errorf("PartiQL statements cannot be executed on tables with multi-attribute HASH " +
			"keys or multi-attribute RANGE keys.")
	}
	return x, nil
}

// planKey returns the key of s as a plan has it.
func (s *source) planKey() (partition, sort expr.KeyAttribute) {
	named := func(name string) expr.KeyAttribute {
		return expr.KeyAttribute{Name: name, Type: s.definition.Attributes[name]}
	}
	if len(s.key) > 1 {
		sort = named(s.key[1].Name)
	}
	return named(s.key[0].Name), sort
}

// check refuses a SELECT that does not fit what it reads from.
func (s *selection) check() error {
	x := s.source
	var columns, nested []string
	for _, column := range s.Columns {
		name, all := column.Path.Attribute()
		if !slices.Contains(columns, name) {
			columns = append(columns, name)
		}
		if !all {
			nested = append(nested, name)
		}
	}
	if s.Condition != nil {
		nested = append(nested, s.Condition.Nested()...)
	}
	missing := x.lacks(columns)
	if missing != nil && x.global {
		return invalid("Global secondary index %s does not project %s", x.index.Name, listed(missing))
	}
	s.fetches = missing != nil
	if s.plan.Keyed {
		lacking := s.plan.Lacking(func(name string) bool { return x.lacks([]string{name}) == nil })
		if slices.Sort(lacking); lacking != nil {
			return invalid("Secondary index %s does not project one or more filter attributes: %s",
				x.index.Name, listed(slices.Compact(lacking)))
		}
	}
	if err := checkScalars(x.definition, nested); err != nil {
		return err
	}
	for _, r := range s.plan.Reads {
		if err := x.checkKeyValue(x.key[0], r.Partition); err != nil {
			return err
		}
		if r.Sort.Operator != expr.SortAny {
			if err := x.checkKeyValue(x.key[1], r.Sort.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// runSelect looks at items until there are no more, or enough.
func (c *call) runSelect(s *selection, after attr.Item) error {
	reads := s.plan.Reads
	switch {
	case !s.plan.Keyed:
		return c.readRange(s, snapshot.Query{After: after}, nil)
	case len(reads) == 0: // there can be no such item, and to find nothing costs the least
		c.meter.paged(s.Table, s.source, 0, 0, consistency(s.consistent))
		return nil
	case !after.IsZero():
		if partition, _ := s.sortValues(after); s.read >= len(reads) || partition != reads[s.read].Partition {
			return errNextToken
		}
	}
	for ; s.read < len(reads); s.read++ {
		r := &reads[s.read]
		q := snapshot.Query{Partition: r.Partition, Sort: sortRange(r.Sort), Reverse: s.plan.Reverse, After: after}
		if err := c.readRange(s, q, r); err != nil || !s.last.IsZero() {
			return err
		}
		after = attr.Item{}
	}
	return nil
}

// sortValues returns the partition key of an item, and its sort key if there is one.
func (s *selection) sortValues(item attr.Item) (partition, sort attr.Value) {
	partition, _ = item.Lookup(s.source.key[0].Name)
	if len(s.source.key) > 1 {
		sort, _ = item.Lookup(s.source.key[1].Name)
	}
	return partition, sort
}

// finds reports whether the SELECT is about an entry of what it reads from; r is the range that it was read for, if it
// was one.
func (s *selection) finds(entry, item attr.Item, r *partiql.Read) bool {
	if item.IsZero() {
		return false
	}
	if r != nil {
		if _, sort := s.sortValues(entry); !r.Holds(sort) {
			return false
		}
	}
	return s.Condition == nil || s.Condition.Holds(entry)
}

// readRange reads one range, or all there is, as far as there is room.
func (c *call) readRange(s *selection, q snapshot.Query, r *partiql.Read) error {
	x := s.source
	q.Index, q.Limit, q.MaxBytes = s.Index, s.limit, s.room
	var state *snapshot.Snapshot
	var page snapshot.Page
	var err error
	if s.fetches { // index and table as of one instant
		if state, err = x.Snapshot(); err == nil {
			page, err = state.Page(q)
		}
	} else {
		page, err = x.Page(q)
	}
	if err != nil {
		return err
	}
	return c.take(s, page, state, r)
}

// take looks at the items of a page. With a state of the table, it takes items of the table in place of those of the
// index.
func (c *call) take(s *selection, page snapshot.Page, state *snapshot.Snapshot, r *partiql.Read) error {
	x := s.source
	by, read, fetched := consistency(s.consistent), 0, capacity.Units(0)
	for _, entry := range page.Items {
		if _, sort := s.sortValues(entry); r != nil && r.Past(sort, s.plan.Reverse) {
			page.Last = attr.Item{}
			break
		}
		item := entry
		read += entry.Size()
		if s.limit > 0 {
			s.limit-- // at 0 the page has ended, and with it the SELECT
		}
		if state != nil {
			key, err := x.Key(x.tableKey(entry))
			if err != nil {
				return err
			}
			item, _ = state.Lookup(key)
			fetched += capacity.Read(item.Size(), by)
		}
		if s.finds(entry, item, r) {
			s.items = append(s.items, item)
		}
		if s.room -= item.Size(); s.room <= 0 {
			page.Last = entry.Project(x.keyNames()...)
			break
		}
	}
	c.meter.paged(s.Table, x, read, fetched, by)
	s.last = page.Last
	return nil
}

// selected returns what a SELECT answers with of an item.
func selected(s *partiql.Statement, item attr.Item) attr.Item {
	if s.Columns == nil || item.IsZero() {
		return item
	}
	m := make(attr.Map, len(s.Columns))
	for _, column := range s.Columns {
		if v, ok := column.Path.In(item); ok {
			m[column.Name] = v
		}
	}
	item, _ = attr.NewItem(m) // what has been in an item can be in one
	return item
}
