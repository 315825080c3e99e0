package backup

import (
	"context"
	"iter"
	"time"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// Source is what an [Engine] needs of whoever owns the tables. *table.Store is one. The engine calls it from any
// goroutine and never while holding a lock that a Source's own callback would need.
type Source interface {
	// Now is the time of the one clock that everything goes by. It must never go back; a clock.Sequencer's does not.
	Now() time.Time

	// Region and Account say where the tables are. They must not change.
	Region() string
	Account() string

	// TableState returns the state of a table, also of one that is CREATING or DELETING. It fails with an error that is
	// exception.ResourceNotFound if there is none of that name.
	TableState(ctx context.Context, name string) (schema.State, error)

	// CaptureTable starts a snapshot of a table with the cut that the function returns. The instant of the capture,
	// which is passed to the function, must lie after every commit acknowledged before the call and before every
	// commit begun after it. The captured table must have its name, ID, ARN, creation time, keys, attributes, indexes
	// and statistics: a backup knows nothing else of it.
	//
	// A source without history is only ever asked for a cut at that very instant: a snapshot of now, as
	// snapshot.Taken, is right. For a [Historian] the cut may have markers before the instant, which are undone to, and
	// after it, which are waited for (snapshot.NewCapture).
	CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error)

	// RestoreTable makes a new table as requested and returns its description, of which the engine uses the
	// CreationTime. It must leave nothing behind when it fails, and fail with an error that is exception.ResourceInUse
	// if there is a table of that name in any state.
	RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error)
}

// Historian is implemented by a [Source] that can look back: that undoes commits to find an earlier state. Without it
// every marker is exact, and there is no point-in-time recovery. All methods that name a table fail with an error that
// is exception.ResourceNotFound if there is none; one that is DELETING is still there.
type Historian interface {
	// Retain asks for at least the last d of every table's history from now on.
	Retain(d time.Duration)

	// RetainTable asks for more of one table's history; 0 takes that back.
	RetainTable(ctx context.Context, name string, d time.Duration) error

	// SnapshotTable returns the items of a table as they were at an instant: with all commits up to it and none after.
	// An instant before the table's history, or ahead, is moved to the beginning of the history or to the present; the
	// cut of the snapshot says where to. Its description is the table's present one.
	SnapshotTable(ctx context.Context, name string, at clock.Instant) (*snapshot.Snapshot, error)

	// DefinitionAt returns the settings of a table as they were at an instant.
	DefinitionAt(ctx context.Context, name string, at clock.Instant) (*schema.Table, error)

	// ChangesOf returns what the commits after one instant and up to another did to the items of a table, in their
	// order. Instants outside the table's history are moved into it; begin is where from has come to lie.
	ChangesOf(ctx context.Context, name string, from, to clock.Instant) (
		changes iter.Seq[snapshot.Change], begin clock.Instant, err error)
}

// Notifier is implemented by a [Source] that tells of deleted tables. Without it there are no SYSTEM backups.
type Notifier interface {
	// OnDelete has watch called with the last state of each deleted table, before the deletion is acknowledged and
	// while no lock of the source is held. The latest marker of its cut is the instant of the deletion; with the zero
	// Cut that is the moment of the call.
	OnDelete(watch func(final *snapshot.Snapshot))
}
