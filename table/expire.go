package table

import (
	"context"
	"math"
	"time"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/internal/validate"
	"github.com/tidemark-db/tidemark/schema"
)

// expiration is the time to live of a table's items. Nobody deletes them when it is over: whoever does something with
// the table first does what has come due, at the instant at which it came due.
type expiration struct {
	items    *storage.Expiry // nil: time to live is off
	since    time.Time       // nothing expires before
	changed  time.Time       // the last commit since it is on: what expires comes after it
	switched time.Time       // when it was last switched on or off; zero: never
	was      string          // the attribute by which it was on before it was switched off
}

// never is what no clock shows, in nanoseconds since 1970.
const never = math.MaxInt64

// UpdateTimeToLive switches a table's time to live on, by the given attribute, or off. It fails with ResourceNotFound if
// there is no such table or a restore is filling it, with ResourceInUse if it is CREATING, and with a ValidationException
// if nothing would change, or it has been switched not long ago (Timing).
//
// While it is on, items are deleted whose attribute is a number, of seconds since 1970, that the clock has passed: at the
// next whole second, and Timing.Expiring after that. Each deletion is a commit of its own. What lies more than five
// years back when the item is stored, or time to live is switched on, is ignored, as everything else is.
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
	now := t.store.now()
	if err := t.switchableLocked(attribute, enabled, now); err != nil {
		return err
	}
	t.expireLocked(now)
	d := t.mu.definition.Clone()
	if d.TTLAttribute = attribute; !enabled {
		d.TTLAttribute = ""
	}
	t.redefineLocked(d)
	t.mu.was, t.mu.switched = attribute, now
	t.mu.items = nil
	if enabled && t.mu.deleted.IsZero() {
		t.startExpiringLocked(now, now.Add(t.store.timing.TTLSwitching))
	}
	t.dueLocked()
	return nil
}

// switchableLocked refuses to switch the time to live to what it is, or again too soon.
func (t *Table) switchableLocked(attribute string, enabled bool, now time.Time) error {
	if err := t.thereLocked(now); err != nil {
		return err
	}
	if t.statusLocked(now) == schema.Creating {
		return inUse("Table %s is being created", t.name)
	}
	switch current := t.mu.definition.TTLAttribute; {
	case !enabled && current == "":
		return exception.Validation.Errorf("TimeToLive is already disabled")
	case current != "" && current != attribute:
		return exception.Validation.Errorf("TimeToLive is active on a different AttributeName: current AttributeName is %s", current)
	case enabled && current != "":
		return exception.Validation.Errorf("TimeToLive is already enabled")
	case !t.mu.switched.IsZero() && now.Before(t.mu.switched.Add(t.store.timing.TTLCooldown)):
		return exception.Validation.Errorf("Time to live has been modified multiple times within a fixed interval")
	}
	return nil
}

// startExpiringLocked begins to watch the items that the table has, by the attribute of its definition. Nothing expires
// before since.
func (t *Table) startExpiringLocked(now, since time.Time) {
	t.mu.items = storage.NewExpiry(t.mu.definition.TTLAttribute, t.mu.data, now)
	t.mu.since, t.mu.changed = since, now
	t.dueLocked()
}

