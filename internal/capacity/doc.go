// Package capacity counts the read and write capacity that operations consume, and keeps account of how much a table
// may still consume.
//
// # Guarantees
//
//   - Amounts are exact: they are whole numbers of half units, and never rounded.
//   - What is counted depends on sizes by the service's rules ([attr.Item.Size]) and on the description of the table
//     alone. Nothing here looks at a clock: [Limits] and a [Bucket] are told the time.
//
// # Reads
//
// An item, or all that one Query or Scan has read of a table or an index, costs a unit for every 4 KB that has been
// begun, and one at the least ([Read]). It costs half of that if it may be out of date, and twice as much in a
// transaction. What is not there costs as much as the smallest item.
//
// # Writes
//
// A write costs a unit for every 1 KB that has been begun of the larger one of the item before and after it, and one at
// the least ([Change]). One that its condition refuses costs that too, as far as it is known what it would have made
// ([Refused]). An index costs what happens to its entry, whose size is that of the attributes it holds: the entry that
// is new or gone, the larger one of the two for an entry that has changed where it was, both of them for an entry that
// has moved, and nothing for one that has not changed. In a transaction the table costs twice as much, but not its
// indexes ([Consumption.Transacted]).
//
// # Limits
//
// A table or a global index is a [Bucket] of each [Kind] of capacity, and [Limits] are those of all tables of a store.
//
// # Concurrency
//
// Functions may be called at the same time. A Consumption or a Bucket must not be used by two goroutines at once.
package capacity
