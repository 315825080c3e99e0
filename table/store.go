package table

import (
	"cmp"
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// Where a store is unless its options say otherwise.
const (
	DefaultRegion  = "us-east-1"
	DefaultAccount = "123456789012"
)

// Options configure a [Store]. The zero value of each field has a sensible meaning.
type Options struct {
	Clock   clock.Clock // nil: clock.System
	Region  string      // empty: DefaultRegion
	Account string      // 12 digits; empty: DefaultAccount
	Seed    uint64      // the ids of tables are drawn from it; 0: from the machine's randomness
	Timing  Timing
	Quotas  Quotas

	// History is how far every table can look back at least, whatever Retain and RetainTable ask for, which belong to the
	// backup engine: a program that looks back itself says so here. 0: as far as they ask for.
	History time.Duration

	// CheckpointEvery is after how many changes a table that keeps its history keeps a copy of itself as well. Any
	// earlier state is then at most half as many changes away, or all of them if it lies before the oldest copy. Each
	// copy holds the parts of the table that change before the next one: at the most all of it, without the items.
	// 0: DefaultCheckpointEvery.
	CheckpointEvery int

	// KinesisStream reports whether there is a Kinesis stream with that ARN, which is one of the account and region. If
	// there is, it can be enabled as a table's destination, and is ACTIVE from then on, although no record goes to it. It
	// may be called by several goroutines at once. nil: there are no Kinesis streams.
	KinesisStream func(streamARN string) bool
}

// DefaultCheckpointEvery keeps finding an earlier state at a quarter of a second as a rule, or about one with indexes,
// and the copies of a table of up to a million items under 60 bytes a change.
const DefaultCheckpointEvery = 500_000

// Timing says how long things take. The zero Timing is for tests and for work in the process: everything is done at
// once and statistics are exact.
type Timing struct {
	Creating time.Duration // from CreateTable to ACTIVE
	Updating time.Duration // from UpdateTable to ACTIVE
	Deleting time.Duration // from DeleteTable until the name is free

	Warming time.Duration // from UpdateTable until a table or an index takes as much at once as it was asked to

	// Backfilling is how long an index that UpdateTable creates stays CREATING after the table is ACTIVE again.
	Backfilling time.Duration

	// Expiring is how long items stay in the table after the end of their time to live: an item is deleted at the first
	// whole second after that in its attribute, and this much later.
	Expiring time.Duration

	TTLSwitching time.Duration // how long time to live is ENABLING or DISABLING; nothing expires meanwhile
	TTLCooldown  time.Duration // from a switch of the time to live until it can be switched again

	Switching          time.Duration // how long contributor insights, or a Kinesis destination, are ENABLING or DISABLING
	PolicyCooldown     time.Duration // from a change of a resource policy until it can be changed again
	DecreaseCooldown   time.Duration // from a day's fourth decrease of a throughput, and each one after it, until the next
	ProtectionCooldown time.Duration // from a change of the deletion protection until it can be asked for again

	// Settling is how long a change of tags or of a resource policy goes on, although it can be seen at once: others, and
	// DeleteTable, are refused meanwhile.
	Settling time.Duration

	// Shard is how long a shard of a stream is open, a second at least; then the next one begins. 0: a stream has one shard,
	// in which a reader who goes on after the last record, when that is older than a day, is told that it is trimmed.
	Shard time.Duration

	// StatisticsEvery is how often a table's item count and size are taken anew, counted from its creation. 0 means
	// that they are always exact.
	StatisticsEvery time.Duration
}

// ServiceTiming returns a Timing like that of the service: a few seconds to create, update and delete a table, some
// minutes to fill a new index, however small it is, and to warm a table up, six hours between a table's statistics
// (DescribeTable), two days until an item that has expired is deleted, half an hour between switches of the time to live, a
// new shard in a stream every four hours, 15 seconds between changes of a resource policy, and of the protection from
// deletion, almost two after a change of tags, and an hour between decreases of a throughput after the first four of a day.
func ServiceTiming() Timing {
	return Timing{
		Creating: 5 * time.Second, Updating: 5 * time.Second, Deleting: 5 * time.Second, Backfilling: 8 * time.Minute,
		Warming: 390 * time.Second, StatisticsEvery: 6 * time.Hour, Expiring: 48 * time.Hour,
		TTLCooldown: 31 * time.Minute, Shard: 4 * time.Hour,
		Switching: 2 * time.Second, PolicyCooldown: 15 * time.Second, Settling: 1700 * time.Millisecond,
		ProtectionCooldown: 15 * time.Second, DecreaseCooldown: time.Hour,
	}
}

// Store is the tables of one account in one region. Make one with [NewStore].
type Store struct {
	seq             *clock.Sequencer
	region, account string
	timing          Timing
	quotas          Quotas
	history         time.Duration // of every table at least
	checkpointEvery int
	kinesisStream   func(streamARN string) bool
	sweepAt         atomic.Int64 // the next look at history that nobody writes to, in nanoseconds since 1970

	mu struct {
		sync.RWMutex
		tables   map[string]*Table
		deleting []*Table // those of them that are to go
		onDelete []func(*snapshot.Snapshot)
		retain   time.Duration // history of every table
	}
	ids struct {
		sync.Mutex
		source io.Reader
	}
	streams  streams
	reserved reserved
}

// NewStore returns an empty Store.
func NewStore(o Options) *Store {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	s := &Store{
		seq:     clock.NewSequencer(o.Clock),
		region:  cmp.Or(o.Region, DefaultRegion),
		account: cmp.Or(o.Account, DefaultAccount),
		timing:  o.Timing,
		quotas:  o.Quotas.complete(),
		history: max(o.History, 0),

		checkpointEvery: o.CheckpointEvery,
		kinesisStream:   o.KinesisStream,
	}
	if s.checkpointEvery <= 0 {
		s.checkpointEvery = DefaultCheckpointEvery
	}
	s.mu.tables = make(map[string]*Table)
	s.ids.source = crand.Reader
	if o.Seed != 0 {
		var seed [32]byte
		binary.LittleEndian.PutUint64(seed[:], o.Seed)
		s.ids.source = rand.NewChaCha8(seed)
	}
	return s
}

// Now returns the time of the store's clock, which never goes back. What has had its time is freed.
func (s *Store) Now() time.Time {
	now := s.now()
	s.sweep(now)
	return now
}

// now is Now for those who hold a lock.
func (s *Store) now() time.Time { return s.seq.Now() }

// Region returns the region that the store's tables are in.
func (s *Store) Region() string { return s.region }

// Account returns the 12 digits of the account that owns the store's tables.
func (s *Store) Account() string { return s.account }

// Table returns the table of that name or ARN for reading and writing items. It fails with ResourceNotFound if there
// is none, or one that is CREATING or DELETING. The Table stays that incarnation: after DeleteTable its methods fail,
// also if there is a new table of the same name.
func (s *Store) Table(nameOrARN string) (*Table, error) {
	t, err := s.openTable(nameOrARN)
	if err != nil {
		return nil, exception.During("Table", nameOrARN, err)
	}
	return t, nil
}

func (s *Store) openTable(nameOrARN string) (*Table, error) {
	t, _, err := s.named(nameOrARN)
	switch {
	case err != nil:
		return nil, err
	case t == nil:
		return nil, errNoTable()
	}
	now := s.Now()
	t.mu.RLock()
	defer t.mu.RUnlock()
	if err := t.openLocked(now); err != nil {
		return nil, err
	}
	return t, nil
}

// ListTables returns the names of up to limit tables after the given name, in ascending order, those that are
// CREATING or DELETING too; last is where to go on, empty at the end. The limit is 1 to 100; 0 means 100.
func (s *Store) ListTables(_ context.Context, after string, limit int) (names []string, last string, err error) {
	var c validate.Check
	c.Range("limit", int64(cmp.Or(limit, 1)), 1, 100)
	if err := c.Err(); err != nil {
		return nil, "", exception.During("ListTables", "", err)
	}
	limit = cmp.Or(limit, 100)
	s.forget(s.Now())
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(s.mu.tables)) {
		if name <= after {
			continue
		}
		if len(names) == limit {
			return names, names[limit-1], nil
		}
		names = append(names, name)
	}
	return names, "", nil
}

