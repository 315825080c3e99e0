package table

import (
	"context"
	"maps"
	"time"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// CreateTable makes an empty table and returns its description, whose status is CREATING. It fails with a
// ValidationException if d breaks a rule, with ResourceInUse if the name is taken, and with LimitExceeded if that would
// be more than Options.Quotas. d remains the caller's.
func (s *Store) CreateTable(_ context.Context, d schema.Definition) (schema.Description, error) {
	description, err := s.createTable(&d)
	return description, exception.During("CreateTable", d.Name, err)
}

func (s *Store) createTable(d *schema.Definition) (schema.Description, error) {
	if err := d.Check(); err != nil {
		return schema.Description{}, err
	}
	if err := checkTags(d.Tags); err != nil {
		return schema.Description{}, err
	}
	attached, err := s.firstPolicy(d)
	if err != nil {
		return schema.Description{}, err
	}
	billing := d.BillingMode
	if billing == "" {
		billing = schema.Provisioned
	}
	definition := (&schema.Table{
		Name: d.Name, KeySchema: d.KeySchema, Attributes: d.Attributes,
		LocalIndexes: d.LocalIndexes, GlobalIndexes: d.GlobalIndexes,
		BillingMode: billing, Throughput: d.Throughput, OnDemand: d.OnDemand,
		Stream: d.Stream, TTLAttribute: d.TTLAttribute, Encryption: s.encryption(d.SSE),
	}).Clone()
	t := s.newTable(definition, s.timing.Creating)
	t.mu.class = d.Class
	t.mu.protected = d.DeletionProtection
	t.mu.tags = mergeTags(nil, d.Tags)
	t.askWarmLocked("", d.Warm, t.mu.active)
	t.mu.data = storage.NewData(storage.NewLayout(definition))
	t.attachLocked(attached)
	if err := s.create(t); err != nil {
		return schema.Description{}, err
	}
	return t.answer(schema.Creating), nil
}

// beginLocked begins what the definition of a new table asks for.
func (t *Table) beginLocked() {
	created := t.mu.definition.CreationTime
	if view := t.mu.definition.Stream; view != "" {
		t.openStreamLocked(view, created, t.mu.active)
	}
	if t.mu.definition.TTLAttribute != "" {
		t.startExpiringLocked(created, created)
	}
}

// encryption returns what a request for encryption amounts to: a key that does not exist here is taken to exist.
func (s *Store) encryption(spec schema.SSESpecification) schema.Encryption {
	return schema.EncryptionFor(spec, s.region, s.account)
}

// nameTaken says why a new table cannot have this table's name.
func (t *Table) nameTaken(now time.Time) error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	switch {
	case t.restoringLocked(now):
		return inUse("Table is being used: %s", t.name)
	case t.statusLocked(now) == schema.Creating:
		return inUse("Table is being created: %s", t.name)
	}
	return exception.ResourceInUse.Errorf("Table already exists: %s", t.name)
}

func inUse(format string, args ...any) error {
	return exception.ResourceInUse.Errorf("Attempt to change a resource which is still in use: "+format, args...)
}

