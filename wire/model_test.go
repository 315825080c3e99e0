package wire_test

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/wire"
)

// model is what the service says of its operations: the facts of testdata/model.txt.
type model struct {
	source     string // the package and version that the facts are from
	operations map[string]*modelOperation
	shapes     map[string]*modelShape
}

type modelOperation struct {
	name          string
	input, output *modelShape // output is nil if an answer is empty
	errors        []string
}

// modelShape is a type of the model.
type modelShape struct {
	name, kind   string
	members      []modelMember // of a structure, by name
	key, element *modelShape   // of a map, and of a list or map

	// The bounds of a number, of the characters of a text, or of the elements of a list or map; nil is no bound.
	min, max *int
	pattern  string
	enum     []string
}

type modelMember struct {
	name     string
	shape    *modelShape
	required bool
}

// modelFiles have a model each. Shapes of one name need not be the same in both.
var modelFiles = []string{"testdata/model.txt", "testdata/model-streams.txt"}

// theModel reads the models once: the first one, with the operations of the others, which keep their own shapes.
var theModel = sync.OnceValues(func() (*model, error) {
	all := newModel()
	for _, file := range modelFiles {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		m, err := parseModel(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if all.source == "" {
			all.source = m.source
		}
		for name, s := range m.shapes {
			if all.shapes[name] == nil {
				all.shapes[name] = s
			}
		}
		maps.Copy(all.operations, m.operations)
	}
	return all, nil
})

func loadModel(t testing.TB) *model {
	t.Helper()
	m, err := theModel()
	require.NoError(t, err)
	return m
}

func newModel() *model {
	return &model{operations: make(map[string]*modelOperation), shapes: make(map[string]*modelShape)}
}

// shape returns the shape of that name, which may not have been described yet.
func (m *model) shape(name string) *modelShape {
	s := m.shapes[name]
	if s == nil {
		s = &modelShape{name: name}
		m.shapes[name] = s
	}
	return s
}

// parseModel reads what String writes.
func parseModel(text string) (*model, error) {
	m := newModel()
	var structure *modelShape
	for n, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		var err error
		switch {
		case len(words) == 0 || words[0] == "#":
		case line[0] == ' ' && structure != nil && len(words) == 2:
			name, required := strings.CutSuffix(words[0], "!")
			structure.members = append(structure.members, modelMember{name, m.shape(words[1]), required})
		case words[0] == "source":
			m.source = strings.Join(words[1:], " ")
		case words[0] == "operation":
			err = m.parseOperation(words[1:])
		case len(words) > 1:
			structure = m.shape(words[1])
			structure.kind = words[0]
			err = m.parseFacts(structure, words[2:])
		default:
			err = fmt.Errorf("what is %q?", line)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	for _, s := range m.shapes {
		if s.kind == "" {
			return nil, fmt.Errorf("no word on the shape %s", s.name)
		}
	}
	return m, nil
}

// parseOperation reads NAME INPUT OUTPUT and the errors after "fails".
func (m *model) parseOperation(words []string) error {
	if len(words) < 3 || len(words) > 3 && words[3] != "fails" {
		return fmt.Errorf("an operation has an input and an output: %q", words)
	}
	op := &modelOperation{name: words[0], input: m.shape(words[1])}
	if words[2] != "nothing" {
		op.output = m.shape(words[2])
	}
	if len(words) > 3 {
		op.errors = words[4:]
	}
	for _, name := range op.errors {
		m.shape(name)
	}
	m.operations[op.name] = op
	return nil
}

// parseFacts reads what comes after the name of a shape: bounds, a pattern, an enum, the types of elements.
func (m *model) parseFacts(s *modelShape, words []string) error {
	for i, word := range words {
		switch low, high, bounds := strings.Cut(word, ".."); {
		case word == "pattern" && i+1 < len(words):
			s.pattern = words[i+1]
			return nil
		case word == "one-of":
			s.enum = words[i+1:]
			return nil
		case strings.HasPrefix(word, "[]"):
			s.element = m.shape(word[len("[]"):])
		case word[0] == '[':
			key, value, _ := strings.Cut(word[1:], "]")
			s.key, s.element = m.shape(key), m.shape(value)
		case bounds:
			var errLow, errHigh error
			s.min, errLow = parseBound(low)
			s.max, errHigh = parseBound(high)
			if err := cmp.Or(errLow, errHigh); err != nil {
				return err
			}
		default:
			return fmt.Errorf("what does %q say of %s?", word, s.name)
		}
	}
	return nil
}

func parseBound(text string) (*int, error) {
	if text == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(text)
	return &n, err
}

func showBound(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

const modelHead = `# What the service says of its operations, requests, answers and errors: names, types and bounds.
# Written by go test ./wire -run TestModelIsTheService -rewrite from the file service-2.json.gz of the package below.
#
#   operation NAME INPUT OUTPUT fails ERROR...
#   KIND NAME [ELEMENT or KEY-AND-ELEMENT] [MIN..MAX] [pattern TEXT] [one-of VALUE...]
#       MEMBER SHAPE                   of a structure; ! is for one that must be there
`

// String returns the text of testdata/model.txt.
func (m *model) String() string {
	var b strings.Builder
	b.WriteString(modelHead)
	fmt.Fprintf(&b, "\nsource %s\n\n", m.source)
	for _, name := range slices.Sorted(maps.Keys(m.operations)) {
		op, output := m.operations[name], "nothing"
		if op.output != nil {
			output = op.output.name
		}
		fmt.Fprintf(&b, "operation %s %s %s", name, op.input.name, output)
		if len(op.errors) > 0 {
			b.WriteString(" fails " + strings.Join(op.errors, " "))
		}
		b.WriteString("\n")
	}
	for _, name := range slices.Sorted(maps.Keys(m.shapes)) {
		b.WriteString("\n")
		m.shapes[name].write(&b)
	}
	return b.String()
}

func (s *modelShape) write(b *strings.Builder) {
	b.WriteString(s.kind + " " + s.name)
	switch {
	case s.key != nil:
		b.WriteString(" [" + s.key.name + "]" + s.element.name)
	case s.element != nil:
		b.WriteString(" []" + s.element.name)
	}
	if s.min != nil || s.max != nil {
		b.WriteString(" " + showBound(s.min) + ".." + showBound(s.max))
	}
	if s.pattern != "" {
		b.WriteString(" pattern " + s.pattern)
	}
	if s.enum != nil {
		b.WriteString(" one-of " + strings.Join(s.enum, " "))
	}
	b.WriteString("\n")
	for _, x := range s.members {
		mark := ""
		if x.required {
			mark = "!"
		}
		fmt.Fprintf(b, "    %s%s %s\n", x.name, mark, x.shape.name)
	}
}

// operation returns what the model says of an operation that is answered here.
func (m *model) operation(t testing.TB, name string) *modelOperation {
	t.Helper()
	require.Contains(t, m.operations, name, "testdata/model.txt does not know the operation: write it anew with -rewrite")
	return m.operations[name]
}

// served returns the operations that are answered, in alphabetical order.
var served = sync.OnceValue(wire.Operations)

func TestModelHasEveryOperation(t *testing.T) {
	m := loadModel(t)
	require.NotEmpty(t, served())
	for _, name := range served() {
		m.operation(t, name)
	}
}

func TestModelIsWrittenAsItIsRead(t *testing.T) {
	for _, file := range modelFiles {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		m, err := parseModel(string(text))
		require.NoError(t, err)
		require.True(t, string(text) == m.String(), "%s is not as -rewrite writes it", file)
		require.False(t, bytes.Contains(text, []byte{'\t'}))
	}
	for _, bad := range []string{"operation A", "structure A\n    b C", "what", "string A 3..x", "string A big"} {
		_, err := parseModel(bad)
		require.Error(t, err, bad)
	}
}
