package table_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

func ptr[T any](v T) *T { return &v }

// provisioned is indexed with throughput.
func provisioned() schema.Definition {
	d := indexed("Things")
	d.BillingMode, d.Throughput = schema.Provisioned, schema.Throughput{Read: 5, Write: 6}
	for i := range d.GlobalIndexes {
		d.GlobalIndexes[i].Throughput = schema.Throughput{Read: 1, Write: 2}
	}
	return d
}

func (f *fixture) update(c table.Changes) (schema.Description, error) {
	return f.store.UpdateTable(ctx, "Things", c)
}

func TestUpdateTable(t *testing.T) {
	f := newFixture(t, provisioned(), table.Timing{})
	before, err := f.table.Snapshot()
	require.NoError(t, err)
	old := before.Table()
	want := f.describe("Things")
	step := func(c table.Changes, change func(*schema.Description), answer func(*schema.Description)) {
		t.Helper()
		f.clock.Advance(time.Second)
		change(&want)
		d, err := f.update(c)
		require.NoError(t, err)
		told := f.describe("Things")
		want.Warm = told.Warm // has a test of its own
		require.Equal(t, want, told)
		told.Warm = d.Warm
		answer(&told)
		require.Equal(t, told, d)
	}
	atOnce := func(*schema.Description) {}
	updating := func(d *schema.Description) { d.Status = schema.Updating }
	updatingIndex := func(name string) func(*schema.Description) {
		return func(d *schema.Description) { d.States[name] = schema.IndexState{Status: schema.Updating} }
	}
	more := schema.Throughput{Read: 50, Write: 60}
	increased := func() schema.ThroughputChanges { return schema.ThroughputChanges{LastIncrease: f.store.Now()} }
	step(table.Changes{Throughput: more}, func(d *schema.Description) {
		d.Throughput = more
		d.Throughputs = map[string]schema.ThroughputChanges{"": increased()}
	}, func(d *schema.Description) { d.Status, d.Throughput = schema.Updating, old.Throughput })
	step(table.Changes{Indexes: map[string]table.IndexChanges{"ByG": {Throughput: more}}}, func(d *schema.Description) {
		d.GlobalIndexes[0].Throughput = more
		d.Throughputs["ByG"] = increased()
	}, func(d *schema.Description) {
		updatingIndex("ByG")(d)
		d.GlobalIndexes[0].Throughput = old.GlobalIndexes[0].Throughput
	})
	step(table.Changes{BillingMode: schema.PayPerRequest}, func(d *schema.Description) {
		d.BillingMode, d.Throughput, d.OnDemandSince = schema.PayPerRequest, schema.Throughput{}, f.store.Now()
		d.GlobalIndexes[0].Throughput, d.GlobalIndexes[1].Throughput = schema.Throughput{}, schema.Throughput{}
		for _, name := range []string{"ByG", "ByGToo"} { // but not that of the table
			changes := d.Throughputs[name]
			changes.LastDecrease, changes.DecreasesToday = f.store.Now(), 1
			d.Throughputs[name] = changes
		}
	}, func(d *schema.Description) {
		d.Status, d.OnDemandSince = schema.Updating, time.Time{}
		updatingIndex("ByG")(d)
		updatingIndex("ByGToo")(d)
	})
	step(table.Changes{BillingMode: schema.PayPerRequest}, func(*schema.Description) {}, updating)
	maxima := schema.OnDemandThroughput{MaxRead: 7, MaxWrite: 8}
	step(table.Changes{OnDemand: &maxima}, func(d *schema.Description) { d.OnDemand = maxima }, atOnce)
	step(table.Changes{OnDemand: &schema.OnDemandThroughput{MaxRead: -1}},
		func(d *schema.Description) { d.OnDemand.MaxRead = 0 }, atOnce)
	step(table.Changes{OnDemand: &schema.OnDemandThroughput{MaxRead: 9, MaxWrite: -1}},
		func(d *schema.Description) { d.OnDemand = schema.OnDemandThroughput{MaxRead: 9} }, atOnce)
	step(table.Changes{Indexes: map[string]table.IndexChanges{"ByGToo": {OnDemand: &maxima}}},
		func(d *schema.Description) { d.GlobalIndexes[1].OnDemand = maxima }, updatingIndex("ByGToo"))
	step(table.Changes{Stream: ptr(schema.OldImage)}, func(d *schema.Description) {
		d.Stream, d.StreamARN = schema.OldImage, d.ARN.Stream(f.store.Now())
	}, updating)
	step(table.Changes{Stream: ptr(schema.StreamView(""))}, func(d *schema.Description) { d.Stream = "" }, updating)
	sse := schema.SSESpecification{Enabled: true, Type: "KMS", KeyID: "alias/mine"}
	mine := schema.EncryptionFor(sse, "us-east-1", "123456789012")
	step(table.Changes{SSE: &sse}, func(d *schema.Description) { d.Encryption = mine },
		func(d *schema.Description) { d.Encryption, d.Encrypting = schema.Encryption{}, true })
	sse.KeyID = f.describe("Things").Encryption.KeyARN
	_, err = f.update(table.Changes{SSE: &sse})
	requireRefused(t, err, exception.Validation, invalid+"Table is already encrypted with given KMSMasterKeyId. "+
		"Use KMSMasterKeyId parameter if you want to change Master Key")
	step(table.Changes{SSE: &schema.SSESpecification{}}, func(d *schema.Description) { d.Encryption = schema.Encryption{} },
		func(d *schema.Description) { d.Encryption, d.Encrypting = mine, true })
	step(table.Changes{Class: schema.StandardInfrequentAccess},
		func(d *schema.Description) { d.Class, d.ClassSince = schema.StandardInfrequentAccess, f.store.Now() },
		func(d *schema.Description) { d.Status, d.Class, d.ClassSince = schema.Updating, "", time.Time{} })
	step(table.Changes{Class: schema.StandardInfrequentAccess}, func(*schema.Description) {}, updating)
	step(table.Changes{DeletionProtection: ptr(true)}, func(d *schema.Description) { d.DeletionProtection = true }, atOnce)
	require.Equal(t, old, before.Table(), "a snapshot keeps the settings of its time")
}

