package backuptest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

func restoreChecks() []check {
	return []check{
		{
			Info: Info{"RestoreEqual", "a restore makes a new table with the snapshot's items and the description asked for",
				"a restore that brings back something else is worse than none"},
			run: restoreEqual,
		},
		{
			Info: Info{"RestoreIndexes", "a restore makes the indexes asked for, under the names asked for, and no others",
				"overrides choose among the recorded indexes, and a new name may stand for any of them"},
			needs: []Lack{Indexes}, run: restoreIndexes,
		},
		{
			Info: Info{"RestoreStates", "a table that is being restored says so, and becomes ACTIVE when its time has come",
				"the service answers otherwise for a table that is being restored than for any other"},
			run: restoreStates,
		},
		{
			Info: Info{"RestoreNameTaken", "a restore under a name that is taken, in whatever state, is exception.ResourceInUse",
				"a restore must never replace a table, and the engine knows a taken name by that error"},
			run: restoreNameTaken,
		},
		{
			Info: Info{"RestoreLeavesNothing", "a restore that fails leaves nothing behind",
				"a half-filled table looks like one that was restored, and takes the name of the next attempt"},
			run: restoreLeavesNothing,
		},
		{
			Info: Info{"RestoreOnce", "of several restores under one name, at the same time, one makes the table",
				"two restores that fill one table make a mixture of both"},
			run: restoreOnce,
		},
		{
			Info: Info{"RestoreIndependent", "source, snapshot and restored tables do not notice each other's writes",
				"one backup is restored many times, and often beside the table that it is of"},
			run: restoreIndependent,
		},
	}
}

func restoreEqual(t *trial) {
	d := simple("Things")
	d.BillingMode, d.Throughput = schema.Provisioned, schema.Throughput{Read: 3, Write: 2}
	t.create(d)
	source := t.state("Things")
	t.put("Things", varied()...)
	_, s := t.capture("Things")
	t.hands.move(time.Hour)
	before := t.store.Now()
	answer := t.restore(s, "Restored")
	state := t.state("Restored")
	t.require(answer.Name == "Restored" && answer.ID == state.ID && state.ID != source.ID,
		"restored a table and compared the answer with its state",
		fmt.Sprintf("name %q and id %q; the state has %q, and the source %q", answer.Name, answer.ID, state.ID, source.ID),
		"the name asked for, and an id of its own")
	t.require(answer.CreationTime.Equal(state.CreationTime) && !state.CreationTime.Before(before),
		"restored a table an hour after its source was made", fmt.Sprintf("created %v by the answer, %v by its state",
			answer.CreationTime, state.CreationTime), fmt.Sprintf("both the same, and not before %v", before))
	want := items{}.with(byID, varied()...)
	t.holds("restored a table", "Restored", byID, want)
	c, again := t.capture("Restored")
	if t.failed() {
		return
	}
	d.Name = "Restored"
	t.described("captured the table", "Capture.Table", c.Table(), d, state)
	t.same("captured the restored table", itemsIn(again), want)
	t.create(simple("Empty"))
	_, empty := t.capture("Empty")
	t.restore(empty, "StillEmpty")
	t.holds("restored an empty table", "StillEmpty", byID, items{})
}

func restoreIndexes(t *trial) {
	t.create(indexed("Things"))
	t.put("Things", coloured("a", "red"), coloured("b", "blue"))
	_, s := t.capture("Things")
	if t.failed() {
		return
	}
	r := request(s, "Restored")
	r.Table.GlobalIndexes = r.Table.GlobalIndexes[:1]
	r.Table.GlobalIndexes[0].Name = "Renamed"
	r.Indexes = []string{s.Table().GlobalIndexes[0].Name}
	_, err := t.store.RestoreTable(t.ctx, r)
	if !t.worked("restored the first of two indexes under another name", err) {
		return
	}
	t.awaitActive("Restored")
	t.put("Restored", coloured("c", "red"))
	c, again := t.capture("Restored")
	if t.failed() {
		return
	}
	did := "restored the first of two indexes under another name"
	t.require(sameIndexes(c.Table().GlobalIndexes, r.Table.GlobalIndexes), did, fmt.Sprintf("%v", c.Table().GlobalIndexes),
		fmt.Sprintf("%v", r.Table.GlobalIndexes))
	want := []string{"a", "b", "c"}
	t.inIndex(did, again, "Renamed", coloured("a", "red"), coloured("b", "blue"), coloured("c", "red"))
	t.require(again.Len() == len(want), did, fmt.Sprintf("%d items", again.Len()), fmt.Sprintf("%d items", len(want)))
	r = request(s, "Bare")
	r.Table.GlobalIndexes, r.Indexes = nil, nil
	_, err = t.store.RestoreTable(t.ctx, r)
	if !t.worked("restored without indexes", err) {
		return
	}
	t.awaitActive("Bare")
	c, again = t.capture("Bare")
	if !t.failed() {
		t.require(len(c.Table().GlobalIndexes) == 0, "restored without indexes",
			fmt.Sprintf("%v", c.Table().GlobalIndexes), "none")
		t.same("restored without indexes", itemsIn(again), items{}.with(byID, coloured("a", "red"), coloured("b", "blue")))
	}
	restoreNewIndex(t)
}

