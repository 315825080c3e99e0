package table_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/google/btree"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

const benchItems = 100_000

// BenchmarkPut compares an overwrite of one of 100,000 items, at random: in a bare google/btree ordered by the keys, in
// a table, in one that keeps a minute of history, in one that keeps 35 days, in one that is backed up every 1,000 puts and keeps the last ten
// backups, and in one with a global index.
func BenchmarkPut(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		tree := btree.NewG(32, func(a, b *bareItem) bool { return a.key < b.key })
		items := bareItems()
		for _, i := range items {
			tree.ReplaceOrInsert(i)
		}
		random := rand.New(rand.NewPCG(1, 1))
		b.ReportAllocs()
		for b.Loop() {
			fresh := *items[random.IntN(benchItems)] // as every put brings a new item
			tree.ReplaceOrInsert(&fresh)
		}
	})
	b.Run("table", func(b *testing.B) { benchmarkPut(b, benchTable(b, table.Options{}), nothing) })
	b.Run("history", func(b *testing.B) {
		clk := &clock.Manual{}
		t := benchTableIn(b, table.Options{Clock: clk}, func(s *table.Store) { s.Retain(time.Minute) })
		benchmarkPut(b, t, func(n int) {
			if n%10_000 == 0 { // as if there were 10,000 puts a minute
				clk.Advance(time.Minute)
			}
		})
	})
	b.Run("recovery", func(b *testing.B) {
		benchmarkPut(b, benchTableIn(b, table.Options{}, func(s *table.Store) { s.Retain(35 * 24 * time.Hour) }), nothing)
	})
	b.Run("backup-every-1000", func(b *testing.B) {
		var backups *backup.Engine
		t := benchTableIn(b, table.Options{}, func(s *table.Store) {
			var err error
			backups, err = backup.New(s, backup.Options{Profile: backup.Instant()})
			require.NoError(b, err)
		})
		var kept []string
		benchmarkPut(b, t, func(n int) {
			if n%1000 > 0 {
				return
			}
			d, err := backups.CreateBackup(b.Context(), backup.CreateInput{TableName: t.Name(), BackupName: "benchmark"})
			require.NoError(b, err)
			if kept = append(kept, d.ARN); len(kept) > 10 {
				_, err := backups.DeleteBackup(b.Context(), kept[0])
				require.NoError(b, err)
				kept = kept[1:]
			}
		})
	})
	b.Run("index", func(b *testing.B) {
		benchmarkPut(b, benchTable(b, table.Options{}, schema.Index{
			Name: "by-group", KeySchema: schema.Keys("group", "pk"), Projection: schema.Projection{Type: schema.ProjectAll},
		}), nothing)
	})
}

func nothing(int) {}

type bareItem struct{ key, value string }

func bareItems() []*bareItem {
	items := make([]*bareItem, benchItems)
	for i := range items {
		items[i] = &bareItem{key: benchKey(i), value: fmt.Sprintf("%-84d", i)}
	}
	return items
}

func benchmarkPut(b *testing.B, t *table.Table, before func(n int)) {
	items := benchmarkItems()
	random := rand.New(rand.NewPCG(1, 1))
	var version [benchItems]uint8 // so that every put is a change
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		before(n)
		n++
		i := random.IntN(benchItems)
		version[i] ^= 1
		if _, err := t.Put(items[version[i]][i]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGet compares a lookup in a table, in a snapshot of it, and in the bare tree.
func BenchmarkGet(b *testing.B) {
	t := benchTable(b, table.Options{})
	keys := make([]attr.Key, benchItems)
	for i := range keys {
		keys[i] = attr.Key{Partition: attr.S(benchKey(i))}
	}
	s, err := t.Snapshot()
	require.NoError(b, err)
	random := rand.New(rand.NewPCG(1, 1))
	b.Run("bare", func(b *testing.B) {
		tree := btree.NewG(32, func(a, b *bareItem) bool { return a.key < b.key })
		items := bareItems()
		for _, i := range items {
			tree.ReplaceOrInsert(i)
		}
		b.ReportAllocs()
		for b.Loop() {
			tree.Get(items[random.IntN(benchItems)])
		}
	})
	b.Run("table", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok, err := t.Get(keys[random.IntN(benchItems)]); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
	b.Run("snapshot", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := s.Lookup(keys[random.IntN(benchItems)]); !ok {
				b.Fatal("missing")
			}
		}
	})
}

// BenchmarkPage reads 100 items of a partition of 1,000, and scans a snapshot.
func BenchmarkPage(b *testing.B) {
	s := table.NewStore(table.Options{})
	_, err := s.CreateTable(b.Context(), schema.Definition{
		Name: "Pages", KeySchema: schema.Keys("pk", "sk"), BillingMode: schema.PayPerRequest,
		Attributes: schema.Attributes{"pk": attr.TypeS, "sk": attr.TypeN},
	})
	require.NoError(b, err)
	t, err := s.Table("Pages")
	require.NoError(b, err)
	for i := range benchItems {
		_, err := t.Put(attr.MustItem(attr.Map{
			"pk": attr.S(benchKey(i / 1000)), "sk": attr.Int(int64(i % 1000)), "value": attr.S("value"),
		}))
		require.NoError(b, err)
	}
	b.Run("query-100", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			page, err := t.Page(snapshot.Query{Partition: attr.S(benchKey(50)), Sort: snapshot.AtLeast(attr.Int(500)), Limit: 100})
			if err != nil || len(page.Items) != 100 {
				b.Fatal(err)
			}
		}
	})
	b.Run("scan-snapshot", func(b *testing.B) {
		snap, err := t.Snapshot()
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for range snap.All() {
				n++
			}
			if n != benchItems {
				b.Fatal(n)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchItems, "ns/item")
	})
}

