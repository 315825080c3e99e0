package differential_test

import "fmt"

// request returns the next request, with faults in about half of them.
func (g *generator) request() trial {
	makers := []struct {
		op   string
		make func() trial
		n    int // how often, among all
	}{
		{"PutItem", g.putItem, 6},
		{"GetItem", g.getItem, 3},
		{"UpdateItem", g.updateItem, 8},
		{"DeleteItem", g.deleteItem, 3},
		{"Query", g.query, 6},
		{"Scan", g.scan, 4},
		{"BatchGetItem", g.batchGet, 2},
		{"BatchWriteItem", g.batchWrite, 3},
		{"TransactGetItems", g.transactGet, 2},
		{"TransactWriteItems", g.transactWrite, 3},
		{"ExecuteStatement", g.statement, 3},
		{"CreateTable", g.tableRequest, 1},
	}
	total := 0
	for _, m := range makers {
		if g.can(m.op) {
			total += m.n
		}
	}
	n := g.IntN(total)
	for _, m := range makers {
		if !g.can(m.op) {
			continue
		}
		if n -= m.n; n < 0 {
			return g.spoil(m.make())
		}
	}
	return trial{}
}

// consumed asks for what a request consumes, now and then.
func (g *generator) consumed(r *trial) {
	if g.chance(6) {
		r.body["ReturnConsumedCapacity"] = g.one("NONE", "TOTAL", "INDEXES")
	}
}

func (g *generator) putItem() trial {
	table := g.table()
	r := trial{op: "PutItem", verdict: sound, body: obj{"TableName": table.name, "Item": g.item(table)}}
	g.onWrite(&r, table, "NONE", "ALL_OLD")
	return r
}

func (g *generator) deleteItem() trial {
	table := g.table()
	r := trial{op: "DeleteItem", verdict: sound, body: obj{"TableName": table.name, "Key": g.key(table)}}
	g.onWrite(&r, table, "NONE", "ALL_OLD")
	return r
}

// onWrite puts what writes have in common into a request: a condition, of either kind, and what is to be answered.
func (g *generator) onWrite(r *trial, table *shape, returns ...string) {
	g.consumed(r)
	if g.chance(3) {
		r.body["ReturnValues"] = g.one(returns...)
	}
	if g.chance(8) {
		r.body["ReturnItemCollectionMetrics"] = g.one("SIZE", "NONE")
	}
	switch g.IntN(6) {
	case 0, 1:
		x := g.expression(table)
		r.body["ConditionExpression"] = x.condition(2)
		x.into(r)
		if g.chance(3) {
			r.body["ReturnValuesOnConditionCheckFailure"] = g.one("ALL_OLD", "NONE")
		}
	case 2:
		r.body["Expected"] = g.expected(r, 1+g.IntN(2))
		g.operator(r, "Expected")
	}
}

func (g *generator) getItem() trial {
	table := g.table()
	r := trial{op: "GetItem", verdict: sound, body: obj{"TableName": table.name, "Key": g.key(table)}}
	g.consumed(&r)
	if g.chance(4) {
		r.body["ConsistentRead"] = g.chance(2)
	}
	g.projectSome(&r, table)
	return r
}

// projectSome has a read answer some attributes only, now and then.
func (g *generator) projectSome(r *trial, table *shape) {
	switch g.IntN(6) {
	case 0, 1:
		x := g.expression(table)
		r.body["ProjectionExpression"] = x.projection()
		x.into(r)
	case 2:
		r.body["AttributesToGet"] = g.attributesToGet(table)
	}
}

func (g *generator) attributesToGet(table *shape) arr {
	names := arr{}
	for _, i := range g.Perm(len(plainAttributes))[:1+g.IntN(3)] {
		names = append(names, plainAttributes[i])
	}
	if g.chance(2) {
		names = append(names, g.one(table.keyNames()...))
	}
	return names
}

func (g *generator) updateItem() trial {
	table := g.table()
	r := trial{op: "UpdateItem", verdict: sound, body: obj{"TableName": table.name, "Key": g.key(table)}}
	returns := []string{"NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"}
	if g.chance(4) {
		r.body["AttributeUpdates"] = g.attributeUpdates(&r)
		g.consumed(&r)
		if g.chance(3) {
			r.body["ReturnValues"] = g.one(returns...)
		}
		if g.chance(4) {
			r.body["Expected"] = g.expected(&r, 1)
		}
		return r
	}
	x := g.expression(table)
	if !g.chance(20) {
		r.body["UpdateExpression"] = x.update()
	}
	if g.chance(3) {
		r.body["ConditionExpression"] = x.condition(2)
		if g.chance(3) {
			r.body["ReturnValuesOnConditionCheckFailure"] = g.one("ALL_OLD", "NONE")
		}
	}
	x.into(&r)
	if g.chance(2) {
		r.body["ReturnValues"] = g.one(returns...)
	}
	g.consumed(&r)
	return r
}

