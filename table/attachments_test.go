package table_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

const (
	kinesis = "arn:aws:kinesis:us-east-1:123456789012:stream/changes"
	allowed = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::210987654321:root"},` +
		`"Action":"dynamodb:GetItem","Resource":"*"}]}`
)

var denied = strings.Replace(allowed, "Allow", "Deny", 1)

// What is attached to a table goes with it, and neither a new table of its name nor a restored one has it.
func TestAttachmentsGoWithTheTable(t *testing.T) {
	d := plain("Things")
	d.ResourcePolicy = allowed
	f := newFixture(t, d, table.Timing{})
	arn := f.describe("Things").ARN.String()
	p, err := f.store.ResourcePolicy(ctx, arn)
	require.NoError(t, err)
	require.Equal(t, schema.Policy{Document: allowed, Revision: "1705320000000"}, p)
	_, err = f.store.UpdateContributorInsights(ctx, "Things", "", true, schema.ThrottledKeys)
	require.NoError(t, err)
	_, _, err = f.store.EnableKinesisStreamingDestination(ctx, "Things", kinesis, "MICROSECOND")
	require.NoError(t, err)
	requireNothing := func(name string) {
		t.Helper()
		_, err := f.store.ResourcePolicy(ctx, f.describe(name).ARN.String())
		require.ErrorIs(t, err, exception.PolicyNotFound)
		insights, err := f.store.DescribeContributorInsights(ctx, name, "")
		require.NoError(t, err)
		require.Equal(t, schema.Insights{Table: name, Status: schema.InsightsDisabled}, insights)
		destinations, err := f.store.DescribeKinesisStreamingDestination(ctx, name)
		require.NoError(t, err)
		require.Equal(t, schema.Destinations{Table: name}, destinations)
	}
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	require.NoError(t, f.restore(s, "Copy"))
	requireNothing("Copy")
	f.drop("Things")
	_, err = f.store.ResourcePolicy(ctx, arn)
	requireRefused(t, err, exception.ResourceNotFound, missing("Things"))
	f.create(plain("Things"))
	requireNothing("Things")

	d.Name, d.ResourcePolicy = "Other", "{}"
	_, err = f.store.CreateTable(ctx, d)
	requireRefused(t, err, exception.Validation, invalid+"Invalid policy document: Syntax error at position (1,3)")
	_, err = f.store.DescribeTable(ctx, "Other")
	require.ErrorIs(t, err, exception.ResourceNotFound, "a table that is refused is not there")
}

// Revisions ascend whatever the clock does, so that nobody who expects one finds another policy under it.
func TestPolicyRevisions(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	arn := f.describe("Things").ARN.String()
	last := ""
	for i := range 10 {
		document, expected := allowed, last
		if i%2 == 1 {
			document = denied
		}
		if i == 0 {
			expected = table.NoPolicy
		}
		revision, err := f.store.PutResourcePolicy(ctx, table.PolicyInput{Resource: arn, Document: document, Expected: expected})
		require.NoError(t, err)
		require.Greater(t, revision, last)
		same, err := f.store.PutResourcePolicy(ctx, table.PolicyInput{Resource: arn, Document: " " + document, Expected: revision})
		require.NoError(t, err)
		require.Equal(t, revision, same)
		last = revision
	}
	deleted, err := f.store.DeleteResourcePolicy(ctx, arn, last)
	require.NoError(t, err)
	require.Equal(t, last, deleted)
	again, err := f.store.DeleteResourcePolicy(ctx, arn, "")
	require.NoError(t, err)
	require.Greater(t, again, last, "the deletion has a revision of its own")
	_, err = f.store.DeleteResourcePolicy(ctx, arn, last)
	require.ErrorIs(t, err, exception.PolicyNotFound)
	revision, err := f.store.PutResourcePolicy(ctx, table.PolicyInput{Resource: arn, Document: allowed})
	require.NoError(t, err)
	require.Greater(t, revision, again)
}

// Of many who replace the same policy at once, one does.
func TestPolicyIsReplacedOnce(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	arn := f.describe("Things").ARN.String()
	first, err := f.store.PutResourcePolicy(ctx, table.PolicyInput{Resource: arn, Document: allowed})
	require.NoError(t, err)
	done := make(chan error, 8)
	var group sync.WaitGroup
	for range cap(done) {
		group.Go(func() {
			_, err := f.store.PutResourcePolicy(ctx, table.PolicyInput{Resource: arn, Document: denied, Expected: first})
			done <- err
		})
	}
	group.Wait()
	close(done)
	succeeded := 0
	for err := range done {
		if err == nil {
			succeeded++
			continue
		}
		require.ErrorIs(t, err, exception.PolicyNotFound)
	}
	require.Equal(t, 1, succeeded)
}

