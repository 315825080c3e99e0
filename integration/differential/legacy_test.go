package differential_test

// What requests had before there were expressions.

// operator has several conditions be joined, now and then.
func (g *generator) operator(r *trial, member string) {
	if conditions, ok := r.body[member].(obj); ok && len(conditions) > 1 && g.chance(2) {
		r.body["ConditionalOperator"] = g.one("AND", "OR")
	}
}

// expected returns the conditions of a write.
func (g *generator) expected(r *trial, n int) obj {
	conditions := obj{}
	for range n {
		attribute := g.one(plainAttributes...)
		switch g.IntN(4) {
		case 0:
			conditions[attribute] = obj{"Value": g.valueOf(attribute)}
		case 1:
			conditions[attribute] = obj{"Exists": false}
		default:
			conditions[attribute] = g.comparison(r, attribute)
		}
	}
	return conditions
}

// conditions returns those of a filter.
func (g *generator) conditions(r *trial, attributes []string, n int) obj {
	conditions := obj{}
	for range n {
		attribute := g.one(attributes...)
		conditions[attribute] = g.comparison(r, attribute)
	}
	return conditions
}

// comparison returns one condition, which can be asked of an attribute whatever its type.
func (g *generator) comparison(r *trial, attribute string) obj {
	scalar := func() obj {
		if kind := attributeTypes[attribute]; kind == "S" || kind == "N" || kind == "B" {
			return g.valueOf(attribute)
		}
		return g.of(g.one("S", "N", "B"), 0)
	}
	switch op := g.one("EQ", "NE", "LT", "LE", "GT", "GE", "IN", "BETWEEN", "BEGINS_WITH", "CONTAINS", "NOT_CONTAINS",
		"NULL", "NOT_NULL"); op {
	case "EQ", "NE":
		return obj{"ComparisonOperator": op, "AttributeValueList": arr{g.valueOf(attribute)}}
	case "IN":
		kind := g.one("S", "N", "B")
		values := arr{}
		for range 1 + g.IntN(3) {
			values = append(values, g.of(kind, 0))
		}
		return obj{"ComparisonOperator": op, "AttributeValueList": values}
	case "BETWEEN":
		return obj{"ComparisonOperator": op, "AttributeValueList": g.bounds(attribute)}
	case "BEGINS_WITH":
		return obj{"ComparisonOperator": op, "AttributeValueList": arr{g.of(g.one("S", "B"), 0)}}
	case "NULL", "NOT_NULL":
		return obj{"ComparisonOperator": op}
	default:
		return obj{"ComparisonOperator": op, "AttributeValueList": arr{scalar()}}
	}
}

func (g *generator) bounds(attribute string) arr {
	if attributeTypes[attribute] == "N" {
		return arr{obj{"N": g.one("-5", "0", "1")}, obj{"N": g.one("1", "5")}}
	}
	return arr{obj{"S": g.one("a", "x")}, obj{"S": g.one("xy", "z")}}
}

// queryOfOld has KeyConditions and QueryFilter.
func (g *generator) queryOfOld(r *trial, hash, sort string, others []string) {
	keys := obj{hash: obj{"ComparisonOperator": "EQ", "AttributeValueList": arr{g.valueOf(hash)}}}
	if sort != "" && !g.chance(3) {
		switch op := g.one("EQ", "LT", "LE", "GT", "GE", "BETWEEN", "BEGINS_WITH"); {
		case op == "BETWEEN":
			keys[sort] = obj{"ComparisonOperator": op, "AttributeValueList": g.bounds(sort)}
		case op == "BEGINS_WITH" && attributeTypes[sort] != "S":
		default:
			keys[sort] = obj{"ComparisonOperator": op, "AttributeValueList": arr{g.valueOf(sort)}}
		}
	}
	r.body["KeyConditions"] = keys
	if g.chance(2) {
		r.body["QueryFilter"] = g.conditions(r, others, 1+g.IntN(2))
		g.operator(r, "QueryFilter")
	}
}

// attributeUpdates returns some that any item can take.
func (g *generator) attributeUpdates(r *trial) obj {
	updates := obj{}
	for _, i := range g.Perm(len(plainAttributes))[:1+g.IntN(3)] {
		attribute := plainAttributes[i]
		kind := attributeTypes[attribute]
		value := g.valueOf(attribute)
		switch n := g.IntN(6); {
		case n == 0:
			updates[attribute] = obj{"Action": "DELETE"}
		case n == 1 && (kind == "SS" || kind == "NS"):
			updates[attribute] = obj{"Action": "DELETE", "Value": value}
		case n < 3 && (kind == "SS" || kind == "NS" || attribute == "n" || kind == "L"):
			updates[attribute] = obj{"Action": "ADD", "Value": value}
		case n == 3:
			updates[attribute] = obj{"Value": value}
		default:
			updates[attribute] = obj{"Action": "PUT", "Value": value}
		}
	}
	return updates
}
