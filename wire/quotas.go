package wire

func describeLimits(c *call) error {
	if err := c.Err(); err != nil {
		return err
	}
	q := c.tables.Quotas()
	c.out.Begin('{')
	c.writeInt("AccountMaxReadCapacityUnits", q.AccountRead)
	c.writeInt("AccountMaxWriteCapacityUnits", q.AccountWrite)
	c.writeInt("TableMaxReadCapacityUnits", q.TableRead)
	c.writeInt("TableMaxWriteCapacityUnits", q.TableWrite)
	c.out.End('}')
	return nil
}
