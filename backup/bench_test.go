package backup_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// benchTable is the table that is backed up.
const benchTable = "Bench"

var benchmarkSizes = []int{1_000, 10_000, 100_000, 1_000_000}

// BenchmarkCreateBackup shows that the cost of a backup does not depend on the size of the table.
func BenchmarkCreateBackup(b *testing.B) {
	for _, n := range benchmarkSizes {
		b.Run(fmt.Sprintf("items=%d", n), func(b *testing.B) {
			db := filled(b, n, tidemark.Instant())
			benchmarkCreate(b, db, backup.Exact)
		})
	}
}

// BenchmarkCreateBackupMarker compares the marker policies, with 10,000 writes in the window around the request.
func BenchmarkCreateBackupMarker(b *testing.B) {
	for _, marker := range []backup.Marker{backup.Exact, backup.Fuzzy, backup.Torn, backup.Earliest, backup.Latest} {
		b.Run(string(marker), func(b *testing.B) {
			options := tidemark.Instant()
			options.Profile.Window = time.Minute
			db := filled(b, 10_000, options)
			benchmarkCreate(b, db, marker)
		})
	}
}

func benchmarkCreate(b *testing.B, db *tidemark.DB, marker backup.Marker) {
	ctx := context.Background()
	in := backup.CreateInput{TableName: benchTable, BackupName: "benchmark", Marker: marker}
	clk := db.Clock.(*clock.Manual)
	runtime.GC() // what filling the table has left is not the backups'
	b.ReportAllocs()
	for b.Loop() {
		clk.Advance(time.Millisecond)
		if _, err := db.Backups.CreateBackup(ctx, in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRestore shows that the cost of a restore does not depend on the size of the table either.
func BenchmarkRestore(b *testing.B) {
	for _, n := range benchmarkSizes {
		b.Run(fmt.Sprintf("items=%d", n), func(b *testing.B) {
			ctx := context.Background()
			db := filled(b, n, tidemark.Instant())
			d, err := db.Backups.CreateBackup(ctx, backup.CreateInput{TableName: benchTable, BackupName: "benchmark"})
			require.NoError(b, err)
			in := backup.RestoreInput{BackupARN: d.ARN}
			n := 0
			runtime.GC()
			b.ReportAllocs()
			for b.Loop() {
				in.TargetTableName = "restored-" + strconv.Itoa(n)
				if _, err := db.Backups.RestoreTableFromBackup(ctx, in); err != nil {
					b.Fatal(err)
				}
				n++
			}
		})
	}
}

// BenchmarkListBackups reads pages of 100 at the beginning, the middle and the end of the 100,000 backups of a table.
func BenchmarkListBackups(b *testing.B) {
	ctx := context.Background()
	db := filled(b, 10, tidemark.Instant())
	var starts []string
	for i := range 100_000 {
		db.Clock.(*clock.Manual).Advance(time.Millisecond)
		d, err := db.Backups.CreateBackup(ctx, backup.CreateInput{TableName: benchTable, BackupName: "benchmark"})
		require.NoError(b, err)
		if i == 0 || i == 50_000 || i == 99_800 {
			starts = append(starts, d.ARN)
		}
	}
	for i, place := range []string{"first", "middle", "last"} {
		b.Run("page="+place, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				page, _, err := db.Backups.ListBackups(ctx, backup.ListInput{TableName: benchTable, ExclusiveStart: starts[i]})
				if err != nil || len(page) != backup.DefaultListLimit {
					b.Fatal(len(page), err)
				}
			}
		})
	}
}

// BenchmarkMemory reports what a backup holds: of a table that does not change, and of one in which 100 of 100,000
// items change after each backup.
func BenchmarkMemory(b *testing.B) {
	for _, c := range []struct {
		name                   string
		items, backups, change int
	}{{"unchanged", 1_000_000, 10_000, 0}, {"changing", 100_000, 500, 100}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				db := filled(b, c.items, tidemark.Instant())
				music, err := db.Tables.Table(benchTable)
				require.NoError(b, err)
				before := heap()
				for i := range c.backups {
					_, err := db.Backups.CreateBackup(b.Context(), backup.CreateInput{TableName: benchTable, BackupName: "benchmark"})
					require.NoError(b, err)
					for j := range c.change {
						_, err := music.Put(item((i*7919+j*104729)%c.items, "other"))
						require.NoError(b, err)
					}
				}
				b.ReportMetric(float64(heap()-before)/float64(c.backups), "B/backup")
				runtime.KeepAlive(db)
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// filled returns a database on a manual clock with a table of n items of 100 bytes.
func filled(b *testing.B, n int, options tidemark.Options) *tidemark.DB {
	b.Helper()
	options.Clock, options.Seed = &clock.Manual{}, 1
	db, err := tidemark.New(options)
	require.NoError(b, err)
	_, err = db.Tables.CreateTable(b.Context(), schema.Definition{
		Name: benchTable, KeySchema: schema.Keys("pk"), Attributes: schema.Attributes{"pk": attr.TypeS}, BillingMode: schema.PayPerRequest,
	})
	require.NoError(b, err)
	t, err := db.Tables.Table(benchTable)
	require.NoError(b, err)
	for i := range n {
		put(b, t, item(i, "value"))
	}
	return db
}

func put(b *testing.B, t *table.Table, i attr.Item) {
	if _, err := t.Put(i); err != nil {
		b.Fatal(err)
	}
}

// item has 100 bytes of payload, keys included and attribute names not.
func item(i int, value string) attr.Item {
	return attr.MustItem(attr.Map{"pk": attr.S(fmt.Sprintf("key-%012d", i)), "value": attr.S(fmt.Sprintf("%-84s", value))})
}
