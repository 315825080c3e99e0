package tidemarktest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/tidemarktest"
)

func TestAdvanceToBackup(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.Hold(10*time.Second), tidemarktest.Hold(time.Minute).Nth(2))
	c := clientOf(ep)
	c.table(t, "orders")
	c.backup(t, "orders") // another one, which is available earlier
	arn := c.backup(t, "orders")
	ep.Clock.Advance(time.Second)

	err := ep.AdvanceToBackup(arn, 59*time.Second-1)
	require.EqualError(t, err, "tidemarktest: AdvanceToBackup: "+arn+": it will be ready only in 59s, "+
		"at 2024-01-15T12:01:00Z: more than the 58.999999999s given to it")
	require.Equal(t, clock.Epoch.Add(time.Second), ep.Clock.Now(), "a refusal moves nothing")

	require.NoError(t, ep.AdvanceToBackup(arn, 59*time.Second))
	require.Equal(t, clock.Epoch.Add(time.Minute), ep.Clock.Now(), "just far enough")
	require.Equal(t, "AVAILABLE", c.backupStatus(t, arn))
	require.NoError(t, ep.AdvanceToBackup(arn, 0))
	require.Equal(t, clock.Epoch.Add(time.Minute), ep.Clock.Now(), "it is available already")

	c.ok(t, "DeleteBackup", `{'BackupArn': '`+arn+`'}`)
	require.ErrorIs(t, ep.AdvanceToBackup(arn, time.Hour), exception.BackupNotFound)
	require.ErrorIs(t, ep.WaitForBackup(t.Context(), arn, time.Hour), exception.BackupNotFound)
	require.ErrorIs(t, ep.AdvanceToBackup("nightly", time.Hour), exception.Validation)
	malformed := "arn:aws:dynamodb:us-east-1:me:table/orders/backup/1"
	require.ErrorContains(t, ep.AdvanceToBackup(malformed, 0), "Invalid Backup ARN")
}

// Tables are most often missing because they are somewhere else.
func TestWaitersSayWhereTheyLooked(t *testing.T) {
	ep := tidemarktest.Start(t)
	elsewhere := "arn:aws:dynamodb:local:222222222222:table/Music"
	backup := "arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/01705320000000-0123abcd"
	tests := []struct {
		err  error
		code exception.Code
		want string
	}{
		{ep.AdvanceToTable("Music", 0), exception.ResourceNotFound,
			"AdvanceToTable: there is no table Music in us-east-1 of 123456789012"},
		{ep.WaitForTable(t.Context(), elsewhere, 0), exception.ResourceNotFound,
			"WaitForTable: there is no table Music in local of 222222222222"},
		{ep.AdvanceToBackup(backup, 0), exception.BackupNotFound,
			"AdvanceToBackup: there is no backup " + backup + " in us-east-1 of 123456789012"},
		{ep.WaitForBackup(t.Context(), "arn:bad", 0), exception.Validation,
			"WaitForBackup: arn:bad: ValidationException: Invalid Backup ARN"},
	}
	for _, test := range tests {
		require.EqualError(t, test.err, "tidemarktest: "+test.want)
		require.ErrorIs(t, test.err, test.code)
		require.ErrorAs(t, test.err, new(*exception.Error))
	}
}

// Looking does not count as a call: with the service's rates a test that waits would use them up.
func TestWaitersHaveNoRate(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.Documented())
	c := clientOf(ep)
	c.table(t, "orders")
	require.NoError(t, ep.AdvanceToTable("orders", time.Minute))
	ep.Clock.Advance(10 * time.Second)
	arn := c.backup(t, "orders")
	require.NoError(t, ep.AdvanceToBackup(arn, time.Minute+time.Second))
	for range 100 {
		require.NoError(t, ep.AdvanceToBackup(arn, 0))
		require.NoError(t, ep.WaitForBackup(t.Context(), arn, 0))
	}
	require.Equal(t, "AVAILABLE", c.backupStatus(t, arn))

	before := ep.Clock.Now()
	c.ok(t, "RestoreTableFromBackup", `{'TargetTableName': 'restored', 'BackupArn': '`+arn+`'}`)
	require.ErrorContains(t, ep.AdvanceToTable("restored", 5*time.Minute-1), "ready only in 5m0s")
	require.NoError(t, ep.AdvanceToTable("restored", 5*time.Minute))
	require.Equal(t, 5*time.Minute, ep.Clock.Now().Sub(before))
	a := c.ok(t, "DescribeTable", `{'TableName': 'restored'}`)
	require.Equal(t, "ACTIVE", a.at("Table", "TableStatus"))
}

