package integration_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/logging"
	"github.com/stretchr/testify/require"
)

func manageTables(e *endpoint, c *dynamodb.Client) {
	var want []string
	for i := range 7 {
		name := fmt.Sprintf("Table-%d", i)
		e.createMusic(c, name)
		want = append(want, name)
	}
	var got []string
	p := dynamodb.NewListTablesPaginator(c, &dynamodb.ListTablesInput{Limit: aws.Int32(3)})
	for p.HasMorePages() {
		page, err := p.NextPage(e.ctx)
		require.NoError(e, err)
		got = append(got, page.TableNames...)
	}
	require.Equal(e, want, got)

	updated, err := c.UpdateTable(e.ctx, &dynamodb.UpdateTableInput{
		TableName: aws.String("Table-0"), DeletionProtectionEnabled: aws.Bool(true),
	})
	require.NoError(e, err)
	require.True(e, *updated.TableDescription.DeletionProtectionEnabled)
	_, err = c.DeleteTable(e.ctx, &dynamodb.DeleteTableInput{TableName: aws.String("Table-0")})
	requireAPIError(e, err, "ValidationException", "")

	described, err := c.DescribeTable(e.ctx, &dynamodb.DescribeTableInput{TableName: updated.TableDescription.TableArn})
	require.NoError(e, err)
	require.Equal(e, "Table-0", *described.Table.TableName)
	require.Equal(e, types.TableStatusActive, described.Table.TableStatus)
	require.Equal(e, types.BillingModePayPerRequest, described.Table.BillingModeSummary.BillingMode)
	require.True(e, e.clock.Now().Equal(*described.Table.CreationDateTime))
}

func tagTables(e *endpoint, c *dynamodb.Client) {
	in := musicTable("Tagged")
	in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}
	made, err := c.CreateTable(e.ctx, in)
	require.NoError(e, err)
	arn := made.TableDescription.TableArn
	_, err = c.TagResource(e.ctx, &dynamodb.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{
		{Key: aws.String("team"), Value: aws.String("blue")}, {Key: aws.String("empty"), Value: aws.String("")},
	}})
	require.NoError(e, err)
	tags := func(arn *string) map[string]string {
		out, err := c.ListTagsOfResource(e.ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: arn})
		require.NoError(e, err)
		m := map[string]string{}
		for _, t := range out.Tags {
			m[*t.Key] = *t.Value
		}
		return m
	}
	require.Equal(e, map[string]string{"team": "blue", "empty": ""}, tags(arn))
	_, err = c.UntagResource(e.ctx, &dynamodb.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"empty"}})
	require.NoError(e, err)
	require.Equal(e, map[string]string{"team": "blue"}, tags(arn))

	restored := e.restore(c, e.backUp(c, "Tagged", "tagged").BackupArn, "Untagged")
	require.Empty(e, tags(restored.TableArn), "a restored table has no tags")
}

func setTimeToLive(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Sessions")
	out, err := c.UpdateTimeToLive(e.ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               aws.String("Sessions"),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("Until"), Enabled: aws.Bool(true)},
	})
	require.NoError(e, err)
	require.Equal(e, "Until", *out.TimeToLiveSpecification.AttributeName)
	status := func(table string) types.TimeToLiveStatus {
		out, err := c.DescribeTimeToLive(e.ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &table})
		require.NoError(e, err)
		return out.TimeToLiveDescription.TimeToLiveStatus
	}
	require.Equal(e, types.TimeToLiveStatusEnabled, status("Sessions"))

	arn := e.backUp(c, "Sessions", "with-ttl").BackupArn
	described, err := c.DescribeBackup(e.ctx, &dynamodb.DescribeBackupInput{BackupArn: arn})
	require.NoError(e, err)
	recorded := described.BackupDescription.SourceTableFeatureDetails.TimeToLiveDescription
	require.Equal(e, types.TimeToLiveStatusEnabled, recorded.TimeToLiveStatus)
	e.restore(c, arn, "Forever")
	require.Equal(e, types.TimeToLiveStatusDisabled, status("Forever"))
}

