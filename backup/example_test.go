package backup_test

import (
	"context"
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// newEngine returns an engine for a store of tables, which has the table Music with one song in it. The clock moves
// only when an example moves it.
func newEngine(p backup.Profile) (*backup.Engine, *table.Store, *clock.Manual) {
	c := &clock.Manual{}
	store := table.NewStore(table.Options{Clock: c, Seed: 1})
	engine, err := backup.New(store, backup.Options{Profile: p, Seed: 1})
	check(err)
	_, err = store.CreateTable(context.Background(), schema.Definition{
		Name:       "Music",
		KeySchema:  schema.Keys("Artist"),
		Attributes: schema.Attributes{"Artist": attr.TypeS, "Year": attr.TypeN},
		GlobalIndexes: []schema.Index{{
			Name: "ByYear", KeySchema: schema.Keys("Year"), Projection: schema.Projection{Type: schema.ProjectAll},
		}},
		BillingMode: schema.PayPerRequest,
	})
	check(err)
	record(store, "No One You Know", 2024)
	return engine, store, c
}

func record(store *table.Store, artist string, year int64) clock.Instant {
	music, err := store.Table("Music")
	check(err)
	change, err := music.Put(attr.MustItem(attr.Map{"Artist": attr.S(artist), "Year": attr.Int(year)}))
	check(err)
	return change.At
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func ExampleEngine_CreateBackup() {
	ctx := context.Background()
	engine, store, _ := newEngine(backup.Instant())

	b, err := engine.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "nightly"})
	check(err)
	fmt.Println(b.ARN)
	fmt.Println(b.Status, "since", b.CreationTime.Format(time.RFC3339))

	record(store, "The Acme Band", 1999) // too late for the backup
	d, err := engine.DescribeBackup(ctx, b.ARN)
	check(err)
	fmt.Println(d.Status, "with", d.Table.ItemCount, "item")
	// Output:
	// arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/01705320000000-e60659f7
	// CREATING since 2024-01-15T12:00:00Z
	// ACTIVE with 1 item
}

// A backup is read without a restore: what it has of one partition, or what has become of its items since.
func ExampleEngine_Snapshot() {
	ctx := context.Background()
	engine, store, _ := newEngine(backup.Instant())
	b, err := engine.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "nightly"})
	check(err)
	record(store, "No One You Know", 1924)
	record(store, "The Acme Band", 1999)

	held, err := engine.Snapshot(ctx, b.ARN)
	check(err)
	item, ok := held.Lookup(attr.Key{Partition: attr.S("No One You Know")})
	fmt.Println(item, ok)
	page, err := held.Page(snapshot.Query{Index: "ByYear", Partition: attr.Int(2024)})
	check(err)
	fmt.Println(len(page.Items), "of", held.Len())

	music, err := store.Table("Music")
	check(err)
	now, err := music.Snapshot()
	check(err)
	for d := range held.Differences(now) {
		fmt.Println(d.Old, "->", d.New)
	}
	// Output:
	// {"Artist":{"S":"No One You Know"},"Year":{"N":"2024"}} true
	// 1 of 1
	// {"Artist":{"S":"No One You Know"},"Year":{"N":"2024"}} -> {"Artist":{"S":"No One You Know"},"Year":{"N":"1924"}}
	// null -> {"Artist":{"S":"The Acme Band"},"Year":{"N":"1999"}}
}

// Lists come in pages; last is empty behind the final one.
func ExampleEngine_ListBackups() {
	ctx := context.Background()
	engine, _, c := newEngine(backup.Instant())
	for _, name := range []string{"monday", "tuesday", "wednesday"} {
		_, err := engine.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: name})
		check(err)
		c.Advance(24 * time.Hour)
	}

	in := backup.ListInput{TableName: "Music", Limit: 2}
	for {
		page, last, err := engine.ListBackups(ctx, in)
		check(err)
		for _, b := range page {
			fmt.Println(b.CreationTime.Format(time.DateOnly), b.Name)
		}
		if last == "" {
			break
		}
		fmt.Println("--")
		in.ExclusiveStart = last
	}
	// Output:
	// 2024-01-15 monday
	// 2024-01-16 tuesday
	// --
	// 2024-01-17 wednesday
}

