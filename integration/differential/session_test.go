package differential_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/stretchr/testify/require"
)

var sessions atomic.Int64

// session is a sequence of requests to Tidemark and to a peer.
type session struct {
	testing.TB
	peer         *servers.Kind
	ours, theirs *side
	tables       []*shape
	known        map[*knownDifference]int // how often each was met
	otherFirst   int                      // how often another of several faults was told
	requests     int
	number       int64    // of this session among all
	aligned      bool     // something had to be written for the tables to be alike
	held         []string // what our tables held after the last request
	mixed        bool     // an attribute may have another type than a sound request takes it to have
}

// finding is a difference that nothing explains.
type finding struct {
	request      trial
	ours, theirs reply
	points       []point // those without an explanation
}

// class is what findings have in common that are likely to have one cause.
func (f *finding) class() string {
	p := f.points[0]
	return strings.Join([]string{p.at, outline(p.ours), outline(p.theirs)}, " | ")
}

var detail = regexp.MustCompile(`"[^"]*"|'[^']*'|[:#]?[\w.\[\]-]*\d[\w.\[\]-]*|\{.*\}|\[.*?\]`)

// outline leaves out of a text what is of one request.
func outline(text string) string {
	text = detail.ReplaceAllString(text, "_")
	return text[:min(len(text), 160)]
}

func (f *finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the answers to %s\n", cut(f.request.String(), 2000))
	for _, p := range f.points[:min(len(f.points), 5)] {
		fmt.Fprintf(&b, "  at %s\n    here: %s\n    peer: %s\n", p.at, cut(p.ours, 1500), cut(p.theirs, 1500))
	}
	return b.String()
}

func cut(text string, n int) string {
	if len(text) > n {
		return text[:n] + "..."
	}
	return text
}

// newSession makes the tables of a sequence at both servers.
func newSession(t testing.TB, peer *servers.Kind, theirs *side, tables []*shape) *session {
	s := &session{TB: t, peer: peer, ours: newTidemark(t), theirs: theirs, tables: tables,
		known: map[*knownDifference]int{}, number: sessions.Add(1)}
	for _, table := range tables {
		s.ours.make(t, table.definition())
		s.theirs.drop(t, table.name)
		s.theirs.make(t, table.definition())
	}
	for _, name := range made {
		s.theirs.drop(t, name)
	}
	return s
}

// end drops the tables.
func (s *session) end() {
	for _, table := range s.tables {
		s.theirs.drop(s, table.name)
	}
	for _, name := range made {
		s.theirs.drop(s, name)
	}
}

// ask sends a request to both and returns what is different and not known to be.
func (s *session) ask(r trial) *finding {
	s.requests++
	r = s.fresh(r)
	ours, err := s.ours.ask(r)
	require.NoError(s, err)
	theirs, err := s.theirs.ask(r)
	if err != nil {
		theirs = reply{code: "the server ends"}
		s.revive()
	}
	if p, ok := s.unexpected(r, ours); ok {
		s.align()
		return &finding{r, ours, theirs, []point{p}}
	}
	points := compare(r, ours, theirs)
	if len(points) == 0 && writes(r.op) {
		points = s.stateDifferences()
	}
	if len(points) == 0 {
		return nil
	}
	left := s.unexplained(r, points)
	if len(left) > 0 && s.toldFirst(r, ours, theirs) {
		s.otherFirst++
		left = nil
	}
	s.held = s.hold()
	s.align()
	if len(left) == 0 {
		return nil
	}
	return &finding{r, ours, theirs, left}
}

// tokenPrefix is what tokens of transactions begin with. They are remembered for longer than a session lasts, so each
// session has its own.
const tokenPrefix = "token"

func (s *session) fresh(r trial) trial {
	if token, ok := r.body["ClientRequestToken"].(string); ok && strings.HasPrefix(token, tokenPrefix) {
		r.body = maps.Clone(r.body)
		r.body["ClientRequestToken"] = fmt.Sprint(token, "-", s.number)
	}
	return r
}

