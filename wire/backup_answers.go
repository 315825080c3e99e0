package wire

import (
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/schema"
)

// backupStatus returns the service's word for a status: what the reference text calls ACTIVE is AVAILABLE in the
// model.
func backupStatus(s backup.Status) string {
	if s == backup.Active {
		return "AVAILABLE"
	}
	return string(s)
}

func (c *call) writeBackupDetails(d backup.Details) {
	c.out.Begin('{')
	c.writeDetailMembers(&d)
	c.out.End('}')
}

// writeDetailMembers writes what is told of a backup wherever one is told of.
func (c *call) writeDetailMembers(d *backup.Details) {
	c.writeText("BackupArn", d.ARN)
	c.writeTime("BackupCreationDateTime", d.CreationTime)
	c.writeTime("BackupExpiryDateTime", d.ExpiryTime)
	c.writeText("BackupName", d.Name)
	c.writeInt("BackupSizeBytes", d.SizeBytes)
	c.writeText("BackupStatus", backupStatus(d.Status))
	c.writeText("BackupType", string(d.Type))
}

func (c *call) writeBackupSummary(s *backup.Summary) {
	c.out.Begin('{')
	c.writeDetailMembers(&s.Details)
	c.writeText("TableArn", s.TableARN.String())
	c.writeText("TableId", s.TableID)
	c.writeText("TableName", s.TableName)
	c.out.End('}')
}

// writeBackupDescription writes the whole answer to DescribeBackup and DeleteBackup.
func (c *call) writeBackupDescription(d *backup.Description) {
	w := &c.out
	w.Begin('{')
	w.Name("BackupDescription")
	w.Begin('{')
	w.Name("BackupDetails")
	c.writeBackupDetails(d.Details)
	w.Name("SourceTableDetails")
	c.writeSourceTable(&d.Table)
	w.Name("SourceTableFeatureDetails")
	c.writeSourceFeatures(&d.Table)
	w.End('}')
	w.End('}')
}

func (c *call) writeSourceTable(t *schema.Table) {
	c.out.Begin('{')
	c.writeText("BillingMode", string(t.BillingMode))
	c.writeInt("ItemCount", t.ItemCount)
	c.writeKeySchema(t.KeySchema)
	c.writeOnDemand(t.OnDemand)
	c.writeThroughput(t.Throughput)
	c.writeText("TableArn", t.ARN.String())
	c.writeTime("TableCreationDateTime", t.CreationTime)
	c.writeText("TableId", t.ID)
	c.writeText("TableName", t.Name)
	c.writeInt("TableSizeBytes", t.SizeBytes)
	c.out.End('}')
}

// writeSourceFeatures writes what the table had besides items: an empty object if there was nothing.
func (c *call) writeSourceFeatures(t *schema.Table) {
	w := &c.out
	w.Begin('{')
	c.writeList("GlobalSecondaryIndexes", len(t.GlobalIndexes), func(i int) {
		x := &t.GlobalIndexes[i]
		w.Begin('{')
		c.writeText("IndexName", x.Name)
		c.writeKeySchema(x.KeySchema)
		c.writeOnDemand(x.OnDemand)
		c.writeProjection(x.Projection)
		c.writeThroughput(x.Throughput)
		w.End('}')
	})
	c.writeList("LocalSecondaryIndexes", len(t.LocalIndexes), func(i int) {
		x := &t.LocalIndexes[i]
		w.Begin('{')
		c.writeText("IndexName", x.Name)
		c.writeKeySchema(x.KeySchema)
		c.writeProjection(x.Projection)
		w.End('}')
	})
	c.writeEncryption(t.Encryption, false)
	c.writeStream("StreamDescription", t.Stream)
	if t.TTLAttribute != "" {
		w.Name("TimeToLiveDescription")
		c.writeTimeToLive(schema.TimeToLive{Attribute: t.TTLAttribute, Status: schema.TTLEnabled})
	}
	w.End('}')
}

func (c *call) answerContinuousBackups(b backup.ContinuousBackups, err error) error {
	if err != nil {
		return err
	}
	w := &c.out
	w.Begin('{')
	w.Name("ContinuousBackupsDescription")
	w.Begin('{')
	c.writeText("ContinuousBackupsStatus", enabledWord(b.Enabled))
	w.Name("PointInTimeRecoveryDescription")
	w.Begin('{')
	if r := b.PointInTimeRecovery; r != nil {
		c.writeTime("EarliestRestorableDateTime", r.EarliestRestorableTime)
		c.writeTime("LatestRestorableDateTime", r.LatestRestorableTime)
		c.writeText("PointInTimeRecoveryStatus", enabledWord(true))
		c.writeInt("RecoveryPeriodInDays", int64(r.RecoveryPeriodInDays))
	} else {
		c.writeText("PointInTimeRecoveryStatus", enabledWord(false))
	}
	w.End('}')
	w.End('}')
	w.End('}')
	return nil
}

func enabledWord(on bool) string {
	if on {
		return "ENABLED"
	}
	return "DISABLED"
}