// The index is chosen by its keys and projection, and gets another name; the capacity becomes provisioned.
func ExampleEngine_RestoreTableFromBackup() {
	ctx := context.Background()
	engine, store, _ := newEngine(backup.Instant())
	b, err := engine.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "nightly"})
	check(err)

	d, err := engine.RestoreTableFromBackup(ctx, backup.RestoreInput{
		TargetTableName: "Restored",
		BackupARN:       b.ARN,
		Overrides: backup.Overrides{
			BillingMode: schema.Provisioned,
			Throughput:  schema.Throughput{Read: 5, Write: 5},
			GlobalIndexes: []schema.Index{{
				Name: "Years", KeySchema: schema.Keys("Year"), Projection: schema.Projection{Type: schema.ProjectAll},
				Throughput: schema.Throughput{Read: 1, Write: 1},
			}},
		},
	})
	check(err)
	fmt.Println(d.Status, "from", d.Restore.SourceTableARN)

	restored, err := store.Table("Restored")
	check(err)
	page, err := restored.Page(snapshot.Query{Index: "Years", Partition: attr.Int(2024)})
	check(err)
	fmt.Println(page.Items)
	// Output:
	// CREATING from arn:aws:dynamodb:us-east-1:123456789012:table/Music
	// [{"Artist":{"S":"No One You Know"},"Year":{"N":"2024"}}]
}

// What the service promises of a commit, and what happened to it here.
func ExampleEngine_Window() {
	ctx := context.Background()
	p := backup.Instant()
	p.Window, p.Marker = time.Minute, backup.Latest
	engine, store, c := newEngine(p)

	c.Advance(time.Hour)
	b, err := engine.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "nightly"})
	check(err)
	w, err := engine.Window(ctx, b.ARN)
	check(err)
	fmt.Println("all until", w.Earliest.Format(time.TimeOnly), "and nothing after", w.Latest.Format(time.TimeOnly))

	for _, artist := range []string{"Early", "Late", "Later"} {
		c.Advance(45 * time.Second)
		at := record(store, artist, 2024)
		fmt.Println(at.Time().Format(time.TimeOnly), w.Promise(at), w.Holds(at, attr.S(artist)))
	}
	// Output:
	// all until 12:59:00 and nothing after 13:01:00
	// 13:00:45 may true
	// 13:01:30 out false
	// 13:02:15 out false
}

// A profile is a value: take one of the two and change what should be different.
func ExampleProfile() {
	p := backup.Instant()
	p.Creating = 2 * time.Second // a backup is CREATING for a while, as with big tables of the service
	engine, _, c := newEngine(p)

	ctx := context.Background()
	b, err := engine.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "nightly"})
	check(err)
	_, err = engine.DeleteBackup(ctx, b.ARN)
	fmt.Println(err)

	c.Advance(2 * time.Second)
	d, err := engine.DeleteBackup(ctx, b.ARN)
	fmt.Println(d.Status, err)
	// Output:
	// DeleteBackup arn:aws:dynamodb:us-east-1:123456789012:table/Music/backup/01705320000000-e60659f7: BackupInUseException: Backup is being created
	// DELETED <nil>
}

// A table with point-in-time recovery leaves a SYSTEM backup when it is deleted.
func Example_systemBackup() {
	ctx := context.Background()
	engine, store, c := newEngine(backup.Instant())
	_, err := engine.UpdateContinuousBackups(ctx, "Music", backup.RecoverySpecification{Enabled: true})
	check(err)
	_, err = store.DeleteTable(ctx, "Music")
	check(err)

	list, _, err := engine.ListBackups(ctx, backup.ListInput{Type: backup.System})
	check(err)
	fmt.Println(list[0].Name, "until", list[0].ExpiryTime.Format(time.DateOnly))
	_, err = engine.RestoreTableFromBackup(ctx, backup.RestoreInput{TargetTableName: "Music", BackupARN: list[0].ARN})
	check(err)

	c.Advance(backup.SystemRetention)
	list, _, err = engine.ListBackups(ctx, backup.ListInput{Type: backup.System})
	check(err)
	fmt.Println(len(list), "left")
	// Output:
	// Music$DeletedTableBackup until 2024-02-19
	// 0 left
}

