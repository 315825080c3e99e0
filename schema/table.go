package schema

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
)

// KeyType is an attribute's part in a key.
type KeyType string

// The parts of a key. A partition key is HASH, a sort key is RANGE.
const (
	Hash  KeyType = "HASH"
	Range KeyType = "RANGE"
)

// KeyElement names one attribute of a key.
type KeyElement struct {
	Name string
	Type KeyType
}

// KeySchema is the primary key of a table or an index: the partition key first, then the sort key if there is one. That
// of a global index may have up to four attributes of each kind.
type KeySchema []KeyElement

// Keys returns the KeySchema of a partition key and, if given, a sort key.
func Keys(partition string, sort ...string) KeySchema {
	k := KeySchema{{Name: partition, Type: Hash}}
	for _, name := range sort {
		k = append(k, KeyElement{Name: name, Type: Range})
	}
	return k
}

// Partition returns the name of the partition key, or of its first attribute.
func (k KeySchema) Partition() string { return k.named(Hash) }

// Sort returns the name of the sort key, or of its first attribute; it is empty if there is none.
func (k KeySchema) Sort() string { return k.named(Range) }

func (k KeySchema) named(t KeyType) string {
	for _, e := range k {
		if e.Type == t {
			return e.Name
		}
	}
	return ""
}

// Attributes gives the type of each attribute that is part of a key: TypeS, TypeN or TypeB.
type Attributes map[string]attr.Type

// ProjectionType says which attributes of an item an index holds.
type ProjectionType string

// What an index may hold: everything, the keys of index and table, or the keys and some named attributes.
const (
	ProjectAll      ProjectionType = "ALL"
	ProjectKeysOnly ProjectionType = "KEYS_ONLY"
	ProjectInclude  ProjectionType = "INCLUDE"
)

// Projection says which attributes of an item an index holds. NonKey is set for INCLUDE alone.
type Projection struct {
	Type   ProjectionType
	NonKey []string
}

// Equal reports whether p and q project the same attributes; the order of NonKey does not matter.
func (p Projection) Equal(q Projection) bool {
	return p.Type == q.Type && slices.Equal(slices.Sorted(slices.Values(p.NonKey)), slices.Sorted(slices.Values(q.NonKey)))
}

// Index is a secondary index. Throughput, OnDemand and Warm belong to global indexes alone.
type Index struct {
	Name       string
	KeySchema  KeySchema
	Projection Projection
	Throughput Throughput
	OnDemand   OnDemandThroughput

	// Warm is what a new index is asked to take at once; 0: what it does by itself. It is no part of what a table or a
	// backup is described with: see Description.Warm.
	Warm Throughput
}

// BillingMode says how capacity is paid for.
type BillingMode string

// The billing modes.
const (
	Provisioned   BillingMode = "PROVISIONED"
	PayPerRequest BillingMode = "PAY_PER_REQUEST"
)

// Throughput is a provisioned capacity in units a second: 1 or more each, or 0/0 for on-demand tables.
type Throughput struct {
	Read, Write int64
}

// OnDemandThroughput bounds the request units a second of an on-demand table; 0 means that no maximum is set.
type OnDemandThroughput struct {
	MaxRead, MaxWrite int64
}

// StreamView says what a stream's records hold. The empty StreamView is a table without a stream.
type StreamView string

// The stream views.
const (
	NewImage         StreamView = "NEW_IMAGE"
	OldImage         StreamView = "OLD_IMAGE"
	NewAndOldImages  StreamView = "NEW_AND_OLD_IMAGES"
	StreamOfKeysOnly StreamView = "KEYS_ONLY"
)

// StreamViews lists the stream views.
var StreamViews = []StreamView{NewImage, OldImage, NewAndOldImages, StreamOfKeysOnly}

// Encryption is how a table is encrypted at rest. The zero Encryption is the default, a key that AWS owns, which the
// service does not mention in descriptions.
type Encryption struct {
	Type   string // "KMS"
	KeyARN string
}

// EncryptionFor returns the encryption that a request amounts to in a region and account. Keys are not looked up: any
// key that is named is taken to exist.
func EncryptionFor(spec SSESpecification, region, account string) Encryption {
	if !spec.Enabled {
		return Encryption{}
	}
	key := spec.KeyID
	if !strings.HasPrefix(key, "arn:") {
		if key == "" {
			key = "alias/aws/dynamodb"
		}
		if !strings.HasPrefix(key, "alias/") {
			key = "key/" + key
		}
		key = strings.Join([]string{"arn", arn.Partition(region), "kms", region, account, key}, ":")
	}
	return Encryption{Type: "KMS", KeyARN: key}
}

// Class is a table's storage class.
type Class string

// The table classes. A table without one is Standard, and not described with it.
const (
	Standard                 Class = "STANDARD"
	StandardInfrequentAccess Class = "STANDARD_INFREQUENT_ACCESS"
)

