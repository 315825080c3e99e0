package storage

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
)

// TestDataAgainstModel writes at random to a Data and to its clones, and clones of clones.
func TestDataAgainstModel(t *testing.T) {
	r := newRand(t)
	type pair struct {
		data  *Data
		model model
	}
	frozen := []pair{}
	live := []pair{{NewData(NewLayout(musicTable)), model{}}}
	for range 4000 {
		p := live[r.IntN(len(live))]
		switch r.IntN(100) {
		case 0:
			frozen = append(frozen, pair{p.data.Clone(), maps.Clone(p.model)})
		case 1:
			if len(live) < 8 {
				live = append(live, pair{p.data.Clone(), maps.Clone(p.model)})
			}
		case 2:
			p.model.requireEqual(t, p.data)
		default:
			randomWrite(t, r, p.data, p.model)
		}
	}
	for _, p := range append(live, frozen...) {
		p.model.requireEqual(t, p.data)
	}
}

func TestDataLookup(t *testing.T) {
	r := newRand(t)
	d, m := NewData(NewLayout(musicTable)), model{}
	for range 200 {
		randomWrite(t, r, d, m)
		k := keyOf(randomItem(r))
		want, exists := m[k]
		got := d.Lookup(k)
		require.Equal(t, exists, got != nil)
		if exists {
			require.Equal(t, want, got.Item)
		}
	}
	require.Nil(t, d.Lookup(attr.Key{Partition: attr.S("nowhere"), Sort: attr.S("a")}))
	require.Nil(t, d.Delete(attr.Key{Partition: attr.S("nowhere"), Sort: attr.S("a")}))
}

func TestDataIsEmptyAfterDeletes(t *testing.T) {
	r := newRand(t)
	d, m := NewData(NewLayout(musicTable)), model{}
	for range 300 {
		randomWrite(t, r, d, m)
	}
	require.NotZero(t, d.Bytes(-1))
	for k := range m {
		require.NotNil(t, d.Delete(k))
	}
	model{}.requireEqual(t, d)
}

func TestRelayoutSharesIndexes(t *testing.T) {
	r := newRand(t)
	d, m := NewData(NewLayout(musicTable)), model{}
	for range 300 {
		randomWrite(t, r, d, m)
	}
	renamed := musicTable.Clone()
	renamed.LocalIndexes = nil
	renamed.GlobalIndexes = []schema.Index{renamed.GlobalIndexes[1], renamed.GlobalIndexes[0]}
	renamed.GlobalIndexes[0].Name = "other"
	layout := NewLayout(renamed)
	selected := d.Relayout(layout)
	require.Same(t, layout, selected.Layout())
	require.Equal(t, scan(d, 2, Span{}), scan(selected, 0, Span{}))
	require.Equal(t, scan(d, 1, Span{}), scan(selected, 1, Span{}))
	require.Equal(t, d.Bytes(2), selected.Bytes(0))

	for range 300 {
		randomWrite(t, r, selected, maps.Clone(model(itemsByKey(selected))))
	}
	m.requireEqual(t, d)
	now := model(itemsByKey(selected))
	require.Equal(t, now.items(2), scan(selected, 0, Span{}))
	require.Equal(t, now.items(1), scan(selected, 1, Span{}))
}

func itemsByKey(d *Data) map[attr.Key]attr.Item {
	items := map[attr.Key]attr.Item{}
	for _, item := range scan(d, -1, Span{}) {
		items[keyOf(item)] = item
	}
	return items
}

func TestScanStops(t *testing.T) {
	r := newRand(t)
	d, m := NewData(NewLayout(musicTable)), model{}
	for len(m) < 10 {
		randomWrite(t, r, d, m)
	}
	for _, reverse := range []bool{false, true} {
		seen := 0
		d.Scan(-1, Span{}, reverse, func(attr.Item) bool {
			seen++
			return seen < 3
		})
		require.Equal(t, 3, seen)
	}
}

func TestLayoutIndexes(t *testing.T) {
	l := NewLayout(musicTable)
	require.Equal(t, 0, l.Index("local"))
	require.Equal(t, 1, l.Index("all"))
	require.Equal(t, 2, l.Index("include"))
	require.Equal(t, -1, l.Index("none"))
	require.Equal(t, []Attr{{"G", attr.TypeS}, {"L", attr.TypeN}}, l.Indexes[1].Key.Attrs())

	item := attr.MustItem(attr.Map{"P": attr.S("p"), "K": attr.S("k"), "G": attr.S("g"), "L": attr.Int(1), "X": attr.Int(2)})
	require.Equal(t, item.Project("P", "K"), l.Position(-1, item))
	require.Equal(t, item.Project("P", "K", "L"), l.Position(0, item))
	require.Equal(t, item.Project("P", "K", "G", "L"), l.Position(1, item))
	require.Equal(t, item.Project("P", "K", "G"), l.Position(2, item))
}

func TestDataPosition(t *testing.T) {
	d := NewData(NewLayout(musicTable))
	full := attr.Map{"P": attr.S("p"), "K": attr.S("k"), "G": attr.S("g"), "L": attr.Int(1)}
	for i, names := range [][]string{{"P", "K"}, {"P", "L", "K"}, {"G", "L", "P", "K"}, {"G", "P", "K"}} {
		item := attr.MustItem(full)
		_, ok := d.layout.Place(i-1, item.Project(names...))
		require.True(t, ok)
		for _, name := range names {
			broken := item.Map()
			broken[name] = attr.Bool(true)
			_, ok := d.layout.Place(i-1, attr.MustItem(broken))
			require.False(t, ok, "index %d, %s of another type", i-1, name)
			delete(broken, name)
			_, ok = d.layout.Place(i-1, attr.MustItem(broken))
			require.False(t, ok, "index %d without %s", i-1, name)
		}
	}
}
