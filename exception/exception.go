// Package exception holds the errors of the service: one type, [Error], and one [Code] for each exception name.
//
// A Code is itself an error, so it serves as the sentinel of its class:
// errors.Is(err, exception.BackupNotFound) holds for every error of that code, however deeply it is wrapped.
// Programs should act on the code; the message is for people, though it is the service's own text wherever
// that text is known, because clients in the field do match on it.
//
// The vocabulary differs by family, as in the service: backup operations speak of TableNotFound, TableInUse and
// TableAlreadyExists, table and item operations of ResourceNotFound and ResourceInUse.
package exception

import (
	"errors"
	"fmt"
	"strings"
)

// Code is the name of an exception, as the service sends it. It is comparable with errors.Is.
type Code string

// The codes that this module raises, in alphabetical order.
const (
	AccessDenied                    Code = "AccessDeniedException"
	BackupInUse                     Code = "BackupInUseException"
	BackupNotFound                  Code = "BackupNotFoundException"
	ConditionalCheckFailed          Code = "ConditionalCheckFailedException"
	ContinuousBackupsUnavailable    Code = "ContinuousBackupsUnavailableException"
	DuplicateItem                   Code = "DuplicateItemException"
	ExpiredIterator                 Code = "ExpiredIteratorException"
	GlobalTableNotFound             Code = "GlobalTableNotFoundException"
	IdempotentParameterMismatch     Code = "IdempotentParameterMismatchException"
	IncompleteSignature             Code = "IncompleteSignatureException"
	InternalServerError             Code = "InternalServerError"
	InvalidRestoreTime              Code = "InvalidRestoreTimeException"
	InvalidSignature                Code = "InvalidSignatureException"
	ItemCollectionSizeLimitExceeded Code = "ItemCollectionSizeLimitExceededException"
	LimitExceeded                   Code = "LimitExceededException"
	MissingAuthenticationToken      Code = "MissingAuthenticationTokenException"
	PointInTimeRecoveryUnavailable  Code = "PointInTimeRecoveryUnavailableException"
	PolicyNotFound                  Code = "PolicyNotFoundException"
	ProvisionedThroughputExceeded   Code = "ProvisionedThroughputExceededException"
	RequestLimitExceeded            Code = "RequestLimitExceeded"
	ResourceInUse                   Code = "ResourceInUseException"
	ResourceNotFound                Code = "ResourceNotFoundException"
	Serialization                   Code = "SerializationException"
	TableAlreadyExists              Code = "TableAlreadyExistsException"
	TableInUse                      Code = "TableInUseException"
	TableNotFound                   Code = "TableNotFoundException"
	Throttling                      Code = "ThrottlingException"
	TransactionCanceled             Code = "TransactionCanceledException"
	TransactionConflict             Code = "TransactionConflictException"
	TransactionInProgress           Code = "TransactionInProgressException"
	TrimmedDataAccess               Code = "TrimmedDataAccessException"
	UnknownOperation                Code = "UnknownOperationException"
	UnrecognizedClient              Code = "UnrecognizedClientException"
	Validation                      Code = "ValidationException"
)

// Error returns the name of the exception.
func (c Code) Error() string { return string(c) }

// Errorf returns an error of code c with a message formatted as by fmt.Errorf. What a %w verb stands for is the cause;
// there may be several.
func (c Code) Errorf(format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	cause := errors.Unwrap(err)
	if _, several := err.(interface{ Unwrap() []error }); several {
		cause = err
	}
	return &Error{Code: c, Message: err.Error(), Err: cause}
}

// Error is what every operation of this module returns when it refuses a request. It is immutable once returned.
type Error struct {
	Op       string // the operation, such as "CreateBackup"; may be empty
	Resource string // what it was asked about: a table name or an ARN; may be empty
	Code     Code   // the exception's name
	Message  string // the service's own words where they are known
	Err      error  // the cause, if there is one beneath

	// Reasons says, for a TransactionCanceled alone, what became of each of its operations, in their order.
	Reasons []Reason
}

// Error gives operation, resource, code and message, leaving out what is not known.
func (e *Error) Error() string {
	parts := make([]string, 0, 3)
	if where := strings.TrimSpace(e.Op + " " + e.Resource); where != "" {
		parts = append(parts, where)
	}
	parts = append(parts, string(e.Code))
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is this error's Code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// During returns err as an [*Error] with the operation and resource set where they are still empty, so that a caller
// always finds a code; nil stays nil. From around an Error, the wrapping is dropped. A [Code] becomes an Error of that
// code, and any other error the cause of an InternalServerError.
func During(op, resource string, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		if code, bare := err.(Code); bare {
			return &Error{Op: op, Resource: resource, Code: code}
		}
		code := InternalServerError
		errors.As(err, &code) // leaves it alone if there is none
		return &Error{Op: op, Resource: resource, Code: code, Message: err.Error(), Err: err}
	}
	if e.Op != "" && e.Resource != "" {
		return e
	}
	named := *e
	if named.Op == "" {
		named.Op = op
	}
	if named.Resource == "" {
		named.Resource = resource
	}
	return &named
}
