package upstream_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/upstream"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// changes returns everything that has ever been done to the upstream's table, in its order.
func (w *world) changes(name string) []snapshot.Change {
	w.Helper()
	seq, _, err := w.tables.ChangesOf(ctx, name, clock.Instant{}, clock.EndOf(w.tables.Now()))
	require.NoError(w, err)
	var all []snapshot.Change
	for c := range seq {
		all = append(all, c)
	}
	return all
}

// states returns after how many of the changes a table is as in s. A transaction is one step.
func states(s *snapshot.Snapshot, changes []snapshot.Change) (at []int) {
	want, now, wrong := byID(s), map[attr.Value]attr.Item{}, s.Len()
	for i := range changes {
		c := changes[i]
		id := c.Key.Partition
		if now[id] == want[id] {
			wrong++
		}
		now[id] = c.New
		if now[id] == want[id] {
			wrong--
		}
		if wrong == 0 && (i+1 == len(changes) || changes[i+1].At != c.At) {
			at = append(at, i+1)
		}
	}
	return at
}

// Writers go on while snapshots are taken, and every snapshot is what the table was at one instant between the
// request and its answer.
func TestSnapshotIsOneInstant(t *testing.T) {
	w := newWorld(t)
	w.create("Busy")
	w.put("Busy", 200)
	w.line.on(smallPages)
	var stop atomic.Bool
	var writers sync.WaitGroup
	var written atomic.Int64
	for n := range 4 {
		writers.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(n)))
			for !stop.Load() {
				if err := w.writeSomething(r); err != nil {
					t.Error(err)
					return
				}
				written.Add(1)
			}
		})
	}
	defer writers.Wait()
	defer stop.Store(true)
	during := 0
	for range 25 {
		before, begun := len(w.changes("Busy")), written.Load()
		s := w.capture("Busy")
		after := len(w.changes("Busy"))
		at := states(s, w.changes("Busy"))
		require.NotEmpty(t, at, "the snapshot is no state that the table was in")
		require.GreaterOrEqual(t, at[len(at)-1], before, "it lacks a write from before the request")
		require.LessOrEqual(t, at[0], after, "it has a write from after the answer")
		if written.Load() > begun+4 {
			during++
		}
	}
	stop.Store(true)
	writers.Wait()
	require.Positive(t, during, "nothing was written meanwhile, so this has shown nothing")
	require.GreaterOrEqual(t, w.source.Delays().Writes, int(written.Load()))
}

// writeSomething makes one request that writes: any of the operations that do, on known items and new ones.
func (w *world) writeSomething(r *rand.Rand) error {
	a, b := 190+r.IntN(20), 300+r.IntN(5) // few, so that writers meet
	item := func(id int) string {
		return fmt.Sprintf(`{"id":{"N":"%d"},"v":{"N":"%d"}}`, id, r.Uint32())
	}
	var operation, body string
	switch r.IntN(5) {
	case 0:
		return w.add("Busy", a)
	case 1:
		operation, body = "PutItem", `{"TableName":"Busy","Item":`+item(a)+`}`
	case 2:
		operation, body = "DeleteItem", fmt.Sprintf(`{"TableName":"Busy","Key":{"id":{"N":"%d"}}}`, a)
	case 3:
		operation, body = "BatchWriteItem", `{"RequestItems":{"Busy":[{"PutRequest":{"Item":`+item(a)+`}},
			{"DeleteRequest":{"Key":{"id":{"N":"`+fmt.Sprint(b)+`"}}}}]}}`
	case 4:
		operation, body = "TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"Busy","Item":`+item(a)+`}},
			{"Put":{"TableName":"`+"arn:aws:dynamodb:"+region+":"+account+":table/Busy"+`","Item":`+item(b)+`}}]}`
	}
	_, err := w.client.Call(ctx, operation, []byte(body))
	return err
}

// A write that comes while the table is being read is not in the snapshot, whatever it does and wherever the scan is.
func TestWritesDuringTheScanAreNotInIt(t *testing.T) {
	for name, request := range map[string][2]string{
		"a changed item": {"UpdateItem", `{'TableName':'Things','Key':{'id':{'N':'3'}},'UpdateExpression':'REMOVE v'}`},
		"a new item":     {"PutItem", `{'TableName':'Things','Item':{'id':{'N':'99'}}}`},
		"a deleted item": {"DeleteItem", `{'TableName':'Things','Key':{'id':{'N':'4'}}}`},
		"a batch":        {"BatchWriteItem", `{'RequestItems':{'Things':[{'DeleteRequest':{'Key':{'id':{'N':'5'}}}}]}}`},
		"a transaction":  {"TransactWriteItems", `{'TransactItems':[{'Delete':{'TableName':'Things','Key':{'id':{'N':'5'}}}}]}`},
		"a table by ARN": {"PutItem", `{'TableName':'arn:aws:dynamodb:eu-west-3:123456789012:table/Things','Item':{'id':{'N':'9'}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create("Things")
			w.put("Things", 20)
			before := w.itemsOf("Things")
			for page := range 3 { // the write comes before this page of the scan
				var scans atomic.Int64
				w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
					if operation == "Scan" && scans.Add(1) == int64(1+2*page) {
						w.ok(request[0], request[1])
						require.NotEqual(t, before, w.itemsOf("Things"), "the write has not happened, so this shows nothing")
					}
					return smallPages(operation, body)
				})
				require.Equal(t, before, byID(w.capture("Things")))
				w.line.on(nil)
				before = w.itemsOf("Things")
				request = [2]string{"PutItem", fmt.Sprintf(`{'TableName':'Things','Item':{'id':{'N':'%d'},'w':{'N':'1'}}}`, page)}
			}
		})
	}
}

