package backuptest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup/backuptest"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// failures returns what went wrong, by the name of the check.
func failures(t *testing.T, err error) map[string]*backuptest.Failure {
	t.Helper()
	byCheck := make(map[string]*backuptest.Failure)
	if err == nil {
		return byCheck
	}
	var joined interface{ Unwrap() []error }
	require.ErrorAs(t, err, &joined)
	for _, e := range joined.Unwrap() {
		var f *backuptest.Failure
		require.ErrorAs(t, e, &f)
		require.NotContains(t, byCheck, f.Check, "each check fails once")
		byCheck[f.Check] = f
	}
	return byCheck
}

// Every store here breaks one promise, and the check of that promise says so. Together they fail every check that
// there is: a check that cannot fail would check nothing.
func TestBrokenStores(t *testing.T) {
	var mu sync.Mutex
	failed := make(map[string]bool)
	t.Run("stores", func(t *testing.T) {
		for _, b := range slices.Concat(brokenTables(), brokenMaps()) {
			t.Run(b.name, func(t *testing.T) {
				t.Parallel()
				err := backuptest.Check(t.Context(), b.maker, b.lacks...)
				byCheck := failures(t, err)
				f := byCheck[b.check]
				require.NotNil(t, f, "should fail %s, but: %v", b.check, err)
				require.Contains(t, f.Saw+"\n"+f.Want+"\n"+f.Did, b.reason)
				require.NotEmpty(t, f.Did)
				require.NotEmpty(t, f.Want)
				require.NotEmpty(t, f.Why)
				require.Contains(t, err.Error(), f.Error())
				mu.Lock()
				defer mu.Unlock()
				for name := range byCheck {
					failed[name] = true
				}
			})
		}
	})
	for _, c := range backuptest.Checks() {
		if c.Name != "DeletionUnlocked" { // TestDeletionUnderLock fails it
			require.True(t, failed[c.Name], "no broken store fails %s", c.Name)
		}
	}
}

// broken is a store that breaks a promise, the check that must fail, and what that must say.
type broken struct {
	name, check, reason string
	maker               backuptest.Maker
	lacks               []backuptest.Lack
}

// wrap returns the Maker of a broken variant of the module's own store.
func wrap[S backuptest.Store](breaks func(tables) S) backuptest.Maker {
	return func(c clock.Clock) (backuptest.Store, error) { return breaks(ours(c, table.Timing{})), nil }
}

