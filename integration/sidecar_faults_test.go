package integration_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"
)

const shelfSize = 1500 // items, so that a restore is in its middle for a while

// fillShelf makes a table of that many items.
func (s *sidecar) fillShelf(name string) {
	s.Helper()
	s.create(musicTable(name))
	for n := 0; n < shelfSize; {
		var requests []types.WriteRequest
		for ; len(requests) < 25; n++ {
			requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{
				Item: song(fmt.Sprint("Artist ", n%7), fmt.Sprint("Song ", n), "Number", number(fmt.Sprint(n)))}})
		}
		out, err := s.client.BatchWriteItem(s.ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{name: requests},
		})
		require.NoError(s, err)
		require.Empty(s, out.UnprocessedItems)
	}
}

// watchGone waits until a table that was being restored is gone again, and checks that nobody sees into it meanwhile.
// While the upstream is away the sidecar cannot know more than that it is.
func (s *sidecar) watchGone(name string) {
	s.Helper()
	s.until(name+" to be gone", func() bool {
		_, err := s.client.Scan(s.ctx, &dynamodb.ScanInput{TableName: &name})
		if !isNotFound(err) {
			s.requireFailure(err)
		}
		out, err := s.client.DescribeTable(s.ctx, &dynamodb.DescribeTableInput{TableName: &name})
		if isNotFound(err) {
			return true
		}
		if err == nil {
			require.Equal(s, types.TableStatusCreating, out.Table.TableStatus, "a half table is never ACTIVE")
		} else {
			s.requireFailure(err)
		}
		return false
	})
}

// requireFailure checks that an error is a fault of a server, which clients try again.
func (s *sidecar) requireFailure(err error) {
	s.Helper()
	var failure *smithyhttp.ResponseError
	require.ErrorAs(s, err, &failure)
	require.GreaterOrEqual(s, failure.HTTPStatusCode(), 500, err)
}

// restored returns what the sidecar says of the last restore of a table.
func (s *sidecar) restored(table string) (r struct {
	Table, Error string
	Items, Total int
	Ended        *time.Time
	Stuck        bool
}) {
	s.Helper()
	all := struct{ Restores []json.RawMessage }{}
	s.control("restores", &all)
	for _, one := range all.Restores {
		require.NoError(s, json.Unmarshal(one, &r))
		if r.Table == table {
			return r
		}
	}
	require.Fail(s, "the sidecar knows of no restore of "+table)
	return r
}

// watchFail waits until a restore has failed: nobody sees into its table before, and then there is none.
func (s *sidecar) watchFail(table string) {
	s.Helper()
	s.watchGone(table)
	s.until("the restore to end", func() bool { return s.restored(table).Ended != nil })
	r := s.restored(table)
	require.NotEmpty(s, r.Error)
	require.False(s, r.Stuck, r.Error)
	require.Less(s, r.Items, r.Total)
	_, err := s.direct.DescribeTable(s.ctx, &dynamodb.DescribeTableInput{TableName: &table})
	require.True(s, isNotFound(err), "the upstream has no half table: %v", err)
}

// A restore whose writes begin to be refused leaves no table, and the backup is as good as before.
func TestSidecarRestoreThatFails(t *testing.T) {
	t.Parallel()
	overLines(t, func(t *testing.T, s *sidecar, l *line) {
		s.fillShelf("Shelf")
		want := s.contents(s.direct, "Shelf")
		arn := s.backUp("Shelf")
		for _, code := range []string{"AccessDeniedException", "ValidationException"} {
			var written atomic.Int64
			l.on(func(operation string) mishap {
				if operation == "BatchWriteItem" && written.Add(1) > 20 {
					return mishap{status: 400, code: code}
				}
				return mishap{}
			})
			s.beginRestore(arn, "ShelfAgain")
			s.watchFail("ShelfAgain")
			l.on(nil)
		}
		s.restore(arn, "ShelfAgain")
		require.Equal(t, want, s.contents(s.direct, "ShelfAgain"))
		s.drop("Shelf", "ShelfAgain")
	})
}

