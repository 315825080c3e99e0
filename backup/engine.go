package backup

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/btree"
	"github.com/google/uuid"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// Options configure an [Engine].
type Options struct {
	// Profile is how the engine behaves. The zero Profile means Documented().
	Profile Profile

	// Seed is where markers and ids are drawn from: with the same seed, clock and calls every backup is the same,
	// byte for byte. 0: a random seed, which Engine.Seed tells.
	Seed uint64

	// OnTransition, if set, is called with every change of a backup's status, once each and in order of time, by
	// calls to the engine at or after that time. It may call the engine. It should not panic: the call that it is made
	// by panics then too, although it has done what it was asked for.
	OnTransition func(Transition)
}

// Engine is the backup service of one account in one region, for the tables of a [Source]. Make one with [New].
type Engine struct {
	source  Source
	history Historian // nil: the source cannot look back
	profile Profile
	seed    uint64
	limits  limits
	events  events

	// switching is held while recovery is switched: the source must hear of switches in the order in which they take
	// effect, or a table with recovery could be left without history.
	switching sync.Mutex

	mu struct {
		sync.Mutex
		catalog  *btree.BTreeG[*record]
		agenda   *btree.BTreeG[event]
		restores []*restore           // that may be running
		recovery map[string]*recovery // by table id, for those that have point-in-time recovery on
		drawn    uint64               // backups requested so far, which chooses their random numbers
		ids      *rand.ChaCha8
	}
}

// New returns the Engine of a source. It fails if the profile has an impossible value, or asks for markers away from
// the request of a source that cannot look back ([Historian]).
func New(source Source, o Options) (*Engine, error) {
	if o.Profile == (Profile{}) {
		o.Profile = Documented()
	}
	if err := o.Profile.Validate(); err != nil {
		return nil, err
	}
	if source == nil {
		return nil, errors.New("backup: an engine needs a source")
	}
	if _, err := arn.Parse(arn.Table(source.Region(), source.Account(), "any").String()); err != nil {
		return nil, fmt.Errorf("backup: the source's region %q or account %q cannot be that of a table: %w",
			source.Region(), source.Account(), err)
	}
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	e := &Engine{source: source, profile: o.Profile, seed: o.Seed}
	e.limits = newLimits(o.Profile.Rates)
	e.events.notify = o.OnTransition
	e.mu.catalog = btree.NewG(32, less)
	e.mu.agenda = btree.NewG(32, event.less)
	e.mu.recovery = make(map[string]*recovery)
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], o.Seed)
	seed[8] = 1 // or ids would be those that a store of the same seed gives to its tables
	e.mu.ids = rand.NewChaCha8(seed)

	e.history, _ = source.(Historian)
	if o.Profile.Window > 0 {
		if e.history == nil {
			return nil, errors.New("backup: Profile.Window must be 0 for a source without history, as in Instant()")
		}
		e.history.Retain(o.Profile.Window)
	}
	if n, ok := source.(Notifier); ok {
		n.OnDelete(e.tableDeleted)
	}
	return e, nil
}

// Seed returns what the engine's random choices were drawn from. A test that fails prints it, to be run again.
func (e *Engine) Seed() uint64 { return e.seed }

// Profile returns how the engine behaves.
func (e *Engine) Profile() Profile { return e.profile }

// CreateInput is what CreateBackup is asked for.
type CreateInput struct {
	TableName  string // or the table's ARN
	BackupName string // 3 to 255 characters of [a-zA-Z0-9_.-]; need not be unique
	Marker     Marker // empty: the profile's
	Type       Type   // empty: User; AWSBackup records one of the AWS Backup service

	// Creating is how long the backup is CREATING at least; 0: Profile.Creating. Tests hold a backup with it.
	Creating time.Duration
}

// CreateBackup takes a backup of a table, at a cost that does not depend on the table's size, and returns its details,
// whose status is CREATING. Every call makes a new backup; it consumes none of the table's throughput.
//
// It fails with TableNotFound if there is no such table, or not yet for backups; with ContinuousBackupsUnavailable if
// the table is so new that backups are still being enabled; and with a ValidationException if a name is malformed.
func (e *Engine) CreateBackup(ctx context.Context, in CreateInput) (Details, error) {
	now, err := e.begin(e.limits.create)
	if err == nil {
		var d Details
		if d, err = e.createBackup(ctx, now, in); err == nil {
			e.events.deliver()
			return d, nil
		}
	}
	return Details{}, exception.During("CreateBackup", in.TableName, err)
}

