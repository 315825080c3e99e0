package backuptest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// hands is the clock that the kit gives to stores: it can be moved both ways.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func newHands() *hands { return &hands{now: clock.Epoch} }

// Now returns the time at which the hands stand.
func (h *hands) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) move(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// trial is one run of a check. It remembers the first failure; after that its methods do nothing and return zero
// values, so that a check can be told as a story. It is used by one goroutine.
type trial struct {
	ctx     context.Context
	check   *check
	store   Store
	hands   *hands
	lacks   []Lack
	maker   Maker
	note    string
	failure *Failure
}

func (t *trial) lacking(l Lack) bool { return slices.Contains(t.lacks, l) }

func (t *trial) failed() bool { return t.failure != nil }

func (t *trial) fail(did, saw, want string) {
	if t.failure == nil {
		t.failure = &Failure{
			Check: t.check.Name, About: t.check.About, Did: did, Saw: cmp.Or(saw, "nothing"), Want: want,
			Why: t.check.Why, Note: t.note,
		}
	}
}

// require fails unless ok.
func (t *trial) require(ok bool, did, saw, want string) {
	if !ok {
		t.fail(did, saw, want)
	}
}

// worked fails if there is an error.
func (t *trial) worked(did string, err error) bool {
	if err != nil {
		t.fail(did, "the error: "+err.Error(), "no error")
	}
	return !t.failed()
}

// refused fails unless err is of the given code.
func (t *trial) refused(did string, err error, code exception.Code) {
	switch {
	case err == nil:
		t.fail(did, "no error", fmt.Sprintf("an error that is %s", string(code)))
	case !errors.Is(err, code):
		t.fail(did, "the error: "+err.Error(), fmt.Sprintf("an error that is %s (errors.Is)", string(code)))
	}
}

// create makes a table and waits until it is ACTIVE.
func (t *trial) create(d schema.Definition) {
	if !t.failed() && t.worked("created table "+d.Name, t.store.CreateTable(t.ctx, d)) {
		t.awaitActive(d.Name)
	}
}

// remove deletes a table and waits until it is gone.
func (t *trial) remove(name string) {
	if !t.failed() && t.worked("deleted table "+name, t.store.DeleteTable(t.ctx, name)) {
		t.awaitGone(name)
	}
}

// patience is how often the clock is moved in a wait, by twice as much each time: up to some days.
const patience = 18

// awaitActive moves the clock until a table is ACTIVE.
func (t *trial) awaitActive(name string) (s schema.State) {
	for i := range patience {
		if s = t.state(name); t.failed() || s.Status == schema.Active {
			return s
		}
		t.hands.move(time.Second << i)
	}
	t.fail("made table "+name+" and moved the clock by days", "status "+string(s.Status), "status ACTIVE")
	return s
}

// awaitGone moves the clock until a table that has been deleted is not there any more.
func (t *trial) awaitGone(name string) {
	for i := range patience {
		if t.failed() {
			return
		}
		if _, err := t.store.TableState(t.ctx, name); errors.Is(err, exception.ResourceNotFound) {
			return
		}
		t.hands.move(time.Second << i)
	}
	_, err := t.store.TableState(t.ctx, name)
	t.refused("deleted table "+name+", moved the clock by days and asked for its state", err, exception.ResourceNotFound)
}

func (t *trial) state(name string) schema.State {
	if t.failed() {
		return schema.State{}
	}
	s, err := t.store.TableState(t.ctx, name)
	t.worked("asked for the state of table "+name, err)
	return s
}

func (t *trial) put(table string, items ...attr.Item) {
	for _, item := range items {
		if t.failed() || !t.worked("put an item into table "+table, t.store.Put(t.ctx, table, item)) {
			return
		}
	}
}

func (t *trial) drop(table string, key attr.Key) {
	if !t.failed() {
		t.worked("deleted an item of table "+table, t.store.Delete(t.ctx, table, key))
	}
}

// holds fails unless a table has exactly the items wanted.
func (t *trial) holds(did, table string, keys schema.KeySchema, want items) {
	if t.failed() {
		return
	}
	list, err := t.store.Items(t.ctx, table)
	if t.worked("read the items of table "+table, err) {
		t.same(did+", and read table "+table, itemsOf(keys, slices.Values(list)), want)
	}
}

// same fails unless got is what is wanted.
func (t *trial) same(did string, got, want items) {
	if saw, wanted := got.unlike(want); saw != "" {
		t.fail(did, saw, wanted)
	}
}

// exactly is the cut at the request: everything up to now.
func exactly(at clock.Instant) snapshot.Cut { return snapshot.At(at) }

// begin captures a table, and leaves what is captured to be asked for.
func (t *trial) begin(table string, cut snapshot.CutFunc) *snapshot.Capture {
	if t.failed() {
		return nil
	}
	c, err := t.store.CaptureTable(t.ctx, table, cut)
	if t.worked("captured table "+table, err) && c == nil {
		t.fail("captured table "+table, "neither a capture nor an error", "one of them")
	}
	return c
}

// taken returns the snapshot of a capture whose cut has passed; nil if the trial has failed.
func (t *trial) taken(did string, c *snapshot.Capture) *snapshot.Snapshot {
	if t.failed() {
		return nil
	}
	s, ok := c.Snapshot()
	if !ok {
		t.fail(did+", and asked for its snapshot", "none", "a snapshot, as the cut does not lie ahead")
	}
	return s
}

// capture captures a table as it is; nil if the trial has failed.
func (t *trial) capture(table string) (*snapshot.Capture, *snapshot.Snapshot) {
	c := t.begin(table, exactly)
	return c, t.taken("captured table "+table, c)
}

// captured fails unless a capture of the table holds exactly the items wanted.
func (t *trial) captured(did, table string, want items) {
	if _, s := t.capture(table); !t.failed() {
		t.same(did+", and captured table "+table, itemsIn(s), want)
	}
}

// restore restores a snapshot as the engine would, and waits until the table is ACTIVE.
func (t *trial) restore(s *snapshot.Snapshot, name string) schema.Description {
	if t.failed() {
		return schema.Description{}
	}
	d, err := t.store.RestoreTable(t.ctx, request(s, name))
	if t.worked("restored table "+name, err) {
		t.awaitActive(name)
	}
	return d
}

// request is what the engine asks for in a restore without overrides. ID, ARN and the like are still the source's.
func request(s *snapshot.Snapshot, name string) snapshot.Restore {
	table := s.Table()
	r := snapshot.Restore{
		Snapshot: s, Summary: schema.RestoreSummary{SourceTableARN: table.ARN, RestoreTime: table.CreationTime},
	}
	table.Name = name
	for _, x := range slices.Concat(table.LocalIndexes, table.GlobalIndexes) {
		r.Indexes = append(r.Indexes, x.Name)
	}
	r.Table = *table
	return r
}

// engine returns a backup engine for the store.
func (t *trial) engine(p backup.Profile) *backup.Engine {
	if t.failed() {
		return nil
	}
	e, err := backup.New(t.store, backup.Options{Profile: p, Seed: 1})
	t.worked("made a backup engine for the store", err)
	return e
}

// backUp takes a backup and returns its ARN.
func (t *trial) backUp(e *backup.Engine, table string) string {
	if t.failed() {
		return ""
	}
	d, err := e.CreateBackup(t.ctx, backup.CreateInput{TableName: table, BackupName: "kit"})
	t.worked("CreateBackup of table "+table, err)
	return d.ARN
}

// backedUp fails unless a backup holds exactly the items wanted.
func (t *trial) backedUp(did string, e *backup.Engine, arn string, want items) {
	if t.failed() {
		return
	}
	s, err := e.Snapshot(t.ctx, arn)
	if t.worked(did+", and read the backup", err) {
		t.same(did+", and read the backup", itemsIn(s), want)
	}
}

// together runs fn in n goroutines at once and waits for them.
func together(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			errs[i] = guarded(func() error { return fn(i) })
		})
	}
	close(start)
	all.Wait()
	return errs
}

// guarded runs fn, whose panic becomes its error: a goroutine that panics would end the program.
func guarded(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a panic: %v\n%s", r, debug.Stack())
		}
	}()
	return fn()
}