func TestUpdateBackToProvisioned(t *testing.T) {
	d := indexed("Things")
	d.OnDemand.MaxRead = 5
	f := newFixture(t, d, table.Timing{})
	one := schema.Throughput{Read: 1, Write: 1}
	_, err := f.update(table.Changes{BillingMode: schema.Provisioned, Throughput: one})
	requireRefused(t, err, exception.Validation, invalid+"ProvisionedThroughput must be specified for index: ByG")
	got, err := f.update(table.Changes{BillingMode: schema.Provisioned, Throughput: one,
		Indexes: map[string]table.IndexChanges{"ByG": {Throughput: one}, "ByGToo": {Throughput: one}}})
	require.NoError(t, err)
	require.Equal(t, schema.Provisioned, got.BillingMode)
	require.Equal(t, one, got.Throughput)
	require.Equal(t, one, got.GlobalIndexes[1].Throughput)
	require.Zero(t, got.OnDemand)
}

func TestUpdateTableRefusals(t *testing.T) {
	onDemand, prov := newFixture(t, indexed("Things"), table.Timing{}), newFixture(t, provisioned(), table.Timing{})
	one := schema.Throughput{Read: 1, Write: 1}
	index := func(name string, x table.IndexChanges) table.Changes {
		return table.Changes{Indexes: map[string]table.IndexChanges{name: x}}
	}
	const enum = "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: %s"
	for _, test := range []struct {
		f      *fixture
		change table.Changes
		want   string
	}{
		{prov, table.Changes{}, "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, " +
			"GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, " +
			"MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"},
		{prov, table.Changes{BillingMode: "FREE"}, fmt.Sprintf(enum, "FREE", "billingMode", "[PROVISIONED, PAY_PER_REQUEST]")},
		{prov, table.Changes{Class: "FIRST"}, "Invalid table-class parameter provided. " +
			"Please try again with a valid table-class value: [STANDARD, STANDARD_INFREQUENT_ACCESS]."},
		{prov, table.Changes{BillingMode: schema.PayPerRequest, Throughput: one},
			invalid + "ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST"},
		{prov, table.Changes{Throughput: schema.Throughput{Read: 1}}, "1 validation error detected: Value '0' at " +
			"'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{prov, table.Changes{Throughput: schema.Throughput{Read: 5, Write: 6}},
			"The provisioned throughput for the table will not change. The requested value equals the current value. " +
				"Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. " +
				"Current WriteCapacityUnits provisioned for the table: 6. Requested WriteCapacityUnits: 6. " +
				"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."},
		{prov, table.Changes{OnDemand: &schema.OnDemandThroughput{MaxRead: 1}},
			invalid + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"},
		{prov, index("ByG", table.IndexChanges{Throughput: schema.Throughput{Read: 1}}), "1 validation error detected: Value '0' at " +
			"'globalSecondaryIndexUpdates.1.member.update.provisionedThroughput.writeCapacityUnits' " +
			"failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{prov, index("ByG", table.IndexChanges{OnDemand: &schema.OnDemandThroughput{MaxRead: 1}}),
			invalid + "MaxReadRequestUnits for OnDemandThroughput for index : ByG cannot be specified when the table BillingMode is PROVISIONED"},
		{prov, table.Changes{SSE: &schema.SSESpecification{Enabled: true, Type: "ROT13"}},
			fmt.Sprintf(enum, "ROT13", "sSESpecification.sSEType", "[AES256, KMS]")},
		{onDemand, table.Changes{OnDemand: &schema.OnDemandThroughput{MaxRead: -2}},
			invalid + "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range"},
		{onDemand, table.Changes{Throughput: one},
			invalid + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"},
		{onDemand, table.Changes{BillingMode: schema.Provisioned},
			invalid + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"},
		{onDemand, index("ByG", table.IndexChanges{Throughput: one}), invalid + "The only Updates for index: ByG " +
			"when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput"},
		{onDemand, table.Changes{Stream: ptr(schema.StreamView(""))}, "Table has no stream to disable: TableName: Things"},
		{onDemand, table.Changes{Stream: ptr(schema.StreamView("SOME"))}, invalid + "Unknown StreamViewType: SOME"},
	} {
		before := test.f.describe("Things")
		_, err := test.f.update(test.change)
		requireRefused(t, err, exception.Validation, test.want)
		require.Equal(t, before, test.f.describe("Things"), "a refused change changes nothing")
	}
	_, err := onDemand.update(index("Nowhere", table.IndexChanges{}))
	requireRefused(t, err, exception.ResourceNotFound, "Requested resource not found: Index Nowhere for table Things")
	_, err = onDemand.update(table.Changes{Stream: ptr(schema.NewImage)})
	require.NoError(t, err)
	_, err = onDemand.update(table.Changes{Stream: ptr(schema.OldImage), OnDemand: &schema.OnDemandThroughput{MaxRead: 1}})
	requireRefused(t, err, exception.Validation,
		invalid+"OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
	_, err = onDemand.update(table.Changes{BillingMode: schema.PayPerRequest, Stream: ptr(schema.OldImage)})
	requireRefused(t, err, exception.Validation, "Table already has an enabled stream: TableName: Things")
	_, err = prov.update(table.Changes{Throughput: one, Stream: ptr(schema.OldImage)})
	requireRefused(t, err, exception.Validation, invalid+"You cannot modify stream status while updating table IOPS")
	require.Zero(t, onDemand.describe("Things").OnDemand, "all or nothing")
}

func TestUpdateTableInOtherStates(t *testing.T) {
	f := newStore(t, table.ServiceTiming())
	f.create(plain("Things"))
	change := table.Changes{DeletionProtection: ptr(false)}
	_, err := f.update(change)
	requireRefused(t, err, exception.ResourceInUse, inUse+"Table is being created: Things")
	f.clock.Advance(5 * time.Second)
	_, err = f.update(change)
	require.NoError(t, err)
	f.drop("Things")
	_, err = f.update(change)
	requireRefused(t, err, exception.ResourceInUse, inUse+"Table is being deleted: Things")
}

// What a busy table is refused depends on what it is busy with.
func TestUpdateTableThatIsBusy(t *testing.T) {
	one, stream := schema.Throughput{Read: 1, Write: 1}, ptr(schema.StreamOfKeysOnly)
	capacity, class := table.Changes{Throughput: one}, table.Changes{Class: schema.Standard}
	billing := table.Changes{BillingMode: schema.PayPerRequest}
	switched, off := table.Changes{Stream: stream}, table.Changes{Stream: ptr(schema.StreamView(""))}
	maxima := table.Changes{OnDemand: &schema.OnDemandThroughput{MaxRead: 1}}
	encrypted := table.Changes{SSE: &schema.SSESpecification{Enabled: true}}
	label := "2024-01-15T12:00:05.000"
	const provisioning = "Table IOPS are currently being updated. Table: Things"
	const deleted = "Table: Things is in the process of being updated."
	type refusal struct {
		changes table.Changes
		text    string
	}
	for name, test := range map[string]struct {
		busy     table.Changes
		refused  []refusal
		deletion string
		admitted []table.Changes
	}{
		"throughput": {capacity, []refusal{
			{table.Changes{Throughput: schema.Throughput{Read: 2, Write: 2}}, provisioning},
			{billing, provisioning},
			{switched, "Can't enable or disable stream while table IOPS are being updated. Table: Things"},
			{class, "Can't update table class while table IOPS are being updated. Table: Things"},
			{dropX(), "Can't create or delete indexes while table IOPS are being updated. Table: Things"},
		}, deleted, []table.Changes{encrypted}},
		"billing": {billing, []refusal{
			{capacity, provisioning},
			{billing, provisioning},
			{maxima, "OnDemandThroughput cannot be updated while BillingMode update is in progress"},
		}, "Cannot delete table while indexes are being created, updated, or deleted.", []table.Changes{encrypted}},
		"stream": {switched, []refusal{
			{capacity, "Can't change table IOPS when stream status is being updated. Table: Things Stream: " + label + " Operation: ENABLE"},
			{off, "A stream status change is currently in progress. Table: Things Stream: " + label + " Operation: ENABLE"},
			{class, "Can't update table class when stream status is being updated. Table: Things Stream: " + label + " Operation: ENABLE"},
			{maxima, "OnDemandThroughput cannot be updated while stream status update is in progress"},
			{dropX(), "Can't create or delete an index when stream status is being updated."},
		}, "Cannot delete table while stream is being enabled/disabled.", []table.Changes{encrypted}},
		"class": {table.Changes{Class: schema.StandardInfrequentAccess}, []refusal{
			{capacity, "Can't change table IOPS when a table class update is in progress. Table: Things " +
				"TableClassUpdateInProgress: STANDARD_INFREQUENT_ACCESS"},
			{switched, "Can't change stream status when a table class update is in progress. Table: Things " +
				"TableClassUpdateInProgress: STANDARD_INFREQUENT_ACCESS"},
			{class, "Can't update table class when a table class update is in progress. Table: Things " +
				"TableClassUpdateInProgress: STANDARD_INFREQUENT_ACCESS"},
			{maxima, "OnDemandThroughput cannot be updated while TableClass update is in progress. " +
				"TableClassUpdateInProgress: STANDARD_INFREQUENT_ACCESS"},
			{dropX(), "Can't create or delete an index when a table class update is in progress."},
		}, deleted, []table.Changes{encrypted}},
		"encryption": {encrypted, []refusal{
			{table.Changes{SSE: &schema.SSESpecification{}}, "Server-Side Encryption is still being updated"},
		}, deleted, []table.Changes{switched}},
		"warm throughput": {table.Changes{Warm: schema.Throughput{Read: 100}}, nil, deleted, []table.Changes{switched}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newStore(t, table.ServiceTiming())
			f.create(provisioned())
			f.clock.Advance(5 * time.Second)
			f.mustUpdate(test.busy)
			for _, r := range test.refused {
				before := f.describe("Things")
				_, err := f.update(r.changes)
				requireRefused(t, err, exception.ResourceInUse, inUse+r.text)
				require.Equal(t, before, f.describe("Things"), "a refused change changes nothing")
			}
			_, err := f.store.DeleteTable(ctx, "Things")
			requireRefused(t, err, exception.ResourceInUse, inUse+test.deletion)
			f.mustUpdate(table.Changes{DeletionProtection: ptr(false)})
			f.mustUpdate(table.Changes{Warm: schema.Throughput{Read: 30_000}})
			for _, c := range test.admitted {
				f.mustUpdate(c)
			}
			f.clock.Advance(10 * time.Minute)
			f.drop("Things")
		})
	}
}

func TestTimeToLive(t *testing.T) {
	f := newFixture(t, plain("Things"), table.Timing{})
	set := func(attribute string, enabled bool) error {
		return f.store.UpdateTimeToLive(ctx, "Things", attribute, enabled)
	}
	requireTTL := func(want string) {
		t.Helper()
		got, err := f.store.DescribeTimeToLive(ctx, "Things")
		require.NoError(t, err)
		require.Equal(t, want, got.Attribute)
		require.Equal(t, want, f.describe("Things").TTLAttribute)
	}
	requireTTL("")
	requireRefused(t, set("Expires", false), exception.Validation, "TimeToLive is already disabled")
	require.NoError(t, set("Expires", true))
	requireTTL("Expires")
	s, err := f.table.Snapshot()
	require.NoError(t, err)
	requireRefused(t, set("Expires", true), exception.Validation, "TimeToLive is already enabled")
	requireRefused(t, set("Other", true), exception.Validation,
		"TimeToLive is active on a different AttributeName: current AttributeName is Expires")
	requireRefused(t, set("Other", false), exception.Validation,
		"TimeToLive is active on a different AttributeName: current AttributeName is Expires")
	requireTTL("Expires")
	require.NoError(t, set("Expires", false))
	requireTTL("")
	require.Equal(t, "Expires", s.Table().TTLAttribute, "a snapshot keeps the settings of its time")
	requireRefused(t, set("", true), exception.Validation, "1 validation error detected: Value '' at "+
		"'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must have length greater than or equal to 1")
	require.ErrorIs(t, set(strings.Repeat("x", 256), true), exception.Validation)
}
