package capacity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/schema"
)

// units is an amount as answers have it.
func units(u capacity.Units) string { return string(u.AppendJSON(nil)) }

func TestReadsCostHalvesOfUnitsForFourKilobytes(t *testing.T) {
	for size, want := range map[int][3]string{
		0:       {"0.5", "1.0", "2.0"},
		1:       {"0.5", "1.0", "2.0"},
		4096:    {"0.5", "1.0", "2.0"},
		4097:    {"1.0", "2.0", "4.0"},
		409600:  {"50.0", "100.0", "200.0"},
		1048577: {"128.5", "257.0", "514.0"},
	} {
		got := [3]string{
			units(capacity.Read(size, capacity.Eventual)),
			units(capacity.Read(size, capacity.Strong)),
			units(capacity.Read(size, capacity.Transactional)),
		}
		require.Equal(t, want, got, "%d bytes", size)
	}
}

func TestWritesCostAUnitForAKilobyte(t *testing.T) {
	for size, want := range map[int]string{0: "1.0", 1: "1.0", 1024: "1.0", 1025: "2.0", 409600: "400.0"} {
		require.Equal(t, want, units(capacity.Write(size)), "%d bytes", size)
	}
}

// indexed is a table with an index of each kind, whose entries hold the keys and the attribute kept, and another one
// that holds everything.
func indexed() *schema.Table {
	part := schema.Projection{Type: schema.ProjectInclude, NonKey: []string{"kept"}}
	return &schema.Table{
		Name: "indexed", KeySchema: schema.Keys("p", "s"),
		Attributes: schema.Attributes{
			"p": attr.TypeS, "s": attr.TypeS, "l": attr.TypeS, "g": attr.TypeS, "all": attr.TypeN,
		},
		LocalIndexes: []schema.Index{{Name: "local", KeySchema: schema.Keys("p", "l"), Projection: part}},
		GlobalIndexes: []schema.Index{
			{Name: "part", KeySchema: schema.Keys("g"), Projection: part},
			{Name: "whole", KeySchema: schema.Keys("all"), Projection: schema.Projection{Type: schema.ProjectAll}},
		},
	}
}

// item makes an item of pairs of names and values. A number after a name is how long its text is.
func item(pairs ...any) attr.Item {
	m := attr.Map{"p": attr.S("p"), "s": attr.S("s")}
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i].(string)
		switch v := pairs[i+1].(type) {
		case int:
			m[name] = attr.S(strings.Repeat("x", v))
		case string:
			m[name] = attr.S(v)
		case attr.Value:
			m[name] = v
		}
	}
	return attr.MustItem(m)
}

func TestWritesCostWhatBecomesOfTheEntriesOfIndexes(t *testing.T) {
	none := attr.Item{}
	for name, c := range map[string]struct {
		old, now                  attr.Item
		table, local, part, whole string
	}{
		"a delete of nothing":          {none, none, "1.0", "", "", ""},
		"a new item in no index":       {none, item(), "1.0", "", "", ""},
		"a new item in every index":    {none, item("l", "l", "g", "g", "all", attr.N("1")), "1.0", "1.0", "1.0", "1.0"},
		"the larger one of both":       {item("other", 3000), item(), "3.0", "", "", ""},
		"an index holds less":          {none, item("g", "g", "other", 3000), "3.0", "", "1.0", ""},
		"an index holds everything":    {none, item("all", attr.N("1"), "other", 3000), "3.0", "", "", "3.0"},
		"the same again":               {item("g", "g", "kept", 3000), item("g", "g", "kept", 3000), "3.0", "", "", ""},
		"what an index does not hold":  {item("g", "g", "other", "a"), item("g", "g", "other", "b"), "1.0", "", "", ""},
		"an entry grows":               {item("g", "g"), item("g", "g", "kept", 3000), "3.0", "", "3.0", ""},
		"an entry shrinks":             {item("g", "g", "kept", 3000), item("g", "g"), "3.0", "", "3.0", ""},
		"an entry changes":             {item("g", "g", "kept", 1500), item("g", "g", "kept", 1501), "2.0", "", "2.0", ""},
		"an entry moves":               {item("g", "a", "kept", 1500), item("g", "b", "kept", 1500), "2.0", "", "4.0", ""},
		"an entry moves and shrinks":   {item("g", "a", "kept", 3000), item("g", "b"), "3.0", "", "4.0", ""},
		"a local entry moves":          {item("l", "a", "kept", 3000), item("l", "b"), "3.0", "4.0", "", ""},
		"an item leaves an index":      {item("g", "g", "kept", 3000), item("kept", 3000), "3.0", "", "3.0", ""},
		"a delete":                     {item("g", "g", "kept", 3000), none, "3.0", "", "3.0", ""},
		"a value that no key can have": {none, item("all", "text"), "1.0", "", "", ""},
		"equal numbers are the same":   {item("all", attr.N("1")), item("all", attr.N("1.0")), "1.0", "", "", ""},
	} {
		got := capacity.Change(indexed(), c.old, c.now)
		at := func(of []capacity.Units, i int) string {
			if of == nil || of[i] == 0 {
				return ""
			}
			return units(of[i])
		}
		require.Equal(t, [4]string{c.table, c.local, c.part, c.whole},
			[4]string{units(got.Table), at(got.Local, 0), at(got.Global, 0), at(got.Global, 1)}, name)
	}
}

