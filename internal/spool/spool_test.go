package spool_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/spool"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
)

// things has a string key, a numeric sort key, and an index on v.
var things = storage.NewLayout(&schema.Table{
	Name:       "Things",
	KeySchema:  schema.KeySchema{{Name: "p", Type: schema.Hash}, {Name: "s", Type: schema.Range}},
	Attributes: schema.Attributes{"p": attr.TypeS, "s": attr.TypeN, "v": attr.TypeN},
	GlobalIndexes: []schema.Index{{
		Name: "ByV", KeySchema: schema.KeySchema{{Name: "v", Type: schema.Hash}},
		Projection: schema.Projection{Type: schema.ProjectAll},
	}},
})

func keyOf(n int) attr.Key {
	return attr.Key{Partition: attr.S(fmt.Sprint("p", n%7)), Sort: attr.Int(int64(n))}
}

func itemOf(n, v int, more string) attr.Item {
	k := keyOf(n)
	return attr.MustItem(attr.Map{"p": k.Partition, "s": k.Sort, "v": attr.Int(int64(v)), "more": attr.S(more)})
}

func open(t testing.TB, memory int64) *spool.Spool {
	s, err := spool.Open(t.TempDir(), memory)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func files(t testing.TB, s *spool.Spool) []string {
	list, err := filepath.Glob(filepath.Join(s.Dir(), "*"))
	require.NoError(t, err)
	return list
}

// put is one thing that was done to the model; the zero Item is a deletion.
type put struct {
	at   clock.Instant
	key  attr.Key
	item attr.Item
}

type model []put

func (m model) state(at clock.Instant) map[attr.Key]attr.Item {
	state := make(map[attr.Key]attr.Item)
	for _, p := range m {
		switch {
		case p.at.After(at):
		case p.item.IsZero():
			delete(state, p.key)
		default:
			state[p.key] = p.item
		}
	}
	return state
}

// Random histories, in memory, half on disk and wholly on disk, are at every time what a list of them says.
func TestHistories(t *testing.T) {
	for _, memory := range []int64{1, 64 << 10, 1 << 30} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint(memory, "/", seed), func(t *testing.T) {
				history(t, rand.New(rand.NewPCG(seed, 1)), open(t, memory))
			})
		}
	}
}

func history(t *testing.T, r *rand.Rand, s *spool.Spool) {
	manual := clock.NewManual(clock.Epoch)
	seq := clock.NewSequencer(manual)
	v := s.Versions(things)
	var m model
	views := make(map[clock.Instant]*spool.View)
	var floor clock.Instant
	for range 700 {
		switch r.IntN(80) {
		case 0:
			manual.Advance(time.Second)
		case 1:
			require.NoError(t, v.Relieve())
		case 2:
			now := seq.Next()
			views[now] = v.View(now)
		case 3:
			if floors := slices.SortedFunc(maps.Keys(views), clock.Instant.Compare); len(floors) > 2 {
				floor = floors[len(floors)/2]
				v.Trim(floor)
			}
		}
		n := r.IntN(120)
		p := put{at: seq.Next(), key: keyOf(n)}
		if r.IntN(4) > 0 {
			p.item = itemOf(n, r.IntN(5), strings.Repeat("x", r.IntN(300)))
			v.Put(p.at, p.item)
		} else {
			v.Delete(p.at, p.key)
		}
		m = append(m, p)
	}
	for at, view := range views {
		same(t, m.state(at), view) // a View stays, whatever was trimmed
		if !at.Before(floor) {
			same(t, m.state(at), v.View(at))
		}
	}
	changesAre(t, m, v, floor)
	tornIs(t, m, v, floor)
	now := m[len(m)-1].at
	for range 20 {
		key := keyOf(r.IntN(120))
		item, _, err := v.Last(now, key)
		require.NoError(t, err)
		require.Equal(t, m.state(now)[key], item)
	}
}

func same(t *testing.T, want map[attr.Key]attr.Item, view *spool.View) {
	t.Helper()
	data := storage.NewData(things)
	size := int64(0)
	for key, item := range want {
		data.Put(item)
		size += int64(item.Size())
		if data.Len(-1)%8 == 0 {
			got, ok := view.Item(key)
			require.True(t, ok)
			require.Equal(t, item, got)
		}
	}
	_, ok := view.Item(keyOf(1000))
	require.False(t, ok)
	require.Equal(t, len(want), view.Len(-1))
	require.Equal(t, size, view.Bytes(-1))
	spans := []storage.Span{{}, storage.SegmentSpan(1, 3), storage.SegmentSpan(2, 3)}
	for n := range 2 {
		spans = append(spans, storage.PartitionSpan([]attr.Value{keyOf(n).Partition},
			storage.Bound{Value: attr.Int(20)}, storage.Bound{Value: attr.Int(200), Exclusive: true}))
	}
	for _, span := range spans {
		for _, reverse := range []bool{false, true} {
			require.Equal(t, scanned(data, -1, span, reverse), scanned(view, -1, span, reverse))
		}
	}
	require.Equal(t, scanned(data, 0, storage.Span{}, true), scanned(view, 0, storage.Span{}, true), "the index")
	require.NoError(t, view.Err())
}