// A table is waited for until the changes of UpdateTable are done, those of its indexes too.
func TestWaitersKnowUpdates(t *testing.T) {
	ep := tidemarktest.Start(t,
		tidemarktest.WithTiming(table.Timing{Creating: time.Second, Updating: 5 * time.Second, Backfilling: time.Minute}))
	c := clientOf(ep)
	c.table(t, "orders")
	ready := func(after time.Duration) {
		t.Helper()
		before := ep.Clock.Now()
		require.ErrorContains(t, ep.AdvanceToTable("orders", after-1), "ready only in "+after.String())
		require.NoError(t, ep.AdvanceToTable("orders", after))
		require.Equal(t, after, ep.Clock.Now().Sub(before))
		require.NoError(t, ep.WaitForTable(t.Context(), "orders", 0))
		require.Equal(t, "ACTIVE", c.ok(t, "DescribeTable", `{'TableName': 'orders'}`).at("Table", "TableStatus"))
	}
	ready(time.Second)
	c.ok(t, "UpdateTable", `{'TableName': 'orders', 'StreamSpecification': {'StreamEnabled': true, 'StreamViewType': 'KEYS_ONLY'}}`)
	ready(5 * time.Second)
	c.ok(t, "UpdateTable", `{'TableName': 'orders', 'AttributeDefinitions': [{'AttributeName': 'n', 'AttributeType': 'N'}],
		'GlobalSecondaryIndexUpdates': [{'Create': {'IndexName': 'ByN', 'Projection': {'ProjectionType': 'ALL'},
			'KeySchema': [{'AttributeName': 'n', 'KeyType': 'HASH'}]}}]}`)
	scan := `{'TableName': 'orders', 'IndexName': 'ByN'}`
	require.Contains(t, c.refused(t, "Scan", scan), "Cannot read from backfilling global secondary index")
	ready(65 * time.Second)
	c.ok(t, "Scan", scan)
	c.ok(t, "UpdateTable", `{'TableName': 'orders', 'GlobalSecondaryIndexUpdates': [
		{'Update': {'IndexName': 'ByN', 'OnDemandThroughput': {'MaxReadRequestUnits': 5}}}]}`)
	ready(5 * time.Second)
	c.ok(t, "UpdateTable", `{'TableName': 'orders', 'GlobalSecondaryIndexUpdates': [{'Delete': {'IndexName': 'ByN'}}]}`)
	ready(5 * time.Second)
}

func TestWaitForBackup(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.Hold(time.Minute).Always())
	c := clientOf(ep)
	c.table(t, "orders")
	arn := c.backup(t, "orders")
	err := ep.WaitForBackup(t.Context(), arn, time.Second)
	require.ErrorContains(t, err, "more than the 1s given to it")

	ended := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- ep.WaitForBackup(ctx, arn, time.Hour) }()
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)

	go func() { ended <- ep.WaitForBackup(t.Context(), arn, time.Hour) }()
	ep.Clock.Advance(59 * time.Second)
	select {
	case err := <-ended:
		require.Fail(t, "it is not available yet", "%v", err)
	default:
	}
	ep.Clock.Advance(time.Second)
	require.NoError(t, <-ended)
	require.Equal(t, clock.Epoch.Add(time.Minute), ep.Clock.Now(), "it moves nothing")
}

func TestWaitersFindOtherAccountsAndRegions(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.Hold(time.Minute),
		tidemarktest.WithTiming(table.Timing{Creating: time.Second}))
	c := clientOf(ep)
	c.key, c.region = "222222222222", "ap-south-1"
	c.table(t, "orders")
	arn := "arn:aws:dynamodb:ap-south-1:222222222222:table/orders"
	require.ErrorIs(t, ep.AdvanceToTable("orders", time.Hour), exception.ResourceNotFound)
	require.NoError(t, ep.AdvanceToTable(arn, time.Second))
	require.NoError(t, ep.WaitForTable(t.Context(), arn, 0))
	require.NoError(t, ep.AdvanceToBackup(c.backup(t, "orders"), time.Minute))
	require.Equal(t, clock.Epoch.Add(time.Second+time.Minute), ep.Clock.Now())
}

func TestTablesThatWillNotBeActive(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.WithTiming(table.Timing{Deleting: time.Second}))
	c := clientOf(ep)
	c.table(t, "orders")
	require.NoError(t, ep.AdvanceToTable("orders", 0))
	c.ok(t, "DeleteTable", `{'TableName': 'orders'}`)
	require.ErrorContains(t, ep.AdvanceToTable("orders", time.Hour), "it is DELETING")
	require.ErrorContains(t, ep.WaitForTable(t.Context(), "orders", time.Hour), "it is DELETING")
	ep.Clock.Advance(time.Second)
	require.ErrorIs(t, ep.WaitForTable(t.Context(), "orders", time.Hour), exception.ResourceNotFound)
}

func TestWaitersNeedAClock(t *testing.T) {
	type still struct{ clock.Clock }
	ep := tidemarktest.Start(t, tidemarktest.WithClock(still{clock.NewManual(clock.Epoch)}))
	c := clientOf(ep)
	c.table(t, "orders")
	arn := c.backup(t, "orders")
	require.ErrorContains(t, ep.WaitForBackup(t.Context(), arn, time.Hour), "cannot be waited for")
	require.ErrorContains(t, ep.AdvanceToBackup(arn, time.Hour), "cannot be moved: use WaitForBackup")
}

// The marker of a backup lies ahead, so that it is CREATING: until the marker, and with a hold until the later of both.
func TestAdvanceToMarker(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.WithMarker(backup.Latest, time.Minute),
		tidemarktest.Hold(2*time.Minute).Nth(2))
	c := clientOf(ep)
	c.table(t, "orders")
	marked, held := c.backup(t, "orders"), c.backup(t, "orders")
	require.NoError(t, ep.AdvanceToBackup(marked, time.Hour))
	require.Equal(t, clock.Epoch.Add(time.Minute+1), ep.Clock.Now())
	require.NoError(t, ep.AdvanceToBackup(held, time.Hour))
	require.Equal(t, clock.Epoch.Add(2*time.Minute), ep.Clock.Now())
}
