package servers

import (
	"errors"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// PeersVariable is the variable of the environment that has the tests take the time that other programs take.
const PeersVariable = "TIDEMARK_PEERS"

// Kind is a program that speaks the protocol, with what it cannot do: a sidecar can stand in front of it, and what it
// answers can be compared.
type Kind struct {
	Name  string
	Start func() (*Server, error) // an Absent error: the program cannot be had here

	NoTransactions bool // it does not know TransactWriteItems
	NoTTL          bool // nor UpdateTimeToLive
	NoStatements   bool // nor PartiQL
	NoARNs         bool // a table cannot be named by its ARN
	NoBinaryKeys   bool // a Scan in segments fails if the partition key is binary

	Sluggish bool // takes long over large answers and many requests at once

	BusyItems int // how many items a table has that is backed up among writers
	Histories int // how many random histories it is taken through

	once   sync.Once
	shared *Server
	err    error
}

// Kinds are all that tests start. The first is there on every machine.
var Kinds = []*Kind{
	{Name: "tidemark", Start: func() (*Server, error) { return Plain.Start() },
		BusyItems: 100_000, Histories: 24},
	{Name: "DynamoDB Local", Start: startDynamoDBLocal, BusyItems: 100_000, Histories: 24, NoARNs: true},
	{Name: "dynalite", Start: startDynalite, BusyItems: 100_000, Histories: 24,
		NoTransactions: true, NoTTL: true, NoStatements: true, NoARNs: true},
	{Name: "moto", Start: startMoto, BusyItems: 10_000, Histories: 6, NoBinaryKeys: true, Sluggish: true},
}

// SeedVariable is the variable of the environment that has random tests be others.
const SeedVariable = "TIDEMARK_SEED"

// Seed returns the first seed of a random test: 1, unless the environment has another one.
func Seed(t testing.TB) uint64 {
	t.Helper()
	text, set := os.LookupEnv(SeedVariable)
	if !set {
		return 1
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err, SeedVariable)
	return seed
}

// Absent says why a program cannot be had, and what to do about that.
type Absent struct{ why string }

// Error returns both.
func (a Absent) Error() string { return a.why }

// Run returns the program, which is started when it is first asked for and serves all tests: each has tables of its
// own. It skips the test where the program cannot be had.
func (k *Kind) Run(t testing.TB) *Server {
	t.Helper()
	k.once.Do(func() { k.shared, k.err = k.Start() })
	if a := (Absent{}); errors.As(k.err, &a) {
		t.Skip("SKIPPED: ", a.why)
	}
	require.NoError(t, k.err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s says:\n%s", k.Name, k.shared.Output.Tail())
		}
	})
	return k.shared
}

// Slow skips the test unless it may take the time that this program needs for it.
func (k *Kind) Slow(t testing.TB) {
	t.Helper()
	if k != Kinds[0] && os.Getenv(PeersVariable) != "1" {
		t.Skipf("SKIPPED: this takes long with %s: to have it run, set %s=1", k.Name, PeersVariable)
	}
}

// Main runs the tests of a package, and ends what they have started.
func Main(m *testing.M) {
	code := m.Run()
	for _, k := range Kinds {
		if k.shared != nil {
			k.shared.Kill()
		}
	}
	if dir, err := commands(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}
