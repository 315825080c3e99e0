package follow_test

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/examples/sdk/follow"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/tidemarktest"
)

// sessions is a table of sessions that end by themselves, and a follower that counts how many each user has.
type sessions struct {
	*testing.T
	*tidemarktest.Endpoint
	client   *dynamodb.Client
	follower follow.Follower
	open     map[string]int // by user
	expired  int            // how many ended by themselves
}

func newSessions(t *testing.T, options ...tidemarktest.Option) *sessions {
	ep := tidemarktest.Start(t, options...)
	anyone := credentials.NewStaticCredentialsProvider("test", "test", "")
	s := &sessions{T: t, Endpoint: ep, open: map[string]int{}, client: dynamodb.New(dynamodb.Options{
		BaseEndpoint: &ep.URL, HTTPClient: ep.HTTPClient, Region: "us-east-1", Credentials: anyone,
	})}
	made, err := s.client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName:   aws.String("Sessions"),
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("ID"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("ID"), KeyType: types.KeyTypeHash}},
		StreamSpecification: &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages,
		},
	})
	require.NoError(t, err)
	_, err = s.client.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String("Sessions"),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String("Until"), Enabled: aws.Bool(true),
		},
	})
	require.NoError(t, err)
	s.follower = follow.Follower{
		// Streams have a client of their own, which the same endpoint answers.
		Client: dynamodbstreams.New(dynamodbstreams.Options{
			BaseEndpoint: &ep.URL, HTTPClient: ep.HTTPClient, Region: "us-east-1", Credentials: anyone,
		}),
		Stream: *made.TableDescription.LatestStreamArn,
		Handle: s.handle,
	}
	return s
}

// handle is what the example follows the stream for.
func (s *sessions) handle(_ context.Context, r streams.Record) error {
	switch r.EventName {
	case streams.OperationTypeInsert:
		s.open[user(r.Dynamodb.NewImage)]++
	case streams.OperationTypeRemove:
		s.open[user(r.Dynamodb.OldImage)]--
		if r.UserIdentity != nil && *r.UserIdentity.PrincipalId == "dynamodb.amazonaws.com" {
			s.expired++
		}
	}
	return nil
}

func user(image map[string]streams.AttributeValue) string {
	return image["User"].(*streams.AttributeValueMemberS).Value
}

// begin puts a session that ends an hour from now.
func (s *sessions) begin(id, user string) {
	until := strconv.FormatInt(s.Clock.Now().Add(time.Hour).Unix(), 10)
	_, err := s.client.PutItem(s.Context(), &dynamodb.PutItemInput{
		TableName: aws.String("Sessions"),
		Item: map[string]types.AttributeValue{
			"ID": &types.AttributeValueMemberS{Value: id}, "User": &types.AttributeValueMemberS{Value: user},
			"Until": &types.AttributeValueMemberN{Value: until},
		},
	})
	require.NoError(s, err)
}

func (s *sessions) end(id string) {
	_, err := s.client.DeleteItem(s.Context(), &dynamodb.DeleteItemInput{
		TableName: aws.String("Sessions"),
		Key:       map[string]types.AttributeValue{"ID": &types.AttributeValueMemberS{Value: id}},
	})
	require.NoError(s, err)
}

// counts returns who has how many sessions, by what the stream tells.
func (s *sessions) counts() map[string]int {
	s.Helper()
	require.NoError(s, s.follower.Poll(s.Context()))
	maps.DeleteFunc(s.open, func(_ string, n int) bool { return n == 0 })
	return s.open
}

// TestSessions has sessions end in both ways. No time passes but that of the endpoint's clock.
func TestSessions(t *testing.T) {
	s := newSessions(t)
	s.begin("1", "ann")
	s.begin("2", "ann")
	s.begin("3", "bob")
	require.Equal(t, map[string]int{"ann": 2, "bob": 1}, s.counts())
	s.end("2")
	s.Clock.Advance(59 * time.Minute)
	require.Equal(t, map[string]int{"ann": 1, "bob": 1}, s.counts())
	require.Zero(t, s.expired)
	s.begin("3", "bob") // again, with another hour
	s.Clock.Advance(2 * time.Minute)
	require.Equal(t, map[string]int{"bob": 1}, s.counts())
	require.Equal(t, 1, s.expired)
	s.Clock.Advance(time.Hour)
	require.Empty(t, s.counts())
	require.Equal(t, 2, s.expired)
}

// TestShards has the stream go on in a new shard every four hours, as the service's do.
func TestShards(t *testing.T) {
	s := newSessions(t, tidemarktest.WithTiming(table.Timing{Shard: 4 * time.Hour}))
	for hour := range 72 {
		s.begin(strconv.Itoa(hour), "ann")
		if hour%7 == 0 {
			require.Equal(t, map[string]int{"ann": 1}, s.counts())
		}
		s.Clock.Advance(61 * time.Minute)
	}
	require.Empty(t, s.counts())
	require.Equal(t, 72, s.expired)
	require.LessOrEqual(t, len(s.follower.Places), 8, "places in shards that are gone are forgotten")
}

// TestHandleAgain has a record come again that could not be handled, also to a follower that is made anew.
func TestHandleAgain(t *testing.T) {
	s := newSessions(t)
	s.begin("1", "ann")
	s.begin("2", "bob")
	broken := errors.New("the database is away")
	s.follower.Handle = func(ctx context.Context, r streams.Record) error {
		if user(r.Dynamodb.NewImage) == "bob" {
			return broken
		}
		return s.handle(ctx, r)
	}
	require.ErrorIs(t, s.follower.Poll(t.Context()), broken)
	require.Equal(t, map[string]int{"ann": 1}, s.open)
	s.follower = follow.Follower{
		Client: s.follower.Client, Stream: s.follower.Stream, Places: s.follower.Places, Handle: s.handle,
	}
	require.Equal(t, map[string]int{"ann": 1, "bob": 1}, s.counts())
}

// TestTooLate has nobody come for longer than records are kept.
func TestTooLate(t *testing.T) {
	s := newSessions(t)
	s.begin("1", "ann")
	require.NoError(t, s.follower.Poll(t.Context()))
	s.begin("2", "ann")
	s.begin("3", "ann")
	s.Clock.Advance(table.StreamRetention + time.Minute)
	err := s.follower.Poll(t.Context())
	require.ErrorAs(t, err, new(*streams.TrimmedDataAccessException))
	require.ErrorContains(t, err, "have been lost")
}
