package backup

import (
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/snapshot"
)

// systemSuffix is what the name of a SYSTEM backup has after that of its table. No request could give such a name.
const systemSuffix = "$DeletedTableBackup"

// tableDeleted is told the last state of a table. Whether it becomes a SYSTEM backup depends on whether point-in-time
// recovery is on when the table is past being switched.
func (e *Engine) tableDeleted(final *snapshot.Snapshot) {
	at := final.Cut().Latest()
	table := final.Table()
	r := &record{
		arn:  arn.ARN{Table: table.Name, ID: table.ID}, // its place on the agenda, until it has an ARN of its own
		name: table.Name + systemSuffix, kind: System, marker: Exact, exact: e.profile.ExactSizes,
		capture: snapshot.NewCapture(at, table, final.Cut(), func() *snapshot.Snapshot { return final }),
		created: at.Time().Truncate(time.Millisecond),
	}
	e.mu.Lock()
	e.mu.agenda.ReplaceOrInsert(event{at.Time().Add(e.profile.Departing), decides, r})
	e.mu.Unlock()
	e.settleCuts(table.ID)
	e.settle(e.source.Now())
}

// decideLocked makes r a backup if its table had point-in-time recovery to the last.
func (e *Engine) decideLocked(r *record) {
	table := r.capture.Table()
	if _, on := e.mu.recovery[table.ID]; !on {
		return
	}
	delete(e.mu.recovery, table.ID)
	for {
		r.arn = table.ARN.Backup(arn.SystemBackupID(r.created))
		if !e.mu.catalog.Has(r) {
			break
		}
		r.created = r.created.Add(time.Millisecond) // the same name deleted twice in a millisecond
	}
	r.shown = r.created.Add(e.profile.SystemDelay)
	r.ready = r.shown
	r.expiry = r.created.Add(e.profile.SystemRetention)
	e.mu.catalog.ReplaceOrInsert(r)
	e.mu.agenda.ReplaceOrInsert(event{r.shown, appears, r})
	e.mu.agenda.ReplaceOrInsert(event{r.expiry, expires, r})
}

// settleCuts lets the pending backups of a deleted table be ACTIVE as soon as they can: nothing is committed after the
// deletion, so no marker need be waited for.
func (e *Engine) settleCuts(tableID string) {
	for _, r := range e.pendingOf(tableID) {
		r.capture.Snapshot()
		ready := readyAt(r.created, e.profile.Creating, r.capture.At(), r.capture.Cut())
		e.mu.Lock()
		if e.mu.agenda.Has(event{r.ready, becomesReady, r}) {
			e.mu.agenda.Delete(event{r.ready, becomesReady, r})
			r.ready = ready
			e.mu.agenda.ReplaceOrInsert(event{r.ready, becomesReady, r})
		}
		e.mu.Unlock()
	}
}

func (e *Engine) pendingOf(tableID string) (pending []*record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mu.agenda.Ascend(func(v event) bool {
		if v.kind == becomesReady && v.record.capture.Table().ID == tableID {
			pending = append(pending, v.record)
		}
		return true
	})
	return pending
}
