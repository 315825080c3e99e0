package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/snapshot"
)

// The chemical elements, one item a line, in the form in which DynamoDB exports a table.
//
//go:embed elements.jsonl
var elements []byte

func load() ([]attr.Item, error) {
	var items []attr.Item
	for lines := bufio.NewScanner(bytes.NewReader(elements)); lines.Scan(); {
		var line struct{ Item attr.Item }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(items)+1, err)
		}
		items = append(items, line.Item)
	}
	return items, nil
}

func keyOf(element attr.Item) attr.Key {
	symbol, _ := element.Lookup("Symbol")
	return attr.Key{Partition: symbol}
}

// zero is the mass that the deploy writes. Numbers are equal whatever they are written like.
var zero = attr.Int(0)

// whole counts the elements that have a name and a mass.
func whole(elements *snapshot.Snapshot) int {
	n := 0
	for element := range elements.All() {
		mass, weighed := element.Lookup("Mass")
		if _, named := element.Lookup("Name"); named && weighed && mass != zero {
			n++
		}
	}
	return n
}

func count[T any](all iter.Seq[T]) int {
	n := 0
	for range all {
		n++
	}
	return n
}
