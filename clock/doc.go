// Package clock is Tidemark's only source of time.
//
// A [Clock] says what time it is. States are computed from times when somebody asks, so tables and backups never sleep,
// wait or are woken. [System] reads the machine's clock; [Manual] stands still until it is moved. Whoever has to wait all
// the same, such as a call that a test delays, waits for a [Waiter].
//
// An [Instant] is a moment in the history of one store: a wall time and a sequence number. A [Sequencer] hands
// them out.
//
// # Guarantees
//
//   - The instants of one Sequencer strictly increase, also while the clock stands still: all that [Sequencer.Next] gives.
//     Those of [Sequencer.Late] have a wall time in the past, and a sequence number of their own as well.
//   - Neither the wall time of an Instant nor Sequencer.Now ever goes back, even if the clock beneath does: they
//     hold still until the clock has caught up.
//   - A Manual clock is moved only by its owner and never backwards.
//
// HAZARD: instants of different sequencers must not be compared. Their order says nothing about which commit came
// first.
//
// HAZARD: a clock that jumps far ahead and is set right again leaves every state frozen at the farthest moment it
// showed, until real time has passed that moment. Backups do not expire early or late by more than the jump.
//
// # Concurrency
//
// Everything in this package may be used by any number of goroutines at once.
package clock
