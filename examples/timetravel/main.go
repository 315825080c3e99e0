// Timetravel shows what point-in-time recovery is for, on a clock that the program moves. A table is written to for
// days; in the middle of that a bad deploy spoils some items, and nobody notices until much later. The program finds
// the last good second by comparing views of the past, restores it into a new table, proves what is in there, and does
// again the good writes that came after.
//
//	go run ./examples/timetravel
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

const (
	live     = "Elements"
	repaired = "Elements-repaired"
)

// start is when the story begins.
var start = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

func main() {
	log.SetFlags(0)
	if err := tell(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// story is the run of the program: a database whose clock it moves, and a timeline that it prints.
type story struct {
	ctx   context.Context
	out   io.Writer
	clock *clock.Manual
	db    *tidemark.DB
	items []attr.Item // the elements, as loaded

	// truth is the table as it would be without the bad deploy. Nothing is decided by it: it is there to check the end.
	truth map[attr.Key]attr.Item
	bad   int // writes of the deploy, also known for checking alone

	good time.Time // the last good second, once it has been found
}

func tell(out io.Writer) error {
	items, err := load()
	if err != nil {
		return err
	}
	s := &story{
		ctx: context.Background(), out: out, clock: clock.NewManual(start),
		items: items, truth: make(map[attr.Key]attr.Item),
	}
	options := tidemark.Documented()
	options.Clock, options.Seed = s.clock, 1
	if s.db, err = tidemark.New(options); err != nil {
		return err
	}
	fmt.Fprintln(out, "Times are UTC on a clock that this program moves; nothing waits.")
	for _, chapter := range []struct {
		title string
		tell  func() error
	}{
		{"A table with point-in-time recovery", s.create},
		{"Eleven days", s.write},
		{"The last good second", s.search},
		{"What the deploy did", s.blame},
		{"A restore to that second", s.restore},
		{"The good writes that came after", s.redo},
	} {
		fmt.Fprintf(out, "\n%s\n", chapter.title)
		if err := chapter.tell(); err != nil {
			return err
		}
	}
	return nil
}

// create makes the table, loads the elements and switches recovery on.
func (s *story) create() error {
	_, err := s.db.Tables.CreateTable(s.ctx, schema.Definition{
		Name: live, KeySchema: schema.Keys("Symbol"), Attributes: schema.Attributes{"Symbol": attr.TypeS},
		BillingMode: schema.PayPerRequest,
	})
	if err != nil {
		return err
	}
	s.clock.Advance(10 * time.Second) // a new table is not ready for continuous backups before
	elements, err := s.db.Tables.Table(live)
	if err != nil {
		return err
	}
	for _, item := range s.items {
		if _, err := elements.Put(item); err != nil {
			return err
		}
		s.truth[keyOf(item)] = item
	}
	s.say("loaded %d items", len(s.items))
	c, err := s.db.Backups.UpdateContinuousBackups(s.ctx, live, backup.RecoverySpecification{Enabled: true})
	if err != nil {
		return err
	}
	s.say("point-in-time recovery is on, for %d days", c.PointInTimeRecovery.RecoveryPeriodInDays)
	return nil
}

// write does all that is written to the table, good and bad, until somebody notices.
func (s *story) write() error {
	elements, err := s.db.Tables.Table(live)
	if err != nil {
		return err
	}
	good, bad := 0, 0
	for _, w := range schedule(s.items) {
		s.clock.Set(w.at)
		if _, err := elements.Update(w.key, w.apply); err != nil {
			return err
		}
		if w.bad {
			if bad++; bad == 1 {
				s.say("%4d good writes so far; here a bad deploy begins, unnoticed", good)
			}
			continue
		}
		good++
		if s.truth[w.key], err = w.apply(s.truth[w.key]); err != nil {
			return err
		}
	}
	s.bad = bad
	s.say("%4d good writes in all, some of them to items that the deploy had spoiled", good)
	s.clock.Set(noticed)
	now, err := elements.Snapshot()
	if err != nil {
		return err
	}
	s.say("somebody notices: only %d of %d elements have a name and a mass; all writers are stopped",
		whole(now), len(s.items))
	return nil
}

// restore makes a new table of the last good second, and says of every item how it differs from the live table.
func (s *story) restore() error {
	d, err := s.db.Backups.RestoreTableToPointInTime(s.ctx, backup.PointInTimeInput{
		SourceTableName: live, TargetTableName: repaired, RestoreTime: s.good,
	})
	if err != nil {
		return err
	}
	s.say("RestoreTableToPointInTime: %s is %s with the items of %s", d.Name, d.Status, second(d.Restore.RestoreTime))
	state, err := s.db.Tables.TableState(s.ctx, repaired)
	if err != nil {
		return err
	}
	s.clock.Set(state.ActiveTime)
	restored, err := s.snapshot(repaired)
	if err != nil {
		return err
	}
	view, err := s.db.Backups.SnapshotAt(s.ctx, live, s.good)
	if err != nil {
		return err
	}
	now, err := s.snapshot(live)
	if err != nil {
		return err
	}
	s.say("%s is ACTIVE with %d items", repaired, restored.Len())
	s.note("differences from the view of that second: %d", count(view.Differences(restored)))
	return s.compare(restored, now)
}

// compare proves that what tells the restored table from the live one is what was written since, and nothing else.
func (s *story) compare(restored, now *snapshot.Snapshot) error {
	since, err := s.db.Backups.Differences(s.ctx, live, s.good, noticed)
	if err != nil {
		return err
	}
	written := make(map[snapshot.Difference]bool)
	for d := range since {
		written[d] = true
	}
	found, unexplained := 0, 0
	for d := range restored.Differences(now) {
		found++
		if !written[d] {
			unexplained++
		}
	}
	s.note("differences from the live table: %d, of which %d were not written since", found, unexplained)
	if found != len(written) || unexplained > 0 {
		return fmt.Errorf("%d items were written since, but %d differ", len(written), found)
	}
	return nil
}

func (s *story) snapshot(name string) (*snapshot.Snapshot, error) {
	t, err := s.db.Tables.Table(name)
	if err != nil {
		return nil, err
	}
	return t.Snapshot()
}

func (s *story) say(format string, args ...any) {
	fmt.Fprintf(s.out, "%s  %s\n", second(s.clock.Now()), fmt.Sprintf(format, args...))
}

// note prints a line that belongs to the one before.
func (s *story) note(format string, args ...any) {
	fmt.Fprintf(s.out, "%15s  %s\n", "", fmt.Sprintf(format, args...))
}

func second(t time.Time) string { return t.Format("Jan _2 15:04:05") }