func (e *Engine) createBackup(ctx context.Context, now time.Time, in CreateInput) (Details, error) {
	marker, kind, err := e.checkCreate(in)
	if err != nil {
		return Details{}, err
	}
	name, _, err := e.table(ctx, now, in.TableName)
	if err != nil {
		return Details{}, err
	}
	capture, err := e.source.CaptureTable(ctx, name, func(at clock.Instant) snapshot.Cut {
		return marker.draw(e.random, at, e.profile.Window, e.profile.Partitions)
	})
	if err != nil {
		return Details{}, tableNotFound(name, err)
	}
	if t := capture.Table(); t.Name != name || t.ID == "" || t.ARN.Table != name {
		return Details{}, exception.InternalServerError.Errorf("the source captured table %q (%v) for %q", t.Name, t.ARN, name)
	}
	r := &record{
		name: in.BackupName, kind: kind, marker: marker, window: e.profile.Window,
		capture: capture, exact: e.profile.ExactSizes, created: capture.At().Time().Truncate(time.Millisecond),
	}
	r.creating = cmp.Or(in.Creating, e.profile.Creating)
	r.ready = readyAt(capture.At(), r.creating, capture.Cut())
	e.mu.Lock()
	e.addLocked(r)
	d := r.detailsLocked(now, r.arn().String())
	e.mu.Unlock()
	if capture.Cut().Latest().After(capture.At()) {
		e.settleIfDeleted(ctx, name, capture.Table().ID)
	}
	d.Status = Creating // even where it is ACTIVE for the next call
	d.SizeBytes = r.statistics(d.Status).SizeBytes
	return d, nil
}

// checkCreate checks what can be checked without looking at the table.
func (e *Engine) checkCreate(in CreateInput) (Marker, Type, error) {
	var c validate.Check
	c.Length("tableName", in.TableName, 1, 1024)
	c.Name("backupName", in.BackupName)
	if err := c.Err(); err != nil {
		return "", "", err
	}
	marker := in.Marker
	if marker == "" {
		marker = e.profile.Marker
	}
	switch {
	case in.Creating < 0 || in.Creating > maxDuration:
		return "", "", exception.Validation.Errorf("a backup cannot be CREATING for %v", in.Creating)
	case !marker.known():
		return "", "", exception.Validation.Errorf("unknown marker policy: %s", marker)
	case in.Marker != "" && in.Marker != Exact && e.profile.Window == 0:
		return "", "", exception.Validation.Errorf("the marker policy %s needs a Profile.Window", in.Marker)
	case in.Type != "" && in.Type != User && in.Type != AWSBackup:
		return "", "", exception.Validation.Errorf("a backup of type %s cannot be requested", in.Type)
	case in.Type == "":
		return marker, User, nil
	}
	return marker, in.Type, nil
}

// addLocked gives r an ARN that no other backup has, and puts it into the catalog.
func (e *Engine) addLocked(r *record) {
	r.table = r.capture.Table().Name
	for {
		r.id = arn.BackupID(r.created, uuid.Must(uuid.NewRandomFromReader(e.mu.ids)))
		other, taken := e.mu.catalog.ReplaceOrInsert(r)
		if !taken {
			break
		}
		e.mu.catalog.ReplaceOrInsert(other)
	}
	e.mu.agenda.ReplaceOrInsert(event{r.ready, becomesReady, r})
	e.events.add(r, "", Creating, r.requested())
}

// random returns the random numbers for the next cut.
func (e *Engine) random() *rand.Rand {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mu.drawn++
	return rand.New(rand.NewPCG(e.seed, e.mu.drawn))
}

// tableName returns the name of a table given by name or ARN.
func (e *Engine) tableName(nameOrARN string) (string, error) {
	return validate.Table(nameOrARN, e.source.Region(), e.source.Account())
}

// table finds a table given by name or ARN. It refuses one that is too young for backups, or too far gone.
func (e *Engine) table(ctx context.Context, now time.Time, nameOrARN string) (name string, s schema.State, err error) {
	if name, err = e.tableName(nameOrARN); err != nil {
		return "", s, err
	}
	if s, err = e.source.TableState(ctx, name); err != nil {
		return "", s, tableNotFound(name, err)
	}
	// A table that was made while this call was on its way is not younger than the call.
	return name, s, e.profile.backupable(name, s, latest(now, s.CreationTime))
}

// backupable is the rule for which tables backup operations see: a table is not found at first, then its backups are
// being enabled for a while, and after it has been deleted it is soon not found again.
func (p *Profile) backupable(name string, s schema.State, now time.Time) error {
	switch {
	case s.Status == schema.Deleting && !now.Before(s.DeletionTime.Add(p.Departing)),
		s.Status == schema.Creating && (s.Restoring || now.Before(s.CreationTime.Add(p.Unregistered))):
		return exception.TableNotFound.Errorf("Table not found: %s", name)
	case s.Status == schema.Creating,
		!s.ActiveTime.IsZero() && now.Before(s.ActiveTime.Add(p.Enabling)):
		return exception.ContinuousBackupsUnavailable.Errorf(
			"Backups are being enabled for the table: %s. Please retry later", name)
	}
	return nil
}

// tableNotFound turns a source's error into that of the backup operations, which have names of their own.
func tableNotFound(name string, err error) error {
	if errors.Is(err, exception.ResourceNotFound) {
		return exception.TableNotFound.Errorf("Table not found: %s", name)
	}
	return err
}
