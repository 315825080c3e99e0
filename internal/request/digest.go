package request

import (
	"hash/maphash"

	"github.com/tidemark-db/tidemark/internal/jsontext"
)

// seed is where digests begin. They are for this process alone.
var seed = maphash.MakeSeed()

// What tells values apart whose texts are alike.
const (
	digestOfText = iota + 1
	digestOfWord
	digestOfArray
	digestOfObject
)

// Digest returns a number that stands for a member, 0 if it is not there. Values that differ in white space, escape
// sequences and the order of the members of objects alone have the same digest, and a member that is null is not there.
// Other values have different ones, but for a chance that nobody can influence. It is good while the process lives.
func (o Object) Digest(name string) uint64 {
	raw := o.raw(name)
	if raw == nil {
		return 0
	}
	d := digester{Scanner: jsontext.Scanner{Data: raw}}
	return d.value()
}

// digester reads a text that is known to be sound.
type digester struct {
	jsontext.Scanner
	space []byte
}

// mix returns a number for two others, which may not be exchanged.
func mix(a, b uint64) uint64 { return maphash.Comparable(seed, [2]uint64{a, b}) }

func (d *digester) value() uint64 {
	switch d.Peek() {
	case '"':
		return d.text()
	case '[':
		d.Pos++
		sum := uint64(digestOfArray)
		for first := true; d.Next(']', first); first = false {
			sum = mix(sum, d.value())
		}
		return sum
	case '{':
		return d.object()
	}
	start := d.Pos
	d.Skip()
	return mix(digestOfWord, maphash.Bytes(seed, d.Data[start:d.Pos]))
}

// object adds up its members, so that their order is all the same.
func (d *digester) object() uint64 {
	d.Pos++
	var sum uint64
	for first := true; d.Next('}', first); first = false {
		d.Peek()
		name := d.text()
		d.Take(':', "a colon")
		if d.Peek() == 'n' {
			d.Skip()
			continue
		}
		sum += mix(name, d.value())
	}
	return mix(digestOfObject, sum)
}

func (d *digester) text() uint64 {
	d.space, _ = d.Text(d.space[:0])
	return mix(digestOfText, maphash.Bytes(seed, d.space))
}
