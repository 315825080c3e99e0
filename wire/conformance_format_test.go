package wire_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// conformanceCase is a case of testdata/conformance, or a fixture. The README there says what its lines mean.
type conformanceCase struct {
	name  string
	line  int
	from  string
	takes map[string]time.Duration
	rates bool
	// throughput is whether the throughput of tables is enforced.
	throughput bool
	steps      []conformanceStep
}

// conformanceStep is one line of a case that does or requires something.
type conformanceStep struct {
	line      int
	verb      string // given, advance, send, repeat, answer, has or error
	operation string // of send and repeat
	times     int    // of repeat
	text      string // what comes after the verb
}

// sources are what the word after "from" may be.
var sources = []string{"model", "documented", "observed", "inferred", "ours"}

// parseConformance reads a file of cases; sends without an operation are for the given one.
func parseConformance(text, operation string) (cases []conformanceCase, err error) {
	lines := strings.Split(text, "\n")
	for n := 0; n < len(lines); n++ {
		line, at := strings.TrimRight(lines[n], " "), n+1
		if line == "" || line[0] == '#' {
			continue
		}
		for n+1 < len(lines) && strings.HasPrefix(lines[n+1], " ") { // it goes on
			n++
			line += " " + strings.TrimSpace(lines[n])
		}
		verb, rest, _ := strings.Cut(line, " ")
		if verb == "case" || verb == "fixture" {
			cases = append(cases, conformanceCase{name: rest, line: at, takes: make(map[string]time.Duration)})
			continue
		}
		if len(cases) == 0 {
			return nil, fmt.Errorf("line %d: %s comes before any case", at, verb)
		}
		if err := cases[len(cases)-1].add(verb, rest, at, operation); err != nil {
			return nil, fmt.Errorf("line %d: %w", at, err)
		}
	}
	return cases, nil
}

func (c *conformanceCase) add(verb, rest string, at int, operation string) error {
	step := conformanceStep{line: at, verb: verb, text: rest}
	switch verb {
	case "from":
		c.from = rest
		if !slices.Contains(sources, rest) {
			return fmt.Errorf("%q is no source", rest)
		}
		return nil
	case "takes":
		return c.addDurations(rest)
	case "rates":
		c.rates = true
	case "throughput":
		c.throughput = true
		return nil
	case "send", "repeat":
		step.operation = operation
		if verb == "repeat" {
			count, request, _ := strings.Cut(rest, " ")
			n, err := strconv.Atoi(count)
			if err != nil {
				return err
			}
			step.times, step.text, rest = n, request, request
		}
		if rest != "" && rest[0] != '{' && rest[0] != '<' {
			step.operation, step.text, _ = strings.Cut(rest, " ")
		}
	case "given", "advance", "answer", "has", "error":
	default:
		return fmt.Errorf("unknown word: %s", verb)
	}
	c.steps = append(c.steps, step)
	return nil
}

func (c *conformanceCase) addDurations(text string) error {
	for _, word := range strings.Fields(text) {
		what, long, _ := strings.Cut(word, "=")
		d, err := time.ParseDuration(long)
		if err != nil {
			return err
		}
		c.takes[what] = d
	}
	return nil
}

// readConformance reads a file of testdata/conformance.
func readConformance(t testing.TB, name string) []conformanceCase {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/conformance", name+".txt"))
	require.NoError(t, err, "every operation has a file of cases")
	cases, err := parseConformance(string(text), name)
	require.NoError(t, err, name)
	require.NotEmpty(t, cases, name)
	return cases
}

// names are what the placeholders of a case stand for.
type names map[string]string

var (
	placeholder = regexp.MustCompile(`<[a-z][a-z0-9]*>`)
	repetition  = regexp.MustCompile(`<(\S+) x (\d+)>`)
)

// fill puts in what placeholders stand for. It fails if one has not been seen yet.
func (n names) fill(text string) (string, error) {
	var err error
	text = placeholder.ReplaceAllStringFunc(text, func(p string) string {
		v, ok := n[p]
		if !ok {
			err = fmt.Errorf("nothing is known of %s", p)
		}
		return v
	})
	return repeat(text), err
}

func repeat(text string) string {
	return repetition.ReplaceAllStringFunc(text, func(r string) string {
		parts := repetition.FindStringSubmatch(r)
		count, _ := strconv.Atoi(parts[2])
		return strings.Repeat(parts[1], count)
	})
}

// match compares an answer with what it should be. A placeholder that stands for nothing yet learns what it stands
// for. With part, objects may have more members than are wanted.
func (n names) match(want, got any, path string, part bool) error {
	switch want := want.(type) {
	case map[string]any:
		return n.matchObject(want, got, path, part)
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Errorf("%s: got %s, want %d elements", path, shownJSON(got), len(want))
		}
		for i := range want {
			if err := n.match(want[i], list[i], path+"["+strconv.Itoa(i)+"]", part); err != nil {
				return err
			}
		}
		return nil
	case string:
		return n.matchText(want, got, path)
	case json.Number:
		number, ok := got.(json.Number)
		a, errA := want.Float64()
		b, errB := number.Float64()
		if !ok || errA != nil || errB != nil || a != b {
			return fmt.Errorf("%s: got %s, want %s", path, shownJSON(got), want)
		}
		return nil
	}
	if want != got {
		return fmt.Errorf("%s: got %s, want %v", path, shownJSON(got), want)
	}
	return nil
}

func (n names) matchObject(want map[string]any, got any, path string, part bool) error {
	object, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: got %s, want an object", path, shownJSON(got))
	}
	for name, v := range want {
		member, ok := object[name]
		if !ok {
			return fmt.Errorf("%s: %s is missing in %s", path, name, shownJSON(got))
		}
		if err := n.match(v, member, path+"."+name, part); err != nil {
			return err
		}
	}
	for name := range object {
		if _, ok := want[name]; !ok && !part {
			return fmt.Errorf("%s: nobody wants %s: %s", path, name, shownJSON(object[name]))
		}
	}
	return nil
}

