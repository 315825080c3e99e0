package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

const invalid = "One or more parameter values were invalid: "

// sound returns a definition with everything in it that an on-demand table may have.
func sound() schema.Definition {
	return schema.Definition{
		Name:       "Music",
		KeySchema:  schema.Keys("Artist", "Song"),
		Attributes: schema.Attributes{"Artist": attr.TypeS, "Song": attr.TypeS, "Year": attr.TypeN, "Hash": attr.TypeB},
		LocalIndexes: []schema.Index{{
			Name: "ByYear", KeySchema: schema.Keys("Artist", "Year"),
			Projection: schema.Projection{Type: schema.ProjectKeysOnly},
		}},
		GlobalIndexes: []schema.Index{{
			Name: "ByHash", KeySchema: schema.Keys("Hash"), OnDemand: schema.OnDemandThroughput{MaxRead: 10},
			Projection: schema.Projection{Type: schema.ProjectInclude, NonKey: []string{"Label"}},
		}},
		BillingMode:        schema.PayPerRequest,
		OnDemand:           schema.OnDemandThroughput{MaxRead: 100, MaxWrite: 50},
		Stream:             schema.NewAndOldImages,
		TTLAttribute:       "Expires",
		SSE:                schema.SSESpecification{Enabled: true, Type: "KMS"},
		Class:              schema.StandardInfrequentAccess,
		DeletionProtection: true,
		Tags:               map[string]string{"owner": "me"},
	}
}

// small returns a provisioned table of one key.
func small() schema.Definition {
	return schema.Definition{
		Name: "Small", KeySchema: schema.Keys("K"), Attributes: schema.Attributes{"K": attr.TypeS},
		Throughput: schema.Throughput{Read: 1, Write: 1},
	}
}

func TestCheckAccepts(t *testing.T) {
	d := sound()
	require.NoError(t, d.Check())
	d = small()
	require.NoError(t, d.Check())
	d.BillingMode = schema.Provisioned
	d.Class, d.SSE = schema.Standard, schema.SSESpecification{Enabled: true}
	require.NoError(t, d.Check())
	for _, view := range schema.StreamViews {
		d.Stream = view
		require.NoError(t, d.Check())
	}
	d.Name, d.TTLAttribute = strings.Repeat("n", 255), strings.Repeat("t", 255)
	require.NoError(t, d.Check())
}

// fault is a definition that was sound until it was changed, and what is said of it.
type fault struct {
	name   string
	change func(*schema.Definition)
	want   string
}

func requireFaults(t *testing.T, base func() schema.Definition, faults []fault) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			d := base()
			f.change(&d)
			err := d.Check()
			require.ErrorIs(t, err, exception.Validation)
			var e *exception.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, f.want, e.Message)
		})
	}
}

// violation is the one clause of a message about the model.
func violation(value, member, must string) string {
	return fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must %s",
		value, member, must)
}

const namePattern = "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"

func TestCheckNames(t *testing.T) {
	long := strings.Repeat("n", 256)
	requireFaults(t, sound, []fault{
		{"short", func(d *schema.Definition) { d.Name = "ab" },
			violation("ab", "tableName", "have length greater than or equal to 3")},
		{"long", func(d *schema.Definition) { d.Name = long },
			violation(long, "tableName", "have length less than or equal to 255")},
		{"pattern", func(d *schema.Definition) { d.Name = "Musik ä" }, violation("Musik ä", "tableName", namePattern)},
		{"index short", func(d *schema.Definition) { d.LocalIndexes[0].Name = "x" },
			violation("x", "localSecondaryIndexes.1.member.indexName", "have length greater than or equal to 3")},
		{"index long", func(d *schema.Definition) { d.GlobalIndexes[0].Name = long },
			violation(long, "globalSecondaryIndexes.1.member.indexName", "have length less than or equal to 255")},
		{"index pattern", func(d *schema.Definition) { d.GlobalIndexes[0].Name = "a/b" },
			violation("a/b", "globalSecondaryIndexes.1.member.indexName", namePattern)},
		{"TTL", func(d *schema.Definition) { d.TTLAttribute = long },
			violation(long, "timeToLiveSpecification.attributeName", "have length less than or equal to 255")},
		{"key", func(d *schema.Definition) { d.KeySchema[0].Name = "" },
			violation("", "keySchema.1.member.attributeName", "have length greater than or equal to 1")},
		{"attribute", func(d *schema.Definition) { d.Attributes[long] = attr.TypeS },
			violation(long, "attributeDefinitions.5.member.attributeName", "have length less than or equal to 255")},
	})
}

