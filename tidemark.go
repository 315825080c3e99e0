package tidemark

import (
	"time"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/table"
)

// Options configure [New]. The zero Options are those of [Instant].
type Options struct {
	Clock   clock.Clock // nil: clock.System
	Region  string      // empty: table.DefaultRegion
	Account string      // 12 digits; empty: table.DefaultAccount

	// Seed is where ids and markers are drawn from, so that a run can be repeated; 0: a random seed.
	Seed uint64

	Timing  table.Timing   // of tables
	Quotas  table.Quotas   // of tables
	Profile backup.Profile // of backups; the zero Profile means backup.Instant()

	// History is how far every table can look back, beyond what backups and point-in-time recovery need; see
	// table.Options.
	History time.Duration

	// CheckpointEvery bounds what looking back costs; see table.Options.
	CheckpointEvery int

	// KinesisStream says which Kinesis streams there are; see table.Options.
	KinesisStream func(streamARN string) bool

	// OnTransition is called with every change of a backup's status; see backup.Options.
	OnTransition func(backup.Transition)
}

// Instant returns Options for programs that own their tables and for tests: nothing takes any time, and a backup holds
// exactly what was acknowledged before it was requested.
func Instant() Options { return Options{Profile: backup.Instant()} }

// Documented returns Options for the service as AWS describes it.
func Documented() Options {
	return Options{Profile: backup.Documented(), Timing: table.ServiceTiming()}
}

// DB is a set of tables with their backups, in one account and region.
type DB struct {
	Tables  *table.Store
	Backups *backup.Engine
	Clock   clock.Clock
}

// New returns an empty DB. It fails if the options have an impossible value.
func New(o Options) (*DB, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Profile == (backup.Profile{}) {
		o.Profile = backup.Instant()
	}
	tables := table.NewStore(table.Options{
		Clock: o.Clock, Region: o.Region, Account: o.Account, Seed: o.Seed, Timing: o.Timing, Quotas: o.Quotas,
		History: o.History, CheckpointEvery: o.CheckpointEvery, KinesisStream: o.KinesisStream,
	})
	backups, err := backup.New(tables, backup.Options{Profile: o.Profile, Seed: o.Seed, OnTransition: o.OnTransition})
	if err != nil {
		return nil, err
	}
	return &DB{Tables: tables, Backups: backups, Clock: o.Clock}, nil
}
