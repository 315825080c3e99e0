package table

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
	"github.com/tidemark-db/tidemark/schema"
)

// Changes is what UpdateTable is asked for. Nil and empty fields stay as they are, and so does a maximum of OnDemand that
// is 0; one of -1 is taken away.
type Changes struct {
	Attributes         schema.Attributes // must agree with those of the table: there are no new indexes yet
	BillingMode        schema.BillingMode
	Throughput         schema.Throughput
	OnDemand           *schema.OnDemandThroughput
	Indexes            map[string]IndexChanges // by the name of a global index
	Stream             *schema.StreamView      // empty: switch the stream off
	SSE                *schema.SSESpecification
	Class              schema.Class
	DeletionProtection *bool
}

// IndexChanges is what UpdateTable is asked for in one global index.
type IndexChanges struct {
	Throughput schema.Throughput
	OnDemand   *schema.OnDemandThroughput
}

// UpdateTable changes settings of a table and returns its description, whose status is UPDATING. Everything takes
// effect at once; what was backed up before keeps the settings of its time. It fails with ResourceNotFound if there
// is no such table or a restore is filling it, with ResourceInUse if it is not ACTIVE, and with a ValidationException
// if the changes break a rule or change nothing.
func (s *Store) UpdateTable(_ context.Context, name string, c Changes) (schema.Description, error) {
	t, err := s.lookup(name)
	if err == nil {
		err = t.update(c)
	}
	if err != nil {
		return schema.Description{}, exception.During("UpdateTable", name, err)
	}
	return t.answer(schema.Updating), nil
}

func (t *Table) update(c Changes) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.store.now()
	if err := c.checkShape(); err != nil {
		return err
	}
	if err := t.configurableLocked(); err != nil {
		return err
	}
	switch t.statusLocked(now) {
	case schema.Creating:
		return inUse("Table is being created: %s", t.name)
	case schema.Updating:
		return inUse("Table is being updated: %s", t.name)
	case schema.Deleting:
		return inUse("Table is being deleted: %s", t.name)
	}
	d := t.mu.definition.Clone()
	for _, name := range slices.Sorted(maps.Keys(c.Attributes)) {
		if c.Attributes[name] != d.Attributes[name] {
			return invalid("AttributeDefinitions cannot change without a new index: %s", name)
		}
	}
	for _, apply := range []func(Changes, *schema.Table) error{applyCapacity, applyStream} {
		if err := apply(c, d); err != nil {
			return err
		}
	}
	if d.BillingMode == schema.PayPerRequest && t.mu.definition.BillingMode != schema.PayPerRequest {
		t.mu.onDemand = now
	}
	if c.SSE != nil {
		d.Encryption = t.store.encryption(*c.SSE)
	}
	if c.Stream != nil && *c.Stream != "" {
		t.mu.streamARN = d.ARN.Stream(now)
	}
	if c.Class != "" {
		t.mu.class = c.Class
	}
	if c.DeletionProtection != nil {
		t.mu.protected = *c.DeletionProtection
	}
	t.redefineLocked(d)
	t.mu.updating = now.Add(t.store.timing.Updating)
	return nil
}

// configurableLocked refuses settings of a table that a restore is filling.
func (t *Table) configurableLocked() error {
	if t.restoringLocked(t.store.now()) {
		return errNoSuchTable(t.name)
	}
	return nil
}