func scanned(r storage.Reader, i int, s storage.Span, reverse bool) (list []attr.Item) {
	r.Scan(i, s, reverse, func(item attr.Item) bool {
		list = append(list, item)
		return true
	})
	return list
}

// tornIs compares a table of which each part is as it was at an instant of its own.
func tornIs(t *testing.T, m model, v *spool.Versions, floor clock.Instant) {
	markers := []clock.Instant{m[len(m)-1].at, m[len(m)-300].at, m[len(m)-40].at}
	if markers[1].Before(floor) {
		markers[1] = floor
	}
	marker := func(h storage.Hash) clock.Instant { return markers[h.Part(len(markers))] }
	want, parts := make(map[attr.Key]attr.Item), make(map[clock.Instant]int)
	for _, at := range markers {
		for key, item := range m.state(at) {
			if marker(storage.HashOf(key.Partition)) == at {
				want[key] = item
				parts[at]++
			}
		}
	}
	require.Len(t, parts, len(markers), "not torn, so this has shown nothing")
	same(t, want, v.View(markers...))
}

// changesAre compares the changes since some instant, and what two states differ in, with the model.
func changesAre(t *testing.T, m model, v *spool.Versions, floor clock.Instant) {
	from, to := m[len(m)-300].at, m[len(m)-100].at
	if from.Before(floor) {
		from = floor
	}
	var want []spool.Change
	state := m.state(from)
	for _, p := range m {
		if p.at.After(from) && !p.at.After(to) && state[p.key] != p.item {
			want = append(want, spool.Change{At: p.at, Old: state[p.key], New: p.item})
			state[p.key] = p.item
		}
	}
	got, err := v.Changes(from, to)()
	require.NoError(t, err)
	require.Equal(t, want, got)

	a, b := m.state(from), m.state(to)
	differ := make(map[attr.Key]spool.Change)
	for key := range a {
		if a[key] != b[key] {
			differ[key] = spool.Change{Old: a[key], New: b[key]}
		}
	}
	for key := range b {
		if a[key].IsZero() {
			differ[key] = spool.Change{New: b[key]}
		}
	}
	for c := range spool.Differences(v.View(from), v.View(to)) {
		key := things.KeyOf(cmp.Or(c.Old, c.New))
		require.Equal(t, differ[key], c)
		delete(differ, key)
	}
	require.Empty(t, differ)
}

// What is beyond the budget is on disk, and what nobody refers to any more is nowhere.
func TestBudget(t *testing.T) {
	const budget = 1 << 20
	s := open(t, budget)
	seq := clock.NewSequencer(clock.NewManual(clock.Epoch))
	at := seq.Next()
	v := s.Versions(things)
	for n := range 20_000 { // 16 MB
		v.Put(at, itemOf(n, n, strings.Repeat("x", 500)))
		if v.Pressed() {
			require.NoError(t, v.Relieve())
		}
		require.LessOrEqual(t, s.Usage().Memory, int64(budget+1000))
	}
	require.NoError(t, v.Settle())
	require.Greater(t, s.Usage().Disk, int64(8<<20))
	view := v.View(at)
	require.Equal(t, 20_000, view.Len(-1))
	require.Less(t, len(files(t, s)), 40, "runs are merged")
	v = nil
	runtime.GC()
	require.Equal(t, 20_000, view.Len(-1), "the view keeps the files")
	require.NoError(t, view.Err())
	view = nil
	collected(t, func() bool { return s.Usage() == spool.Usage{} && len(files(t, s)) == 0 })
}

// collected has the collector run until what it makes happen has happened.
func collected(t *testing.T, done func() bool) {
	t.Helper()
	for range 100 {
		if runtime.GC(); done() {
			return
		}
		runtime.Gosched()
	}
	require.Fail(t, "memory or files were not given back")
}

// Small states together go to disk as one large one does.
func TestSmallOnesTogether(t *testing.T) {
	const budget = 256 << 10
	s := open(t, budget)
	at := clock.StartOf(clock.Epoch)
	var views []*spool.View
	for i := range 200 {
		v := s.Versions(things)
		for n := range 10 {
			v.Put(at, itemOf(n, i, strings.Repeat("x", 300)))
		}
		require.NoError(t, v.Settle())
		views = append(views, v.View(at))
	}
	require.LessOrEqual(t, s.Usage().Memory, int64(budget))
	require.Positive(t, s.Usage().Disk)
	for i, view := range views {
		item, ok := view.Item(keyOf(3))
		require.True(t, ok)
		require.Equal(t, itemOf(3, i, strings.Repeat("x", 300)), item)
	}
}

