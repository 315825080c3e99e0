package wire

import (
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/capacity"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
	"github.com/tidemark-db/tidemark/table"
)

// EnforceThroughput has the API bound what operations on items consume from now on, by the clock of its store: the
// provisioned throughput of tables and of their global indexes, and the maxima that on-demand tables and indexes may
// have. Without it, all that there is to throughput is that it is described and counted.
//
// A table or index may consume its throughput every second, and keeps for later what it has not consumed in the last
// 300 seconds; a new one starts with one second's worth. As long as anything is left, an operation is done whatever it
// costs, and what it has cost beyond that must come together before the next one. An operation that finds nothing left
// fails with ProvisionedThroughputExceeded, or with Throttling if it is a maximum that is reached; a transaction is
// canceled for that reason. Batches leave unprocessed what finds nothing left, and fail only if nothing can be done.
// Backups and restores consume nothing, and neither does what expires, nor what a program does with the store itself.
// Changes that a program makes to the throughput of a table of the store are seen by the next operation on it.
//
// It cannot be switched off again.
func (a *API) EnforceThroughput() {
	l := new(capacity.Limits)
	if a.tables != nil && a.limits.CompareAndSwap(nil, l) {
		a.tables.OnDelete(func(final *snapshot.Snapshot) { l.Forget(final.Table().Name) })
	}
}

// followThroughput has the limits of a table be those of its description, if throughput is enforced.
func (c *call) followThroughput(name string) {
	l := c.limits.Load()
	if l == nil {
		return
	}
	if t, err := c.tables.Table(name); err == nil {
		l.Follow(t.Definition(), c.tables.Now())
	}
}

// mayRead refuses to read a table, or a global index of it, of which nothing is left.
func (m *meter) mayRead(t *table.Table, global string) error {
	if m == nil || m.limits == nil {
		return nil
	}
	d := t.Definition()
	if m.limits.Open(d, global, capacity.Reads, m.store.Now()) {
		return nil
	}
	return throttled(d, global, capacity.Reads)
}

// mayReadSource is mayRead for what a Query or Scan reads.
func (m *meter) mayReadSource(s *source) error {
	if s.global {
		return m.mayRead(s.Table, s.index.Name)
	}
	return m.mayRead(s.Table, "")
}

// mayReadAll refuses a transaction that reads a table of which nothing is left.
func (m *meter) mayReadAll(tables []*table.Table) error {
	if m == nil || m.limits == nil {
		return nil
	}
	reasons := make([]exception.Reason, len(tables))
	throttled := false
	for i, t := range tables {
		if err := m.mayRead(t, ""); err != nil {
			reasons[i], throttled = exception.ReasonOf(err), true
		}
	}
	if !throttled {
		return nil
	}
	return exception.Canceled(reasons...)
}

// throttling says what there is nothing left of.
type throttling struct{ reason, resource string }

// throttled is the error of an operation that finds nothing left of a table, or of a global index of it.
func throttled(d *schema.Table, index string, k capacity.Kind) error {
	what, arn, way := "Table", d.ARN, "Read"
	if index != "" {
		what, arn = "Index", d.ARN.Index(index)
	}
	if k == capacity.Writes {
		way = "Write"
	}
	limit := "ProvisionedThroughput"
	err := exception.ProvisionedThroughputExceeded.Errorf(
		"The level of configured provisioned throughput for the table was exceeded. " +
			"Consider increasing your provisioning level with the UpdateTable API.")
	switch {
	case d.BillingMode == schema.PayPerRequest:
		limit = "MaxOnDemandThroughput"
		err = exception.Throttling.Errorf("Throughput exceeds the maximum OnDemandThroughput configured on table or index")
	case index != "":
		err = exception.ProvisionedThroughputExceeded.Errorf(
			"The level of configured provisioned throughput for one or more global secondary indexes of the table was " +
				"exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes " +
				"with the UpdateTable API.")
	}
	return &refusal{error: err, throttling: throttling{what + way + limit + "Exceeded", arn.String()}}
}
