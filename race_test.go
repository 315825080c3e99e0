package tidemark_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

const (
	accounts = 8
	opening  = 100 // what every account has at first: the sum stays accounts × opening
)

// crowd is everybody at once: a bank whose transfers keep the sum, a counter, and all operations of the engine. It
// ends by counts, not by time, and is at its best under the race detector.
type crowd struct {
	*testing.T
	ctx      context.Context
	db       *tidemark.DB
	clock    clock.Manual
	rounds   int
	restored atomic.Int64
	recalled atomic.Int64 // views of the past, in a snapshot, a restored table or as differences
	told     atomic.Int64
}

func TestEverythingAtOnce(t *testing.T) {
	const writers, rounds = 3, 400
	for _, name := range []string{"instant", "window"} {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t, name == "window", rounds)
			var group sync.WaitGroup
			for n := range writers {
				group.Go(func() { c.transfer(n) })
				group.Go(c.count)
			}
			for _, act := range []func(){c.read, c.advance, c.backUp, c.backUp, c.browse, c.churn, c.switchRecovery, c.lookBack, c.goBack} {
				group.Go(act)
			}
			group.Wait()

			counter, err := c.db.Tables.Table("counter")
			require.NoError(t, err)
			item, _, err := counter.Get(id("n"))
			require.NoError(t, err)
			require.EqualValues(t, writers*rounds, number(item, "balance"), "no increment is lost")
			require.Positive(t, c.restored.Load(), "some backups have been restored")
			require.Positive(t, c.recalled.Load(), "something was read of the past")
			require.Positive(t, c.told.Load(), "some transitions have been told")
		})
	}
}

func newCrowd(t *testing.T, window bool, rounds int) *crowd {
	c := &crowd{T: t, ctx: t.Context(), rounds: rounds}
	o := tidemark.Instant()
	o.Clock, o.Seed = &c.clock, 1
	if window {
		o.Profile.Window, o.Profile.Creating, o.Profile.Restoring = time.Minute, time.Second, time.Second
	}
	o.OnTransition = c.transition
	var err error
	c.db, err = tidemark.New(o)
	require.NoError(t, err)
	for _, name := range []string{"bank", "counter"} {
		_, err := c.db.Tables.CreateTable(c.ctx, schema.Definition{
			Name: name, KeySchema: schema.Keys("id"), Attributes: schema.Attributes{"id": attr.TypeS},
			BillingMode: schema.PayPerRequest,
		})
		require.NoError(t, err)
	}
	bank, err := c.db.Tables.Table("bank")
	require.NoError(t, err)
	for n := range accounts {
		_, err := bank.Put(account(strconv.Itoa(n), opening))
		require.NoError(t, err)
	}
	c.clock.Advance(2 * time.Minute) // so that every window finds the accounts open
	return c
}

// transition is called by whoever finds that something has come due, and calls the engine in its turn.
func (c *crowd) transition(t backup.Transition) {
	c.told.Add(1)
	_, err := c.db.Backups.DescribeBackup(c.ctx, t.ARN)
	c.tolerate(err, exception.BackupNotFound)
	c.db.Backups.Settle()
}

// tolerate fails the test unless err is nil or one of those that the bustle can cause.
func (c *crowd) tolerate(err error, expected ...exception.Code) bool {
	for _, code := range expected {
		if errors.Is(err, code) {
			return false
		}
	}
	if err != nil {
		c.Errorf("unexpected: %v", err)
	}
	return err == nil
}

// transfer moves money between two accounts, in a transaction that reads and writes both.
func (c *crowd) transfer(seed int) {
	for n := range c.rounds {
		from, to := (n+seed)%accounts, (n*3+seed+1)%accounts
		if from == to {
			continue
		}
		move := func(by int64) table.UpdateFunc {
			return func(old attr.Item) (attr.Item, error) {
				return account(text(old, "id"), number(old, "balance")+by), nil
			}
		}
		_, err := c.db.Tables.Transact(
			table.Update("bank", id(strconv.Itoa(from)), move(-1)), table.Update("bank", id(strconv.Itoa(to)), move(1)))
		c.tolerate(err)
	}
}

