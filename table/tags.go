package table

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

// MaxTags is how many tags a table may have.
const MaxTags = 50

// tagging is the last change of a table's tags.
type tagging struct {
	at    time.Time
	added map[string]string // nil: tags were removed
}

// TagResource sets tags of the table with the given ARN; without any it fails. It fails with a ValidationException if
// the ARN is not that of a table here (backups and indexes cannot be tagged), if a tag is not sound (schema.CheckTag) or
// if there would be more than MaxTags, with AccessDenied if the ARN is that of another account, with ResourceNotFound
// if there is no such table or it is CREATING, with ResourceInUse if it is DELETING and its tags would change, and with
// LimitExceeded if the last change goes on (Timing.Settling) and the tags that it has added are not all among these.
func (s *Store) TagResource(_ context.Context, resource string, tags map[string]string) error {
	const op = "TagResource"
	a, err := s.taggedARN(resource)
	if err == nil && len(tags) == 0 {
		err = exception.Validation.Errorf("Atleast one Tag needs to be provided as Input.")
	}
	if err == nil {
		err = checkTags(tags)
	}
	if err != nil {
		return exception.During(op, resource, err)
	}
	return exception.During(op, resource, s.tagged(a, func(t *Table, now time.Time) error {
		merged := mergeTags(t.mu.tags, tags)
		if len(merged) > MaxTags {
			return errTooManyTags()
		}
		return t.setTagsLocked(merged, tags, now)
	}))
}

// UntagResource removes tags of the table with the given ARN, by 1 to MaxTags keys; keys that it does not have are
// ignored. It fails as TagResource does.
func (s *Store) UntagResource(_ context.Context, resource string, keys ...string) error {
	const op = "UntagResource"
	a, err := s.taggedARN(resource)
	if err == nil {
		err = checkTagKeys(keys)
	}
	if err != nil {
		return exception.During(op, resource, err)
	}
	return exception.During(op, resource, s.tagged(a, func(t *Table, now time.Time) error {
		tags := maps.Clone(t.mu.tags)
		for _, k := range keys {
			delete(tags, k)
		}
		return t.setTagsLocked(tags, nil, now)
	}))
}

// ListTagsOfResource returns the tags of the table with the given ARN; they are the caller's own. It fails as
// TagResource does, but not because the table is DELETING.
func (s *Store) ListTagsOfResource(_ context.Context, resource string) (tags map[string]string, err error) {
	const op = "ListTagsOfResource"
	a, err := s.taggedARN(resource)
	if err != nil {
		return nil, exception.During(op, resource, err)
	}
	err = s.tagged(a, func(t *Table, _ time.Time) error {
		tags = maps.Clone(t.mu.tags)
		return nil
	})
	return tags, exception.During(op, resource, err)
}

// taggedARN reads the ARN of a table or stream that could be here.
func (s *Store) taggedARN(resource string) (arn.ARN, error) {
	return attachedARN(resource, func(a arn.ARN) error {
		switch {
		case !s.inRegion(a):
			return exception.Validation.Errorf("Invalid TableArn: Invalid ResourceArn provided as input %s", resource)
		case a.Account != s.account:
			return exception.AccessDenied.Errorf("Access is denied")
		}
		return nil
	})
}

// tagged calls fn with the table of an ARN, while it is locked. A stream is named rightly, but has no tags to be found.
func (s *Store) tagged(a arn.ARN, fn func(*Table, time.Time) error) error {
	t, err := s.lookup(a.Table)
	if err != nil || a.Kind != arn.KindTable {
		return errNotTagged(a)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := s.now()
	switch {
	case t.restoringLocked(now):
		return errNoSuchTable(t.name)
	case t.goneLocked(now), t.statusLocked(now) == schema.Creating:
		return errNotTagged(a)
	}
	return fn(t, now)
}

// setTagsLocked replaces the tags; added are those that a request sets, if it sets any. Those of a table that is being
// deleted can only stay what they are.
func (t *Table) setTagsLocked(tags, added map[string]string, now time.Time) error {
	if t.settling(t.mu.tagging.at, now) && !contains(added, t.mu.tagging.added) {
		return exception.LimitExceeded.Errorf("Subscriber limit exceeded: Table tags are being updated: %s", t.name)
	}
	if maps.Equal(tags, t.mu.tags) {
		return nil
	}
	if err := t.notDeletingLocked(); err != nil {
		return err
	}
	t.mu.tags, t.mu.tagging = tags, tagging{now, maps.Clone(added)}
	return nil
}

// settling reports whether a change of some time goes on.
func (t *Table) settling(at, now time.Time) bool {
	return !at.IsZero() && now.Before(at.Add(t.store.timing.Settling))
}

// contains reports whether tags have all of some others; nothing has none.
func contains(tags, some map[string]string) bool {
	for key, value := range some {
		if v, ok := tags[key]; !ok || v != value {
			return false
		}
	}
	return some != nil
}

// checkTags refuses the tags of a request that no table can have.
func checkTags(tags map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if err := schema.CheckTag(key, tags[key]); err != nil {
			return err
		}
	}
	if len(tags) > MaxTags {
		return errTooManyTags()
	}
	return nil
}

func checkTagKeys(keys []string) error {
	if len(keys) == 0 {
		return exception.Validation.Errorf("Atleast one Tag Key needs to be provided as Input.")
	}
	for _, key := range keys {
		if err := schema.CheckTagKey(key); err != nil {
			return err
		}
	}
	if len(keys) > MaxTags {
		return errTooManyTags()
	}
	return nil
}

func errTooManyTags() error {
	return exception.Validation.Errorf("Number of Tags exceed the current limit for the provided ResourceArn")
}

// errNotTagged is what operations on tags answer if there is no table.
func errNotTagged(a arn.ARN) error {
	return exception.ResourceNotFound.Errorf("Requested resource not found: ResourceArn: %s not found", a)
}

func mergeTags(present, added map[string]string) map[string]string {
	merged := make(map[string]string, len(present)+len(added))
	maps.Copy(merged, present)
	maps.Copy(merged, added)
	return merged
}
