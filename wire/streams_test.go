package wire_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/wire"
)

// firstIterator returns an iterator at the beginning of the one stream of an endpoint.
func (e *endpoint) firstIterator() string {
	e.Helper()
	var listed struct{ Streams []struct{ StreamArn string } }
	require.NoError(e, json.Unmarshal([]byte(e.ok("ListStreams", `{}`)), &listed))
	arn := listed.Streams[0].StreamArn
	var described struct {
		StreamDescription struct{ Shards []struct{ ShardId string } }
	}
	require.NoError(e, json.Unmarshal([]byte(e.ok("DescribeStream", `{'StreamArn': '`+arn+`'}`)), &described))
	var made struct{ ShardIterator string }
	require.NoError(e, json.Unmarshal([]byte(e.ok("GetShardIterator", `{'StreamArn': '`+arn+`', 'ShardId': '`+
		described.StreamDescription.Shards[0].ShardId+`', 'ShardIteratorType': 'TRIM_HORIZON'}`)), &made))
	return made.ShardIterator
}

// An iterator is a text that clients keep and send back, and some may have an idea of what is in it.
func TestIteratorsThatWereNotGiven(t *testing.T) {
	e := newEndpoint(t)
	e.ok("CreateTable", `{'TableName': 'Things', 'BillingMode': 'PAY_PER_REQUEST',
		'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': 'S'}], 'KeySchema': [{'AttributeName': 'id', 'KeyType': 'HASH'}],
		'StreamSpecification': {'StreamEnabled': true, 'StreamViewType': 'NEW_IMAGE'}}`)
	e.ok("PutItem", `{'TableName': 'Things', 'Item': {'id': {'S': '1'}}}`)
	good := e.firstIterator()
	random := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		bad := []byte(good)
		for range 1 + random.IntN(3) {
			bad[random.IntN(len(bad))] = "|/+=AQZaz09:."[random.IntN(13)]
		}
		body, err := json.Marshal(map[string]string{"ShardIterator": string(bad[:1+random.IntN(len(bad))])})
		require.NoError(t, err)
		status, answer := e.do("GetRecords", string(body))
		require.NotEqual(t, 500, status, answer)
		if status == 400 {
			require.Regexp(t, "ValidationException|ExpiredIterator|ResourceNotFound|TrimmedData", answer)
		}
	}
	require.Contains(t, e.ok("GetRecords", `{'ShardIterator': '`+good+`'}`), `"eventName":"INSERT"`)
}

// Streams are at the same endpoint as tables, beneath another target.
func TestStreamsOverHTTP(t *testing.T) {
	require.Equal(t, "DynamoDBStreams_20120810.GetRecords", wire.Target("GetRecords"))
	require.Equal(t, "DynamoDB_20120810.GetItem", wire.Target("GetItem"))
	s := newSite(t, wire.Options{})
	status, answer := s.ask("ListStreams", `{}`)
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"Streams": []}`, answer)
	status, answer = s.ask("GetRecords", `{'ShardIterator': 'x'}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.JSONEq(t, `{"__type": "com.amazon.coral.validate#ValidationException", "message": "Invalid ShardIterator"}`, answer)
}
