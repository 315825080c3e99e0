package integration_test

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/stretchr/testify/require"
)

// streams returns a new client of the SDK for streams.
func (e *endpoint) streams() *dynamodbstreams.Client {
	return dynamodbstreams.New(dynamodbstreams.Options{
		BaseEndpoint: aws.String(e.url), HTTPClient: e.http, Region: region, Retryer: quickRetries(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
}

// readStream reads a stream from its beginning as programs do: its table's latest stream, shard by shard.
func readStream(e *endpoint, c *dynamodb.Client) {
	streams := e.streams()
	in := musicTable("Music")
	in.StreamSpecification = &types.StreamSpecification{
		StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages,
	}
	made, err := c.CreateTable(e.ctx, in)
	require.NoError(e, err)
	e.waitForTable(c, "Music")
	_, err = c.UpdateTimeToLive(e.ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               aws.String("Music"),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("Until"), Enabled: aws.Bool(true)},
	})
	require.NoError(e, err)
	until, err := attributevalue.Marshal(e.clock.Now().Add(time.Minute).Unix())
	require.NoError(e, err)
	acme := song("Acme", "Happy Day", "Until", until)
	e.put(c, "Music", acme, acme, song("Acme", "Happy Day", "Until", until, "Plays", number("1")))
	e.clock.Advance(2 * time.Minute)

	listed, err := streams.ListStreams(e.ctx, &dynamodbstreams.ListStreamsInput{TableName: aws.String("Music")})
	require.NoError(e, err)
	require.Len(e, listed.Streams, 1)
	arn := made.TableDescription.LatestStreamArn
	require.Equal(e, arn, listed.Streams[0].StreamArn)
	described, err := streams.DescribeStream(e.ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	require.NoError(e, err)
	require.Equal(e, streamtypes.StreamStatusEnabled, described.StreamDescription.StreamStatus)
	var records []streamtypes.Record
	for _, shard := range described.StreamDescription.Shards {
		start, err := streams.GetShardIterator(e.ctx, &dynamodbstreams.GetShardIteratorInput{
			StreamArn: arn, ShardId: shard.ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon,
		})
		require.NoError(e, err)
		for next := start.ShardIterator; next != nil; {
			page, err := streams.GetRecords(e.ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: next, Limit: aws.Int32(2)})
			require.NoError(e, err)
			if next = page.NextShardIterator; len(page.Records) == 0 {
				break
			}
			records = append(records, page.Records...)
		}
	}
	require.Len(e, records, 3)
	for i, want := range []streamtypes.OperationType{"INSERT", "MODIFY", "REMOVE"} {
		require.Equal(e, want, records[i].EventName)
	}
	image, err := attributevalue.FromDynamoDBStreamsMap(records[1].Dynamodb.NewImage)
	require.NoError(e, err)
	require.Equal(e, number("1"), image["Plays"])
	require.Nil(e, records[1].UserIdentity)
	last := records[2]
	require.Equal(e, "Service", *last.UserIdentity.Type)
	require.Equal(e, "dynamodb.amazonaws.com", *last.UserIdentity.PrincipalId)
	require.WithinDuration(e, e.clock.Now().Add(-time.Minute), *last.Dynamodb.ApproximateCreationDateTime, 2*time.Second)

	_, err = streams.GetRecords(e.ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: aws.String("nothing")})
	requireAPIError(e, err, "ValidationException", "Invalid ShardIterator")
	_, err = streams.DescribeStream(e.ctx, &dynamodbstreams.DescribeStreamInput{
		StreamArn: aws.String(*made.TableDescription.TableArn + "/stream/2001-02-03T04:05:06.007"),
	})
	var missing *streamtypes.ResourceNotFoundException
	require.True(e, errors.As(err, &missing), "%v", err)
}
