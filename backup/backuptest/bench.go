package backuptest

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
)

// Benchmark measures, on the machine's clock and for tables of 1,000, 10,000 and 100,000 items: what CreateBackup
// takes, what a restore takes, and what a thousand writes take: without a backup, while one is kept, and with a new one
// taken before them. A store that copies its items shows it by times that grow with the table. The store must make its
// tables ACTIVE at once. An error of the store ends the benchmark that it comes up in.
func Benchmark(b *testing.B, new Maker) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("CreateBackup/items=%d", n), func(b *testing.B) {
			bench := newBench(b, new, n)
			for b.Loop() {
				arn := bench.backUp(b)
				b.StopTimer()
				_, err := bench.engine.DeleteBackup(bench.ctx, arn)
				must(b, err)
				b.StartTimer()
			}
		})
		b.Run(fmt.Sprintf("Restore/items=%d", n), func(b *testing.B) {
			bench := newBench(b, new, n)
			arn := bench.backUp(b)
			for i := 0; b.Loop(); i++ {
				target := fmt.Sprint("Target", i)
				in := backup.RestoreInput{TargetTableName: target, BackupARN: arn}
				_, err := bench.engine.RestoreTableFromBackup(bench.ctx, in)
				must(b, err)
				b.StopTimer()
				must(b, bench.store.DeleteTable(bench.ctx, target))
				b.StartTimer()
			}
		})
		for _, backups := range []string{"none", "one", "each"} {
			b.Run(fmt.Sprintf("Put1000/items=%d/backups=%s", n, backups), func(b *testing.B) {
				bench := newBench(b, new, n)
				var last string
				if backups != "none" {
					last = bench.backUp(b)
				}
				for i := 0; b.Loop(); i += writes {
					if backups == "each" {
						last = bench.replace(b, last)
					}
					for j := i; j < i+writes; j++ {
						must(b, bench.store.Put(bench.ctx, "Bench", filler(j%n, j)))
					}
				}
			})
		}
	}
}

// writes is how many writes are measured together, so that the backup before them is shared out in every run alike,
// however few there are.
const writes = 1000

type bench struct {
	ctx    context.Context
	store  Store
	engine *backup.Engine
}

// newBench returns a store with a table of n items.
func newBench(b *testing.B, new Maker, n int) *bench {
	b.Helper()
	store, err := new(clock.System{})
	must(b, err)
	engine, err := backup.New(store, backup.Options{Profile: backup.Instant(), Seed: 1})
	must(b, err)
	must(b, store.CreateTable(b.Context(), simple("Bench")))
	for i := range n {
		must(b, store.Put(b.Context(), "Bench", filler(i, 0)))
	}
	b.ReportAllocs()
	runtime.GC() // what filling the table has left is not to be counted
	return &bench{b.Context(), store, engine}
}

func (x *bench) backUp(b *testing.B) string {
	b.Helper()
	d, err := x.engine.CreateBackup(x.ctx, backup.CreateInput{TableName: "Bench", BackupName: "bench"})
	must(b, err)
	return d.ARN
}

// replace takes a backup in the place of an older one, so that a long benchmark does not fill the memory with them.
func (x *bench) replace(b *testing.B, older string) string {
	b.Helper()
	_, err := x.engine.DeleteBackup(x.ctx, older)
	must(b, err)
	return x.backUp(b)
}

// filler is an item of some hundred bytes.
func filler(id, version int) attr.Item {
	item, _ := attr.NewItem(attr.Map{
		"id": attr.S(fmt.Sprintf("item-%08d", id)), "version": attr.Int(int64(version)),
		"fill": attr.S("................................................................"),
	})
	return item
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
