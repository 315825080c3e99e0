package exception_test

import (
	"errors"
	"fmt"

	"github.com/tidemark-db/tidemark/exception"
)

func ExampleCode() {
	err := fmt.Errorf("nightly job: %w", exception.BackupNotFound.Errorf("Backup not found: %s", "arn:aws:..."))

	fmt.Println(errors.Is(err, exception.BackupNotFound))
	fmt.Println(errors.Is(err, exception.TableNotFound))
	// Output:
	// true
	// false
}

func ExampleError() {
	err := exception.During("CreateBackup", "Music", exception.TableNotFound.Errorf("Table not found: Music"))

	var e *exception.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code)
		fmt.Println(e.Message)
	}
	fmt.Println(err)
	// Output:
	// TableNotFoundException
	// Table not found: Music
	// CreateBackup Music: TableNotFoundException: Table not found: Music
}

// The reasons have the codes of package exception; the service has names of its own for them.
func ExampleCanceled() {
	err := exception.Canceled(exception.Reason{}, exception.ReasonOf(exception.ConditionalCheckFailed.Errorf("no")))
	for _, r := range err.Reasons {
		fmt.Println(r.Name(), r.Code == exception.ConditionalCheckFailed)
	}
	fmt.Println(err.Message)
	// Output:
	// None false
	// ConditionalCheckFailed true
	// Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]
}

func ExampleDuring() {
	err := exception.During("DescribeBackup", "", errors.New("disk is gone"))
	fmt.Println(err)
	// Output: DescribeBackup: InternalServerError: disk is gone
}
