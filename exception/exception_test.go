package exception_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/exception"
)

func TestIsByCode(t *testing.T) {
	err := error(exception.BackupNotFound.Errorf("Backup not found: %s", "x"))
	for range 3 {
		require.ErrorIs(t, err, exception.BackupNotFound)
		require.NotErrorIs(t, err, exception.TableNotFound)
		require.NotErrorIs(t, err, context.Canceled)
		var e *exception.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, "Backup not found: x", e.Message)
		err = fmt.Errorf("around it: %w", err)
	}
	require.ErrorIs(t, errors.Join(context.Canceled, err), exception.BackupNotFound)
}

func TestErrorf(t *testing.T) {
	plain := exception.Validation.Errorf("%d of %s", 1, "two")
	require.Equal(t, exception.Error{Code: exception.Validation, Message: "1 of two"}, *plain)

	one := exception.InternalServerError.Errorf("while reading: %w", context.Canceled)
	require.Equal(t, "while reading: context canceled", one.Message)
	require.Equal(t, context.Canceled, one.Err)

	two := exception.InternalServerError.Errorf("%w and %w", context.Canceled, context.DeadlineExceeded)
	require.ErrorIs(t, two, context.Canceled)
	require.ErrorIs(t, two, context.DeadlineExceeded)
}

func TestErrorText(t *testing.T) {
	tests := []struct {
		err  exception.Error
		want string
	}{
		{exception.Error{Code: exception.TableInUse}, "TableInUseException"},
		{exception.Error{Code: exception.TableInUse, Message: "m"}, "TableInUseException: m"},
		{exception.Error{Op: "CreateBackup", Code: exception.TableInUse}, "CreateBackup: TableInUseException"},
		{exception.Error{Resource: "Music", Code: exception.TableInUse}, "Music: TableInUseException"},
		{
			exception.Error{Op: "CreateBackup", Resource: "Music", Code: exception.TableInUse, Message: "m"},
			"CreateBackup Music: TableInUseException: m",
		},
	}
	for _, test := range tests {
		require.EqualError(t, &test.err, test.want)
	}
}

func TestDuring(t *testing.T) {
	require.NoError(t, exception.During("CreateBackup", "Music", nil))

	bare := exception.TableNotFound.Errorf("Table not found: Music")
	named := exception.During("CreateBackup", "Music", fmt.Errorf("around it: %w", bare))
	require.Equal(t, &exception.Error{
		Op: "CreateBackup", Resource: "Music", Code: exception.TableNotFound, Message: "Table not found: Music",
	}, named)
	require.Empty(t, bare.Op, "an error that was returned does not change")

	require.Same(t, named, exception.During("DescribeBackup", "other", named), "the inner operation stays")

	half := &exception.Error{Op: "CreateBackup", Code: exception.Validation}
	require.Equal(t, &exception.Error{Op: "CreateBackup", Resource: "Music", Code: exception.Validation},
		exception.During("DescribeBackup", "Music", half))
}

func TestDuringForeignError(t *testing.T) {
	err := exception.During("CreateBackup", "Music", context.Canceled)
	require.EqualError(t, err, "CreateBackup Music: InternalServerError: context canceled")
	require.ErrorIs(t, err, exception.InternalServerError)
	require.ErrorIs(t, err, context.Canceled)
}

func TestDuringBareCode(t *testing.T) {
	err := exception.During("CreateBackup", "Music", exception.TableInUse)
	require.EqualError(t, err, "CreateBackup Music: TableInUseException")
	require.ErrorIs(t, err, exception.TableInUse)

	err = exception.During("CreateBackup", "Music", fmt.Errorf("busy: %w", exception.TableInUse))
	require.EqualError(t, err, "CreateBackup Music: TableInUseException: busy: TableInUseException")
	require.NotErrorIs(t, err, exception.InternalServerError)
}
