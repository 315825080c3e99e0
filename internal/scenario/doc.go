// Package scenario runs the stories in testdata/scenarios: what somebody did with tables and backups, and what came of
// it, to be read by people first. It holds nothing but tests.
//
// A story begins with a comment that tells it, and where its truth comes from. Blocks follow, one or more commands
// each, then a line of four dashes and what the commands print, up to an empty line. The commands are those of the
// table in commands_test.go; backups have the names that the story gives them instead of their ARNs.
//
//	go test ./internal/scenario -rewrite
//
// writes down what the commands print now. Commit only changes you understand.
package scenario
