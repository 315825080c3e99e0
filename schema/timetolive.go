package schema

// TTLStatus is the state of a table's time to live.
type TTLStatus string

// The states of time to live.
const (
	TTLEnabling  TTLStatus = "ENABLING"
	TTLEnabled   TTLStatus = "ENABLED"
	TTLDisabling TTLStatus = "DISABLING"
	TTLDisabled  TTLStatus = "DISABLED"
)

// TimeToLive says whether a table deletes items whose time is over, and by which attribute (DescribeTimeToLive). The
// attribute is empty if that is DISABLED.
type TimeToLive struct {
	Attribute string
	Status    TTLStatus
}
