package wire

import (
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/request"
)

// What the model says of the members that many requests have.
var (
	tableRule    = request.Rule{Required: true, Min: 1, Max: 1024} // a name or an ARN
	nameRule     = request.Rule{Required: true, Name: true}
	required     = request.Required
	optional     = request.Rule{}
	capacityRule = request.Rule{Required: true, Min: 1}
)

func createBackup(c *call) error {
	in := backup.CreateInput{
		TableName:  c.in.Text("TableName", tableRule),
		BackupName: c.in.Text("BackupName", nameRule),
		Creating:   c.creating,
	}
	if err := c.Err(); err != nil {
		return err
	}
	details, err := c.backups.CreateBackup(c.ctx, in)
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.out.Name("BackupDetails")
	c.writeBackupDetails(details)
	c.out.End('}')
	return nil
}

func describeBackup(c *call) error {
	arn := c.in.Text("BackupArn", required)
	if err := c.Err(); err != nil {
		return err
	}
	d, err := c.backups.DescribeBackup(c.ctx, arn)
	if err != nil {
		return err
	}
	c.writeBackupDescription(&d)
	return nil
}

func deleteBackup(c *call) error {
	arn := c.in.Text("BackupArn", required)
	if err := c.Err(); err != nil {
		return err
	}
	d, err := c.backups.DeleteBackup(c.ctx, arn)
	if err != nil {
		return err
	}
	c.writeBackupDescription(&d)
	return nil
}

var backupTypes = request.Rule{Enum: []string{
	string(backup.System), string(backup.AWSBackup), string(backup.User), string(backup.All),
}}

func listBackups(c *call) error {
	limit, _ := c.in.Int("Limit", request.Rule{Min: 1, Max: backup.DefaultListLimit})
	in := backup.ListInput{
		TableName:      c.in.Text("TableName", request.Rule{Min: 1, Max: 1024}),
		Type:           backup.Type(c.in.Text("BackupType", backupTypes)),
		Limit:          int(limit),
		ExclusiveStart: c.in.Text("ExclusiveStartBackupArn", optional),
	}
	in.From, _ = c.in.Time("TimeRangeLowerBound")
	in.Before, _ = c.in.Time("TimeRangeUpperBound")
	if in.ExclusiveStart == "" && c.in.Has("ExclusiveStartBackupArn") {
		c.Refuse(exception.Validation.Errorf("Invalid Backup ARN"))
	}
	if err := c.Err(); err != nil {
		return err
	}
	summaries, last, err := c.backups.ListBackups(c.ctx, in)
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeArray("BackupSummaries", len(summaries), func(i int) { c.writeBackupSummary(&summaries[i]) })
	if last != "" {
		c.writeText("LastEvaluatedBackupArn", last)
	}
	c.out.End('}')
	return nil
}

func restoreTableFromBackup(c *call) error {
	in := backup.RestoreInput{
		TargetTableName: c.readTarget(),
		BackupARN:       c.in.Text("BackupArn", required),
		Overrides:       c.readOverrides(),
	}
	if err := c.Err(); err != nil {
		return err
	}
	d, err := c.backups.RestoreTableFromBackup(c.ctx, in)
	return c.answerTable("TableDescription", d, err)
}

func restoreTableToPointInTime(c *call) error {
	latest, _ := c.in.Bool("UseLatestRestorableTime", optional)
	in := backup.PointInTimeInput{
		SourceTableARN:          c.in.Text("SourceTableArn", request.Rule{Min: 1, Max: 1024}),
		SourceTableName:         c.in.Text("SourceTableName", request.Rule{Name: true}),
		TargetTableName:         c.readTarget(),
		UseLatestRestorableTime: latest,
		Overrides:               c.readOverrides(),
	}
	in.RestoreTime, _ = c.in.Time("RestoreDateTime")
	if err := c.Err(); err != nil {
		return err
	}
	d, err := c.backups.RestoreTableToPointInTime(c.ctx, in)
	return c.answerTable("TableDescription", d, err)
}

// readTarget reads the name of the table to make. An empty one has a text of its own, which the engine knows.
func (c *call) readTarget() string {
	name := c.in.Text("TargetTableName", required)
	if name != "" {
		c.Check.Name(c.in.Path("TargetTableName"), name)
	}
	return name
}

// nameOf reads the name of a thing where the service has a text of its own for one that is empty.
func (c *call) nameOf(thing, member string, rule request.Rule) string {
	name := c.in.Text(member, rule)
	switch {
	case name != "":
		c.Check.Name(c.in.Path(member), name)
	case c.in.Has(member):
		c.Refuse(exception.Validation.Errorf("%s must be at least 3 characters long and at most 255 characters long", thing))
	}
	return name
}

func (c *call) readOverrides() backup.Overrides {
	o := backup.Overrides{
		BillingMode:   c.readBillingMode("BillingModeOverride"),
		Throughput:    readThroughput(c.in.Object("ProvisionedThroughputOverride", optional)),
		GlobalIndexes: c.readIndexes("GlobalSecondaryIndexOverride", readRestoredIndex),
		LocalIndexes:  c.readIndexes("LocalSecondaryIndexOverride", readLocalIndex),
		SSE:           readSSE(c.in.Object("SSESpecificationOverride", optional)),
	}
	if t := c.in.Object("OnDemandThroughputOverride", optional); t.Given() {
		limits := readOnDemand(t, "")
		o.OnDemand = &limits
	}
	return o
}

func describeContinuousBackups(c *call) error {
	name := c.in.Text("TableName", tableRule)
	if err := c.Err(); err != nil {
		return err
	}
	d, err := c.backups.DescribeContinuousBackups(c.ctx, name)
	return c.answerContinuousBackups(d, err)
}

func updateContinuousBackups(c *call) error {
	name := c.in.Text("TableName", tableRule)
	spec := c.in.Object("PointInTimeRecoverySpecification", required)
	enabled, _ := spec.Bool("PointInTimeRecoveryEnabled", required)
	days, _ := spec.Int("RecoveryPeriodInDays", request.Rule{Min: 1, Max: 35})
	if err := c.Err(); err != nil {
		return err
	}
	d, err := c.backups.UpdateContinuousBackups(c.ctx, name, backup.RecoverySpecification{
		Enabled: enabled, RecoveryPeriodInDays: int(days),
	})
	return c.answerContinuousBackups(d, err)
}
