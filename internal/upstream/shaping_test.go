package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// Who is told of a deleted table may call the source.
func TestWatchersHoldNothing(t *testing.T) {
	w := newWorld(t)
	w.create("Things")
	w.recover("Things")
	told := 0
	w.source.OnDelete(func(*snapshot.Snapshot) {
		told++
		_, err := w.source.CaptureTable(ctx, "Things", snapshot.At)
		require.ErrorIs(t, err, exception.ResourceNotFound)
		require.ErrorIs(t, w.source.RetainTable(ctx, "Things", time.Hour), exception.ResourceNotFound)
	})
	w.ok("DeleteTable", `{'TableName':'Things'}`)
	require.Equal(t, 1, told)
}

// A table that was deleted and made anew behind the proxy's back has none of the former one's history: not when it is
// deleted itself, and not when it gets a history of its own.
func TestATableMadeAnewUnseen(t *testing.T) {
	begin := func(t *testing.T) *world {
		w := newWorld(t)
		w.create("Things")
		w.put("Things", 5)
		w.recover("Things")
		w.source.OnDelete(func(s *snapshot.Snapshot) { t.Errorf("%d items of the former table were told of", s.Len()) })
		_, err := w.tables.DeleteTable(ctx, "Things")
		require.NoError(t, err)
		return w
	}
	t.Run("and deleted", func(t *testing.T) {
		w := begin(t)
		_, err := w.tables.CreateTable(ctx, w.plain("Things"))
		require.NoError(t, err)
		w.ok("DeleteTable", `{'TableName':'Things'}`)
	})
	t.Run("and changed", func(t *testing.T) {
		w := begin(t)
		_, err := w.tables.CreateTable(ctx, w.plain("Things"))
		require.NoError(t, err)
		w.ok("UpdateTimeToLive", `{'TableName':'Things','TimeToLiveSpecification':{'Enabled':true,'AttributeName':'t'}}`)
		s, err := w.source.SnapshotTable(ctx, "Things", clock.EndOf(w.source.Now()))
		require.NoError(t, err)
		require.Zero(t, s.Len())
	})
	t.Run("before the proxy's eyes", func(t *testing.T) {
		w := begin(t)
		w.create("Things")
		s, err := w.source.SnapshotTable(ctx, "Things", clock.EndOf(w.source.Now()))
		require.NoError(t, err)
		require.Zero(t, s.Len())
	})
	t.Run("and to be recovered", func(t *testing.T) {
		w := begin(t)
		_, err := w.tables.CreateTable(ctx, w.plain("Things"))
		require.NoError(t, err)
		w.put("Things", 2)
		w.recover("Things")
		s, err := w.source.SnapshotTable(ctx, "Things", clock.EndOf(w.source.Now().Add(time.Hour)))
		require.NoError(t, err)
		require.Equal(t, 2, s.Len())
	})
	t.Run("and gone", func(t *testing.T) {
		w := begin(t)
		_, err := w.client.Call(ctx, "DeleteTable", []byte(`{"TableName":"Things"}`))
		require.ErrorIs(t, err, exception.ResourceNotFound)
	})
}

// plain is a table like those that create makes.
func (w *world) plain(name string) schema.Definition {
	return schema.Definition{Name: name, KeySchema: schema.Keys("id"), Attributes: schema.Attributes{"id": attr.TypeN},
		BillingMode: schema.PayPerRequest}
}

// A table whose history begins while its deletion waits is deleted as one with history.
func TestAHistoryThatBeginsBeforeADeletion(t *testing.T) {
	w := newWorld(t, oneByOne)
	w.create("Things")
	w.put("Things", 5)
	var deleting sync.WaitGroup
	var once sync.Once
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "DescribeTimeToLive" { // while the table is held, and before there is a history
			once.Do(func() {
				deleting.Go(func() { w.ok("DeleteTable", `{'TableName':'Things'}`) })
				for range 100_000 {
					runtime.Gosched() // it comes to wait
				}
			})
		}
		return body, nil, nil
	})
	var last *snapshot.Snapshot
	w.source.OnDelete(func(s *snapshot.Snapshot) { last = s })
	require.NoError(t, w.source.RetainTable(ctx, "Things", time.Hour))
	deleting.Wait()
	require.NotNil(t, last)
	require.Equal(t, 5, last.Len())
}

