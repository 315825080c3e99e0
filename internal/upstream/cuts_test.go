package upstream_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/upstream"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// onDisk has a Source keep nothing in memory that can be on disk.
func onDisk(o *upstream.Options, _ *table.Options) { o.Memory = 1 }

func (w *world) item(id int) {
	w.Helper()
	w.ok("PutItem", fmt.Sprintf(`{'TableName':'Things','Item':{'id':{'N':'%d'}}}`, id))
}

// untilMoved writes until what is written has gone to disk; once if nothing has gone there so far.
func (w *world) untilMoved(write func()) {
	for before := w.source.Usage().Disk; ; {
		write()
		if before == 0 || w.source.Usage().Disk != before {
			return
		}
		runtime.Gosched()
	}
}

// A snapshot whose marker lies ahead holds what is written until then. It waits no longer than its table's history
// lasts, and what it needs is not forgotten meanwhile.
func TestSnapshotsOfWhatIsToCome(t *testing.T) {
	for name, then := range map[string]func(w *world, clk *clock.Manual, early []int){
		"and the time comes": func(_ *world, clk *clock.Manual, _ []int) { clk.Advance(time.Hour + 1) },
		"and nobody asks until all that is forgotten": func(w *world, clk *clock.Manual, early []int) {
			clk.Advance(time.Minute)
			for n := range 150 { // enough to have all files merged, without what is forgotten
				clk.Advance(20 * time.Second)
				w.untilMoved(func() {
					w.ok("UpdateItem", fmt.Sprintf(`{'TableName':'Things','Key':{'id':{'N':'%d'}},
						'UpdateExpression':'SET n = :n','ExpressionAttributeValues':{':n':{'N':'%d'}}}`, early[n%len(early)], n))
				})
			}
			clk.Advance(20 * time.Minute)
			w.item(early[0])
			s, err := w.source.SnapshotTable(ctx, "Things", clock.Instant{})
			require.NoError(w, err)
			require.Equal(w, clock.StartOf(clk.Now().Add(-10*time.Minute)), s.Cut().Latest(), "it is not forgotten")
		},
		"and the history is not wanted any longer": func(w *world, _ *clock.Manual, _ []int) {
			require.NoError(w, w.source.RetainTable(ctx, "Things", 0))
			w.item(50)
		},
		"and the table is deleted": func(w *world, _ *clock.Manual, _ []int) {
			w.ok("DeleteTable", `{'TableName':'Things'}`)
		},
		"and the table is made anew, which nobody saw": func(w *world, _ *clock.Manual, _ []int) {
			_, err := w.tables.DeleteTable(ctx, "Things")
			require.NoError(w, err)
			w.create("Things")
			w.item(50)
		},
	} {
		for _, where := range []string{"in memory", "on disk"} {
			t.Run(name+"/"+where, func(t *testing.T) {
				clk := new(clock.Manual)
				w := newWorld(t, manual(clk))
				if where == "on disk" {
					w = newWorld(t, manual(clk), onDisk)
				}
				waitsFor(w, clk, then)
			})
		}
	}
}

