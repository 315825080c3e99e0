package wire_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/wire"
)

// endpoint is an API with what lies behind it.
type endpoint struct {
	*testing.T
	api     *wire.API
	clock   *clock.Manual
	tables  *table.Store
	backups *backup.Engine
}

// kinesisStream is the one that there is.
const kinesisStream = "arn:aws:kinesis:us-east-1:123456789012:stream/there"

// newEndpoint returns an endpoint where nothing takes any time, unless change says otherwise.
func newEndpoint(t *testing.T, change ...func(*backup.Profile, *table.Timing)) *endpoint {
	e := &endpoint{T: t, clock: new(clock.Manual)}
	profile, timing := backup.Instant(), table.Timing{}
	for _, fn := range change {
		fn(&profile, &timing)
	}
	e.tables = table.NewStore(table.Options{
		Clock: e.clock, Seed: 1, Timing: timing, KinesisStream: func(arn string) bool { return arn == kinesisStream },
	})
	var err error
	e.backups, err = backup.New(e.tables, backup.Options{Profile: profile, Seed: 1})
	require.NoError(t, err)
	e.api = wire.NewAPI(e.tables, e.backups)
	return e
}

// do sends one request, whose answer must fit the service's model. In the body a ' may stand for a ".
func (e *endpoint) do(operation, body string) (status int, answer string) {
	e.Helper()
	body = strings.ReplaceAll(body, "'", `"`)
	status, answer = e.send(operation, body)
	if faults := loadModel(e).faults(operation, status, answer); len(faults) > 0 { // perhaps not where a test may end
		e.Errorf("%s %.2000s\n%s\n%s", operation, body, answer, strings.Join(faults, "\n"))
	}
	return status, answer
}

// send sends one request as it is, and does not look at the answer.
func (e *endpoint) send(operation, body string) (status int, answer string) {
	status, b := e.api.Do(context.Background(), wire.Target(operation), []byte(body))
	return status, string(b)
}

// ok returns the answer to a request that must be fine.
func (e *endpoint) ok(operation, body string) string {
	e.Helper()
	status, answer := e.do(operation, body)
	require.Equal(e, 200, status, answer)
	return answer
}

// answers sends a request that must have this answer, whatever the order of members and the white space.
func (e *endpoint) answers(operation, body, want string) {
	e.Helper()
	require.JSONEq(e, strings.ReplaceAll(want, "'", `"`), e.ok(operation, body))
}

// refuses sends a request that must be refused with the exception of that name and text.
func (e *endpoint) refuses(operation, body, exception, text string) {
	e.Helper()
	status, answer := e.do(operation, body)
	require.Equal(e, 400, status, answer)
	var got struct {
		Type    string `json:"__type"`
		Message string `json:"message"` // Go matches Message too
	}
	require.NoError(e, json.Unmarshal([]byte(answer), &got), answer)
	require.Equal(e, exception, got.Type[strings.IndexByte(got.Type, '#')+1:], answer)
	require.Equal(e, text, got.Message)
}

// music makes the table of the reference's examples: partition key Artist, sort key Song, both of type S.
func (e *endpoint) music() {
	e.Helper()
	e.ok("CreateTable", `{'TableName': 'Music', 'BillingMode': 'PAY_PER_REQUEST',
		'AttributeDefinitions': [{'AttributeName': 'Artist', 'AttributeType': 'S'}, {'AttributeName': 'Song', 'AttributeType': 'S'}],
		'KeySchema': [{'AttributeName': 'Artist', 'KeyType': 'HASH'}, {'AttributeName': 'Song', 'KeyType': 'RANGE'}]}`)
}
