package table_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// TestHistoryIsRightWhileItIsSwitched has history switched on and off beside a writer: an earlier state is either
// refused or right.
func TestHistoryIsRightWhileItIsSwitched(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	var group sync.WaitGroup
	for _, retain := range []func(time.Duration) error{
		func(d time.Duration) error { f.store.Retain(d); return nil },
		func(d time.Duration) error { return f.store.RetainTable(ctx, "Things", d) },
	} {
		group.Go(func() {
			for n := range 300 {
				if err := retain(time.Duration(n%2) * time.Hour); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Go(func() {
		for n := range int64(600) {
			change, err := f.table.Put(item("a", n))
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := f.table.Put(item("b", n)); err != nil {
				t.Error(err)
				return
			}
			if s, err := f.table.SnapshotAt(change.At); err == nil && s.Len() != int(2*n+1) {
				t.Errorf("%d items after %d writes", s.Len(), 2*n+1)
			}
		}
	})
	group.Wait()
}

// TestEverythingAtOnce is for the race detector.
func TestEverythingAtOnce(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{StatisticsEvery: time.Second})
	f.store.Retain(time.Minute)
	f.store.OnDelete(func(final *snapshot.Snapshot) { _ = f.restore(final, final.Table().Name) })
	do := func(n int) error {
		p, k := string(rune('a'+n%5)), int64(n%40)
		switch n % 9 {
		case 0, 1:
			_, err := f.table.Put(item(p, k, attr.Map{"G": attr.S(p), "L": attr.Int(k)}))
			return err
		case 2:
			_, err := f.table.Delete(key(p, k))
			return err
		case 3:
			_, err := f.store.Transact(table.Put("Things", item(p, k)), table.Check("Things", key(p, k+1)))
			return err
		case 4:
			_, err := f.table.Page(snapshot.Query{Index: "ByG", Partition: attr.S(p)})
			return err
		case 5:
			c, err := f.store.CaptureTable(ctx, "Things", func(at instant) snapshot.Cut {
				return snapshot.Torn(clock.StartOf(at.Time().Add(-time.Second)), clock.EndOf(at.Time().Add(time.Second)))
			})
			if err == nil {
				f.clock.Advance(2 * time.Second)
				if _, ok := c.Snapshot(); !ok {
					return fmt.Errorf("no snapshot after %v", c.Cut().Latest())
				}
			}
			return err
		case 6:
			name := fmt.Sprint("Other", n%3)
			if _, err := f.store.CreateTable(ctx, plain(name)); err != nil {
				_, err = f.store.DeleteTable(ctx, name)
				return ignore(ignore(err, exception.ResourceNotFound), exception.ResourceInUse)
			}
			return nil
		case 7:
			_, err := f.store.DescribeTable(ctx, "Things")
			return err
		}
		_, _, err := f.store.ListTables(ctx, "", 0)
		return err
	}
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			for n := range 250 {
				if err := do(n*7 + g); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	require.NotZero(t, s.Len())
}

func ignore(err error, code exception.Code) error {
	if err != nil && exception.During("", "", err).(*exception.Error).Code == code {
		return nil
	}
	return err
}
