package wire_test

import "strings"

// requestException is a part of a request that is refused with other words than those for the model's constraints.
type requestException struct {
	text  string // a pattern of the text
	typed bool   // whether values of a wrong type are found before
	nulls bool   // whether null, and the lack of a member, is refused so too
	alone bool   // whether what is beneath the place is no exception
	why   string
}

const (
	notYet    = "^Tidemark does not support the parameter "
	elsewhere = "there are no tables in several regions, so what is said of them is refused whatever it holds"
	ownText   = "the service answers in words of its own, whatever the length"
)

// requestExceptions are by operation and place in the request, or by * and the name of a member at any place, with all
// that is beneath.
var requestExceptions = map[string]requestException{
	"* GlobalTableSettingsReplicationMode": {text: notYet, why: elsewhere},
	"* GlobalTableSourceArn":               {text: notYet, why: elsewhere},
	"* GlobalTableWitnessUpdates":          {text: notYet, why: elsewhere},
	"* MultiRegionConsistency":             {text: notYet, why: elsewhere},
	"UpdateTable ReplicaUpdates":           {text: notYet, why: elsewhere},

	"CreateTable TableClass": {text: "^Invalid table-class parameter provided", typed: true, why: "so the service says of all but none"},
	"UpdateTable TableClass": {text: "^Invalid table-class parameter provided", typed: true, why: "so the service says of all but none"},

	"DescribeBackup BackupArn":            {text: "^Invalid Backup ARN$", typed: true, why: ownText},
	"DeleteBackup BackupArn":              {text: "^Invalid Backup ARN$", typed: true, why: ownText},
	"RestoreTableFromBackup BackupArn":    {text: "^Invalid Backup ARN$", typed: true, why: ownText},
	"ListBackups ExclusiveStartBackupArn": {text: "^Invalid Backup ARN$", typed: true, why: ownText},

	"CreateTable Tags[].Key":   tagKeys,
	"CreateTable Tags[].Value": tagValues,
	"TagResource Tags[].Key":   tagKeys,
	"TagResource Tags[].Value": tagValues,
	"UntagResource TagKeys[]":  {text: "^The Tag Key provided is invalid, Key: x*$", typed: true, why: ownText},

	"CreateTable TableName": {
		text: "at 'tableName' failed to satisfy constraint: Member must (have length|not be null)", typed: true,
		why: "the model has the bounds of an ARN, and the service those of a name: 3..255",
	},
	"* ExpressionAttributeNames{}": {
		text:  "^ExpressionAttributeNames (can only be specified when using expressions|contains invalid key: Syntax error)",
		typed: true, why: "names are checked by the rules of expressions, whose bounds are tighter",
	},
	"* AttributesToGet[]": {
		text: `^1 validation error detected: Value 'x+\.\.\.' at '.*attributesToGet.1.member' failed to satisfy ` +
			`constraint: Member must have length less than or equal to 65535$`,
		typed: true, why: "so long a name is not quoted in full",
	},
	"BatchGetItem RequestItems": {
		text:  "^(The requestItems parameter is required for BatchGetItem$|1 validation error detected: Value '{.*Member must have length less)",
		typed: true, alone: true, why: ownText,
	},
	"BatchWriteItem RequestItems": {
		text:  "^(The requestItems parameter is required for BatchWriteItem$|1 validation error detected: Value '{.*Member must have length less)",
		typed: true, alone: true, why: ownText,
	},
	"BatchWriteItem RequestItems{}": {
		text:  "^1 validation error detected: Value .* at 'requestItems.*' failed to satisfy constraint: M",
		typed: true, alone: true,
		why: "the bounds of a map's values are told in one clause",
	},
}

var (
	tagKeys = requestException{
		text: "^The Tag Key provided is invalid, Key: (null|x*)$", typed: true, nulls: true, why: ownText,
	}
	tagValues = requestException{
		text: "^The Tag Value provided is invalid, Value: (null|x*)$", typed: true, nulls: true, why: ownText,
	}
)

// In a transaction the service tells the faults of a name, which has tighter bounds than an ARN, at the same place.
func init() {
	for _, place := range []string{
		"TransactGetItems TransactItems[].Get", "TransactWriteItems TransactItems[].Put",
		"TransactWriteItems TransactItems[].Update", "TransactWriteItems TransactItems[].Delete",
		"TransactWriteItems TransactItems[].ConditionCheck",
	} {
		requestExceptions[place+".TableName"] = requestException{
			text:  `^[123] validation errors? detected: Value '.*' at 'transactItems\.1\.member\.\w+\.tableName' failed`,
			typed: true, why: "the bounds are those of a name",
		}
	}
}

// exceptionFor returns the exception for a place, or nil, and notes that it was used.
func exceptionFor(s requestSite, used map[string]bool) *requestException {
	for name := s.name; name != ""; name = above(name) {
		for _, key := range []string{s.operation + " " + name, "* " + name[strings.LastIndexByte(name, '.')+1:]} {
			if x, ok := requestExceptions[key]; ok && (name == s.name || !x.alone) {
				used[key] = true
				return &x
			}
		}
	}
	return nil
}

// above returns the place that a place lies in.
func above(name string) string {
	if i := strings.LastIndexAny(name, ".[{"); i >= 0 {
		return name[:i]
	}
	return ""
}
