package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// DynamoDB is what the job needs of the SDK's client.
type DynamoDB interface {
	dynamodb.DescribeTableAPIClient
	dynamodb.ScanAPIClient
	CreateBackup(context.Context, *dynamodb.CreateBackupInput, ...option) (*dynamodb.CreateBackupOutput, error)
	DescribeBackup(context.Context, *dynamodb.DescribeBackupInput, ...option) (*dynamodb.DescribeBackupOutput, error)
	ListBackups(context.Context, *dynamodb.ListBackupsInput, ...option) (*dynamodb.ListBackupsOutput, error)
	DeleteBackup(context.Context, *dynamodb.DeleteBackupInput, ...option) (*dynamodb.DeleteBackupOutput, error)
	RestoreTableFromBackup(
		context.Context, *dynamodb.RestoreTableFromBackupInput, ...option,
	) (*dynamodb.RestoreTableFromBackupOutput, error)
	DeleteTable(context.Context, *dynamodb.DeleteTableInput, ...option) (*dynamodb.DeleteTableOutput, error)
}

type option = func(*dynamodb.Options)

// Job says which table to back up and how. Client, Table, Name and Patience must be set.
type Job struct {
	Client   DynamoDB
	Table    string
	Name     string        // of the backups
	Target   string        // the table to restore into; empty: a new one, deleted when it has been counted
	Keep     time.Duration // how old backups may get; 0: as old as they like
	Drift    int64         // how far the number of items may be off
	Patience time.Duration // how long to wait for a backup, and for a restore
	Log      func(format string, args ...any)
}

// Result is what a Job has done.
type Result struct {
	Backup  string   // the ARN of the new backup
	Target  string   // the table that it was restored into
	Items   int64    // how many items it holds
	Expired []string // the ARNs of the backups that were deleted
}

// Run does the job once. Each step needs the one before: no backup is deleted until a newer one has been restored and
// counted. If the numbers differ, the restored table is left for somebody to look at.
//
// What Run has done until it failed is in the Result, too.
func (j Job) Run(ctx context.Context) (r Result, err error) {
	// The item count of DescribeTable is up to six hours old, and so is that of a backup. A scan is exact.
	before, err := j.count(ctx, j.Table)
	if err != nil {
		return r, err
	}
	taken, err := j.backUp(ctx)
	if err != nil {
		return r, err
	}
	r.Backup = *taken.BackupArn
	if r.Target, err = j.restore(ctx, taken); err != nil {
		return r, err
	}
	if r.Items, err = j.count(ctx, r.Target); err != nil {
		return r, err
	}
	if off := r.Items - before; off > j.Drift || off < -j.Drift {
		return r, fmt.Errorf("%s has %d items but its backup has %d: see table %s", j.Table, before, r.Items, r.Target)
	}
	j.log("verified    %d items", r.Items)
	if j.Target == "" {
		if err := j.drop(ctx, r.Target); err != nil {
			return r, err
		}
	}
	r.Expired, err = j.expire(ctx, taken)
	return r, err
}

// backUp takes a backup and waits until it is available.
func (j Job) backUp(ctx context.Context) (*types.BackupDetails, error) {
	ctx, cancel := context.WithTimeout(ctx, j.Patience)
	defer cancel()
	created, err := j.Client.CreateBackup(ctx, &dynamodb.CreateBackupInput{TableName: &j.Table, BackupName: &j.Name})
	if err != nil {
		return nil, err
	}
	j.log("backing up  %s", *created.BackupDetails.BackupArn)
	for { // the SDK has waiters for tables, but none for backups
		d, err := j.Client.DescribeBackup(ctx, &dynamodb.DescribeBackupInput{BackupArn: created.BackupDetails.BackupArn})
		if err != nil {
			return nil, err
		}
		if details := d.BackupDescription.BackupDetails; details.BackupStatus != types.BackupStatusCreating {
			return details, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("the backup is still being created: %w", ctx.Err())
		case <-time.After(5 * time.Second):
		}
	}
}

// restore makes a table of a backup, waits until it is active, and returns its name.
func (j Job) restore(ctx context.Context, b *types.BackupDetails) (target string, err error) {
	target = j.Target
	if target == "" {
		target = j.Table + "-check-" + path.Base(*b.BackupArn) // after the backup's id
	}
	_, err = j.Client.RestoreTableFromBackup(ctx, &dynamodb.RestoreTableFromBackupInput{
		BackupArn: b.BackupArn, TargetTableName: &target,
	})
	if err != nil {
		return "", err
	}
	j.log("restoring   %s", target)
	active := dynamodb.NewTableExistsWaiter(j.Client)
	return target, active.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &target}, j.Patience)
}

// count counts the items of a table, which reads it all.
func (j Job) count(ctx context.Context, table string) (n int64, err error) {
	pages := dynamodb.NewScanPaginator(j.Client, &dynamodb.ScanInput{
		TableName: &table, Select: types.SelectCount, ConsistentRead: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		n += int64(page.Count)
	}
	return n, nil
}

// drop deletes the table that restore has made.
func (j Job) drop(ctx context.Context, table string) error {
	_, err := j.Client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table})
	return err
}

// expire deletes this job's backups that are older than the newest by more than Keep, and returns their ARNs. The age
// is reckoned by the service's own times: the clock of this machine has no say in what is deleted.
func (j Job) expire(ctx context.Context, newest *types.BackupDetails) (expired []string, err error) {
	if j.Keep <= 0 {
		return nil, nil
	}
	old, err := j.before(ctx, newest.BackupCreationDateTime.Add(-j.Keep))
	if err != nil {
		return nil, err
	}
	for _, b := range old {
		_, err := j.Client.DeleteBackup(ctx, &dynamodb.DeleteBackupInput{BackupArn: b.BackupArn})
		var gone *types.BackupNotFoundException
		var inUse *types.BackupInUseException
		switch {
		case errors.As(err, &gone): // somebody else was faster
		case errors.As(err, &inUse):
			j.log("still used  %s", *b.BackupArn) // the next run will delete it
		case err != nil:
			return expired, err
		default:
			j.log("expired     %s", *b.BackupArn)
			expired = append(expired, *b.BackupArn)
		}
	}
	return expired, nil
}

// before lists this job's backups of the table from before a time.
func (j Job) before(ctx context.Context, t time.Time) (backups []types.BackupSummary, err error) {
	in := &dynamodb.ListBackupsInput{
		TableName: &j.Table, BackupType: types.BackupTypeFilterUser, TimeRangeUpperBound: &t,
	}
	for {
		page, err := j.Client.ListBackups(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, b := range page.BackupSummaries {
			if *b.BackupName == j.Name {
				backups = append(backups, b)
			}
		}
		if page.LastEvaluatedBackupArn == nil {
			return backups, nil
		}
		in.ExclusiveStartBackupArn = page.LastEvaluatedBackupArn
	}
}

func (j Job) log(format string, args ...any) {
	if j.Log != nil {
		j.Log(format, args...)
	}
}