// DescribeTimeToLive returns whether items are deleted when their time to live is over, and by which attribute. It fails
// with ResourceNotFound if there is no such table or a restore is filling it, and with a ValidationException if the table
// is CREATING by CreateTable, or DELETING.
func (s *Store) DescribeTimeToLive(_ context.Context, name string) (schema.TimeToLive, error) {
	t, err := s.lookup(name)
	if err != nil {
		return schema.TimeToLive{}, exception.During("DescribeTimeToLive", name, err)
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	now := s.now()
	if err := t.thereLocked(now); err != nil {
		return schema.TimeToLive{}, exception.During("DescribeTimeToLive", name, err)
	}
	if status := t.statusLocked(now); status == schema.Creating || status == schema.Deleting {
		err := exception.Validation.Errorf(
			"Cannot describe time to live while table is in %[1]s state: Current table state is %[1]s", status)
		return schema.TimeToLive{}, exception.During("DescribeTimeToLive", name, err)
	}
	attribute := t.mu.definition.TTLAttribute
	switching := !t.mu.switched.IsZero() && now.Before(t.mu.switched.Add(s.timing.TTLSwitching))
	switch {
	case attribute != "" && switching:
		return schema.TimeToLive{Attribute: attribute, Status: schema.TTLEnabling}, nil
	case attribute != "":
		return schema.TimeToLive{Attribute: attribute, Status: schema.TTLEnabled}, nil
	case switching:
		return schema.TimeToLive{Attribute: t.mu.was, Status: schema.TTLDisabling}, nil
	}
	return schema.TimeToLive{Status: schema.TTLDisabled}, nil
}

// nextLocked returns a new instant. What has come due by then has happened before it.
func (t *Table) nextLocked() clock.Instant {
	for {
		at := t.store.seq.Next()
		if !t.expireLocked(at.Time()) {
			return at
		}
	}
}

// nextOfAll is nextLocked for several tables, which must be locked.
func (s *Store) nextOfAll(tables []*Table) clock.Instant {
	for {
		at, expired := s.seq.Next(), false
		for _, t := range tables {
			expired = t.expireLocked(at.Time()) || expired
		}
		if !expired {
			return at
		}
	}
}

// rlock locks the table for reading, when what has come due by now has happened.
func (t *Table) rlock(now time.Time) {
	if now.UnixNano() >= t.due.Load() {
		t.mu.Lock()
		t.expireLocked(now)
		t.mu.Unlock()
	}
	t.mu.RLock()
}

// rlockNow locks the table for reading and returns a time at which it has what it has: no commit lies after it, and nothing
// that came due by then has still to happen.
func (t *Table) rlockNow() time.Time {
	for {
		t.rlock(t.store.now())
		if now := t.store.now(); now.UnixNano() < t.due.Load() {
			return now
		}
		t.mu.RUnlock()
	}
}

// expireLocked deletes the items whose time to live has been over by now, and reports whether there were any. Each is
// deleted at the instant at which it came due, or right after the table's last commit, if that was later.
func (t *Table) expireLocked(now time.Time) (expired bool) {
	for now.UnixNano() >= t.due.Load() {
		r, due := t.nextDueLocked()
		if r == nil {
			t.dueLocked()
			return expired
		}
		expired = true
		at := t.store.seq.Late(due)
		t.beforeCommitLocked(at)
		t.mu.data.Remove(r)
		t.recordExpiredLocked(storage.Change{At: at, Old: r})
	}
	return expired
}

// recordExpiredLocked is recordLocked for a deletion of the table's own.
func (t *Table) recordExpiredLocked(c storage.Change) {
	if s := t.mu.stream; s != nil {
		s.expired = append(s.expired, c.At)
	}
	t.recordLocked(c)
}

// nextDueLocked returns the item that expires next, and when; nil if there is none.
func (t *Table) nextDueLocked() (*storage.Record, time.Time) {
	if t.mu.items == nil {
		return nil, time.Time{}
	}
	r, second := t.mu.items.First()
	if r == nil {
		return nil, time.Time{}
	}
	due := time.Unix(second+1, 0).Add(max(t.store.timing.Expiring, 0)).UTC()
	for _, earliest := range []time.Time{t.mu.since, t.mu.changed} {
		if due.Before(earliest) {
			due = earliest
		}
	}
	return r, due
}

// dueLocked notes when the next item expires, for those who ask without a lock.
func (t *Table) dueLocked() {
	if r, due := t.nextDueLocked(); r != nil && due.Unix() < never/int64(time.Second) {
		t.due.Store(due.UnixNano())
	} else {
		t.due.Store(never)
	}
}

// followLocked tells the time to live of a change.
func (t *Table) followLocked(c storage.Change) {
	t.mu.changed = c.At.Time()
	t.mu.items.Follow(c)
	t.dueLocked()
}

// stopExpiringLocked ends it with the table.
func (t *Table) stopExpiringLocked() {
	t.mu.items = nil
	t.dueLocked()
}
