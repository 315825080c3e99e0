package wire_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/wire"
)

// site is a handler, and how to ask it.
type site struct {
	*testing.T
	handler http.Handler
}

func newSite(t *testing.T, o wire.Options) *site { return &site{t, wire.NewHandler(o)} }

// create makes a table with the partition key a.
const create = `{'TableName': 'Music', 'BillingMode': 'PAY_PER_REQUEST',
	'AttributeDefinitions': [{'AttributeName': 'a', 'AttributeType': 'S'}],
	'KeySchema': [{'AttributeName': 'a', 'KeyType': 'HASH'}]}`

// authorization is what a client sends that has this access key and asks this region.
func authorization(key, region string) string {
	return "AWS4-HMAC-SHA256 Credential=" + key + "/20240115/" + region +
		"/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0f"
}

// request returns a sound request. In the body a ' may stand for a ". A change with an empty value takes a header away.
func request(operation, body string, changes ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.ReplaceAll(body, "'", `"`)))
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", wire.Target(operation))
	r.Header.Set("X-Amz-Date", "20240115T120000Z")
	r.Header.Set("Authorization", authorization("AKIDEXAMPLE", "us-east-1"))
	for i := 0; i < len(changes); i += 2 {
		r.Header.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			r.Header.Del(changes[i])
		}
	}
	return r
}

// send returns the answer to a request.
func (s *site) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// ask sends a sound request, but for the changes, and returns the body of the answer, which must fit the service's
// model.
func (s *site) ask(operation, body string, changes ...string) (status int, answer string) {
	s.Helper()
	w := s.send(request(operation, body, changes...))
	require.Empty(s, loadModel(s).faults(operation, w.Code, w.Body.String()), "%s %.2000s\n%s", operation, body, w.Body)
	return w.Code, w.Body.String()
}

// refuses sends a request whose answer must be exactly this error. An empty text stands for none.
func (s *site) refuses(r *http.Request, status int, kind, member, text string) {
	s.Helper()
	w := s.send(r)
	want := `{"__type":"` + kind + `"`
	if text != "" {
		want += `,"` + member + `":"` + text + `"`
	}
	require.Equal(s, want+"}", w.Body.String())
	require.Equal(s, status, w.Code)
	require.Equal(s, "application/x-amz-json-1.0", w.Header().Get("Content-Type"))
	require.Equal(s, strconv.Itoa(int(crc32.ChecksumIEEE(w.Body.Bytes()))), w.Header().Get("X-Amz-Crc32"))
}

const (
	coral   = "com.amazon.coral.service#"
	modeled = "com.amazonaws.dynamodb.v20120810#"
)

func TestHealth(t *testing.T) {
	s := newSite(t, wire.Options{})
	for _, test := range []struct{ key, value, want string }{
		{"X", "y", "healthy: dynamodb.us-east-1.amazonaws.com "},
		{"Authorization", authorization("AKID", "eu-west-3"), "healthy: dynamodb.eu-west-3.amazonaws.com "},
		{"Authorization", authorization("AKID", "<b>"), "healthy: dynamodb.us-east-1.amazonaws.com "},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("X-Amz-Date", "20240115T120000Z")
		r.Header.Set(test.key, test.value)
		w := s.send(r)
		require.Equal(t, 200, w.Code)
		require.Equal(t, test.want, w.Body.String())
		require.Len(t, w.Header().Get("X-Amzn-RequestId"), 52)
	}
}

// What is not the protocol at all is not found.
func TestNotTheProtocol(t *testing.T) {
	s := newSite(t, wire.Options{})
	for _, change := range []func(*http.Request){
		func(r *http.Request) { r.Method = http.MethodPut },
		func(r *http.Request) { r.Method = http.MethodDelete },
		func(r *http.Request) { r.Method = http.MethodHead },
		func(r *http.Request) { r.Method = http.MethodOptions },
		func(r *http.Request) { r.Method = http.MethodGet; r.URL.Path = "/health" },
		func(r *http.Request) { r.URL.Path = "/shell" },
		func(r *http.Request) { r.URL.Path = "//" },
		func(r *http.Request) { r.Header.Del("Content-Type") },
		func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		func(r *http.Request) { r.Header.Set("Content-Type", "application/x-amz-json-1.1") },
		func(r *http.Request) { r.Header.Set("Content-Type", "") },
	} {
		r := request("ListTables", "{}")
		change(r)
		w := s.send(r)
		require.Equal(t, 404, w.Code)
		require.Equal(t, "<UnknownOperationException/>\n", w.Body.String())
		require.Len(t, w.Header().Get("X-Amzn-RequestId"), 52)
		require.Empty(t, w.Header().Get("X-Amz-Crc32"))
	}
	for _, kind := range []string{"application/json", "application/x-amz-json-1.0; x=y", "application/json ; x"} {
		status, answer := s.ask("ListTables", "{}", "Content-Type", kind)
		require.Equal(t, 200, status, kind)
		require.Equal(t, `{"TableNames":[]}`, answer)
	}
}

