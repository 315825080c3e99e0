package tidemark_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

func Example() {
	ctx := context.Background()
	db, err := tidemark.New(tidemark.Options{Clock: &clock.Manual{}, Seed: 1})
	check(err)

	_, err = db.Tables.CreateTable(ctx, schema.Definition{
		Name:        "Music",
		KeySchema:   schema.Keys("Artist", "Song"),
		Attributes:  schema.Attributes{"Artist": attr.TypeS, "Song": attr.TypeS},
		BillingMode: schema.PayPerRequest,
	})
	check(err)
	music, err := db.Tables.Table("Music")
	check(err)
	_, err = music.Put(attr.MustItem(attr.Map{"Artist": attr.S("The Acme Band"), "Song": attr.S("Happy Day")}))
	check(err)

	b, err := db.Backups.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "nightly"})
	check(err)
	fmt.Println(b.ARN, b.Status)

	_, err = music.Delete(attr.Key{Partition: attr.S("The Acme Band"), Sort: attr.S("Happy Day")})
	check(err)
	_, err = db.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{TargetTableName: "Music2", BackupARN: b.ARN})
	check(err)
	restored, err := db.Tables.Table("Music2")
	check(err)
	item, ok, err := restored.Get(attr.Key{Partition: attr.S("The Acme Band"), Sort: attr.S("Happy Day")})
	check(err)
	fmt.Println(item, ok)
	// Output:
	// arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/01705320000000-e60659f7 CREATING
	// {"Artist":{"S":"The Acme Band"},"Song":{"S":"Happy Day"}} true
}

// With the service's own waits a program has to do what it does against the service: try again while a new table cannot be
// backed up, and wait until a backup is ACTIVE. On a clock of its own, waiting is moving it.
func ExampleDocumented() {
	ctx := context.Background()
	clk := &clock.Manual{}
	options := tidemark.Documented()
	options.Clock, options.Seed = clk, 1
	db, err := tidemark.New(options)
	check(err)
	_, err = db.Tables.CreateTable(ctx, schema.Definition{
		Name: "Music", KeySchema: schema.Keys("Artist"), Attributes: schema.Attributes{"Artist": attr.TypeS},
		BillingMode: schema.PayPerRequest,
	})
	check(err)

	in := backup.CreateInput{TableName: "Music", BackupName: "nightly"}
	b, err := db.Backups.CreateBackup(ctx, in)
	for errors.Is(err, exception.TableNotFound) || errors.Is(err, exception.ContinuousBackupsUnavailable) {
		fmt.Println(clk.Now().Format(time.TimeOnly), err)
		clk.Advance(3 * time.Second)
		b, err = db.Backups.CreateBackup(ctx, in)
	}
	check(err)
	for next, pending := db.Backups.Settle(); pending; next, pending = db.Backups.Settle() {
		clk.Set(next)
	}
	d, err := db.Backups.DescribeBackup(ctx, b.ARN)
	check(err)
	fmt.Println(clk.Now().Sub(b.CreationTime) <= time.Minute+time.Millisecond, d.Status)
	// Output:
	// 12:00:00 CreateBackup Music: TableNotFoundException: Table not found: Music
	// 12:00:03 CreateBackup Music: ContinuousBackupsUnavailableException: Backups are being enabled for the table: Music. Please retry later
	// 12:00:06 CreateBackup Music: ContinuousBackupsUnavailableException: Backups are being enabled for the table: Music. Please retry later
	// true ACTIVE
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
