package upstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/spool"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// Options configure a [Source].
type Options struct {
	// Region and Account are where the tables are said to be. Empty: what the ARN of the upstream's first table says, or
	// "us-east-1" and "000000000000" if that says nothing; see Source.Located.
	Region, Account string

	Clock clock.Waiter // nil: the machine's

	// Memory is how many bytes snapshots and histories may keep in memory, estimated; what is beyond goes to a directory
	// of its own beneath Spool. 0: 256 MB. Empty: the system's directory for temporary files.
	Memory int64
	Spool  string

	Segments    int           // how many parts of a table are read at once; 0: 4
	Writers     int           // how many batches of a restore are written at once; 0: 4
	DrainLimit  time.Duration // how long a snapshot may hold writes back; 0: five seconds
	ActiveLimit time.Duration // how long a new or deleted table may take to be so; 0: ten minutes

	// Background has RestoreTable return as soon as the upstream has made the table, and fill it afterwards.
	// Source.Restores tells how it goes; one that fails ends as one that is waited for. Source.Close ends those that are
	// running.
	Background bool

	Ended func(Progress) // called at the end of each restore in the background; nil: nobody
}

// everywhere stands for the table of a write that may be to any. It is no name that a table can have.
const everywhere = ""

// Source is a backup.Source of an upstream's tables, with history (backup.Historian) and the last states of deleted
// tables (backup.Notifier). Make one with [New]. What it guarantees of writes holds for those that pass through a
// [Proxy] of it.
type Source struct {
	client *Client
	o      Options
	seq    *clock.Sequencer
	spool  *spool.Spool
	place  atomic.Pointer[place] // nil: not known yet
	close  context.CancelFunc
	closed context.Context
	work   sync.WaitGroup

	unknown *gate // passed by writes whose table is not known
	delays  delays

	mu struct {
		sync.Mutex
		gates    map[string]*gate
		restores map[string]*restoring
		deleted  map[string]time.Time // when tables that are DELETING were seen to be, by id
		watchers []func(*snapshot.Snapshot)
	}
}

