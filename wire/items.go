package wire

import (
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/expr"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

var (
	returnValues  = request.Rule{Enum: []string{"ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"}}
	returnMetrics = request.Rule{Enum: []string{"SIZE", "NONE"}}
	capacityKinds = request.Rule{Enum: []string{"INDEXES", "TOTAL", "NONE"}}
)

// readReturns reads which attributes a write is to answer with. Only UpdateItem may be asked for what is new.
func (c *call) readReturns(update bool) string {
	returns := c.in.Text("ReturnValues", returnValues)
	if !update && returns != "" && returns != "NONE" && returns != "ALL_OLD" {
		c.Refuse(exception.Validation.Errorf("ReturnValues can only be ALL_OLD or NONE"))
	}
	return returns
}

// refuseMetrics refuses to report what was consumed, rather than to report nothing.
func (c *call) refuseMetrics() {
	for _, m := range []struct {
		name string
		rule request.Rule
	}{{"ReturnConsumedCapacity", capacityKinds}, {"ReturnItemCollectionMetrics", returnMetrics}} {
		if v := c.in.Text(m.name, m.rule); v != "" && v != "NONE" {
			c.Refuse(exception.Validation.Errorf("Tidemark does not support the parameter %s: %s yet", m.name, v))
		}
	}
}

func putItem(c *call) error {
	name := c.in.Text("TableName", tableRule)
	item := c.in.Item("Item", required)
	returns := c.readReturns(false)
	c.in.Unsupported("Expected", "ConditionalOperator")
	e := c.readExpressions(c.in, "ConditionExpression")
	g := e.readGuard()
	e.end()
	c.refuseMetrics()
	if err := c.Err(); err != nil {
		return err
	}
	t, err := c.tables.Table(name)
	if err != nil {
		return err
	}
	var change snapshot.Change
	if g.condition == nil {
		change, err = t.Put(item)
	} else {
		change, err = t.Put(item, g.holds)
	}
	return c.answerWrite(returns, change, nil, g.refusal(err))
}

func deleteItem(c *call) error {
	name := c.in.Text("TableName", tableRule)
	key := c.in.Item("Key", required)
	returns := c.readReturns(false)
	c.in.Unsupported("Expected", "ConditionalOperator")
	e := c.readExpressions(c.in, "ConditionExpression")
	g := e.readGuard()
	e.end()
	c.refuseMetrics()
	if err := c.Err(); err != nil {
		return err
	}
	t, k, err := c.find(name, key)
	if err != nil {
		return err
	}
	change, err := t.Delete(k, g.holds)
	return c.answerWrite(returns, change, nil, g.refusal(err))
}

func updateItem(c *call) error {
	name := c.in.Text("TableName", tableRule)
	key := c.in.Item("Key", required)
	returns := c.readReturns(true)
	c.in.Unsupported("AttributeUpdates", "Expected", "ConditionalOperator")
	e := c.readExpressions(c.in, "UpdateExpression", "ConditionExpression")
	update := e.update()
	g := e.readGuard()
	e.end()
	c.refuseMetrics()
	if err := c.Err(); err != nil {
		return err
	}
	t, k, err := c.find(name, key)
	if err != nil {
		return err
	}
	if err := leavesKey(update, t.Definition().KeySchema); err != nil {
		return err
	}
	change, err := t.Update(k, updating(update, key, g))
	return c.answerWrite(returns, change, update, g.refusal(err))
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
func updating(update *expr.Update, key attr.Item, g *guard) table.UpdateFunc {
	return func(old attr.Item) (attr.Item, error) {
		switch {
		case !g.holds(old):
			return attr.Item{}, exception.ConditionalCheckFailed.Errorf("The conditional request failed")
		case update == nil && old.IsZero():
			return key, nil
		case update == nil:
			return old, nil
		case old.IsZero():
			return update.Create(key)
		}
		return update.Apply(old)
	}
}

// answerWrite answers with those attributes of the change that were asked for, if there are any.
func (c *call) answerWrite(returns string, change snapshot.Change, update *expr.Update, err error) error {
	if err != nil {
		return err
	}
	var attributes attr.Item
	switch returns {
	case "ALL_OLD":
		attributes = change.Old
	case "ALL_NEW":
		attributes = change.New
	case "UPDATED_OLD":
		attributes = updated(update, change.Old)
	case "UPDATED_NEW":
		attributes = updated(update, change.New)
	}
	c.writeItem("Attributes", attributes)
	return nil
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
	name := c.in.Text("TableName", tableRule)
	key := c.in.Item("Key", required)
	c.in.Bool("ConsistentRead", optional) // all reads are
	c.in.Unsupported("AttributesToGet")
	e := c.readExpressions(c.in, "ProjectionExpression")
	projection := e.projection()
	e.end()
	c.refuseMetrics()
	if err := c.Err(); err != nil {
		return err
	}
	t, k, err := c.find(name, key)
	if err != nil {
		return err
	}
	item, _, err := t.Get(k)
	if err != nil {
		return err
	}
	c.writeItem("Item", project(projection, item))
	return nil
}

// project returns what a projection leaves of an item: all of it if there is none.
func project(p *expr.Projection, item attr.Item) attr.Item {
	if p == nil {
		return item
	}
	return p.Apply(item)
}
