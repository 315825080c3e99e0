package wire

import "cmp"

// Quotas are how much throughput an account may provision in a region, in units a second. They are told (DescribeLimits)
// and not enforced, so that a program that compares them with what it has provisioned can be tried. What is 0 is what the
// service gives to a new account: 80,000 for all tables together, and 40,000 for one table with its global indexes.
type Quotas struct {
	AccountRead, AccountWrite int64 // of all tables together
	TableRead, TableWrite     int64 // of one table
}

// SetQuotas has the API tell of these quotas from now on. Those that are negative count as 0.
func (a *API) SetQuotas(q Quotas) { a.quotas.Store(&q) }

func (a *API) currentQuotas() Quotas {
	var q Quotas
	if set := a.quotas.Load(); set != nil {
		q = *set
	}
	return Quotas{
		AccountRead: cmp.Or(max(q.AccountRead, 0), 80_000), AccountWrite: cmp.Or(max(q.AccountWrite, 0), 80_000),
		TableRead: cmp.Or(max(q.TableRead, 0), 40_000), TableWrite: cmp.Or(max(q.TableWrite, 0), 40_000),
	}
}

func describeLimits(c *call) error {
	if err := c.Err(); err != nil {
		return err
	}
	q := c.currentQuotas()
	c.out.Begin('{')
	c.writeInt("AccountMaxReadCapacityUnits", q.AccountRead)
	c.writeInt("AccountMaxWriteCapacityUnits", q.AccountWrite)
	c.writeInt("TableMaxReadCapacityUnits", q.TableRead)
	c.writeInt("TableMaxWriteCapacityUnits", q.TableWrite)
	c.out.End('}')
	return nil
}
