package upstream

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

// tableJSON is what is read of a TableDescription. What else is in one is not part of a backup.
type tableJSON struct {
	TableName             string
	TableID               string `json:"TableId"`
	TableArn              string
	TableStatus           schema.Status
	CreationDateTime      float64
	ItemCount             int64
	TableSizeBytes        int64
	AttributeDefinitions  []attributeJSON
	KeySchema             []keyJSON
	BillingModeSummary    struct{ BillingMode schema.BillingMode }
	ProvisionedThroughput throughputJSON
	OnDemandThroughput    *onDemandJSON
	StreamSpecification   struct {
		StreamEnabled  bool
		StreamViewType schema.StreamView
	}
	SSEDescription struct {
		Status          string
		SSEType         string
		KMSMasterKeyArn string
	}
	LocalSecondaryIndexes  []indexJSON
	GlobalSecondaryIndexes []indexJSON
}

type attributeJSON struct{ AttributeName, AttributeType string }

type keyJSON struct {
	AttributeName string
	KeyType       schema.KeyType
}

type throughputJSON struct{ ReadCapacityUnits, WriteCapacityUnits int64 }

type onDemandJSON struct {
	MaxReadRequestUnits  int64 `json:",omitempty"`
	MaxWriteRequestUnits int64 `json:",omitempty"`
}

type warmJSON struct {
	ReadUnitsPerSecond  int64 `json:",omitempty"`
	WriteUnitsPerSecond int64 `json:",omitempty"`
}

type projectionJSON struct {
	ProjectionType   schema.ProjectionType
	NonKeyAttributes []string `json:",omitempty"`
}

type indexJSON struct {
	IndexName             string
	KeySchema             []keyJSON
	Projection            projectionJSON
	ProvisionedThroughput *throughputJSON `json:",omitempty"`
	OnDemandThroughput    *onDemandJSON   `json:",omitempty"`
	WarmThroughput        *warmJSON       `json:",omitempty"` // asked for; nothing is made of what a description says
}

// described is a table of the upstream at the moment it was asked for.
type described struct {
	schema.Table
	status  schema.Status
	lasting string // the ID that the upstream gave; empty: none
}

// describe asks for a table. It fails with ResourceNotFound if there is none.
func (s *Source) describe(ctx context.Context, name string) (described, error) {
	d, err := s.describeTable(ctx, name)
	if err != nil || d.status != schema.Active && d.status != schema.Updating {
		return d, err
	}
	d.TTLAttribute, err = s.describeTTL(ctx, name)
	return d, err
}

// describeTable is describe without the time to live, which takes another request.
func (s *Source) describeTable(ctx context.Context, name string) (described, error) {
	answer, err := s.client.Call(ctx, "DescribeTable", named(name))
	if err != nil {
		return described{}, err
	}
	var a struct{ Table *tableJSON }
	if err := json.Unmarshal(answer, &a); err != nil || a.Table == nil {
		return described{}, exception.InternalServerError.Errorf(
			"the upstream's description of %s cannot be read: %w", name, err)
	}
	return s.parse(name, a.Table)
}

// describeTTL returns the attribute of a table's time to live, if that is on. An upstream need not know the
// operation.
func (s *Source) describeTTL(ctx context.Context, name string) (string, error) {
	answer, err := s.client.Call(ctx, "DescribeTimeToLive", named(name))
	if e, ok := err.(*exception.Error); ok && (e.Code == exception.UnknownOperation || e.Code == exception.Validation) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var a struct {
		TimeToLiveDescription struct{ TimeToLiveStatus, AttributeName string }
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return "", failed("DescribeTimeToLive", err)
	}
	switch ttl := a.TimeToLiveDescription; ttl.TimeToLiveStatus {
	case "ENABLED", "ENABLING":
		return ttl.AttributeName, nil
	}
	return "", nil
}

func named(table string) []byte {
	body, _ := json.Marshal(map[string]string{"TableName": table}) // strings always can be
	return body
}

