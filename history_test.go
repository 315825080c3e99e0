package tidemark_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/model"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// A history is a run of random operations on a DB and, with the same instants, on the naive model beside it. Whatever
// can be asked of the DB must agree with what the model knows.

// maxMoves bounds a history: a fault that needs more operations than this is not worth the time of the others.
const maxMoves = 300

// FuzzHistory searches for a history in which DB and model disagree. What it finds becomes a scenario.
func FuzzHistory(f *testing.F) {
	for seed := range uint64(16) {
		f.Add(randomTape(seed))
	}
	f.Fuzz(func(t *testing.T, tape []byte) { play(t, tape) })
}

// TestHistories plays random histories, so that the model is asked on every run of the tests. Every one of them can be
// run alone by its name.
func TestHistories(t *testing.T) {
	const histories = 200
	for seed := range uint64(histories) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			play(t, randomTape(seed))
		})
	}
}

func randomTape(seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	tape := make([]byte, 40+random.IntN(1200))
	for i := 0; i+8 <= len(tape); i += 8 {
		binary.LittleEndian.PutUint64(tape[i:], random.Uint64())
	}
	return tape
}

// tape is where a history's choices come from; at its end it chooses 0.
type tape []byte

func (t *tape) below(n int) int {
	if len(*t) == 0 {
		return 0
	}
	b := (*t)[0]
	*t = (*t)[1:]
	return int(b) % n
}

func (t *tape) oneOf(names ...string) string { return names[t.below(len(names))] }

// history is a DB, the model beside it, and what was done so far.
type history struct {
	*testing.T
	ctx     context.Context
	tape    tape
	clock   clock.Manual
	profile backup.Profile
	timing  table.Timing
	every   int // CheckpointEvery
	db      *tidemark.DB
	watched bool // compare after every move, and not just now and then: faults may hide from either

	tables      map[string]*incarnation // the latest of each name
	undecided   []*incarnation          // deleted tables of which it is still open whether they leave a SYSTEM backup
	backups     []*taken
	transitions []backup.Transition
	done        []string // what was done, for the report of a failure
}

// incarnation is a table of the model with what else the history must remember of it.
type incarnation struct {
	*model.Table
	recovery   *recovery      // nil: point-in-time recovery is off
	online     *onlineIndex   // nil: no index has ever come or gone
	kept       *clock.Instant // the table keeps a history of its own from here on; nil: none
	lastCommit clock.Instant
	last       *snapshot.Snapshot // the engine's view of it just before it was deleted, if there was one
	follower
}

// taken is a backup that the DB should have.
type taken struct {
	arn      string // empty for a SYSTEM backup that has not been seen yet
	of       *incarnation
	indexes  model.Definition // as of the request
	kind     backup.Type
	marker   backup.Marker
	window   backup.Window
	created  time.Time // in milliseconds
	shown    time.Time // not there before
	expiry   time.Time
	inUse    time.Time // a restore from it runs until here
	deleted  bool
	expected model.State // what it holds; nil until it was asked for first
}

func play(t *testing.T, bytes []byte) {
	h := &history{T: t, ctx: t.Context(), tape: bytes, tables: make(map[string]*incarnation)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("run it again: go test -run '%s' .\nprofile %+v\ntiming %+v\ncheckpoint every %d\n%s",
				t.Name(), h.profile, h.timing, h.every, strings.Join(h.done, "\n"))
		}
	})
	h.open()
	h.createTable("left")
	h.createTable("right")
	for n := 0; n < maxMoves && len(h.tape) > 0; n++ {
		move := moves[h.tape.below(len(moves))]
		move(h)
		h.follow()
		h.decide()
		if h.watched {
			h.checkSome()
		}
	}
	h.checkAll()
	h.wait(h.profile.Window + h.profile.Creating + time.Nanosecond) // every marker has passed
	h.decide()
	h.checkAll()
	h.checkTransitions()
}

// open makes a DB with a random profile.
func (h *history) open() {
	h.watched = h.tape.below(2) == 0
	h.profile = backup.Instant()
	h.profile.Marker = backup.Marker(h.tape.oneOf("fuzzy", "torn", "exact", "earliest", "latest"))
	h.profile.Window = []time.Duration{time.Minute, time.Minute, time.Minute, 0}[h.tape.below(4)]
	h.profile.Partitions = []int{16, 2, 1, 3}[h.tape.below(4)]
	h.profile.ExactSizes = h.tape.below(4) > 0
	h.profile.RecoveryLag = []time.Duration{0, 0, time.Second, 5 * time.Minute}[h.tape.below(4)]
	h.profile.SettingsAsOf = h.tape.below(2) > 0
	h.every = 1 + h.tape.below(50)
	if flags := h.tape.below(256); flags > 0 {
		flag := func(n int, d time.Duration) time.Duration { return time.Duration(flags>>n&1) * d }
		h.profile.Creating = flag(0, time.Second)
		h.profile.Restoring = flag(1, 2*time.Second)
		h.profile.Departing = flag(2, time.Second)
		h.profile.SystemDelay = flag(3, 5*time.Second)
		h.timing.Deleting = flag(4, 5*time.Second)
		h.timing.Expiring = flag(3, 10*time.Second)
		h.timing.TTLSwitching = flag(2, 7*time.Second)
		h.timing.Shard = flag(1, 4*time.Hour)
		if flags>>5 == 0 {
			h.timing.StatisticsEvery = 6 * time.Hour
		}
	}
	switch h.tape.below(4) {
	case 0:
		h.timing.Updating = time.Second
	case 1:
		h.timing.Updating, h.timing.Backfilling = time.Millisecond, time.Second
	}
	if h.profile.Window == 0 { // there is no room for another
		h.profile.Marker = backup.Exact
	}
	db, err := tidemark.New(tidemark.Options{
		Clock: &h.clock, Seed: 1 + uint64(h.tape.below(256)), Profile: h.profile, Timing: h.timing,
		CheckpointEvery: h.every,
		OnTransition:    func(t backup.Transition) { h.transitions = append(h.transitions, t) },
	})
	require.NoError(h, err)
	h.db = db
}