// The headers of an answer are exactly those of the service, also where the body is empty.
func TestHeaders(t *testing.T) {
	server := httptest.NewServer(wire.NewHandler(wire.Options{}))
	defer server.Close()
	ask := func(operation, body string) (*http.Response, string) {
		r := request(operation, body)
		r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", server.Listener.Addr().String()
		response, err := server.Client().Do(r)
		require.NoError(t, err)
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response, string(answer)
	}
	ask("CreateTable", create)
	ids := map[string]bool{}
	for _, test := range []struct{ operation, body, answer string }{
		{"ListTables", "{}", `{"TableNames":["Music"]}`},
		{"TagResource", `{'ResourceArn': 'arn:aws:dynamodb:us-east-1:123456789012:table/Music', 'Tags': [{'Key': 'a', 'Value': ''}]}`, ""},
		{"Sing", "{}", `{"__type":"com.amazon.coral.service#UnknownOperationException"}`},
	} {
		response, answer := ask(test.operation, test.body)
		require.Equal(t, test.answer, answer)
		var names []string
		for name := range response.Header {
			names = append(names, name)
		}
		require.ElementsMatch(t, []string{"Content-Length", "Content-Type", "Date", "Server", "X-Amz-Crc32",
			"X-Amzn-Requestid"}, names)
		require.Equal(t, strconv.Itoa(len(answer)), response.Header.Get("Content-Length"))
		require.Equal(t, "application/x-amz-json-1.0", response.Header.Get("Content-Type"))
		require.Equal(t, "Server", response.Header.Get("Server"))
		require.Equal(t, fmt.Sprint(crc32.ChecksumIEEE([]byte(answer))), response.Header.Get("X-Amz-Crc32"))
		require.Regexp(t, `^[A-Z0-9]{52}$`, response.Header.Get("X-Amzn-Requestid"))
		ids[response.Header.Get("X-Amzn-Requestid")] = true
	}
	require.Len(t, ids, 3)
}

func TestRequestIDs(t *testing.T) {
	ids := func(seed uint64) (ids []string) {
		s := newSite(t, wire.Options{Seed: seed})
		for range 100 {
			ids = append(ids, s.send(request("ListTables", "{}")).Header().Get("X-Amzn-RequestId"))
		}
		return ids
	}
	first := ids(7)
	require.Equal(t, first, ids(7))
	require.NotEqual(t, first, ids(8))
	require.NotEqual(t, ids(0), ids(0))
	for _, id := range first {
		require.Regexp(t, `^[A-Z0-9]{52}$`, id)
	}
	slices.Sort(first)
	require.Len(t, slices.Compact(first), 100)
}

// What is wrong is told in the service's order: body, target, credentials, JSON, values.
func TestOrderOfChecks(t *testing.T) {
	s := newSite(t, wire.Options{Before: func(context.Context, *wire.Request) error {
		return exception.Throttling.Errorf("Rate exceeded")
	}})
	r := withBody(strings.NewReader("x"), "Content-Encoding", "gzip", "X-Amz-Target", "", "Authorization", "")
	s.refuses(r, 500, modeled+"InternalServerError", "message", "The request is not valid gzip")
	s.refuses(request("", "x", "X-Amz-Target", "", "Authorization", ""), 400, coral+"UnknownOperationException", "", "")
	s.refuses(request("Sing", "x", "Authorization", ""), 400, coral+"UnknownOperationException", "", "")
	s.refuses(request("ListTables", "x", "Authorization", ""), 400, coral+"MissingAuthenticationTokenException", "message",
		"Request is missing Authentication Token")
	s.refuses(request("ListTables", "x"), 400, "com.amazon.coral.availability#ThrottlingException",
		"message", "Rate exceeded")
	s = newSite(t, wire.Options{})
	s.refuses(request("ListTables", "x"), 400, coral+"SerializationException", "", "")
	s.refuses(request("ListTables", "{'Limit': 0, 'ExclusiveStartTableName': 1}"), 400, coral+"SerializationException",
		"Message", "NUMBER_VALUE cannot be converted to String")
	s.refuses(request("ListTables", "{'Limit': 0}"), 400, "com.amazon.coral.validate#ValidationException", "message",
		"1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "+
			"Member must have value greater than or equal to 1")
}

