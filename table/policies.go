package table

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/policy"
	"github.com/tidemark-db/tidemark/schema"
)

// MaxPolicySize is how many bytes the document of a resource policy may have.
const MaxPolicySize = policy.MaxSize

// NoPolicy may be expected in place of a revision by who wants to replace nothing.
const NoPolicy = "NO_POLICY"

// attachedPolicy is the policy of a table or stream, or what is left of one that was deleted.
type attachedPolicy struct {
	policy   policy.Policy // zero: there is none
	revision int64         // of the last change, in milliseconds since 1970, and one more for each at the same one
	changed  time.Time     // when that was
}

// PolicyInput asks for a policy.
type PolicyInput struct {
	Resource string // the ARN of a table or a stream
	Document string
	Expected string // the revision of the policy to be replaced, or NoPolicy; empty: whatever there is

	// ConfirmRemoveSelfResourceAccess is needed for a policy that denies everybody to put another one.
	ConfirmRemoveSelfResourceAccess bool
}

// PutResourcePolicy gives a table or a stream a policy and returns its revision; to give it the one that it has changes
// nothing. The policy is kept in the form in which the service gives it back, and goes with the table. It allows and
// denies nothing.
//
// PutResourcePolicy fails with a ValidationException if the ARN cannot be that of a table or stream here, or the
// document is none; with AccessDenied if nobody could put another one after it, and that is not confirmed; with
// ResourceNotFound if there is no such resource, or a restore is filling the table; with PolicyNotFound if what there is
// was not expected; with a ThrottlingException if the last change is not long ago (Timing.PolicyCooldown), and with
// ResourceInUse if the table is DELETING.
func (s *Store) PutResourcePolicy(_ context.Context, in PolicyInput) (revision string, err error) {
	revision, err = s.putPolicy(&in)
	return revision, exception.During("PutResourcePolicy", in.Resource, err)
}

func (s *Store) putPolicy(in *PolicyInput) (revision string, err error) {
	a, err := s.policyARN(in.Resource)
	if err != nil {
		return "", err
	}
	p, err := policy.Parse(in.Document, a.Partition)
	if err != nil {
		return "", err
	}
	root := "arn:" + a.Partition + ":iam::" + s.account + ":root"
	if !in.ConfirmRemoveSelfResourceAccess && p.Denies(root, "dynamodb:PutResourcePolicy", in.Resource) {
		return "", exception.AccessDenied.Errorf(
			"The new resource policy will not allow you to update the resource policy in the future.")
	}
	err = s.withPolicy(a, true, func(t *Table, now time.Time) error {
		kept := t.mu.policies[in.Resource]
		if err := kept.expect(in.Expected, t.name); err != nil {
			return err
		}
		if kept == nil || kept.policy != p {
			if err := t.policyChangesLocked(a, kept, now); err != nil {
				return err
			}
			kept = t.setPolicyLocked(in.Resource, p, now)
		}
		revision = kept.text()
		return nil
	})
	return revision, err
}

// ResourcePolicy returns the policy of a table or stream, given by its ARN. It fails with PolicyNotFound if it has none,
// and as PutResourcePolicy does if there is no such resource.
func (s *Store) ResourcePolicy(_ context.Context, resource string) (p schema.Policy, err error) {
	const op = "GetResourcePolicy"
	a, err := s.policyARN(resource)
	if err != nil {
		return p, exception.During(op, resource, err)
	}
	err = s.withPolicy(a, false, func(t *Table, _ time.Time) error {
		kept := t.mu.policies[resource]
		if !kept.there() {
			return errNoPolicy("%s", resource)
		}
		p = schema.Policy{Document: kept.policy.String(), Revision: kept.text()}
		return nil
	})
	return p, exception.During(op, resource, err)
}

// DeleteResourcePolicy takes the policy of a table or stream away, given by its ARN, and returns the policy's revision.
// If there is none, it returns the revision of its deletion, which is empty if there never was one. It fails as
// PutResourcePolicy does.
func (s *Store) DeleteResourcePolicy(
	_ context.Context, resource, expected string,
) (revision string, err error) {
	const op = "DeleteResourcePolicy"
	a, err := s.policyARN(resource)
	if err != nil {
		return "", exception.During(op, resource, err)
	}
	err = s.withPolicy(a, true, func(t *Table, now time.Time) error {
		kept := t.mu.policies[resource]
		if err := kept.expect(expected, t.name); err != nil {
			return err
		}
		revision = kept.text()
		if !kept.there() {
			return t.notDeletingLocked()
		}
		if err := t.policyChangesLocked(a, kept, now); err != nil {
			return err
		}
		t.setPolicyLocked(resource, policy.Policy{}, now)
		return nil
	})
	if err != nil {
		return "", exception.During(op, resource, err)
	}
	return revision, nil
}