// A deletion whose client has gone while it waited is not carried out: who asked does not expect it any longer.
func TestADeletionThatNobodyWaitsFor(t *testing.T) {
	w := newWorld(t, oneByOne)
	w.create("Things")
	w.put("Things", 5)
	gone, leave := context.WithCancel(ctx)
	var deleting sync.WaitGroup
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "Scan" {
			deleting.Go(func() {
				_, err := w.client.Call(gone, "DeleteTable", []byte(`{"TableName":"Things"}`))
				require.Error(t, err)
			})
			for range 1000 {
				runtime.Gosched()
			}
			leave()
		}
		return body, nil, nil
	})
	w.capture("Things")
	deleting.Wait()
	require.Len(t, w.itemsOf("Things"), 5)
}

// An emulator refuses a batch in whose middle it meets something that it does not like. What it has done is in the
// history.
func TestABatchThatIsRefusedHalfWay(t *testing.T) {
	w := newWorld(t)
	w.create("Things")
	w.recover("Things")
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "BatchWriteItem" {
			w.put("Things", 1)
			return nil, refuse(400, "ValidationException", "the second"), nil
		}
		return body, nil, nil
	})
	_, err := w.client.Call(ctx, "BatchWriteItem", []byte(`{"RequestItems":{"Things":[
		{"PutRequest":{"Item":{"id":{"N":"0"}}}},{"PutRequest":{"Item":{"id":{"N":"1"}}}}]}}`))
	require.ErrorIs(t, err, exception.Validation)
	s, err := w.source.SnapshotTable(ctx, "Things", clock.EndOf(w.source.Now().Add(time.Hour)))
	require.NoError(t, err)
	require.Equal(t, w.itemsOf("Things"), byID(s))
}

// Everything at once ends, and no write is refused because of it.
func TestEverythingAtOnce(t *testing.T) {
	w := newWorld(t)
	names := []string{"Ash", "Beech", "Cedar"}
	for _, name := range names {
		w.create(name)
		w.put(name, 30)
	}
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "ExecuteStatement" {
			return nil, answer(`{}`), nil
		}
		return smallPages(operation, body)
	})
	var stop atomic.Bool
	var writers, others sync.WaitGroup
	for n := range 3 {
		writers.Go(func() {
			for i := n; !stop.Load(); i++ {
				a, b := names[i%3], names[(i/3)%3]
				_, err := w.client.Call(ctx, "TransactWriteItems", fmt.Appendf(nil, `{"TransactItems":[
					{"Put":{"TableName":%q,"Item":{"id":{"N":"1"},"v":{"N":"%d"}}}},
					{"Put":{"TableName":%q,"Item":{"id":{"N":"2"},"v":{"N":"%d"}}}}]}`, a, i, b, i))
				if err != nil && !errors.Is(err, exception.ResourceNotFound) && !errors.Is(err, exception.TransactionCanceled) {
					t.Error(err)
					return
				}
				if i%50 == 0 {
					w.client.Call(ctx, "ExecuteStatement", []byte(`{"Statement":"UPDATE Ash SET v=1 WHERE id=1"}`))
					w.client.Call(ctx, "ExecuteStatement", []byte(`{"Statement":"REPLACE Ash"}`))
				}
			}
		})
	}
	for n, name := range names {
		others.Go(func() {
			for range 12 {
				w.source.RetainTable(ctx, name, time.Hour)
				w.source.CaptureTable(ctx, name, snapshot.At)
				w.source.SnapshotTable(ctx, name, clock.EndOf(w.source.Now()))
			}
		})
		others.Go(func() {
			for i := range 12 {
				if n == 0 {
					w.client.Call(ctx, "DeleteTable", []byte(`{"TableName":"Ash"}`))
					w.client.Call(ctx, "CreateTable", []byte(`{"TableName":"Ash","BillingMode":"PAY_PER_REQUEST",
						"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"N"}],
						"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}`))
				}
				w.client.Call(ctx, "UpdateTable", fmt.Appendf(nil, `{"TableName":%q,"DeletionProtectionEnabled":false}`, name))
				if i%4 == 3 {
					w.source.RetainTable(ctx, name, 0)
				}
			}
		})
	}
	others.Wait()
	stop.Store(true)
	writers.Wait()
	for _, name := range names {
		require.NoError(t, w.source.RetainTable(ctx, name, time.Hour))
		s, err := w.source.SnapshotTable(ctx, name, clock.EndOf(w.source.Now()))
		require.NoError(t, err)
		require.Equal(t, w.itemsOf(name), byID(s), name)
	}
}