// A song is lost and found again: the table is restored as it was a minute before, next to the live one.
func ExampleEngine_RestoreTableToPointInTime() {
	ctx := context.Background()
	engine, store, c := newEngine(backup.Instant())
	_, err := engine.UpdateContinuousBackups(ctx, "Music", backup.RecoverySpecification{Enabled: true, RecoveryPeriodInDays: 7})
	check(err)

	c.Advance(time.Hour)
	music, err := store.Table("Music")
	check(err)
	_, err = music.Delete(attr.Key{Partition: attr.S("No One You Know")})
	check(err)

	d, err := engine.RestoreTableToPointInTime(ctx, backup.PointInTimeInput{
		SourceTableName: "Music",
		TargetTableName: "Rescued",
		RestoreTime:     c.Now().Add(-time.Minute),
	})
	check(err)
	fmt.Println(d.Name, d.Status, "as of", d.Restore.RestoreTime.Format(time.TimeOnly))

	rescued, err := store.Table("Rescued")
	check(err)
	for item, err := range rescued.Items(snapshot.Query{}) {
		check(err)
		fmt.Println(item)
	}
	// Output:
	// Rescued CREATING as of 12:59:00
	// {"Artist":{"S":"No One You Know"},"Year":{"N":"2024"}}
}

// What a deployment at 13:00 has done to a table.
func ExampleEngine_Differences() {
	ctx := context.Background()
	engine, store, c := newEngine(backup.Instant())
	_, err := engine.UpdateContinuousBackups(ctx, "Music", backup.RecoverySpecification{Enabled: true})
	check(err)
	deployed := c.Advance(time.Hour)

	c.Advance(time.Second)
	record(store, "No One You Know", 1924)
	record(store, "The Acme Band", 1999)

	differences, err := engine.Differences(ctx, "Music", deployed, c.Now())
	check(err)
	for d := range differences {
		if d.Old.IsZero() {
			fmt.Println("new:", d.New)
			continue
		}
		fmt.Println("was:", d.Old)
		fmt.Println("is: ", d.New)
	}
	// Output:
	// was: {"Artist":{"S":"No One You Know"},"Year":{"N":"2024"}}
	// is:  {"Artist":{"S":"No One You Know"},"Year":{"N":"1924"}}
	// new: {"Artist":{"S":"The Acme Band"},"Year":{"N":"1999"}}
}

// A table is read as it was, without a restore. A time of which there is no history is refused.
func ExampleEngine_SnapshotAt() {
	ctx := context.Background()
	engine, store, c := newEngine(backup.Instant())
	_, err := engine.UpdateContinuousBackups(ctx, "Music", backup.RecoverySpecification{Enabled: true})
	check(err)
	noon := c.Now()
	c.Advance(time.Hour)
	record(store, "The Acme Band", 1999)

	for _, at := range []time.Time{noon, c.Now()} {
		view, err := engine.SnapshotAt(ctx, "Music", at)
		check(err)
		fmt.Println(at.Format(time.TimeOnly), "songs:", view.Len())
	}
	_, err = engine.SnapshotAt(ctx, "Music", noon.Add(-time.Second))
	fmt.Println(err)
	// Output:
	// 12:00:00 songs: 1
	// 13:00:00 songs: 2
	// SnapshotAt Music: InvalidRestoreTimeException: RestoreDateTime '2024-01-15T11:59:59Z' must be within EarliestRestorableDateTime '2024-01-15T12:00:00Z' and LatestRestorableDateTime '2024-01-15T13:00:00Z'
}
