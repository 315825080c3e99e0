package integration_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
)

// place is where an item may be. There are few, so that clients meet.
type place struct{ table, artist, title string }

const left, right = "Left", "Right"

var places = [...]place{{left, "A", "1"}, {left, "A", "2"}, {left, "B", "1"}, {right, "A", "1"}}

// world is the number that each item has.
type world [len(places)]int64

// state is that of the model: the world, and how many of the changes of each item the streams have told.
type state struct {
	world
	told [len(places)]int
}

const (
	none   int64 = -1 // there is no item
	unseen int64 = -2 // the answer does not tell
)

// deed is what a step does to its item, demand what must be true of the item before.
type (
	deed   string
	demand string
)

const (
	look     deed = "look at"
	putDown  deed = "put"
	addTo    deed = "add to"
	takeAway deed = "delete"

	anything demand = ""
	missing  demand = "if there is none"
	present  demand = "if there is one"
	equal    demand = "if it is"
	enough   demand = "if it is at least"
	vacant   demand = "if there is none, or it is" // of a DELETE in PartiQL, which is content if there is no item
)

// step is what a request wants of one item.
type step struct {
	place  int
	do     deed
	by     int64 // what to put or to add
	demand demand
	than   int64
}

func (s step) String() string {
	text := fmt.Sprint(s.do, " ", s.place)
	if s.do == putDown || s.do == addTo {
		text += fmt.Sprint(": ", s.by)
	}
	if s.demand != anything {
		text += fmt.Sprint(", ", string(s.demand))
	}
	if s.compares() {
		text += fmt.Sprint(" ", s.than)
	}
	return text
}

func (s step) allowed(v int64) bool {
	switch s.demand {
	case missing:
		return v == none
	case present:
		return v != none
	case equal:
		return v != none && v == s.than
	case enough:
		return v != none && v >= s.than
	case vacant:
		return v == none || v == s.than
	}
	return true
}

func (s step) compares() bool { return s.demand == equal || s.demand == enough || s.demand == vacant }

func (s step) applied(v int64) int64 {
	switch s.do {
	case putDown:
		return s.by
	case addTo:
		return max(v, 0) + s.by
	case takeAway:
		return none
	}
	return v
}

// request is all that happens at one instant: every step, or none if one of them is not allowed. A transaction is one,
// and so is a backup, which looks at every item of its table.
type request []step

// answer is what a client learned of its request, step by step.
type answer struct {
	lost          bool   // it has been done, and that is all that is known
	refused       []bool // which steps were not allowed; nil: it was done
	before, after []int64
	told          []int64 // how many changes of the item a stream told of
}

func unknownTo(r request) answer {
	a := answer{before: make([]int64, len(r)), after: make([]int64, len(r)), told: make([]int64, len(r))}
	for i := range r {
		a.before[i], a.after[i], a.told[i] = unseen, unseen, unseen
	}
	return a
}

// possible says whether a request can have had an answer in a world, and what the world is afterwards.
func (r request) possible(w world, a answer) (bool, world) {
	refused, next := make([]bool, len(r)), w
	for i, s := range r {
		refused[i] = !s.allowed(w[s.place])
		next[s.place] = s.applied(w[s.place])
	}
	isRefused := slices.Contains(refused, true)
	if isRefused {
		next = w
	}
	if a.lost {
		return true, next
	}
	if isRefused != (a.refused != nil) || isRefused && !slices.Equal(refused, a.refused) {
		return false, w
	}
	for i, s := range r {
		if a.before[i] != unseen && a.before[i] != w[s.place] || a.after[i] != unseen && a.after[i] != next[s.place] {
			return false, w
		}
	}
	return true, next
}

// possible says whether a request can have had an answer in a state, so that the streams tell of it what they did.
func (c *chronicle) possible(before state, r request, a answer, byItem bool) (bool, state) {
	is, after := r.possible(before.world, a)
	if !is {
		return false, before
	}
	is, next := c.told(before, after, byItem)
	if !is || a.lost {
		return is, next
	}
	for i, s := range r {
		if a.told[i] != unseen && a.told[i] != int64(next.told[s.place]) {
			return false, before
		}
	}
	return true, next
}

