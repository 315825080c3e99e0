package integration_test

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// roundTripValues stores one value after another, backs the table up, and wants each back, from the table and from the
// restored one.
func roundTripValues(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Values")
	values := map[string]types.AttributeValue{
		"empty string":    text(""),
		"text":            text("ünïcödé \U0001F3B5 \"quoted\" \\ \u2028 </script> \x00"),
		"long text":       text(strings.Repeat("la ", 100_000)),
		"zero":            number("0"),
		"big number":      number("12345678901234567890123456789012345678"),
		"small number":    number("-0.00000000012345678901234567890123456789"),
		"true":            &types.AttributeValueMemberBOOL{Value: true},
		"false":           &types.AttributeValueMemberBOOL{Value: false},
		"null":            &types.AttributeValueMemberNULL{Value: true},
		"empty binary":    &types.AttributeValueMemberB{Value: []byte{}},
		"binary":          &types.AttributeValueMemberB{Value: []byte{0, 1, 0xfe, 0xff}},
		"empty list":      &types.AttributeValueMemberL{Value: []types.AttributeValue{}},
		"empty map":       &types.AttributeValueMemberM{Value: item{}},
		"set of strings":  &types.AttributeValueMemberSS{Value: []string{"a", "b", ""}},
		"set of numbers":  &types.AttributeValueMemberNS{Value: []string{"-1", "2.5"}},
		"set of binaries": &types.AttributeValueMemberBS{Value: [][]byte{{1}, {2, 3}}},
		"nested": &types.AttributeValueMemberM{Value: item{
			" ": text("a name that is a space"),
			"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{
				number("1"), &types.AttributeValueMemberM{Value: item{"x.y": text("z")}},
			}},
		}},
	}
	for name, v := range values {
		e.put(c, "Values", song("value", name, "Value", v))
	}
	e.restore(c, e.backUp(c, "Values", "values").BackupArn, "Again")
	for name, want := range values {
		for _, table := range []string{"Values", "Again"} {
			got := e.get(c, table, song("value", name))["Value"]
			require.Equal(e, inOrder(want), inOrder(got), name)
		}
	}
	for name, v := range map[string]types.AttributeValue{
		"empty set":       &types.AttributeValueMemberSS{Value: []string{}},
		"false null":      &types.AttributeValueMemberNULL{Value: false},
		"too many digits": number("123456789012345678901234567890123456789"),
		"no number":       number("one"),
		"an empty name":   &types.AttributeValueMemberM{Value: item{"": text("x")}},
	} {
		_, err := c.PutItem(e.ctx, &dynamodb.PutItemInput{
			TableName: aws.String("Values"), Item: song("refused", name, "Value", v),
		})
		requireAPIError(e, err, "ValidationException", "")
		require.Nil(e, e.get(c, "Values", song("refused", name)), name)
	}
}

// inOrder sorts sets, which have no order.
func inOrder(v types.AttributeValue) types.AttributeValue {
	switch v := v.(type) {
	case *types.AttributeValueMemberSS:
		slices.Sort(v.Value)
	case *types.AttributeValueMemberNS:
		slices.Sort(v.Value)
	case *types.AttributeValueMemberBS:
		slices.SortFunc(v.Value, bytes.Compare)
	}
	return v
}

// recording is a struct as programs have them.
type recording struct {
	Artist   string
	Title    string            `dynamodbav:"SongTitle"`
	Year     int               `dynamodbav:",omitempty"`
	Seconds  float64           //
	Live     bool              //
	Genres   []string          `dynamodbav:",stringset,omitempty"`
	Scores   []int             `dynamodbav:",numberset,omitempty"`
	Waveform []byte            //
	Credits  map[string]string //
	Takes    []take            //
	Released time.Time         `dynamodbav:",unixtime"`
	Secret   string            `dynamodbav:"-"`
}

type take struct {
	Number int
	Notes  *string
}

func roundTripStructs(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Recordings")
	note := "flat"
	want := recording{
		Artist: "The Acme Band", Title: "Happy Day", Year: 1998, Seconds: 241.5, Live: true,
		Genres: []string{"Jazz"}, Scores: []int{7}, Waveform: []byte("\x00~"),
		Credits: map[string]string{"drums": "Max"}, Takes: []take{{1, nil}, {2, &note}},
		Released: time.Unix(890000000, 0),
	}
	withSecret := want
	withSecret.Secret = "not stored"
	item, err := attributevalue.MarshalMap(withSecret)
	require.NoError(e, err)
	e.put(c, "Recordings", item)

	var got recording
	require.NoError(e, attributevalue.UnmarshalMap(e.get(c, "Recordings", song(want.Artist, want.Title)), &got))
	require.Equal(e, want, got)
}

