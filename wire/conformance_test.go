package wire_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/table"
	"github.com/tidemark-db/tidemark/wire"
)

// subjects are the files whose cases are about several operations.
var subjects = []string{"capacity", "expressions", "legacy-expected", "legacy-reads", "legacy-updates", "partiql-select",
	"partiql-syntax", "partiql-writes", "sizes", "validation", "values"}

// TestConformance runs the cases of testdata/conformance. Besides what a case requires, every answer must fit the
// service's model, every error must be one of the operation's, and a request that is refused must change nothing.
func TestConformance(t *testing.T) {
	for _, operation := range append(served(), subjects...) {
		t.Run(operation, func(t *testing.T) {
			for _, c := range readConformance(t, operation) {
				t.Run(c.name, func(t *testing.T) {
					require.NotEmpty(t, c.from, "where is it known from?")
					newConformance(t, &c).run(&c)
				})
			}
		})
	}
}

// Each file must belong to an operation, and no two cases of one may have the same name.
func TestConformanceFiles(t *testing.T) {
	files, err := os.ReadDir("testdata/conformance")
	require.NoError(t, err)
	for _, f := range files {
		name, cases := strings.CutSuffix(f.Name(), ".txt")
		if !cases || name == "fixtures" {
			continue
		}
		if !slices.Contains(subjects, name) {
			require.Contains(t, loadModel(t).operations, name)
		}
		seen := make(map[string]bool)
		for _, c := range readConformance(t, name) {
			require.False(t, seen[c.name], "%s: %s", name, c.name)
			seen[c.name] = true
		}
	}
}

// conformance is where a case takes place.
type conformance struct {
	*endpoint
	model   *model
	rates   bool
	names   names
	request string // for messages
	status  int
	answer  string
}

// newConformance returns an endpoint where things take as long as the case says.
func newConformance(t *testing.T, c *conformanceCase) *conformance {
	used := 0
	take := func(what string, d *time.Duration) {
		if long, ok := c.takes[what]; ok {
			*d = long
			used++
		}
	}
	e := newEndpoint(t, func(p *backup.Profile, timing *table.Timing) {
		take("creating", &p.Creating)
		take("restoring", &p.Restoring)
		take("unregistered", &p.Unregistered)
		take("enabling", &p.Enabling)
		take("departing", &p.Departing)
		take("system", &p.SystemDelay)
		take("lag", &p.RecoveryLag)
		take("create-table", &timing.Creating)
		take("update-table", &timing.Updating)
		take("backfilling", &timing.Backfilling)
		take("warming", &timing.Warming)
		take("delete-table", &timing.Deleting)
		take("expiring", &timing.Expiring)
		take("ttl-switching", &timing.TTLSwitching)
		take("ttl-cooldown", &timing.TTLCooldown)
		take("shard", &timing.Shard)
		take("switching", &timing.Switching)
		take("policy-cooldown", &timing.PolicyCooldown)
		take("settling", &timing.Settling)
		take("decrease-cooldown", &timing.DecreaseCooldown)
		take("protection-cooldown", &timing.ProtectionCooldown)
		if c.rates {
			p.Rates = backup.Documented().Rates
		}
		if _, ok := c.takes["statistics"]; ok {
			p.ExactSizes = false
		}
		take("statistics", &timing.StatisticsEvery)
	})
	require.Equal(t, len(c.takes), used, "something unknown takes time")
	if c.throughput {
		e.api.EnforceThroughput()
	}
	return &conformance{endpoint: e, model: loadModel(t), rates: c.rates, names: make(names)}
}

var fixtures = sync.OnceValues(func() ([]conformanceCase, error) {
	text, err := os.ReadFile("testdata/conformance/fixtures.txt")
	if err != nil {
		return nil, err
	}
	return parseConformance(string(text), "")
})

func (c *conformance) run(story *conformanceCase) {
	for i, step := range story.steps {
		switch step.verb {
		case "given":
			c.given(strings.Fields(step.text))
		case "advance":
			d, err := time.ParseDuration(step.text)
			require.NoError(c, err)
			c.clock.Advance(d)
		case "send":
			refused := i+1 < len(story.steps) && story.steps[i+1].verb == "error"
			c.send(step.operation, step.text, refused)
		case "repeat":
			for n := range step.times {
				c.names["<n>"] = strconv.Itoa(n + 1)
				c.send(step.operation, step.text, false)
			}
		case "answer", "has":
			c.requires(step.text, step.verb == "has")
		case "error":
			c.requiresError(step.text)
		}
	}
}

func (c *conformance) given(names []string) {
	all, err := fixtures()
	require.NoError(c, err)
	for _, name := range names {
		i := slices.IndexFunc(all, func(f conformanceCase) bool { return f.name == name })
		require.GreaterOrEqual(c, i, 0, "no fixture %s", name)
		c.run(&all[i])
	}
}

// send sends a request and checks what can be checked of any answer.
func (c *conformance) send(operation, request string, refused bool) {
	request, err := c.names.fill(request)
	require.NoError(c, err)
	c.request = operation + " " + request[:min(len(request), 2000)]
	var before string
	if refused && !c.rates {
		before = dump(c.endpoint)
	}
	var b []byte
	c.status, b = c.api.Do(context.Background(), wire.Target(operation), []byte(request))
	c.answer = string(b)
	op := c.model.operation(c, operation)
	if !refused {
		require.Equal(c, 200, c.status, "%s\n%s", c.request, c.answer)
		require.Empty(c, c.model.answerFaults(op, c.answer), "%s\n%s", c.request, c.answer)
		return
	}
	require.Equal(c, 400, c.status, "%s\n%s", c.request, c.answer)
	require.Empty(c, c.model.errorFaults(op, c.answer), c.request)
	if !c.rates {
		require.Equal(c, before, dump(c.endpoint), "refused, but something has changed: %s", c.request)
	}
}

func (c *conformance) requires(want string, part bool) {
	if want == "nothing" {
		require.Empty(c, c.answer, c.request)
		return
	}
	wanted, err := parseJSON(want)
	require.NoError(c, err, want)
	got, err := parseJSON(c.answer)
	require.NoError(c, err, c.answer)
	require.NoError(c, c.names.match(wanted, got, "answer", part), "%s\n%s", c.request, c.answer)
}

// requiresError takes the name of an exception and its text, or the name alone for an exception without a text.
func (c *conformance) requiresError(want string) {
	code, text, _ := strings.Cut(want, " ")
	text, err := c.names.fill(text)
	require.NoError(c, err)
	var got struct {
		Type    string `json:"__type"`
		Message string `json:"message"` // Go matches Message too
	}
	require.NoError(c, json.Unmarshal([]byte(c.answer), &got), c.answer)
	require.Equal(c, code, got.Type[strings.IndexByte(got.Type, '#')+1:], "%s\n%s", c.request, c.answer)
	require.Equal(c, ordered(text), ordered(got.Message), c.request)
}