// count adds 1 to a single item: with lost updates the end is less than the number of calls.
func (c *crowd) count() {
	counter, err := c.db.Tables.Table("counter")
	c.tolerate(err)
	for range c.rounds {
		_, err := counter.Update(id("n"), func(old attr.Item) (attr.Item, error) {
			return account("n", number(old, "balance")+1), nil
		})
		c.tolerate(err)
	}
}

func (c *crowd) read() {
	bank, err := c.db.Tables.Table("bank")
	c.tolerate(err)
	for n := range c.rounds {
		page, err := bank.Page(snapshot.Query{})
		c.tolerate(err)
		var total int64
		for _, item := range page.Items {
			total += number(item, "balance")
		}
		if total != accounts*opening {
			c.Errorf("a page has the sum %d", total)
		}
		s, err := bank.Snapshot()
		if c.tolerate(err) {
			c.balanced("snapshot", s)
		}
		_, _, err = bank.Get(id(strconv.Itoa(n % accounts)))
		c.tolerate(err)
		for _, err := range bank.Items(snapshot.Query{}) {
			c.tolerate(err)
		}
	}
}

// balanced checks the sum in a snapshot.
func (c *crowd) balanced(what string, s *snapshot.Snapshot) {
	var total int64
	for item := range s.All() {
		total += number(item, "balance")
	}
	if total != accounts*opening {
		c.Errorf("%s has the sum %d", what, total)
	}
}

// advance moves the clock as the others work: windows open and close while they write.
func (c *crowd) advance() {
	for range c.rounds {
		c.clock.Advance(3 * time.Second)
		runtime.Gosched()
		c.db.Backups.Settle()
	}
}

// backUp takes backups; it reads and restores some at once and some when others have been taken meanwhile, and deletes
// them in the end.
func (c *crowd) backUp() {
	var arns []string
	for n := range c.rounds / 2 {
		c.clock.Advance(3 * time.Second) // whatever the others do, earlier backups come to be ready
		d, err := c.db.Backups.CreateBackup(c.ctx, backup.CreateInput{TableName: "bank", BackupName: "some"})
		if !c.tolerate(err) {
			continue
		}
		arns = append(arns, d.ARN)
		arn := arns[max(0, len(arns)-1-n%3*20)]
		if s, err := c.db.Backups.Snapshot(c.ctx, arn); c.tolerate(err, exception.BackupInUse, exception.BackupNotFound) {
			c.balanced("backup", s)
		}
		_, err = c.db.Backups.Window(c.ctx, arn)
		c.tolerate(err, exception.BackupNotFound)
		c.restoreOne(arn, fmt.Sprintf("copy%d", n%2))
		_, err = c.db.Backups.DeleteBackup(c.ctx, arns[len(arns)/2])
		c.tolerate(err, exception.BackupInUse, exception.BackupNotFound)
	}
}

func (c *crowd) restoreOne(arn, target string) {
	_, err := c.db.Backups.RestoreTableFromBackup(c.ctx, backup.RestoreInput{TargetTableName: target, BackupARN: arn})
	if !c.tolerate(err, exception.BackupInUse, exception.BackupNotFound,
		exception.TableAlreadyExists, exception.TableInUse, exception.LimitExceeded) {
		return
	}
	c.restored.Add(1)
	copied, err := c.db.Tables.Table(target)
	if !c.tolerate(err, exception.ResourceNotFound) {
		return
	}
	if s, err := copied.Snapshot(); c.tolerate(err, exception.ResourceNotFound) {
		c.balanced("restored table", s)
	}
}

// browse lists and describes whatever there is.
func (c *crowd) browse() {
	for range c.rounds / 4 {
		in := backup.ListInput{Type: backup.All, Limit: 10}
		for {
			list, last, err := c.db.Backups.ListBackups(c.ctx, in)
			c.tolerate(err)
			for _, b := range list {
				_, err := c.db.Backups.DescribeBackup(c.ctx, b.ARN)
				c.tolerate(err, exception.BackupNotFound)
				_, err = c.db.Backups.Transitions(c.ctx, b.ARN)
				c.tolerate(err, exception.BackupNotFound)
			}
			if in.ExclusiveStart = last; last == "" || len(list) == 0 {
				break
			}
		}
		_, _, err := c.db.Tables.ListTables(c.ctx, "", 0)
		c.tolerate(err)
	}
}