func (n names) matchText(want string, got any, path string) error {
	if want == "<_>" {
		return nil
	}
	text, ok := got.(string)
	if ok {
		n.learn(want, text)
	}
	filled, err := n.fill(want)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if !ok || text != filled {
		return fmt.Errorf("%s: got %s, want %q", path, shownJSON(got), filled)
	}
	return nil
}

// learn learns what a placeholder in want stands for, if it is the only one that is unknown.
func (n names) learn(want, got string) {
	for _, p := range placeholder.FindAllString(want, -1) {
		if _, known := n[p]; known {
			continue
		}
		before, after, _ := strings.Cut(want, p)
		before, errBefore := n.fill(before)
		after, errAfter := n.fill(after)
		if rest, ok := strings.CutPrefix(got, before); ok && errBefore == nil && errAfter == nil {
			if value, ok := strings.CutSuffix(rest, after); ok {
				n[p] = value
			}
		}
		return
	}
}

func shownJSON(v any) string {
	b, _ := json.Marshal(v)
	if len(b) > 1000 {
		return string(b[:1000]) + "..."
	}
	return string(b)
}

// parseJSON reads JSON with its numbers as they are.
func parseJSON(text string) (v any, err error) {
	in := json.NewDecoder(strings.NewReader(text))
	in.UseNumber()
	return v, in.Decode(&v)
}

var enumSet = regexp.MustCompile(`enum value set: \[[^]]*\]`)

// ordered returns the text of an error with the parts in order that the service has in no stable one: the clauses of a
// ValidationException and the values of an enum.
func ordered(text string) string {
	text = enumSet.ReplaceAllStringFunc(text, func(set string) string {
		const head = "enum value set: ["
		values := strings.Split(set[len(head):len(set)-1], ", ")
		slices.Sort(values)
		return head + strings.Join(values, ", ") + "]"
	})
	head, clauses, found := strings.Cut(text, " validation errors detected: ")
	if !found {
		return text
	}
	parts := strings.Split(clauses, "; ")
	slices.Sort(parts)
	return head + " validation errors detected: " + strings.Join(parts, "; ")
}

func TestConformanceFormat(t *testing.T) {
	cases, err := parseConformance("# c\n\ncase a b\nfrom model\ntakes creating=5s\ngiven X\n"+
		"send {\"a\":\n  1}\nanswer {}\n"+
		"send ListTables {}\nerror E text\nrepeat 3 {}\n", "Op")
	require.NoError(t, err)
	require.Len(t, cases, 1)
	require.Equal(t, map[string]time.Duration{"creating": 5 * time.Second}, cases[0].takes)
	require.Equal(t, []conformanceStep{
		{6, "given", "", 0, "X"}, {7, "send", "Op", 0, `{"a": 1}`}, {9, "answer", "", 0, "{}"},
		{10, "send", "ListTables", 0, "{}"}, {11, "error", "", 0, "E text"}, {12, "repeat", "Op", 3, "{}"},
	}, cases[0].steps)
	for _, bad := range []string{
		"from model", "case a\nfrom hearsay", "case a\nwhat", "case a\ntakes x=long", "case a\nrepeat often {}",
	} {
		_, err := parseConformance(bad, "Op")
		require.Error(t, err, bad)
	}
}

func TestConformanceMatch(t *testing.T) {
	tests := []struct {
		want, got string
		part      bool
		fault     string
	}{
		{`{"a": [1, "<x>", "<_>"]}`, `{"a": [1.0, "y", {}]}`, false, ""},
		{`{"a": "<b>", "c": "n <b>"}`, `{"a": "1", "c": "n 1"}`, false, ""}, // b is known before
		{`"<c x 3>"`, `"ccc"`, false, ""},
		{`{"a": true}`, `{"a": true, "b": 1}`, true, ""},
		{`{"a": true}`, `{"a": true, "b": 1}`, false, "answer: nobody wants b: 1"},
		{`{"a": true}`, `{}`, true, "answer: a is missing in {}"},
		{`{"a": 1}`, `{"a": "1"}`, false, `answer.a: got "1", want 1`},
		{`[1]`, `[1, 2]`, true, "answer: got [1,2], want 1 elements"},
		{`[]`, `{}`, true, "answer: got {}, want 0 elements"},
		{`{}`, `[]`, true, "answer: got [], want an object"},
		{`false`, `true`, false, "answer: got true, want false"},
		{`["<y>-<b>", "<y>"]`, `["7-1", "7"]`, false, ""},
		{`["<y>-<b>"]`, `["7-2"]`, false, "answer[0]: nothing is known of <y>"},
		{`["<y>", "<y>"]`, `["7", "8"]`, false, `answer[1]: got "8", want "7"`},
		{`"on <y>"`, `"on"`, false, "answer: nothing is known of <y>"},
	}
	for _, test := range tests {
		want, err := parseJSON(test.want)
		require.NoError(t, err)
		got, err := parseJSON(test.got)
		require.NoError(t, err)
		n := names{"<b>": "1"}
		err = n.match(want, got, "answer", test.part)
		if test.fault == "" {
			require.NoError(t, err, test.want)
		} else {
			require.EqualError(t, err, test.fault)
		}
	}
	const one, other = "2 validation errors detected: b; a: Member must satisfy enum value set: [B, A]",
		"2 validation errors detected: a: Member must satisfy enum value set: [A, B]; b"
	require.Equal(t, ordered(one), ordered(other))
	require.NotEqual(t, ordered(one), ordered("1 validation error detected: b"))
}
