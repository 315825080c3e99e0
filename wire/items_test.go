package wire_test

import "testing"

func TestItems(t *testing.T) {
	e := newEndpoint(t)
	e.music()
	const key = `'Key': {'Artist': {'S': 'A'}, 'Song': {'S': 'x'}}`
	e.answers("GetItem", `{'TableName': 'Music', `+key+`}`, `{}`)
	e.answers("PutItem", `{'TableName': 'Music', 'Item': {'Artist': {'S': 'A'}, 'Song': {'S': 'x'}, 'Plays': {'N': '1'}}}`, `{}`)
	e.answers("UpdateItem", `{'TableName': 'Music', `+key+`, 'UpdateExpression': 'ADD Plays :one',
		'ExpressionAttributeValues': {':one': {'N': '1'}}, 'ReturnValues': 'UPDATED_NEW'}`, `{'Attributes': {'Plays': {'N': '2'}}}`)
	e.answers("GetItem", `{'TableName': 'Music', `+key+`, 'ProjectionExpression': 'Plays'}`, `{'Item': {'Plays': {'N': '2'}}}`)
	e.refuses("DeleteItem", `{'TableName': 'Music', `+key+`, 'ConditionExpression': 'Plays > :n',
		'ExpressionAttributeValues': {':n': {'N': '5'}}}`, "ConditionalCheckFailedException", "The conditional request failed")
	e.answers("DeleteItem", `{'TableName': 'Music', `+key+`, 'ReturnValues': 'ALL_OLD'}`,
		`{'Attributes': {'Artist': {'S': 'A'}, 'Song': {'S': 'x'}, 'Plays': {'N': '2'}}}`)
}
