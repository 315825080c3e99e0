package storage

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
)

// newPlain returns the data of a table with keys P and K of the given types, and items with all pairs of the values.
func newPlain(partition, sort attr.Type, partitions, sorts []attr.Value) *Data {
	d := NewData(NewLayout(&schema.Table{
		KeySchema:  schema.Keys("P", "K"),
		Attributes: schema.Attributes{"P": partition, "K": sort},
	}))
	for _, p := range partitions {
		for _, k := range sorts {
			d.Put(attr.MustItem(attr.Map{"P": p, "K": k}))
		}
	}
	return d
}

// filter is PartitionSpan the slow way.
func filter(items []attr.Item, partition attr.Value, lower, upper Bound) (kept []attr.Item) {
	for _, item := range items {
		k := value(item, "K")
		if value(item, "P") == partition && inside(k, lower, 1) && inside(k, upper, -1) {
			kept = append(kept, item)
		}
	}
	return kept
}

// inside reports whether k lies on the side of the bound that sign gives.
func inside(k attr.Value, b Bound, sign int) bool {
	if b.Prefix {
		return bytes.HasPrefix(raw(k), raw(b.Value))
	}
	c, ok := k.Compare(b.Value)
	return !ok || c*sign > 0 || c == 0 && !b.Exclusive
}

func raw(v attr.Value) []byte {
	if text, ok := v.Text(); ok {
		return []byte(text)
	}
	b, _ := v.Bytes()
	return b
}

func texts(list ...string) (values []attr.Value) {
	for _, s := range list {
		values = append(values, attr.S(s))
	}
	return values
}

func binaries(list ...string) (values []attr.Value) {
	for _, s := range list {
		values = append(values, attr.B([]byte(s)))
	}
	return values
}

func numbers(list ...string) (values []attr.Value) {
	for _, s := range list {
		values = append(values, attr.N(s))
	}
	return values
}

var (
	someTexts    = texts("", "\x00", "\x00\x00", "\x00\x01", "\x01", "a", "a\x00", "a\x00b", "a\x01", "ab", "b", "\U0010FFFF")
	someBinaries = binaries("", "\x00", "\x00\x00", "\x00\x01", "\x00\xff", "\x01", "a", "a\x00", "a\xff", "a\xff\xff", "b",
		"\xfe\xff", "\xff", "\xff\x00", "\xff\xff")
	someNumbers = numbers("-1e125", "-2", "-1.5", "-1", "-1e-130", "0", "1e-130", "0.1", "1", "1.01", "2", "10", "9.9e125")
)

func TestPartitionSpanBounds(t *testing.T) {
	for _, test := range []struct {
		name              string
		partition, sort   attr.Type
		partitions, sorts []attr.Value
	}{
		{"S", attr.TypeB, attr.TypeS, binaries("", "\x00", "\xff", "\x00\xff"), someTexts},
		{"B", attr.TypeS, attr.TypeB, texts("", "a", "a\x00"), someBinaries},
		{"N", attr.TypeN, attr.TypeN, numbers("-1", "0", "255"), someNumbers},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newPlain(test.partition, test.sort, test.partitions, test.sorts)
			all := scan(d, -1, Span{})
			require.Len(t, all, len(test.partitions)*len(test.sorts))
			for _, p := range test.partitions {
				for _, lower := range bounds(test.sorts) {
					for _, upper := range bounds(test.sorts) {
						requireSpan(t, d, filter(all, p, lower, upper), PartitionSpan([]attr.Value{p}, lower, upper))
					}
				}
			}
		})
	}
}

func bounds(values []attr.Value) []Bound {
	list := []Bound{{}}
	for _, v := range values {
		list = append(list, Bound{Value: v}, Bound{Value: v, Exclusive: true})
	}
	return list
}

// requireSpan scans both ways round.
func requireSpan(t testing.TB, d *Data, want []attr.Item, s Span) {
	t.Helper()
	if got := scan(d, -1, s); !slices.Equal(want, got) {
		require.Equal(t, want, got)
	}
	got := scanDown(d, -1, s)
	slices.Reverse(got)
	if !slices.Equal(want, got) {
		require.Equal(t, want, got, "downwards")
	}
}

func TestPartitionSpanPrefix(t *testing.T) {
	for _, test := range []struct {
		sort  attr.Type
		sorts []attr.Value
	}{{attr.TypeS, someTexts}, {attr.TypeB, someBinaries}} {
		partitions := texts("", "a", "a\x00", "b")
		d := newPlain(attr.TypeS, test.sort, partitions, test.sorts)
		all := scan(d, -1, Span{})
		for _, p := range partitions {
			for _, v := range test.sorts {
				lower := Bound{Value: v, Prefix: true}
				requireSpan(t, d, filter(all, p, lower, Bound{}), PartitionSpan([]attr.Value{p}, lower, Bound{}))
			}
		}
	}
}