// batchGet reads different items of one or two tables.
func (g *generator) batchGet() trial {
	r := trial{op: "BatchGetItem", verdict: sound, body: obj{}}
	tables := g.perTable(func(table *shape) any {
		part := trial{verdict: sound, body: obj{"Keys": g.someKeys(table)}}
		g.projectSome(&part, table)
		if g.chance(4) {
			part.body["ConsistentRead"] = g.chance(2)
		}
		return part.body
	})
	r.body["RequestItems"] = tables
	if len(objectsWith(tables, "AttributesToGet")) > 0 && len(objectsWith(tables, "ProjectionExpression")) > 0 {
		r.verdict = open // the two do not go together
	}
	g.consumed(&r)
	return r
}

// perTable returns what a batch has for some of the tables, by their names.
func (g *generator) perTable(part func(*shape) any) obj {
	parts := obj{}
	for _, i := range g.Perm(len(g.tables))[:1+g.IntN(len(g.tables))] {
		parts[g.tables[i].name] = part(g.tables[i])
	}
	return parts
}

// someKeys returns different keys.
func (g *generator) someKeys(table *shape) arr {
	keys, seen := arr{}, map[string]bool{}
	for range 1 + g.IntN(6) {
		if key := g.key(table); !seen[jsonText(key)] {
			seen[jsonText(key)] = true
			keys = append(keys, key)
		}
	}
	return keys
}

func (g *generator) batchWrite() trial {
	r := trial{op: "BatchWriteItem", verdict: sound, body: obj{}}
	r.body["RequestItems"] = g.perTable(func(table *shape) any {
		writes := arr{}
		for _, key := range g.someKeys(table) {
			if g.chance(3) {
				writes = append(writes, obj{"DeleteRequest": obj{"Key": key}})
				continue
			}
			writes = append(writes, obj{"PutRequest": obj{"Item": with(g.item(table), key.(obj))}})
		}
		return writes
	})
	g.consumed(&r)
	return r
}

// with returns an item with another key.
func with(item, key obj) obj {
	for name, v := range key {
		item[name] = v
	}
	return item
}

// transactItems returns some tables with keys, all different.
func (g *generator) transactItems(each func(table *shape, key obj) obj) arr {
	items, seen := arr{}, map[string]bool{}
	for range 1 + g.IntN(5) {
		table := g.table()
		key := g.key(table)
		if id := table.name + jsonText(key); !seen[id] {
			seen[id] = true
			items = append(items, each(table, key))
		}
	}
	return items
}

func (g *generator) transactGet() trial {
	r := trial{op: "TransactGetItems", verdict: sound, body: obj{}}
	r.body["TransactItems"] = g.transactItems(func(table *shape, key obj) obj {
		get := trial{verdict: sound, body: obj{"TableName": table.name, "Key": key}}
		if g.chance(3) {
			x := g.expression(table)
			get.body["ProjectionExpression"] = x.projection()
			x.into(&get)
		}
		return obj{"Get": get.body}
	})
	g.consumed(&r)
	return r
}

func (g *generator) transactWrite() trial {
	r := trial{op: "TransactWriteItems", verdict: sound, body: obj{}}
	r.body["TransactItems"] = g.transactItems(func(table *shape, key obj) obj {
		part := trial{verdict: sound, body: obj{"TableName": table.name, "Key": key}}
		kind := g.one("Put", "Update", "Delete", "ConditionCheck")
		x := g.expression(table)
		switch kind {
		case "Put":
			delete(part.body, "Key")
			part.body["Item"] = with(g.item(table), key)
		case "Update":
			part.body["UpdateExpression"] = x.update()
		}
		if kind == "ConditionCheck" || g.chance(4) {
			part.body["ConditionExpression"] = x.condition(1)
			if g.chance(3) {
				part.body["ReturnValuesOnConditionCheckFailure"] = g.one("ALL_OLD", "NONE")
			}
		}
		x.into(&part)
		r.verdict = min(r.verdict, part.verdict)
		return obj{kind: part.body}
	})
	if g.chance(10) {
		r.body["ClientRequestToken"] = fmt.Sprint(tokenPrefix, g.IntN(3))
		r.verdict = open
	}
	g.consumed(&r)
	return r
}