// Status is the state of a table.
type Status string

// The states of a table.
const (
	Creating Status = "CREATING"
	Updating Status = "UPDATING"
	Deleting Status = "DELETING"
	Active   Status = "ACTIVE"
)

// Table is one incarnation of a table: all that a backup records of it (SourceTableDetails and
// SourceTableFeatureDetails of DescribeBackup, and the attribute definitions, which those leave out).
type Table struct {
	Name         string
	ID           string // a UUID, new for every incarnation of a name
	ARN          arn.ARN
	CreationTime time.Time

	KeySchema     KeySchema
	Attributes    Attributes
	LocalIndexes  []Index
	GlobalIndexes []Index

	BillingMode BillingMode
	Throughput  Throughput
	OnDemand    OnDemandThroughput

	Stream       StreamView
	TTLAttribute string // empty: time to live is off
	Encryption   Encryption

	Statistics // which the service refreshes about every six hours
}

// Statistics says how much a table or an index holds. Attribute names count towards SizeBytes; no overhead does.
type Statistics struct {
	ItemCount int64
	SizeBytes int64
}

// Provisioned returns what is provisioned for the table and its global indexes together.
func (t *Table) Provisioned() Throughput {
	sum := t.Throughput
	for i := range t.GlobalIndexes {
		sum.Read += t.GlobalIndexes[i].Throughput.Read
		sum.Write += t.GlobalIndexes[i].Throughput.Write
	}
	return sum
}

// Clone returns a deep copy of t.
func (t *Table) Clone() *Table {
	c := *t
	c.KeySchema = slices.Clone(t.KeySchema)
	c.Attributes = maps.Clone(t.Attributes)
	c.LocalIndexes = CloneIndexes(t.LocalIndexes)
	c.GlobalIndexes = CloneIndexes(t.GlobalIndexes)
	return &c
}

// CloneIndexes returns a deep copy of indexes; nil stays nil.
func CloneIndexes(indexes []Index) []Index {
	c := slices.Clone(indexes)
	for i := range c {
		c[i].KeySchema = slices.Clone(c[i].KeySchema)
		c[i].Projection.NonKey = slices.Clone(c[i].Projection.NonKey)
	}
	return c
}

// Description is a table at the moment it was asked for (DescribeTable).
type Description struct {
	Table
	Status             Status
	Class              Class
	DeletionProtection bool

	// Encrypting says that the table is being encrypted otherwise; Encryption is how it was.
	Encrypting bool

	// Indexes gives the statistics of each index by its name; like those of the table they may lag.
	Indexes map[string]Statistics

	// States gives the state of each global index by its name; it is empty while a restore is filling the table.
	States map[string]IndexState

	// ClassSince is when the table got another class last; the zero time if it never did.
	ClassSince time.Time

	// OnDemandSince is when the table became PAY_PER_REQUEST last; the zero time if it never was, or is about to.
	OnDemandSince time.Time

	// Throughputs gives when the throughput of the table has changed, by the empty name, and that of each global index, by
	// its name. What has not changed since it was made is not in it.
	Throughputs map[string]ThroughputChanges

	// Warm gives the throughput that the table, by the empty name, and each global index, by its name, take at once. What
	// is CREATING is in it only if it was asked for, and a table that is DELETING has none.
	Warm map[string]WarmThroughput

	// StreamARN names the latest stream, also after it was switched off; it is the zero ARN if there never was one.
	StreamARN arn.ARN

	// Restore is set while a restore is filling the table, that is while it is CREATING, and nil ever after.
	Restore *RestoreSummary
}

// ThroughputChanges says when UpdateTable has changed a provisioned throughput.
type ThroughputChanges struct {
	LastIncrease   time.Time // of one of the two or of both; zero: never
	LastDecrease   time.Time // the same
	DecreasesToday int64     // since midnight UTC
}

// IndexState is where a global index is in its life. Backfilling says of an index that UpdateTable is CREATING whether
// the table's items are being added to it by now, and is nil for all others.
type IndexState struct {
	Status      Status
	Backfilling *bool
}

// State is where a table is in its life.
type State struct {
	ID           string // of this incarnation
	Status       Status
	CreationTime time.Time
	ActiveTime   time.Time // when it became ACTIVE first, or will; zero: the store does not say
	SettledTime  time.Time // when it and its global indexes will be ACTIVE; not after the present if they are; zero likewise
	DeletionTime time.Time // when DeleteTable was called; zero unless the table is DELETING
	Restoring    bool      // CREATING, by a restore
}

// RestoreSummary says what a table is being restored from.
type RestoreSummary struct {
	SourceBackupARN arn.ARN // zero for a restore to a point in time
	SourceTableARN  arn.ARN
	RestoreTime     time.Time // the creation of the backup, or the point in time
}
