package wire_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dataRequests are the larger requests of real programs: to the table Songs that makeSongs fills.
var dataRequests = []struct{ name, operation, body string }{
	{"Query100", "Query", `{"TableName":"Songs","KeyConditionExpression":"pk = :pk",` +
		`"ExpressionAttributeValues":{":pk":{"S":"artist#00"}}}`},
	{"Scan1MB", "Scan", `{"TableName":"Songs"}`},
	{"UpdateIf", "UpdateItem", `{"TableName":"Songs","Key":{"pk":{"S":"artist#00"},"sk":{"S":"song#0007"}},` +
		`"UpdateExpression":"SET plays = plays + :one, #l = :l",` +
		`"ConditionExpression":"attribute_exists(pk) AND plays >= :zero",` +
		`"ExpressionAttributeNames":{"#l":"last"},"ExpressionAttributeValues":{":one":{"N":"1"},":zero":{"N":"0"},` +
		`":l":{"S":"2024-01-15"}},"ReturnValues":"UPDATED_NEW"}`},
	{"BatchWrite25", "BatchWriteItem", `{"RequestItems":{"Songs":[` + commas(25, func(i int) string {
		return `{"PutRequest":{"Item":` + song(1, i) + `}}`
	}) + `]}}`},
	{"Transact10", "TransactWriteItems", `{"TransactItems":[` + commas(10, func(i int) string {
		return fmt.Sprintf(`{"Update":{"TableName":"Songs","Key":{"pk":{"S":"artist#02"},"sk":{"S":"song#%04d"}},`+
			`"UpdateExpression":"ADD plays :one","ExpressionAttributeValues":{":one":{"N":"1"}}}}`, i)
	}) + `]}`},
}

// song is an item of some 330 bytes.
func song(artist, n int) string {
	return fmt.Sprintf(`{"pk":{"S":"artist#%02d"},"sk":{"S":"song#%04d"},"plays":{"N":"1"},"length":{"N":"213.5"},`+
		`"live":{"BOOL":false},"tags":{"SS":["first","loud"]},"text":{"S":"%s"}}`, artist, n, strings.Repeat("la ", 80))
}

func commas(n int, element func(int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = element(i)
	}
	return strings.Join(all, ",")
}

// makeSongs makes the table and fills it: 40 artists with 100 songs each, more than a Scan answers at once.
func makeSongs(b *testing.B, send func(operation, body string) (status int, answer string)) {
	send("DeleteTable", `{"TableName":"Songs"}`) // of an earlier run, if there was one
	send("CreateTable", `{"TableName":"Songs","BillingMode":"PAY_PER_REQUEST",`+
		`"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}],`+
		`"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]}`)
	for range 1000 {
		if _, description := send("DescribeTable", `{"TableName":"Songs"}`); strings.Contains(description, `"ACTIVE"`) {
			break
		}
	}
	for artist := range 40 {
		for at := 0; at < 100; at += 25 {
			status, answer := send("BatchWriteItem", `{"RequestItems":{"Songs":[`+commas(25, func(i int) string {
				return `{"PutRequest":{"Item":` + song(artist, at+i) + `}}`
			})+`]}}`)
			require.Equal(b, http.StatusOK, status, answer)
		}
	}
}

// BenchmarkData is BenchmarkHandler for larger requests. The empty handler beside each reads the request and writes the
// answer.
func BenchmarkData(b *testing.B) {
	h := benchHandler(b, 10)
	makeSongs(b, func(operation, body string) (int, string) {
		s := newSender(operation, body)
		s.send(h)
		return s.sink.status, string(s.sink.body)
	})
	for _, r := range dataRequests {
		s := newSender(r.operation, r.body)
		s.send(h)
		require.Equal(b, http.StatusOK, s.sink.status)
		for name, handler := range map[string]http.Handler{"/handler": h, "/empty": empty{bytes.Clone(s.sink.body)}} {
			b.Run(r.name+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					s.send(handler)
				}
			})
		}
	}
}

// BenchmarkPeerData is BenchmarkPeer for larger requests.
func BenchmarkPeerData(b *testing.B) {
	url := os.Getenv("PEER")
	if url == "" {
		b.Skip("PEER is not set to the address of an endpoint")
	}
	p := &peer{b, url, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
	makeSongs(b, p.send)
	for _, r := range dataRequests {
		b.Run(r.name, func(b *testing.B) { p.measure(b, r.operation, r.body) })
	}
}