// churn deletes what others restore, so that they can do it again; what had recovery leaves SYSTEM backups.
func (c *crowd) churn() {
	for n := range c.rounds {
		name := []string{"copy0", "past0", "copy1", "past1"}[n%4]
		_, err := c.db.Tables.DescribeTable(c.ctx, name)
		c.tolerate(err, exception.ResourceNotFound)
		_, err = c.db.Tables.DeleteTable(c.ctx, name)
		c.tolerate(err, exception.ResourceNotFound, exception.ResourceInUse)
	}
}

func (c *crowd) switchRecovery() {
	for n := range c.rounds {
		name := []string{"bank", "copy0", "copy1"}[n%3]
		spec := backup.RecoverySpecification{Enabled: n%2 == 0}
		_, err := c.db.Backups.UpdateContinuousBackups(c.ctx, name, spec)
		c.tolerate(err, exception.TableNotFound, exception.ContinuousBackupsUnavailable)
		_, err = c.db.Backups.DescribeContinuousBackups(c.ctx, name)
		c.tolerate(err, exception.TableNotFound)
	}
}

// lookBack reads the bank's past while others switch its recovery off, and while the present goes on. Every state has
// the sum, and so no differences change it.
func (c *crowd) lookBack() {
	for n := range c.rounds {
		spec := backup.RecoverySpecification{Enabled: true, RecoveryPeriodInDays: 1 + n%backup.MaxRecoveryPeriod}
		on, err := c.db.Backups.UpdateContinuousBackups(c.ctx, "bank", spec)
		if !c.tolerate(err) {
			return
		}
		to := on.PointInTimeRecovery.LatestRestorableTime
		from := to.Add(-time.Duration(n%40) * time.Second)
		if earliest := on.PointInTimeRecovery.EarliestRestorableTime; from.Before(earliest) {
			from = earliest
		}
		if s, err := c.db.Backups.SnapshotAt(c.ctx, "bank", from); c.past(err) {
			c.balanced("view of the past", s)
		}
		found, err := c.db.Backups.Differences(c.ctx, "bank", from, to)
		if !c.past(err) {
			continue
		}
		var change int64
		for d := range found {
			change += number(d.New, "balance") - number(d.Old, "balance")
		}
		if change != 0 {
			c.Errorf("the differences change the sum by %d", change)
		}
	}
}

// goBack restores the bank as it was, and looks at what came of it.
func (c *crowd) goBack() {
	for n := range c.rounds {
		target := fmt.Sprintf("past%d", n%2)
		in := backup.PointInTimeInput{SourceTableName: "bank", TargetTableName: target}
		if in.UseLatestRestorableTime = n%3 == 0; !in.UseLatestRestorableTime {
			in.RestoreTime = c.clock.Now().Add(-time.Duration(n%20) * time.Second)
		}
		_, err := c.db.Backups.RestoreTableToPointInTime(c.ctx, in)
		if !c.past(err, exception.TableAlreadyExists, exception.TableInUse, exception.LimitExceeded) {
			continue
		}
		copied, err := c.db.Tables.Table(target)
		if !c.tolerate(err, exception.ResourceNotFound) { // CREATING still, or deleted by others
			continue
		}
		if s, err := copied.Snapshot(); c.tolerate(err, exception.ResourceNotFound) {
			c.balanced("table as it was", s)
		}
	}
}

// past counts what was read of the past. Recovery is off now and then, and its period begins when it is switched on:
// fewer times than there are rounds.
func (c *crowd) past(err error, expected ...exception.Code) bool {
	ok := c.tolerate(err, append(expected, exception.PointInTimeRecoveryUnavailable, exception.InvalidRestoreTime)...)
	if ok {
		c.recalled.Add(1)
	}
	return ok
}

func number(item attr.Item, name string) int64 {
	v, _ := item.Lookup(name)
	digits, _ := v.Number()
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}
