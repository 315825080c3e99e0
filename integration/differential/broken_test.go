package differential_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/stretchr/testify/require"
)

// A peer with a fault that a random sequence can meet is found out, and one or two requests are enough to show it.
func TestDifferentialFindsFaults(t *testing.T) {
	for name, test := range map[string]struct {
		wrong broken
		at    string // where the answers differ
		atAll int    // how many requests the story may have
	}{
		"a text":      {broken{"PutItem", "The conditional request failed", "The request failed"}, "answer", 2},
		"a number":    {broken{"Query", `"ScannedCount":2`, `"ScannedCount":3`}, "ScannedCount", 3},
		"a write":     {broken{"UpdateItem", "ADD n ", "ADD nn "}, "Attributes|state", 1},
		"a violation": {broken{"Scan", "greater than or equal to 1", "greater than or equal to 2"}, "answer", 1},
		"a code":      {broken{"GetItem", "#ResourceNotFoundException", "#TableNotFoundException"}, "answer", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			theirs := newTidemark(t)
			theirs.http = &http.Client{Transport: breaking{theirs.http.Transport, test.wrong}}
			d := newDifferential(servers.Kinds[0], theirs)
			var f *discovery
			for seed := uint64(1); f == nil && seed <= 60; seed++ {
				d.sequence(t, seed)
				for _, found := range d.found {
					f = found
				}
			}
			require.NotNil(t, f, "it is not found")
			tables, requests := sequence(d.peer, f.seed, sequenceLength)
			s := shrink(t, d, tables, requests[:f.n], f.first.class())
			require.Regexp(t, test.at, s.found.points[0].at)
			require.LessOrEqual(t, strings.Count(s.story, "\n"), test.atAll, s.story)
		})
	}
}

// broken is what a peer does wrong: in the requests for an operation or in their answers it takes one text for another.
type broken struct{ op, right, wrong string }

// breaking is the way to such a peer.
type breaking struct {
	http.RoundTripper
	broken
}

func (b breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+b.op) {
		return b.RoundTripper.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = b.spoil(body)
	response, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	response.Body, response.ContentLength = b.spoil(answer)
	return response, err
}

func (b breaking) spoil(text []byte) (io.ReadCloser, int64) {
	text = bytes.ReplaceAll(text, []byte(b.right), []byte(b.wrong))
	return io.NopCloser(bytes.NewReader(text)), int64(len(text))
}

// What is wrong with an answer of ours is found out without any peer.
func TestDifferentialNeedsNoPeer(t *testing.T) {
	refused := reply{status: 400, code: "ValidationException"}
	failed := reply{status: 400, code: "ConditionalCheckFailedException"}
	put := obj{"TableName": "One", "Item": obj{"pk": obj{"S": "p0"}}}
	for _, test := range []struct {
		op      string
		verdict verdict
		answer  reply
		changes bool
		wrong   bool
	}{
		{"PutItem", sound, reply{status: 200}, true, false},
		{"PutItem", sound, refused, false, true},
		{"PutItem", sound, failed, false, false},
		{"PutItem", faulty, refused, false, false},
		{"PutItem", faulty, refused, true, true},
		{"PutItem", faulty, reply{status: 200}, true, true},
		{"PutItem", open, refused, false, false},
		{"PutItem", open, reply{status: 500}, false, true},
		{"GetItem", open, reply{status: 200}, false, false},
		{"GetItem", open, reply{status: 200}, true, true},
	} {
		s := newSession(t, servers.Kinds[0], newTidemark(t), []*shape{&shapes[0]})
		if test.changes {
			_, err := s.ours.send("PutItem", put)
			require.NoError(t, err)
		}
		p, wrong := s.unexpected(trial{op: test.op, verdict: test.verdict}, test.answer)
		require.Equal(t, test.wrong, wrong, "%v: %s", test, p)
	}
}
