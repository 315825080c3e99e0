package backuptest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/snapshot"
)

func historyCuts(t *trial) {
	t.historian().Retain(time.Hour)
	t.create(simple("Things"))
	marks := t.tale("Things", 8, 40, time.Second)
	random := rand.New(rand.NewPCG(9, 9))
	for range 20 {
		if t.failed() {
			return
		}
		m := marks[random.IntN(len(marks))]
		c := t.begin("Things", func(clock.Instant) snapshot.Cut { return snapshot.At(m.at) })
		if s := t.taken("captured the table with an earlier cut", c); !t.failed() {
			t.same("captured the table with an earlier cut", itemsIn(s), m.items)
		}
		torn := snapshot.Torn(marks[random.IntN(len(marks))].at, m.at, marks[random.IntN(len(marks))].at, m.at)
		c = t.begin("Things", func(clock.Instant) snapshot.Cut { return torn })
		if s := t.taken("captured the table with a torn cut", c); !t.failed() {
			t.same("captured the table with a torn cut", itemsIn(s), tornFrom(marks, torn))
		}
	}
	t.cutAhead()
	t.cutBehindDeletion()
}

// tornFrom returns the items of which each is as it was at its partition's marker.
func tornFrom(marks []mark, cut snapshot.Cut) items {
	at := make(map[clock.Instant]items)
	for _, m := range marks {
		at[m.at] = m.items
	}
	torn := make(items)
	for _, m := range marks {
		for k := range m.items {
			if item, ok := at[cut.Marker(k.Partition)][k]; ok {
				torn[k] = item
			}
		}
	}
	return torn
}

// cutAhead captures a table with a cut that lies ahead.
func (t *trial) cutAhead() {
	const wait = 10 * time.Second
	t.create(simple("Ahead"))
	t.put("Ahead", thing("before", 1))
	c := t.begin("Ahead", func(at clock.Instant) snapshot.Cut { return snapshot.At(clock.EndOf(at.Time().Add(wait))) })
	if t.failed() {
		return
	}
	did := fmt.Sprintf("captured a table with a cut %v ahead", wait)
	_, ok := c.Snapshot()
	t.require(!ok, did, "a snapshot at once", "none until then")
	t.hands.move(wait)
	t.put("Ahead", thing("at the cut", 2)) // the clock stands at its very nanosecond
	_, ok = c.Snapshot()
	t.require(t.failed() || !ok, did+", and asked for it while the clock stood there",
		"a snapshot", "none until it is past")
	t.hands.move(1)
	t.put("Ahead", thing("after", 3))
	if s := t.taken(did+", and waited", c); !t.failed() {
		t.same(did+", and wrote until then and after", itemsIn(s),
			items{}.with(byID, thing("before", 1), thing("at the cut", 2)))
	}
}

// cutBehindDeletion deletes a captured table long before the cut: nothing that comes later can be in.
func (t *trial) cutBehindDeletion() {
	t.create(simple("Gone"))
	t.put("Gone", thing("before", 1))
	c := t.begin("Gone", func(at clock.Instant) snapshot.Cut {
		return snapshot.At(clock.EndOf(at.Time().AddDate(1, 0, 0)))
	})
	t.put("Gone", thing("later", 2))
	t.remove("Gone")
	t.create(simple("Gone"))
	t.put("Gone", thing("another table", 3))
	did := "captured a table with a cut a year ahead, wrote to it, deleted it and created it again"
	if s := t.taken(did, c); !t.failed() {
		t.same(did, itemsIn(s), items{}.with(byID, thing("before", 1), thing("later", 2)))
		t.require(!c.Cut().Latest().After(clock.EndOf(t.store.Now())), did, fmt.Sprintf("the cut %v", c.Cut().Latest()),
			"one that is not after the deletion")
	}
}

func historyPointInTime(t *trial) {
	p := backup.Instant()
	p.Window = time.Minute
	e := t.engine(p)
	t.create(simple("Things"))
	t.hands.move(2 * time.Minute)
	if t.failed() {
		return
	}
	_, err := e.UpdateContinuousBackups(t.ctx, "Things", backup.RecoverySpecification{Enabled: true})
	t.worked("switched point-in-time recovery on", err)
	t.hands.move(time.Second)
	marks := t.tale("Things", 10, 30, time.Second)
	t.hands.move(time.Second)
	for i, m := range marks {
		if t.failed() {
			return
		}
		if i+1 < len(marks) && marks[i+1].time.Equal(m.time) {
			continue // a time stands for the end of its nanosecond
		}
		s, err := e.SnapshotAt(t.ctx, "Things", m.time)
		if !t.worked("read the table at a time of its recovery period", err) {
			return
		}
		t.same("read the table at a time of its recovery period", itemsIn(s), m.items)
		if i%10 == 0 {
			target := fmt.Sprint("Restored", i)
			_, err := e.RestoreTableToPointInTime(t.ctx, backup.PointInTimeInput{
				SourceTableName: "Things", TargetTableName: target, RestoreTime: m.time,
			})
			t.worked("restored the table to a time of its recovery period", err)
			t.awaitActive(target)
			t.holds("restored the table to a time of its recovery period", target, byID, m.items)
		}
	}
	t.windows(e, marks)
	if t.failed() {
		return
	}
	_, err = e.SnapshotAt(t.ctx, "Things", clock.Epoch.Add(-time.Hour))
	t.refused("read the table at a time before its recovery period", err, exception.InvalidRestoreTime)
}

// windows takes backups under all marker policies, and compares what they hold with the cut that the engine tells.
func (t *trial) windows(e *backup.Engine, marks []mark) {
	for _, policy := range []backup.Marker{backup.Exact, backup.Earliest, backup.Latest, backup.Fuzzy, backup.Torn} {
		if t.failed() {
			return
		}
		d, err := e.CreateBackup(t.ctx, backup.CreateInput{TableName: "Things", BackupName: "kit", Marker: policy})
		if !t.worked("CreateBackup with the marker "+string(policy), err) {
			return
		}
		t.tale("Things", 11, 10, 10*time.Second)
		t.hands.move(5 * time.Minute)
		commits, _ := t.changes("Things", marks[0].at, clock.EndOf(t.store.Now()))
		if t.failed() {
			return
		}
		s, err := e.Snapshot(t.ctx, d.ARN)
		if !t.worked("read the backup with the marker "+string(policy), err) {
			return
		}
		want := marks[0].items
		for _, c := range commits {
			switch {
			case c.At.After(s.Cut().Marker(c.Key.Partition)):
			case c.New.IsZero():
				want = want.without(c.Key)
			default:
				want = want.with(byID, c.New)
			}
		}
		t.same("took a backup among writes with the marker "+string(policy)+", and compared it with its cut",
			itemsIn(s), want)
	}
}
