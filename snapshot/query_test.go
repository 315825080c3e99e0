package snapshot_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

const badType = "One or more parameter values were invalid: Condition parameter type does not match schema type"

func TestQueryErrors(t *testing.T) {
	s := of(t, inIndex("a", 1, "x"))
	a, one := attr.S("a"), attr.Int(1)
	other := 0 // the half that a is not in
	if (snapshot.Segment{Total: 2}).Holds(a) {
		other = 1
	}
	segment := "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
	for _, test := range []struct {
		name  string
		query snapshot.Query
		want  string
	}{
		{"index", snapshot.Query{Index: "None"}, "The table does not have the specified index: None"},
		{"range alone", snapshot.Query{Sort: snapshot.AtLeast(one)}, "A range of sort keys needs a partition key"},
		{"prefix alone", snapshot.Query{Sort: snapshot.BeginsWith(a)}, "A range of sort keys needs a partition key"},
		{"segment past the end", snapshot.Query{Segment: snapshot.Segment{Index: 2, Total: 2}},
			segment + "Segment: 2 is not less than TotalSegments: 2"},
		{"segment before the start", snapshot.Query{Segment: snapshot.Segment{Index: -1, Total: 2}},
			segment + "Segment: -1 is not less than TotalSegments: 2"},
		{"segment of nothing", snapshot.Query{Segment: snapshot.Segment{Index: 1}},
			segment + "Segment: 1 is not less than TotalSegments: 0"},
		{"segment of less", snapshot.Query{Segment: snapshot.Segment{Index: 0, Total: -1}},
			segment + "Segment: 0 is not less than TotalSegments: -1"},
		{"segment of a partition", snapshot.Query{Partition: a, Segment: snapshot.Segment{Total: 2}},
			"A query of one partition has no segments"},
		{"partition type", snapshot.Query{Partition: one}, badType},
		{"index partition type", snapshot.Query{Index: "ByG", Partition: a}, badType},
		{"invalid partition", snapshot.Query{Partition: attr.N("x")}, "The parameter cannot be converted to a numeric value: x"},
		{"no value for the range", snapshot.Query{Partition: a, Sort: snapshot.Equal(attr.Value{})}, "A range of sort keys needs its values"},
		{"half a range", snapshot.Query{Partition: a, Sort: snapshot.Between(attr.Value{}, one)}, "A range of sort keys needs its values"},
		{"start elsewhere", snapshot.Query{Partition: a, After: attr.MustItem(attr.Map{"P": attr.S("b"), "K": one})},
			"The provided starting key is outside query boundaries based on provided conditions"},
		{"start in another segment", snapshot.Query{After: thing("a", 1), Segment: snapshot.Segment{Index: other, Total: 2}},
			fmt.Sprintf("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey "+
				"with correct Segment. TotalSegments: 2 Segment: %d", other)},
		{"lower type", snapshot.Query{Partition: a, Sort: snapshot.Above(a)}, badType},
		{"upper type", snapshot.Query{Partition: a, Sort: snapshot.Between(one, a)}, badType},
		{"no sort key", snapshot.Query{Index: "ByG", Partition: attr.B(nil), Sort: snapshot.AtMost(one)}, badType},
		{"prefix of a number", snapshot.Query{Partition: a, Sort: snapshot.BeginsWith(one)}, "BeginsWith takes a string or a binary"},
		{"prefix of nothing", snapshot.Query{Partition: a, Sort: snapshot.BeginsWith(attr.Value{})},
			"A range of sort keys needs its values"},
		{"start without a key", snapshot.Query{After: attr.MustItem(attr.Map{"P": a})}, "The provided starting key is invalid"},
		{"start of another type", snapshot.Query{After: attr.MustItem(attr.Map{"P": a, "K": a})},
			"The provided starting key is invalid"},
		{"start without index key", snapshot.Query{Index: "ByG", After: thing("a", 1)}, "The provided starting key is invalid"},
		{"start without table key", snapshot.Query{Index: "ByG", After: inIndex("a", 1, "x").Project("G")},
			"The provided starting key is invalid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := s.Page(test.query)
			requireRefused(t, err, exception.Validation, test.want)
			_, err = s.Items(test.query)
			requireRefused(t, err, exception.Validation, test.want)
		})
	}
}

func TestSegmentHoldsWhatItsScanFinds(t *testing.T) {
	var items []attr.Item
	for i := range 50 {
		items = append(items, inIndex(fmt.Sprint("p", i), 1, fmt.Sprint("g", i)))
	}
	s := of(t, items...)
	for index, partition := range map[string]string{"": "P", "ByG": "G"} {
		for _, total := range []int{1, 2, 7, 1_000_000} {
			segment := snapshot.Segment{Index: total / 2, Total: total}
			page, err := s.Page(snapshot.Query{Index: index, Segment: segment})
			require.NoError(t, err)
			for _, item := range items {
				v, _ := item.Lookup(partition)
				require.Equal(t, slices.Contains(page.Items, item), segment.Holds(v), "%v of %q", segment, index)
			}
		}
	}
	require.True(t, snapshot.Segment{}.Holds(attr.S("p")), "the zero Segment is everything")
	require.False(t, snapshot.Segment{Index: 2, Total: 2}.Holds(attr.S("p")))
	require.False(t, snapshot.Segment{Index: 1}.Holds(attr.S("p")))
}

