package upstream_test

import (
	"errors"
	"fmt"
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
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// recover switches point-in-time recovery of a table on.
func (w *world) recover(name string) {
	w.Helper()
	_, err := w.backups.UpdateContinuousBackups(ctx, name, backup.RecoverySpecification{Enabled: true})
	require.NoError(w, err)
}

func manual(clk *clock.Manual) func(*upstream.Options, *table.Options) {
	return func(o *upstream.Options, theirs *table.Options) { o.Clock, theirs.Clock = clk, clk }
}

// A table with recovery can be restored as it was at any second since, and when it is deleted a SYSTEM backup stays.
func TestPointInTimeRecovery(t *testing.T) {
	clk := new(clock.Manual)
	w := newWorld(t, manual(clk))
	w.create("Things")
	w.put("Things", 5)
	w.recover("Things")
	var times []time.Time
	var was []map[attr.Value]attr.Item
	for _, r := range [][2]string{
		{"PutItem", `{'TableName':'Things','Item':{'id':{'N':'7'}}}`},
		{"UpdateItem", `{'TableName':'Things','Key':{'id':{'N':'1'}},'UpdateExpression':'REMOVE v'}`},
		{"DeleteItem", `{'TableName':'Things','Key':{'id':{'N':'2'}}}`},
		{"BatchWriteItem", `{'RequestItems':{'Things':[{'DeleteRequest':{'Key':{'id':{'N':'3'}}}},{'PutRequest':{'Item':{'id':{'N':'8'}}}}]}}`},
		{"TransactWriteItems", `{'TransactItems':[{'Delete':{'TableName':'Things','Key':{'id':{'N':'8'}}}},
			{'Put':{'TableName':'Things','Item':{'id':{'N':'9'}}}}]}`},
	} {
		clk.Advance(time.Minute)
		w.ok(r[0], r[1])
		times, was = append(times, clk.Now()), append(was, w.itemsOf("Things"))
	}
	clk.Advance(time.Minute)
	for i, at := range times {
		target := fmt.Sprint("At", i, "Again")
		_, err := w.backups.RestoreTableToPointInTime(ctx, backup.PointInTimeInput{
			SourceTableName: "Things", TargetTableName: target, RestoreTime: at})
		require.NoError(t, err)
		require.Equal(t, was[i], w.itemsOf(target), "after request %d", i)
	}
	changes, _, err := w.source.ChangesOf(ctx, "Things", clock.Instant{}, clock.EndOf(clk.Now()))
	require.NoError(t, err)
	var seen, transaction []clock.Instant
	for c := range changes {
		seen = append(seen, c.At)
	}
	require.Len(t, seen, 7)
	transaction = seen[5:]
	require.Equal(t, transaction[0], transaction[1], "a transaction is one commit")
	require.NotEqual(t, seen[3], seen[4], "a batch is several")

	w.ok("DeleteTable", `{'TableName':'Things'}`)
	list, _, err := w.backups.ListBackups(ctx, backup.ListInput{Type: backup.System})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NoError(t, w.restore(list[0].ARN, "Undeleted"))
	require.Equal(t, was[4], w.itemsOf("Undeleted"))
}

// A table without recovery is deleted without a trace, and one whose deletion is refused keeps its history.
func TestDeletionsThatLeaveNoBackup(t *testing.T) {
	w := newWorld(t)
	w.create("Things")
	w.create("Others")
	w.recover("Things")
	w.ok("DeleteTable", `{'TableName':'Others'}`)
	w.ok("UpdateTable", `{'TableName':'Things','DeletionProtectionEnabled':true}`)
	_, err := w.client.Call(ctx, "DeleteTable", []byte(`{"TableName":"Things"}`))
	require.ErrorIs(t, err, exception.Validation)
	require.NoError(t, w.add("Things", 1))
	list, _, err := w.backups.ListBackups(ctx, backup.ListInput{Type: backup.All})
	require.NoError(t, err)
	require.Empty(t, list)
	s, err := w.source.SnapshotTable(ctx, "Things", clock.EndOf(w.source.Now().Add(time.Hour)))
	require.NoError(t, err)
	require.Equal(t, 1, s.Len())
}

// Four writers count up the same few items while the history begins and afterwards. Every step of every counter is in
// it once, in order, and the copy comes out as the table is.
func TestHistoryHasEveryImage(t *testing.T) {
	w := newWorld(t)
	w.create("Busy")
	w.put("Busy", 40)
	w.line.on(smallPages)
	var writers sync.WaitGroup
	var stop atomic.Bool
	for n := range 4 {
		writers.Go(func() {
			for i := n; !stop.Load(); i++ {
				if err := w.add("Busy", i%5); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	require.NoError(t, w.source.RetainTable(ctx, "Busy", time.Hour))
	for range 30 {
		require.NoError(t, w.add("Busy", 1))
	}
	stop.Store(true)
	writers.Wait()
	end := clock.EndOf(w.source.Now())
	changes, begin, err := w.source.ChangesOf(ctx, "Busy", clock.Instant{}, end)
	require.NoError(t, err)
	first, err := w.source.SnapshotTable(ctx, "Busy", begin)
	require.NoError(t, err)
	require.NotEmpty(t, states(first, w.changes("Busy")), "the history begins with a state that the table was in")
	now, steps := byID(first), 0
	for c := range changes {
		require.Equal(t, now[c.Key.Partition], c.Old)
		old, _ := c.Old.Lookup("v")
		v, _ := c.New.Lookup("v")
		was, _ := old.Number()
		is, _ := v.Number()
		var a, b int
		fmt.Sscan(was, &a)
		fmt.Sscan(is, &b)
		require.Equal(t, a+1, b, "a step of the counter is missing")
		now[c.Key.Partition] = c.New
		steps++
	}
	require.GreaterOrEqual(t, steps, 30)
	require.Equal(t, w.itemsOf("Busy"), now)
	last, err := w.source.SnapshotTable(ctx, "Busy", end)
	require.NoError(t, err)
	require.Equal(t, now, byID(last))
}

// What was written in ways that nobody could follow is found when the history is asked for.
func TestHistoryInDoubtIsLookedUp(t *testing.T) {
	for name, write := range map[string]func(w *world){
		"a statement": func(w *world) {
			w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
				if operation == "ExecuteStatement" {
					w.put("Things", 2) // items 0 and 1, which lose w
					return nil, answer(`{}`), nil
				}
				return body, nil, nil
			})
			w.ok("ExecuteStatement", `{'Statement':'DELETE FROM Things WHERE id = 1'}`)
		},
		"an answer that is lost, and the item cannot be read": func(w *world) {
			w.line.lose = func(operation string) bool { return operation == "PutItem" || operation == "GetItem" }
			_, err := w.client.Call(ctx, "PutItem", []byte(`{"TableName":"Things","Item":{"id":{"N":"1"}}}`))
			require.ErrorIs(w, err, exception.InternalServerError)
			w.line.lose = nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create("Things")
			for id := range 4 {
				w.ok("PutItem", fmt.Sprintf(`{'TableName':'Things','Item':{'id':{'N':'%d'},'w':{'N':'1'}}}`, id))
			}
			require.NoError(t, w.source.RetainTable(ctx, "Things", time.Hour))
			before := w.itemsOf("Things")
			write(w)
			require.NotEqual(t, before, w.itemsOf("Things"))
			s, err := w.source.SnapshotTable(ctx, "Things", clock.EndOf(w.source.Now().Add(time.Hour)))
			require.NoError(t, err)
			require.Equal(t, w.itemsOf("Things"), byID(s))
			changes, begin, err := w.source.ChangesOf(ctx, "Things", clock.Instant{}, clock.EndOf(w.source.Now()))
			require.NoError(t, err)
			n := 0
			for range changes {
				n++
			}
			require.Positive(t, n)
			s, err = w.source.SnapshotTable(ctx, "Things", begin)
			require.NoError(t, err)
			require.Equal(t, before, byID(s))
		})
	}
}

// Switching recovery on fails when the table cannot be read, leaves no history then, and can be tried again. Settings
// are known as they were.
func TestHistoryThatCannotBegin(t *testing.T) {
	w := newWorld(t, inHurry)
	w.create("Things")
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "Scan" {
			return nil, nil, errors.New("no route")
		}
		return body, nil, nil
	})
	_, err := w.backups.UpdateContinuousBackups(ctx, "Things", backup.RecoverySpecification{Enabled: true})
	require.ErrorContains(t, err, "no route")
	w.line.on(nil)
	w.recover("Things")
	then := w.capture("Things").Cut().Latest()
	w.ok("UpdateTable", `{'TableName':'Things','BillingMode':'PROVISIONED','ProvisionedThroughput':
		{'ReadCapacityUnits':1,'WriteCapacityUnits':1}}`)
	d, err := w.source.DefinitionAt(ctx, "Things", then)
	require.NoError(t, err)
	require.Equal(t, schema.PayPerRequest, d.BillingMode)
	d, err = w.source.DefinitionAt(ctx, "Things", clock.EndOf(w.source.Now()))
	require.NoError(t, err)
	require.Equal(t, schema.Provisioned, d.BillingMode)
	_, err = w.backups.UpdateContinuousBackups(ctx, "Things", backup.RecoverySpecification{})
	require.NoError(t, err)
	require.ErrorIs(t, w.source.RetainTable(ctx, "Nowhere", time.Hour), exception.ResourceNotFound)
	require.ErrorIs(t, w.source.RetainTable(ctx, "Nowhere", 0), exception.ResourceNotFound)
}
