package tidemarktest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/tidemarktest"
)

// client sends requests as an SDK does.
type client struct {
	url, key, region string
	http             *http.Client
}

func clientOf(ep *tidemarktest.Endpoint) client {
	return client{url: ep.URL, key: "test", region: "us-east-1", http: ep.HTTPClient}
}

// answer is what came back: members of the body, of which an error has a __type.
type answer struct {
	status int
	body   map[string]any
}

// exception returns the name of the exception and its text, or nothing.
func (a answer) exception() string {
	kind, _ := a.body["__type"].(string)
	if kind == "" {
		return ""
	}
	text, ok := a.body["message"].(string)
	if !ok {
		text, _ = a.body["Message"].(string) // as some exceptions have it
	}
	return strings.TrimSpace(kind[strings.IndexByte(kind, '#')+1:] + ": " + text)
}

// at returns the value that a path leads to.
func (a answer) at(path ...string) any {
	var v any = a.body
	for _, name := range path {
		members, _ := v.(map[string]any)
		v = members[name]
	}
	return v
}

// try sends one request. In the body a ' stands for a ".
func (c client) try(ctx context.Context, operation, body string) (answer, error) {
	text := strings.NewReader(strings.ReplaceAll(body, "'", `"`))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, text)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	r.Header.Set("X-Amz-Date", "20240115T120000Z")
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/20240115/%s/dynamodb/aws4_request, "+
		"SignedHeaders=host, Signature=0", c.key, c.region))
	response, err := c.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode}
	got, err := io.ReadAll(response.Body)
	if err == nil {
		err = json.Unmarshal(got, &a.body)
	}
	if sum := response.Header.Get("X-Amz-Crc32"); sum != "" && sum != fmt.Sprint(crc32.ChecksumIEEE(got)) {
		err = fmt.Errorf("the checksum is not %s: %s", sum, got) // an SDK would try again
	}
	return a, err
}

// do sends one request that must be answered.
func (c client) do(t testing.TB, operation, body string) answer {
	t.Helper()
	a, err := c.try(t.Context(), operation, body)
	require.NoError(t, err)
	return a
}

// ok sends one request that must be fine.
func (c client) ok(t testing.TB, operation, body string) answer {
	t.Helper()
	a := c.do(t, operation, body)
	require.Equal(t, http.StatusOK, a.status, "%s: %v", operation, a.body)
	return a
}

// refused sends one request that must be refused, and returns with what.
func (c client) refused(t testing.TB, operation, body string) string {
	t.Helper()
	a := c.do(t, operation, body)
	require.NotEqual(t, http.StatusOK, a.status, "%s: %v", operation, a.body)
	return a.exception()
}

// table makes a table with the partition key id.
func (c client) table(t testing.TB, name string) {
	t.Helper()
	c.ok(t, "CreateTable", `{'TableName': '`+name+`', 'BillingMode': 'PAY_PER_REQUEST',
		'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': 'S'}],
		'KeySchema': [{'AttributeName': 'id', 'KeyType': 'HASH'}]}`)
}

func put(table, id string) string {
	return `{'TableName': '` + table + `', 'Item': {'id': {'S': '` + id + `'}}}`
}

// backup backs a table up and returns the ARN.
func (c client) backup(t testing.TB, table string) string {
	t.Helper()
	a := c.ok(t, "CreateBackup", `{'TableName': '`+table+`', 'BackupName': 'nightly'}`)
	return a.at("BackupDetails", "BackupArn").(string)
}

func (c client) backupStatus(t testing.TB, arn string) any {
	t.Helper()
	a := c.ok(t, "DescribeBackup", `{'BackupArn': '`+arn+`'}`)
	return a.at("BackupDescription", "BackupDetails", "BackupStatus")
}

// fake is a test whose end the test that uses it decides.
type fake struct {
	testing.TB // nil: whatever else is called breaks the test

	mu struct {
		sync.Mutex
		failed   bool
		fatal    string
		logged   []string
		cleanups []func()
	}
}

func (f *fake) Helper()      {}
func (f *fake) Name() string { return "TestOfMine" }

func (f *fake) Failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.failed
}

func (f *fake) Fail() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.failed = true
}

func (f *fake) Logf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.logged = append(f.mu.logged, fmt.Sprintf(format, args...))
}

func (f *fake) Fatalf(format string, args ...any) {
	f.mu.Lock()
	f.mu.failed, f.mu.fatal = true, fmt.Sprintf(format, args...)
	f.mu.Unlock()
	runtime.Goexit()
}

func (f *fake) Cleanup(fn func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.cleanups = append(f.mu.cleanups, fn)
}

// end is the end of the test.
func (f *fake) end() {
	for len(f.mu.cleanups) > 0 {
		last := len(f.mu.cleanups) - 1
		fn := f.mu.cleanups[last]
		f.mu.cleanups = f.mu.cleanups[:last]
		fn()
	}
}

// fatal returns the text with which fn ends its test, or nothing if it does not.
func (f *fake) fatal(fn func()) string {
	var group sync.WaitGroup
	group.Go(fn)
	group.Wait()
	return f.mu.fatal
}
