package wire_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// faults returns what is wrong with an answer to a request for an operation, of whatever name: it must be what the
// model says that the operation answers, or one of the errors that it may fail with.
func (m *model) faults(operation string, status int, answer string) []string {
	op := m.operations[operation]
	switch {
	case !slices.Contains(served(), operation):
		if status != 400 || !strings.HasPrefix(answer, `{"__type":"`+unknownOperation+`"`) {
			return []string{"there is no operation " + operation}
		}
		return m.errorFaults(&modelOperation{name: operation}, answer)
	case op == nil:
		return []string{"testdata/model.txt does not know " + operation}
	case status == 200:
		return m.answerFaults(op, answer)
	}
	right := 400
	if strings.Contains(answer, `#InternalServerError"`) {
		right = 500
	}
	faults := m.errorFaults(op, answer)
	if status != right {
		faults = append(faults, fmt.Sprintf("the status is %d", status))
	}
	return faults
}

// answerFaults returns what is wrong with the answer to an operation: members that the model does not have or that are
// missing, values of a wrong type or out of bounds, members that are not in alphabetical order, attribute values that
// are nothing or several things.
func (m *model) answerFaults(op *modelOperation, answer string) []string {
	if op.output == nil {
		if answer != "" {
			return []string{"the answer should be empty"}
		}
		return nil
	}
	return newAnswerCheck(answer).all(op.output)
}

// answerCheck reads an answer and notes its faults.
type answerCheck struct {
	in     *json.Decoder
	faults []string
	last   string // the text that was read last
}

func newAnswerCheck(answer string) *answerCheck {
	c := &answerCheck{in: json.NewDecoder(strings.NewReader(answer))}
	c.in.UseNumber()
	return c
}

func (c *answerCheck) all(s *modelShape) []string {
	c.value(s, "")
	if len(c.faults) == 0 && c.in.More() {
		c.fault("", "something comes after the answer")
	}
	return c.faults
}

func (c *answerCheck) fault(path, format string, args ...any) {
	if path == "" {
		path = "the answer"
	}
	c.faults = append(c.faults, path+": "+fmt.Sprintf(format, args...))
}

// token returns the next token; nil at the end, which is a fault.
func (c *answerCheck) token(path string) json.Token {
	t, err := c.in.Token()
	if err != nil {
		c.fault(path, "%v", err)
		return nil
	}
	return t
}

// value reads a value that should be of shape s.
func (c *answerCheck) value(s *modelShape, path string) {
	switch t := c.token(path).(type) {
	case json.Delim:
		c.container(t, s, path)
	case string:
		c.text(t, s, path)
	case json.Number:
		c.number(t, s, path)
	case bool:
		if s.kind != "boolean" || s.name == "NullAttributeValue" && !t {
			c.fault(path, "%t is no %s", t, s.kind)
		}
	default:
		c.fault(path, "null is no %s", s.kind)
	}
}

func (c *answerCheck) container(open json.Delim, s *modelShape, path string) {
	switch {
	case open == '[' && s.kind == "list":
		n, seen := 0, make(map[string]bool)
		for ; c.in.More() && len(c.faults) < 20; n++ {
			c.value(s.element, path+"["+strconv.Itoa(n)+"]")
			seen[c.last] = true
		}
		if attributeSet := strings.HasSuffix(s.name, "SetAttributeValue"); attributeSet && (n == 0 || len(seen) < n) {
			c.fault(path, "a set is not empty and has nothing twice")
		}
		c.bounds(s, n, path)
	case open == '{' && s.kind == "map":
		n := 0
		for ; c.in.More() && len(c.faults) < 20; n++ {
			key, _ := c.token(path).(string)
			c.text(key, s.key, path)
			c.value(s.element, path+"."+key)
		}
		c.bounds(s, n, path)
	case open == '{' && (s.kind == "structure" || s.kind == "exception"):
		c.structure(s, path)
	default:
		c.fault(path, "%v is no %s", open, s.kind)
		for c.in.More() && len(c.faults) < 20 {
			c.token(path)
		}
	}
	c.token(path) // the closing bracket
}

