package backup_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// The tables whose backups the override tests restore, by name.
var recorded = map[string]schema.Definition{
	"Provisioned": rich("Provisioned"),
	"OnDemand":    onDemand(rich("OnDemand")),
	"Bare":        bare("Bare"), // PROVISIONED, without indexes
}

func bare(name string) schema.Definition {
	d := plain(name)
	d.BillingMode, d.Throughput = schema.Provisioned, schema.Throughput{Read: 1, Write: 2}
	return d
}

// index returns a recorded index, changed.
func index(i int, change func(*schema.Index)) schema.Index {
	d := rich("Any")
	x := schema.CloneIndexes(slices.Concat(d.LocalIndexes, d.GlobalIndexes))[i]
	x.Throughput = schema.Throughput{}
	change(&x)
	return x
}

func local(change func(*schema.Index)) []schema.Index  { return []schema.Index{index(0, change)} }
func global(change func(*schema.Index)) []schema.Index { return []schema.Index{index(1, change)} }
func other(change func(*schema.Index)) []schema.Index  { return []schema.Index{index(2, change)} }

func same(*schema.Index)                {}
func withThroughput(x *schema.Index)    { x.Throughput = schema.Throughput{Read: 9, Write: 9} }
func renamed(x *schema.Index)           { x.Name += "-2" }
func renamedThroughput(x *schema.Index) { renamed(x); withThroughput(x) }
func maxima(read, write int64) *schema.OnDemandThroughput {
	return &schema.OnDemandThroughput{MaxRead: read, MaxWrite: write}
}

const noMatch = "Invalid Request: Index IDX does not match a secondary index that existed in the source table and " +
	"cannot be created during the restore operation"

func mismatch(name string) string { return strings.Replace(noMatch, "IDX", name, 1) }

var fiveFive = schema.Throughput{Read: 5, Write: 5}

type overrideRefusal struct {
	name   string // what the row proves
	source string
	o      backup.Overrides
	text   string
}

// Overrides of capacity and encryption.
var capacityRefusals = []overrideRefusal{
	{"throughput for an on-demand table", "OnDemand", backup.Overrides{Throughput: fiveFive},
		"Invalid Request: Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED"},
	{"PROVISIONED needs throughput", "OnDemand", backup.Overrides{BillingMode: schema.Provisioned},
		"Invalid Request: Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED"},
	{"also if the table was PROVISIONED", "Bare", backup.Overrides{BillingMode: schema.Provisioned},
		"Invalid Request: Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED"},
	{"PAY_PER_REQUEST has no throughput", "Bare", backup.Overrides{BillingMode: schema.PayPerRequest, Throughput: fiveFive},
		"Invalid Request: Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST"},
	{"read maximum of a PROVISIONED table", "Bare", backup.Overrides{OnDemand: maxima(5, 0)},
		"Invalid Request: Cannot override MaxReadRequestUnits for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST"},
	{"write maximum of a PROVISIONED table", "Bare", backup.Overrides{OnDemand: maxima(0, 5)},
		"Invalid Request: Cannot override MaxWriteRequestUnits for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST"},
	{"maxima of a table that becomes PROVISIONED", "OnDemand",
		backup.Overrides{BillingMode: schema.Provisioned, Throughput: fiveFive, GlobalIndexes: []schema.Index{}, OnDemand: maxima(5, 5)},
		"Invalid Request: Cannot override MaxReadRequestUnits for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST"},
	{"maxima without values are refused, and nothing starts", "OnDemand", backup.Overrides{OnDemand: maxima(0, 0)},
		"Invalid Request: Requested MaxReadRequestUnits for OnDemandThroughput is outside of valid range"},
	{"a read maximum under 1", "OnDemand", backup.Overrides{OnDemand: maxima(-1, 5)},
		"Invalid Request: Requested MaxReadRequestUnits for OnDemandThroughput is outside of valid range"},
	{"a write maximum under 1", "OnDemand", backup.Overrides{OnDemand: maxima(5, -1)},
		"Invalid Request: Requested MaxWriteRequestUnits for OnDemandThroughput is outside of valid range"},
	{"throughput under 1", "Bare", backup.Overrides{Throughput: schema.Throughput{Read: 0, Write: -1}},
		"2 validation errors detected: Value '0' at 'provisionedThroughputOverride.readCapacityUnits'" + must +
			"have value greater than or equal to 1; Value '-1' at 'provisionedThroughputOverride.writeCapacityUnits'" + must +
			"have value greater than or equal to 1"},
	{"a billing mode that does not exist", "Bare", backup.Overrides{BillingMode: "FREE"},
		oneError + "Value 'FREE' at 'billingModeOverride'" + must + "satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]"},
	{"a type of encryption that does not exist", "Bare", backup.Overrides{SSE: &schema.SSESpecification{Enabled: true, Type: "ROT13"}},
		oneError + "Value 'ROT13' at 'sSESpecificationOverride.sSEType'" + must + "satisfy enum value set: [AES256, KMS]"},
}

