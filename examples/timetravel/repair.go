package main

import (
	"fmt"
	"iter"
	"maps"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// search finds the last second at which every element was whole, by halves: the table was whole when recovery was
// switched on, and now it is not. Each step reads one view of the past; nothing is restored.
func (s *story) search() error {
	s.clock.Advance(s.db.Backups.Profile().RecoveryLag) // the last writes can be seen only after that
	c, err := s.db.Backups.DescribeContinuousBackups(s.ctx, live)
	if err != nil {
		return err
	}
	good, bad := c.PointInTimeRecovery.EarliestRestorableTime, c.PointInTimeRecovery.LatestRestorableTime
	s.say("every second from %s to %s can be seen", second(good), second(bad))
	for step := 1; bad.Sub(good) > time.Second; step++ {
		middle := good.Add(bad.Sub(good) / 2).Truncate(time.Second)
		view, err := s.db.Backups.SnapshotAt(s.ctx, live, middle)
		if err != nil {
			return err
		}
		n, verdict := whole(view), "good"
		if n == len(s.items) {
			good = middle
		} else {
			bad, verdict = middle, "bad"
		}
		s.note("%2d. at %s  %3d of %d are whole: %s", step, second(middle), n, len(s.items), verdict)
	}
	s.good = good
	s.note("the last good second is %s", second(good))
	return nil
}

// blame shows the first difference after the last good second, and counts all of them up to the present.
func (s *story) blame() error {
	first, err := s.db.Backups.Differences(s.ctx, live, s.good, s.good.Add(time.Second))
	if err != nil {
		return err
	}
	for d := range first {
		s.note("the second after: %s", show(d))
	}
	all, err := s.db.Backups.Differences(s.ctx, live, s.good, noticed)
	if err != nil {
		return err
	}
	var items, massless, gone, partial int
	for d := range all {
		items++
		mass, _ := d.New.Lookup("Mass")
		_, named := d.New.Lookup("Name")
		switch {
		case d.New.IsZero():
			gone++
		case !named:
			partial++
		case mass == zero:
			massless++
		}
	}
	s.note("%d items changed since: %d have mass 0, %d are gone, %d came back with a fragment, %d had good writes only",
		items, massless, gone, partial, items-massless-gone-partial)
	return nil
}

// show says what became of the attributes of an item.
func show(d snapshot.Difference) string {
	symbol, _ := d.Key.Partition.Text()
	if d.New.IsZero() {
		return symbol + " was deleted"
	}
	text := symbol
	for name, v := range changed(d) {
		old, _ := d.Old.Lookup(name)
		text += fmt.Sprintf(" %s from %v to %v", name, old, v)
	}
	return text
}

// changed returns the attributes that a difference has set.
func changed(d snapshot.Difference) iter.Seq2[string, attr.Value] {
	return func(yield func(string, attr.Value) bool) {
		for name, v := range d.New.All() {
			if old, _ := d.Old.Lookup(name); old != v && !yield(name, v) {
				return
			}
		}
	}
}

// redo writes into the repaired table every good change that came after the last good second, and compares the result
// with what the table would be without the deploy. It goes through the commits one by one: the differences of all that
// time tell what an item was and is, not the good write in between that the deploy wrote over.
func (s *story) redo() error {
	target, err := s.db.Tables.Table(repaired)
	if err != nil {
		return err
	}
	changes, err := s.db.Backups.Changes(s.ctx, live, s.good, noticed)
	if err != nil {
		return err
	}
	redone, left := 0, 0
	for c := range changes {
		good, bad := sortOut(c.Difference)
		redone, left = redone+len(good), left+bad
		if len(good) == 0 {
			continue
		}
		if _, err := target.Update(c.Key, func(old attr.Item) (attr.Item, error) { return old.With(good) }); err != nil {
			return err
		}
	}
	s.say("%d good changes, found commit by commit, are done again, and %d bad ones are not", redone, left)
	return s.check(target, left)
}

// check compares the repaired table with what it would be without the deploy.
func (s *story) check(target *table.Table, left int) error {
	result, err := target.Snapshot()
	if err != nil {
		return err
	}
	expected, err := snapshot.FromItems(result.Table(), result.Cut(), maps.Values(s.truth))
	if err != nil {
		return err
	}
	wrong := count(expected.Differences(result))
	s.note("%s: %d items, %d different from a table without the deploy", repaired, result.Len(), wrong)
	if wrong > 0 || left != s.bad {
		return fmt.Errorf("%d items are not what they should be, %d bad changes of %d were left out", wrong, left, s.bad)
	}
	return nil
}

// sortOut returns the attributes that a difference has set for good, and counts what the deploy did: a deletion or a
// mass of 0.
func sortOut(d snapshot.Difference) (good attr.Map, bad int) {
	if d.New.IsZero() {
		return nil, 1
	}
	good = make(attr.Map)
	for name, v := range changed(d) {
		switch {
		case name == "Mass" && v == zero:
			bad++
		case name != "Symbol": // which is new in an item that was deleted and made anew
			good[name] = v
		}
	}
	return good, bad
}
