package integration_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/tidemarktest"
)

// TestBrokenIsFound puts what does not keep its promises between the actors and the endpoint, one thing at a time, and
// backups that are not exact: the checker must say so, or it would find nothing in the endpoint either.
func TestBrokenIsFound(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]story{
		"nothing":       {},
		"stale read":    {through: func(a *actor) dynamo { return staleReads{a.dynamo, map[int]*dynamodb.GetItemOutput{}} }},
		"lost put":      {through: func(a *actor) dynamo { return lostPuts{a.dynamo, a} }},
		"double update": {through: func(a *actor) dynamo { return doubleUpdates{a.dynamo} }},
		"no condition":  {through: func(a *actor) dynamo { return noConditions{a.dynamo} }},
		"no token": {
			faults:  lostTransactions(),
			through: func(a *actor) dynamo { return noTokens{a.dynamo} },
		},
		"write in pieces": {through: func(a *actor) dynamo { return writesInPieces{a.dynamo, a.bystander()} }},
		"read in pieces":  {through: func(a *actor) dynamo { return readsInPieces{a.dynamo, a.bystander()} }},
		"half a batch":    {act: (*actor).oneByOne, through: func(a *actor) dynamo { return halfBatches{a.dynamo} }},
		"backup of before": {
			act:     backUpOften,
			through: func(a *actor) dynamo { return earlyBackups{a.dynamo, map[string]*string{}} },
		},
		"backup of after": {through: func(a *actor) dynamo {
			return lateBackups{a.dynamo, a.bystander(), map[string]*dynamodb.CreateBackupInput{}, map[string]*string{}}
		}},
		"stale index": {through: func(a *actor) dynamo { return &staleIndexes{dynamo: a.dynamo} }},
		"late stream": {through: func(a *actor) dynamo { return lateStreams{a.dynamo} }},
		"stream in another order": {forge: func(c *chronicle) {
			for _, records := range c.records {
				for i := range records {
					records[i].at ^= 1
				}
			}
		}},
		"stream without an end": {forge: func(c *chronicle) {
			c.records[0] = c.records[0][:max(0, len(c.records[0])-1)]
		}},
		"wrong time":      {through: func(a *actor) dynamo { return wrongTimes{a.dynamo} }},
		"earliest marker": {options: []tidemarktest.Option{tidemarktest.WithMarker(backup.Earliest, time.Second)}},
		"torn marker": {
			options: []tidemarktest.Option{tidemarktest.WithMarker(backup.Torn, time.Second)},
			through: func(a *actor) dynamo { return patientBackups{a.dynamo, a} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s.actors, s.actions = 3, 25
			if s.act == nil {
				s.act = (*actor).together
			}
			tries, wanted := uint64(30), porcupine.Illegal // most are found with the first or second
			if s.through == nil && s.options == nil && s.forge == nil {
				tries, wanted = 5, porcupine.Ok
			}
			found := map[porcupine.CheckResult]int{}
			for s.seed = 1; s.seed <= tries && found[porcupine.Illegal] == 0; s.seed++ {
				result, _ := s.tell(t).check(s.byItem)
				found[result]++
			}
			t.Logf("found: %v", found)
			require.NotZero(t, found[wanted], "found: %v", found)
			require.Zero(t, found[porcupine.Unknown])
			if wanted == porcupine.Ok {
				require.Zero(t, found[porcupine.Illegal])
			}
		})
	}
}

// backUpOften does something, and takes a backup every other time.
func backUpOften(a *actor) error {
	if a.IntN(2) == 0 {
		return a.backUp(left)
	}
	return a.together()
}

// bystander is somebody else, with the same endpoint and in the same chronicle, who sees what the actor does.
func (a *actor) bystander() *actor {
	other := *a
	other.number += 100
	return &other
}

// staleReads gives the answer that the same client had for the key before.
type staleReads struct {
	dynamo
	last map[int]*dynamodb.GetItemOutput
}

func (b staleReads) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...options) (
	*dynamodb.GetItemOutput, error) {
	at, err := placeOf(*in.TableName, in.Key)
	if err != nil {
		return nil, err
	}
	out, err := b.dynamo.GetItem(ctx, in, o...)
	stale, is := b.last[at]
	b.last[at] = out
	if !is {
		stale = out
	}
	return stale, err
}

// lostPuts acknowledges every other put that it has not done.
type lostPuts struct {
	dynamo
	a *actor
}

