package tidemarktest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/tidemarktest"
)

// What DescribeLimits tells is what a program comes up against.
func TestWithQuotas(t *testing.T) {
	c := clientOf(tidemarktest.Start(t, tidemarktest.WithQuotas(table.Quotas{AccountRead: 100, TableRead: 50, Tables: 1})))
	require.Equal(t, map[string]any{
		"AccountMaxReadCapacityUnits": 100., "AccountMaxWriteCapacityUnits": 80_000.,
		"TableMaxReadCapacityUnits": 50., "TableMaxWriteCapacityUnits": 40_000.,
	}, c.ok(t, "DescribeLimits", `{}`).body)
	create := func(body string) string {
		a, err := c.try(t.Context(), "CreateTable", `{'KeySchema': [{'AttributeName': 'Song', 'KeyType': 'HASH'}],
			'AttributeDefinitions': [{'AttributeName': 'Song', 'AttributeType': 'S'}], `+body+`}`)
		require.NoError(t, err)
		if a.status == 200 {
			return ""
		}
		return a.exception()
	}
	require.Equal(t, "LimitExceededException: The requested ReadCapacityUnits, 51, is above the per table maximum for the "+
		"account in us-east-1. Per table maximum: 50. Refer to the Amazon DynamoDB Developer Guide for current limits and "+
		"how to request higher limits.",
		create(`'TableName': 'Music', 'ProvisionedThroughput': {'ReadCapacityUnits': 51, 'WriteCapacityUnits': 1}`))
	require.Empty(t, create(`'TableName': 'Music', 'BillingMode': 'PAY_PER_REQUEST'`))
	require.Equal(t, "LimitExceededException: Subscriber limit exceeded: There is a limit of 1 tables per subscriber",
		create(`'TableName': 'More', 'BillingMode': 'PAY_PER_REQUEST'`))
}

func TestWithKinesisStreams(t *testing.T) {
	const there = "arn:aws:kinesis:us-east-1:123456789012:stream/there"
	c := clientOf(tidemarktest.Start(t, tidemarktest.WithKinesisStreams(there)))
	c.ok(t, "CreateTable", `{'TableName': 'Music', 'BillingMode': 'PAY_PER_REQUEST',
		'KeySchema': [{'AttributeName': 'Song', 'KeyType': 'HASH'}],
		'AttributeDefinitions': [{'AttributeName': 'Song', 'AttributeType': 'S'}]}`)
	for _, arn := range []string{there + "-not", there} {
		c.ok(t, "EnableKinesisStreamingDestination", `{'TableName': 'Music', 'StreamArn': '`+arn+`'}`)
	}
	d := c.ok(t, "DescribeKinesisStreamingDestination", `{'TableName': 'Music'}`).body["KinesisDataStreamDestinations"]
	require.Len(t, d, 2)
	require.Equal(t, map[string]any{"DestinationStatus": "ACTIVE", "StreamArn": there}, d.([]any)[0])
	require.Equal(t, "ENABLE_FAILED", d.([]any)[1].(map[string]any)["DestinationStatus"])
}
