package integration_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

// sidecar is Tidemark in front of another endpoint, with a client of each.
type sidecar struct {
	testing.TB
	ctx             context.Context
	kind            *servers.Kind // nil: the upstream is none of them
	server          *servers.Server
	url, upstream   string
	client, direct  *dynamodb.Client // through the sidecar, and past it
	plain           *http.Client
	patience, pause time.Duration // for a table to become ACTIVE, and between two looks at it
}

// startSidecar starts Tidemark's command in front of an upstream.
func startSidecar(t testing.TB, upstreamURL string, args ...string) *sidecar {
	t.Helper()
	return startCommand(t, servers.UnderTest(), upstreamURL, args...)
}

// startCommand is startSidecar with a certain command.
func startCommand(t testing.TB, c *servers.Command, upstreamURL string, args ...string) *sidecar {
	t.Helper()
	server, err := c.Start(append([]string{"-upstream", upstreamURL}, args...)...)
	require.NoError(t, err)
	t.Cleanup(func() {
		server.Kill()
		if said := server.Output.All(); strings.Contains(said, "DATA RACE") {
			t.Errorf("a race in the sidecar:\n%s", said)
		} else if t.Failed() {
			t.Logf("the sidecar says:\n%s", server.Output.Tail())
		}
	})
	return newSidecar(t, server, server.URL, upstreamURL)
}

func newSidecar(t testing.TB, server *servers.Server, url, upstreamURL string) *sidecar {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	s := &sidecar{TB: t, ctx: t.Context(), server: server, url: url, upstream: upstreamURL,
		plain: &http.Client{Transport: whole{transport}}, patience: time.Minute, pause: 3 * time.Millisecond}
	s.client, s.direct = s.clientOf(s.url), s.clientOf(upstreamURL)
	return s
}

// whole sends requests whose bodies are in memory. The SDK closes the body of a request as soon as the answer begins,
// which Go's transport, on a busy machine, takes for a failure to send it, and breaks the answer off.
type whole struct{ next http.RoundTripper }

func (w whole) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return w.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
	return w.next.RoundTrip(r)
}

// overKinds tells a story of a sidecar in front of every upstream that can be had.
func overKinds(t *testing.T, tell func(*testing.T, *sidecar), args ...string) {
	for _, k := range servers.Kinds {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			s := startSidecar(t, k.Run(t).URL, args...)
			s.kind = k
			tell(t, s)
		})
	}
}

// clientOf returns a client of the SDK that tries once, so that nothing that fails is missed.
func (s *sidecar) clientOf(url string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(url), HTTPClient: s.plain, Region: region, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
}

// create makes a table and waits until it is ACTIVE.
func (s *sidecar) create(in *dynamodb.CreateTableInput) {
	s.Helper()
	_, err := s.client.CreateTable(s.ctx, in)
	require.NoError(s, err)
	s.await(*in.TableName)
}

// await waits until a table is ACTIVE.
func (s *sidecar) await(name string) *types.TableDescription {
	s.Helper()
	var table *types.TableDescription
	s.until(name+" to be ACTIVE", func() bool {
		out, err := s.client.DescribeTable(s.ctx, &dynamodb.DescribeTableInput{TableName: &name})
		require.NoError(s, err)
		table = out.Table
		return table.TableStatus == types.TableStatusActive
	})
	return table
}

// backUp takes a backup and returns its ARN.
func (s *sidecar) backUp(table string) *string {
	s.Helper()
	out, err := s.client.CreateBackup(s.ctx, &dynamodb.CreateBackupInput{
		TableName: &table, BackupName: aws.String("beside"),
	})
	require.NoError(s, err)
	return out.BackupDetails.BackupArn
}

// beginRestore makes a new table of a backup, which is not filled yet.
func (s *sidecar) beginRestore(arn *string, target string) {
	s.Helper()
	_, err := s.client.RestoreTableFromBackup(s.ctx, &dynamodb.RestoreTableFromBackupInput{
		BackupArn: arn, TargetTableName: &target,
	})
	require.NoError(s, err)
}

func (s *sidecar) restore(arn *string, target string) *types.TableDescription {
	s.Helper()
	s.beginRestore(arn, target)
	return s.await(target)
}

// setRecovery switches point-in-time recovery.
func (s *sidecar) setRecovery(table string, on bool) {
	s.Helper()
	_, err := s.client.UpdateContinuousBackups(s.ctx, &dynamodb.UpdateContinuousBackupsInput{
		TableName:                        &table,
		PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: &on},
	})
	require.NoError(s, err)
}

// nextSecond waits for the next whole second, and returns it: times to restore are given in seconds.
func (s *sidecar) nextSecond() time.Time {
	s.Helper()
	now := clock.System{}.Now()
	next := now.Truncate(time.Second).Add(time.Second)
	require.NoError(s, clock.Sleep(s.ctx, clock.System{}, next.Sub(now)+time.Millisecond))
	return next
}

