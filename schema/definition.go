package schema

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/validate"
)

// Quotas of one table.
const (
	MaxLocalIndexes    = 5
	MaxGlobalIndexes   = 20
	MaxProjectedNonKey = 100 // over all indexes of a table
	MaxNonKeyPerIndex  = 20
	MaxKeyAttributes   = 4 // of a global index: for its partition key, and as many for its sort key
	maxAttributeName   = 255
)

// Definition is what CreateTable is asked for. Zero fields have the service's defaults: PROVISIONED billing (so that
// Throughput is required), no stream, no encryption of one's own, class STANDARD.
type Definition struct {
	Name          string
	KeySchema     KeySchema
	Attributes    Attributes // exactly the attributes that are part of a key
	LocalIndexes  []Index
	GlobalIndexes []Index

	BillingMode BillingMode
	Throughput  Throughput
	OnDemand    OnDemandThroughput
	Warm        Throughput // what it is asked to take at once; 0: what it does by itself

	Stream             StreamView
	TTLAttribute       string // not a member of CreateTable: a shorthand for UpdateTimeToLive right after it
	SSE                SSESpecification
	Class              Class
	DeletionProtection bool
	Tags               map[string]string
	ResourcePolicy     string // the document of the table's policy; empty: none
}

// SSESpecification asks for encryption. The zero value asks for the default, a key that AWS owns.
type SSESpecification struct {
	Enabled bool
	Type    string // "KMS", which is also meant if it is empty
	KeyID   string // id, alias or ARN of a key; empty: the account's AWS-managed key
}

// Check returns nil if a table can be made of d, and otherwise a ValidationException with the first fault: violations
// of the service's model first, all of them in one message, then the rules that span members. It checks neither tags
// nor the resource policy.
func (d *Definition) Check() error {
	checks := []func(*Definition) error{
		(*Definition).checkShape, (*Definition).checkClass, (*Definition).checkBilling, (*Definition).checkKeys,
		(*Definition).checkUnused, (*Definition).checkIndexes, (*Definition).checkWarm, (*Definition).checkEncryption,
	}
	for _, check := range checks {
		if err := check(d); err != nil {
			return err
		}
	}
	return nil
}

func (d *Definition) checkShape() error {
	var c validate.Check
	for i, name := range slices.Sorted(maps.Keys(d.Attributes)) {
		member := fmt.Sprintf("attributeDefinitions.%d.member.", i+1)
		c.Length(member+"attributeName", name, 1, maxAttributeName)
		c.Enum(member+"attributeType", d.Attributes[name].String(), "S", "N", "B")
	}
	c.Name("tableName", d.Name)
	checkKeyShape(&c, "keySchema", d.KeySchema, plainKey)
	CheckLocalIndexes(&c, "localSecondaryIndexes", d.LocalIndexes)
	CheckGlobalIndexes(&c, "globalSecondaryIndexes", d.GlobalIndexes)
	if d.BillingMode != "" {
		c.Enum("billingMode", string(d.BillingMode), string(Provisioned), string(PayPerRequest))
	}
	CheckThroughput(&c, "provisionedThroughput", d.Throughput)
	if d.Stream != "" {
		c.Enum("streamSpecification.streamViewType", string(d.Stream),
			string(NewImage), string(OldImage), string(NewAndOldImages), string(StreamOfKeysOnly))
	}
	if d.SSE.Type != "" {
		c.Enum("sSESpecification.sSEType", d.SSE.Type, "AES256", "KMS")
	}
	c.Length("timeToLiveSpecification.attributeName", cmp.Or(d.TTLAttribute, "-"), 1, maxAttributeName)
	return c.Err()
}

// plainKey is how many attributes the key of a table or a local index may have; that of a global index has no such limit
// in the service's model.
const plainKey = 2

func checkKeyShape(c *validate.Check, member string, keys KeySchema, most int) {
	c.Count(member, fmt.Sprint(keys), len(keys), 1, most)
	for i, e := range keys {
		element := member + "." + strconv.Itoa(i+1) + ".member."
		c.Length(element+"attributeName", e.Name, 1, maxAttributeName)
		c.Enum(element+"keyType", string(e.Type), string(Hash), string(Range))
	}
}

