package upstream_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/upstream"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

func (w *world) restore(arn, target string) error {
	_, err := w.backups.RestoreTableFromBackup(ctx, backup.RestoreInput{BackupARN: arn, TargetTableName: target})
	return err
}

// everything is a table with all that a backup records.
func everything() schema.Definition {
	return schema.Definition{
		Name: "Orders", KeySchema: schema.Keys("Customer", "Order"),
		Attributes: schema.Attributes{"Customer": attr.TypeS, "Order": attr.TypeN, "Day": attr.TypeB, "Shop": attr.TypeS},
		LocalIndexes: []schema.Index{{Name: "ByDay", KeySchema: schema.Keys("Customer", "Day"),
			Projection: schema.Projection{Type: schema.ProjectKeysOnly}}},
		GlobalIndexes: []schema.Index{{Name: "ByShop", KeySchema: schema.Keys("Shop"), Throughput: schema.Throughput{Read: 3, Write: 4},
			Projection: schema.Projection{Type: schema.ProjectInclude, NonKey: []string{"<&>", "Total"}}}},
		BillingMode: schema.Provisioned, Throughput: schema.Throughput{Read: 1, Write: 2},
		SSE: schema.SSESpecification{Enabled: true, Type: "KMS", KeyID: "alias/mine"},
	}
}

// A backup records everything of a table, and a restore makes it again, with all items.
func TestBackupAndRestore(t *testing.T) {
	onDemand := everything()
	onDemand.BillingMode, onDemand.Throughput, onDemand.GlobalIndexes[0].Throughput = schema.PayPerRequest, schema.Throughput{}, schema.Throughput{}
	onDemand.OnDemand = schema.OnDemandThroughput{MaxRead: 9}
	onDemand.GlobalIndexes[0].OnDemand = schema.OnDemandThroughput{MaxWrite: 8}
	onDemand.SSE = schema.SSESpecification{}
	for name, d := range map[string]schema.Definition{"provisioned": everything(), "on demand": onDemand} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			_, err := w.tables.CreateTable(ctx, d)
			require.NoError(t, err)
			require.NoError(t, w.tables.UpdateTimeToLive(ctx, "Orders", "until", true))
			orders, err := w.tables.Table("Orders")
			require.NoError(t, err)
			for i := range 130 {
				_, err := orders.Put(attr.MustItem(attr.Map{"Customer": attr.S(fmt.Sprint("c", i%7)), "Order": attr.Int(int64(i)),
					"Text": attr.S("<\"&\u2028'>"), "Bytes": attr.B([]byte{0, 255}), "Set": attr.NS("1", "2.5"), "Shop": attr.S("s")}))
				require.NoError(t, err)
			}
			arn := w.backup("Orders")
			b, err := w.backups.DescribeBackup(ctx, arn)
			require.NoError(t, err)
			original := w.describe("Orders")
			original.CreationTime = original.CreationTime.Truncate(time.Millisecond)
			b.Table.CreationTime = b.Table.CreationTime.Truncate(time.Millisecond)
			require.Equal(t, original.Table, b.Table)

			require.NoError(t, w.restore(arn, "Again"))
			again := w.describe("Again")
			require.NotEqual(t, original.ID, again.ID)
			require.Equal(t, schema.Active, again.Status)
			want, got := original.Table, again.Table
			want.Name, want.ID, want.ARN, want.CreationTime, want.TTLAttribute = "", "", got.ARN, time.Time{}, ""
			got.Name, got.ID, got.CreationTime = "", "", time.Time{}
			require.Equal(t, want, got)
			restored, err := w.tables.Table("Again")
			require.NoError(t, err)
			s, err := orders.Snapshot()
			require.NoError(t, err)
			r, err := restored.Snapshot()
			require.NoError(t, err)
			for d := range s.Differences(r) {
				require.Fail(t, "not the same", "%v", d)
			}
			require.ErrorIs(t, w.restore(arn, "Again"), exception.TableAlreadyExists)
		})
	}
}

// What an index is to take at once is asked of the upstream.
func TestARestoredIndexIsWarm(t *testing.T) {
	w := newWorld(t)
	d := everything()
	_, err := w.tables.CreateTable(ctx, d)
	require.NoError(t, err)
	warm := d.GlobalIndexes[0]
	warm.Warm.Write = 500
	_, err = w.backups.RestoreTableFromBackup(ctx, backup.RestoreInput{
		BackupARN: w.backup("Orders"), TargetTableName: "Again", Overrides: backup.Overrides{GlobalIndexes: []schema.Index{warm}},
	})
	require.NoError(t, err)
	got := w.describe("Again").Warm[warm.Name]
	require.Equal(t, schema.Throughput{Read: warm.Throughput.Read, Write: 500}, got.Throughput)
}

