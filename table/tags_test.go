package table_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

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

	longKey, longValue := strings.Repeat("k", 129), strings.Repeat("v", 257)
	err = f.store.TagResource(ctx, resource, map[string]string{"": longValue, longKey: ""})
	requireRefused(t, err, exception.Validation, "3 validation errors detected: "+
		"Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1; "+
		"Value '"+longValue+"' at 'tags.1.member.value' failed to satisfy constraint: Member must have length less than or equal to 256; "+
		"Value '"+longKey+"' at 'tags.2.member.key' failed to satisfy constraint: Member must have length less than or equal to 128")
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
		for _, wrong := range []string{"Things", "", resource.Backup("01489602797149-73d8d5bc").String(), resource.Index("ByG").String()} {
			requireRefused(t, do(wrong), exception.Validation, invalid+"Provided Arn is not a DynamoDB resource arn: "+wrong)
		}
		other := resource
		other.Table = "Other"
		requireRefused(t, do(other.String()), exception.ResourceNotFound, missing("Other"))
		other.Region = "eu-west-1"
		requireRefused(t, do(other.String()), exception.Validation,
			"1 validation error detected: Invalid AWS region in '"+other.String()+"'")
		require.NoError(t, do(resource.String()), name)
	}
}