func brokenTables() []broken {
	none := []backuptest.Lack(nil)
	return []broken{
		{"its captures read the items when they are asked for", "CaptureFrozen", "and read the snapshot then",
			wrap(func(s tables) lazy { return lazy{s} }), none},
		{"its clock goes back", "Time", "earlier",
			func(c clock.Clock) (backuptest.Store, error) { return backwards{ours(c, table.Timing{}), c}, nil }, none},
		{"its region changes", "Place", "region-1",
			func(c clock.Clock) (backuptest.Store, error) { return &moving{ours(c, table.Timing{}), c}, nil }, none},
		{"a restore replaces a table", "RestoreNameTaken", "no error",
			wrap(func(s tables) replacing { return replacing{s} }), none},
		{"a missing table has an error of another code", "MissingTable", "TableNotFoundException",
			wrap(func(s tables) otherCode { return otherCode{s} }), none},
		{"a restore drops indexes", "RestoreIndexes", "restored the first of two indexes",
			wrap(func(s tables) indexless { return indexless{s} }), none},
		{"it drops indexes and does not say so", "CaptureIndexes", "GlobalIndexes",
			wrap(func(s tables) indexBlind { return indexBlind{s} }), none},
		{"it drops local indexes and does not say so", "LocalIndexes", "LocalIndexes",
			wrap(func(s tables) localBlind { return localBlind{s} }), none},
		{"an earlier instant has no indexes", "HistoryIndexes", "index Whole",
			wrap(func(s tables) unindexed { return unindexed{s} }), none},
		{"an earlier instant misses its own commit", "HistorySnapshots", "at the very instant of a commit",
			wrap(func(s tables) offByOne { return offByOne{s} }), none},
		{"it says that it found an instant of which it knows nothing", "HistoryOutside", "ahead",
			wrap(func(s tables) pretending { return pretending{s} }), none},
		{"it keeps no history of single tables", "HistoryRetained", "10m0s of history",
			wrap(func(s tables) forgetful { return forgetful{s} }), none},
		{"changes come the wrong way round", "HistoryChanges", "a commit at",
			wrap(func(s tables) reversed { return reversed{s} }), none},
		{"definitions have no name", "HistoryDefinition", "Name",
			wrap(func(s tables) nameless { return nameless{s} }), none},
		{"history outlives its table", "HistoryIncarnation", "created it again",
			wrap(func(s tables) *haunted { return &haunted{tables: s} }), none},
		{"definitions are those of now", "HistorySettings", "Throughput",
			wrap(func(s tables) settled { return settled{s} }), none},
		{"a restored table has the history of its source", "HistoryIncarnation", "the restored table's birth",
			wrap(func(s tables) *ancient { return &ancient{tables: s} }), none},
		{"captures outwait their table", "HistoryCuts", "a year ahead",
			wrap(func(s tables) patient { return patient{s} }), none},
		{"captures ignore their cuts", "HistoryCuts", "earlier cut",
			wrap(func(s tables) cutless { return cutless{s} }), none},
		{"deletions are not told", "Deletion", "0 and 0 calls",
			wrap(func(s tables) silent { return silent{s} }), none},
		{"deletions are told too late", "Deletion", "0 and 0 calls",
			wrap(func(s tables) *tardy { return &tardy{tables: s} }), none},
		{"deletions are told without items", "SystemBackup", "0 items",
			wrap(func(s tables) emptied { return emptied{s} }), none},
		{"a table that is being restored does not say so", "RestoreStates", "Restoring:false",
			wrap(func(s tables) unmarked { return unmarked{s} }), none},
		{"new tables were never created", "TableState", "0001-01-01",
			wrap(func(s tables) timeless { return timeless{s} }), none},
		{"it panics", "CaptureAcknowledged", "a panic: not today",
			wrap(func(s tables) panicking { return panicking{s} }), none},
		{"it can look back and says that it cannot", "Declarations", "that it is a backup.Historian",
			newTables(table.Timing{}), []backuptest.Lack{backuptest.History}},
		{"it tells of deletions and says that it does not", "Declarations", "that it is a backup.Notifier",
			newTables(table.Timing{}), []backuptest.Lack{backuptest.Deletions}},
		{"it has indexes and says that it does not", "NoIndexes", "no error",
			newTables(table.Timing{}), []backuptest.Lack{backuptest.Indexes}},
		{"it has sort keys and says that it does not", "NoSortKeys", "no error",
			newTables(table.Timing{}), []backuptest.Lack{backuptest.SortKeys}},
		{"it lacks something that nobody knows", "Declarations", "no such lack",
			newTables(table.Timing{}), []backuptest.Lack{"Patience"}},
	}
}

type lazy struct{ tables }

func (s lazy) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	c, err := s.tables.CaptureTable(ctx, name, cut)
	if err != nil {
		return nil, err
	}
	return snapshot.NewCapture(c.At(), c.Table(), c.Cut(), func() *snapshot.Snapshot {
		list, err := s.Items(ctx, name)
		if err != nil {
			list = nil
		}
		now, _ := snapshot.FromItems(c.Table().Clone(), c.Cut(), slices.Values(list))
		return now
	}), nil
}

type backwards struct {
	tables
	clock clock.Clock
}

func (s backwards) Now() time.Time { return s.clock.Now() }

type moving struct {
	tables
	clock clock.Clock
}

func (s *moving) Region() string { return fmt.Sprintf("region-%d", s.clock.Now().Hour()-11) }

type replacing struct{ tables }

func (s replacing) RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
	_ = s.DeleteTable(ctx, r.Table.Name) // if there is one
	return s.tables.RestoreTable(ctx, r)
}

type otherCode struct{ tables }

func (s otherCode) TableState(ctx context.Context, name string) (schema.State, error) {
	state, err := s.tables.TableState(ctx, name)
	if errors.Is(err, exception.ResourceNotFound) {
		err = exception.TableNotFound.Errorf("no table %s", name)
	}
	return state, err
}

type indexless struct{ tables }

func (s indexless) RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
	r.Table.GlobalIndexes, r.Indexes = nil, nil
	return s.tables.RestoreTable(ctx, r)
}

type indexBlind struct{ tables }

func (s indexBlind) CreateTable(ctx context.Context, d schema.Definition) error {
	d.GlobalIndexes, d.Attributes = nil, schema.Attributes{"id": d.Attributes["id"]}
	return s.tables.CreateTable(ctx, d)
}

type localBlind struct{ tables }

func (s localBlind) CreateTable(ctx context.Context, d schema.Definition) error {
	if len(d.LocalIndexes) > 0 {
		d.LocalIndexes, d.Attributes = nil, schema.Attributes{"id": attr.TypeS, "n": attr.TypeN}
	}
	return s.tables.CreateTable(ctx, d)
}

