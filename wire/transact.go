package wire

import (
	"errors"
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

var (
	transactRule = request.Rule{Required: true, Min: 1, Max: table.MaxTransaction}
	tokenRule    = request.Rule{Min: 1, Max: 36}
)

// actions are the members of a TransactWriteItem, of which it has one.
var actions = [...]string{"ConditionCheck", "Put", "Delete", "Update"}

// action is one element of a transaction.
type action struct {
	name   string // one of actions
	table  string
	item   attr.Item // the item of a Put, the key of others
	update *expr.Update
	guard  *guard

	found     *table.Table
	admission *admission // nil: throughput is not enforced
}

func transactWriteItems(c *call) error {
	token := c.in.Text("ClientRequestToken", tokenRule)
	elements := c.transactItems()
	all := make([]action, len(elements))
	last := "" // table
	for i, e := range elements {
		all[i] = c.readAction(e, last)
		last = all[i].table
	}
	c.readMetrics()
	c.meter.transacted()
	if err := c.Err(); err != nil {
		return err
	}
	if err := c.once(token, "TransactItems", func() ([]read, error) { return c.commit(all) }); err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeEachConsumed()
	c.writeCollections()
	c.out.End('}')
	return nil
}

// once commits a transaction, unless it was done before with its token, if it has one. The member of the request says
// what it does. What has become of its tables since it was done does not matter.
func (c *call) once(token, member string, commit func() ([]read, error)) error {
	now := c.tables.Now()
	if token == "" {
		c.tokens.forget(now)
		_, err := commit()
		return err
	}
	reads, again, err := c.tokens.begin(token, c.in.Digest(member), now)
	switch {
	case err != nil:
		return err
	case again:
		c.meter.again(reads)
		return nil
	}
	reads, err = commit()
	c.tokens.end(token, err == nil, reads, c.tables.Now())
	return err
}

func (c *call) writeNothing() {
	c.out.Begin('{')
	c.out.End('}')
}

// transactItems returns the elements of a transaction, but not more than it may have.
func (c *call) transactItems() []request.Object {
	elements, _ := c.in.Objects("TransactItems", transactRule)
	return elements[:min(len(elements), table.MaxTransaction)]
}

func (c *call) readAction(e request.Object, last string) action {
	var a action
	n := 0
	for _, name := range actions {
		if e.Has(name) {
			a.name = name
			n++
		}
	}
	switch {
	case n == 0:
		c.Refuse(exception.Validation.Errorf(
			"Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"))
		return a
	case n > 1:
		c.Refuse(exception.Validation.Errorf("TransactItems can only contain one of Check, Put, Update or Delete"))
		return a
	}
	o := e.Object(a.name, optional)
	a.table = readTableName(o, last)
	named := []string{"ConditionExpression"}
	switch a.name {
	case "Update":
		requireExpression(o, "UpdateExpression")
		named = []string{"UpdateExpression", "ConditionExpression"}
	case "ConditionCheck":
		requireExpression(o, "ConditionExpression")
	}
	x := c.readTransacted(o, named...) // whose faults are told before those of values, unlike elsewhere
	a.update = x.update()
	a.guard = x.readGuard()
	x.end()
	if a.name == "Put" {
		a.item = c.readPut(o)
	} else {
		a.item = o.Item("Key", required)
	}
	return a
}

func requireExpression(o request.Object, name string) {
	if !o.Has(name) {
		o.Text(name, required)
	}
}

// readTableName reads a name or an ARN. Here the service tells the faults of a name with the place of the member; last
// is a name that has none.
func readTableName(o request.Object, last string) string {
	name := o.Text("TableName", tableRule)
	if name != "" && name != last && !strings.HasPrefix(name, "arn:") {
		o.Text("TableName", request.Rule{Name: true})
	}
	return name
}

// readPut reads an item to store.
func (c *call) readPut(o request.Object) attr.Item {
	item := o.Item("Item", required)
	c.checkSize(item)
	return item
}

// checkSize refuses an item that is too large, which is known before its table is.
func (c *call) checkSize(item attr.Item) {
	if item.Size() > attr.MaxItemSize {
		c.Refuse(exception.Validation.Errorf("Item size has exceeded the maximum allowed size"))
	}
}

// readTransacted is readExpressions for an element of a transaction: there the service has been seen to let names and
// values pass without an expression, if they are in order.
func (c *call) readTransacted(o request.Object, named ...string) expressions {
	for _, name := range named {
		if o.Has(name) {
			return c.readExpressions(o, named...)
		}
	}
	x := expressions{c: c, o: o}
	names := o.Names("ExpressionAttributeNames")
	values, fault := o.Values("ExpressionAttributeValues")
	if names != nil || values != nil {
		_, err := expr.NewParams(names, values)
		x.refuse(err)
		x.refuse(fault)
	}
	return x
}

// commit does all, or none of it, and returns what it costs to be told later that it is done.
func (c *call) commit(all []action) ([]read, error) {
	ops := make([]table.Op, len(all))
	var keys keySchemas
	for i := range all {
		a := &all[i]
		key, err := keys.of(c.tables, a.table)
		if err != nil {
			return nil, err
		}
		a.found, a.admission = keys.found, c.meter.admit(keys.found)
		d := a.found.Definition()
		if err := checkPaths(d, a.guard.condition, a.update); err != nil {
			return nil, err
		}
		ops[i] = a.op(key, d)
	}
	changes, err := c.tables.Transact(ops...)
	if err = settleAll(all, changes, err); err != nil {
		return nil, withItems(err, all)
	}
	for i, change := range changes {
		a := &all[i]
		c.meter.wrote(a.table, a.found, change.Old, change.New)
		if a.name != "ConditionCheck" {
			c.meter.touched(a.table, a.found, change.Key.Partition)
		}
	}
	return readsOf(all, changes), nil
}

// readsOf returns what it costs to read the items of a transaction, as they were before it or have become, whichever is
// larger.
func readsOf(all []action, changes []snapshot.Change) []read {
	var reads []read
	for i, change := range changes {
		u := capacity.Read(max(change.Old.Size(), change.New.Size()), capacity.Transactional)
		name := all[i].table
		if j := slices.IndexFunc(reads, func(r read) bool { return r.table == name }); j >= 0 {
			reads[j].units += u
		} else {
			reads = append(reads, read{name, u})
		}
	}
	return reads
}

// keySchemas finds the keys of the tables of a request, of which the next one is mostly that of the one before.
type keySchemas struct {
	table string
	found *table.Table
	key   schema.KeySchema
}

func (k *keySchemas) of(tables *table.Store, name string) (schema.KeySchema, error) {
	if name != k.table || k.key == nil {
		t, err := tables.Table(name)
		if err != nil {
			return nil, err
		}
		k.table, k.found, k.key = name, t, t.Definition().KeySchema
	}
	return k.key, nil
}

// op returns what an action is to its table, whose key is given.
func (a *action) op(key schema.KeySchema, d *schema.Table) table.Op {
	switch a.name {
	case "Put":
		if a.guard.condition == nil && a.admission == nil {
			return table.Put(a.table, a.item)
		}
		return table.Put(a.table, a.item, a.admission.puts(a.item), a.guard.holds)
	case "Delete":
		return table.Delete(a.table, keyOf(key, a.item), a.admission.puts(attr.Item{}), a.guard.holds)
	case "ConditionCheck":
		return table.Check(a.table, keyOf(key, a.item), a.admission.check(), a.guard.holds)
	}
	change := updating(a.update, a.item, a.guard, d)
	if err := checkUpdate(a.update, d); err != nil {
		change = func(attr.Item) (attr.Item, error) { return attr.Item{}, err }
	}
	return table.Update(a.table, keyOf(key, a.item), a.admission.update(change))
}

// keyOf returns the key that item has the attributes of, whatever their values. It is one of no table if there are
// others.
func keyOf(key schema.KeySchema, item attr.Item) attr.Key {
	var k attr.Key
	if item.Len() != len(key) {
		return k
	}
	for _, e := range key {
		v, _ := item.Lookup(e.Name)
		if e.Type == schema.Hash {
			k.Partition = v
		} else {
			k.Sort = v
		}
	}
	return k
}

// withItems adds to a cancellation the items that conditions were not true of, as far as they were asked for.
func withItems(err error, all []action) error {
	var e *exception.Error
	if !errors.As(err, &e) || e.Code != exception.TransactionCanceled {
		return err
	}
	var items []attr.Item
	for i := range all {
		if g := all[i].guard; g.tell && !g.failed.IsZero() {
			if items == nil {
				items = make([]attr.Item, len(all))
			}
			items[i] = g.failed
		}
	}
	return &refusal{error: err, items: items}
}

func transactGetItems(c *call) error {
	elements := c.transactItems()
	reads := make([]table.Read, len(elements))
	keys := make([]attr.Item, len(elements))
	projections := make([]*expr.Projection, len(elements))
	last := "" // table
	for i, e := range elements {
		o := e.Object("Get", required)
		last = readTableName(o, last)
		reads[i].Table = last
		x := c.readTransacted(o, "ProjectionExpression")
		projections[i] = x.projection()
		x.end()
		keys[i] = o.Item("Key", required)
	}
	c.readCapacity()
	c.meter.transacted()
	if err := c.Err(); err != nil {
		return err
	}
	var schemas keySchemas
	found := make([]*table.Table, len(reads))
	for i := range reads {
		key, err := schemas.of(c.tables, reads[i].Table)
		if err != nil {
			return err
		}
		reads[i].Key, found[i] = keyOf(key, keys[i]), schemas.found
		if projections[i] != nil {
			if err := checkScalars(found[i].Definition(), projections[i].Nested()); err != nil {
				return err
			}
		}
	}
	if err := c.meter.mayReadAll(found); err != nil {
		return err
	}
	items, err := c.tables.TransactRead(reads...)
	if err != nil {
		return err
	}
	for i, item := range items {
		c.meter.got(reads[i].Table, found[i], item, capacity.Transactional)
	}
	c.out.Begin('{')
	c.writeEachConsumed()
	c.out.Name("Responses")
	c.out.Begin('[')
	for i, item := range items {
		c.out.Elem()
		if item = project(projections[i], item); item.Len() == 0 {
			item = attr.Item{} // nothing is left, and the service then says nothing
		}
		c.writeItem("Item", item)
	}
	c.out.End(']')
	c.out.End('}')
	return nil
}
