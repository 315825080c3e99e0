package backuptest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

func historyChecks() []check {
	needs := []Lack{History}
	return []check{
		{
			Info: Info{"HistorySnapshots", "a snapshot of an earlier instant has all commits up to it, and none after",
				"a restore to a point in time that is off by one commit brings back the mistake that it was to undo"},
			needs: needs, run: historySnapshots,
		},
		{
			Info: Info{"HistoryIndexes", "the indexes of a snapshot of an earlier instant agree with its items",
				"a restore to a point in time brings back what queries find, not only what is there"},
			needs: []Lack{History, Indexes}, run: historyIndexes,
		},
		{
			Info: Info{"HistoryOutside", "an instant outside the history is moved to an end of it, and the cut says to which",
				"the engine sees by the cut that a time cannot be restored; without it, it would restore another"},
			needs: needs, run: historyOutside,
		},
		{
			Info: Info{"HistoryChanges", "changes come in the order of their commits, and say what became of which item",
				"the differences between two times are computed from them"},
			needs: needs, run: historyChanges,
		},
		{
			Info: Info{"HistoryDefinition", "the settings of a table can be asked for at any instant of its history",
				"a restore to a point in time makes its table of them"},
			needs: needs, run: historyDefinition,
		},
		{
			Info: Info{"HistoryRetained", "history lasts as long as was asked for, by Retain and by RetainTable",
				"the times that are promised to be restorable must be"},
			needs: needs, run: historyRetained,
		},
		{
			Info: Info{"HistoryIncarnation", "history belongs to one incarnation of a table, until that is gone",
				"a table that was created again never had the items of the one before"},
			needs: needs, run: historyIncarnation,
		},
		{
			Info: Info{"HistoryCuts", "a capture's cut may lie before its instant, or after it, and be torn",
				"under all policies but Exact, markers are drawn from the minute before and after the request"},
			needs: needs, run: historyCuts,
		},
		{
			Info: Info{"HistoryPointInTime", "the engine restores any second of the recovery period",
				"this is what users of the store will do with it"},
			needs: needs, run: historyPointInTime,
		},
	}
}

// mark is an instant between commits, and the items at that instant.
type mark struct {
	at    clock.Instant
	time  time.Time
	items items
}

// tale makes random writes to a table, and returns marks: one before all, and one after each write. Every write changes
// the table. Between some of them the clock moves on by step.
func (t *trial) tale(table string, seed uint64, writes int, step time.Duration) []mark {
	random := rand.New(rand.NewPCG(seed, 1))
	_, s := t.capture(table)
	if t.failed() {
		return nil
	}
	marks := []mark{{s.Cut().Latest(), t.hands.Now(), itemsIn(s)}}
	state := marks[0].items
	for i := range writes {
		id := fmt.Sprint(random.IntN(8))
		if _, there := state[key(id)]; there && random.IntN(3) == 0 {
			t.drop(table, key(id))
			state = state.without(key(id))
		} else {
			item := thing(id, i+1)
			t.put(table, item)
			state = state.with(byID, item)
		}
		c := t.begin(table, exactly)
		if t.failed() {
			return nil
		}
		marks = append(marks, mark{c.At(), t.hands.Now(), state})
		if random.IntN(2) == 0 {
			t.hands.move(step)
		}
	}
	return marks
}

func (t *trial) historian() backup.Historian { return t.store.(backup.Historian) }

// snapshotAt returns the snapshot of a table at an instant; nil if the trial has failed.
func (t *trial) snapshotAt(table string, at clock.Instant) *snapshot.Snapshot {
	if t.failed() {
		return nil
	}
	s, err := t.historian().SnapshotTable(t.ctx, table, at)
	if t.worked(fmt.Sprintf("SnapshotTable of table %s at %v", table, at), err) && s == nil {
		t.fail("SnapshotTable of table "+table, "neither a snapshot nor an error", "one of them")
	}
	if t.failed() {
		return nil
	}
	return s
}

