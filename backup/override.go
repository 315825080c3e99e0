package backup

import (
	"maps"
	"slices"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
	"github.com/tidemark-db/tidemark/schema"
)

// Overrides are the settings in which a restored table is to differ from what its backup recorded. The zero
// Overrides keep everything.
type Overrides struct {
	BillingMode schema.BillingMode
	Throughput  schema.Throughput // of the table itself; zero: not given
	OnDemand    *schema.OnDemandThroughput

	// GlobalIndexes and LocalIndexes choose among the recorded indexes, by keys and projection; names may differ.
	// nil keeps all of them, and an empty list none.
	GlobalIndexes []schema.Index
	LocalIndexes  []schema.Index

	SSE *schema.SSESpecification
}

func (o *Overrides) checkShape(c *validate.Check) {
	if o.BillingMode != "" {
		c.Enum("billingModeOverride", string(o.BillingMode), string(schema.Provisioned), string(schema.PayPerRequest))
	}
	schema.CheckThroughput(c, "provisionedThroughputOverride", o.Throughput)
	schema.CheckGlobalIndexes(c, "globalSecondaryIndexOverride", o.GlobalIndexes)
	schema.CheckLocalIndexes(c, "localSecondaryIndexOverride", o.LocalIndexes)
	if o.SSE != nil && o.SSE.Type != "" {
		c.Enum("sSESpecificationOverride.sSEType", o.SSE.Type, "AES256", "KMS")
	}
}

// apply returns the table that a restore of the recorded one makes, and the recorded names of its local and global
// indexes, in their order. Streams, time to live and whatever a backup does not record are off.
func (o *Overrides) apply(recorded *schema.Table) (*schema.Table, []string, error) {
	t := recorded.Clone()
	t.Stream, t.TTLAttribute = "", ""
	if o.BillingMode != "" {
		t.BillingMode = o.BillingMode
	}
	for _, step := range []func(*schema.Table) error{o.applyThroughput, o.applyOnDemand} {
		if err := step(t); err != nil {
			return nil, nil, err
		}
	}
	local, localNames, err := choose(o.LocalIndexes, t.LocalIndexes)
	if err != nil {
		return nil, nil, err
	}
	global, globalNames, err := choose(o.GlobalIndexes, t.GlobalIndexes)
	if err != nil {
		return nil, nil, err
	}
	t.LocalIndexes, t.GlobalIndexes = local, global
	for _, step := range []func(*schema.Table) error{checkIndexes, o.applyIndexThroughput} {
		if err := step(t); err != nil {
			return nil, nil, err
		}
	}
	used := schema.UsedAttributes(t.KeySchema, t.LocalIndexes, t.GlobalIndexes)
	maps.DeleteFunc(t.Attributes, func(name string, _ attr.Type) bool { return !used[name] })
	return t, slices.Concat(localNames, globalNames), nil
}

func (o *Overrides) applyThroughput(t *schema.Table) error {
	given := o.Throughput != (schema.Throughput{})
	switch {
	case o.BillingMode == schema.Provisioned && !given:
		return invalid("Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED")
	case o.BillingMode == schema.PayPerRequest && given:
		return invalid("Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST")
	case given && t.BillingMode == schema.PayPerRequest:
		return invalid("Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED")
	case given:
		t.Throughput = o.Throughput
	case t.BillingMode == schema.PayPerRequest:
		t.Throughput = schema.Throughput{}
	}
	return nil
}

func (o *Overrides) applyOnDemand(t *schema.Table) error {
	if t.BillingMode != schema.PayPerRequest {
		t.OnDemand = schema.OnDemandThroughput{}
	}
	if o.OnDemand == nil {
		return nil
	}
	for _, limit := range []struct {
		name  string
		value int64
	}{{"MaxReadRequestUnits", o.OnDemand.MaxRead}, {"MaxWriteRequestUnits", o.OnDemand.MaxWrite}} {
		switch {
		case limit.value == 0 && *o.OnDemand != (schema.OnDemandThroughput{}):
			continue // the other one is meant
		case t.BillingMode != schema.PayPerRequest:
			return invalid("Cannot override %s for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST", limit.name)
		case limit.value < 1:
			return invalid("Requested %s for OnDemandThroughput is outside of valid range", limit.name)
		}
	}
	if o.OnDemand.MaxRead != 0 {
		t.OnDemand.MaxRead = o.OnDemand.MaxRead
	}
	if o.OnDemand.MaxWrite != 0 {
		t.OnDemand.MaxWrite = o.OnDemand.MaxWrite
	}
	return nil
}

