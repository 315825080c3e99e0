package storage

import "github.com/tidemark-db/tidemark/clock"

// The changes of a log have places: 0 for the first that was ever appended, and so on, whatever has been forgotten.

// Begin returns the place of the first change held.
func (l *Log) Begin() int { return l.first }

// End returns the place of the next change to come.
func (l *Log) End() int { return l.first + l.len }

// Place returns the place of the first change held after cut.
func (l *Log) Place(cut clock.Instant) int { return l.first + l.upTo(cut) }

// Slice returns the changes from one place up to another, as far as they are held.
func (l *Log) Slice(from, to int) Segment {
	return l.part(max(from-l.first, 0), min(to-l.first, l.len))
}
