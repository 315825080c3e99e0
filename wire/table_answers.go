package wire

import (
	"maps"
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

// nameOfNewTable reads what was asked for as a name: CreateTable takes an ARN too. It ends the reading of the request.
func (c *call) nameOfNewTable(name *string) error {
	if strings.HasPrefix(*name, "arn:") {
		a, err := arn.Parse(*name)
		switch {
		case err != nil || a.Kind != arn.KindTable || a.Region != c.tables.Region():
			c.Refuse(exception.Validation.Errorf("Invalid TableArn: Invalid Table ARN"))
		case a.Account != c.tables.Account():
			c.Refuse(exception.AccessDenied.Errorf("Access is denied"))
		}
		*name = a.Table
	} else if c.in.Has("TableName") {
		c.Check.Name("tableName", *name)
	}
	return c.Err()
}

// answerTable answers with the description of a table as the one member of the answer, or with err.
func (c *call) answerTable(member string, d schema.Description, err error) error {
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.out.Name(member)
	c.writeTable(&d)
	c.out.End('}')
	return nil
}

func (c *call) writeTable(d *schema.Description) {
	w := &c.out
	w.Begin('{')
	c.writeAttributeDefinitions(d.Attributes)
	if d.BillingMode == schema.PayPerRequest || !d.OnDemandSince.IsZero() {
		w.Name("BillingModeSummary")
		w.Begin('{')
		c.writeText("BillingMode", string(d.BillingMode))
		c.writeTime("LastUpdateToPayPerRequestDateTime", d.OnDemandSince)
		w.End('}')
	}
	c.writeTime("CreationDateTime", d.CreationTime)
	c.writeBool("DeletionProtectionEnabled", d.DeletionProtection)
	c.writeList("GlobalSecondaryIndexes", len(d.GlobalIndexes), func(i int) { c.writeGlobalIndex(d, &d.GlobalIndexes[i]) })
	c.writeInt("ItemCount", d.ItemCount)
	c.writeKeySchema(d.KeySchema)
	if d.StreamARN != (arn.ARN{}) {
		c.writeText("LatestStreamArn", d.StreamARN.String())
		c.writeText("LatestStreamLabel", d.StreamARN.ID)
	}
	c.writeList("LocalSecondaryIndexes", len(d.LocalIndexes), func(i int) { c.writeLocalIndex(d, &d.LocalIndexes[i]) })
	c.writeOnDemand(d.OnDemand)
	c.writeThroughputDescription(d.Throughput, d.Throughputs[""])
	c.writeRestore(d.Restore)
	c.writeEncryption(d.Encryption, d.Encrypting)
	c.writeStream("StreamSpecification", d.Stream)
	c.writeText("TableArn", d.ARN.String())
	if d.Class != "" {
		w.Name("TableClassSummary")
		w.Begin('{')
		c.writeTime("LastUpdateDateTime", d.ClassSince)
		c.writeText("TableClass", string(d.Class))
		w.End('}')
	}
	c.writeText("TableId", d.ID)
	c.writeText("TableName", d.Name)
	c.writeInt("TableSizeBytes", d.SizeBytes)
	c.writeText("TableStatus", string(d.Status))
	c.writeWarm(d, "")
	w.End('}')
}

// writeWarm writes what a table or an index takes at once.
func (c *call) writeWarm(d *schema.Description, index string) {
	if t, known := d.Warm[index]; known {
		c.out.Name("WarmThroughput")
		c.out.Begin('{')
		c.writeInt("ReadUnitsPerSecond", t.Read)
		c.writeText("Status", string(t.Status))
		c.writeInt("WriteUnitsPerSecond", t.Write)
		c.out.End('}')
	}
}

func (c *call) writeAttributeDefinitions(attributes schema.Attributes) {
	names := slices.Sorted(maps.Keys(attributes))
	c.writeList("AttributeDefinitions", len(names), func(i int) {
		c.out.Begin('{')
		c.writeText("AttributeName", names[i])
		c.writeText("AttributeType", attributes[names[i]].String())
		c.out.End('}')
	})
}

// writeGlobalIndex writes a global index. While a restore is filling the table its indexes have no status.
func (c *call) writeGlobalIndex(d *schema.Description, x *schema.Index) {
	state, known := d.States[x.Name]
	c.out.Begin('{')
	if state.Backfilling != nil {
		c.writeBool("Backfilling", *state.Backfilling)
	}
	c.writeText("IndexArn", d.ARN.Index(x.Name).String())
	c.writeText("IndexName", x.Name)
	c.writeInt("IndexSizeBytes", d.Indexes[x.Name].SizeBytes)
	if known {
		c.writeText("IndexStatus", string(state.Status))
	}
	c.writeInt("ItemCount", d.Indexes[x.Name].ItemCount)
	c.writeKeySchema(x.KeySchema)
	c.writeOnDemand(x.OnDemand)
	c.writeProjection(x.Projection)
	c.writeThroughputDescription(x.Throughput, d.Throughputs[x.Name])
	c.writeWarm(d, x.Name)
	c.out.End('}')
}

func (c *call) writeLocalIndex(d *schema.Description, x *schema.Index) {
	c.out.Begin('{')
	c.writeText("IndexArn", d.ARN.Index(x.Name).String())
	c.writeText("IndexName", x.Name)
	c.writeInt("IndexSizeBytes", d.Indexes[x.Name].SizeBytes)
	c.writeInt("ItemCount", d.Indexes[x.Name].ItemCount)
	c.writeKeySchema(x.KeySchema)
	c.writeProjection(x.Projection)
	c.out.End('}')
}

func (c *call) writeThroughputDescription(t schema.Throughput, changes schema.ThroughputChanges) {
	c.out.Name("ProvisionedThroughput")
	c.out.Begin('{')
	c.writeTime("LastDecreaseDateTime", changes.LastDecrease)
	c.writeTime("LastIncreaseDateTime", changes.LastIncrease)
	c.writeInt("NumberOfDecreasesToday", changes.DecreasesToday)
	c.writeCapacity(t)
	c.out.End('}')
}

func (c *call) writeRestore(r *schema.RestoreSummary) {
	if r == nil {
		return
	}
	c.out.Name("RestoreSummary")
	c.out.Begin('{')
	c.writeTime("RestoreDateTime", r.RestoreTime)
	c.writeBool("RestoreInProgress", true)
	if r.SourceBackupARN != (arn.ARN{}) {
		c.writeText("SourceBackupArn", r.SourceBackupARN.String())
	}
	c.writeText("SourceTableArn", r.SourceTableARN.String())
	c.out.End('}')
}

// writeTags writes the whole answer to ListTagsOfResource.
func (c *call) writeTags(tags map[string]string) {
	keys := slices.Sorted(maps.Keys(tags))
	c.out.Begin('{')
	c.writeArray("Tags", len(keys), func(i int) {
		c.out.Begin('{')
		c.writeText("Key", keys[i])
		c.writeText("Value", tags[keys[i]])
		c.out.End('}')
	})
	c.out.End('}')
}
