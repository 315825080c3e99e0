package table_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// newMusic returns a store with a table of songs.
func newMusic(c clock.Clock) (*table.Store, *table.Table) {
	store := table.NewStore(table.Options{Clock: c, Seed: 1})
	_, err := store.CreateTable(context.Background(), schema.Definition{
		Name:        "Music",
		KeySchema:   schema.Keys("Artist", "Song"),
		Attributes:  schema.Attributes{"Artist": attr.TypeS, "Song": attr.TypeS},
		BillingMode: schema.PayPerRequest,
	})
	check(err)
	music, err := store.Table("Music")
	check(err)
	return store, music
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func songKey(title string) attr.Key {
	return attr.Key{Partition: attr.S("The Acme Band"), Sort: attr.S(title)}
}

func song(title string) attr.Item {
	return attr.MustItem(attr.Map{"Artist": attr.S("The Acme Band"), "Song": attr.S(title)})
}

func ExampleStore() {
	ctx := context.Background()
	store := table.NewStore(table.Options{Clock: new(clock.Manual), Seed: 1})
	d, err := store.CreateTable(ctx, schema.Definition{
		Name:        "Music",
		KeySchema:   schema.Keys("Artist", "Song"),
		Attributes:  schema.Attributes{"Artist": attr.TypeS, "Song": attr.TypeS},
		BillingMode: schema.PayPerRequest,
	})
	check(err)
	fmt.Println(d.ARN, d.Status)

	music, err := store.Table("Music")
	check(err)
	_, err = music.Put(song("Happy Day"))
	check(err)
	d, err = store.DescribeTable(ctx, "Music")
	check(err)
	fmt.Println(d.Status, d.ItemCount, d.SizeBytes)
	// Output:
	// arn:aws:dynamodb:us-east-1:123456789012:table/Music CREATING
	// ACTIVE 1 32
}

func ExampleTable_Put() {
	_, music := newMusic(new(clock.Manual))
	for range 2 {
		_, err := music.Put(song("Happy Day"), table.Missing)
		fmt.Println(err, errors.Is(err, exception.ConditionalCheckFailed))
	}
	// Output:
	// <nil> false
	// PutItem Music: ConditionalCheckFailedException: The conditional request failed true
}

func ExampleTable_Update() {
	_, music := newMusic(new(clock.Manual))
	for plays := range int64(3) {
		_, err := music.Update(songKey("Happy Day"), func(old attr.Item) (attr.Item, error) {
			now := song("Happy Day").Map()
			if !old.IsZero() {
				now = old.Map()
			}
			now["Plays"] = attr.Int(plays + 1)
			return attr.NewItem(now)
		})
		check(err)
	}
	item, _, err := music.Get(songKey("Happy Day"))
	check(err)
	fmt.Println(item)
	// Output: {"Artist":{"S":"The Acme Band"},"Plays":{"N":"3"},"Song":{"S":"Happy Day"}}
}

func ExampleStore_Transact() {
	store, music := newMusic(new(clock.Manual))
	rename := []table.Op{
		table.Delete("Music", songKey("Happy Day"), table.Exists),
		table.Put("Music", song("Happy Night"), table.Missing),
	}
	_, err := store.Transact(rename...)
	fmt.Println(err)

	_, err = music.Put(song("Happy Day"))
	check(err)
	changes, err := store.Transact(rename...)
	check(err)
	fmt.Println(changes[0].At == changes[1].At, changes[0].Old, changes[1].New)
	// Output:
	// TransactWriteItems: TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None]
	// true {"Artist":{"S":"The Acme Band"},"Song":{"S":"Happy Day"}} {"Artist":{"S":"The Acme Band"},"Song":{"S":"Happy Night"}}
}

func ExampleTable_Page() {
	_, music := newMusic(new(clock.Manual))
	for _, title := range []string{"Happy Day", "Happy Night", "Somewhere"} {
		_, err := music.Put(song(title))
		check(err)
	}
	q := snapshot.Query{Partition: attr.S("The Acme Band"), Reverse: true, Limit: 2}
	for {
		page, err := music.Page(q)
		check(err)
		for _, item := range page.Items {
			title, _ := item.Lookup("Song")
			fmt.Println(title)
		}
		fmt.Println("--")
		if q.After = page.Last; q.After.IsZero() {
			break
		}
	}
	// Output:
	// {"S":"Somewhere"}
	// {"S":"Happy Night"}
	// --
	// {"S":"Happy Day"}
	// --
}

func ExampleTable_Items() {
	_, music := newMusic(new(clock.Manual))
	for _, title := range []string{"Happy Day", "Happy Night", "Somewhere"} {
		_, err := music.Put(song(title))
		check(err)
	}
	happy := snapshot.Query{Partition: attr.S("The Acme Band"), Sort: snapshot.BeginsWith(attr.S("Happy"))}
	for item, err := range music.Items(happy) {
		check(err)
		title, _ := item.Lookup("Song")
		_, err = music.Delete(attr.Key{Partition: attr.S("The Acme Band"), Sort: title}) // the loop may write
		check(err)
		fmt.Println("deleted", title)
	}
	// Output:
	// deleted {"S":"Happy Day"}
	// deleted {"S":"Happy Night"}
}

func ExampleTable_SnapshotAt() {
	now := new(clock.Manual)
	store, music := newMusic(now)
	store.Retain(time.Hour) // from now on

	_, err := music.Put(song("Happy Day"))
	check(err)
	now.Advance(time.Minute)
	_, err = music.Delete(songKey("Happy Day"))
	check(err)

	before, err := music.SnapshotAt(clock.EndOf(clock.Epoch))
	check(err)
	fmt.Println(before.Lookup(songKey("Happy Day")))
	fmt.Println(before.Len(), "then,")
	after, err := music.Snapshot()
	check(err)
	fmt.Println(after.Len(), "now")
	// Output:
	// {"Artist":{"S":"The Acme Band"},"Song":{"S":"Happy Day"}} true
	// 1 then,
	// 0 now
}
