package wire

import (
	"errors"
	"strings"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/partiql"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/table"
)

var statementsRule = request.Rule{Required: true, Min: 1, Max: table.MaxBatch}

// member is one statement of a batch: what it is about, and what becomes of it.
type member struct {
	*statement
	table  *table.Table
	key    attr.Key
	action action // of one that writes

	item attr.Item // of the answer
	err  error
	ran  bool // it has come as far as its table
}

func batchExecuteStatement(c *call) error {
	elements, _ := c.in.Objects("Statements", statementsRule)
	all := make([]member, min(len(elements), table.MaxBatch))
	for i := range all {
		all[i].statement = c.readStatement(elements[i])
		all[i].consistent, _ = elements[i].Bool("ConsistentRead", optional)
	}
	c.readCapacity()
	if err := c.Err(); err != nil {
		return err
	}
	reads, writes := false, false
	for i := range all {
		b := &all[i]
		if b.err = b.fault; b.err == nil {
			b.err = b.parse()
		}
		if b.err == nil {
			reads, writes = reads || !b.Kind.Writes(), writes || b.Kind.Writes()
		}
	}
	if reads && writes {
		return exception.Validation.Errorf("Read and write requests together in the same batch is not supported.")
	}
	if err := c.findMembers(all); err != nil {
		return err
	}
	for i := range all {
		if b := &all[i]; b.err == nil {
			b.ran = true
			b.item, b.err = c.runMember(b)
		}
	}
	for i := range all {
		b := &all[i]
		switch {
		case errors.Is(b.err, exception.DuplicateItem):
			c.meter.refused(b.Table, b.action.guard.failed, b.action.item)
		case errors.Is(b.err, exception.ConditionalCheckFailed):
			c.meter.refused(b.Table, b.action.guard.failed, attr.Item{})
		}
	}
	c.answerMembers(all)
	return nil
}

// findMembers finds the items that the statements are about, none of which may be named twice.
func (c *call) findMembers(all []member) error {
	type place struct {
		table *table.Table
		key   attr.Key
	}
	seen := make(map[place]bool, len(all))
	for i := range all {
		b := &all[i]
		if b.err == nil {
			b.err = c.findItem(b)
		}
		if b.err != nil {
			continue
		}
		p := place{b.table, b.key}
		if seen[p] {
			return exception.Validation.Errorf("Provided list of item keys contains duplicates")
		}
		seen[p] = true
	}
	return nil
}

// findItem finds the one item that a statement of a batch is about.
func (c *call) findItem(b *member) (err error) {
	if b.Kind == partiql.Exists {
		return errExists
	}
	item := attr.Item{}
	if b.Kind == partiql.Select {
		x, err := c.openStatement(b.statement)
		if err != nil {
			return err
		}
		b.table = x.Table
		if item, err = b.readKey(b.table, "BatchExecuteStatement"); err != nil {
			return err
		}
		d := b.table.Definition()
		for _, e := range d.KeySchema {
			if v, _ := item.Lookup(e.Name); v.Type() != d.Attributes[e.Name] {
				return partiql.KeyTypeError(e.Name)
			}
		}
	} else {
		if b.table, err = c.tables.Table(b.Table); err != nil {
			return err
		}
		if b.action, err = b.statement.action(b.table); err != nil {
			return err
		}
		item = b.action.item.Project(keyNames(b.table)...)
	}
	b.key, err = b.table.Key(item)
	return err
}

// readKey returns the key of the item that a SELECT of several statements is about, which must be all that it says.
func (s *statement) readKey(t *table.Table, operation string) (attr.Item, error) {
	if s.Index == "" {
		if item, ok := s.ReadKey(keyNames(t)...); ok {
			return item, nil
		}
		d := t.Definition()
		x := source{Table: t, definition: d, key: d.KeySchema}
		if _, err := s.Plan(x.planKey()); err != nil {
			return attr.Item{}, err
		}
	}
	return attr.Item{}, exception.Validation.Errorf(
		"Select statements within %s must specify the primary key in the where clause.", operation)
}

func (c *call) runMember(b *member) (attr.Item, error) {
	if b.Kind.Writes() {
		return c.write(b.statement, &b.action, b.table)
	}
	if err := c.meter.mayRead(b.table, ""); err != nil {
		return attr.Item{}, err
	}
	item, _, err := b.table.Get(b.key)
	if err != nil {
		return attr.Item{}, err
	}
	c.meter.got(b.Table, b.table, item, consistency(b.consistent))
	return selected(b.Statement, item), nil
}

func (c *call) answerMembers(all []member) {
	c.out.Begin('{')
	c.writeEachConsumed()
	c.writeList("Responses", len(all), func(i int) {
		b := &all[i]
		c.out.Begin('{')
		if b.err != nil {
			c.writeStatementError(b.err)
		} else if !b.item.IsZero() {
			c.out.Name("Item")
			c.out.Buf = b.item.AppendJSON(c.out.Buf)
		}
		if b.ran {
			c.writeText("TableName", b.Table)
		}
		c.out.End('}')
	})
	c.out.End('}')
}

// writeStatementError writes what became of a statement that failed. There the exceptions have shorter names, and the
// item that a condition was not true of is not told, although it may be asked for.
func (c *call) writeStatementError(err error) {
	e, _ := exception.During("", "", err).(*exception.Error)
	code := strings.TrimSuffix(string(e.Code), "Exception")
	switch e.Code {
	case exception.Validation:
		code = "ValidationError"
	case exception.Throttling:
		code = "ThrottlingError"
	}
	c.out.Name("Error")
	c.out.Begin('{')
	c.writeText("Code", code)
	c.writeText("Message", e.Message)
	c.out.End('}')
}
