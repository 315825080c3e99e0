// Package storage keeps the items of one table: a copy-on-write B-tree for the table and one for each index, and the
// log of what changed.
//
// A [Data] is all trees of a table in step. Cloning it costs the same whatever its size; afterwards the clone and
// the original share their nodes, and each copies a node when it first writes through it.
//
// A [Log] holds changes in the order of their instants. A [Segment] is a part of it that no longer changes; undoing
// one with [Data.Rewind] takes a Data back in time. Undoing goes through the same path as a live write, so that
// indexes always agree with the items.
//
// # Order
//
// Records are ordered by a hash of the partition key and within a partition by sort key, so that a full scan comes
// in an order that looks random, as the service's does, and a partition is contiguous. The hash is fixed: the same
// items have the same order in every process.
//
// # Concurrency
//
// A Data may be read by any number of goroutines while nobody writes it. Clone counts as a write of the original,
// but goroutines that are already reading it are not disturbed. Records and the items in them never change.
package storage
