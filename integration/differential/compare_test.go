package differential_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// point is a place at which two answers differ.
type point struct{ at, ours, theirs string }

func (p point) String() string { return fmt.Sprintf("%s: %s, %s", p.at, p.ours, p.theirs) }

// compare returns where two answers to a request differ.
func compare(r trial, ours, theirs reply) []point {
	if ours.text() != theirs.text() || ours.status != theirs.status {
		return []point{{"answer", ours.text(), theirs.text()}}
	}
	ours, theirs = comparable(r, ours), comparable(r, theirs)
	return differences(nil, "", ours.body, theirs.body)
}

// comparable takes from an answer what is free: times, ids and orders.
func comparable(r trial, a reply) reply {
	if a.body == nil {
		return a
	}
	a.body = normal(a.body).(obj)
	items := list(a.body["Items"])
	index, _ := r.body["IndexName"].(string)
	_, started := r.body["ExclusiveStartKey"]
	switch {
	case started && (r.op == "Scan" || index != ""):
		a.body = obj{} // what comes after a key that a request invents is each server's own
	case r.op == "Scan":
		sortByText(items)
	case r.op == "Query" && index != "":
		orderTies(items, indexSort[index])
	}
	if responses, ok := a.body["Responses"].(obj); ok {
		for _, items := range responses {
			sortByText(list(items))
		}
	}
	return a
}

// orderTies orders items that an index has under the same sort key, which may come in any order.
func orderTies(items arr, sortKey string) {
	value := func(i int) string { return jsonText(items[i].(obj)[sortKey]) }
	start := 0
	for i := 1; i <= len(items); i++ {
		if i == len(items) || value(i) != value(start) {
			sortByText(items[start:i])
			start = i
		}
	}
}

func sortByText(l arr) {
	slices.SortFunc(l, func(a, b any) int { return strings.Compare(jsonText(a), jsonText(b)) })
}

var (
	arnPlace = regexp.MustCompile(`arn:aws:dynamodb:[^:]*:[^:]*:`)
	arnLabel = regexp.MustCompile(`/stream/.*`)
	listed   = regexp.MustCompile(`\[[\w-]+(, [\w-]+)+\]`)
)

// unordered are members whose elements have no order.
var unordered = []string{"SS", "NS", "BS", "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "AttributeDefinitions",
	"NonKeyAttributes", "TableNames"}

// normal returns JSON without what may differ between any two servers.
func normal(v any) any {
	switch v := v.(type) {
	case obj:
		m := obj{}
		for k, e := range v {
			m[k] = normalMember(k, normal(e))
		}
		return m
	case arr:
		l := make(arr, len(v))
		for i, e := range v {
			l[i] = normal(e)
		}
		return l
	case string:
		return arnLabel.ReplaceAllString(arnPlace.ReplaceAllString(v, "arn:"), "/stream/<time>")
	}
	return v
}

func normalMember(name string, v any) any {
	switch {
	case strings.HasSuffix(name, "DateTime") || name == "LatestStreamLabel":
		return "<time>"
	case name == "awsRegion":
		return "<region>"
	case name == "TableId" || name == "eventID" || name == "SequenceNumber":
		return "<id>"
	case name == "ItemCount" || strings.HasSuffix(name, "SizeBytes"):
		return "<some>" // it is told late
	case slices.Contains(unordered, name):
		sortByText(list(v))
	case name == "ConsumedCapacity":
		slices.SortFunc(list(v), func(a, b any) int {
			return strings.Compare(jsonText(a.(obj)["TableName"]), jsonText(b.(obj)["TableName"]))
		})
	}
	return v
}

// orderedMessage orders what comes in any order in a message: violations of the model, and the members of an enum.
func orderedMessage(m string) string {
	m = arnPlace.ReplaceAllString(m, "arn:")
	m = listed.ReplaceAllStringFunc(m, func(l string) string {
		names := strings.Split(strings.Trim(l, "[]"), ", ")
		slices.Sort(names)
		return "[" + strings.Join(names, ", ") + "]"
	})
	head, violations, found := strings.Cut(m, " detected: ")
	if !found || !strings.Contains(head, "validation error") {
		return m
	}
	clauses := strings.Split(violations, "; ")
	slices.Sort(clauses)
	return head + " detected: " + strings.Join(clauses, "; ")
}

// differences appends where a and b differ.
func differences(to []point, at string, a, b any) []point {
	switch ours := a.(type) {
	case obj:
		if theirs, ok := b.(obj); ok {
			return differentMembers(to, at, ours, theirs)
		}
	case json.Number:
		if theirs, ok := b.(json.Number); ok && sameValue(string(ours), string(theirs)) {
			return to
		}
	case arr:
		if theirs, ok := b.(arr); ok && len(ours) == len(theirs) {
			for i := range ours {
				to = differences(to, at+"[]", ours[i], theirs[i])
			}
			return to
		}
	}
	if ours, theirs := jsonText(a), jsonText(b); ours != theirs {
		to = append(to, point{strings.TrimPrefix(at, "."), ours, theirs})
	}
	return to
}

// sameValue reports whether two numbers are the same, however they are written.
func sameValue(a, b string) bool {
	x, good := new(big.Rat).SetString(a)
	y, fine := new(big.Rat).SetString(b)
	return good && fine && x.Cmp(y) == 0
}

func differentMembers(to []point, at string, ours, theirs obj) []point {
	all := maps.Clone(ours)
	maps.Copy(all, theirs)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		a, has := ours[name]
		b, have := theirs[name]
		switch {
		case has && have:
			to = differences(to, at+"."+name, a, b)
		case has:
			to = append(to, point{strings.TrimPrefix(at+"."+name, "."), jsonText(a), "nothing"})
		default:
			to = append(to, point{strings.TrimPrefix(at+"."+name, "."), "nothing", jsonText(b)})
		}
	}
	return to
}
