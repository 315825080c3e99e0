package backup_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// emulator is a store with tables of its own: here, maps behind a mutex, whose partition key is called id. It keeps no
// history, so it can be backed up as it is and no earlier.
type emulator struct {
	seq *clock.Sequencer // stamps, and a time that never goes back

	mu     sync.Mutex
	tables map[string]*own
}

type own struct {
	schema.Table
	items map[attr.Value]attr.Item
}

func (e *emulator) Now() time.Time  { return e.seq.Now() }
func (e *emulator) Region() string  { return "local" }
func (e *emulator) Account() string { return "000000000000" }

func (e *emulator) TableState(_ context.Context, name string) (schema.State, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, ok := e.tables[name]
	if !ok {
		return schema.State{}, exception.ResourceNotFound
	}
	return schema.State{ID: t.ID, Status: schema.Active, CreationTime: t.CreationTime}, nil
}

// CaptureTable copies the items while nobody can write, so that the instant divides what is in from what is not.
func (e *emulator) CaptureTable(_ context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t, ok := e.tables[name]
	if !ok {
		return nil, exception.ResourceNotFound
	}
	at := e.seq.Next()
	description := t.Clone()
	description.Statistics = schema.Statistics{ItemCount: int64(len(t.items))}
	for _, item := range t.items {
		description.SizeBytes += int64(item.Size())
	}
	s, err := snapshot.FromItems(description, cut(at), maps.Values(t.items))
	if err != nil {
		return nil, err
	}
	return snapshot.Taken(at, s), nil
}

// RestoreTable fills a table out of sight and takes the name last, so that it leaves nothing behind when it fails.
func (e *emulator) RestoreTable(_ context.Context, r snapshot.Restore) (schema.Description, error) {
	if len(r.Indexes) > 0 || r.Table.KeySchema.Sort() != "" {
		return schema.Description{}, exception.Validation.Errorf("this emulator has neither indexes nor sort keys")
	}
	items := make(map[attr.Value]attr.Item)
	for item := range r.Snapshot.All() {
		id, _ := item.Lookup("id")
		items[id] = item
	}
	return e.create(*r.Table.Clone(), items)
}

func (e *emulator) create(t schema.Table, items map[attr.Value]attr.Item) (schema.Description, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, taken := e.tables[t.Name]; taken {
		return schema.Description{}, exception.ResourceInUse
	}
	t.ID, t.ARN, t.CreationTime = uuid.NewString(), arn.Table(e.Region(), e.Account(), t.Name), e.Now()
	e.tables[t.Name] = &own{Table: t, items: items}
	return schema.Description{Table: *t.Clone(), Status: schema.Creating}, nil
}

// An emulator that keeps its own tables gets backups by being a Source.
func ExampleSource() {
	ctx := context.Background()
	e := &emulator{seq: clock.NewSequencer(&clock.Manual{}), tables: make(map[string]*own)}
	item := attr.MustItem(attr.Map{"id": attr.Int(1), "name": attr.S("first")})
	id, _ := item.Lookup("id")
	_, err := e.create(
		schema.Table{Name: "Things", KeySchema: schema.Keys("id"), Attributes: schema.Attributes{"id": attr.TypeN}},
		map[attr.Value]attr.Item{id: item})
	check(err)

	backups, err := backup.New(e, backup.Options{Profile: backup.Instant()})
	check(err)
	b, err := backups.CreateBackup(ctx, backup.CreateInput{TableName: "Things", BackupName: "before"})
	check(err)
	delete(e.tables["Things"].items, id)
	_, err = backups.RestoreTableFromBackup(ctx, backup.RestoreInput{TargetTableName: "Restored", BackupARN: b.ARN})
	check(err)
	fmt.Println(len(e.tables["Things"].items), e.tables["Restored"].items[id])
	_, err = backups.UpdateContinuousBackups(ctx, "Things", backup.RecoverySpecification{Enabled: true})
	fmt.Println(err)
	// Output:
	// 0 {"id":{"N":"1"},"name":{"S":"first"}}
	// UpdateContinuousBackups Things: ValidationException: Invalid Request: point-in-time recovery needs a store that keeps history, which this one does not
}