// changes returns the commits after one instant and up to another; nil if the trial has failed.
func (t *trial) changes(table string, from, to clock.Instant) (list []snapshot.Change, begin clock.Instant) {
	if t.failed() {
		return nil, begin
	}
	seq, begin, err := t.historian().ChangesOf(t.ctx, table, from, to)
	if t.worked(fmt.Sprintf("ChangesOf table %s from %v to %v", table, from, to), err) {
		for c := range seq {
			if c.Old != c.New { // who stores what is there already may tell it or not
				list = append(list, c)
			}
		}
	}
	return list, begin
}

func historySnapshots(t *trial) {
	t.historian().Retain(time.Hour)
	t.create(simple("Things"))
	marks := t.tale("Things", 1, 60, time.Second)
	for _, i := range rand.New(rand.NewPCG(2, 2)).Perm(len(marks)) {
		at := marks[i].at
		s := t.snapshotAt("Things", at)
		if t.failed() {
			return
		}
		t.same(fmt.Sprintf("made %d writes and more, and looked back between two of them", i), itemsIn(s), marks[i].items)
		t.require(slices.Equal(s.Cut().Markers(), []clock.Instant{at}), "looked back at an instant of the history",
			fmt.Sprintf("the cut %v", s.Cut().Markers()), fmt.Sprintf("the cut %v", at))
	}
	if t.failed() {
		return
	}
	// At the very instant of a commit that commit is in; and the end of a nanosecond has all of its commits.
	commits, _ := t.changes("Things", marks[0].at, marks[len(marks)-1].at)
	t.require(t.failed() || len(commits) == len(marks)-1, "asked for the changes of the whole history",
		fmt.Sprintf("%d commits", len(commits)), fmt.Sprintf("%d", len(marks)-1))
	for i, c := range commits {
		if s := t.snapshotAt("Things", c.At); !t.failed() {
			t.same("looked back at the very instant of a commit", itemsIn(s), marks[i+1].items)
		}
		end := clock.EndOf(c.At.Time())
		if s := t.snapshotAt("Things", end); !t.failed() && end.Before(commits[len(commits)-1].At) {
			t.same("looked back at the end of the nanosecond of a commit", itemsIn(s), lastUpTo(marks, commits, end))
		}
		start := clock.StartOf(c.At.Time())
		if s := t.snapshotAt("Things", start); !t.failed() && start.After(marks[0].at) {
			t.same("looked back at the start of the nanosecond of a commit", itemsIn(s), lastUpTo(marks, commits, start))
		}
	}
}

// lastUpTo returns the items after all commits up to an instant.
func lastUpTo(marks []mark, commits []snapshot.Change, at clock.Instant) items {
	n := 0
	for n < len(commits) && !commits[n].At.After(at) {
		n++
	}
	return marks[n].items
}

func historyIndexes(t *trial) {
	t.historian().Retain(time.Hour)
	t.create(indexed("Things"))
	t.put("Things", coloured("a", "red"), coloured("b", "red"))
	c := t.begin("Things", exactly)
	t.hands.move(time.Second)
	t.put("Things", coloured("a", "blue"), coloured("c", "red"))
	t.drop("Things", key("b"))
	if t.failed() {
		return
	}
	if s := t.snapshotAt("Things", c.At()); !t.failed() {
		t.inIndex("recoloured an item, deleted one and looked back", s, "Whole", coloured("a", "red"), coloured("b", "red"))
	}
}

func historyOutside(t *trial) {
	t.create(simple("Things"))
	t.put("Things", thing("before", 0))
	t.hands.move(time.Minute)
	t.historian().Retain(time.Hour)
	t.hands.move(time.Second)
	marks := t.tale("Things", 3, 10, time.Second)
	t.hands.move(time.Second)
	if t.failed() {
		return
	}
	last := marks[len(marks)-1]
	ahead := t.snapshotAt("Things", clock.EndOf(t.store.Now().Add(time.Hour)))
	if t.failed() {
		return
	}
	t.same("looked at an instant an hour ahead", itemsIn(ahead), last.items)
	t.require(!ahead.Cut().Latest().After(clock.EndOf(t.store.Now())), "looked at an instant an hour ahead",
		fmt.Sprintf("the cut %v", ahead.Cut().Latest()), "a cut that is not ahead")
	for _, early := range []clock.Instant{{}, clock.StartOf(clock.Epoch.Add(-time.Hour))} {
		t.beginsBefore(marks, early)
	}
}

