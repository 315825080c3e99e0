package table

import (
	"errors"
	"strings"

	"github.com/tidemark-db/tidemark/exception"
)

// reason turns an operation's error into its part of the cancellation. Reasons have codes of their own, without the
// "Exception" at the end (TransactWriteItems).
func reason(err error) exception.Reason {
	var e *exception.Error
	if !errors.As(err, &e) {
		return exception.Reason{Code: exception.InternalServerError, Message: err.Error()}
	}
	code := strings.TrimSuffix(string(e.Code), "Exception")
	if e.Code == exception.Validation {
		code = "ValidationError"
	}
	return exception.Reason{Code: exception.Code(code), Message: e.Message}
}

func cancellation(reasons []exception.Reason) error {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		if codes[i] = string(r.Code); codes[i] == "" {
			codes[i] = "None"
		}
	}
	err := exception.TransactionCanceled.Errorf(
		"Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	err.Reasons = reasons
	return err
}
