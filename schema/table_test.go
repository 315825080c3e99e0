package schema_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
)

func soundTable() *schema.Table {
	d := sound()
	return &schema.Table{
		Name: d.Name, ID: "id", ARN: arn.Table("us-east-1", "123456789012", d.Name), CreationTime: time.Unix(1, 0),
		KeySchema: d.KeySchema, Attributes: d.Attributes, LocalIndexes: d.LocalIndexes, GlobalIndexes: d.GlobalIndexes,
		BillingMode: d.BillingMode, OnDemand: d.OnDemand, Stream: d.Stream, TTLAttribute: d.TTLAttribute,
		Encryption: schema.Encryption{Type: "KMS", KeyARN: "arn"}, Statistics: schema.Statistics{ItemCount: 1, SizeBytes: 2},
	}
}

func TestCloneIsDeep(t *testing.T) {
	original := soundTable()
	c := original.Clone()
	require.Equal(t, soundTable(), c)

	c.Name = "Other"
	c.KeySchema[0].Name = "changed"
	c.Attributes["Artist"] = attr.TypeB
	c.Attributes["More"] = attr.TypeB
	for _, x := range []*schema.Index{&c.LocalIndexes[0], &c.GlobalIndexes[0]} {
		x.Name = "changed"
		x.KeySchema[0].Name = "changed"
		x.Throughput.Read = 9
	}
	c.GlobalIndexes[0].Projection.NonKey[0] = "changed"
	require.Equal(t, soundTable(), original)
}

func TestCloneKeepsNil(t *testing.T) {
	require.Equal(t, &schema.Table{}, new(schema.Table).Clone())
	require.Nil(t, schema.CloneIndexes(nil))
	require.Equal(t, []schema.Index{}, schema.CloneIndexes([]schema.Index{}))
}

func TestKeys(t *testing.T) {
	require.Equal(t, schema.KeySchema{{Name: "a", Type: schema.Hash}}, schema.Keys("a"))
	k := schema.Keys("a", "b")
	require.Equal(t, schema.KeySchema{{Name: "a", Type: schema.Hash}, {Name: "b", Type: schema.Range}}, k)
	require.Equal(t, "a", k.Partition())
	require.Equal(t, "b", k.Sort())
	require.Empty(t, schema.Keys("a").Sort())
	require.Empty(t, schema.KeySchema(nil).Partition())
}

func TestUsedAttributes(t *testing.T) {
	d := sound()
	require.Equal(t, map[string]bool{"Artist": true, "Song": true}, schema.UsedAttributes(d.KeySchema))
	require.Equal(t, map[string]bool{"Artist": true, "Song": true, "Hash": true},
		schema.UsedAttributes(d.KeySchema, d.GlobalIndexes))
	require.Equal(t, map[string]bool{"Artist": true, "Song": true, "Hash": true, "Year": true},
		schema.UsedAttributes(d.KeySchema, d.LocalIndexes, d.GlobalIndexes))
}

func TestProjectionEqual(t *testing.T) {
	include := func(names ...string) schema.Projection {
		return schema.Projection{Type: schema.ProjectInclude, NonKey: names}
	}
	p := include("b", "a")
	require.True(t, p.Equal(include("a", "b")))
	require.Equal(t, []string{"b", "a"}, p.NonKey, "comparing sorts nothing in place")
	require.False(t, p.Equal(include("a")))
	require.False(t, p.Equal(include("a", "a")))
	require.False(t, p.Equal(include("a", "c")))
	require.False(t, p.Equal(schema.Projection{Type: schema.ProjectAll, NonKey: []string{"a", "b"}}))
	require.True(t, schema.Projection{Type: schema.ProjectAll}.Equal(schema.Projection{Type: schema.ProjectAll, NonKey: []string{}}))
	require.False(t, schema.Projection{Type: schema.ProjectAll}.Equal(schema.Projection{Type: schema.ProjectKeysOnly}))
}

func TestEncryptionFor(t *testing.T) {
	const account = "123456789012"
	const ownARN = "arn:aws:kms:eu-west-1:999999999999:key/1234"
	for _, test := range []struct{ keyID, region, want string }{
		{"", "us-east-1", "arn:aws:kms:us-east-1:123456789012:alias/aws/dynamodb"},
		{"", "cn-north-1", "arn:aws-cn:kms:cn-north-1:123456789012:alias/aws/dynamodb"},
		{"", "us-gov-west-1", "arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/aws/dynamodb"},
		{"alias/mine", "eu-central-1", "arn:aws:kms:eu-central-1:123456789012:alias/mine"},
		{"alias/mine", "cn-northwest-1", "arn:aws-cn:kms:cn-northwest-1:123456789012:alias/mine"},
		{"1234", "us-gov-east-1", "arn:aws-us-gov:kms:us-gov-east-1:123456789012:key/1234"},
		{"1234", "local", "arn:aws:kms:local:123456789012:key/1234"},
		{ownARN, "cn-north-1", ownARN},
	} {
		spec := schema.SSESpecification{Enabled: true, KeyID: test.keyID}
		require.Equal(t, schema.Encryption{Type: "KMS", KeyARN: test.want}, schema.EncryptionFor(spec, test.region, account))
		spec.Enabled = false
		require.Zero(t, schema.EncryptionFor(spec, test.region, account), "a key alone asks for nothing")
	}
}
