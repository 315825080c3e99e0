// Package follow reads a DynamoDB stream, shard by shard, and goes on where it stopped. It is an example, to be copied,
// of how code that lives from a stream is tested in a test that owns the time: see its tests.
package follow

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// Follower hands the records of one stream to Handle, each item's in the order of its changes. Client, Stream and Handle
// must be set. Its methods are for one goroutine at a time.
type Follower struct {
	Client *dynamodbstreams.Client
	Stream string // the ARN
	Handle func(context.Context, types.Record) error

	// Places says, for each shard that has been begun, how far it has been handled. Whoever keeps it after Poll and sets it
	// before the next one, in another process perhaps, goes on where this one stopped.
	Places map[string]Place
}

// Place is how far a shard has been handled.
type Place struct {
	Sequence string // of the last record that Handle took; empty: none yet
	Ended    bool   // the shard is closed, and no record is left in it
}

// Poll hands over what the stream has that has not been handled. An error of Handle ends it, and the record comes again
// with the next Poll: every record is handled at least once. If records have been lost, because nobody came for them for
// a day, that is an error too.
func (f *Follower) Poll(ctx context.Context) error {
	shards, err := f.shards(ctx)
	if err != nil {
		return err
	}
	if f.Places == nil {
		f.Places = make(map[string]Place)
	}
	known := make(map[string]bool, len(shards))
	for _, s := range shards {
		known[*s.ShardId] = true
	}
	for _, s := range shards { // a child that is listed before its parent waits for the next Poll
		parent := aws.ToString(s.ParentShardId)
		if f.Places[*s.ShardId].Ended || known[parent] && !f.Places[parent].Ended {
			continue
		}
		if err := f.drain(ctx, *s.ShardId); err != nil {
			return fmt.Errorf("shard %s: %w", *s.ShardId, err)
		}
	}
	for id := range f.Places {
		if !known[id] {
			delete(f.Places, id) // a day old, and gone
		}
	}
	return nil
}

func (f *Follower) shards(ctx context.Context) (shards []types.Shard, err error) {
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: &f.Stream}
	for {
		out, err := f.Client.DescribeStream(ctx, in)
		if err != nil {
			return nil, err
		}
		shards = append(shards, out.StreamDescription.Shards...)
		if in.ExclusiveStartShardId = out.StreamDescription.LastEvaluatedShardId; in.ExclusiveStartShardId == nil {
			return shards, nil
		}
	}
}

// drain reads a shard to its end, or to where it has nothing more for now.
func (f *Follower) drain(ctx context.Context, shard string) error {
	place := f.Places[shard]
	in := &dynamodbstreams.GetShardIteratorInput{
		StreamArn: &f.Stream, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	}
	if place.Sequence != "" {
		in.ShardIteratorType, in.SequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, &place.Sequence
	}
	start, err := f.Client.GetShardIterator(ctx, in)
	if lost := new(types.TrimmedDataAccessException); errors.As(err, &lost) {
		return fmt.Errorf("records after %s have been lost: %w", place.Sequence, err)
	} else if err != nil {
		return err
	}
	for next := start.ShardIterator; next != nil; {
		page, err := f.Client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: next})
		if err != nil {
			return err
		}
		for _, r := range page.Records {
			if err := f.Handle(ctx, r); err != nil {
				return err
			}
			place.Sequence = *r.Dynamodb.SequenceNumber
			f.Places[shard] = place
		}
		if next = page.NextShardIterator; next != nil && len(page.Records) == 0 {
			return nil
		}
	}
	place.Ended = true
	f.Places[shard] = place
	return nil
}
