package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"slices"
	"sort"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/storage"
)

// blockSize is how many bytes of a run are read at once, or more if a single item has more.
const blockSize = 16 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// run is a source on disk: blocks of versions, and in memory where each begins.
type run struct {
	path   string
	blocks []block
	level  int
}

type block struct {
	first  version // without its item
	offset int64
	length int
	sum    uint32
}

// writeRun writes versions, which must be in order, to a file that is deleted when the run is no longer referred to. The
// run is nil if there are none.
func writeRun(s *Spool, all sequence, level int) (*run, error) {
	r := &run{level: level}
	size := int64(0)
	path, err := s.create(func(f *os.File) (err error) {
		size, err = r.write(f, all)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.path = path
	s.disk.Add(size)
	runtime.AddCleanup(r, func(path string) {
		os.Remove(path)
		s.disk.Add(-size)
	}, path)
	if len(r.blocks) == 0 {
		return nil, nil
	}
	return r, nil
}

func (r *run) write(f io.Writer, all sequence) (size int64, err error) {
	var text []byte
	out := bufio.NewWriterSize(f, 16*blockSize)
	first := version{}
	flush := func() error {
		if len(text) == 0 {
			return nil
		}
		r.blocks = append(r.blocks, block{first, size, len(text), crc32.Checksum(text, castagnoli)})
		size += int64(len(text))
		_, err := out.Write(text)
		text = text[:0]
		return err
	}
	for v, err := range all {
		if err != nil {
			return size, err
		}
		if len(text) == 0 {
			first = version{place: v.place, at: v.at}
		}
		if text = appendVersion(text, v); len(text) >= blockSize {
			if err := flush(); err != nil {
				return size, err
			}
		}
	}
	err = flush()
	return size, errors.Join(err, out.Flush())
}

// A version is written as the hash of its place, its instant, the lengths of its key and of its item, and these two. An
// item is in its JSON form; one that is gone has the length 0.
func appendVersion(dst []byte, v version) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(v.place.Hash()))
	dst, _ = v.at.AppendBinary(dst) // which never fails
	dst = binary.AppendUvarint(dst, uint64(len(v.place.Key())))
	var item []byte
	if !v.item.IsZero() {
		item = v.item.AppendJSON(nil)
	}
	dst = binary.AppendUvarint(dst, uint64(len(item)))
	return append(append(dst, v.place.Key()...), item...)
}

var errDamaged = errors.New("it is damaged")

// record is a version whose item is still a text.
type record struct {
	version
	text []byte
}

func (r record) parse() (v version, err error) {
	v = r.version
	if len(r.text) > 0 {
		v.item, err = attr.ParseItem(r.text)
	}
	return v, err
}

func cutRecord(b []byte) (r record, rest []byte, err error) {
	const fixed = 8 + 16
	if len(b) < fixed {
		return r, nil, errDamaged
	}
	hash := storage.Hash(binary.BigEndian.Uint64(b))
	if err := r.at.UnmarshalBinary(b[8:fixed]); err != nil {
		return r, nil, err
	}
	b = b[fixed:]
	key, n := binary.Uvarint(b)
	b = b[max(n, 0):]
	item, m := binary.Uvarint(b)
	b = b[max(m, 0):]
	if n <= 0 || m <= 0 || key > uint64(len(b)) || item > uint64(len(b))-key {
		return r, nil, errDamaged
	}
	r.place = storage.PositionAt(hash, string(b[:key]))
	r.text = b[key : key+item]
	return r, b[key+item:], nil
}

// read returns what is in the i-th block.
func (r *run) read(f *os.File, i int) ([]record, error) {
	b := r.blocks[i]
	text := make([]byte, b.length)
	_, err := f.ReadAt(text, b.offset)
	if err == nil && crc32.Checksum(text, castagnoli) != b.sum {
		err = errDamaged
	}
	var list []record
	for len(text) > 0 && err == nil {
		var x record
		if x, text, err = cutRecord(text); err == nil {
			list = append(list, x)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("spool: block %d of %s cannot be read: %w", i, r.path, err)
	}
	return list, nil
}

// blockOf returns the last block that does not begin after v: if v is in the run, it is there.
func (r *run) blockOf(v version) int {
	return sort.Search(len(r.blocks), func(i int) bool { return r.blocks[i].first.compare(v) > 0 }) - 1
}

func (r *run) scan(s storage.Span, reverse bool) sequence {
	from, to, bounded := s.Bounds()
	start, end := max(r.blockOf(version{place: from}), 0), len(r.blocks)
	if bounded {
		end = r.blockOf(version{place: to}) + 1
	}
	within := func(v version) bool {
		return v.place.Compare(from) >= 0 && (!bounded || v.place.Compare(to) < 0)
	}
	return func(yield func(version, error) bool) {
		defer runtime.KeepAlive(r) // the file is there as long as the run is
		f, err := os.Open(r.path)
		if err != nil {
			yield(version{}, fmt.Errorf("spool: %w", err))
			return
		}
		defer f.Close()
		for n := range end - start {
			i := start + n
			if reverse {
				i = end - 1 - n
			}
			list, err := r.read(f, i)
			if err != nil {
				yield(version{}, err)
				return
			}
			if reverse {
				slices.Reverse(list)
			}
			for _, x := range list {
				if within(x.version) && !yield(x.parse()) {
					return
				}
			}
		}
	}
}

func (r *run) last(p storage.Position, at clock.Instant) (last version, found bool, err error) {
	wanted := version{place: p, at: at}
	i := r.blockOf(wanted)
	if i < 0 {
		return last, false, nil
	}
	defer runtime.KeepAlive(r)
	f, err := os.Open(r.path)
	if err != nil {
		return last, false, fmt.Errorf("spool: %w", err)
	}
	defer f.Close()
	list, err := r.read(f, i)
	if err != nil {
		return last, false, err
	}
	n := sort.Search(len(list), func(i int) bool { return list[i].compare(wanted) > 0 }) - 1
	if n < 0 || list[n].place != p {
		return last, false, nil
	}
	last, err = list[n].parse()
	return last, err == nil, err
}