// drop deletes tables, and waits until they are gone.
func (s *sidecar) drop(tables ...string) {
	s.Helper()
	for _, name := range tables {
		_, err := s.client.DeleteTable(s.ctx, &dynamodb.DeleteTableInput{TableName: &name})
		require.NoError(s, err)
	}
	for _, name := range tables {
		s.until(name+" to be gone", func() bool {
			_, err := s.direct.DescribeTable(s.ctx, &dynamodb.DescribeTableInput{TableName: &name})
			return isNotFound(err)
		})
	}
}

func isNotFound(err error) bool {
	missing := (*types.ResourceNotFoundException)(nil)
	return errors.As(err, &missing)
}

// until waits for something, but not longer than its patience.
func (s *sidecar) until(what string, holds func() bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, s.patience)
	defer cancel()
	for !holds() {
		require.NoError(s, clock.Sleep(ctx, clock.System{}, s.pause), "waiting for %s", what)
	}
}

// contents returns the items of a table, or of an index of it, as texts in their order.
func (s *sidecar) contents(c *dynamodb.Client, table string, index ...string) []string {
	s.Helper()
	in := dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(len(index) == 0)}
	if len(index) > 0 {
		in.IndexName = &index[0]
	}
	texts := []string{}
	for p := dynamodb.NewScanPaginator(c, &in); p.HasMorePages(); {
		page, err := p.NextPage(s.ctx)
		require.NoError(s, err)
		for _, i := range page.Items {
			texts = append(texts, itemText(i))
		}
	}
	slices.Sort(texts)
	return texts
}

// itemText returns a text that two items have in common if they are the same.
func itemText(i item) string { return valueText(&types.AttributeValueMemberM{Value: i}) }

func valueText(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return strconv.Quote(v.Value)
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberB:
		return fmt.Sprintf("0x%x", v.Value)
	case *types.AttributeValueMemberBOOL:
		return strconv.FormatBool(v.Value)
	case *types.AttributeValueMemberNULL:
		return "null"
	case *types.AttributeValueMemberSS:
		return setText("SS", v.Value, strconv.Quote)
	case *types.AttributeValueMemberNS:
		return setText("NS", v.Value, func(s string) string { return s })
	case *types.AttributeValueMemberBS:
		return setText("BS", v.Value, func(b []byte) string { return fmt.Sprintf("0x%x", b) })
	case *types.AttributeValueMemberL:
		var elements []string
		for _, e := range v.Value {
			elements = append(elements, valueText(e))
		}
		return "[" + strings.Join(elements, ",") + "]"
	case *types.AttributeValueMemberM:
		var members []string
		for _, name := range slices.Sorted(maps.Keys(v.Value)) {
			members = append(members, strconv.Quote(name)+":"+valueText(v.Value[name]))
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	return fmt.Sprintf("%T", v)
}

func setText[E any](kind string, elements []E, text func(E) string) string {
	var texts []string
	for _, e := range elements {
		texts = append(texts, text(e))
	}
	slices.Sort(texts)
	return kind + "(" + strings.Join(texts, ",") + ")"
}

// request sends a request of the protocol as it is written, to either endpoint, and returns the answer with its body.
func (s *sidecar) request(
	ctx context.Context, url, operation, body string, headers ...string,
) (*http.Response, string) {
	s.Helper()
	answer, err := s.send(ctx, url, operation, body, headers...)
	require.NoError(s, err)
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	require.NoError(s, err)
	return answer, string(all)
}

func (s *sidecar) send(
	ctx context.Context, url, operation, body string, headers ...string,
) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header = http.Header{
		"Content-Type": {"application/x-amz-json-1.0"}, "X-Amz-Target": {"DynamoDB_20120810." + operation},
		"X-Amz-Date": {"20240115T120000Z"}, "Accept-Encoding": {"identity"},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20240115/us-east-1/dynamodb/aws4_request, " +
			"SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + strings.Repeat("0", 64)},
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return s.plain.Do(r)
}

// control reads what one of the sidecar's own endpoints says, as JSON, and returns false if there is none.
func (s *sidecar) control(resource string, into any) bool {
	s.Helper()
	r, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.url+"/_tidemark/"+resource, nil)
	require.NoError(s, err)
	answer, err := s.plain.Do(r)
	require.NoError(s, err)
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNotFound {
		return false
	}
	require.Equal(s, http.StatusOK, answer.StatusCode)
	require.NoError(s, json.NewDecoder(answer.Body).Decode(into))
	return true
}

// requireAPIErrorCode checks that a request was refused, and by which name.
func requireAPIErrorCode(t testing.TB, err error, code string) {
	t.Helper()
	var refused smithy.APIError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, code, refused.ErrorCode(), err)
}