// Every class of exceptions has its envelope.
func TestEnvelopes(t *testing.T) {
	var refusal error
	s := newSite(t, wire.Options{Before: func(context.Context, *wire.Request) error { return refusal }})
	for prefix, codes := range map[string][]exception.Code{
		modeled: {
			exception.BackupInUse, exception.BackupNotFound, exception.ConditionalCheckFailed,
			exception.ContinuousBackupsUnavailable, exception.InvalidRestoreTime, exception.ItemCollectionSizeLimitExceeded,
			exception.LimitExceeded, exception.PointInTimeRecoveryUnavailable, exception.ProvisionedThroughputExceeded,
			exception.RequestLimitExceeded, exception.ResourceInUse, exception.ResourceNotFound,
			exception.TableAlreadyExists, exception.TableInUse, exception.TableNotFound, exception.TransactionConflict,
			exception.TransactionCanceled, exception.TransactionInProgress, exception.IdempotentParameterMismatch,
			exception.InternalServerError, "SomeNewException",
		},
		coral: {
			exception.AccessDenied, exception.IncompleteSignature, exception.InvalidSignature,
			exception.MissingAuthenticationToken, exception.Serialization, exception.UnknownOperation,
			exception.UnrecognizedClient,
		},
		"com.amazon.coral.validate#":     {exception.Validation},
		"com.amazon.coral.availability#": {exception.Throttling},
	} {
		for _, code := range codes {
			status, member := 400, "message"
			switch code {
			case exception.InternalServerError:
				status = 500
			case exception.AccessDenied, exception.Serialization, exception.TransactionCanceled,
				exception.TransactionInProgress, exception.IdempotentParameterMismatch:
				member = "Message"
			}
			refusal = fmt.Errorf("around: %w", code.Errorf("the text of %s", code))
			s.refuses(request("ListTables", "{}"), status, prefix+string(code), member, "the text of "+string(code))
			refusal = code
			s.refuses(request("ListTables", "{}"), status, prefix+string(code), "", "")
		}
	}
	refusal = errors.New(`disk "a" is gone`)
	s.refuses(request("ListTables", "{}"), 500, modeled+"InternalServerError", "message", `disk \"a\" is gone`)
	refusal = &exception.Error{Code: exception.TransactionCanceled, Message: "why", Reasons: []exception.Reason{
		{}, {Code: exception.ConditionalCheckFailed, Message: "The conditional request failed"},
	}}
	_, answer := s.ask("TransactWriteItems", "{}")
	require.Equal(t, `{"__type":"`+modeled+`TransactionCanceledException","CancellationReasons":[{"Code":"None"},`+
		`{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"}],"Message":"why"}`, answer)
}

// Who asks, and where, is whose tables a request is for.
func TestPlaces(t *testing.T) {
	s := newSite(t, wire.Options{Account: "000000000000"})
	who := func(key, region string) []string { return []string{"Authorization", authorization(key, region)} }
	status, answer := s.ask("CreateTable", create, who("111122223333", "eu-west-1")...)
	require.Equal(t, 200, status, answer)
	require.Contains(t, answer, `"arn:aws:dynamodb:eu-west-1:111122223333:table/Music"`)
	for _, other := range [][]string{
		who("111122223334", "eu-west-1"), who("111122223333", "eu-west-2"), who("AKID", "eu-west-1"),
		who("1111222233330", "eu-west-1"), who("11112222333a", "eu-west-1"),
	} {
		_, answer := s.ask("ListTables", "{}", other...)
		require.Equal(t, `{"TableNames":[]}`, answer)
		_, answer = s.ask("GetItem", `{'TableName': 'Music', 'Key': {'a': {'S': 'x'}}}`, other...)
		require.Contains(t, answer, "ResourceNotFoundException")
	}
	_, answer = s.ask("ListTables", "{}", who("111122223333", "eu-west-1")...)
	require.Equal(t, `{"TableNames":["Music"]}`, answer)
	// All other keys are for one account.
	_, answer = s.ask("CreateTable", create, who("AKID", "cn-north-1")...)
	require.Contains(t, answer, `"arn:aws-cn:dynamodb:cn-north-1:000000000000:table/Music"`)
	for _, key := range []string{"another", "000000000000"} {
		_, answer = s.ask("ListTables", "{}", who(key, "cn-north-1")...)
		require.Equal(t, `{"TableNames":["Music"]}`, answer)
	}
	for _, region := range []string{"", "nowhere in particular", "us-east-1:", "US-EAST-1", strings.Repeat("a", 1000)} {
		s.refuses(request("ListTables", "{}", who("AKID", region)...), 400, coral+"InvalidSignatureException", "message",
			"Credential should be scoped to a valid region, not '"+region+"'.")
	}
}