// putOnConditions puts and deletes items on conditions of the expression builder.
func putOnConditions(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Music")
	first := song("A", "B", "Year", number("1998"))
	put := func(item item, condition expression.ConditionBuilder) error {
		x, err := expression.NewBuilder().WithCondition(condition).Build()
		require.NoError(e, err)
		_, err = c.PutItem(e.ctx, &dynamodb.PutItemInput{
			TableName: aws.String("Music"), Item: item, ConditionExpression: x.Condition(),
			ExpressionAttributeNames: x.Names(), ExpressionAttributeValues: x.Values(),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		return err
	}
	missing := expression.AttributeNotExists(expression.Name("Artist"))
	year := expression.Name("Year")
	require.NoError(e, put(first, missing))
	err := put(first, missing)
	failed := requireError[*types.ConditionalCheckFailedException](e, err, "The conditional request failed")
	require.Equal(e, first, failed.Item)

	for name, tt := range map[string]struct {
		condition expression.ConditionBuilder
		holds     bool
	}{
		"equal":       {year.Equal(expression.Value(1998)), true},
		"between":     {year.Between(expression.Value(1990), expression.Value(1997)), false},
		"in":          {year.In(expression.Value(1), expression.Value(1998)), true},
		"begins with": {expression.Name("SongTitle").BeginsWith("B"), true},
		"type":        {year.AttributeType(expression.String), false},
		"size":        {expression.Name("Artist").Size().GreaterThan(expression.Value(1)), false},
		"not":         {year.LessThan(expression.Value(5)).Not(), true},
		"and, or": {year.LessThan(expression.Value(5)).Or(year.GreaterThan(expression.Value(5))).
			And(expression.AttributeExists(year)), true},
		"contains": {expression.Contains(expression.Name("Artist"), "x"), false},
	} {
		err := put(first, tt.condition)
		if tt.holds {
			require.NoError(e, err, name)
		} else {
			require.ErrorAs(e, err, new(*types.ConditionalCheckFailedException), name)
		}
	}

	deleted, err := c.DeleteItem(e.ctx, &dynamodb.DeleteItemInput{
		TableName: aws.String("Music"), Key: song("A", "B"), ReturnValues: types.ReturnValueAllOld,
		ConditionExpression: aws.String("attribute_exists(Artist)"),
	})
	require.NoError(e, err)
	require.Equal(e, first, deleted.Attributes)
	require.Nil(e, e.get(c, "Music", song("A", "B")))
}

// updateByExpressions changes an item by updates of the expression builder, and reads parts of it by projections.
func updateByExpressions(e *endpoint, c *dynamodb.Client) {
	e.createMusic(c, "Music")
	update := func(u expression.UpdateBuilder, returns types.ReturnValue) item {
		x, err := expression.NewBuilder().WithUpdate(u).Build()
		require.NoError(e, err)
		out, err := c.UpdateItem(e.ctx, &dynamodb.UpdateItemInput{
			TableName: aws.String("Music"), Key: song("A", "B"), UpdateExpression: x.Update(), ReturnValues: returns,
			ExpressionAttributeNames: x.Names(), ExpressionAttributeValues: x.Values(),
		})
		require.NoError(e, err)
		return out.Attributes
	}
	name, value := expression.Name, expression.Value
	made := update(expression.Set(name("Plays"), expression.Plus(name("Plays").IfNotExists(value(0)), value(1))).
		Set(name("Takes"), expression.ListAppend(name("Takes").IfNotExists(value([]string{})), value([]string{"first"}))).
		Add(name("Tags"), value(&types.AttributeValueMemberSS{Value: []string{"live"}})), types.ReturnValueAllNew)
	list := func(v ...types.AttributeValue) types.AttributeValue { return &types.AttributeValueMemberL{Value: v} }
	tags := &types.AttributeValueMemberSS{Value: []string{"live"}}
	require.Equal(e, song("A", "B", "Plays", number("1"), "Takes", list(text("first")), "Tags", tags), made)

	changed := update(expression.Add(name("Plays"), value(41)).Remove(name("Takes[0]")).
		Delete(name("Tags"), value(tags)).Set(name("Info"), value(map[string]any{"deep": []int{1, 2, 3}})),
		types.ReturnValueUpdatedNew)
	require.Equal(e, number("42"), changed["Plays"])
	now := e.get(c, "Music", song("A", "B"))
	require.Equal(e, &types.AttributeValueMemberL{Value: []types.AttributeValue{}}, now["Takes"])
	require.NotContains(e, now, "Tags")
	old := update(expression.Set(name("Info.deep[1]"), value("two")), types.ReturnValueUpdatedOld)
	require.Len(e, old, 1)

	some := expression.NamesList(name("Info.deep[1]"), name("Plays"), name("No"))
	x, err := expression.NewBuilder().WithProjection(some).Build()
	require.NoError(e, err)
	got, err := c.GetItem(e.ctx, &dynamodb.GetItemInput{
		TableName: aws.String("Music"), Key: song("A", "B"), ConsistentRead: aws.Bool(true),
		ProjectionExpression: x.Projection(), ExpressionAttributeNames: x.Names(),
	})
	require.NoError(e, err)
	require.Equal(e, item{
		"Plays": number("42"),
		"Info":  &types.AttributeValueMemberM{Value: item{"deep": list(text("two"))}},
	}, got.Item)
	_, err = c.UpdateItem(e.ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String("Music"), Key: song("A", "B"), UpdateExpression: aws.String("SET Nothing.Deep = :v"),
		ExpressionAttributeValues: item{":v": text("v")},
	})
	requireAPIError(e, err, "ValidationException",
		"The document path provided in the update expression is invalid for update")
}