type unindexed struct{ tables }

func (s unindexed) SnapshotTable(ctx context.Context, name string, at clock.Instant) (*snapshot.Snapshot, error) {
	found, err := s.tables.SnapshotTable(ctx, name, at)
	if err != nil {
		return nil, err
	}
	t := found.Table()
	t.GlobalIndexes = nil
	return snapshot.FromItems(t, found.Cut(), found.All())
}

type offByOne struct{ tables }

func (s offByOne) SnapshotTable(ctx context.Context, name string, at clock.Instant) (*snapshot.Snapshot, error) {
	changes, before, err := s.ChangesOf(ctx, name, clock.Instant{}, at)
	if err != nil {
		return nil, err
	}
	for c := range changes {
		if c.At == at {
			return s.tables.SnapshotTable(ctx, name, before)
		}
		before = c.At
	}
	return s.tables.SnapshotTable(ctx, name, at)
}

type pretending struct{ tables }

func (s pretending) SnapshotTable(ctx context.Context, name string, at clock.Instant) (*snapshot.Snapshot, error) {
	found, err := s.tables.SnapshotTable(ctx, name, at)
	if err != nil {
		return nil, err
	}
	return snapshot.FromItems(found.Table(), snapshot.At(at), found.All())
}

type forgetful struct{ tables }

func (s forgetful) RetainTable(ctx context.Context, name string, _ time.Duration) error {
	return s.tables.RetainTable(ctx, name, 0)
}

type reversed struct{ tables }

func (s reversed) ChangesOf(
	ctx context.Context, name string, from, to clock.Instant,
) (iter.Seq[snapshot.Change], clock.Instant, error) {
	changes, begin, err := s.tables.ChangesOf(ctx, name, from, to)
	if err != nil {
		return nil, begin, err
	}
	list := slices.Collect(changes)
	slices.Reverse(list)
	return slices.Values(list), begin, nil
}

type nameless struct{ tables }

func (s nameless) DefinitionAt(ctx context.Context, name string, at clock.Instant) (*schema.Table, error) {
	d, err := s.tables.DefinitionAt(ctx, name, at)
	if err != nil {
		return nil, err
	}
	d = d.Clone()
	d.Name = ""
	return d, nil
}

type settled struct{ tables }

func (s settled) DefinitionAt(ctx context.Context, name string, _ clock.Instant) (*schema.Table, error) {
	return s.tables.DefinitionAt(ctx, name, clock.EndOf(s.Now()))
}

// ancient says of a restored table that it was what it is at any time that it is asked for.
type ancient struct {
	tables
	restored sync.Map
}

func (s *ancient) RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
	s.restored.Store(r.Table.Name, true)
	return s.tables.RestoreTable(ctx, r)
}

func (s *ancient) SnapshotTable(ctx context.Context, name string, at clock.Instant) (*snapshot.Snapshot, error) {
	found, err := s.tables.SnapshotTable(ctx, name, at)
	if _, ok := s.restored.Load(name); err != nil || !ok {
		return found, err
	}
	return snapshot.FromItems(found.Table(), snapshot.At(at), found.All())
}

// patient waits for every cut, whether its table is still there or not.
type patient struct{ tables }

func (s patient) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	c, err := s.tables.CaptureTable(ctx, name, cut)
	if err != nil {
		return nil, err
	}
	marker := c.Cut().Latest()
	return snapshot.NewCapture(c.At(), c.Table(), c.Cut(), func() *snapshot.Snapshot {
		if marker.After(clock.EndOf(s.Now())) {
			return nil
		}
		taken, _ := c.Snapshot()
		return taken
	}), nil
}

type haunted struct {
	tables
	mu    sync.Mutex
	final map[string]*snapshot.Snapshot
}

func (s *haunted) DeleteTable(ctx context.Context, name string) error {
	if c, err := s.CaptureTable(ctx, name, func(at clock.Instant) snapshot.Cut { return snapshot.At(at) }); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.final == nil {
			s.final = make(map[string]*snapshot.Snapshot)
		}
		s.final[name], _ = c.Snapshot()
	}
	return s.tables.DeleteTable(ctx, name)
}

func (s *haunted) SnapshotTable(ctx context.Context, name string, at clock.Instant) (*snapshot.Snapshot, error) {
	s.mu.Lock()
	final := s.final[name]
	s.mu.Unlock()
	if final != nil && at.Before(final.Cut().Latest()) {
		return final, nil
	}
	return s.tables.SnapshotTable(ctx, name, at)
}

type cutless struct{ tables }

