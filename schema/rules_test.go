package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
)

func TestCheckBilling(t *testing.T) {
	requireFaults(t, sound, []fault{
		{"throughput on demand", func(d *schema.Definition) { d.Throughput = schema.Throughput{Read: 1, Write: 1} },
			invalid + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"},
		{"index throughput on demand", func(d *schema.Definition) {
			d.GlobalIndexes[0].Throughput = schema.Throughput{Read: 1, Write: 1}
		}, invalid + "ProvisionedThroughput should not be specified for index: ByHash when BillingMode is PAY_PER_REQUEST"},
		{"negative maximum", func(d *schema.Definition) { d.OnDemand.MaxWrite = -1 },
			invalid + "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range"},
		{"provisioned without throughput", func(d *schema.Definition) { d.BillingMode = schema.Provisioned },
			invalid + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"},
		{"index without throughput", func(d *schema.Definition) {
			d.BillingMode, d.OnDemand = "", schema.OnDemandThroughput{}
			d.Throughput = schema.Throughput{Read: 1, Write: 1}
		}, invalid + "ProvisionedThroughput is not specified for index: ByHash"},
	})
	requireFaults(t, small, []fault{
		{"no billing mode means provisioned", func(d *schema.Definition) { d.Throughput = schema.Throughput{} },
			invalid + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"},
		{"maximum of provisioned", func(d *schema.Definition) { d.OnDemand.MaxRead = 1 },
			invalid + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED."},
	})
}

func TestCheckWarm(t *testing.T) {
	onDemand := func() schema.Definition {
		d := sound()
		d.Warm = schema.Throughput{Read: 12_000, Write: 4_000}
		d.GlobalIndexes[0].Warm = schema.Throughput{Read: 13_000}
		return d
	}
	const link = "initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/" +
		"on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
	requireFaults(t, onDemand, []fault{
		{"little to read", func(d *schema.Definition) { d.Warm.Read-- },
			invalid + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than " + link},
		{"less than nothing", func(d *schema.Definition) { d.Warm = schema.Throughput{Write: -1} },
			invalid + "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than " + link},
		{"little for an index", func(d *schema.Definition) { d.GlobalIndexes[0].Warm.Read = 100 },
			invalid + "Requested ReadUnitsPerSecond for WarmThroughput for index ByHash is lower than " + link},
		{"local", func(d *schema.Definition) { d.LocalIndexes[0].Warm.Read = 13_000 },
			invalid + "Throughput cannot be specified for a local secondary index: ByYear"},
	})
	small := func() schema.Definition {
		d := sound()
		d.BillingMode, d.OnDemand, d.Throughput = "", schema.OnDemandThroughput{}, schema.Throughput{Read: 10, Write: 10}
		d.GlobalIndexes[0].Throughput = schema.Throughput{Read: 5, Write: 6}
		d.GlobalIndexes[0].OnDemand = schema.OnDemandThroughput{}
		d.Warm, d.GlobalIndexes[0].Warm = schema.Throughput{Read: 10}, schema.Throughput{Write: 6}
		return d
	}
	requireFaults(t, small, []fault{
		{"little to read", func(d *schema.Definition) { d.Warm.Read = 9 }, invalid + "Requested ReadUnitsPerSecond " +
			"for WarmThroughput for table is lower than ReadCapacityUnits of ProvisionedThroughput"},
		{"little for an index", func(d *schema.Definition) { d.GlobalIndexes[0].Warm.Write = 5 }, invalid + "Requested " +
			"WriteUnitsPerSecond for WarmThroughput for index ByHash is lower than WriteCapacityUnits of ProvisionedThroughput"},
	})
}

func TestCheckEncryption(t *testing.T) {
	requireFaults(t, sound, []fault{
		{"type without encryption", func(d *schema.Definition) { d.SSE = schema.SSESpecification{Type: "KMS"} },
			invalid + "SSEType can not be specified if Enabled is false"},
		{"key without encryption", func(d *schema.Definition) { d.SSE = schema.SSESpecification{KeyID: "alias/mine"} },
			invalid + "KMSMasterKeyId can not be specified if Enabled is false"},
		{"other type", func(d *schema.Definition) { d.SSE = schema.SSESpecification{Enabled: true, Type: "AES256"} },
			invalid + "SSEType AES256 is not supported"},
		{"key without type", func(d *schema.Definition) { d.SSE = schema.SSESpecification{Enabled: true, KeyID: "alias/mine"} },
			invalid + "SSEType KMS is required if KMSMasterKeyId is specified"},
	})
}

func TestCheckKeys(t *testing.T) {
	wide := strings.Repeat("ä", 128)
	requireFaults(t, sound, []fault{
		{"range first", func(d *schema.Definition) { d.KeySchema[0].Type = schema.Range },
			"Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
		{"two hashes", func(d *schema.Definition) { d.KeySchema[1].Type = schema.Hash },
			"Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"},
		{"one name", func(d *schema.Definition) { d.KeySchema[1].Name = "Artist" },
			"Both the Hash Key and the Range Key element in the KeySchema have the same name"},
		{"undefined", func(d *schema.Definition) { delete(d.Attributes, "Song") },
			invalid + "Some index key attributes are not defined in AttributeDefinitions. " +
				"Keys: [Artist, Song], AttributeDefinitions: [Artist, Hash, Year]"},
		{"unused beside indexes", func(d *schema.Definition) { d.Attributes["Zebra"] = attr.TypeS },
			invalid + "Some AttributeDefinitions are not used. AttributeDefinitions: [Artist, Hash, Song, Year, Zebra], " +
				"keys used: [Artist, Hash, Song, Year]"},
	})
	requireFaults(t, small, []fault{
		{"unused", func(d *schema.Definition) { d.Attributes["Zebra"] = attr.TypeS },
			invalid + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"},
		{"bytes of a name", func(d *schema.Definition) {
			d.KeySchema = schema.Keys(wide)
			d.Attributes = schema.Attributes{wide: attr.TypeS}
		}, invalid + "The names of key attributes must have 1 to 255 bytes: " + wide},
		{"none defined", func(d *schema.Definition) { d.Attributes = nil },
			"Invalid KeySchema: Some index key attribute have no definition"},
	})
}

// long gives the global index of sound a key of so many partition and sort attributes, and defines them.
func long(d *schema.Definition, partition, sort int) {
	var keys schema.KeySchema
	add := func(n int, t schema.KeyType) {
		for i := range n {
			name := fmt.Sprint(t, i)
			keys, d.Attributes[name] = append(keys, schema.KeyElement{Name: name, Type: t}), attr.TypeS
		}
	}
	add(partition, schema.Hash)
	add(sort, schema.Range)
	delete(d.Attributes, "Hash")
	d.GlobalIndexes[0].KeySchema = keys
}

func TestCheckLongIndexKeys(t *testing.T) {
	for _, n := range [][2]int{{1, 2}, {2, 0}, {2, 1}, {4, 4}} {
		d := sound()
		long(&d, n[0], n[1])
		require.NoError(t, d.Check())
	}
	requireFaults(t, sound, []fault{
		{"five hashes", func(d *schema.Definition) { long(d, 5, 0) },
			invalid + "The KeySchema exceeds the maximum allowed number of HASH key attributes"},
		{"five ranges", func(d *schema.Definition) { long(d, 1, 5) },
			invalid + "The KeySchema exceeds the maximum allowed number of RANGE key attributes"},
		{"out of order", func(d *schema.Definition) {
			long(d, 2, 1)
			d.GlobalIndexes[0].KeySchema[1].Type, d.GlobalIndexes[0].KeySchema[2].Type = schema.Range, schema.Hash
		}, invalid + "All HASH key attributes must precede RANGE key attributes in the KeySchema"},
		{"range first", func(d *schema.Definition) {
			long(d, 2, 1)
			d.GlobalIndexes[0].KeySchema[0].Type = schema.Range
		}, "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
		{"twice", func(d *schema.Definition) {
			long(d, 2, 1)
			d.GlobalIndexes[0].KeySchema[2].Name = "HASH0"
			delete(d.Attributes, "RANGE0")
		}, "The KeySchema contains multiple key attributes with the same name"},
		{"undefined", func(d *schema.Definition) {
			long(d, 2, 1)
			delete(d.Attributes, "RANGE0")
		}, invalid + "Some index key attributes are not defined in AttributeDefinitions. " +
			"Keys: [HASH0, HASH1, RANGE0], AttributeDefinitions: [Artist, HASH0, HASH1, Song, Year]"},
	})
}

func TestCheckIndexKeys(t *testing.T) {
	requireFaults(t, sound, []fault{
		{"range first", func(d *schema.Definition) { d.GlobalIndexes[0].KeySchema[0].Type = schema.Range },
			"Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
		{"two hashes", func(d *schema.Definition) { d.LocalIndexes[0].KeySchema[1].Type = schema.Hash },
			"Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"},
		{"one name", func(d *schema.Definition) { d.GlobalIndexes[0].KeySchema = schema.Keys("Hash", "Hash") },
			"Both the Hash Key and the Range Key element in the KeySchema have the same name"},
		{"undefined", func(d *schema.Definition) { delete(d.Attributes, "Hash") },
			invalid + "Some index key attributes are not defined in AttributeDefinitions. " +
				"Keys: [Hash], AttributeDefinitions: [Artist, Song, Year]"},
		{"local without sort key of the table", func(d *schema.Definition) {
			d.KeySchema = schema.Keys("Artist")
			delete(d.Attributes, "Song")
		}, invalid + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"},
		{"local with another hash key", func(d *schema.Definition) { d.LocalIndexes[0].KeySchema = schema.Keys("Song", "Year") },
			invalid + "Index KeySchema does not have the same leading hash key as table KeySchema for index: ByYear. " +
				"index hash key: Song, table hash key: Artist"},
		{"local without sort key", func(d *schema.Definition) {
			d.LocalIndexes[0].KeySchema = schema.Keys("Artist")
			delete(d.Attributes, "Year")
		}, invalid + "Index KeySchema does not have a range key for index: ByYear"},
		{"local with throughput", func(d *schema.Definition) {
			d.LocalIndexes[0].Throughput = schema.Throughput{Read: 1, Write: 1}
		}, invalid + "Throughput cannot be specified for a local secondary index: ByYear"},
		{"local with maxima", func(d *schema.Definition) { d.LocalIndexes[0].OnDemand.MaxRead = 1 },
			invalid + "Throughput cannot be specified for a local secondary index: ByYear"},
		{"unused, before what else is wrong", func(d *schema.Definition) {
			d.LocalIndexes[0].KeySchema[1].Name, d.GlobalIndexes[0].Name, d.GlobalIndexes[0].Projection.Type = "Song", "ByYear", ""
		}, invalid + "Some AttributeDefinitions are not used. AttributeDefinitions: [Artist, Hash, Song, Year], " +
			"keys used: [Artist, Hash, Song]"},
		{"one name for two", func(d *schema.Definition) { d.GlobalIndexes[0].Name = "ByYear" },
			invalid + "Duplicate index name: ByYear"},
	})
}

func TestCheckProjections(t *testing.T) {
	requireFaults(t, sound, []fault{
		{"none", func(d *schema.Definition) { d.LocalIndexes[0].Projection.Type = "" },
			invalid + "Unknown ProjectionType: null"},
		{"include nothing", func(d *schema.Definition) { d.GlobalIndexes[0].Projection.NonKey = nil },
			invalid + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"},
		{"keys and more", func(d *schema.Definition) { d.LocalIndexes[0].Projection.NonKey = []string{"a"} },
			invalid + "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"},
		{"all and more", func(d *schema.Definition) { d.GlobalIndexes[0].Projection.Type = schema.ProjectAll },
			invalid + "ProjectionType is ALL, but NonKeyAttributes is specified"},
		{"a name twice", func(d *schema.Definition) { d.GlobalIndexes[0].Projection.NonKey = []string{"a", "b", "a"} },
			invalid + "Duplicate element in NonKeyAttributes: a"},
		{"empty name", func(d *schema.Definition) { d.GlobalIndexes[0].Projection.NonKey = []string{"a", ""} },
			invalid + "The names of projected attributes must have 1 to 255 bytes, in index: ByHash"},
		{"long name", func(d *schema.Definition) {
			d.GlobalIndexes[0].Projection.NonKey = []string{strings.Repeat("ä", 128)}
		}, invalid + "The names of projected attributes must have 1 to 255 bytes, in index: ByHash"},
	})
}

// crowded returns sound with so many indexes; each of the local ones projects 20 attributes.
func crowded(local, global int) schema.Definition {
	d := sound()
	local0, global0 := d.LocalIndexes[0], d.GlobalIndexes[0]
	local0.Projection = schema.Projection{Type: schema.ProjectInclude}
	for i := range schema.MaxNonKeyPerIndex {
		local0.Projection.NonKey = append(local0.Projection.NonKey, fmt.Sprint("n", i))
	}
	global0.Projection = schema.Projection{Type: schema.ProjectAll}
	d.LocalIndexes, d.GlobalIndexes = nil, nil
	for i := range local {
		local0.Name = fmt.Sprint("local", i)
		d.LocalIndexes = append(d.LocalIndexes, local0)
	}
	for i := range global {
		global0.Name = fmt.Sprint("global", i)
		d.GlobalIndexes = append(d.GlobalIndexes, global0)
	}
	return d
}

func TestCheckLimits(t *testing.T) {
	most := func() schema.Definition { return crowded(schema.MaxLocalIndexes, schema.MaxGlobalIndexes) }
	d := most()
	require.NoError(t, d.Check(), "5 local indexes, 20 global ones and 100 projected attributes")
	requireFaults(t, most, []fault{
		{"local", func(d *schema.Definition) { *d = crowded(6, 1) },
			invalid + "Number of LocalSecondaryIndexes exceeds per-table limit of 5"},
		{"global", func(d *schema.Definition) { *d = crowded(1, 21) },
			invalid + "GlobalSecondaryIndex count exceeds the per-table limit of 20"},
		{"projected", func(d *schema.Definition) {
			d.GlobalIndexes[19].Projection = schema.Projection{Type: schema.ProjectInclude, NonKey: []string{"more"}}
		}, invalid + "Number of projected attributes in all indexes exceeds the limit of 100"},
	})
}
