package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestServesTheProtocol(t *testing.T) {
	s := start(t)
	require.Equal(t, "healthy: dynamodb.us-east-1.amazonaws.com ", s.send("GET", "/", "").body)

	s.do("CreateTable", music)
	s.do("PutItem", `{"TableName": "Music", "Item": {"Artist": {"S": "The Acme Band"}}}`)
	arn := s.backup()
	s.do("DeleteItem", `{"TableName": "Music", "Key": {"Artist": {"S": "The Acme Band"}}}`)
	s.do("RestoreTableFromBackup", `{"TargetTableName": "Music2", "BackupArn": "`+arn+`"}`)
	got := s.do("GetItem", `{"TableName": "Music2", "Key": {"Artist": {"S": "The Acme Band"}}}`)
	require.Contains(t, got, "Item", "the backup has what was deleted after it")

	status, refused := s.at("test", "us-east-1", "CreateBackup", `{"TableName": "None", "BackupName": "nightly"}`)
	require.Equal(t, 400, status)
	require.Contains(t, refused["__type"], "TableNotFoundException")
	require.Zero(t, s.stop())
}

func TestBanner(t *testing.T) {
	s := start(t, "-region", "eu-west-1", "-seed", "42", "-account", "111122223333")
	s.stop()
	require.Equal(t, fmt.Sprintf(`Tidemark serves DynamoDB's protocol at %[1]s

  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws --endpoint-url %[1]s --region eu-west-1 dynamodb list-backups

  profile  instant, marker exact
  account  111122223333
  seed     42
  clock    system

`, s.url), s.stdout.String())
	require.Empty(t, s.stderr.String(), "nothing to warn of")

	s = start(t, "-profile", "documented", "-clock", "manual", "-start", "2026-01-02T05:04:05+02:00")
	s.stop()
	require.Contains(t, s.stdout.String(), "  profile  documented, marker fuzzy\n")
	require.Contains(t, s.stdout.String(), `  clock    manual, stands at 2026-01-02T03:04:05Z until it is moved:

  curl -H 'Content-Type: application/json' -d '{"advance": "90m"}' `+s.url+"/_tidemark/clock\n")
	require.NotContains(t, s.stdout.String(), "seed     0\n", "the seed that was drawn is printed")
}

// A region need not be one of the service's: whatever can stand in an ARN will do.
func TestRegionsOfEmulators(t *testing.T) {
	for _, region := range []string{"local", "localhost", "xx"} {
		s := start(t, "-region", region)
		status, created := s.at("test", region, "CreateTable", music)
		require.Equal(t, 200, status, "%v", created)
		require.Equal(t, "arn:aws:dynamodb:"+region+":123456789012:table/Music",
			created["TableDescription"].(map[string]any)["TableArn"])
		require.Zero(t, s.stop())
		require.Contains(t, s.stdout.String(), " --region "+region+" ")
	}
}

// With -throughput on, a table gives what it was provisioned with and no more, by the clock of the tables.
func TestThroughput(t *testing.T) {
	for _, flag := range []string{"on", "off"} {
		s := start(t, "-throughput", flag, "-clock", "manual")
		status, created := s.at("test", "us-east-1", "CreateTable", `{"TableName":"Slow","AttributeDefinitions":
			[{"AttributeName":"id","AttributeType":"S"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
			"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}`)
		require.Equal(t, 200, status, "%v", created)
		const put = `{"TableName":"Slow","Item":{"id":{"S":"a"}}}`
		throttled := 0
		for range 3 {
			if status, answer := s.at("test", "us-east-1", "PutItem", put); status != 200 {
				require.Contains(t, answer["__type"], "ProvisionedThroughputExceededException")
				throttled++
			}
		}
		require.Equal(t, map[string]int{"on": 2, "off": 0}[flag], throttled)
		require.Zero(t, s.stop())
	}
}

