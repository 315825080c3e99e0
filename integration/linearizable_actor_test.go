package integration_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type options = func(*dynamodb.Options)

// dynamo is what the actors use of the SDK's client, so that a test can put a broken one in its place.
type dynamo interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...options) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...options) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...options) (*dynamodb.DeleteItemOutput, error)
	GetItem(context.Context, *dynamodb.GetItemInput, ...options) (*dynamodb.GetItemOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...options) (*dynamodb.BatchWriteItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...options) (*dynamodb.BatchGetItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...options) (
		*dynamodb.TransactWriteItemsOutput, error)
	TransactGetItems(context.Context, *dynamodb.TransactGetItemsInput, ...options) (
		*dynamodb.TransactGetItemsOutput, error)
	ExecuteStatement(context.Context, *dynamodb.ExecuteStatementInput, ...options) (
		*dynamodb.ExecuteStatementOutput, error)
	ExecuteTransaction(context.Context, *dynamodb.ExecuteTransactionInput, ...options) (
		*dynamodb.ExecuteTransactionOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...options) (*dynamodb.QueryOutput, error)
	Scan(context.Context, *dynamodb.ScanInput, ...options) (*dynamodb.ScanOutput, error)
	CreateBackup(context.Context, *dynamodb.CreateBackupInput, ...options) (*dynamodb.CreateBackupOutput, error)
	DeleteBackup(context.Context, *dynamodb.DeleteBackupInput, ...options) (*dynamodb.DeleteBackupOutput, error)
	RestoreTableFromBackup(context.Context, *dynamodb.RestoreTableFromBackupInput, ...options) (
		*dynamodb.RestoreTableFromBackupOutput, error)
	RestoreTableToPointInTime(context.Context, *dynamodb.RestoreTableToPointInTimeInput, ...options) (
		*dynamodb.RestoreTableToPointInTimeOutput, error)
	DeleteTable(context.Context, *dynamodb.DeleteTableInput, ...options) (*dynamodb.DeleteTableOutput, error)
	UpdateTable(context.Context, *dynamodb.UpdateTableInput, ...options) (*dynamodb.UpdateTableOutput, error)
	streams
}

// actor is a client that does one thing after the other, as its random numbers have it.
type actor struct {
	dynamo
	*rand.Rand
	*chronicle
	e           *endpoint
	number      int
	recoverable bool  // the tables have point-in-time recovery
	unindexed   bool  // it has deleted the index
	known       world // what it has seen last
	restored    int   // how many tables
	again       []func() error
}

// errNothing says that an answer tells nothing of any item.
var errNothing = errors.New("nothing is learned from this")

// do makes a request with send, and writes it down with the answer. What was throttled has not been done. Of a request
// whose answer was lost it is only known that it was done, if it was allowed.
func (a *actor) do(what string, r request, send func(*answer) error) (*event, error) {
	e := &event{client: a.number, what: what, request: r, answer: unknownTo(r), call: a.now.Add(1)}
	a.dawdle()
	err := send(&e.answer)
	a.dawdle()
	switch {
	case errors.As(err, new(*types.ProvisionedThroughputExceededException)), errors.Is(err, errNothing):
		return nil, nil
	case errors.As(err, new(*types.InternalServerError)):
		e.answer = answer{lost: true}
	case err != nil:
		return nil, fmt.Errorf("%s %v: %w", what, r, err)
	}
	for i, s := range r {
		if !e.answer.lost && e.answer.before[i] != unseen {
			a.known[s.place] = e.answer.before[i]
		}
		if !e.answer.lost && e.answer.after[i] != unseen {
			a.known[s.place] = e.answer.after[i]
		}
	}
	return a.add(e), nil
}

// dawdle lets others go first now and then, so that more requests are under way at once than there are processors.
func (a *actor) dawdle() {
	for range a.IntN(4) {
		runtime.Gosched()
	}
}

func (p place) key() item { return song(p.artist, p.title) }

