package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/upstream"
	"github.com/tidemark-db/tidemark/wire"
)

// another is an endpoint of somebody else, asked past the sidecar. Requests that meet says so of are answered by it.
func another(t *testing.T, meet func(w http.ResponseWriter, r *http.Request, operation string) bool) *server {
	handler := wire.NewHandler(wire.Options{Account: "111122223333"})
	in := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if meet == nil || !meet(w, r, operation) {
			handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(in.Close)
	return &server{T: t, url: in.URL, client: in.Client(), cancel: in.Close}
}

func put(s *server, table string, artists ...string) {
	s.Helper()
	for _, artist := range artists {
		s.do("PutItem", `{"TableName": "`+table+`", "Item": {"Artist": {"S": "`+artist+`"}}}`)
	}
}

// artists returns who is in a table.
func artists(s *server, table string) []string {
	s.Helper()
	var all []string
	for _, item := range s.do("Scan", `{"TableName": "`+table+`"}`)["Items"].([]any) {
		all = append(all, item.(map[string]any)["Artist"].(map[string]any)["S"].(string))
	}
	slices.Sort(all)
	return all
}

// await waits until a table that is being restored is there.
func await(s *server, table string) {
	s.Helper()
	for {
		d := s.do("DescribeTable", `{"TableName": "`+table+`"}`)["Table"].(map[string]any)
		if d["TableStatus"] == "ACTIVE" {
			return
		}
		require.Equal(s, "CREATING", d["TableStatus"])
	}
}

// restore restores a backup and waits for it.
func restore(s *server, arn, table string) {
	s.Helper()
	s.do("RestoreTableFromBackup", `{"TargetTableName": "`+table+`", "BackupArn": "`+arn+`"}`)
	await(s, table)
}

const recoverable = `{"TableName": "Music", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}`

func TestBackupsOfAnUpstream(t *testing.T) {
	theirs := another(t, nil)
	s := start(t, "-upstream", theirs.url)
	theirs.do("CreateTable", music)
	put(theirs, "Music", "The Acme Band")
	put(s, "Music", "No One You Know")

	arn := s.backup()
	put(s, "Music", "Somebody New")
	s.do("DeleteItem", `{"TableName": "Music", "Key": {"Artist": {"S": "The Acme Band"}}}`)
	restore(s, arn, "Music2")
	require.Equal(t, []string{"No One You Know", "The Acme Band"}, artists(theirs, "Music2"))
	require.Equal(t, []string{"No One You Know", "Somebody New"}, artists(theirs, "Music"))

	s.do("DeleteTable", `{"TableName": "Music"}`)
	restore(s, arn, "Music")
	require.Equal(t, []string{"No One You Know", "The Acme Band"}, artists(s, "Music"))
	require.Empty(t, theirs.do("ListBackups", `{}`)["BackupSummaries"], "backups are the sidecar's alone")

	status, refused := s.at("test", "us-east-1", "RestoreTableFromBackup",
		`{"TargetTableName": "Music", "BackupArn": "`+arn+`"}`)
	require.Equal(t, 400, status)
	require.Contains(t, refused["__type"], "TableAlreadyExistsException")
	require.Zero(t, s.stop())
	require.Equal(t, 2, strings.Count(s.stderr.String(), "level=INFO msg=restored table=Music"))
}

func TestRecoveryOfAnUpstream(t *testing.T) {
	theirs := another(t, nil)
	s := start(t, "-upstream", theirs.url)
	s.do("CreateTable", music)
	s.do("UpdateContinuousBackups", recoverable)
	latest := func() float64 {
		d := s.do("DescribeContinuousBackups", `{"TableName": "Music"}`)["ContinuousBackupsDescription"].(map[string]any)
		return d["PointInTimeRecoveryDescription"].(map[string]any)["LatestRestorableDateTime"].(float64)
	}
	// later returns a time that has passed, with nothing done in its millisecond.
	later := func() float64 {
		begin := latest()
		at := begin
		for at <= begin {
			at = latest()
		}
		for latest() <= at {
		}
		return at
	}
	put(s, "Music", "The Acme Band")
	before := later()
	put(s, "Music", "Somebody New")
	s.do("DeleteItem", `{"TableName": "Music", "Key": {"Artist": {"S": "The Acme Band"}}}`)
	s.do("RestoreTableToPointInTime", fmt.Sprintf(
		`{"SourceTableName": "Music", "TargetTableName": "Music2", "RestoreDateTime": %.3f}`, before))
	await(s, "Music2")
	require.Equal(t, []string{"The Acme Band"}, artists(theirs, "Music2"))

	s.do("DeleteTable", `{"TableName": "Music"}`)
	left := s.do("ListBackups", `{"BackupType": "SYSTEM"}`)["BackupSummaries"].([]any)
	require.Len(t, left, 1)
	system := left[0].(map[string]any)
	require.Equal(t, "Music$DeletedTableBackup", system["BackupName"])
	restore(s, system["BackupArn"].(string), "Music")
	require.Equal(t, []string{"Somebody New"}, artists(theirs, "Music"))
}

// A client that gives up takes its backup with it, and is no fault of the server's.
func TestClientsThatGiveUp(t *testing.T) {
	reading := make(chan struct{}, 10)
	theirs := another(t, func(_ http.ResponseWriter, r *http.Request, operation string) bool {
		if operation == "Scan" {
			reading <- struct{}{}
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}
		return operation == "Scan"
	})
	s := start(t, "-upstream", theirs.url)
	s.do("CreateTable", music)
	ctx, giveUp := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "POST", s.url, strings.NewReader(`{"TableName":"Music","BackupName":"one"}`))
	require.NoError(t, err)
	for h := signed("CreateBackup", "test", "us-east-1"); len(h) > 0; h = h[2:] {
		r.Header.Set(h[0], h[1])
	}
	go func() {
		<-reading
		giveUp()
	}()
	_, err = s.client.Do(r)
	require.ErrorIs(t, err, context.Canceled)
	for !strings.Contains(s.stderr.String(), "operation=CreateBackup") {
		s.get("/_tidemark/health")
	}
	require.Regexp(t, `level=WARN msg=request operation=CreateBackup status=500 took=\S+ client=gone `, s.stderr.String())
	require.Empty(t, s.do("ListBackups", `{}`)["BackupSummaries"])
}

