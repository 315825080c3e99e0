package wire

import (
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/request"
	"github.com/tidemark-db/tidemark/schema"
)

// What the model says of the settings of tables.
var (
	attributeRule  = request.Rule{Required: true, Min: 1, Max: 255}
	keyTypes       = request.Rule{Required: true, Enum: []string{string(schema.Hash), string(schema.Range)}}
	scalarTypes    = request.Rule{Required: true, Enum: []string{"B", "N", "S"}}
	billingModes   = request.Rule{Enum: []string{string(schema.Provisioned), string(schema.PayPerRequest)}}
	tableClasses   = request.Rule{Enum: []string{string(schema.Standard), string(schema.StandardInfrequentAccess)}}
	encryptionType = request.Rule{Enum: []string{"AES256", "KMS"}}
	projections    = request.Rule{Enum: []string{
		string(schema.ProjectAll), string(schema.ProjectInclude), string(schema.ProjectKeysOnly),
	}}
	streamViews = request.Rule{Enum: []string{
		string(schema.NewImage), string(schema.OldImage), string(schema.NewAndOldImages), string(schema.StreamOfKeysOnly),
	}}
)

func (c *call) readBillingMode(name string) schema.BillingMode {
	return schema.BillingMode(c.in.Text(name, billingModes))
}

func readKeySchema(o request.Object) schema.KeySchema {
	elements, _ := o.Objects("KeySchema", request.Rule{Required: true, Min: 1})
	var keys schema.KeySchema
	for _, e := range elements {
		keys = append(keys, schema.KeyElement{
			Name: e.Text("AttributeName", attributeRule),
			Type: schema.KeyType(e.Text("KeyType", keyTypes)),
		})
	}
	return keys
}

func readAttributes(o request.Object, rule request.Rule) schema.Attributes {
	definitions, given := o.Objects("AttributeDefinitions", rule)
	if !given {
		return nil
	}
	attributes := make(schema.Attributes, len(definitions))
	for _, d := range definitions {
		name := d.Text("AttributeName", attributeRule)
		t, _ := attr.ParseType(d.Text("AttributeType", scalarTypes))
		if _, twice := attributes[name]; twice {
			o.Reader().Refuse(exception.Validation.Errorf("Attribute Name is duplicated: %s", name))
		}
		attributes[name] = t
	}
	return attributes
}

// readIndexes reads a list of indexes; nil is none given, which an empty list is not.
func (c *call) readIndexes(name string, read func(request.Object) schema.Index) []schema.Index {
	elements, given := c.in.Objects(name, optional)
	if !given {
		return nil
	}
	indexes := []schema.Index{}
	for _, e := range elements {
		indexes = append(indexes, read(e))
	}
	return indexes
}

// readLocalIndex reads what any index has. Of a local one the model knows nothing else, and what it does not know is
// ignored.
func readLocalIndex(e request.Object) schema.Index {
	x := schema.Index{Name: e.Text("IndexName", nameRule), KeySchema: readKeySchema(e)}
	p := e.Object("Projection", required)
	x.Projection.Type = schema.ProjectionType(p.Text("ProjectionType", projections))
	x.Projection.NonKey, _ = p.Texts("NonKeyAttributes", request.Rule{Min: 1, Max: schema.MaxNonKeyPerIndex}, attributeRule)
	return x
}

func readGlobalIndex(e request.Object) schema.Index {
	return readCapacity(e, readLocalIndex(e), " for index : "+e.Text("IndexName", optional))
}

// readRestoredIndex is readGlobalIndex for a restore, whose refusals do not say here whose a maximum is.
func readRestoredIndex(e request.Object) schema.Index { return readCapacity(e, readLocalIndex(e), "") }

func readCapacity(e request.Object, x schema.Index, scope string) schema.Index {
	x.Throughput = readThroughput(e.Object("ProvisionedThroughput", optional))
	x.OnDemand = readOnDemand(e.Object("OnDemandThroughput", optional), scope)
	x.Warm = readWarm(e.Object("WarmThroughput", optional))
	return x
}

