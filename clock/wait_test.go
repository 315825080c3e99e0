package clock_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

// waiting starts Wait in a goroutine of the bubble, and returns a function that tells what it returned, if it has.
func waiting(ctx context.Context, w clock.Waiter, until time.Time) (done func() (error, bool)) {
	result := make(chan error, 1)
	go func() { result <- w.Wait(ctx, until) }()
	return func() (error, bool) {
		synctest.Wait()
		select {
		case err := <-result:
			return err, true
		default:
			return nil, false
		}
	}
}

func TestWaitForWhatHasCome(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, w := range []clock.Waiter{clock.System{}, new(clock.Manual)} {
		require.NoError(t, w.Wait(t.Context(), time.Time{}), "%T", w)
		require.NoError(t, w.Wait(t.Context(), w.Now()), "%T", w)
		require.NoError(t, clock.Sleep(t.Context(), w, 0), "%T", w)
		require.NoError(t, clock.Sleep(t.Context(), w, -time.Hour), "%T", w)
		require.ErrorIs(t, w.Wait(ended, w.Now().Add(time.Hour)), context.Canceled, "%T", w)
		require.ErrorIs(t, clock.Sleep(ended, w, time.Hour), context.Canceled, "%T", w)
	}
	require.NoError(t, new(clock.Manual).Wait(ended, clock.Epoch), "what has come needs no waiting")
}

func TestManualWakesWhoeverIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(clock.Manual)
		soon := waiting(t.Context(), m, clock.Epoch.Add(time.Second))
		late := waiting(t.Context(), m, clock.Epoch.Add(time.Minute))
		steps := []struct {
			move       func()
			soon, late bool
		}{
			{func() {}, false, false},
			{func() { m.Advance(0) }, false, false},
			{func() { m.Set(clock.Epoch.Add(-time.Hour)) }, false, false},
			{func() { m.Advance(time.Second - 1) }, false, false},
			{func() { m.Advance(1) }, true, false},
			{func() { m.Set(clock.Epoch.Add(59 * time.Second)) }, false, false}, // soon has been told already
			{func() { m.Set(clock.Epoch.Add(time.Hour)) }, false, true},
		}
		for i, step := range steps {
			step.move()
			for _, w := range []struct {
				done func() (error, bool)
				want bool
			}{{soon, step.soon}, {late, step.late}} {
				err, done := w.done()
				require.NoError(t, err)
				require.Equal(t, w.want, done, "step %d", i)
			}
		}
	})
}

func TestManualWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(clock.Manual)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		gone := waiting(ctx, m, clock.Epoch.Add(time.Hour))
		stays := waiting(t.Context(), m, clock.Epoch.Add(time.Hour))
		<-time.After(time.Minute)
		err, done := gone()
		require.True(t, done)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, done = stays()
		require.False(t, done, "the other one waits on")
		m.Advance(time.Hour)
		err, done = stays()
		require.True(t, done)
		require.NoError(t, err)
	})
}

func TestSystemWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clock.System
		began := c.Now()
		require.NoError(t, c.Wait(t.Context(), began.Add(35*24*time.Hour)))
		require.Equal(t, began.Add(35*24*time.Hour), c.Now())
		require.NoError(t, clock.Sleep(t.Context(), c, time.Second))
		require.Equal(t, began.Add(35*24*time.Hour+time.Second), c.Now())

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		now := c.Now()
		require.ErrorIs(t, c.Wait(ctx, now.Add(time.Hour)), context.DeadlineExceeded)
		require.Equal(t, now.Add(time.Minute), c.Now(), "it gives up when its context ends")
	})
}

func TestSleepNeedsAWaiter(t *testing.T) {
	err := clock.Sleep(t.Context(), &script{clock.Epoch}, time.Second)
	require.EqualError(t, err, "clock: a *clock_test.script cannot be waited for")
}

// Many wait for many times while many move the clock: nobody is woken early and nobody is forgotten.
func TestManualWithManyWaiters(t *testing.T) {
	const movers, steps, waiters = 4, 250, 64
	m := new(clock.Manual)
	early := make(chan error, waiters)
	var group sync.WaitGroup
	for i := range waiters {
		until := clock.Epoch.Add(time.Duration(i*movers*steps/waiters) * time.Millisecond)
		group.Go(func() {
			err := m.Wait(t.Context(), until)
			if m.Now().Before(until) {
				err = errors.New("woken before " + until.String())
			}
			if err != nil {
				early <- err
			}
		})
	}
	for range movers {
		group.Go(func() {
			for range steps {
				m.Advance(time.Millisecond)
			}
		})
	}
	group.Wait()
	require.Empty(t, early)
	require.Equal(t, clock.Epoch.Add(movers*steps*time.Millisecond), m.Now())
}

func ExampleSleep() {
	m := new(clock.Manual)
	done := make(chan error)
	go func() { done <- clock.Sleep(context.Background(), m, time.Hour) }()
	for {
		select {
		case err := <-done:
			fmt.Println(err)
			return
		default:
			m.Advance(time.Minute)
		}
	}
	// Output: <nil>
}