// revive starts a peer again that has ended.
func (s *session) revive() {
	s.aligned = true
	require.NoError(s, s.theirs.restart())
	for _, table := range s.tables {
		s.theirs.make(s, table.definition())
	}
}

// verdictPoint is where an answer is wrong by itself.
const verdictPoint = "verdict"

// aboutItems is what an update is told that an item cannot take.
var aboutItems = []string{"An operand in the update expression has an incorrect data type",
	"Type mismatch for attribute to update"}

// unexpected returns what is wrong with our answer by itself: a sound request is taken, unless a condition fails, a
// faulty one is refused, and what is refused or only reads changes nothing.
func (s *session) unexpected(r trial, ours reply) (point, bool) {
	before := s.held
	s.held = s.hold()
	changed := !slices.Equal(before, s.held)
	s.mixed = s.mixed || ours.taken() && r.verdict == open && writes(r.op)
	ofItem := ours.code == "ConditionalCheckFailedException" ||
		ours.code == "TransactionCanceledException" && (s.mixed || !strings.Contains(ours.message, "ValidationError")) ||
		s.mixed && slices.Contains(aboutItems, ours.message)
	rule := ""
	switch {
	case !ours.taken() && ours.status != 400:
		rule = "no request makes the server fail"
	case ours.taken() && r.verdict == faulty:
		rule = "it has to be refused: " + strings.Join(r.faults, ", ")
	case !ours.taken() && r.verdict == sound && !ofItem:
		rule = "there is nothing wrong with it"
	case !ours.taken() && changed:
		rule = "a refused request changes nothing"
	case changed && !writes(r.op):
		rule = "it changes no items"
	}
	return point{verdictPoint, ours.text(), rule}, rule != ""
}

// hold returns what our tables hold.
func (s *session) hold() []string {
	var all []string
	for _, table := range s.tables {
		items, err := s.ours.contents(s, table)
		require.NoError(s, err)
		for _, item := range items {
			all = append(all, table.name+jsonText(item))
		}
	}
	slices.Sort(all)
	return all
}

// unexplained returns the points that the catalogue does not have.
func (s *session) unexplained(r trial, points []point) []point {
	return slices.DeleteFunc(points, func(p point) bool {
		for i := range knownDifferences[s.peer.Name] {
			if k := &knownDifferences[s.peer.Name][i]; k.explains(r, p) {
				s.known[k]++
				return true
			}
		}
		return false
	})
}

// toldFirst reports whether a request has several faults of which the servers tell different ones: of a request with
// one of them alone, both say the same, or what is known to be different, and each of the two answers is among these.
func (s *session) toldFirst(r trial, ours, theirs reply) bool {
	if len(r.alone) < 2 || ours.taken() || theirs.taken() {
		return false
	}
	var here, there []string
	for _, body := range r.alone {
		single := trial{op: r.op, body: body}
		a, err := s.ours.ask(single)
		require.NoError(s, err)
		b, err := s.theirs.ask(single)
		if err != nil {
			s.revive()
			return false
		}
		if len(s.unexplained(single, compare(single, a, b))) > 0 {
			return false
		}
		here, there = append(here, clauses(a)...), append(there, clauses(b)...)
	}
	return within(clauses(ours), here) && within(clauses(theirs), there)
}

