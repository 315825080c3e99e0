package table

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
)

// Table is one incarnation of a table. [Store.Table] gives it.
type Table struct {
	store *Store
	name  string
	due   atomic.Int64 // when the next item expires, in nanoseconds since 1970

	updates sync.Mutex // held by UpdateTable, before mu

	mu struct {
		sync.RWMutex

		// definition is shared with captures and snapshots: it is replaced, never changed.
		definition  *schema.Table
		class       schema.Class
		classSince  time.Time // when it has got another
		protected   bool
		protectedAt time.Time // when that was changed
		streamARN   arn.ARN   // of the latest stream
		stream      *Stream   // that is enabled; nil: none
		restore     *schema.RestoreSummary
		onDemand    time.Time // when it became PAY_PER_REQUEST last
		throughputs

		active  time.Time // ACTIVE from here on
		work    work
		deleted time.Time // zero, or DELETING from here on

		data       *storage.Data // laid out as definition says
		statistics statistics
		indexes
		history
		expiration
		attachments
		warm warmth
	}
}

// Name returns the table's name.
func (t *Table) Name() string { return t.name }

func (t *Table) statusLocked(now time.Time) schema.Status { return t.statusAtLocked(moment{now: now}) }

func (t *Table) statusAtLocked(m moment) schema.Status {
	switch {
	case !t.mu.deleted.IsZero():
		return schema.Deleting
	case m.now.Before(t.mu.active):
		return schema.Creating
	case m.before(t.mu.work.until):
		return schema.Updating
	}
	if p := t.mu.online.at(m); p == allocating || p == deleting {
		return schema.Updating
	}
	return schema.Active
}

func (t *Table) restoringLocked(now time.Time) bool {
	return t.mu.restore != nil && t.statusLocked(now) == schema.Creating
}

// gone reports whether the table's deletion is over.
func (t *Table) gone(now time.Time) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.goneLocked(now)
}

func (t *Table) goneLocked(now time.Time) bool {
	return !t.mu.deleted.IsZero() && !now.Before(t.mu.deleted.Add(t.store.timing.Deleting))
}

// release frees what a table whose deletion is over holds, also if somebody keeps the Table. Whoever has found the table
// before and locks it after must look whether it is gone: it seems to be empty then.
func (t *Table) release() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.data = storage.NewData(t.mu.data.Layout())
	t.dropHistoryLocked()
}

// openLocked refuses items of a table that is CREATING or DELETING.
func (t *Table) openLocked(now time.Time) error {
	if t.mu.deleted.IsZero() && !now.Before(t.mu.active) {
		return nil
	}
	return errNoTable()
}

// errNoTable is what operations on items answer if there is no table.
func errNoTable() error { return exception.ResourceNotFound.Errorf("Requested resource not found") }

// statistics are the figures of a table and its indexes as they were when last taken.
type statistics struct {
	taken  time.Time // zero: never, and all figures are 0
	table  schema.Statistics
	byName map[string]schema.Statistics
}

// countLocked takes the statistics that have come due. Every write calls it first, so that nothing has changed
// between the moment they were due and now.
func (t *Table) countLocked(now time.Time) {
	every := t.store.timing.StatisticsEvery
	if every <= 0 {
		return
	}
	created := t.mu.definition.CreationTime
	due := created.Add(now.Sub(created).Truncate(every))
	if due.After(created) && due.After(t.mu.statistics.taken) {
		t.mu.statistics = t.figuresLocked()
		t.mu.statistics.taken = due
	}
}

func (t *Table) figuresLocked() statistics {
	s := statistics{table: figures(t.mu.data, -1)}
	for i, x := range t.mu.data.Layout().Indexes {
		if s.byName == nil {
			s.byName = make(map[string]schema.Statistics)
		}
		s.byName[x.Name] = figures(t.mu.data, i)
	}
	return s
}

func figures(d *storage.Data, index int) schema.Statistics {
	return schema.Statistics{ItemCount: int64(d.Len(index)), SizeBytes: d.Bytes(index)}
}

// tableStatisticsLocked returns the table's own statistics to show at a time.
func (t *Table) tableStatisticsLocked(now time.Time) schema.Statistics {
	if t.store.timing.StatisticsEvery <= 0 {
		return figures(t.mu.data, -1)
	}
	t.countLocked(now)
	return t.mu.statistics.table
}

// currentStatisticsLocked returns the statistics to show at a time.
func (t *Table) currentStatisticsLocked(now time.Time) statistics {
	if t.store.timing.StatisticsEvery <= 0 {
		return t.figuresLocked()
	}
	t.countLocked(now)
	return t.mu.statistics
}
