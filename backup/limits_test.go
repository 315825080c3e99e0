package backup_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/table"
)

// The 51st of the restores that run at once is refused and leaves nothing behind; a place is free at the moment at which
// a target is ACTIVE.
func TestConcurrentRestores(t *testing.T) {
	for name, o := range map[string]tidemark.Options{"documented": exactly(), "instant": instant()} {
		t.Run(name, func(t *testing.T) {
			o.Profile.Restoring = 5 * time.Minute
			w := newWorld(t, o)
			w.open(plain("Music"))
			var arns []string
			for range 51 {
				arns = append(arns, w.backup("Music"))
			}
			w.clock.Advance(time.Second)
			for i := range 50 {
				w.restore(backup.RestoreInput{BackupARN: arns[i], TargetTableName: fmt.Sprintf("target-%d", i)})
			}
			last := backup.RestoreInput{BackupARN: arns[50], TargetTableName: "target-50"}
			for _, moment := range []time.Duration{0, 5*time.Minute - 1} {
				w.clock.Advance(moment)
				refused(t, w.refusal(func() error {
					_, err := w.Backups.RestoreTableFromBackup(ctx, last)
					return err
				}), exception.LimitExceeded, "Subscriber limit exceeded: Only 50 restore operations can be done simultaneously")
			}
			w.clock.Advance(1)
			w.restore(last)
		})
	}
}

// A profile may have another bound, or none.
func TestConcurrentRestoresOfProfile(t *testing.T) {
	o := instant()
	o.Profile.Restoring, o.Profile.ConcurrentRestores = time.Hour, 0
	w := newWorld(t, o)
	w.open(plain("Music"))
	for i := range 60 {
		w.restore(backup.RestoreInput{BackupARN: w.backup("Music"), TargetTableName: fmt.Sprintf("target-%d", i)})
	}
}

// rated are the operations that the documented profile bounds: how many calls it allows at once, and how many a second in
// the long run.
func rated(w *world, arn string) map[string]struct {
	burst, perSecond int
	call             func() error
} {
	type bound = struct {
		burst, perSecond int
		call             func() error
	}
	return map[string]bound{
		"CreateBackup": {50, 50, func() error {
			_, err := w.Backups.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "snap"})
			return err
		}},
		"DescribeBackup": {13, 10, func() error { _, err := w.Backups.DescribeBackup(ctx, arn); return err }},
		"ListBackups":    {5, 5, func() error { _, _, err := w.Backups.ListBackups(ctx, backup.ListInput{}); return err }},
		"DeleteBackup":   {13, 10, func() error { _, err := w.Backups.DeleteBackup(ctx, absentARNs[0]); return err }},
		"RestoreTableFromBackup": {13, 10, func() error {
			_, err := w.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{BackupARN: absentARNs[0], TargetTableName: "Target"})
			return err
		}},
		"DescribeContinuousBackups": {13, 10, func() error { _, err := w.Backups.DescribeContinuousBackups(ctx, "Music"); return err }},
	}
}

// Calls beyond the rate are refused before anything else is looked at, and counted against nothing; each operation has a
// rate of its own, which refills with time.
func TestRates(t *testing.T) {
	w := newWorld(t, tidemark.Documented())
	w.open(plain("Music"))
	arn := w.backup("Music")
	w.clock.Advance(time.Hour)
	throttled := func(err error) bool {
		if !errors.Is(err, exception.Throttling) {
			return false
		}
		refused(t, err, exception.Throttling, "Rate exceeded")
		return true
	}
	for name, op := range rated(w, arn) {
		t.Run(name, func(t *testing.T) {
			for i := range op.burst {
				require.False(t, throttled(op.call()), "call %d", i)
			}
			token := time.Second / time.Duration(op.perSecond)
			for range 3 {
				require.True(t, throttled(op.call()))
				w.clock.Advance(token - 1)
				require.True(t, throttled(op.call()), "a call that is refused takes nothing")
				w.clock.Advance(1)
				require.False(t, throttled(op.call()))
			}
			w.clock.Advance(time.Hour)
			for range op.burst {
				require.False(t, throttled(op.call()))
			}
			require.True(t, throttled(op.call()), "the burst is never more than full")
		})
	}
}

// Nothing is bounded in the instant profile, nor is what the service has no figure for.
func TestNoRates(t *testing.T) {
	w := newWorld(t, instant())
	w.open(plain("Music"))
	arn := w.backup("Music")
	for name, op := range rated(w, arn) {
		for range 100 {
			require.NotErrorIs(t, op.call(), exception.Throttling, name)
		}
	}
	w = newWorld(t, tidemark.Documented())
	w.open(plain("Music"))
	for range 100 {
		w.recovery("Music", on)
	}
}