func (c *answerCheck) structure(s *modelShape, path string) {
	var names []string
	for c.in.More() && len(c.faults) < 20 {
		name, _ := c.token(path).(string)
		if slices.Contains(names, name) {
			c.fault(path, "%s comes twice", name)
		}
		names = append(names, name)
		member := s.member(name)
		if member == nil {
			c.fault(path, "%s has no member %q", s.name, name)
			var skipped json.RawMessage
			_ = c.in.Decode(&skipped)
			continue
		}
		below := strings.TrimPrefix(path+"."+name, ".")
		c.value(member.shape, below)
		if values := documentedValues[s.name+"."+name]; values != nil && !slices.Contains(values, c.last) {
			c.fault(below, "%q is none of %s", c.last, strings.Join(values, ", "))
		}
	}
	if s.name == "AttributeValue" && len(names) != 1 {
		c.fault(path, "an attribute value is one thing and not %d", len(names))
	}
	if !slices.IsSorted(names) {
		c.fault(path, "the members are not in alphabetical order: %s", strings.Join(names, ", "))
	}
	for _, x := range s.members {
		if x.required && !slices.Contains(names, x.name) {
			c.fault(path, "%s is missing", x.name)
		}
	}
}

// documentedValues are of texts that are not an enum of the model, although its documentation says what they may be.
var documentedValues = map[string][]string{
	"CancellationReason.Code": {
		"None", "ConditionalCheckFailed", "ItemCollectionSizeLimitExceeded", "TransactionConflict",
		"ProvisionedThroughputExceeded", "ThrottlingError", "ValidationError", "AccessDenied", "DuplicateItem",
		"ResourceNotFound",
	},
	"ThrottlingReason.reason": {
		"TableReadProvisionedThroughputExceeded", "TableWriteProvisionedThroughputExceeded",
		"IndexReadProvisionedThroughputExceeded", "IndexWriteProvisionedThroughputExceeded",
		"TableReadMaxOnDemandThroughputExceeded", "TableWriteMaxOnDemandThroughputExceeded",
		"IndexReadMaxOnDemandThroughputExceeded", "IndexWriteMaxOnDemandThroughputExceeded",
	},
}

func (s *modelShape) member(name string) *modelMember {
	for i := range s.members {
		if s.members[i].name == name {
			return &s.members[i]
		}
	}
	return nil
}

// systemSuffix is what the names of SYSTEM backups end in, although the model has no $ in names.
const systemSuffix = "$DeletedTableBackup"

// attributeNumber is how the service writes numbers in items: without an exponent, and no digit that could be left out.
var attributeNumber = regexp.MustCompile(`^(0|-?([1-9][0-9]*|[1-9][0-9]*\.[0-9]*[1-9]|0\.[0-9]*[1-9]))$`)

// patterns are those of the model, by their text.
var patterns sync.Map

// inGo writes what only the model's language knows as Go does; there, two halves are one character beyond FFFF.
var inGo = strings.NewReplacer(`\p{Print}`, `[\x20-\x7E]`, `\uD800\uDC00-\uDBFF\uDFFF`, `\x{10000}-\x{10FFFF}`,
	`\u0020-\uD7FF\uE000-\uFFFD`, `\x20-\x{D7FF}\x{E000}-\x{FFFD}`)

func pattern(text string) *regexp.Regexp {
	if p, ok := patterns.Load(text); ok {
		return p.(*regexp.Regexp)
	}
	p := regexp.MustCompile("^(?:" + inGo.Replace(text) + ")$")
	patterns.Store(text, p)
	return p
}

func (c *answerCheck) text(text string, s *modelShape, path string) {
	c.last = text
	if s.name == "NumberAttributeValue" && !attributeNumber.MatchString(text) {
		c.fault(path, "%q is not how a number is written", text)
	}
	if s.kind == "blob" {
		if _, err := base64.StdEncoding.DecodeString(text); err != nil {
			c.fault(path, "%q is not base64", text)
		}
		return
	}
	if s.kind != "string" {
		c.fault(path, "%q is no %s", text, s.kind)
		return
	}
	if s.name == "BackupName" {
		text = strings.TrimSuffix(text, systemSuffix)
	}
	if s.enum != nil && !slices.Contains(s.enum, text) {
		c.fault(path, "%q is none of %s", text, strings.Join(s.enum, ", "))
	}
	if s.pattern != "" && !pattern(s.pattern).MatchString(text) {
		c.fault(path, "%q does not match %s", text, s.pattern)
	}
	c.bounds(s, utf8.RuneCountInString(text), path)
}

func (c *answerCheck) number(n json.Number, s *modelShape, path string) {
	switch s.kind {
	case "integer", "long":
		i, err := n.Int64()
		if err != nil || s.kind == "integer" && int64(int32(i)) != i {
			c.fault(path, "%s is no whole number", n)
			return
		}
		c.bounds(s, int(i), path)
	case "timestamp", "double":
	default:
		c.fault(path, "%s is no %s", n, s.kind)
	}
}

