package backuptest

import (
	"fmt"
	"strings"
)

// Failure is a promise that a store has broken. It is immutable.
type Failure struct {
	Check string // the name of the check
	About string // what it checks, in a sentence
	Did   string // what was done
	Saw   string // what was seen
	Want  string // what should have been seen
	Why   string // why it matters
	Note  string // how to see it again, such as the seed of a random history; may be empty
}

// Error tells all of it, in lines.
func (f *Failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", f.Check, f.About)
	for _, line := range []struct{ name, text string }{
		{"did", f.Did}, {"saw", f.Saw}, {"want", f.Want}, {"why", f.Why}, {"note", f.Note},
	} {
		if line.text != "" {
			fmt.Fprintf(&b, "\n    %-5s %s", line.name+":", strings.ReplaceAll(line.text, "\n", "\n          "))
		}
	}
	return b.String()
}
