package backuptest_test

import (
	"context"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup/backuptest"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// wrapMaps returns the Maker of a broken variant of the store of maps.
func wrapMaps[S backuptest.Store](breaks func(*mapStore) S) backuptest.Maker {
	return func(c clock.Clock) (backuptest.Store, error) { return breaks(newMapStore(c)), nil }
}

func brokenMaps() []broken {
	lacks := []backuptest.Lack{backuptest.History, backuptest.Deletions, backuptest.Indexes}
	return []broken{
		{"captures miss the last write", "CaptureAcknowledged", "made 1 writes",
			wrapMaps(func(s *mapStore) *buffering { return &buffering{mapStore: s} }), lacks},
		{"captures copy item by item", "CaptureAmongWriters", "write",
			wrapMaps(func(s *mapStore) piecemeal { return piecemeal{s} }), lacks},
		{"captures take their instant first", "CaptureOneStep", "began a write",
			wrapMaps(func(s *mapStore) early { return early{s} }), lacks},
		{"captures have no instant of their own", "CaptureInstant", "one after",
			wrapMaps(func(s *mapStore) instantless { return instantless{s} }), lacks},
		{"captures have no statistics", "CaptureStatistics", "ItemCount:0",
			wrapMaps(func(s *mapStore) redescribed {
				return redescribed{s, func(t *schema.Table) { t.Statistics = schema.Statistics{} }}
			}), lacks},
		{"captures have no attributes", "CaptureDescription", "Attributes",
			wrapMaps(func(s *mapStore) redescribed {
				return redescribed{s, func(t *schema.Table) { t.Attributes = schema.Attributes{"other": attr.TypeS} }}
			}), lacks},
		{"captures have no billing mode", "CaptureDescription", "nothing\nPROVISIONED",
			wrapMaps(func(s *mapStore) redescribed {
				return redescribed{s, func(t *schema.Table) { t.BillingMode = "" }}
			}), lacks},
		{"captures lose large items", "CaptureItems", "large",
			wrapMaps(func(s *mapStore) small { return small{s} }), lacks},
		{"a table created again has the id of the one before", "Incarnations", "has the id",
			wrapMaps(func(s *mapStore) reborn { return reborn{s} }), lacks},
		{"a restored table shares its items with its source", "RestoreIndependent", "wrote to the first",
			wrapMaps(func(s *mapStore) sharing { return sharing{s} }), lacks},
		{"a restore looks for the name before it takes it", "RestoreOnce", "that did not fail",
			wrapMaps(func(s *mapStore) racing { return racing{s} }), lacks},
		{"a restore that fails leaves a table", "RestoreLeavesNothing", "a table that is ACTIVE",
			wrapMaps(func(s *mapStore) littering { return littering{s} }), lacks},
		{"a restore keeps the creation time of the source", "RestoreEqual", "created",
			wrapMaps(func(s *mapStore) aged { return aged{s} }), lacks},
		{"a restored table shares its description with the request", "RestoreIndependent", "changed the request afterwards",
			wrapMaps(func(s *mapStore) uncloned { return uncloned{s} }), lacks},
		{"the description of a capture changes with the table", "CaptureFrozen", "asked for its statistics",
			wrapMaps(func(s *mapStore) *living { return &living{mapStore: s} }), lacks},
		{"captures have the settings that their table gets later", "CaptureSettings", "changed its capacity",
			wrapMaps(func(s *mapStore) *rescaled { return &rescaled{mapStore: s} }), lacks},
		{"a restore that is to encrypt does not", "RestoreSettings", "encryption",
			wrapMaps(func(s *mapStore) plain { return plain{s} }), lacks},
		{"it has no room for many tables", "ManyTables", "no room",
			wrapMaps(func(s *mapStore) crowded { return crowded{s} }), lacks},
		{"a capture now and then misses an item", "RandomHistory", "items",
			wrapMaps(func(s *mapStore) *lossy { return &lossy{mapStore: s} }), lacks},
		{"it drops indexes and says that it refuses them", "NoIndexes", "no error",
			wrapMaps(func(s *mapStore) dropping { return dropping{s} }), lacks},
		{"its sort keys do not count", "CaptureSortKeys", "items",
			wrapMaps(func(s *mapStore) sortless { return sortless{s} }), lacks},
		{"it lacks history and does not say so", "Declarations", "no backup.Historian", newMaps, lacks[1:]},
		{"it lacks news of deletions and does not say so", "Declarations", "no backup.Notifier", newMaps,
			[]backuptest.Lack{backuptest.History, backuptest.Indexes}},
		{"it lacks indexes and does not say so", "CaptureIndexes", "this store has no indexes", newMaps, lacks[:2]},
		{"tables cannot be deleted", "NoDeletions", "not here",
			wrapMaps(func(s *mapStore) everlasting { return everlasting{s} }), lacks},
	}
}

// buffering acknowledges a write before it is made, which happens at the next.
type buffering struct {
	*mapStore
	pending atomic.Pointer[func()]
}

func (s *buffering) Put(ctx context.Context, name string, item attr.Item) error {
	s.flush(func() { _ = s.mapStore.Put(ctx, name, item) })
	return nil
}

func (s *buffering) flush(next func()) {
	if last := s.pending.Swap(&next); last != nil {
		(*last)()
	}
}

func (s *buffering) Items(ctx context.Context, name string) ([]attr.Item, error) {
	s.flush(func() {})
	return s.mapStore.Items(ctx, name)
}

func (s *buffering) Delete(ctx context.Context, name string, key attr.Key) error {
	s.flush(func() {})
	return s.mapStore.Delete(ctx, name, key)
}

// piecemeal lets writers in between the items that it copies.
type piecemeal struct{ *mapStore }

func (s piecemeal) CaptureTable(_ context.Context, name string, cut snapshot.CutFunc) (c *snapshot.Capture, err error) {
	err = s.on(name, func(t *mapTable) error {
		at := s.seq.Next()
		cuts := cut(at)
		var list []attr.Item
		for k := range maps.Clone(t.items) {
			s.mu.Unlock()
			for range 20 {
				runtime.Gosched()
			}
			s.mu.Lock()
			list = append(list, t.items[k])
		}
		captured, err := snapshot.FromItems(described(t), cuts, func(yield func(attr.Item) bool) {
			for _, item := range list {
				if !item.IsZero() && !yield(item) {
					return
				}
			}
		})
		if err == nil {
			c = snapshot.Taken(at, captured)
		}
		return err
	})
	return c, err
}

// early knows the instant of a capture before it keeps writers out.
type early struct{ *mapStore }

func (s early) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	if _, err := s.TableState(ctx, name); err != nil {
		return nil, err
	}
	at := s.seq.Next()
	chosen := cut(at)
	c, err := s.mapStore.CaptureTable(ctx, name, func(clock.Instant) snapshot.Cut { return chosen })
	if err != nil {
		return nil, err
	}
	now, _ := c.Snapshot()
	return snapshot.Taken(at, now), nil
}

