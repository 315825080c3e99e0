package differential_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

var (
	keyMembers   = []string{"Key", "ExclusiveStartKey"}
	itemMembers  = []string{"Item"}
	condition    = []string{"ConditionExpression", "FilterExpression"}
	projection   = []string{"ProjectionExpression"}
	keyCondition = []string{"KeyConditionExpression"}
	updates      = []string{"UpdateExpression"}
	expressions  = slices.Concat(condition, projection, keyCondition, updates)

	itemOps  = "PutItem DeleteItem UpdateItem"
	readOps  = "Query Scan"
	dataOps  = itemOps + " GetItem Query Scan"
	manyOps  = "BatchGetItem BatchWriteItem TransactGetItems TransactWriteItems"
	transact = "TransactGetItems TransactWriteItems"
)

// faults are what may be wrong, by and large.
var faults = slices.Concat(modelFaults, keyFaults, valueFaults, expressionFaults, oldFaults, otherFaults)

var modelFaults = []fault{
	{"a member of another type", false, (*generator).retype},
	{"null", false, (*generator).nothing},
	{"an empty member", false, (*generator).empty},
	{"a member is missing", false, (*generator).omit},
	{"no table name", true, func(g *generator, op string, body obj) bool {
		_, has := body["TableName"]
		delete(body, "TableName")
		return has
	}},
	{"an unknown member", false, func(g *generator, op string, body obj) bool {
		body["Foo"] = g.one("x", "y")
		return true
	}},
	{"a missing table", true, set([]string{"TableName"}, oneOf("NoSuchTable"))},
	{"a bad table name", true,
		set([]string{"TableName"}, oneOf("", "a", "ab", "bad name!", strings.Repeat("x", 256), "ü.."))},
	{"an unknown value", true,
		set([]string{"ReturnValues", "ReturnConsumedCapacity", "Select", "ComparisonOperator", "Action",
			"ConditionalOperator", "ReturnItemCollectionMetrics", "ReturnValuesOnConditionCheckFailure"},
			oneOf("FOO", "", "none", "eq"))},
	{"an unknown ReturnConsumedCapacity", true,
		add("ReturnConsumedCapacity", dataOps+" "+manyOps, oneOf("FOO", "", "total"))},
	{"an unknown ReturnValues", true, add("ReturnValues", itemOps, oneOf("FOO", "ALL"))},
	{"ReturnValues of another operation", false,
		add("ReturnValues", itemOps, oneOf("ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"))},
	{"an unknown Select", true, add("Select", readOps, oneOf("FOO", ""))},
	{"another Select", false, add("Select", readOps, oneOf("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES",
		"SPECIFIC_ATTRIBUTES", "COUNT"))},
	{"a Limit below 1", true, add("Limit", readOps, oneOf(0, -1, -1000))},
	{"a bad segment", false, func(g *generator, op string, body obj) bool {
		if op != "Scan" {
			return false
		}
		pairs := [][2]any{{0, nil}, {nil, 2}, {2, 2}, {-1, 2}, {0, 0}, {0, 1000001}, {1000000, 1000000}, {5, 3}}
		pair := pairs[g.IntN(len(pairs))]
		delete(body, "Segment")
		delete(body, "TotalSegments")
		for i, name := range []string{"Segment", "TotalSegments"} {
			if pair[i] != nil {
				body[name] = pair[i]
			}
		}
		return true
	}},
	{"a bad index name", true, add("IndexName", readOps, oneOf("", "ab", "bad name!"))},
	{"a missing index", true, add("IndexName", readOps, oneOf("nosuchindex"))},
}

