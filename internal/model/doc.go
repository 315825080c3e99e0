// Package model is a store of tables so naive that it is plainly right, for tests to compare the real one with.
//
// A [Table] keeps every version that any of its items ever had, in the order of their commits, and forgets nothing.
// What it looked like for some cut is found by walking all of them from the beginning and leaving out those that come
// too late: there is no tree, no log to undo and nothing to trim, and no code of the real store's is used but the
// question which marker a partition has. An index is computed from the items whenever it is asked for.
//
// The model does not decide anything: the test that drives it does what it expects of the real store, with the
// instants that the real store gave.
//
// # Concurrency
//
// Nothing here may be used by more than one goroutine at once.
package model