// parse reads the description of a table. Its ARN is that of the Source's region and account, whatever the upstream
// makes up. An upstream that gives no TableId has one made of what does not change.
func (s *Source) parse(name string, t *tableJSON) (described, error) {
	d := described{status: t.TableStatus, lasting: t.TableID, Table: schema.Table{
		Name: name, ID: t.TableID, ARN: arn.Table(s.Region(), s.Account(), name),
		CreationTime: seconds(t.CreationDateTime),
		KeySchema:    keysOf(t.KeySchema), Attributes: make(schema.Attributes, len(t.AttributeDefinitions)),
		BillingMode: schema.Provisioned, Throughput: throughputOf(&t.ProvisionedThroughput),
		OnDemand:   onDemandOf(t.OnDemandThroughput),
		Statistics: schema.Statistics{ItemCount: t.ItemCount, SizeBytes: t.TableSizeBytes},
	}}
	if d.ID == "" {
		d.ID = uuid.NewSHA1(uuid.NameSpaceURL, []byte(t.TableArn+"\n"+t.TableName+"\n"+d.CreationTime.String())).String()
	}
	for _, a := range t.AttributeDefinitions {
		kind, ok := attr.ParseType(a.AttributeType)
		if !ok {
			return d, exception.InternalServerError.Errorf(
				"the upstream's table %s has an attribute of type %q", name, a.AttributeType)
		}
		d.Attributes[a.AttributeName] = kind
	}
	// Without capacity it is on demand, though some upstreams do not say so.
	if t.BillingModeSummary.BillingMode == schema.PayPerRequest || d.Throughput == (schema.Throughput{}) {
		d.BillingMode, d.Throughput = schema.PayPerRequest, schema.Throughput{}
	}
	if t.StreamSpecification.StreamEnabled {
		d.Stream = t.StreamSpecification.StreamViewType
	}
	if sse := t.SSEDescription; sse.SSEType == "KMS" && sse.Status != "DISABLED" && sse.Status != "DISABLING" {
		d.Encryption = schema.Encryption{Type: sse.SSEType, KeyARN: sse.KMSMasterKeyArn}
	}
	d.LocalIndexes = indexesOf(t.LocalSecondaryIndexes, d.BillingMode)
	d.GlobalIndexes = indexesOf(t.GlobalSecondaryIndexes, d.BillingMode)
	return d, s.sound(&d.Table)
}

// sound refuses a description of which no table could be made: the rest of this module trusts it.
func (s *Source) sound(t *schema.Table) error {
	ok := len(t.KeySchema) > 0
	for name := range schema.UsedAttributes(t.KeySchema, t.LocalIndexes, t.GlobalIndexes) {
		switch t.Attributes[name] {
		case attr.TypeS, attr.TypeN, attr.TypeB:
		default:
			ok = false
		}
	}
	if !ok {
		return exception.InternalServerError.Errorf(
			"the upstream's description of %s lacks a key, or the type of one", t.Name)
	}
	return nil
}

func seconds(t float64) time.Time {
	whole, part := math.Modf(t)
	return time.Unix(int64(whole), int64(math.Round(part*1000))*int64(time.Millisecond)).UTC()
}

func keysOf(elements []keyJSON) schema.KeySchema {
	var k schema.KeySchema
	for _, want := range []schema.KeyType{schema.Hash, schema.Range} {
		for _, e := range elements {
			if e.KeyType == want {
				k = append(k, schema.KeyElement{Name: e.AttributeName, Type: e.KeyType})
			}
		}
	}
	return k
}

func throughputOf(t *throughputJSON) schema.Throughput {
	if t == nil {
		return schema.Throughput{}
	}
	return schema.Throughput{Read: t.ReadCapacityUnits, Write: t.WriteCapacityUnits}
}

// onDemandOf leaves out the -1 that stands for no maximum.
func onDemandOf(t *onDemandJSON) schema.OnDemandThroughput {
	if t == nil {
		return schema.OnDemandThroughput{}
	}
	return schema.OnDemandThroughput{MaxRead: max(t.MaxReadRequestUnits, 0), MaxWrite: max(t.MaxWriteRequestUnits, 0)}
}

func indexesOf(indexes []indexJSON, mode schema.BillingMode) []schema.Index {
	var all []schema.Index
	for _, x := range indexes {
		index := schema.Index{
			Name: x.IndexName, KeySchema: keysOf(x.KeySchema), OnDemand: onDemandOf(x.OnDemandThroughput),
			Projection: schema.Projection{Type: x.Projection.ProjectionType},
		}
		if mode != schema.PayPerRequest {
			index.Throughput = throughputOf(x.ProvisionedThroughput)
		}
		if index.Projection.Type == schema.ProjectInclude {
			index.Projection.NonKey = x.Projection.NonKeyAttributes
		}
		all = append(all, index)
	}
	return all
}