// choose returns the indexes that an override asks for, each with the name that its equal among the recorded ones has.
func choose(override, recorded []schema.Index) (chosen []schema.Index, names []string, err error) {
	if override == nil {
		for _, x := range recorded {
			names = append(names, x.Name)
		}
		return recorded, names, nil
	}
	rest := slices.Clone(recorded)
	for _, x := range schema.CloneIndexes(override) {
		i := matching(x, rest)
		if i < 0 {
			return nil, nil, invalid("Index %s does not match a secondary index that existed in the source table and "+
				"cannot be created during the restore operation", x.Name)
		}
		names = append(names, rest[i].Name)
		if x.Throughput == (schema.Throughput{}) && x.OnDemand == (schema.OnDemandThroughput{}) {
			x.OnDemand = rest[i].OnDemand
		}
		chosen = append(chosen, x)
		rest = slices.Delete(rest, i, i+1)
	}
	return chosen, names, nil
}

// matching returns the place of an index like x in recorded, if possible of the same name, or -1.
func matching(x schema.Index, recorded []schema.Index) int {
	found := -1
	for i, r := range recorded {
		if !slices.Equal(x.KeySchema, r.KeySchema) || !x.Projection.Equal(r.Projection) {
			continue
		}
		if x.Name == r.Name {
			return i
		}
		if found < 0 {
			found = i
		}
	}
	return found
}

// checkIndexes refuses what indexes of one table cannot have, whichever recorded ones they are.
func checkIndexes(t *schema.Table) error {
	names := make(map[string]bool)
	for i, x := range slices.Concat(t.LocalIndexes, t.GlobalIndexes) {
		local := i < len(t.LocalIndexes)
		switch {
		case names[x.Name]:
			return exception.Validation.Errorf("One or more parameter values were invalid: Duplicate index name: %s", x.Name)
		case local && (x.Throughput != (schema.Throughput{}) || x.OnDemand != (schema.OnDemandThroughput{}) || x.Warm != (schema.Throughput{})):
			return exception.Validation.Errorf("One or more parameter values were invalid: "+
				"Throughput cannot be specified for a local secondary index: %s", x.Name)
		case x.OnDemand.MaxRead < 0:
			return invalid("Requested MaxReadRequestUnits for OnDemandThroughput is outside of valid range for index %s", x.Name)
		case x.OnDemand.MaxWrite < 0:
			return invalid("Requested MaxWriteRequestUnits for OnDemandThroughput is outside of valid range for index %s", x.Name)
		}
		names[x.Name] = true
	}
	return nil
}

// applyIndexThroughput checks and sets the throughput of the chosen global indexes.
func (o *Overrides) applyIndexThroughput(t *schema.Table) error {
	overridden := o.GlobalIndexes != nil
	for i := range t.GlobalIndexes {
		x := &t.GlobalIndexes[i]
		given := overridden && x.Throughput != (schema.Throughput{})
		switch {
		case t.BillingMode == schema.PayPerRequest && given && o.BillingMode == schema.PayPerRequest:
			return invalid("Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST for index %s", x.Name)
		case t.BillingMode == schema.PayPerRequest && given:
			return invalid("Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED for index %s", x.Name)
		case t.BillingMode == schema.PayPerRequest:
			x.Throughput = schema.Throughput{}
		case overridden && !given:
			return invalid("Must specify provisioned throughput for index %s", x.Name)
		case !overridden && o.BillingMode == schema.Provisioned:
			return invalid("Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED for index %s", x.Name)
		}
		if t.BillingMode != schema.PayPerRequest {
			x.OnDemand = schema.OnDemandThroughput{}
		}
		if err := x.CheckWarm(t.BillingMode); err != nil {
			return err
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return exception.Validation.Errorf("Invalid Request: "+format, args...)
}
