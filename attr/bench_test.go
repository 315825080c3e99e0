package attr_test

import (
	"strings"
	"testing"

	"github.com/tidemark-db/tidemark/attr"
)

// flat is an ordinary item of 100 bytes, nestedItem one with a document in it.
var (
	flat = attr.Map{
		"pk": attr.S("customer#0000001"), "sk": attr.N("20240115120000"), "name": attr.S("A. N. Other"),
		"mail": attr.S("a.n.other@example.com"), "active": attr.Bool(true), "note": attr.S(strings.Repeat("x", 20)),
	}
	document = attr.Map{
		"pk": attr.S("order#1"), "tags": attr.SS("red", "green", "blue"), "lines": attr.L(
			attr.M(attr.Map{"sku": attr.S("a-1"), "quantity": attr.N("2"), "price": attr.N("9.99")}),
			attr.M(attr.Map{"sku": attr.S("b-2"), "quantity": attr.N("1"), "price": attr.N("125.5")}),
		),
	}
	benchItems = []struct {
		name string
		m    attr.Map
	}{{"flat", flat}, {"document", document}}
)

func BenchmarkNewItem(b *testing.B) {
	for _, bench := range benchItems {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := attr.NewItem(bench.m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseItem(b *testing.B) {
	for _, bench := range benchItems {
		b.Run(bench.name, func(b *testing.B) {
			text := attr.MustItem(bench.m).AppendJSON(nil)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := attr.ParseItem(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	for _, bench := range benchItems {
		b.Run(bench.name, func(b *testing.B) {
			item := attr.MustItem(bench.m)
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				dst = item.AppendJSON(dst[:0])
			}
			b.SetBytes(int64(len(dst)))
		})
	}
}

func BenchmarkLookup(b *testing.B) {
	item := attr.MustItem(flat)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := item.Lookup("sk"); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkAppendKey(b *testing.B) {
	pk, sk := flat["pk"], flat["sk"]
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = attr.AppendKey(attr.AppendKey(dst[:0], pk), sk)
	}
}

func TestAllocations(t *testing.T) {
	item := attr.MustItem(flat)
	text := item.AppendJSON(nil)
	dst := make([]byte, 0, 2*len(text))
	for _, test := range []struct {
		name string
		most float64
		run  func()
	}{
		{"Lookup", 0, func() { item.Lookup("sk") }},
		{"Size", 0, func() { item.Size() }},
		{"AppendJSON", 0, func() { dst = item.AppendJSON(dst[:0]) }},
		{"AppendKey", 0, func() { dst = attr.AppendKey(dst[:0], flat["pk"]) }},
		{"NewItem", 1, func() { _, _ = attr.NewItem(flat) }},
	} {
		if n := testing.AllocsPerRun(100, test.run); n > test.most {
			t.Errorf("%s: %v allocations, want at most %v", test.name, n, test.most)
		}
	}
}
