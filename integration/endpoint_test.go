package integration_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/logging"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/tidemarktest"
)

const region = "us-east-1"

// endpoint is a new and empty Tidemark, with the way that the clients of one test take to it.
type endpoint struct {
	*testing.T
	ctx   context.Context
	url   string
	http  *http.Client
	clock *clock.Manual
	fake  *tidemarktest.Endpoint
}

// newEndpoint returns an endpoint whose clients stay in the process.
func newEndpoint(t *testing.T, options ...tidemarktest.Option) *endpoint {
	fake := tidemarktest.Start(t, options...)
	return &endpoint{T: t, ctx: t.Context(), url: fake.URL, http: fake.HTTPClient, clock: fake.Clock, fake: fake}
}

// listen has the clients that are made from now on go over a socket.
func (e *endpoint) listen() {
	transport := new(http.Transport) // of its own, so that its connections end with the test
	e.Cleanup(transport.CloseIdleConnections)
	e.url, e.http = e.fake.Listen(), &http.Client{Transport: transport}
}

// client returns a new client of the SDK. In the process, the test fails if the SDK has anything to complain of, as it
// does of a checksum that is wrong. Over a socket it complains now and then of any server: on a busy machine, the SDK
// gives a connection up while the answer is read, and tries again.
func (e *endpoint) client(change ...func(*dynamodb.Options)) *dynamodb.Client {
	o := dynamodb.Options{
		BaseEndpoint: aws.String(e.url),
		HTTPClient:   e.http,
		Region:       region,
		Credentials:  credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		Retryer:      quickRetries(),
	}
	if e.url == e.fake.URL {
		o.Logger = logging.LoggerFunc(func(_ logging.Classification, format string, args ...any) {
			e.Errorf("the SDK says: "+format, args...)
		})
	}
	return dynamodb.New(o, change...)
}

// quickRetries are the SDK's own without the waits between them.
func quickRetries() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}

// TestSDK tells every story twice: to a client in the process, and to one over a socket.
func TestSDK(t *testing.T) {
	stories := map[string]func(*endpoint, *dynamodb.Client){
		"backup and restore":     backUpAndRestore,
		"pages of backups":       pageThroughBackups,
		"point-in-time recovery": recoverToPointInTime,
		"refusals of backups":    refuseBackups,
		"indexes of a restore":   overrideIndexes,
		"times of backups":       keepTimes,
		"values":                 roundTripValues,
		"structs":                roundTripStructs,
		"conditions":             putOnConditions,
		"updates":                updateByExpressions,
		"queries and scans":      readPages,
		"batches":                writeBatches,
		"transactions":           writeTransactions,
		"tables":                 manageTables,
		"tags":                   tagTables,
		"settings":               askForSettings,
		"time to live":           setTimeToLive,
		"streams":                readStream,
		"endpoints and limits":   describeEndpoints,
		"gzip":                   acceptGzip,
		"checksums":              checkSums,
		"throttling":             retryThrottled,
		"lost answers":           retryLost,
		"accounts and regions":   keepApart,
	}
	for name, tell := range stories {
		t.Run(name, func(t *testing.T) {
			t.Run("in process", func(t *testing.T) {
				e := newEndpoint(t)
				tell(e, e.client())
			})
			t.Run("socket", func(t *testing.T) {
				e := newEndpoint(t)
				e.listen()
				tell(e, e.client())
			})
		})
	}
}

// musicTable is a request for a table as in the reference's examples.
func musicTable(name string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{
		TableName:   aws.String(name),
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("Artist"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("SongTitle"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("Artist"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("SongTitle"), KeyType: types.KeyTypeRange},
		},
	}
}

// song is an item of such a table, with more names and values in turn.
func song(artist, title string, more ...any) item {
	s := item{"Artist": text(artist), "SongTitle": text(title)}
	for i := 0; i+1 < len(more); i += 2 {
		s[more[i].(string)] = more[i+1].(types.AttributeValue)
	}
	return s
}

// item is what the SDK has for an item or a key.
type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func number(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }

func (e *endpoint) createMusic(c *dynamodb.Client, name string) {
	e.Helper()
	_, err := c.CreateTable(e.ctx, musicTable(name))
	require.NoError(e, err)
	e.waitForTable(c, name)
}

func (e *endpoint) waitForTable(c *dynamodb.Client, name string) {
	e.Helper()
	in := &dynamodb.DescribeTableInput{TableName: &name}
	require.NoError(e, dynamodb.NewTableExistsWaiter(c).Wait(e.ctx, in, time.Hour))
}

func (e *endpoint) put(c *dynamodb.Client, table string, items ...item) {
	e.Helper()
	for _, i := range items {
		_, err := c.PutItem(e.ctx, &dynamodb.PutItemInput{TableName: &table, Item: i})
		require.NoError(e, err)
	}
}

// get returns an item, or nil if there is none.
func (e *endpoint) get(c *dynamodb.Client, table string, key item) item {
	e.Helper()
	out, err := c.GetItem(e.ctx, &dynamodb.GetItemInput{TableName: &table, Key: key})
	require.NoError(e, err)
	return out.Item
}

func (e *endpoint) backUp(c *dynamodb.Client, table, name string) *types.BackupDetails {
	e.Helper()
	out, err := c.CreateBackup(e.ctx, &dynamodb.CreateBackupInput{TableName: &table, BackupName: &name})
	require.NoError(e, err)
	return out.BackupDetails
}

// restore makes a new table of a backup and waits until it is ACTIVE.
func (e *endpoint) restore(c *dynamodb.Client, arn *string, target string) *types.TableDescription {
	e.Helper()
	out, err := c.RestoreTableFromBackup(e.ctx, &dynamodb.RestoreTableFromBackupInput{
		BackupArn: arn, TargetTableName: &target,
	})
	require.NoError(e, err)
	e.waitForTable(c, target)
	return out.TableDescription
}
