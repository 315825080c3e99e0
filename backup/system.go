package backup

import (
	"context"
	"errors"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// systemSuffix is what the name of a SYSTEM backup has after that of its table. No request could give such a name.
const systemSuffix = "$DeletedTableBackup"

// tableDeleted is told the last state of a table. Whether it becomes a SYSTEM backup depends on whether point-in-time
// recovery is on when the table is past being switched.
func (e *Engine) tableDeleted(final *snapshot.Snapshot) {
	at := final.Cut().Latest()
	if at.IsZero() { // a source that has no instants of its own
		at = clock.EndOf(e.source.Now())
	}
	table := final.Table()
	r := &record{
		place: place{table.Name, table.ID}, // on the agenda, until it has an id of its own
		name:  table.Name + systemSuffix, kind: System, marker: Exact, exact: e.profile.ExactSizes,
		capture: snapshot.Taken(at, final),
		created: at.Time().Truncate(time.Millisecond),
	}
	e.mu.Lock()
	e.mu.agenda.ReplaceOrInsert(event{at.Time().Add(e.profile.Departing), decides, r})
	e.settleCutsLocked(table.ID, at.Time())
	e.mu.Unlock()
	e.settle(e.source.Now())
}

// decideLocked makes r a backup if its table had point-in-time recovery to the last.
func (e *Engine) decideLocked(r *record) {
	table := r.capture.Table()
	if _, on := e.mu.recovery[table.ID]; !on {
		return
	}
	delete(e.mu.recovery, table.ID)
	// Not before the decision: until then nobody has seen it.
	r.ready = r.requested().Add(max(e.profile.SystemDelay, e.profile.Departing))
	for {
		r.id = arn.SystemBackupID(r.created)
		if !e.mu.catalog.Has(r) {
			break
		}
		r.created = r.created.Add(time.Millisecond) // the same name deleted twice in a millisecond
	}
	r.expiry = r.created.Add(e.profile.SystemRetention)
	e.mu.catalog.ReplaceOrInsert(r)
	e.mu.agenda.ReplaceOrInsert(event{r.ready, appears, r})
	e.mu.agenda.ReplaceOrInsert(event{r.expiry, expires, r})
}

// settleIfDeleted settles the cuts of a table that was deleted after its capture, but before the backup was there to be
// seen.
func (e *Engine) settleIfDeleted(ctx context.Context, name, tableID string) {
	s, err := e.source.TableState(ctx, name)
	deleted := e.source.Now()
	switch {
	case err == nil && s.ID == tableID && s.Status != schema.Deleting:
		return
	case err == nil && s.ID == tableID:
		deleted = s.DeletionTime
	case err != nil && !errors.Is(err, exception.ResourceNotFound):
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.settleCutsLocked(tableID, deleted)
}

// settleCutsLocked lets the pending backups of a deleted table be ACTIVE as soon as they can: nothing is committed after
// the deletion, so no marker need be waited for.
func (e *Engine) settleCutsLocked(tableID string, deleted time.Time) {
	var pending []event
	e.mu.agenda.Ascend(func(v event) bool {
		if v.kind == becomesReady && v.record.capture.Table().ID == tableID {
			pending = append(pending, v)
		}
		return true
	})
	for _, v := range pending {
		e.mu.agenda.Delete(v)
		if settled := latest(deleted, v.record.requested().Add(v.record.creating)); settled.Before(v.at) {
			v.at, v.record.ready = settled, settled
		}
		e.mu.agenda.ReplaceOrInsert(v)
	}
}
