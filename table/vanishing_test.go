package table_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// Whoever looks at a table while it is deleted gets all of it or is refused. What is freed when the deletion is over
// must not be taken for an empty table.
func TestLooksAtATableThatVanishes(t *testing.T) {
	looks := map[string]func(f *fixture) (*snapshot.Snapshot, error){
		"CaptureTable": func(f *fixture) (*snapshot.Snapshot, error) {
			c, err := f.store.CaptureTable(ctx, "Things", snapshot.At)
			if err != nil {
				return nil, err
			}
			s, _ := c.Snapshot()
			return s, nil
		},
		"SnapshotTable": func(f *fixture) (*snapshot.Snapshot, error) {
			return f.store.SnapshotTable(ctx, "Things", clock.EndOf(f.store.Now()))
		},
	}
	for name, look := range looks {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, plain("Things"), table.Timing{})
			for range 300 {
				things := f.open("Things")
				_, err := things.Put(item("a", 1))
				require.NoError(t, err)
				var seen [8]*snapshot.Snapshot // by several at once, so that some wait for the lock while others delete
				var refused [len(seen)]error
				var group sync.WaitGroup
				for i := range seen {
					group.Go(func() { seen[i], refused[i] = look(f) })
				}
				group.Go(func() { _, _ = f.store.DeleteTable(ctx, "Things") })
				group.Wait()
				for i, s := range seen {
					if refused[i] != nil {
						require.ErrorIs(t, refused[i], exception.ResourceNotFound)
					} else {
						require.Equal(t, 1, s.Len())
					}
				}
				f.create(plain("Things"))
			}
		})
	}
}

// A table whose deletion takes no time is never seen DELETING, by whoever comes while it is deleted either.
func TestNobodySeesATableDeletedAtOnce(t *testing.T) {
	f := newStore(t, table.Timing{})
	comers := []func() error{
		func() error {
			_, err := f.store.UpdateTable(ctx, "Things", table.Changes{DeletionProtection: ptr(false)})
			return err
		},
		func() error { _, err := f.store.DeleteTable(ctx, "Things"); return err },
		func() error { _, err := f.store.DeleteTable(ctx, "Things"); return err },
		func() error {
			state, err := f.store.TableState(ctx, "Things")
			if err == nil && state.Status == schema.Deleting {
				return errors.New("it is DELETING")
			}
			return err
		},
		func() error { return f.store.UpdateTimeToLive(ctx, "Things", "T", true) },
		func() error { _, err := f.store.DescribeTimeToLive(ctx, "Things"); return err },
	}
	for range 300 {
		arn := f.create(plain("Things")).ARN.String()
		all := append(comers[:len(comers):len(comers)],
			func() error { return f.store.TagResource(ctx, arn, map[string]string{"k": "v"}) },
			func() error { return f.store.UntagResource(ctx, arn, "k") },
			func() error {
				_, err := f.store.PutResourcePolicy(ctx, table.PolicyInput{Resource: arn, Document: allowed})
				return err
			},
		)
		refused := make([]error, len(all))
		var group, begun sync.WaitGroup
		begun.Add(len(all))
		things := f.open("Things")
		group.Go(func() { // which has them all wait for the table, so that they go on at once
			_, _ = things.Update(key("a", 1), func(attr.Item) (attr.Item, error) { begun.Wait(); return attr.Item{}, nil })
		})
		for i, come := range all {
			group.Go(func() { begun.Done(); refused[i] = come() })
		}
		group.Wait()
		for i, err := range refused {
			if err != nil {
				require.ErrorIs(t, err, exception.ResourceNotFound, i)
			}
		}
	}
}

// Who has seen that a table is gone can make another one of its name, also before the call that deletes it has returned.
func TestNameOfATableThatIsGone(t *testing.T) {
	f := newStore(t, table.Timing{})
	f.create(plain("Things"))
	for range 300 {
		var group sync.WaitGroup
		for range 4 { // who hold the call up
			group.Go(func() { _, _, _ = f.store.ListTables(ctx, "", 0) })
		}
		group.Go(func() { _, _ = f.store.DeleteTable(ctx, "Things") })
		for err := error(nil); err == nil; {
			_, err = f.store.TableState(ctx, "Things")
		}
		_, err := f.store.CreateTable(ctx, plain("Things"))
		require.NoError(t, err)
		group.Wait()
		f.describe("Things")
	}
}
