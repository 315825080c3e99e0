package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/wire"
)

// server is a run of the command.
type server struct {
	*testing.T
	url    string
	client *http.Client
	cancel context.CancelFunc
	ended  chan struct{} // closed when run has returned and all that it has printed is there
	exit   int
	stdout bytes.Buffer
	stderr locked
}

// locked is a buffer for several goroutines.
type locked struct {
	sync.Mutex
	bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.Buffer.Write(b)
}

func (l *locked) String() string {
	l.Lock()
	defer l.Unlock()
	return l.Buffer.String()
}

// start runs the command on a free port, until the test or stop ends it.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	transport := new(http.Transport)
	s := &server{T: t, client: &http.Client{Transport: transport}, cancel: cancel, ended: make(chan struct{})}
	printed, stdout := io.Pipe()
	go func() {
		s.exit = run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), stdout, &s.stderr)
		stdout.Close()
	}()
	all := bufio.NewReader(io.TeeReader(printed, &s.stdout))
	first, err := all.ReadString('\n')
	go func() {
		defer close(s.ended)
		io.Copy(io.Discard, all)
	}()
	t.Cleanup(func() { s.stop() })
	t.Cleanup(transport.CloseIdleConnections)
	require.NoError(t, err, "it prints where it is before anything else")
	_, s.url, _ = strings.Cut(strings.TrimSpace(first), " at ")
	return s
}

// stop ends the command and returns what it exits with. After that stdout and stderr are complete.
func (s *server) stop() int {
	s.cancel()
	<-s.ended
	return s.exit
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request, with headers given as name and value in turn. Host may be among them.
func (s *server) send(method, path, body string, headers ...string) answer {
	s.Helper()
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	require.NoError(s, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	r.Host = r.Header.Get("Host")
	response, err := s.client.Do(r)
	require.NoError(s, err)
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	require.NoError(s, err)
	return answer{response.StatusCode, response.Header, string(got)}
}

// get asks a control endpoint, which must answer.
func (s *server) get(path string) string {
	s.Helper()
	a := s.send("GET", path, "")
	require.Equal(s, 200, a.status, a.body)
	return a.body
}

// post sends JSON to a control endpoint.
func (s *server) post(path, body string) answer {
	s.Helper()
	return s.send("POST", path, body, "Content-Type", "application/json")
}

// signed are the headers of a request of the protocol.
func signed(operation, accessKey, region string) []string {
	return []string{
		"Content-Type", "application/x-amz-json-1.0",
		"X-Amz-Target", wire.Target(operation),
		"X-Amz-Date", "20240115T120000Z",
		"Authorization", "AWS4-HMAC-SHA256 Credential=" + accessKey + "/20240115/" + region +
			"/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
	}
}

// at does an operation of the protocol for an account and region.
func (s *server) at(accessKey, region, operation, body string) (status int, members map[string]any) {
	s.Helper()
	a := s.send("POST", "/", body, signed(operation, accessKey, region)...)
	require.NoError(s, json.Unmarshal([]byte(a.body), &members), a.body)
	return a.status, members
}

// do does an operation of the protocol that must succeed.
func (s *server) do(operation, body string) map[string]any {
	s.Helper()
	status, members := s.at("test", "us-east-1", operation, body)
	require.Equal(s, 200, status, "%s: %v", operation, members)
	return members
}

const music = `{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}]}`

// backup makes a backup of Music and returns its ARN.
func (s *server) backup() string {
	s.Helper()
	members := s.do("CreateBackup", `{"TableName": "Music", "BackupName": "nightly"}`)
	return members["BackupDetails"].(map[string]any)["BackupArn"].(string)
}
