package tidemarktest

import (
	"context"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/clock"
)

// delays are the calls of an endpoint that are being delayed.
type delays struct {
	mu struct {
		sync.Mutex
		waiting map[*context.CancelCauseFunc]bool
		changed chan struct{} // closed when waiting has grown; nil: nobody wants to know
		stopped error
	}
}

// wait returns nil when c has gone d ahead, or why it need not wait any longer.
func (v *delays) wait(ctx context.Context, c clock.Clock, d time.Duration) error {
	w, ok := c.(clock.Waiter)
	if !ok {
		return clock.Sleep(ctx, c, d) // which says so
	}
	until := c.Now().Add(d) // before it is told of, or who then moves the clock would move it too early
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := v.add(&cancel); err != nil {
		return err
	}
	defer v.remove(&cancel)
	if err := w.Wait(ctx, until); err != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (v *delays) add(cancel *context.CancelCauseFunc) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.mu.stopped != nil {
		return v.mu.stopped
	}
	if v.mu.waiting == nil {
		v.mu.waiting = make(map[*context.CancelCauseFunc]bool)
	}
	v.mu.waiting[cancel] = true
	if v.mu.changed != nil {
		close(v.mu.changed)
		v.mu.changed = nil
	}
	return nil
}

func (v *delays) remove(cancel *context.CancelCauseFunc) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.mu.waiting, cancel)
}

// stop ends all waiting, now and ever after, with err.
func (v *delays) stop(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mu.stopped = err
	for cancel := range v.mu.waiting {
		(*cancel)(err)
	}
}

// over returns the error that stop was given.
func (v *delays) over() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.mu.stopped
}

// fewerThan returns a channel that is closed when there are more calls; nil if there are n.
func (v *delays) fewerThan(n int) <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.mu.waiting) >= n {
		return nil
	}
	if v.mu.changed == nil {
		v.mu.changed = make(chan struct{})
	}
	return v.mu.changed
}

// WaitForDelayed returns nil as soon as at least n calls are being delayed by a [Delay], so that the clock can be moved
// on; or else the error of ctx when that ends.
func (e *Endpoint) WaitForDelayed(ctx context.Context, n int) error {
	for {
		changed := e.delays.fewerThan(n)
		if changed == nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
