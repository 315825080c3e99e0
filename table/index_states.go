package table

import (
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
)

// indexes is what a table knows of the changes of its global indexes.
type indexes struct {
	online  *onlineIndex
	updated map[string]updatedIndex // those whose settings have changed
}

// updatedIndex is a global index that is UPDATING, and what is told of its throughput until that is over.
type updatedIndex struct {
	until      time.Time
	throughput schema.Throughput
}

// onlineIndex is the creation or deletion of a global index, of which there may be one at a time.
type onlineIndex struct {
	index schema.Index

	// filling is set while UpdateTable is still at work on a new index, which nobody knows of yet.
	filling *filling

	allocated time.Time // the table is UPDATING until here
	until     time.Time // the index is CREATING or DELETING until here

	// A deleted index is told of until it is over.
	deleted    bool
	place      int
	attributes schema.Attributes
	figures    schema.Statistics
}

// filling gathers the changes to a table while an index is made of a copy.
type filling struct {
	changes []storage.Change
}

// phase is how far a creation or deletion has come.
type phase uint8

const (
	over phase = iota
	allocating
	backfilling
	deleting
)

// at returns the phase at a time. An answer to the call that has begun it tells of it although it may be over at once.
func (o *onlineIndex) at(m moment) phase {
	switch {
	case o == nil:
		return over
	case o.filling != nil:
		return allocating
	case o.deleted && m.before(o.until):
		return deleting
	case !o.deleted && m.before(o.allocated):
		return allocating
	case !o.deleted && m.before(o.until):
		return backfilling
	}
	return over
}

// moment is when a table is described: at a time, or in the answer to the call that has changed something at it.
type moment struct {
	now    time.Time
	answer bool
}

// before reports whether what lasts until a time goes on.
func (m moment) before(until time.Time) bool {
	return m.now.Before(until) || m.answer && m.now.Equal(until)
}

// indexStateLocked returns the state of a global index of a table that has a status.
func (t *Table) indexStateLocked(name string, m moment, status schema.Status) schema.IndexState {
	if status == schema.Creating || status == schema.Deleting {
		return schema.IndexState{Status: status}
	}
	if o := t.mu.online; o != nil && o.index.Name == name {
		switch p := o.at(m); p {
		case deleting:
			return schema.IndexState{Status: schema.Deleting}
		case allocating, backfilling:
			filled := p == backfilling
			return schema.IndexState{Status: schema.Creating, Backfilling: &filled}
		}
	}
	if m.before(t.mu.updated[name].until) {
		return schema.IndexState{Status: schema.Updating}
	}
	return schema.IndexState{Status: schema.Active}
}

// describeIndexesLocked adds to d the states of the global indexes, and an index whose deletion is not over.
func (t *Table) describeIndexesLocked(d *schema.Description, m moment) {
	if o := t.mu.online; o.at(m) == deleting {
		d.GlobalIndexes = slices.Insert(d.GlobalIndexes, min(o.place, len(d.GlobalIndexes)),
			schema.CloneIndexes([]schema.Index{o.index})...)
		for name, kind := range o.attributes {
			if _, again := d.Attributes[name]; !again {
				d.Attributes[name] = kind
			}
		}
		if d.Indexes == nil {
			d.Indexes = make(map[string]schema.Statistics)
		}
		d.Indexes[o.index.Name] = o.figures
	}
	if d.Restore != nil || len(d.GlobalIndexes) == 0 {
		return
	}
	d.States = make(map[string]schema.IndexState, len(d.GlobalIndexes))
	for i := range d.GlobalIndexes {
		x := &d.GlobalIndexes[i]
		d.States[x.Name] = t.indexStateLocked(x.Name, m, d.Status)
		if d.States[x.Name].Status == schema.Updating {
			x.Throughput = t.mu.updated[x.Name].throughput
		}
	}
}

// indexesBusyLocked reports whether an index is CREATING, UPDATING or DELETING.
func (t *Table) indexesBusyLocked(now time.Time) bool {
	if t.mu.online.at(moment{now: now}) != over {
		return true
	}
	for _, x := range t.mu.updated {
		if now.Before(x.until) {
			return true
		}
	}
	return false
}

// settledLocked returns when the table and its global indexes are ACTIVE, after all that has been asked for.
func (t *Table) settledLocked() time.Time {
	times := []time.Time{t.mu.active, t.mu.work.until}
	for _, x := range t.mu.updated {
		times = append(times, x.until)
	}
	if o := t.mu.online; o != nil {
		times = append(times, o.allocated, o.until)
	}
	return slices.MaxFunc(times, time.Time.Compare)
}

// readableLocked refuses to read an index that is CREATING.
func (t *Table) readableLocked(index string, now time.Time) error {
	o := t.mu.online
	if o == nil || o.index.Name != index {
		return nil
	}
	if p := o.at(moment{now: now}); o.filling == nil && (p == allocating || p == backfilling) {
		return exception.Validation.Errorf("Cannot read from backfilling global secondary index: %s", index)
	}
	return nil
}

// admitLocked refuses changes that cannot be made while an index comes or goes.
func (t *Table) admitLocked(c *Changes, now time.Time) error {
	for _, name := range c.named() {
		if err := t.admitIndexLocked(c, name, now); err != nil {
			return err
		}
	}
	o := t.mu.online
	p := o.at(moment{now: now})
	if p != allocating && p != deleting {
		return nil
	}
	done, noun := "created", "creation"
	if p == deleting {
		done, noun = "deleted", "deletion"
	}
	billing := c.BillingMode != "" && c.BillingMode != t.mu.definition.BillingMode
	switch {
	case billing || c.Throughput != (schema.Throughput{}):
		return inUse("Can't change table IOPS when an index is being %s. Table: %s Indexes: [%s]", done, t.name, o.index.Name)
	case c.Stream != nil:
		return inUse("Can't change stream status when an index is being %s. Table: %s Indexes: [%s]", done, t.name, o.index.Name)
	case c.OnDemand != nil:
		return inUse("OnDemandThroughput cannot be updated while index %s is in progress for indexes: [%s]", noun, o.index.Name)
	}
	return nil
}

// admitIndexLocked is admitLocked for what c says of one index.
func (t *Table) admitIndexLocked(c *Changes, name string, now time.Time) error {
	o := t.mu.online
	p := o.at(moment{now: now})
	_, update := c.Indexes[name]
	remove := slices.Contains(c.DeleteIndexes, name)
	switch {
	case p == over || update && o.index.Name != name:
	case o.index.Name != name:
		return errOneOnline()
	case p == deleting:
		return inUse("Index is being deleted. Table: %s Index: %s", t.name, name)
	case p == allocating && remove:
		return inUse("Index creation is in resource allocation phase. Retry deletion during backfilling phase "+
			"or when the index is active. Table: %s Index: %s", t.name, name)
	case p == allocating && update:
		return inUse("Index is being created but is not backfilling yet. Table: %s Index: %s", t.name, name)
	case !update && !remove:
		return inUse("Index is being created. Table: %s Index: %s", t.name, name)
	}
	if update && now.Before(t.mu.updated[name].until) {
		return inUse("Index is being updated. Table: %s Index: %s", t.name, name)
	}
	return nil
}

func errOneOnline() error {
	return exception.LimitExceeded.Errorf(
		"Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
}
