package backuptest_test

import (
	"testing"

	"github.com/tidemark-db/tidemark/backup/backuptest"
	"github.com/tidemark-db/tidemark/table"
)

// The module's own store keeps every promise, whether its tables take no time or as long as the service's.
func TestTableStore(t *testing.T) { backuptest.Run(t, newTables(table.Timing{})) }

func TestTableStoreInServiceTime(t *testing.T) { backuptest.Run(t, newTables(table.ServiceTiming())) }

// A store that can only say what its items are now keeps all promises that are left, and declares what it lacks.
func TestMapStore(t *testing.T) {
	backuptest.Run(t, newMaps, backuptest.History, backuptest.Deletions, backuptest.Indexes)
}

// The benchmarks, for a store whose tables are copy-on-write trees and for one that copies maps.
func BenchmarkTableStore(b *testing.B) { backuptest.Benchmark(b, newTables(table.Timing{})) }

func BenchmarkMapStore(b *testing.B) { backuptest.Benchmark(b, newMaps) }
