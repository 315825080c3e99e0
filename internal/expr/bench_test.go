package expr_test

import (
	"strconv"
	"testing"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

const benchItem = `{"pk":"customer#0000001","sk":20240115120000,"mail":"a.n.other@example.com","active":true,
		"visits":41,
	"tags":{"$SS":["blue","green","red"]},"parts":[{"sku":"a-1","price":9.99},{"sku":"b-2","price":125.5}]}`

var conditions = []struct{ name, text string }{
	{"simple", "visits < :10"},
	{"exists", "attribute_not_exists(pk)"},
	{"path", "parts[1].price > :10"},
	{"size", "size(tags) > :2"},
	{"logic", "active = :true AND (visits > :10 OR contains(tags, :a)) AND NOT begins_with(mail, :b)"},
}

func BenchmarkParseCondition(b *testing.B) {
	for _, bench := range conditions {
		b.Run(bench.name, func(b *testing.B) {
			p := params(b, bench.text)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := expr.ParseCondition("ConditionExpression", bench.text, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkHolds(b *testing.B) {
	it := item(b, benchItem)
	for _, bench := range conditions {
		b.Run(bench.name, func(b *testing.B) {
			c, err := expr.ParseCondition("ConditionExpression", bench.text, params(b, bench.text))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				c.Holds(it)
			}
		})
	}
}

var updates = []struct{ name, text string }{
	{"set", "SET mail = :a"},
	{"count", "SET visits = if_not_exists(visits, :0) + :1"},
	{"add", "ADD visits :1"},
	{"nested", "SET parts[1].price = :5"},
	{"several", "SET visits = visits + :1, mail = :a REMOVE parts[0] ADD tags :ss"},
}

func BenchmarkParseUpdate(b *testing.B) {
	for _, bench := range updates {
		b.Run(bench.name, func(b *testing.B) {
			p := params(b, bench.text)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := expr.ParseUpdate(bench.text, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkApply(b *testing.B) {
	it := item(b, benchItem)
	for _, bench := range updates {
		b.Run(bench.name, func(b *testing.B) {
			u := parseUpdate(b, bench.text)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := u.Apply(it); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkProject(b *testing.B) {
	it := item(b, benchItem)
	for _, bench := range []struct{ name, text string }{{"flat", "pk, mail, visits"}, {"nested", "pk, parts[0].sku"}} {
		b.Run(bench.name, func(b *testing.B) {
			p, err := expr.ParseProjection(bench.text, nil)
			if err != nil {
				b.Fatal(err)
			}
			var got attr.Item
			b.ReportAllocs()
			for b.Loop() {
				got = p.Apply(it)
			}
			if got.Len() == 0 {
				b.Fatal("nothing")
			}
		})
	}
}

// BenchmarkMany has as many paths as the item has attributes: the time for each must not grow with their number.
func BenchmarkMany(b *testing.B) {
	for _, n := range []int{1000, 50_000} {
		m := make(attr.Map, n)
		names := make([]string, n)
		comparisons := make([]expr.Comparison, n)
		assignments := make([]expr.Assignment, n)
		for i := range n {
			names[i] = strconv.Itoa(i)
			m[names[i]] = attr.Int(1)
			comparisons[i], _ = expr.NewComparison(names[i], "EQ", []attr.Value{attr.Int(1)})
			assignments[i], _ = expr.NewAssignment(names[i], "ADD", attr.Int(1))
		}
		it := attr.MustItem(m)
		condition, update := expr.NewCondition(comparisons, false), expr.NewUpdate(assignments)
		projection, _ := expr.NewProjection(names[:n-1])
		run := func(name string, do func() bool) {
			b.Run(name+"/"+strconv.Itoa(n), func(b *testing.B) {
				for b.Loop() {
					if !do() {
						b.Fatal(name)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/path")
			})
		}
		run("holds", func() bool { return condition.Holds(it) })
		run("apply", func() bool { after, err := update.Apply(it); return err == nil && after.Len() == n })
		run("updated", func() bool { return update.Project(it) == it })
		run("project", func() bool { return projection.Apply(it).Len() == n-1 })
	}
}
