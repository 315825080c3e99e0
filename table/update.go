package table

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
	"github.com/tidemark-db/tidemark/schema"
)

// Changes is what UpdateTable is asked for. Nil and empty fields stay as they are, and so does a maximum of OnDemand that
// is 0; one of -1 is taken away.
type Changes struct {
	Attributes         schema.Attributes // of the keys of CreateIndexes; they mean nothing else
	BillingMode        schema.BillingMode
	Throughput         schema.Throughput
	OnDemand           *schema.OnDemandThroughput
	Warm               schema.Throughput       // 0: not asked for
	Indexes            map[string]IndexChanges // by the name of a global index
	CreateIndexes      []schema.Index          // global ones; there may be one of these and DeleteIndexes together
	DeleteIndexes      []string
	Stream             *schema.StreamView // empty: switch the stream off
	SSE                *schema.SSESpecification
	Class              schema.Class
	DeletionProtection *bool
}

// IndexChanges is what UpdateTable is asked for in one global index.
type IndexChanges struct {
	Throughput schema.Throughput
	OnDemand   *schema.OnDemandThroughput
	Warm       *schema.Throughput // 0: not asked for, which cannot be both
}

// UpdateTable changes settings of a table and returns its description. Everything takes effect at once, although a
// description, that which is returned too, may tell of what was as long as the change takes; what was backed up before
// keeps the settings of its time.
//
// It fails with ResourceNotFound if there is no such table or index, or a restore is filling the table; with
// ResourceInUse if the table or an index is not in a state for the change; with LimitExceeded if more than one index is to
// be created or deleted, or there would be too many, or more throughput than Options.Quotas, or if a throughput is
// decreased once more too soon (Timing.DecreaseCooldown); with a ThrottlingException if the protection from deletion has
// been changed not long ago (Timing.ProtectionCooldown); and with a ValidationException if the changes break a rule or
// change nothing.
//
// A new index is filled before UpdateTable returns, while others read and write the table. It cannot be read as long as
// Timing says that it is CREATING, but every backup from the call on has it, complete. Items that are in the table
// already are in the index only if their attributes fit its key; no item can be written that does not. An index that is
// deleted is gone at once, and descriptions tell of it until its time is over.
func (s *Store) UpdateTable(_ context.Context, name string, c Changes) (schema.Description, error) {
	err := c.check()
	var t *Table
	if err == nil {
		t, err = s.lookup(name)
	}
	var d schema.Description
	if err == nil {
		d, err = t.update(&c)
	}
	return d, exception.During("UpdateTable", name, err)
}

func (t *Table) update(c *Changes) (schema.Description, error) {
	t.updates.Lock()
	defer t.updates.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.store.now()
	t.expireLocked(now)
	d, err := t.planUpdateLocked(c, now)
	if err != nil {
		return schema.Description{}, err
	}
	if err := t.store.reserve(t.mu.definition.Provisioned(), d.Provisioned()); err != nil { // which comes last
		return schema.Description{}, err
	}
	t.countLocked(now)
	t.noteThroughputLocked(d, now)
	t.keepWarmLocked(t.mu.definition, now)
	t.changeWarmLocked(c, now)
	t.beginWorkLocked(c, now)
	t.applySettingsLocked(c, d, now)
	switch {
	case len(c.CreateIndexes) > 0:
		added := schema.CloneIndexes(c.CreateIndexes)[0]
		if c.BillingMode != "" || len(c.Indexes) > 0 { // these do not wait for the new index
			d.GlobalIndexes = d.GlobalIndexes[:len(d.GlobalIndexes)-1]
			d.Attributes = t.mu.definition.Clone().Attributes
			t.redefineLocked(d)
		}
		now = t.createIndexLocked(added, c.Attributes)
	case len(c.DeleteIndexes) > 0:
		t.deleteIndexLocked(c.DeleteIndexes[0], d, now)
	default:
		t.redefineLocked(d)
	}
	return t.describeLocked(moment{now: now, answer: true}), nil
}

// planUpdateLocked returns the definition that c leads to, or refuses c.
func (t *Table) planUpdateLocked(c *Changes, now time.Time) (*schema.Table, error) {
	if err := t.updatableLocked(c, now); err != nil {
		return nil, err
	}
	d := t.mu.definition.Clone()
	for _, apply := range []func(*Changes, *schema.Table) error{
		applyCapacity, applyOnline, applyIndexes, applyStream, checkSSE,
	} {
		if err := apply(c, d); err != nil {
			return nil, err
		}
	}
	if err := schema.CheckCapacity(d.BillingMode, d.Throughput, d.OnDemand, d.GlobalIndexes); err != nil {
		return nil, err
	}
	if err := t.store.checkQuotas(d); err != nil {
		return nil, err
	}
	if err := t.checkWarmLocked(c, now); err != nil {
		return nil, err
	}
	return d, t.decreasableLocked(d, now)
}

// updatableLocked refuses changes that the state of the table does not allow.
func (t *Table) updatableLocked(c *Changes, now time.Time) error {
	if err := t.thereLocked(now); err != nil {
		return err
	}
	switch {
	case t.statusLocked(now) == schema.Creating:
		return inUse("Table is being created: %s", t.name)
	case t.statusLocked(now) == schema.Deleting:
		return inUse("Table is being deleted: %s", t.name)
	}
	if err := t.admitWorkLocked(c, now); err != nil {
		return err
	}
	if err := t.admitLocked(c, now); err != nil || c.DeletionProtection == nil {
		return err
	}
	return t.protectionChangesLocked(now)
}

