package differential_test

import (
	"strings"
	"testing"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/stretchr/testify/require"
)

// hasStreams reports whether the tables of a sequence have streams, which are compared. DynamoDB Local keeps those of
// tables that are gone, and becomes slow by that.
func hasStreams(k *servers.Kind, seed uint64) bool {
	return k == servers.Kinds[0] || k.Name == local && seed%4 == 0
}

// checkStreams compares the records of the streams item by item. A session whose tables had to be made alike has others.
func (s *session) checkStreams() *finding {
	for _, table := range s.tables {
		if !table.streams || s.aligned {
			continue
		}
		r := trial{op: "GetRecords", body: obj{"TableName": table.name}}
		var points []point
		for _, p := range differences(nil, "", s.ours.records(s, table), s.theirs.records(s, table)) {
			_, within, _ := strings.Cut(p.at, "}}") // without the key
			points = append(points, point{"Records" + within, p.ours, p.theirs})
		}
		if points = s.unexplained(r, points); len(points) > 0 {
			return &finding{request: r, points: points}
		}
	}
	return nil
}

// records returns what a stream has of each item, by the text of its key.
func (s *side) records(t testing.TB, table *shape) obj {
	t.Helper()
	ask := func(op string, body obj) obj {
		a, err := s.send(op, body)
		require.NoError(t, err)
		require.True(t, a.taken(), "%s: %s %s: %s", s.name, op, jsonText(body), a.text())
		return a.body
	}
	arn := ask("DescribeTable", obj{"TableName": table.name})["Table"].(obj)["LatestStreamArn"]
	all := obj{}
	for _, shard := range list(ask("DescribeStream", obj{"StreamArn": arn})["StreamDescription"].(obj)["Shards"]) {
		iterator := ask("GetShardIterator", obj{"StreamArn": arn, "ShardId": shard.(obj)["ShardId"],
			"ShardIteratorType": "TRIM_HORIZON"})["ShardIterator"]
		for iterator != nil {
			page := ask("GetRecords", obj{"ShardIterator": iterator})
			records := list(page["Records"])
			for _, record := range records {
				record := normal(record).(obj)
				key := jsonText(record["dynamodb"].(obj)["Keys"])
				all[key] = append(list(all[key]), record)
			}
			if iterator = page["NextShardIterator"]; len(records) == 0 {
				break
			}
		}
	}
	return all
}
