package backup_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/table"
)

const (
	periodItems   = 100_000
	periodChanges = 10_000_000
	periodDays    = 35
)

// BenchmarkPeriod looks back in a table of 100,000 items that has changed 10 million times, evenly over the 35 days of
// its recovery period: lookups in views against lookups in the table, and restores of times around 1, 10 and 30 days
// ago. It reports the memory that a retained change takes, checkpoints included and items not, and the longest that a
// put took while the period moved on, so that each put had an old one to forget.
func BenchmarkPeriod(b *testing.B) {
	db, t, held := changedForAPeriod(b)
	clk := db.Clock.(*clock.Manual)
	b.Run("memory", func(b *testing.B) {
		for b.Loop() { // it was measured while the table changed
		}
		b.ReportMetric(held, "B/change")
	})
	b.Run("lookup=live", func(b *testing.B) {
		benchmarkLookups(b, func(k attr.Key) bool { _, ok, _ := t.Get(k); return ok })
	})
	for _, days := range []int{1, 10, 30} {
		view, err := db.Backups.SnapshotAt(b.Context(), benchTable, clk.Now().Add(-time.Duration(days)*24*time.Hour))
		require.NoError(b, err)
		b.Run(fmt.Sprintf("lookup=%d-days-ago", days), func(b *testing.B) {
			benchmarkLookups(b, func(k attr.Key) bool { _, ok := view.Lookup(k); return ok })
		})
	}
	n := 0
	for _, days := range []int{1, 10, 30} {
		b.Run(fmt.Sprintf("restore=%d-days-ago", days), func(b *testing.B) {
			random := rand.New(rand.NewPCG(1, 1))
			for b.Loop() {
				n++
				hours := 24*days - 12 + random.IntN(24)
				_, err := db.Backups.RestoreTableToPointInTime(b.Context(), backup.PointInTimeInput{
					SourceTableName: benchTable, TargetTableName: "restored-" + strconv.Itoa(n),
					RestoreTime: clk.Now().Add(-time.Duration(hours) * time.Hour),
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("trim", func(b *testing.B) {
		random := rand.New(rand.NewPCG(1, 1))
		var pauses []time.Duration
		for b.Loop() {
			clk.Advance(periodDays * 24 * time.Hour / periodChanges)
			before := b.Elapsed()
			put(b, t, item(random.IntN(periodItems), "trimmed"))
			pauses = append(pauses, b.Elapsed()-before)
		}
		slices.Sort(pauses)
		b.ReportMetric(float64(pauses[len(pauses)-1].Microseconds()), "max-µs")
		b.ReportMetric(float64(pauses[len(pauses)*999/1000].Microseconds()), "p99.9-µs")
	})
	b.Run("trim-all", func(b *testing.B) { // the whole period passes without a write; any call then trims
		clk.Advance(2 * periodDays * 24 * time.Hour)
		before := b.Elapsed()
		_, _, err := t.Get(attr.Key{Partition: attr.S("x")})
		require.NoError(b, err)
		pause := b.Elapsed() - before
		for b.Loop() { // once is all there is
		}
		b.ReportMetric(float64(pause.Microseconds()), "µs")
	})
}

// changedForAPeriod returns a table with a full period of changes, and the bytes that each of them holds.
func changedForAPeriod(b *testing.B) (*tidemark.DB, *table.Table, float64) {
	options := tidemark.Instant()
	options.CheckpointEvery = 100_000
	db := filled(b, periodItems, options)
	clk := db.Clock.(*clock.Manual)
	_, err := db.Backups.UpdateContinuousBackups(b.Context(), benchTable, backup.RecoverySpecification{Enabled: true})
	require.NoError(b, err)
	t, err := db.Tables.Table(benchTable)
	require.NoError(b, err)
	var items [2][periodItems]attr.Item
	for i := range periodItems {
		items[0][i], items[1][i] = item(i, "changed"), item(i, "changed again")
	}
	var version [periodItems]uint8 // so that every put is a change
	before := heap()
	random := rand.New(rand.NewPCG(1, 1))
	for range periodChanges {
		clk.Advance(periodDays * 24 * time.Hour / periodChanges)
		i := random.IntN(periodItems)
		version[i] ^= 1
		put(b, t, items[version[i]][i])
	}
	held := float64(heap()-before) / periodChanges
	runtime.KeepAlive(&items)
	return db, t, held
}

func benchmarkLookups(b *testing.B, found func(attr.Key) bool) {
	keys := make([]attr.Key, periodItems)
	for i := range keys {
		keys[i].Partition, _ = item(i, "").Lookup("pk")
	}
	random := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		if !found(keys[random.IntN(periodItems)]) {
			b.Fatal("missing")
		}
	}
}
