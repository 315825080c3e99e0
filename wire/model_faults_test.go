package wire_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAnswerCheckRefuses puts wrong things into answers that the model allows, at every place where it has one: a
// value of another type or out of bounds, a member that is not there or that nobody knows. The check must find each.
func TestAnswerCheckRefuses(t *testing.T) {
	m := loadModel(t)
	for _, name := range served() {
		op := m.operation(t, name)
		if op.output == nil {
			continue
		}
		requireRefused(t, name, op.output, func(answer string) []string { return m.faults(name, 200, answer) })
	}
}

// TestErrorCheckRefuses is TestAnswerCheckRefuses for the errors that operations fail with.
func TestErrorCheckRefuses(t *testing.T) {
	m := loadModel(t)
	seen := make(map[string]bool)
	for _, name := range served() {
		op := m.operation(t, name)
		for _, code := range op.errors {
			status := 400
			if code == "InternalServerError" {
				status = 500
			}
			check := func(answer string) []string {
				head := `{"__type":"` + modeled + code + `"`
				if answer != "{}" {
					head += ","
				}
				return m.faults(name, status, head+answer[1:])
			}
			if seen[code] {
				require.Empty(t, check("{}"), code)
				continue
			}
			seen[code] = true
			requireRefused(t, code, m.shapes[code], check)
			status = 200
			require.NotEmpty(t, check("{}"), "an error is no answer")
		}
	}
}

// requireRefused makes wrong answers out of right ones and requires that check finds something in each.
func requireRefused(t *testing.T, name string, root *modelShape, check func(answer string) []string) {
	t.Helper()
	text := func(v any) string {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		return string(b)
	}
	refused := func(where, what string, v any) {
		t.Helper()
		answer := text(v)
		require.NotEmpty(t, check(answer), "%s: %s: %s: %.2000s", name, where, what, answer)
	}
	require.Empty(t, check(text(root.sample())), name)
	refused("", "an unknown member", root.sampleWith("Unknown", true))
	sites(name, root, func(s requestSite) {
		require.Empty(t, check(text(s.with(s.shape.sample()))), "%s: %s", name, s.name)
		if s.shape.kind == "structure" {
			refused(s.name, "an unknown member", s.with(s.shape.sampleWith("Unknown", true)))
		}
		for _, v := range append(s.shape.wrongTypes(), nil) {
			refused(s.name, "a wrong type", s.with(v))
		}
		for _, v := range s.violations() {
			if empty := text(v.value); slices.Contains(mayBeNothing, s.shape.name) && len(empty) <= len("{}") {
				continue
			}
			refused(s.name, "it must "+v.must, s.with(v.value))
		}
	})
}

// What an attribute value holds is not the model's to say, but the service's answers have it in one form only.
func TestAnswerCheckOfAttributeValues(t *testing.T) {
	m := loadModel(t)
	for value, fault := range map[string]string{
		`{"S":""}`: "", `{"B":""}`: "", `{"NULL":true}`: "", `{"BOOL":false}`: "", `{"L":[]}`: "", `{"M":{}}`: "",
		`{"N":"0"}`: "", `{"N":"-1.05"}`: "", `{"N":"100"}`: "", `{"N":"0.001"}`: "", `{"NS":["1","-0.5"]}`: "",
		`{"SS":["a","b"]}`: "", `{"BS":["AAE=",""]}`: "",

		`{}`:                                  "Item.a: an attribute value is one thing and not 0",
		`{"BOOL":true,"S":"x"}`:               "Item.a: an attribute value is one thing and not 2",
		`{"X":"x"}`:                           `Item.a: AttributeValue has no member "X"`,
		`{"NULL":false}`:                      "Item.a.NULL: false is no boolean",
		`{"N":1}`:                             "Item.a.N: 1 is no string",
		`{"N":"1.0"}`:                         `Item.a.N: "1.0" is not how a number is written`,
		`{"N":"01"}`:                          `Item.a.N: "01" is not how a number is written`,
		`{"N":"1E2"}`:                         `Item.a.N: "1E2" is not how a number is written`,
		`{"N":"-0"}`:                          `Item.a.N: "-0" is not how a number is written`,
		`{"N":""}`:                            `Item.a.N: "" is not how a number is written`,
		`{"NS":["1","+2"]}`:                   `Item.a.NS[1]: "+2" is not how a number is written`,
		`{"SS":[]}`:                           "Item.a.SS: a set is not empty and has nothing twice",
		`{"SS":["a","a"]}`:                    "Item.a.SS: a set is not empty and has nothing twice",
		`{"B":"A*=="}`:                        `Item.a.B: "A*==" is not base64`,
		`{"L":[{"M":{"b":[]}}]}`:              "Item.a.L[0].M.b: [ is no structure",
		`{"M":{"b":{"S":"c"},"":{"L":[{}]}}}`: "Item.a.M..L[0]: an attribute value is one thing and not 0",
	} {
		faults := m.faults("GetItem", 200, `{"Item":{"a":`+value+`}}`)
		if fault == "" {
			require.Empty(t, faults, value)
		} else {
			require.NotEmpty(t, faults, value)
			require.Equal(t, fault, faults[0])
		}
	}
	const reason = `{"__type":"` + modeled + `TransactionCanceledException","CancellationReasons":[{"Code":"Nothing"}]}`
	require.Equal(t, []string{`CancellationReasons[0].Code: "Nothing" is none of None, ConditionalCheckFailed, ` +
		`ItemCollectionSizeLimitExceeded, TransactionConflict, ProvisionedThroughputExceeded, ThrottlingError, ` +
		`ValidationError, AccessDenied, DuplicateItem, ResourceNotFound`}, m.faults("TransactWriteItems", 400, reason))
}

// What comes with an answer must fit it.
func TestFaultsOfStatus(t *testing.T) {
	m := loadModel(t)
	const unknown, internal = `{"__type":"` + unknownOperation + `"}`, `{"__type":"` + modeled + `InternalServerError"}`
	for _, right := range []struct {
		operation string
		status    int
		answer    string
	}{
		{"ListTables", 200, `{"TableNames":[]}`}, {"Sing", 400, unknown}, {"ListTables", 400, unknown},
		{"ListTables", 500, internal},
	} {
		require.Empty(t, m.faults(right.operation, right.status, right.answer))
		for _, status := range []int{0, 200, 400, 404, 500} {
			if status != right.status {
				require.NotEmpty(t, m.faults(right.operation, status, right.answer), "%v %d", right, status)
			}
		}
	}
	require.NotEmpty(t, m.faults("Sing", 200, "{}"))
	for name := range maps.Keys(m.operations) {
		require.Contains(t, served(), name)
	}
}
