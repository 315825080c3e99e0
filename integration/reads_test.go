package integration_test

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// titles are the sort keys of items, in their order.
func titles(e *endpoint, items []item) []string {
	var songs []struct{ SongTitle string }
	require.NoError(e, attributevalue.UnmarshalListOfMaps(items, &songs))
	var all []string
	for _, s := range songs {
		all = append(all, s.SongTitle)
	}
	return all
}

// readPages queries and scans in pages, with the conditions that the expression builder makes.
func readPages(e *endpoint, c *dynamodb.Client) {
	in := musicTable("Music")
	in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
		AttributeName: aws.String("Year"), AttributeType: types.ScalarAttributeTypeN,
	})
	in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{{
		IndexName: aws.String("ByYear"),
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("Year"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("SongTitle"), KeyType: types.KeyTypeRange},
		},
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
	}}
	_, err := c.CreateTable(e.ctx, in)
	require.NoError(e, err)
	var all []string
	for i := range 20 {
		title := fmt.Sprintf("Song %02d", i)
		all = append(all, title)
		e.put(c, "Music", song("A", title, "Year", number(fmt.Sprint(2000+i%4))), song("B", title))
	}

	key := expression.Key("Artist").Equal(expression.Value("A"))
	sortKey := expression.Key("SongTitle")
	for name, tt := range map[string]struct {
		key  expression.KeyConditionBuilder
		want []string
	}{
		"all":         {key, all},
		"equal":       {key.And(sortKey.Equal(expression.Value("Song 07"))), all[7:8]},
		"between":     {key.And(sortKey.Between(expression.Value("Song 03"), expression.Value("Song 09"))), all[3:10]},
		"begins with": {key.And(sortKey.BeginsWith("Song 1")), all[10:20]},
		"less":        {key.And(sortKey.LessThan(expression.Value("Song 05"))), all[0:5]},
		"at least":    {key.And(sortKey.GreaterThanEqual(expression.Value("Song 18"))), all[18:20]},
		"none":        {key.And(sortKey.GreaterThan(expression.Value("Z"))), nil},
	} {
		for _, forward := range []bool{true, false} {
			x, err := expression.NewBuilder().WithKeyCondition(tt.key).Build()
			require.NoError(e, err)
			var got []item
			p := dynamodb.NewQueryPaginator(c, &dynamodb.QueryInput{
				TableName: aws.String("Music"), Limit: aws.Int32(3), ScanIndexForward: aws.Bool(forward),
				KeyConditionExpression:   x.KeyCondition(),
				ExpressionAttributeNames: x.Names(), ExpressionAttributeValues: x.Values(),
			})
			for p.HasMorePages() {
				page, err := p.NextPage(e.ctx)
				require.NoError(e, err, name)
				require.LessOrEqual(e, len(page.Items), 3, name)
				got = append(got, page.Items...)
			}
			want := slices.Clone(tt.want)
			if !forward {
				slices.Reverse(want)
			}
			require.Equal(e, want, titles(e, got), "%s, forward: %t", name, forward)
		}
	}

	x, err := expression.NewBuilder().WithKeyCondition(expression.Key("Year").Equal(expression.Value(2001))).
		WithProjection(expression.NamesList(expression.Name("SongTitle"))).Build()
	require.NoError(e, err)
	byYear, err := c.Query(e.ctx, &dynamodb.QueryInput{
		TableName: aws.String("Music"), IndexName: aws.String("ByYear"), KeyConditionExpression: x.KeyCondition(),
		ProjectionExpression: x.Projection(), ExpressionAttributeNames: x.Names(), ExpressionAttributeValues: x.Values(),
	})
	require.NoError(e, err)
	require.Equal(e, []string{"Song 01", "Song 05", "Song 09", "Song 13", "Song 17"}, titles(e, byYear.Items))
	require.Equal(e, item{"SongTitle": text("Song 01")}, byYear.Items[0])

	scanPages(e, c)
}

// scanPages reads the table of readPages: in pages, in segments, and through a filter.
func scanPages(e *endpoint, c *dynamodb.Client) {
	x, err := expression.NewBuilder().WithFilter(expression.Name("Year").GreaterThanEqual(expression.Value(2002)).
		And(expression.Name("Artist").Equal(expression.Value("A")))).Build()
	require.NoError(e, err)
	var found, scanned int32
	p := dynamodb.NewScanPaginator(c, &dynamodb.ScanInput{
		TableName: aws.String("Music"), Limit: aws.Int32(7), FilterExpression: x.Filter(),
		ExpressionAttributeNames: x.Names(), ExpressionAttributeValues: x.Values(),
	})
	for p.HasMorePages() {
		page, err := p.NextPage(e.ctx)
		require.NoError(e, err)
		require.LessOrEqual(e, page.ScannedCount, int32(7))
		require.Len(e, page.Items, int(page.Count))
		found, scanned = found+page.Count, scanned+page.ScannedCount
	}
	require.EqualValues(e, 10, found)
	require.EqualValues(e, 40, scanned)

	seen := map[string]bool{}
	for segment := range int32(4) {
		p := dynamodb.NewScanPaginator(c, &dynamodb.ScanInput{
			TableName: aws.String("Music"), Segment: &segment, TotalSegments: aws.Int32(4), Limit: aws.Int32(5),
		})
		for p.HasMorePages() {
			page, err := p.NextPage(e.ctx)
			require.NoError(e, err)
			for _, item := range page.Items {
				key := item["Artist"].(*types.AttributeValueMemberS).Value + item["SongTitle"].(*types.AttributeValueMemberS).Value
				require.False(e, seen[key], "%s is in two segments", key)
				seen[key] = true
			}
		}
	}
	require.Len(e, seen, 40)

	counted, err := c.Scan(e.ctx, &dynamodb.ScanInput{TableName: aws.String("Music"), Select: types.SelectCount})
	require.NoError(e, err)
	require.EqualValues(e, 40, counted.Count)
	require.Empty(e, counted.Items)

	// A page ends after a megabyte, with no Limit too.
	for i := range 5 {
		e.put(c, "Music", song("Big", fmt.Sprint(i), "Blob", &types.AttributeValueMemberB{Value: make([]byte, 300_000)}))
	}
	pages := 0
	big := dynamodb.NewQueryPaginator(c, &dynamodb.QueryInput{
		TableName: aws.String("Music"), KeyConditionExpression: aws.String("Artist = :a"),
		ExpressionAttributeValues: item{":a": text("Big")},
	})
	for ; big.HasMorePages(); pages++ {
		_, err := big.NextPage(e.ctx)
		require.NoError(e, err)
	}
	require.Equal(e, 2, pages)
}
