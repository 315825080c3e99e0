package table_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

func figures(items ...attr.Item) (s schema.Statistics) {
	for _, it := range items {
		s.ItemCount++
		s.SizeBytes += int64(it.Size())
	}
	return s
}

func TestExactStatistics(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{})
	require.Zero(t, f.describe("Things").Statistics)
	one := f.put("a", 1, attr.Map{"L": attr.Int(1), "Y": attr.S("not in all indexes")}).New
	two := f.put("a", 2, attr.Map{"G": attr.S("g"), "L": attr.Int(1), "X": attr.Int(5), "Y": attr.Int(5)}).New
	d := f.describe("Things")
	require.Equal(t, figures(one, two), d.Statistics)
	require.Equal(t, map[string]schema.Statistics{
		"ByL":    figures(one.Project("P", "K", "L"), two.Project("P", "K", "L")),
		"ByG":    figures(two),
		"ByGToo": figures(two.Project("P", "K", "G", "X")),
	}, d.Indexes)
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	require.Equal(t, figures(one, two), s.Table().Statistics)
	require.Equal(t, figures(one, two).SizeBytes, s.Size())

	_, err = f.table.Delete(key("a", 2))
	require.NoError(t, err)
	f.put("a", 1)
	d = f.describe("Things")
	require.Equal(t, figures(item("a", 1)), d.Statistics)
	require.Equal(t, map[string]schema.Statistics{"ByL": {}, "ByG": {}, "ByGToo": {}}, d.Indexes)
	require.Equal(t, figures(one, two), s.Table().Statistics, "a snapshot keeps those of its time")
}

func TestLaggingStatistics(t *testing.T) {
	const every = 6 * time.Hour
	f := newFixture(t, indexed("Things"), table.ServiceTiming())
	at := func(d time.Duration) { f.clock.Set(clock.Epoch.Add(d)) }
	one := f.put("a", 1, attr.Map{"G": attr.S("g")}).New
	inIndex := one.Project("P", "K", "G")
	requireFigures := func(want schema.Statistics, index schema.Statistics) {
		t.Helper()
		d := f.describe("Things")
		require.Equal(t, want, d.Statistics)
		require.Equal(t, index, d.Indexes["ByGToo"])
		s, err := f.table.Snapshot()
		require.NoError(t, err)
		require.Equal(t, want, s.Table().Statistics)
	}
	requireFigures(schema.Statistics{}, schema.Statistics{})
	at(every - tick)
	requireFigures(schema.Statistics{}, schema.Statistics{})
	at(every)
	requireFigures(figures(one), figures(inIndex))

	two := f.put("a", 2).New
	requireFigures(figures(one), figures(inIndex))
	at(2*every + time.Hour)
	three := f.put("a", 3, attr.Map{"G": attr.S("g")}).New // nobody has asked since they came due
	requireFigures(figures(one, two), figures(inIndex))
	at(3*every - tick)
	requireFigures(figures(one, two), figures(inIndex))
	d := f.describe("Things")
	d.Indexes["ByGToo"] = schema.Statistics{}
	at(9*every + time.Minute)
	requireFigures(figures(one, two, three), figures(inIndex, inIndex))
	_, err := f.store.Transact(table.Delete("Things", key("a", 1)), table.Delete("Things", key("a", 2)))
	require.NoError(t, err)
	requireFigures(figures(one, two, three), figures(inIndex, inIndex))
	at(10 * every)
	requireFigures(figures(three), figures(inIndex))
}

func TestStatisticsAreTheCallersOwn(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.ServiceTiming())
	f.put("a", 1, attr.Map{"G": attr.S("g")})
	f.clock.Advance(6 * time.Hour)
	want := f.describe("Things").Indexes["ByGToo"]
	require.NotZero(t, want)
	f.describe("Things").Indexes["ByGToo"] = schema.Statistics{}
	require.Equal(t, want, f.describe("Things").Indexes["ByGToo"])
}

func TestStatisticsOfARestoredTableStartAtZero(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.ServiceTiming())
	f.put("a", 1)
	c := f.capture(snapshot.At)
	s, ok := c.Snapshot()
	require.True(t, ok)
	require.Zero(t, s.Table().Statistics)
	require.NoError(t, f.restore(s, "Copy"))
	require.Zero(t, f.describe("Copy").Statistics)
	f.clock.Advance(6 * time.Hour)
	require.Equal(t, figures(item("a", 1)), f.describe("Copy").Statistics)
}