func TestConsumptionAddsUp(t *testing.T) {
	d := indexed()
	var all capacity.Consumption
	all.Add(capacity.Change(d, attr.Item{}, item("l", "l")))
	all.Add(capacity.Change(d, attr.Item{}, item("g", "g", "kept", 2000)))
	require.Equal(t, "6.0", units(all.Total()))
	transacted := all.Transacted()
	require.Equal(t, "9.0", units(transacted.Total()))
	require.Equal(t, "6.0", units(transacted.Table))
	require.Equal(t, all.Global, transacted.Global)
	require.Equal(t, "6.0", units(all.Total()), "it is as it was")
}

var start = time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)

// spend takes units one by one until there is nothing left, and returns how many there were.
func spend(b *capacity.Bucket, now time.Time) (n int) {
	for b.Open(now) && n < 100_000 {
		b.Take(capacity.One, now)
		n++
	}
	return n
}

func TestABucketKeepsFiveMinutes(t *testing.T) {
	now := start
	b := capacity.NewBucket(5, now)
	require.Equal(t, 5, spend(&b, now), "a new table has a second's worth")
	require.Equal(t, 0, spend(&b, now.Add(-time.Hour)), "time that goes back brings nothing")
	for _, step := range []struct {
		wait time.Duration
		want int
	}{
		{time.Second, 5},
		{10 * time.Second, 50},
		{0, 0},
		{300 * time.Second, 1500},
		{time.Hour, 1500},
		{100 * 365 * 24 * time.Hour, 1500},
	} {
		now = now.Add(step.wait)
		require.Equal(t, step.want, spend(&b, now), "after %v", step.wait)
	}
	long := capacity.NewBucket(5, start)
	require.Equal(t, 55, spend(&long, start.Add(10*time.Second)), "what has come together before the first use")
}

func TestABucketPaysItsDebtFirst(t *testing.T) {
	now := start
	b := capacity.NewBucket(10, now)
	b.Take(100*capacity.One, now) // one large item
	for range 9 {
		require.False(t, b.Open(now))
		now = now.Add(time.Second)
	}
	require.False(t, b.Open(now), "just paid")
	b.Take(-2*capacity.One, now) // given back
	require.Equal(t, 2, spend(&b, now))
	require.True(t, b.Open(now.Add(time.Microsecond)), "the least of it is enough")
}

func TestARateCanChange(t *testing.T) {
	now := start
	b := capacity.NewBucket(1, now)
	require.Equal(t, 1, spend(&b, now))
	b.SetRate(10, now)
	require.Equal(t, 9, spend(&b, now), "more at once")
	now = now.Add(time.Hour)
	require.True(t, b.Open(now))
	b.SetRate(2, now)
	require.Equal(t, 600, spend(&b, now), "what there is room for")
	b.SetRate(0, now)
	require.Equal(t, 100_000, spend(&b, now), "without bounds")
	b.SetRate(3, now)
	require.Equal(t, 3, spend(&b, now))
	huge := capacity.NewBucket(1<<62, start)
	require.Equal(t, 100_000, spend(&huge, start.Add(time.Hour)))
	var none capacity.Bucket
	require.True(t, none.Open(now))
}

func TestABucketLosesNoFractions(t *testing.T) {
	now := start
	b := capacity.NewBucket(7, now)
	spend(&b, now)
	total := 0
	for range 1000 {
		now = now.Add(time.Second / 3)
		total += spend(&b, now)
	}
	require.InDelta(t, 7*1000/3, total, 1)
}
