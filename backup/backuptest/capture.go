package backuptest

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

func captureChecks() []check {
	return []check{
		{
			Info: Info{"CaptureDescription", "a capture has the table's whole description",
				"a backup knows nothing else of its table, and a restore makes the new one of it"},
			run: captureDescription,
		},
		{
			Info: Info{"CaptureIndexes", "a capture has the table's indexes, with their items",
				"a restored table that has lost an index fails its first query"},
			needs: []Lack{Indexes}, run: captureIndexes,
		},
		{
			Info: Info{"LocalIndexes", "captures and restores have local indexes, with their items",
				"a restored table that has lost an index fails its first query"},
			needs: []Lack{Indexes, SortKeys}, run: localIndexes,
		},
		{
			Info: Info{"CaptureStatistics", "a capture has the table's item count and size, at the latest after some hours",
				"DescribeBackup shows them as the table's, and the backup's size is taken from them"},
			run: captureStatistics,
		},
		{
			Info: Info{"CaptureItems", "a capture has every item as it was stored, of all types and keys, up to the largest",
				"what a backup does not hold, no restore brings back"},
			run: captureItems,
		},
		{
			Info: Info{"CaptureSortKeys", "a capture has every item of a partition",
				"what a backup does not hold, no restore brings back"},
			needs: []Lack{SortKeys}, run: captureSortKeys,
		},
		{
			Info: Info{"CaptureInstant", "a capture asks for its cut once, and its instant lies between the calls around it",
				"backups are ordered, named and cut by that instant"},
			run: captureInstant,
		},
		{
			Info: Info{"CaptureAcknowledged", "a capture has what was acknowledged before it",
				"that a write is safe once it was acknowledged is what backups are for"},
			run: captureAcknowledged,
		},
		{
			Info: Info{"CaptureOneStep", "a capture takes instant and data in one step: no write begun after the instant is in",
				"a backup must not hold what was written after its request"},
			run: captureOneStep,
		},
		{
			Info: Info{"CaptureAmongWriters", "a capture among writers has all writes of each up to one, and none after it",
				"a backup with a hole in it is of no moment that ever was"},
			run: captureAmongWriters,
		},
		{
			Info: Info{"CaptureFrozen", "a capture does not change with its table, whatever becomes of that",
				"backups are kept for the day on which the table has been spoiled"},
			run: captureFrozen,
		},
	}
}

func captureDescription(t *trial) {
	d := simple("Things")
	d.BillingMode, d.Throughput = schema.Provisioned, schema.Throughput{Read: 3, Write: 2}
	t.create(d)
	s := t.state("Things")
	c, snap := t.capture("Things")
	if t.failed() {
		return
	}
	t.described("captured the table", "Capture.Table", c.Table(), d, s)
	t.described("captured the table", "Snapshot.Table", snap.Table(), d, s)
}

// described fails unless table tells all of a definition.
func (t *trial) described(did, which string, table *schema.Table, d schema.Definition, s schema.State) {
	if table == nil {
		t.fail(did+", and asked for "+which, "nothing", "its description")
		return
	}
	a := table.ARN
	for _, part := range []struct {
		name      string
		ok        bool
		saw, want any
	}{
		{"Name", table.Name == d.Name, table.Name, d.Name},
		{"ID", table.ID == s.ID, table.ID, s.ID},
		{"CreationTime", table.CreationTime.Equal(s.CreationTime), table.CreationTime, s.CreationTime},
		{"ARN", a.Table == d.Name && a.Region == t.store.Region() && a.Account == t.store.Account(), a,
			"that of the table, in the store's region and account"},
		{"KeySchema", slices.Equal(table.KeySchema, d.KeySchema), table.KeySchema, d.KeySchema},
		{"BillingMode", table.BillingMode == d.BillingMode, table.BillingMode, d.BillingMode},
		{"Throughput", table.Throughput == d.Throughput, table.Throughput, d.Throughput},
		{"GlobalIndexes", sameIndexes(table.GlobalIndexes, d.GlobalIndexes), table.GlobalIndexes, d.GlobalIndexes},
		{"LocalIndexes", sameIndexes(table.LocalIndexes, d.LocalIndexes), table.LocalIndexes, d.LocalIndexes},
		{"Attributes", maps.Equal(table.Attributes, d.Attributes), table.Attributes, d.Attributes},
	} {
		t.require(part.ok, did+", and asked for "+which+"()."+part.name,
			fmt.Sprintf("%v", part.saw), fmt.Sprintf("%v", part.want))
	}
}

func sameIndexes(a, b []schema.Index) bool {
	return slices.EqualFunc(a, b, func(x, y schema.Index) bool {
		return x.Name == y.Name && slices.Equal(x.KeySchema, y.KeySchema) && x.Projection.Equal(y.Projection)
	})
}

