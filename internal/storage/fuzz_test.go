package storage

import (
	"testing"

	"github.com/tidemark-db/tidemark/attr"
)

// FuzzSpan compares what a span finds with a filter over all items, in a table whose sort keys are cut out of data
// and made of the bounds.
func FuzzSpan(f *testing.F) {
	f.Add([]byte("a"), []byte("a\x00"), []byte("b"), []byte("a\x00\xff\x01b"), byte(0))
	f.Add([]byte("\xff"), []byte("\xff\xff"), []byte{}, []byte("\xff\xff\xff"), byte(1))
	f.Add([]byte{}, []byte{}, []byte("\x00"), []byte("\x00\x00\x01\xff"), byte(6))
	f.Add([]byte("\x00\x01"), []byte("\xfe"), []byte("\xff"), []byte("\xfe\xff\xff\xff"), byte(9))
	f.Fuzz(func(t *testing.T, partition, lower, upper, data []byte, mode byte) {
		if len(data) > 32 {
			return
		}
		sorts := [][]byte{lower, upper, append(lower[:len(lower):len(lower)], 0), append(upper[:len(upper):len(upper)], 0xff)}
		for i := range data {
			for n := 0; n < 4 && i+n <= len(data); n++ {
				sorts = append(sorts, data[i:i+n])
			}
		}
		values := make([]attr.Value, len(sorts))
		for i, b := range sorts {
			values[i] = attr.B(b)
		}
		partitions := binaries(string(partition), string(partition)+"\x00", string(partition)+"\xff", string(lower), "")
		d := newPlain(attr.TypeB, attr.TypeB, partitions, values)

		from, to := Bound{Value: attr.B(lower), Exclusive: mode&1 > 0}, Bound{Value: attr.B(upper), Exclusive: mode&2 > 0}
		if mode&4 > 0 {
			from = Bound{}
		}
		if mode&8 > 0 {
			to = Bound{}
		}
		if mode&16 > 0 {
			from, to = Bound{Value: attr.B(lower), Prefix: true}, Bound{}
		}
		all := scan(d, -1, Span{})
		for _, p := range partitions {
			requireSpan(t, d, filter(all, p, from, to), PartitionSpan([]attr.Value{p}, from, to))
		}
	})
}