// Overrides of indexes.
var indexRefusals = []overrideRefusal{
	{"PROVISIONED throughput of an index, if PAY_PER_REQUEST is asked for", "Provisioned",
		backup.Overrides{BillingMode: schema.PayPerRequest, GlobalIndexes: global(withThroughput)},
		"Invalid Request: Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST for index global"},
	{"or if it is recorded; the text is ours", "OnDemand", backup.Overrides{GlobalIndexes: global(withThroughput)},
		"Invalid Request: Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED for index global"},
	{"an index of a PROVISIONED table needs throughput", "Provisioned", backup.Overrides{GlobalIndexes: global(renamed)},
		"Invalid Request: Must specify provisioned throughput for index global-2"},
	{"and of one that becomes PROVISIONED", "OnDemand",
		backup.Overrides{BillingMode: schema.Provisioned, Throughput: fiveFive, GlobalIndexes: global(same)},
		"Invalid Request: Must specify provisioned throughput for index global"},
	{"which needs overrides for recorded indexes", "OnDemand", backup.Overrides{BillingMode: schema.Provisioned, Throughput: fiveFive},
		"Invalid Request: Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED for index global"},
	{"an index that was not there", "Bare", backup.Overrides{GlobalIndexes: global(withThroughput)}, mismatch("global")},
	{"other keys", "Provisioned",
		backup.Overrides{GlobalIndexes: global(func(x *schema.Index) { x.KeySchema = schema.Keys("h") })}, mismatch("global")},
	{"a sort key more", "Provisioned",
		backup.Overrides{GlobalIndexes: global(func(x *schema.Index) { x.KeySchema = schema.Keys("g", "h") })}, mismatch("global")},
	{"another projection", "Provisioned",
		backup.Overrides{GlobalIndexes: global(func(x *schema.Index) { x.Projection = schema.Projection{Type: schema.ProjectAll} })}, mismatch("global")},
	{"other projected attributes", "Provisioned",
		backup.Overrides{GlobalIndexes: global(func(x *schema.Index) { x.Projection.NonKey = []string{"a"} })}, mismatch("global")},
	{"one recorded index twice", "Provisioned",
		backup.Overrides{GlobalIndexes: slices.Concat(global(withThroughput), global(renamedThroughput))}, mismatch("global-2")},
	{"a local index as a global one", "Provisioned", backup.Overrides{GlobalIndexes: local(same)}, mismatch("local")},
	{"a global index as a local one", "Provisioned", backup.Overrides{LocalIndexes: global(same)}, mismatch("global")},
	{"a local index with other keys", "Provisioned",
		backup.Overrides{LocalIndexes: local(func(x *schema.Index) { x.KeySchema = schema.Keys("pk", "h") })}, mismatch("local")},
	{"two indexes of one name", "OnDemand",
		backup.Overrides{GlobalIndexes: slices.Concat(global(same), other(func(x *schema.Index) { x.Name = "global" }))},
		"One or more parameter values were invalid: Duplicate index name: global"},
	{"a global index with the name of a local one", "OnDemand",
		backup.Overrides{GlobalIndexes: global(func(x *schema.Index) { x.Name = "local" })},
		"One or more parameter values were invalid: Duplicate index name: local"},
	{"a local index has no throughput of its own", "Provisioned", backup.Overrides{LocalIndexes: local(withThroughput)},
		"One or more parameter values were invalid: Throughput cannot be specified for a local secondary index: local"},
	{"a maximum of an index under 1", "OnDemand",
		backup.Overrides{GlobalIndexes: global(func(x *schema.Index) { x.OnDemand.MaxWrite = -1 })},
		"Invalid Request: Requested MaxWriteRequestUnits for OnDemandThroughput is outside of valid range for index global"},
	{"the model's constraints hold in overrides too", "Provisioned",
		backup.Overrides{GlobalIndexes: global(func(x *schema.Index) { x.Name = "ab" })},
		oneError + "Value 'ab' at 'globalSecondaryIndexOverride.1.member.indexName'" + must + "have length greater than or equal to 3"},
}

