// Command tidemark serves DynamoDB's protocol.
package main

import (
	"net/http"

	"github.com/tidemark-db/tidemark/wire"
)

func main() {
	http.ListenAndServe("127.0.0.1:8000", wire.NewHandler(wire.Options{}))
}
