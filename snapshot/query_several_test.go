package snapshot_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// matches returns a snapshot with an index whose key has two partition attributes, Cup and Area, and three sort
// attributes, Stage, Round and Court; Round is a number.
func matches(t *testing.T) *snapshot.Snapshot {
	table := &schema.Table{
		KeySchema: schema.Keys("Id"),
		Attributes: schema.Attributes{"Id": attr.TypeN, "Cup": attr.TypeS, "Area": attr.TypeS, "Stage": attr.TypeS,
			"Round": attr.TypeN, "Court": attr.TypeS},
		GlobalIndexes: []schema.Index{{
			Name: "ByRound", Projection: schema.Projection{Type: schema.ProjectAll}, KeySchema: schema.KeySchema{
				{Name: "Cup", Type: schema.Hash}, {Name: "Area", Type: schema.Hash},
				{Name: "Stage", Type: schema.Range}, {Name: "Round", Type: schema.Range}, {Name: "Court", Type: schema.Range},
			},
		}},
	}
	var items []attr.Item
	for id, m := range []struct {
		cup, area, stage string
		round            int64
		court            string
	}{
		{"winter", "north", "group", 10, "a"}, {"winter", "north", "group", 2, "b"}, {"winter", "north", "group", 10, "b"},
		{"winter", "north", "knock-out", 1, "a"}, {"winter", "south", "group", 1, "a"}, {"winterno", "rth", "group", 1, "a"},
	} {
		items = append(items, attr.MustItem(attr.Map{"Id": attr.Int(int64(id)), "Cup": attr.S(m.cup), "Area": attr.S(m.area),
			"Stage": attr.S(m.stage), "Round": attr.Int(m.round), "Court": attr.S(m.court)}))
	}
	s, err := snapshot.FromItems(table, snapshot.At(clock.EndOf(clock.Epoch)), slices.Values(items))
	require.NoError(t, err)
	return s
}

func texts(values ...string) (list []attr.Value) {
	for _, v := range values {
		list = append(list, attr.S(v))
	}
	return list
}

func TestQueryOfSeveralAttributes(t *testing.T) {
	s := matches(t)
	group, ten := texts("group")[0], attr.Int(10)
	for _, test := range []struct {
		name   string
		prefix []attr.Value
		sort   snapshot.Range
		want   []int64
	}{
		{"the partition", nil, snapshot.Range{}, []int64{1, 0, 2, 3}},
		{"one value", nil, snapshot.Equal(group), []int64{1, 0, 2}},
		{"a range of the first", nil, snapshot.Above(group), []int64{3}},
		{"a prefix of the first", nil, snapshot.BeginsWith(attr.S("g")), []int64{1, 0, 2}},
		{"a range of the second", texts("group"), snapshot.Between(attr.Int(3), ten), []int64{0, 2}},
		{"below", texts("group"), snapshot.Below(ten), []int64{1}},
		{"a range of the last", []attr.Value{group, ten}, snapshot.AtMost(attr.S("a")), []int64{0}},
		{"all of them", []attr.Value{group, ten}, snapshot.Equal(attr.S("b")), []int64{2}},
		{"values alone", []attr.Value{group, ten}, snapshot.Range{}, []int64{0, 2}},
		{"nothing", texts("final"), snapshot.Range{}, nil},
	} {
		q := snapshot.Query{Index: "ByRound", Partition: attr.S("winter"), Others: texts("north"), Prefix: test.prefix, Sort: test.sort}
		for _, limit := range []int{0, 1, 2} {
			q.Limit, q.Reverse, q.After = limit, false, attr.Item{}
			require.Equal(t, test.want, idsOf(t, s, q), test.name)
			q.Reverse = true
			backwards := slices.Clone(test.want)
			slices.Reverse(backwards)
			require.Equal(t, backwards, idsOf(t, s, q), test.name)
		}
	}
}

// idsOf returns what all pages of a query have.
func idsOf(t *testing.T, s *snapshot.Snapshot, q snapshot.Query) (ids []int64) {
	for {
		page, err := s.Page(q)
		require.NoError(t, err)
		for _, item := range page.Items {
			v, _ := item.Lookup("Id")
			text, _ := v.Number()
			ids = append(ids, int64(text[0]-'0'))
		}
		if q.After = page.Last; q.After.IsZero() {
			return ids
		}
	}
}

func TestSegmentsOfSeveralAttributes(t *testing.T) {
	s := matches(t)
	var all []int64
	for i := range 3 {
		segment := snapshot.Segment{Index: i, Total: 3}
		page, err := s.Page(snapshot.Query{Index: "ByRound", Segment: segment})
		require.NoError(t, err)
		for _, item := range page.Items {
			cup, _ := item.Lookup("Cup")
			area, _ := item.Lookup("Area")
			require.True(t, segment.Holds(cup, area))
		}
		all = append(all, idsOf(t, s, snapshot.Query{Index: "ByRound", Segment: segment, Limit: 1})...)
	}
	slices.Sort(all)
	require.Equal(t, []int64{0, 1, 2, 3, 4, 5}, all)
}

func TestQueriesThatDoNotFitSeveralAttributes(t *testing.T) {
	s := matches(t)
	winter, north := attr.S("winter"), texts("north")
	elsewhere := attr.MustItem(attr.Map{"Id": attr.Int(1), "Cup": winter, "Area": attr.S("south"), "Stage": winter,
		"Round": attr.Int(1), "Court": winter})
	for _, test := range []struct {
		name  string
		query snapshot.Query
		want  string
	}{
		{"one partition attribute lacks", snapshot.Query{Partition: winter},
			"A query needs a value for each of the 2 partition attributes"},
		{"one too many", snapshot.Query{Partition: winter, Others: texts("north", "east")},
			"A query needs a value for each of the 2 partition attributes"},
		{"its value lacks", snapshot.Query{Partition: winter, Others: []attr.Value{{}}},
			"A query of several key attributes needs their values"},
		{"another type", snapshot.Query{Partition: winter, Others: []attr.Value{attr.Int(1)}}, badType},
		{"the first lacks", snapshot.Query{Others: north}, "A range of sort keys needs a partition key"},
		{"a prefix of another type", snapshot.Query{Partition: winter, Others: north, Prefix: []attr.Value{attr.Int(1)}}, badType},
		{"a prefix too long", snapshot.Query{Partition: winter, Others: north,
			Prefix: []attr.Value{winter, attr.Int(1), winter, winter}}, badType},
		{"a range behind the end", snapshot.Query{Partition: winter, Others: north, Prefix: []attr.Value{winter, attr.Int(1), winter},
			Sort: snapshot.Equal(winter)}, badType},
		{"a start in another partition", snapshot.Query{Partition: winter, Others: north, After: elsewhere},
			"The provided starting key is outside query boundaries based on provided conditions"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.query.Index = "ByRound"
			_, err := s.Page(test.query)
			requireRefused(t, err, exception.Validation, test.want)
		})
	}
	_, err := s.Page(snapshot.Query{Partition: attr.Int(1), Others: north})
	requireRefused(t, err, exception.Validation, "A query needs a value for each of the 1 partition attributes")
}
