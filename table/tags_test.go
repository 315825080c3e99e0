package table_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/table"
)

const tooManyTags = "Number of Tags exceed the current limit for the provided ResourceArn"

func someTags(n int) map[string]string {
	tags := map[string]string{}
	for i := range n {
		tags[fmt.Sprint("tag", i)] = "value"
	}
	return tags
}

func TestTags(t *testing.T) {
	d := plain("Things")
	d.Tags = map[string]string{"a": "1", "b": "2"}
	f := newFixture(t, d, table.Timing{})
	resource := f.describe("Things").ARN.String()
	requireTags := func(want map[string]string) {
		t.Helper()
		got, err := f.store.ListTagsOfResource(ctx, resource)
		require.NoError(t, err)
		require.Equal(t, want, got)
		got["mine"] = "own"
	}
	d.Tags["late"] = "x"
	requireTags(map[string]string{"a": "1", "b": "2"})
	require.NoError(t, f.store.TagResource(ctx, resource, map[string]string{"b": "3", "c": ""}))
	requireTags(map[string]string{"a": "1", "b": "3", "c": ""})
	require.NoError(t, f.store.UntagResource(ctx, resource, "a", "none"))
	requireTags(map[string]string{"b": "3", "c": ""})
}

func TestTagLimits(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	resource := f.describe("Things").ARN.String()
	require.NoError(t, f.store.TagResource(ctx, resource, someTags(table.MaxTags)))
	require.NoError(t, f.store.TagResource(ctx, resource, map[string]string{"tag0": "again"}), "no new tag")
	err := f.store.TagResource(ctx, resource, map[string]string{"more": ""})
	requireRefused(t, err, exception.Validation, tooManyTags)
	got, err := f.store.ListTagsOfResource(ctx, resource)
	require.NoError(t, err)
	require.Len(t, got, table.MaxTags)

	d := plain("Other")
	d.Tags = someTags(table.MaxTags + 1)
	_, err = f.store.CreateTable(ctx, d)
	requireRefused(t, err, exception.Validation, tooManyTags)
	d.Tags = someTags(table.MaxTags)
	f.create(d)

	for text, tags := range map[string]map[string]string{
		"Atleast one Tag needs to be provided as Input.":     {},
		"The Tag Key provided is invalid, Key: ":             {"good": "1", "": "v"},
		"The Tag Value provided is invalid, Value: a,b":      {"good": "1", "k": "a,b"},
		"Tag Key cannot be prefixed with aws:, Key: aws:zzz": {"good": "1", "aws:zzz": "v"},
		tooManyTags: someTags(table.MaxTags + 1),
	} {
		requireRefused(t, f.store.TagResource(ctx, resource, tags), exception.Validation, text)
	}
	for text, keys := range map[string][]string{
		"Atleast one Tag Key needs to be provided as Input.": {},
		"The Tag Key provided is invalid, Key: ":             {"tag0", ""},
		"Tag Key cannot be prefixed with aws:, Key: AWS:foo": {"tag0", "AWS:foo"},
		tooManyTags: slices.Collect(maps.Keys(someTags(table.MaxTags + 1))),
	} {
		requireRefused(t, f.store.UntagResource(ctx, resource, keys...), exception.Validation, text)
	}
	got, err = f.store.ListTagsOfResource(ctx, resource)
	require.NoError(t, err)
	require.Len(t, got, table.MaxTags, "no part of a refused request was done")
}

func TestTagsBelongToTables(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	resource := f.describe("Things").ARN
	operations := map[string]func(string) error{
		"TagResource":        func(r string) error { return f.store.TagResource(ctx, r, map[string]string{"a": "b"}) },
		"UntagResource":      func(r string) error { return f.store.UntagResource(ctx, r, "a") },
		"ListTagsOfResource": func(r string) error { _, err := f.store.ListTagsOfResource(ctx, r); return err },
	}
	for name, do := range operations {
		for _, wrong := range []string{"Things", "", "ARN:aws:dynamodb"} {
			requireRefused(t, do(wrong), exception.Validation, invalid+"ARNs must start with 'arn:': "+wrong)
		}
		for _, wrong := range []string{"arn:aws:s3:::b", resource.Backup("01489602797149-73d8d5bc").String()} {
			requireRefused(t, do(wrong), exception.Validation, invalid+"Provided Arn is not a DynamoDB resource arn: "+wrong)
		}
		requireRefused(t, do(resource.Index("ByG").String()), exception.Validation, invalid+"Invalid resource arn provided, "+
			"only table or stream is accepted. Provided resource arn: "+resource.Index("ByG").String())
		other := resource
		other.Table = "Other"
		requireRefused(t, do(other.String()), exception.ResourceNotFound, untagged(other))
		stream := resource.Stream(time.Unix(1705320000, 0))
		requireRefused(t, do(stream.String()), exception.ResourceNotFound, untagged(stream))
		other.Account = "210987654321"
		requireRefused(t, do(other.String()), exception.AccessDenied, "Access is denied")
		other.Region = "eu-west-1"
		requireRefused(t, do(other.String()), exception.Validation,
			"Invalid TableArn: Invalid ResourceArn provided as input "+other.String())
		require.NoError(t, do(resource.String()), name)
	}
}

func untagged(a arn.ARN) string {
	return "Requested resource not found: ResourceArn: " + a.String() + " not found"
}

func TestTagsComeAndGoWithTheTable(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{Creating: time.Second, Deleting: time.Second})
	d := plain("Fresh")
	d.Tags = map[string]string{"a": "1"}
	f.create(d)
	resource := f.describe("Fresh").ARN
	tag := func(value string) error {
		return f.store.TagResource(ctx, resource.String(), map[string]string{"a": value})
	}
	list := func() error { _, err := f.store.ListTagsOfResource(ctx, resource.String()); return err }
	requireRefused(t, tag("2"), exception.ResourceNotFound, untagged(resource))
	requireRefused(t, f.store.UntagResource(ctx, resource.String(), "a"), exception.ResourceNotFound, untagged(resource))
	requireRefused(t, list(), exception.ResourceNotFound, untagged(resource))
	f.clock.Advance(time.Second)
	require.NoError(t, tag("2"))
	_, err := f.store.DeleteTable(ctx, "Fresh")
	require.NoError(t, err)
	require.NoError(t, tag("2"), "nothing changes")
	require.NoError(t, f.store.UntagResource(ctx, resource.String(), "none"))
	deleting := "Attempt to change a resource which is still in use: Table is being deleted: Fresh"
	requireRefused(t, tag("3"), exception.ResourceInUse, deleting)
	requireRefused(t, f.store.UntagResource(ctx, resource.String(), "a"), exception.ResourceInUse, deleting)
	require.NoError(t, list())
	f.clock.Advance(time.Second)
	requireRefused(t, list(), exception.ResourceNotFound, untagged(resource))
}
