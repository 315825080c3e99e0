package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/examples/embed"
	"github.com/tidemark-db/tidemark/wire"
)

// A client sees one endpoint: tables of the emulator's, backups of ours.
func TestEmulator(t *testing.T) {
	h, err := handler(embed.NewStore(&clock.Manual{}))
	require.NoError(t, err)
	client := &http.Client{Transport: wire.Transport{Handler: h}}
	send := func(operation, body string) (status int, answer string) {
		r, err := http.NewRequest(http.MethodPost, "http://any.host/", strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Date", "20260301T120000Z")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0, "+
			"Credential=test/20260301/us-east-1/dynamodb/aws4_request")
		response, err := client.Do(r)
		require.NoError(t, err)
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(text)
	}
	ok := func(operation, body string) string {
		t.Helper()
		status, answer := send(operation, body)
		require.Equal(t, http.StatusOK, status, answer)
		return answer
	}
	const key = `{"Artist": {"S": "The Acme Band"}}`
	const table = `{"TableName": "Music", "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}],
		"AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}]`
	ok("CreateTable", table+"}")
	ok("PutItem", `{"TableName": "Music", "Item": {"Artist": {"S": "The Acme Band"}, "Plays": {"N": "1"}}}`)

	var made struct{ BackupDetails struct{ BackupArn string } }
	answer := ok("CreateBackup", `{"TableName": "Music", "BackupName": "nightly"}`)
	require.NoError(t, json.Unmarshal([]byte(answer), &made))
	require.Contains(t, made.BackupDetails.BackupArn, "arn:aws:dynamodb:local:000000000000:table/Music/backup/")
	ok("PutItem", `{"TableName": "Music", "Item": {"Artist": {"S": "The Acme Band"}, "Plays": {"N": "2"}}}`)
	ok("RestoreTableFromBackup", `{"TargetTableName": "Copy", "BackupArn": "`+made.BackupDetails.BackupArn+`"}`)
	require.Contains(t, ok("GetItem", `{"TableName": "Copy", "Key": `+key+`}`), `"Plays":{"N":"1"}`)
	require.Contains(t, ok("GetItem", `{"TableName": "Music", "Key": `+key+`}`), `"Plays":{"N":"2"}`)
	require.Contains(t, ok("ListBackups", `{}`), `"BackupStatus":"AVAILABLE"`)

	// What either side does not know it says for itself.
	_, answer = send("Query", `{"TableName": "Music"}`)
	require.Contains(t, answer, "the emulator does not know Query")
	_, answer = send("CreateTable", table+`, "GlobalSecondaryIndexes": [{"IndexName": "ByPlays"}]}`)
	require.Contains(t, answer, "the emulator has no indexes")
	_, answer = send("PutItem", `{"TableName": "Music", "Item": {"Plays": {"N": "1"}}}`)
	require.Contains(t, answer, "an item needs an attribute Artist of type S")
	_, answer = send("UpdateContinuousBackups",
		`{"TableName": "Music", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}`)
	require.Contains(t, answer, "point-in-time recovery needs a store that keeps history, which this one does not")
	_, answer = send("CreateBackup", `{"TableName": "Nothing", "BackupName": "nightly"}`)
	require.Contains(t, answer, "TableNotFoundException")
}
