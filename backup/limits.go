package backup

import (
	"sync"
	"time"

	"github.com/tidemark-db/tidemark/exception"
)

// limits bounds how often operations are called.
type limits struct {
	create, describe, list, delete, restore, describeContinuous *bucket
}

func newLimits(r Rates) limits {
	return limits{
		create:             newBucket(r.CreateBackup),
		describe:           newBucket(r.DescribeBackup),
		list:               newBucket(r.ListBackups),
		delete:             newBucket(r.DeleteBackup),
		restore:            newBucket(r.RestoreTableFromBackup),
		describeContinuous: newBucket(r.DescribeContinuousBackups),
	}
}

// bucket is a token bucket on the engine's clock. It is kept as the time at which it will be full again.
type bucket struct {
	interval time.Duration // for one token
	depth    time.Duration // for all of them

	mu   sync.Mutex
	full time.Time
}

// newBucket returns a full bucket, or nil if r is no bound.
func newBucket(r Rate) *bucket {
	if r.PerSecond <= 0 {
		return nil
	}
	interval := time.Second / time.Duration(r.PerSecond)
	return &bucket{interval: interval, depth: interval * time.Duration(max(r.Burst, 1))}
}

// take takes a token; a call that finds none is refused.
func (b *bucket) take(now time.Time) error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	full := b.full
	if full.Before(now) {
		full = now
	}
	if full = full.Add(b.interval); full.Sub(now) > b.depth {
		return exception.Throttling.Errorf("Rate exceeded")
	}
	b.full = full
	return nil
}
