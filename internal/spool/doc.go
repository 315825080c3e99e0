// Package spool keeps the items of tables, with earlier states of them, in memory up to a budget and on disk beyond.
//
// A [Spool] has a budget and a directory. [Versions] of it are what is known of one table: each item as it was put, with
// the instant from which it was so. A [View] of them is the table as it was at one instant, for package snapshot to read.
//
// # Guarantees
//
//   - A View never changes, whatever is put, trimmed or moved to disk after it was made. It holds for each key what was
//     put with the last instant that is not after the View's.
//   - What cannot be written to disk stays in memory. What cannot be read from it is an error, never a missing item: see
//     [View.Err]. Blocks are checked when they are read.
//   - Memory is given back, and files are deleted, when nobody refers to what is in them any longer. Close deletes all.
//
// The files are of use to this process alone, and nothing reads them after it: they are not synced, and a process that is
// killed leaves its directory behind.
//
// # How it is kept
//
// What is put goes into a tree in memory. When all trees together are over the budget, [Versions.Relieve] writes its tree
// to a file, a run, in the order of the places of items and then of instants; when there are eight runs of one level they
// are merged into one of the next. A reader merges the runs and the tree. A merge leaves out what no View may ask for any
// longer ([Versions.Trim]).
//
// # Concurrency
//
// Everything here may be used by any number of goroutines at once. Putting and making Views wait for no disk.
package spool