func TestBannerOfASidecar(t *testing.T) {
	theirs := another(t, nil)
	spool := t.TempDir()
	s := start(t, "-upstream", theirs.url, "-region", "eu-west-1", "-account", "444455556666", "-seed", "42",
		"-memory", "1gb", "-spool", spool, "-profile", "documented")
	require.JSONEq(t, `{"seed": "42"}`, s.get("/_tidemark/seed"))
	s.stop()
	require.Equal(t, fmt.Sprintf(`Tidemark, in front of %[1]s, serves DynamoDB's protocol at %[2]s

  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws --endpoint-url %[2]s --region eu-west-1 dynamodb list-backups

  profile  documented, marker exact
  tables   said to be in eu-west-1, of account 444455556666
  seed     42
  memory   1GB for backups and history, the rest goes to %[3]s

  Writes that do not pass this address are not seen: a backup that is being taken may have them in part, and history
  lacks them. Backups and history last as long as this process.

`, theirs.url, s.url, spool), s.stdout.String())

	theirs.do("CreateTable", music)
	s = start(t, "-upstream", theirs.url)
	s.stop()
	require.Contains(t, s.stdout.String(), "said to be in us-east-1, of account 111122223333\n", "as its first table says")
	require.NotContains(t, s.stdout.String(), "seed     0\n")
}

// Nothing waits for an upstream that is not there, or is something else.
func TestNoUpstream(t *testing.T) {
	closed := another(t, nil)
	closed.cancel()
	html := another(t, func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		io.WriteString(w, "<html>")
		return true
	})
	missing := another(t, func(w http.ResponseWriter, r *http.Request, _ string) bool {
		http.NotFound(w, r)
		return true
	})
	verifying := another(t, func(w http.ResponseWriter, r *http.Request, _ string) bool {
		wire.WriteError(w, exception.UnrecognizedClient.Errorf("The security token included in the request is invalid."))
		return true
	})
	for _, test := range []struct{ url, want string }{
		{closed.url, "the upstream did not answer ListTables: dial tcp "},
		{html.url, "what it answers to ListTables is no list of tables"},
		{missing.url, "status 404"},
		{verifying.url, "UnrecognizedClientException: The security token included in the request is invalid."},
	} {
		for _, more := range [][]string{nil, {"-account", "111122223333", "-region", "us-east-1"}} {
			var stdout, stderr bytes.Buffer
			args := append([]string{"-addr", "127.0.0.1:0", "-upstream", test.url}, more...)
			require.Equal(t, exitFail, run(t.Context(), args, &stdout, &stderr))
			require.Contains(t, stderr.String(), "tidemark: there is no DynamoDB to stand in front of at "+test.url+": ")
			require.Contains(t, stderr.String(), test.want)
			require.Empty(t, stdout.String())
		}
	}
}

