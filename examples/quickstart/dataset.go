package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/schema"
)

// The chemical elements, one item a line, in the form in which DynamoDB exports a table.
//
//go:embed elements.jsonl
var elements []byte

// load reads items from a file of DynamoDB-JSON lines, or the elements if no file is named.
func load(path string) ([]attr.Item, error) {
	if path == "" {
		return readItems(bytes.NewReader(elements))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readItems(f)
}

// readItems reads a line for each item, bare or as an export has it: {"Item":{...}}.
func readItems(r io.Reader) ([]attr.Item, error) {
	var items []attr.Item
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20) // an item may have 400 KB, and more as text
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var exported struct{ Item json.RawMessage }
		if json.Unmarshal(line, &exported) == nil && exported.Item != nil {
			line = exported.Item
		}
		item, err := attr.ParseItem(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		items = append(items, item)
	}
	if len(items) == 0 && lines.Err() == nil {
		return nil, fmt.Errorf("no items")
	}
	return items, lines.Err()
}

// define returns a table for items that have the named key attributes, whose types are those of the first item.
func define(name, pk, sk string, items []attr.Item) (schema.Definition, error) {
	d := schema.Definition{
		Name: name, KeySchema: schema.Keys(pk), Attributes: schema.Attributes{}, BillingMode: schema.PayPerRequest,
	}
	if sk != "" {
		d.KeySchema = schema.Keys(pk, sk)
	}
	for _, key := range d.KeySchema {
		v, ok := items[0].Lookup(key.Name)
		if !ok {
			return d, fmt.Errorf("the first item has no attribute %q to be a key", key.Name)
		}
		d.Attributes[key.Name] = v.Type()
	}
	return d, nil
}
