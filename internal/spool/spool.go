package spool

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/storage"
)

const (
	// DefaultMemory is the budget of a Spool that is not given one.
	DefaultMemory = 256 << 20

	// shares says what part of the budget is worth a run of its own: smaller trees stay in memory until they are settled.
	shares = 64
)

// Spool is a budget of memory and a directory for what is beyond it. Make one with [Open].
type Spool struct {
	dir    string
	budget int64

	memory, disk atomic.Int64

	mu sync.RWMutex // held for reading while a file is made
	// closed says that no file may be made any more.
	closed bool
}

// Usage is what a Spool takes at the moment, in bytes. Memory is estimated.
type Usage struct {
	Memory, Disk int64
}

// Open returns a Spool that keeps up to memory bytes in memory, 0 for the default, and what is beyond in a directory of
// its own beneath dir, the system's for temporary files if dir is empty. It fails if that cannot be made.
func Open(dir string, memory int64) (*Spool, error) {
	if memory < 0 {
		return nil, fmt.Errorf("spool: a budget of %d bytes is negative", memory)
	}
	own, err := os.MkdirTemp(dir, "tidemark-")
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return &Spool{dir: own, budget: cmp.Or(memory, DefaultMemory)}, nil
}

// Dir returns the directory of the Spool.
func (s *Spool) Dir() string { return s.dir }

// Usage returns what the Spool takes.
func (s *Spool) Usage() Usage { return Usage{s.memory.Load(), s.disk.Load()} }

// Close deletes everything on disk. What is there cannot be read afterwards, and nothing can be moved there.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return os.RemoveAll(s.dir)
}

// create makes a file, and calls write with it.
func (s *Spool) create(write func(*os.File) error) (path string, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return "", errors.New("spool: it is closed")
	}
	f, err := os.CreateTemp(s.dir, "*.run")
	if err != nil {
		return "", fmt.Errorf("spool: %w", err)
	}
	err = errors.Join(write(f), f.Close())
	if err != nil {
		os.Remove(f.Name())
		return "", fmt.Errorf("spool: %w", err)
	}
	return f.Name(), nil
}

// full reports whether more is in memory than should be.
func (s *Spool) full() bool { return s.memory.Load() > s.budget }

// Versions returns new, empty Versions of a table's items.
func (s *Spool) Versions(l *storage.Layout) *Versions {
	v := &Versions{spool: s, layout: l}
	v.mu.tree, v.mu.pins = newTree(), make(map[clock.Instant]int)
	v.held = holdMemory(s, v)
	return v
}
