package exception

import (
	"errors"
	"strings"
)

// Reason is one operation's part in the cancellation of a transaction: the code and the message with which the operation
// would have failed by itself. The zero Reason is that of an operation that was not at fault.
type Reason struct {
	Code    Code
	Message string
}

// ReasonOf returns the part of an operation that failed with err, which may be nil.
func ReasonOf(err error) Reason {
	var e *Error
	if !errors.As(During("", "", err), &e) {
		return Reason{}
	}
	return Reason{Code: e.Code, Message: e.Message}
}

// Name returns what the service calls the code in the reasons of a cancellation, such as "ConditionalCheckFailed" or
// "ValidationError", and "None" for an operation that was not at fault.
func (r Reason) Name() string {
	name := strings.TrimSuffix(string(r.Code), "Exception")
	switch r.Code {
	case "":
		return "None"
	case Validation, Throttling:
		return name + "Error"
	}
	return name
}

// Canceled returns the error of a transaction that was canceled for these reasons: one for each of its operations, in
// their order. It keeps reasons.
func Canceled(reasons ...Reason) *Error {
	names := make([]string, len(reasons))
	for i, r := range reasons {
		names[i] = r.Name()
	}
	err := TransactionCanceled.Errorf(
		"Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(names, ", "))
	err.Reasons = reasons
	return err
}
