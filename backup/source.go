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
// goroutine and never while holding a lock that a Source's own callback would need. Package backuptest tries whether a
// Source keeps what is asked for here.
//
// Errors reach the engine's caller as they are, except for the two that are named below, which have other codes in the
// vocabulary of backups; they may be wrapped (errors.Is). Over the wire, an error without a code of package exception
// is an InternalServerError: what a source refuses is best an exception.Validation, with words.
type Source interface {
	// Now is the time of the one clock that everything goes by. It must never go back, also if the clock does: else a
	// backup that was ACTIVE becomes CREATING again. A clock.Sequencer sees to that.
	Now() time.Time

	// Region and Account say where the tables are. They must be fit for an ARN (New fails otherwise), and must not
	// change: backups are found by ARNs that are made of them.
	Region() string
	Account() string

	// TableState returns the state of a table, also of one that is CREATING or DELETING. The ID must be another for
	// every incarnation of a name: recovery and SYSTEM backups are kept by it. It fails with an error that is
	// exception.ResourceNotFound if there is none of that name; with any other, backup operations cannot answer
	// TableNotFound, and no restore is made under that name.
	TableState(ctx context.Context, name string) (schema.State, error)

	// CaptureTable starts a snapshot of a table with the cut that the function returns. The function must be called once,
	// with the instant of the capture, while the table cannot change. That instant must lie after every commit
	// acknowledged before the call and before every commit begun after it, and after those of earlier captures: else a
	// backup misses what was acknowledged before it, or holds what came later.
	//
	// The captured table must have its name, ID, ARN, creation time, keys, attributes, indexes, capacity and statistics: a
	// backup knows nothing else of it, and a restore makes its table of nothing else. The engine takes the capture over:
	// nothing of it may change any more, whatever becomes of the table, so a description that changes with the table must
	// be cloned. It fails with an error that is exception.ResourceNotFound if there is no such table.
	//
	// A source without history is only ever asked for a cut at that very instant: a snapshot of now, as
	// snapshot.Taken, is right. For a [Historian] the cut may have markers before the instant, which are undone to, and
	// after it, which are waited for (snapshot.NewCapture). Markers before the table's history are moved to its beginning
	// (snapshot.Cut.Between). If the table is deleted before a marker, nothing more can come: the snapshot is there at
	// once, and its cut has no marker after the deletion. Else the backup would be CREATING for longer than need be.
	CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error)

	// RestoreTable makes a new table as requested and returns its description, of which the engine uses the
	// CreationTime. The table has an ID, an ARN and a creation time of its own, not those in the request. It has the
	// capacity, the encryption and the indexes of the request, all of which may differ from the snapshot's: indexes may be
	// fewer or have other names. If indexes of the source's tables come and go, an index may be one that the snapshot does
	// not have (snapshot.Restore): then it is made of the items. A source that cannot make them must fail, or who asked for them takes it that they are
	// there. The table may be ACTIVE before r.Duration is over, also at once.
	//
	// It must look for the name and take it in one step, or two restores fill one table, and fail with an error that is
	// exception.ResourceInUse if there is a table of that name in any state. It must leave nothing behind when it fails.
	// The request remains the engine's: what the source keeps of r.Table must be cloned, and r.Snapshot, which is restored
	// again and read at the same time, must not share anything with the table that its writes would change.
	RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error)
}

// Historian is implemented by a [Source] that can look back: that undoes commits to find an earlier state. Without it
// every marker is exact, and there is no point-in-time recovery. All methods that name a table fail with an error that
// is exception.ResourceNotFound if there is none; one that is DELETING is still there. The history of a table begins
// with its creation or its restore, or later.
type Historian interface {
	// Retain asks for at least the last d of every table's history from now on, also of tables that are made later.
	// With less, the times that are promised to be restorable are not.
	Retain(d time.Duration)

	// RetainTable asks for more of one table's history; 0 takes that back. Of this and Retain the greater counts.
	RetainTable(ctx context.Context, name string, d time.Duration) error

	// SnapshotTable returns the items of a table as they were at an instant: with all commits up to it, those at that very
	// instant too, and none after, and with indexes that agree with them. An instant before the table's history, or
	// ahead, is moved to the beginning of the history or to the present. The cut of the snapshot must say where to: by
	// that alone the engine sees that it was not given the time it asked for. The history does not reach back to an
	// earlier table of the name. The snapshot's description is the table's present one.
	SnapshotTable(ctx context.Context, name string, at clock.Instant) (*snapshot.Snapshot, error)

	// DefinitionAt returns the settings of a table as they were at an instant, or at the beginning of its history if
	// that is later. The engine does not change the result, and the source must not do so either.
	DefinitionAt(ctx context.Context, name string, at clock.Instant) (*schema.Table, error)

	// ChangesOf returns what the commits after one instant and up to another did to the items of a table, in their
	// order. Instants outside the table's history are moved into it; begin is where from has come to lie. Who reads the
	// changes later, or twice, must find the same.
	ChangesOf(ctx context.Context, name string, from, to clock.Instant) (
		changes iter.Seq[snapshot.Change], begin clock.Instant, err error)
}

// Notifier is implemented by a [Source] that tells of deleted tables. Without it there are no SYSTEM backups.
type Notifier interface {
	// OnDelete has watch called with the last state of each deleted table, once, before the deletion is acknowledged
	// and while no lock of the source is held: watch may call the source. The latest marker of its cut is the instant of
	// the deletion; with the zero Cut that is the moment of the call. A second call of OnDelete adds another watch.
	OnDelete(watch func(final *snapshot.Snapshot))
}
