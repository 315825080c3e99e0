package arn

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	systemSuffix = "00000000"         // only the service's own backups have it
	maxMillis    = 99_999_999_999_999 // what 14 digits can hold: up to the year 5138
)

// BackupID returns the ID of a backup, an export or an import that was asked for at created: the time in
// milliseconds since 1970 in 14 digits, a hyphen and the first 8 hexadecimal digits of u (CreateBackup). Times that
// 14 digits cannot hold, before 1970 and after 5138, become the nearest that they can.
//
// The suffix 00000000 is kept for SYSTEM backups: a UUID that begins with it gives 00000001 instead. With 32 random
// bits, two IDs of one millisecond can be equal; whoever hands them out has to look whether one is taken.
func BackupID(created time.Time, u uuid.UUID) string {
	return newID(created, max(binary.BigEndian.Uint32(u[:]), 1))
}

// SystemBackupID returns the ID of the SYSTEM backup that the service takes of a table with point-in-time recovery
// when the table is deleted at created (DeleteTable): as [BackupID], with the suffix 00000000.
func SystemBackupID(created time.Time) string { return newID(created, 0) }

// IsSystemBackupID reports whether id is one that [SystemBackupID] makes.
func IsSystemBackupID(id string) bool { return isID(id) && strings.HasSuffix(id, "-"+systemSuffix) }

// ParseBackupID takes the ID of a backup, an export or an import apart: the time at which it was created, in UTC with
// milliseconds, and the 8 digits of its suffix. The error is a [*ParseError] with FaultForm.
func ParseBackupID(id string) (created time.Time, suffix string, err error) {
	if !isID(id) {
		return time.Time{}, "", &ParseError{Text: id, Fault: FaultForm}
	}
	digits, suffix, _ := strings.Cut(id, "-")
	ms, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return time.Time{}, "", &ParseError{Text: id, Fault: FaultForm}
	}
	return time.UnixMilli(ms).UTC(), suffix, nil
}

// newID does not format with fmt: every backup has an id.
func newID(created time.Time, suffix uint32) string {
	const hex = "0123456789abcdef"
	id := []byte("00000000000000-00000000")
	ms := min(max(created.UnixMilli(), 0), maxMillis)
	for i := 13; ms > 0; i, ms = i-1, ms/10 {
		id[i] = byte('0' + ms%10)
	}
	for i := len(id) - 1; suffix > 0; i, suffix = i-1, suffix>>4 {
		id[i] = hex[suffix&0xF]
	}
	return string(id)
}

// isID reports whether s is 14 digits, a hyphen and 8 lower-case hexadecimal digits.
func isID(s string) bool {
	const digits, length = 14, 14 + 1 + 8
	if len(s) != length {
		return false
	}
	for i, c := range []byte(s) {
		switch {
		case i == digits:
			if c != '-' {
				return false
			}
		case '0' <= c && c <= '9', i > digits && 'a' <= c && c <= 'f':
		default:
			return false
		}
	}
	return true
}