func captureIndexes(t *trial) {
	d := indexed("Things")
	t.create(d)
	s := t.state("Things")
	t.put("Things", coloured("a", "red"), coloured("b", "blue"), thing("colourless", 1), coloured("b", "red"))
	c, snap := t.capture("Things")
	if t.failed() {
		return
	}
	t.described("captured the table", "Capture.Table", c.Table(), d, s)
	t.inIndex("captured a table with indexes", snap, "Whole", coloured("a", "red"), coloured("b", "red"))
	t.inIndex("captured a table with indexes", snap, "Keys",
		coloured("a", "red").Project("id", "colour"), coloured("b", "red").Project("id", "colour"))
}

func localIndexes(t *trial) {
	d := sorted("Things")
	d.Attributes = schema.Attributes{"id": attr.TypeS, "n": attr.TypeN, "colour": attr.TypeS}
	d.LocalIndexes = []schema.Index{{
		Name: "ByColour", KeySchema: schema.Keys("id", "colour"), Projection: schema.Projection{Type: schema.ProjectKeysOnly},
	}}
	t.create(d)
	red, _ := coloured("a", "red").With(attr.Map{"n": attr.Int(1)})
	t.put("Things", red, thing("a", 2))
	c, s := t.capture("Things")
	if t.failed() {
		return
	}
	t.described("captured the table", "Capture.Table", c.Table(), d, t.state("Things"))
	t.inIndex("captured a table with a local index", s, "ByColour", red.Project("id", "n", "colour"))
	t.restore(s, "Restored")
	c, s = t.capture("Restored")
	if t.failed() {
		return
	}
	d.Name = "Restored"
	t.described("captured the table", "Capture.Table", c.Table(), d, t.state("Restored"))
	t.inIndex("restored a table with a local index, and captured it", s, "ByColour", red.Project("id", "n", "colour"))
}

// inIndex fails unless an index holds exactly the items wanted.
func (t *trial) inIndex(did string, s *snapshot.Snapshot, index string, want ...attr.Item) {
	if t.failed() {
		return
	}
	list, err := s.Items(snapshot.Query{Index: index})
	if t.worked(did+", and read index "+index, err) {
		t.same(did+", and read index "+index, itemsOf(byID, list), items{}.with(byID, want...))
	}
}

func captureStatistics(t *trial) {
	t.create(simple("Things"))
	want := items{}
	for i := range 20 {
		item := thing(fmt.Sprint(i), i*i)
		t.put("Things", item)
		want = want.with(byID, item)
	}
	t.drop("Things", key("7"))
	want = want.without(key("7"))
	figures := schema.Statistics{ItemCount: int64(len(want)), SizeBytes: want.size()}
	var saw schema.Statistics
	for range 4 { // the service takes them every six hours
		c, _ := t.capture("Things")
		if t.failed() || c.Table().Statistics == figures {
			return
		}
		saw = c.Table().Statistics
		t.hands.move(6 * time.Hour)
	}
	t.fail("captured a table whose items had not changed for 18 hours",
		fmt.Sprintf("%+v", saw), fmt.Sprintf("%+v", figures))
}

func captureItems(t *trial) {
	t.create(simple("Empty"))
	t.captured("made an empty table", "Empty", items{})
	t.create(simple("Varied"))
	t.put("Varied", varied()...)
	want := items{}.with(byID, varied()...)
	t.holds("stored items of all types", "Varied", byID, want)
	t.captured("stored items of all types", "Varied", want)
	for _, keys := range []struct {
		name   string
		of     attr.Type
		values []attr.Value
	}{
		{"Numbers", attr.TypeN, []attr.Value{
			attr.N("-1E+100"), attr.N("-1"), attr.N("0"), attr.N("0.5"), attr.N("10"), attr.N("9"),
		}},
		{"Binaries", attr.TypeB, []attr.Value{
			attr.B([]byte{0}), attr.B([]byte{0, 0}), attr.B([]byte{255}), attr.B([]byte("1")),
		}},
	} {
		d := simple(keys.name)
		d.Attributes = schema.Attributes{"id": keys.of}
		t.create(d)
		want := items{}
		for _, v := range keys.values {
			item, _ := attr.NewItem(attr.Map{"id": v, "more": attr.S("x")})
			t.put(keys.name, item)
			want = want.with(byID, item)
		}
		t.captured("stored items with keys of type "+keys.of.String(), keys.name, want)
	}
}

func captureSortKeys(t *trial) {
	d := sorted("Sorted")
	t.create(d)
	want := items{}
	for i := range 30 {
		item := thing(fmt.Sprint(i%3), i-15)
		t.put("Sorted", item)
		want = want.with(d.KeySchema, item)
	}
	t.drop("Sorted", attr.Key{Partition: attr.S("0"), Sort: attr.N("0")})
	want = want.without(attr.Key{Partition: attr.S("0"), Sort: attr.N("0")})
	t.captured("stored items with sort keys", "Sorted", want)
	_, s := t.capture("Sorted")
	t.restore(s, "Restored")
	t.holds("restored them", "Restored", d.KeySchema, want)
}

