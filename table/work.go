package table

import (
	"cmp"
	"time"

	"github.com/tidemark-db/tidemark/schema"
)

// work is what keeps a table busy beside its indexes, and what the table was before, which is told of until it is over.
type work struct {
	task       task
	until      time.Time // the table is UPDATING until here
	throughput schema.Throughput
	class      schema.Class
	classSince time.Time
	onDemand   time.Time // when it had become PAY_PER_REQUEST last

	encrypting time.Time // it is being encrypted otherwise until here, and ACTIVE meanwhile
	encryption schema.Encryption
}

// task is a change of its settings that takes a table some time.
type task uint8

const (
	resting task = iota
	provisioning
	switchingBilling
	switchingStream
	reclassifying
)

// beginWorkLocked begins what c keeps the table busy with. What was begun before is over, or goes on.
func (t *Table) beginWorkLocked(c *Changes, now time.Time) {
	w, old, until := &t.mu.work, t.mu.definition, now.Add(t.store.timing.Updating)
	if !now.Before(w.until) {
		w.until = time.Time{}
	}
	if !now.Before(w.encrypting) {
		w.encrypting = time.Time{}
	}
	if t.mu.online.at(moment{now: now}) == over {
		t.mu.online = nil
	}
	if c.SSE != nil {
		w.encrypting, w.encryption = until, old.Encryption
	}
	switch {
	case c.BillingMode != "" && c.BillingMode != old.BillingMode:
		w.task, w.onDemand = switchingBilling, t.mu.onDemand
	case c.Throughput != (schema.Throughput{}):
		w.task, w.throughput = provisioning, old.Throughput
	case c.Stream != nil:
		w.task = switchingStream
	case c.Class != "" && c.Class != cmp.Or(t.mu.class, schema.Standard):
		w.task, w.class, w.classSince = reclassifying, t.mu.class, t.mu.classSince
	case c.BillingMode != "" || c.Class != "": // nothing changes, but the answer says UPDATING
		w.task, until = resting, now
	default:
		return
	}
	w.until = until
}

// describeWorkLocked puts in d what is told of the table as long as it is busy.
func (t *Table) describeWorkLocked(d *schema.Description, m moment) {
	w := &t.mu.work
	if m.before(w.encrypting) {
		d.Encryption, d.Encrypting = w.encryption, true
	}
	switch {
	case d.Status == schema.Creating:
		d.OnDemandSince = time.Time{}
	case !m.before(w.until):
	case w.task == provisioning:
		d.Throughput = w.throughput
	case w.task == switchingBilling && m.answer:
		d.OnDemandSince = time.Time{}
	case w.task == switchingBilling:
		d.OnDemandSince = w.onDemand
	case w.task == reclassifying:
		d.Class, d.ClassSince = w.class, w.classSince
	}
}

// admitWorkLocked refuses changes that the table is too busy for.
func (t *Table) admitWorkLocked(c *Changes, now time.Time) error {
	w := &t.mu.work
	if c.SSE != nil && now.Before(w.encrypting) {
		return inUse("Server-Side Encryption is still being updated")
	}
	if !now.Before(w.until) {
		return nil
	}
	why := t.refusalsLocked()
	switch {
	case c.BillingMode != "" || c.Throughput != (schema.Throughput{}):
		return inUse("%s", why.capacity)
	case c.Stream != nil:
		return inUse("%s", why.stream)
	case c.Class != "":
		return inUse("%s", why.class)
	case c.OnDemand != nil:
		return inUse("%s", why.maxima)
	case c.online():
		return inUse("%s", why.indexes)
	}
	return nil
}

// refusals are why a table that is busy does not get other settings: its throughput or billing mode, its stream, its class,
// its maxima, and its indexes.
type refusals struct{ capacity, stream, class, maxima, indexes string }

func (t *Table) refusalsLocked() refusals {
	about := " Table: " + t.name
	switch t.mu.work.task {
	case switchingStream:
		operation := "ENABLE"
		if t.mu.stream == nil {
			operation = "DISABLE"
		}
		about += " Stream: " + t.mu.streamARN.ID + " Operation: " + operation
		return refusals{
			capacity: "Can't change table IOPS when stream status is being updated." + about,
			stream:   "A stream status change is currently in progress." + about,
			class:    "Can't update table class when stream status is being updated." + about,
			maxima:   "OnDemandThroughput cannot be updated while stream status update is in progress",
			indexes:  "Can't create or delete an index when stream status is being updated.",
		}
	case reclassifying:
		class := " TableClassUpdateInProgress: " + string(t.mu.class)
		return refusals{
			capacity: "Can't change table IOPS when a table class update is in progress." + about + class,
			stream:   "Can't change stream status when a table class update is in progress." + about + class,
			class:    "Can't update table class when a table class update is in progress." + about + class,
			maxima:   "OnDemandThroughput cannot be updated while TableClass update is in progress." + class,
			indexes:  "Can't create or delete an index when a table class update is in progress.",
		}
	}
	return refusals{
		capacity: "Table IOPS are currently being updated." + about,
		stream:   "Can't enable or disable stream while table IOPS are being updated." + about,
		class:    "Can't update table class while table IOPS are being updated." + about,
		maxima:   "OnDemandThroughput cannot be updated while BillingMode update is in progress",
		indexes:  "Can't create or delete indexes while table IOPS are being updated." + about,
	}
}

// idleLocked refuses to delete a table that is busy.
func (t *Table) idleLocked(now time.Time) error {
	w := &t.mu.work
	switch {
	case now.Before(w.until) && w.task == switchingStream:
		return inUse("Cannot delete table while stream is being enabled/disabled.")
	case now.Before(w.until), now.Before(w.encrypting), t.warmingLocked(now):
		return inUse("Table: %s is in the process of being updated.", t.name)
	}
	return nil
}
