package snapshot

import (
	"time"

	"github.com/tidemark-db/tidemark/schema"
)

// Restore is what a store is asked to make: a new table that starts as a copy of a snapshot.
type Restore struct {
	// Table describes the new table. The store sets ID, ARN and CreationTime itself.
	Table schema.Table

	// Indexes gives, for each local and then each global index of Table, the name it has in the snapshot. Keys and
	// projection are the same there. An empty name is that of an index which the snapshot does not have, as it may be
	// after indexes have come and gone: what it holds is to be found from the items.
	Indexes []string

	Snapshot *Snapshot
	Summary  schema.RestoreSummary

	// Duration is how long the table stays CREATING.
	Duration time.Duration
}
