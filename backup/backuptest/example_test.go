package backuptest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/tidemark-db/tidemark/backup/backuptest"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// careless is a good store, but for one thing: a capture of a table that is not there has an error of its own.
type careless struct{ tables }

func (s careless) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	c, err := s.tables.CaptureTable(ctx, name, cut)
	if errors.Is(err, exception.ResourceNotFound) {
		err = exception.TableNotFound.Errorf("Table not found: %s", name) // which is the engine's to say
	}
	return c, err
}

// A store that breaks a promise of the port is told which, and why that matters. In a test, Run does the same with
// subtests.
func ExampleCheck() {
	maker := func(c clock.Clock) (backuptest.Store, error) {
		return careless{tables{table.NewStore(table.Options{Clock: c})}}, nil
	}
	err := backuptest.Check(context.Background(), maker)
	fmt.Println(err)
	// Output:
	// MissingTable: a table that is not there is an error that is exception.ResourceNotFound
	//     did:  CaptureTable of table Never, which is not there
	//     saw:  the error: TableNotFoundException: Table not found: Never
	//     want: an error that is ResourceNotFoundException (errors.Is)
	//     why:  the engine turns that error, and no other, into the service's TableNotFound
}