func (b lostPuts) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...options) (
	*dynamodb.PutItemOutput, error) {
	if in.ConditionExpression != nil || b.a.IntN(2) == 0 {
		return b.dynamo.PutItem(ctx, in, o...)
	}
	key := item{"Artist": in.Item["Artist"], "SongTitle": in.Item["SongTitle"]}
	out, err := b.GetItem(ctx, &dynamodb.GetItemInput{TableName: in.TableName, Key: key})
	if err != nil {
		return nil, err
	}
	return &dynamodb.PutItemOutput{Attributes: out.Item}, nil
}

// doubleUpdates does every update twice, as a client does that tries again.
type doubleUpdates struct{ dynamo }

func (b doubleUpdates) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, o ...options) (
	*dynamodb.UpdateItemOutput, error) {
	out, err := b.dynamo.UpdateItem(ctx, in, o...)
	if err == nil && in.ConditionExpression == nil {
		_, err = b.dynamo.UpdateItem(ctx, in, o...)
	}
	return out, err
}

// noConditions does every put as if it had no condition.
type noConditions struct{ dynamo }

func (b noConditions) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...options) (
	*dynamodb.PutItemOutput, error) {
	return b.dynamo.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: in.TableName, Item: in.Item, ReturnValues: in.ReturnValues,
	}, o...)
}

// noTokens tries a transaction again as if it were another.
type noTokens struct{ dynamo }

func lostTransactions() (all []tidemarktest.Fault) {
	for n := range 5 {
		all = append(all, tidemarktest.Lose("TransactWriteItems").Nth(1+2*n))
	}
	return all
}

func (b noTokens) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, _ ...options) (
	*dynamodb.TransactWriteItemsOutput, error) {
	for {
		fresh := *in // for the SDK puts the token into what it is given
		out, err := b.dynamo.TransactWriteItems(ctx, &fresh, withoutRetries)
		if !errors.As(err, new(*types.InternalServerError)) {
			return out, err
		}
	}
}

// writesInPieces does a transaction item by item, while somebody looks.
type writesInPieces struct {
	dynamo
	other *actor
}

func (b writesInPieces) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...options) (
	*dynamodb.TransactWriteItemsOutput, error) {
	if in.TransactItems[0].Update == nil || len(in.TransactItems) > 2 { // no move
		return b.dynamo.TransactWriteItems(ctx, in, o...)
	}
	out, err := b.dynamo.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: in.TransactItems[:1]}, o...)
	if err != nil {
		return b.dynamo.TransactWriteItems(ctx, in, o...) // for all the reasons
	}
	if err := b.other.lookAtAll(); err != nil {
		return nil, err
	}
	if _, err := b.dynamo.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: in.TransactItems[1:]}, o...); !errors.As(err, new(*types.TransactionCanceledException)) {
		return out, err
	}
	return out, nil
}

// readsInPieces reads the items of a transaction one by one, while somebody writes them.
type readsInPieces struct {
	dynamo
	other *actor
}

func (b readsInPieces) TransactGetItems(ctx context.Context, in *dynamodb.TransactGetItemsInput, o ...options) (
	*dynamodb.TransactGetItemsOutput, error) {
	var all dynamodb.TransactGetItemsOutput
	for i := range in.TransactItems {
		one, err := b.dynamo.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{
			TransactItems: in.TransactItems[i : i+1]}, o...)
		if err == nil && i == 0 {
			err = b.other.transactionOf(request{
				{place: 0, do: addTo, by: 1 + b.other.Int64N(1000)}, {place: 3, do: addTo, by: 1 + b.other.Int64N(1000)},
			})
		}
		if err != nil {
			return nil, err
		}
		all.Responses = append(all.Responses, one.Responses...)
	}
	return &all, nil
}

// halfBatches leaves one table of a batch out.
type halfBatches struct{ dynamo }

func (b halfBatches) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, o ...options) (
	*dynamodb.BatchWriteItemOutput, error) {
	if len(in.RequestItems) == 1 {
		return b.dynamo.BatchWriteItem(ctx, in, o...)
	}
	return b.dynamo.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{left: in.RequestItems[left]},
	}, o...)
}

// earlyBackups gives the backup that the same client took before, which misses the last writes.
type earlyBackups struct {
	dynamo
	last map[string]*string
}