func TestAnUpstreamThatSaysNothing(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	c, err := parseFlags([]string{"-upstream", "http://" + silent.Addr().String()})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = newSidecar(ctx, c, newLog(io.Discard, logOff))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.LessOrEqual(t, reachTimeout, 10*time.Second, "which is what run gives it")
}

func TestAnUpstreamThatDies(t *testing.T) {
	theirs := another(t, nil)
	s := start(t, "-upstream", theirs.url)
	s.do("CreateTable", music)
	arn := s.backup()
	theirs.cancel()
	for operation, body := range map[string]string{
		"GetItem":                `{"TableName": "Music", "Key": {"Artist": {"S": "A"}}}`,
		"PutItem":                `{"TableName": "Music", "Item": {"Artist": {"S": "A"}}}`,
		"DeleteTable":            `{"TableName": "Music"}`,
		"CreateBackup":           `{"TableName": "Music", "BackupName": "nightly"}`,
		"RestoreTableFromBackup": `{"TargetTableName": "Music2", "BackupArn": "` + arn + `"}`,
	} {
		status, members := s.at("test", "us-east-1", operation, body)
		require.Equal(t, 500, status, operation)
		require.Contains(t, members["__type"], "InternalServerError", operation)
		require.Regexp(t, `[Tt]he upstream did not answer.*: (dial|readfrom|read|write|EOF)`, members["message"], operation)
	}
	require.Len(t, s.do("ListBackups", `{}`)["BackupSummaries"], 1, "what is here still is")
	require.JSONEq(t, `{"status": "healthy"}`, s.get("/_tidemark/health"))
	require.Zero(t, s.stop())
	require.Equal(t, 5, strings.Count(s.stderr.String(), "level=ERROR msg=request"), s.stderr.String())
}

func TestControlOfASidecar(t *testing.T) {
	theirs := another(t, nil)
	s := start(t, "-upstream", theirs.url, "-profile", "documented", "-seed", "7")
	require.JSONEq(t, `{"status": "healthy"}`, s.get("/_tidemark/health"))
	require.JSONEq(t, `{"seed": "7"}`, s.get("/_tidemark/seed"))
	require.Contains(t, s.get("/_tidemark/clock"), `"clock":"system"`)
	require.JSONEq(t, `{"restores": []}`, s.get("/_tidemark/restores"))
	require.JSONEq(t, `{"writes": 0, "longestSeconds": 0, "totalSeconds": 0, "securedSeconds": 0, "readBackSeconds": 0}`,
		s.get("/_tidemark/delays"))

	s.do("CreateTable", music)
	put(s, "Music", "The Acme Band")
	arn := s.backup()
	require.Regexp(t, `{"account":"111122223333","region":"us-east-1","arn":"`+arn+
		`","from":"CREATING","to":"AVAILABLE","at":"`, s.get("/_tidemark/transitions"), "after the wait of the profile")
	require.Regexp(t, `{"writes":1,"longestSeconds":[0-9.e-]+,"totalSeconds":[0-9.e-]+,"securedSeconds":[0-9.e-]+,`+
		`"readBackSeconds":0}`, s.get("/_tidemark/delays"))

	for path, want := range map[string]string{
		"reset": "the tables are those of -upstream, which are not forgotten by being told to: " +
			"delete tables and backups one by one, or start both servers anew",
		"clock": "the system clock cannot be moved, and the tables of -upstream go by it",
	} {
		a := s.post("/_tidemark/"+path, `{}`)
		require.Equal(t, http.StatusConflict, a.status)
		require.JSONEq(t, `{"error": "`+want+`"}`, a.body)
	}
	require.Equal(t, []string{"The Acme Band"}, artists(s, "Music"))
}

func TestNoUpstreamNoRestores(t *testing.T) {
	s := start(t)
	for _, path := range []string{"restores", "delays"} {
		a := s.send("GET", "/_tidemark/"+path, "")
		require.Equal(t, http.StatusConflict, a.status)
		require.JSONEq(t, `{"error": "this is for a server that is started with -upstream: `+
			`here the tables are its own, nothing has to be copied and no write is held back"}`,
			a.body)
	}
}

