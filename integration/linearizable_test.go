package integration_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/tidemarktest"
)

// story is what happens in a chronicle.
type story struct {
	seed            uint64
	actors, actions int
	act             func(*actor) error
	byItem          bool // each item has an order of its own: what act does may be about several only one by one
	faults          []tidemarktest.Fault
	options         []tidemarktest.Option
	through         func(*actor) dynamo // what an actor has in place of the client; nil: the client
	forge           func(*chronicle)    // changes what has been written down; nil: nothing does
}

// tell has the actors do what comes to their minds, all at once, and one of them look at everything in the end.
func (s story) tell(t *testing.T) *chronicle {
	e := newEndpoint(t, append(s.options, tidemarktest.WithSeed(s.seed))...)
	recoverable := s.seed%2 == 0
	for _, table := range []string{left, right} {
		_, err := e.client().CreateTable(e.ctx, indexed(table))
		require.NoError(t, err)
		e.waitForTable(e.client(), table)
		if !recoverable {
			continue
		}
		_, err = e.client().UpdateContinuousBackups(e.ctx, &dynamodb.UpdateContinuousBackupsInput{
			TableName: &table,
			PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{
				PointInTimeRecoveryEnabled: aws.Bool(true)},
		})
		require.NoError(t, err)
	}
	e.clock.Advance(time.Second) // the second in which recovery was enabled shows the tables as they were then
	e.fake.Inject(s.faults...)
	told := new(chronicle)
	everyone := make([]*actor, s.actors)
	failures := make([]error, s.actors)
	var acting sync.WaitGroup
	for i := range everyone {
		a := &actor{dynamo: clients{e.client(), e.streams()}, Rand: rand.New(rand.NewPCG(s.seed, uint64(i))), chronicle: told, e: e, number: i,
			recoverable: recoverable}
		if s.through != nil {
			a.dynamo = s.through(a)
		}
		everyone[i] = a
		acting.Go(func() {
			for n := 0; n < s.actions && failures[i] == nil; n++ {
				failures[i] = s.act(a)
			}
		})
	}
	acting.Wait()
	require.NoError(t, errors.Join(failures...))
	require.NoError(t, everyone[0].lookAtAll())
	require.NoError(t, everyone[0].followAll())
	for _, a := range everyone {
		for _, restoreAgain := range a.again {
			require.NoError(t, restoreAgain())
		}
	}
	if s.forge != nil {
		s.forge(told)
	}
	if s.byItem {
		return told.split()
	}
	return told
}

// seeds are that of the first story and those after it.
func seeds(t *testing.T, n uint64) (all []uint64) {
	first := servers.Seed(t)
	for seed := first; seed < first+n; seed++ {
		all = append(all, seed)
	}
	return all
}

// mishaps are calls of these operations that are not done, or done without the client hearing of it. Transactions have
// a token: their clients try again, and yet nothing is done twice. Of a backup that is lost there is another.
func mishaps(operations ...string) (all []tidemarktest.Fault) {
	for i, operation := range operations {
		all = append(all, tidemarktest.Lose(operation).Nth(2+i), tidemarktest.Throttle(operation).Nth(3+i))
	}
	return append(all, tidemarktest.Lose("CreateBackup"))
}

// tally is what chronicles had in them.
type tally map[string]int

func (n tally) count(c *chronicle) {
	n["overlaps"] += c.overlaps()
	for _, e := range c.events {
		n[e.what]++
		switch {
		case e.answer.lost:
			n["lost"]++
		case e.answer.refused != nil:
			n["refused"]++
		}
	}
}

// require fails the test if there was too little of something for the test to mean anything.
func (n tally) require(t *testing.T, least map[string]int) {
	t.Logf("the chronicles had: %v", n)
	for what, wanted := range least {
		require.GreaterOrEqual(t, n[what], wanted, what)
	}
}

// requireLinearizable tells the story and fails the test if there is no order that explains it.
func (s story) requireLinearizable(t *testing.T) *chronicle {
	c := s.tell(t)
	result, info := c.check(s.byItem)
	if result == porcupine.Unknown {
		t.Fatalf("the checker found no answer in %v; %s=%d", patience, servers.SeedVariable, s.seed)
	}
	if result != porcupine.Ok {
		t.Fatalf("not linearizable; to have this story first, set %s=%d.\nThe places are %v, the marked events are "+
			"beyond what can be explained:\n%s", servers.SeedVariable, s.seed, places, c.unexplained(info))
	}
	return c
}

// TestItemsAreLinearizable has many clients read and write a few items, each of which must behave as if everything that
// is done to it happened at one instant, between call and return: also what a batch does to it, and how backups,
// point-in-time recovery and the stream see it.
func TestItemsAreLinearizable(t *testing.T) {
	t.Parallel()
	sum := tally{}
	for _, seed := range seeds(t, 6) {
		s := story{seed: seed, actors: 6, actions: 50, act: (*actor).oneByOne, byItem: true}
		s.faults = mishaps("BatchWriteItem", "PutItem", "UpdateItem", "DeleteItem")
		sum.count(s.requireLinearizable(t))
	}
	sum.require(t, map[string]int{
		"overlaps": 200, "refused": 100, "lost": 10, "single": 500, "batch": 100, "backup": 20, "time": 10, "latest": 1,
		"stream": 20})
}

// TestTransactionsAreLinearizable has several clients do what is about several items of two tables: each transaction,
// each page of a query or scan, each backup and each restored time must be everything at one instant.
func TestTransactionsAreLinearizable(t *testing.T) {
	t.Parallel()
	sum := tally{}
	for _, seed := range seeds(t, 10) {
		s := story{seed: seed, actors: 5, actions: 30, act: (*actor).together}
		s.faults = mishaps("PutItem", "DeleteItem", "ExecuteTransaction", "ExecuteStatement", "TransactWriteItems")
		sum.count(s.requireLinearizable(t))
	}
	sum.require(t, map[string]int{
		"overlaps": 200, "refused": 100, "lost": 5, "single": 200, "statement": 30, "transaction": 100, "statements": 20,
		"query": 20, "scan": 20, "backup": 20, "time": 5, "latest": 1, "index": 20, "stream": 20, "alter": 10})
}
