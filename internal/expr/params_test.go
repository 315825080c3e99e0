package expr_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

func TestNewParamsRefusals(t *testing.T) {
	long := strings.Repeat("x", 255)
	for _, row := range []struct {
		names  map[string]string
		values map[string]attr.Value
		want   string
	}{
		{map[string]string{}, map[string]attr.Value{}, "ExpressionAttributeNames must not be empty"},
		{nil, map[string]attr.Value{}, "ExpressionAttributeValues must not be empty"},
		{map[string]string{"a": "a"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: "a"`},
		{map[string]string{"#": "a"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: "#"`},
		{map[string]string{"#a-b": "a"}, nil, `ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"`},
		{map[string]string{"": "a"}, nil,
			"ExpressionAttributeNames contains invalid key: The expression attribute map contains an empty key;"},
		{map[string]string{"#" + long: "a"}, nil,
			"ExpressionAttributeNames contains invalid key: " +
				"The expression attribute map contains a key that is too long; size of key: 256"},
		{nil, map[string]attr.Value{":" + long + "-": attr.S("")},
			"ExpressionAttributeValues contains invalid key: The expression attribute map contains a key that is too long;"},
		{map[string]string{"#a": ""}, nil,
			"ExpressionAttributeNames contains invalid value: Empty attribute name for key #a"},
		{map[string]string{"#a": strings.Repeat("x", 65536)}, nil, "ExpressionAttributeNames contains invalid value: " +
			"Attribute name is too large, must be less than 65536 bytes for key #a"},
		{nil, map[string]attr.Value{":b": attr.S(""), "b": attr.S("")},
			`ExpressionAttributeValues contains invalid key: Syntax error; key: "b"`},
		{nil, map[string]attr.Value{":b": {}}, "ExpressionAttributeValues contains invalid value: Supplied AttributeValue " +
			"is empty, must contain exactly one of the supported datatypes for key :b"},
		{nil, map[string]attr.Value{":b": attr.N("x")}, "ExpressionAttributeValues contains invalid value: " +
			"The parameter cannot be converted to a numeric value: x for key :b"},
		{nil, map[string]attr.Value{":b": attr.SS()}, "ExpressionAttributeValues contains invalid value: " +
			"One or more parameter values were invalid: An string set  may not be empty for key :b"},
	} {
		_, err := expr.NewParams(row.names, row.values)
		require.Error(t, err, row.want)
		requireRefused(t, row.want, err)
	}
}

// Names and values may have 2 MB together, with their placeholders.
func TestNewParamsSize(t *testing.T) {
	const most, name = 2 << 20, 1 << 15
	names := map[string]string{}
	for i := range most/name - 1 {
		key := fmt.Sprintf("#%04d", i)
		names[key] = strings.Repeat("n", name-len(key))
	}
	parse := func(n int) error {
		_, err := expr.NewParams(names, map[string]attr.Value{":v": attr.S(strings.Repeat("v", n-2))})
		return err
	}
	require.NoError(t, parse(name))
	requireRefused(t, "Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size",
		parse(name+1))
	requireRefused(t, "ExpressionAttributeValues exceeds max size", parse(most+1))
	names["#0"] = strings.Repeat("n", name-1)
	requireRefused(t, "ExpressionAttributeNames exceeds max size", parse(2))
}

func TestUnused(t *testing.T) {
	one := attr.N("1")
	p, err := expr.NewParams(map[string]string{"#a": "a", "#b": "b", "#c": "c"},
		map[string]attr.Value{":x": one, ":y": one, ":z": one})
	require.NoError(t, err)
	requireRefused(t, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b, #c}", p.Unused())
	_, err = expr.ParseProjection("#b, #c", p)
	require.NoError(t, err)
	requireRefused(t, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}", p.Unused())
	_, err = expr.ParseUpdate("SET #a = :y", p)
	require.NoError(t, err)
	requireRefused(t, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x, :z}", p.Unused())
	_, err = expr.ParseCondition("ConditionExpression", "#a < :x OR :z = b", p)
	require.NoError(t, err)
	require.NoError(t, p.Unused())

	var none *expr.Params
	require.NoError(t, none.Unused())
	p, err = expr.NewParams(nil, nil)
	require.NoError(t, err)
	require.NoError(t, p.Unused())
	_, err = expr.ParseCondition("ConditionExpression", "a = :x", none)
	require.ErrorContains(t, err, "attribute value: :x")
	_, err = expr.ParseProjection("#x", none)
	require.ErrorContains(t, err, "attribute name: #x")
}
