package wire_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
)

// view is a table or an index of the random test: what it is ordered by and what it holds. Filters and selections are
// those that it must accept.
type view struct {
	index           string
	partition, sort string
	holds           []string // nil: all
	filters         []string // of a Query; a Scan may have any
	projections     []string
	selections      []string
}

var views = []view{
	{partition: "P", sort: "K", filters: []string{"X", "Y", "G"}, projections: []string{"K", "X, M.a, P", "Y"},
		selections: []string{"ALL_ATTRIBUTES"}},
	{index: "Local", partition: "P", sort: "D", holds: []string{"P", "K", "D", "X"}, filters: []string{"X", "K"},
		projections: []string{"X", "Y, D", "M.a"}, selections: []string{"ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"}},
	{index: "Keys", partition: "G", sort: "D", holds: []string{"P", "K", "G", "D"}, filters: []string{"P", "K"},
		projections: []string{"P", "G, K"}, selections: []string{"ALL_PROJECTED_ATTRIBUTES"}},
	{index: "All", partition: "H", sort: "T", filters: []string{"X", "Y", "D"}, projections: []string{"T, M.a", "Y"},
		selections: []string{"ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"}},
}

const viewedTable = `{'TableName': 'Viewed', 'BillingMode': 'PAY_PER_REQUEST', 'AttributeDefinitions': [
		{'AttributeName': 'P', 'AttributeType': 'S'}, {'AttributeName': 'K', 'AttributeType': 'N'},
		{'AttributeName': 'D', 'AttributeType': 'N'}, {'AttributeName': 'G', 'AttributeType': 'S'},
		{'AttributeName': 'H', 'AttributeType': 'S'}, {'AttributeName': 'T', 'AttributeType': 'S'}],
	'KeySchema': [{'AttributeName': 'P', 'KeyType': 'HASH'}, {'AttributeName': 'K', 'KeyType': 'RANGE'}],
	'LocalSecondaryIndexes': [{'IndexName': 'Local',
		'Projection': {'ProjectionType': 'INCLUDE', 'NonKeyAttributes': ['X']},
		'KeySchema': [{'AttributeName': 'P', 'KeyType': 'HASH'}, {'AttributeName': 'D', 'KeyType': 'RANGE'}]}],
	'GlobalSecondaryIndexes': [{'IndexName': 'Keys', 'Projection': {'ProjectionType': 'KEYS_ONLY'},
			'KeySchema': [{'AttributeName': 'G', 'KeyType': 'HASH'}, {'AttributeName': 'D', 'KeyType': 'RANGE'}]},
		{'IndexName': 'All', 'Projection': {'ProjectionType': 'ALL'},
			'KeySchema': [{'AttributeName': 'H', 'KeyType': 'HASH'}, {'AttributeName': 'T', 'KeyType': 'RANGE'}]}]}`

// viewed has an API with random items, and the same items in a list.
type viewed struct {
	*endpoint
	*rand.Rand
	items []attr.Item
}

func newViewed(t *testing.T, seed uint64) *viewed {
	v := &viewed{endpoint: newEndpoint(t), Rand: rand.New(rand.NewPCG(seed, 0))}
	v.ok("CreateTable", viewedTable)
	for _, p := range []string{"a", "b", "c"} {
		for k := range 20 {
			m := attr.Map{"P": attr.S(p), "K": attr.Int(int64(k - 10))}
			for name, draw := range map[string]func() attr.Value{
				"D": v.number, "X": v.number, "Y": v.number, "G": v.letter, "H": v.letter,
				"T": func() attr.Value { return attr.S(v.text()) },
				"M": func() attr.Value { return attr.M(attr.Map{"a": v.number(), "b": v.number()}) },
			} {
				if v.IntN(4) > 0 {
					m[name] = draw()
				}
			}
			item := attr.MustItem(m)
			v.items = append(v.items, item)
			v.ok("PutItem", `{'TableName': 'Viewed', 'Item': `+item.String()+`}`)
		}
	}
	return v
}

func (v *viewed) number() attr.Value { return attr.Int(int64(v.IntN(7) - 3)) }
func (v *viewed) letter() attr.Value { return attr.S(string(rune('a' + v.IntN(3)))) }

