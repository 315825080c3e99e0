package snapshot

import (
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/internal/storage"
)

// Cut divides the commits of a table into those that a snapshot holds and those that come too late for it. It has one
// marker, or one for each of n partitions: equal ranges of the hash of the partition key, in ascending order. A
// commit is in if it is not after the marker of its partition. The zero Cut holds nothing.
type Cut struct {
	markers []clock.Instant
}

// At returns the cut with a single marker.
func At(marker clock.Instant) Cut { return Cut{markers: []clock.Instant{marker}} }

// Torn returns the cut with a marker for each of len(markers) partitions.
func Torn(markers ...clock.Instant) Cut { return Cut{markers: slices.Clone(markers)} }

// Markers returns the markers, in the order of the partitions.
func (c Cut) Markers() []clock.Instant { return slices.Clone(c.markers) }

// Marker returns the marker that decides on the items with the given partition key.
func (c Cut) Marker(partition ...attr.Value) clock.Instant {
	return c.MarkerOf(storage.HashOf(partition...))
}

// MarkerOf returns the marker of the partition that has hash h. It is meant for the stores of this module.
func (c Cut) MarkerOf(h storage.Hash) clock.Instant {
	switch len(c.markers) {
	case 0:
		return clock.Instant{}
	case 1:
		return c.markers[0]
	}
	return c.markers[h.Part(len(c.markers))]
}

// Earliest returns the earliest marker.
func (c Cut) Earliest() clock.Instant {
	if len(c.markers) == 0 {
		return clock.Instant{}
	}
	return slices.MinFunc(c.markers, clock.Instant.Compare)
}

// Latest returns the latest marker.
func (c Cut) Latest() clock.Instant {
	if len(c.markers) == 0 {
		return clock.Instant{}
	}
	return slices.MaxFunc(c.markers, clock.Instant.Compare)
}

// Between returns c with the markers before earliest moved up to it and those after latest moved down to it.
func (c Cut) Between(earliest, latest clock.Instant) Cut {
	clipped := Cut{markers: c.Markers()}
	for i, m := range clipped.markers {
		switch {
		case m.After(latest):
			clipped.markers[i] = latest
		case m.Before(earliest):
			clipped.markers[i] = earliest
		}
	}
	return clipped
}
