package main

import (
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
)

// quarters is an axis of seconds, four columns each.
func quarters(title string, n int) string {
	return axis(title, n, 4, func(i int) string { return fmt.Sprint(i / 4) })
}

const quarter = time.Second / 4

// tableStates plots what a table answers from the moment of its creation.
func tableStates() (string, error) {
	const n = 45
	picture := quarters("seconds after CreateTable", n)
	w := newWorld(1)
	var described, put, backedUp, continuous [n]byte
	for i := range n {
		w.at(time.Duration(i) * quarter)
		d, err := w.Tables.DescribeTable(ctx, "Table")
		described[i] = letter(state(d.Status), err)
		put[i] = letter('+', w.tryPut())
		backedUp[i] = letter('+', w.tryBackup())
		c, err := w.Backups.DescribeContinuousBackups(ctx, "Table")
		continuous[i] = letter(map[bool]byte{false: 'd', true: 'E'}[c.Enabled], err)
	}
	picture += row("DescribeTable", string(described[:])) + row("PutItem", string(put[:])) +
		row("CreateBackup", string(backedUp[:])) + row("DescribeContinuousBackups", string(continuous[:]))
	return picture, w.err
}

func (w *world) tryPut() error {
	t, err := w.Tables.Table("Table")
	if err == nil {
		_, err = t.Put(attr.MustItem(attr.Map{"K": attr.Int(1)}))
	}
	return err
}

func (w *world) tryBackup() error {
	_, err := w.Backups.CreateBackup(ctx, backup.CreateInput{TableName: "Table", BackupName: "backup"})
	return err
}

// deletion plots what a table with point-in-time recovery answers after it has been deleted.
func deletion() (string, error) {
	const n = 33
	picture := quarters("seconds after DeleteTable", n)
	var err error
	for _, line := range []struct {
		label string
		ask   func(w *world) byte
	}{
		{"DescribeTable", func(w *world) byte {
			d, err := w.Tables.DescribeTable(ctx, "Table")
			return letter(state(d.Status), err)
		}},
		{"PutItem", func(w *world) byte { return letter('+', w.tryPut()) }},
		{"CreateBackup", func(w *world) byte { return letter('+', w.tryBackup()) }},
		{"UpdateContinuousBackups", func(w *world) byte {
			_, err := w.Backups.UpdateContinuousBackups(ctx, "Table", backup.RecoverySpecification{Enabled: true})
			return letter('+', err)
		}},
		{"CreateTable, same name", func(w *world) byte {
			w.create()
			err := w.err
			w.err = nil
			return letter('+', err)
		}},
		{"SYSTEM backup", func(w *world) byte { return w.listed(backup.System) }},
	} {
		picture += row(line.label, plot(n, func(i int) byte {
			w := openWorld(1)
			w.recover(backup.MaxRecoveryPeriod)
			w.delete()
			if w.err != nil {
				err = w.err
			}
			return line.ask(w.at(time.Duration(i) * quarter))
		}))
	}
	return picture, err
}

func (w *world) delete() {
	w.do(func() error {
		_, err := w.Tables.DeleteTable(ctx, "Table")
		return err
	})
}

// listed is the letter of the state of the only backup of a type, or a dot if there is none.
func (w *world) listed(kind backup.Type) byte {
	list, _, err := w.Backups.ListBackups(ctx, backup.ListInput{Type: kind})
	if err != nil || len(list) == 0 {
		return letter('.', err)
	}
	return state(list[0].Status)
}
