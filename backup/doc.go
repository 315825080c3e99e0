// Package backup gives tables the backups of Amazon DynamoDB: on-demand backups and SYSTEM backups of deleted tables,
// with their names, states and expiry, point-in-time recovery, and restores of both with overrides.
//
// An [Engine] is the backup service of one account in one region. It knows the rules and keeps the list of backups; the
// tables belong to a [Source]. *table.Store is one, and an emulator with tables of its own can be another. The methods
// of an Engine are named after the service's operations and answer with the service's errors; [Engine.Window],
// [Engine.Snapshot], [Engine.SnapshotAt], [Engine.Changes], [Engine.Differences], [Engine.Transitions] and
// [Engine.Settle] tell what the service keeps to itself.
//
// # Guarantees
//
//   - A backup requested at time T holds everything committed up to T minus [Profile].Window and nothing committed later
//     than T plus Window. With [Exact] it holds exactly what was acknowledged before the request.
//   - Under every policy but [Torn], a transaction is in or out as a whole.
//   - A restore to a point in time holds everything committed up to that time, at that very time too, and nothing
//     committed later; a transaction is in or out as a whole.
//   - A backup never changes, and outlives its table. A restored table, the backup and the source never notice each
//     other's writes.
//   - A request that is refused changes nothing; a failed restore leaves no table behind.
//   - The same seed, clock and calls give the same backups, byte for byte.
//   - Taking a backup costs the same whatever the size of the table, if the source can do that; so does a restore.
//
// HAZARD: everything is kept in memory. A backup holds the items that its table has changed or deleted since, until it
// is deleted itself.
//
// HAZARD: with point-in-time recovery switched on, a source with history keeps every change of the recovery period in
// memory, old items and new ones: 35 days of them if no period is given. What the history holds is not in the table's
// statistics. Switching recovery off frees it, and loses it.
//
// HAZARD: with a Window, the data of a backup is put together when it is first asked for, which takes as long as there
// were writes between its marker and the moment at which it was captured.
//
// HAZARD: [Options].OnTransition is called by whichever goroutine calls the engine. While it blocks, that call does not
// return and nothing else is told.
//
// # Time and states
//
// Nothing happens in the background. The state of a backup is a function of its record and of the time at which
// somebody asks: CREATING until [Profile].Creating is over and the marker has passed, then ACTIVE. What has expired is
// freed by the next call. A program that wants this done although nobody calls uses [Engine.Settle], which says when
// there will be something to do again.
//
// What is called ACTIVE here, as in the reference text of the operations, is AVAILABLE on the wire, as in the service's
// model. DELETED is seen in the answer to DeleteBackup alone.
//
// # Markers
//
// The service leaves open which of the commits within a minute of the request a backup holds. A [Marker] policy
// decides: [Exact], [Earliest] and [Latest] are fixed points, [Fuzzy] draws one marker from the window, and [Torn] draws
// one for each partition, so that a later write can be in and an earlier one out. Fuzzy is what [Documented] does, for
// the reason that Go shuffles the order of maps: what is not promised should not be relied on. [Engine.Window] tells
// what is promised of a commit, and what became of it. A marker cannot lie before the birth of its table, before the
// source's history, or behind the deletion of its table: it is moved there.
//
// # Point-in-time recovery
//
// [Engine.UpdateContinuousBackups] switches recovery of a table on. From then on any time between the two that
// [Engine.DescribeContinuousBackups] tells can be restored with [Engine.RestoreTableToPointInTime]: from the second in
// which it was switched on, or the beginning of the recovery period, up to [Profile].RecoveryLag ago. There are no
// markers in this, and nothing is left open: a time stands for the end of its nanosecond, so that all commits of one
// wall time are on one side. [Engine.SnapshotAt] reads such a time without a restore, and [Engine.Differences] tells
// what has changed between two. History belongs to one incarnation of a table: it ends with the deletion, of which the
// SYSTEM backup holds the last state.
//
// # Profiles
//
// A [Profile] is every knob there is. [Documented] is the service as AWS describes it, with its waits and limits, and
// is what an Engine does if nothing is said; [Instant] takes no time, has no rates and is exact. Both are values of
// which any field can be changed.
//
// # Implementing a Source
//
// A [Source] needs to know nothing of backups; its example is one of some seventy lines, and package backuptest tries
// anyone's. These are the points where it is easily wrong, and what breaks:
//
//   - Now must never go back, or backups become CREATING again. A clock.Sequencer does that and stamps commits too.
//   - CaptureTable must take its instant and its data in one step, with writers kept out. Otherwise a write that was
//     acknowledged before the request can be missing, or one made after it can be in.
//   - The description in a capture is that of the moment, with all indexes and attribute definitions; a restore makes
//     its table of nothing else.
//   - RestoreTable must check for the name and take it in one step. Otherwise two restores fill one table.
//   - RestoreTable must fail if it cannot make what is asked for: indexes, capacity, encryption. Otherwise who has
//     asked for an encrypted table believes that there is one.
//   - A source that can look back is a [Historian]; one that cannot must run with a Window of 0, or [New] fails, and
//     every restore to a point in time answers PointInTimeRecoveryUnavailable. One that tells of deletions is a
//     [Notifier]; without it there are no SYSTEM backups.
//
// # Concurrency
//
// An Engine may be used by any number of goroutines at once, and so may what it returns. No lock is held while the
// source or OnTransition is called, with two exceptions: the function that chooses a cut runs inside the source, and
// switches of recovery reach the source one at a time, so RetainTable must not switch recovery itself. OnTransition is
// called by one goroutine at a time.
//
// # Differences from AWS
//
// Where the service's behaviour is not known, contradicts its own text or makes no sense in a process, this is what
// happens here:
//
//   - BackupInUse for a backup that is CREATING says "Backup is being created".
//   - Lists are in the order of table names, then of creation. A page has up to 100 backups if no limit is given, and
//     a [ListInput].Limit of 0 is one that is not given. Type ALL includes AWS_BACKUP.
//   - A cursor that is not a backup's ARN gets the same answer as such an ARN elsewhere.
//   - RestoreTableFromBackup checks, in this order: the form of the request, the ARN, its region, that the backup is
//     there, its state, the overrides, the target, the number of restores.
//   - A target that CreateTable is making answers TableInUse, "Table is being created". One that is being restored is
//     said to be restored from the backup of the request, as the service has it; in a restore to a point in time the
//     text ends before that.
//   - DeleteBackup refuses a backup of type AWS_BACKUP with a text of ours. [CreateInput].Type can record one.
//   - An OnDemandThroughputOverride without values is refused; the service refuses it and starts the restore all the
//     same. One maximum alone leaves the other as it was recorded.
//   - A backup has the global indexes that the table has at its request, whatever its marker: one that is CREATING too, and
//     complete, since a backup records settings; one that is DELETING not. A restore to a point in time has those that its
//     settings have, also if they came later or are gone, made of the items of that time.
//   - Index overrides that have one name twice, throughput for a local index, or maxima below 1 are refused with texts
//     of ours, and so is a global index with throughput in a table that stays on demand.
//   - OnDemandThroughputOverride is fine where the restored table is PAY_PER_REQUEST, by the override or by its backup. A
//     maximum cannot be taken away by a restore.
//   - A region is known by its form, not from a list: what looks like one in an ARN is one.
//   - Encryption keys are not looked up: any key that is named is taken to exist.
//   - Another region's ARN restores the backup of that table name and id here, not one of that region.
//   - A SYSTEM backup is kept for 35 days whatever the recovery period is, records the same as a USER backup, and
//     appears [Profile].SystemDelay after the deletion. Its creation time moves up by a millisecond, as often as needed,
//     when an older one of the same name has it.
//   - Sizes and counts are copies of the table's statistics at the request, and never change afterwards; with
//     [Profile].ExactSizes they are what the backup holds, as soon as it is ACTIVE.
//   - A table can be deleted while it is being backed up. That settles a marker that lies ahead.
//   - Continuous backups are DISABLED until backups of a new table are enabled, and ENABLED ever after.
//   - RestoreTableToPointInTime checks, in this order: the form of the request, the source's ARN with its account and
//     region, that the source is there, that its recovery is on, the time, the overrides, the target, the number of
//     restores. A missing source is named only if it was given by name. There is no rate.
//   - A restore time after the latest restorable one is refused, also where the present is later. The text gives all
//     times in whole seconds.
//   - A restore time may be finer than a second, and is taken as it is. Commits at that very time are in.
//   - Without a lag the latest restorable time is the present. While the clock stands still, commits at that time that
//     come after a restore of it are not in that restore, but in a later one.
//   - Right after recovery has been switched on, the one restorable time is the second in which that was, with the table
//     as it was then; a source that keeps no history of itself knows the table no earlier than at the switch, and
//     restores that. The service was seen to restore an empty table.
//   - A restore to a point in time takes settings from the table as it is now, as the reference has it; with
//     [Profile].SettingsAsOf from the table as it was, as the guide has it, as far as its history goes back.
//   - Switching recovery on where it is on keeps the period, unless one is given. A longer period does not bring back
//     what a shorter one has dropped.
//   - A source that is DELETING can be restored for [Profile].Departing.
//   - A rate is a bucket of calls, the same for all connections, which refills at the documented number a second and
//     may hold more ([Rate].Burst); a call that is refused takes nothing from it. UpdateContinuousBackups has no rate.
//   - Bounds of a list are rounded to the nearest millisecond.
//   - There are no IAM policies, replicas or auto scaling, and so nothing is said of them.
package backup
