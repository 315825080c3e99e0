package table

import (
	"maps"
	"time"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

// throughputs says when the throughput of a table has changed, and that of its global indexes, by their names; the
// table itself is without one. What never has is not in it.
type throughputs map[string]schema.ThroughputChanges

// throughputChange is what becomes of the throughput of a table, without a name, or of a global index.
type throughputChange struct {
	index    string
	old, new schema.Throughput
}

func (c throughputChange) decreases() bool {
	return c.new.Read < c.old.Read || c.new.Write < c.old.Write
}

func (c throughputChange) increases() bool {
	return c.new.Read > c.old.Read || c.new.Write > c.old.Write
}

// throughputChanges returns what changes where one definition follows another. An index that comes or goes changes
// nothing, and neither does a table that becomes PAY_PER_REQUEST.
func throughputChanges(old, new *schema.Table) []throughputChange {
	var changes []throughputChange
	add := func(c throughputChange) {
		if c.old != c.new {
			changes = append(changes, c)
		}
	}
	for i := range old.GlobalIndexes {
		x := &old.GlobalIndexes[i]
		for j := range new.GlobalIndexes {
			if y := &new.GlobalIndexes[j]; y.Name == x.Name {
				add(throughputChange{x.Name, x.Throughput, y.Throughput})
			}
		}
	}
	if old.BillingMode == new.BillingMode || new.BillingMode != schema.PayPerRequest {
		add(throughputChange{"", old.Throughput, new.Throughput})
	}
	return changes
}

// noteThroughputLocked notes what becomes of throughput where d follows the definition.
func (t *Table) noteThroughputLocked(d *schema.Table, now time.Time) {
	for _, change := range throughputChanges(t.mu.definition, d) {
		c := today(t.mu.throughputs[change.index], now)
		if change.increases() {
			c.LastIncrease = now
		}
		if change.decreases() {
			c.LastDecrease = now
			c.DecreasesToday++
		}
		if t.mu.throughputs == nil {
			t.mu.throughputs = make(throughputs)
		}
		t.mu.throughputs[change.index] = c
	}
}

// freeDecreases is how many times a throughput can be decreased in a day at any time.
const freeDecreases = 4

// decreasableLocked refuses to decrease a throughput once more too soon. Another billing mode is no decrease.
func (t *Table) decreasableLocked(d *schema.Table, now time.Time) error {
	every := t.store.timing.DecreaseCooldown
	if d.BillingMode != t.mu.definition.BillingMode {
		return nil
	}
	for _, change := range throughputChanges(t.mu.definition, d) {
		c := today(t.mu.throughputs[change.index], now)
		next := c.LastDecrease.Add(every)
		if !change.decreases() || c.DecreasesToday < freeDecreases || !now.Before(next) {
			continue
		}
		if midnight := now.UTC().Truncate(day).Add(day); midnight.Before(next) {
			next = midnight
		}
		const format = "Monday, January 2, 2006 at 3:04:05 PM Coordinated Universal Time"
		return exception.LimitExceeded.Errorf("Subscriber limit exceeded: Provisioned throughput decreases are limited within "+
			"a given UTC day. After the first %d decreases, each subsequent decrease in the same UTC day can be performed at most "+
			"once every %d seconds. Number of decreases today: %d. Last decrease at %s. Next decrease can be made at %s.",
			freeDecreases, int(every.Seconds()), c.DecreasesToday, c.LastDecrease.UTC().Format(format), next.UTC().Format(format))
	}
	return nil
}

const day = 24 * time.Hour

// today returns c as it is to be told at a time: decreases are counted by the day, in UTC.
func today(c schema.ThroughputChanges, now time.Time) schema.ThroughputChanges {
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
