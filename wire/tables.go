package wire

import (
	"slices"

	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

func createTable(c *call) error {
	d := schema.Definition{
		Attributes:    readAttributes(c.in, required),
		Name:          c.in.Text("TableName", required),
		KeySchema:     readKeySchema(c.in),
		LocalIndexes:  c.readIndexes("LocalSecondaryIndexes", readLocalIndex),
		GlobalIndexes: c.readIndexes("GlobalSecondaryIndexes", readGlobalIndex),
		BillingMode:   c.readBillingMode("BillingMode"),
		Throughput:    readThroughput(c.in.Object("ProvisionedThroughput", optional)),
		OnDemand:      readOnDemand(c.in.Object("OnDemandThroughput", optional), " for table"),
		Warm:          readWarm(c.in.Object("WarmThroughput", optional)),
		Class:         c.readClass(),
		Tags:          c.readTags(optional),

		ResourcePolicy: c.readPolicy(),
	}
	c.refuseEmpty("LocalSecondaryIndexes", d.LocalIndexes)
	c.refuseEmpty("GlobalSecondaryIndexes", d.GlobalIndexes)
	if view := c.readStream("Table is being created with a stream enabled, UpdateViewType is required",
		"Table is being created with a stream disabled, UpdateViewType should not be specified"); view != nil {
		d.Stream = *view
	}
	if sse := readSSE(c.in.Object("SSESpecification", optional)); sse != nil {
		d.SSE = *sse
	}
	d.DeletionProtection, _ = c.in.Bool("DeletionProtectionEnabled", optional)
	c.in.Unsupported("GlobalTableSourceArn", "GlobalTableSettingsReplicationMode")
	if err := c.nameOfNewTable(&d.Name); err != nil {
		return err
	}
	description, err := c.tables.CreateTable(c.ctx, d)
	return c.answerTable("TableDescription", description, err)
}

// refuseEmpty refuses a list of indexes that is there and has none.
func (c *call) refuseEmpty(member string, indexes []schema.Index) {
	if indexes != nil && len(indexes) == 0 {
		c.Refuse(invalid("List of %s is empty", member))
	}
}

// describe answers an operation that takes the name of a table, and nothing else, with its description.
func (c *call) describe(member string, ask func(name string) (schema.Description, error)) error {
	name := c.in.Text("TableName", tableRule)
	if err := c.Err(); err != nil {
		return err
	}
	d, err := ask(name)
	return c.answerTable(member, d, err)
}

func describeTable(c *call) error {
	return c.describe("Table", func(name string) (schema.Description, error) { return c.tables.DescribeTable(c.ctx, name) })
}

func deleteTable(c *call) error {
	return c.describe("TableDescription", func(name string) (schema.Description, error) {
		return c.tables.DeleteTable(c.ctx, name)
	})
}

func listTables(c *call) error {
	limit, _ := c.in.Int("Limit", request.Rule{Min: 1, Max: 100})
	after := c.in.Text("ExclusiveStartTableName", request.Rule{Name: true})
	if err := c.Err(); err != nil {
		return err
	}
	names, last, err := c.tables.ListTables(c.ctx, after, int(limit))
	if err != nil {
		return err
	}
	c.out.Begin('{')
	if last != "" {
		c.writeText("LastEvaluatedTableName", last)
	}
	c.writeArray("TableNames", len(names), func(i int) { c.out.String(names[i]) })
	c.out.End('}')
	return nil
}

func updateTable(c *call) error {
	name := c.in.Text("TableName", tableRule)
	changes := table.Changes{
		Attributes:  readAttributes(c.in, optional),
		BillingMode: c.readBillingMode("BillingMode"),
		Throughput:  readThroughput(c.in.Object("ProvisionedThroughput", optional)),
		OnDemand:    readMaxima(c.in.Object("OnDemandThroughput", optional), " for table"),
		Warm:        readWarm(c.in.Object("WarmThroughput", optional)),
		Indexes:     make(map[string]table.IndexChanges),
		Stream: c.readStream("If stream is being enabled then UpdateViewType is required",
			"If stream is being disabled, then UpdateViewType must not be specified"),
		SSE:   readSSE(c.in.Object("SSESpecification", optional)),
		Class: c.readClass(),
	}
	c.readIndexUpdates(&changes)
	if protected, given := c.in.Bool("DeletionProtectionEnabled", optional); given {
		changes.DeletionProtection = &protected
	}
	c.in.Unsupported("ReplicaUpdates", "MultiRegionConsistency", "GlobalTableWitnessUpdates",
		"GlobalTableSettingsReplicationMode")
	if err := c.Err(); err != nil {
		return err
	}
	c.followThroughput(name) // so far, and from now on
	d, err := c.tables.UpdateTable(c.ctx, name, changes)
	c.followThroughput(name)
	return c.answerTable("TableDescription", d, err)
}

func readMaxima(o request.Object, scope string) *schema.OnDemandThroughput {
	if !o.Given() {
		return nil
	}
	if t := readOnDemand(o, scope); t != (schema.OnDemandThroughput{}) {
		return &t
	}
	return nil
}

// readIndexUpdates reads what is to become of global indexes. A list without any is as good as none where nothing else
// is asked for.
func (c *call) readIndexUpdates(changes *table.Changes) {
	updates, given := c.in.Objects("GlobalSecondaryIndexUpdates", optional)
	if !given {
		return
	}
	names := make(map[string]bool, len(updates))
	for _, u := range updates {
		var name string
		update, create, remove := u.Object("Update", optional), u.Object("Create", optional), u.Object("Delete", optional)
		switch actions := count(update.Given(), create.Given(), remove.Given()); {
		case actions == 0:
			c.Refuse(invalid("One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, " +
				"GlobalSecondaryIndexUpdate.Delete must not be null"))
			continue
		case actions > 1:
			c.Refuse(invalid("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"))
		}
		if create.Given() {
			x := readGlobalIndex(create)
			name, changes.CreateIndexes = x.Name, append(changes.CreateIndexes, x)
		}
		if remove.Given() {
			name = remove.Text("IndexName", nameRule)
			changes.DeleteIndexes = append(changes.DeleteIndexes, name)
		}
		if update.Given() {
			name = update.Text("IndexName", nameRule)
			change := table.IndexChanges{
				Throughput: readThroughput(update.Object("ProvisionedThroughput", optional)),
				OnDemand:   readMaxima(update.Object("OnDemandThroughput", optional), " for index : "+name),
			}
			if o := update.Object("WarmThroughput", optional); o.Given() {
				warm := readWarm(o)
				change.Warm = &warm
			}
			changes.Indexes[name] = change
		}
		if names[name] {
			c.Refuse(invalid("Only one global secondary index update per index is allowed simultaneously. Index: %s", name))
		}
		names[name] = true
	}
	if len(updates) == 0 && c.asksForMore() {
		c.Refuse(invalid("List of GlobalSecondaryIndexUpdates is empty"))
	}
}

func count(facts ...bool) (n int) {
	for _, fact := range facts {
		if fact {
			n++
		}
	}
	return n
}

// asksForMore reports whether an UpdateTable asks for anything besides changes of indexes.
func (c *call) asksForMore() bool {
	return slices.ContainsFunc([]string{"BillingMode", "ProvisionedThroughput", "OnDemandThroughput", "StreamSpecification",
		"SSESpecification", "TableClass", "DeletionProtectionEnabled", "WarmThroughput"}, c.in.Has)
}

// describeEndpoints answers with where the request came in, so that a client that discovers endpoints stays here.
func describeEndpoints(c *call) error {
	host := c.host
	if host == "" {
		host = "dynamodb." + c.tables.Region() + ".amazonaws.com"
	}
	c.out.Begin('{')
	c.writeList("Endpoints", 1, func(int) {
		c.out.Begin('{')
		c.writeText("Address", host)
		c.writeInt("CachePeriodInMinutes", 1440)
		c.out.End('}')
	})
	c.out.End('}')
	return nil
}

func tagResource(c *call) error {
	arn := c.in.Text("ResourceArn", request.Rule{Required: true, Min: 1, Max: 1283})
	tags := c.readTags(required)
	if err := c.Err(); err != nil {
		return err
	}
	return c.tables.TagResource(c.ctx, arn, tags) // the answer is empty
}

func untagResource(c *call) error {
	arn := c.in.Text("ResourceArn", request.Rule{Required: true, Min: 1, Max: 1283})
	keys, _ := c.in.Texts("TagKeys", required, optional)
	for _, key := range keys {
		if err := schema.CheckTagKey(key); err != nil {
			c.Refuse(err)
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	return c.tables.UntagResource(c.ctx, arn, keys...)
}

func listTagsOfResource(c *call) error {
	arn := c.in.Text("ResourceArn", request.Rule{Required: true, Min: 1, Max: 1283})
	c.in.Text("NextToken", optional) // none is ever given: the service goes back to the beginning for one that is none
	if err := c.Err(); err != nil {
		return err
	}
	tags, err := c.tables.ListTagsOfResource(c.ctx, arn)
	if err != nil {
		return err
	}
	c.writeTags(tags)
	return nil
}

func updateTimeToLive(c *call) error {
	name := c.in.Text("TableName", tableRule)
	spec := c.in.Object("TimeToLiveSpecification", required)
	attribute := spec.Text("AttributeName", attributeRule)
	enabled, _ := spec.Bool("Enabled", required)
	if err := c.Err(); err != nil {
		return err
	}
	if err := c.tables.UpdateTimeToLive(c.ctx, name, attribute, enabled); err != nil {
		return err
	}
	c.out.Begin('{')
	c.out.Name("TimeToLiveSpecification")
	c.out.Begin('{')
	c.writeText("AttributeName", attribute)
	c.writeBool("Enabled", enabled)
	c.out.End('}')
	c.out.End('}')
	return nil
}

func describeTimeToLive(c *call) error {
	name := c.in.Text("TableName", tableRule)
	if err := c.Err(); err != nil {
		return err
	}
	ttl, err := c.tables.DescribeTimeToLive(c.ctx, name)
	if err != nil {
		return err
	}
	c.out.Begin('{')
	c.out.Name("TimeToLiveDescription")
	c.writeTimeToLive(ttl)
	c.out.End('}')
	return nil
}