// DescribeTable returns the description of a table, in whatever state it is. It fails with ResourceNotFound if there
// is none.
func (s *Store) DescribeTable(_ context.Context, name string) (schema.Description, error) {
	t, err := s.lookup(name)
	if err != nil {
		return schema.Description{}, exception.During("DescribeTable", name, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := s.now()
	t.expireLocked(now)
	if t.goneLocked(now) {
		return schema.Description{}, exception.During("DescribeTable", name, errNoSuchTable(t.name))
	}
	return t.describeLocked(moment{now: now}), nil
}

// answer describes the table as the answer to the call that brought it into the given state. Even where the state is
// over at once, the service's answer names it.
func (t *Table) answer(status schema.Status) schema.Description {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.answerLocked(status)
}

func (t *Table) answerLocked(status schema.Status) schema.Description {
	return t.describeAsLocked(moment{now: t.store.now()}, status, status == schema.Creating)
}

// restoreSummaryLocked returns a copy, for the caller of an operation.
func (t *Table) restoreSummaryLocked() *schema.RestoreSummary {
	if t.mu.restore == nil {
		return nil
	}
	summary := *t.mu.restore
	return &summary
}

func (t *Table) describeLocked(m moment) schema.Description {
	return t.describeAsLocked(m, t.statusAtLocked(m), t.restoringLocked(m.now))
}

func (t *Table) describeAsLocked(m moment, status schema.Status, restoring bool) schema.Description {
	figures := t.currentStatisticsLocked(m.now)
	d := schema.Description{
		Table:              *t.mu.definition.Clone(),
		Status:             status,
		Class:              t.mu.class,
		ClassSince:         t.mu.classSince,
		DeletionProtection: t.mu.protected,
		Indexes:            maps.Clone(figures.byName),
		OnDemandSince:      t.mu.onDemand,
		Throughputs:        t.throughputsLocked(m.now),
		StreamARN:          t.mu.streamARN,
	}
	d.Statistics = figures.table
	if restoring {
		d.Restore = t.restoreSummaryLocked()
	}
	t.describeIndexesLocked(&d, m)
	t.describeWorkLocked(&d, m)
	t.describeWarmLocked(&d, m)
	return d
}

// definitionLocked returns the definition with the statistics of the moment. It is shared.
func (t *Table) definitionLocked(now time.Time) *schema.Table {
	if s := t.tableStatisticsLocked(now); s != t.mu.definition.Statistics {
		d := *t.mu.definition
		d.Statistics = s
		t.mu.definition = &d
	}
	return t.mu.definition
}

// TableState returns the state of a table. It fails with ResourceNotFound if there is none.
func (s *Store) TableState(_ context.Context, name string) (schema.State, error) {
	t, err := s.lookup(name)
	if err != nil {
		return schema.State{}, exception.During("TableState", name, err)
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	now := s.now()
	if t.goneLocked(now) {
		return schema.State{}, exception.During("TableState", name, errNoSuchTable(t.name))
	}
	return t.stateLocked(now), nil
}

func (t *Table) stateLocked(now time.Time) schema.State {
	return schema.State{
		ID:           t.mu.definition.ID,
		Status:       t.statusLocked(now),
		CreationTime: t.mu.definition.CreationTime,
		ActiveTime:   t.mu.active,
		SettledTime:  t.settledLocked(),
		DeletionTime: t.mu.deleted,
		Restoring:    t.restoringLocked(now),
	}
}

// DeleteTable deletes a table and returns its description, whose status is DELETING. Functions given to OnDelete are
// called before it returns. It fails with ResourceNotFound if there is no such table; with ResourceInUse if it is not
// ACTIVE, or one of its global indexes is not, or it is being encrypted otherwise or warmed up, or its tags or its policy
// settle (Timing.Settling); and with a ValidationException if it is protected.
func (s *Store) DeleteTable(_ context.Context, name string) (schema.Description, error) {
	description, err := s.deleteTable(name)
	return description, exception.During("DeleteTable", name, err)
}

func (s *Store) deleteTable(name string) (schema.Description, error) {
	t, err := s.lookup(name)
	if err != nil {
		return schema.Description{}, err
	}
	final, answer, err := t.delete()
	if err != nil {
		return schema.Description{}, err
	}
	s.mu.Lock()
	s.mu.deleting = append(s.mu.deleting, t)
	watchers := s.mu.onDelete
	s.mu.Unlock()
	for _, watch := range watchers {
		watch(final)
	}
	s.forget(s.now())
	return answer, nil
}

// delete ends the life of the table and returns its last state, and the answer to the call.
func (t *Table) delete() (*snapshot.Snapshot, schema.Description, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.store.now()
	if err := t.deletableLocked(now); err != nil {
		return nil, schema.Description{}, err
	}
	at := t.nextLocked()
	t.beforeCommitLocked(at)
	t.mu.deleted, t.mu.ended = at.Time(), at
	t.stopExpiringLocked()
	t.endStreamLocked(at.Time())
	t.settleAllLocked()
	t.store.reserve(t.mu.definition.Provisioned(), schema.Throughput{}) // which cannot be too much
	final := snapshot.New(t.definitionLocked(at.Time()), snapshot.At(at), t.mu.data.Clone())
	return final, t.answerLocked(schema.Deleting), nil
}

func (t *Table) deletableLocked(now time.Time) error {
	if t.goneLocked(now) {
		return errNoSuchTable(t.name)
	}
	if t.indexesBusyLocked(now) && t.mu.deleted.IsZero() {
		return inUse("Cannot delete table while indexes are being created, updated, or deleted.")
	}
	switch t.statusLocked(now) {
	case schema.Deleting:
		return inUse("Table is being deleted: %s", t.name)
	case schema.Creating:
		if t.mu.restore != nil {
			return inUse("Table is being used: %s", t.name)
		}
		return inUse("Table is being created: %s", t.name)
	}
	if err := t.idleLocked(now); err != nil {
		return err
	}
	if err := t.attachedLocked(now); err != nil {
		return err
	}
	if t.mu.protected {
		return exception.Validation.Errorf(
			"Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	return nil
}

// OnDelete has watch called with the last state of every table that is deleted from now on, by the goroutine that
// deletes it and while no lock is held: watch may call the store.
func (s *Store) OnDelete(watch func(final *snapshot.Snapshot)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if watch == nil {
		return
	}
	s.mu.onDelete = append(s.mu.onDelete[:len(s.mu.onDelete):len(s.mu.onDelete)], watch)
}

// RestoreTable makes a table that starts as a copy of a snapshot, at a cost that does not depend on its size, and
// returns its description, whose status is CREATING. It fails with ResourceInUse if the name is taken, with LimitExceeded
// as CreateTable does, and with a ValidationException if the request names an index that the snapshot lacks; r is
// trusted in the rest. r remains the caller's.
func (s *Store) RestoreTable(_ context.Context, r snapshot.Restore) (schema.Description, error) {
	definition := r.Table.Clone()
	if r.Snapshot == nil || len(definition.KeySchema) == 0 {
		err := exception.Validation.Errorf("a restore needs a snapshot, and a table with a key")
		return schema.Description{}, exception.During("RestoreTable", definition.Name, err)
	}
	t := s.newTable(definition, r.Duration)
	data, err := r.Snapshot.Data(storage.NewLayout(definition), r.Indexes)
	if err != nil {
		return schema.Description{}, exception.During("RestoreTable", definition.Name, err)
	}
	t.mu.data = data
	summary := r.Summary
	t.mu.restore = &summary
	if err := s.create(t); err != nil {
		return schema.Description{}, exception.During("RestoreTable", definition.Name, err)
	}
	return t.answer(schema.Creating), nil
}
