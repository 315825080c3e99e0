// Package table is a store of tables in memory, with DynamoDB's rules for keys, items and indexes, and with snapshots
// that cost nothing.
//
// A [Store] holds the tables of one account in one region. Its methods are named after DynamoDB's operations and
// answer with the service's errors. [Store.Table] gives a [Table], on which items are written and read; a write may
// depend on a condition, which is a Go function. [Store.Transact] writes up to 100 items at once and
// [Store.TransactRead] reads as many as of one instant; [Store.Batch] writes up to 25, each by itself.
//
// # Guarantees
//
//   - Every write is atomic and, once its call has returned, is seen by every later read. Its [snapshot.Change] carries the
//     instant of the commit; the instants of one store strictly increase, in the order of the commits of each table.
//   - Indexes agree with their table at every instant, and so they do in a snapshot of an earlier one, whichever indexes
//     have come and gone since. A table is locked for no longer than usual while an index is made.
//   - A request that is refused changes nothing. A batch is checked as a whole before anything of it is written.
//   - A snapshot of the present costs the same whatever the size of the table ([Table.Snapshot]); one of an earlier
//     instant, as far back as [Store.Retain] asked for, costs as much as the writes since, and no
//     more than Options.CheckpointEvery of them ([Table.SnapshotAt]).
//   - A write remembers nothing of the past unless someone has asked for history.
//
// # Time to live and streams
//
// With time to live ([Store.UpdateTimeToLive]) a table deletes items whose time is over. Each deletion is a commit of its
// own at the instant at which it came due, whoever notices it and when: a view, a backup or a restore of any time has
// just the items that had not been deleted by then. The instant of such a commit is after those of all earlier commits
// of its table, but it may be before those that other tables have been given meanwhile.
//
// A stream of a table tells of every commit that has changed an item ([Store.Stream], [Stream.Records]), in their order,
// of a transaction item by item. What a restore brings is no commit, and a put that changes nothing is not told. Records
// are kept for a day of the store's clock, and share their items with the table.
//
// HAZARD: a condition or an update function runs while its table is locked. One that calls the store, or waits for
// something that does, waits for ever.
//
// # Time
//
// Nothing happens in the background. A table's status is computed from the clock when it is asked for, and a table
// that has been deleted is forgotten by a later call. With the zero [Timing] nothing takes any time: the answer to
// CreateTable still says CREATING, as the service's does, and the next call finds the table ACTIVE.
//
// Times lie between 1970 and April 2262. A clock outside stands still for a Store.
//
// # Concurrency
//
// Nothing here waits for anything but a lock, so the contexts that operations take are not looked at.
//
// A Store, its Tables and whatever they return may be used by any number of goroutines at once. Writes to one table
// wait for each other; reads of one table run side by side.
//
// # Differences from AWS
//
//   - All reads are consistent, those of global indexes too.
//   - The tags of a table that is DELETING can be listed until it is gone.
//   - TTL settings that a table is created with, which the service cannot do, count as if they had always been there.
//   - Items are deleted right when Timing says so, where the service takes its time: at the first whole second after the
//     time in their attribute, with the zero Timing. While time to live is ENABLING or DISABLING, nothing expires.
//   - A stream has one shard at a time, or one for ever without Timing.Shard. It records from the call that enables it on,
//     although it is ENABLING as long as its table is being created or updated. LATEST is exact.
//   - A new global index is complete before UpdateTable returns; what descriptions tell of it is a matter of Timing alone,
//     whatever the size of the table. Nothing can be written from then on that does not fit its key, and an item that was
//     there before and does not fit can be deleted or replaced by one that does, but not be updated otherwise.
//   - A deleted index is gone at once: a read of it says that the table does not have it, also while it is DELETING.
//   - Of an attribute that is part of several keys all must agree on the type: a new index that does not is refused with a
//     text of ours. Each attribute of a key is bounded in size by itself, also where a key has several.
//   - UpdateTable waits until another UpdateTable of the table is done with filling an index.
//   - Resource policies, contributor insights and Kinesis destinations are settings that are kept and told of, and change
//     nothing that a table does. A policy can be put while its table is CREATING.
//   - What UpdateTable changes counts from the call on, whatever descriptions tell of meanwhile.
//   - Provisioned throughput, and warm throughput that is asked for, are bounded by the quotas, but what operations on items
//     consume is bounded by neither. There is no limit on the number of tables unless Options.Quotas has one. What is
//     provisioned comes back when a table begins to be deleted.
//   - The texts of some refusals that are not on record are ours, such as those for an index without throughput.
package table
