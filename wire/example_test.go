package wire_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/wire"
)

// A server with DynamoDB beneath a path of its own.
func ExampleNewHandler() {
	mux := http.NewServeMux()
	mux.Handle("/dynamo/", http.StripPrefix("/dynamo", wire.NewHandler(wire.Options{})))
	client := &http.Client{Transport: wire.Transport{Handler: mux}}

	answer, err := client.Get("http://any.host/dynamo/")
	if err != nil {
		fmt.Println(err)
		return
	}
	text, _ := io.ReadAll(answer.Body)
	fmt.Printf("%q\n", text)
	// Output: "healthy: dynamodb.us-east-1.amazonaws.com "
}

// Tables of the program's own behind the handler, on a clock that it moves.
func ExampleOptions() {
	now := clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	h := wire.NewHandler(wire.Options{Open: func(account, region string) (*wire.API, error) {
		db, err := tidemark.New(tidemark.Options{Account: account, Region: region, Clock: now, Seed: 1})
		if err != nil {
			return nil, err
		}
		return wire.NewAPI(db.Tables, db.Backups), nil
	}})
	api, err := h.API("", "eu-west-1")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, answer := api.Do(context.Background(), "DynamoDB_20120810.ListTables", []byte(`{}`))
	fmt.Println(string(answer))
	// Output: {"TableNames":[]}
}

// A server with an HTTP of its own needs a target and a body, and sends back a status and a body.
func ExampleAPI_Do() {
	api, err := wire.NewHandler(wire.Options{}).API("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	status, answer := api.Do(context.Background(), "DynamoDB_20120810.CreateBackup",
		[]byte(`{"TableName": "MusicCollection", "BackupName": "MusicCollectionBackup"}`))
	fmt.Println(status)
	fmt.Println(strings.ReplaceAll(string(answer), ",", ",\n "))
	// Output:
	// 400
	// {"__type":"com.amazonaws.dynamodb.v20120810#TableNotFoundException",
	//  "message":"Table not found: MusicCollection"}
}

// A request as an SDK sends it, without a socket.
func ExampleTransport() {
	client := &http.Client{Transport: wire.Transport{Handler: wire.NewHandler(wire.Options{})}}
	request, _ := http.NewRequest(http.MethodPost, "http://any.host", bytes.NewReader([]byte(`{}`)))
	request.Header.Set("X-Amz-Target", wire.TargetPrefix+"ListBackups")
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Date", "20260301T120000Z")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0, "+
		"Credential=test/20260301/us-east-1/dynamodb/aws4_request")
	answer, err := client.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.Status, string(text))
	// Output: 200 OK {"BackupSummaries":[]}
}
