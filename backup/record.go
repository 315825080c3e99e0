package backup

import (
	"cmp"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// Status is the state of a backup.
type Status string

// The states of a backup. What is ACTIVE here, as in the reference text of the operations, is AVAILABLE on the wire,
// as in the service's model: only the protocol says so.
const (
	Creating Status = "CREATING"
	Active   Status = "ACTIVE"
	Deleted  Status = "DELETED"
)

// Type says who made a backup.
type Type string

// The types of backups. All is for [ListBackups] alone.
const (
	User      Type = "USER"       // CreateBackup
	System    Type = "SYSTEM"     // the deletion of a table with point-in-time recovery
	AWSBackup Type = "AWS_BACKUP" // the AWS Backup service; recorded for listing
	All       Type = "ALL"
)

// Details is what the service tells of every backup (BackupDetails).
type Details struct {
	ARN          string
	Name         string
	Status       Status
	Type         Type
	SizeBytes    int64
	CreationTime time.Time // of the request, in milliseconds
	ExpiryTime   time.Time // zero unless it is a SYSTEM backup
}

// Description is a backup with what it records of its table (BackupDescription). Table is the caller's own.
type Description struct {
	Details
	Table schema.Table
}

// Summary is a backup in a list (BackupSummary).
type Summary struct {
	Details
	TableName string
	TableID   string
	TableARN  arn.ARN
}

// record is a backup in the catalog. Its fields are guarded by the engine's lock, except for those that never change.
type record struct {
	place
	name    string
	kind    Type
	created time.Time
	marker  Marker
	window  time.Duration
	capture *snapshot.Capture
	exact   bool // sizes

	creating time.Duration // how long at least

	ready  time.Time // CREATING before; a SYSTEM backup is not there before
	expiry time.Time // not there from here on; zero: never

	restore *restore // the latest one of it
}

// restore is one that may be running.
type restore struct {
	done time.Time // zero: not known yet
}

func (r *restore) running(now time.Time) bool {
	return r != nil && (r.done.IsZero() || now.Before(r.done))
}

func (r *record) status(now time.Time) Status {
	if now.Before(r.ready) {
		return Creating
	}
	return Active
}

func (r *record) visible(now time.Time) bool {
	return !r.expired(now) && (r.kind != System || r.status(now) == Active)
}

func (r *record) expired(now time.Time) bool {
	return !r.expiry.IsZero() && !now.Before(r.expiry)
}

// readyAt returns when a backup with this cut can be ACTIVE: a cut at the end of a wall time has passed only when that
// time is over.
func readyAt(at clock.Instant, creating time.Duration, cut snapshot.Cut) time.Time {
	ready := at.Time().Add(creating)
	if last := cut.Latest(); last.After(at) {
		if passed := last.Time().Add(1); passed.After(ready) {
			return passed
		}
	}
	return ready
}

// requested returns when the backup was asked for, of which created has the milliseconds.
func (r *record) requested() time.Time { return r.capture.At().Time() }

// arn returns the backup's ARN.
func (r *record) arn() arn.ARN { return r.capture.Table().ARN.Backup(r.id) }

// statistics returns the figures to show of a backup in the given state. It must not be called with the engine's lock
// held: finding out what the backup holds may take a while.
func (r *record) statistics(s Status) schema.Statistics {
	if r.exact && s != Creating {
		if s, ok := r.capture.Snapshot(); ok {
			return schema.Statistics{ItemCount: int64(s.Len()), SizeBytes: s.Size()}
		}
	}
	return r.capture.Table().Statistics
}

// detailsLocked returns the details of the backup, but for its size, under the ARN that the caller used for it.
func (r *record) detailsLocked(now time.Time, as string) Details {
	return Details{
		ARN: as, Name: r.name, Status: r.status(now), Type: r.kind, CreationTime: r.created, ExpiryTime: r.expiry,
	}
}

// describe completes the details to a description. It must not be called with the engine's lock held.
func (r *record) describe(d Details) Description {
	table := r.capture.Table().Clone()
	table.Statistics = r.statistics(d.Status)
	d.SizeBytes = table.SizeBytes
	return Description{Details: d, Table: *table}
}

// place is where a backup lies in the catalog, whether there is one or not: by table name and id, which within a table
// is by creation time.
type place struct{ table, id string }

func (p place) compare(q place) int {
	return cmp.Or(strings.Compare(p.table, q.table), strings.Compare(p.id, q.id))
}

func less(a, b *record) bool { return a.compare(b.place) < 0 }
