// Package tidemark gives a Go program tables that behave like Amazon DynamoDB's, with DynamoDB's backups: snapshots in
// constant time, restores, SYSTEM backups of deleted tables, on a clock that may be the program's own.
//
// [New] wires the parts together: a store of tables, the backup engine, and one clock for both. By default nothing
// takes any time and backups are exact, as suits a program that owns its tables and a test that does not want to wait
// ([Instant]); [Documented] behaves as AWS describes the service, with its waits, its limits, and a marker for each
// backup that lies anywhere within a minute of its request.
//
// The parts can be used without each other:
//
//   - package table: tables, items and indexes, with snapshots and history;
//   - package backup: the backup engine, for any store of tables that satisfies backup.Source;
//   - package snapshot: the state of a table at one instant;
//   - package schema: descriptions of tables; package attr: values and items;
//   - packages arn, clock and exception: names, time and errors.
//
// # Guarantees
//
//   - What an operation has acknowledged is seen by every later one; a request that is refused changes nothing.
//   - Under every marker policy a backup holds all commits up to Window before its request and none later than Window
//     after it. Under all but backup.Torn a transaction is in or out as a whole.
//   - A backup never changes: no write to its table, nor to a table restored from it, can be seen in it.
//   - No goroutine is started and no timer set: states are computed from the clock when somebody asks.
//
// HAZARD: everything is kept in memory, and is gone with the process.
//
// # Concurrency
//
// Everything may be used by any number of goroutines at once.
//
// # Differences from AWS
//
// The finished state of a backup is ACTIVE here, as the reference text of the operations has it; the service's protocol
// says AVAILABLE. Other differences stand in the documentation of the packages that they belong to.
package tidemark