// CheckLocalIndexes adds to c the violations of the service's model in a list of local indexes, the member of a request.
func CheckLocalIndexes(c *validate.Check, member string, indexes []Index) {
	for i, x := range indexes {
		x.checkShape(c, member+"."+strconv.Itoa(i+1)+".member.", plainKey)
	}
}

// CheckGlobalIndexes is [CheckLocalIndexes] for global indexes.
func CheckGlobalIndexes(c *validate.Check, member string, indexes []Index) {
	for i, x := range indexes {
		x.CheckShape(c, member+"."+strconv.Itoa(i+1)+".member.")
	}
}

// CheckShape adds to c the violations of the service's model in a global index, whose members in the request have names
// that begin with prefix.
func (x Index) CheckShape(c *validate.Check, prefix string) {
	x.checkShape(c, prefix, len(x.KeySchema))
}

func (x Index) checkShape(c *validate.Check, prefix string, most int) {
	c.Name(prefix+"indexName", x.Name)
	checkKeyShape(c, prefix+"keySchema", x.KeySchema, max(most, 1))
	if x.Projection.Type != "" {
		c.Enum(prefix+"projection.projectionType", string(x.Projection.Type),
			string(ProjectAll), string(ProjectInclude), string(ProjectKeysOnly))
	}
	if x.Projection.NonKey != nil {
		c.Count(prefix+"projection.nonKeyAttributes", fmt.Sprint(x.Projection.NonKey),
			len(x.Projection.NonKey), 1, MaxNonKeyPerIndex)
	}
	CheckThroughput(c, prefix+"provisionedThroughput", x.Throughput)
}

// CheckThroughput adds to c the violations of the service's model in a throughput, the member of a request. A zero one
// was not given.
func CheckThroughput(c *validate.Check, member string, t Throughput) {
	if t != (Throughput{}) {
		c.Range(member+".readCapacityUnits", t.Read, 1, 0)
		c.Range(member+".writeCapacityUnits", t.Write, 1, 0)
	}
}

// Check returns nil if a table can be encrypted like this, and otherwise a ValidationException.
func (s SSESpecification) Check() error {
	switch {
	case !s.Enabled && s.Type != "":
		return invalid("SSEType can not be specified if Enabled is false")
	case !s.Enabled && s.KeyID != "":
		return invalid("KMSMasterKeyId can not be specified if Enabled is false")
	case s.Type == "AES256":
		return invalid("SSEType AES256 is not supported")
	case s.KeyID != "" && s.Type == "":
		return invalid("SSEType KMS is required if KMSMasterKeyId is specified")
	}
	return nil
}

func (d *Definition) checkEncryption() error { return d.SSE.Check() }

// Check returns nil if c is empty or one of the classes, and otherwise a ValidationException.
func (c Class) Check() error {
	switch c {
	case "", Standard, StandardInfrequentAccess:
		return nil
	}
	return exception.Validation.Errorf("Invalid table-class parameter provided. Please try again with a valid table-class value: "+
		"[%s, %s].", Standard, StandardInfrequentAccess)
}

func (d *Definition) checkClass() error { return d.Class.Check() }

func (d *Definition) checkBilling() error {
	return checkTableCapacity(d.BillingMode, d.Throughput, d.OnDemand, newTable)
}

// CheckCapacity returns nil if a table that there is and its global indexes can have these settings together, and
// otherwise a ValidationException. An empty mode is PROVISIONED.
func CheckCapacity(mode BillingMode, throughput Throughput, onDemand OnDemandThroughput, global []Index) error {
	if err := checkTableCapacity(mode, throughput, onDemand, oldTable); err != nil {
		return err
	}
	for _, x := range global {
		if err := checkIndexCapacity(mode, x, oldTable); err != nil {
			return err
		}
	}
	return nil
}

// capacityWords are the service's words for a table that is made, or for one that there is.
type capacityWords struct{ missing, whose, provisioned string }

var (
	newTable = capacityWords{"is not", " for index: ", "when table BillingMode is PROVISIONED."}
	oldTable = capacityWords{"must be", " for index : ", "when the table BillingMode is PROVISIONED"}
)