func TestListContributorInsights(t *testing.T) {
	f := newFixture(t, indexed("Things"), table.Timing{Switching: time.Minute})
	for _, name := range []string{"Things-2", "Thing"} {
		f.create(indexed(name))
	}
	var want []schema.Insights
	for _, name := range []string{"Thing", "Things", "Things-2"} {
		for _, index := range []string{"", "ByG", "ByGToo"} {
			d, err := f.store.UpdateContributorInsights(ctx, name, index, true, "")
			require.NoError(t, err)
			require.Equal(t, schema.InsightsEnabling, d.Status)
			want = append(want, d)
		}
	}
	for limit := 1; limit <= len(want)+1; limit++ {
		var got []schema.Insights
		for after := ""; ; {
			list, last, err := f.store.ListContributorInsights(ctx, "", after, limit)
			require.NoError(t, err)
			require.LessOrEqual(t, len(list), limit)
			got = append(got, list...)
			if after = last; last == "" {
				break
			}
		}
		require.Equal(t, want, got, "%d at a time", limit)
	}
	list, last, err := f.store.ListContributorInsights(ctx, "Things", "", 1)
	require.NoError(t, err)
	require.Empty(t, last)
	require.Equal(t, want[3:6], list)
	f.drop("Things")
	list, _, err = f.store.ListContributorInsights(ctx, "", "Thing/ByG", 0)
	require.NoError(t, err)
	require.Equal(t, append(want[2:3:3], want[6:]...), list)
	_, _, err = f.store.ListContributorInsights(ctx, "Things", "", 0)
	requireRefused(t, err, exception.ResourceNotFound, missing("Things"))
}

// The names of rules have a greatest length, which names of tables and indexes alone can exceed.
func TestInsightRulesOfLongNames(t *testing.T) {
	long := strings.Repeat("t", 255)
	f := newFixture(t, plain(long), table.Timing{})
	_, err := f.store.UpdateContributorInsights(ctx, long, "", true, "")
	require.NoError(t, err)
	d, err := f.store.DescribeContributorInsights(ctx, long, "")
	require.NoError(t, err)
	require.NotEmpty(t, d.Rules)
	for _, rule := range d.Rules {
		require.Len(t, rule, 128)
		require.True(t, strings.HasSuffix(rule, "-1705320000000"), rule)
	}
}

// Who says which Kinesis streams there are is asked about none that cannot be here.
func TestKinesisStreamsElsewhere(t *testing.T) {
	s := table.NewStore(table.Options{Clock: new(clock.Manual), KinesisStream: func(string) bool { return true }})
	_, err := s.CreateTable(ctx, plain("Things"))
	require.NoError(t, err)
	enable := func(arn string) schema.DestinationStatus {
		_, _, err := s.EnableKinesisStreamingDestination(ctx, "Things", arn, "")
		require.NoError(t, err)
		d, err := s.DescribeKinesisStreamingDestination(ctx, "Things")
		require.NoError(t, err)
		return d.List[0].Status
	}
	for _, arn := range []string{
		"stream", "arn:aws:kinesis:us-west-2:123456789012:stream/s", "arn:aws:kinesis:us-east-1:210987654321:stream/s",
		"arn:aws:kinesis:here:123456789012:stream/s", "arn:aws:kinesis:us-east-1:1:stream/s",
	} {
		require.Equal(t, schema.DestinationEnableFailed, enable(arn), arn)
	}
	require.Equal(t, schema.DestinationActive, enable("arn:aws:kinesis:us-east-1:123456789012:stream/s"))
}

// The policy of a stream goes with it, at the same moment.
func TestPolicyGoesWithTheStream(t *testing.T) {
	f := newFixture(t, streamed("Things", schema.NewImage), table.Timing{})
	arn := f.stream("Things").ARN().String()
	_, err := f.store.PutResourcePolicy(ctx, table.PolicyInput{Resource: arn, Document: allowed})
	require.NoError(t, err)
	f.mustUpdate(table.Changes{Stream: ptr(schema.StreamView(""))})
	f.clock.Advance(table.StreamRetention - tick)
	_, err = f.store.ResourcePolicy(ctx, arn)
	require.NoError(t, err)
	f.clock.Advance(tick)
	_, err = f.store.ResourcePolicy(ctx, arn)
	require.ErrorIs(t, err, exception.ResourceNotFound)
	_, err = f.store.PutResourcePolicy(ctx, table.PolicyInput{Resource: arn, Document: denied})
	require.ErrorIs(t, err, exception.ResourceNotFound)
}
