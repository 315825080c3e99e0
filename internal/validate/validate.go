// Package validate checks requests against the constraints of the service's model and words what it finds as the
// service does: all violations in one ValidationException,
//
//	2 validation errors detected: Value '' at 'backupName' failed to satisfy constraint: ...; Value ...
//
// The service gives the clauses in no stable order. Here they come in the order in which they were found, so that
// what a test prints is the same on every run.
//
// Members are named by their path in the request, in lower camel case with dots, such as
// "pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled".
//
// A [Check] belongs to one goroutine.
package validate

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidemark-db/tidemark/exception"
)

// namePattern is what the model says of the names of tables, indexes and backups; lengths are a constraint of their
// own.
const namePattern = "[a-zA-Z0-9_.-]+"

// Check collects the violations of one request. Its zero value is ready for use, and costs nothing until something
// is violated.
type Check struct {
	clauses []string
}

// Required notes that member is missing unless present holds.
func (c *Check) Required(member string, present bool) {
	if !present {
		c.note("Value null at '" + clip(member) + "' failed to satisfy constraint: Member must not be null")
	}
}

// Length notes that value has fewer than min or more than max characters. A max of 0 or less is no bound.
func (c *Check) Length(member, value string, min, max int) {
	c.Count(member, value, utf8.RuneCountInString(value), min, max)
}

// Count notes that a list or a map has n elements, fewer than min or more than max. A max of 0 or less is no bound.
// The service quotes the whole value, of which shown is the text.
func (c *Check) Count(member, shown string, n, min, max int) {
	if n < min {
		c.add(member, shown, "have length greater than or equal to "+strconv.Itoa(min))
	}
	if max > 0 && n > max {
		c.add(member, shown, "have length less than or equal to "+strconv.Itoa(max))
	}
}

// Pattern notes, unless ok holds, that value does not match pattern, which is the text that the service quotes.
func (c *Check) Pattern(member, value, pattern string, ok bool) {
	if !ok {
		c.add(member, value, "satisfy regular expression pattern: "+pattern)
	}
}

// Range notes that value is under min or over max. A max under min is no bound.
func (c *Check) Range(member string, value, min, max int64) {
	if value < min {
		c.add(member, strconv.FormatInt(value, 10), "have value greater than or equal to "+strconv.FormatInt(min, 10))
	}
	if max >= min && value > max {
		c.add(member, strconv.FormatInt(value, 10), "have value less than or equal to "+strconv.FormatInt(max, 10))
	}
}

// Enum notes that value is none of allowed, which the text lists in the order given.
func (c *Check) Enum(member, value string, allowed ...string) {
	for _, a := range allowed {
		if a == value {
			return
		}
	}
	c.add(member, value, "satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
}

// Name notes that value cannot be the name of a table, an index or a backup: 3 to 255 characters of
// [a-zA-Z0-9_.-]. An empty value violates both the pattern and the length.
func (c *Check) Name(member, value string) {
	c.Pattern(member, value, namePattern, matchesName(value))
	c.Length(member, value, 3, 255)
}

// Entries notes that the keys or the value of an entry, which part says, break one of the constraints on the entries of
// a map. The service lists all of them, and quotes the whole map, of which shown is the text.
func (c *Check) Entries(member, shown, part string, must ...string) {
	c.note("Value '" + clip(shown) + "' at '" + clip(member) + "' failed to satisfy constraint: Map " + part +
		" must satisfy constraint: [Member must " + strings.Join(must, ", Member must ") + "]")
}

// Err returns nil if nothing was violated, and otherwise an [*exception.Error] of code Validation that names every
// violation.
func (c *Check) Err() error {
	n := len(c.clauses)
	if n == 0 {
		return nil
	}
	head := " validation errors detected: "
	if n == 1 {
		head = " validation error detected: "
	}
	return &exception.Error{
		Code:    exception.Validation,
		Message: strconv.Itoa(n) + head + strings.Join(c.clauses, "; "),
	}
}

// Full reports whether there are as many violations as are told: ten, as by the service. More are not noted, so nobody
// need find out what to say of them.
func (c *Check) Full() bool { return len(c.clauses) >= 10 }

func (c *Check) add(member, value, must string) {
	c.note("Value '" + clip(value) + "' at '" + clip(member) + "' failed to satisfy constraint: Member must " + must)
}

func (c *Check) note(clause string) {
	if !c.Full() {
		c.clauses = append(c.clauses, clause)
	}
}

// clip shortens what a message quotes: a request may be as large as it likes, the answer to it not.
func clip(text string) string {
	const enough = 4096
	if len(text) > enough {
		return text[:enough] + "..."
	}
	return text
}

func matchesName(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '.':
		default:
			return false
		}
	}
	return s != ""
}