func TestOverrideRefusals(t *testing.T) {
	w := newWorld(t, instant())
	arns := map[string]string{}
	for name, d := range recorded {
		w.open(d)
		arns[name] = w.backup(name)
	}
	for _, test := range slices.Concat(capacityRefusals, indexRefusals) {
		t.Run(test.name, func(t *testing.T) {
			err := w.refusal(func() error {
				_, err := w.Backups.RestoreTableFromBackup(ctx, backup.RestoreInput{
					BackupARN: arns[test.source], TargetTableName: "Target", Overrides: test.o,
				})
				return err
			})
			refused(t, err, exception.Validation, test.text)
		})
	}
}

// indexes are those of a table, by name.
func indexes(d schema.Description) map[string]schema.Index {
	m := map[string]schema.Index{}
	for _, x := range slices.Concat(d.LocalIndexes, d.GlobalIndexes) {
		m[x.Name] = x
	}
	return m
}

type overrideTest struct {
	name   string // what the row proves
	source string
	o      backup.Overrides
	check  func(t *testing.T, d schema.Description)
}

var capacityOverrides = []overrideTest{
	{"on demand: indexes lose their throughput, nothing gets a maximum", "Provisioned", backup.Overrides{BillingMode: schema.PayPerRequest},
		func(t *testing.T, d schema.Description) {
			require.Equal(t, []any{schema.PayPerRequest, schema.Throughput{}, schema.OnDemandThroughput{}}, []any{d.BillingMode, d.Throughput, d.OnDemand})
			require.Equal(t, schema.Throughput{}, indexes(d)["global"].Throughput)
		}},
	{"on demand with maxima", "Bare", backup.Overrides{BillingMode: schema.PayPerRequest, OnDemand: maxima(5, 6)},
		func(t *testing.T, d schema.Description) { require.Equal(t, *maxima(5, 6), d.OnDemand) }},
	{"one maximum leaves the other", "OnDemand", backup.Overrides{OnDemand: maxima(5, 0)},
		func(t *testing.T, d schema.Description) { require.Equal(t, *maxima(5, 80), d.OnDemand) }},
	{"throughput is that of the table alone", "Provisioned", backup.Overrides{Throughput: fiveFive},
		func(t *testing.T, d schema.Description) {
			require.Equal(t, fiveFive, d.Throughput)
			require.Equal(t, schema.Throughput{Read: 3, Write: 4}, indexes(d)["global"].Throughput)
		}},
	{"PROVISIONED: maxima are gone", "OnDemand",
		backup.Overrides{BillingMode: schema.Provisioned, Throughput: fiveFive, GlobalIndexes: global(withThroughput)},
		func(t *testing.T, d schema.Description) {
			require.Equal(t, []any{schema.Provisioned, fiveFive, schema.OnDemandThroughput{}}, []any{d.BillingMode, d.Throughput, d.OnDemand})
			require.Equal(t, schema.OnDemandThroughput{}, indexes(d)["global"].OnDemand)
		}},
	{"encryption off: a key that AWS owns", "Provisioned", backup.Overrides{SSE: &schema.SSESpecification{}},
		func(t *testing.T, d schema.Description) { require.Zero(t, d.Encryption) }},
	{"encryption with a key of one's own", "Bare", backup.Overrides{SSE: &schema.SSESpecification{Enabled: true, Type: "KMS", KeyID: "alias/mine"}},
		func(t *testing.T, d schema.Description) {
			require.Equal(t, schema.Encryption{Type: "KMS", KeyARN: "arn:aws:kms:us-east-1:123456789012:alias/mine"}, d.Encryption)
		}},
}

