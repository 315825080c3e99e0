package integration_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/tidemarktest"
)

func withoutRetries(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} }

// retryThrottled throttles calls: the SDK tries again, and tells of it when it may not.
func retryThrottled(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Music")
	e.fake.Inject(tidemarktest.Throttle("CreateBackup").Times(2), tidemarktest.Throttle("PutItem").Times(2))
	e.put(c, "Music", song("A", "B"))
	e.backUp(c, "Music", "third-attempt")
	require.Empty(e, e.fake.Unused())

	e.fake.Inject(tidemarktest.Throttle("CreateBackup"), tidemarktest.Throttle("PutItem"))
	impatient := e.client(withoutRetries)
	_, err := impatient.CreateBackup(e.ctx, &dynamodb.CreateBackupInput{
		TableName: aws.String("Music"), BackupName: aws.String("throttled"),
	})
	require.ErrorAs(e, err, new(*types.ThrottlingException))
	_, err = impatient.PutItem(e.ctx, &dynamodb.PutItemInput{TableName: aws.String("Music"), Item: song("C", "D")})
	require.ErrorAs(e, err, new(*types.ProvisionedThroughputExceededException))
	require.Nil(e, e.get(c, "Music", song("C", "D")))
	listed, err := c.ListBackups(e.ctx, &dynamodb.ListBackupsInput{})
	require.NoError(e, err)
	require.Len(e, listed.BackupSummaries, 1)
}

// retryLost loses the answers to calls that were carried out. The SDK tries those again too, and so does them twice.
func retryLost(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Music")
	e.fake.Inject(tidemarktest.Lose("CreateBackup"), tidemarktest.Lose("PutItem"))
	e.backUp(c, "Music", "twice")
	listed, err := c.ListBackups(e.ctx, &dynamodb.ListBackupsInput{})
	require.NoError(e, err)
	require.Len(e, listed.BackupSummaries, 2)

	_, err = c.PutItem(e.ctx, &dynamodb.PutItemInput{
		TableName: aws.String("Music"), Item: song("A", "B"), ConditionExpression: aws.String("attribute_not_exists(Artist)"),
	})
	require.ErrorAs(e, err, new(*types.ConditionalCheckFailedException), "the first attempt has put the item")
	require.NotNil(e, e.get(c, "Music", song("A", "B")))

	e.fake.Inject(tidemarktest.Fail("GetItem", exception.InternalServerError))
	_, err = e.client(withoutRetries).GetItem(e.ctx, &dynamodb.GetItemInput{
		TableName: aws.String("Music"), Key: song("A", "B"),
	})
	require.ErrorAs(e, err, new(*types.InternalServerError))
}

// keepApart has clients of other regions and accounts, which see nothing of each other's tables.
func keepApart(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Music")
	arn := e.backUp(c, "Music", "mine").BackupArn
	for name, other := range map[string]*dynamodb.Client{
		"region": e.client(func(o *dynamodb.Options) { o.Region = "eu-central-1" }),
		"account": e.client(func(o *dynamodb.Options) {
			o.Credentials = credentials.NewStaticCredentialsProvider("111122223333", "secret", "")
		}),
	} {
		tables, err := other.ListTables(e.ctx, &dynamodb.ListTablesInput{})
		require.NoError(e, err)
		require.Empty(e, tables.TableNames, name)
		_, err = other.DescribeBackup(e.ctx, &dynamodb.DescribeBackupInput{BackupArn: arn})
		if name == "region" {
			require.ErrorAs(e, err, new(*types.BackupNotFoundException))
		} else {
			requireAPIError(e, err, "AccessDeniedException", "Access is denied")
		}
		e.createMusic(other, "Music")
		table := strings.Split(*arn, "/backup/")[0]
		require.NotContains(e, *e.backUp(other, "Music", "yours").BackupArn, table)
	}
}

// discoverer counts the requests for endpoints.
type discoverer struct {
	http.RoundTripper
	asked chan string
}

func (d discoverer) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := d.RoundTripper.RoundTrip(r)
	if r.Header.Get("X-Amz-Target") == "DynamoDB_20120810.DescribeEndpoints" {
		d.asked <- r.URL.Host
	}
	return response, err
}

// TestEndpointDiscovery has a client that discovers endpoints, which the SDK only does for the service's own addresses.
// In the process those lead to Tidemark as all others do.
func TestEndpointDiscovery(t *testing.T) {
	e := newEndpoint(t)
	asked := make(chan string, 100)
	c := e.client(func(o *dynamodb.Options) {
		o.BaseEndpoint = nil
		o.EndpointDiscovery.EnableEndpointDiscovery = aws.EndpointDiscoveryEnabled
		o.HTTPClient = &http.Client{Transport: discoverer{e.http.Transport, asked}}
	})
	e.createMusic(c, "Music")
	require.Equal(t, "dynamodb.us-east-1.amazonaws.com", <-asked)
	e.put(c, "Music", song("A", "B"))
	e.restore(c, e.backUp(c, "Music", "discovered").BackupArn, "Again")
	require.NotNil(t, e.get(c, "Again", song("A", "B")))
}

// TestBubble runs the SDK and the service as AWS describes it in a synctest bubble: the minutes that the SDK's waiters
// and its retries sleep are those by which Tidemark's tables and backups come along, and none of them is real.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, tidemarktest.Documented(), tidemarktest.WithClock(clock.System{}), tidemarktest.WithSeed(1))
		c := e.client(func(o *dynamodb.Options) { o.Retryer = retry.NewStandard() }) // which waits
		start := e.fake.DB.Clock.Now()
		_, err := c.CreateTable(e.ctx, musicTable("Music"))
		require.NoError(t, err)
		_, err = c.CreateBackup(e.ctx, &dynamodb.CreateBackupInput{
			TableName: aws.String("Music"), BackupName: aws.String("too-early"),
		})
		require.ErrorAs(t, err, new(*types.TableNotFoundException))
		e.waitForTable(c, "Music")
		require.Positive(t, e.fake.DB.Clock.Now().Sub(start))
		e.put(c, "Music", song("A", "B"))

		hour := time.NewTimer(time.Hour)
		<-hour.C
		e.fake.Inject(tidemarktest.Throttle("CreateBackup").Times(2))
		b := e.backUp(c, "Music", "nightly")
		available := func() bool {
			out, err := c.DescribeBackup(e.ctx, &dynamodb.DescribeBackupInput{BackupArn: b.BackupArn})
			require.NoError(t, err)
			return out.BackupDescription.BackupDetails.BackupStatus == types.BackupStatusAvailable
		}
		require.NoError(t, poll(e.ctx, 10*time.Second, available))

		e.fake.Inject(tidemarktest.Delay("GetItem", time.Hour))
		brief, cancel := context.WithTimeout(e.ctx, time.Second)
		defer cancel()
		_, err = c.GetItem(brief, &dynamodb.GetItemInput{TableName: aws.String("Music"), Key: song("A", "B")})
		require.ErrorIs(t, err, context.DeadlineExceeded)

		before := e.fake.DB.Clock.Now()
		restored := e.restore(c, b.BackupArn, "Restored")
		require.Equal(t, types.TableStatusCreating, restored.TableStatus)
		require.Greater(t, e.fake.DB.Clock.Now().Sub(before), time.Minute)
		require.Equal(t, song("A", "B"), e.get(c, "Restored", song("A", "B")))
	})
}

// poll waits until done says true, and asks it again and again.
func poll(ctx context.Context, every time.Duration, done func() bool) error {
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}
	return nil
}
