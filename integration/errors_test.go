package integration_test

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

// requireAPIError wants err to be the service's error of that code, with a message that begins so.
func requireAPIError(e *endpoint, err error, code, message string) {
	e.Helper()
	var api smithy.APIError
	require.ErrorAs(e, err, &api)
	require.Equal(e, code, api.ErrorCode(), err)
	require.True(e, strings.HasPrefix(api.ErrorMessage(), message), "%s\nwanted %s", api.ErrorMessage(), message)
}

// requireError wants err to be the SDK's own type for that error, with exactly that message.
func requireError[T interface {
	error
	ErrorMessage() string
}](e *endpoint, err error, message string) T {
	e.Helper()
	var typed T
	require.ErrorAs(e, err, &typed)
	require.Equal(e, message, typed.ErrorMessage())
	return typed
}

func refuseBackups(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Music")
	arn := e.backUp(c, "Music", "taken").BackupArn
	unknown := aws.String(strings.TrimSuffix(*arn, (*arn)[len(*arn)-8:]) + "deadbeef")

	create := func(table, name string) error {
		_, err := c.CreateBackup(e.ctx, &dynamodb.CreateBackupInput{TableName: &table, BackupName: &name})
		return err
	}
	requireError[*types.TableNotFoundException](e, create("Nowhere", "backup"), "Table not found: Nowhere")
	requireAPIError(e, create("Music", "ab"), "ValidationException", "1 validation error detected: Value 'ab' at "+
		"'backupName' failed to satisfy constraint: Member must have length greater than or equal to 3")

	_, err := c.DescribeBackup(e.ctx, &dynamodb.DescribeBackupInput{BackupArn: unknown})
	requireError[*types.BackupNotFoundException](e, err, "Backup not found: "+*unknown)
	_, err = c.DeleteBackup(e.ctx, &dynamodb.DeleteBackupInput{BackupArn: unknown})
	requireError[*types.BackupNotFoundException](e, err, "Backup not found: "+*unknown)
	noARN := "no ARN at all, however long it may be"
	_, err = c.DescribeBackup(e.ctx, &dynamodb.DescribeBackupInput{BackupArn: &noARN})
	requireAPIError(e, err, "ValidationException", "Invalid Backup ARN")

	restore := func(arn *string, target string) error {
		_, err := c.RestoreTableFromBackup(e.ctx, &dynamodb.RestoreTableFromBackupInput{
			BackupArn: arn, TargetTableName: &target,
		})
		return err
	}
	requireError[*types.BackupNotFoundException](e, restore(unknown, "New"), "Backup not found: "+*unknown)
	requireError[*types.TableAlreadyExistsException](e, restore(arn, "Music"), "Table already exists: Music")
	_, err = c.RestoreTableToPointInTime(e.ctx, &dynamodb.RestoreTableToPointInTimeInput{
		SourceTableName: aws.String("Music"), TargetTableName: aws.String("New"), UseLatestRestorableTime: aws.Bool(true),
	})
	requireError[*types.PointInTimeRecoveryUnavailableException](e, err,
		"Point in time recovery is not enabled for table 'Music'")
	nowhere := aws.String("Nowhere")
	_, err = c.DescribeContinuousBackups(e.ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: nowhere})
	requireError[*types.TableNotFoundException](e, err, "Table not found: Nowhere")
	_, err = c.ListBackups(e.ctx, &dynamodb.ListBackupsInput{BackupType: "BOGUS"})
	requireAPIError(e, err, "ValidationException", "1 validation error detected: Value 'BOGUS' at 'backupType' "+
		"failed to satisfy constraint: Member must satisfy enum value set: [")
	_, err = c.ListBackups(e.ctx, &dynamodb.ListBackupsInput{Limit: aws.Int32(101)})
	requireAPIError(e, err, "ValidationException", "1 validation error detected: Value '101' at 'limit' "+
		"failed to satisfy constraint: Member must have value less than or equal to 100")

	_, err = c.PutItem(e.ctx, &dynamodb.PutItemInput{TableName: nowhere, Item: song("A", "B")})
	requireError[*types.ResourceNotFoundException](e, err, "Requested resource not found")
	_, err = c.DescribeTable(e.ctx, &dynamodb.DescribeTableInput{TableName: nowhere})
	requireError[*types.ResourceNotFoundException](e, err, "Requested resource not found: Table: Nowhere not found")
	_, err = c.CreateTable(e.ctx, musicTable("Music"))
	requireError[*types.ResourceInUseException](e, err, "Table already exists: Music")
}
