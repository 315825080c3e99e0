package differential_test

// made are the names of tables that requests for tables are about.
var made = []string{"Made0", "Made1"}

// tableRequest makes, changes, describes or deletes a table.
func (g *generator) tableRequest() trial {
	name := g.one(made...)
	r := trial{op: g.one("CreateTable", "CreateTable", "DescribeTable", "UpdateTable", "DeleteTable"),
		body: obj{"TableName": name}}
	switch r.op {
	case "CreateTable":
		r.body = g.newTable(name)
	case "UpdateTable":
		g.changeTable(r.body)
	case "DescribeTable":
		r.body["TableName"] = g.one(append(made, g.tables[0].name)...)
	}
	return r
}

func (g *generator) throughput() obj {
	return obj{"ReadCapacityUnits": 1 + g.IntN(9), "WriteCapacityUnits": 1 + g.IntN(9)}
}

// newTable returns a definition, which may be one that cannot be.
func (g *generator) newTable(name string) obj {
	table := *g.table()
	table.name, table.streams = name, false
	in := table.definition()
	provisioned := g.chance(2)
	if provisioned {
		in["BillingMode"] = "PROVISIONED"
		if g.chance(3) {
			delete(in, "BillingMode")
		}
		in["ProvisionedThroughput"] = g.throughput()
		for _, i := range list(in["GlobalSecondaryIndexes"]) {
			i.(obj)["ProvisionedThroughput"] = g.throughput()
		}
	}
	switch g.IntN(12) {
	case 0:
		in["StreamSpecification"] = oneOf(obj{"StreamEnabled": true, "StreamViewType": g.one("NEW_IMAGE", "OLD_IMAGE",
			"NEW_AND_OLD_IMAGES", "KEYS_ONLY")}, obj{"StreamEnabled": false}, obj{"StreamEnabled": true})(g).(obj)
	case 1:
		in["AttributeDefinitions"] = append(list(in["AttributeDefinitions"]), obj{"AttributeName": "zz",
			"AttributeType": "S"})
	case 2:
		in["AttributeDefinitions"] = list(in["AttributeDefinitions"])[1:]
	case 3:
		in["ProvisionedThroughput"] = obj{"ReadCapacityUnits": g.IntN(2), "WriteCapacityUnits": 1}
	case 4:
		in["KeySchema"] = oneOf(arr{}, arr{obj{"AttributeName": "pk", "KeyType": "RANGE"}},
			arr{obj{"AttributeName": "pk", "KeyType": "HASH"}, obj{"AttributeName": "pk", "KeyType": "RANGE"}},
			arr{obj{"AttributeName": "pk", "KeyType": "HASH"}, obj{"AttributeName": "sk", "KeyType": "HASH"}})(g).(arr)
	case 5:
		in["GlobalSecondaryIndexes"] = oneOf(arr{}, arr{obj{"IndexName": "lsiA", "KeySchema": in["KeySchema"],
			"Projection": obj{}}},
			arr{obj{"IndexName": "xx", "KeySchema": in["KeySchema"], "Projection": obj{"ProjectionType": "ALL"}}},
			arr{obj{"IndexName": "xxx", "KeySchema": in["KeySchema"], "Projection": obj{"ProjectionType": "INCLUDE"}}},
			arr{obj{"IndexName": "xxx", "KeySchema": in["KeySchema"], "Projection": obj{"ProjectionType": "ALL",
				"NonKeyAttributes": arr{"q"}}}})(g).(arr)
	case 6:
		in["LocalSecondaryIndexes"] = oneOf(arr{}, arr{obj{"IndexName": "gsiA", "KeySchema": in["KeySchema"],
			"Projection": obj{"ProjectionType": "ALL"}}})(g).(arr)
	}
	return in
}

// changeTable asks for one or two changes.
func (g *generator) changeTable(in obj) {
	switch g.IntN(6) {
	case 0:
		in["BillingMode"] = "PAY_PER_REQUEST"
	case 1:
		in["BillingMode"] = "PROVISIONED"
		in["ProvisionedThroughput"] = g.throughput()
	case 2:
		in["ProvisionedThroughput"] = g.throughput()
	case 3:
		name := g.one("gx", "gxx", "gsiA", "gsiC")
		in["AttributeDefinitions"] = arr{obj{"AttributeName": "c", "AttributeType": "S"}}
		in["GlobalSecondaryIndexUpdates"] = arr{obj{"Create": obj{"IndexName": name,
			"KeySchema":             arr{obj{"AttributeName": g.one("c", "c", "zz"), "KeyType": "HASH"}},
			"Projection":            obj{"ProjectionType": "ALL"},
			"ProvisionedThroughput": g.throughput()}}}
		if g.chance(2) {
			create := in["GlobalSecondaryIndexUpdates"].(arr)[0].(obj)["Create"].(obj)
			delete(create, "ProvisionedThroughput")
		}
	case 4:
		in["GlobalSecondaryIndexUpdates"] = arr{obj{"Delete": obj{"IndexName": g.one("gxx", "gsiA", "gsiB", "gsiC",
			"gsiN")}}}
	case 5:
		in["StreamSpecification"] = oneOf(obj{"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"},
			obj{"StreamEnabled": false})(g).(obj)
	}
}
