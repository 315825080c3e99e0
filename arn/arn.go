package arn

import (
	"strconv"
	"time"
)

// labelLayout is the form of a stream's label: ISO 8601 with milliseconds and no zone, always in UTC.
const labelLayout = "2006-01-02T15:04:05.000"

// Kind says what sort of resource an [ARN] names.
type Kind uint8

// The kinds of resources. The zero Kind is a table.
const (
	KindTable  Kind = iota // a table; it has no ID
	KindIndex              // a secondary index; its ID is the index's name
	KindStream             // a stream; its ID is the label, the time at which the stream was enabled
	KindBackup             // a backup; its ID is made by BackupID or SystemBackupID
	KindExport             // an export to S3; its ID has the form of a backup's
	KindImport             // an import from S3; its ID has the form of a backup's
)

var kindNames = [...]string{"table", "index", "stream", "backup", "export", "import"}

// String returns the word that stands for the kind in an ARN: "table", "index", "stream", "backup", "export" or
// "import". A Kind that is none of these gives "Kind(n)".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// ARN is the name of a DynamoDB resource, taken apart: a plain value, comparable with ==. The service is always
// dynamodb and is not kept. [Table] and the methods of a table's ARN build them, [Parse] reads them.
type ARN struct {
	Partition string // such as "aws"; see Partition
	Region    string // such as "us-east-1"
	Account   string // 12 digits
	Table     string // the name of the table, also if the ARN names something that belongs to it
	Kind      Kind   // what is named: the table, or something that belongs to it
	ID        string // which index, stream, backup, export or import; empty for a table
}

// Table returns the ARN of a table, in the partition to which the region belongs. The parts are taken as they are:
// use [ValidRegion], [ValidAccount] and [ValidName] on what comes from outside.
func Table(region, account, name string) ARN {
	return ARN{Partition: Partition(region), Region: region, Account: account, Table: name}
}

// TableARN returns the ARN of the table that a belongs to; for a table's own ARN, that is a itself.
func (a ARN) TableARN() ARN { return a.of(KindTable, "") }

// Index returns the ARN of the secondary index called name of the table that a names or belongs to.
func (a ARN) Index(name string) ARN { return a.of(KindIndex, name) }

// Stream returns the ARN of the stream enabled at created on the table that a names or belongs to. The label has
// milliseconds: what is finer is cut off. Years must have four digits.
func (a ARN) Stream(created time.Time) ARN {
	return a.of(KindStream, created.UTC().Format(labelLayout))
}

// Backup returns the ARN of the backup with the given ID, of the table that a names or belongs to.
func (a ARN) Backup(id string) ARN { return a.of(KindBackup, id) }

// Export returns the ARN of the export with the given ID, of the table that a names or belongs to.
func (a ARN) Export(id string) ARN { return a.of(KindExport, id) }

// Import returns the ARN of the import with the given ID, of the table that a names or belongs to.
func (a ARN) Import(id string) ARN { return a.of(KindImport, id) }

func (a ARN) of(kind Kind, id string) ARN {
	a.Kind, a.ID = kind, id
	return a
}

// String returns the full text of the ARN. [Parse] reads it back to the same value if its parts are valid.
func (a ARN) String() string {
	if a.Kind == KindTable {
		return "arn:" + a.Partition + ":dynamodb:" + a.Region + ":" + a.Account + ":table/" + a.Table
	}
	return "arn:" + a.Partition + ":dynamodb:" + a.Region + ":" + a.Account + ":table/" + a.Table +
		"/" + a.Kind.String() + "/" + a.ID
}
