package wire_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// neverAnswered says why no case has some answers and errors of the model's: what operations never end with. All
// operations are *, and "answer" is an answer that is no error.
var neverAnswered = []struct{ operations, outcomes, why string }{
	{"*", "InternalServerError", "the tables of these cases do not fail by themselves"},
	{"*", "RequestLimitExceeded", "an account may ask as often as it likes"},
	{"*", "ReplicatedWriteConflictException", "there are no tables in several regions"},
	{"*", "ItemCollectionSizeLimitExceededException", "item collections are not bounded"},
	{"*", "TransactionConflictException", "nothing else is half done when an operation begins"},
	{"*", "TransactionInProgressException", "a case sends one request at a time; TestATransactionInProgress two"},
	{"TransactGetItems TransactWriteItems ExecuteTransaction",
		"ProvisionedThroughputExceededException ThrottlingException",
		"these are reasons why a transaction is canceled"},
	{"ExecuteTransaction", "ResourceNotFoundException", "this is a reason why a transaction is canceled"},
	{"BatchExecuteStatement", "ThrottlingException", "each statement has an error of its own"},

	{"CreateBackup", "BackupInUseException LimitExceededException TableInUseException",
		"the service has not been seen to answer this"},
	{"DeleteBackup", "LimitExceededException", "the service has not been seen to answer this"},
	{"DeleteTable UpdateTimeToLive PutResourcePolicy DeleteResourcePolicy " +
		"EnableKinesisStreamingDestination DisableKinesisStreamingDestination UpdateKinesisStreamingDestination GetRecords",
		"LimitExceededException", "as many may be done at once, or in a second, as are asked for"},
	{"ListStreams", "ResourceNotFoundException", "a table that is not there has no streams, or those it had"},

	{"DisableKinesisStreamingDestination UpdateKinesisStreamingDestination", "ResourceInUseException",
		"a destination that is in use makes for a ValidationException"},
	{"CreateGlobalTable", "answer GlobalTableAlreadyExistsException LimitExceededException TableNotFoundException",
		"the service refuses to make global tables of the old version"},
	{"UpdateGlobalTable", "answer ReplicaAlreadyExistsException ReplicaNotFoundException TableNotFoundException",
		"there are no global tables"},
	{"UpdateGlobalTableSettings", "answer IndexNotFoundException LimitExceededException ReplicaNotFoundException " +
		"ResourceInUseException", "there are no global tables"},
	{"UpdateTableReplicaAutoScaling", "answer LimitExceededException ResourceInUseException",
		"there are no global tables"},
	{"DescribeGlobalTable DescribeGlobalTableSettings DescribeTableReplicaAutoScaling", "answer",
		"there are no global tables"},
}

// whyNever returns why an operation never ends in some way, and notes which entry of neverAnswered says so.
func whyNever(operation, outcome string, used map[int]bool) string {
	for i, never := range neverAnswered {
		if never.operations != "*" && !slices.Contains(strings.Fields(never.operations), operation) {
			continue
		}
		if slices.Contains(strings.Fields(never.outcomes), outcome) {
			used[i] = true
			return never.why
		}
	}
	return ""
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

// TestConformanceIsComplete: there is a case for the answer of each operation, for each of the errors that the model
// has for it, and for a request that breaks its rules.
func TestConformanceIsComplete(t *testing.T) {
	m, all := loadModel(t), outcomes(t)
	used := make(map[int]bool)
	for _, name := range served() {
		for _, outcome := range append([]string{"answer"}, m.operation(t, name).errors...) {
			why := whyNever(name, outcome, used)
			if slices.Contains(all[name], outcome) {
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
	for i, never := range neverAnswered {
		require.True(t, used[i], "nothing has %s", never.outcomes)
	}
}
