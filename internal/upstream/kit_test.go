package upstream_test

import (
	"context"
	"encoding/json"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/backup/backuptest"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/upstream"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/wire"
)

// A Source passes the conformance kit, whether what it keeps is in memory or on disk. Of tables whose history nobody
// has asked for it knows only the present, and not that they are deleted. With history it lacks nothing.
func TestConformance(t *testing.T) {
	for _, kept := range []struct {
		where  string
		memory int64
	}{{"in memory", 1 << 30}, {"on disk", 1}} {
		maker := func(t *testing.T, withHistory bool) backuptest.Maker {
			dir := t.TempDir()
			return func(c clock.Clock) (backuptest.Store, error) {
				tables, source, err := behind(c, upstream.Options{Memory: kept.memory, Spool: dir})
				if err != nil {
					return nil, err
				}
				t.Cleanup(func() {
					if err := source.Close(); err != nil {
						t.Error(err)
					}
				})
				if !withHistory {
					return presentOnly{source, tables}, nil
				}
				return &remembered{
					Source: source, outside: tables, every: time.Minute, asked: map[string]time.Duration{}, late: map[string]bool{},
				}, nil
			}
		}
		t.Run("without history, "+kept.where, func(t *testing.T) {
			t.Parallel()
			backuptest.Run(t, maker(t, false), backuptest.History, backuptest.Deletions)
		})
		t.Run("with history, "+kept.where, func(t *testing.T) {
			t.Parallel()
			backuptest.Run(t, maker(t, true))
		})
	}
}

// behind returns a Source of an upstream that does everything at once, and the means to use its tables.
func behind(c clock.Clock, o upstream.Options) (*outside, *upstream.Source, error) {
	tables := table.NewStore(table.Options{Clock: c, Region: region, Account: account, Seed: 1})
	handler := wire.NewHandler(wire.Options{Account: account, Open: func(string, string) (*wire.API, error) {
		engine, err := backup.New(tables, backup.Options{Profile: backup.Instant(), Seed: 1})
		return wire.NewAPI(tables, engine), err
	}})
	endpoint := upstream.Endpoint{
		URL: "http://upstream.test", Region: region, Transport: wire.Transport{Handler: handler},
	}
	direct, err := upstream.NewClient(endpoint)
	if err != nil {
		return nil, nil, err
	}
	o.Region, o.Account, o.Clock = region, account, patient{c}
	source, err := upstream.New(ctx, direct, o)
	if err != nil {
		return nil, nil, err
	}
	endpoint.Transport = wire.Transport{Handler: upstream.NewProxy(source)}
	proxied, err := upstream.NewClient(endpoint)
	return &outside{proxied, tables}, source, err
}

// patient is a clock that can be waited for. Nobody tells it that it has been moved, so it looks again and again.
type patient struct{ clock.Clock }

func (p patient) Wait(ctx context.Context, t time.Time) error {
	for p.Now().Before(t) {
		if err := ctx.Err(); err != nil {
			return err
		}
		runtime.Gosched()
	}
	return nil
}

// outside makes, writes and deletes tables through a Proxy. What is in them it asks the upstream itself.
type outside struct {
	client *upstream.Client
	tables *table.Store
}

func (o *outside) call(ctx context.Context, operation string, request any) error {
	body, err := json.Marshal(request)
	if err == nil {
		_, err = o.client.Call(ctx, operation, body)
	}
	return err
}

func (o *outside) CreateTable(ctx context.Context, d schema.Definition) error {
	request := object{"TableName": d.Name, "KeySchema": keysOf(d.KeySchema), "BillingMode": d.BillingMode}
	var attributes []object
	for _, name := range slices.Sorted(maps.Keys(d.Attributes)) {
		attributes = append(attributes, object{"AttributeName": name, "AttributeType": d.Attributes[name].String()})
	}
	request["AttributeDefinitions"] = attributes
	if d.BillingMode == schema.Provisioned {
		request["ProvisionedThroughput"] = capacityOf(d.Throughput)
	}
	for member, indexes := range map[string][]schema.Index{
		"LocalSecondaryIndexes": d.LocalIndexes, "GlobalSecondaryIndexes": d.GlobalIndexes,
	} {
		var list []object
		for _, x := range indexes {
			list = append(list, object{"IndexName": x.Name, "KeySchema": keysOf(x.KeySchema),
				"Projection": object{"ProjectionType": x.Projection.Type}})
		}
		if list != nil {
			request[member] = list
		}
	}
	return o.call(ctx, "CreateTable", request)
}

