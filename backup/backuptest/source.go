package backuptest

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

func sourceChecks() []check {
	return []check{
		{
			Info: Info{"Place", "region and account can stand in an ARN, and never change",
				"backups are found by ARNs that are made of both"},
			run: place,
		},
		{
			Info: Info{"Time", "Now follows the clock ahead, and never goes back with it",
				"a backup that was ACTIVE would become CREATING again, and an expired one come back"},
			run: timeAhead,
		},
		{
			Info: Info{"MissingTable", "a table that is not there is an error that is exception.ResourceNotFound",
				"the engine turns that error, and no other, into the service's TableNotFound"},
			run: missingTable,
		},
		{
			Info: Info{"TableState", "a table's state tells its id, its creation and its deletion, from the first to the last",
				"whether a table can be backed up depends on its age and on what has become of it"},
			run: tableState,
		},
		{
			Info: Info{"Incarnations", "every table has an id of its own: another one, one created again, one restored",
				"recovery and SYSTEM backups belong to one incarnation of a name, and are known by its id"},
			run: incarnations,
		},
	}
}

func place(t *trial) {
	region, account := t.store.Region(), t.store.Account()
	text := arn.Table(region, account, "any").String()
	_, err := arn.Parse(text)
	t.worked("made the ARN "+text+" of region and account", err)
	t.create(simple("Things"))
	t.hands.move(time.Hour)
	t.require(t.store.Region() == region && t.store.Account() == account, "asked for region and account again",
		t.store.Region()+" and "+t.store.Account(), region+" and "+account)
}

func timeAhead(t *trial) {
	begin := t.store.Now()
	t.require(begin.Equal(t.hands.Now()), fmt.Sprintf("asked for the time while the clock stood at %v", t.hands.Now()),
		begin.String(), "the time of the clock")
	t.hands.move(time.Hour)
	now := t.store.Now()
	t.require(now.Equal(begin.Add(time.Hour)), "moved the clock an hour ahead",
		now.Sub(begin).String()+" later", "an hour later")
	for _, back := range []time.Duration{time.Nanosecond, time.Second, 30 * time.Minute} {
		t.hands.move(-back)
		got := t.store.Now()
		t.require(!got.Before(now), fmt.Sprintf("set the clock back by %v", back), "a time "+now.Sub(got).String()+" earlier",
			"the latest time that was shown, until the clock has caught up")
	}
	t.hands.move(24 * time.Hour)
	errs := together(4, func(i int) error {
		last := t.store.Now()
		for range 50 {
			t.hands.move(time.Duration(1-i%2*2) * time.Millisecond) // two ahead, two back
			got := t.store.Now()
			if got.Before(last) {
				return fmt.Errorf("a time %v earlier than the one before", last.Sub(got))
			}
			last = got
			runtime.Gosched()
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.fail("asked for the time again and again, while others moved the clock both ways",
			err.Error(), "never an earlier time")
	}
}

func missingTable(t *trial) {
	t.create(simple("Deleted"))
	t.remove("Deleted")
	for _, name := range []string{"Never", "Deleted"} {
		_, err := t.store.TableState(t.ctx, name)
		t.refused("TableState of table "+name+", which is not there", err, exception.ResourceNotFound)
		_, err = t.store.CaptureTable(t.ctx, name, exactly)
		t.refused("CaptureTable of table "+name+", which is not there", err, exception.ResourceNotFound)
		h, ok := t.store.(backup.Historian)
		if !ok {
			continue
		}
		now := clock.EndOf(t.store.Now())
		t.refused("RetainTable of table "+name, h.RetainTable(t.ctx, name, time.Hour), exception.ResourceNotFound)
		_, err = h.SnapshotTable(t.ctx, name, now)
		t.refused("SnapshotTable of table "+name, err, exception.ResourceNotFound)
		_, err = h.DefinitionAt(t.ctx, name, now)
		t.refused("DefinitionAt of table "+name, err, exception.ResourceNotFound)
		_, _, err = h.ChangesOf(t.ctx, name, now, now)
		t.refused("ChangesOf of table "+name, err, exception.ResourceNotFound)
	}
}

func tableState(t *trial) {
	t.hands.move(time.Minute)
	before := t.store.Now()
	if !t.worked("created table Things", t.store.CreateTable(t.ctx, simple("Things"))) {
		return
	}
	first, after := t.state("Things"), t.store.Now()
	t.require(first.ID != "", "asked for the state of a new table", "no ID", "an ID")
	t.require(!first.CreationTime.Before(before) && !first.CreationTime.After(after), "asked when a new table was created",
		first.CreationTime.String(), fmt.Sprintf("a time from %v to %v", before, after))
	t.require(first.Status == schema.Creating || first.Status == schema.Active, "asked for the status of a new table",
		string(first.Status), "CREATING or ACTIVE")
	t.require(!first.Restoring && first.DeletionTime.IsZero(), "asked for the state of a new table",
		fmt.Sprintf("%+v", first), "neither a restore nor a deletion")
	later := t.awaitActive("Things")
	t.require(later.ID == first.ID && later.CreationTime.Equal(first.CreationTime),
		"asked for its state when it was ACTIVE", fmt.Sprintf("id %q, created %v", later.ID, later.CreationTime),
		fmt.Sprintf("as before: id %q, created %v", first.ID, first.CreationTime))
	t.require(later.ActiveTime.IsZero() || !later.ActiveTime.Before(first.CreationTime), "asked when it became ACTIVE",
		later.ActiveTime.String(), "not before its creation, or the zero time")
	t.put("Things", thing("a", 1))
	t.hands.move(time.Minute)
	if before = t.store.Now(); t.failed() || !t.worked("deleted it", t.store.DeleteTable(t.ctx, "Things")) {
		return
	}
	last, err := t.store.TableState(t.ctx, "Things")
	if err == nil { // some stores take their time
		t.require(last.Status == schema.Deleting && last.ID == first.ID && !last.DeletionTime.Before(before),
			"asked for its state after its deletion", fmt.Sprintf("%+v", last),
			fmt.Sprintf("DELETING, the same id, deleted not before %v; or no table", before))
	}
	t.awaitGone("Things")
}

func incarnations(t *trial) {
	seen := map[string]string{}
	unused := func(which, id string) {
		if other, twice := seen[id]; twice && !t.failed() {
			t.fail("made tables and compared their ids", fmt.Sprintf("%s has the id %q of %s", which, id, other), "another id")
		}
		seen[id] = which
	}
	t.create(simple("Things"))
	unused("the table", t.state("Things").ID)
	t.create(simple("Others"))
	unused("another table", t.state("Others").ID)
	_, s := t.capture("Things")
	t.restore(s, "Restored")
	unused("a restored table", t.state("Restored").ID)
	t.remove("Things")
	t.create(simple("Things"))
	unused("the table created again", t.state("Things").ID)
	t.remove("Things")
	t.restore(s, "Things")
	unused("the table restored under its own name", t.state("Things").ID)
}
