package embed

import (
	"cmp"
	"context"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// What follows makes a Store a backup.Source, and with that gives it the whole backup family: names, states, lists,
// limits and the rules of restores. It keeps no history, so backups are exact and there is no point-in-time recovery.

// Now is the time of the clock, which never goes back.
func (s *Store) Now() time.Time { return s.seq.Now() }

// Region says where the tables are: any name of lower-case letters, digits and hyphens will do.
func (s *Store) Region() string { return "local" }

// Account says whose they are: any 12 digits.
func (s *Store) Account() string { return "000000000000" }

// TableState says whether there is a table. Here they are ACTIVE as long as they are there.
func (s *Store) TableState(_ context.Context, name string) (schema.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[name]
	if t == nil {
		return schema.State{}, errNoTable
	}
	return schema.State{ID: t.ID, Status: schema.Active, CreationTime: t.CreationTime}, nil
}

// CaptureTable copies the items while nobody can write, so that the instant divides what is in from what is not.
func (s *Store) CaptureTable(_ context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[name]
	if t == nil {
		return nil, errNoTable
	}
	at := s.seq.Next()
	taken, err := snapshot.FromItems(t.describe(), cut(at), maps.Values(t.items))
	if err != nil {
		return nil, err
	}
	return snapshot.Taken(at, taken), nil
}

// describe returns all that a backup is to record of the table, statistics included.
func (t *table) describe() *schema.Table {
	d := t.Clone()
	d.Statistics = schema.Statistics{ItemCount: int64(len(t.items))}
	for _, item := range t.items {
		d.SizeBytes += int64(item.Size())
	}
	return d
}

// RestoreTable fills a table out of sight and takes the name last, so that it leaves nothing behind when it fails.
func (s *Store) RestoreTable(_ context.Context, r snapshot.Restore) (schema.Description, error) {
	if err := noIndexes(r.Table.LocalIndexes, r.Table.GlobalIndexes); err != nil {
		return schema.Description{}, err
	}
	t := &table{*r.Table.Clone(), make(map[attr.Key]attr.Item)}
	for item := range r.Snapshot.All() {
		key, err := t.keyOf(item)
		if err != nil {
			return schema.Description{}, err
		}
		t.items[key] = item
	}
	return s.add(t)
}

// CreateTable makes an empty table.
func (s *Store) CreateTable(d schema.Definition) error {
	if err := d.Check(); err != nil {
		return err
	}
	if err := noIndexes(d.LocalIndexes, d.GlobalIndexes); err != nil {
		return err
	}
	t := &schema.Table{
		Name: d.Name, KeySchema: d.KeySchema, Attributes: d.Attributes,
		BillingMode: cmp.Or(d.BillingMode, schema.Provisioned), Throughput: d.Throughput, OnDemand: d.OnDemand,
		Encryption: schema.EncryptionFor(d.SSE, s.Region(), s.Account()),
	}
	_, err := s.add(&table{*t.Clone(), make(map[attr.Key]attr.Item)})
	return err
}

// noIndexes refuses what the store cannot do, instead of doing half of it.
func noIndexes(local, global []schema.Index) error {
	if len(local)+len(global) > 0 {
		return exception.Validation.Errorf("this store has no indexes")
	}
	return nil
}

// add gives a table an identity, and the name that it has if that is free.
func (s *Store) add(t *table) (schema.Description, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[t.Name] != nil {
		return schema.Description{}, exception.ResourceInUse.Errorf("Table already exists: %s", t.Name)
	}
	t.ID, t.ARN, t.CreationTime = uuid.NewString(), arn.Table(s.Region(), s.Account(), t.Name), s.seq.Now()
	s.tables[t.Name] = t
	return schema.Description{Table: *t.describe(), Status: schema.Creating}, nil
}

// DeleteTable removes a table. Its backups stay.
func (s *Store) DeleteTable(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[name] == nil {
		return errNoTable
	}
	delete(s.tables, name)
	return nil
}
