package expr_test

import (
	"fmt"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/internal/expr"
)

// A conditional update: all expressions of a request are parsed with the same params, which then tell whether
// something was given for nothing.
func Example() {
	params, err := expr.NewParams(
		map[string]string{"#c": "count"},
		map[string]attr.Value{":one": attr.N("1"), ":most": attr.N("10")})
	if err != nil {
		panic(err)
	}
	condition, err := expr.ParseCondition("ConditionExpression", "attribute_not_exists(#c) OR #c < :most", params)
	if err != nil {
		panic(err)
	}
	update, err := expr.ParseUpdate("ADD #c :one", params)
	if err != nil {
		panic(err)
	}
	if err := params.Unused(); err != nil {
		panic(err)
	}

	item := attr.MustItem(attr.Map{"id": attr.S("x"), "count": attr.N("9")})
	for condition.Holds(item) {
		if item, err = update.Apply(item); err != nil {
			panic(err)
		}
	}
	fmt.Printf("%s\n", item.AppendJSON(nil))
	// Output:
	// {"count":{"N":"10"},"id":{"S":"x"}}
}

func ExampleUpdate_Create() {
	params, err := expr.NewParams(nil, map[string]attr.Value{":v": attr.S("new")})
	if err != nil {
		panic(err)
	}
	set, err := expr.ParseUpdate("SET phase = :v", params)
	if err != nil {
		panic(err)
	}
	remove, err := expr.ParseUpdate("REMOVE phase", params)
	if err != nil {
		panic(err)
	}
	key := attr.MustItem(attr.Map{"id": attr.S("x")})

	item, err := set.Create(key)
	fmt.Printf("%s %v\n", item.AppendJSON(nil), err)
	item, err = remove.Create(key)
	fmt.Println(item.IsZero(), err)
	// Output:
	// {"id":{"S":"x"},"phase":{"S":"new"}} <nil>
	// true <nil>
}

func ExampleProjection() {
	projection, err := expr.ParseProjection("id, parts[1].sku", nil)
	if err != nil {
		panic(err)
	}
	item := attr.MustItem(attr.Map{"id": attr.S("x"), "note": attr.S("long"), "parts": attr.L(
		attr.M(attr.Map{"sku": attr.S("a-1")}),
		attr.M(attr.Map{"sku": attr.S("b-2"), "price": attr.N("9.99")}),
	)})
	fmt.Printf("%s\n", projection.Apply(item).AppendJSON(nil))
	// Output:
	// {"id":{"S":"x"},"parts":{"L":[{"M":{"sku":{"S":"b-2"}}}]}}
}

func ExampleParseKeyCondition() {
	params, err := expr.NewParams(nil, map[string]attr.Value{":id": attr.S("x"), ":from": attr.N("7")})
	if err != nil {
		panic(err)
	}
	c, err := expr.ParseKeyCondition("id = :id AND :from < seq", params,
		expr.KeyAttribute{Name: "id", Type: attr.TypeS}, expr.KeyAttribute{Name: "seq", Type: attr.TypeN})
	if err != nil {
		panic(err)
	}
	id, _ := c.Partition.Text()
	from, _ := c.Sort.Value.Number()
	fmt.Println(id, c.Sort.Operator == expr.SortGreater, from)

	_, err = expr.ParseKeyCondition("id = :id OR seq = :from", params, expr.KeyAttribute{}, expr.KeyAttribute{})
	fmt.Println(err)
	// Output:
	// x true 7
	// ValidationException: Invalid operator used in KeyConditionExpression: OR
}
