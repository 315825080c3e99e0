package backuptest_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup/backuptest"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// tables makes this module's own store a backuptest.Store. It is a Historian and a Notifier, as the store is.
type tables struct{ *table.Store }

func newTables(timing table.Timing) backuptest.Maker {
	return func(c clock.Clock) (backuptest.Store, error) { return ours(c, timing), nil }
}

func ours(c clock.Clock, timing table.Timing) tables {
	return tables{table.NewStore(table.Options{Clock: c, Seed: 1, Timing: timing})}
}

func (s tables) CreateTable(ctx context.Context, d schema.Definition) error {
	_, err := s.Store.CreateTable(ctx, d)
	return err
}

func (s tables) DeleteTable(ctx context.Context, name string) error {
	_, err := s.Store.DeleteTable(ctx, name)
	return err
}

func (s tables) Put(_ context.Context, name string, item attr.Item) error {
	t, err := s.Table(name)
	if err == nil {
		_, err = t.Put(item)
	}
	return err
}

func (s tables) Delete(_ context.Context, name string, key attr.Key) error {
	t, err := s.Table(name)
	if err == nil {
		_, err = t.Delete(key)
	}
	return err
}

func (s tables) Items(_ context.Context, name string) ([]attr.Item, error) {
	t, err := s.Table(name)
	if err != nil {
		return nil, err
	}
	now, err := t.Snapshot()
	if err != nil {
		return nil, err
	}
	return slices.Collect(now.All()), nil
}

// SetThroughput makes the store a backuptest.Updater.
func (s tables) SetThroughput(ctx context.Context, name string, t schema.Throughput) error {
	_, err := s.UpdateTable(ctx, name, table.Changes{Throughput: t})
	return err
}

// mapStore can only say what its items are now: maps behind a mutex, without history, indexes or news of deletions.
type mapStore struct {
	seq *clock.Sequencer

	mu     sync.Mutex
	tables map[string]*mapTable
}

type mapTable struct {
	schema.Table
	items map[attr.Key]attr.Item
}

func newMaps(c clock.Clock) (backuptest.Store, error) { return newMapStore(c), nil }

func newMapStore(c clock.Clock) *mapStore {
	return &mapStore{seq: clock.NewSequencer(c), tables: make(map[string]*mapTable)}
}

func (m *mapStore) Now() time.Time  { return m.seq.Now() }
func (m *mapStore) Region() string  { return "local" }
func (m *mapStore) Account() string { return "000000000000" }

func (m *mapStore) key(t *mapTable, item attr.Item) (k attr.Key) {
	k.Partition, _ = item.Lookup(t.KeySchema.Partition())
	if sort := t.KeySchema.Sort(); sort != "" {
		k.Sort, _ = item.Lookup(sort)
	}
	return k
}

// on calls fn with a table while nobody else uses the store.
func (m *mapStore) on(name string, fn func(*mapTable) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.tables[name]
	if !ok {
		return exception.ResourceNotFound.Errorf("there is no table %s", name)
	}
	return fn(t)
}

func (m *mapStore) TableState(_ context.Context, name string) (s schema.State, err error) {
	err = m.on(name, func(t *mapTable) error {
		s = schema.State{ID: t.ID, Status: schema.Active, CreationTime: t.CreationTime}
		return nil
	})
	return s, err
}

func (m *mapStore) CaptureTable(
	_ context.Context, name string, cut snapshot.CutFunc,
) (c *snapshot.Capture, err error) {
	err = m.on(name, func(t *mapTable) error {
		at := m.seq.Next()
		s, err := snapshot.FromItems(described(t), cut(at), maps.Values(t.items))
		if err == nil {
			c = snapshot.Taken(at, s)
		}
		return err
	})
	return c, err
}

func described(t *mapTable) *schema.Table {
	d := t.Clone()
	for _, item := range t.items {
		d.ItemCount++
		d.SizeBytes += int64(item.Size())
	}
	return d
}

func (m *mapStore) RestoreTable(_ context.Context, r snapshot.Restore) (schema.Description, error) {
	t := &mapTable{Table: *r.Table.Clone(), items: make(map[attr.Key]attr.Item)}
	for item := range r.Snapshot.All() {
		t.items[m.key(t, item)] = item
	}
	return m.add(t)
}

// add takes the name of a table that is complete.
func (m *mapStore) add(t *mapTable) (schema.Description, error) {
	if len(t.LocalIndexes)+len(t.GlobalIndexes) > 0 {
		return schema.Description{}, exception.Validation.Errorf("this store has no indexes")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.tables[t.Name]; taken {
		return schema.Description{}, exception.ResourceInUse.Errorf("there is a table %s", t.Name)
	}
	t.ID, t.ARN, t.CreationTime = uuid.NewString(), arn.Table(m.Region(), m.Account(), t.Name), m.Now()
	t.Statistics = schema.Statistics{}
	m.tables[t.Name] = t
	return schema.Description{Table: *t.Clone(), Status: schema.Creating}, nil
}

func (m *mapStore) CreateTable(_ context.Context, d schema.Definition) error {
	if err := d.Check(); err != nil {
		return err
	}
	_, err := m.add(&mapTable{items: make(map[attr.Key]attr.Item), Table: *(&schema.Table{
		Name: d.Name, KeySchema: d.KeySchema, Attributes: d.Attributes, LocalIndexes: d.LocalIndexes,
		GlobalIndexes: d.GlobalIndexes, BillingMode: d.BillingMode, Throughput: d.Throughput,
	}).Clone()})
	return err
}

func (m *mapStore) DeleteTable(_ context.Context, name string) error {
	return m.on(name, func(*mapTable) error {
		delete(m.tables, name)
		return nil
	})
}

func (m *mapStore) Put(_ context.Context, name string, item attr.Item) error {
	return m.on(name, func(t *mapTable) error {
		t.items[m.key(t, item)] = item
		return nil
	})
}

func (m *mapStore) Delete(_ context.Context, name string, key attr.Key) error {
	return m.on(name, func(t *mapTable) error {
		delete(t.items, key)
		return nil
	})
}

func (m *mapStore) Items(_ context.Context, name string) (list []attr.Item, err error) {
	err = m.on(name, func(t *mapTable) error {
		list = slices.Collect(maps.Values(t.items))
		return nil
	})
	return list, err
}