// A call that is throttled does nothing.
func TestThrottledCallChangesNothing(t *testing.T) {
	o := documented()
	o.Profile.Rates.CreateBackup = backup.Rate{PerSecond: 1, Burst: 1}
	w := newWorld(t, o)
	w.open(plain("Music"))
	w.backup("Music")
	refused(t, w.refusal(func() error {
		_, err := w.Backups.CreateBackup(ctx, backup.CreateInput{TableName: "Music", BackupName: "snap"})
		return err
	}), exception.Throttling, "Rate exceeded")
}

// An impossible profile is refused by name.
func TestProfileValidate(t *testing.T) {
	for want, change := range map[string]func(*backup.Profile){
		"Window is -1ns, not between 0 and 24h0m0s":              func(p *backup.Profile) { p.Window = -1 },
		"Window is 24h0m0.000000001s, not between 0 and 24h0m0s": func(p *backup.Profile) { p.Window = backup.MaxWindow + 1 },
		"Creating is -1ns, not between 0 and 876000h0m0s":        func(p *backup.Profile) { p.Creating = -1 },
		"Restoring is -1ns, not between 0 and 876000h0m0s":       func(p *backup.Profile) { p.Restoring = -1 },
		"Unregistered is -1ns, not between 0 and 876000h0m0s":    func(p *backup.Profile) { p.Unregistered = -1 },
		"Enabling is -1ns, not between 0 and 876000h0m0s":        func(p *backup.Profile) { p.Enabling = -1 },
		"Departing is -1ns, not between 0 and 840h0m0s":          func(p *backup.Profile) { p.Departing = -1 },
		"SystemDelay is -1ns, not between 0 and 840h0m0s":        func(p *backup.Profile) { p.SystemDelay = -1 },
		"SystemDelay is 5s, not between 0 and 1s":                func(p *backup.Profile) { p.SystemRetention = time.Second },
		"SystemRetention is -1ns, not between 0 and 876000h0m0s": func(p *backup.Profile) { p.SystemRetention = -1 },
		"RecoveryLag is -1ns, not between 0 and 876000h0m0s":     func(p *backup.Profile) { p.RecoveryLag = -1 },
		`Marker is unknown: "vague"`:                             func(p *backup.Profile) { p.Marker = "vague" },
		"Marker fuzzy needs a Profile.Window":                    func(p *backup.Profile) { p.Window = 0 },
		"Partitions is 0, not between 1 and 4096":                func(p *backup.Profile) { p.Partitions = 0 },
		"Partitions is 4097, not between 1 and 4096":             func(p *backup.Profile) { p.Partitions = backup.MaxPartitions + 1 },
		"ConcurrentRestores is negative: -1":                     func(p *backup.Profile) { p.ConcurrentRestores = -1 },
		"Rates.ListBackups is {1 9223372036854775807}, not between 0 and 1000000": func(p *backup.Profile) {
			p.Rates.ListBackups = backup.Rate{PerSecond: 1, Burst: math.MaxInt}
		},
	} {
		p := backup.Documented()
		change(&p)
		want = "backup: Profile." + want
		require.EqualError(t, p.Validate(), want)
		_, err := backup.New(table.NewStore(table.Options{}), backup.Options{Profile: p})
		require.EqualError(t, err, want)
	}
	_, err := backup.New(nil, backup.Options{})
	require.EqualError(t, err, "backup: an engine needs a source")
	for _, o := range []table.Options{{Region: "us east"}, {Region: "a:b"}, {Account: "abc"}, {Account: "12345678901"}} {
		_, err := backup.New(table.NewStore(o), backup.Options{})
		require.ErrorContains(t, err, "cannot be that of a table", "%+v", o)
	}
	_, err = backup.New(table.NewStore(table.Options{Region: "local"}), backup.Options{})
	require.NoError(t, err, "an emulator's region need not be one of AWS's")
	require.NoError(t, backup.Documented().Validate())
	require.NoError(t, backup.Instant().Validate())
}

// The zero profile of an engine is the documented one.
func TestZeroProfile(t *testing.T) {
	e, err := backup.New(table.NewStore(table.Options{}), backup.Options{})
	require.NoError(t, err)
	require.Equal(t, backup.Documented(), e.Profile())
}
