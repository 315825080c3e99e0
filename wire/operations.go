package wire

// operations are all that is answered, by family. What is not here is an unknown operation.
var operations = map[string]operation{
	"CreateBackup":              createBackup,
	"DescribeBackup":            describeBackup,
	"ListBackups":               listBackups,
	"DeleteBackup":              deleteBackup,
	"RestoreTableFromBackup":    restoreTableFromBackup,
	"RestoreTableToPointInTime": restoreTableToPointInTime,
	"DescribeContinuousBackups": describeContinuousBackups,
	"UpdateContinuousBackups":   updateContinuousBackups,

	"CreateTable":        createTable,
	"DescribeTable":      describeTable,
	"ListTables":         listTables,
	"UpdateTable":        updateTable,
	"DeleteTable":        deleteTable,
	"TagResource":        tagResource,
	"UntagResource":      untagResource,
	"ListTagsOfResource": listTagsOfResource,
	"UpdateTimeToLive":   updateTimeToLive,
	"DescribeTimeToLive": describeTimeToLive,
	"DescribeLimits":     describeLimits,
	"DescribeEndpoints":  describeEndpoints,

	"PutItem":    putItem,
	"GetItem":    getItem,
	"UpdateItem": updateItem,
	"DeleteItem": deleteItem,
	"Query":      query,
	"Scan":       scan,

	"BatchGetItem":       batchGetItem,
	"BatchWriteItem":     batchWriteItem,
	"TransactGetItems":   transactGetItems,
	"TransactWriteItems": transactWriteItems,
}