// BenchmarkSnapshotAt undoes 0 to 100,000 writes.
func BenchmarkSnapshotAt(b *testing.B) {
	for _, writes := range []int{0, 100, 10_000, 100_000} {
		b.Run(fmt.Sprintf("writes=%d", writes), func(b *testing.B) {
			clk := &clock.Manual{}
			t := benchTableIn(b, table.Options{Clock: clk}, func(s *table.Store) { s.Retain(time.Hour) })
			at := clock.EndOf(clk.Now())
			clk.Advance(time.Second)
			items := benchmarkItems()
			random := rand.New(rand.NewPCG(1, 1))
			for range writes {
				_, err := t.Put(items[0][random.IntN(benchItems)])
				require.NoError(b, err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if s, err := t.SnapshotAt(at); err != nil || s.Len() != benchItems {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMemory reports what an item and a change in the history hold, everything included.
func BenchmarkMemory(b *testing.B) {
	b.Run("item", func(b *testing.B) {
		const n = 1_000_000
		for b.Loop() {
			before := heapBytes()
			t := benchTableOf(b, table.Options{}, n, nil)
			b.ReportMetric(float64(heapBytes()-before)/n, "B/item")
			runtime.KeepAlive(t)
		}
	})
	for _, projection := range []schema.ProjectionType{"", schema.ProjectAll, schema.ProjectKeysOnly} {
		b.Run("change/index="+cmp.Or(string(projection), "none"), func(b *testing.B) { benchmarkChanges(b, projection) })
	}
}

// benchmarkChanges reports what a retained change holds beyond the old item, when a table of 100,000 items has
// changed a million times.
func benchmarkChanges(b *testing.B, projection schema.ProjectionType) {
	const n = 1_000_000
	var indexes []schema.Index
	if projection != "" {
		indexes = append(indexes, schema.Index{
			Name: "by-group", KeySchema: schema.Keys("group", "pk"), Projection: schema.Projection{Type: projection},
		})
	}
	for b.Loop() {
		items := benchmarkItems() // old items are there anyway
		var s *table.Store
		t := benchTableOf(b, table.Options{Clock: &clock.Manual{}}, benchItems, func(store *table.Store) { s = store }, indexes...)
		random := rand.New(rand.NewPCG(1, 1))
		var version [benchItems]uint8
		before := heapBytes()
		s.Retain(time.Hour)
		for range n {
			i := random.IntN(benchItems)
			version[i] ^= 1
			_, err := t.Put(items[version[i]][i])
			require.NoError(b, err)
		}
		b.ReportMetric(float64(heapBytes()-before)/n, "B/change")
		runtime.KeepAlive(s)
		runtime.KeepAlive(items)
	}
}

func heapBytes() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func benchTable(b *testing.B, o table.Options, indexes ...schema.Index) *table.Table {
	return benchTableOf(b, o, benchItems, nil, indexes...)
}

func benchTableIn(b *testing.B, o table.Options, prepare func(*table.Store)) *table.Table {
	return benchTableOf(b, o, benchItems, prepare)
}

func benchTableOf(b *testing.B, o table.Options, n int, prepare func(*table.Store), indexes ...schema.Index) *table.Table {
	b.Helper()
	s := table.NewStore(o)
	if prepare != nil {
		prepare(s)
	}
	attributes := schema.Attributes{"pk": attr.TypeS}
	if len(indexes) > 0 {
		attributes["group"] = attr.TypeS
	}
	_, err := s.CreateTable(b.Context(), schema.Definition{
		Name: "Bench", KeySchema: schema.Keys("pk"), Attributes: attributes,
		GlobalIndexes: indexes, BillingMode: schema.PayPerRequest,
	})
	require.NoError(b, err)
	t, err := s.Table("Bench")
	require.NoError(b, err)
	for i := range n {
		if _, err := t.Put(benchItem(i)); err != nil {
			b.Fatal(err)
		}
	}
	return t
}

// benchmarkItems returns two new versions of every item.
func benchmarkItems() (items [2][]attr.Item) {
	for version := range items {
		for i := range benchItems {
			item, _ := benchItem(i).With(attr.Map{"value": attr.S(fmt.Sprintf("%d%-79d", version, i))})
			items[version] = append(items[version], item)
		}
	}
	return items
}

// benchItem has a key of 16 bytes and 84 more in two other attributes.
func benchItem(i int) attr.Item {
	return attr.MustItem(attr.Map{
		"pk": attr.S(benchKey(i)), "group": attr.S(fmt.Sprintf("%04d", i%1000)), "value": attr.S(fmt.Sprintf("%-80d", i)),
	})
}

func benchKey(i int) string { return fmt.Sprintf("key-%012d", i*7919%1_000_003) }