func TestQueryLimits(t *testing.T) {
	s := of(t, thing("a", 1), thing("a", 2), thing("a", 3))
	for _, q := range []snapshot.Query{{Limit: -1}, {MaxBytes: -1}} {
		_, err := s.Page(q)
		requireRefused(t, err, exception.Validation, "Limit and MaxBytes must not be negative")
	}
	for _, q := range []snapshot.Query{{Limit: -1}, {MaxBytes: -1}, {Limit: 1}, {MaxBytes: 1}} {
		items, err := s.Items(q)
		require.NoError(t, err)
		require.Len(t, slices.Collect(items), 3, "Items has no limits")
	}
	size := thing("a", 1).Size()
	for maxBytes, want := range map[int]int{1: 1, size: 1, size + 1: 2, 2 * size: 2, 2*size + 1: 3, 9 * size: 3} {
		page, err := s.Page(snapshot.Query{MaxBytes: maxBytes})
		require.NoError(t, err)
		require.Len(t, page.Items, want, "%d bytes", maxBytes)
		require.Equal(t, want*size, page.Size)
		require.Equal(t, maxBytes > 3*size, page.Last.IsZero(), "%d bytes", maxBytes)
	}
	page, err := s.Page(snapshot.Query{Limit: 3, MaxBytes: 3 * size})
	require.NoError(t, err)
	require.Equal(t, thing("a", 3), page.Last, "a full page has a Last even if nothing follows")
	page, err = s.Page(snapshot.Query{After: page.Last})
	require.NoError(t, err)
	require.Zero(t, page)
}

func TestRanges(t *testing.T) {
	var items []attr.Item
	for k := int64(-3); k <= 3; k++ {
		items = append(items, thing("a", k), thing("b", k))
	}
	s := of(t, items...)
	n := attr.Int
	for _, test := range []struct {
		name     string
		r        snapshot.Range
		from, to int64
	}{
		{"all", snapshot.Range{}, -3, 3},
		{"equal", snapshot.Equal(n(1)), 1, 1},
		{"equal to none", snapshot.Equal(attr.N("0.5")), 1, 0},
		{"between", snapshot.Between(n(-2), n(2)), -2, 2},
		{"between others", snapshot.Between(attr.N("-1.5"), attr.N("1.5")), -1, 1},
		{"between, the wrong way", snapshot.Between(n(2), n(-2)), 1, 0},
		{"at least", snapshot.AtLeast(n(2)), 2, 3},
		{"above", snapshot.Above(n(2)), 3, 3},
		{"at most", snapshot.AtMost(n(-2)), -3, -2},
		{"below", snapshot.Below(n(-2)), -3, -3},
		{"beyond", snapshot.Above(n(3)), 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var want []attr.Item
			for k := test.from; k <= test.to; k++ {
				want = append(want, thing("a", k))
			}
			page, err := s.Page(snapshot.Query{Partition: attr.S("a"), Sort: test.r})
			require.NoError(t, err)
			require.Equal(t, want, page.Items)
			page, err = s.Page(snapshot.Query{Partition: attr.S("a"), Sort: test.r, Reverse: true})
			require.NoError(t, err)
			slices.Reverse(want)
			require.Equal(t, want, page.Items)
		})
	}
}

func TestBeginsWith(t *testing.T) {
	table := &schema.Table{
		KeySchema: schema.Keys("P", "K"), Attributes: schema.Attributes{"P": attr.TypeN, "K": attr.TypeB},
	}
	item := func(k string) attr.Item { return attr.MustItem(attr.Map{"P": attr.Int(0), "K": attr.B([]byte(k))}) }
	list := []attr.Item{item("\x00"), item("a"), item("a\x00"), item("a\xff"), item("b"), item("\xff"), item("\xff\xff")}
	s, err := snapshot.FromItems(table, snapshot.Cut{}, slices.Values(list))
	require.NoError(t, err)
	for prefix, want := range map[string][]attr.Item{
		"": list, "\x00": list[:1], "a": list[1:4], "a\x00": list[2:3], "a\xff": list[3:4], "\xff": list[5:], "c": nil,
	} {
		page, err := s.Page(snapshot.Query{Partition: attr.Int(0), Sort: snapshot.BeginsWith(attr.B([]byte(prefix)))})
		require.NoError(t, err)
		require.Equal(t, want, page.Items, "%q", prefix)
	}
}
