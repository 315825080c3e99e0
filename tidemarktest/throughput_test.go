package tidemarktest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/tidemarktest"
)

// A program that writes faster than its table allows is told so, and can go on after a while. Backups do not count.
func TestWithThroughput(t *testing.T) {
	ep := tidemarktest.Start(t, tidemarktest.WithThroughput())
	c := clientOf(ep)
	c.ok(t, "CreateTable", `{'TableName': 'Music', 'KeySchema': [{'AttributeName': 'Song', 'KeyType': 'HASH'}],
		'AttributeDefinitions': [{'AttributeName': 'Song', 'AttributeType': 'S'}],
		'ProvisionedThroughput': {'ReadCapacityUnits': 1, 'WriteCapacityUnits': 2}}`)
	written := 0
	write := func() (exceeded bool) {
		a, err := c.try(t.Context(), "PutItem", fmt.Sprintf(`{'TableName': 'Music', 'Item': {'Song': {'S': '%d'}}}`, written))
		require.NoError(t, err)
		if a.status == 200 {
			written++
			return false
		}
		require.Equal(t, "ProvisionedThroughputExceededException: The level of configured provisioned throughput for the "+
			"table was exceeded. Consider increasing your provisioning level with the UpdateTable API.", a.exception())
		return true
	}
	for !write() {
	}
	require.Equal(t, 2, written)
	for range 10 {
		c.ok(t, "CreateBackup", `{'TableName': 'Music', 'BackupName': 'often'}`)
	}
	require.True(t, write())
	ep.Clock.Advance(time.Second)
	for !write() {
	}
	require.Equal(t, 4, written)
}
