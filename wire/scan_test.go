package wire_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestScanVisitsEachItemOnce(t *testing.T) {
	e := forum(t)
	for index, want := range map[string]int{
		"": 8, `'IndexName': 'ByDate', `: 8, `'IndexName': 'ByAuthor', `: 8, `'IndexName': 'ByTag', `: 3,
	} {
		for limit := 1; limit <= 9; limit++ {
			list := e.pages("Scan", fmt.Sprintf("%s%s'Limit': %d", inThreads, index, limit))
			require.Len(t, list, want/limit+1)
			seen := map[string]bool{}
			for _, p := range list {
				require.Equal(t, p.Count, p.ScannedCount)
				for _, item := range p.Items {
					seen[item.Project("Forum", "Subject").String()] = true
				}
			}
			require.Len(t, seen, want, "limit %d of %q", limit, index)
		}
	}
	require.Equal(t, `{"Count":8,"ScannedCount":8}`, e.ok("Scan", inThreads+`'Select': 'COUNT', 'ConsistentRead': true}`))
}

func TestSegmentsTogetherHoldAll(t *testing.T) {
	e := newEndpoint(t)
	e.threads()
	for n := range 40 {
		e.thread(fmt.Sprintf("f%d", n), n, "text")
	}
	for _, index := range []string{"", `'IndexName': 'ByDate', `, `'IndexName': 'ByAuthor', `} {
		for _, total := range []int{1, 2, 7, 1000000} {
			var subjects []string
			for segment := range min(total, 7) {
				if total == 1000000 {
					segment = total - 1 - segment
				}
				list := e.pages("Scan", fmt.Sprintf("%s%s'Segment': %d, 'TotalSegments': %d, 'Limit': 3",
					inThreads, index, segment, total))
				subjects = append(subjects, values(list, "Subject")...)
			}
			if total < 1000000 {
				require.Len(t, subjects, 40, "%d segments of %q", total, index)
			}
			unique := map[string]bool{}
			for _, s := range subjects {
				require.False(t, unique[s], "%s is in two segments", s)
				unique[s] = true
			}
		}
	}
}

func TestScanFiltersWhatTheIndexHolds(t *testing.T) {
	e := forum(t)
	const byText = `'FilterExpression': '#t = :t', 'ExpressionAttributeNames': {'#t': 'Text'}, 'Select': 'COUNT',
		'ExpressionAttributeValues': {':t': {'S': 'text'}}}`
	e.answers("Scan", inThreads+byText, `{'Count': 8, 'ScannedCount': 8}`)
	e.answers("Scan", inThreads+`'IndexName': 'ByTag', `+byText, `{'Count': 3, 'ScannedCount': 3}`)
	for _, index := range []string{"ByDate", "ByAuthor"} {
		e.answers("Scan", inThreads+`'IndexName': '`+index+`', `+byText, `{'Count': 0, 'ScannedCount': 8}`)
	}
	e.answers("Scan", inThreads+`'FilterExpression': 'Forum = :r AND begins_with(Subject, :s)',
		'ProjectionExpression': 'Subject', 'ExpressionAttributeValues': {':r': {'S': 'Rust'}, ':s': {'S': 's'}}}`,
		`{'Count': 1, 'ScannedCount': 8, 'Items': [{'Subject': {'S': 's01'}}]}`) // unlike a Query it may look at the key
}
