package wire_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// requestSite is a place in the request of an operation where a value of some shape goes.
type requestSite struct {
	operation string
	name      string // as the model has it: GlobalSecondaryIndexes[].IndexName
	path      string // as violations have it: globalSecondaryIndexes.1.member.indexName
	shape     *modelShape
	required  bool

	// with returns a request that is fine for all that the model says, but has v here; the absent value leaves it out.
	with func(v any) any
}

type absentValue struct{}

// requestSites calls visit for every place that can be reached in the request of an operation. What is in attribute
// values is not looked at: they are read by rules of their own.
func requestSites(op *modelOperation, visit func(requestSite)) {
	sites(op.name, op.input, visit)
}

// sites is requestSites for any shape.
func sites(operation string, root *modelShape, visit func(requestSite)) {
	requestSite{operation: operation, shape: root, with: func(v any) any { return v }}.below(visit)
}

func (s requestSite) below(visit func(requestSite)) {
	if s.shape.name == "AttributeValue" {
		return
	}
	at := func(name, path string, shape *modelShape, required bool, with func(v any) any) {
		child := requestSite{
			s.operation, strings.TrimPrefix(s.name+name, "."), strings.TrimPrefix(s.path+path, "."), shape, required, with,
		}
		visit(child)
		child.below(visit)
	}
	switch s.shape.kind {
	case "structure", "exception":
		for _, x := range s.shape.members {
			at("."+x.name, "."+strings.ToLower(x.name[:1])+x.name[1:], x.shape, x.required, func(v any) any {
				return s.with(s.shape.sampleWith(x.name, v))
			})
		}
	case "list":
		at("[]", ".1.member", s.shape.element, false, func(v any) any { return s.with(atLeast(s.shape, v)) })
	case "map":
		at("{}", "."+mapKey+".member", s.shape.element, false, func(v any) any { return s.with(map[string]any{mapKey: v}) })
	}
}

// mapKey is good for names of tables, attributes and placeholders, as far as the model goes.
const mapKey = "Key1"

// atLeast returns a list of v and of as many samples as the list needs.
func atLeast(list *modelShape, v any) []any {
	elements := []any{v}
	for list.min != nil && len(elements) < *list.min {
		elements = append(elements, list.element.sample())
	}
	return elements
}

// sampleWith returns a structure with what it must have and with v.
func (s *modelShape) sampleWith(name string, v any) any {
	object := make(map[string]any)
	for _, x := range s.members {
		if x.required {
			object[x.name] = x.shape.sample()
		}
	}
	if s.name == "CreateTableInput" { // which the service demands, whatever the model says
		object["AttributeDefinitions"] = []any{map[string]any{"AttributeName": "xxx", "AttributeType": "S"}}
		object["KeySchema"] = []any{map[string]any{"AttributeName": "xxx", "KeyType": "HASH"}}
	}
	object[name] = v
	if v == (absentValue{}) {
		delete(object, name)
	}
	return object
}

// sampleTexts are for what cannot be any text.
var sampleTexts = map[string]string{
	"TableId": "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f", "Code": "ConditionalCheckFailed",
	"Reason": "TableReadProvisionedThroughputExceeded",
}

// sample returns a small value that the model allows.
func (s *modelShape) sample() any {
	switch s.kind {
	case "string":
		if s.enum != nil {
			return s.enum[0]
		}
		if text, ok := sampleTexts[s.name]; ok {
			return text
		}
		return strings.Repeat("x", max(3, bound(s.min, 0)))
	case "blob":
		return "AAE="
	case "boolean":
		return true
	case "integer", "long", "timestamp", "double":
		return max(1, bound(s.min, 0))
	case "list":
		return atLeast(s, s.element.sample())
	case "map":
		return map[string]any{mapKey: s.element.sample()}
	}
	if s.name == "AttributeValue" {
		return map[string]any{"S": "x"}
	}
	return s.sampleWith("", absentValue{})
}

func bound(n *int, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return *n
}

// violation is a value against one constraint, and what is said of it.
type violation struct {
	value any
	shown string // as the text has the value; empty: however it has it
	must  string
}

// violations returns one value for each constraint that the model has for a place.
func (s requestSite) violations() (all []violation) {
	if s.required {
		all = append(all, violation{absentValue{}, "null", "not be null"})
	}
	x := s.shape
	low, high := bound(x.min, 0), bound(x.max, 0)
	add := func(value any, shown, must string) { all = append(all, violation{value, shown, must}) }
	switch x.kind {
	case "string":
		if x.enum != nil {
			add("bogus", "'bogus'", "satisfy enum value set: ["+strings.Join(x.enum, ", ")+"]")
		}
		if low > 0 {
			short := strings.Repeat("x", low-1)
			add(short, "'"+short+"'", "have length greater than or equal to "+strconv.Itoa(low))
		}
		if high > 0 {
			long := strings.Repeat("x", high+1)
			add(long, "'"+long+"'", "have length less than or equal to "+strconv.Itoa(high))
		}
		if x.pattern != "" {
			bad := "a b!"
			if regexp.MustCompile(`Print|u0020`).MatchString(x.pattern) {
				bad = "a\x01b"
			}
			add(bad, "'"+bad+"'", "satisfy regular expression pattern: "+x.pattern)
		}
	case "integer", "long":
		if x.min != nil {
			add(low-1, "'"+strconv.Itoa(low-1)+"'", "have value greater than or equal to "+strconv.Itoa(low))
		}
		if x.max != nil {
			add(high+1, "'"+strconv.Itoa(high+1)+"'", "have value less than or equal to "+strconv.Itoa(high))
		}
	case "list":
		if low > 0 {
			add([]any{}, "", "have length greater than or equal to "+strconv.Itoa(low))
		}
		if high > 0 {
			long := make([]any, high+1)
			for i := range long {
				long[i] = x.element.sample()
			}
			add(long, "", "have length less than or equal to "+strconv.Itoa(high))
		}
	case "map":
		if low > 0 {
			add(map[string]any{}, "", "have length greater than or equal to "+strconv.Itoa(low))
		}
		if high > 0 {
			long := make(map[string]any)
			for i := range high + 1 {
				long["Key"+strconv.Itoa(i)] = x.element.sample()
			}
			add(long, "", "have length less than or equal to "+strconv.Itoa(high))
		}
	}
	return all
}

