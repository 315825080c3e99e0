// Package backuptest finds out whether a store can be backed up: it is the conformance kit for every implementation of
// backup.Source, and of what a Source may be beyond that, a backup.Historian and a backup.Notifier.
//
// An implementer writes a [Store], which adds to the Source the means to make, fill and read tables, and one test:
//
//	func TestConformance(t *testing.T) {
//		backuptest.Run(t, func(c clock.Clock) (backuptest.Store, error) { return newStore(c), nil }, backuptest.History)
//	}
//
// [Run] makes each check a subtest; [Check] returns what it finds as joined errors, for programs that are no tests.
// [Benchmark] shows what backups cost.
//
// # What is checked
//
// Each check is a promise of the port, tried on a store of its own; [Checks] lists them with a sentence each. They are
// about the Source itself (Place, Time, MissingTable, TableState, Incarnations), its captures (Capture...,
// LocalIndexes), its restores (Restore...), its history (History...), its news of deletions (Deletion...,
// SystemBackup), and about what a backup.Engine makes of all that (Engine..., ManyTables, RandomHistory). The first
// thing that is wrong ends a check, and is told as a [Failure]: what was done, what was seen, what should have been,
// and why it matters.
//
// # What a store lacks
//
// A store need not do everything, but it must not pretend. What it cannot do is declared as a [Lack]. Checks of it are
// then left out, and others take their place, which require that it is refused in clear words: by the store, or by the
// engine for it. It is a failure to declare what the store can do, or not to declare what it cannot.
//
// Settings need no declaration: each of those that a restore is asked for, capacity and encryption, is made or refused.
// A store whose tables can change their settings is an [Updater], and is tried with changes.
//
// # Guarantees
//
//   - The kit asks of a store nothing that package backup does not ask of a Source, but for two things: the store
//     goes by the clock that it is given, and what it was asked to do has been done when that clock has moved by some
//     days.
//   - Everything random is drawn from fixed seeds. A failure of a random history tells its seed, and [CheckSeed] runs
//     it again. Only the checks among concurrent writers and restores depend on how goroutines are scheduled: what
//     they find is wrong in every case, but they need not find it every time.
//   - No goroutine outlives its check, unless a call of the store never returns. A store that panics fails the check.
//   - The kit imports the standard library and this module alone: it brings no test library into anyone's build.
//
// HAZARD: a call of the store that waits for ever keeps the kit waiting. Only where the port itself warns of a lock
// (backup.Notifier) does it give up after ten seconds.
//
// # Concurrency
//
// All functions may be called at the same time, if the Maker may.
package backuptest