func TestAccountOf(t *testing.T) {
	s := newSite(t, wire.Options{AccountOf: func(key string) string {
		return map[string]string{"red": "000000000001", "blue": "000000000002", "bad": "12"}[key]
	}})
	for key, account := range map[string]string{"red": "000000000001", "blue": "000000000002"} {
		_, answer := s.ask("ListBackups", "{'TableName': 'arn:aws:dynamodb:us-east-1:"+account+":table/Music'}",
			"Authorization", authorization(key, "us-east-1"))
		require.Equal(t, `{"BackupSummaries":[]}`, answer)
	}
	for _, key := range []string{"green", "bad", "000000000001"} {
		s.refuses(request("ListTables", "{}", "Authorization", authorization(key, "us-east-1")), 400,
			coral+"UnrecognizedClientException", "message", "The security token included in the request is invalid.")
	}
}

// Before sees what a request is for, and may end it there.
func TestBefore(t *testing.T) {
	var seen []wire.Request
	var refusal error
	h := wire.NewHandler(wire.Options{Before: func(ctx context.Context, r *wire.Request) error {
		require.NotNil(t, ctx)
		seen = append(seen, *r)
		return refusal
	}})
	s := &site{t, h}
	s.ask("ListTables", "not looked at yet", "Authorization", authorization("111122223333", "eu-west-1"))
	s.ask("Sing", "{}")
	s.ask("ListTables", "{}", "Authorization", "")
	refusal = exception.ProvisionedThroughputExceeded.Errorf("too much")
	_, answer := s.ask("PutItem", "{}")
	require.Equal(t, `{"__type":"`+modeled+`ProvisionedThroughputExceededException","message":"too much"}`, answer)
	require.Equal(t, []wire.Request{
		{Account: "111122223333", Region: "eu-west-1", Operation: "ListTables"},
		{Account: table.DefaultAccount, Region: "us-east-1", Operation: "PutItem"},
	}, seen)
}

// A request that must wait gives up when its client does.
func TestBeforeWaits(t *testing.T) {
	s := newSite(t, wire.Options{Before: func(ctx context.Context, _ *wire.Request) error {
		<-ctx.Done()
		return ctx.Err()
	}})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.refuses(request("ListTables", "{}").WithContext(ctx), 500, modeled+"InternalServerError", "message",
		"context canceled")
}

// A backup is CREATING for as long as Before says.
func TestBeforeSaysHowLongCreating(t *testing.T) {
	e := newEndpoint(t)
	creating := time.Hour
	s := newSite(t, wire.Options{
		Open:   func(string, string) (*wire.API, error) { return e.api, nil },
		Before: func(_ context.Context, r *wire.Request) error { r.Creating = creating; return nil },
	})
	e.music()
	summaries := func() string { return e.ok("ListBackups", "{}") }
	status, answer := s.ask("CreateBackup", `{'TableName': 'Music', 'BackupName': 'first'}`)
	require.Equal(t, 200, status, answer)
	require.Contains(t, answer, `"BackupStatus":"CREATING"`)
	e.clock.Advance(time.Hour - 1)
	require.Contains(t, summaries(), `"BackupStatus":"CREATING"`)
	e.clock.Advance(1)
	require.NotContains(t, summaries(), `"BackupStatus":"CREATING"`)
	creating = 0
	status, answer = s.ask("CreateBackup", `{'TableName': 'Music', 'BackupName': 'second'}`)
	require.Equal(t, 200, status, answer)
	require.Equal(t, 2, strings.Count(summaries(), `"BackupStatus":"AVAILABLE"`))
}