func (c Changes) checkShape() error {
	var check validate.Check
	if c.BillingMode != "" {
		check.Enum("billingMode", string(c.BillingMode), string(schema.Provisioned), string(schema.PayPerRequest))
	}
	schema.CheckThroughput(&check, "provisionedThroughput", c.Throughput)
	for i, name := range slices.Sorted(maps.Keys(c.Indexes)) {
		member := fmt.Sprintf("globalSecondaryIndexUpdates.%d.member.update.provisionedThroughput", i+1)
		schema.CheckThroughput(&check, member, c.Indexes[name].Throughput)
	}
	if c.SSE != nil && c.SSE.Type != "" {
		check.Enum("sSESpecification.sSEType", c.SSE.Type, "AES256", "KMS")
	}
	if c.Class != "" {
		check.Enum("tableClass", string(c.Class), string(schema.Standard), string(schema.StandardInfrequentAccess))
	}
	if err := check.Err(); err != nil {
		return err
	}
	if c.BillingMode == "" && c.Throughput == (schema.Throughput{}) && c.OnDemand == nil && len(c.Indexes) == 0 &&
		c.Stream == nil && c.SSE == nil && c.Class == "" && c.DeletionProtection == nil {
		return exception.Validation.Errorf("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, " +
			"GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	}
	return nil
}

// applyCapacity sets the billing mode and the throughput of the table and its indexes. What belongs to the other mode
// does not survive a change of the mode.
func applyCapacity(c Changes, d *schema.Table) error {
	if c.BillingMode != "" && c.BillingMode != d.BillingMode {
		d.BillingMode = c.BillingMode
		d.Throughput, d.OnDemand = schema.Throughput{}, schema.OnDemandThroughput{}
		for i := range d.GlobalIndexes {
			d.GlobalIndexes[i].Throughput, d.GlobalIndexes[i].OnDemand = schema.Throughput{}, schema.OnDemandThroughput{}
		}
	}
	if c.Throughput != (schema.Throughput{}) {
		if c.Throughput == d.Throughput {
			return exception.Validation.Errorf("The provisioned throughput for the table will not change. "+
				"The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: %d. "+
				"Requested ReadCapacityUnits: %d. Current WriteCapacityUnits provisioned for the table: %d. "+
				"Requested WriteCapacityUnits: %d. Refer to the Amazon DynamoDB Developer Guide for current limits and "+
				"how to request higher limits.", d.Throughput.Read, c.Throughput.Read, d.Throughput.Write, c.Throughput.Write)
		}
		d.Throughput = c.Throughput
	}
	if c.OnDemand != nil {
		d.OnDemand = limited(d.OnDemand, *c.OnDemand)
	}
	if err := applyIndexes(c.Indexes, d); err != nil {
		return err
	}
	return schema.CheckCapacity(d.BillingMode, d.Throughput, d.OnDemand, d.GlobalIndexes)
}

func applyIndexes(changes map[string]IndexChanges, d *schema.Table) error {
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		i := slices.IndexFunc(d.GlobalIndexes, func(x schema.Index) bool { return x.Name == name })
		if i < 0 {
			return exception.ResourceNotFound.Errorf("Requested resource not found: Index: %s not found", name)
		}
		x, change := &d.GlobalIndexes[i], changes[name]
		if change.Throughput == (schema.Throughput{}) && change.OnDemand == nil {
			return invalid("One of ProvisionedThroughput and OnDemandThroughput is required to update index: %s", name)
		}
		if change.Throughput != (schema.Throughput{}) {
			x.Throughput = change.Throughput
		}
		if change.OnDemand != nil {
			x.OnDemand = limited(x.OnDemand, *change.OnDemand)
		}
	}
	return nil
}

// limited returns maxima as a request changes them.
func limited(current, change schema.OnDemandThroughput) schema.OnDemandThroughput {
	limit := func(current *int64, change int64) {
		switch change {
		case 0:
		case -1:
			*current = 0
		default:
			*current = change
		}
	}
	limit(&current.MaxRead, change.MaxRead)
	limit(&current.MaxWrite, change.MaxWrite)
	return current
}

func applyStream(c Changes, d *schema.Table) error {
	if c.Stream == nil {
		return nil
	}
	switch view := *c.Stream; {
	case view != "" && d.Stream != "":
		return exception.Validation.Errorf("Table already has an enabled stream: TableName: %s", d.Name)
	case view == "" && d.Stream == "":
		return exception.Validation.Errorf("Table is not a stream enabled table: TableName: %s", d.Name)
	case view != "" && !slices.Contains(schema.StreamViews, view):
		return invalid("Unknown StreamViewType: %s", view)
	default:
		d.Stream = view
	}
	return nil
}

func invalid(format string, args ...any) error {
	return exception.Validation.Errorf("One or more parameter values were invalid: "+format, args...)
}

// UpdateTimeToLive switches a table's time to live on, by the given attribute, or off. It fails with
// ResourceNotFound if there is no such table or a restore is filling it, and with a ValidationException if nothing
// would change.
func (s *Store) UpdateTimeToLive(_ context.Context, name, attribute string, enabled bool) error {
	t, err := s.lookup(name)
	if err == nil {
		err = t.updateTimeToLive(attribute, enabled)
	}
	return exception.During("UpdateTimeToLive", name, err)
}

func (t *Table) updateTimeToLive(attribute string, enabled bool) error {
	var c validate.Check
	c.Length("timeToLiveSpecification.attributeName", attribute, 1, 255)
	if err := c.Err(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.configurableLocked(); err != nil {
		return err
	}
	current := t.mu.definition.TTLAttribute
	switch {
	case enabled && current != "":
		return exception.Validation.Errorf("TimeToLive is already enabled")
	case !enabled && current == "":
		return exception.Validation.Errorf("TimeToLive is already disabled")
	case !enabled && current != attribute:
		return exception.Validation.Errorf("TimeToLive is active on a different AttributeName: current AttributeName is %s", current)
	}
	d := t.mu.definition.Clone()
	if d.TTLAttribute = attribute; !enabled {
		d.TTLAttribute = ""
	}
	t.redefineLocked(d)
	return nil
}

// DescribeTimeToLive returns the attribute that holds the end of an item's time to live, empty if that is switched
// off. It fails with ResourceNotFound if there is no such table or a restore is filling it.
func (s *Store) DescribeTimeToLive(_ context.Context, name string) (attribute string, err error) {
	t, err := s.lookup(name)
	if err != nil {
		return "", exception.During("DescribeTimeToLive", name, err)
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if err := t.configurableLocked(); err != nil {
		return "", exception.During("DescribeTimeToLive", name, err)
	}
	return t.mu.definition.TTLAttribute, nil
}
