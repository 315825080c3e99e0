// Package arn builds and reads the names that DynamoDB gives its resources, and judges the parts they are made of.
//
// Every name has the form arn:<partition>:dynamodb:<region>:<account>:<resource>, and every resource is a table or
// belongs to one:
//
//	kind    resource                           where the ID comes from
//	table   table/<name>                       it has none
//	index   table/<name>/index/<ID>            the index's name
//	stream  table/<name>/stream/<ID>           when the stream was enabled, as 2006-01-02T15:04:05.000, UTC
//	backup  table/<name>/backup/<ID>           [BackupID] or [SystemBackupID]
//	export  table/<name>/export/<ID>           as for a backup
//	import  table/<name>/import/<ID>           as for a backup
//
// Names of tables and indexes have 3 to 255 characters out of a-z, A-Z, 0-9, underscore, hyphen and dot. The ID of a
// backup, an export or an import is its creation time in milliseconds since 1970, in 14 digits, then a hyphen and 8
// lower-case hexadecimal digits.
//
// # Two steps of checking
//
// [Parse] reads the form and nothing more: it takes every region that could be the name of one, so that emulators may
// call theirs "ddblocal". [ARN.Check] then says whether the service has such a region, in such a partition. Whether
// the region and the account are the caller's own is for the caller to compare.
//
// The service answers the faults of an ARN differently, so both steps name the first [Fault] they find. The
// operations that take a backup's ARN (DescribeBackup, DeleteBackup, RestoreTableFromBackup) answer FaultForm, and
// any ARN that is not a backup's, with "Invalid Backup ARN"; FaultPartition, FaultService and FaultRegion with
// "Invalid Request: BackupArn is not valid"; FaultNoRegion and FaultAccount with AccessDeniedException.
//
// # Concurrency
//
// An [ARN] is a plain value and the functions keep no state: everything here may be used by any number of goroutines
// at once.
package arn
