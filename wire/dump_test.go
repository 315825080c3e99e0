package wire_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/snapshot"
)

// dump tells all that an endpoint holds: tables with their settings and items, and backups with what is in them. Two
// dumps at the same time of the clock are equal if nothing has changed. It asks the wire for descriptions, so an
// endpoint that bounds the rate of calls cannot be dumped.
func dump(e *endpoint) string {
	e.Helper()
	var b strings.Builder
	ctx := context.Background()
	for after := ""; ; {
		names, last, err := e.tables.ListTables(ctx, after, 100)
		require.NoError(e, err)
		for _, name := range names {
			dumpTable(e, &b, name)
		}
		if after = last; last == "" {
			break
		}
	}
	for in := (backup.ListInput{Type: backup.All}); ; {
		list, last, err := e.backups.ListBackups(ctx, in)
		require.NoError(e, err)
		for _, s := range list {
			_, answer := e.send("DescribeBackup", fmt.Sprintf(`{"BackupArn": %q}`, s.ARN))
			fmt.Fprintf(&b, "backup %s\n", answer)
			if kept, err := e.backups.Snapshot(ctx, s.ARN); err == nil {
				for item := range kept.All() {
					fmt.Fprintf(&b, "  %s\n", item.AppendJSON(nil))
				}
			}
		}
		if in.ExclusiveStart = last; last == "" {
			return b.String()
		}
	}
}

// dumpTable tells of one table. Where it cannot be asked for something, the refusal is part of what is told.
func dumpTable(e *endpoint, b *strings.Builder, name string) {
	request := fmt.Sprintf(`{"TableName": %q}`, name)
	fmt.Fprintf(b, "table %s\n", name)
	for _, operation := range []string{
		"DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "DescribeContributorInsights",
		"DescribeKinesisStreamingDestination",
	} {
		_, answer := e.send(operation, request)
		fmt.Fprintf(b, "  %s\n", answer)
	}
	streams, _, err := e.tables.ListStreams(context.Background(), name, "", 0)
	require.NoError(e, err)
	for _, s := range streams {
		d, err := s.Describe()
		fmt.Fprintf(b, "  %v %v\n", d, err)
		for r, err := range s.Records("") {
			fmt.Fprintf(b, "  %v %v\n", r, err)
		}
	}
	arn := "arn:aws:dynamodb:" + e.tables.Region() + ":" + e.tables.Account() + ":table/" + name
	for _, operation := range []string{"ListTagsOfResource", "GetResourcePolicy"} {
		_, answer := e.send(operation, fmt.Sprintf(`{"ResourceArn": %q}`, arn))
		fmt.Fprintf(b, "  %s\n", answer)
	}
	t, err := e.tables.Table(name)
	if err != nil {
		fmt.Fprintf(b, "  %v\n", err)
		return
	}
	for item, err := range t.Items(snapshot.Query{}) {
		require.NoError(e, err)
		fmt.Fprintf(b, "  %s\n", item.AppendJSON(nil))
	}
}

// changesNothing runs fn and requires that all is as it was.
func (e *endpoint) changesNothing(fn func()) {
	e.Helper()
	before := dump(e)
	fn()
	if after := dump(e); after != before {
		require.Equal(e, before, after, "something has changed")
	}
}

// Every kind of change shows in a dump; otherwise nobody would notice it.
func TestDumpShowsEveryChange(t *testing.T) {
	e := newEndpoint(t)
	seen := dump(e)
	require.Empty(t, seen)
	e.music()
	const item = `'Artist': {'S': 'A'}, 'Song': {'S': 'x'}`
	const table = `'TableName': 'Music'`
	arn := `'ResourceArn': 'arn:aws:dynamodb:us-east-1:123456789012:table/Music'`
	for _, change := range [][2]string{
		{"PutItem", `{` + table + `, 'Item': {` + item + `}}`},
		{"CreateBackup", `{` + table + `, 'BackupName': 'nightly'}`},
		{"PutItem", `{` + table + `, 'Item': {` + item + `, 'Plays': {'N': '1'}}}`},
		{"UpdateTimeToLive", `{` + table + `, 'TimeToLiveSpecification': {'AttributeName': 'At', 'Enabled': true}}`},
		{"TagResource", `{` + arn + `, 'Tags': [{'Key': 'a', 'Value': 'b'}]}`},
		{"UpdateContributorInsights", `{` + table + `, 'ContributorInsightsAction': 'ENABLE'}`},
		{"EnableKinesisStreamingDestination", `{` + table + `,
			'StreamArn': 'arn:aws:kinesis:us-east-1:123456789012:stream/changes'}`},
		{"PutResourcePolicy", `{` + arn + `, 'ConfirmRemoveSelfResourceAccess': true, 'Policy':
			'{\'Statement\': {\'Effect\': \'Deny\', \'Principal\': \'*\', \'Action\': \'*\', \'Resource\': \'*\'}}'}`},
		{"UpdateContinuousBackups", `{` + table + `,
			'PointInTimeRecoverySpecification': {'PointInTimeRecoveryEnabled': true}}`},
		{"UpdateTable", `{` + table + `, 'DeletionProtectionEnabled': true}`},
		{"DeleteItem", `{` + table + `, 'Key': {` + item + `}}`},
	} {
		e.ok(change[0], change[1])
		now := dump(e)
		require.NotEqual(t, seen, now, change[0])
		seen = now
	}
	e.changesNothing(func() { e.ok("DescribeTable", `{`+table+`}`) })
}
