package schema

import "time"

// InsightsStatus is the state of contributor insights.
type InsightsStatus string

// The states of contributor insights.
const (
	InsightsEnabling  InsightsStatus = "ENABLING"
	InsightsEnabled   InsightsStatus = "ENABLED"
	InsightsDisabling InsightsStatus = "DISABLING"
	InsightsDisabled  InsightsStatus = "DISABLED"
)

// InsightsMode says which keys contributor insights tell of.
type InsightsMode string

// The modes of contributor insights.
const (
	AccessedAndThrottledKeys InsightsMode = "ACCESSED_AND_THROTTLED_KEYS"
	ThrottledKeys            InsightsMode = "THROTTLED_KEYS"
)

// Insights describes the contributor insights of a table or of one of its global indexes (DescribeContributorInsights).
// What never was enabled has neither a mode nor a time.
type Insights struct {
	Table      string
	Index      string // empty: those of the table itself
	Status     InsightsStatus
	Mode       InsightsMode
	Rules      []string  // the names of the rules, as long as they are ENABLED
	UpdateTime time.Time // when they were enabled or disabled last
}

// Policy is the resource policy of a table or a stream (GetResourcePolicy).
type Policy struct {
	Document string
	Revision string // that no earlier policy of the resource has had, nor a later one will have
}

// DestinationStatus is the state of a Kinesis destination.
type DestinationStatus string

// The states of a Kinesis destination.
const (
	DestinationEnabling     DestinationStatus = "ENABLING"
	DestinationEnableFailed DestinationStatus = "ENABLE_FAILED"
	DestinationActive       DestinationStatus = "ACTIVE"
	DestinationUpdating     DestinationStatus = "UPDATING"
	DestinationDisabling    DestinationStatus = "DISABLING"
	DestinationDisabled     DestinationStatus = "DISABLED"
)

// Destination describes a Kinesis stream that the changes of a table were to go to.
type Destination struct {
	StreamARN   string // as it was given
	Status      DestinationStatus
	Description string // why it is ENABLE_FAILED
	Precision   string // of the times in its records; empty: the default
}

// Destinations are those of a table (DescribeKinesisStreamingDestination).
type Destinations struct {
	Table string
	List  []Destination // the latest first
}
