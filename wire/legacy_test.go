package wire_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUnprocessedAttributesToGet: what could not be answered is given back with the attributes that were asked for, so
// that it can be sent again as it is.
func TestUnprocessedAttributesToGet(t *testing.T) {
	e := library(t)
	const size = 300 << 10
	keys := make([]string, 60)
	for i := range keys {
		keys[i] = fmt.Sprintf(`{'ISBN': {'S': '%d'}}`, i)
		e.ok("PutItem", fmt.Sprintf(`{'TableName': 'Books', 'Item': {'ISBN': {'S': '%d'}, 'Text': {'S': '%s'}}}`,
			i, strings.Repeat("x", size)))
	}
	request := fmt.Sprintf(`{"RequestItems": {"Books": {"AttributesToGet": ["Title", "ISBN"], "Keys": [%s]}}}`,
		strings.ReplaceAll(strings.Join(keys, ","), "'", `"`))
	seen := 0
	for rounds := 0; ; rounds++ {
		require.Less(t, rounds, 3)
		status, text := e.do("BatchGetItem", request)
		require.Equal(t, 200, status, text)
		var answer struct {
			Responses       map[string][]map[string]any
			UnprocessedKeys map[string]json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(text), &answer))
		for _, item := range answer.Responses["Books"] {
			require.Len(t, item, 1)
			require.Contains(t, item, "ISBN")
			seen++
		}
		if len(answer.UnprocessedKeys) == 0 {
			break
		}
		require.Contains(t, string(answer.UnprocessedKeys["Books"]), `{"AttributesToGet":["Title","ISBN"],"Keys":[`)
		again, err := json.Marshal(map[string]any{"RequestItems": answer.UnprocessedKeys})
		require.NoError(t, err)
		request = string(again)
	}
	require.Equal(t, len(keys), seen)
}

// TestLegacyStrangers: a transaction has no parameters from before expressions, so there they mean nothing.
func TestLegacyStrangers(t *testing.T) {
	e := library(t)
	e.ok("PutItem", `{'TableName': 'Books', 'Item': {'ISBN': {'S': '1'}, 'Title': {'S': 'Emma'}}}`)
	e.ok("TransactWriteItems", `{'Expected': {'ISBN': {'Exists': false}}, 'TransactItems': [{'Delete': {'TableName': 'Books',
		'Key': {'ISBN': {'S': '1'}}, 'Expected': {'ISBN': {'Exists': false}}, 'ConditionalOperator': 'OR'}}]}`)
	e.ok("PutItem", `{'TableName': 'Books', 'Item': {'ISBN': {'S': '1'}, 'Title': {'S': 'Emma'}}}`)
	e.answers("TransactGetItems", `{'AttributesToGet': ['ISBN'], 'TransactItems': [{'Get': {'TableName': 'Books',
		'Key': {'ISBN': {'S': '1'}}, 'AttributesToGet': ['ISBN']}}]}`,
		`{'Responses': [{'Item': {'ISBN': {'S': '1'}, 'Title': {'S': 'Emma'}}}]}`)
}

// TestExpectedGivesItemBack: the item that was not as expected comes with the refusal, if it was asked for.
func TestExpectedGivesItemBack(t *testing.T) {
	e := library(t)
	e.ok("PutItem", `{'TableName': 'Books', 'Item': {'ISBN': {'S': '1'}, 'Title': {'S': 'Emma'}}}`)
	for _, operation := range []string{"DeleteItem", "UpdateItem"} {
		status, answer := e.do(operation, strings.ReplaceAll(`{'TableName': 'Books', 'Key': {'ISBN': {'S': '1'}},
			'Expected': {'Title': {'Value': {'S': 'Persuasion'}}}, 'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'}`, "'", `"`))
		require.Equal(t, 400, status)
		require.Contains(t, answer, `"Item":{"ISBN":{"S":"1"},"Title":{"S":"Emma"}}`)
	}
}