var keyFaults = []fault{
	{"a key with another attribute", true, func(g *generator, _ string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			key, ok := in[name].(obj)
			if ok {
				key["zz"] = g.any(0)
			}
			return ok
		}, keyMembers...)
	}},
	{"a key without an attribute", true, func(g *generator, _ string, body obj) bool {
		return g.at(body, g.dropKey, keyMembers...)
	}},
	{"an item without an attribute of the key", true, func(g *generator, _ string, body obj) bool {
		return g.at(body, g.dropKey, itemMembers...)
	}},
	{"a key attribute of another type", true, rekey(func(g *generator, kind string) any {
		if kind == "S" {
			return oneOf(obj{"N": "1"}, obj{"BOOL": true}, obj{"B": "YQ=="})(g)
		}
		return oneOf(obj{"S": "x"}, obj{"NULL": true}, obj{"L": arr{}}, obj{"SS": arr{"a"}})(g)
	})},
	{"an empty key attribute", true, rekey(func(g *generator, kind string) any {
		if kind == "N" {
			return nil
		}
		return obj{kind: ""}
	})},
	{"a key attribute that is too large", true, rekey(func(g *generator, kind string) any {
		if kind == "N" {
			return nil
		}
		return obj{kind: strings.Repeat("abcd", 700)}
	})},
	{"a key twice", true, func(g *generator, op string, body obj) bool {
		switch op {
		case "BatchGetItem", "BatchWriteItem":
			tables, ok := body["RequestItems"].(obj)
			if !ok {
				return false
			}
			table := g.one(slices.Sorted(maps.Keys(tables))...)
			if l, ok := tables[table].(arr); ok && len(l) > 0 {
				tables[table] = append(l, deepCopy(l[g.IntN(len(l))]))
				return true
			}
			in, _ := tables[table].(obj)
			keys := list(in["Keys"])
			if len(keys) == 0 {
				return false
			}
			in["Keys"] = append(keys, deepCopy(keys[g.IntN(len(keys))]))
			return true
		case "TransactGetItems", "TransactWriteItems":
			l := list(body["TransactItems"])
			if len(l) == 0 {
				return false
			}
			body["TransactItems"] = append(l, deepCopy(l[g.IntN(len(l))]))
			return true
		}
		return false
	}},
	{"an index key of another type", true, func(g *generator, _ string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			item, ok := in[name].(obj)
			table, known := in["TableName"].(string)
			if !ok || !known || table != "Two" {
				return false
			}
			item[g.one("a", "b")] = oneOf(obj{"BOOL": true}, obj{"S": ""}, obj{"SS": arr{"x"}}, obj{"M": obj{}})(g)
			return true
		}, itemMembers...)
	}},
}

func (g *generator) dropKey(in obj, name string) bool {
	key, ok := in[name].(obj)
	if !ok {
		return false
	}
	for _, attribute := range []string{"pk", "sk", "bk", "ck", "nk"} {
		if _, has := key[attribute]; has {
			delete(key, attribute)
			return true
		}
	}
	return false
}

// rekey gives an attribute of a key or of an item's key another value.
func rekey(value func(g *generator, kind string) any) func(*generator, string, obj) bool {
	return func(g *generator, _ string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			key, ok := in[name].(obj)
			if !ok {
				return false
			}
			for _, attribute := range []string{"sk", "ck", "pk", "bk", "nk"} {
				if _, has := key[attribute]; has {
					v := value(g, attributeTypes[attribute])
					key[attribute] = v
					return v != nil
				}
			}
			return false
		}, slices.Concat(keyMembers[:1], itemMembers)...)
	}
}

var valueFaults = []fault{
	{"an odd value in an item", true, func(g *generator, _ string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			item, ok := in[name].(obj)
			if ok {
				item["d"] = g.odd()
			}
			return ok
		}, itemMembers...)
	}},
	{"an odd value", true, func(g *generator, _ string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			values, ok := in[name].(obj)
			if !ok {
				return false
			}
			values[g.one(slices.Sorted(maps.Keys(values))...)] = g.odd()
			return true
		}, "ExpressionAttributeValues", "Key")
	}},
	{"an odd value of old", true, func(g *generator, _ string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			l, ok := in[name].(arr)
			if ok && len(l) > 0 {
				l[g.IntN(len(l))] = g.odd()
			}
			return ok && len(l) > 0
		}, "AttributeValueList")
	}},
	{"an odd Value of old", true, set([]string{"Value"}, func(g *generator) any { return g.odd() })},
	{"a large item", true, func(g *generator, _ string, body obj) bool {
		if !g.chance(4) {
			return false
		}
		return g.at(body, func(in obj, name string) bool {
			item, ok := in[name].(obj)
			if ok {
				item["d"] = obj{"S": strings.Repeat("x", 400<<10)}
			}
			return ok
		}, itemMembers...)
	}},
	{"an attribute without a name", true, func(g *generator, _ string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			item, ok := in[name].(obj)
			if ok {
				item[""] = g.any(1)
			}
			return ok
		}, itemMembers...)
	}},
}