type object map[string]any

func keysOf(k schema.KeySchema) (list []object) {
	for _, e := range k {
		list = append(list, object{"AttributeName": e.Name, "KeyType": e.Type})
	}
	return list
}

func capacityOf(t schema.Throughput) object {
	return object{"ReadCapacityUnits": t.Read, "WriteCapacityUnits": t.Write}
}

func (o *outside) SetThroughput(ctx context.Context, name string, t schema.Throughput) error {
	return o.call(ctx, "UpdateTable", object{"TableName": name, "ProvisionedThroughput": capacityOf(t)})
}

func (o *outside) DeleteTable(ctx context.Context, name string) error {
	return o.call(ctx, "DeleteTable", object{"TableName": name})
}

func (o *outside) Put(ctx context.Context, name string, item attr.Item) error {
	return o.call(ctx, "PutItem", object{"TableName": name, "Item": json.RawMessage(item.AppendJSON(nil))})
}

func (o *outside) Delete(ctx context.Context, name string, key attr.Key) error {
	d, err := o.tables.DescribeTable(ctx, name)
	if err != nil {
		return err
	}
	attributes := attr.Map{d.KeySchema[0].Name: key.Partition}
	if len(d.KeySchema) > 1 {
		attributes[d.KeySchema[1].Name] = key.Sort
	}
	item, err := attr.NewItem(attributes)
	if err != nil {
		return err
	}
	return o.call(ctx, "DeleteItem", object{"TableName": name, "Key": json.RawMessage(item.AppendJSON(nil))})
}

func (o *outside) Items(_ context.Context, name string) ([]attr.Item, error) {
	t, err := o.tables.Table(name)
	if err != nil {
		return nil, err
	}
	s, err := t.Snapshot()
	if err != nil {
		return nil, err
	}
	return slices.Collect(s.All()), nil
}

// presentOnly is a Source as it is for tables of which no history was asked for.
type presentOnly struct {
	backup.Source
	*outside
}

// remembered is a Source that was asked for the history of every table, one by one: Retain, which asks for that of all
// at once, is nothing to a Source itself.
type remembered struct {
	*upstream.Source
	*outside

	mu    sync.Mutex
	every time.Duration
	asked map[string]time.Duration
	late  map[string]bool // tables that are not ACTIVE yet
}

func (r *remembered) Retain(d time.Duration) {
	r.mu.Lock()
	r.every = max(r.every, d)
	names := slices.Sorted(maps.Keys(r.asked))
	r.mu.Unlock()
	for _, name := range names {
		r.remember(ctx, name) // of those that are gone there is no history
	}
}

func (r *remembered) RetainTable(ctx context.Context, name string, d time.Duration) error {
	r.mu.Lock()
	r.asked[name] = d
	r.mu.Unlock()
	return r.remember(ctx, name)
}

func (r *remembered) remember(ctx context.Context, name string) error {
	r.mu.Lock()
	d := max(r.every, r.asked[name])
	r.mu.Unlock()
	return r.Source.RetainTable(ctx, name, d)
}

func (r *remembered) CreateTable(ctx context.Context, d schema.Definition) error {
	if err := r.outside.CreateTable(ctx, d); err != nil {
		return err
	}
	return r.RetainTable(ctx, d.Name, 0)
}

func (r *remembered) RestoreTable(ctx context.Context, o snapshot.Restore) (schema.Description, error) {
	d, err := r.Source.RestoreTable(ctx, o)
	if err != nil {
		return d, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.late[o.Table.Name] = true
	return d, nil
}

// TableState begins the history of a restored table that has become ACTIVE.
func (r *remembered) TableState(ctx context.Context, name string) (schema.State, error) {
	s, err := r.Source.TableState(ctx, name)
	r.mu.Lock()
	late := r.late[name] && err == nil && s.Status == schema.Active
	if late {
		delete(r.late, name)
	}
	r.mu.Unlock()
	if late {
		err = r.RetainTable(ctx, name, 0)
	}
	return s, err
}
