package upstream

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/tidemark-db/tidemark/schema"
)

// createJSON is a request for a new table.
type createJSON struct {
	TableName              string
	AttributeDefinitions   []attributeJSON
	KeySchema              []keyJSON
	BillingMode            schema.BillingMode
	ProvisionedThroughput  *throughputJSON `json:",omitempty"`
	OnDemandThroughput     *onDemandJSON   `json:",omitempty"`
	LocalSecondaryIndexes  []indexJSON     `json:",omitempty"`
	GlobalSecondaryIndexes []indexJSON     `json:",omitempty"`
	StreamSpecification    *streamJSON     `json:",omitempty"`
	SSESpecification       *sseJSON        `json:",omitempty"`
}

type streamJSON struct {
	StreamEnabled  bool
	StreamViewType schema.StreamView
}

type sseJSON struct {
	Enabled        bool
	SSEType        string
	KMSMasterKeyID string `json:"KMSMasterKeyId,omitempty"`
}

// definition returns the body of the CreateTable that makes t. Attributes that no key needs are left out: the service
// refuses them, and an index that a restore leaves out had some.
func definition(t *schema.Table) ([]byte, error) {
	c := createJSON{
		TableName: t.Name, KeySchema: keysJSON(t.KeySchema), BillingMode: t.BillingMode,
		OnDemandThroughput:    maxima(t.OnDemand),
		LocalSecondaryIndexes: indexesJSON(t.LocalIndexes, t.BillingMode, false),
	}
	c.GlobalSecondaryIndexes = indexesJSON(t.GlobalIndexes, t.BillingMode, true)
	used := schema.UsedAttributes(t.KeySchema, t.LocalIndexes, t.GlobalIndexes)
	for _, name := range slices.Sorted(maps.Keys(used)) {
		c.AttributeDefinitions = append(c.AttributeDefinitions, attributeJSON{name, t.Attributes[name].String()})
	}
	if t.BillingMode != schema.PayPerRequest {
		c.BillingMode = schema.Provisioned
		c.ProvisionedThroughput = &throughputJSON{t.Throughput.Read, t.Throughput.Write}
	}
	if t.Stream != "" {
		c.StreamSpecification = &streamJSON{true, t.Stream}
	}
	if t.Encryption.Type != "" {
		c.SSESpecification = &sseJSON{true, t.Encryption.Type, t.Encryption.KeyARN}
	}
	return json.Marshal(c)
}

func keysJSON(k schema.KeySchema) []keyJSON {
	var elements []keyJSON
	for _, e := range k {
		elements = append(elements, keyJSON{e.Name, e.Type})
	}
	return elements
}

func maxima(t schema.OnDemandThroughput) *onDemandJSON {
	if t == (schema.OnDemandThroughput{}) {
		return nil
	}
	return &onDemandJSON{t.MaxRead, t.MaxWrite}
}

func indexesJSON(indexes []schema.Index, mode schema.BillingMode, global bool) []indexJSON {
	var all []indexJSON
	for _, x := range indexes {
		j := indexJSON{
			IndexName: x.Name, KeySchema: keysJSON(x.KeySchema),
			Projection: projectionJSON{x.Projection.Type, x.Projection.NonKey},
		}
		if global {
			j.OnDemandThroughput = maxima(x.OnDemand)
			if x.Warm != (schema.Throughput{}) {
				j.WarmThroughput = &warmJSON{x.Warm.Read, x.Warm.Write}
			}
			if mode != schema.PayPerRequest {
				j.ProvisionedThroughput = &throughputJSON{x.Throughput.Read, x.Throughput.Write}
			}
		}
		all = append(all, j)
	}
	return all
}
