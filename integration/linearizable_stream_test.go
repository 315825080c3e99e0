package integration_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/smithy-go"
)

// clients are the two that a program has for one endpoint.
type clients struct {
	*dynamodb.Client
	streams
}

// streams is what the actors use of the client for streams.
type streams interface {
	ListStreams(context.Context, *dynamodbstreams.ListStreamsInput, ...streamOptions) (
		*dynamodbstreams.ListStreamsOutput, error)
	DescribeStream(context.Context, *dynamodbstreams.DescribeStreamInput, ...streamOptions) (
		*dynamodbstreams.DescribeStreamOutput, error)
	GetShardIterator(context.Context, *dynamodbstreams.GetShardIteratorInput, ...streamOptions) (
		*dynamodbstreams.GetShardIteratorOutput, error)
	GetRecords(context.Context, *dynamodbstreams.GetRecordsInput, ...streamOptions) (
		*dynamodbstreams.GetRecordsOutput, error)
}

type streamOptions = func(*dynamodbstreams.Options)

// titleIndex is a global index, in which the places 0 and 2 are one partition.
const titleIndex = "Titles"

// indexed is a table of music with that index, and with a stream.
func indexed(table string) *dynamodb.CreateTableInput {
	in := musicTable(table)
	in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{byTitle()}
	in.AttributeDefinitions = append(in.AttributeDefinitions, valueDefinition)
	in.StreamSpecification = &types.StreamSpecification{
		StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages,
	}
	return in
}

var valueDefinition = types.AttributeDefinition{
	AttributeName: aws.String("V"), AttributeType: types.ScalarAttributeTypeN}

func byTitle() types.GlobalSecondaryIndex {
	return types.GlobalSecondaryIndex{
		IndexName:  aws.String(titleIndex),
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("SongTitle"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("V"), KeyType: types.KeyTypeRange},
		},
	}
}

// alter deletes the index of a table, or creates it if there is none, beside everything that goes on. Of its actors a
// story has one do so.
func (a *actor) alter() error {
	a.unindexed = !a.unindexed
	change := types.GlobalSecondaryIndexUpdate{
		Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String(titleIndex)}}
	if !a.unindexed {
		i := byTitle()
		change = types.GlobalSecondaryIndexUpdate{Create: &types.CreateGlobalSecondaryIndexAction{
			IndexName: i.IndexName, KeySchema: i.KeySchema, Projection: i.Projection}}
	}
	_, err := a.do("alter", nil, func(*answer) error {
		_, err := a.UpdateTable(a.e.ctx, &dynamodb.UpdateTableInput{
			TableName: aws.String(left), GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{change},
			AttributeDefinitions: indexed(left).AttributeDefinitions,
		})
		return err
	})
	return err
}

// unlessMissing is what a read of the index found, or errNothing where the table does not have it just now.
func unlessMissing(err error) error {
	if refused := smithy.APIError(nil); errors.As(err, &refused) &&
		strings.Contains(refused.ErrorMessage(), "The table does not have the specified index: "+titleIndex) {
		return errNothing
	}
	return err
}

// readIndex reads one partition of the index, or all of it, in one page.
func (a *actor) readIndex() error {
	if a.IntN(2) == 0 {
		_, err := a.do("index", lookAt(left), func(out *answer) error { return a.scanIndex(left, left, lookAt(left), out) })
		return err
	}
	partition := request{lookAt(left)[0], lookAt(left)[2]}
	_, err := a.do("index", partition, func(out *answer) error {
		page, err := a.Query(a.e.ctx, &dynamodb.QueryInput{
			TableName: aws.String(left), IndexName: aws.String(titleIndex),
			KeyConditionExpression:    aws.String("SongTitle = :t"),
			ExpressionAttributeValues: item{":t": text("1")}, ScanIndexForward: aws.Bool(a.IntN(2) == 0),
		})
		if err != nil {
			return unlessMissing(err)
		}
		return out.saw(partition, left, page.Items)
	})
	return err
}

// scanIndex reads the index of a table, which has the items of source.
func (a *actor) scanIndex(table, source string, r request, out *answer) error {
	page, err := a.Scan(a.e.ctx, &dynamodb.ScanInput{TableName: &table, IndexName: aws.String(titleIndex)})
	if err != nil {
		return unlessMissing(err)
	}
	return out.saw(r, source, page.Items)
}

// record is what a stream tells of one item.
type record struct {
	at            int // in its stream
	place         int
	before, after int64
}

