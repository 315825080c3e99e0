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
	marker clock.Instant   // of the whole table
	torn   []clock.Instant // or of its partitions
}

// At returns the cut with a single marker.
func At(marker clock.Instant) Cut { return Cut{marker: marker} }

// Torn returns the cut with a marker for each of len(markers) partitions. Without any it is the zero Cut.
func Torn(markers ...clock.Instant) Cut {
	if len(markers) == 0 {
		return Cut{}
	}
	return Cut{torn: slices.Clone(markers)}
}

// Markers returns the markers, in the order of the partitions. It is one for a cut with a single marker.
func (c Cut) Markers() []clock.Instant {
	if c.torn == nil {
		return []clock.Instant{c.marker}
	}
	return slices.Clone(c.torn)
}

// IsTorn reports whether the cut has a marker for each partition.
func (c Cut) IsTorn() bool { return c.torn != nil }

// Marker returns the marker that decides on the items with the given partition key.
func (c Cut) Marker(partition ...attr.Value) clock.Instant {
	return c.MarkerOf(storage.HashOf(partition...))
}

// MarkerOf returns the marker of the partition that has hash h. It is meant for the stores of this module.
func (c Cut) MarkerOf(h storage.Hash) clock.Instant {
	if c.torn == nil {
		return c.marker
	}
	return c.torn[h.Part(len(c.torn))]
}

// Earliest returns the earliest marker.
func (c Cut) Earliest() clock.Instant {
	if c.torn == nil {
		return c.marker
	}
	return slices.MinFunc(c.torn, clock.Instant.Compare)
}

// Latest returns the latest marker.
func (c Cut) Latest() clock.Instant {
	if c.torn == nil {
		return c.marker
	}
	return slices.MaxFunc(c.torn, clock.Instant.Compare)
}

// Between returns c with the markers before earliest moved up to it and those after latest moved down to it.
func (c Cut) Between(earliest, latest clock.Instant) Cut {
	clip := func(m clock.Instant) clock.Instant {
		switch {
		case m.After(latest):
			return latest
		case m.Before(earliest):
			return earliest
		}
		return m
	}
	clipped := Cut{marker: clip(c.marker), torn: slices.Clone(c.torn)}
	for i, m := range clipped.torn {
		clipped.torn[i] = clip(m)
	}
	return clipped
}
