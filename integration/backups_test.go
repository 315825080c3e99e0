package integration_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func backUpAndRestore(e *endpoint, c *dynamodb.Client) {
	const table = "MusicCollection"
	e.clock.Advance(1234567 * time.Microsecond) // so that the milliseconds are not 000, and there is more than those
	e.createMusic(c, table)
	happyDay := song("The Acme Band", "Happy Day", "Year", number("1998"))
	e.put(c, table, happyDay, song("No One You Know", "Call Me Today"))

	created := e.backUp(c, table, "MusicCollectionBackup")
	require.Equal(e, types.BackupStatusCreating, created.BackupStatus)
	require.Equal(e, types.BackupTypeUser, created.BackupType)
	require.Nil(e, created.BackupExpiryDateTime)
	require.Equal(e, e.clock.Now().Truncate(time.Millisecond), created.BackupCreationDateTime.UTC())

	described, err := c.DescribeBackup(e.ctx, &dynamodb.DescribeBackupInput{BackupArn: created.BackupArn})
	require.NoError(e, err)
	details, source := described.BackupDescription.BackupDetails, described.BackupDescription.SourceTableDetails
	require.Equal(e, types.BackupStatusAvailable, details.BackupStatus)
	require.True(e, created.BackupCreationDateTime.Equal(*details.BackupCreationDateTime))
	require.Equal(e, table, *source.TableName)
	require.EqualValues(e, 2, *source.ItemCount)
	require.Equal(e, types.BillingModePayPerRequest, source.BillingMode)
	require.Zero(e, *source.ProvisionedThroughput.ReadCapacityUnits)
	require.NotNil(e, described.BackupDescription.SourceTableFeatureDetails)

	// What happens to the table afterwards is not in the backup, and not in what is restored from it.
	e.clock.Advance(time.Minute)
	e.put(c, table, song("The Acme Band", "Happy Day", "Year", number("2024")), song("Late", "Arrival"))
	restored := e.restore(c, created.BackupArn, "Restored")
	require.Equal(e, created.BackupArn, restored.RestoreSummary.SourceBackupArn)
	require.Equal(e, source.TableArn, restored.RestoreSummary.SourceTableArn)
	require.True(e, created.BackupCreationDateTime.Equal(*restored.RestoreSummary.RestoreDateTime))
	require.NotEqual(e, source.TableId, restored.TableId)
	require.Equal(e, happyDay, e.get(c, "Restored", song("The Acme Band", "Happy Day")))
	require.Nil(e, e.get(c, "Restored", song("Late", "Arrival")))

	// A backup outlives its table.
	_, err = c.DeleteTable(e.ctx, &dynamodb.DeleteTableInput{TableName: aws.String(table)})
	require.NoError(e, err)
	gone := dynamodb.NewTableNotExistsWaiter(c)
	require.NoError(e, gone.Wait(e.ctx, &dynamodb.DescribeTableInput{TableName: aws.String(table)}, time.Minute))
	listed, err := c.ListBackups(e.ctx, &dynamodb.ListBackupsInput{TableName: aws.String(table)})
	require.NoError(e, err)
	require.Len(e, listed.BackupSummaries, 1)
	require.Equal(e, created.BackupArn, listed.BackupSummaries[0].BackupArn)
	require.True(e, created.BackupCreationDateTime.Equal(*listed.BackupSummaries[0].BackupCreationDateTime))

	deleted, err := c.DeleteBackup(e.ctx, &dynamodb.DeleteBackupInput{BackupArn: created.BackupArn})
	require.NoError(e, err)
	require.Equal(e, types.BackupStatusDeleted, deleted.BackupDescription.BackupDetails.BackupStatus)
	require.Equal(e, source.TableId, deleted.BackupDescription.SourceTableDetails.TableId)
}

