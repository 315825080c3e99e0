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

func ExampleDuring() {
	err := exception.During("DescribeBackup", "", errors.New("disk is gone"))
	fmt.Println(err)
	// Output: DescribeBackup: InternalServerError: disk is gone
}
