package wire

import (
	"errors"
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/internal/partiql"
	"github.com/tidemark-db/tidemark/table"
)

func executeTransaction(c *call) error {
	token := c.in.Text("ClientRequestToken", tokenRule)
	elements, _ := c.in.Objects("TransactStatements", transactRule)
	all := make([]*statement, min(len(elements), table.MaxTransaction))
	for i := range all {
		all[i] = c.readStatement(elements[i])
		if all[i].fault != nil {
			c.Refuse(all[i].fault)
		}
	}
	c.readCapacity()
	c.meter.transacted()
	if err := c.Err(); err != nil {
		return err
	}
	reads, writes := false, false
	for i, s := range all {
		if err := s.parse(); err != nil {
			return inTransaction(i, err)
		}
		reads, writes = reads || !s.Kind.Writes(), writes || s.Kind.Writes()
	}
	if reads && writes {
		return exception.Validation.Errorf(
			"ExecuteTransaction API does not support both read and write operations in the same request.")
	}
	if reads {
		return c.executeReads(all)
	}
	return c.executeWrites(all, token)
}

// inTransaction says in which statement of a transaction something is wrong.
func inTransaction(i int, err error) error {
	e, ok := err.(*exception.Error)
	if !ok || e.Code != exception.Validation {
		return err
	}
	return exception.Validation.Errorf("Validation failed in TransactStatements[%d]: %s", i, e.Message)
}

// findAll finds the tables of a transaction. Those that are missing cancel it, but only if nothing is wrong with
// the statements for others.
func (c *call) findAll(all []*statement) ([]*table.Table, error) {
	tables := make([]*table.Table, len(all))
	reasons := make([]exception.Reason, len(all))
	missing := false
	for i, s := range all {
		t, err := c.tables.Table(s.Table)
		switch {
		case errors.Is(err, exception.ResourceNotFound):
			reasons[i], missing = exception.ReasonOf(err), true
			continue
		case err != nil:
			return nil, err
		}
		tables[i] = t
		if err := s.checkTransacted(t); err != nil {
			return nil, inTransaction(i, err)
		}
	}
	if missing {
		return nil, exception.Canceled(reasons...)
	}
	return tables, nil
}

// checkTransacted finds what a statement is about. It refuses what no transaction can do with a table that is there.
func (s *statement) checkTransacted(t *table.Table) (err error) {
	switch {
	case s.Returning != partiql.ReturnNothing:
		return exception.Validation.Errorf("RETURNING clause is not supported in ExecuteTransaction.")
	case s.Index != "" && s.Kind == partiql.Select:
		return exception.Validation.Errorf("Reads on indices are not supported within transactions.")
	case s.Index != "":
		return exception.Validation.Errorf("Operations on indices are not supported in transactions")
	case s.Kind == partiql.Select:
		s.about, err = s.readKey(t, "ExecuteTransaction")
	case s.Kind == partiql.Exists:
		s.about, err = s.Key(keyNames(t)...)
	case s.Kind == partiql.Insert:
		s.about = s.Item
	default: // what is no key of one item cancels the transaction as a key of another kind does
		s.about, _ = s.Key(keyNames(t)...)
	}
	return err
}

// executeReads reads the items of a transaction of one instant.
func (c *call) executeReads(all []*statement) error {
	tables, err := c.findAll(all)
	if err != nil {
		return err
	}
	if err := c.meter.mayReadAll(tables); err != nil {
		return err
	}
	reads := make([]table.Read, len(all))
	for i, s := range all {
		reads[i] = table.Read{Table: s.Table, Key: keyOf(tables[i].Definition().KeySchema, s.about)}
	}
	items, err := c.tables.TransactRead(reads...)
	if err != nil {
		return err
	}
	for i, item := range items {
		c.meter.got(all[i].Table, tables[i], item, capacity.Transactional)
	}
	c.out.Begin('{')
	c.writeEachConsumed()
	c.writeList("Responses", len(all), func(i int) { c.writeItem("Item", selected(all[i].Statement, items[i])) })
	c.out.End('}')
	return nil
}

// executeWrites does what a transaction writes, unless it has been done before.
func (c *call) executeWrites(all []*statement, token string) error {
	err := c.once(token, "TransactStatements", func() ([]read, error) {
		tables, err := c.findAll(all)
		if err != nil {
			return nil, err
		}
		actions := make([]action, len(all))
		for i, s := range all {
			actions[i] = s.asAction(s.about, tables[i])
		}
		return c.commit(actions)
	})
	if err := asDuplicates(err, all); err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeEachConsumed()
	c.out.Name("Responses")
	c.out.Begin('[')
	c.out.End(']')
	c.out.End('}')
	return nil
}

// asDuplicates returns a cancellation with the reasons of INSERTs that found an item.
func asDuplicates(err error, all []*statement) error {
	var e *exception.Error
	if !errors.As(err, &e) || e.Code != exception.TransactionCanceled || len(e.Reasons) != len(all) {
		return err
	}
	reasons := slices.Clone(e.Reasons)
	for i, r := range reasons {
		if all[i].Kind == partiql.Insert && r.Code == exception.ConditionalCheckFailed {
			reasons[i] = exception.ReasonOf(errDuplicateItem)
		}
	}
	var items []attr.Item
	if r := (*refusal)(nil); errors.As(err, &r) {
		items = r.items
	}
	return &refusal{error: exception.Canceled(reasons...), items: items}
}
