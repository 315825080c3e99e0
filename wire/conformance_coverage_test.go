package wire_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// neverAnswered says why no case ends with an error that the model has for an operation, by operation and error, or *
// and the error for all operations. "answer" stands for an answer that is no error.
var neverAnswered = map[string]string{
	"* InternalServerError":                      "the tables of these cases do not fail by themselves",
	"* RequestLimitExceeded":                     "an account may ask as often as it likes",
	"* ReplicatedWriteConflictException":         "there are no tables in several regions",
	"* ItemCollectionSizeLimitExceededException": "item collections are not bounded",
	"* TransactionConflictException":             "nothing else is half done when an operation begins",
	"* TransactionInProgressException":           "a case sends one request at a time; TestTokensOfOthers sends two",
}
