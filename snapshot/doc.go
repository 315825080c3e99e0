// Package snapshot holds the state of a table at one instant, and lets it be read.
//
// A [Snapshot] never changes. Taking one of the present costs the same whatever the size of the table, and so does
// keeping it: it shares memory with the table, and the table pays for the parts it changes later, once each. Taking
// one of an earlier instant costs as much as the writes since, which are undone on a copy, or fewer where the table has
// kept copies of itself.
//
// A [Cut] says which commits a snapshot holds: usually all up to one marker, but it may have a marker of its own for
// each partition of the table. A [Capture] is a snapshot whose cut may still lie ahead.
//
// # Guarantees
//
//   - A snapshot holds exactly the commits that its cut lets in: the first commit after the cut of its partition, and
//     every later one, is not in it.
//   - Its indexes agree with its items, whatever the cut.
//   - Items come in the table's own order, which is the same in every process.
//
// # Concurrency
//
// Everything in this package may be used by any number of goroutines at once, beside writers of the table and
// restores of the same snapshot. Reading takes no lock.
package snapshot
