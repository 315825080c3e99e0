package table

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/internal/validate"
	"github.com/tidemark-db/tidemark/schema"
)

// named returns the names of the global indexes that c is about: of new ones first.
func (c *Changes) named() []string {
	var names []string
	for _, x := range c.CreateIndexes {
		names = append(names, x.Name)
	}
	names = append(names, c.DeleteIndexes...)
	return append(names, slices.Sorted(maps.Keys(c.Indexes))...)
}

// online reports whether c has an index created or deleted.
func (c *Changes) online() bool { return len(c.CreateIndexes)+len(c.DeleteIndexes) > 0 }

// warmsIndexes reports whether c has indexes take more at once, and asks for nothing else of them.
func (c *Changes) warmsIndexes() bool {
	for _, x := range c.Indexes {
		if x.Throughput != (schema.Throughput{}) || x.OnDemand != nil {
			return false
		}
	}
	return len(c.Indexes) > 0 && !c.online()
}

// checkIndexShape adds to check the violations of the service's model in what c says of indexes.
func (c *Changes) checkIndexShape(check *validate.Check) {
	const member = "globalSecondaryIndexUpdates.%d.member."
	for i, name := range slices.Sorted(maps.Keys(c.Indexes)) {
		schema.CheckThroughput(check, fmt.Sprintf(member+"update.provisionedThroughput", i+1), c.Indexes[name].Throughput)
	}
	for i, x := range c.CreateIndexes {
		x.CheckShape(check, fmt.Sprintf(member+"create.", len(c.Indexes)+i+1))
	}
	for i, name := range c.DeleteIndexes {
		check.Name(fmt.Sprintf(member+"delete.indexName", len(c.Indexes)+len(c.CreateIndexes)+i+1), name)
	}
}

// checkTogether refuses changes that cannot be asked for in one request.
func (c *Changes) checkTogether() error {
	names := make(map[string]bool)
	for _, name := range c.named() {
		if names[name] {
			return invalid("Only one global secondary index update per index is allowed simultaneously. Index: %s", name)
		}
		names[name] = true
	}
	asked := 0
	warm := c.Warm != (schema.Throughput{})
	for _, given := range []bool{c.BillingMode != "", c.Throughput != (schema.Throughput{}), c.OnDemand != nil,
		len(names) > 0, c.Stream != nil, c.SSE != nil, c.Class != "", c.DeletionProtection != nil, warm} {
		if given {
			asked++
		}
	}
	online := c.online()
	switch {
	case asked == 0:
		return exception.Validation.Errorf("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, " +
			"GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, " +
			"MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required")
	case asked > 1 && c.SSE != nil:
		return invalid("Server-Side Encryption modification must be the only operation in the request")
	case asked > 1 && c.Class != "":
		return invalid("TableClass modification must be the only operation in the request")
	case asked > 1 && c.DeletionProtection != nil:
		return invalid("DeletionProtection modification must be the only operation in the request")
	case c.OnDemand != nil && (asked > 2 || asked == 2 && c.BillingMode == ""):
		return invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
	case warm && len(c.CreateIndexes) > 0:
		return invalid("Create global secondary index cannot be specified when updating WarmThroughput")
	case warm && asked > 1 && !(asked == 2 && c.warmsIndexes()):
		return invalid("WarmThroughput must be the only operation in the request")
	case c.Stream != nil && (c.BillingMode == schema.Provisioned || c.Throughput != (schema.Throughput{})):
		return invalid("You cannot modify stream status while updating table IOPS")
	case online && c.Throughput != (schema.Throughput{}):
		return invalid("You cannot create or delete index while updating table IOPS")
	case online && c.Stream != nil:
		return invalid("You cannot create or delete index while changing stream status")
	}
	return nil
}

