package table

import (
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
)

// attachments are settings of a table that no backup has and no restore brings back, and that go with it. They change
// nothing that the table does.
type attachments struct {
	tags         map[string]string
	tagging      tagging
	policies     map[string]*attachedPolicy // by the ARN of the table or stream
	insights     map[string]insights        // by the name of the index; the table's own are without one
	destinations []destination              // the latest first
}

// attached calls fn with the table of that name or ARN, while it is locked, unless a restore is filling it.
func (s *Store) attached(op, name string, fn func(t *Table, now time.Time) error) error {
	t, err := s.lookup(name)
	if err != nil {
		return exception.During(op, name, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := s.now()
	if err := t.thereLocked(now); err != nil {
		return exception.During(op, name, err)
	}
	return exception.During(op, name, fn(t, now))
}

// attachedARN reads the ARN of what settings can be attached to: a table or a stream, which elsewhere does not refuse for
// its place.
func attachedARN(resource string, elsewhere func(arn.ARN) error) (arn.ARN, error) {
	a, err := arn.Parse(resource)
	switch {
	case !strings.HasPrefix(resource, "arn:"):
		return a, invalid("ARNs must start with 'arn:': %s", resource)
	case err != nil || a.Kind != arn.KindTable && a.Kind != arn.KindStream && a.Kind != arn.KindIndex:
		return a, invalid("Provided Arn is not a DynamoDB resource arn: %s", resource)
	}
	if err := elsewhere(a); err != nil {
		return a, err
	}
	if a.Kind == arn.KindIndex {
		return a, invalid("Invalid resource arn provided, only table or stream is accepted. Provided resource arn: %s", resource)
	}
	return a, nil
}

// inRegion reports whether an ARN is one of the store's region.
func (s *Store) inRegion(a arn.ARN) bool {
	return a.Region == s.region && a.Partition == arn.Partition(s.region)
}

// thereLocked refuses settings of a table that is gone, or that a restore is filling.
func (t *Table) thereLocked(now time.Time) error {
	if t.goneLocked(now) || t.restoringLocked(now) {
		return errNoSuchTable(t.name)
	}
	return nil
}