func fragment(texts ...string) func(*generator, string) string {
	return func(g *generator, _ string) string { return g.one(texts...) }
}

func attach(texts ...string) func(*generator, string) string {
	return func(g *generator, text string) string { return text + g.one(texts...) }
}

var expressionFaults = []fault{
	{"a value that is not used", true, func(g *generator, op string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			values, ok := in[name].(obj)
			if ok {
				values[":unused"] = g.any(0)
			}
			return ok
		}, "ExpressionAttributeValues")
	}},
	{"a name that is not used", true, func(g *generator, op string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			names, ok := in[name].(obj)
			if ok {
				names["#unused"] = "q"
			}
			return ok
		}, "ExpressionAttributeNames")
	}},
	{"values without an expression", false, add("ExpressionAttributeValues", dataOps, oneOf(obj{":v": obj{"S": "x"}},
		obj{}))},
	{"names without an expression", false, add("ExpressionAttributeNames", dataOps, oneOf(obj{"#n": "x"}, obj{}))},
	{"a bad placeholder", true, func(g *generator, op string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			m, ok := in[name].(obj)
			if !ok {
				return false
			}
			m[g.one("foo", "#", ":", "#a-b", ":a b", "")] = oneOf("x", obj{"S": "x"})(g)
			return true
		}, "ExpressionAttributeNames", "ExpressionAttributeValues")
	}},
	{"a missing placeholder", true, func(g *generator, op string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			m, ok := in[name].(obj)
			if !ok || len(m) < 1 {
				return false
			}
			delete(m, g.one(slices.Sorted(maps.Keys(m))...))
			if len(m) == 0 {
				delete(in, name)
			}
			return true
		}, "ExpressionAttributeNames", "ExpressionAttributeValues")
	}},
	{"an empty expression", true, edit(expressions, fragment("", " "))},
	{"a long expression", true, edit(expressions, func(_ *generator, text string) string {
		return text + strings.Repeat(" ", 4097)
	})},
	{"a character too many", false, edit(expressions, func(g *generator, text string) string {
		i := g.IntN(len(text) + 1)
		return text[:i] + g.one("(", ")", ",", ".", "[", "]", "#", ":", "=", "<", "!", "1", "a", " ", "\"", "-", "+") +
			text[i:]
	})},
	{"a character too few", false, edit(expressions, func(g *generator, text string) string {
		if text == "" {
			return "#"
		}
		i := g.IntN(len(text))
		return text[:i] + text[i+1:]
	})},
	{"no condition", true, edit(condition, fragment("a", "a =", "= a", "a = b c", "(a = b", "a = b)", "NOT", "a AND b",
		"a IN ()", "a IN b", "a BETWEEN b", "a BETWEEN b AND", "a = b OR", "attribute_exists a", "((a = b))",
		"(a) = b", "a == b",
		"a[b] = c", "a[-1] = b", "a..b = c", "a. = b", "a = :", "a = #", "a = 'x'", "a = 1", "a[01] = b",
		"a BETWEEN b AND b",
		"a[99999999999] = b", "attribute_exists(a) AND", "NOT NOT a = b", "a <> b = c", "a IN (b) = c",
		"contains(a,b)=contains(a,b)"))},
	{"a function that there is not", true, edit(condition, fragment("foo(a)", "SIZE(a) > b", "Attribute_Exists(a)",
		"if_not_exists(a, b)", "list_append(a, b)", "a = foo(b)", "foo()"))},
	{"a function with other operands", true, edit(condition, fragment("attribute_exists()", "attribute_exists(a, b)",
		"begins_with(a)", "contains(a)", "size()", "size(a) = size(a, b)", "attribute_type(a)", "attribute_type(a, b)",
		"size(a)",
		"contains(a, b, c)", "attribute_exists(size(a))", "begins_with(a, a)", "contains(a, a)",
		"begins_with(size(a), b)"))},
	{"a reserved word", true, edit(slices.Concat(condition, projection), fragment("name", "size", "a.status", "Values",
		"ABORT"))},
	{"a condition with other operands", false, func(g *generator, op string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			in[name] = g.one("begins_with(a, :q)", "a < :q", "a BETWEEN :q AND :q", "size(:q) > a",
				"attribute_type(a, :q)",
				"contains(a, :q)", "attribute_exists(:q)", ":q = :q", "contains(:q, :q)", "begins_with(:q, a)",
				"a IN (:q)", "a >= :q")
			in["ExpressionAttributeValues"] = obj{":q": g.any(1)}
			delete(in, "ExpressionAttributeNames")
			return true
		}, condition...)
	}},
	{"bounds that are not in order", false, func(g *generator, op string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			in[name] = "a BETWEEN :q AND :r"
			in["ExpressionAttributeValues"] = obj{":q": g.any(0), ":r": g.any(0)}
			delete(in, "ExpressionAttributeNames")
			return true
		}, condition...)
	}},
	{"no projection", true, edit(projection, fragment("a,", ",a", "a b", "a,,b", "a[", "a[]", "a[b]", "#", "a.", ".a",
		"a = b",
		"size(a)", "a, a", "a, a.f", "l[0], l[0]", "l[0].f, l[0]", "e.f, e.g, e", ":v"))},
	{"no update", true, edit(updates, fragment("SET", "SET a", "SET a =", "SET a = ", "SET a = b SET c = d", "a = b",
		"SET a = b,", "REMOVE", "REMOVE a,", "REMOVE a REMOVE b", "ADD a", "ADD a b", "DELETE a", "DELETE a b",
		"FOO a", "SET a + b",
		"SET d = a + b + c", "SET d = (a + b)", "SET d = size(c)", "SET d = foo(c)", "SET d = if_not_exists(a)",
		"REMOVE size",
		"SET d = if_not_exists(:v, a)", "SET d = list_append(a)", "SET d = a * b", "SET d = a - -b", "SET size = a",
		"SET d[a] = c",
		"SET d = attribute_exists(a)", "SET d = if_not_exists(a, b, c)", "REMOVE a = b", "SET d = d d",
		"SET a = b REMOVE"))},
	{"an update of overlapping paths", true, edit(updates, fragment("SET d = c, d = l", "SET e.f = c REMOVE e",
		"REMOVE l, l[0]",
		"SET e = c, e.f.g = c", "REMOVE l[1], l[1]", "SET e.f = c, e[0] = c", "REMOVE e.f, e[1]"))},
	{"an update of the key", true, func(g *generator, _ string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			key, ok := in["Key"].(obj)
			if !ok || len(key) == 0 {
				return false
			}
			attribute := g.one(slices.Sorted(maps.Keys(key))...)
			in[name] = fmt.Sprintf(g.one("SET %s = c", "REMOVE %s", "SET %s.f = c", "SET d = c REMOVE %s[0]"),
				attribute)
			delete(in, "ExpressionAttributeNames")
			delete(in, "ExpressionAttributeValues")
			delete(in, "ConditionExpression")
			return true
		}, updates...)
	}},
	{"an update with wrong operands", false, func(g *generator, op string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			in[name] = g.one("ADD d :q", "DELETE d :q", "SET d = n + :q", "SET d = list_append(l, :q)",
				"SET d = :q - :q",
				"SET d = list_append(:q, :q)", "SET d = :q + n", "ADD ss :q", "DELETE ns :q", "ADD n :q", "SET a = :q",
				"SET b = :q", "SET c = :q", "SET d = if_not_exists(zz, :q) + n", "ADD c :q", "SET d = b + :q")
			in["ExpressionAttributeValues"] = obj{":q": g.any(1)}
			delete(in, "ExpressionAttributeNames")
			delete(in, "ConditionExpression")
			return true
		}, updates...)
	}},
	{"no key condition", true, edit(keyCondition, fragment("a", "pk = pk", "pk <> sk", "attribute_exists(pk)",
		"pk > a", "NOT pk = a",
		"size(pk) = a", "pk = a OR pk = b", "pk.a = b", "pk IN (a)", "a = b AND c = d AND e = f"))},
	{"another key condition", false, func(g *generator, op string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			in[name] = g.one("pk = :q AND zz = :q", "pk = :q OR pk = :q", "pk = :q AND pk = :q", "zz = :q", "pk < :q",
				"sk = :q",
				"pk = :q AND sk <> :q", "pk = :q AND contains(sk, :q)", "pk = :q AND NOT sk = :q",
				"pk BETWEEN :q AND :q",
				"pk = :q AND sk IN (:q)", "begins_with(pk, :q)", "pk = :q AND sk = :q AND a = :q", ":q = pk",
				"pk = :q AND begins_with(sk, :q)",
				"pk = :q AND sk BETWEEN :q AND :q")
			in["ExpressionAttributeValues"] = obj{":q": g.any(1)}
			delete(in, "ExpressionAttributeNames")
			delete(in, "FilterExpression")
			delete(in, "ProjectionExpression")
			return true
		}, keyCondition...)
	}},
	{"a filter on the key", true, func(g *generator, op string, body obj) bool {
		keys, ok := body["KeyConditionExpression"].(string)
		if !ok || op != "Query" || body["ExpressionAttributeNames"] != nil || body["IndexName"] != nil {
			return false
		}
		body["FilterExpression"] = "attribute_exists(" + strings.Fields(keys)[0] + ")"
		return !strings.Contains(keys, "(") && strings.Contains("pk bk nk", strings.Fields(keys)[0])
	}},
}

