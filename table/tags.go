package table

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
)

// MaxTags is how many tags a table may have.
const MaxTags = 50

// TagResource sets tags of the table with the given ARN. It fails with a ValidationException if the ARN is not that of
// a table (backups cannot be tagged) or if there would be more than MaxTags, and with ResourceNotFound if there is no
// such table or a restore is filling it.
func (s *Store) TagResource(_ context.Context, resource string, tags map[string]string) error {
	return s.tagged("TagResource", resource, func(t *Table) error {
		if err := checkTags(tags, t.mu.tags); err != nil {
			return err
		}
		t.mu.tags = mergeTags(t.mu.tags, tags)
		return nil
	})
}

// UntagResource removes tags of the table with the given ARN; keys that it does not have are ignored. It fails as
// TagResource does.
func (s *Store) UntagResource(_ context.Context, resource string, keys ...string) error {
	return s.tagged("UntagResource", resource, func(t *Table) error {
		tags := maps.Clone(t.mu.tags)
		for _, k := range keys {
			delete(tags, k)
		}
		t.mu.tags = tags
		return nil
	})
}

// ListTagsOfResource returns the tags of the table with the given ARN; they are the caller's own. It fails as
// TagResource does.
func (s *Store) ListTagsOfResource(_ context.Context, resource string) (tags map[string]string, err error) {
	err = s.tagged("ListTagsOfResource", resource, func(t *Table) error {
		tags = maps.Clone(t.mu.tags)
		return nil
	})
	return tags, err
}

// tagged calls fn with the table that resource names, while it is locked.
func (s *Store) tagged(op, resource string, fn func(*Table) error) error {
	a, err := arn.Parse(resource)
	if err != nil || a.Kind != arn.KindTable {
		err := exception.Validation.Errorf(
			"One or more parameter values were invalid: Provided Arn is not a DynamoDB resource arn: %s", resource)
		return exception.During(op, resource, err)
	}
	t, err := s.lookup(resource)
	if err != nil {
		return exception.During(op, resource, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.configurableLocked(); err != nil {
		return exception.During(op, resource, err)
	}
	return exception.During(op, resource, fn(t))
}

func checkTags(added, present map[string]string) error {
	var c validate.Check
	for i, key := range slices.Sorted(maps.Keys(added)) {
		member := fmt.Sprintf("tags.%d.member.", i+1)
		c.Length(member+"key", key, 1, 128)
		c.Length(member+"value", added[key], 0, 256)
	}
	if err := c.Err(); err != nil {
		return err
	}
	if len(mergeTags(present, added)) > MaxTags {
		return exception.Validation.Errorf("Number of Tags exceed the current limit for the provided ResourceArn")
	}
	return nil
}

func mergeTags(present, added map[string]string) map[string]string {
	merged := make(map[string]string, len(present)+len(added))
	maps.Copy(merged, present)
	maps.Copy(merged, added)
	return merged
}