func (p place) holding(v int64) item {
	return song(p.artist, p.title, "V", number(strconv.FormatInt(v, 10)))
}

// placeOf finds where a key is, or an item.
func placeOf(table string, key item) (int, error) {
	for i, p := range places {
		artist, _ := key["Artist"].(*types.AttributeValueMemberS)
		title, _ := key["SongTitle"].(*types.AttributeValueMemberS)
		if artist != nil && title != nil && p == (place{table, artist.Value, title.Value}) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%s has an item that nobody wrote: %v", table, key)
}

// value returns the number of an item, or none if there is no item.
func value(i item) (int64, error) {
	if len(i) == 0 {
		return none, nil
	}
	v, is := i["V"].(*types.AttributeValueMemberN)
	if !is {
		return 0, fmt.Errorf("an item that nobody wrote: %v", i)
	}
	return strconv.ParseInt(v.Value, 10, 64)
}

// condition is a demand as an expression. It adds to the values that the expressions of the request have, and makes
// them if there are none.
func (s step) condition(values item) (*string, item) {
	if s.compares() {
		if values == nil {
			values = item{}
		}
		values[":than"] = number(strconv.FormatInt(s.than, 10))
	}
	switch s.demand {
	case missing:
		return aws.String("attribute_not_exists(Artist)"), values
	case present:
		return aws.String("attribute_exists(Artist)"), values
	case equal:
		return aws.String("V = :than"), values
	case enough:
		return aws.String("V >= :than"), values
	}
	return nil, values
}

// random is a step that does something or other to an item.
func (a *actor) random(at int, deeds ...deed) step {
	s := step{place: at, do: deeds[a.IntN(len(deeds))], by: 1 + a.Int64N(1_000_000_000)}
	if s.do == look {
		return s
	}
	s.demand = []demand{anything, anything, missing, present, equal, equal, enough}[a.IntN(7)]
	if s.demand == equal {
		s.than = max(0, a.known[at])
	} else if s.demand == enough {
		s.than = a.Int64N(1_000_000_000)
	}
	return s
}

// some are a few different items in any order.
func (a *actor) some(least, most int) []int {
	return a.Perm(len(places))[:least+a.IntN(most-least+1)]
}

// oneByOne does something that is about one item, or about several each for itself.
func (a *actor) oneByOne() error {
	switch n := a.IntN(100); {
	case n < 75:
		return a.single(a.random(a.IntN(len(places)), look, look, putDown, putDown, addTo, addTo, takeAway))
	case n < 85:
		return a.writeBatch()
	case n < 92:
		return a.readBatch()
	case n < 95:
		return a.follow()
	}
	return a.recover()
}

// together does something that is about several items at one instant, or what oneByOne does, but no batch.
func (a *actor) together() error {
	switch n := a.IntN(100); {
	case n < 8 && a.number == 0:
		return a.alter()
	case n < 27:
		return a.single(a.random(a.IntN(len(places)), look, putDown, addTo, takeAway))
	case n < 34:
		return a.readIndex()
	case n < 38:
		return a.follow()
	case n < 45:
		return a.execute(a.random(a.IntN(len(places)), look, addTo, takeAway))
	case n < 60:
		return a.move()
	case n < 70:
		return a.transact()
	case n < 78:
		return a.lookAtAll()
	case n < 90:
		return a.readTogether(a.IntN(2) == 0)
	}
	return a.recover()
}

// recover reads all of a table by way of a backup or of point-in-time recovery.
func (a *actor) recover() error {
	n := a.IntN(5)
	switch {
	case n < 2 || !a.recoverable:
		return a.backUp([]string{left, right}[a.IntN(2)])
	case n < 4:
		return a.passTime()
	}
	return a.restoreLatest()
}

// single does a step with the operation for one item that there is for it.
func (a *actor) single(s step) error {
	send := map[deed]func(step, *answer) error{
		look: a.get, putDown: a.put, addTo: a.update, takeAway: a.remove}[s.do]
	_, err := a.do("single", request{s}, func(out *answer) error {
		err := send(s, out)
		var refused *types.ConditionalCheckFailedException
		if !errors.As(err, &refused) {
			return err
		}
		out.refused = []bool{true}
		out.before[0], err = value(refused.Item)
		return err
	})
	return err
}

func (a *actor) get(s step, out *answer) error {
	p := places[s.place]
	got, err := a.GetItem(a.e.ctx, &dynamodb.GetItemInput{
		TableName: &p.table, Key: p.key(), ConsistentRead: aws.Bool(true),
	})
	if err == nil {
		out.before[0], err = value(got.Item)
	}
	return err
}

// showRefused has a refusal come with the item.
const showRefused = types.ReturnValuesOnConditionCheckFailureAllOld

func (a *actor) put(s step, out *answer) error {
	p := places[s.place]
	condition, values := s.condition(nil)
	done, err := a.PutItem(a.e.ctx, &dynamodb.PutItemInput{
		TableName: &p.table, Item: p.holding(s.by), ConditionExpression: condition, ExpressionAttributeValues: values,
		ReturnValues: types.ReturnValueAllOld, ReturnValuesOnConditionCheckFailure: showRefused,
	}, withoutRetries)
	if err == nil {
		out.before[0], err = value(done.Attributes)
	}
	return err
}

func (a *actor) remove(s step, out *answer) error {
	p := places[s.place]
	condition, values := s.condition(nil)
	done, err := a.DeleteItem(a.e.ctx, &dynamodb.DeleteItemInput{
		TableName: &p.table, Key: p.key(), ConditionExpression: condition, ExpressionAttributeValues: values,
		ReturnValues: types.ReturnValueAllOld, ReturnValuesOnConditionCheckFailure: showRefused,
	}, withoutRetries)
	if err == nil {
		out.before[0], err = value(done.Attributes)
	}
	return err
}

func (a *actor) update(s step, out *answer) error {
	p := places[s.place]
	condition, values := s.condition(item{":by": number(strconv.FormatInt(s.by, 10))})
	all := types.ReturnValueNone.Values()
	shown := all[a.IntN(len(all))]
	done, err := a.UpdateItem(a.e.ctx, &dynamodb.UpdateItemInput{
		TableName: &p.table, Key: p.key(), UpdateExpression: aws.String("ADD V :by"),
		ConditionExpression: condition, ExpressionAttributeValues: values,
		ReturnValues: shown, ReturnValuesOnConditionCheckFailure: showRefused,
	}, withoutRetries)
	if err != nil {
		return err
	}
	switch shown {
	case types.ReturnValueAllOld, types.ReturnValueUpdatedOld:
		out.before[0], err = value(done.Attributes)
	case types.ReturnValueAllNew, types.ReturnValueUpdatedNew:
		out.after[0], err = value(done.Attributes)
	}
	return err
}

// backUp takes a backup, which is a look at all items of the table at one instant while it is requested. What it saw
// is known when it has been restored, beside everything that goes on.
func (a *actor) backUp(table string) error {
	var arn *string
	e, err := a.do("backup", lookAt(table), func(*answer) error {
		done, err := a.CreateBackup(a.e.ctx, &dynamodb.CreateBackupInput{
			TableName: &table, BackupName: aws.String("linear"),
		})
		if err == nil {
			arn = done.BackupDetails.BackupArn
		}
		return err
	})
	if err != nil {
		return err
	}
	restore := func(target string) error {
		_, err := a.RestoreTableFromBackup(a.e.ctx, &dynamodb.RestoreTableFromBackupInput{
			BackupArn: arn, TargetTableName: &target,
		})
		return err
	}
	if err := a.readRestored(table, e, restore); err != nil || a.IntN(2) == 0 {
		return err
	}
	_, err = a.DeleteBackup(a.e.ctx, &dynamodb.DeleteBackupInput{BackupArn: arn})
	a.again = a.again[:len(a.again)-1]
	return err
}

// passTime moves the clock, which is a look at everything: point-in-time recovery of both tables to the time that was
// before shows them as they were at the instant of the move.
func (a *actor) passTime() error {
	var before time.Time
	e, err := a.do("time", everywhere(), func(*answer) error {
		before = a.e.clock.Now()
		a.e.clock.Advance(time.Duration(1+a.IntN(1500)) * time.Millisecond)
		return nil
	})
	if err != nil {
		return err
	}
	for _, table := range []string{left, right} {
		err := a.readRestored(table, e, func(target string) error {
			_, err := a.RestoreTableToPointInTime(a.e.ctx, &dynamodb.RestoreTableToPointInTimeInput{
				SourceTableName: &table, TargetTableName: &target, RestoreDateTime: &before,
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// restoreLatest restores a table as it is now, which is a look at all of its items.
func (a *actor) restoreLatest() error {
	table, target := []string{left, right}[a.IntN(2)], a.target()
	e, err := a.do("latest", lookAt(table), func(*answer) error {
		_, err := a.RestoreTableToPointInTime(a.e.ctx, &dynamodb.RestoreTableToPointInTimeInput{
			SourceTableName: &table, TargetTableName: &target, UseLatestRestorableTime: aws.Bool(true),
		})
		return err
	})
	if err != nil {
		return err
	}
	return a.consume(target, table, &e.answer, e.request)
}

func (a *actor) target() string {
	a.restored++
	return fmt.Sprintf("Restored-%d-%d", a.number, a.restored)
}

func lookAt(table string) (r request) {
	for i, p := range places {
		if p.table == table {
			r = append(r, step{place: i, do: look})
		}
	}
	return r
}

func everywhere() request { return append(lookAt(left), lookAt(right)...) }

// readRestored completes an event with what restore brings back of a table. In the end it must bring back the same.
func (a *actor) readRestored(source string, e *event, restore func(target string) error) error {
	read := func(out *answer) error {
		target := a.target()
		if err := restore(target); err != nil {
			return err
		}
		return a.consume(target, source, out, e.request)
	}
	a.again = append(a.again, func() error {
		out := e.answer
		out.before = slices.Clone(out.before)
		if err := read(&out); err != nil {
			return err
		}
		if !slices.Equal(e.answer.before, out.before) {
			return fmt.Errorf("restored once more, it shows %v: %v", out.before, e)
		}
		return nil
	})
	return read(&e.answer)
}

// consume reads a restored table, and its index if it has got one. Then it spoils it, of which the one that it was restored from must notice nothing,
// and deletes it.
func (a *actor) consume(table, source string, out *answer, r request) error {
	page, err := a.Scan(a.e.ctx, &dynamodb.ScanInput{TableName: &table})
	if err != nil {
		return err
	}
	if err := out.saw(r, source, page.Items); err != nil {
		return err
	}
	byIndex := answer{before: slices.Clone(out.before)}
	if err := a.scanIndex(table, source, r, &byIndex); err != nil && !errors.Is(err, errNothing) {
		return err
	}
	if !slices.Equal(out.before, byIndex.before) {
		return fmt.Errorf("%s has the items %v, and its index %v", table, out.before, byIndex.before)
	}
	for _, p := range places[:len(places)-1] {
		if _, err := a.PutItem(a.e.ctx, &dynamodb.PutItemInput{TableName: &table, Item: p.holding(0)}); err != nil {
			return err
		}
	}
	_, err = a.DeleteTable(a.e.ctx, &dynamodb.DeleteTableInput{TableName: &table})
	return err
}

// saw notes that a look at items of one table found these and no others.
func (out *answer) saw(r request, table string, items []item) error {
	for i, s := range r {
		if places[s.place].table == table {
			out.before[i] = none
		}
	}
	for _, found := range items {
		p, err := placeOf(table, found)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(r, func(s step) bool { return s.place == p })
		if i < 0 {
			return fmt.Errorf("an item that was not asked for: %v", found)
		}
		if out.before[i], err = value(found); err != nil {
			return err
		}
	}
	return nil
}
