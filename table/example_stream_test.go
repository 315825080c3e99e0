package table_test

import (
	"context"
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// A stream tells of every change, also of what a table does by itself.
func ExampleStore_Stream() {
	clk := clock.NewManual(time.Time{})
	store := table.NewStore(table.Options{Clock: clk})
	d, err := store.CreateTable(context.Background(), schema.Definition{
		Name: "Sessions", KeySchema: schema.Keys("id"), Attributes: schema.Attributes{"id": attr.TypeS},
		BillingMode: schema.PayPerRequest, Stream: schema.NewAndOldImages, TTLAttribute: "until",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	sessions, err := store.Table("Sessions")
	if err != nil {
		fmt.Println(err)
		return
	}
	session := attr.Map{"id": attr.S("7"), "until": attr.Int(clk.Now().Add(time.Hour).Unix())}
	if _, err := sessions.Put(attr.MustItem(session)); err != nil {
		fmt.Println(err)
		return
	}
	clk.Advance(24 * time.Hour)

	stream, err := store.Stream(d.StreamARN.String())
	if err != nil {
		fmt.Println(err)
		return
	}
	for r, err := range stream.Records("") {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.At.Time().Format(time.TimeOnly), r.Event, r.Keys, r.Expired)
	}
	// Output:
	// 12:00:00 INSERT {"id":{"S":"7"}} false
	// 13:00:01 REMOVE {"id":{"S":"7"}} true
}
