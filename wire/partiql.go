package wire

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/partiql"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

var (
	statementRule  = request.Rule{Required: true, Min: 1, Max: partiql.MaxSize}
	parametersRule = request.Rule{Min: 1}
	nextTokenRule  = request.Rule{Min: 1, Max: 32768}
)

// statement is a statement of a request.
type statement struct {
	*partiql.Statement // nil until it is parsed
	text               string
	parameters         []attr.Value
	fault              error // of the parameters
	tell               bool  // the item that a condition was not true of
	consistent         bool
	about              attr.Item // in a transaction: what is inserted, or the key of the one item
}

func (c *call) readStatement(o request.Object) *statement {
	s := &statement{text: o.Text("Statement", statementRule)}
	s.parameters, s.fault = o.Parameters("Parameters", parametersRule)
	s.tell = o.Text("ReturnValuesOnConditionCheckFailure", onFailure) == "ALL_OLD"
	return s
}

func (s *statement) parse() (err error) {
	s.Statement, err = partiql.Parse(s.text, s.parameters)
	return err
}

func executeStatement(c *call) error {
	s := c.readStatement(c.in)
	if s.fault != nil {
		c.Refuse(s.fault)
	}
	limit, _ := c.in.Int("Limit", limitRule)
	token := c.in.Text("NextToken", nextTokenRule)
	s.consistent, _ = c.in.Bool("ConsistentRead", optional)
	c.readCapacity()
	if err := c.Err(); err != nil {
		return err
	}
	if err := s.parse(); err != nil {
		return err
	}
	switch s.Kind {
	case partiql.Exists:
		return errExists
	case partiql.Select:
		return c.answerSelect(s, int(limit), token)
	}
	t, err := c.tables.Table(s.Table)
	if err != nil {
		return err
	}
	a, err := s.action(t)
	if err != nil {
		return err
	}
	item, err := c.write(s, &a, t)
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeConsumed()
	c.out.Name("Items")
	c.out.Begin('[')
	if !item.IsZero() {
		c.out.Buf = item.AppendJSON(c.out.Buf)
	}
	c.out.End(']')
	c.out.End('}')
	return nil
}

var (
	errExists        = exception.Validation.Errorf("EXISTS can only be used in ExecuteTransaction write requests.")
	errDuplicateItem = exception.DuplicateItem.Errorf("Duplicate primary key exists in table")
	errNextToken     = exception.Validation.Errorf("Invalid NextToken")
)

// keyNames returns the names of the key of a table.
func keyNames(t *table.Table) []string {
	names := make([]string, 0, 2)
	for _, e := range t.Definition().KeySchema {
		names = append(names, e.Name)
	}
	return names
}

// action returns what a statement that writes is to its table. It refuses what does not fit the key.
func (s *statement) action(t *table.Table) (a action, err error) {
	item := s.Item
	if s.Kind != partiql.Insert {
		if item, err = s.Key(keyNames(t)...); err != nil {
			return a, err
		}
	}
	d := t.Definition()
	for _, e := range d.KeySchema {
		switch v, ok := item.Lookup(e.Name); {
		case !ok:
			return a, exception.Validation.Errorf("Key attribute should be present in the item: Key %s", e.Name)
		case v.Type() != d.Attributes[e.Name]:
			return a, partiql.KeyTypeError(e.Name)
		}
	}
	if err := checkPaths(d, s.Condition, s.Update); err != nil {
		return a, err
	}
	return s.asAction(item, t), checkUpdate(s.Update, d)
}

// asAction returns the element of a transaction that does the same as a statement, to the item that it inserts or that
// has the key given.
func (s *statement) asAction(item attr.Item, t *table.Table) action {
	a := action{table: s.Table, item: item, update: s.Update}
	a.guard = &guard{condition: s.Guard(t.Definition().KeySchema.Partition()), tell: s.tell && s.Kind != partiql.Insert}
	switch s.Kind {
	case partiql.Insert:
		a.name = "Put"
	case partiql.Update:
		a.name = "Update"
	case partiql.Delete:
		a.name = "Delete"
	default:
		a.name = "ConditionCheck"
	}
	return a
}

// write does one statement that writes, and returns the attributes that it asks for; the zero Item if there are none.
func (c *call) write(s *statement, a *action, t *table.Table) (attr.Item, error) {
	a.admission = c.meter.admit(t)
	var change snapshot.Change
	var err error
	if s.Kind == partiql.Insert {
		change, err = t.Put(a.item, a.admission.puts(a.item), a.guard.holds)
	} else {
		var key attr.Key
		if key, err = t.Key(a.item); err != nil {
			return attr.Item{}, err
		}
		if s.Kind == partiql.Update {
			change, err = t.Update(key, a.admission.update(updating(a.update, a.item, a.guard, t.Definition())))
		} else {
			change, err = t.Delete(key, a.admission.puts(attr.Item{}), a.guard.holds)
		}
	}
	if err = a.admission.settle(change, err); s.Kind == partiql.Insert && errors.Is(err, exception.ConditionalCheckFailed) {
		err = errDuplicateItem
	}
	if err != nil {
		return attr.Item{}, a.guard.refusal(err)
	}
	c.meter.wrote(s.Table, t, change.Old, change.New)
	switch s.Returning {
	case partiql.ReturnAllOld:
		return change.Old, nil
	case partiql.ReturnAllNew:
		return change.New, nil
	case partiql.ReturnModifiedOld:
		return updated(s.Update, change.Old), nil
	case partiql.ReturnModifiedNew:
		return updated(s.Update, change.New), nil
	}
	return attr.Item{}, nil
}

// digestSize is how many bytes of a NextToken say what statement it is for.
const digestSize = 16

// digest returns what tells a statement with its parameters from others.
func (s *statement) digest() string {
	all := append([]byte(s.text), 0)
	for _, v := range s.parameters {
		all = v.AppendJSON(all)
	}
	sum := sha256.Sum256(all)
	return string(sum[:digestSize])
}

// nextToken returns the token with which the answer to a statement goes on behind an item of x, in one of the ranges
// that it reads.
func (s *statement) nextToken(x *source, last attr.Item, read int) string {
	token := append([]byte(s.digest()), byte(read))
	for _, name := range x.keyNames() {
		v, _ := last.Lookup(name)
		token = attr.AppendKey(token, v)
	}
	return base64.StdEncoding.EncodeToString(token)
}

// readToken returns where a token has the statement go on.
func (s *statement) readToken(x *source, text string) (after attr.Item, read int, err error) {
	token, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(token) <= digestSize {
		return attr.Item{}, 0, errNextToken
	}
	if string(token[:digestSize]) != s.digest() {
		return attr.Item{}, 0, exception.Validation.Errorf("NextToken does not match request")
	}
	rest, ok := string(token[digestSize+1:]), true
	m := make(attr.Map)
	for _, name := range x.keyNames() {
		if m[name], rest, ok = attr.DecodeKey(x.definition.Attributes[name], rest); !ok {
			return attr.Item{}, 0, errNextToken
		}
	}
	if after, err = attr.NewItem(m); err != nil || rest != "" {
		return attr.Item{}, 0, errNextToken
	}
	if err := x.checkStartInTable(x.tableKey(after)); err != nil {
		return attr.Item{}, 0, errNextToken
	}
	for _, e := range x.key {
		if err := x.checkStart(after, e); err != nil {
			return attr.Item{}, 0, errNextToken
		}
	}
	return after, int(token[digestSize]), nil
}