var oldFaults = []fault{
	{"Expected beside an expression", false, add("Expected", itemOps, oneOf(obj{"d": obj{"Exists": false}}, obj{}))},
	{"AttributesToGet beside others", false, add("AttributesToGet", "GetItem Query Scan", oneOf(arr{"a"}, arr{"a",
		"a"}, arr{},
		arr{""}))},
	{"a filter of both kinds", false, add("FilterExpression", readOps, oneOf("attribute_exists(d)"))},
	{"QueryFilter", false, add("QueryFilter", "Query", oneOf(obj{"d": obj{"ComparisonOperator": "NULL"}}, obj{},
		obj{"pk": obj{"ComparisonOperator": "NULL"}}))},
	{"ScanFilter", false, add("ScanFilter", "Scan", oneOf(obj{"d": obj{"ComparisonOperator": "NULL"}}, obj{}))},
	{"KeyConditions", false, add("KeyConditions", "Query", oneOf(obj{}, obj{"pk": obj{"ComparisonOperator": "NE",
		"AttributeValueList": arr{obj{"S": "p1"}}}}, obj{"pk": obj{"ComparisonOperator": "NULL"}}))},
	{"a ConditionalOperator", false, add("ConditionalOperator", itemOps+" "+readOps, oneOf("AND", "OR"))},
	{"another operator", false, set([]string{"ComparisonOperator"}, oneOf("NE", "IN", "BETWEEN", "NULL", "BEGINS_WITH",
		"CONTAINS",
		"EQ", "LT", "NOT_NULL", "NOT_CONTAINS"))},
	{"other values", false, set([]string{"AttributeValueList"}, func(g *generator) any {
		l := arr{}
		for range g.IntN(4) {
			l = append(l, g.any(1))
		}
		return l
	})},
	{"another action", false, set([]string{"Action"}, oneOf("ADD", "DELETE", "PUT"))},
	{"another value", false, set([]string{"Value"}, func(g *generator) any { return g.any(1) })},
	{"Exists", false, func(g *generator, op string, body obj) bool {
		expected, ok := body["Expected"].(obj)
		if !ok {
			return false
		}
		expected["d"] = oneOf(obj{"Exists": true}, obj{"Exists": false, "Value": obj{"S": "x"}}, obj{},
			obj{"Exists": false, "ComparisonOperator": "NULL"}, obj{"Value": obj{"S": "x"}, "ComparisonOperator": "EQ"},
			obj{"AttributeValueList": arr{obj{"S": "x"}}}, obj{"Exists": true, "Value": obj{"S": "x"}})(g)
		return true
	}},
	{"an update of the key of old", false, func(g *generator, op string, body obj) bool {
		all, ok := body["AttributeUpdates"].(obj)
		key, has := body["Key"].(obj)
		if !ok || !has || len(key) == 0 {
			return false
		}
		all[g.one(slices.Sorted(maps.Keys(key))...)] = obj{"Action": "PUT", "Value": obj{"S": "x"}}
		return true
	}},
}