func (b earlyBackups) CreateBackup(ctx context.Context, in *dynamodb.CreateBackupInput, o ...options) (
	*dynamodb.CreateBackupOutput, error) {
	out, err := b.dynamo.CreateBackup(ctx, in, o...)
	if err != nil {
		return nil, err
	}
	arn := out.BackupDetails.BackupArn
	if earlier := b.last[*in.TableName]; earlier != nil {
		out.BackupDetails.BackupArn = earlier
	}
	b.last[*in.TableName] = arn
	return out, nil
}

func (b earlyBackups) DeleteBackup(context.Context, *dynamodb.DeleteBackupInput, ...options) (
	*dynamodb.DeleteBackupOutput, error) {
	return new(dynamodb.DeleteBackupOutput), nil // it will be given again
}

// lateBackups takes a backup only when it is first restored, when somebody has written since it was asked for.
type lateBackups struct {
	dynamo
	other *actor
	asked map[string]*dynamodb.CreateBackupInput
	taken map[string]*string
}

func (b lateBackups) CreateBackup(_ context.Context, in *dynamodb.CreateBackupInput, _ ...options) (
	*dynamodb.CreateBackupOutput, error) {
	arn := fmt.Sprint(len(b.asked))
	b.asked[arn] = in
	return &dynamodb.CreateBackupOutput{BackupDetails: &types.BackupDetails{BackupArn: &arn}}, nil
}

func (b lateBackups) RestoreTableFromBackup(ctx context.Context, in *dynamodb.RestoreTableFromBackupInput,
	o ...options) (*dynamodb.RestoreTableFromBackupOutput, error) {
	if b.taken[*in.BackupArn] == nil {
		for at := range places {
			if err := b.other.single(step{place: at, do: putDown, by: 1 + b.other.Int64N(1000)}); err != nil {
				return nil, err
			}
		}
		out, err := b.dynamo.CreateBackup(ctx, b.asked[*in.BackupArn], o...)
		if err != nil {
			return nil, err
		}
		b.taken[*in.BackupArn] = out.BackupDetails.BackupArn
	}
	return b.dynamo.RestoreTableFromBackup(ctx, &dynamodb.RestoreTableFromBackupInput{
		BackupArn: b.taken[*in.BackupArn], TargetTableName: in.TargetTableName,
	}, o...)
}

func (b lateBackups) DeleteBackup(context.Context, *dynamodb.DeleteBackupInput, ...options) (
	*dynamodb.DeleteBackupOutput, error) {
	return new(dynamodb.DeleteBackupOutput), nil // there is none of this name
}

// patientBackups waits for the backup, whose marker may lie ahead.
type patientBackups struct {
	dynamo
	a *actor
}

func (b patientBackups) CreateBackup(ctx context.Context, in *dynamodb.CreateBackupInput, o ...options) (
	*dynamodb.CreateBackupOutput, error) {
	out, err := b.dynamo.CreateBackup(ctx, in, o...)
	b.a.e.clock.Advance(2 * time.Second)
	return out, err
}

// wrongTimes restores the table as it was a second before the time that it is given.
type wrongTimes struct{ dynamo }

func (b wrongTimes) RestoreTableToPointInTime(ctx context.Context, in *dynamodb.RestoreTableToPointInTimeInput,
	o ...options) (*dynamodb.RestoreTableToPointInTimeOutput, error) {
	wrong := *in
	if in.RestoreDateTime != nil {
		wrong.RestoreDateTime = aws.Time(in.RestoreDateTime.Add(-time.Second))
	}
	return b.dynamo.RestoreTableToPointInTime(ctx, &wrong, o...)
}

// staleIndexes gives the answer that the same client had for the index before.
type staleIndexes struct {
	dynamo
	last *dynamodb.ScanOutput
}

func (b *staleIndexes) Scan(ctx context.Context, in *dynamodb.ScanInput, o ...options) (*dynamodb.ScanOutput, error) {
	out, err := b.dynamo.Scan(ctx, in, o...)
	if in.IndexName == nil || *in.TableName != left || err != nil {
		return out, err
	}
	stale := cmp.Or(b.last, out)
	b.last = out
	return stale, nil
}

// lateStreams ends before the last record, if that is in a page by itself.
type lateStreams struct{ dynamo }

func (b lateStreams) GetRecords(ctx context.Context, in *dynamodbstreams.GetRecordsInput, o ...streamOptions) (
	*dynamodbstreams.GetRecordsOutput, error) {
	out, err := b.dynamo.GetRecords(ctx, in, o...)
	if err == nil && len(out.Records) == 1 {
		out.Records = nil
	}
	return out, err
}