func (h *history) note(format string, args ...any) {
	h.done = append(h.done, fmt.Sprintf("%4d %9v ", len(h.done), h.clock.Now().Sub(clock.Epoch))+fmt.Sprintf(format, args...))
}

// refused reports whether the model expects an error of that code, and fails if that is not what came.
func (h *history) refused(err error, want error) bool {
	h.Helper()
	if want == nil {
		require.NoError(h, err)
		return false
	}
	require.ErrorIs(h, err, want)
	return true
}

// live returns the incarnation that has the name now, in whatever state, or nil.
func (h *history) live(name string) *incarnation {
	i := h.tables[name]
	if i == nil || i.gone(h.clock.Now(), h.timing) {
		return nil
	}
	return i
}

func (i *incarnation) gone(now time.Time, timing table.Timing) bool {
	return !i.Deleted.IsZero() && !now.Before(i.Deleted.Add(timing.Deleting))
}

// decide does what becomes of deleted tables: some of them leave a SYSTEM backup, when their recovery can no longer be
// switched.
func (h *history) decide() {
	for len(h.undecided) > 0 && !h.clock.Now().Before(h.undecided[0].Deleted.Add(h.profile.Departing)) {
		if i := h.undecided[0]; i.recovery != nil {
			h.backups = append(h.backups, h.systemBackup(i))
		}
		h.undecided = h.undecided[1:]
	}
}

func (h *history) systemBackup(i *incarnation) *taken {
	created := i.Deleted.Truncate(time.Millisecond)
	shown := i.Deleted.Add(max(h.profile.SystemDelay, h.profile.Departing))
	for slices.ContainsFunc(h.backups, func(b *taken) bool {
		return b.kind == backup.System && b.of.Schema.Name == i.Schema.Name && b.created.Equal(created)
	}) {
		created = created.Add(time.Millisecond) // as two cannot have the same ARN
	}
	return &taken{
		of: i, indexes: i.present(), kind: backup.System, marker: backup.Exact, created: created, expected: i.Now(),
		shown: shown, expiry: created.Add(h.profile.SystemRetention),
	}
}

// recreate makes the table of a name anew, if the name is free.
func (h *history) recreate() { h.createTable(h.tape.oneOf("left", "right")) }

func (h *history) createTable(name string) {
	wanted := definition(name)
	wanted.Stream = schema.NewAndOldImages
	d, err := h.db.Tables.CreateTable(h.ctx, wanted)
	h.note("create table %s: %v", name, err)
	var want error
	if h.live(name) != nil {
		want = exception.ResourceInUse
	}
	if !h.refused(err, want) {
		require.Equal(h, schema.Creating, d.Status, "as the service answers")
		stream, err := h.db.Tables.Stream(d.StreamARN.String())
		require.NoError(h, err)
		h.tables[name] = &incarnation{
			Table:    &model.Table{Schema: &d.Table, Active: h.clock.Now()},
			follower: follower{stream: stream, copy: make(model.State), read: h.clock.Now()},
		}
	}
}

func (h *history) deleteTable() {
	name := h.someName()
	i := h.live(name)
	var want error
	switch {
	case i == nil:
		want = exception.ResourceNotFound
	case i.Status(h.clock.Now()) != schema.Active, !i.online.over(h.clock.Now()):
		want = exception.ResourceInUse
	}
	if i != nil {
		i.last = h.lastView(name, i)
	}
	_, err := h.db.Tables.DeleteTable(h.ctx, name)
	h.note("delete table %s: %v", name, err)
	if !h.refused(err, want) {
		i.Deleted = h.clock.Now()
		h.undecided = append(h.undecided, i)
	}
}

// Two kinds of tables, so that every kind of key, index and projection takes part.
func definition(name string) schema.Definition {
	if name != "right" {
		return schema.Definition{
			Name: name, KeySchema: schema.Keys("p"), Attributes: schema.Attributes{"p": attr.TypeS, "g": attr.TypeS},
			GlobalIndexes: []schema.Index{
				{Name: "byGroup", KeySchema: schema.Keys("g"), Projection: schema.Projection{Type: schema.ProjectAll}},
			},
			BillingMode: schema.PayPerRequest,
		}
	}
	return schema.Definition{
		Name: name, KeySchema: schema.Keys("p", "s"),
		Attributes: schema.Attributes{"p": attr.TypeS, "s": attr.TypeN, "g": attr.TypeS, "l": attr.TypeN},
		LocalIndexes: []schema.Index{
			{Name: "byLevel", KeySchema: schema.Keys("p", "l"), Projection: schema.Projection{Type: schema.ProjectKeysOnly}},
		},
		GlobalIndexes: []schema.Index{{
			Name: "byGroup", KeySchema: schema.Keys("g", "l"),
			Projection: schema.Projection{Type: schema.ProjectInclude, NonKey: []string{"v"}},
		}},
		BillingMode: schema.PayPerRequest,
	}
}
