package integration_test

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// writeBatches writes many items with few calls, and reads them again.
func writeBatches(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Music")
	e.createMusic(c, "Other")
	var writes []types.WriteRequest
	var keys []item
	size, pagesWanted := 390_000, 2
	if e.url != e.fake.URL {
		size, pagesWanted = 100, 1 // megabytes take the race detector too long to do this twice
	}
	lyrics := text(strings.Repeat("x", size))
	for i := range 44 {
		title := fmt.Sprintf("Song %02d", i)
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: song("A", title, "Lyrics", lyrics)}})
		keys = append(keys, song("A", title), song("A", "No "+title))
	}
	e.put(c, "Other", song("X", "Y"))
	write := func(writes ...types.WriteRequest) error {
		out, err := c.BatchWriteItem(e.ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
			"Music": writes,
			"Other": {{DeleteRequest: &types.DeleteRequest{Key: song("X", "Y")}}},
		}})
		if err == nil {
			require.Empty(e, out.UnprocessedItems)
		}
		return err
	}
	require.NoError(e, write(writes[:22]...))
	require.NoError(e, write(writes[22:]...))
	require.Nil(e, e.get(c, "Other", song("X", "Y")))
	requireAPIError(e, write(writes[:25]...), "ValidationException", "")

	// More than 16 MB do not fit into one answer. For the keys that are left, the SDK's paginator asks again.
	found := map[string]bool{}
	pages := 0
	p := dynamodb.NewBatchGetItemPaginator(c, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{"Music": {Keys: keys}},
	})
	for ; p.HasMorePages(); pages++ {
		page, err := p.NextPage(e.ctx)
		require.NoError(e, err)
		for _, title := range titles(e, page.Responses["Music"]) {
			require.False(e, found[title], "%s came twice", title)
			found[title] = true
		}
	}
	require.Len(e, found, 44)
	require.Equal(e, pagesWanted, pages)

	_, err := c.BatchGetItem(e.ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{"Music": {Keys: []item{keys[0], keys[0]}}},
	})
	requireAPIError(e, err, "ValidationException", "Provided list of item keys contains duplicates")
	_, err = c.BatchGetItem(e.ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{"Nowhere": {Keys: keys[:1]}},
	})
	require.ErrorAs(e, err, new(*types.ResourceNotFoundException))
}

// writeTransactions moves money between accounts: all of a transaction happens, or nothing and the reasons are told.
func writeTransactions(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Accounts")
	account := func(name, balance string) item {
		return song(name, "account", "Balance", number(balance))
	}
	e.put(c, "Accounts", account("Alice", "100"), account("Bob", "0"))
	move := func(amount, token string) error {
		add := func(name, sign string, condition *string) types.TransactWriteItem {
			values := item{":x": number(sign + amount)}
			if condition != nil {
				values[":least"] = number(amount)
			}
			return types.TransactWriteItem{Update: &types.Update{
				TableName: aws.String("Accounts"), Key: song(name, "account"), UpdateExpression: aws.String("ADD Balance :x"),
				ConditionExpression: condition, ExpressionAttributeValues: values,
				ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
			}}
		}
		in := &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			add("Alice", "-", aws.String("Balance >= :least")), add("Bob", "", nil),
			{Put: &types.Put{TableName: aws.String("Accounts"), Item: song("Log", token+amount)}},
			{ConditionCheck: &types.ConditionCheck{
				TableName: aws.String("Accounts"), Key: song("Frozen", "account"),
				ConditionExpression: aws.String("attribute_not_exists(Artist)"),
			}},
		}}
		if token != "" {
			in.ClientRequestToken = &token
		}
		_, err := c.TransactWriteItems(e.ctx, in)
		return err
	}
	balances := func() (all []string) {
		out, err := c.TransactGetItems(e.ctx, &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
			{Get: &types.Get{TableName: aws.String("Accounts"), Key: song("Alice", "account")}},
			{Get: &types.Get{TableName: aws.String("Accounts"), Key: song("Nobody", "account")}},
			{Get: &types.Get{TableName: aws.String("Accounts"), Key: song("Bob", "account")}},
		}})
		require.NoError(e, err)
		require.Len(e, out.Responses, 3)
		require.Empty(e, out.Responses[1].Item)
		for _, i := range []int{0, 2} {
			all = append(all, out.Responses[i].Item["Balance"].(*types.AttributeValueMemberN).Value)
		}
		return all
	}
	require.NoError(e, move("30", ""))
	require.Equal(e, []string{"70", "30"}, balances())

	var canceled *types.TransactionCanceledException
	require.ErrorAs(e, move("71", ""), &canceled)
	require.Contains(e, canceled.ErrorMessage(), "[ConditionalCheckFailed, None, None, None]")
	require.Len(e, canceled.CancellationReasons, 4)
	require.Equal(e, "ConditionalCheckFailed", *canceled.CancellationReasons[0].Code)
	require.Equal(e, "The conditional request failed", *canceled.CancellationReasons[0].Message)
	require.Equal(e, account("Alice", "70"), canceled.CancellationReasons[0].Item)
	require.Equal(e, "None", *canceled.CancellationReasons[1].Code)
	require.Nil(e, canceled.CancellationReasons[1].Message)
	require.Equal(e, []string{"70", "30"}, balances())

	// A request with the same token is the same transaction, and not another.
	require.NoError(e, move("20", "token-1"))
	require.NoError(e, move("20", "token-1"))
	require.Equal(e, []string{"50", "50"}, balances())
	require.ErrorAs(e, move("10", "token-1"), new(*types.IdempotentParameterMismatchException))
	require.Equal(e, []string{"50", "50"}, balances())

	// A transaction is in a backup as a whole.
	arn := e.backUp(c, "Accounts", "balanced").BackupArn
	require.NoError(e, move("50", ""))
	e.restore(c, arn, "Accounts-restored")
	require.Equal(e, number("50"), e.get(c, "Accounts-restored", song("Alice", "account"))["Balance"])
	require.Equal(e, number("50"), e.get(c, "Accounts-restored", song("Bob", "account"))["Balance"])
}
