package wire

import (
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/internal/expr"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// pageSize ends a page of a Query or Scan: with the item that reaches it, before any filter.
const pageSize = 1 << 20

var (
	indexRule  = request.Rule{Name: true}
	limitRule  = request.Rule{Min: 1}
	selectRule = request.Rule{Enum: []string{specificAttributes, countAlone, allAttributes, allProjected}}
)

// What Select can ask for.
const (
	allAttributes      = "ALL_ATTRIBUTES"
	allProjected       = "ALL_PROJECTED_ATTRIBUTES"
	specificAttributes = "SPECIFIC_ATTRIBUTES"
	countAlone         = "COUNT"
)

// reading is what the requests for a Query and for a Scan have in common.
type reading struct {
	table      string
	index      string
	selection  string
	limit      int
	consistent bool
	after      attr.Item // where to start; the zero Item: at the beginning
	filter     *expr.Condition
	legacy     bool // the filter is no expression
	projection *expr.Projection
}

func (c *call) readReading() *reading {
	r := &reading{
		table:     c.tableName(),
		index:     c.in.Text("IndexName", indexRule),
		selection: c.in.Text("Select", selectRule),
		after:     c.in.Item("ExclusiveStartKey", optional),
	}
	limit, _ := c.in.Int("Limit", limitRule)
	r.limit = int(limit)
	r.consistent, _ = c.in.Bool("ConsistentRead", optional)
	return r
}

// readExpressions reads filter and projection, with which the expressions of the request end. Either may be
// the one that is given.
func (r *reading) readExpressions(e *expressions, filter *expr.Condition, names *expr.Projection) {
	r.filter = e.condition("FilterExpression")
	if r.filter == nil {
		r.filter, r.legacy = filter, true
	}
	if r.projection = e.projection(); r.projection == nil {
		r.projection = names
	}
	e.end()
}

// checkSelection refuses a Select that does not go with the rest of the request. A Query tells it in other words than a
// Scan: with a prefix.
func (r *reading) checkSelection(c *call, prefix string) {
	refuse := func(reason string) { c.Refuse(exception.Validation.Errorf("%s%s", prefix, reason)) }
	projecting := ""
	if c.in.Has("ProjectionExpression") {
		projecting = "ProjectionExpression"
	} else if c.in.Has("AttributesToGet") {
		projecting = "AttributesToGet"
	}
	switch {
	case r.selection == specificAttributes:
		if projecting == "" {
			refuse("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
		}
	case r.selection == countAlone && projecting != "":
		refuse("Cannot specify the " + projecting + " when choosing to get only the Count")
	case r.selection != "" && projecting != "":
		refuse("Cannot specify the " + projecting + " when choosing to get " + r.selection)
	case r.selection == allProjected && r.index == "":
		refuse("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	}
}

// source is what is read from: a table, or one of its indexes.
type source struct {
	*table.Table
	definition *schema.Table
	key        schema.KeySchema // by which the items are in order
	index      *schema.Index    // nil: the table itself
	global     bool
}

// open finds what r reads from.
func (c *call) open(r *reading) (*source, error) {
	t, err := c.tables.Table(r.table)
	if err != nil {
		return nil, err
	}
	s := &source{Table: t, definition: t.Definition()}
	if r.index == "" {
		s.key = s.definition.KeySchema
		return s, nil
	}
	named := func(x schema.Index) bool { return x.Name == r.index }
	if i := slices.IndexFunc(s.definition.LocalIndexes, named); i >= 0 {
		s.index = &s.definition.LocalIndexes[i]
	} else if i := slices.IndexFunc(s.definition.GlobalIndexes, named); i >= 0 {
		s.index, s.global = &s.definition.GlobalIndexes[i], true
	} else {
		return nil, exception.Validation.Errorf("The table does not have the specified index: %s", r.index)
	}
	if s.global && r.consistent {
		return nil, exception.Validation.Errorf("Consistent reads are not supported on global secondary indexes")
	}
	s.key = s.index.KeySchema
	return s, nil
}

// keyNames returns the attributes that say where an item lies: the table's key and that of the index.
func (s *source) keyNames() []string {
	names := make([]string, 0, 4)
	for _, key := range [2]schema.KeySchema{s.definition.KeySchema, s.key} {
		for _, e := range key {
			if !slices.Contains(names, e.Name) {
				names = append(names, e.Name)
			}
		}
	}
	return names
}

// partial reports whether the items of s lack attributes that those of the table may have.
func (s *source) partial() bool {
	return s.index != nil && s.index.Projection.Type != schema.ProjectAll
}

// lacks returns those of the named attributes that the items of s do not have.
func (s *source) lacks(names []string) (missing []string) {
	if !s.partial() {
		return nil
	}
	held := s.keyNames()
	for _, name := range names {
		if !slices.Contains(held, name) && !slices.Contains(s.index.Projection.NonKey, name) {
			missing = append(missing, name)
		}
	}
	return missing
}

var errStart = exception.Validation.Errorf("The provided starting key is invalid")

// checkStart refuses a starting key without a sound value for one attribute of the key that s is read by.
func (s *source) checkStart(after attr.Item, e schema.KeyElement) error {
	v, ok := after.Lookup(e.Name)
	switch {
	case !ok:
		return errStart
	case v.Type() != s.definition.Attributes[e.Name]:
		return exception.Validation.Errorf("The provided key element does not match the schema")
	}
	return s.checkKeyValue(e, v)
}

// checkKeyValue refuses a value of the right type that no key can have.
func (s *source) checkKeyValue(e schema.KeyElement, v attr.Value) error {
	if v.Type() == attr.TypeN {
		return nil
	}
	kind := "string"
	if v.Type() == attr.TypeB {
		kind = "binary"
	}
	switch n := v.Len(); {
	case n == 0 && s.index != nil:
		return exception.Validation.Errorf("One or more parameter values are not valid. A value specified for a secondary "+
			"index key is not supported. The AttributeValue for a key attribute cannot contain an empty %s value. "+
			"IndexName: %s, IndexKey: %s", kind, s.index.Name, e.Name)
	case n == 0:
		return exception.Validation.Errorf("One or more parameter values are not valid. "+
			"The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", kind, e.Name)
	case e.Type == schema.Hash && n > attr.MaxPartitionKeySize:
		return invalid("Size of hashkey has exceeded the maximum size limit of%d bytes", attr.MaxPartitionKeySize)
	case e.Type == schema.Range && n > attr.MaxSortKeySize:
		return invalid("Aggregated size of all range keys has exceeded the size limit of %d bytes", attr.MaxSortKeySize)
	}
	return nil
}

// checkStartInTable refuses a starting key whose part that is the table's key is not sound.
func (s *source) checkStartInTable(key attr.Item) error {
	_, err := s.Key(key)
	if e, ok := err.(*exception.Error); ok {
		return exception.Validation.Errorf("The provided starting key is invalid: %s", e.Message)
	}
	return err
}

// tableKey returns the part of an item of an index that is its key in the table.
func (s *source) tableKey(item attr.Item) attr.Item {
	key := s.definition.KeySchema
	if len(key) == 1 {
		return item.Project(key[0].Name)
	}
	return item.Project(key[0].Name, key[1].Name)
}

func isKey(key schema.KeySchema, name string) bool {
	return slices.ContainsFunc(key, func(e schema.KeyElement) bool { return e.Name == name })
}

// checkSelected refuses to select what a global index does not have.
func (s *source) checkSelected(r *reading) error {
	if !s.global || !s.partial() {
		return nil
	}
	if r.selection == allAttributes {
		return invalid("Select type ALL_ATTRIBUTES is not supported for global secondary index %s "+
			"because its projection type is not ALL", r.index)
	}
	if r.projection != nil {
		if missing := s.lacks(r.projection.Attributes()); missing != nil {
			return invalid("Global secondary index %s does not project %s", r.index, listed(missing))
		}
	}
	return nil
}

// listed returns names as messages list them.
func listed(names []string) string { return "[" + strings.Join(names, ", ") + "]" }

// fetches reports whether what r answers with is to be had from the table alone, although it reads a local index. A
// filter is no reason: it sees what is in the index.
func (s *source) fetches(r *reading) bool {
	if s.global || !s.partial() || r.selection == countAlone {
		return false
	}
	return r.selection == allAttributes || r.projection != nil && s.lacks(r.projection.Attributes()) != nil
}

// answerPage reads a page and answers with it.
func (c *call) answerPage(r *reading, s *source, q snapshot.Query) error {
	q.Index, q.After, q.Limit, q.MaxBytes = r.index, r.after, r.limit, pageSize
	if err := c.meter.mayReadSource(s); err != nil {
		return err
	}
	if s.fetches(r) {
		return c.answerFetched(r, s, q)
	}
	page, err := s.Page(q)
	if err != nil {
		return err
	}
	c.meter.paged(r.table, s, page.Size, 0, consistency(r.consistent))
	scanned := len(page.Items)
	items := page.Items
	if r.filter != nil {
		items = items[:0]
		for _, item := range page.Items {
			if r.filter.Holds(item) {
				items = append(items, item)
			}
		}
	}
	c.writePage(r, items, page.Last, scanned)
	return nil
}

// answerFetched is answerPage with items of the table in the place of those of an index. All of it is of one instant,
// and the page ends also with the item of the table that makes them reach the size of a page. The filter sees what is
// in the index; what it costs to fetch an item counts whether the filter lets it pass or not.
func (c *call) answerFetched(r *reading, s *source, q snapshot.Query) error {
	state, err := s.Snapshot()
	if err != nil {
		return err
	}
	page, err := state.Page(q)
	if err != nil {
		return err
	}
	by, read, fetched := consistency(r.consistent), 0, capacity.Units(0)
	items, scanned, size := page.Items[:0], 0, 0
	for _, entry := range page.Items {
		scanned++
		read += entry.Size()
		passes := r.filter == nil || r.filter.Holds(entry)
		if !passes && c.meter == nil {
			continue
		}
		key, err := s.Key(s.tableKey(entry))
		if err != nil {
			return err
		}
		item, _ := state.Lookup(key)
		if fetched += capacity.Read(item.Size(), by); !passes {
			continue
		}
		items = append(items, item)
		if size += item.Size(); size >= pageSize {
			page.Last = entry.Project(s.keyNames()...)
			break
		}
	}
	c.meter.paged(r.table, s, read, fetched, by)
	c.writePage(r, items, page.Last, scanned)
	return nil
}

// writePage writes the answer to a Query or Scan.
func (c *call) writePage(r *reading, items []attr.Item, last attr.Item, scanned int) {
	w, size := &c.out, 0
	for _, item := range items {
		size += item.Size()
	}
	w.Begin('{')
	c.writeConsumed()
	c.writeInt("Count", int64(len(items)))
	if r.selection != countAlone {
		w.Name("Items")
		w.Begin('[')
		if size > 1<<12 { // it is not found out bit by bit how long the text is
			w.Buf = slices.Grow(w.Buf, 2*size)
		}
		for _, item := range items {
			w.Elem()
			w.Buf = project(r.projection, item).AppendJSON(w.Buf)
		}
		w.End(']')
	}
	if !last.IsZero() {
		w.Name("LastEvaluatedKey")
		w.Buf = last.AppendJSON(w.Buf)
	}
	c.writeInt("ScannedCount", int64(scanned))
	w.End('}')
}