// An account and region is opened once, however many ask for it at first.
func TestOpenOnce(t *testing.T) {
	var inside, calls atomic.Int32
	h := wire.NewHandler(wire.Options{Open: func(account, region string) (*wire.API, error) {
		if inside.Add(1) != 1 {
			t.Error("two calls overlap")
		}
		defer inside.Add(-1)
		calls.Add(1)
		runtime.Gosched()
		return newPlainAPI(account, region)
	}})
	s := &site{t, h}
	var group sync.WaitGroup
	for i := range 32 {
		group.Go(func() {
			s.send(request("ListTables", "{}", "Authorization", authorization("AKID", fmt.Sprintf("us-east-%d", 1+i%2))))
		})
	}
	group.Wait()
	require.EqualValues(t, 2, calls.Load())
	first, err := h.API(table.DefaultAccount, "us-east-1")
	require.NoError(t, err)
	again, err := h.API(table.DefaultAccount, "us-east-1")
	require.NoError(t, err)
	require.Same(t, first, again)

	h.Reset()
	third, err := h.API(table.DefaultAccount, "us-east-1")
	require.NoError(t, err)
	require.NotSame(t, first, third)
	require.EqualValues(t, 3, calls.Load())
}

func newPlainAPI(account, region string) (*wire.API, error) {
	tables := table.NewStore(table.Options{Clock: new(clock.Manual), Account: account, Region: region})
	backups, err := backup.New(tables, backup.Options{Profile: backup.Instant()})
	return wire.NewAPI(tables, backups), err
}

// If an account cannot be opened the request says why, and the next one tries again.
func TestOpenFails(t *testing.T) {
	calls := 0
	api := newEndpoint(t).api
	s := newSite(t, wire.Options{Open: func(string, string) (*wire.API, error) {
		if calls++; calls == 1 {
			return nil, exception.LimitExceeded.Errorf("no more accounts")
		}
		return api, nil
	}})
	s.refuses(request("ListTables", "{}"), 400, modeled+"LimitExceededException", "message", "no more accounts")
	for range 3 {
		status, _ := s.ask("ListTables", "{}")
		require.Equal(t, 200, status)
	}
	require.Equal(t, 2, calls)
}

// Reset forgets the tables, also those that are asked for by requests at the same time.
func TestReset(t *testing.T) {
	h := wire.NewHandler(wire.Options{})
	s := &site{t, h}
	for range 3 {
		status, answer := s.ask("CreateTable", create)
		require.Equal(t, 200, status, answer)
		h.Reset()
		_, answer = s.ask("ListTables", "{}")
		require.Equal(t, `{"TableNames":[]}`, answer)
	}
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 20 {
				if i == 0 {
					h.Reset()
				} else if status, answer := s.ask("ListTables", "{}"); status != 200 {
					t.Error(answer)
				}
			}
		})
	}
	group.Wait()
}

// An SDK that discovers endpoints is told the host that it has come to.
func TestEndpointsAreHere(t *testing.T) {
	s := newSite(t, wire.Options{})
	r := request("DescribeEndpoints", "{}")
	r.Host = "localhost:8000"
	require.Equal(t, `{"Endpoints":[{"Address":"localhost:8000","CachePeriodInMinutes":1440}]}`, s.send(r).Body.String())
}

// reusable is a ResponseWriter that takes no memory of its own.
type reusable struct {
	header http.Header
	body   []byte
}

func (w *reusable) Header() http.Header { return w.header }
func (w *reusable) WriteHeader(int)     {}
func (w *reusable) Write(b []byte) (int, error) {
	w.body = append(w.body, b...)
	return len(b), nil
}

// What a GetItem costs in allocations, besides reading the body, stays small.
func TestAllocations(t *testing.T) {
	s := newSite(t, wire.Options{})
	s.ask("CreateTable", create)
	s.ask("PutItem", `{'TableName': 'Music',
		'Item': {'a': {'S': 'x'}, 'b': {'N': '7'}, 'c': {'L': [{'S': 'y'}, {'BOOL': true}]}}}`)
	r := request("GetItem", "")
	body := strings.ReplaceAll(`{'TableName': 'Music', 'Key': {'a': {'S': 'x'}}}`, "'", `"`)
	w := &reusable{header: make(http.Header)}
	count := func(h http.Handler) float64 {
		reader := strings.NewReader(body)
		return testing.AllocsPerRun(200, func() {
			reader.Reset(body)
			r.Body = io.NopCloser(reader)
			w.body = w.body[:0]
			clear(w.header)
			h.ServeHTTP(w, r)
		})
	}
	buffer := make([]byte, 1024)
	empty := count(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for err := error(nil); err == nil; _, err = r.Body.Read(buffer) {
		}
	}))
	got := count(s.handler) - empty
	require.Contains(t, string(w.body), `"b":{"N":"7"}`)
	t.Logf("%v allocations", got)
	require.LessOrEqual(t, got, 25.0)
}
