package backuptest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

const (
	seeds = 3   // random histories in the check
	moves = 150 // of each
)

func randomCheck() check {
	return check{
		Info: Info{"RandomHistory", "through random writes, backups, restores and deletions, all is as a naive model has it",
			"mistakes like company: this finds those that take several steps"},
		run: func(t *trial) {
			for seed := range uint64(seeds) {
				if t.failed() {
					return
				}
				store, err := t.maker(t.hands)
				if !t.worked("made a store", err) {
					return
				}
				t.store = store
				randomHistory(t, seed+1)
			}
		},
	}
}

func randomChecks() []check { return []check{randomCheck()} }

// world is a store with backups, and what they should hold.
type world struct {
	*trial
	random  *rand.Rand
	engine  *backup.Engine
	keys    schema.KeySchema
	tables  map[string]items
	backups []backedUp
	past    map[string][]mark // by table: times of its recovery period
	made    int
}

type backedUp struct {
	arn   string
	items items
}

func randomHistory(t *trial, seed uint64) {
	w := &world{
		trial: t, random: rand.New(rand.NewPCG(seed, seed)), engine: t.engine(backup.Instant()), keys: byID,
		tables: map[string]items{}, past: map[string][]mark{},
	}
	if !t.lacking(SortKeys) {
		w.keys = sorted("").KeySchema
	}
	for i := range moves {
		t.note = fmt.Sprintf("move %d of the history with seed %d; CheckSeed runs it again", i+1, seed)
		if t.failed() {
			return
		}
		w.move()
		w.look()
	}
	for _, name := range slices.Sorted(maps.Keys(w.tables)) {
		w.holds("ended a random history", name, w.keys, w.tables[name])
	}
	for _, b := range w.backups {
		w.backedUp("ended a random history", w.engine, b.arn, b.items)
	}
}

// move does one thing, whose result must be that of the model.
func (w *world) move() {
	switch n := w.random.IntN(20); {
	case n < 9:
		w.write()
	case n < 11:
		w.hands.move(time.Duration(w.random.IntN(3000)) * time.Millisecond)
	case n < 14:
		if name, ok := w.some(); ok {
			w.backups = append(w.backups, backedUp{w.backUp(w.engine, name), w.tables[name]})
		}
	case n < 16:
		w.restoreSome()
	case n < 17:
		w.forgetBackup()
	case n < 18:
		if name, ok := w.some(); ok && len(w.tables) > 2 {
			w.remove(name)
			delete(w.tables, name)
			delete(w.past, name)
		}
	default:
		w.make()
	}
}

func (w *world) some() (name string, ok bool) {
	if len(w.tables) == 0 || w.failed() {
		return "", false
	}
	names := slices.Sorted(maps.Keys(w.tables))
	return names[w.random.IntN(len(names))], true
}

// make creates a table under one of a few names, which may be taken.
func (w *world) make() {
	name := fmt.Sprint("Table", w.random.IntN(5))
	d := simple(name)
	if len(w.keys) > 1 {
		d = sorted(name)
	}
	if _, taken := w.tables[name]; taken {
		w.require(w.store.CreateTable(w.ctx, d) != nil, "created table "+name+" although it is there", "no error", "an error")
		return
	}
	w.create(d)
	w.tables[name] = items{}
	w.recoverable(name)
}

// recoverable switches recovery of a new table on, where there is history.
func (w *world) recoverable(name string) {
	if capable(w.store, History) && !w.failed() {
		_, err := w.engine.UpdateContinuousBackups(w.ctx, name, backup.RecoverySpecification{Enabled: true})
		w.worked("switched point-in-time recovery on", err)
	}
}

func (w *world) write() {
	name, ok := w.some()
	if !ok {
		return
	}
	w.made++
	id := fmt.Sprint(w.random.IntN(6))
	item := thing(id, w.made)
	if len(w.keys) > 1 {
		item, _ = item.With(attr.Map{"n": attr.Int(int64(w.random.IntN(3))), "v": attr.Int(int64(w.made))})
	}
	if w.random.IntN(3) == 0 {
		w.drop(name, keyOf(w.keys, item)) // which may not be there
		w.tables[name] = w.tables[name].without(keyOf(w.keys, item))
		return
	}
	w.put(name, item)
	w.tables[name] = w.tables[name].with(w.keys, item)
}

// restoreSome restores a backup under one of a few names, which may be taken.
func (w *world) restoreSome() {
	if len(w.backups) == 0 || w.failed() {
		return
	}
	b := w.backups[w.random.IntN(len(w.backups))]
	name := fmt.Sprint("Table", w.random.IntN(5))
	_, err := w.engine.RestoreTableFromBackup(w.ctx, backup.RestoreInput{TargetTableName: name, BackupARN: b.arn})
	if _, taken := w.tables[name]; taken {
		w.refused("restored a backup over table "+name, err, exception.TableAlreadyExists)
		return
	}
	if w.worked("restored a backup to table "+name, err) {
		w.awaitActive(name)
		w.tables[name] = b.items
		w.recoverable(name)
	}
}

func (w *world) forgetBackup() {
	if len(w.backups) == 0 || w.failed() {
		return
	}
	i := w.random.IntN(len(w.backups))
	_, err := w.engine.DeleteBackup(w.ctx, w.backups[i].arn)
	w.worked("DeleteBackup", err)
	w.backups = slices.Delete(w.backups, i, i+1)
}

// look compares something with the model.
func (w *world) look() {
	if name, ok := w.some(); ok {
		w.holds("went through a random history", name, w.keys, w.tables[name])
		w.remember(name)
	}
	if len(w.backups) > 0 && !w.failed() {
		b := w.backups[w.random.IntN(len(w.backups))]
		w.backedUp("went through a random history", w.engine, b.arn, b.items)
	}
}

// remember lets a nanosecond of a table pass, and looks at an earlier one, where there is history.
func (w *world) remember(name string) {
	if !capable(w.store, History) || w.failed() {
		return
	}
	w.hands.move(1)
	now := w.hands.Now()
	w.past[name] = append(w.past[name], mark{time: now, items: w.tables[name]})
	w.hands.move(1) // what comes is later
	m := w.past[name][w.random.IntN(len(w.past[name]))]
	s, err := w.engine.SnapshotAt(w.ctx, name, m.time)
	if w.worked(fmt.Sprintf("read table %s at %v", name, m.time), err) {
		w.same(fmt.Sprintf("read table %s as it was %v ago", name, now.Sub(m.time)), itemsOf(w.keys, s.All()), m.items)
	}
}