// protectionChangesLocked refuses to change the protection from deletion again too soon.
func (t *Table) protectionChangesLocked(now time.Time) error {
	cooldown := t.store.timing.ProtectionCooldown
	if again := t.mu.protectedAt.Add(cooldown); now.Before(again) {
		return exception.Throttling.Errorf("Deletion protection setting for table %s modified within the previous %d milliseconds. "+
			"Please try again after %s", t.name, cooldown.Milliseconds(), again.UTC().Format("2006-01-02T15:04:05.000"))
	}
	return nil
}

// applySettingsLocked does what c asks for beyond the indexes that come and go, in the new definition and beside it.
func (t *Table) applySettingsLocked(c *Changes, d *schema.Table, now time.Time) {
	until := now.Add(t.store.timing.Updating)
	t.updateIndexesLocked(c, d, now)
	if d.BillingMode == schema.PayPerRequest && t.mu.definition.BillingMode != schema.PayPerRequest {
		t.mu.onDemand = until
	}
	if c.SSE != nil {
		d.Encryption = t.store.encryption(*c.SSE)
	}
	if c.Stream != nil {
		t.switchStreamLocked(*c.Stream, now)
	}
	if c.Class != "" && c.Class != cmp.Or(t.mu.class, schema.Standard) {
		t.mu.class, t.mu.classSince = c.Class, until
	}
	if p := c.DeletionProtection; p != nil && *p != t.mu.protected {
		t.mu.protected, t.mu.protectedAt = *p, now
	}
}

// updateIndexesLocked notes which indexes are UPDATING.
func (t *Table) updateIndexesLocked(c *Changes, d *schema.Table, now time.Time) {
	billing := d.BillingMode != t.mu.definition.BillingMode
	told := t.mu.definition.GlobalIndexes
	if billing { // what they get instead is told at once
		told = d.GlobalIndexes
	}
	updated := make(map[string]updatedIndex)
	for _, x := range told {
		change := c.Indexes[x.Name]
		switch {
		case billing || change.Throughput != (schema.Throughput{}) || change.OnDemand != nil:
			updated[x.Name] = updatedIndex{now.Add(t.store.timing.Updating), x.Throughput}
		case now.Before(t.mu.updated[x.Name].until):
			updated[x.Name] = t.mu.updated[x.Name]
		}
	}
	t.mu.updated = updated
}

// check refuses what can be refused without the table.
func (c *Changes) check() error {
	var check validate.Check
	if c.BillingMode != "" {
		check.Enum("billingMode", string(c.BillingMode), string(schema.Provisioned), string(schema.PayPerRequest))
	}
	schema.CheckThroughput(&check, "provisionedThroughput", c.Throughput)
	c.checkIndexShape(&check)
	if c.SSE != nil && c.SSE.Type != "" {
		check.Enum("sSESpecification.sSEType", c.SSE.Type, "AES256", "KMS")
	}
	if err := check.Err(); err != nil {
		return err
	}
	if err := c.Class.Check(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.Indexes)) {
		if warm := c.Indexes[name].Warm; warm != nil && *warm == (schema.Throughput{}) {
			return invalid("WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond "+
				"specified for index: %s", name)
		}
	}
	if err := c.checkTogether(); err != nil || c.SSE == nil {
		return err
	}
	return c.SSE.Check()
}

// applyCapacity sets the billing mode and the throughput of the table and its indexes. What belongs to the other mode
// does not survive a change of the mode.
func applyCapacity(c *Changes, d *schema.Table) error {
	switch given := c.Throughput != (schema.Throughput{}); {
	case c.BillingMode == schema.Provisioned && !given:
		return invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
	case c.BillingMode == schema.PayPerRequest && given:
		return invalid("ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST")
	}
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
	return nil
}

// applyIndexes sets the throughput of indexes that there are.
func applyIndexes(c *Changes, d *schema.Table) error {
	for _, name := range slices.Sorted(maps.Keys(c.Indexes)) {
		i, err := globalIndex(d, name, "update")
		if err != nil {
			return err
		}
		x, change := &d.GlobalIndexes[i], c.Indexes[name]
		switch given := change.Throughput != (schema.Throughput{}); {
		case d.BillingMode == schema.PayPerRequest && (given || change.OnDemand == nil && change.Warm == nil):
			return invalid("The only Updates for index: %s when TableThroughputMode is PAY_PER_REQUEST "+
				"can be to OnDemandThroughput, WarmThroughput", name)
		case !given && change.OnDemand == nil && change.Warm == nil:
			return invalid("ProvisionedThroughput must be specified for index: %s", name)
		case given && change.Throughput == x.Throughput:
			return errSameThroughput(name, x.Throughput)
		case given:
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

// checkSSE refuses to encrypt a table as it is already.
func checkSSE(c *Changes, d *schema.Table) error {
	switch {
	case c.SSE == nil:
	case !c.SSE.Enabled && d.Encryption == (schema.Encryption{}):
		return invalid("Table is already encrypted by default")
	case c.SSE.KeyID != "" && c.SSE.KeyID == d.Encryption.KeyARN:
		return invalid("Table is already encrypted with given KMSMasterKeyId. " +
			"Use KMSMasterKeyId parameter if you want to change Master Key")
	}
	return nil
}

func applyStream(c *Changes, d *schema.Table) error {
	if c.Stream == nil {
		return nil
	}
	switch view := *c.Stream; {
	case view != "" && d.Stream != "":
		return exception.Validation.Errorf("Table already has an enabled stream: TableName: %s", d.Name)
	case view == "" && d.Stream == "":
		return exception.Validation.Errorf("Table has no stream to disable: TableName: %s", d.Name)
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
