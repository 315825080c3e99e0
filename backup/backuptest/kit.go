package backuptest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
)

// Store is a [backup.Source] together with what the kit needs to try it: a way to make, fill, read and delete tables.
// An implementer writes the last five methods as a thin adapter in a test. If the store is a [backup.Historian] or a
// [backup.Notifier], the adapter must be one too, as it is when it embeds the store.
//
// All methods are called from several goroutines at once. What is given to a method remains the kit's, and what a
// method returns becomes the kit's, as package backup has it.
type Store interface {
	backup.Source

	// CreateTable makes an empty table. A table that is not ACTIVE at once must become so when the clock has moved.
	CreateTable(ctx context.Context, d schema.Definition) error

	// DeleteTable deletes a table, all at once or when the clock has moved.
	DeleteTable(ctx context.Context, name string) error

	// Put stores an item in the place of the one with its key, and Delete removes the item with a key. When they return,
	// the change has been committed.
	Put(ctx context.Context, table string, item attr.Item) error
	Delete(ctx context.Context, table string, key attr.Key) error

	// Items returns all items of a table in any order, of one moment.
	Items(ctx context.Context, table string) ([]attr.Item, error)
}

// Updater is implemented by a [Store] whose tables can change their settings (UpdateTable). It is optional: without it
// the checks of such changes are skipped, and nothing need be declared.
type Updater interface {
	// SetThroughput changes the capacity of a PROVISIONED table. One that is not ACTIVE at once must become so when the
	// clock has moved.
	SetThroughput(ctx context.Context, table string, t schema.Throughput) error
}

// Maker returns a new and empty store that goes by the given clock. It is called for every check, and for every part of
// a benchmark.
type Maker func(c clock.Clock) (Store, error)

// Lack is something that a store cannot do. What is declared is checked as well: the store must really refuse it.
type Lack string

// What a store may lack.
const (
	History   Lack = "History"   // it is no backup.Historian: exact markers, no point-in-time recovery
	Deletions Lack = "Deletions" // it is no backup.Notifier: no SYSTEM backups
	Indexes   Lack = "Indexes"   // its tables have no secondary indexes
	SortKeys  Lack = "SortKeys"  // its tables have a partition key alone
)

var allLacks = []Lack{History, Deletions, Indexes, SortKeys}

// Info says what a check is about.
type Info struct {
	Name  string // of the check, of its subtest, and in Failure.Check
	About string // what is checked, in a sentence
	Why   string // what goes wrong where it does not hold
}

// check is one promise of the port, and how it is put to the test.
type check struct {
	Info
	needs   []Lack // the check is for stores that lack none of these
	without Lack   // the check is for stores that lack this
	updates bool   // the check is for stores that are an Updater
	run     func(*trial)
}

// Checks returns all checks, in the order in which they are run.
func Checks() []Info {
	var list []Info
	for _, c := range checks() {
		list = append(list, c.Info)
	}
	return list
}

func checks() []check {
	return slices.Concat(lackChecks(), sourceChecks(), captureChecks(), restoreChecks(), historyChecks(), settingsChecks(),
		deletionChecks(), engineChecks(), randomChecks())
}

// Run runs every check as a subtest of t, on a store of its own. Checks of what the store is declared to lack are
// skipped, and others that it is really refused take their place.
func Run(t *testing.T, new Maker, lacks ...Lack) {
	for _, c := range checks() {
		t.Run(c.Name, func(t *testing.T) {
			if reason := c.excused(lacks); reason != "" {
				t.Skip(reason)
			}
			switch err := c.try(t.Context(), new, lacks); err {
			case nil:
			case errNoUpdater:
				t.Skip(err)
			default:
				t.Error(err)
			}
		})
	}
}

// Check does what [Run] does, without a test. It returns nil if the store keeps all promises, and otherwise the errors
// joined (errors.Join), the first of each check: a *[Failure], or what has kept the check from being run. It stops
// between checks when ctx is done.
func Check(ctx context.Context, new Maker, lacks ...Lack) error {
	var errs []error
	for _, c := range checks() {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(errs, fmt.Errorf("stopped before %s: %w", c.Name, err))...)
		}
		if c.excused(lacks) == "" {
			if err := c.try(ctx, new, lacks); err != errNoUpdater {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// CheckSeed runs the random history that the given seed stands for, and nothing else: to see again what a failure of
// [Run] or [Check] told, or to search further than their few seeds, for example from a fuzz target. It returns a
// *[Failure] or nil, or why there is no store.
func CheckSeed(ctx context.Context, new Maker, seed uint64, lacks ...Lack) error {
	c := randomCheck()
	c.run = func(t *trial) { randomHistory(t, seed) }
	return c.try(ctx, new, lacks)
}

// excused says why a store that lacks something is not put to a check; empty: it is.
func (c *check) excused(lacks []Lack) string {
	for _, need := range c.needs {
		if slices.Contains(lacks, need) {
			return fmt.Sprintf("the store is declared to lack %s", need)
		}
	}
	if c.without != "" && !slices.Contains(lacks, c.without) {
		return fmt.Sprintf("the store is not declared to lack %s", c.without)
	}
	return ""
}

var errNoUpdater = errors.New("the store is no backuptest.Updater")

// try runs a check on a new store. A check of what the store turns out to lack, undeclared, is left to the check of the
// declarations. errNoUpdater says that the check was left out.
func (c *check) try(ctx context.Context, new Maker, lacks []Lack) (err error) {
	hands := newHands()
	store, err := new(hands)
	if err == nil && store == nil {
		err = errors.New("the Maker returned neither a store nor an error")
	}
	if err != nil {
		return fmt.Errorf("%s: no store to check: %w", c.Name, err)
	}
	t := &trial{ctx: ctx, check: c, store: store, hands: hands, lacks: lacks, maker: new}
	for _, need := range c.needs {
		if !capable(store, need) {
			return nil
		}
	}
	if _, ok := store.(Updater); c.updates && !ok {
		return errNoUpdater
	}
	defer func() {
		if r := recover(); r != nil {
			t.fail("used the store", fmt.Sprintf("a panic: %v\n%s", r, debug.Stack()), "an answer or an error")
		}
		if t.failure != nil {
			err = t.failure
		}
	}()
	c.run(t)
	return nil
}

// capable reports whether a store has the methods that what it is not to lack takes.
func capable(s Store, l Lack) bool {
	ok := true
	switch l {
	case History:
		_, ok = s.(backup.Historian)
	case Deletions:
		_, ok = s.(backup.Notifier)
	}
	return ok
}
