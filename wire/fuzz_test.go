package wire_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRequests sends a story of requests, one in each line of the text: the name of the operation, a blank and the body.
// Whatever is in them, an answer is JSON, there is no internal error, and what was refused has changed nothing.
func FuzzRequests(f *testing.F) {
	for _, story := range stories(f) {
		f.Add(story)
	}
	f.Fuzz(func(t *testing.T, story string) { tell(t, story, func(body string) string { return body }) })
}

// FuzzMutations is FuzzRequests for bodies that are JSON and not far from what they should be: one member is left out,
// is something else, or has another one's value. The numbers choose the story and what becomes of it.
func FuzzMutations(f *testing.F) {
	all := stories(f)
	for i := range all {
		f.Add(uint(i), uint64(i))
	}
	f.Fuzz(func(t *testing.T, which uint, seed uint64) {
		m := &mutator{rand.New(rand.NewPCG(seed, 0)), nil}
		tell(t, all[which%uint(len(all))], m.mutate)
	})
}

// tell sends the requests of a story, with what change makes of their bodies.
func tell(t *testing.T, story string, change func(body string) string) {
	e := newEndpoint(t)
	e.music()
	e.ok("PutItem", `{'TableName': 'Music', 'Item': {'Artist': {'S': 'Acme'}, 'Song': {'S': 'x'}, 'Plays': {'N': '1'}}}`)
	e.ok("CreateBackup", `{'TableName': 'Music', 'BackupName': 'nightly'}`)
	lines := strings.Split(story, "\n")
	for _, line := range lines[:min(len(lines), 20)] {
		operation, body, _ := strings.Cut(line, " ")
		body = change(body)
		before := dump(e)
		status, answer := e.do(operation, body)
		require.True(t, answer == "" || json.Valid([]byte(answer)), answer)
		if status != 200 {
			require.Equal(t, 400, status, "%s %s: %s", operation, body, answer)
			require.Equal(t, before, dump(e), "%s %s has changed something", operation, body)
		}
	}
}

// mutator changes one thing in a value of JSON. It takes values from what it has seen before.
type mutator struct {
	*rand.Rand
	seen []any
}

func (m *mutator) mutate(body string) string {
	var v any
	if json.Unmarshal([]byte(body), &v) != nil {
		return body // it was meant to be wrong
	}
	changed, err := json.Marshal(m.change(v))
	if err != nil {
		return body
	}
	return string(changed)
}

// change returns v with something in it changed, or something else.
func (m *mutator) change(v any) any {
	m.seen = append(m.seen, v)
	switch v := v.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(v))
		if len(names) == 0 || m.IntN(20) == 0 {
			break
		}
		name := names[m.IntN(len(names))]
		if m.IntN(8) == 0 {
			delete(v, name)
		} else {
			v[name] = m.change(v[name])
		}
		return v
	case []any:
		if len(v) == 0 || m.IntN(10) == 0 {
			break
		}
		i := m.IntN(len(v))
		if m.IntN(8) == 0 {
			return append(v, v[i])
		}
		v[i] = m.change(v[i])
		return v
	case string:
		if len(v) > 0 && m.IntN(2) == 0 {
			at := m.IntN(len(v))
			return v[:at] + []string{"", " ", "#", ":", "(", "a", "0", "\x00", "[0]", ".x", " AND "}[m.IntN(11)] + v[at:]
		}
	}
	others := []any{nil, true, "", "x", 0, -1, 1e300, 1.5, []any{}, map[string]any{}, "Music", strings.Repeat("y", 300),
		map[string]any{"S": ""}, map[string]any{"N": "1e200"}, map[string]any{"NULL": true}}
	if m.IntN(2) == 0 {
		return m.seen[m.IntN(len(m.seen))]
	}
	return others[m.IntN(len(others))]
}

// stories returns the requests of the conformance suite, file by file.
func stories(tb testing.TB) (stories []string) {
	files, err := filepath.Glob("testdata/conformance/*.txt")
	require.NoError(tb, err)
	require.NotEmpty(tb, files)
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(tb, err)
		own := strings.TrimSuffix(filepath.Base(name), ".txt")
		for _, one := range strings.Split(string(text), "\ncase ") {
			var story []string
			for _, line := range strings.Split(strings.ReplaceAll(one, "\n  ", " "), "\n") {
				request, ok := strings.CutPrefix(line, "send ")
				if !ok {
					continue
				}
				if strings.HasPrefix(request, "{") {
					request = own + " " + request
				}
				story = append(story, request)
			}
			if story != nil {
				stories = append(stories, strings.Join(story, "\n"))
			}
		}
	}
	return stories
}