func (v *viewed) text() string {
	text := v.letter()
	first, _ := text.Text()
	if v.IntN(2) == 0 {
		return first
	}
	return first + v.text()
}

// entries are what a view holds, in order within each partition, with the items of the table that they stand for.
func (v *viewed) entries(w view) (list [][2]attr.Item) {
	for _, item := range v.items {
		_, in := item.Lookup(w.partition)
		if _, also := item.Lookup(w.sort); !in || !also {
			continue
		}
		entry := item
		if w.holds != nil {
			entry = item.Project(w.holds...)
		}
		list = append(list, [2]attr.Item{entry, item})
	}
	slices.SortStableFunc(list, func(a, b [2]attr.Item) int {
		return cmp.Or(compareBy(a[0], b[0], w.sort), compareBy(a[0], b[0], "P"), compareBy(a[0], b[0], "K"))
	})
	return list
}

func compareBy(a, b attr.Item, name string) int {
	v, _ := a.Lookup(name)
	w, _ := b.Lookup(name)
	c, _ := v.Compare(w)
	return c
}

// test is a condition in words and as a function of what it is about.
type test struct {
	text   string
	values map[string]attr.Value
	holds  func(attr.Value) bool
}

// condition draws a condition on an attribute.
func (v *viewed) condition(name string, draw func() attr.Value, prefix string) test {
	lower, upper := draw(), draw()
	if c, _ := lower.Compare(upper); c > 0 {
		lower, upper = upper, lower
	}
	order := func(w attr.Value) int { c, _ := w.Compare(lower); return c }
	one := attr.Map{prefix + "l": lower}
	list := []test{
		{name + " = " + prefix + "l", one, func(w attr.Value) bool { return order(w) == 0 }},
		{name + " < " + prefix + "l", one, func(w attr.Value) bool { return order(w) < 0 }},
		{name + " <= " + prefix + "l", one, func(w attr.Value) bool { return order(w) <= 0 }},
		{name + " > " + prefix + "l", one, func(w attr.Value) bool { return order(w) > 0 }},
		{prefix + "l <= " + name, one, func(w attr.Value) bool { return order(w) >= 0 }},
		{name + " BETWEEN " + prefix + "l AND " + prefix + "u", attr.Map{prefix + "l": lower, prefix + "u": upper},
			func(w attr.Value) bool { c, _ := w.Compare(upper); return order(w) >= 0 && c <= 0 }},
	}
	if start, ok := lower.Text(); ok {
		list = append(list, test{"begins_with(" + name + ", " + prefix + "l)", one, func(w attr.Value) bool {
			text, _ := w.Text()
			return strings.HasPrefix(text, start)
		}})
	}
	return list[v.IntN(len(list))]
}

func (v *viewed) drawer(name string) func() attr.Value {
	switch name {
	case "T":
		return func() attr.Value { return attr.S(v.text()) }
	case "P", "G", "H":
		return v.letter
	}
	return v.number
}

// round is one random request, and what it must find.
type round struct {
	members        []string
	values         attr.Map
	limit, segment int
	want           []attr.Item // what is found, in its order
	scanned        int
}

func (r *round) add(format string, args ...any) {
	r.members = append(r.members, fmt.Sprintf(format, args...))
}

// read draws what to read of w, which is all in a Scan, and returns it.
func (v *viewed) read(w view, operation string, r *round) (entries [][2]attr.Item) {
	entries = v.entries(w)
	if w.index != "" {
		r.add("'IndexName': '%s'", w.index)
	}
	if operation == "Scan" {
		return entries
	}
	partition := v.letter()
	r.values[":p"] = partition
	text, matches := w.partition+" = :p", func(attr.Value) bool { return true }
	if v.IntN(2) == 0 {
		c := v.condition(w.sort, v.drawer(w.sort), ":s")
		text, matches = text+" AND "+c.text, c.holds
		for name, value := range c.values {
			r.values[name] = value
		}
	}
	r.add("'KeyConditionExpression': '%s'", text)
	entries = slices.DeleteFunc(entries, func(e [2]attr.Item) bool {
		p, _ := e[0].Lookup(w.partition)
		s, _ := e[0].Lookup(w.sort)
		return p != partition || !matches(s)
	})
	if v.IntN(2) == 0 {
		r.add("'ScanIndexForward': false")
		slices.Reverse(entries)
	}
	return entries
}