// Earlier states that nobody may ask for any more are dropped from memory too.
func TestTrimInMemory(t *testing.T) {
	s := open(t, 1<<30)
	seq := clock.NewSequencer(clock.NewManual(clock.Epoch))
	v := s.Versions(things)
	for i := range 50_000 {
		at := seq.Next()
		v.Put(at, itemOf(i%10, i, "")) // always the same ten
		v.Trim(at)
		if v.Pressed() {
			require.NoError(t, v.Relieve())
		}
	}
	require.Less(t, s.Usage().Memory, int64(8000*300))
	require.Equal(t, 10, v.View(seq.Next()).Len(-1))
}

// A file that has been changed, cut short or removed is noticed, and so is a Spool that was closed.
func TestDamage(t *testing.T) {
	harm := map[string]func(path string) error{
		"changed": func(path string) error {
			text, err := os.ReadFile(path)
			text[len(text)/2] ^= 1
			return errors.Join(err, os.WriteFile(path, text, 0o600))
		},
		"cut":     func(path string) error { return os.Truncate(path, 100) },
		"removed": os.Remove,
	}
	for name, damage := range harm {
		t.Run(name, func(t *testing.T) {
			s := open(t, 1)
			at := clock.StartOf(clock.Epoch)
			v := s.Versions(things)
			for n := range 5000 {
				v.Put(at, itemOf(n, n, "abc"))
			}
			require.NoError(t, v.Settle())
			view := v.View(at)
			require.NoError(t, view.Err())
			require.NoError(t, damage(files(t, s)[0]))
			require.Less(t, len(scanned(view, -1, storage.Span{}, false)), 5000)
			require.ErrorContains(t, view.Err(), "a snapshot cannot be read")

			whole := s.Versions(things)
			for n := range 5000 {
				whole.Put(at, itemOf(n, n, "abc"))
			}
			for _, views := range [][2]*spool.View{{whole.View(at), v.View(at)}, {v.View(at), whole.View(at)}} {
				require.Empty(t, slices.Collect(spool.Differences(views[0], views[1])), "what cannot be read is not gone")
			}
		})
	}
}

// What cannot be moved to disk stays where it is.
func TestNoDisk(t *testing.T) {
	s := open(t, 1)
	at := clock.StartOf(clock.Epoch)
	v := s.Versions(things)
	require.NoError(t, os.RemoveAll(s.Dir()))
	for n := range 100 {
		v.Put(at, itemOf(n, n, ""))
		require.Error(t, v.Relieve())
	}
	view := v.View(at)
	require.Equal(t, 100, view.Len(-1))
	require.NoError(t, view.Err())

	require.NoError(t, os.Mkdir(s.Dir(), 0o700))
	require.NoError(t, v.Relieve())
	require.Zero(t, s.Usage().Memory)
	require.Equal(t, 100, v.View(at).Len(-1))

	require.NoError(t, s.Close())
	v.Put(at, itemOf(0, 1, ""))
	require.ErrorContains(t, v.Settle(), "closed")
}

func TestOpenFails(t *testing.T) {
	_, err := spool.Open(filepath.Join(t.TempDir(), "missing"), 0)
	require.Error(t, err)
	_, err = spool.Open("", -1)
	require.Error(t, err)
}

// A View is no reason to keep in memory what has gone to disk, nor to keep what only others needed.
func TestAViewGoesToDiskToo(t *testing.T) {
	s := open(t, 1)
	seq := clock.NewSequencer(clock.NewManual(clock.Epoch))
	v := s.Versions(things)
	var views []*spool.View
	var marks []clock.Instant
	for i := range 20 {
		for n := range 100 {
			v.Put(seq.Next(), itemOf(n, i, strings.Repeat("x", 500)))
		}
		marks = append(marks, seq.Next())
		if i%5 == 0 {
			views = append(views, v.View(marks[i]))
		}
		v.Trim(marks[i])
		require.NoError(t, v.Relieve())
		require.Zero(t, s.Usage().Memory)
	}
	for i, view := range views {
		require.Equal(t, 100, view.Len(-1))
		item, ok := view.Item(keyOf(7))
		require.True(t, ok)
		require.Equal(t, itemOf(7, 5*i, strings.Repeat("x", 500)), item)
	}
	require.Equal(t, 100, v.View(seq.Next()).Len(-1))
	one := int64(100 * 500)
	collected(t, func() bool { return s.Usage().Disk < 12*one }) // at most fanIn runs, and one that was merged
	require.Greater(t, s.Usage().Disk, 4*one)
}
