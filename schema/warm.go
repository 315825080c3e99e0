package schema

// WarmThroughput is what a table or a global index takes at once, in units a second.
type WarmThroughput struct {
	Throughput
	Status Status // Updating as long as it is about to become what it was asked to be, and otherwise Active
}

// OnDemandWarm is what a table on demand takes at once from the beginning, and each of its global indexes.
var OnDemandWarm = Throughput{Read: 12_000, Write: 4_000}

// Most returns the greater of the two of each.
func (t Throughput) Most(u Throughput) Throughput {
	return Throughput{Read: max(t.Read, u.Read), Write: max(t.Write, u.Write)}
}

// CheckWarm returns nil if warm, as far as it is not 0, is no less than least, and otherwise a ValidationException that
// says it is lower than what. The index is that whose warm throughput it is, or empty if it is the table's; what gets to
// know whether it is "Read" or "Write".
func CheckWarm(index string, warm, least Throughput, what func(unit string) string) error {
	whose := "table"
	if index != "" {
		whose = "index " + index
	}
	for _, asked := range []struct {
		unit         string
		value, least int64
	}{{"Read", warm.Read, least.Read}, {"Write", warm.Write, least.Write}} {
		if asked.value != 0 && asked.value < asked.least {
			return invalid("Requested %sUnitsPerSecond for WarmThroughput for %s is lower than %s",
				asked.unit, whose, what(asked.unit))
		}
	}
	return nil
}

// CheckWarm returns nil if x can be made for a table of that mode with the warm throughput that it is asked to have, and
// otherwise a ValidationException.
func (x Index) CheckWarm(mode BillingMode) error {
	return checkNewWarm(x.Name, mode, x.Throughput, x.Warm)
}

func (d *Definition) checkWarm() error {
	if err := checkNewWarm("", d.BillingMode, d.Throughput, d.Warm); err != nil {
		return err
	}
	for _, x := range d.GlobalIndexes {
		if err := x.CheckWarm(d.BillingMode); err != nil {
			return err
		}
	}
	return nil
}

func checkNewWarm(index string, mode BillingMode, throughput, warm Throughput) error {
	if mode == PayPerRequest {
		return CheckWarm(index, warm, OnDemandWarm, func(string) string {
			return "initial throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/" +
				"on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
		})
	}
	return CheckWarm(index, warm, throughput, func(unit string) string {
		return unit + "CapacityUnits of ProvisionedThroughput"
	})
}
