package arn

import (
	"fmt"
	"strings"
	"time"
)

// Fault says which part of an ARN is wrong. It is itself an error, so that errors.Is(err, arn.FaultRegion) tells the
// faults apart; see [ParseError] for the text at fault.
type Fault uint8

// The faults of an ARN, in the order in which they are looked for. The first one found is reported.
const (
	FaultForm      Fault = iota + 1 // not an ARN, or its resource is not in the package's table
	FaultPartition                  // no such partition, or not the partition of the region
	FaultService                    // the service is not dynamodb
	FaultNoRegion                   // the region is empty
	FaultRegion                     // no such region
	FaultAccount                    // the account is not 12 digits
)

// Error returns what the fault means in a few words.
func (f Fault) Error() string {
	switch f {
	case FaultForm:
		return "not the ARN of a DynamoDB resource"
	case FaultPartition:
		return "unknown partition, or not that of the region"
	case FaultService:
		return "the service is not dynamodb"
	case FaultNoRegion:
		return "no region"
	case FaultRegion:
		return "unknown region"
	case FaultAccount:
		return "the account is not 12 digits"
	}
	return "faulty"
}

// ParseError is the error of [Parse], [ARN.Check] and [ParseBackupID].
type ParseError struct {
	Text  string // what was to be read
	Fault Fault  // the first thing wrong with it
}

// Error returns the text and its fault.
func (e *ParseError) Error() string { return fmt.Sprintf("arn %q: %v", e.Text, e.Fault) }

// Unwrap returns the fault, for errors.Is.
func (e *ParseError) Unwrap() error { return e.Fault }

// Parse reads the full text of an ARN. It is strict in the form, so that whatever it accepts prints as the same text
// again, and lenient in the rest: a partition or a region is any word of lower-case letters, digits and hyphens, and
// [ARN.Check] tells whether the service has them. The error is a [*ParseError]; with it comes the zero ARN.
//
// The resource is looked at first: the service complains about an ARN that cannot be a backup before it minds where
// the ARN points to (DescribeBackup).
func Parse(s string) (ARN, error) {
	part := strings.SplitN(s, ":", 6)
	if len(part) != 6 || part[0] != "arn" {
		return ARN{}, &ParseError{Text: s, Fault: FaultForm}
	}
	a := ARN{Partition: part[1], Region: part[3], Account: part[4]}
	fault := Fault(0)
	switch {
	case !a.readResource(part[5]):
		fault = FaultForm
	case !isToken(a.Partition):
		fault = FaultPartition
	case part[2] != "dynamodb":
		fault = FaultService
	case a.Region == "":
		fault = FaultNoRegion
	case !isToken(a.Region):
		fault = FaultRegion
	case !ValidAccount(a.Account):
		fault = FaultAccount
	default:
		return a, nil
	}
	return ARN{}, &ParseError{Text: s, Fault: fault}
}

// Check reports as a [*ParseError] with FaultRegion or FaultPartition that the service has no such region, or has it
// in another partition. The regions named in own count as existing whatever they are called; emulators pass theirs.
// An ARN from [Parse] with no error from Check has nothing wrong in itself.
func (a ARN) Check(own ...string) error {
	known := ValidRegion(a.Region)
	for _, region := range own {
		known = known || region == a.Region
	}
	switch {
	case !known:
		return &ParseError{Text: a.String(), Fault: FaultRegion}
	case a.Partition != Partition(a.Region):
		return &ParseError{Text: a.String(), Fault: FaultPartition}
	}
	return nil
}

// readResource sets Table, Kind and ID from the part of an ARN after the account, and reports whether it has the form
// of one of the kinds.
func (a *ARN) readResource(s string) bool {
	rest, ok := strings.CutPrefix(s, "table/")
	if !ok {
		return false
	}
	var word string
	a.Table, rest, ok = strings.Cut(rest, "/")
	if !ValidName(a.Table) {
		return false
	}
	if !ok {
		return true // nothing follows the name: a table
	}
	word, a.ID, ok = strings.Cut(rest, "/")
	if !ok {
		return false
	}
	switch word {
	case "index":
		a.Kind = KindIndex
		return ValidName(a.ID)
	case "stream":
		a.Kind = KindStream
		return isLabel(a.ID)
	case "backup":
		a.Kind = KindBackup
	case "export":
		a.Kind = KindExport
	case "import":
		a.Kind = KindImport
	default:
		return false
	}
	return isID(a.ID)
}

// isLabel reports whether s is a stream's label. Formatting it again catches what time.Parse is lenient about.
func isLabel(s string) bool {
	t, err := time.Parse(labelLayout, s)
	return err == nil && t.Format(labelLayout) == s
}

// isToken reports whether s could be the name of a partition or a region.
func isToken(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != ""
}
