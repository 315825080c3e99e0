package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/tidemarktest"
)

const day = 24 * time.Hour

// client returns a client of the SDK whose requests the endpoint answers. It is all that a test needs to set up.
func client(e *tidemarktest.Endpoint) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(e.URL),
		HTTPClient:   e.HTTPClient,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("none", "none", ""),
	})
}

// newJob returns a job that keeps backups for a week, and the table that it is for, with ten items.
func newJob(t *testing.T, e *tidemarktest.Endpoint) Job {
	t.Helper()
	c := client(e)
	music := &dynamodb.CreateTableInput{
		TableName:   aws.String("Music"),
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("Song"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("Song"), KeyType: types.KeyTypeHash}},
	}
	_, err := c.CreateTable(t.Context(), music)
	require.NoError(t, err)
	active := dynamodb.NewTableExistsWaiter(c)
	require.NoError(t, active.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: music.TableName}, time.Hour))
	for n := range 10 {
		put(t, c, fmt.Sprint("Song ", n))
	}
	return Job{Client: c, Table: "Music", Name: "nightly", Keep: 7 * day, Patience: time.Hour, Log: t.Logf}
}

func put(t *testing.T, c *dynamodb.Client, song string) {
	t.Helper()
	_, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: aws.String("Music"),
		Item:      map[string]types.AttributeValue{"Song": &types.AttributeValueMemberS{Value: song}},
	})
	require.NoError(t, err)
}

// backups returns how many backups of each name there are.
func backups(t *testing.T, c DynamoDB) map[string]int {
	t.Helper()
	out, err := c.ListBackups(t.Context(), &dynamodb.ListBackupsInput{})
	require.NoError(t, err)
	require.Nil(t, out.LastEvaluatedBackupArn)
	n := map[string]int{}
	for _, b := range out.BackupSummaries {
		n[*b.BackupName]++
	}
	return n
}

func tables(t *testing.T, c DynamoDB) []string {
	t.Helper()
	out, err := c.(*dynamodb.Client).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	require.NoError(t, err)
	return out.TableNames
}

// TestRetention runs the job every night for three weeks, of which none passes.
func TestRetention(t *testing.T) {
	e := tidemarktest.Start(t)
	job := newJob(t, e)
	_, err := job.Client.CreateBackup(t.Context(), &dynamodb.CreateBackupInput{
		TableName: aws.String("Music"), BackupName: aws.String("before-migration"),
	})
	require.NoError(t, err)

	var taken []string
	for night := range 21 {
		r, err := job.Run(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 10+night, r.Items)
		taken = append(taken, r.Backup)
		if night <= 7 {
			require.Empty(t, r.Expired) // at a week's age to the millisecond, a backup is not older than a week
		} else {
			require.Equal(t, []string{taken[night-8]}, r.Expired)
		}
		put(t, job.Client.(*dynamodb.Client), fmt.Sprint("New song ", night))
		e.Clock.Advance(day)
	}
	require.Equal(t, map[string]int{"nightly": 8, "before-migration": 1}, backups(t, job.Client))
	require.Equal(t, []string{"Music"}, tables(t, job.Client), "the tables that were restored are gone")
}

// TestTarget restores into a table that is kept.
func TestTarget(t *testing.T) {
	job := newJob(t, tidemarktest.Start(t))
	job.Target = "Music-copy"
	r, err := job.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Music-copy", r.Target)
	require.Equal(t, []string{"Music", "Music-copy"}, tables(t, job.Client))
	_, err = job.Run(t.Context())
	require.ErrorAs(t, err, new(*types.TableAlreadyExistsException))
}

// TestNothingIsDeletedUnverified has a job that loses items: the only good backup is the old one, and is kept.
func TestNothingIsDeletedUnverified(t *testing.T) {
	e := tidemarktest.Start(t)
	job := newJob(t, e)
	good, err := job.Run(t.Context())
	require.NoError(t, err)
	e.Clock.Advance(30 * day)

	whole := job.Client
	job.Client = meddler{whole.(*dynamodb.Client), func() {
		_, err := whole.(*dynamodb.Client).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
			TableName: aws.String("Music"),
			Key:       map[string]types.AttributeValue{"Song": &types.AttributeValueMemberS{Value: "Song 0"}},
		})
		require.NoError(t, err)
	}}
	r, err := job.Run(t.Context())
	require.ErrorContains(t, err, "Music has 10 items but its backup has 9")
	require.Empty(t, r.Expired)
	require.Equal(t, map[string]int{"nightly": 2}, backups(t, whole))
	require.Equal(t, []string{"Music", r.Target}, tables(t, whole), "what was restored is left to be looked at")

	job.Drift = 1
	r, err = job.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{good.Backup}, r.Expired)
}

// meddler does something before each backup.
type meddler struct {
	*dynamodb.Client
	before func()
}

// CreateBackup is that of the client, after what is to happen before it.
func (m meddler) CreateBackup(
	ctx context.Context, in *dynamodb.CreateBackupInput, options ...option,
) (*dynamodb.CreateBackupOutput, error) {
	m.before()
	return m.Client.CreateBackup(ctx, in, options...)
}

// TestWaits runs the job against the service as AWS describes it, in a bubble where its waits cost nothing: the backup
// takes its time, the restore too, and the first calls are throttled.
func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := tidemarktest.Start(t, tidemarktest.Documented(), tidemarktest.WithClock(clock.System{}))
		job := newJob(t, e)
		<-time.After(time.Hour) // a new table cannot be backed up at once, and what is new may not be in the backup
		e.Inject(
			tidemarktest.Throttle("CreateBackup").Times(2),
			tidemarktest.Hold(30*time.Minute).Nth(3),
		)
		start := e.DB.Clock.Now()
		r, err := job.Run(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 10, r.Items)
		require.Greater(t, e.DB.Clock.Now().Sub(start), 30*time.Minute)
		require.Empty(t, e.Unused())

		e.Inject(tidemarktest.Hold(2 * time.Hour))
		_, err = job.Run(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// TestCommandLine runs the program as it is, over a socket.
func TestCommandLine(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	e := tidemarktest.Start(t)
	newJob(t, e)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-table", "Music", "-endpoint", e.Listen()}, &out))
	require.Contains(t, out.String(), "verified    10 items\n")
	require.Equal(t, map[string]int{"nightly": 1}, backups(t, client(e)))

	out.Reset()
	require.ErrorIs(t, run(t.Context(), []string{"-h"}, &out), flag.ErrHelp)
	require.True(t, strings.HasPrefix(out.String(), "Backs up a DynamoDB table"), out.String())
	require.Error(t, run(t.Context(), nil, io.Discard))
}
