package wire

import (
	"errors"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/request"
)

// Every table here is in one region. These operations answer what the service answers for such a table.

var (
	unitsRule = request.Rule{Min: 1}
	upTo20    = request.Rule{Min: 1, Max: 20}
)

// errLegacy is how the service refuses global tables of the version from 2017.
func errLegacy() error {
	return invalid("DynamoDB global tables version 2017.11.29 is not supported. " +
		"We recommend using DynamoDB global tables version 2019.11.21, instead of version 2017.11.29 (Legacy).")
}

// errNoGlobalTable says that there is no global table of a name. Where one is described, the service says it twice.
func errNoGlobalTable(prefix, name string) error {
	return exception.GlobalTableNotFound.Errorf("%sGlobal table with name: '%s' does not exist.", prefix, name)
}

const notFound = "Global table not found: "

func createGlobalTable(c *call) error {
	c.nameOf("TableName", "GlobalTableName", required)
	regions, _ := c.in.Objects("ReplicationGroup", required)
	for _, r := range regions {
		r.Text("RegionName", optional)
	}
	if err := c.Err(); err != nil {
		return err
	}
	return errLegacy()
}

func updateGlobalTable(c *call) error {
	name := c.nameOf("TableName", "GlobalTableName", required)
	updates, given := c.in.Objects("ReplicaUpdates", required)
	creates, idle := false, given && len(updates) == 0
	for _, u := range updates {
		create, remove := u.Object("Create", optional), u.Object("Delete", optional)
		create.Text("RegionName", required)
		remove.Text("RegionName", required)
		creates = creates || create.Given()
		idle = idle || !create.Given() && !remove.Given()
	}
	if idle {
		c.Refuse(exception.Validation.Errorf("One or more parameter values were invalid"))
	}
	switch err := c.Err(); {
	case err != nil:
		return err
	case creates:
		return errLegacy()
	}
	return errNoGlobalTable(notFound, name)
}

func describeGlobalTable(c *call) error {
	name := c.nameOf("TableName", "GlobalTableName", required)
	if err := c.Err(); err != nil {
		return err
	}
	return errNoGlobalTable(notFound, name)
}

func describeGlobalTableSettings(c *call) error {
	name := c.nameOf("TableName", "GlobalTableName", required)
	if err := c.Err(); err != nil {
		return err
	}
	return errNoGlobalTable("", name)
}

func updateGlobalTableSettings(c *call) error {
	name := c.nameOf("TableName", "GlobalTableName", required)
	c.readBillingMode("GlobalTableBillingMode")
	c.in.Long("GlobalTableProvisionedWriteCapacityUnits", unitsRule)
	c.readScaling(c.in, "GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate")
	indexes, _ := c.in.Objects("GlobalTableGlobalSecondaryIndexSettingsUpdate", upTo20)
	for _, x := range indexes {
		x.Text("IndexName", nameRule)
		x.Long("ProvisionedWriteCapacityUnits", unitsRule)
		c.readScaling(x, "ProvisionedWriteCapacityAutoScalingSettingsUpdate")
	}
	replicas, _ := c.in.Objects("ReplicaSettingsUpdate", request.Rule{Min: 1, Max: 50})
	for _, r := range replicas {
		r.Text("RegionName", required)
		r.Long("ReplicaProvisionedReadCapacityUnits", unitsRule)
		c.readScaling(r, "ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate")
		r.Text("ReplicaTableClass", tableClasses)
		indexes, _ := r.Objects("ReplicaGlobalSecondaryIndexSettingsUpdate", upTo20)
		for _, x := range indexes {
			x.Text("IndexName", nameRule)
			x.Long("ProvisionedReadCapacityUnits", unitsRule)
			c.readScaling(x, "ProvisionedReadCapacityAutoScalingSettingsUpdate")
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	return errNoGlobalTable("", name)
}

func listGlobalTables(c *call) error {
	c.in.Text("ExclusiveStartGlobalTableName", indexRule)
	c.in.Int("Limit", limitRule)
	c.in.Text("RegionName", optional)
	if err := c.Err(); err != nil {
		return err
	}
	c.out.Begin('{')
	c.writeArray("GlobalTables", 0, nil)
	c.out.End('}')
	return nil
}

func describeTableReplicaAutoScaling(c *call) error {
	name := c.in.Text("TableName", tableRule)
	return c.refuseReplicas(name)
}

func updateTableReplicaAutoScaling(c *call) error {
	name := c.in.Text("TableName", tableRule)
	c.readScaling(c.in, "ProvisionedWriteCapacityAutoScalingUpdate")
	indexes, _ := c.in.Objects("GlobalSecondaryIndexUpdates", limitRule)
	for _, x := range indexes {
		x.Text("IndexName", indexRule)
		c.readScaling(x, "ProvisionedWriteCapacityAutoScalingUpdate")
	}
	replicas, _ := c.in.Objects("ReplicaUpdates", limitRule)
	for _, r := range replicas {
		r.Text("RegionName", required)
		c.readScaling(r, "ReplicaProvisionedReadCapacityAutoScalingUpdate")
		indexes, _ := r.Objects("ReplicaGlobalSecondaryIndexUpdates", optional)
		for _, x := range indexes {
			x.Text("IndexName", indexRule)
			c.readScaling(x, "ProvisionedReadCapacityAutoScalingUpdate")
		}
	}
	return c.refuseReplicas(name)
}

// refuseReplicas says that a table, whether it is there or not, has no replicas, after what is wrong with the request.
func (c *call) refuseReplicas(name string) error {
	if err := c.Err(); err != nil {
		return err
	}
	if _, err := c.tables.DescribeTable(c.ctx, name); err != nil && !errors.Is(err, exception.ResourceNotFound) {
		return err // the name or ARN cannot be that of a table here
	}
	if a, err := arn.Parse(name); err == nil {
		name = a.Table
	}
	return exception.ResourceNotFound.Errorf("Global table with name: '%s' does not exist.", name)
}

// readScaling reads the auto scaling settings in a member of o, with which nothing is done.
func (c *call) readScaling(o request.Object, member string) {
	settings := o.Object(member, optional)
	settings.Long("MinimumUnits", unitsRule)
	settings.Long("MaximumUnits", unitsRule)
	settings.Bool("AutoScalingDisabled", optional)
	role := settings.Text("AutoScalingRoleArn", request.Rule{Min: 1, Max: 1600})
	c.checkPattern(settings, "AutoScalingRoleArn", role, rolePattern, roleRune)

	update := settings.Object("ScalingPolicyUpdate", optional)
	name := update.Text("PolicyName", request.Rule{Min: 1, Max: 256})
	c.checkPattern(update, "PolicyName", name, `\p{Print}+`, func(r rune) bool { return ' ' <= r && r <= '~' })
	target := update.Object("TargetTrackingScalingPolicyConfiguration", required)
	target.Bool("DisableScaleIn", optional)
	target.Int("ScaleInCooldown", optional)
	target.Int("ScaleOutCooldown", optional)
	target.Double("TargetValue", required)
}

const rolePattern = `[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*`

func roleRune(r rune) bool {
	return r >= ' ' && r != 0xFFFE && r != 0xFFFF || r == '\r' || r == '\n' || r == '\t'
}

// checkPattern notes that a text that is there has a character which the model's pattern does not allow.
func (c *call) checkPattern(o request.Object, member, text, pattern string, allowed func(rune) bool) {
	for _, r := range text {
		if !allowed(r) {
			c.Check.Pattern(o.Path(member), text, pattern, false)
			return
		}
	}
}
