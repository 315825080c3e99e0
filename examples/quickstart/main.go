// Quickstart shows a backup from its request to its end on a clock that the program moves: it loads a table, takes a
// backup while writes go on around the request, shows which of them made it in and why, restores the backup, deletes
// the table, and finds the SYSTEM backup that this leaves gone 35 days later.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -marker torn -seed 3
//	go run ./examples/quickstart -data export.jsonl -pk Artist -sk SongTitle
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"time"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// request is when the backup is asked for: the moment of the example in the reference text of CreateBackup.
var request = time.Date(2026, time.March, 2, 14, 25, 0, 0, time.UTC)

func main() {
	log.SetFlags(0)
	data := flag.String("data", "", "a file of DynamoDB-JSON lines (default: the chemical elements)")
	pk := flag.String("pk", "Symbol", "the attribute that is the partition key")
	sk := flag.String("sk", "", "the attribute that is the sort key, if any")
	marker := flag.String("marker", "fuzzy", "where the backup's marker falls: exact, fuzzy, torn, earliest or latest")
	seed := flag.Uint64("seed", 7, "where chance begins: the same seed gives the same backup")
	flag.Parse()

	items, err := load(*data)
	if err != nil {
		log.Fatalf("cannot load the data: %v", err)
	}
	s, err := newStory(backup.Marker(*marker), *seed)
	if err != nil {
		log.Fatal(err)
	}
	if err := s.tell(items, *pk, *sk); err != nil {
		log.Fatal(err)
	}
}

// story is the run of the program: a database whose clock it moves, and a timeline that it prints.
type story struct {
	ctx   context.Context
	clock *clock.Manual
	db    *tidemark.DB
	table *table.Table
	edits []snapshot.Change
}

func newStory(marker backup.Marker, seed uint64) (*story, error) {
	s := &story{ctx: context.Background(), clock: clock.NewManual(request.Add(-10 * time.Minute))}
	options := tidemark.Documented()
	options.Clock, options.Seed = s.clock, seed
	options.Profile.Marker = marker
	options.OnTransition = func(t backup.Transition) {
		s.sayAt(t.At, "backup %s is %s", t.ARN[len(t.ARN)-len("01576616366715-b4e58d3a"):], t.To)
	}
	db, err := tidemark.New(options)
	s.db = db
	return s, err
}