// An upstream that fails for so long that a restore and a backup are given up: the table is deleted when the upstream
// is back, the backup is none, and its client is told that it may try again.
func TestSidecarUpstreamAway(t *testing.T) {
	t.Parallel()
	upstream, err := servers.Plain.Start()
	require.NoError(t, err)
	t.Cleanup(upstream.Kill)
	l := newLine(t, upstream.URL)
	s := startSidecar(t, l.url)
	s.upstream, s.direct = upstream.URL, s.clientOf(upstream.URL)
	s.fillShelf("Away")
	want := s.contents(s.direct, "Away")
	arn := s.backUp("Away")
	var written, deletions atomic.Int64
	l.on(func(operation string) mishap {
		if operation == "BatchWriteItem" {
			written.Add(1)
		}
		return mishap{cut: written.Load() > 20}
	})
	s.beginRestore(arn, "AwayAgain")
	s.until("the restore to be in its middle", func() bool { return written.Load() > 20 })
	l.on(func(operation string) mishap {
		switch operation {
		case "DescribeTable", "DescribeTimeToLive":
			return mishap{}
		case "Scan":
			return mishap{status: 500, code: "InternalFailure"}
		case "DeleteTable":
			deletions.Add(1)
		}
		return mishap{cut: true}
	})
	_, err = s.client.CreateBackup(s.ctx, &dynamodb.CreateBackupInput{
		TableName: aws.String("Away"), BackupName: aws.String("never"),
	})
	s.requireFailure(err)
	require.Len(t, s.backups("Away", types.BackupTypeFilterAll), 1)
	s.until("the restore to be given up", func() bool { return deletions.Load() > 0 })
	l.on(nil)
	s.watchFail("AwayAgain")
	s.restore(arn, "AwayAgain")
	require.Equal(t, want, s.contents(s.direct, "AwayAgain"))
}

// One that cannot be reached for a moment, or answers nonsense, only makes a restore take longer.
func TestSidecarRestoreGoesOn(t *testing.T) {
	t.Parallel()
	overLines(t, func(t *testing.T, s *sidecar, l *line) {
		s.fillShelf("Bumpy")
		arn := s.backUp("Bumpy")
		mishaps := map[int64]mishap{
			10: {cut: true}, 20: {lost: true}, 30: {status: 500, code: "InternalServerError"},
			40: {status: 503, code: "ServiceUnavailable"},
			50: {answer: func([]byte) []byte { return []byte("<html>gateway</html>") }},
		}
		var written atomic.Int64
		l.on(func(operation string) mishap {
			if operation == "BatchWriteItem" {
				return mishaps[written.Add(1)]
			}
			return mishap{}
		})
		s.restore(arn, "BumpyAgain")
		require.Equal(t, s.contents(s.direct, "Bumpy"), s.contents(s.direct, "BumpyAgain"))
		require.Greater(t, written.Load(), int64(shelfSize/25))
		require.Empty(t, s.restored("BumpyAgain").Error)
		s.drop("Bumpy", "BumpyAgain")
	})
}

// An upstream that is too busy now and then only makes a restore take longer.
func TestSidecarRestoreThrottled(t *testing.T) {
	t.Parallel()
	overLines(t, func(t *testing.T, s *sidecar, l *line) {
		s.fillShelf("Slow")
		arn := s.backUp("Slow")
		var written atomic.Int64
		l.on(func(operation string) mishap {
			if operation != "BatchWriteItem" {
				return mishap{}
			}
			switch written.Add(1) {
			case 5, 6, 20:
				return mishap{status: 400, code: "ProvisionedThroughputExceededException"}
			case 9:
				return mishap{status: 400, code: "ThrottlingException"}
			case 15, 30:
				return mishap{answer: func(body []byte) []byte { // nothing was written
					var in struct{ RequestItems json.RawMessage }
					if err := json.Unmarshal(body, &in); err != nil {
						return nil
					}
					return slices.Concat([]byte(`{"UnprocessedItems":`), in.RequestItems, []byte("}"))
				}}
			}
			return mishap{}
		})
		s.restore(arn, "SlowAgain")
		require.Equal(t, s.contents(s.direct, "Slow"), s.contents(s.direct, "SlowAgain"))
		require.Greater(t, written.Load(), int64(shelfSize/25))
		s.drop("Slow", "SlowAgain")
	})
}

// A backup that the upstream refuses to be read for is none, and holds nobody up. What goes wrong only now and then is
// asked for again.
func TestSidecarBackupBesideMishaps(t *testing.T) {
	t.Parallel()
	overLines(t, func(t *testing.T, s *sidecar, l *line) {
		s.fillShelf("Torn")
		var scans atomic.Int64
		meet := func(mishaps ...mishap) {
			scans.Store(0)
			l.on(func(operation string) mishap {
				if n := int(scans.Load()); operation == "Scan" && n < len(mishaps) {
					scans.Add(1)
					return mishaps[n]
				}
				return mishap{}
			})
		}
		meet(slices.Repeat([]mishap{{status: 400, code: "AccessDeniedException"}}, 100)...)
		_, err := s.client.CreateBackup(s.ctx, &dynamodb.CreateBackupInput{
			TableName: aws.String("Torn"), BackupName: aws.String("torn"),
		})
		require.Error(t, err)
		require.Empty(t, s.backups("Torn", types.BackupTypeFilterAll))
		s.put("Torn", song("after", "the refusal"))
		meet(mishap{cut: true}, mishap{lost: true}, mishap{status: 500, code: "InternalFailure"},
			mishap{status: 503, code: "ServiceUnavailable"}, mishap{status: 400, code: "ThrottlingException"})
		arn := s.backUp("Torn")
		require.EqualValues(t, 5, scans.Load())
		l.on(nil)
		s.restore(arn, "TornAgain")
		require.Equal(t, s.contents(s.direct, "Torn"), s.contents(s.direct, "TornAgain"))
		s.drop("Torn", "TornAgain")
	})
}