func waitsFor(w *world, clk *clock.Manual, then func(*world, *clock.Manual, []int)) {
	w.create("Things")
	w.put("Things", 4)
	require.NoError(w, w.source.RetainTable(ctx, "Things", 10*time.Minute))
	clk.Advance(time.Second)
	w.item(10)
	whole, err := w.source.CaptureTable(ctx, "Things", func(at clock.Instant) snapshot.Cut {
		return snapshot.At(clock.EndOf(at.Time().Add(time.Minute)))
	})
	require.NoError(w, err)
	cut := snapshot.Torn(whole.At(), clock.EndOf(clk.Now().Add(time.Hour)))
	torn, err := w.source.CaptureTable(ctx, "Things", func(clock.Instant) snapshot.Cut { return cut })
	require.NoError(w, err)
	clk.Advance(time.Second)
	for id := range 9 {
		w.item(11 + id)
	}
	want, part := w.itemsOf("Things"), w.itemsOf("Things")
	var early []int // items of the part whose marker is the earlier one
	for id := range 20 {
		key := attr.Int(int64(id))
		switch was, late := want[key], cut.Marker(key) != whole.At(); {
		case late || was.IsZero():
		case id > 10:
			delete(part, key)
		default:
			early = append(early, id)
		}
	}
	require.NotEmpty(w, early)
	require.Less(w, 5, len(part))
	require.Less(w, len(part), len(want))
	for _, c := range []*snapshot.Capture{whole, torn} {
		_, ok := c.Snapshot()
		require.False(w, ok, "more may come")
	}
	then(w, clk, early)
	for c, want := range map[*snapshot.Capture]map[attr.Value]attr.Item{whole: want, torn: part} {
		s, ok := c.Snapshot()
		require.True(w, ok)
		require.Equal(w, want, byID(s))
		require.NoError(w, s.Err())
		require.False(w, c.Cut().Latest().After(clock.EndOf(w.source.Now())), "a marker that has not come")
	}
}

// Markers before a history are moved to its beginning. Nothing is made up of a table made anew.
func TestMarkersNeedAHistory(t *testing.T) {
	w := newWorld(t)
	w.create("Things")
	w.put("Things", 4)
	early := func(at clock.Instant) snapshot.Cut { return snapshot.At(clock.StartOf(at.Time().Add(-time.Hour))) }
	_, err := w.source.CaptureTable(ctx, "Things", early)
	require.ErrorIs(t, err, exception.Validation)
	require.NoError(t, w.source.RetainTable(ctx, "Things", 10*time.Minute))
	begin := w.itemsOf("Things")
	w.item(10)
	c, err := w.source.CaptureTable(ctx, "Things", early)
	require.NoError(t, err)
	s, ok := c.Snapshot()
	require.True(t, ok)
	require.Equal(t, begin, byID(s))
	_, err = w.tables.DeleteTable(ctx, "Things")
	require.NoError(t, err)
	_, err = w.tables.CreateTable(ctx, w.plain("Things"))
	require.NoError(t, err)
	_, err = w.source.CaptureTable(ctx, "Things", early)
	require.ErrorContains(t, err, "made anew without being seen")
	require.Empty(t, byID(w.capture("Things")))
	require.NoError(t, w.source.RetainTable(ctx, "Things", 10*time.Minute))
	c, err = w.source.CaptureTable(ctx, "Things", early)
	require.NoError(t, err)
	s, _ = c.Snapshot()
	require.Empty(t, byID(s))
}

// A history remembers from its beginning, however short it is to be, until its beginning has been read.
func TestAShortHistoryThatTakesLongToBegin(t *testing.T) {
	clk := new(clock.Manual)
	w := newWorld(t, manual(clk), onDisk, func(o *upstream.Options, _ *table.Options) { o.Segments = 1 })
	w.create("Things")
	w.put("Things", 5)
	var once sync.Once
	w.line.late = func(operation string) {
		if operation != "Scan" {
			return
		}
		once.Do(func() { // the page is on its way, and has all five
			w.ok("DeleteItem", `{'TableName':'Things','Key':{'id':{'N':'3'}}}`)
			clk.Advance(time.Hour)
			w.item(4)
			for w.source.Usage().Disk == 0 {
				runtime.Gosched()
			}
			for range 30 { // enough to have them merged
				w.untilMoved(func() { w.item(4) })
			}
		})
	}
	require.NoError(t, w.source.RetainTable(ctx, "Things", time.Minute))
	s, err := w.source.SnapshotTable(ctx, "Things", clock.EndOf(clk.Now()))
	require.NoError(t, err)
	require.Equal(t, w.itemsOf("Things"), byID(s))
	require.Len(t, byID(s), 4)
}
