package upstream

import (
	"maps"
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
	"TagResource": reads, "UntagResource": reads, "CreateTable": reads,
	"ListStreams": reads, "DescribeStream": reads, "GetShardIterator": reads, "GetRecords": reads,
	"DeleteTable": shaping, "UpdateTable": shaping, "UpdateTimeToLive": shaping,
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

func (w *writes) read(operation string, in request.Object) {
	switch operation {
	case "PutItem":
		w.add(in, "Item")
	case "UpdateItem", "DeleteItem":
		w.add(in, "Key")
	case "BatchWriteItem":
		for table, elements := range in.Lists("RequestItems", request.Rule{}, request.Rule{Max: 1000}) {
			for _, e := range elements {
				w.addTo(table, e.Object("PutRequest", request.Rule{}), "Item")
				w.addTo(table, e.Object("DeleteRequest", request.Rule{}), "Key")
			}
		}
	case "TransactWriteItems":
		w.atomic = true
		elements, _ := in.Objects("TransactItems", request.Rule{})
		for _, e := range elements {
			w.add(e.Object("Put", request.Rule{}), "Item")
			w.add(e.Object("Update", request.Rule{}), "Key")
			w.add(e.Object("Delete", request.Rule{}), "Key")
		}
	case "ExecuteStatement":
		w.state(in)
	case "BatchExecuteStatement", "ExecuteTransaction":
		for _, member := range []string{"Statements", "TransactStatements"} {
			elements, _ := in.Objects(member, request.Rule{})
			for _, e := range elements {
				w.state(e)
			}
		}
	default:
		w.unknown = true
	}
}

func (w *writes) add(o request.Object, member string) {
	w.addTo(o.Text("TableName", request.Rule{}), o, member)
}

func (w *writes) addTo(table string, o request.Object, member string) {
	if o.Given() {
		w.items = append(w.items, write{tableName(table), o.Item(member, request.Required)})
	}
}

// state adds a statement of PartiQL.
func (w *writes) state(o request.Object) {
	table, changes := statement(o.Text("Statement", request.Rule{}))
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

// tableName returns the name of a table that is given by name or ARN.
func tableName(nameOrARN string) string {
	if a, err := arn.Parse(nameOrARN); err == nil {
		return a.Table
	}
	return nameOrARN
}

// statement returns the table that a statement of PartiQL is about, if that can be seen, and whether it may change
// it.
func statement(text string) (table string, changes bool) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return "", true
	}
	skip := 0
	switch strings.ToUpper(words[0]) {
	case "SELECT":
		skip = slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, "FROM") }) + 1
		if skip == 0 {
			return "", false
		}
	case "UPDATE":
		skip, changes = 1, true
	case "INSERT", "DELETE":
		skip, changes = 2, true
		if len(words) < 2 || !strings.EqualFold(words[1], "INTO") && !strings.EqualFold(words[1], "FROM") {
			return "", true
		}
	default:
		return "", true
	}
	if len(words) <= skip {
		return "", changes
	}
	name := words[skip]
	if rest, quoted := strings.CutPrefix(name, `"`); quoted {
		name, _, _ = strings.Cut(rest, `"`)
	}
	if name = tableName(name); !arn.ValidName(name) {
		return "", changes
	}
	return name, changes
}

// tablesOf returns the tables whose items a request reads, or which it is about; as far as that can be seen.
func tablesOf(operation string, body []byte) []string {
	var r request.Reader
	in, err := r.Parse(body)
	if err != nil {
		return nil
	}
	var names []string
	add := func(o request.Object) {
		if name := o.Text("TableName", request.Rule{}); name != "" {
			names = append(names, tableName(name))
		}
	}
	switch operation {
	case "BatchGetItem":
		for name := range in.Members("RequestItems", request.Rule{}) {
			names = append(names, tableName(name))
		}
	case "TransactGetItems":
		elements, _ := in.Objects("TransactItems", request.Rule{})
		for _, e := range elements {
			add(e.Object("Get", request.Rule{}))
		}
	default:
		add(in)
	}
	return names
}