// restoreNewIndex asks for an index that the snapshot does not have. Only a store whose indexes come and go is ever asked
// for one; no store may say that it has made it and not have done so.
func restoreNewIndex(t *trial) {
	t.create(simple("Plain"))
	t.put("Plain", coloured("a", "red"), thing("b", 1))
	_, s := t.capture("Plain")
	if t.failed() {
		return
	}
	r := request(s, "Made")
	r.Table.Attributes, r.Table.GlobalIndexes = indexed("Made").Attributes, indexed("Made").GlobalIndexes[:1]
	r.Indexes = []string{""}
	if _, err := t.store.RestoreTable(t.ctx, r); err != nil {
		t.absent("had a restore fail that asked for an index of items without one", "Made")
		return
	}
	t.awaitActive("Made")
	_, again := t.capture("Made")
	if !t.failed() {
		t.inIndex("restored an index of items without one", again, "Whole", coloured("a", "red"))
	}
}

func restoreStates(t *trial) {
	t.create(simple("Things"))
	_, s := t.capture("Things")
	if t.failed() {
		return
	}
	r := request(s, "Restored")
	r.Duration = time.Minute
	answer, err := t.store.RestoreTable(t.ctx, r)
	if !t.worked("restored a table that is to be CREATING for a minute", err) {
		return
	}
	during := t.state("Restored")
	t.require(during.Status == schema.Active || during.Status == schema.Creating && during.Restoring,
		"asked for the state of a table that is being restored", fmt.Sprintf("%+v", during),
		"ACTIVE, or CREATING and Restoring")
	t.hands.move(time.Minute)
	after := t.state("Restored")
	t.require(after.Status == schema.Active && !after.Restoring, "asked for its state after that minute",
		fmt.Sprintf("%+v", after), "ACTIVE, and not Restoring")
	t.require(after.ID == during.ID && after.CreationTime.Equal(answer.CreationTime), "compared the two states",
		fmt.Sprintf("id %q, created %v", after.ID, after.CreationTime),
		fmt.Sprintf("id %q, created %v", during.ID, answer.CreationTime))
}

func restoreNameTaken(t *trial) {
	t.create(simple("Things"))
	t.put("Things", thing("a", 1))
	_, s := t.capture("Things")
	if t.failed() {
		return
	}
	want := items{}.with(byID, thing("a", 2), thing("b", 1))
	t.put("Things", thing("a", 2), thing("b", 1))
	id := t.state("Things").ID
	refused := func(did, name string) {
		_, err := t.store.RestoreTable(t.ctx, request(s, name))
		t.refused("restored under the name of a table that "+did, err, exception.ResourceInUse)
	}
	refused("is ACTIVE", "Things")
	t.holds("restored under the name of a table", "Things", byID, want)
	t.require(t.state("Things").ID == id, "restored under the name of a table, and asked for its id",
		"another id", "the same")

	t.worked("created a table", t.store.CreateTable(t.ctx, simple("New")))
	refused("was created just now", "New")
	t.awaitActive("New")
	t.holds("restored under the name of a new table", "New", byID, items{})

	r := request(s, "Restored")
	r.Duration = time.Minute
	_, err := t.store.RestoreTable(t.ctx, r)
	t.worked("restored a table", err)
	refused("was restored just now", "Restored")
	t.awaitActive("Restored")

	if t.failed() || !t.worked("deleted a table", t.store.DeleteTable(t.ctx, "Things")) {
		return
	}
	if _, err := t.store.TableState(t.ctx, "Things"); err == nil {
		refused("is DELETING", "Things")
	}
	t.awaitGone("Things")
	t.restore(s, "Things")
	t.holds("deleted the table and restored it", "Things", byID, items{}.with(byID, thing("a", 1)))
}

