package wire

import (
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

var returnValues = request.Rule{Enum: []string{"ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"}}

// readReturns reads which attributes a write is to answer with. Only UpdateItem may be asked for what is new.
func (c *call) readReturns(update bool) string {
	returns := c.in.Text("ReturnValues", returnValues)
	if !update && returns != "" && returns != "NONE" && returns != "ALL_OLD" {
		c.Refuse(exception.Validation.Errorf("ReturnValues can only be ALL_OLD or NONE"))
	}
	return returns
}

func putItem(c *call) error {
	c.refuseMixed(c.in, putForms)
	name := c.tableName()
	item := c.in.Item("Item", required)
	returns := c.readReturns(false)
	c.checkSize(item)
	g, err := c.readCondition()
	if err != nil {
		return err
	}
	t, err := c.tables.Table(name)
	if err != nil {
		return err
	}
	if err := g.fits(t); err != nil {
		return err
	}
	var change snapshot.Change
	a := c.meter.admit(t)
	if g.condition == nil && a == nil {
		change, err = t.Put(item)
	} else {
		change, err = t.Put(item, a.puts(item), g.holds)
	}
	return c.answerWrite(written{name, t, returns, change, nil}, g.refusal(a.settle(change, err)))
}

// readCondition reads the rest of a request to put or delete an item, and returns its condition and the verdict.
func (c *call) readCondition() (*guard, error) {
	e := c.readExpressions(c.in, "ConditionExpression")
	g := e.readEitherGuard()
	e.end()
	c.readMetrics()
	return g, c.Err()
}

func deleteItem(c *call) error {
	c.refuseMixed(c.in, putForms)
	name := c.tableName()
	key := c.in.Item("Key", required)
	returns := c.readReturns(false)
	g, err := c.readCondition()
	if err != nil {
		return err
	}
	t, k, err := c.find(name, key)
	if err != nil {
		return err
	}
	if err := g.fits(t); err != nil {
		return err
	}
	a := c.meter.admit(t)
	change, err := t.Delete(k, a.puts(attr.Item{}), g.holds)
	return c.answerWrite(written{name, t, returns, change, nil}, g.refusal(a.settle(change, err)))
}

func updateItem(c *call) error {
	c.refuseMixed(c.in, updateForms)
	name := c.tableName()
	key := c.in.Item("Key", required)
	returns := c.readReturns(true)
	e := c.readExpressions(c.in, "UpdateExpression", "ConditionExpression")
	update := e.eitherUpdate()
	g := e.readEitherGuard()
	e.end()
	c.readMetrics()
	if err := c.Err(); err != nil {
		return err
	}
	t, k, err := c.find(name, key)
	if err != nil {
		return err
	}
	d := t.Definition()
	if err := checkUpdate(update, d); err != nil {
		return err
	}
	if err := checkPaths(d, g.condition, update); err != nil {
		return err
	}
	a := c.meter.admit(t)
	change, err := t.Update(k, a.update(updating(update, key, g, d)))
	return c.answerWrite(written{name, t, returns, change, update}, g.refusal(a.settle(change, err)))
}

// tableName reads the name of the table that the request is about, or its ARN. The faults of a name are told among those
// that the model knows of, although the model has the bounds of an ARN.
func (c *call) tableName() string {
	name := c.in.Text("TableName", tableRule)
	if name != "" && len(name) <= tableRule.Max && !strings.HasPrefix(name, "arn:") {
		c.Check.Name("tableName", name)
	}
	return name
}

// find returns the table of a request and the key of the item that it is about.
func (c *call) find(name string, key attr.Item) (*table.Table, attr.Key, error) {
	t, err := c.tables.Table(name)
	if err != nil {
		return nil, attr.Key{}, err
	}
	k, err := t.Key(key)
	return t, k, err
}

// leavesKey refuses an update of an attribute of the key.
func leavesKey(update *expr.Update, key schema.KeySchema) error {
	if update == nil {
		return nil
	}
	for _, name := range update.Attributes() {
		if isKey(key, name) {
			return invalid("Cannot update attribute %s. This attribute is part of the key", name)
		}
	}
	return nil
}

// updating returns what an update does to the item with a key. Without an expression it sees to it that there is one.
func updating(update *expr.Update, key attr.Item, g *guard, d *schema.Table) table.UpdateFunc {
	return func(old attr.Item) (item attr.Item, err error) {
		switch {
		case !g.holds(old):
			return attr.Item{}, exception.ConditionalCheckFailed.Errorf("The conditional request failed")
		case update == nil && old.IsZero():
			return key, nil
		case update == nil:
			return old, nil
		case old.IsZero():
			item, err = update.Create(key)
		default:
			item, err = update.Apply(old)
		}
		if err == nil {
			err = checkUpdated(update, d, item)
		}
		return item, err
	}
}

// written is a write that has been done.
type written struct {
	name    string // of the table, as the request has it
	table   *table.Table
	returns string
	change  snapshot.Change
	update  *expr.Update // nil unless it was one with an expression
}

// answerWrite answers with those attributes of the change that were asked for, if there are any, and with what it cost.
func (c *call) answerWrite(w written, err error) error {
	if err != nil {
		return err
	}
	c.meter.wrote(w.name, w.table, w.change.Old, w.change.New)
	c.meter.touched(w.name, w.table, w.change.Key.Partition)
	c.out.Begin('{')
	if attributes := w.attributes(); !attributes.IsZero() {
		c.out.Name("Attributes")
		c.out.Buf = attributes.AppendJSON(c.out.Buf)
	}
	c.writeConsumed()
	c.writeCollection()
	c.out.End('}')
	return nil
}

// attributes returns the attributes that were asked for, the zero Item if there are none.
func (w *written) attributes() attr.Item {
	switch w.returns {
	case "ALL_OLD":
		return w.change.Old
	case "ALL_NEW":
		return w.change.New
	case "UPDATED_OLD":
		return updated(w.update, w.change.Old)
	case "UPDATED_NEW":
		return updated(w.update, w.change.New)
	}
	return attr.Item{}
}

// updated returns the part of an item that an update is about; the zero Item if there is none.
func updated(update *expr.Update, item attr.Item) attr.Item {
	if update == nil {
		return attr.Item{}
	}
	if part := update.Project(item); part.Len() > 0 {
		return part
	}
	return attr.Item{}
}

// writeItem writes an object whose one member is an item, or that has none if there is no item.
func (c *call) writeItem(name string, item attr.Item) {
	c.out.Begin('{')
	if !item.IsZero() {
		c.out.Name(name)
		c.out.Buf = item.AppendJSON(c.out.Buf)
	}
	c.out.End('}')
}

func getItem(c *call) error {
	c.refuseMixed(c.in, getForms)
	name := c.tableName()
	key := c.in.Item("Key", required)
	consistent, _ := c.in.Bool("ConsistentRead", optional) // all reads are, but they cost as they are asked for
	e := c.readExpressions(c.in, "ProjectionExpression")
	projection := e.eitherProjection()
	e.end()
	c.readCapacity()
	if err := c.Err(); err != nil {
		return err
	}
	t, k, err := c.find(name, key)
	if err != nil {
		return err
	}
	if projection != nil {
		if err := checkScalars(t.Definition(), projection.Nested()); err != nil {
			return err
		}
	}
	if err := c.meter.mayRead(t, ""); err != nil {
		return err
	}
	item, _, err := t.Get(k)
	if err != nil {
		return err
	}
	c.meter.got(name, t, item, consistency(consistent))
	c.out.Begin('{')
	c.writeConsumed()
	if item = project(projection, item); !item.IsZero() {
		c.out.Name("Item")
		c.out.Buf = item.AppendJSON(c.out.Buf)
	}
	c.out.End('}')
	return nil
}

// project returns what a projection leaves of an item: all of it if there is none.
func project(p *expr.Projection, item attr.Item) attr.Item {
	if p == nil {
		return item
	}
	return p.Apply(item)
}