// mayBeNothing are shapes that the service answers with 0 or {} although the model has a minimum of 1: the capacity of
// a table on demand, what a batch has left undone, and the items of a transaction of statements that write.
var mayBeNothing = []string{"PositiveLongObject", "BatchGetRequestMap", "BatchWriteItemRequestMap", "ItemResponseList"}

func (c *answerCheck) bounds(s *modelShape, n int, path string) {
	if n == 0 && slices.Contains(mayBeNothing, s.name) {
		return
	}
	if s.min != nil && n < *s.min || s.max != nil && n > *s.max {
		c.fault(path, "%d is not in %s..%s", n, showBound(s.min), showBound(s.max))
	}
}

const (
	unknownOperation = "com.amazon.coral.service#UnknownOperationException"
	throttled        = "com.amazon.coral.availability#ThrottlingException" // which some operations declare as well
)

// unmodelled are the errors that any operation may answer with, and the member that has their text.
var unmodelled = map[string]string{
	unknownOperation: "message",
	"com.amazon.coral.validate#ValidationException":   "message",
	"com.amazon.coral.service#SerializationException": "Message",
	"com.amazon.coral.service#AccessDeniedException":  "Message",
	throttled: "message",

	"com.amazon.coral.service#MissingAuthenticationTokenException": "message",
	"com.amazon.coral.service#IncompleteSignatureException":        "message",
	"com.amazon.coral.service#InvalidSignatureException":           "message",
	"com.amazon.coral.service#UnrecognizedClientException":         "message",
}

// errorFaults returns what is wrong with an answer that is an error of the operation: one that the model does not
// have, or another member for its text.
func (m *model) errorFaults(op *modelOperation, answer string) []string {
	var got map[string]json.RawMessage
	var kind string
	if json.Unmarshal([]byte(answer), &got) != nil || json.Unmarshal(got["__type"], &kind) != nil {
		return []string{"an error has a __type: " + answer}
	}
	head := `{"__type":"` + kind + `"`
	rest, ok := strings.CutPrefix(answer, head)
	if !ok {
		return []string{"an error begins with its __type: " + answer}
	}
	rest = "{" + strings.TrimPrefix(rest, ",")
	if declared := slices.Contains(op.errors, "ThrottlingException"); declared && kind == throttled {
		return newAnswerCheck(rest).all(m.shapes["ThrottlingException"])
	}
	if text, ok := unmodelled[kind]; ok {
		s := &modelShape{name: kind, kind: "exception", members: []modelMember{{text, m.shapes["ErrorMessage"], false}}}
		return newAnswerCheck(rest).all(s)
	}
	name, ok := strings.CutPrefix(kind, "com.amazonaws.dynamodb.v20120810#")
	if !ok || !slices.Contains(op.errors, name) {
		return []string{op.name + " has no error " + kind}
	}
	return newAnswerCheck(rest).all(m.shapes[name])
}

