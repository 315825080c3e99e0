package backuptest

import (
	"context"
	"fmt"
	"testing"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
)

// Benchmark measures, on the machine's clock and for tables of 1,000, 10,000 and 100,000 items: what CreateBackup
// takes, what a restore takes, and what a write takes without a backup, after one, and with a new one every thousand
// writes. A store that copies its items shows it by times that grow with the table. The store must make its tables
// ACTIVE at once. An error of the store ends the benchmark that it comes up in.
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
		for _, put := range []struct {
			name   string
			before bool
			every  int
		}{{"none", false, 0}, {"one", true, 0}, {"every1000", true, 1000}} {
			b.Run(fmt.Sprintf("Put/items=%d/backups=%s", n, put.name), func(b *testing.B) {
				bench := newBench(b, new, n)
				if put.before {
					bench.backUp(b)
				}
				var last string
				for i := 0; b.Loop(); i++ {
					if put.every > 0 && i%put.every == 0 {
						last = bench.replace(b, last)
					}
					must(b, bench.store.Put(bench.ctx, "Bench", filler(i%n, i)))
				}
			})
		}
	}
}

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
	if older != "" {
		_, err := x.engine.DeleteBackup(x.ctx, older)
		must(b, err)
	}
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
