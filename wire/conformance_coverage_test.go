package wire_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// neverAnswered says why no case has an answer or an error of the model's, by operation and error, or * and the error
// for all operations. "answer" is one that is no error.
var neverAnswered = map[string]string{
	"* InternalServerError":                      "the tables of these cases do not fail by themselves",
	"* RequestLimitExceeded":                     "an account may ask as often as it likes",
	"* ReplicatedWriteConflictException":         "there are no tables in several regions",
	"* ItemCollectionSizeLimitExceededException": "item collections are not bounded",
	"* TransactionConflictException":             "nothing else is half done when an operation begins",
	"* TransactionInProgressException":           "a case sends one request at a time; TestATransactionInProgress two",
}

// outcomes are how the cases have requests for operations end, by operation: "answer" and the names of errors. An
// answer counts if a case says what is in it.
func outcomes(t *testing.T) map[string][]string {
	all := make(map[string][]string)
	add := func(operation, outcome string) {
		if !slices.Contains(all[operation], outcome) {
			all[operation] = append(all[operation], outcome)
		}
	}
	for _, file := range append(slices.Clone(served()), subjects...) {
		for _, c := range readConformance(t, file) {
			operation, refused := "", false
			for _, step := range c.steps {
				switch step.verb {
				case "send", "repeat":
					operation, refused = step.operation, false
				case "error":
					refused = true
					code, _, _ := strings.Cut(step.text, " ")
					add(operation, code)
				case "answer", "has":
					if !refused {
						add(operation, "answer")
					}
				}
			}
		}
	}
	return all
}

// TestConformanceIsComplete: there is a case for the answer of each operation, for each of the errors that the model has
// for it, and for a request that breaks its rules.
func TestConformanceIsComplete(t *testing.T) {
	m, all := loadModel(t), outcomes(t)
	used := make(map[string]bool)
	for _, name := range served() {
		op := m.operation(t, name)
		wanted := append([]string{"answer"}, op.errors...)
		for _, outcome := range wanted {
			has := slices.Contains(all[name], outcome)
			why := ""
			for _, key := range []string{name + " " + outcome, "* " + outcome} {
				if why == "" && neverAnswered[key] != "" {
					why, used[key] = neverAnswered[key], true
				}
			}
			if has {
				require.Empty(t, why, "there is a case: %s %s", name, outcome)
			} else if why == "" {
				t.Errorf("no case has this: %s %s", name, outcome)
			}
		}
		wrong := slices.ContainsFunc(all[name], func(outcome string) bool {
			return outcome == "ValidationException" || outcome == "SerializationException"
		})
		require.True(t, wrong, "no case of %s breaks a rule", name)
	}
	for key := range neverAnswered {
		require.True(t, used[key], "nothing is never answered by %q", key)
	}
}