// listen reads what the stream of a table tells, from its beginning to where it ends.
func (a *actor) listen(table string) (heard []record, err error) {
	listed, err := a.ListStreams(a.e.ctx, &dynamodbstreams.ListStreamsInput{TableName: &table})
	if err != nil {
		return nil, err
	}
	arn := listed.Streams[0].StreamArn
	described, err := a.DescribeStream(a.e.ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	if err != nil {
		return nil, err
	}
	start, err := a.GetShardIterator(a.e.ctx, &dynamodbstreams.GetShardIteratorInput{
		StreamArn: arn, ShardId: described.StreamDescription.Shards[0].ShardId,
		ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		return nil, err
	}
	for next := start.ShardIterator; ; {
		page, err := a.GetRecords(a.e.ctx, &dynamodbstreams.GetRecordsInput{
			ShardIterator: next, Limit: aws.Int32(1 + a.Int32N(100))})
		if err != nil || len(page.Records) == 0 {
			return heard, err
		}
		for _, told := range page.Records {
			one, err := recordOf(table, told.Dynamodb)
			if err != nil {
				return nil, err
			}
			one.at = len(heard)
			heard = append(heard, one)
		}
		next = page.NextShardIterator
	}
}

func recordOf(table string, told *streamtypes.StreamRecord) (r record, err error) {
	images := [3]item{}
	for i, image := range []map[string]streamtypes.AttributeValue{told.Keys, told.OldImage, told.NewImage} {
		if images[i], err = attributevalue.FromDynamoDBStreamsMap(image); err != nil {
			return r, err
		}
	}
	if r.place, err = placeOf(table, images[0]); err != nil {
		return r, err
	}
	if r.before, err = value(images[1]); err != nil {
		return r, err
	}
	r.after, err = value(images[2])
	return r, err
}

// follow replays the stream of a table, which is a look at all of its items at the instant at which the stream ended.
// In the end it must begin in the same way.
func (a *actor) follow() error {
	table := []string{left, right}[a.IntN(2)]
	var heard []record
	_, err := a.do("stream", lookAt(table), func(out *answer) (err error) {
		if heard, err = a.listen(table); err != nil {
			return err
		}
		return out.replayed(lookAt(table), heard)
	})
	a.again = append(a.again, func() error {
		all, err := a.listen(table)
		if err == nil && !slices.Equal(heard, all[:min(len(heard), len(all))]) {
			err = fmt.Errorf("the stream of %s once began with %v, and then with %v", table, heard, all)
		}
		return err
	})
	return err
}

// followAll replays all streams when nothing goes on any more. What they tell is what must have happened, in this order.
func (a *actor) followAll() error {
	_, err := a.do("stream", everywhere(), func(out *answer) error {
		for _, table := range []string{left, right} {
			heard, err := a.listen(table)
			if err != nil {
				return err
			}
			for _, r := range heard {
				a.records[r.place] = append(a.records[r.place], r)
			}
		}
		return out.replayed(everywhere(), slices.Concat(a.records[:]...))
	})
	return err
}

// replayed notes what items became by what a stream told of them.
func (out *answer) replayed(r request, records []record) error {
	for i, s := range r {
		out.before[i], out.told[i] = none, 0
		for _, one := range records {
			if one.place != s.place {
				continue
			}
			if one.before != out.before[i] {
				return fmt.Errorf("the stream tells that %d became %d, which was %d", one.before, one.after, out.before[i])
			}
			out.before[i] = one.after
			out.told[i]++
		}
	}
	return nil
}

// told says whether a change of the world is what the streams tell next, and how much they have told then. byItem looks
// at each item for itself; else the items of a table must be told of in the order of the table's stream.
func (c *chronicle) told(before state, after world, byItem bool) (bool, state) {
	next := state{after, before.told}
	for p, n := range before.told {
		if before.world[p] == after[p] {
			continue
		}
		if n == len(c.records[p]) || c.records[p][n].before != before.world[p] || c.records[p][n].after != after[p] {
			return false, before
		}
		next.told[p]++
	}
	if byItem {
		return true, next
	}
	total := map[string]int{}
	for p, n := range next.told {
		total[places[p].table] += n
	}
	for p, n := range next.told {
		if n > before.told[p] && c.records[p][n-1].at >= total[places[p].table] {
			return false, before // something that comes later has been told of before
		}
	}
	return true, next
}
