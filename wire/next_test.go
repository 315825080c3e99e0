package wire_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/wire"
)

// behind returns a handler with our backups in front of somebody else's tables, which here are a store that says what
// it was asked.
func behind(t *testing.T) (*endpoint, http.Handler) {
	e := newEndpoint(t)
	e.music()
	api := wire.NewAPI(nil, e.backups)
	return e, wire.NewHandler(wire.Options{
		Open: func(string, string) (*wire.API, error) { return api, nil },
		Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Emulator", "yes")
			fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL.Path, r.Header.Get("X-Amz-Target"), body)
		}),
	})
}

func TestNext(t *testing.T) {
	_, h := behind(t)
	client := &http.Client{Transport: wire.Transport{Handler: h}}
	ask := func(method, path, operation, body string) (*http.Response, string) {
		r, err := http.NewRequest(method, "http://any.host"+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header = newSender(operation, "").request.Header.Clone()
		answer, err := client.Do(r)
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer, string(text)
	}
	for _, r := range [][3]string{
		{http.MethodPost, "/", "GetItem"}, {http.MethodPost, "/", "DescribeTable"}, {http.MethodPost, "/", "CreateBackups"},
		{http.MethodPost, "/", "ExportTableToPointInTime"}, {http.MethodGet, "/", ""}, {http.MethodGet, "/shell", "CreateBackup"},
		{http.MethodOptions, "/", "CreateBackup"}, {http.MethodPost, "/", ""},
	} {
		answer, text := ask(r[0], r[1], r[2], "not even JSON")
		require.Equal(t, "yes", answer.Header.Get("X-Emulator"))
		require.Empty(t, answer.Header.Get("X-Amzn-Requestid"), "nothing of ours is in its answers")
		require.Equal(t, fmt.Sprintf("%s %s %s not even JSON", r[0], r[1], wire.TargetPrefix+r[2]), text)
	}
	answer, text := ask(http.MethodPost, "/", "CreateBackup", `{"TableName": "Music", "BackupName": "nightly"}`)
	require.Equal(t, http.StatusOK, answer.StatusCode, text)
	require.Len(t, answer.Header.Get("X-Amzn-Requestid"), 52)
	var made struct{ BackupDetails struct{ BackupArn string } }
	require.NoError(t, json.Unmarshal([]byte(text), &made))
	_, text = ask(http.MethodPost, "/", "RestoreTableFromBackup",
		`{"TargetTableName": "Again", "BackupArn": "`+made.BackupDetails.BackupArn+`"}`)
	require.Contains(t, text, `"TableName":"Again"`)
}

// Without a store there are the backup operations and no others, and without one a handler needs somebody to turn to.
func TestAPIWithoutStore(t *testing.T) {
	e, _ := behind(t)
	api := wire.NewAPI(nil, e.backups)
	status, answer := api.Do(context.Background(), wire.TargetPrefix+"ListBackups", []byte(`{}`))
	require.Equal(t, 200, status, string(answer))
	for _, operation := range wire.Operations() {
		status, answer := api.Do(context.Background(), wire.Target(operation), []byte(`{`))
		require.Equal(t, 400, status)
		require.Contains(t, string(answer), "Exception", operation)
	}
	_, answer = api.Do(context.Background(), wire.TargetPrefix+"DescribeEndpoints", []byte(`{}`))
	require.Equal(t, `{"__type":"com.amazon.coral.service#UnknownOperationException"}`, string(answer))
	_, err := wire.NewHandler(wire.Options{Open: func(string, string) (*wire.API, error) { return api, nil }}).API("", "")
	require.Error(t, err)
}