// wrongTypes returns values that are not of the kind of a shape.
func (s *modelShape) wrongTypes() []any {
	switch s.kind {
	case "string", "blob":
		return []any{7, true, []any{"x"}, map[string]any{"x": "y"}}
	case "boolean":
		return []any{"true", 1, []any{true}, map[string]any{}}
	case "integer", "long", "timestamp", "double":
		return []any{"1", true, []any{1}, map[string]any{}}
	case "list":
		return []any{"x", 7, true, map[string]any{"x": "y"}}
	}
	return []any{"x", 7, true, []any{map[string]any{}}}
}

// TestModelConstraints breaks every constraint that the model has for a request, one at a time, at every depth, and
// requires the service's text on that one alone, and that nothing changes.
func TestModelConstraints(t *testing.T) {
	m := loadModel(t)
	for _, name := range served() {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t)
			e.music()
			before := dump(e)
			broken := 0
			requestSites(m.operation(t, name), func(s requestSite) {
				for _, v := range s.violations() {
					broken++
					code, text := e.refusalOf(name, s.with(v.value))
					where := fmt.Sprintf("%s: %s must %s", name, s.name, v.must)
					if x := exceptionFor(s, make(map[string]bool)); x != nil && (x.nulls || !x.typed || v.shown != "null") {
						require.Equal(t, "ValidationException", code, where)
						require.Regexp(t, x.text, text, where)
						continue
					}
					require.Equal(t, "ValidationException", code, "%s: %s", where, text)
					require.Regexp(t, v.expected(s.path), ordered(text), where)
				}
			})
			require.Equal(t, before, dump(e))
			if len(m.operation(t, name).input.members) > 0 {
				require.Positive(t, broken)
			}
		})
	}
}

// expected returns a pattern for the text on a violation.
func (v violation) expected(path string) string {
	value := "'.*'"
	if v.shown != "" && len(v.shown) < 4096 { // a longer one is cut
		value = regexp.QuoteMeta(v.shown)
	}
	clause := value + regexp.QuoteMeta(" at '"+path+"' failed to satisfy constraint: Member must "+ordered(v.must))
	if v.shown == "''" {
		return "Value " + clause // an empty name violates the pattern as well
	}
	return "(?s)^1 validation error detected: Value " + clause + "$"
}

// TestModelTypes puts values of wrong types where the model has a type, at every depth.
func TestModelTypes(t *testing.T) {
	m := loadModel(t)
	used := make(map[string]bool)
	for _, name := range served() {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t)
			e.music()
			before := dump(e)
			requestSites(m.operation(t, name), func(s requestSite) {
				for _, v := range s.shape.wrongTypes() {
					code, text := e.refusalOf(name, s.with(v))
					where := fmt.Sprintf("%s: %v for %s: %s", name, v, s.name, text)
					if x := exceptionFor(s, used); x != nil && !x.typed {
						require.Equal(t, "ValidationException", code, where)
						require.Regexp(t, x.text, text, where)
						continue
					}
					require.Equal(t, "SerializationException", code, where)
					require.NotEmpty(t, text, where)
				}
			})
			require.Equal(t, before, dump(e))
		})
	}
	requireUsed(t, used)
}

// refusalOf sends a request that must be refused, and returns how.
func (e *endpoint) refusalOf(operation string, request any) (code, text string) {
	e.Helper()
	body, err := json.Marshal(request)
	require.NoError(e, err)
	status, answer := e.send(operation, string(body))
	require.Empty(e, loadModel(e).faults(operation, status, answer), "%s %.2000s\n%s", operation, body, answer)
	if status == 200 {
		return "nothing", answer + " to " + string(body)
	}
	var got struct {
		Type    string `json:"__type"`
		Message string `json:"message"` // Go matches Message too
	}
	require.NoError(e, json.Unmarshal([]byte(answer), &got))
	return got.Type[strings.IndexByte(got.Type, '#')+1:], got.Message
}

// TestModelSamples: what the tests above break is sound before, as far as the model goes.
func TestModelSamples(t *testing.T) {
	m := loadModel(t)
	for _, name := range served() {
		e := newEndpoint(t)
		body, err := json.Marshal(m.operation(t, name).input.sample())
		require.NoError(t, err)
		_, answer := e.do(name, string(body))
		require.NotContains(t, answer, "failed to satisfy constraint", name)
		require.NotContains(t, answer, "SerializationException", name)
	}
}

func requireUsed(t *testing.T, used map[string]bool) {
	for name := range maps.Keys(requestExceptions) {
		operation, _, _ := strings.Cut(name, " ")
		if answered := strings.Contains(" "+strings.Join(served(), " ")+" * ", " "+operation+" "); answered {
			require.True(t, used[name], "nothing is an exception by %q", name)
		}
	}
}
