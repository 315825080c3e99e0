package expr_test

import (
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