// A statement changes nobody knows what, so the snapshot begins anew, and gives up when that does not end.
func TestStatementsBeginASnapshotAnew(t *testing.T) {
	for name, c := range map[string]struct {
		statement string
		often     int64
		scans     int64
		fails     bool
	}{
		"a statement that reads":            {`SELECT * FROM "Things"`, 1, 4, false},
		"one that writes":                   {`UPDATE "Things" SET v = 1 WHERE id = 1`, 1, 8, false},
		"one on another table":              {`DELETE FROM "Others" WHERE id = 1`, 9, 4, false},
		"one that cannot be read":           {`EXEC something`, 1, 8, false},
		"one for every attempt":             {`INSERT INTO Things VALUE {'id': 1}`, 3, 12, true},
		"one that might be to any, forever": {`REPLACE everything`, 9, 12, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create("Things")
			w.put("Things", 3)
			var scans, statements atomic.Int64
			w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
				switch operation {
				case "Scan":
					if scans.Add(1)%4 == 1 && statements.Add(1) <= c.often {
						_, err := w.client.Call(ctx, "ExecuteStatement", fmt.Appendf(nil, `{"Statement":%q}`, c.statement))
						if err != nil {
							t.Error(err)
						}
					}
				case "ExecuteStatement":
					return nil, answer(`{}`), nil
				}
				return body, nil, nil
			})
			got, err := w.source.CaptureTable(ctx, "Things", snapshot.At)
			require.Equal(t, c.fails, err != nil, "%v", err)
			if c.fails {
				require.ErrorContains(t, err, "statements whose keys cannot be known kept changing Things")
				return
			}
			s, _ := got.Snapshot()
			require.Equal(t, w.itemsOf("Things"), byID(s))
		})
	}
}

// When the item that a write is about to change cannot be read, the write goes on and the snapshot fails.
func TestAnItemThatCannotBeSecuredFailsTheSnapshotAlone(t *testing.T) {
	w := newWorld(t)
	w.create("Things")
	w.put("Things", 20)
	var once sync.Once
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		switch operation {
		case "Scan":
			once.Do(func() { require.NoError(t, w.add("Things", 77)) })
		case "GetItem":
			return nil, refuse(500, "InternalServerError", "no luck"), nil
		}
		return body, nil, nil
	})
	_, err := w.backups.CreateBackup(ctx, backup.CreateInput{TableName: "Things", BackupName: "one"})
	require.ErrorIs(t, err, exception.InternalServerError)
	require.ErrorContains(t, err, "an item could not be read before a write to it")
	require.Len(t, w.itemsOf("Things"), 21)
	list, _, err := w.backups.ListBackups(ctx, backup.ListInput{})
	require.NoError(t, err)
	require.Empty(t, list, "what failed is no backup")
}

