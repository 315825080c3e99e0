// Diagrams draws the pictures in docs/time.md. Each one is plotted from what the library answers on a clock that this
// program moves: nothing in them is drawn by hand.
//
//	go run ./docs/diagrams
//
// It is run at the root of the module and rewrites the file in place. A test fails when that would change anything.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
)

// diagrams are the pictures by the names that the document has for them.
var diagrams = map[string]func() (string, error){
	"window":   window,
	"backup":   backupStates,
	"table":    tableStates,
	"recovery": recoveryPeriod,
	"lag":      recoveryLag,
	"system":   systemBackup,
	"deletion": deletion,
}

func main() {
	log.SetFlags(0)
	file := flag.String("file", "docs/time.md", "the document to draw in")
	flag.Parse()
	if err := rewrite(*file); err != nil {
		log.Fatal(err)
	}
}

func rewrite(file string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text, err := insert(string(old))
	if err != nil || text == string(old) {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

const (
	opening = "<!-- diagram: "
	closing = "<!-- end of diagram -->"
)

// insert returns the document with every diagram drawn anew between its marks.
func insert(document string) (string, error) {
	var out strings.Builder
	missing := make(map[string]bool)
	for name := range diagrams {
		missing[name] = true
	}
	for {
		before, rest, found := strings.Cut(document, opening)
		out.WriteString(before)
		if !found {
			break
		}
		name, rest, _ := strings.Cut(rest, " -->")
		_, after, closed := strings.Cut(rest, closing)
		draw, known := diagrams[name]
		if !known || !closed || !missing[name] {
			return "", fmt.Errorf("diagram %q: it is unknown, has no end, or is there twice", name)
		}
		missing[name] = false
		picture, err := draw()
		if err != nil {
			return "", fmt.Errorf("diagram %q: %w", name, err)
		}
		fmt.Fprintf(&out, "%s%s -->\n```text\n%s```\n%s", opening, name, picture, closing)
		document = after
	}
	for name, absent := range missing {
		if absent {
			return "", fmt.Errorf("diagram %q has no place in the document", name)
		}
	}
	return out.String(), nil
}
