package table_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// An index is added to a table that has items. It is there at once, but takes its time to say so.
func ExampleStore_UpdateTable() {
	ctx, now := context.Background(), new(clock.Manual)
	store := table.NewStore(table.Options{Clock: now, Timing: table.Timing{Backfilling: time.Minute}})
	_, err := store.CreateTable(ctx, schema.Definition{
		Name: "Matches", KeySchema: schema.Keys("Id"), Attributes: schema.Attributes{"Id": attr.TypeS},
		BillingMode: schema.PayPerRequest,
	})
	if err != nil {
		log.Fatal(err)
	}
	matches, err := store.Table("Matches")
	if err != nil {
		log.Fatal(err)
	}
	for n, round := range []int64{10, 2, 7} {
		item := attr.Map{"Id": attr.S(fmt.Sprint("m", n)), "Cup": attr.S("winter"), "Area": attr.S("north"), "Round": attr.Int(round)}
		if _, err := matches.Put(attr.MustItem(item)); err != nil {
			log.Fatal(err)
		}
	}
	d, err := store.UpdateTable(ctx, "Matches", table.Changes{
		Attributes: schema.Attributes{"Cup": attr.TypeS, "Area": attr.TypeS, "Round": attr.TypeN},
		CreateIndexes: []schema.Index{{
			Name: "ByRound", Projection: schema.Projection{Type: schema.ProjectAll}, KeySchema: schema.KeySchema{
				{Name: "Cup", Type: schema.Hash}, {Name: "Area", Type: schema.Hash}, {Name: "Round", Type: schema.Range},
			},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Status, d.States["ByRound"].Status)

	q := snapshot.Query{
		Index: "ByRound", Partition: attr.S("winter"), Others: []attr.Value{attr.S("north")}, Sort: snapshot.Above(attr.Int(5)),
	}
	_, err = matches.Page(q)
	fmt.Println(err)
	now.Advance(time.Minute)
	page, err := matches.Page(q)
	if err != nil {
		log.Fatal(err)
	}
	for _, item := range page.Items {
		fmt.Println(item.Project("Id", "Round"))
	}
	// Output:
	// UPDATING CREATING
	// Query Matches: ValidationException: Cannot read from backfilling global secondary index: ByRound
	// {"Id":{"S":"m2"},"Round":{"N":"7"}}
	// {"Id":{"S":"m0"},"Round":{"N":"10"}}
}
