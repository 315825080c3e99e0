package wire_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
)

// where is a WHERE in words and as a function of an entry of what is read.
type where struct {
	text  string
	holds func(attr.Item) bool
}

// literal returns a value as a statement has it.
func literal(v attr.Value) string {
	if text, ok := v.Text(); ok {
		return "'" + text + "'"
	}
	n, _ := v.Number()
	return n
}

// where draws a WHERE of several conditions for a view.
func (v *viewed) where(w view, depth int) where {
	if n := v.IntN(8); depth > 0 && n < 5 {
		left, right := v.where(w, depth-1), v.where(w, depth-1)
		switch n {
		case 0:
			return where{"NOT (" + left.text + ")", func(e attr.Item) bool { return !left.holds(e) }}
		case 1:
			return where{"(" + left.text + " OR " + right.text + ")",
				func(e attr.Item) bool { return left.holds(e) || right.holds(e) }}
		}
		return where{"(" + left.text + " AND " + right.text + ")",
			func(e attr.Item) bool { return left.holds(e) && right.holds(e) }}
	}
	names := []string{w.partition, w.partition, w.sort, w.sort, w.sort, w.filters[v.IntN(len(w.filters))]}
	return v.comparison(names[v.IntN(len(names))])
}

// comparison draws a condition on one attribute.
func (v *viewed) comparison(name string) where {
	draw := v.drawer(name)
	switch v.IntN(4) {
	case 0:
		one := draw()
		return where{name + " = " + literal(one), func(e attr.Item) bool { w, _ := e.Lookup(name); return w == one }}
	case 1:
		list, texts := make([]attr.Value, 1+v.IntN(3)), []string{}
		for i := range list {
			list[i] = draw()
			texts = append(texts, literal(list[i]))
		}
		return where{name + " IN [" + strings.Join(texts, ", ") + "]",
			func(e attr.Item) bool { w, ok := e.Lookup(name); return ok && slices.Contains(list, w) }}
	case 2:
		if v.IntN(3) == 0 {
			one := draw()
			return where{name + " <> " + literal(one), func(e attr.Item) bool { w, _ := e.Lookup(name); return w != one }}
		}
	}
	c := v.condition(name, draw, ":")
	text := c.text
	for placeholder, value := range c.values {
		text = strings.ReplaceAll(text, placeholder, literal(value))
	}
	return where{text, func(e attr.Item) bool { w, ok := e.Lookup(name); return ok && c.holds(w) }}
}

// rows walks through the pages of a SELECT and returns the keys of what it finds.
func (v *viewed) rows(text string, limit int) (found []string) {
	const enough = 100 // pages; there are fewer items
	token := []any{}
	for range enough {
		more := token
		if limit > 0 {
			more = append([]any{"Limit", limit}, token...)
		}
		s := v.selects(text, more...)
		for _, item := range s.Items {
			found = append(found, fmt.Sprint(item["P"]["S"], item["K"]["N"]))
		}
		if s.NextToken == "" {
			return found
		}
		token = []any{"NextToken", s.NextToken}
	}
	require.Fail(v, "it does not end", text)
	return nil
}

// ordering is an ORDER BY; 0 is an attribute that it does not have.
type ordering struct {
	partition, sort int // 1: ascending, -1: descending
}

func (v *viewed) ordering() ordering {
	return []ordering{{0, 0}, {0, 1}, {0, -1}, {1, -1}, {-1, 1}}[v.IntN(5)]
}

// clause returns the ORDER BY for a view.
func (o ordering) clause(w view) string {
	direction := map[int]string{1: " ASC", -1: " DESC"}
	switch {
	case o.sort == 0:
		return ""
	case o.partition == 0:
		return " ORDER BY " + w.sort + direction[o.sort]
	}
	return " ORDER BY " + w.partition + direction[o.partition] + ", " + w.sort + direction[o.sort]
}

// sorts reports whether entries are in order.
func (o ordering) sorts(w view, entries []attr.Item) bool {
	return o.sort == 0 || slices.IsSortedFunc(entries, func(a, b attr.Item) int {
		return cmp.Or(compareBy(a, b, w.partition)*o.partition, compareBy(a, b, w.sort)*o.sort)
	})
}

// Whatever the WHERE is, of a table or of an index, in whatever order and however small the pages are, a SELECT finds
// the items for which it is true, each of them once.
func TestSelectAgainstAModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	v := newViewed(t, seed)
	found := 0
	for range 1000 {
		w, o := views[v.IntN(len(views))], v.ordering()
		where := v.where(w, 3)
		if v.IntN(2) == 0 {
			more, p := where, v.letter()
			where.text = w.partition + " = " + literal(p) + " AND " + more.text
			where.holds = func(e attr.Item) bool { w, _ := e.Lookup(w.partition); return w == p && more.holds(e) }
		}
		text := "SELECT P, K FROM Viewed WHERE " + where.text + o.clause(w)
		if w.index != "" {
			text = strings.Replace(text, "Viewed", `Viewed."`+w.index+`"`, 1)
		}
		if w.index == "Local" && v.IntN(2) == 0 { // which the index does not have
			text = strings.Replace(text, "P, K", "P, K, Y", 1)
		}
		if status, answer := v.do("ExecuteStatement", statement(text)); status != 200 {
			require.Regexp(t, "Overlapping conditions|Must have at least one|Must have hash key|Too many decomposed", answer, text)
			continue
		}
		got := v.rows(text, 0)
		require.Equal(t, got, v.rows(text, 1+v.IntN(4)), text)
		want, places := v.keep(w, where)
		entries := make([]attr.Item, len(got))
		for i, key := range got {
			entries[i] = places[key]
		}
		require.True(t, o.sorts(w, entries), text)
		require.ElementsMatch(t, want, got, text)
		found += len(got)
	}
	require.Positive(t, found)
}

// keep returns the keys of those entries of a view that a WHERE is true of, and all entries by their keys.
func (v *viewed) keep(w view, where where) (keys []string, entries map[string]attr.Item) {
	entries = make(map[string]attr.Item)
	for _, e := range v.entries(w) {
		p, _ := e[0].Lookup("P")
		k, _ := e[0].Lookup("K")
		key := strings.Trim(literal(p), "'") + literal(k)
		if entries[key] = e[0]; where.holds(e[0]) {
			keys = append(keys, key)
		}
	}
	return keys, entries
}
