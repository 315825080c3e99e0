package upstream

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/arn"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/request"
)

// kind says what a request may do.
type kind int

const (
	reads   kind = iota // changes no table
	writing             // may change items
	making              // makes a table
	shaping             // changes a table itself, or deletes it
)

// operations has the kinds of the operations that are known. Any other may change anything.
var operations = map[string]kind{
	"GetItem": reads, "BatchGetItem": reads, "Query": reads, "Scan": reads, "TransactGetItems": reads,
	"DescribeTable": reads, "DescribeTimeToLive": reads, "DescribeLimits": reads, "DescribeEndpoints": reads,
	"DescribeContributorInsights": reads, "DescribeTableReplicaAutoScaling": reads, "DescribeGlobalTable": reads,
	"DescribeGlobalTableSettings": reads, "DescribeKinesisStreamingDestination": reads, "DescribeExport": reads,
	"DescribeImport": reads, "GetResourcePolicy": reads, "ListTables": reads, "ListTagsOfResource": reads,
	"ListContributorInsights": reads, "ListExports": reads, "ListGlobalTables": reads, "ListImports": reads,
	"TagResource": reads, "UntagResource": reads,
	"CreateTable": making, "DeleteTable": shaping, "UpdateTable": shaping, "UpdateTimeToLive": shaping,
}

const streamsPrefix = "DynamoDBStreams_20120810."

// streams are the operations of the service for streams, none of which changes anything.
var streams = []string{"ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"}

// safe are the methods of HTTP that change nothing.
var safe = []string{http.MethodGet, http.MethodHead, http.MethodOptions}

// kindOf returns what a request asks for, and what that may do. Emulators are lenient: some take an operation under
// any prefix, or at another path. So all that is not known to read may change anything.
func kindOf(r *http.Request) (operation string, what kind) {
	targets := r.Header["X-Amz-Target"]
	switch {
	case len(targets) == 1:
	case len(targets) == 0 && slices.Contains(safe, r.Method):
		return "", reads // a question after its health, a browser's before its requests
	default:
		return "", writing
	}
	if operation, ok := strings.CutPrefix(targets[0], streamsPrefix); ok && slices.Contains(streams, operation) {
		return operation, reads
	}
	operation, ok := strings.CutPrefix(targets[0], targetPrefix)
	if !ok {
		return "", writing
	}
	if what, known := operations[operation]; known {
		return operation, what
	}
	return operation, writing
}

// write is what a request may do to one item.
type write struct {
	table string
	item  attr.Item // has the key attributes of the item, and may have others
}

// writes is what a request may do.
type writes struct {
	items      []write
	statements []string // tables to which something is done that is not known
	selects    []string // tables of statements that only read
	unknown    bool     // something may be done to any table
	atomic     bool     // all in one commit
}

// parseWrites reads a request. What cannot be read may do anything, unless the upstream refuses it.
func parseWrites(operation string, body []byte) writes {
	var r request.Reader
	in, err := r.Parse(body)
	w := writes{}
	if err == nil {
		w.read(operation, in)
		err = r.Err()
	}
	if err != nil {
		return writes{unknown: true}
	}
	return w
}

// read reads what an operation writes. A request that lacks what it must have may do anything too: an upstream may take
// other spellings.
func (w *writes) read(operation string, in request.Object) {
	switch operation {
	case "PutItem":
		w.add(in, "Item")
	case "UpdateItem", "DeleteItem":
		w.add(in, "Key")
	case "BatchWriteItem":
		for table, elements := range in.Lists("RequestItems", request.Required, request.Rule{Max: 1000}) {
			for _, e := range elements {
				put, remove := e.Object("PutRequest", request.Rule{}), e.Object("DeleteRequest", request.Rule{})
				w.addTo(table, put, "Item")
				w.addTo(table, remove, "Key")
				w.unknown = w.unknown || !put.Given() && !remove.Given()
			}
		}
	case "TransactWriteItems":
		w.atomic = true
		elements, _ := in.Objects("TransactItems", request.Required)
		for _, e := range elements {
			w.transact(e)
		}
	case "ExecuteStatement":
		w.state(in)
	case "BatchExecuteStatement", "ExecuteTransaction":
		member := "Statements"
		if operation == "ExecuteTransaction" {
			member = "TransactStatements"
		}
		elements, _ := in.Objects(member, request.Required)
		for _, e := range elements {
			w.state(e)
		}
	default:
		w.unknown = true
	}
}

// transact adds an operation of a transaction.
func (w *writes) transact(e request.Object) {
	known := false
	for _, do := range []struct{ name, member string }{{"Put", "Item"}, {"Update", "Key"}, {"Delete", "Key"}} {
		o := e.Object(do.name, request.Rule{})
		w.add(o, do.member)
		known = known || o.Given()
	}
	if check := e.Object("ConditionCheck", request.Rule{}); check.Given() {
		known = true
		w.selects = append(w.selects, tableName(check.Text("TableName", request.Rule{})))
	}
	w.unknown = w.unknown || !known
}

func (w *writes) add(o request.Object, member string) {
	w.addTo(o.Text("TableName", request.Rule{}), o, member)
}

func (w *writes) addTo(table string, o request.Object, member string) {
	if !o.Given() {
		return
	}
	item, name := o.Item(member, request.Required), tableName(table)
	if name == "" {
		w.unknown = true
		return
	}
	w.items = append(w.items, write{name, item})
}

// state adds a statement of PartiQL.
func (w *writes) state(o request.Object) {
	table, changes := statement(o.Text("Statement", request.Required))
	switch {
	case changes && table != "":
		w.statements = append(w.statements, table)
	case changes:
		w.unknown = true
	case table != "":
		w.selects = append(w.selects, table)
	}
}

// tables returns the names of the tables that are known to be written to, in their order.
func (w *writes) tables() []string {
	names := make(map[string]bool)
	for _, item := range w.items {
		names[item.table] = true
	}
	for _, table := range w.statements {
		names[table] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// tableName returns the name of a table that is given by name or ARN; "" if it is neither.
func tableName(nameOrARN string) string {
	if a, err := arn.Parse(nameOrARN); err == nil {
		return a.Table
	}
	if !arn.ValidName(nameOrARN) {
		return ""
	}
	return nameOrARN
}

// tablesOf returns the tables that a request names, other than by what it writes; as far as that can be seen.
func tablesOf(operation string, body []byte) []string {
	var r request.Reader
	in, err := r.Parse(body)
	if err != nil {
		return nil
	}
	var names []string
	add := func(nameOrARN string) {
		if name := tableName(nameOrARN); name != "" {
			names = append(names, name)
		}
	}
	switch operation {
	case "BatchGetItem":
		for name := range in.Members("RequestItems", request.Rule{}) {
			add(name)
		}
	case "TransactGetItems":
		elements, _ := in.Objects("TransactItems", request.Rule{})
		for _, e := range elements {
			add(e.Object("Get", request.Rule{}).Text("TableName", request.Rule{}))
		}
	default:
		add(in.Text("TableName", request.Rule{}))
		add(in.Text("ResourceArn", request.Rule{}))
	}
	return names
}