func checkTableCapacity(mode BillingMode, throughput Throughput, onDemand OnDemandThroughput, words capacityWords) error {
	switch given := throughput != (Throughput{}); {
	case mode == PayPerRequest && given:
		return invalid("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case mode != PayPerRequest && !given:
		return invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	return checkOnDemand(mode, onDemand, "", words)
}

func checkIndexCapacity(mode BillingMode, x Index, words capacityWords) error {
	switch given := x.Throughput != (Throughput{}); {
	case mode == PayPerRequest && given:
		return invalid("ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", x.Name)
	case mode != PayPerRequest && !given:
		return invalid("ProvisionedThroughput %s specified for index: %s", words.missing, x.Name)
	}
	return checkOnDemand(mode, x.OnDemand, x.Name, words)
}

func checkOnDemand(mode BillingMode, t OnDemandThroughput, index string, words capacityWords) error {
	whose, of := "", " for table"
	if index != "" {
		whose, of = words.whose+index, " for index : "+index
	}
	for _, limit := range []struct {
		name  string
		value int64
	}{{"MaxReadRequestUnits", t.MaxRead}, {"MaxWriteRequestUnits", t.MaxWrite}} {
		switch {
		case mode != PayPerRequest && limit.value != 0:
			return invalid("%s for OnDemandThroughput%s cannot be specified %s", limit.name, whose, words.provisioned)
		case limit.value < 0:
			return invalid("Requested %s for OnDemandThroughput%s is outside of valid range", limit.name, of)
		}
	}
	return nil
}

func (d *Definition) checkKeys() error {
	undefined := func(e KeyElement) bool { _, defined := d.Attributes[e.Name]; return !defined }
	if len(d.KeySchema) > len(d.Attributes) && slices.ContainsFunc(d.KeySchema, undefined) {
		return exception.Validation.Errorf("Invalid KeySchema: Some index key attribute have no definition")
	}
	if err := checkKeySchema(d.KeySchema, d.Attributes); err != nil {
		return err
	}
	if len(d.LocalIndexes)+len(d.GlobalIndexes) == 0 && len(d.Attributes) != len(d.KeySchema) {
		return invalid("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	return nil
}

// checkKeySchema checks the key of a table, a local index, or a global index with as simple a key.
func checkKeySchema(keys KeySchema, attributes Attributes) error {
	if err := checkDefined(keys, attributes); err != nil {
		return err
	}
	switch {
	case len(keys) == 2 && keys[0].Name == keys[1].Name:
		return exception.Validation.Errorf("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	case keys[0].Type != Hash:
		return exception.Validation.Errorf("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(keys) == 2 && keys[1].Type != Range:
		return exception.Validation.Errorf("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	return nil
}

// checkLongKeySchema checks the key of a global index that has several attributes of one kind.
func checkLongKeySchema(keys KeySchema, attributes Attributes) error {
	if keys[0].Type != Hash {
		return exception.Validation.Errorf("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	}
	counts := make(map[KeyType]int)
	names := make(map[string]bool)
	for _, e := range keys {
		if e.Type == Hash && counts[Range] > 0 {
			return invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")
		}
		counts[e.Type]++
		names[e.Name] = true
	}
	for _, t := range []KeyType{Hash, Range} {
		if counts[t] > MaxKeyAttributes {
			return invalid("The KeySchema exceeds the maximum allowed number of %s key attributes", t)
		}
	}
	if len(names) < len(keys) {
		return exception.Validation.Errorf("The KeySchema contains multiple key attributes with the same name")
	}
	return checkDefined(keys, attributes)
}

func (k KeySchema) names() (names []string) {
	for _, e := range k {
		names = append(names, e.Name)
	}
	return names
}

func checkDefined(keys KeySchema, attributes Attributes) error {
	for _, e := range keys {
		if _, defined := attributes[e.Name]; !defined {
			return invalid("Some index key attributes are not defined in AttributeDefinitions. "+
				"Keys: [%s], AttributeDefinitions: [%s]", strings.Join(keys.names(), ", "), nameList(maps.Keys(attributes)))
		}
		if len(e.Name) > maxAttributeName { // the model counts characters, the service bytes
			return invalid("The names of key attributes must have 1 to %d bytes: %s", maxAttributeName, e.Name)
		}
	}
	return nil
}

func (d *Definition) checkIndexes() error {
	names := make(map[string]bool)
	for i, x := range slices.Concat(d.LocalIndexes, d.GlobalIndexes) {
		if err := d.checkIndex(x, i < len(d.LocalIndexes)); err != nil {
			return err
		}
		if names[x.Name] {
			return invalid("Duplicate index name: %s", x.Name)
		}
		names[x.Name] = true
	}
	switch {
	case len(d.LocalIndexes) > MaxLocalIndexes:
		return invalid("Number of LocalSecondaryIndexes exceeds per-table limit of %d", MaxLocalIndexes)
	case len(d.GlobalIndexes) > MaxGlobalIndexes:
		return invalid("GlobalSecondaryIndex count exceeds the per-table limit of %d", MaxGlobalIndexes)
	}
	return CheckProjected(d.LocalIndexes, d.GlobalIndexes)
}

// CheckProjected returns nil if one table can have all of these indexes by the attributes that they project, and
// otherwise a ValidationException.
func CheckProjected(indexes ...[]Index) error {
	projected := 0
	for _, x := range slices.Concat(indexes...) {
		projected += len(x.Projection.NonKey)
	}
	if projected > MaxProjectedNonKey {
		return invalid("Number of projected attributes in all indexes exceeds the limit of %d", MaxProjectedNonKey)
	}
	return nil
}

func (d *Definition) checkIndex(x Index, local bool) error {
	if !local {
		if err := x.Check(d.Attributes); err != nil {
			return err
		}
		return checkIndexCapacity(d.BillingMode, x, newTable)
	}
	if d.KeySchema.Sort() == "" {
		return invalid("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	}
	if err := checkKeySchema(x.KeySchema, d.Attributes); err != nil {
		return err
	}
	switch {
	case x.KeySchema.Sort() == "":
		return invalid("Index KeySchema does not have a range key for index: %s", x.Name)
	case x.KeySchema.Partition() != d.KeySchema.Partition():
		return invalid("Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. "+
			"index hash key: %s, table hash key: %s", x.Name, x.KeySchema.Partition(), d.KeySchema.Partition())
	case x.Throughput != (Throughput{}) || x.OnDemand != (OnDemandThroughput{}) || x.Warm != (Throughput{}):
		return invalid("Throughput cannot be specified for a local secondary index: %s", x.Name)
	}
	return x.checkProjection()
}

// Check returns nil if x, which has passed CheckShape, can be a global index by its key and its projection, and otherwise
// a ValidationException. The attributes are those that are defined.
func (x Index) Check(attributes Attributes) error {
	check := checkKeySchema
	if len(x.KeySchema) > plainKey || len(x.KeySchema) == plainKey && x.KeySchema[1].Type == Hash {
		check = checkLongKeySchema
	}
	if err := check(x.KeySchema, attributes); err != nil {
		return err
	}
	return x.checkProjection()
}

func (x Index) checkProjection() error {
	switch {
	case x.Projection.Type == "":
		return invalid("Unknown ProjectionType: null")
	case x.Projection.Type == ProjectInclude && len(x.Projection.NonKey) == 0:
		return invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	case x.Projection.Type != ProjectInclude && x.Projection.NonKey != nil:
		return invalid("ProjectionType is %s, but NonKeyAttributes is specified", x.Projection.Type)
	}
	for i, name := range x.Projection.NonKey {
		if slices.Contains(x.Projection.NonKey[:i], name) {
			return invalid("Duplicate element in NonKeyAttributes: %s", name)
		}
		if n := len(name); n < 1 || n > maxAttributeName {
			return invalid("The names of projected attributes must have 1 to %d bytes, in index: %s", maxAttributeName, x.Name)
		}
	}
	return nil
}

func (d *Definition) checkUnused() error {
	used := UsedAttributes(d.KeySchema, d.LocalIndexes, d.GlobalIndexes)
	for name := range d.Attributes {
		if !used[name] {
			return invalid("Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]",
				nameList(maps.Keys(d.Attributes)), nameList(maps.Keys(used)))
		}
	}
	return nil
}

// UsedAttributes returns the set of the attributes that are part of a key.
func UsedAttributes(keys KeySchema, indexes ...[]Index) map[string]bool {
	used := make(map[string]bool)
	for _, e := range keys {
		used[e.Name] = true
	}
	for _, x := range slices.Concat(indexes...) {
		for _, e := range x.KeySchema {
			used[e.Name] = true
		}
	}
	return used
}

func invalid(format string, args ...any) error {
	return exception.Validation.Errorf("One or more parameter values were invalid: "+format, args...)
}

func nameList(names iter.Seq[string]) string { return strings.Join(slices.Sorted(names), ", ") }
