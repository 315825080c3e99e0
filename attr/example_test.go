package attr_test

import (
	"errors"
	"fmt"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/exception"
)

func ExampleNewItem() {
	item, err := attr.NewItem(attr.Map{
		"shirt-size":  attr.S("M"),
		"shirt-color": attr.S("R"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(item, item.Size())

	_, err = attr.NewItem(attr.Map{"sizes": attr.SS("M", "L", "M")})
	fmt.Println(errors.Is(err, exception.Validation))
	fmt.Println(err)
	// Output:
	// {"shirt-color":{"S":"R"},"shirt-size":{"S":"M"}} 23
	// true
	// ValidationException: One or more parameter values were invalid: Input collection [M, L, M] contains duplicates.
}

func ExampleParseItem() {
	item, err := attr.ParseItem([]byte(`{"price": {"N": "1.50E1"}, "id": {"S": "a"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for name, value := range item.All() {
		fmt.Println(name, value.Type(), value)
	}
	// Output:
	// id S {"S":"a"}
	// price N {"N":"15"}
}

func ExampleParseValue() {
	v, err := attr.ParseValue([]byte(`{"L":[{"S":"a"},{"BOOL":true}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for element := range v.Elements() {
		fmt.Println(element)
	}
	// Output:
	// {"S":"a"}
	// {"BOOL":true}
}

func ExampleItem_Project() {
	item := attr.MustItem(attr.Map{"id": attr.S("a"), "price": attr.N("15"), "note": attr.Null()})
	fmt.Println(item.Project("id", "price", "colour"))
	// Output:
	// {"id":{"S":"a"},"price":{"N":"15"}}
}

func ExampleValue_Compare() {
	c, ok := attr.N("9").Compare(attr.N("10"))
	fmt.Println(c, ok)
	c, ok = attr.S("9").Compare(attr.S("10"))
	fmt.Println(c, ok)
	c, ok = attr.S("9").Compare(attr.N("9"))
	fmt.Println(c, ok)
	fmt.Println(attr.N("1.0") == attr.N("1"), attr.SS("a", "b") == attr.SS("b", "a"))
	// Output:
	// -1 true
	// 1 true
	// 0 false
	// true true
}

func ExampleParseType() {
	fmt.Println(attr.ParseType("BOOL"))
	// Output:
	// BOOL true
}

func ExampleKey() {
	prices := map[attr.Key]int{{Partition: attr.S("fruit"), Sort: attr.N("1")}: 15}
	fmt.Println(prices[attr.Key{Partition: attr.S("fruit"), Sort: attr.N("1.0")}])
	// Output:
	// 15
}

func ExampleAppendKey() {
	encoded := attr.AppendKey(nil, attr.S("fruit"))
	encoded = attr.AppendKey(encoded, attr.N("-7"))
	partition, rest, _ := attr.DecodeKey(attr.TypeS, string(encoded))
	sort, _, ok := attr.DecodeKey(attr.TypeN, rest)
	fmt.Println(partition, sort, ok)
	// Output:
	// {"S":"fruit"} {"N":"-7"} true
}