type instantless struct{ *mapStore }

func (s instantless) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	at := clock.StartOf(s.Now())
	c, err := s.mapStore.CaptureTable(ctx, name, func(clock.Instant) snapshot.Cut { return cut(at) })
	if err != nil {
		return nil, err
	}
	now, _ := c.Snapshot()
	return snapshot.Taken(at, now), nil
}

// redescribed changes the description of what it captures.
type redescribed struct {
	*mapStore
	change func(*schema.Table)
}

func (s redescribed) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	c, err := s.mapStore.CaptureTable(ctx, name, cut)
	if err != nil {
		return nil, err
	}
	now, _ := c.Snapshot()
	t := now.Table()
	s.change(t)
	other, err := snapshot.FromItems(t, now.Cut(), now.All())
	if err != nil {
		return nil, err
	}
	return snapshot.Taken(c.At(), other), nil
}

// filtered captures only the items for which keep holds.
func (m *mapStore) filtered(
	ctx context.Context, name string, cut snapshot.CutFunc, keep func(attr.Item) bool,
) (*snapshot.Capture, error) {
	c, err := m.CaptureTable(ctx, name, cut)
	if err != nil {
		return nil, err
	}
	now, _ := c.Snapshot()
	kept, err := snapshot.FromItems(now.Table(), now.Cut(), func(yield func(attr.Item) bool) {
		for item := range now.All() {
			if keep(item) && !yield(item) {
				return
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return snapshot.Taken(c.At(), kept), nil
}

type small struct{ *mapStore }

func (s small) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	return s.filtered(ctx, name, cut, func(item attr.Item) bool { return item.Size() < attr.MaxItemSize })
}

// lossy loses the first item of every fifth capture.
type lossy struct {
	*mapStore
	captures int
}

func (s *lossy) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	lost := true
	return s.filtered(ctx, name, func(at clock.Instant) snapshot.Cut {
		s.captures++ // under the lock of the store
		lost = s.captures%5 != 0
		return cut(at)
	}, func(attr.Item) bool {
		keep := lost
		lost = true
		return keep
	})
}

type reborn struct{ *mapStore }

func (s reborn) TableState(ctx context.Context, name string) (schema.State, error) {
	state, err := s.mapStore.TableState(ctx, name)
	state.ID = "the id of " + name
	return state, err
}

type sharing struct{ *mapStore }

func (s sharing) RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
	d, err := s.mapStore.RestoreTable(ctx, r)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if source := s.tables[r.Summary.SourceTableARN.Table]; source != nil {
			s.tables[r.Table.Name].items = source.items
		}
	}
	return d, err
}

