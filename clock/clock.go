package clock

import (
	"sync"
	"time"
)

// Clock tells the time. Now must be safe for concurrent use and cheap: it is called at least once per operation.
// It may stand still or step back; what is built on it copes (see [Sequencer]).
type Clock interface {
	Now() time.Time
}

// System is the machine's clock, in UTC. Its zero value is ready for use.
type System struct{}

// Now returns the current time.
func (System) Now() time.Time { return time.Now().UTC() }

// Epoch is where a [Manual] clock starts unless it is told otherwise: a fixed and unremarkable moment, so that what
// a test prints is the same on every run.
var Epoch = time.Date(2024, time.January, 15, 12, 0, 0, 0, time.UTC)

// Manual is a clock that stands still until it is moved. Its zero value starts at [Epoch].
type Manual struct {
	mu struct {
		sync.Mutex
		now   time.Time     // zero: Epoch
		moved chan struct{} // closed by the next move; nil: nobody waits
	}
}

// NewManual returns a Manual clock that stands at start, or at [Epoch] if start is the zero time.
func NewManual(start time.Time) *Manual {
	m := new(Manual)
	m.mu.now = start.UTC()
	return m
}

// Now returns the time at which the clock stands.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.nowLocked()
}

// Advance moves the clock d ahead and returns the time it shows then. A d that is not positive leaves it where it is.
func (m *Manual) Advance(d time.Duration) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.setLocked(m.nowLocked().Add(d))
}

// Set moves the clock ahead to t and returns the time it shows then. A t in its past leaves it where it is, so that
// goroutines which race to set it cannot turn it back.
func (m *Manual) Set(t time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.setLocked(t.UTC())
}

func (m *Manual) nowLocked() time.Time {
	if m.mu.now.IsZero() {
		m.mu.now = Epoch
	}
	return m.mu.now
}

func (m *Manual) setLocked(t time.Time) time.Time {
	if t.After(m.nowLocked()) {
		m.mu.now = t
		if m.mu.moved != nil {
			close(m.mu.moved)
			m.mu.moved = nil
		}
	}
	return m.mu.now
}