// applyOnline creates or deletes an index in d.
func applyOnline(c *Changes, d *schema.Table) error {
	if len(c.CreateIndexes)+len(c.DeleteIndexes) > 1 {
		return errOneOnline()
	}
	for _, name := range c.DeleteIndexes {
		i, err := globalIndex(d, name, "delete")
		if err != nil {
			return err
		}
		d.GlobalIndexes = slices.Delete(d.GlobalIndexes, i, i+1)
		used := schema.UsedAttributes(d.KeySchema, d.LocalIndexes, d.GlobalIndexes)
		maps.DeleteFunc(d.Attributes, func(name string, _ attr.Type) bool { return !used[name] })
	}
	for _, x := range c.CreateIndexes {
		if err := checkNewIndex(c, x, d); err != nil {
			return err
		}
		addIndex(d, x, c.Attributes)
	}
	return nil
}

// addIndex adds a global index to d. Of the attributes defined for it only those of its key count.
func addIndex(d *schema.Table, x schema.Index, attributes schema.Attributes) {
	x.Warm = schema.Throughput{} // which is no part of the definition
	d.GlobalIndexes = append(d.GlobalIndexes, schema.CloneIndexes([]schema.Index{x})...)
	for _, e := range x.KeySchema {
		d.Attributes[e.Name] = attributes[e.Name]
	}
}

// globalIndex returns the place of a global index that there must be.
func globalIndex(d *schema.Table, name, verb string) (int, error) {
	named := func(x schema.Index) bool { return x.Name == name }
	i := slices.IndexFunc(d.GlobalIndexes, named)
	switch {
	case i >= 0:
		return i, nil
	case slices.ContainsFunc(d.LocalIndexes, named):
		return 0, exception.Validation.Errorf("Cannot %s an index that is not a GlobalSecondaryIndex: %s", verb, name)
	}
	return 0, exception.ResourceNotFound.Errorf("Requested resource not found: Index %s for table %s", name, d.Name)
}

// checkNewIndex refuses a global index that d cannot get.
func checkNewIndex(c *Changes, x schema.Index, d *schema.Table) error {
	for _, other := range slices.Concat(d.LocalIndexes, d.GlobalIndexes) {
		if other.Name == x.Name {
			return exception.Validation.Errorf("Attempting to create an index which already exists")
		}
	}
	if len(c.Attributes) == 0 {
		return invalid("AttributeDefinitions is not specified for index: %s", x.Name)
	}
	if err := x.Check(c.Attributes); err != nil {
		return err
	}
	for _, e := range x.KeySchema {
		if kind, defined := d.Attributes[e.Name]; defined && kind != c.Attributes[e.Name] {
			return invalid("Attribute %s is of type %s in another key, and cannot be of type %s in index: %s",
				e.Name, kind, c.Attributes[e.Name], x.Name)
		}
	}
	given := x.Throughput != (schema.Throughput{})
	switch {
	case d.BillingMode == schema.PayPerRequest && given:
		return invalid("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: %s "+
			"when BillingMode is PAY_PER_REQUEST", x.Name)
	case d.BillingMode != schema.PayPerRequest && !given:
		return invalid("Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: %s", x.Name)
	case len(d.GlobalIndexes) >= schema.MaxGlobalIndexes:
		return exception.LimitExceeded.Errorf(
			"Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of %d", schema.MaxGlobalIndexes)
	}
	if err := x.CheckWarm(d.BillingMode); err != nil {
		return err
	}
	return schema.CheckProjected(d.LocalIndexes, d.GlobalIndexes, []schema.Index{x})
}

// errSameThroughput refuses to give an index the throughput that it has.
func errSameThroughput(name string, t schema.Throughput) error {
	return exception.Validation.Errorf("The provisioned throughput for the index %s will not change. "+
		"The requested value equals the current value. Current ReadCapacityUnits provisioned for index %s: %d. "+
		"Requested ReadCapacityUnits: %d. Current WriteCapacityUnits provisioned for index %s: %d. "+
		"Requested WriteCapacityUnits: %d. Refer to the Amazon DynamoDB Developer Guide for current limits and "+
		"how to request higher limits.", name, name, t.Read, t.Read, name, t.Write, t.Write)
}