// draw draws a request and works out its answer the slow way.
func (v *viewed) draw(w view, operation string) *round {
	r := &round{values: attr.Map{}}
	entries := v.read(w, operation, r)
	r.scanned = len(entries)
	if r.limit = v.IntN(9); r.limit > 0 {
		r.add("'Limit': %d", r.limit)
	}
	if v.IntN(2) == 0 {
		filters := w.filters
		if operation == "Scan" {
			filters = []string{"P", "K", "D", "X", "Y", "T"}
		}
		name := filters[v.IntN(len(filters))]
		c := v.condition(name, v.drawer(name), ":f")
		r.add("'FilterExpression': '%s'", c.text)
		for name, value := range c.values {
			r.values[name] = value
		}
		entries = slices.DeleteFunc(entries, func(e [2]attr.Item) bool {
			value, ok := e[0].Lookup(name) // what is not in the index is not there
			return !ok || !c.holds(value)
		})
	}
	if len(r.values) > 0 {
		r.add("'ExpressionAttributeValues': %s", attr.MustItem(r.values))
	}
	selected := func(e [2]attr.Item) attr.Item { return e[0] }
	switch v.IntN(4) {
	case 0:
		text := w.projections[v.IntN(len(w.projections))]
		r.add("'ProjectionExpression': '%s'", text)
		selected = func(e [2]attr.Item) attr.Item { return naiveProjection(e[1], text) }
	case 1:
		selection := w.selections[v.IntN(len(w.selections))]
		r.add("'Select': '%s'", selection)
		if selection == "ALL_ATTRIBUTES" {
			selected = func(e [2]attr.Item) attr.Item { return e[1] }
		}
	}
	for _, e := range entries {
		r.want = append(r.want, selected(e))
	}
	return r
}

func naiveProjection(item attr.Item, text string) attr.Item {
	m := attr.Map{}
	for _, path := range strings.Split(text, ", ") {
		name, field, nested := strings.Cut(path, ".")
		value, ok := item.Lookup(name)
		if ok && nested {
			if value, ok = value.Lookup(field); ok {
				value = attr.M(attr.Map{field: value})
			}
		}
		if ok {
			m[name] = value
		}
	}
	return attr.MustItem(m)
}

// TestReadsAgainstAModel walks through the pages of random queries and scans and compares them with a list that is
// filtered and sorted.
func TestReadsAgainstAModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	v := newViewed(t, seed)
	for range 300 {
		operation := []string{"Query", "Scan"}[v.IntN(2)]
		r := v.draw(views[v.IntN(len(views))], operation)
		request := `{'TableName': 'Viewed', ` + strings.Join(r.members, ", ")
		request = strings.TrimSuffix(request, ", ")
		list := v.pages(operation, request)
		var got []attr.Item
		scanned := 0
		for i, p := range list {
			require.Len(t, p.Items, p.Count, request)
			if last := i == len(list)-1; r.limit > 0 {
				require.Equal(t, !last, p.ScannedCount == r.limit, "page %d of %s", i, request)
			}
			got, scanned = append(got, p.Items...), scanned+p.ScannedCount
		}
		require.Equal(t, r.scanned, scanned, request)
		if operation == "Scan" {
			sortItems(got)
			sortItems(r.want)
		}
		require.Equal(t, texts(r.want), texts(got), request)
		var count page
		if !strings.Contains(request, "Select") && !strings.Contains(request, "Projection") && r.limit == 0 {
			require.NoError(t, json.Unmarshal([]byte(v.ok(operation, request+`, 'Select': 'COUNT'}`)), &count))
			require.Equal(t, page{Count: len(r.want), ScannedCount: r.scanned}, count)
		}
	}
}

func sortItems(items []attr.Item) {
	slices.SortFunc(items, func(a, b attr.Item) int { return strings.Compare(a.String(), b.String()) })
}

func texts(items []attr.Item) (list []string) {
	for _, item := range items {
		list = append(list, item.String())
	}
	return list
}
