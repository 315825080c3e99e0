package upstream_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/upstream"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// Some upstreams show an item twice, in two pages or two segments. What it was first counts: a write may have come
// between.
func TestAnItemThatIsScannedTwice(t *testing.T) {
	w := newWorld(t, oneByOne)
	w.create("Things")
	w.put("Things", 1)
	before := w.itemsOf("Things")
	scans := 0
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "Scan" {
			if scans++; scans == 1 {
				return nil, answer(`{"Items":[{"id":{"N":"0"},"v":{"N":"0"}}],"LastEvaluatedKey":{"id":{"N":"0"}}}`), nil
			}
			require.NoError(t, w.add("Things", 0))
			return nil, answer(`{"Items":[{"id":{"N":"0"},"v":{"N":"1"}}]}`), nil
		}
		return body, nil, nil
	})
	require.Equal(t, before, byID(w.capture("Things")))
}

// What comes into being while a table is read is not in the snapshot, however much is moved and dropped meanwhile: not
// on its way to disk, and not in memory when many versions have come together.
func TestNewItemsAreNotInASnapshotThatIsMoved(t *testing.T) {
	for name, c := range map[string]struct {
		memory       int64
		items, limit int
	}{"to disk": {1, 30, 7}, "in memory": {0, 9000, 1500}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, oneByOne, func(o *upstream.Options, _ *table.Options) { o.Memory, o.Spool = c.memory, t.TempDir() })
			w.create("Things")
			w.put("Things", c.items)
			before := w.itemsOf("Things")
			scans := 0
			w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
				if operation == "Scan" {
					scans++
					for i := range 40 { // wherever they lie: some behind what has been read
						if scans == 1 || scans == 6 {
							require.NoError(t, w.add("Things", c.items+i))
						}
					}
					body = append(bytes.TrimSuffix(body, []byte("}")), fmt.Sprintf(`,"Limit":%d}`, c.limit)...)
				}
				return body, nil, nil
			})
			got := byID(w.capture("Things"))
			require.Equal(t, len(before), len(got))
			require.Equal(t, before, got)
		})
	}
}

// A snapshot whose files have gone is not restored in part.
func TestASnapshotThatCannotBeReadIsNotRestored(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, func(o *upstream.Options, _ *table.Options) { o.Memory, o.Spool = 1, dir })
	w.create("Things")
	w.put("Things", 200)
	arn := w.backup("Things")
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		require.NoError(t, os.Truncate(file, 0))
	}
	require.ErrorContains(t, w.restore(arn, "Again"), "a snapshot cannot be read")
	_, err = w.tables.DescribeTable(ctx, "Again")
	require.ErrorIs(t, err, exception.ResourceNotFound)
}

// A restore that is stuck deletes its own table alone, not what somebody else has made of the name since.
func TestAStuckRestoreDeletesNobodyElsesTable(t *testing.T) {
	w := newWorld(t, inHurry)
	w.create("Things")
	w.put("Things", 60)
	arn := w.backup("Things")
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "BatchWriteItem" || operation == "DeleteTable" {
			return nil, refuse(500, "InternalServerError", "no luck"), nil
		}
		return body, nil, nil
	})
	require.ErrorContains(t, w.restore(arn, "Again"), "nor could what there is of it be deleted")
	w.line.on(nil)
	_, err := w.tables.DeleteTable(ctx, "Again")
	require.NoError(t, err)
	_, err = w.tables.CreateTable(ctx, w.plain("Again"))
	require.NoError(t, err)
	w.put("Again", 3)
	require.EqualValues(t, 3, w.ok("Scan", `{'TableName':'Again'}`)["Count"])
	require.Len(t, w.itemsOf("Again"), 3)
}

// The text of an item may be six times as long as the item. A request of a restore is far shorter than the service
// takes.
func TestBatchesOfItemsWithLongTexts(t *testing.T) {
	w := newWorld(t)
	w.create("Things")
	things, err := w.tables.Table("Things")
	require.NoError(t, err)
	for i := range 4 {
		_, err := things.Put(attr.MustItem(attr.Map{"id": attr.Int(int64(i)), "t": attr.S(strings.Repeat("\x01", 390<<10))}))
		require.NoError(t, err)
	}
	arn := w.backup("Things")
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "BatchWriteItem" && len(body) > 8<<20 {
			return nil, refuse(413, "SerializationException", "too large"), nil
		}
		return body, nil, nil
	})
	require.NoError(t, w.restore(arn, "Again"))
	require.Equal(t, w.itemsOf("Things"), w.itemsOf("Again"))
}