// beginsBefore fails unless an instant before the history is moved to where that begins: not after the first mark.
func (t *trial) beginsBefore(marks []mark, early clock.Instant) {
	s := t.snapshotAt("Things", early)
	if t.failed() {
		return
	}
	did := fmt.Sprintf("looked back at %v, before the table was made", early)
	begin := s.Cut().Latest()
	t.require(begin.After(early) && !begin.After(marks[0].at), did, fmt.Sprintf("the cut %v", begin),
		fmt.Sprintf("the beginning of the history, which is not after %v", marks[0].at))
	if s.Len() != 0 { // else the history begins with the table
		t.same(did, itemsIn(s), marks[0].items)
	}
	_, begin = t.changes("Things", early, marks[0].at)
	t.require(begin.After(early) && !begin.After(marks[0].at), "asked for the changes since then",
		fmt.Sprintf("that they begin at %v", begin),
		fmt.Sprintf("not after %v, and not before the table was made", marks[0].at))
}

func historyChanges(t *trial) {
	t.historian().Retain(time.Hour)
	t.create(simple("Things"))
	t.put("Things", thing("0", 1000), thing("1", 1000))
	marks := t.tale("Things", 4, 40, time.Second)
	random := rand.New(rand.NewPCG(5, 5))
	for range 30 {
		if t.failed() {
			return
		}
		i, j := random.IntN(len(marks)), random.IntN(len(marks))
		if i > j {
			i, j = j, i
		}
		list, begin := t.changes("Things", marks[i].at, marks[j].at)
		did := fmt.Sprintf("asked for the changes after write %d and up to write %d", i, j)
		t.require(t.failed() || begin == marks[i].at, did, fmt.Sprintf("that they begin at %v", begin),
			fmt.Sprintf("at %v", marks[i].at))
		t.require(t.failed() || len(list) == j-i, did, fmt.Sprintf("%d commits", len(list)), fmt.Sprintf("%d", j-i))
		if !t.failed() {
			t.inOrder(did, list, marks[i:j+1])
		}
	}
	if t.failed() {
		return
	}
	ahead := clock.EndOf(t.store.Now().Add(time.Hour))
	list, _ := t.changes("Things", marks[10].at, ahead)
	t.require(t.failed() || len(list) == len(marks)-11, "asked for the changes up to an hour ahead",
		fmt.Sprintf("%d commits", len(list)), fmt.Sprintf("%d, all that there are", len(marks)-11))
	seq, _, err := t.historian().ChangesOf(t.ctx, "Things", marks[10].at, ahead)
	if !t.worked("ChangesOf table Things", err) {
		return
	}
	first := slices.Collect(seq)
	t.put("Things", thing("0", 2000))
	t.require(slices.Equal(slices.Collect(seq), first), "read the changes, wrote to the table, and read them again",
		"other changes", "the same")
}

// inOrder fails unless the i-th change leads from the i-th mark to the next.
func (t *trial) inOrder(did string, list []snapshot.Change, marks []mark) {
	for i, c := range list {
		before, after := marks[i], marks[i+1]
		t.require(c.At.After(before.at) && c.At.Before(after.at), did, fmt.Sprintf("a commit at %v", c.At),
			fmt.Sprintf("one between %v and %v", before.at, after.at))
		t.require(c.Old == before.items[c.Key] && c.New == after.items[c.Key], did,
			fmt.Sprintf("that the item with key %s, %s, became %s", keyText(c.Key), short(c.Old), short(c.New)),
			fmt.Sprintf("that %s became %s", short(before.items[c.Key]), short(after.items[c.Key])))
	}
}

func historyDefinition(t *trial) {
	t.historian().Retain(time.Hour)
	d := simple("Things")
	t.create(d)
	s := t.state("Things")
	marks := t.tale("Things", 6, 5, time.Second)
	for _, m := range marks {
		definition, err := t.historian().DefinitionAt(t.ctx, "Things", m.at)
		if t.worked(fmt.Sprintf("DefinitionAt %v", m.at), err) {
			t.described("made writes", "DefinitionAt", definition, d, s)
		}
	}
}