// Catching up with the writes to a table goes on while it is written, until so few are left that the writers can wait
// for them; or for all that are left, if the index does not get nearer.
const (
	fewChanges = 256
	mostRounds = 16
)

// fill makes the last index of layout l of a copy of the items, and brings it up to the changes that f gathers
// meanwhile. It returns with the table locked.
func (t *Table) fill(f *filling, l *storage.Layout, items *storage.Data) *storage.Index {
	x := items.Build(l)
	for round := 1; ; round++ {
		t.mu.Lock()
		changes := f.changes
		last := len(changes) <= fewChanges || round == mostRounds
		if !last {
			f.changes = nil
			t.mu.Unlock()
		}
		for _, c := range changes {
			x.Follow(c)
		}
		if last {
			return x
		}
	}
}

// createIndexLocked makes an index for a table, whose lock it lets go of for as long as that takes, and returns when it
// was there.
func (t *Table) createIndexLocked(x schema.Index, attributes schema.Attributes) time.Time {
	t.forgetGoneLocked()
	f := new(filling)
	t.mu.online = &onlineIndex{index: x, filling: f}
	wanted := t.mu.definition.Clone()
	addIndex(wanted, x, attributes)
	items := t.mu.data.Clone()
	t.mu.Unlock()
	index := t.fill(f, storage.NewLayout(wanted), items)
	now := t.store.now()
	t.countLocked(now)
	d := t.mu.definition.Clone() // which is another by now, if the time to live has been switched
	addIndex(d, x, attributes)
	t.mu.data = t.mu.data.With(storage.NewLayout(d), index)
	t.redefineLocked(d)
	t.forgetFiguresLocked(x.Name)
	allocated := now.Add(t.store.timing.Updating)
	t.mu.online = &onlineIndex{index: x, allocated: allocated, until: allocated.Add(t.store.timing.Backfilling)}
	t.askWarmLocked(x.Name, x.Warm, t.mu.online.until)
	return now
}

// deleteIndexLocked takes an index away, of which the description tells for some time to come. The definition is what
// the table is without it.
func (t *Table) deleteIndexLocked(name string, d *schema.Table, now time.Time) {
	was := t.mu.definition
	place := slices.IndexFunc(was.GlobalIndexes, func(x schema.Index) bool { return x.Name == name })
	t.mu.online = &onlineIndex{
		index: was.GlobalIndexes[place], deleted: true, place: place, attributes: was.Attributes,
		figures: t.currentStatisticsLocked(now).byName[name], until: now.Add(t.store.timing.Updating),
	}
	t.mu.data = t.mu.data.Relayout(storage.NewLayout(d))
	t.redefineLocked(d)
	t.forgetFiguresLocked(name)
	delete(t.mu.warm.asked, name) // which does not come about any more
}

// forgetFiguresLocked drops the statistics of an index that has come or gone: those of another by its name are none of
// its own.
func (t *Table) forgetFiguresLocked(name string) {
	t.mu.statistics.byName = maps.Clone(t.mu.statistics.byName)
	delete(t.mu.statistics.byName, name)
}

// forgetGoneLocked drops what was kept of indexes that are gone, before there is a new one that may have the name of one.
func (t *Table) forgetGoneLocked() {
	there := map[string]bool{"": true} // the table itself
	for _, x := range t.mu.definition.GlobalIndexes {
		there[x.Name] = true
	}
	keepOnly(t.mu.insights, there)
	keepOnly(t.mu.throughputs, there)
	keepOnly(t.mu.warm.taken, there)
	keepOnly(t.mu.warm.asked, there)
}

func keepOnly[V any](m map[string]V, names map[string]bool) {
	maps.DeleteFunc(m, func(name string, _ V) bool { return !names[name] })
}
