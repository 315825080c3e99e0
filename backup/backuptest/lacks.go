package backuptest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

func lackChecks() []check {
	return []check{
		{
			Info: Info{"Declarations", "what the store lacks is declared, and nothing else is",
				"users of the store read the declaration: it must neither hide a hole nor a capability"},
			run: declarations,
		},
		{
			Info: Info{"NoHistory", "without history, whatever needs it is refused",
				"a backup of an earlier moment that is made of the present is a fake"},
			without: History, run: noHistory,
		},
		{
			Info: Info{"NoDeletions", "without news of deletions there are no SYSTEM backups",
				"a SYSTEM backup that nobody has told the last state of can only be made up"},
			without: Deletions, run: noDeletions,
		},
		{
			Info: Info{"NoIndexes", "without indexes, a table that has one is neither made nor restored",
				"a table that has silently lost its indexes fails its first query"},
			without: Indexes, run: noIndexes,
		},
		{
			Info: Info{"NoSortKeys", "without sort keys, a table that has one is neither made nor restored",
				"where the sort key does not count, items of one partition replace each other"},
			without: SortKeys, run: noSortKeys,
		},
	}
}

func declarations(t *trial) {
	for _, l := range t.lacks {
		if !slices.Contains(allLacks, l) {
			t.fail(fmt.Sprintf("declared the lack %q", l), "no such lack", fmt.Sprintf("one of %q", allLacks))
		}
	}
	for _, of := range []struct {
		lack Lack
		name string
	}{{History, "Historian"}, {Deletions, "Notifier"}} {
		lack, name := of.lack, of.name
		switch has := capable(t.store, lack); {
		case has && t.lacking(lack):
			t.fail("looked at the methods of the store", "that it is a backup."+name,
				fmt.Sprintf("that it is not, as it is declared to lack %s", lack))
		case !has && !t.lacking(lack):
			t.fail("looked at the methods of the store", "that it is no backup."+name,
				fmt.Sprintf("that it is, or that the lack %s is declared", lack))
		}
	}
}

func noHistory(t *trial) {
	t.create(simple("Things"))
	t.put("Things", thing("a", 1))
	if capable(t.store, History) || t.failed() {
		return // which is the failure of the declaration
	}
	p := backup.Instant()
	p.Window = time.Minute
	if _, err := backup.New(t.store, backup.Options{Profile: p}); err == nil {
		t.fail("made an engine with a window", "no error", "an error: earlier markers need history")
	}
	e := t.engine(backup.Instant())
	if t.failed() {
		return
	}
	_, err := e.UpdateContinuousBackups(t.ctx, "Things", backup.RecoverySpecification{Enabled: true})
	t.refused("switched point-in-time recovery on", err, exception.Validation)
	_, err = e.RestoreTableToPointInTime(t.ctx, backup.PointInTimeInput{
		SourceTableName: "Things", TargetTableName: "Restored", UseLatestRestorableTime: true,
	})
	t.refused("RestoreTableToPointInTime", err, exception.PointInTimeRecoveryUnavailable)
	_, err = e.SnapshotAt(t.ctx, "Things", t.store.Now())
	t.refused("read the table at a time", err, exception.PointInTimeRecoveryUnavailable)
	_, err = t.store.TableState(t.ctx, "Restored")
	t.refused("asked for the target of the restore that was refused", err, exception.ResourceNotFound)
	t.backedUp("took an exact backup", e, t.backUp(e, "Things"), items{}.with(byID, thing("a", 1)))
}

func noDeletions(t *trial) {
	t.create(simple("Things"))
	e := t.engine(backup.Instant())
	if !t.failed() && capable(t.store, History) {
		_, err := e.UpdateContinuousBackups(t.ctx, "Things", backup.RecoverySpecification{Enabled: true})
		t.worked("switched point-in-time recovery on", err)
	}
	t.remove("Things")
	if capable(t.store, Deletions) || t.failed() {
		return
	}
	t.hands.move(time.Hour)
	list, _, err := e.ListBackups(t.ctx, backup.ListInput{Type: backup.All})
	t.worked("ListBackups", err)
	t.require(len(list) == 0, "deleted the table and listed all backups", fmt.Sprintf("%d backups", len(list)), "none")
}

func noIndexes(t *trial) {
	d := indexed("Things")
	t.refusedDefinition("an index", d, coloured("a", "red"))
}

func noSortKeys(t *trial) {
	t.refusedDefinition("a sort key", sorted("Things"), thing("a", 1))
}

// refusedDefinition fails unless a table is refused, both when it is to be created and when it is to be restored.
func (t *trial) refusedDefinition(what string, d schema.Definition, holding ...attr.Item) {
	did := "created a table with " + what
	t.refusedClearly(did, t.store.CreateTable(t.ctx, d))
	t.absent(did, d.Name)
	s, err := snapshot.FromItems(&schema.Table{
		Name: "Elsewhere", ID: "elsewhere", KeySchema: d.KeySchema, Attributes: d.Attributes, GlobalIndexes: d.GlobalIndexes,
		BillingMode: d.BillingMode,
	}, snapshot.At(clock.EndOf(t.store.Now())), slices.Values(holding))
	if !t.worked("made a snapshot", err) {
		return
	}
	did = "restored a table with " + what
	_, err = t.store.RestoreTable(t.ctx, request(s, d.Name))
	t.refusedClearly(did, err)
	t.absent(did, d.Name)
}

// refusedClearly fails unless there is an error, of one of the service's codes and with words.
func (t *trial) refusedClearly(did string, err error) {
	var code exception.Code
	var e *exception.Error
	switch {
	case err == nil:
		t.fail(did, "no error", "a clear error: the store is declared to lack it")
	case errors.As(err, &e) && e.Message == "", errors.As(err, &code) && err.Error() == string(code):
		t.fail(did, "the error: "+err.Error(), "an error that says in words what is lacking")
	}
}

// absent fails unless there is no table of that name.
func (t *trial) absent(did, name string) {
	if t.failed() {
		return
	}
	s, err := t.store.TableState(t.ctx, name)
	if err == nil {
		t.fail(did+", and looked for table "+name, "a table that is "+string(s.Status), "no table")
	}
	t.refused(did+", and looked for table "+name, err, exception.ResourceNotFound)
}
