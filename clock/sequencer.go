package clock

import (
	"sync"
	"time"
)

// Sequencer stamps the commits of one store. Make one with [NewSequencer].
type Sequencer struct {
	clock Clock

	mu struct {
		sync.Mutex
		last Instant // the latest wall time shown, the latest sequence number given
	}
}

// NewSequencer returns a Sequencer that reads c, which must not be nil.
func NewSequencer(c Clock) *Sequencer { return &Sequencer{clock: c} }

// Now returns the time of the clock, or the latest time already shown if the clock has stepped back behind it.
func (s *Sequencer) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readLocked()
	return s.mu.last.Time()
}

// Next returns a new Instant at the present: after every other that this Sequencer has given.
func (s *Sequencer) Next() Instant {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readLocked()
	s.mu.last.seq++
	return s.mu.last
}

// The clock is read under the lock: otherwise two callers could read it in one order and be stamped in the other.
func (s *Sequencer) readLocked() {
	s.mu.last.wall = max(s.mu.last.wall, wallOf(s.clock.Now()))
}

// Late returns a new Instant at wall time t, or at the present if t lies ahead of it: for a commit that is known to
// have happened at t, but is noticed now. Its sequence number is after that of every Instant given so far, as always; in
// the order of Instants it comes before those that have been given for later wall times.
func (s *Sequencer) Late(t time.Time) Instant {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readLocked()
	s.mu.last.seq++
	return Instant{wall: min(wallOf(t), s.mu.last.wall), seq: s.mu.last.seq}
}
