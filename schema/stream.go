package schema

import (
	"time"

	"github.com/tidemark-db/tidemark/arn"
)

// StreamStatus is the state of a stream.
type StreamStatus string

// The states of a stream.
const (
	StreamEnabling  StreamStatus = "ENABLING"
	StreamEnabled   StreamStatus = "ENABLED"
	StreamDisabling StreamStatus = "DISABLING"
	StreamDisabled  StreamStatus = "DISABLED"
)

// Stream describes a stream of a table (DescribeStream).
type Stream struct {
	ARN          arn.ARN // its ID is the stream's label
	View         StreamView
	Status       StreamStatus
	CreationTime time.Time // of the request that enabled it
	KeySchema    KeySchema // of the table
	Shards       []Shard   // the oldest first
}

// Shard is a part of a stream: what was recorded in a stretch of time.
type Shard struct {
	ID     string
	Parent string // the shard before it; empty for the first one of the stream
	First  string // a sequence number that is not after the first record's
	Last   string // of the last record; empty as long as the shard is open
}
