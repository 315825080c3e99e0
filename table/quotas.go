package table

import (
	"cmp"
	"sync"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

// Quotas bound what the tables of a store may have together and each, as the service bounds it for an account in a
// region. Throughput is in units a second. What is 0 or less is as the comment says: what the service gives to a new
// account, but for the number of tables.
type Quotas struct {
	AccountRead, AccountWrite int64 // what is provisioned for all tables and their global indexes; 0: 80,000
	TableRead, TableWrite     int64 // the same, or a maximum, or asked for as warm, of one table or index; 0: 40,000
	Tables                    int   // how many tables there may be; 0: any number
}

// boundless is as good as no quota, and small enough to be added up.
const boundless = 1 << 40

func (q Quotas) complete() Quotas {
	quota := func(q, otherwise int64) int64 { return min(cmp.Or(max(q, 0), otherwise), boundless) }
	return Quotas{
		AccountRead: quota(q.AccountRead, 80_000), AccountWrite: quota(q.AccountWrite, 80_000),
		TableRead: quota(q.TableRead, 40_000), TableWrite: quota(q.TableWrite, 40_000),
		Tables: max(q.Tables, 0),
	}
}

// Quotas returns the quotas of the store, with what the service gives to a new account in place of what is not set.
func (s *Store) Quotas() Quotas { return s.quotas }

// quota is one of those for throughput.
type quota struct {
	unit, maximum, warm string // what requests call it
	table, account      int64
	provisioned         func(schema.Throughput) int64
	onDemand            func(schema.OnDemandThroughput) int64
}

func (q Quotas) throughput() [2]quota {
	return [2]quota{
		{
			"ReadCapacityUnits", "MaxReadRequestUnits", "ReadUnitsPerSecond", q.TableRead, q.AccountRead,
			func(t schema.Throughput) int64 { return t.Read }, func(t schema.OnDemandThroughput) int64 { return t.MaxRead },
		},
		{
			"WriteCapacityUnits", "MaxWriteRequestUnits", "WriteUnitsPerSecond", q.TableWrite, q.AccountWrite,
			func(t schema.Throughput) int64 { return t.Write }, func(t schema.OnDemandThroughput) int64 { return t.MaxWrite },
		},
	}
}

const referToGuide = " Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."

// check refuses a table that is over the quotas by itself.
func (q quota) check(d *schema.Table, region string) error {
	const overMaximum = "Subscriber limit exceeded: Requested %s for OnDemandThroughput for %s exceeds TableMax%s " +
		"of the account in region %s"
	if n := q.provisioned(d.Throughput); n > q.table {
		return exception.LimitExceeded.Errorf("The requested %s, %d, is above the per table maximum for the account in %s. "+
			"Per table maximum: %d."+referToGuide, q.unit, n, region, q.table)
	}
	if q.onDemand(d.OnDemand) > q.table {
		return exception.LimitExceeded.Errorf(overMaximum, q.maximum, "table", q.unit, region)
	}
	for i := range d.GlobalIndexes {
		x := &d.GlobalIndexes[i]
		if n := q.provisioned(x.Throughput); n > q.table {
			return exception.LimitExceeded.Errorf("The requested %s for index %s, %d, is above the per index maximum for the "+
				"account in %s. Per index maximum: %d."+referToGuide, q.unit, x.Name, n, region, q.table)
		}
		if q.onDemand(x.OnDemand) > q.table {
			return exception.LimitExceeded.Errorf(overMaximum, q.maximum, "index : "+x.Name, q.unit, region)
		}
	}
	return nil
}

// checkQuotas refuses a table that is over the quotas by itself. Table and indexes are each looked at alone: the service
// documents that a new table is bounded together with its indexes, but was seen to make one that was over.
func (s *Store) checkQuotas(d *schema.Table) error {
	for _, q := range s.quotas.throughput() {
		if err := q.check(d, s.region); err != nil {
			return err
		}
	}
	return nil
}

// checkWarmQuota refuses to have a table, which is without a name, or an index take more at once than any may have.
func (s *Store) checkWarmQuota(index string, asked schema.Throughput) error {
	whose := "table"
	if index != "" {
		whose = "index " + index
	}
	for _, q := range s.quotas.throughput() {
		if q.provisioned(asked) > q.table {
			return exception.LimitExceeded.Errorf("Subscriber limit exceeded: Requested %s for WarmThroughput for %s "+
				"exceeds TableMax%s of the account in region %s", q.warm, whose, q.unit, s.region)
		}
	}
	return nil
}

// reserved is what is provisioned for all tables.
type reserved struct {
	sync.Mutex
	schema.Throughput
}

// reserve changes what is provisioned for all tables from what one of them has had to what it is to have, unless there
// would be more than the quota of the account.
func (s *Store) reserve(had, has schema.Throughput) error {
	s.reserved.Lock()
	defer s.reserved.Unlock()
	for _, q := range s.quotas.throughput() {
		more, now := q.provisioned(has)-q.provisioned(had), q.provisioned(s.reserved.Throughput)
		if more > 0 && now+more > q.account {
			return exception.LimitExceeded.Errorf("This request would have caused the %[1]s limit to be exceeded for the "+
				"account in %[2]s. Current %[1]s reserved by the account: %[3]d. Limit: %[4]d. Requested: %[5]d."+referToGuide,
				q.unit, s.region, now, q.account, more)
		}
	}
	s.reserved.Read += has.Read - had.Read
	s.reserved.Write += has.Write - had.Write
	return nil
}
