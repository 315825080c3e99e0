package wire_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/wire"
)

// benchItem is a document of some 300 bytes, and plainItem an item of 100, as in the benchmarks of tables: both with a
// partition key of 16 bytes.
const plainItem = `{"pk":{"S":"customer#%07d"},"sk":{"S":"order"},"data":{"S":` +
	`"0123456789012345678901234567890123456789012345678901234567890123456789"}}`

const benchItem = `{"pk":{"S":"customer#%07d"},"sk":{"S":"order#2024-01-15"},"total":{"N":"1234.56"},` +
	`"currency":{"S":"EUR"},"paid":{"BOOL":true},"tags":{"SS":["first","priority"]},` +
	`"lines":{"L":[{"M":{"sku":{"S":"AB-1"},"n":{"N":"2"}}},{"M":{"sku":{"S":"CD-2"},"n":{"N":"1"}}}]},` +
	`"note":{"S":"leave it with the neighbours if nobody is at home"}}`

// benchHandler returns a handler with a table Orders of n items, of which every partition has one, and ten more items
// in the partition "ten".
func benchHandler(b *testing.B, n int) http.Handler {
	tables := table.NewStore(table.Options{Clock: clock.System{}, Seed: 1})
	backups, err := backup.New(tables, backup.Options{Profile: backup.Instant(), Seed: 1})
	require.NoError(b, err)
	_, err = tables.CreateTable(context.Background(), schema.Definition{
		Name: "Orders", BillingMode: schema.PayPerRequest, KeySchema: schema.Keys("pk", "sk"),
		Attributes: schema.Attributes{"pk": attr.TypeS, "sk": attr.TypeS},
	})
	require.NoError(b, err)
	orders, err := tables.Table("Orders")
	require.NoError(b, err)
	for i := range n {
		item, err := attr.ParseItem(fmt.Appendf(nil, benchItem, i))
		require.NoError(b, err)
		if i < 10 {
			item, err = item.With(attr.Map{"pk": attr.S("ten"), "sk": attr.S(fmt.Sprint(i))})
			require.NoError(b, err)
		}
		_, err = orders.Put(item)
		require.NoError(b, err)
	}
	plain, err := attr.ParseItem(fmt.Appendf(nil, plainItem, 500))
	require.NoError(b, err)
	_, err = orders.Put(plain)
	require.NoError(b, err)
	api := wire.NewAPI(tables, backups)
	return wire.NewHandler(wire.Options{Open: func(string, string) (*wire.API, error) { return api, nil }})
}

// empty reads the request and answers with as many bytes as it is told, as a handler must that does nothing.
type empty struct{ answer []byte }

func (h empty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	w.Header()["Content-Type"] = []string{"application/x-amz-json-1.0"}
	w.Write(h.answer)
}

// sink is a ResponseWriter that can be used again.
type sink struct {
	header http.Header
	status int
	body   []byte
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(n int)   { s.status = n }
func (s *sink) Write(b []byte) (int, error) {
	s.body = append(s.body, b...)
	return len(b), nil
}

// sender sends one request over and over, without a socket and without allocating.
type sender struct {
	request *http.Request
	body    *bytes.Reader
	sink    sink
}

func newSender(operation, body string) *sender {
	s := &sender{body: bytes.NewReader([]byte(body)), sink: sink{header: make(http.Header)}}
	s.request, _ = http.NewRequest(http.MethodPost, "http://127.0.0.1/", s.body)
	s.request.Header.Set("X-Amz-Target", wire.TargetPrefix+operation)
	s.request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	s.request.Header.Set("X-Amz-Date", "20240115T120000Z")
	s.request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20240115/us-east-1/dynamodb/aws4_request, "+
		"SignedHeaders=host;x-amz-date, Signature=0")
	return s
}

func (s *sender) send(h http.Handler) {
	s.body.Seek(0, io.SeekStart)
	s.sink.body, s.sink.status = s.sink.body[:0], 0
	h.ServeHTTP(&s.sink, s.request)
}

var benchRequests = []struct{ name, operation, body string }{
	{"GetItem", "GetItem", `{"TableName":"Orders","Key":{"pk":{"S":"customer#0000500"},"sk":{"S":"order"}}}`},
	{"GetDocument", "GetItem", `{"TableName":"Orders","Key":{"pk":{"S":"customer#0000501"},"sk":{"S":"order#2024-01-15"}}}`},
	{"PutItem", "PutItem", `{"TableName":"Orders","Item":` + fmt.Sprintf(plainItem, 500) + `}`},
	{"PutDocument", "PutItem", `{"TableName":"Orders","Item":` + fmt.Sprintf(benchItem, 501) + `}`},
	{"UpdateItem", "UpdateItem", `{"TableName":"Orders","Key":{"pk":{"S":"customer#0000500"},"sk":{"S":"order#2024-01-15"}},` +
		`"UpdateExpression":"SET paid = :p","ExpressionAttributeValues":{":p":{"BOOL":true}}}`},
	{"Query10", "Query", `{"TableName":"Orders","KeyConditionExpression":"pk = :pk",` +
		`"ExpressionAttributeValues":{":pk":{"S":"ten"}}}`},
	{"DescribeTable", "DescribeTable", `{"TableName":"Orders"}`},
	{"CreateBackup", "CreateBackup", `{"TableName":"Orders","BackupName":"nightly"}`},
}

// BenchmarkHandler answers one request over and over, with no HTTP around it. Subtract empty, which reads the request
// of GetItem and writes its answer.
func BenchmarkHandler(b *testing.B) {
	h := benchHandler(b, 1000)
	get := newSender(benchRequests[0].operation, benchRequests[0].body)
	get.send(h)
	b.Run("empty", func(b *testing.B) {
		h := empty{bytes.Clone(get.sink.body)}
		b.ReportAllocs()
		for b.Loop() {
			get.send(h)
		}
	})
	for _, r := range benchRequests {
		b.Run(r.name, func(b *testing.B) {
			s := newSender(r.operation, r.body)
			b.ReportAllocs()
			for b.Loop() {
				s.send(h)
			}
			require.Equal(b, http.StatusOK, s.sink.status, string(s.sink.body))
		})
	}
}
