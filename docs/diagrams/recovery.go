package main

import (
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark/backup"
)

// recoveryPeriod plots which days can be restored, asked on one day after another while recovery is switched.
func recoveryPeriod() (string, error) {
	const n, every = 65, 4
	switches := map[int]struct {
		days int
		text string
	}{
		4: {35, "on, 35 days"}, 20: {7, "7 days"}, 24: {35, "35 days"}, 56: {0, "off"}, 60: {35, "on, 35 days"},
	}
	picture := axis("asked on day", n, 2*every, func(i int) string { return fmt.Sprint(i) })
	w := openWorld(1)
	for today := 0; today < n; today += every {
		s, switched := switches[today]
		w.at(time.Duration(today) * day)
		if switched {
			w.recover(s.days)
		}
		w.at(time.Duration(today)*day + time.Hour)
		picture += row(fmt.Sprintf("%2d  %s", today, s.text), w.restorable(today+1, day))
	}
	return picture, w.err
}

// recoveryLag plots which times can be restored in the first minutes after recovery was switched on.
func recoveryLag() (string, error) {
	const last, each = 12, 15 * time.Second
	const perMinute = int(time.Minute / each)
	picture := axis("asked after minutes", last*perMinute+1, perMinute, func(i int) string {
		return fmt.Sprint(i / perMinute)
	})
	w := openWorld(1)
	w.recover(backup.MaxRecoveryPeriod)
	for _, m := range []int{0, 1, 2, 4, 5, 6, 8, 10, last} {
		w.at(time.Duration(m) * time.Minute)
		picture += row(fmt.Sprintf("%2d", m), w.restorable(m*perMinute+1, each))
	}
	return picture, w.err
}

// restorable plots which of n times can be restored now.
func (w *world) restorable(n int, apart time.Duration) string {
	return plot(n, func(i int) byte {
		_, err := w.Backups.SnapshotAt(ctx, "Table", w.zero.Add(time.Duration(i)*apart))
		return letter('#', err)
	})
}

// systemBackup plots what there is of a table with point-in-time recovery day by day, before and after its deletion.
func systemBackup() (string, error) {
	const n, deleted = 49, 5
	picture := axis("day", n, 5, func(i int) string { return fmt.Sprint(i) })
	w := openWorld(1)
	w.recover(backup.MaxRecoveryPeriod)
	w.backUp(backup.Exact)
	var table, byTime, user, system, bySystem [n]byte
	for i := range n {
		w.at(time.Duration(i) * day)
		if i == deleted {
			w.delete()
		}
		w.at(time.Duration(i)*day + time.Hour)
		d, err := w.Tables.DescribeTable(ctx, "Table")
		table[i] = letter(state(d.Status), err)
		_, err = w.Backups.RestoreTableToPointInTime(ctx, backup.PointInTimeInput{
			SourceTableName: "Table", TargetTableName: fmt.Sprintf("Day%d", i), UseLatestRestorableTime: true,
		})
		byTime[i] = letter('+', err)
		user[i], system[i] = w.listed(backup.User), w.listed(backup.System)
		bySystem[i] = w.trySystem(fmt.Sprintf("System%d", i))
	}
	picture += row("DescribeTable", string(table[:])) + row("RestoreTableToPointInTime", string(byTime[:])) +
		row("USER backup", string(user[:])) + row("SYSTEM backup", string(system[:])) +
		row("a restore of that", string(bySystem[:]))
	return picture, w.err
}

// trySystem restores the SYSTEM backup if there is one.
func (w *world) trySystem(target string) byte {
	list, _, err := w.Backups.ListBackups(ctx, backup.ListInput{Type: backup.System})
	if err != nil || len(list) == 0 {
		return letter('.', err)
	}
	_, err = w.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{TargetTableName: target, BackupARN: list[0].ARN})
	return letter('+', err)
}
