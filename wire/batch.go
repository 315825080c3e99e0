package wire

import (
	"maps"
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// The most that a BatchGetItem may ask for, and the size of the items that it answers with at most.
const (
	maxBatchGet  = 100
	maxBatchSize = 16 << 20
)

var (
	getsRule   = request.Rule{Required: true, Name: true, Max: maxBatchGet}
	keysRule   = request.Rule{Required: true, Min: 1, Max: maxBatchGet}
	writesRule = request.Rule{Required: true, Name: true, Max: table.MaxBatch}
	eachRule   = request.Rule{Min: 1, Max: table.MaxBatch}
)

// gets is what a BatchGetItem asks of one table.
type gets struct {
	name       string // as it was given: a name or an ARN
	table      *table.Table
	items      []attr.Item // the keys
	keys       []attr.Key  // the same
	consistent bool
	projection *expr.Projection

	// What the projection was made of.
	expression string
	names      map[string]string
	attributes []string
}

func batchGetItem(c *call) error {
	var all []gets
	n := 0
	for name, o := range c.in.Members("RequestItems", getsRule) {
		if len(all) < maxBatchGet { // there may be no more, and that has been noted
			all = append(all, c.readGets(name, o))
			n += len(all[len(all)-1].items)
		}
	}
	c.refuseBatch("BatchGetItem", n, maxBatchGet)
	refuseMixedGets(c, all)
	c.readCapacity()
	if err := c.Err(); err != nil {
		return err
	}
	if err := c.findGets(all, n); err != nil {
		return err
	}
	return c.answerGets(all)
}

// refuseBatch refuses a batch of n items if there are none or more than may be.
func (c *call) refuseBatch(operation string, n, most int) {
	switch {
	case n > most:
		c.Refuse(exception.Validation.Errorf("Too many items requested for the %s call", operation))
	case n == 0 && c.in.Has("RequestItems"):
		c.Refuse(exception.Validation.Errorf("The requestItems parameter is required for %s", operation))
	}
}

// refuseMixedGets refuses to have an expression for one table and AttributesToGet for another.
func refuseMixedGets(c *call, all []gets) {
	attributes := slices.ContainsFunc(all, func(g gets) bool { return g.attributes != nil })
	if attributes && slices.ContainsFunc(all, func(g gets) bool { return g.expression != "" }) {
		c.Refuse(mixture(getForms.legacy, getForms.expressions))
	}
}

func (c *call) readGets(name string, o request.Object) gets {
	if !o.Given() {
		c.Check.Required("requestItems."+name+".member", false)
	}
	c.refuseMixed(o, getForms)
	g := gets{name: name, items: o.Items("Keys", keysRule)}
	g.consistent, _ = o.Bool("ConsistentRead", optional)
	x := c.readExpressions(o, "ProjectionExpression")
	g.projection = x.eitherProjection()
	x.end()
	if c.Err() == nil && twice(g.items) {
		c.Refuse(errSameKeys)
	}
	if g.projection != nil {
		g.expression, g.names = o.Text("ProjectionExpression", optional), o.Names("ExpressionAttributeNames")
		g.attributes, _ = o.Texts("AttributesToGet", optional, optional)
	}
	return g
}

var errSameKeys = exception.Validation.Errorf("Provided list of item keys contains duplicates")

// twice reports whether two of those items are the same.
func twice(items []attr.Item) bool {
	if len(items) > maxBatchGet {
		return false // they are too many anyway
	}
	seen := make(map[attr.Item]struct{}, len(items))
	for _, item := range items {
		seen[item] = struct{}{}
	}
	return len(seen) < len(items)
}

// findGets finds the tables of all and makes keys of their items, of which there are n.
func (c *call) findGets(all []gets, n int) error {
	for i := range all {
		var err error
		if all[i].table, err = c.tables.Table(all[i].name); err != nil {
			return err
		}
	}
	type place struct {
		table *table.Table
		key   attr.Key
	}
	seen := make(map[place]struct{}, n)
	for i := range all {
		g := &all[i]
		if g.projection != nil {
			if err := checkScalars(g.table.Definition(), g.projection.Nested()); err != nil {
				return err
			}
		}
		g.keys = make([]attr.Key, len(g.items))
		for j, item := range g.items {
			key, err := g.table.Key(item)
			if err != nil {
				return err
			}
			p := place{g.table, key}
			if _, twice := seen[p]; twice {
				return errSameKeys
			}
			seen[p], g.keys[j] = struct{}{}, key
		}
	}
	return nil
}

// answerGets answers with the items of all as long as there is room for them, and capacity to read them. What comes
// after the first one that has none is unprocessed.
func (c *call) answerGets(all []gets) error {
	c.out.Begin('{')
	first := len(c.out.Buf)
	c.out.Name("Responses")
	c.out.Begin('{')
	room, any := maxBatchSize, false
	var refused error
	done := make([]int, len(all)) // how many keys
	for i, g := range all {
		c.out.Name(g.name)
		c.out.Begin('[')
		for ; done[i] < len(g.keys); done[i]++ {
			if err := c.meter.mayRead(g.table, ""); err != nil {
				refused = err
				break
			}
			item, ok, err := g.table.Get(g.keys[done[i]])
			if err != nil {
				return err
			}
			if room -= item.Size(); room < 0 {
				break
			}
			any = true
			c.meter.got(g.name, g.table, item, consistency(g.consistent))
			if ok {
				c.out.Elem()
				c.out.Buf = project(g.projection, item).AppendJSON(c.out.Buf)
			}
		}
		c.out.End(']')
	}
	if refused != nil && !any {
		return refused
	}
	c.out.End('}')
	c.out.Name("UnprocessedKeys")
	c.out.Begin('{')
	for i := range all {
		if left := all[i].items[done[i]:]; len(left) > 0 {
			c.out.Name(all[i].name)
			c.writeGets(&all[i], left)
		}
	}
	c.out.End('}')
	c.insert(first, c.writeEachConsumed)
	c.out.End('}')
	return nil
}

// writeGets writes a request for some of the items that g is about.
func (c *call) writeGets(g *gets, keys []attr.Item) {
	c.out.Begin('{')
	if g.attributes != nil {
		c.writeList("AttributesToGet", len(g.attributes), func(i int) { c.out.String(g.attributes[i]) })
	}
	if g.consistent {
		c.writeBool("ConsistentRead", true)
	}
	if g.names != nil {
		c.out.Name("ExpressionAttributeNames")
		c.out.Begin('{')
		for _, name := range slices.Sorted(maps.Keys(g.names)) {
			c.writeText(name, g.names[name])
		}
		c.out.End('}')
	}
	c.writeList("Keys", len(keys), func(i int) { c.out.Buf = keys[i].AppendJSON(c.out.Buf) })
	if g.expression != "" {
		c.writeText("ProjectionExpression", g.expression)
	}
	c.out.End('}')
}

// write is one element of a BatchWriteItem.
type write struct {
	table     string
	delete    bool
	item      attr.Item // or the key of a delete
	found     *table.Table
	admission *admission // nil: throughput is not enforced
}

// op returns what the write is to its table, whose key is given.
func (w *write) op(key schema.KeySchema) table.Op {
	switch {
	case w.delete:
		return table.Delete(w.table, keyOf(key, w.item), w.admission.batched(attr.Item{}))
	case w.admission == nil:
		return table.Put(w.table, w.item)
	}
	return table.Put(w.table, w.item, w.admission.batched(w.item))
}

func batchWriteItem(c *call) error {
	var all []write
	for name, elements := range c.in.Lists("RequestItems", writesRule, eachRule) {
		for _, e := range elements[:min(len(elements), table.MaxBatch+1)] {
			if len(all) <= table.MaxBatch {
				all = append(all, c.readWrite(name, e))
			}
		}
	}
	c.refuseBatch("BatchWriteItem", len(all), table.MaxBatch)
	c.readMetrics()
	if err := c.Err(); err != nil {
		return err
	}
	ops := make([]table.Op, len(all))
	var keys keySchemas
	for i := range all {
		w := &all[i]
		key, err := keys.of(c.tables, w.table)
		if err != nil {
			return err
		}
		w.found, w.admission = keys.found, c.meter.admit(keys.found)
		ops[i] = w.op(key)
	}
	changes, err := c.tables.Batch(ops...)
	if err != nil {
		return err
	}
	var left []*write
	for i, change := range changes {
		w := &all[i]
		if w.admission.refused() {
			left = append(left, w)
			continue
		}
		c.meter.wrote(w.table, w.found, change.Old, change.New)
		c.meter.touched(w.table, w.found, change.Key.Partition)
	}
	if len(left) == len(all) {
		return left[0].admission.err
	}
	c.answerWrites(left)
	return nil
}

// answerWrites answers with the writes that were left undone.
func (c *call) answerWrites(left []*write) {
	c.out.Begin('{')
	c.writeEachConsumed()
	c.writeCollections()
	c.out.Name("UnprocessedItems")
	c.out.Begin('{')
	for i := 0; i < len(left); {
		name := left[i].table
		c.out.Name(name)
		c.out.Begin('[')
		for ; i < len(left) && left[i].table == name; i++ {
			c.writeWrite(left[i])
		}
		c.out.End(']')
	}
	c.out.End('}')
	c.out.End('}')
}

// writeWrite writes a request for one write.
func (c *call) writeWrite(w *write) {
	request, member := "PutRequest", "Item"
	if w.delete {
		request, member = "DeleteRequest", "Key"
	}
	c.out.Elem()
	c.out.Begin('{')
	c.out.Name(request)
	c.writeItem(member, w.item)
	c.out.End('}')
}

func (c *call) readWrite(name string, e request.Object) write {
	put, remove := e.Object("PutRequest", optional), e.Object("DeleteRequest", optional)
	w := write{table: name, delete: remove.Given()}
	if put.Given() == remove.Given() {
		c.Refuse(exception.Validation.Errorf("Supplied AttributeValue has more than one datatypes set, " +
			"must contain exactly one of the supported datatypes"))
	}
	if put.Given() {
		w.item = c.readPut(put)
	}
	if remove.Given() {
		w.item = remove.Item("Key", required)
	}
	return w
}