func TestSpanOfAbsentPartition(t *testing.T) {
	d := newPlain(attr.TypeS, attr.TypeS, texts("a", "b"), someTexts)
	require.Empty(t, scan(d, -1, PartitionSpan(texts("c"), Bound{}, Bound{})))
	require.Empty(t, scanDown(d, -1, PartitionSpan(texts("c"), Bound{}, Bound{})))
}

func TestSpanAfterAndBefore(t *testing.T) {
	partitions := texts("a", "b", "c", "d")
	full := newPlain(attr.TypeS, attr.TypeS, partitions, someTexts)
	sparse := NewData(full.Layout()) // so that half of the positions are those of no item
	all := scan(full, -1, Span{})
	for i, item := range all {
		if i%2 == 0 {
			sparse.Put(item)
		}
	}
	for i, item := range all {
		p, ok := full.Layout().Place(-1, item)
		require.True(t, ok)
		requireSpan(t, full, all[i+1:], Span{}.After(p))
		requireSpan(t, full, all[:i], Span{}.Before(p))
		requireSpan(t, sparse, everySecond(all, i+1, len(all)), Span{}.After(p))
		requireSpan(t, sparse, everySecond(all, 0, i), Span{}.Before(p))
		for _, partition := range partitions {
			lower, upper := Bound{Value: attr.S("\x00")}, Bound{Value: attr.S("b"), Exclusive: true}
			s := PartitionSpan([]attr.Value{partition}, lower, upper)
			requireSpan(t, full, filter(all[i+1:], partition, lower, upper), s.After(p))
			requireSpan(t, full, filter(all[:i], partition, lower, upper), s.Before(p))
		}
		for part := range 3 {
			requireSpan(t, full, inPart(all[i+1:], part, 3), SegmentSpan(part, 3).After(p))
			requireSpan(t, full, inPart(all[:i], part, 3), SegmentSpan(part, 3).Before(p))
		}
	}
}

func everySecond(items []attr.Item, from, to int) (kept []attr.Item) {
	for i := from; i < to; i++ {
		if i%2 == 0 {
			kept = append(kept, items[i])
		}
	}
	return kept
}

func inPart(items []attr.Item, part, parts int) (kept []attr.Item) {
	for _, item := range items {
		if HashOf(value(item, "P")).Part(parts) == part {
			kept = append(kept, item)
		}
	}
	return kept
}

func TestSegmentsCoverEverythingOnce(t *testing.T) {
	var partitions []attr.Value
	for i := range 700 {
		partitions = append(partitions, attr.Int(int64(i)))
	}
	d := newPlain(attr.TypeN, attr.TypeS, partitions, texts("a", "b"))
	all := scan(d, -1, Span{})
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 1000} {
		var together []attr.Item
		for i := range n {
			part := scan(d, -1, SegmentSpan(i, n))
			for _, item := range part {
				require.Equal(t, i, HashOf(value(item, "P")).Part(n), "%v of %d", item, n)
			}
			together = append(together, part...)
		}
		require.Equal(t, all, together, "%d segments", n)
	}
}

func TestPartsMeet(t *testing.T) {
	const last = ^Hash(0)
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 1000, 1 << 20} {
		require.Equal(t, 0, Hash(0).Part(n))
		require.Equal(t, n-1, last.Part(n))
		for i := 1; i < n; i += 1 + n/1000 {
			start := partStart(i, n)
			require.Equal(t, i, start.Part(n), "the start of part %d of %d", i, n)
			require.Equal(t, i-1, (start - 1).Part(n), "just before part %d of %d", i, n)
		}
	}
}

func TestHashSpreads(t *testing.T) {
	const keys, parts = 16_000, 16
	for name, key := range map[string]func(i int) attr.Value{
		"numbers": func(i int) attr.Value { return attr.Int(int64(i)) },
		"texts":   func(i int) attr.Value { return attr.S(fmt.Sprintf("user#%08d", i)) },
		"short":   func(i int) attr.Value { return attr.B([]byte{byte(i), byte(i >> 8)}) },
	} {
		var count [parts]int
		for i := range keys {
			count[HashOf(key(i)).Part(parts)]++
		}
		for part, n := range count {
			require.InDelta(t, keys/parts, n, keys/parts*0.15, "%s: part %d", name, part)
		}
	}
}

// TestHashIsFixed keeps the order of items, and which partition has which marker, the same for ever.
func TestHashIsFixed(t *testing.T) {
	require.Equal(t, HashOf(attr.S("a"), attr.Int(1)), HashOf(attr.S("a"), attr.N("1.0")))
	for text, want := range map[string]Hash{
		"":              0x3d763bd6393b8058,
		"a":             0xbc08481f96e3b568,
		"The Acme Band": 0x61b3c7d295232ba5,
	} {
		require.Equal(t, want, HashOf(attr.S(text)), "%q: %#x", text, uint64(HashOf(attr.S(text))))
	}
}
