package clock

import (
	"context"
	"fmt"
	"time"
)

// Waiter is a Clock that can be waited for. [System] and [Manual] are.
type Waiter interface {
	Clock

	// Wait returns nil as soon as the clock shows t or later, or else the error of ctx when that ends.
	Wait(ctx context.Context, t time.Time) error
}

// Sleep waits until c has gone d ahead, as [Waiter] does. It fails at once if c cannot be waited for.
func Sleep(ctx context.Context, c Clock, d time.Duration) error {
	w, ok := c.(Waiter)
	if !ok {
		return fmt.Errorf("clock: a %T cannot be waited for", c)
	}
	return w.Wait(ctx, c.Now().Add(d))
}

// Wait returns nil as soon as the machine's clock shows t or later, or else the error of ctx when that ends.
func (s System) Wait(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(t.Sub(s.Now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Wait returns nil as soon as somebody has moved the clock to t or later, or else the error of ctx when that ends. It
// does not move the clock.
func (m *Manual) Wait(ctx context.Context, t time.Time) error {
	for {
		moved := m.movedBefore(t)
		if moved == nil {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// movedBefore returns a channel that is closed when the clock is moved; nil if it shows t or later.
func (m *Manual) movedBefore(t time.Time) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.nowLocked().Before(t) {
		return nil
	}
	if m.mu.moved == nil {
		m.mu.moved = make(chan struct{})
	}
	return m.mu.moved
}