func historyRetained(t *trial) {
	const kept = 10 * time.Minute
	for _, d := range []string{"Kept", "Plain"} {
		t.create(simple(d))
	}
	if t.failed() {
		return
	}
	t.worked("RetainTable", t.historian().RetainTable(t.ctx, "Kept", kept))
	t.retained("Kept", kept)
	t.historian().Retain(2 * kept)
	t.retained("Plain", 2*kept)
	t.retained("Kept", 2*kept)
	t.worked("took back what was asked for of one table", t.historian().RetainTable(t.ctx, "Kept", 0))
	t.retained("Kept", 2*kept)
}

// retained fails unless all of the given time can be looked back at, after more than that has passed.
func (t *trial) retained(table string, d time.Duration) {
	marks := t.tale(table, uint64(d), 60, d/20)
	for i, m := range marks {
		if t.failed() {
			return
		}
		if m.time.Before(t.hands.Now().Add(-d)) {
			continue // it may be forgotten
		}
		s := t.snapshotAt(table, m.at)
		if t.failed() {
			return
		}
		did := fmt.Sprintf("had %v of history kept and looked %v back, to write %d of %d",
			d, t.hands.Now().Sub(m.time), i, len(marks)-1)
		t.require(s.Cut().Latest() == m.at, did, fmt.Sprintf("the cut %v", s.Cut().Latest()),
			fmt.Sprintf("the cut %v", m.at))
		t.same(did, itemsIn(s), m.items)
	}
}

func historyIncarnation(t *trial) {
	t.historian().Retain(time.Hour)
	t.create(simple("Things"))
	marks := t.tale("Things", 7, 10, time.Second)
	t.restoredLater(marks)
	if t.failed() || !t.worked("deleted table Things", t.store.DeleteTable(t.ctx, "Things")) {
		return
	}
	if s, err := t.store.TableState(t.ctx, "Things"); err == nil && s.Status == schema.Deleting { // some take their time
		if s := t.snapshotAt("Things", marks[3].at); !t.failed() {
			t.same("looked back while the table was DELETING", itemsIn(s), marks[3].items)
		}
		t.worked("RetainTable while it was DELETING", t.historian().RetainTable(t.ctx, "Things", time.Hour))
	}
	t.awaitGone("Things")
	t.hands.move(time.Second)
	t.create(simple("Things"))
	t.put("Things", thing("second", 1))
	if t.failed() {
		return
	}
	for _, m := range marks {
		s := t.snapshotAt("Things", m.at)
		if t.failed() {
			return
		}
		did := "deleted a table, created it again and looked back to before that"
		t.require(s.Cut().Latest().After(marks[len(marks)-1].at), did, fmt.Sprintf("the cut %v", s.Cut().Latest()),
			"one not before the new table's birth")
		if s.Len() > 0 { // the history may begin later
			t.same(did, itemsIn(s), items{}.with(byID, thing("second", 1)))
		}
	}
	list, _ := t.changes("Things", marks[0].at, clock.EndOf(t.store.Now()))
	for _, c := range list {
		t.require(c.Key == key("second"), "asked for the changes of the table since then", fmt.Sprintf("one of the item %s",
			keyText(c.Key)), "those of the new table alone")
	}
}

// restoredLater fails unless the history of a restored table begins with it, whatever its items did before.
func (t *trial) restoredLater(marks []mark) {
	_, s := t.capture("Things")
	t.restore(s, "Restored")
	if t.failed() {
		return
	}
	for _, m := range marks {
		s := t.snapshotAt("Restored", m.at)
		if t.failed() {
			return
		}
		did := "restored a table and looked back to before that"
		t.require(s.Cut().Latest().After(marks[len(marks)-1].at), did, fmt.Sprintf("the cut %v", s.Cut().Latest()),
			"one not before the restored table's birth")
		if s.Len() > 0 { // the history may begin before the first item
			t.same(did, itemsIn(s), marks[len(marks)-1].items)
		}
	}
}