func TestCheckEnums(t *testing.T) {
	requireFaults(t, sound, []fault{
		{"attribute type", func(d *schema.Definition) { d.Attributes["Hash"] = attr.TypeBOOL },
			violation("BOOL", "attributeDefinitions.2.member.attributeType", "satisfy enum value set: [S, N, B]")},
		{"no attribute type", func(d *schema.Definition) { d.Attributes["Hash"] = 0 },
			violation("none", "attributeDefinitions.2.member.attributeType", "satisfy enum value set: [S, N, B]")},
		{"key type", func(d *schema.Definition) { d.KeySchema[1].Type = "SORT" },
			violation("SORT", "keySchema.2.member.keyType", "satisfy enum value set: [HASH, RANGE]")},
		{"index key type", func(d *schema.Definition) { d.GlobalIndexes[0].KeySchema[0].Type = "" },
			violation("", "globalSecondaryIndexes.1.member.keySchema.1.member.keyType", "satisfy enum value set: [HASH, RANGE]")},
		{"projection", func(d *schema.Definition) { d.LocalIndexes[0].Projection.Type = "SOME" },
			violation("SOME", "localSecondaryIndexes.1.member.projection.projectionType",
				"satisfy enum value set: [ALL, INCLUDE, KEYS_ONLY]")},
		{"billing", func(d *schema.Definition) { d.BillingMode = "FREE" },
			violation("FREE", "billingMode", "satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]")},
		{"stream", func(d *schema.Definition) { d.Stream = "ALL" },
			violation("ALL", "streamSpecification.streamViewType",
				"satisfy enum value set: [NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, KEYS_ONLY]")},
		{"class", func(d *schema.Definition) { d.Class = "FIRST" },
			"Invalid table-class parameter provided. Please try again with a valid table-class value: " +
				"[STANDARD, STANDARD_INFREQUENT_ACCESS]."},
		{"encryption", func(d *schema.Definition) { d.SSE.Type = "ROT13" },
			violation("ROT13", "sSESpecification.sSEType", "satisfy enum value set: [AES256, KMS]")},
	})
}

func TestCheckCountsAndRanges(t *testing.T) {
	names := make([]string, 21)
	for i := range names {
		names[i] = "n"
	}
	requireFaults(t, sound, []fault{
		{"no key", func(d *schema.Definition) { d.KeySchema = nil },
			violation("[]", "keySchema", "have length greater than or equal to 1")},
		{"three keys", func(d *schema.Definition) { d.KeySchema = schema.Keys("a", "b", "c") },
			violation("[{a HASH} {b RANGE} {c RANGE}]", "keySchema", "have length less than or equal to 2")},
		{"no index key", func(d *schema.Definition) { d.LocalIndexes[0].KeySchema = nil },
			violation("[]", "localSecondaryIndexes.1.member.keySchema", "have length greater than or equal to 1")},
		{"no non-key attributes", func(d *schema.Definition) { d.GlobalIndexes[0].Projection.NonKey = []string{} },
			violation("[]", "globalSecondaryIndexes.1.member.projection.nonKeyAttributes", "have length greater than or equal to 1")},
		{"non-key attributes", func(d *schema.Definition) { d.GlobalIndexes[0].Projection.NonKey = names },
			violation(fmt.Sprint(names), "globalSecondaryIndexes.1.member.projection.nonKeyAttributes",
				"have length less than or equal to 20")},
		{"read", func(d *schema.Definition) { d.Throughput.Write = 1 },
			violation("0", "provisionedThroughput.readCapacityUnits", "have value greater than or equal to 1")},
		{"write", func(d *schema.Definition) { d.Throughput = schema.Throughput{Read: 1, Write: -1} },
			violation("-1", "provisionedThroughput.writeCapacityUnits", "have value greater than or equal to 1")},
		{"index", func(d *schema.Definition) { d.GlobalIndexes[0].Throughput.Read = 1 },
			violation("0", "globalSecondaryIndexes.1.member.provisionedThroughput.writeCapacityUnits",
				"have value greater than or equal to 1")},
	})
}

func TestCheckNamesEveryViolation(t *testing.T) {
	requireFaults(t, sound, []fault{{"several", func(d *schema.Definition) {
		d.Name, d.BillingMode, d.Attributes["Year"] = "", "FREE", attr.TypeM
	}, "4 validation errors detected: " +
		"Value 'M' at 'attributeDefinitions.4.member.attributeType' failed to satisfy constraint: " +
		"Member must satisfy enum value set: [S, N, B]; " +
		"Value '' at 'tableName' failed to satisfy constraint: Member must " + namePattern + "; " +
		"Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3; " +
		"Value 'FREE' at 'billingMode' failed to satisfy constraint: " +
		"Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]"}})
}
