package backup

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/exception"
)

// Transition is a change of a backup's status.
type Transition struct {
	ARN      string
	From, To Status // From is empty for a backup that has just appeared
	At       time.Time
}

// event is something that becomes true of a backup at a time.
type event struct {
	at     time.Time
	kind   eventKind
	record *record
}

type eventKind uint8

const (
	becomesReady eventKind = iota
	decides                // whether a deleted table leaves a SYSTEM backup
	appears
	expires
)

func (a event) less(b event) bool {
	if c := cmp.Or(a.at.Compare(b.at), cmp.Compare(a.kind, b.kind)); c != 0 {
		return c < 0
	}
	return less(a.record, b.record)
}

// begin is the start of every operation: it takes its share of the rate and does what has come due.
func (e *Engine) begin(rate *bucket) (now time.Time, err error) {
	now = e.source.Now()
	e.settle(now)
	return now, rate.take(now)
}

// Settle does what has come due: it tells OnTransition of it and frees what has expired. Every operation does the same
// first; Settle is for a program that wants it done although nobody calls. It returns the time of the next thing to come;
// ok is false if nothing is under way.
func (e *Engine) Settle() (next time.Time, ok bool) {
	e.settle(e.source.Now())
	e.mu.Lock()
	defer e.mu.Unlock()
	first, ok := e.mu.agenda.Min()
	return first.at, ok
}

// Pending returns the changes of status that are under way, the next one first, as far as they are certain: a backup
// becomes ACTIVE, a SYSTEM backup appears or expires.
func (e *Engine) Pending() []Transition {
	e.settle(e.source.Now())
	e.mu.Lock()
	defer e.mu.Unlock()
	var pending []Transition
	e.mu.agenda.Ascend(func(next event) bool {
		t := Transition{At: next.at}
		switch next.kind {
		case becomesReady:
			t.From, t.To = Creating, Active
		case appears:
			t.To = Active
		case expires:
			t.From, t.To = Active, Deleted
		default:
			return true
		}
		t.ARN = next.record.arn().String()
		pending = append(pending, t)
		return true
	})
	return pending
}

func (e *Engine) settle(now time.Time) {
	e.comeDue(now)
	e.events.deliver()
}

// comeDue does what is on the agenda up to now.
func (e *Engine) comeDue(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for {
		next, ok := e.mu.agenda.Min()
		if !ok || next.at.After(now) {
			return
		}
		e.mu.agenda.DeleteMin()
		r := next.record
		switch next.kind {
		case becomesReady:
			e.events.add(r, Creating, Active, next.at)
		case decides:
			e.decideLocked(r)
		case appears:
			e.events.add(r, "", Active, next.at)
		case expires:
			e.mu.catalog.Delete(r)
			e.events.add(r, Active, Deleted, next.at)
		}
	}
}

// Transitions returns how a backup has come to its present status, the first change first. It fails as DescribeBackup
// does.
func (e *Engine) Transitions(_ context.Context, backupARN string) ([]Transition, error) {
	now := e.source.Now()
	e.settle(now)
	e.mu.Lock()
	defer e.mu.Unlock()
	r, err := e.findLocked(backupARN, now)
	if err != nil {
		return nil, exception.During("Transitions", backupARN, err)
	}
	if r.kind == System {
		return []Transition{{ARN: backupARN, To: Active, At: r.ready}}, nil
	}
	past := []Transition{{ARN: backupARN, To: Creating, At: r.requested()}}
	if r.status(now) == Active {
		past = append(past, Transition{ARN: backupARN, From: Creating, To: Active, At: r.ready})
	}
	return past, nil
}

// events hands transitions to the callback in order, whichever goroutines they come from, and without a lock that the
// callback could need.
type events struct {
	notify func(Transition)

	mu struct {
		sync.Mutex
		queue      []Transition
		delivering bool
	}
}

func (v *events) add(r *record, from, to Status, at time.Time) {
	if v.notify == nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mu.queue = append(v.mu.queue, Transition{ARN: r.arn().String(), From: from, To: to, At: at})
}

// deliver empties the queue, unless that is being done already, perhaps by a caller of this very call. After a panic of
// the callback, which goes its way, a later call goes on.
func (v *events) deliver() {
	if v.notify == nil || !v.start() {
		return
	}
	done := false
	defer func() {
		if !done {
			v.stop()
		}
	}()
	for {
		t, ok := v.next()
		if !ok {
			done = true
			return
		}
		v.notify(t)
	}
}

func (v *events) stop() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mu.delivering = false
}

func (v *events) start() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.mu.delivering || len(v.mu.queue) == 0 {
		return false
	}
	v.mu.delivering = true
	return true
}

func (v *events) next() (Transition, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.mu.queue) == 0 {
		v.mu.delivering = false
		return Transition{}, false
	}
	t := v.mu.queue[0]
	v.mu.queue = v.mu.queue[1:]
	return t, true
}
