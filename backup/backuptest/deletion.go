package backuptest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
)

func deletionChecks() []check {
	return []check{
		{
			Info: Info{"Deletion", "a deletion is told once, with the table's last state, before it is acknowledged",
				"that state becomes the SYSTEM backup, which is all that is left of the table"},
			needs: []Lack{Deletions}, run: deletion,
		},
		{
			Info: Info{"DeletionUnlocked", "a deletion is told while no lock of the store is held",
				"who is told may call the store, and would wait for ever"},
			needs: []Lack{Deletions}, run: deletionUnlocked,
		},
		{
			Info: Info{"SystemBackup", "a table with point-in-time recovery leaves a SYSTEM backup of its last state",
				"it is what saves those who have deleted the wrong table"},
			needs: []Lack{Deletions, History}, run: systemBackup,
		},
	}
}

func deletion(t *trial) {
	var told, other []*snapshot.Snapshot
	n := t.store.(backup.Notifier)
	n.OnDelete(func(final *snapshot.Snapshot) { told = append(told, final) })
	n.OnDelete(func(final *snapshot.Snapshot) { other = append(other, final) })
	var want items
	for round := range 3 { // of the same name, with other items
		t.create(simple("Things"))
		want = items{}.with(byID, thing("a", round), thing(fmt.Sprint("only", round), round))
		for _, item := range want {
			t.put("Things", item)
		}
		t.put("Things", thing("gone", round))
		t.drop("Things", key("gone"))
		c, _ := t.capture("Things")
		t.hands.move(time.Second)
		id := t.state("Things").ID
		if t.failed() || !t.worked("deleted the table", t.store.DeleteTable(t.ctx, "Things")) {
			return
		}
		t.require(len(told) == round+1 && len(other) == round+1, "deleted the table while two were to be told",
			fmt.Sprintf("%d and %d calls after %d deletions", len(told), len(other), round+1), "each deletion told once to both")
		if t.failed() {
			return
		}
		final := told[round]
		t.require(final != nil && final.Table().ID == id && final.Table().Name == "Things",
			"deleted the table and looked at what was told", "another table, or none", "the table that was deleted")
		if t.failed() {
			return
		}
		t.same("deleted the table and looked at the state that was told", itemsIn(final), want)
		if at := final.Cut().Latest(); !at.IsZero() {
			t.require(at.After(c.At()) && !at.Time().After(t.store.Now()), "looked at the instant of the deletion",
				at.String(), fmt.Sprintf("one after %v, and not ahead, or the zero Cut", c.At()))
		}
		t.awaitGone("Things")
	}
	if err := t.store.DeleteTable(t.ctx, "Never"); err == nil || len(told) != 3 {
		t.fail("deleted a table that is not there", fmt.Sprintf("the error %v, %d deletions told", err, len(told)),
			"an error, and nothing told")
	}
}

// stuck is how long a call of the store may take before the kit takes it to wait for ever.
const stuck = 10 * time.Second

func deletionUnlocked(t *trial) {
	var called atomic.Int64
	var failed error
	t.store.(backup.Notifier).OnDelete(func(final *snapshot.Snapshot) {
		called.Add(1)
		done := make(chan error, 1)
		go func() { done <- guarded(func() error { return useStore(t, final) }) }()
		timeout := time.NewTimer(stuck)
		defer timeout.Stop()
		select {
		case err := <-done:
			failed = err
		case <-timeout.C:
			failed = errors.New("the calls did not return")
		}
	})
	t.create(simple("Others"))
	t.create(simple("Things"))
	t.put("Things", thing("a", 1))
	if t.failed() || !t.worked("deleted the table", t.store.DeleteTable(t.ctx, "Things")) {
		return
	}
	t.worked("called the store when the deletion was told", failed)
	t.require(called.Load() == 1, "deleted the table", fmt.Sprintf("%d calls", called.Load()), "one")
}

// useStore does with the store what one that is told of a deletion might do.
func useStore(t *trial, final *snapshot.Snapshot) error {
	t.store.Now()
	_, err := t.store.TableState(t.ctx, final.Table().Name)
	if errors.Is(err, exception.ResourceNotFound) {
		err = nil // gone, or still there: both are right
	}
	_, captured := t.store.CaptureTable(t.ctx, "Others", exactly)
	return errors.Join(err, captured, t.store.Put(t.ctx, "Others", thing("told", 1)))
}

func systemBackup(t *trial) {
	e := t.engine(backup.Instant())
	for _, name := range []string{"Recoverable", "Plain"} {
		t.create(simple(name))
		t.put(name, thing("a", 1), thing("b", 1))
	}
	if t.failed() {
		return
	}
	_, err := e.UpdateContinuousBackups(t.ctx, "Recoverable", backup.RecoverySpecification{Enabled: true})
	t.worked("switched point-in-time recovery on", err)
	t.put("Recoverable", thing("b", 2))
	t.remove("Recoverable")
	t.remove("Plain")
	t.hands.move(time.Hour)
	if t.failed() {
		return
	}
	list, _, err := e.ListBackups(t.ctx, backup.ListInput{Type: backup.All})
	t.worked("ListBackups", err)
	t.require(len(list) == 1 && list[0].Type == backup.System, "deleted a table with recovery and one without",
		fmt.Sprintf("%d backups: %v", len(list), list), "a SYSTEM backup of the first")
	if t.failed() {
		return
	}
	want := items{}.with(byID, thing("a", 1), thing("b", 2))
	t.backedUp("deleted a table with recovery", e, list[0].ARN, want)
	_, err = e.RestoreTableFromBackup(t.ctx, backup.RestoreInput{TargetTableName: "Recoverable", BackupARN: list[0].ARN})
	if t.worked("restored the SYSTEM backup", err) {
		t.awaitActive("Recoverable")
		t.holds("restored the SYSTEM backup", "Recoverable", byID, want)
	}
}
