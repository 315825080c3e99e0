package arn

import (
	"regexp"
	"strings"
)

// partitions maps the beginnings of region names to partitions. A region with none of them is in the partition aws.
var partitions = []struct{ prefix, partition string }{
	{"cn-", "aws-cn"},
	{"us-gov-", "aws-us-gov"},
	{"us-iso-", "aws-iso"},
	{"us-isob-", "aws-iso-b"},
	{"eu-isoe-", "aws-iso-e"},
	{"us-isof-", "aws-iso-f"},
	{"eusc-", "aws-eusc"},
}

// regionForm is the form of the region names of all partitions: an area, a direction, a number. It knows forms and
// not single regions, because the service adds regions much more often than areas.
var regionForm = regexp.MustCompile(
	`^(us|eu|ap|sa|ca|me|af|il|mx|cn|us-gov|us-iso|us-isob|eu-isoe|us-isof|eusc-de)` +
		`-(north|south|east|west|central|northeast|northwest|southeast|southwest)` +
		`-[1-9][0-9]?$`)

// Partition returns the partition of a region, such as "aws-cn" for "cn-north-1". It goes by how the name begins, and
// says "aws" for all that it does not know: for other regions of the service and for those of emulators.
func Partition(region string) string {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition
		}
	}
	return "aws"
}

// ValidRegion reports whether region has the form of a region name in one of the partitions: "ap-southeast-2" and
// "us-gov-west-1" have it; "us-nowhere-1", "US-EAST-1" and the names that emulators use, such as "local", have not.
func ValidRegion(region string) bool { return regionForm.MatchString(region) }

// ValidAccount reports whether s is an account number: exactly 12 digits.
func ValidAccount(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) == 12
}

// ValidName reports whether s may be the name of a table, an index or a backup: 3 to 255 characters out of a-z, A-Z,
// 0-9, underscore, hyphen and dot (the model's shape TableName).
func ValidName(s string) bool {
	if len(s) < 3 || len(s) > 255 {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '.':
		default:
			return false
		}
	}
	return true
}