// pageThroughBackups walks through backups of two tables, with the filters that there are.
func pageThroughBackups(e *endpoint, c *dynamodb.Client) {
	var all []string // the ARNs in the order of the list: by table, then by time
	var midnight time.Time
	for _, table := range []string{"Albums", "Concerts"} {
		e.createMusic(c, table)
		for day := range 5 {
			e.clock.Advance(24*time.Hour + 7*time.Millisecond)
			all = append(all, *e.backUp(c, table, fmt.Sprintf("%s-%d", table, day)).BackupArn)
			if len(all) == 8 {
				midnight = e.clock.Now()
			}
		}
	}
	for _, tt := range []struct {
		name string
		in   dynamodb.ListBackupsInput
		want []string
		size int32
	}{
		{"one by one", dynamodb.ListBackupsInput{}, all, 1},
		{"uneven pages", dynamodb.ListBackupsInput{}, all, 3},
		{"even pages", dynamodb.ListBackupsInput{}, all, 5},
		{"as many as there are", dynamodb.ListBackupsInput{}, all, 10},
		{"of one table", dynamodb.ListBackupsInput{TableName: aws.String("Concerts")}, all[5:], 2},
		{"from a time", dynamodb.ListBackupsInput{TimeRangeLowerBound: &midnight}, all[7:], 2},
		{"before a time", dynamodb.ListBackupsInput{TimeRangeUpperBound: &midnight}, all[:7], 2},
		{"of the system", dynamodb.ListBackupsInput{BackupType: types.BackupTypeFilterSystem}, nil, 2},
		{"of all kinds", dynamodb.ListBackupsInput{BackupType: types.BackupTypeFilterAll}, all, 4},
		{"of no table", dynamodb.ListBackupsInput{TableName: aws.String("Unheard")}, nil, 2},
	} {
		in := tt.in
		in.Limit = &tt.size
		var got []string
		pages := 0
		for more := true; more; pages++ { // the SDK has no paginator for this operation
			page, err := c.ListBackups(e.ctx, &in)
			require.NoError(e, err, tt.name)
			require.LessOrEqual(e, len(page.BackupSummaries), int(tt.size), tt.name)
			for _, s := range page.BackupSummaries {
				got = append(got, *s.BackupArn)
			}
			in.ExclusiveStartBackupArn = page.LastEvaluatedBackupArn
			more = in.ExclusiveStartBackupArn != nil
		}
		require.Equal(e, tt.want, got, tt.name)
		require.Equal(e, max(1, (len(tt.want)+int(tt.size)-1)/int(tt.size)), pages, tt.name)
	}
}

func recoverToPointInTime(e *endpoint, c *dynamodb.Client) {
	const table = "Ledger"
	e.createMusic(c, table)
	before, err := c.DescribeContinuousBackups(e.ctx, &dynamodb.DescribeContinuousBackupsInput{
		TableName: aws.String(table),
	})
	require.NoError(e, err)
	off := before.ContinuousBackupsDescription
	require.Equal(e, types.ContinuousBackupsStatusEnabled, off.ContinuousBackupsStatus)
	require.Equal(e, types.PointInTimeRecoveryStatusDisabled, off.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus)
	require.Nil(e, off.PointInTimeRecoveryDescription.LatestRestorableDateTime)

	enabled, err := c.UpdateContinuousBackups(e.ctx, &dynamodb.UpdateContinuousBackupsInput{
		TableName: aws.String(table),
		PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: aws.Bool(true), RecoveryPeriodInDays: aws.Int32(7),
		},
	})
	require.NoError(e, err)
	on := enabled.ContinuousBackupsDescription.PointInTimeRecoveryDescription
	require.Equal(e, types.PointInTimeRecoveryStatusEnabled, on.PointInTimeRecoveryStatus)
	require.EqualValues(e, 7, *on.RecoveryPeriodInDays)

	// A version every hour, of which any can be brought back.
	hours := make([]time.Time, 5)
	for i := range hours {
		e.put(c, table, song("A", "B", "Hour", number(fmt.Sprint(i))))
		hours[i] = e.clock.Advance(time.Second)
		e.clock.Advance(time.Hour)
	}
	target := func(i int) string { return fmt.Sprintf("Ledger-at-%d", i) }
	for _, i := range []int{0, 3} {
		out, err := c.RestoreTableToPointInTime(e.ctx, &dynamodb.RestoreTableToPointInTimeInput{
			SourceTableName: aws.String(table), TargetTableName: aws.String(target(i)), RestoreDateTime: &hours[i],
		})
		require.NoError(e, err)
		require.True(e, hours[i].Truncate(time.Second).Equal(*out.TableDescription.RestoreSummary.RestoreDateTime))
		require.Nil(e, out.TableDescription.RestoreSummary.SourceBackupArn)
		e.waitForTable(c, target(i))
		require.Equal(e, number(fmt.Sprint(i)), e.get(c, target(i), song("A", "B"))["Hour"])
	}
	_, err = c.RestoreTableToPointInTime(e.ctx, &dynamodb.RestoreTableToPointInTimeInput{
		SourceTableName: aws.String(table), TargetTableName: aws.String("Ledger-latest"),
		UseLatestRestorableTime: aws.Bool(true),
	})
	require.NoError(e, err)
	require.Equal(e, number("4"), e.get(c, "Ledger-latest", song("A", "B"))["Hour"])

	tooEarly := hours[0].Add(-240 * time.Hour)
	_, err = c.RestoreTableToPointInTime(e.ctx, &dynamodb.RestoreTableToPointInTimeInput{
		SourceTableName: aws.String(table), TargetTableName: aws.String("Never"), RestoreDateTime: &tooEarly,
	})
	require.ErrorAs(e, err, new(*types.InvalidRestoreTimeException))

	leaveSystemBackup(e, c, table)
}