// A restore in whose middle the upstream fails leaves no table behind, in whatever way it fails, and can be had
// again.
func TestAFailedRestoreLeavesNothing(t *testing.T) {
	for name, fail := range map[string]func(*atomic.Int64, string) (*http.Response, error){
		"a batch": func(n *atomic.Int64, operation string) (*http.Response, error) {
			if operation == "BatchWriteItem" && n.Add(1) >= 3 {
				return refuse(500, "InternalServerError", "no luck"), nil
			}
			return nil, nil
		},
		"the connection": func(n *atomic.Int64, operation string) (*http.Response, error) {
			if operation == "BatchWriteItem" && n.Add(1) >= 3 {
				return nil, errors.New("connection reset")
			}
			return nil, nil
		},
		"always too busy": func(n *atomic.Int64, operation string) (*http.Response, error) {
			if operation == "BatchWriteItem" && n.Add(1) >= 3 {
				return refuse(400, "ProvisionedThroughputExceededException", "slow down"), nil
			}
			return nil, nil
		},
		"a batch, and the first deletions": func(n *atomic.Int64, operation string) (*http.Response, error) {
			switch {
			case operation == "BatchWriteItem" && n.Load() == 0:
				return refuse(500, "InternalServerError", "no luck"), nil
			case operation == "DeleteTable" && n.Add(1) < 4:
				return refuse(500, "InternalServerError", "no luck either"), nil
			}
			return nil, nil
		},
		"the table is refused": func(n *atomic.Int64, operation string) (*http.Response, error) {
			if operation == "CreateTable" {
				return refuse(400, "LimitExceededException", "too many"), nil
			}
			return nil, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, inHurry)
			w.create("Things")
			w.put("Things", 200)
			arn := w.backup("Things")
			var n atomic.Int64
			w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
				answer, err := fail(&n, operation)
				return body, answer, err
			})
			require.Error(t, w.restore(arn, "Again"))
			_, err := w.tables.DescribeTable(ctx, "Again")
			require.ErrorIs(t, err, exception.ResourceNotFound, "half a table was left behind")
			w.line.on(nil)
			require.NoError(t, w.restore(arn, "Again"), "it can be tried again")
			require.Equal(t, w.itemsOf("Things"), w.itemsOf("Again"))
		})
	}
}

// A table that can be neither filled nor deleted is kept out of sight, said to be there, and deleted as soon as it
// can.
func TestARestoreThatIsStuck(t *testing.T) {
	w := newWorld(t, inHurry)
	w.create("Things")
	w.put("Things", 60)
	arn := w.backup("Things")
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "BatchWriteItem" && strings.Contains(string(body), "Again") || operation == "DeleteTable" {
			return nil, refuse(500, "InternalServerError", "no luck"), nil
		}
		return body, nil, nil
	})
	require.ErrorContains(t, w.restore(arn, "Again"), "nor could what there is of it be deleted")
	_, err := w.tables.DescribeTable(ctx, "Again")
	require.NoError(t, err)
	require.True(t, w.source.Restores()[0].Stuck)
	_, err = w.client.Call(ctx, "Scan", []byte(`{"TableName":"Again"}`))
	require.ErrorIs(t, err, exception.ResourceNotFound, "nobody may see half a table")
	w.line.on(nil)
	_, err = w.source.TableState(ctx, "Again")
	require.ErrorIs(t, err, exception.ResourceNotFound)
	require.NoError(t, w.restore(arn, "Again"))
}

// The answer to CreateTable is lost: the table that came of it is found and deleted, but never one with items in it.
func TestALostCreationIsUndone(t *testing.T) {
	for name, foreign := range map[string]bool{"it is empty": false, "somebody else's": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, inHurry)
			w.create("Things")
			w.put("Things", 3)
			arn := w.backup("Things")
			w.line.lose = func(operation string) bool {
				if operation == "CreateTable" && foreign {
					w.put("Again", 1)
				}
				return operation == "CreateTable"
			}
			err := w.restore(arn, "Again")
			require.ErrorContains(t, err, "connection reset")
			_, left := w.tables.DescribeTable(ctx, "Again")
			if foreign {
				require.ErrorContains(t, err, "a table Again may have been left behind")
				require.NoError(t, left)
			} else {
				require.ErrorIs(t, left, exception.ResourceNotFound)
			}
		})
	}
}