func (s *story) tell(items []attr.Item, pk, sk string) error {
	fmt.Println("Times are UTC on a clock that this program moves; nothing waits.")
	steps := []func() error{
		func() error { return s.create(items, pk, sk) },
		s.backUpAmongWrites,
		s.deleteWithRecovery,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// create makes the table and loads the items. The service does not back up a table that is only seconds old.
func (s *story) create(items []attr.Item, pk, sk string) error {
	chapter("A table")
	definition, err := define("Elements", pk, sk, items)
	if err != nil {
		return err
	}
	d, err := s.db.Tables.CreateTable(s.ctx, definition)
	if err != nil {
		return err
	}
	s.say("CreateTable %s: %s", d.Name, d.Status)
	for range 3 {
		_, err = s.db.Backups.CreateBackup(s.ctx, backup.CreateInput{TableName: "Elements", BackupName: "too-early"})
		s.say("CreateBackup: %s", outcome(err))
		s.clock.Advance(3 * time.Second)
	}
	if s.table, err = s.db.Tables.Table("Elements"); err != nil {
		return err
	}
	for _, item := range items {
		if _, err := s.table.Put(item); err != nil {
			return err
		}
	}
	snapshot, err := s.table.Snapshot()
	if err != nil {
		return err
	}
	s.say("loaded %d items, %d bytes", snapshot.Len(), snapshot.Size())
	return nil
}

// backUpAmongWrites edits an item every ten seconds, takes a backup in the middle, and looks at what is in it.
func (s *story) backUpAmongWrites() error {
	chapter("A backup among writes")
	if err := s.editUntil(request); err != nil {
		return err
	}
	b, err := s.db.Backups.CreateBackup(s.ctx, backup.CreateInput{TableName: "Elements", BackupName: "nightly"})
	if err != nil {
		return err
	}
	s.say("CreateBackup %s: %s", b.Name, b.Status)
	fmt.Println("              " + b.ARN)
	if err := s.editUntil(request.Add(90 * time.Second)); err != nil {
		return err
	}
	if err := s.explain(b.ARN); err != nil {
		return err
	}
	return s.restore(b.ARN)
}

// editUntil sets the attribute "Edited" of one item after another, ten seconds apart, up to but not at the given time.
func (s *story) editUntil(end time.Time) error {
	start := s.clock.Set(request.Add(-90 * time.Second))
	snapshot, err := s.table.Snapshot()
	if err != nil {
		return err
	}
	n, skip := 0, len(s.edits)
	for item := range snapshot.All() {
		at := start.Add(time.Duration(n) * 10 * time.Second)
		if skip--; skip >= 0 {
			continue
		}
		if !at.Before(end) {
			break
		}
		s.clock.Set(at)
		s.db.Backups.Settle() // so that what has come due is printed in its place
		edited, err := item.With(attr.Map{"Edited": attr.S(at.Format(time.TimeOnly))})
		if err != nil {
			return err
		}
		change, err := s.table.Put(edited)
		if err != nil {
			return err
		}
		s.edits = append(s.edits, change)
		n++
	}
	s.say("edited %d items, one every 10 s", n)
	s.clock.Set(end)
	return nil
}

// restore makes a new table of the backup and compares the two.
func (s *story) restore(arn string) error {
	chapter("A restore")
	d, err := s.db.Backups.RestoreTableFromBackup(s.ctx, backup.RestoreInput{TargetTableName: "Elements-restored", BackupARN: arn})
	if err != nil {
		return err
	}
	s.say("RestoreTableFromBackup: %s is %s from the backup of %s", d.Name, d.Status, clockTime(d.Restore.RestoreTime))
	_, err = s.db.Backups.DeleteBackup(s.ctx, arn)
	s.say("DeleteBackup: %s", outcome(err))
	state, err := s.db.Tables.TableState(s.ctx, d.Name)
	if err != nil {
		return err
	}
	s.clock.Set(state.ActiveTime)
	restored, err := s.db.Tables.Table("Elements-restored")
	if err != nil {
		return err
	}
	content, err := restored.Snapshot()
	if err != nil {
		return err
	}
	held, err := s.db.Backups.Snapshot(s.ctx, arn)
	if err != nil {
		return err
	}
	same := 0
	for item := range content.All() {
		if original, ok := held.Lookup(keyOf(held, item)); ok && original == item {
			same++
		}
	}
	s.say("%s is ACTIVE with %d items, %d of them equal to the %d in the backup", d.Name, content.Len(), same, held.Len())
	return nil
}

// deleteWithRecovery deletes the table while point-in-time recovery is on, which leaves a SYSTEM backup.
func (s *story) deleteWithRecovery() error {
	chapter("A deletion")
	_, err := s.db.Backups.UpdateContinuousBackups(s.ctx, "Elements", backup.RecoverySpecification{Enabled: true})
	if err != nil {
		return err
	}
	s.say("UpdateContinuousBackups: point-in-time recovery is on")
	if _, err := s.db.Tables.DeleteTable(s.ctx, "Elements"); err != nil {
		return err
	}
	s.say("DeleteTable Elements")
	s.clock.Advance(10 * time.Second)
	left, err := s.list(backup.All)
	if err != nil {
		return err
	}
	_, err = s.db.Backups.DeleteBackup(s.ctx, left[len(left)-1].ARN)
	s.say("DeleteBackup: %s", outcome(err))
	s.clock.Advance(backup.SystemRetention)
	_, err = s.list(backup.All)
	return err
}

// list prints the backups there are.
func (s *story) list(kind backup.Type) ([]backup.Summary, error) {
	backups, _, err := s.db.Backups.ListBackups(s.ctx, backup.ListInput{Type: kind})
	if err != nil {
		return nil, err
	}
	s.say("ListBackups: %d", len(backups))
	for _, b := range backups {
		expires := "never"
		if !b.ExpiryTime.IsZero() {
			expires = b.ExpiryTime.Format(time.DateTime)
		}
		fmt.Printf("              %-6s %-30s %s, expires %s\n", b.Type, b.Name, b.Status, expires)
	}
	return backups, nil
}

func chapter(title string) { fmt.Printf("\n%s\n", title) }

func (s *story) say(format string, args ...any) { s.sayAt(s.clock.Now(), format, args...) }

func (s *story) sayAt(at time.Time, format string, args ...any) {
	fmt.Printf("%-12s  %s\n", clockTime(at), fmt.Sprintf(format, args...))
}

// clockTime leaves out the date on the day of the request.
func clockTime(t time.Time) string {
	if t.Truncate(24*time.Hour) != request.Truncate(24*time.Hour) {
		return t.Format("Jan 2 15:04")
	}
	return t.Format("15:04:05.000")
}

// outcome shows a refusal as the service words it.
func outcome(err error) string {
	var refused *exception.Error
	if errors.As(err, &refused) {
		return fmt.Sprintf("refused with %s\n              %q", refused.Code, refused.Message)
	}
	return fmt.Sprint(err)
}
