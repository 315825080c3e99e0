// Package upstream gives backups to tables that are elsewhere, behind an endpoint that speaks DynamoDB's protocol: a
// [Source] for package backup that reads and makes tables through a [Client], and a [Proxy] through which the writes
// to them pass.
//
// # Guarantees
//
//   - A snapshot holds every write that the Proxy acknowledged before it was asked for and none begun after it has been
//     answered, and it is the state of the table between two writes: a transaction is in or out as a whole.
//   - While a snapshot is taken a write waits for the writes before it, once, and for one read of the item that it is
//     about to change, which goes first into the snapshot. [Source.Delays] tells how long that took. A snapshot that
//     would hold writes back for longer than [Options].DrainLimit fails instead.
//   - A snapshot that cannot be exact fails, and says why. It is never an approximation.
//   - A restore that fails deletes its table again; until it has succeeded nobody sees the table's items through the
//     Proxy. If the deletion fails too, the error says so, the table stays out of sight, and deleting it is tried again
//     when somebody next asks for it.
//   - What may pass, such as an upstream that is too busy, is tried again before a snapshot or a restore fails.
//   - Requests and answers pass through the Proxy as they are. Answers are streamed. Requests that may write or change a
//     table are kept in memory while they pass, and all of them as long as a restore goes on.
//
// HAZARD: what does not pass through the Proxy is not seen: writes to the upstream itself, its time to live, an
// import. Such a write while a snapshot is taken may be in it in part, and it comes into the history of a table, if
// at all, when the item is written next or the table is read again.
//
// HAZARD: a write whose answer from the upstream is lost may be applied there at any later time: a snapshot that was
// begun meanwhile may have it in part. The history of its table is compared with the table when it is next asked for.
//
// HAZARD: snapshots and histories do not outlive the process, although what is beyond Options.Memory is on disk: a table
// with history is kept there as a copy with all changes of the time that was asked for.
//
// # How a snapshot is taken
//
// New writes to the table are held until those that are on their way have been answered. That is the instant. From
// then on writes pass, and a parallel Scan reads the table beside them; a write of an item that the Scan has not met
// yet has the item read first, and what was read counts, whatever the Scan finds later. A statement of PartiQL has
// keys that cannot be known: one that may write to the table has the snapshot begin anew, three times at the most.
//
// Changes and deletions of the table itself wait until the snapshot has been taken, and CaptureTable returns no
// earlier: it takes as long as reading the table does.
//
// # History
//
// [Source.RetainTable] has a table copied, and from then on the Proxy reads every item back after a write to it has
// been answered, before it passes the answer on. Writes to one item go one at a time then, so that each image belongs
// to its write. Images and snapshots are versions of items in a spool (package spool): a snapshot is the versions up to
// its instant. What a statement has changed is found by reading the table again, at once; what a write has whose answer
// was lost, when the history is next asked for. These changes then bear the time at which they were found. So do they in a
// snapshot whose markers lie away from its request, which is made of the history alone.
//
// # Concurrency
//
// Everything here may be used by any number of goroutines at once. Writes of several tables enter them in the order
// of their names, so that none waits for another in a circle.
package upstream
