package integration_test

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// writeBatch puts and deletes, each item at an instant of its own.
func (a *actor) writeBatch() error {
	var r request
	in := map[string][]types.WriteRequest{}
	for _, at := range a.some(2, 3) {
		s, p := a.random(at, putDown, takeAway), places[at]
		s.demand = anything
		write := types.WriteRequest{PutRequest: &types.PutRequest{Item: p.holding(s.by)}}
		if s.do == takeAway {
			write = types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: p.key()}}
		}
		r, in[p.table] = append(r, s), append(in[p.table], write)
	}
	_, err := a.do("batch", r, func(*answer) error {
		done, err := a.BatchWriteItem(a.e.ctx, &dynamodb.BatchWriteItemInput{RequestItems: in}, withoutRetries)
		if err == nil && len(done.UnprocessedItems) > 0 {
			err = errors.New("a part of the batch was left over")
		}
		return err
	})
	return err
}

// readBatch reads items, each at an instant of its own.
func (a *actor) readBatch() error {
	var r request
	in := map[string]types.KeysAndAttributes{}
	for _, at := range a.some(2, 3) {
		p := places[at]
		keys := append(in[p.table].Keys, p.key())
		r, in[p.table] = append(r, step{place: at, do: look}), types.KeysAndAttributes{
			Keys: keys, ConsistentRead: aws.Bool(true)}
	}
	_, err := a.do("batch", r, func(out *answer) error {
		done, err := a.BatchGetItem(a.e.ctx, &dynamodb.BatchGetItemInput{RequestItems: in})
		if err != nil {
			return err
		}
		for table := range in {
			err = errors.Join(err, out.saw(r, table, done.Responses[table]))
		}
		return err
	})
	return err
}

// move takes something from one item, if it has as much, and gives it to another.
func (a *actor) move() error {
	two := a.some(2, 2)
	least := a.Int64N(500_000_000)
	r := request{
		{place: two[0], do: addTo, by: -least, demand: enough, than: least},
		{place: two[1], do: addTo, by: least, demand: present},
	}
	if a.IntN(3) == 0 {
		return a.moveByStatements(r)
	}
	if a.IntN(2) == 0 {
		r[1].demand = anything
	}
	return a.transactionOf(r)
}

// transact does this and that to some items, if all of it is allowed.
func (a *actor) transact() error {
	var r request
	for _, at := range a.some(2, len(places)) {
		s := a.random(at, look, putDown, addTo, takeAway)
		if s.do == look { // a transaction that writes can look at an item only by way of a condition
			s.demand = []demand{missing, present}[a.IntN(2)]
		} else if a.IntN(2) == 0 {
			s.demand = anything // else nearly all are refused
		}
		r = append(r, s)
	}
	return a.transactionOf(r)
}

func (a *actor) transactionOf(r request) error {
	in := new(dynamodb.TransactWriteItemsInput)
	for _, s := range r {
		in.TransactItems = append(in.TransactItems, s.inTransaction())
	}
	_, err := a.do("transaction", r, func(out *answer) error {
		_, err := a.TransactWriteItems(a.e.ctx, in) // tried again if need be: it has a token
		return out.canceled(r, err)
	})
	return err
}

func (s step) inTransaction() types.TransactWriteItem {
	p := places[s.place]
	switch s.do {
	case putDown:
		condition, values := s.condition(nil)
		return types.TransactWriteItem{Put: &types.Put{
			TableName: &p.table, Item: p.holding(s.by), ConditionExpression: condition,
			ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: showRefused,
		}}
	case addTo:
		condition, values := s.condition(item{":by": number(strconv.FormatInt(s.by, 10))})
		return types.TransactWriteItem{Update: &types.Update{
			TableName: &p.table, Key: p.key(), UpdateExpression: aws.String("ADD V :by"), ConditionExpression: condition,
			ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: showRefused,
		}}
	case takeAway:
		condition, values := s.condition(nil)
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: &p.table, Key: p.key(), ConditionExpression: condition,
			ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: showRefused,
		}}
	}
	condition, values := s.condition(nil)
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &p.table, Key: p.key(), ConditionExpression: condition,
		ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: showRefused,
	}}
}

// canceled reads the reasons of a transaction that was refused.
func (out *answer) canceled(r request, err error) error {
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return err
	}
	if len(canceled.CancellationReasons) != len(r) {
		return fmt.Errorf("a reason is wanted for each of %v: %w", r, err)
	}
	out.refused = make([]bool, len(r))
	for i, reason := range canceled.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "None":
		case "ConditionalCheckFailed":
			out.refused[i] = true
			if out.before[i], err = value(reason.Item); err != nil {
				return err
			}
		default:
			return fmt.Errorf("a reason that cannot be: %w", canceled)
		}
	}
	return nil
}