func captureInstant(t *trial) {
	t.create(simple("Things"))
	var last clock.Instant
	for i := range 10 {
		t.put("Things", thing("a", i))
		if i%3 == 0 {
			t.hands.move(time.Second)
		}
		if i == 7 {
			t.hands.move(-time.Hour)
		}
		var asked []clock.Instant
		before := t.store.Now()
		c := t.begin("Things", func(at clock.Instant) snapshot.Cut {
			asked = append(asked, at)
			return snapshot.At(at)
		})
		after := t.store.Now()
		if t.failed() {
			return
		}
		at := c.At()
		t.require(len(asked) == 1 && asked[0] == at, "captured the table with a function that chooses the cut",
			fmt.Sprintf("the capture of %v, and calls of the function with %v", at, asked),
			"one call, with the instant of the capture")
		t.require(!at.Time().Before(before) && !at.Time().After(after), "captured the table",
			fmt.Sprintf("the instant %v", at), fmt.Sprintf("one from %v to %v", before, after))
		t.require(at.After(last), "captured the table again, after a write", fmt.Sprintf("the instant %v", at),
			fmt.Sprintf("one after %v, that of the capture before", last))
		cut := c.Cut()
		t.require(slices.Equal(cut.Markers(), []clock.Instant{at}), "captured the table with a cut at the request",
			fmt.Sprintf("markers at %v", cut.Markers()), fmt.Sprintf("the marker %v", at))
		last = at
	}
}

func captureAcknowledged(t *trial) {
	t.create(simple("Things"))
	want := items{}
	for i := range 25 {
		item := thing(fmt.Sprint(i%7), i)
		t.put("Things", item)
		want = want.with(byID, item)
		if i%4 == 3 {
			gone := key(fmt.Sprint((i + 2) % 7))
			t.drop("Things", gone)
			want = want.without(gone)
		}
		t.captured(fmt.Sprintf("made %d writes", i+1), "Things", want)
		if i%5 == 0 {
			t.hands.move(time.Millisecond)
		}
	}
}

// yields is how often others get a chance to run, where a store may well have them wait and give no sign of it.
const yields = 200

func captureOneStep(t *trial) {
	t.create(simple("Things"))
	t.put("Things", thing("early", 1))
	want := items{}.with(byID, thing("early", 1))
	for i := range 5 {
		item := thing(fmt.Sprint("late", i), i)
		var late sync.WaitGroup
		var err error
		c := t.begin("Things", func(at clock.Instant) snapshot.Cut {
			late.Wait() // should it be called twice
			late.Go(func() { err = guarded(func() error { return t.store.Put(t.ctx, "Things", item) }) })
			for range yields {
				runtime.Gosched()
			}
			return snapshot.At(at)
		})
		late.Wait()
		s := t.taken("captured the table", c)
		if t.failed() || !t.worked("put an item while a capture was being taken", err) {
			return
		}
		t.same("captured the table, and began a write when the instant of the capture was known", itemsIn(s), want)
		want = want.with(byID, item)
	}
	t.captured("waited for those writes", "Things", want)
}

func captureFrozen(t *trial) {
	t.create(simple("Things"))
	t.put("Things", thing("a", 1), thing("b", 1), thing("c", 1))
	want := items{}.with(byID, thing("a", 1), thing("b", 1), thing("c", 1))
	read, s := t.capture("Things")
	unread := t.begin("Things", exactly)
	if t.failed() {
		return
	}
	id, figures := t.state("Things").ID, read.Table().Statistics
	unchanged := func(did string) {
		for _, c := range []*snapshot.Capture{read, unread} {
			if got := t.taken("captured the table", c); !t.failed() && c == read {
				t.same("captured the table, read the snapshot, "+did+", and read it again", itemsIn(got), want)
				t.same("captured the table, read the snapshot, "+did+", and read it again", itemsIn(s), want)
			} else if !t.failed() {
				t.same("captured the table, "+did+", and read the snapshot then", itemsIn(got), want)
			}
			t.require(c.Table().ID == id && c.Table().Name == "Things", "captured the table, "+did+", and asked which it was",
				fmt.Sprintf("%s with id %q", c.Table().Name, c.Table().ID), fmt.Sprintf("Things with id %q", id))
			t.require(c.Table().Statistics == figures, "captured the table, "+did+", and asked for its statistics",
				fmt.Sprintf("%+v", c.Table().Statistics), fmt.Sprintf("%+v, as when it was captured", figures))
		}
	}
	t.put("Things", thing("a", 2), thing("new", 1))
	t.drop("Things", key("b"))
	t.hands.move(time.Minute)
	if !t.failed() {
		unchanged("wrote to the table")
	}
	read, s = t.capture("Things")
	unread = t.begin("Things", exactly)
	if t.failed() {
		return
	}
	figures = read.Table().Statistics
	want = items{}.with(byID, thing("a", 2), thing("c", 1), thing("new", 1))
	t.remove("Things")
	if !t.failed() {
		unchanged("deleted the table")
	}
	t.create(simple("Things"))
	t.put("Things", thing("a", 3))
	if !t.failed() {
		unchanged("deleted the table and created it again")
	}
}
