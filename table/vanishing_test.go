package table_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
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
