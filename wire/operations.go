package wire

import (
	"maps"
	"slices"
	"strings"

	"github.com/tidemark-db/tidemark/exception"
)

// backupOperations need nothing but an engine.
var backupOperations = map[string]operation{
	"CreateBackup":              createBackup,
	"DescribeBackup":            describeBackup,
	"ListBackups":               listBackups,
	"DeleteBackup":              deleteBackup,
	"RestoreTableFromBackup":    restoreTableFromBackup,
	"RestoreTableToPointInTime": restoreTableToPointInTime,
	"DescribeContinuousBackups": describeContinuousBackups,
	"UpdateContinuousBackups":   updateContinuousBackups,
}

// tableOperations are those for tables and items, which are for a store of this module's.
var tableOperations = map[string]operation{
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

	"PutResourcePolicy":    putResourcePolicy,
	"GetResourcePolicy":    getResourcePolicy,
	"DeleteResourcePolicy": deleteResourcePolicy,

	"UpdateContributorInsights":   updateContributorInsights,
	"DescribeContributorInsights": describeContributorInsights,
	"ListContributorInsights":     listContributorInsights,

	"EnableKinesisStreamingDestination":   enableKinesisStreamingDestination,
	"DisableKinesisStreamingDestination":  disableKinesisStreamingDestination,
	"UpdateKinesisStreamingDestination":   updateKinesisStreamingDestination,
	"DescribeKinesisStreamingDestination": describeKinesisStreamingDestination,

	"CreateGlobalTable":               createGlobalTable,
	"UpdateGlobalTable":               updateGlobalTable,
	"DescribeGlobalTable":             describeGlobalTable,
	"ListGlobalTables":                listGlobalTables,
	"UpdateGlobalTableSettings":       updateGlobalTableSettings,
	"DescribeGlobalTableSettings":     describeGlobalTableSettings,
	"UpdateTableReplicaAutoScaling":   updateTableReplicaAutoScaling,
	"DescribeTableReplicaAutoScaling": describeTableReplicaAutoScaling,

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

	"ExecuteStatement":      executeStatement,
	"BatchExecuteStatement": batchExecuteStatement,
	"ExecuteTransaction":    executeTransaction,
}

// others are the operations that the service has besides. They are unknown here, but no client should have to guess why.
var others = []string{
	"DescribeExport", "DescribeImport", "ExportTableToPointInTime", "ImportTable", "ListExports", "ListImports",
}

// Operations returns the names of the operations that are answered, in the order of the alphabet.
func Operations() []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(backupOperations)), maps.Keys(tableOperations))
	names = slices.AppendSeq(names, maps.Keys(streamOperations))
	slices.Sort(names)
	return names
}

// isBackupOperation reports whether a target asks for an operation of the backup family.
func isBackupOperation(target string) bool {
	name, ours := strings.CutPrefix(target, TargetPrefix)
	return ours && backupOperations[name] != nil
}

// lookup finds the operation that a target asks for.
func lookup(target string) (operation, error) {
	if name, streams := strings.CutPrefix(target, StreamsTargetPrefix); streams && streamOperations[name] != nil {
		return streamOperations[name], nil
	}
	name, ours := strings.CutPrefix(target, TargetPrefix)
	if op := backupOperations[name]; ours && op != nil {
		return op, nil
	}
	if op := tableOperations[name]; ours && op != nil {
		return op, nil
	}
	if ours && slices.Contains(others, name) {
		return nil, exception.UnknownOperation.Errorf("Tidemark does not support the operation %s yet", name)
	}
	return nil, exception.UnknownOperation
}