func (s cutless) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	return s.tables.CaptureTable(ctx, name, func(at clock.Instant) snapshot.Cut {
		cut(at)
		return snapshot.At(at)
	})
}

type silent struct{ tables }

func (silent) OnDelete(func(*snapshot.Snapshot)) {}

type tardy struct {
	tables
	mu   sync.Mutex
	owed []func()
}

func (s *tardy) OnDelete(watch func(*snapshot.Snapshot)) {
	s.tables.OnDelete(func(final *snapshot.Snapshot) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.owed = append(s.owed, func() { watch(final) })
	})
}

func (s *tardy) TableState(ctx context.Context, name string) (schema.State, error) {
	s.mu.Lock()
	owed := s.owed
	s.owed = nil
	s.mu.Unlock()
	for _, tell := range owed {
		tell()
	}
	return s.tables.TableState(ctx, name)
}

type emptied struct{ tables }

func (s emptied) OnDelete(watch func(*snapshot.Snapshot)) {
	s.tables.OnDelete(func(final *snapshot.Snapshot) {
		empty, _ := snapshot.FromItems(final.Table(), final.Cut(), slices.Values([]attr.Item(nil)))
		watch(empty)
	})
}

type unmarked struct{ tables }

func (s unmarked) TableState(ctx context.Context, name string) (schema.State, error) {
	state, err := s.tables.TableState(ctx, name)
	state.Restoring = false
	return state, err
}

type timeless struct{ tables }

func (s timeless) TableState(ctx context.Context, name string) (schema.State, error) {
	state, err := s.tables.TableState(ctx, name)
	state.CreationTime = time.Time{}
	return state, err
}

type panicking struct{ tables }

func (panicking) CaptureTable(context.Context, string, snapshot.CutFunc) (*snapshot.Capture, error) {
	panic("not today")
}

// underLock tells of a deletion while nobody else may use the store. Its lock is a channel, so that a synctest bubble
// sees who waits for it.
type underLock struct {
	tables
	lock chan struct{}
}

func (s underLock) DeleteTable(ctx context.Context, name string) error {
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	return s.tables.DeleteTable(ctx, name)
}

func (s underLock) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	return s.tables.CaptureTable(ctx, name, cut)
}

func TestDeletionUnderLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		byCheck := failures(t, backuptest.Check(t.Context(), wrap(func(s tables) underLock {
			return underLock{s, make(chan struct{}, 1)}
		})))
		require.Contains(t, byCheck, "DeletionUnlocked")
		require.Equal(t, "the error: the calls did not return", byCheck["DeletionUnlocked"].Saw)
		require.Len(t, byCheck, 1)
	})
}

// A failure of a random history tells its seed, and the seed alone brings the failure back.
func TestFailureIsSeenAgain(t *testing.T) {
	maker := func(c clock.Clock) (backuptest.Store, error) { return &lossy{mapStore: newMapStore(c)}, nil }
	lacks := []backuptest.Lack{backuptest.History, backuptest.Deletions, backuptest.Indexes}
	f := failures(t, backuptest.Check(t.Context(), maker, lacks...))["RandomHistory"]
	require.NotNil(t, f)
	require.Contains(t, f.Note, "seed 1;")
	again := backuptest.CheckSeed(t.Context(), maker, 1, lacks...)
	require.EqualError(t, again, f.Error())
	require.NoError(t, backuptest.CheckSeed(t.Context(), newMaps, 1, lacks...))
	text := strings.Split(f.Error(), "\n")
	require.Equal(t, "RandomHistory: "+f.About, text[0])
	for i, name := range []string{"did:", "saw:", "want:", "why:", "note:"} {
		require.Contains(t, text[i+1], "    "+name)
	}
}

// A kit that cannot have a store says so, as a test that is cancelled says where it stopped.
func TestNoStore(t *testing.T) {
	none := func(clock.Clock) (backuptest.Store, error) { return nil, nil }
	require.ErrorContains(t, backuptest.Check(t.Context(), none), "the Maker returned neither a store nor an error")
	full := errors.New("no room for a store")
	err := backuptest.Check(t.Context(), func(clock.Clock) (backuptest.Store, error) { return nil, full })
	require.ErrorIs(t, err, full)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = backuptest.Check(ctx, newMaps)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "stopped before "+backuptest.Checks()[0].Name)
}

// Nothing that the kit has started goes on when it returns.
func TestNoGoroutineIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	require.NoError(t, backuptest.Check(t.Context(), newTables(table.Timing{})))
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			break
		}
		runtime.Gosched() // one that has sent its last result may still be on its way out
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before)
}
