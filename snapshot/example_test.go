package snapshot_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// music returns a snapshot of a few songs.
func music() *snapshot.Snapshot {
	table := &schema.Table{
		Name:       "Music",
		KeySchema:  schema.Keys("Artist", "Song"),
		Attributes: schema.Attributes{"Artist": attr.TypeS, "Song": attr.TypeS},
	}
	var songs []attr.Item
	for _, title := range []string{"Call Me Today", "Happy Day", "Happy Night", "Somewhere"} {
		songs = append(songs, attr.MustItem(attr.Map{"Artist": attr.S("The Acme Band"), "Song": attr.S(title)}))
	}
	s, err := snapshot.FromItems(table, snapshot.At(clock.EndOf(clock.Epoch)), slices.Values(songs))
	if err != nil {
		panic(err)
	}
	return s
}

func title(item attr.Item) string {
	song, _ := item.Lookup("Song")
	text, _ := song.Text()
	return text
}

func ExampleSnapshot_Page() {
	s := music()
	q := snapshot.Query{Partition: attr.S("The Acme Band"), Reverse: true, Limit: 3}
	for n := 1; ; n++ {
		page, err := s.Page(q)
		if err != nil {
			panic(err)
		}
		for _, song := range page.Items {
			fmt.Println(n, title(song))
		}
		if q.After = page.Last; q.After.IsZero() {
			break
		}
	}
	// Output:
	// 1 Somewhere
	// 1 Happy Night
	// 1 Happy Day
	// 2 Call Me Today
}

func ExampleBeginsWith() {
	songs, err := music().Items(snapshot.Query{
		Partition: attr.S("The Acme Band"), Sort: snapshot.BeginsWith(attr.S("Happy")),
	})
	if err != nil {
		panic(err)
	}
	for song := range songs {
		fmt.Println(title(song))
	}
	// Output:
	// Happy Day
	// Happy Night
}

func ExampleCut() {
	noon := clock.StartOf(clock.Epoch)
	later := clock.StartOf(clock.Epoch.Add(time.Minute))

	cut := snapshot.At(noon)
	fmt.Println(cut.Marker(attr.S("anything")) == noon)

	torn := snapshot.Torn(noon, later) // each half of the partitions has a marker of its own
	fmt.Println(torn.Earliest(), torn.Latest())
	fmt.Println(torn.Marker(attr.S("The Acme Band")))
	fmt.Println(torn.Marker(attr.S("Another Band")))
	// Output:
	// true
	// 2024-01-15T12:00:00Z#start 2024-01-15T12:01:00Z#start
	// 2024-01-15T12:00:00Z#start
	// 2024-01-15T12:01:00Z#start
}