// policyARN reads the ARN of a table or stream that could be here.
func (s *Store) policyARN(resource string) (arn.ARN, error) {
	return attachedARN(resource, func(a arn.ARN) error {
		switch {
		case a.Account != s.account:
			return exception.Validation.Errorf(
				"This action is only supported by accounts that match the resource owner’s account.")
		case !s.inRegion(a):
			return invalid("Invalid resource Arn: %s", resource)
		}
		return nil
	})
}

// withPolicy calls fn with the table that keeps the policy of a resource, while it is locked. That of a stream can be
// read as long as the stream, but not changed after its table is gone.
func (s *Store) withPolicy(a arn.ARN, change bool, fn func(t *Table, now time.Time) error) error {
	t, err := s.lookup(a.Table)
	if a.Kind == arn.KindStream {
		stream, _ := s.stream(a.String())
		switch {
		case stream == nil && err == nil:
			err = exception.ResourceNotFound.Errorf(
				"Requested resource not found: Stream: %s not found for Table: %s", a.ID, a.Table)
		case stream != nil && (err == nil || !change):
			t, err = stream.table, nil
		}
	}
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := s.now()
	if t.goneLocked(now) {
		clear(t.mu.policies)
		if change || a.Kind == arn.KindTable {
			return errNoSuchTable(t.name)
		}
	}
	if t.restoringLocked(now) {
		return errNoSuchTable(t.name)
	}
	return fn(t, now)
}

// firstPolicy reads the policy of a new table.
func (s *Store) firstPolicy(d *schema.Definition) (policy.Policy, error) {
	if d.ResourcePolicy == "" {
		return policy.Policy{}, nil
	}
	return policy.Parse(d.ResourcePolicy, arn.Partition(s.region))
}

// attachLocked gives a new table its policy, if there is one.
func (t *Table) attachLocked(p policy.Policy) {
	if !p.IsZero() {
		t.setPolicyLocked(t.mu.definition.ARN.String(), p, t.mu.definition.CreationTime)
	}
}

// setPolicyLocked keeps a policy, or that it was deleted.
func (t *Table) setPolicyLocked(resource string, p policy.Policy, now time.Time) *attachedPolicy {
	kept := &attachedPolicy{policy: p, revision: now.UnixMilli(), changed: now}
	if last := t.mu.policies[resource]; last != nil {
		kept.revision = max(kept.revision, last.revision+1)
	}
	if t.mu.policies == nil {
		t.mu.policies = make(map[string]*attachedPolicy)
	}
	t.mu.policies[resource] = kept
	return kept
}

// policyChangesLocked refuses to change the policy of a table or stream now.
func (t *Table) policyChangesLocked(a arn.ARN, kept *attachedPolicy, now time.Time) error {
	if err := t.notDeletingLocked(); err != nil || kept == nil {
		return err
	}
	kind, name := "Table", t.name
	if a.Kind == arn.KindStream {
		kind, name = "Stream", a.ID
	}
	if t.settling(kept.changed, now) {
		return inUse("%s is pending previous resource-based policy update: %s", kind, name)
	}
	cooldown := t.store.timing.PolicyCooldown
	if again := kept.changed.Add(cooldown); now.Before(again) {
		return exception.Throttling.Errorf("Resource-based policy for %s %s modified within the previous %d milliseconds. "+
			"Please try again after %s.", strings.ToLower(kind), name, cooldown.Milliseconds(),
			again.UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	return nil
}

// attachedLocked refuses to delete a table whose tags or policy are being changed.
func (t *Table) attachedLocked(now time.Time) error {
	kept := t.mu.policies[t.mu.definition.ARN.String()]
	switch {
	case t.settling(t.mu.tagging.at, now):
		return inUse("Table tags are being updated: %s", t.name)
	case kept != nil && t.settling(kept.changed, now):
		return inUse("Table: %s has a pending resource-based policy update.", t.name)
	}
	return nil
}

func (t *Table) notDeletingLocked() error {
	if t.mu.deleted.IsZero() {
		return nil
	}
	return inUse("Table is being deleted: %s", t.name)
}

func (p *attachedPolicy) there() bool { return p != nil && !p.policy.IsZero() }

// text returns the revision; empty if there never was a policy.
func (p *attachedPolicy) text() string {
	if p == nil {
		return ""
	}
	return strconv.FormatInt(p.revision, 10)
}

// expect refuses to go on if what there is was not expected.
func (p *attachedPolicy) expect(revision, table string) error {
	switch {
	case revision == "", revision == NoPolicy && !p.there():
		return nil
	case !p.there():
		return errNoPolicy("Requested update for policy with revision id %s, but table %s has no associated policy.",
			revision, table)
	case revision == NoPolicy:
		return errNoPolicy("Requested policy update expecting none to be present for table %s, "+
			"but a policy exists with revision id %s.", table, p.text())
	case revision != p.text():
		return errNoPolicy("Requested update for policy with revision id %s, but the policy associated to target table %s "+
			"has revision id %s.", revision, table, p.text())
	}
	return nil
}

func errNoPolicy(format string, args ...any) error {
	return exception.PolicyNotFound.Errorf("Resource-based policy not found for the provided ResourceArn: "+format, args...)
}
