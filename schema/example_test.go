package schema_test

import (
	"fmt"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
)

func ExampleKeys() {
	k := schema.Keys("Artist", "Song")
	fmt.Println(k)
	fmt.Println(k.Partition(), k.Sort())
	// Output:
	// [{Artist HASH} {Song RANGE}]
	// Artist Song
}

func ExampleDefinition_Check() {
	d := schema.Definition{
		Name:        "Music",
		KeySchema:   schema.Keys("Artist", "Song"),
		Attributes:  schema.Attributes{"Artist": attr.TypeS},
		BillingMode: schema.PayPerRequest,
	}
	fmt.Println(d.Check())
	d.Attributes["Song"] = attr.TypeS
	fmt.Println(d.Check())
	// Output:
	// ValidationException: Invalid KeySchema: Some index key attribute have no definition
	// <nil>
}