// lookAtAll reads everything at one instant.
func (a *actor) lookAtAll() error {
	_, err := a.do("transaction", everywhere(), func(out *answer) error {
		in := new(dynamodb.TransactGetItemsInput)
		for _, p := range places {
			in.TransactItems = append(in.TransactItems, types.TransactGetItem{
				Get: &types.Get{TableName: &p.table, Key: p.key()}})
		}
		got, err := a.TransactGetItems(a.e.ctx, in)
		if err != nil {
			return err
		}
		if len(got.Responses) != len(places) {
			return fmt.Errorf("%d items were asked for, %d answers came", len(places), len(got.Responses))
		}
		for i, one := range got.Responses {
			if out.before[i], err = value(one.Item); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// readTogether reads a partition, or a table, in one consistent page.
func (a *actor) readTogether(whole bool) error {
	table := aws.String(left)
	if whole {
		_, err := a.do("scan", lookAt(left), func(out *answer) error {
			page, err := a.Scan(a.e.ctx, &dynamodb.ScanInput{TableName: table, ConsistentRead: aws.Bool(true)})
			if err != nil {
				return err
			}
			return out.saw(lookAt(left), left, page.Items)
		})
		return err
	}
	partition := lookAt(left)[:2]
	_, err := a.do("query", partition, func(out *answer) error {
		page, err := a.Query(a.e.ctx, &dynamodb.QueryInput{
			TableName: table, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("Artist = :a"),
			ExpressionAttributeValues: item{":a": text("A")}, ScanIndexForward: aws.Bool(a.IntN(2) == 0),
		})
		if err != nil {
			return err
		}
		return out.saw(partition, left, page.Items)
	})
	return err
}

// statement says a step in PartiQL. An UPDATE demands that there is an item, even if it does not say so.
func (s step) statement() (*string, []types.AttributeValue) {
	p := places[s.place]
	with := []types.AttributeValue{text(p.artist), text(p.title)}
	where := ` WHERE Artist = ? AND SongTitle = ?`
	switch s.demand {
	case equal, vacant:
		where, with = where+" AND V = ?", append(with, number(strconv.FormatInt(s.than, 10)))
	case enough:
		where, with = where+" AND V >= ?", append(with, number(strconv.FormatInt(s.than, 10)))
	}
	switch s.do {
	case addTo:
		by := number(strconv.FormatInt(s.by, 10))
		return aws.String(`UPDATE "` + p.table + `" SET V = V + ?` + where), append([]types.AttributeValue{by}, with...)
	case takeAway:
		return aws.String(`DELETE FROM "` + p.table + `"` + where), with
	}
	return aws.String(`SELECT * FROM "` + p.table + `"` + where), with
}

// execute does a step with a statement.
func (a *actor) execute(s step) error {
	switch {
	case s.do == look:
		s.demand = anything
	case s.do == takeAway:
		s.demand, s.than = []demand{anything, vacant}[a.IntN(2)], a.known[s.place]
	case s.demand != equal && s.demand != enough:
		s.demand = present
	}
	_, err := a.do("statement", request{s}, func(out *answer) error {
		in := new(dynamodb.ExecuteStatementInput)
		in.Statement, in.Parameters = s.statement()
		in.ReturnValuesOnConditionCheckFailure = showRefused
		switch s.do {
		case look:
			in.ConsistentRead = aws.Bool(true)
		case addTo:
			*in.Statement += " RETURNING ALL NEW *"
		case takeAway:
			*in.Statement += " RETURNING ALL OLD *"
		}
		done, err := a.ExecuteStatement(a.e.ctx, in, withoutRetries)
		var refused *types.ConditionalCheckFailedException
		if errors.As(err, &refused) {
			out.refused = []bool{true}
			out.before[0], err = value(refused.Item)
			return err
		}
		if err != nil {
			return err
		}
		first := item(nil)
		if len(done.Items) > 0 {
			first = done.Items[0]
		}
		if s.do == addTo {
			out.after[0], err = value(first)
		} else {
			out.before[0], err = value(first)
		}
		return err
	})
	return err
}

// moveByStatements does what a move does in a transaction of statements.
func (a *actor) moveByStatements(r request) error {
	in := new(dynamodb.ExecuteTransactionInput)
	for _, s := range r {
		words, with := s.statement()
		in.TransactStatements = append(in.TransactStatements, types.ParameterizedStatement{
			Statement: words, Parameters: with, ReturnValuesOnConditionCheckFailure: showRefused,
		})
	}
	_, err := a.do("statements", r, func(out *answer) error {
		_, err := a.ExecuteTransaction(a.e.ctx, in)
		return out.canceled(r, err)
	})
	return err
}
