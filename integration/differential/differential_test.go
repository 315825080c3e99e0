package differential_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/tidemark-db/tidemark/integration/servers"
)

const sequenceLength = 40 // requests

// sequences says how many random sequences of requests a peer is asked; with TIDEMARK_PEERS=1 it is ten times as many.
var sequences = map[string]int{"tidemark": 50, local: 90, dynalite: 80, moto: 16}

// The same random requests, about half of them faulty, get the same answers from Tidemark in this process as from its
// command behind a socket, from DynamoDB Local, from dynalite and from moto, but for the known differences; and they
// leave the same in the tables. Moto is asked nothing that is faulty.
//
// Even where there is no peer, each request that cannot be wrong is taken, each that must be is refused and changes
// nothing, and each index has what follows from its table.
func TestDifferential(t *testing.T) {
	first := servers.Seed(t)
	for _, k := range servers.Kinds {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			d := newDifferential(k, newPeer(t, k))
			n := uint64(sequences[k.Name])
			if os.Getenv(servers.PeersVariable) == "1" {
				n *= 10
			}
			for seed := first; seed < first+n; seed++ {
				d.sequence(t, seed)
			}
			d.report(t)
		})
	}
}

func TestMain(m *testing.M) { servers.Main(m) }

// differential goes through the sequences of one peer.
type differential struct {
	peer     *servers.Kind
	theirs   *side
	requests int
	streams  int                      // how many sessions have had their streams compared
	found    map[string]*discovery    // by their class
	known    map[*knownDifference]int // how often each was met
	told     int                      // how often another of several faults was told
}

// discovery is a class of findings.
type discovery struct {
	first *finding
	seed  uint64
	n     int // how many requests of the sequence there were up to the finding
	count int
}

func newDifferential(peer *servers.Kind, theirs *side) *differential {
	return &differential{peer: peer, theirs: theirs, found: map[string]*discovery{}, known: map[*knownDifference]int{}}
}

// sequence goes through the sequence of a seed.
func (d *differential) sequence(t testing.TB, seed uint64) {
	tables, requests := sequence(d.peer, seed, sequenceLength)
	s := newSession(t, d.peer, d.theirs, tables)
	defer s.end()
	for i, r := range requests {
		if f := s.ask(r); f != nil {
			d.discover(f, seed, i+1)
		}
	}
	for _, check := range []func() *finding{s.checkIndexes, s.checkStreams} {
		if f := check(); f != nil {
			d.discover(f, seed, len(requests))
		}
	}
	d.requests += s.requests
	if tables[0].streams && !s.aligned {
		d.streams++
	}
	d.told += s.otherFirst
	for k, n := range s.known {
		d.known[k] += n
	}
}

func (d *differential) discover(f *finding, seed uint64, n int) {
	class := f.class()
	if d.found[class] == nil {
		d.found[class] = &discovery{first: f, seed: seed, n: n}
	}
	d.found[class].count++
}

// mostReported are how many classes are told at length.
const mostReported = 4

// report fails the test if something was found, with the shortest sequences that show it.
func (d *differential) report(t testing.TB) {
	t.Logf("%d requests, and the streams of %d sequences; another of several faults was told %d times; differences:",
		d.requests, d.streams, d.told)
	for i := range knownDifferences[d.peer.Name] {
		k := &knownDifferences[d.peer.Name][i]
		t.Logf("%6d %s: %s; %s", d.known[k], k.row, k.ours, k.theirs)
	}
	classes := slices.SortedFunc(maps.Keys(d.found), func(a, b string) int { return d.found[b].count - d.found[a].count })
	for i, class := range classes {
		f := d.found[class]
		if i >= mostReported {
			t.Errorf("%d times, first with %s=%d: %s", f.count, servers.SeedVariable, f.seed, f.first)
			continue
		}
		tables, requests := sequence(d.peer, f.seed, sequenceLength)
		last := shrink(t, d, tables, requests[:f.n], class)
		t.Errorf("%d times, first with %s=%d. The shortest sequence that shows it, with the tables %s:\n%s%s",
			f.count, servers.SeedVariable, f.seed, names(tables), last.story, last.found)
	}
}

func names(tables []*shape) string {
	text := ""
	for _, t := range tables {
		text += fmt.Sprint(" ", t.name)
	}
	return text[1:]
}