var indexOverrides = []overrideTest{
	{"absent keeps all indexes", "OnDemand", backup.Overrides{}, func(t *testing.T, d schema.Description) {
		require.Len(t, indexes(d), 3)
		require.Equal(t, *maxima(7, 8), indexes(d)["global"].OnDemand)
	}},
	{"an empty list drops all of its kind, and the definitions of their attributes", "Provisioned", backup.Overrides{GlobalIndexes: []schema.Index{}},
		func(t *testing.T, d schema.Description) {
			require.Empty(t, d.GlobalIndexes)
			require.Len(t, d.LocalIndexes, 1)
			require.Equal(t, schema.Attributes{"pk": attr.TypeS, "sk": attr.TypeN, "l": attr.TypeB}, d.Attributes)
		}},
	{"both lists empty", "Provisioned", backup.Overrides{GlobalIndexes: []schema.Index{}, LocalIndexes: []schema.Index{}},
		func(t *testing.T, d schema.Description) {
			require.Empty(t, indexes(d))
			require.Equal(t, schema.Attributes{"pk": attr.TypeS, "sk": attr.TypeN}, d.Attributes)
		}},
	{"a list keeps what it names; indexes may be renamed", "OnDemand",
		backup.Overrides{GlobalIndexes: global(renamed), LocalIndexes: local(renamed)},
		func(t *testing.T, d schema.Description) {
			require.ElementsMatch(t, []string{"global-2", "local-2"}, slices.Collect(maps.Keys(indexes(d))))
			require.Equal(t, *maxima(7, 8), indexes(d)["global-2"].OnDemand, "and keep their maxima")
		}},
	{"indexes may swap their names", "Provisioned",
		backup.Overrides{GlobalIndexes: slices.Concat(
			global(func(x *schema.Index) { withThroughput(x); x.Name = "other" }),
			other(func(x *schema.Index) { withThroughput(x); x.Name = "global" }))},
		func(t *testing.T, d schema.Description) {
			require.Equal(t, schema.Keys("g"), indexes(d)["other"].KeySchema)
		}},
	{"throughput of an index", "Provisioned", backup.Overrides{GlobalIndexes: global(withThroughput)},
		func(t *testing.T, d schema.Description) {
			require.Equal(t, schema.Throughput{Read: 9, Write: 9}, indexes(d)["global"].Throughput)
		}},
	{"maxima of an index", "OnDemand", backup.Overrides{GlobalIndexes: global(func(x *schema.Index) { x.OnDemand = *maxima(1, 2) })},
		func(t *testing.T, d schema.Description) {
			require.Equal(t, *maxima(1, 2), indexes(d)["global"].OnDemand)
		}},
	{"the order of projected attributes does not matter", "OnDemand",
		backup.Overrides{GlobalIndexes: global(func(x *schema.Index) { x.Projection.NonKey = []string{"b", "a"} })},
		func(t *testing.T, d schema.Description) { require.Contains(t, indexes(d), "global") }},
}

// A restore with overrides has what they say; its indexes hold the items whatever their names are.
func TestOverrides(t *testing.T) {
	for _, test := range slices.Concat(capacityOverrides, indexOverrides) {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, instant())
			made := w.open(recorded[test.source])
			if test.source != "Bare" {
				_, err := made.Put(entry("a", 1))
				require.NoError(t, err)
			}
			w.restore(backup.RestoreInput{BackupARN: w.backup(test.source), TargetTableName: "Target", Overrides: test.o})
			d, err := w.Tables.DescribeTable(ctx, "Target")
			require.NoError(t, err)
			test.check(t, d)
			require.Equal(t, w.items(test.source), w.items("Target"))
			for name, x := range indexes(d) {
				page, err := w.table("Target").Page(snapshot.Query{Index: name})
				require.NoError(t, err)
				require.Len(t, page.Items, 1, name)
				_, projected := page.Items[0].Lookup("c")
				require.Equal(t, x.Projection.Type == schema.ProjectAll, projected, name)
			}
		})
	}
}

// The lists of an override remain the caller's: a change of them afterwards is not one of the table.
func TestOverridesAreCopied(t *testing.T) {
	w := newWorld(t, instant())
	w.open(recorded["OnDemand"])
	in := backup.RestoreInput{BackupARN: w.backup("OnDemand"), TargetTableName: "Target", Overrides: backup.Overrides{GlobalIndexes: global(same)}}
	w.restore(in)
	in.GlobalIndexes[0].Name, in.GlobalIndexes[0].KeySchema[0].Name, in.GlobalIndexes[0].Projection.NonKey[0] = "x", "x", "x"
	d, err := w.Tables.DescribeTable(ctx, "Target")
	require.NoError(t, err)
	require.Equal(t, index(1, func(x *schema.Index) { x.OnDemand = *maxima(7, 8) }), d.GlobalIndexes[0])
}