// clauses are what a refusal tells: one thing, or several violations of the model.
func clauses(a reply) []string {
	_, violations, found := strings.Cut(a.message, " detected: ")
	if !found {
		return []string{a.text()}
	}
	return strings.Split(violations, "; ")
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// writes reports whether an operation changes items.
func writes(op string) bool {
	return !slices.Contains([]string{"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems", "DescribeTable",
		"CreateTable", "UpdateTable", "DeleteTable"}, op)
}

// stateDifferences returns where the tables differ.
func (s *session) stateDifferences() []point {
	var points []point
	for _, table := range s.tables {
		ours, err := s.ours.contents(s, table)
		require.NoError(s, err)
		theirs, err := s.theirs.contents(s, table)
		if err != nil {
			points = append(points, point{"state", "it can be read", err.Error()})
			continue
		}
		here, there := obj{}, obj{}
		for key, item := range ours {
			here[key] = item
		}
		for key, item := range theirs {
			there[key] = item
		}
		for _, p := range differences(nil, "", here, there) {
			_, within, _ := strings.Cut(p.at, "}}")
			points = append(points, point{"state" + within, p.ours, p.theirs})
		}
	}
	return points
}

// align gives the peer's tables the items that ours have.
func (s *session) align() {
	for _, name := range made {
		here, there := s.ours.status(s, name), s.theirs.status(s, name)
		if here != "" && there == "" || here == "" && there != "" {
			s.ours.drop(s, name)
			s.theirs.drop(s, name)
		}
	}
	for _, table := range s.tables {
		ours, _ := s.ours.contents(s, table)
		theirs, err := s.theirs.contents(s, table)
		if err != nil { // it has taken what it cannot give back
			s.theirs.drop(s, table.name)
			s.theirs.make(s, table.definition())
		}
		for key, item := range theirs {
			if ours[key] == nil {
				s.mustTheirs("DeleteItem", obj{"TableName": table.name, "Key": table.keyOf(item)})
			}
		}
		for key, item := range ours {
			if jsonText(item) != jsonText(theirs[key]) {
				s.mustTheirs("PutItem", obj{"TableName": table.name, "Item": item})
			}
		}
	}
}

func (s *session) mustTheirs(op string, body obj) {
	s.aligned = true
	a, err := s.theirs.send(op, body)
	require.NoError(s, err)
	require.True(s, a.taken(), "%s %s: %s", op, jsonText(body), a.text())
}

// inspection returns requests that show everything there is in the tables and their indexes.
func inspection(tables []*shape) []trial {
	var all []trial
	for _, table := range tables {
		all = append(all, trial{op: "Scan", verdict: sound, toEnd: true, body: obj{"TableName": table.name}})
		for _, index := range table.indexes {
			all = append(all, trial{op: "Scan", verdict: sound, toEnd: true,
				body: obj{"TableName": table.name, "IndexName": index.name}})
		}
	}
	return all
}

// checkIndexes returns an index of ours that does not have what follows from the items of its table.
func (s *session) checkIndexes() *finding {
	for _, table := range s.tables {
		items, err := s.ours.contents(s, table)
		require.NoError(s, err)
		for _, index := range table.indexes {
			r := trial{op: "Scan", body: obj{"TableName": table.name, "IndexName": index.name}, toEnd: true}
			a, err := s.ours.ask(r)
			require.NoError(s, err)
			a = comparable(r, a)
			want := arr{}
			for _, item := range items {
				if entry := table.entry(index, item); entry != nil {
					want = append(want, entry)
				}
			}
			sortByText(want)
			if points := differences(nil, "Items", want, list(a.body["Items"])); len(points) > 0 {
				return &finding{r, a, reply{}, points}
			}
		}
	}
	return nil
}

// entry returns what an index has of an item, or nil.
func (s *shape) entry(index indexShape, item obj) any {
	entry := obj{}
	for _, name := range s.inIndex(&index) {
		if v, ok := item[name]; ok {
			entry[name] = v
		}
	}
	if entry[index.hash] == nil || index.sort != "" && entry[index.sort] == nil {
		return nil
	}
	return entry
}

// sequence returns the tables and the requests of a seed.
func sequence(peer *servers.Kind, seed uint64, length int) ([]*shape, []trial) {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0)), can: func(op string) bool { return takes(peer, op) },
		sane: peer.Name == moto}
	for _, i := range g.Perm(len(shapes))[:2] {
		if table := shapes[i]; !peer.NoBinaryKeys || attributeTypes[table.hash] != "B" {
			table.streams = hasStreams(peer, seed)
			g.tables = append(g.tables, &table)
		}
	}
	var requests []trial
	for range length {
		requests = append(requests, g.request())
	}
	return g.tables, append(requests, inspection(g.tables)...)
}

// takes reports whether a peer has an operation.
func takes(k *servers.Kind, op string) bool {
	switch op {
	case "TransactGetItems", "TransactWriteItems":
		return !k.NoTransactions
	case "ExecuteStatement":
		return k.Name == local || k == servers.Kinds[0]
	}
	return true
}