// An upstream in which things go wrong for a moment: a new table is not known everywhere at once, a batch fails, and
// what is left of another is told under the ARN of the table.
func TestARestoreOutlastsWhatPasses(t *testing.T) {
	w := newWorld(t, inHurry)
	w.create("Things")
	w.put("Things", 60)
	arn := w.backup("Things")
	var describes, batches atomic.Int64
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		switch operation {
		case "DescribeTable":
			if n := describes.Add(1); n == 3 || n == 4 { // after those of the engine and of the reservation
				return nil, refuse(400, "ResourceNotFoundException", "not yet"), nil
			}
		case "BatchWriteItem":
			switch batches.Add(1) {
			case 1:
				return nil, refuse(500, "InternalServerError", "no luck"), nil
			case 2:
				return nil, nil, io.ErrUnexpectedEOF
			case 3:
				_, puts, _ := strings.Cut(string(body), `{"Again":`)
				return nil, answer(`{"UnprocessedItems":{"arn:aws:dynamodb:eu-west-3:123456789012:table/Again":` +
					strings.TrimSuffix(puts, "}") + `}`), nil
			}
		}
		return body, nil, nil
	})
	require.NoError(t, w.restore(arn, "Again"))
	require.Equal(t, w.itemsOf("Things"), w.itemsOf("Again"))
	require.Greater(t, describes.Load(), int64(4))
}

// After Close nothing is restored any longer, and nothing is left behind.
func TestNoRestoreAfterClose(t *testing.T) {
	w := newWorld(t, func(o *upstream.Options, _ *table.Options) { o.Background = true })
	w.create("Things")
	w.put("Things", 6)
	arn := w.backup("Things")
	require.NoError(t, w.source.Close())
	require.Error(t, w.restore(arn, "Again"))
	_, err := w.tables.DescribeTable(ctx, "Again")
	require.ErrorIs(t, err, exception.ResourceNotFound)
}

// What upstreams leave out of a description, or have while a table is changing.
func TestDescriptionsOfOtherUpstreams(t *testing.T) {
	w := newWorld(t)
	w.create("Things")
	w.ok("UpdateTimeToLive", `{'TableName':'Things','TimeToLiveSpecification':{'Enabled':true,'AttributeName':'until'}}`)
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "DescribeTable" {
			return nil, answer(`{"Table":{"TableName":"Things","TableStatus":"UPDATING","CreationDateTime":1700000000,
				"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
				"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"N"}]}}`), nil
		}
		return body, nil, nil
	})
	s := w.capture("Things")
	require.Equal(t, schema.PayPerRequest, s.Table().BillingMode, "without capacity it is on demand")
	require.Equal(t, "until", s.Table().TTLAttribute)
	require.NotEmpty(t, s.Table().ID)
}

// While a table is being filled its indexes have no status, and compressed requests, which might be about it, wait.
func TestWhatIsShownOfATableBeingFilled(t *testing.T) {
	w := newWorld(t, func(o *upstream.Options, _ *table.Options) { o.Background = true })
	_, err := w.tables.CreateTable(ctx, everything())
	require.NoError(t, err)
	orders, err := w.tables.Table("Orders")
	require.NoError(t, err)
	_, err = orders.Put(attr.MustItem(attr.Map{"Customer": attr.S("c"), "Order": attr.Int(1)}))
	require.NoError(t, err)
	arn := w.backup("Orders")
	reached, goOn := make(chan struct{}), make(chan struct{})
	w.line.on(func(operation string, body []byte) ([]byte, *http.Response, error) {
		if operation == "BatchWriteItem" {
			close(reached)
			<-goOn
		}
		return body, nil, nil
	})
	require.NoError(t, w.restore(arn, "Again"))
	<-reached
	d := w.ok("DescribeTable", `{'TableName':'Again'}`)["Table"].(map[string]any)
	resp := w.send(http.Header{"X-Amz-Target": {"DynamoDB_20120810.GetItem"}, "Content-Encoding": {"gzip"}}, "x")
	close(goOn)
	index := d["GlobalSecondaryIndexes"].([]any)[0].(map[string]any)
	require.Equal(t, "ByShop", index["IndexName"])
	require.NotContains(t, index, "IndexStatus")
	require.Equal(t, 500, resp.StatusCode)
}