// leaveSystemBackup deletes a table that has point-in-time recovery, and watches the backup of its last state until it
// expires.
func leaveSystemBackup(e *endpoint, c *dynamodb.Client, table string) {
	_, err := c.DeleteTable(e.ctx, &dynamodb.DeleteTableInput{TableName: &table})
	require.NoError(e, err)
	list := func() []types.BackupSummary {
		out, err := c.ListBackups(e.ctx, &dynamodb.ListBackupsInput{BackupType: types.BackupTypeFilterSystem})
		require.NoError(e, err)
		return out.BackupSummaries
	}
	left := list()
	require.Len(e, left, 1)
	require.Equal(e, table+"$DeletedTableBackup", *left[0].BackupName)
	const retention = 35 * 24 * time.Hour
	require.Equal(e, retention, left[0].BackupExpiryDateTime.Sub(*left[0].BackupCreationDateTime))
	e.restore(c, left[0].BackupArn, "Undeleted")
	require.Equal(e, number("4"), e.get(c, "Undeleted", song("A", "B"))["Hour"])

	_, err = c.DeleteBackup(e.ctx, &dynamodb.DeleteBackupInput{BackupArn: left[0].BackupArn})
	requireAPIError(e, err, "ValidationException", "Invalid Request: User is not allowed to delete the system backup")
	e.clock.Advance(retention - time.Millisecond)
	require.Len(e, list(), 1)
	e.clock.Advance(time.Millisecond)
	require.Empty(e, list())
}

// overrideIndexes restores one backup with all of its indexes, without any, and as another billing mode.
func overrideIndexes(e *endpoint, c *dynamodb.Client) {
	in := musicTable("Indexed")
	in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
		AttributeName: aws.String("Year"), AttributeType: types.ScalarAttributeTypeN,
	})
	index := types.GlobalSecondaryIndex{
		IndexName:  aws.String("ByYear"),
		KeySchema:  []types.KeySchemaElement{{AttributeName: aws.String("Year"), KeyType: types.KeyTypeHash}},
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
	}
	in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{index}
	_, err := c.CreateTable(e.ctx, in)
	require.NoError(e, err)
	arn := e.backUp(c, "Indexed", "with-index").BackupArn

	described, err := c.DescribeBackup(e.ctx, &dynamodb.DescribeBackupInput{BackupArn: arn})
	require.NoError(e, err)
	recorded := described.BackupDescription.SourceTableFeatureDetails.GlobalSecondaryIndexes
	require.Len(e, recorded, 1)
	require.Equal(e, index.KeySchema, recorded[0].KeySchema)

	all := e.restore(c, arn, "All")
	require.Len(e, all.GlobalSecondaryIndexes, 1)

	none, err := c.RestoreTableFromBackup(e.ctx, &dynamodb.RestoreTableFromBackupInput{
		BackupArn: arn, TargetTableName: aws.String("NoIndex"), GlobalSecondaryIndexOverride: []types.GlobalSecondaryIndex{},
	})
	require.NoError(e, err)
	require.Empty(e, none.TableDescription.GlobalSecondaryIndexes)

	renamed := index
	renamed.IndexName = aws.String("YearIndex")
	renamed.ProvisionedThroughput = &types.ProvisionedThroughput{
		ReadCapacityUnits: aws.Int64(3), WriteCapacityUnits: aws.Int64(4),
	}
	provisioned, err := c.RestoreTableFromBackup(e.ctx, &dynamodb.RestoreTableFromBackupInput{
		BackupArn: arn, TargetTableName: aws.String("Provisioned"),
		BillingModeOverride: types.BillingModeProvisioned,
		ProvisionedThroughputOverride: &types.ProvisionedThroughput{
			ReadCapacityUnits: aws.Int64(1), WriteCapacityUnits: aws.Int64(2),
		},
		GlobalSecondaryIndexOverride: []types.GlobalSecondaryIndex{renamed},
	})
	require.NoError(e, err)
	d := provisioned.TableDescription
	require.EqualValues(e, 1, *d.ProvisionedThroughput.ReadCapacityUnits)
	require.Equal(e, "YearIndex", *d.GlobalSecondaryIndexes[0].IndexName)
	require.EqualValues(e, 4, *d.GlobalSecondaryIndexes[0].ProvisionedThroughput.WriteCapacityUnits)

	tables, err := c.ListTables(e.ctx, &dynamodb.ListTablesInput{})
	require.NoError(e, err)
	require.True(e, slices.Contains(tables.TableNames, "Provisioned"))
}