var otherFaults = []fault{
	{"a start from elsewhere", false, add("ExclusiveStartKey", readOps, func(g *generator) any {
		return oneOf(obj{}, obj{"pk": obj{"S": "p1"}}, obj{"zz": obj{"S": "x"}}, obj{"pk": obj{"N": "1"},
			"sk": obj{"S": "x"}},
			g.key(g.table()), with(g.key(g.table()), obj{"a": obj{"S": "x"}}))(g)
	})},
	{"a consistent read", false, add("ConsistentRead", readOps, oneOf(true))},
	{"no requests", true, func(g *generator, op string, body obj) bool {
		switch {
		case slices.Contains(strings.Fields(transact), op):
			body["TransactItems"] = arr{}
		case slices.Contains(strings.Fields(manyOps), op):
			body["RequestItems"] = obj{}
		default:
			return false
		}
		return true
	}},
	{"an empty element", true, func(g *generator, op string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			in[name] = append(list(in[name]), obj{})
			return true
		}, "TransactItems")
	}},
	{"an element of two kinds", true, func(g *generator, op string, body obj) bool {
		items := list(body["TransactItems"])
		if op != "TransactWriteItems" || len(items) == 0 {
			return false
		}
		items[0] = obj{"Delete": obj{"TableName": "Two", "Key": obj{}}, "Put": obj{"TableName": "Two", "Item": obj{}}}
		return true
	}},
	{"too many elements", true, func(g *generator, op string, body obj) bool {
		table := g.tables[0]
		var keys, writes, gets arr
		for range 101 {
			key := g.key(table)
			keys = append(keys, key)
			writes = append(writes, obj{"DeleteRequest": obj{"Key": key}})
			gets = append(gets, obj{"Get": obj{"TableName": table.name, "Key": key}})
		}
		switch op {
		case "BatchGetItem":
			body["RequestItems"] = obj{table.name: obj{"Keys": keys}}
		case "BatchWriteItem":
			body["RequestItems"] = obj{table.name: writes[:26]}
		case "TransactGetItems":
			body["TransactItems"] = gets
		default:
			return false
		}
		return true
	}},
	{"a write of two kinds", true, func(g *generator, op string, body obj) bool {
		return g.at(body, func(in obj, name string) bool {
			in["DeleteRequest"], in["PutRequest"] = obj{"Key": obj{}}, obj{"Item": obj{}}
			return true
		}, "PutRequest", "DeleteRequest")
	}},
	{"a batch of a missing table", true, func(g *generator, op string, body obj) bool {
		tables, ok := body["RequestItems"].(obj)
		if !ok || len(tables) == 0 {
			return false
		}
		tables["NoSuchTable"] = deepCopy(tables[slices.Sorted(maps.Keys(tables))[0]])
		return true
	}},
}
