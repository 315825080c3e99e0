package table

import (
	"maps"
	"time"

	"github.com/tidemark-db/tidemark/schema"
)

// throughputs says when the throughput of a table has changed, and that of its global indexes, by their names; the
// table itself is without one. What never has is not in it.
type throughputs map[string]schema.ThroughputChanges

// noteThroughputLocked notes what becomes of throughput where one definition follows another. Of an index that comes or
// goes there is nothing to note.
func (t *Table) noteThroughputLocked(old, new *schema.Table, now time.Time) {
	for i := range old.GlobalIndexes {
		x := &old.GlobalIndexes[i]
		for j := range new.GlobalIndexes {
			if y := &new.GlobalIndexes[j]; y.Name == x.Name {
				t.noteChangeLocked(x.Name, x.Throughput, y.Throughput, now)
			}
		}
	}
	if old.BillingMode == new.BillingMode || new.BillingMode != schema.PayPerRequest {
		t.noteChangeLocked("", old.Throughput, new.Throughput, now)
	}
}

func (t *Table) noteChangeLocked(index string, old, new schema.Throughput, now time.Time) {
	if old == new {
		return
	}
	c := today(t.mu.throughputs[index], now)
	if new.Read > old.Read || new.Write > old.Write {
		c.LastIncrease = now
	}
	if new.Read < old.Read || new.Write < old.Write {
		c.LastDecrease = now
		c.DecreasesToday++
	}
	if t.mu.throughputs == nil {
		t.mu.throughputs = make(throughputs)
	}
	t.mu.throughputs[index] = c
}

// today returns c as it is to be told at a time: decreases are counted by the day, in UTC.
func today(c schema.ThroughputChanges, now time.Time) schema.ThroughputChanges {
	const day = 24 * time.Hour
	if !c.LastDecrease.UTC().Truncate(day).Equal(now.UTC().Truncate(day)) {
		c.DecreasesToday = 0
	}
	return c
}

// throughputsLocked returns the changes as they are to be told at a time; nil if there were none.
func (t *Table) throughputsLocked(now time.Time) map[string]schema.ThroughputChanges {
	told := maps.Clone(t.mu.throughputs)
	for name, c := range told {
		told[name] = today(c, now)
	}
	return told
}
