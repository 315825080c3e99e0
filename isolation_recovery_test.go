package tidemark_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/table"
)

// The rows of the isolation matrix that are about the past: a table seen as it was at a time, and a restore to a time
// that has been answered and is still running.

// recoverableBank is a bank with point-in-time recovery, whose restores take a minute.
func recoverableBank(t *testing.T) *bank {
	o := tidemark.Instant()
	o.Seed, o.Profile.Restoring = 1, time.Minute
	b := newBankOf(t, o)
	_, err := b.Backups.UpdateContinuousBackups(b.Context(), "bank", backup.RecoverySpecification{Enabled: true})
	require.NoError(b, err)
	b.clock.Advance(time.Minute)
	return b
}

// view reads the bank as it was at a time.
func (b *bank) view(at time.Time) map[string]int64 {
	b.Helper()
	s, err := b.Backups.SnapshotAt(b.Context(), "bank", at)
	require.NoError(b, err)
	return b.balances(s)
}

// begin begins to restore the bank as it was at a time. What it returns waits for the end and reads the new table.
func (b *bank) begin(at time.Time, target string) (finish func() map[string]int64) {
	b.Helper()
	d, err := b.Backups.RestoreTableToPointInTime(b.Context(), backup.PointInTimeInput{
		SourceTableName: "bank", TargetTableName: target, RestoreTime: at,
	})
	require.NoError(b, err)
	return func() map[string]int64 {
		b.Helper()
		b.clock.Set(d.CreationTime.Add(time.Minute))
		restored, err := b.Tables.Table(target)
		require.NoError(b, err)
		return b.balances(b.snapshot(restored))
	}
}

func viewDirtyRead(t *testing.T) {
	b := recoverableBank(t)
	b.refused()
	refused := b.clock.Now()
	require.Equal(t, before, b.view(refused))
	b.clock.Advance(time.Second)
	require.Equal(t, before, b.view(refused))
}

func restoringDirtyRead(t *testing.T) {
	b := recoverableBank(t)
	finish := b.begin(b.clock.Now(), "copy")
	b.refused()
	_, err := b.Tables.Table("copy")
	require.ErrorIs(t, err, exception.ResourceNotFound, "nobody reads a table that is being filled")
	_, err = b.Tables.Transact(table.Put("bank", account("alice", -1)), table.Put("copy", account("bob", 300)))
	require.ErrorIs(t, err, exception.ResourceNotFound, "nor writes it")
	require.Equal(t, before, finish())
	require.Equal(t, before, b.balances(b.snapshot(b.table)))
}

func viewLostWrite(t *testing.T) {
	b := recoverableBank(t)
	b.put("alice", 70)
	b.put("alice", 40) // at the same wall time
	b.put("bob", 160)
	written := b.clock.Now()
	b.clock.Advance(time.Nanosecond)
	b.put("alice", 0) // too late
	require.Equal(t, after, b.view(written))
}

func restoringLostWrite(t *testing.T) {
	b := recoverableBank(t)
	b.transfer()
	finish := b.begin(b.clock.Now(), "copy")
	b.put("alice", 0) // at the same wall time, but after the answer
	require.Equal(t, after, finish())
	require.Equal(t, map[string]int64{"alice": 0, "bob": 160}, b.balances(b.snapshot(b.table)), "nor is it lost in the source")
}

func viewPhantom(t *testing.T) {
	b := recoverableBank(t)
	then := b.clock.Now()
	s, err := b.Backups.SnapshotAt(t.Context(), "bank", then)
	require.NoError(t, err)
	b.clock.Advance(time.Nanosecond)
	b.put("carol", 0)
	_, err = b.table.Delete(id("bob"))
	require.NoError(t, err)
	require.Equal(t, before, b.balances(s))
	require.Equal(t, before, b.view(then), "asked for before and after, it is the same")
	_, ok := s.Lookup(id("carol"))
	require.False(t, ok)
}

func restoringPhantom(t *testing.T) {
	b := recoverableBank(t)
	finish := b.begin(b.clock.Now(), "copy")
	b.put("carol", 0)
	_, err := b.table.Delete(id("bob"))
	require.NoError(t, err)
	require.Equal(t, before, finish())
}

func viewTornTransaction(t *testing.T) {
	b := recoverableBank(t)
	b.transfer()
	then := b.clock.Now()
	require.Equal(t, after, b.view(then), "also while the clock stands still")
	b.clock.Advance(time.Second)
	_, err := b.Tables.Transact(table.Delete("bank", attr.Key{Partition: attr.S("alice")}), table.Put("bank", account("bob", 200)))
	require.NoError(t, err)
	require.Equal(t, before, b.view(then.Add(-time.Nanosecond)))
	require.Equal(t, after, b.view(then))
	require.Equal(t, after, b.view(then.Add(time.Second-time.Nanosecond)))
	require.Equal(t, map[string]int64{"bob": 200}, b.view(then.Add(time.Second)))
}

func restoringTornTransaction(t *testing.T) {
	b := recoverableBank(t)
	then := b.clock.Now()
	early := b.begin(then.Add(-time.Nanosecond), "early")
	now := b.begin(then, "now")
	b.transfer() // at the time that is being restored, but after the answer
	late := b.begin(then, "late")
	require.Equal(t, before, early())
	require.Equal(t, before, now())
	require.Equal(t, after, late())
}