type racing struct{ *mapStore }

func (s racing) RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
	if _, err := s.TableState(ctx, r.Table.Name); err == nil {
		return schema.Description{}, exception.ResourceInUse
	}
	for range 100 {
		runtime.Gosched()
	}
	s.mu.Lock()
	delete(s.tables, r.Table.Name)
	s.mu.Unlock()
	return s.mapStore.RestoreTable(ctx, r)
}

type littering struct{ *mapStore }

func (s littering) RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
	d, err := s.mapStore.RestoreTable(ctx, r)
	if err == nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return d, err
}

type aged struct{ *mapStore }

func (s aged) RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
	d, err := s.mapStore.RestoreTable(ctx, r)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tables[r.Table.Name].CreationTime = r.Table.CreationTime
		d.CreationTime = r.Table.CreationTime
	}
	return d, err
}

type uncloned struct{ *mapStore }

func (s uncloned) RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
	d, err := s.mapStore.RestoreTable(ctx, r)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tables[r.Table.Name].Attributes = r.Table.Attributes
	}
	return d, err
}

// living counts the items of a table in the description that it has captured last.
type living struct {
	*mapStore
	captured *schema.Table
}

func (s *living) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	c, err := s.mapStore.CaptureTable(ctx, name, cut)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.captured = c.Table()
	}
	return c, err
}

func (s *living) Put(ctx context.Context, name string, item attr.Item) error {
	s.mu.Lock()
	if s.captured != nil {
		s.captured.ItemCount++
	}
	s.mu.Unlock()
	return s.mapStore.Put(ctx, name, item)
}

type crowded struct{ *mapStore }

func (s crowded) CreateTable(ctx context.Context, d schema.Definition) error {
	s.mu.Lock()
	full := len(s.tables) >= 256
	s.mu.Unlock()
	if full {
		return exception.LimitExceeded.Errorf("no room")
	}
	return s.mapStore.CreateTable(ctx, d)
}

type dropping struct{ *mapStore }

func (s dropping) CreateTable(ctx context.Context, d schema.Definition) error {
	d.GlobalIndexes, d.Attributes = nil, schema.Attributes{"id": d.Attributes["id"]}
	return s.mapStore.CreateTable(ctx, d)
}

type sortless struct{ *mapStore }

func (s sortless) Put(ctx context.Context, name string, item attr.Item) error {
	return s.on(name, func(t *mapTable) error {
		id, _ := item.Lookup("id")
		t.items[attr.Key{Partition: id}] = item
		return nil
	})
}

type everlasting struct{ *mapStore }

func (everlasting) DeleteTable(context.Context, string) error {
	return exception.Validation.Errorf("tables cannot be deleted, not here")
}

// rescaled changes the capacity of a table, and of what was captured of it.
type rescaled struct {
	*mapStore
	captured sync.Map // descriptions, and the tables that they are of
}

func (s *rescaled) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	c, err := s.mapStore.CaptureTable(ctx, name, cut)
	if err == nil {
		s.captured.Store(c.Table(), name)
	}
	return c, err
}

func (s *rescaled) SetThroughput(_ context.Context, name string, throughput schema.Throughput) error {
	return s.on(name, func(t *mapTable) error {
		t.Throughput = throughput
		s.captured.Range(func(description, of any) bool {
			if of == name {
				description.(*schema.Table).Throughput = throughput
			}
			return true
		})
		return nil
	})
}

// plain makes every table without encryption and says nothing.
type plain struct{ *mapStore }

func (s plain) RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
	r.Table.Encryption = schema.Encryption{}
	return s.mapStore.RestoreTable(ctx, r)
}
