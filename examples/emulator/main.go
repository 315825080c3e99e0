// Command emulator is a toy: an emulator of DynamoDB that knows four operations on tables of its own, with Tidemark's
// backup operations in front of it.
//
//	go run ./examples/emulator
//
// Its tables have no indexes; what it does not know it says. An emulator that does know more puts Tidemark in front of
// it in the same three lines: see handler.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/examples/embed"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/wire"
)

func main() {
	h, err := handler(embed.NewStore(clock.System{}))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	const address = "127.0.0.1:8001"
	fmt.Println("listening on http://" + address)
	server := &http.Server{Addr: address, Handler: h, ReadHeaderTimeout: 10 * time.Second}
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
	os.Exit(1)
}

// handler returns the emulator with Tidemark in front.
func handler(store *embed.Store) (http.Handler, error) {
	engine, err := backup.New(store, backup.Options{Profile: backup.Instant()})
	if err != nil {
		return nil, err
	}
	api := wire.NewAPI(nil, engine)
	open := func(account, region string) (*wire.API, error) { return api, nil }
	return wire.NewHandler(wire.Options{Open: open, Next: &emulator{store}}), nil
}

// emulator is an http.Handler as its author wrote it, before there were backups.
type emulator struct {
	store *embed.Store
}

// request has the members that the emulator looks at.
type request struct {
	TableName            string
	AttributeDefinitions []struct{ AttributeName, AttributeType string }
	KeySchema            []struct {
		AttributeName string
		KeyType       schema.KeyType
	}
	LocalSecondaryIndexes, GlobalSecondaryIndexes []struct{}

	Item, Key attr.Item
}

func (e *emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in request
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	var answer any = struct{}{}
	if err == nil {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		answer, err = e.do(r.Context(), operation, &in)
	}
	if err != nil {
		wire.WriteError(w, asException(err))
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	json.NewEncoder(w).Encode(answer)
}

func (e *emulator) do(ctx context.Context, operation string, in *request) (answer any, err error) {
	switch operation {
	case "CreateTable":
		if len(in.LocalSecondaryIndexes)+len(in.GlobalSecondaryIndexes) > 0 {
			return nil, exception.Validation.Errorf("the emulator has no indexes")
		}
		return struct{}{}, e.store.CreateTable(definition(in))
	case "DescribeTable":
		state, err := e.store.TableState(ctx, in.TableName)
		return map[string]any{"Table": map[string]any{"TableName": in.TableName, "TableStatus": state.Status}}, err
	case "PutItem":
		return struct{}{}, e.store.Put(in.TableName, in.Item)
	case "GetItem":
		item, err := e.store.Item(in.TableName, in.Key)
		if item.IsZero() {
			return struct{}{}, err
		}
		return map[string]any{"Item": item}, err
	}
	return nil, exception.UnknownOperation.Errorf("the emulator does not know %s", operation)
}

func definition(in *request) schema.Definition {
	d := schema.Definition{Name: in.TableName, BillingMode: schema.PayPerRequest, Attributes: schema.Attributes{}}
	for _, a := range in.AttributeDefinitions {
		d.Attributes[a.AttributeName], _ = attr.ParseType(a.AttributeType)
	}
	for _, k := range in.KeySchema {
		d.KeySchema = append(d.KeySchema, schema.KeyElement{Name: k.AttributeName, Type: k.KeyType})
	}
	return d
}

// asException finds the service's name for what went wrong.
func asException(err error) error {
	var known *exception.Error
	if code := exception.Code(""); errors.As(err, &known) || errors.As(err, &code) {
		return err
	}
	return exception.Validation.Errorf("%w", err)
}
