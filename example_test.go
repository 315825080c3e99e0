package tidemark_test

import (
	"context"
	"fmt"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
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
	// arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/01705320000000-6ae6783f CREATING
	// {"Artist":{"S":"The Acme Band"},"Song":{"S":"Happy Day"}} true
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