// A snapshot waits for writes that are on their way, but holds others back no longer than it may.
func TestAWriteThatHangsFailsTheSnapshot(t *testing.T) {
	clk := new(clock.Manual)
	w := newWorld(t, func(o *upstream.Options, _ *table.Options) { o.Clock, o.DrainLimit = clk, time.Second })
	w.create("Things")
	hangs, goesOn := make(chan struct{}), make(chan struct{})
	var updates atomic.Int64
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "UpdateItem" && updates.Add(1) == 1 {
			close(hangs)
			<-goesOn
		}
		return body, nil, nil
	})
	var writes sync.WaitGroup
	writes.Go(func() { require.NoError(t, w.add("Things", 1)) })
	<-hangs
	failed := make(chan error)
	go func() {
		_, err := w.source.CaptureTable(ctx, "Things", snapshot.At)
		failed <- err
	}()
	for err := error(nil); err == nil; { // until the snapshot waits, and then for long enough
		select {
		case err = <-failed:
			require.ErrorContains(t, err, "writes to Things have been on their way to the upstream for 1s")
		default:
			clk.Advance(time.Second)
		}
	}
	require.NoError(t, w.add("Things", 2), "others go on")
	close(goesOn)
	writes.Wait()
	require.Len(t, byID(w.capture("Things")), 2)
}

// What cannot be taken is refused with the error that a backup engine expects, or one that says why.
// Some bad luck does not end the reading of a table.
func TestSnapshotWithPassingFailures(t *testing.T) {
	w := newWorld(t, inHurry)
	w.create("Things")
	w.put("Things", 100)
	var n atomic.Int64
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		switch {
		case operation != "Scan" || n.Add(1)%3 == 0:
			return body, nil, nil
		case n.Load()%3 == 1:
			return nil, refuse(400, "ThrottlingException", "slow down"), nil
		}
		return nil, refuse(503, "ServiceUnavailable", "soon"), nil
	})
	require.Equal(t, w.itemsOf("Things"), byID(w.capture("Things")))
	require.Greater(t, n.Load(), int64(4))
}

func TestSnapshotsThatCannotBe(t *testing.T) {
	w := newWorld(t, func(_ *upstream.Options, o *table.Options) { o.Timing.Creating = time.Hour })
	w.create("Young")
	_, err := w.source.CaptureTable(ctx, "Young", snapshot.At)
	require.ErrorIs(t, err, exception.ResourceNotFound)
	_, err = w.source.CaptureTable(ctx, "Nowhere", snapshot.At)
	require.ErrorIs(t, err, exception.ResourceNotFound)
	_, err = w.source.TableState(ctx, "Nowhere")
	require.ErrorIs(t, err, exception.ResourceNotFound)

	w = newWorld(t, inHurry)
	w.create("Things")
	w.put("Things", 20)
	for name, cut := range map[string]snapshot.CutFunc{
		"before": func(at clock.Instant) snapshot.Cut { return snapshot.At(clock.StartOf(at.Time())) },
		"behind": func(at clock.Instant) snapshot.Cut { return snapshot.At(clock.EndOf(at.Time().Add(time.Hour))) },
		"torn":   func(at clock.Instant) snapshot.Cut { return snapshot.Torn(at, at) },
	} {
		_, err := w.source.CaptureTable(ctx, "Things", cut)
		require.ErrorIs(t, err, exception.Validation, name)
		require.ErrorContains(t, err, "the window must be 0", name)
	}
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "Scan" {
			return nil, refuse(400, "ThrottlingException", "slow down"), nil
		}
		return body, nil, nil
	})
	_, err = w.source.CaptureTable(ctx, "Things", snapshot.At)
	require.ErrorIs(t, err, exception.Throttling)
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "Scan" {
			return nil, answer(`{"Items":[{"id":{"S":"not a number"}}]}`), nil
		}
		return body, nil, nil
	})
	_, err = w.source.CaptureTable(ctx, "Things", snapshot.At)
	require.ErrorContains(t, err, "the upstream has an item that cannot be one of the table")
}
