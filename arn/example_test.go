package arn_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/tidemark-db/tidemark/arn"
)

func Example() {
	requested := time.UnixMilli(1489602797149)
	id := arn.BackupID(requested, uuid.MustParse("73d8d5bc-0c2b-4b8a-9d3e-5f6a7b8c9d0e"))

	fmt.Println(arn.Table("us-east-1", "123456789012", "Music").Backup(id))
	// Output: arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/01489602797149-73d8d5bc
}

func ExampleParse() {
	a, err := arn.Parse("arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/01489602797149-73d8d5bc")
	if err != nil {
		fmt.Println(err)
		return
	}
	created, _, err := arn.ParseBackupID(a.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.Kind, "of", a.Table, "in", a.Region)
	fmt.Println("taken at", created.Format(time.RFC3339Nano))
	// Output:
	// backup of Music in us-east-1
	// taken at 2017-03-15T18:33:17.149Z
}

func ExampleParseError() {
	_, err := arn.Parse("arn:aws:dynamodb::123456789012:table/Music")

	var e *arn.ParseError
	if errors.As(err, &e) {
		fmt.Println(e.Fault)
	}
	fmt.Println(errors.Is(err, arn.FaultNoRegion))
	// Output:
	// no region
	// true
}

func ExampleARN_Check() {
	a := arn.Table("ddblocal", "000000000000", "Music")
	fmt.Println(a.Check())
	fmt.Println(a.Check("ddblocal"))
	// Output:
	// arn "arn:aws:dynamodb:ddblocal:000000000000:table/Music": unknown region
	// <nil>
}
