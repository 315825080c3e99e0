package backuptest

import (
	"fmt"
	"time"

	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/schema"
)

func settingsChecks() []check {
	return []check{
		{
			Info: Info{"RestoreSettings", "a restore makes a table with the settings asked for, or fails in clear words",
				"who restores a table encrypted, and is told that it was done, relies on it"},
			run: restoreSettings,
		},
		{
			Info: Info{"CaptureSettings", "a capture has the settings of its moment, and keeps them when the table's change",
				"a backup records the table as it was, and a restore makes the new one of it"},
			updates: true, run: captureSettings,
		},
		{
			Info: Info{"HistorySettings", "DefinitionAt tells the settings as they were, also after they have changed",
				"a restore to a point in time may be asked for the table's settings at that time"},
			needs: []Lack{History}, updates: true, run: historySettings,
		},
	}
}

// restoreSettings asks for what overrides can ask for, but for indexes. A store that cannot do it refuses it; a store
// that has a key of its own for a table need not take the name of the one that is asked for.
func restoreSettings(t *trial) {
	t.create(simple("Things"))
	t.put("Things", thing("a", 1))
	_, s := t.capture("Things")
	if t.failed() {
		return
	}
	encryption := schema.EncryptionFor(schema.SSESpecification{Enabled: true}, t.store.Region(), t.store.Account())
	for i, setting := range []struct {
		name   string
		set    func(*schema.Table)
		chosen func(*schema.Table) string
	}{
		{"provisioned capacity",
			func(t *schema.Table) {
				t.BillingMode, t.Throughput = schema.Provisioned, schema.Throughput{Read: 4, Write: 3}
			},
			func(t *schema.Table) string { return fmt.Sprintf("%s %+v", t.BillingMode, t.Throughput) }},
		{"bounds of its on-demand capacity",
			func(t *schema.Table) { t.OnDemand = schema.OnDemandThroughput{MaxRead: 40, MaxWrite: 30} },
			func(t *schema.Table) string { return fmt.Sprintf("%+v", t.OnDemand) }},
		{"encryption", func(t *schema.Table) { t.Encryption = encryption },
			func(t *schema.Table) string { return t.Encryption.Type }},
	} {
		r := request(s, fmt.Sprint("Restored", i))
		setting.set(&r.Table)
		did := "restored a table with other " + setting.name
		if _, err := t.store.RestoreTable(t.ctx, r); err != nil {
			t.refusedClearly(did, err)
			t.absent(did, r.Table.Name)
			continue
		}
		t.awaitActive(r.Table.Name)
		c, again := t.capture(r.Table.Name)
		if t.failed() {
			return
		}
		saw, want := setting.chosen(c.Table()), setting.chosen(&r.Table)
		t.require(saw == want, did+", and captured it", fmt.Sprintf("%q", saw),
			fmt.Sprintf("%q, or that RestoreTable fails", want))
		t.same(did+", and captured it", itemsIn(again), itemsIn(s))
	}
}

// provisioned is the simple table with a capacity, which a check changes.
func provisioned(name string, units int64) schema.Definition {
	d := simple(name)
	d.BillingMode, d.Throughput = schema.Provisioned, schema.Throughput{Read: units, Write: units}
	return d
}

// rescale changes the capacity of a table and waits until it is ACTIVE.
func (t *trial) rescale(table string, units int64) {
	if t.failed() {
		return
	}
	err := t.store.(Updater).SetThroughput(t.ctx, table, schema.Throughput{Read: units, Write: units})
	if t.worked("changed the capacity of table "+table, err) {
		t.awaitActive(table)
	}
}

func captureSettings(t *trial) {
	t.create(provisioned("Things", 3))
	t.put("Things", thing("a", 1))
	before, s := t.capture("Things")
	t.rescale("Things", 7)
	after, _ := t.capture("Things")
	if t.failed() {
		return
	}
	state := t.state("Things")
	did := "captured a table, changed its capacity"
	t.described(did, "Capture.Table", before.Table(), provisioned("Things", 3), state)
	t.described(did, "Snapshot.Table", s.Table(), provisioned("Things", 3), state)
	t.described("changed the capacity of a table, captured it", "Capture.Table", after.Table(), provisioned("Things", 7),
		state)
	t.restore(s, "Restored")
	if c, _ := t.capture("Restored"); !t.failed() {
		t.described(did+", restored and captured that", "Capture.Table", c.Table(), provisioned("Restored", 3),
			t.state("Restored"))
	}
}

func historySettings(t *trial) {
	t.historian().Retain(time.Hour)
	units := []int64{3, 7, 4}
	var at []clock.Instant
	t.create(provisioned("Things", units[0]))
	for i, u := range units {
		if i > 0 {
			t.rescale("Things", u)
		}
		t.put("Things", thing("a", i))
		c := t.begin("Things", exactly)
		if t.failed() {
			return
		}
		at = append(at, c.At())
		t.hands.move(time.Second)
	}
	state := t.state("Things")
	for i, u := range units {
		d, err := t.historian().DefinitionAt(t.ctx, "Things", at[i])
		if t.worked(fmt.Sprintf("DefinitionAt %v", at[i]), err) {
			did := fmt.Sprintf("changed the capacity of a table from %d units to %d and %d, looked back to when it was %d",
				units[0], units[1], units[2], u)
			t.described(did, "DefinitionAt", d, provisioned("Things", u), state)
		}
	}
}
