package backup

import (
	"math/rand/v2"
	"time"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/snapshot"
)

// Marker is a policy for where the cut of a backup falls within the window around its request: which of the commits
// that the service promises neither to include nor to leave out are in.
type Marker string

// The marker policies. All but Torn have one marker for the whole table, so that a transaction is in or out as a
// whole.
const (
	// Exact puts the marker at the request itself: everything acknowledged before is in, nothing after.
	Exact Marker = "exact"

	// Fuzzy draws the marker from the whole window.
	Fuzzy Marker = "fuzzy"

	// Torn draws a marker from the window for each partition, so that a later write can be in and an earlier one
	// out, and a transaction can be split.
	Torn Marker = "torn"

	// Earliest puts the marker at the beginning of the window.
	Earliest Marker = "earliest"

	// Latest puts the marker at the end of the window.
	Latest Marker = "latest"
)

func (m Marker) known() bool {
	switch m {
	case Exact, Fuzzy, Torn, Earliest, Latest:
		return true
	}
	return false
}

// draw returns the cut of a backup requested at an instant. It asks for random numbers only if it needs some.
func (m Marker) draw(random func() *rand.Rand, at clock.Instant, window time.Duration, partitions int) snapshot.Cut {
	if window <= 0 {
		return snapshot.At(at)
	}
	// The end of a wall time, so that all commits of that time are on one side.
	offset := func(d time.Duration) clock.Instant { return clock.EndOf(at.Time().Add(d)) }
	anywhere := func(r *rand.Rand) clock.Instant {
		return offset(time.Duration(r.Int64N(int64(2*window)+1)) - window)
	}
	switch m {
	case Fuzzy:
		return snapshot.At(anywhere(random()))
	case Torn:
		r := random()
		markers := make([]clock.Instant, partitions)
		for i := range markers {
			markers[i] = anywhere(r)
		}
		return snapshot.Torn(markers...)
	case Earliest:
		return snapshot.At(offset(-window))
	case Latest:
		return snapshot.At(offset(window))
	}
	return snapshot.At(at)
}