// restoreLeavesNothing tries what may make a restore fail: what it asks for, and that its caller has gone.
func restoreLeavesNothing(t *trial) {
	t.create(simple("Things"))
	t.put("Things", thing("a", 1), thing("b", 1))
	_, s := t.capture("Things")
	if t.failed() {
		return
	}
	wrong := request(s, "Target")
	wrong.Table.Attributes = schema.Attributes{"id": wrong.Table.Attributes["id"], "colour": wrong.Table.Attributes["id"]}
	wrong.Table.GlobalIndexes = indexed("Target").GlobalIndexes[:1]
	wrong.Indexes = []string{"NotInTheSnapshot"}
	// Who fills indexes from the items need not look whether the snapshot has them.
	if _, err := t.store.RestoreTable(t.ctx, wrong); err != nil {
		t.absent("had a restore fail that asked for an index which the snapshot does not have", "Target")
	} else {
		t.awaitActive("Target")
		t.remove("Target")
	}

	gone, cancel := context.WithCancel(t.ctx)
	cancel()
	if _, err := t.store.RestoreTable(gone, request(s, "Target")); err != nil { // a store need not look at the context
		t.absent("had a restore fail that was cancelled", "Target")
		t.restore(s, "Target")
	} else {
		t.awaitActive("Target")
	}
	t.holds("had a restore fail and restored again", "Target", byID, itemsIn(s))
}

func restoreOnce(t *trial) {
	const racers, rounds = 4, 5
	t.create(simple("Things"))
	snapshots := make([]*snapshot.Snapshot, racers)
	for i := range snapshots {
		t.put("Things", thing(fmt.Sprint(i), i), thing("same", i))
		_, snapshots[i] = t.capture("Things")
	}
	if t.failed() {
		return
	}
	for round := range rounds {
		name := fmt.Sprint("Target", round)
		var winner atomic.Int64
		winner.Store(-1)
		errs := together(racers, func(i int) error {
			_, err := t.store.RestoreTable(t.ctx, request(snapshots[i], name))
			if err == nil {
				winner.Store(int64(i))
			}
			return err
		})
		won := len(errs) - len(slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err == nil }))
		t.require(won == 1, fmt.Sprintf("had %d restores make table %s at the same time", racers, name),
			fmt.Sprintf("%d that did not fail: %v", won, errors.Join(errs...)), "one")
		for _, err := range errs {
			if err != nil {
				t.refused("had restores make one table at the same time", err, exception.ResourceInUse)
			}
		}
		if t.failed() {
			return
		}
		t.awaitActive(name)
		t.holds("had restores make one table at the same time", name, byID, itemsIn(snapshots[winner.Load()]))
	}
}

func restoreIndependent(t *trial) {
	t.create(simple("Things"))
	t.put("Things", thing("a", 1), thing("b", 1), thing("c", 1))
	_, s := t.capture("Things")
	held := items{}.with(byID, thing("a", 1), thing("b", 1), thing("c", 1))
	t.restore(s, "First")
	t.restore(s, "Second")

	t.put("First", thing("a", 10), thing("new", 10))
	t.drop("First", key("b"))
	first := items{}.with(byID, thing("a", 10), thing("c", 1), thing("new", 10))
	did := "restored a table twice and wrote to the first"
	t.holds(did, "First", byID, first)
	t.holds(did, "Second", byID, held)
	t.holds(did, "Things", byID, held)

	t.put("Things", thing("a", 20))
	t.drop("Things", key("c"))
	source := items{}.with(byID, thing("a", 20), thing("b", 1))
	did = "restored a table twice and wrote to the source"
	t.holds(did, "Things", byID, source)
	t.holds(did, "First", byID, first)
	t.holds(did, "Second", byID, held)
	t.remove("Things")
	t.holds("deleted the source", "Second", byID, held)
	if t.failed() {
		return
	}
	t.same("wrote to source and restored tables, and read the snapshot", itemsIn(s), held)
	t.remove("First")
	r := request(s, "Third")
	if _, err := t.store.RestoreTable(t.ctx, r); !t.worked("restored once more", err) {
		return
	}
	r.Table.Attributes["later"] = attr.TypeN // r is the caller's again
	t.awaitActive("Third")
	t.holds("restored once more", "Third", byID, held)
	if c, _ := t.capture("Third"); !t.failed() {
		t.require(len(c.Table().Attributes) == 1, "restored a table, changed the request afterwards, and captured the table",
			fmt.Sprintf("the attributes %v", c.Table().Attributes), "those of the request when it was made")
	}
}