// stalled is an upstream that does not come to the end of writing batches until it is told to, and says when one has
// come.
func stalled(t *testing.T, more func(operation string) bool) (theirs *server, reached <-chan struct{}, goOn func()) {
	came, end := make(chan struct{}), make(chan struct{})
	var once sync.Once
	theirs = another(t, func(_ http.ResponseWriter, r *http.Request, operation string) bool {
		stalls := operation == "BatchWriteItem"
		if stalls {
			once.Do(func() { close(came) })
		}
		if stalls = stalls || more != nil && more(operation); stalls {
			io.Copy(io.Discard, r.Body) // or the server would not see that the client has gone
			select {
			case <-r.Context().Done():
			case <-end:
			}
		}
		return stalls
	})
	goOn = sync.OnceFunc(func() { close(end) })
	t.Cleanup(goOn)
	return theirs, came, goOn
}

func TestEndsInTheMiddleOfARestore(t *testing.T) {
	theirs, reached, _ := stalled(t, nil)
	s := start(t, "-upstream", theirs.url)
	s.do("CreateTable", music)
	put(s, "Music", "The Acme Band", "No One You Know")
	s.do("RestoreTableFromBackup", `{"TargetTableName": "Music2", "BackupArn": "`+s.backup()+`"}`)
	<-reached
	require.Regexp(t, `^{"restores":\[{"table":"Music2","items":0,"total":2,"begun":"[0-9TZ:.-]+","ended":null,`+
		`"error":"","stuck":false}\]}\n$`, s.get("/_tidemark/restores"))
	require.Len(t, theirs.do("ListTables", `{}`)["TableNames"], 2)

	require.Equal(t, exitDone, s.stop())
	require.Equal(t, []any{"Music"}, theirs.do("ListTables", `{}`)["TableNames"], "no half table is left")
	require.Regexp(t, `level=ERROR msg="restore failed" table=Music2 items=0 of=2 took=\S+ message=".*deleted again`,
		s.stderr.String())
}

func TestEndsAlthoughTheUpstreamHangs(t *testing.T) {
	theirs, reached, _ := stalled(t, func(operation string) bool { return operation == "DeleteTable" })
	c, err := parseFlags([]string{"-upstream", theirs.url, "-spool", t.TempDir()})
	require.NoError(t, err)
	var out locked
	sidecar, err := newSidecar(t.Context(), c, newLog(&out, c.log))
	require.NoError(t, err)
	in := httptest.NewServer(sidecar)
	defer in.Close()
	s := &server{T: t, url: in.URL, client: in.Client()}
	s.do("CreateTable", music)
	put(s, "Music", "The Acme Band")
	s.do("RestoreTableFromBackup", `{"TargetTableName": "Music2", "BackupArn": "`+s.backup()+`"}`)
	<-reached
	sidecar.close(time.Millisecond)
	require.Contains(t, out.String(), `level=ERROR msg="table left behind at the upstream, half restored" table=Music2`)

	a := s.send("POST", "/", `{}`, signed("ListTables", "test", "us-east-1")...)
	require.Equal(t, http.StatusServiceUnavailable, a.status, "nothing begins any more")
}

// A write that has no answer yet may never have one. That is no reason to leave half a table.
func TestEndsAlthoughAWriteHangs(t *testing.T) {
	writing := make(chan struct{}, 1)
	theirs, reached, goOn := stalled(t, func(operation string) bool {
		if operation == "UpdateItem" {
			writing <- struct{}{}
		}
		return operation == "UpdateItem"
	})
	c, err := parseFlags([]string{"-upstream", theirs.url, "-spool", t.TempDir(), "-log", "off"})
	require.NoError(t, err)
	sidecar, err := newSidecar(t.Context(), c, newLog(io.Discard, c.log))
	require.NoError(t, err)
	in := httptest.NewServer(sidecar)
	defer in.Close()
	defer goOn()
	s := &server{T: t, url: in.URL, client: in.Client()}
	s.do("CreateTable", music)
	put(s, "Music", "The Acme Band")
	arn := s.backup()
	go func() {
		r, _ := http.NewRequest("POST", in.URL, strings.NewReader(`{"TableName":"Music","Key":{"Artist":{"S":"A"}}}`))
		r.Header.Set("X-Amz-Target", wire.TargetPrefix+"UpdateItem")
		if answer, err := s.client.Do(r); err == nil {
			answer.Body.Close()
		}
	}()
	<-writing
	s.do("RestoreTableFromBackup", `{"TargetTableName": "Music2", "BackupArn": "`+arn+`"}`)
	<-reached
	sidecar.close(2 * time.Second)
	require.Equal(t, []any{"Music"}, theirs.do("ListTables", `{}`)["TableNames"])
}