// With -kinesis any, every stream that could be one of the account and region becomes a destination.
func TestKinesis(t *testing.T) {
	for _, flag := range []string{"any", "none"} {
		s := start(t, "-kinesis", flag)
		status, created := s.at("test", "us-east-1", "CreateTable", music)
		require.Equal(t, 200, status, "%v", created)
		for arn, there := range map[string]bool{
			"arn:aws:kinesis:us-east-1:123456789012:stream/changes":              true,
			"arn:aws:kinesis:us-west-2:123456789012:stream/changes":              false,
			"arn:aws:kinesis:us-east-1:123456789012:stream/changes/consumer/c:1": false,
			"arn:aws:dynamodb:us-east-1:123456789012:table/stream/changes":       false,
			"a text that is as long as the ARN of a stream":                      false,
		} {
			named := `{"TableName": "Music", "StreamArn": "` + arn + `"}`
			status, answer := s.at("test", "us-east-1", "EnableKinesisStreamingDestination", named)
			require.Equal(t, 200, status, "%v", answer)
			status, answer = s.at("test", "us-east-1", "DisableKinesisStreamingDestination", named)
			require.Equal(t, flag == "any" && there, status == 200, "%s: %v", arn, answer)
		}
		require.Zero(t, s.stop())
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct {
		flag, listening string
		url             string
		open            bool
	}{
		{"127.0.0.1:0", "127.0.0.1:4321", "http://127.0.0.1:4321", false},
		{"localhost:8000", "127.0.0.1:8000", "http://localhost:8000", false},
		{"[::1]:8000", "[::1]:8000", "http://[::1]:8000", false},
		{":8000", "[::]:8000", "http://localhost:8000", true},
		{"0.0.0.0:8000", "0.0.0.0:8000", "http://localhost:8000", true},
		{"tidemark.test:8000", "10.1.2.3:8000", "http://tidemark.test:8000", true},
	}
	for _, test := range tests {
		t.Run(test.flag, func(t *testing.T) {
			at, err := net.ResolveTCPAddr("tcp", test.listening)
			require.NoError(t, err)
			require.Equal(t, test.url, address(config{addr: test.flag}, at))
			var warning strings.Builder
			warn(&warning, at)
			require.Equal(t, test.open, warning.Len() > 0)
			if test.open {
				require.Contains(t, warning.String(), test.listening+" is open to other machines and nothing is protected")
			}
		})
	}
	require.Equal(t, "'http://[::1]:8000'", quoted("http://[::1]:8000"), "a shell would look for files of that name")
	require.Equal(t, "http://localhost:8000", quoted("http://localhost:8000"))
}

func TestAddressInUse(t *testing.T) {
	s := start(t)
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitFail, run(t.Context(), []string{"-addr", strings.TrimPrefix(s.url, "http://")}, &stdout, &stderr))
	require.Contains(t, stderr.String(), "tidemark: listen tcp 127.0.0.1:")
	require.Contains(t, stderr.String(), "address already in use; -addr 127.0.0.1:0 takes a free port\n")
	require.Empty(t, stdout.String())
}

func TestSameSeedSameRun(t *testing.T) {
	arns := map[string]bool{}
	for range 2 {
		s := start(t, "-seed", "42", "-clock", "manual")
		s.do("CreateTable", music)
		arns[s.backup()] = true
		require.Equal(t, 200, s.post("/_tidemark/reset", "").status)
		s.do("CreateTable", music)
		arns[s.backup()] = true
	}
	require.Len(t, arns, 1)
}

// upload begins a request and returns when the server waits for its body.
func upload(t *testing.T, address, body string) (net.Conn, *bufio.Reader) {
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nExpect: 100-continue\r\n", len(body))
	for h := signed("CreateTable", "test", "us-east-1"); len(h) > 0; h = h[2:] {
		fmt.Fprintf(conn, "%s: %s\r\n", h[0], h[1])
	}
	io.WriteString(conn, "\r\n")
	answers := bufio.NewReader(conn)
	line, err := answers.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
	_, err = answers.ReadString('\n')
	require.NoError(t, err)
	return conn, answers
}

func TestEndsWhenWhatIsUnderWayIsDone(t *testing.T) {
	s := start(t)
	address := strings.TrimPrefix(s.url, "http://")
	conn, answers := upload(t, address, music)
	s.cancel()
	for { // until no more connections are taken
		more, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		more.Close()
	}
	io.WriteString(conn, music)
	response, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	require.Equal(t, 200, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Contains(t, string(body), `"TableName":"Music"`)
	require.Equal(t, exitDone, s.stop())
	require.Contains(t, s.stderr.String(), "operation=CreateTable status=200")
}

func TestEndsAlthoughAClientHangs(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var out locked
	log := newLog(&out, slog.LevelInfo)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	reading := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })
	served := make(chan error)
	go func() { served <- serveUntil(ctx, listener, newServer(reading, log), time.Millisecond, log) }()
	_, answers := upload(t, listener.Addr().String(), music)
	cancel()
	require.NoError(t, <-served)
	require.Contains(t, out.String(), "requests were cut off")
	_, err = answers.ReadByte()
	require.Error(t, err, "the connection is closed")
}

func TestAListenerThatFails(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	log := newLog(io.Discard, logOff)
	require.Error(t, serveUntil(t.Context(), listener, newServer(http.NotFoundHandler(), log), time.Second, log))
}

func TestSlowClientsAreBounded(t *testing.T) {
	s := newServer(http.NotFoundHandler(), newLog(io.Discard, logOff))
	require.Equal(t, 10*time.Second, s.ReadHeaderTimeout)
	require.Equal(t, 30*time.Second, s.ReadTimeout)
	require.Greater(t, s.WriteTimeout, s.ReadTimeout, "an answer to a slow request still has time")
	require.Less(t, s.WriteTimeout, 5*time.Minute)
	require.Greater(t, s.IdleTimeout, http.DefaultTransport.(*http.Transport).IdleConnTimeout,
		"the client closes first, and sends nothing into a connection that is being closed")
	require.Less(t, s.IdleTimeout, 5*time.Minute)
}

func TestHeadersAreBounded(t *testing.T) {
	s := start(t)
	for size, want := range map[int]int{maxHeader: 200, maxHeader + 1: 431} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		require.NoError(t, err)
		defer conn.Close()
		head, tail := "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", "\r\n\r\n"
		io.WriteString(conn, head+strings.Repeat("x", size-len(head)-len(tail))+tail)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		require.Equal(t, want, response.StatusCode, "%d bytes", size)
		response.Body.Close()
	}
}