// A check that finds nothing looks like one that passes: this one is given something to find.
func TestAnswerCheckFindsFaults(t *testing.T) {
	m := loadModel(t)
	const details = `{"BackupDetails":{"BackupArn":"arn:aws:dynamodb:us-east-1:123456789012:table/T/backup/1",` +
		`"BackupCreationDateTime":1.5E9,`
	tests := []struct{ operation, answer, want string }{
		{"CreateBackup", details + `"BackupName":"abc","BackupStatus":"CREATING","BackupType":"USER"}}`, ""},
		{"CreateBackup", details + `"BackupName":"Tab$DeletedTableBackup","BackupStatus":"CREATING",` +
			`"BackupType":"USER"}}`, ""},
		{"CreateBackup", details + `"BackupName":"abc","BackupStatus":"ACTIVE","BackupType":"USER"}}`,
			`BackupDetails.BackupStatus: "ACTIVE" is none of CREATING, DELETED, AVAILABLE`},
		{"CreateBackup", details + `"BackupStatus":"CREATING","BackupType":"USER"}}`,
			"BackupDetails: BackupName is missing"},
		{"CreateBackup", details + `"BackupName":"a$b","BackupStatus":"CREATING","BackupType":"USER"}}`,
			`BackupDetails.BackupName: "a$b" does not match [a-zA-Z0-9_.-]+`},
		{"CreateBackup", `{"BackupDescription":{"a":[1]}}`,
			`the answer: CreateBackupOutput has no member "BackupDescription"`},
		{"CreateBackup", `{"BackupDetails":[]}`, "BackupDetails: [ is no structure"},
		{"CreateBackup", `{"BackupDetails":null}`, "BackupDetails: null is no structure"},
		{"CreateBackup", `{`, "the answer: EOF"},
		{"CreateBackup", `{}{}`, "the answer: something comes after the answer"},
		{"TagResource", "", ""},
		{"TagResource", "{}", "the answer should be empty"},
		{"ListTables", `{"TableNames":["abc"],"LastEvaluatedTableName":"abc"}`,
			"the answer: the members are not in alphabetical order: TableNames, LastEvaluatedTableName"},
		{"ListTables", `{"TableNames":[],"TableNames":[]}`, "the answer: TableNames comes twice"},
		{"ListTables", `{"TableNames":["ab",7]}`, "TableNames[0]: 2 is not in 3..255"},
		{"ListTables", `{"TableNames":["abc",7]}`, "TableNames[1]: 7 is no string"},
		{"DescribeLimits", `{"AccountMaxReadCapacityUnits":1.5}`, "AccountMaxReadCapacityUnits: 1.5 is no whole number"},
		{"DescribeLimits", `{"AccountMaxReadCapacityUnits":0}`, ""},
		{"DescribeLimits", `{"AccountMaxReadCapacityUnits":-1}`, "AccountMaxReadCapacityUnits: -1 is not in 1.."},
		{"UpdateTimeToLive", `{"TimeToLiveSpecification":{"AttributeName":"a","Enabled":"yes"}}`,
			`TimeToLiveSpecification.Enabled: "yes" is no boolean`},
		{"UpdateTimeToLive", `{"TimeToLiveSpecification":{"AttributeName":"a","Enabled":1}}`,
			"TimeToLiveSpecification.Enabled: 1 is no boolean"},
		{"UpdateTimeToLive", `{"TimeToLiveSpecification":{"AttributeName":true,"Enabled":true}}`,
			"TimeToLiveSpecification.AttributeName: true is no string"},
		{"BatchGetItem", `{"UnprocessedKeys":{}}`, ""},
		{"BatchGetItem", `{"UnprocessedKeys":{"T":{"Keys":[]}}}`, "UnprocessedKeys.T.Keys: 0 is not in 1..100"},
		{"GetItem", `{"Item":{"b":{"B":"AAE="},"a":{"L":[{"NULL":true}]}}}`, ""},
		{"GetItem", `{"Item":{"b":{"B":"A"}}}`, `Item.b.B: "A" is not base64`},
		{"ListBackups", `{"BackupSummaries":[{"BackupCreationDateTime":"2024"}]}`,
			`BackupSummaries[0].BackupCreationDateTime: "2024" is no timestamp`},
	}
	for _, test := range tests {
		faults := m.answerFaults(m.operation(t, test.operation), test.answer)
		if test.want == "" {
			require.Empty(t, faults, test.answer)
		} else {
			require.NotEmpty(t, faults, test.answer)
			require.Equal(t, test.want, faults[0])
		}
	}
}

func TestErrorCheckFindsFaults(t *testing.T) {
	m := loadModel(t)
	tests := []struct{ operation, answer, want string }{
		{"DeleteBackup", `{"__type":"com.amazonaws.dynamodb.v20120810#BackupInUseException","message":"x"}`, ""},
		{"DeleteBackup", `{"__type":"com.amazon.coral.validate#ValidationException","message":"x"}`, ""},
		{"DeleteBackup", `{"__type":"com.amazon.coral.service#SerializationException"}`, ""},
		{"DeleteBackup", `{"__type":"com.amazonaws.dynamodb.v20120810#BackupInUseException","Message":"x"}`,
			`the answer: BackupInUseException has no member "Message"`},
		{"ListBackups", `{"__type":"com.amazonaws.dynamodb.v20120810#BackupInUseException","message":"x"}`,
			"ListBackups has no error com.amazonaws.dynamodb.v20120810#BackupInUseException"},
		{"ListBackups", `{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"x"}`,
			"ListBackups has no error com.amazonaws.dynamodb.v20120810#ValidationException"},
		{"ListBackups", `{"message":"x"}`, `an error has a __type: {"message":"x"}`},
		{"ListBackups", `{"message":"x","__type":"x"}`, `an error begins with its __type: {"message":"x","__type":"x"}`},
	}
	for _, test := range tests {
		faults := m.errorFaults(m.operation(t, test.operation), test.answer)
		if test.want == "" {
			require.Empty(t, faults, test.answer)
		} else {
			require.NotEmpty(t, faults, test.answer)
			require.Equal(t, test.want, faults[0])
		}
	}
}