func TestLogOfRestores(t *testing.T) {
	var out locked
	s := &sidecar{log: newLog(&out, levelOf["info"])}
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := upstream.Progress{Table: "Music2", Items: 7, Total: 7, Begun: begun, Ended: begun.Add(3 * time.Second)}
	s.ended(p)
	p.Items, p.Err = 3, exception.InternalServerError.Errorf("table Music2 could not be filled, and was deleted again")
	s.ended(p)
	p.Stuck = true
	s.ended(p)
	var lines []string
	for line := range strings.Lines(out.String()) {
		_, line, _ = strings.Cut(strings.TrimSpace(line), " ")
		lines = append(lines, line)
	}
	require.Equal(t, []string{
		`level=INFO msg=restored table=Music2 items=7 of=7 took=3s`,
		`level=ERROR msg="restore failed" table=Music2 items=3 of=7 took=3s ` +
			`message="InternalServerError: table Music2 could not be filled, and was deleted again"`,
		`level=ERROR msg="restore failed, and its table could not be deleted" table=Music2 items=3 of=7 took=3s ` +
			`message="InternalServerError: table Music2 could not be filled, and was deleted again"`,
	}, lines)
}

func TestKeysOfTheEnvironment(t *testing.T) {
	var mu sync.Mutex
	var seen []http.Header
	date := regexp.MustCompile(`/[0-9]{8}/`)
	theirs := another(t, func(_ http.ResponseWriter, r *http.Request, _ string) bool {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.Header)
		return false
	})
	// signatures returns those of a sidecar's own requests, without what is of the moment.
	signatures := func(key, secret, token string) map[string]bool {
		t.Setenv("AWS_ACCESS_KEY_ID", key)
		t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
		t.Setenv("AWS_SESSION_TOKEN", token)
		seen = nil
		start(t, "-upstream", theirs.url, "-region", "eu-central-1").stop()
		all := map[string]bool{}
		for _, h := range seen {
			credential, _, _ := strings.Cut(h.Get("Authorization"), ",")
			all[date.ReplaceAllString(credential, "/")+" "+h.Get("X-Amz-Security-Token")] = true
		}
		return all
	}
	const rest = "/eu-central-1/dynamodb/aws4_request "
	require.Equal(t, map[string]bool{"AWS4-HMAC-SHA256 Credential=AKIDOFOURS" + rest + "a-token": true},
		signatures("AKIDOFOURS", "secret", "a-token"))
	require.Equal(t, map[string]bool{"AWS4-HMAC-SHA256 Credential=tidemark" + rest: true},
		signatures("", "secret", "a-token"), "a placeholder")
}

// What does not fit into memory is on disk for as long as the process runs.
func TestMemoryAndSpool(t *testing.T) {
	theirs := another(t, nil)
	spool := t.TempDir()
	s := start(t, "-upstream", theirs.url, "-memory", "64KB", "-spool", spool)
	s.do("CreateTable", music)
	long := strings.Repeat("x", 1000)
	for i := range 20 {
		var puts []string
		for j := range 25 {
			puts = append(puts, fmt.Sprintf(
				`{"PutRequest": {"Item": {"Artist": {"S": "%02d-%02d"}, "T": {"S": "%s"}}}}`, i, j, long))
		}
		theirs.do("BatchWriteItem", `{"RequestItems": {"Music": [`+strings.Join(puts, ",")+`]}}`)
	}
	arn := s.backup()
	files, err := filepath.Glob(spool + "/*/*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	restore(s, arn, "Music2")
	require.Equal(t, artists(theirs, "Music"), artists(theirs, "Music2"))
	require.Len(t, artists(theirs, "Music2"), 500)
	require.Zero(t, s.stop())
	left, err := os.ReadDir(spool)
	require.NoError(t, err)
	require.Empty(t, left, "and no longer")
}

func TestASpoolThatIsNone(t *testing.T) {
	theirs := another(t, nil)
	var stdout, stderr bytes.Buffer
	args := []string{"-addr", "127.0.0.1:0", "-upstream", theirs.url, "-spool", t.TempDir() + "/none"}
	require.Equal(t, exitFail, run(t.Context(), args, &stdout, &stderr))
	require.Contains(t, stderr.String(), "tidemark: spool: ")
	require.Contains(t, stderr.String(), "no such file or directory")
}