// Writes whose answers are lost on the way back were done all the same. Backups and recovery know.
func TestSidecarLostAnswers(t *testing.T) {
	t.Parallel()
	overLines(t, func(t *testing.T, s *sidecar, l *line) {
		s.create(musicTable("Lost"))
		s.put("Lost", song("A", "1"), song("A", "2"))
		s.setRecovery("Lost", true)
		l.on(func(operation string) mishap {
			return mishap{lost: operation == "PutItem" || operation == "DeleteItem"}
		})
		_, err := s.client.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: aws.String("Lost"), Item: song("A", "3")})
		s.requireFailure(err)
		_, err = s.client.DeleteItem(s.ctx, &dynamodb.DeleteItemInput{TableName: aws.String("Lost"), Key: song("A", "1")})
		s.requireFailure(err)
		l.on(nil)
		want := s.contents(s.direct, "Lost")
		require.Len(t, want, 2)
		s.restore(s.backUp("Lost"), "LostBackup")
		s.nextSecond()
		_, err = s.recoverAt("Lost", "LostLatest", nil)
		require.NoError(t, err)
		s.await("LostLatest")
		s.drop("Lost")
		left := s.backups("Lost", types.BackupTypeFilterSystem)
		require.Len(t, left, 1)
		s.restore(left[0].BackupArn, "Lost")
		for _, name := range []string{"LostBackup", "LostLatest", "Lost"} {
			require.Equal(t, want, s.contents(s.direct, name), name)
		}
		s.drop("Lost", "LostBackup", "LostLatest")
	})
}

// The upstream is killed in the middle of a restore, and another one, with nothing in it, takes its place. What the
// sidecar has backed up can be brought back there.
func TestSidecarUpstreamKilled(t *testing.T) {
	t.Parallel()
	first, err := servers.Plain.Start()
	require.NoError(t, err)
	t.Cleanup(first.Kill)
	l := newLine(t, first.URL)
	s := startSidecar(t, l.url)
	s.upstream, s.direct = first.URL, s.clientOf(first.URL)
	s.fillShelf("Mortal")
	want := s.contents(s.direct, "Mortal")
	arn := s.backUp("Mortal")
	var written atomic.Int64
	var killing sync.Once
	l.on(func(operation string) mishap {
		if operation == "BatchWriteItem" && written.Add(1) > 20 {
			killing.Do(first.Kill)
		}
		return mishap{}
	})
	s.beginRestore(arn, "MortalAgain")
	s.until("the restore to be in its middle", func() bool { return written.Load() > 20 })
	<-first.Ended
	_, err = s.client.GetItem(s.ctx, &dynamodb.GetItemInput{TableName: aws.String("Mortal"), Key: song("A", "B")})
	s.requireFailure(err)
	second, err := servers.Plain.Start("-addr", strings.TrimPrefix(first.URL, "http://"))
	require.NoError(t, err)
	t.Cleanup(second.Kill)
	s.watchFail("MortalAgain")
	tables, err := s.client.ListTables(s.ctx, &dynamodb.ListTablesInput{})
	require.NoError(t, err)
	require.Empty(t, tables.TableNames)
	s.restore(arn, "Mortal")
	require.Equal(t, want, s.contents(s.direct, "Mortal"))
}

// A sidecar that is asked to end in the middle of a restore deletes the half table before it does.
func TestSidecarEnds(t *testing.T) {
	t.Parallel()
	overLines(t, func(t *testing.T, s *sidecar, l *line) {
		s.fillShelf("Ending")
		arn := s.backUp("Ending")
		var written atomic.Int64
		l.on(func(operation string) mishap {
			if operation == "BatchWriteItem" && written.Add(1) > 20 {
				return mishap{status: 400, code: "ThrottlingException"} // so that it stays in its middle
			}
			return mishap{}
		})
		s.beginRestore(arn, "EndingAgain")
		s.until("the restore to be in its middle", func() bool { return written.Load() > 20 })
		_, err := s.direct.DescribeTable(s.ctx, &dynamodb.DescribeTableInput{TableName: aws.String("EndingAgain")})
		require.NoError(t, err)
		require.NoError(t, s.server.Stop(), "it ends in order")
		_, err = s.direct.DescribeTable(s.ctx, &dynamodb.DescribeTableInput{TableName: aws.String("EndingAgain")})
		require.True(t, isNotFound(err), "%v", err)
		_, err = s.direct.DeleteTable(s.ctx, &dynamodb.DeleteTableInput{TableName: aws.String("Ending")})
		require.NoError(t, err)
	})
}