func readThroughput(o request.Object) schema.Throughput {
	read, _ := o.Long("ReadCapacityUnits", capacityRule)
	write, _ := o.Long("WriteCapacityUnits", capacityRule)
	return schema.Throughput{Read: read, Write: write}
}

// readWarm reads what is to be taken at once. An explicit 0 would be taken for one that is not there, and is refused for
// being too little, as -1 is.
func readWarm(o request.Object) schema.Throughput {
	unit := func(name string) int64 {
		n, given := o.Long(name, optional)
		if given && n == 0 {
			return -1
		}
		return n
	}
	return schema.Throughput{Read: unit("ReadUnitsPerSecond"), Write: unit("WriteUnitsPerSecond")}
}

// readOnDemand reads maxima, of which -1 stands for none. An explicit 0 would be taken for one that is not there.
// The scope is what refusals say of whose they are, and empty in a restore.
func readOnDemand(o request.Object, scope string) schema.OnDemandThroughput {
	prefix := "Invalid Request: "
	if scope != "" {
		prefix = "One or more parameter values were invalid: "
	}
	limit := func(name string) int64 {
		n, given := o.Long(name, optional)
		if given && n == 0 {
			o.Reader().Refuse(exception.Validation.Errorf(
				"%sRequested %s for OnDemandThroughput%s is outside of valid range", prefix, name, scope))
		}
		return n
	}
	return schema.OnDemandThroughput{MaxRead: limit("MaxReadRequestUnits"), MaxWrite: limit("MaxWriteRequestUnits")}
}

// readClass reads the class of a table. Only an empty one is a violation of the model.
func (c *call) readClass() schema.Class {
	if class := c.in.Text("TableClass", optional); class != "" {
		return schema.Class(class)
	}
	return schema.Class(c.in.Text("TableClass", tableClasses))
}

// readSSE reads how to encrypt; nil if nothing is said.
func readSSE(o request.Object) *schema.SSESpecification {
	if !o.Given() {
		return nil
	}
	enabled, _ := o.Bool("Enabled", optional)
	return &schema.SSESpecification{
		Enabled: enabled, Type: o.Text("SSEType", encryptionType), KeyID: o.Text("KMSMasterKeyId", request.Rule{Min: 1}),
	}
}

// readStream reads a stream setting; nil if nothing is said, and the empty view to switch it off. The service has other
// words for a setting that is not sound if the table is new.
func (c *call) readStream(noView, needlessView string) *schema.StreamView {
	o := c.in.Object("StreamSpecification", optional)
	if !o.Given() {
		return nil
	}
	enabled, _ := o.Bool("StreamEnabled", required)
	view := schema.StreamView(o.Text("StreamViewType", streamViews))
	switch {
	case enabled && view == "":
		c.Refuse(invalid("%s", noView))
	case !enabled && view != "":
		c.Refuse(invalid("%s", needlessView))
	}
	return &view
}

func invalid(format string, args ...any) error {
	return exception.Validation.Errorf("One or more parameter values were invalid: "+format, args...)
}

// readTags reads the tags of a table. The service has words of its own for all that can be wrong with them.
func (c *call) readTags(rule request.Rule) map[string]string {
	elements, given := c.in.Objects("Tags", rule)
	if !given {
		return nil
	}
	tags := make(map[string]string, len(elements))
	twice := ""
	for _, e := range elements {
		key, value := e.Text("Key", optional), e.Text("Value", optional)
		switch {
		case !e.Has("Key"):
			c.Refuse(exception.Validation.Errorf("The Tag Key provided is invalid, Key: null"))
		case schema.CheckTagKey(key) == nil && !e.Has("Value"):
			c.Refuse(exception.Validation.Errorf("The Tag Value provided is invalid, Value: null"))
		default:
			if err := schema.CheckTag(key, value); err != nil {
				c.Refuse(err)
			}
		}
		if _, there := tags[key]; there && twice == "" {
			twice = key
		}
		tags[key] = value
	}
	if twice != "" {
		c.Refuse(exception.Validation.Errorf("Duplicate Tag Keys provided as input: Duplicate Tag Key found %s", twice))
	}
	return tags
}
