package integration_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/tidemarktest"
)

// askForSettings asks for all that tools which manage tables ask for once they have made one.
func askForSettings(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Music")
	name := aws.String("Music")
	d, err := c.DescribeTable(e.ctx, &dynamodb.DescribeTableInput{TableName: name})
	require.NoError(e, err)
	arn := d.Table.TableArn
	require.NotNil(e, d.Table.WarmThroughput, "some wait until it is ACTIVE")
	require.Equal(e, types.TableStatusActive, d.Table.WarmThroughput.Status)
	require.Empty(e, d.Table.Replicas)

	_, err = c.GetResourcePolicy(e.ctx, &dynamodb.GetResourcePolicyInput{ResourceArn: arn})
	requireError[*types.PolicyNotFoundException](e, err,
		"Resource-based policy not found for the provided ResourceArn: "+*arn)
	insights, err := c.DescribeContributorInsights(e.ctx, &dynamodb.DescribeContributorInsightsInput{TableName: name})
	require.NoError(e, err)
	require.Equal(e, types.ContributorInsightsStatusDisabled, insights.ContributorInsightsStatus)
	streams, err := c.DescribeKinesisStreamingDestination(e.ctx,
		&dynamodb.DescribeKinesisStreamingDestinationInput{TableName: name})
	require.NoError(e, err)
	require.Empty(e, streams.KinesisDataStreamDestinations)
	_, err = c.DescribeTableReplicaAutoScaling(e.ctx, &dynamodb.DescribeTableReplicaAutoScalingInput{TableName: name})
	requireError[*types.ResourceNotFoundException](e, err, "Global table with name: 'Music' does not exist.")
	_, err = c.DescribeGlobalTable(e.ctx, &dynamodb.DescribeGlobalTableInput{GlobalTableName: name})
	requireError[*types.GlobalTableNotFoundException](e, err,
		"Global table not found: Global table with name: 'Music' does not exist.")
	global, err := c.ListGlobalTables(e.ctx, &dynamodb.ListGlobalTablesInput{})
	require.NoError(e, err)
	require.Empty(e, global.GlobalTables)

	keepPolicy(e, c, arn)
	switchInsights(e, c, name)
	warmUp(e, c, name)
}

func warmUp(e *endpoint, c *dynamodb.Client, name *string) {
	warm := &types.WarmThroughput{ReadUnitsPerSecond: aws.Int64(15_000)}
	u, err := c.UpdateTable(e.ctx, &dynamodb.UpdateTableInput{TableName: name, WarmThroughput: warm})
	require.NoError(e, err)
	require.Equal(e, types.TableStatusActive, u.TableDescription.TableStatus)
	require.Equal(e, types.TableStatusUpdating, u.TableDescription.WarmThroughput.Status)
	d, err := c.DescribeTable(e.ctx, &dynamodb.DescribeTableInput{TableName: name})
	require.NoError(e, err)
	require.EqualValues(e, 15_000, *d.Table.WarmThroughput.ReadUnitsPerSecond)
	require.EqualValues(e, 4_000, *d.Table.WarmThroughput.WriteUnitsPerSecond)
}

func keepPolicy(e *endpoint, c *dynamodb.Client, arn *string) {
	document := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"},
		"Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": "` + *arn + `"}]}`
	put, err := c.PutResourcePolicy(e.ctx, &dynamodb.PutResourcePolicyInput{
		ResourceArn: arn, Policy: &document, ExpectedRevisionId: aws.String("NO_POLICY"),
	})
	require.NoError(e, err)
	got, err := c.GetResourcePolicy(e.ctx, &dynamodb.GetResourcePolicyInput{ResourceArn: arn})
	require.NoError(e, err)
	require.Equal(e, put.RevisionId, got.RevisionId)
	want := strings.Replace(document, "123456789012", "arn:aws:iam::123456789012:root", 1)
	require.JSONEq(e, want, *got.Policy)
	_, err = c.DeleteResourcePolicy(e.ctx, &dynamodb.DeleteResourcePolicyInput{
		ResourceArn: arn, ExpectedRevisionId: put.RevisionId,
	})
	require.NoError(e, err)
	again, err := c.DeleteResourcePolicy(e.ctx, &dynamodb.DeleteResourcePolicyInput{ResourceArn: arn})
	require.NoError(e, err, "there is nothing left to delete")
	require.NotEqual(e, put.RevisionId, again.RevisionId)
}

func switchInsights(e *endpoint, c *dynamodb.Client, name *string) {
	enabled, err := c.UpdateContributorInsights(e.ctx, &dynamodb.UpdateContributorInsightsInput{
		TableName: name, ContributorInsightsAction: types.ContributorInsightsActionEnable,
	})
	require.NoError(e, err)
	require.Equal(e, types.ContributorInsightsStatusEnabling, enabled.ContributorInsightsStatus)
	d, err := dynamodb.NewContributorInsightsEnabledWaiter(c).WaitForOutput(e.ctx,
		&dynamodb.DescribeContributorInsightsInput{TableName: name}, time.Minute)
	require.NoError(e, err)
	require.Equal(e, types.ContributorInsightsStatusEnabled, d.ContributorInsightsStatus)
	require.Len(e, d.ContributorInsightsRuleList, 4)
	require.Equal(e, e.clock.Now(), d.LastUpdateDateTime.UTC())
	list, err := c.ListContributorInsights(e.ctx, &dynamodb.ListContributorInsightsInput{})
	require.NoError(e, err)
	require.Len(e, list.ContributorInsightsSummaries, 1)
}

// Whoever waits for a destination sees it become ACTIVE where there is the stream, and is told so where there is none.
func TestDestinations(t *testing.T) {
	const there = "arn:aws:kinesis:us-east-1:123456789012:stream/changes"
	e := newEndpoint(t, tidemarktest.WithKinesisStreams(there))
	c := e.client()
	e.createMusic(c, "Music")
	name := aws.String("Music")
	enable := func(stream string) error {
		_, err := c.EnableKinesisStreamingDestination(e.ctx, &dynamodb.EnableKinesisStreamingDestinationInput{
			TableName: name, StreamArn: &stream,
		})
		require.NoError(e, err)
		return dynamodb.NewKinesisStreamingDestinationActiveWaiter(c).Wait(e.ctx,
			&dynamodb.DescribeKinesisStreamingDestinationInput{TableName: name}, time.Minute)
	}
	require.ErrorContains(e, enable(there+"-not"), "waiter state transitioned to Failure")
	require.NoError(e, enable(there))
	updated, err := c.UpdateKinesisStreamingDestination(e.ctx, &dynamodb.UpdateKinesisStreamingDestinationInput{
		TableName: name, StreamArn: aws.String(there),
		UpdateKinesisStreamingConfiguration: &types.UpdateKinesisStreamingConfiguration{
			ApproximateCreationDateTimePrecision: types.ApproximateCreationDateTimePrecisionMicrosecond,
		},
	})
	require.NoError(e, err)
	require.Equal(e, types.DestinationStatusUpdating, updated.DestinationStatus)
	require.Equal(e, types.ApproximateCreationDateTimePrecisionMicrosecond,
		updated.UpdateKinesisStreamingConfiguration.ApproximateCreationDateTimePrecision)
	disabled, err := c.DisableKinesisStreamingDestination(e.ctx, &dynamodb.DisableKinesisStreamingDestinationInput{
		TableName: name, StreamArn: aws.String(there),
	})
	require.NoError(e, err)
	require.Equal(e, types.DestinationStatusDisabling, disabled.DestinationStatus)
}