// lookup finds a table that is not yet gone; it may be CREATING or DELETING.
func (s *Store) lookup(nameOrARN string) (*Table, error) {
	t, name, err := s.named(nameOrARN)
	if err != nil {
		return nil, err
	}
	if t == nil || t.gone(s.Now()) {
		return nil, errNoSuchTable(name)
	}
	return t, nil
}

// named finds the table of that name, which may be gone; nil if there is none.
func (s *Store) named(nameOrARN string) (t *Table, name string, err error) {
	if name, err = validate.Table(nameOrARN, s.region, s.account); err != nil {
		return nil, "", err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.mu.tables[name], name, nil
}

// errNoSuchTable is what operations on tables answer if there is no table.
func errNoSuchTable(name string) error {
	return exception.ResourceNotFound.Errorf("Requested resource not found: Table: %s not found", name)
}

// lookupForItems is lookup for operations on items, whose answer does not name the table that is missing.
func (s *Store) lookupForItems(nameOrARN string) (*Table, error) {
	t, err := s.lookup(nameOrARN)
	if errors.Is(err, exception.ResourceNotFound) {
		return nil, errNoTable()
	}
	return t, err
}

// forget drops the tables whose deletion is over.
func (s *Store) forget(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.deleting = slices.DeleteFunc(s.mu.deleting, func(t *Table) bool {
		gone := t.gone(now)
		if gone {
			if s.mu.tables[t.name] == t {
				delete(s.mu.tables, t.name)
			}
			t.release()
		}
		return gone
	})
}

func (s *Store) newID() string {
	s.ids.Lock()
	defer s.ids.Unlock()
	return uuid.Must(uuid.NewRandomFromReader(s.ids.source)).String()
}

func (s *Store) arn(name string) arn.ARN { return arn.Table(s.region, s.account, name) }

// create adds t, unless its name is taken or the quotas do not allow it.
func (s *Store) create(t *Table) error {
	if err := s.checkQuotas(t.mu.definition); err != nil {
		return err
	}
	if err := t.checkNewWarm(); err != nil {
		return err
	}
	s.forget(s.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	if taken := s.mu.tables[t.name]; taken != nil {
		if now := s.now(); !taken.gone(now) { // the call that deletes it may not have returned
			return taken.nameTaken(now)
		}
		delete(s.mu.tables, t.name)
	}
	if n := s.quotas.Tables; n > 0 && len(s.mu.tables) >= n {
		return exception.LimitExceeded.Errorf("Subscriber limit exceeded: There is a limit of %d tables per subscriber", n)
	}
	if err := s.reserve(schema.Throughput{}, t.mu.definition.Provisioned()); err != nil {
		return err
	}
	t.mu.everywhere = s.mu.retain
	t.beginLocked()
	s.mu.tables[t.name] = t
	return nil
}

// newTable returns a table that becomes ACTIVE after a time. Its description gets an identity of its own.
func (s *Store) newTable(d *schema.Table, creating time.Duration) *Table {
	born := s.seq.Next()
	t := &Table{store: s, name: d.Name}
	t.due.Store(never)
	d.ID, d.ARN, d.CreationTime = s.newID(), s.arn(d.Name), born.Time()
	d.Statistics = schema.Statistics{}
	t.mu.definition = d
	t.mu.active = born.Time().Add(creating)
	t.askNewLocked()
	t.mu.floor = born
	if d.BillingMode == schema.PayPerRequest {
		t.mu.onDemand = d.CreationTime
	}
	return t
}
