package differential_test

import "slices"

// inIndex returns the attributes that an index has; nil: that the table has.
func (s *shape) inIndex(index *indexShape) []string {
	names := s.keyNames()
	switch {
	case index == nil || index.projection == "ALL":
		return append(names, plainAttributes...)
	case index.sort != "":
		names = append(names, index.sort)
	}
	names = append(names, index.hash)
	for _, name := range index.nonKey {
		names = append(names, name.(string))
	}
	return names
}

// index returns an index of a table, or nil for the table itself.
func (g *generator) index(table *shape) *indexShape {
	if len(table.indexes) == 0 || g.chance(2) {
		return nil
	}
	return &table.indexes[g.IntN(len(table.indexes))]
}

// read puts what Query and Scan have in common into a request.
func (g *generator) read(r *trial, table *shape, index *indexShape) {
	r.toEnd = true
	if index != nil {
		r.body["IndexName"] = index.name
	}
	if g.chance(2) {
		r.body["Limit"] = 1 + g.IntN(5)
	}
	if (index == nil || index.local) && g.chance(4) {
		r.body["ConsistentRead"] = g.chance(2)
	}
	if g.chance(6) {
		r.body["ReturnConsumedCapacity"] = g.one("NONE", "TOTAL", "INDEXES")
	}
}

// project chooses the attributes that a Query or Scan answers.
func (g *generator) project(r *trial, x *phrases, index *indexShape) {
	all := index == nil || index.local || index.projection == "ALL"
	switch n := g.IntN(8); {
	case n == 0:
		r.body["Select"] = "COUNT"
	case n == 1 && all:
		r.body["Select"] = "ALL_ATTRIBUTES"
	case n == 2 && index != nil:
		r.body["Select"] = "ALL_PROJECTED_ATTRIBUTES"
	case n == 3 && all:
		r.body["ProjectionExpression"] = x.projection()
		if g.chance(2) {
			r.body["Select"] = "SPECIFIC_ATTRIBUTES"
		}
	case n == 4 && all && r.body["KeyConditionExpression"] == nil && r.body["FilterExpression"] == nil:
		r.body["AttributesToGet"] = g.attributesToGet(x.table)
	case n == 5:
		r.body["ProjectionExpression"] = x.named(x.one(x.table.keyNames()...))
	}
}

func (g *generator) scan() trial {
	table := g.table()
	index := g.index(table)
	r := trial{op: "Scan", verdict: sound, body: obj{"TableName": table.name}}
	g.read(&r, table, index)
	if g.chance(4) {
		r.body["TotalSegments"] = 1 + g.IntN(4)
		r.body["Segment"] = 0
	}
	x := g.expression(table)
	switch g.IntN(4) {
	case 0, 1:
		r.body["FilterExpression"] = x.condition(2)
	case 2:
		r.body["ScanFilter"] = g.conditions(&r, append(table.keyNames(), plainAttributes...), 1+g.IntN(2))
		g.operator(&r, "ScanFilter")
	}
	if r.body["ScanFilter"] == nil {
		g.project(&r, x, index)
	}
	x.into(&r)
	return r
}

func (g *generator) query() trial {
	table := g.table()
	index := g.index(table)
	r := trial{op: "Query", verdict: sound, body: obj{"TableName": table.name}}
	g.read(&r, table, index)
	hash, sort := table.hash, table.sort
	if index != nil {
		hash, sort = index.hash, index.sort
	}
	if g.chance(3) {
		r.body["ScanIndexForward"] = g.chance(2)
	}
	others := slices.DeleteFunc(table.inIndex(index), func(a string) bool { return a == hash || a == sort })
	if g.chance(4) {
		g.queryOfOld(&r, hash, sort, others)
		if g.chance(4) {
			r.body["AttributesToGet"] = g.attributesToGet(table)
			if index != nil && !index.local && index.projection != "ALL" {
				r.verdict = open
			}
		}
		return r
	}
	x := g.expression(table)
	x.attributes = others
	r.body["KeyConditionExpression"] = x.keyCondition(hash, sort)
	if len(others) > 0 && g.chance(2) {
		r.body["FilterExpression"] = x.condition(2)
		x.doubtful = x.doubtful || index != nil && index.projection != "ALL" // for paths into what is not there
	}
	g.project(&r, x, index)
	if g.chance(10) {
		g.startQuery(&r, table, index)
	}
	x.into(&r)
	return r
}

// startQuery has a Query begin after a key, which may be one that it does not come to.
func (g *generator) startQuery(r *trial, table *shape, index *indexShape) {
	start := g.key(table)
	if index != nil {
		for _, name := range []string{index.hash, index.sort} {
			if name != "" {
				start[name] = g.valueOf(name)
			}
		}
	}
	r.body["ExclusiveStartKey"] = start
	r.verdict = open
}