func describeEndpoints(e *endpoint, c *dynamodb.Client) {
	endpoints, err := c.DescribeEndpoints(e.ctx, &dynamodb.DescribeEndpointsInput{})
	require.NoError(e, err)
	require.Len(e, endpoints.Endpoints, 1)
	require.Equal(e, strings.TrimPrefix(e.url, "http://"), *endpoints.Endpoints[0].Address)
	require.Positive(e, endpoints.Endpoints[0].CachePeriodInMinutes)
	limits, err := c.DescribeLimits(e.ctx, &dynamodb.DescribeLimitsInput{})
	require.NoError(e, err)
	require.GreaterOrEqual(e, *limits.AccountMaxReadCapacityUnits, *limits.TableMaxReadCapacityUnits)
}

// acceptGzip has the SDK ask for packed answers, which need not come.
func acceptGzip(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Music")
	item := song("A", "B", "Lyrics", text(strings.Repeat("la ", 10_000)))
	e.put(c, "Music", item)
	packed := e.client(func(o *dynamodb.Options) { o.EnableAcceptEncodingGzip = true })
	require.Equal(e, item, e.get(packed, "Music", song("A", "B")))
}

// checkSums wants the SDK to find the checksums of answers right, and shows that it would notice a wrong one. Of that
// the SDK only warns.
func checkSums(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Music")
	e.put(c, "Music", song("A", "B"))
	var warnings []string
	listening := func(o *dynamodb.Options) {
		o.Logger = logging.LoggerFunc(func(_ logging.Classification, format string, args ...any) {
			warnings = append(warnings, fmt.Sprintf(format, args...))
		})
	}
	require.Equal(e, song("A", "B"), e.get(e.client(listening), "Music", song("A", "B")))
	require.Empty(e, warnings)

	spoilt := e.client(listening, func(o *dynamodb.Options) {
		o.HTTPClient = &http.Client{Transport: spoiler{e.http.Transport}}
	})
	require.NotEqual(e, song("A", "B"), e.get(spoilt, "Music", song("A", "B")))
	require.Len(e, warnings, 1)
	require.Contains(e, warnings[0], "did not match expected checksum")
}

// spoiler changes a letter in every answer.
type spoiler struct{ http.RoundTripper }

func (s spoiler) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := s.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	response.Body = io.NopCloser(bytes.NewReader(bytes.Replace(body, []byte("A"), []byte("a"), 1)))
	return response, err
}

// keepTimes wants a backup to have one creation time wherever it is told, to the millisecond.
func keepTimes(e *endpoint, c *dynamodb.Client) {
	for i, fraction := range []time.Duration{0, time.Millisecond, 999 * time.Millisecond, 123456789} {
		e.clock.Set(e.clock.Now().Truncate(time.Second).Add(time.Second + fraction))
		table := fmt.Sprintf("Table-%d", i)
		e.createMusic(c, table)
		created := e.backUp(c, table, "backup")
		want := e.clock.Now().Truncate(time.Millisecond)
		require.Equal(e, want, created.BackupCreationDateTime.UTC())
		described, err := c.DescribeBackup(e.ctx, &dynamodb.DescribeBackupInput{BackupArn: created.BackupArn})
		require.NoError(e, err)
		require.Equal(e, want, described.BackupDescription.BackupDetails.BackupCreationDateTime.UTC())
		listed, err := c.ListBackups(e.ctx, &dynamodb.ListBackupsInput{
			TableName: &table, TimeRangeLowerBound: &want, TimeRangeUpperBound: aws.Time(want.Add(time.Millisecond)),
		})
		require.NoError(e, err)
		require.Len(e, listed.BackupSummaries, 1)
		require.Equal(e, want, listed.BackupSummaries[0].BackupCreationDateTime.UTC())
		id := fmt.Sprintf("/backup/%014d-", want.UnixMilli())
		require.Contains(e, *created.BackupArn, id)
	}
}