// event is a request with its answer, between two instants of the chronicle.
type event struct {
	client     int
	what       string
	call, back int64
	request    request
	answer     answer
}

func (e *event) String() string {
	text := fmt.Sprintf("%d-%d client %d: %s: %v", e.call, e.back, e.client, e.what, e.request)
	switch {
	case e.answer.lost:
		return text + " -> lost"
	case e.answer.refused != nil:
		text += fmt.Sprint(" -> refused ", e.answer.refused)
	}
	return text + fmt.Sprintf(" -> before %v, after %v", e.answer.before, e.answer.after)
}

// chronicle is a history as the clients together know it. Its time is a number that grows with every call and every
// return, which puts them in the order in which they were.
type chronicle struct {
	now    atomic.Int64
	mu     sync.Mutex
	events []*event

	records [len(places)][]record // what the streams told in the end
}

// add writes down what happened between call and now. What a backup saw comes later, from the same actor.
func (c *chronicle) add(e *event) *event {
	e.back = c.now.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, e)
	return e
}

// split has every step be an event of its own, as those of a batch are, and a backup's if no more is asked of it than
// that each item is right.
func (c *chronicle) split() *chronicle {
	apart := &chronicle{records: c.records}
	for _, e := range c.events {
		for i, s := range e.request {
			one := *e
			one.request = request{s}
			if !e.answer.lost {
				one.answer = answer{
					before: e.answer.before[i : i+1], after: e.answer.after[i : i+1], told: e.answer.told[i : i+1]}
			}
			if e.answer.refused != nil {
				one.answer.refused = e.answer.refused[i : i+1]
			}
			apart.events = append(apart.events, &one)
		}
	}
	return apart
}

// patience is how long the checker may take for a history. What it has not decided by then counts as wrong.
const patience = 20 * time.Second

// check says whether there is an order of the events that explains all answers, in which whatever ended before another
// began comes first. byItem checks every item for itself, for which each event must be about one.
func (c *chronicle) check(byItem bool) (porcupine.CheckResult, porcupine.LinearizationInfo) {
	model := porcupine.Model{
		Init: func() any {
			return state{world: world{none, none, none, none}}
		},
		Step: func(before, input, output any) (bool, any) {
			return c.possible(before.(state), input.(request), output.(answer), byItem)
		},
	}
	if byItem {
		model.Partition = func(all []porcupine.Operation) [][]porcupine.Operation {
			parts := make([][]porcupine.Operation, len(places))
			for _, o := range all {
				at := o.Input.(request)[0].place
				parts[at] = append(parts[at], o)
			}
			return parts
		}
	}
	operations := make([]porcupine.Operation, 0, len(c.events))
	for _, e := range c.events {
		operations = append(operations, porcupine.Operation{
			ClientId: e.client, Input: e.request, Call: e.call, Output: e.answer, Return: e.back, Metadata: e,
		})
	}
	return porcupine.CheckOperationsVerbose(model, operations, patience)
}

// unexplained is for whoever looks into a failure: all events in the order of their calls, those marked that have no
// place in the longest order that explains the others.
func (c *chronicle) unexplained(info porcupine.LinearizationInfo) string {
	explained := map[string]bool{}
	for _, orders := range info.PartialLinearizationsOperations() {
		var longest []porcupine.Operation
		for _, order := range orders {
			if len(order) > len(longest) {
				longest = order
			}
		}
		for _, o := range longest {
			explained[o.Metadata.(*event).String()] = true
		}
	}
	events := slices.SortedFunc(slices.Values(c.events), func(a, b *event) int { return cmp.Compare(a.call, b.call) })
	var text strings.Builder
	for _, e := range events {
		mark := "? "
		if explained[e.String()] {
			mark = "  "
		}
		text.WriteString(mark + e.String() + "\n")
	}
	return text.String()
}

// overlaps counts the events that began while another of another client was not over. Without any, all is vacuous.
func (c *chronicle) overlaps() (n int) {
	for _, e := range c.events {
		if slices.ContainsFunc(c.events, func(o *event) bool {
			return o.client != e.client && o.call < e.call && e.call < o.back
		}) {
			n++
		}
	}
	return n
}