// New returns the Source of an upstream. It asks the upstream where its tables are, unless the options say so, and
// fails if that has no answer or not one that can be.
func New(ctx context.Context, client *Client, o Options) (*Source, error) {
	if client == nil {
		return nil, errors.New("upstream: a Source needs a Client")
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	o.Segments, o.Writers = cmp.Or(o.Segments, 4), cmp.Or(o.Writers, 4)
	o.DrainLimit, o.ActiveLimit = cmp.Or(o.DrainLimit, 5*time.Second), cmp.Or(o.ActiveLimit, 10*time.Minute)
	if o.Segments < 1 || o.Writers < 1 || o.DrainLimit < 0 || o.ActiveLimit < 0 {
		return nil, fmt.Errorf("upstream: numbers and times of %+v cannot be negative", o)
	}
	disk, err := spool.Open(o.Spool, o.Memory)
	if err != nil {
		return nil, err
	}
	s := &Source{client: client, o: o, seq: clock.NewSequencer(o.Clock), spool: disk, unknown: newGate(everywhere)}
	s.closed, s.close = context.WithCancel(context.Background())
	s.mu.gates = map[string]*gate{everywhere: s.unknown}
	s.unknown.pins = 1 // for good
	s.mu.restores = make(map[string]*restoring)
	s.mu.deleted = make(map[string]time.Time)
	if _, err := s.Located(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// place is where tables are said to be.
type place struct{ region, account string }

// Located finds out where the tables are said to be, and reports whether that is known: an upstream that has no table
// does not say it, and Region and Account may have other answers until it has one. It fails if the upstream does not
// answer.
func (s *Source) Located(ctx context.Context) (bool, error) {
	if s.place.Load() != nil {
		return true, nil
	}
	p := place{s.o.Region, s.o.Account}
	if p.region == "" || p.account == "" {
		found, err := s.client.place(ctx)
		if found == nil || err != nil {
			return false, err
		}
		p = place{cmp.Or(p.region, found.region), cmp.Or(p.account, found.account)}
	}
	s.place.CompareAndSwap(nil, &p)
	return true, nil
}

// place returns where the upstream says that its first table is; nil if it has none.
func (c *Client) place(ctx context.Context) (*place, error) {
	answer, err := c.Call(ctx, "ListTables", []byte(`{"Limit":1}`))
	var tables struct{ TableNames []string }
	if err == nil {
		err = json.Unmarshal(answer, &tables)
	}
	if err != nil || len(tables.TableNames) == 0 {
		return nil, err
	}
	answer, err = c.Call(ctx, "DescribeTable", named(tables.TableNames[0]))
	var first struct{ Table tableJSON }
	if err == nil {
		err = json.Unmarshal(answer, &first)
	}
	if errors.Is(err, exception.ResourceNotFound) { // it has gone meanwhile
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if a, err := arn.Parse(first.Table.TableArn); err == nil {
		return &place{a.Region, a.Account}, nil
	}
	return &place{defaultRegion, defaultAccount}, nil
}

const (
	defaultRegion  = "us-east-1"
	defaultAccount = "000000000000"
)

// Close ends what the Source does in the background, and waits until that is over: tables that were being filled are
// deleted again. What snapshots and histories have on disk is deleted too. The Source must not be used afterwards. The
// error says what of this was not possible.
func (s *Source) Close() error {
	s.mu.Lock() // nothing begins after this
	s.close()
	s.mu.Unlock()
	s.work.Wait()
	return s.spool.Close()
}

// background has fn called in the background, unless the Source has been closed.
func (s *Source) background(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Err() == nil {
		s.work.Go(fn)
	}
}

// Usage returns how many bytes snapshots and histories take, in memory and on disk.
func (s *Source) Usage() spool.Usage { return s.spool.Usage() }

// Now is the time of the Source's clock. It never goes back.
func (s *Source) Now() time.Time { return s.seq.Now() }

// Region returns where the tables are said to be. It does not change any more once [Source.Located] knows it.
func (s *Source) Region() string {
	if p := s.place.Load(); p != nil {
		return p.region
	}
	return cmp.Or(s.o.Region, defaultRegion)
}

// Account returns whose the tables are said to be, as Region does.
func (s *Source) Account() string {
	if p := s.place.Load(); p != nil {
		return p.account
	}
	return cmp.Or(s.o.Account, defaultAccount)
}

// TableState returns the state of a table. One that a restore is filling is CREATING, whatever the upstream says. It
// fails with ResourceNotFound if there is no such table, and as the upstream does.
func (s *Source) TableState(ctx context.Context, name string) (schema.State, error) {
	filling := s.filling(ctx, name)
	d, err := s.describeTable(ctx, name)
	if err != nil {
		if filling != nil { // its name is taken already
			return schema.State{Status: schema.Creating, CreationTime: filling.begun, Restoring: true}, nil
		}
		return schema.State{}, exception.During("TableState", name, err)
	}
	state := schema.State{ID: d.ID, Status: d.status, CreationTime: d.CreationTime}
	switch {
	case filling != nil:
		state.Status, state.Restoring = schema.Creating, true
	case d.status == schema.Deleting:
		state.DeletionTime = s.deletedAt(d.ID)
	}
	return state, nil
}

// deletedAt returns when a table was first seen to be DELETING.
func (s *Source) deletedAt(id string) time.Time {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, seen := s.mu.deleted[id]; seen {
		return at
	}
	if len(s.mu.deleted) > 1000 {
		clear(s.mu.deleted) // most are gone by now
	}
	s.mu.deleted[id] = now
	return now
}

// OnDelete has watch called with the last state of every table with history that is deleted through the Proxy, before
// the answer. Of a table without history nobody knows the last state, so its deletion is not told.
func (s *Source) OnDelete(watch func(final *snapshot.Snapshot)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if watch != nil {
		s.mu.watchers = append(s.mu.watchers[:len(s.mu.watchers):len(s.mu.watchers)], watch)
	}
}