// What the upstream leaves of a batch is written again.
func TestUnprocessedItemsAreWrittenAgain(t *testing.T) {
	w := newWorld(t, inHurry)
	w.create("Things")
	w.put("Things", 100)
	arn := w.backup("Things")
	var batches atomic.Int64
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "BatchWriteItem" {
			switch batches.Add(1) % 3 {
			case 1:
				_, all, _ := strings.Cut(string(body), `"RequestItems":`)
				return nil, answer(`{"UnprocessedItems":` + strings.TrimSuffix(all, "}") + `}`), nil
			case 2:
				return nil, refuse(400, "ThrottlingException", "slow down"), nil
			}
		}
		return body, nil, nil
	})
	require.NoError(t, w.restore(arn, "Again"))
	require.Equal(t, w.itemsOf("Things"), w.itemsOf("Again"))
	require.GreaterOrEqual(t, batches.Load(), int64(12))
	p := w.source.Restores()[0]
	require.Equal(t, []int{100, 100}, []int{p.Items, p.Total})
	require.False(t, p.Ended.IsZero())
}

// While a table is being filled it is CREATING for everyone, and its items cannot be had.
func TestATableBeingFilledIsOutOfSight(t *testing.T) {
	w := newWorld(t, func(o *upstream.Options, _ *table.Options) { o.Background = true })
	w.create("Things")
	w.put("Things", 60)
	arn := w.backup("Things")
	reached, goOn := make(chan struct{}, 9), make(chan struct{})
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "BatchWriteItem" {
			reached <- struct{}{}
			<-goOn
		}
		return body, nil, nil
	})
	require.NoError(t, w.restore(arn, "Again"))
	<-reached
	d := w.ok("DescribeTable", `{'TableName':'Again'}`)["Table"].(map[string]any)
	require.Equal(t, "CREATING", d["TableStatus"])
	require.Equal(t, arn, d["RestoreSummary"].(map[string]any)["SourceBackupArn"])
	for _, r := range []struct{ operation, body, code string }{
		{"GetItem", `{"TableName":"Again","Key":{"id":{"N":"1"}}}`, "ResourceNotFoundException"},
		{"BatchGetItem", `{"RequestItems":{"Again":{"Keys":[{"id":{"N":"1"}}]}}}`, "ResourceNotFoundException"},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"Again","Key":{"id":{"N":"1"}}}}]}`, "ResourceNotFoundException"},
		{"ExecuteStatement", `{"Statement":"SELECT * FROM \"Again\""}`, "ResourceNotFoundException"},
		{"PutItem", `{"TableName":"Again","Item":{"id":{"N":"1"}}}`, "ResourceNotFoundException"},
		{"DeleteTable", `{"TableName":"Again"}`, "ResourceInUseException"},
		{"UpdateTable", `{"TableName":"Again"}`, "ResourceNotFoundException"},
		{"DescribeTimeToLive", `{"TableName":"Again"}`, "ResourceNotFoundException"},
		{"TagResource", `{"ResourceArn":"arn:aws:dynamodb:eu-west-3:123456789012:table/Again"}`, "ResourceNotFoundException"},
		{"UpdateContributorInsights", `{"TableName":"Again"}`, "ResourceNotFoundException"},
		{"TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"Again"}}]}`, "ResourceNotFoundException"},
		{"CreateTable", `{"TableName":"Again"}`, "ResourceInUseException"},
	} {
		_, err := w.client.Call(ctx, r.operation, []byte(r.body))
		require.ErrorIs(t, err, exception.Code(r.code), r.operation)
	}
	require.ErrorIs(t, w.restore(w.backup("Things"), "Again"), exception.TableInUse)
	_, err := w.backups.CreateBackup(ctx, backup.CreateInput{TableName: "Again", BackupName: "one"})
	require.ErrorIs(t, err, exception.TableNotFound)
	w.ok("GetItem", `{'TableName':'Things','Key':{'id':{'N':'1'}}}`)
	close(goOn)
	w.source.Close()                               // waits for it
	if p := w.source.Restores()[0]; p.Err != nil { // it was not that fast
		_, err := w.tables.DescribeTable(ctx, "Again")
		require.ErrorIs(t, err, exception.ResourceNotFound)
		return
	}
	require.Equal(t, w.itemsOf("Things"), w.itemsOf("Again"))
}
