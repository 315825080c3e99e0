package integration_test

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidemark-db/tidemark/integration/servers"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/clock"
)

const (
	counters = 4   // writers that count
	accounts = 10  // items between which the fifth one moves amounts
	before   = 100 // writes of each counter before the backup, and again after it
	moves    = 10  // and of the fifth writer: moto copies all tables for a transaction
)

// busyTable is a large table that writers write to.
type busyTable struct {
	*sidecar
	name  string
	spool string // where the sidecar keeps what it has no memory for
	each  int    // items of each counter
	ticks atomic.Int64
	stop  atomic.Bool
	all   []*busyWriter
}

// busyWriter makes one write after the other. Which state the table is in after so many of them is known.
type busyWriter struct {
	begun, acked  []int64 // when, in ticks
	from, to      []time.Time
	wrote, starts atomic.Int64
	err           error
	body          func(n int64) (operation, body string) // the write of that number, from 0
}

// A table of 100,000 items is backed up while four writers count its items up and a fifth one moves amounts between
// accounts, in transactions. The backup, restored, is one instant of all that.
func TestSidecarBusyBackup(t *testing.T) {
	for _, k := range servers.Kinds {
		t.Run(k.Name, func(t *testing.T) {
			k.Slow(t)
			dir := t.TempDir()
			s := startCommand(t, servers.Plain, k.Run(t).URL, "-memory", "2MB", "-spool", dir)
			s.kind, s.patience, s.pause = k, 15*time.Minute, 50*time.Millisecond
			b := &busyTable{sidecar: s, name: "Busy", each: k.BusyItems / counters}
			b.spool = dir
			b.tell()
		})
	}
}

func (b *busyTable) tell() {
	b.fill()
	for w := range counters {
		b.add(func(n int64) (string, string) { return b.count(w, n) })
	}
	if b.kind.NoTransactions {
		b.Log("this upstream has no transactions, so there is no fifth writer")
	} else {
		b.add(b.move)
	}
	var writing sync.WaitGroup
	for _, w := range b.all {
		writing.Go(func() { b.write(w) })
	}
	b.wait()
	acked := b.progress(func(w *busyWriter) int64 { return w.wrote.Load() })
	from := clock.System{}.Now()
	created, err := b.client.CreateBackup(b.ctx, &dynamodb.CreateBackupInput{
		TableName: &b.name, BackupName: aws.String("among-writers"),
	})
	to := clock.System{}.Now()
	begun := b.progress(func(w *busyWriter) int64 { return w.starts.Load() })
	if err == nil {
		b.wait()
	}
	b.stop.Store(true)
	writing.Wait()
	require.NoError(b, err)
	for i, w := range b.all {
		require.NoError(b, w.err, "writer %d", i)
	}
	b.report(from, to, acked, begun)
	require.NotZero(b, b.spooled(), "the backup is larger than what may be in memory")
	from = clock.System{}.Now()
	b.beginRestore(created.BackupDetails.BackupArn, "BusyRestored")
	b.hides("BusyRestored")
	b.await("BusyRestored")
	b.Logf("the restore took %v", clock.System{}.Now().Sub(from).Round(time.Millisecond))
	b.check(acked, begun)
	b.drop("Busy", "BusyRestored")
	require.NoError(b, b.server.Stop())
	require.Zero(b, b.spooled(), "nothing is left behind")
}

// spooled returns how many bytes the sidecar has on disk.
func (b *busyTable) spooled() (bytes int64) {
	b.Helper()
	require.NoError(b, filepath.WalkDir(b.spool, func(_ string, file fs.DirEntry, err error) error {
		if err != nil || file.IsDir() {
			return err
		}
		info, err := file.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	}))
	return bytes
}

func (b *busyTable) add(body func(int64) (string, string)) {
	b.all = append(b.all, &busyWriter{body: body})
}

func (b *busyTable) progress(of func(*busyWriter) int64) []int64 {
	var all []int64
	for _, w := range b.all {
		all = append(all, of(w))
	}
	return all
}

// wait returns when each writer has written for a while from now on.
func (b *busyTable) wait() {
	b.Helper()
	start := b.progress(func(w *busyWriter) int64 { return w.wrote.Load() })
	for i, w := range b.all {
		enough := start[i] + before
		if i == counters {
			enough = start[i] + moves
		}
		for w.wrote.Load() < enough && !b.stop.Load() {
			require.NoError(b, clock.Sleep(b.ctx, clock.System{}, time.Millisecond))
		}
	}
}

// itemName is the key of a counter's item, where they have an order that is not that of the keys.
func (b *busyTable) itemName(writer int, n int64) string {
	return fmt.Sprintf("counter %d item %d", writer, n*7919%int64(b.each))
}

// count is the nth write of a counter: it goes round its items.
func (b *busyTable) count(writer int, n int64) (operation, body string) {
	id, round := b.itemName(writer, n%int64(b.each)), n/int64(b.each)+1
	if writer%2 == 0 {
		return "PutItem", fmt.Sprintf(`{"TableName":%q,"Item":{"id":{"S":%q},"n":{"N":"%d"},"pad":{"S":%q}}}`,
			b.name, id, round, padding)
	}
	return "UpdateItem", fmt.Sprintf(`{"TableName":%q,"Key":{"id":{"S":%q}},"UpdateExpression":"ADD n :one",`+
		`"ExpressionAttributeValues":{":one":{"N":"1"}}}`, b.name, id)
}

const padding = "so that an item has about as many bytes as a small one has elsewhere"

// transfer returns what the nth move is.
func transfer(n int64) (from, to, amount int64) {
	return n % accounts, (n + 1 + n%(accounts-1)) % accounts, 1 + n%5
}

// move is the nth write of the fifth writer.
func (b *busyTable) move(n int64) (operation, body string) {
	from, to, amount := transfer(n)
	update := func(account, amount int64) string {
		return fmt.Sprintf(`{"Update":{"TableName":%q,"Key":{"id":{"S":"account %d"}},"UpdateExpression":`+
			`"SET moves = :n ADD n :a","ExpressionAttributeValues":{":n":{"N":"%d"},":a":{"N":"%d"}}}}`,
			b.name, account, n+1, amount)
	}
	return "TransactWriteItems", `{"TransactItems":[` + update(from, -amount) + "," + update(to, amount) + "]}"
}

// write writes until it is told to stop, or a write fails.
func (b *busyTable) write(w *busyWriter) {
	for n := int64(0); !b.stop.Load(); n++ {
		operation, body := w.body(n)
		w.starts.Store(n + 1)
		w.begun = append(w.begun, b.ticks.Add(1))
		w.from = append(w.from, clock.System{}.Now())
		answer, err := b.send(b.ctx, b.url, operation, body)
		if err == nil {
			text, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				err = fmt.Errorf("%s: %s %s", operation, answer.Status, text)
			}
		}
		if err != nil {
			w.err = fmt.Errorf("write %d: %w", n, err)
			b.stop.Store(true)
			return
		}
		w.to = append(w.to, clock.System{}.Now())
		w.acked = append(w.acked, b.ticks.Add(1))
		w.wrote.Store(n + 1)
	}
}

// fill makes the table, past the sidecar: what is there already when nobody writes need not have passed it.
func (b *busyTable) fill() {
	from := clock.System{}.Now()
	_, err := b.direct.CreateTable(b.ctx, &dynamodb.CreateTableInput{
		TableName: &b.name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	})
	require.NoError(b, err)
	b.await(b.name)
	var loading sync.WaitGroup
	var failures [counters]error
	for w := range counters {
		loading.Go(func() { failures[w] = b.load(w) })
	}
	loading.Wait()
	for _, err := range failures {
		require.NoError(b, err)
	}
	for i := range accounts {
		b.request(b.ctx, b.upstream, "PutItem", fmt.Sprintf(
			`{"TableName":%q,"Item":{"id":{"S":"account %d"},"n":{"N":"1000"},"moves":{"N":"0"}}}`, b.name, i))
	}
	b.Logf("%d items were written in %v", counters*b.each+accounts, clock.System{}.Now().Sub(from).Round(time.Millisecond))
}

// load writes the items of one counter.
func (b *busyTable) load(writer int) error {
	for n := 0; n < b.each; {
		var puts []string
		for ; n < b.each && len(puts) < 25; n++ {
			puts = append(puts, fmt.Sprintf(`{"PutRequest":{"Item":{"id":{"S":%q},"n":{"N":"0"},"pad":{"S":%q}}}}`,
				b.itemName(writer, int64(n)), padding))
		}
		answer, err := b.send(b.ctx, b.upstream, "BatchWriteItem",
			fmt.Sprintf(`{"RequestItems":{%q:[%s]}}`, b.name, strings.Join(puts, ",")))
		if err != nil {
			return err
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK || strings.Contains(string(text), "PutRequest") {
			return fmt.Errorf("%s %s %w", answer.Status, text, err)
		}
	}
	return nil
}

// report logs how long the backup took, and the writes beside it.
func (b *busyTable) report(from, to time.Time, acked, begun []int64) {
	var alone, beside []time.Duration
	for _, w := range b.all {
		for n := range w.to {
			took := w.to[n].Sub(w.from[n])
			if w.to[n].Before(from) {
				alone = append(alone, took)
			} else if w.from[n].Before(to) {
				beside = append(beside, took)
			}
		}
	}
	slices.Sort(alone)
	slices.Sort(beside)
	median := func(all []time.Duration) time.Duration { return all[len(all)/2].Round(time.Microsecond) }
	b.Logf("the backup took %v, beside %d writes", to.Sub(from).Round(time.Millisecond), len(beside))
	b.Logf("a write took %v at the median and %v at most without it, %v and %v beside it",
		median(alone), slices.Max(alone).Round(time.Microsecond), median(beside), slices.Max(beside).Round(time.Microsecond))
	var delays json.RawMessage
	if b.control("delays", &delays) {
		b.Logf("the sidecar says of its delays: %s", delays)
	}
	if peak, known := b.server.Peak(); known {
		b.Logf("the sidecar has taken %d MB of memory at most, and has %d MB on disk", peak>>20, b.spooled()>>20)
	}
}

// hides checks that a table that is being filled cannot be read.
func (b *busyTable) hides(name string) {
	b.Helper()
	_, scanned := b.client.Scan(b.ctx, &dynamodb.ScanInput{TableName: &name})
	out, err := b.client.DescribeTable(b.ctx, &dynamodb.DescribeTableInput{TableName: &name})
	require.NoError(b, err)
	require.Equal(b, types.TableStatusCreating, out.Table.TableStatus)
	require.True(b, *out.Table.RestoreSummary.RestoreInProgress)
	require.ErrorAs(b, scanned, new(*types.ResourceNotFoundException))
}

// check compares the restored table with what the writers did.
func (b *busyTable) check(acked, begun []int64) {
	held := b.read("BusyRestored")
	require.Len(b, held, counters*b.each+accounts)
	includes := make([]int64, len(b.all)) // how many writes of each writer
	for w := range counters {
		for n := range b.each {
			includes[w] += held[b.itemName(w, int64(n))].n
		}
		rounds, rest := includes[w]/int64(b.each), includes[w]%int64(b.each)
		for n := range int64(b.each) {
			want := rounds
			if n < rest {
				want++
			}
			require.Equal(b, want, held[b.itemName(w, n)].n,
				"counter %d, whose writes add up to %d: its item number %d", w, includes[w], n)
		}
	}
	if len(b.all) > counters {
		includes[counters] = b.checkAccounts(held)
	}
	last, next := int64(0), int64(1)<<62 // ticks: an instant of all writers has to be between
	for i, w := range b.all {
		n := includes[i]
		require.GreaterOrEqual(b, n, acked[i], "writer %d: what was acknowledged before the request is in the backup", i)
		require.LessOrEqual(b, n, begun[i], "writer %d: what began after the answer is not", i)
		if n > 0 {
			last = max(last, w.begun[n-1])
		}
		if n < int64(len(w.acked)) {
			next = min(next, w.acked[n])
		}
	}
	require.Less(b, last, next, "a write that is in the backup began after another one, which is not, was acknowledged")
	b.Logf("the backup holds %d writes of each writer, of %d acknowledged before it and %d begun when it was there",
		includes, acked, begun)
}

// checkAccounts returns after how many moves the accounts were so.
func (b *busyTable) checkAccounts(held map[string]busyItem) (moves int64) {
	want := map[string]busyItem{}
	for i := range accounts {
		id := fmt.Sprint("account ", i)
		moves = max(moves, held[id].moves)
		want[id] = busyItem{n: 1000}
	}
	for n := range moves {
		from, to, amount := transfer(n)
		f, t := fmt.Sprint("account ", from), fmt.Sprint("account ", to)
		want[f] = busyItem{want[f].n - amount, n + 1}
		want[t] = busyItem{want[t].n + amount, n + 1}
	}
	for id := range want {
		require.Equal(b, want[id], held[id], "%s after %d moves", id, moves)
	}
	return moves
}

type busyItem struct{ n, moves int64 }

// read returns the items of a table as the upstream has them.
func (b *busyTable) read(name string) map[string]busyItem {
	b.Helper()
	held := map[string]busyItem{}
	for start := json.RawMessage("null"); start != nil; {
		_, text := b.request(b.ctx, b.upstream, "Scan", strings.Replace(
			fmt.Sprintf(`{"TableName":%q,"ConsistentRead":true,"ExclusiveStartKey":%s}`, name, start),
			`,"ExclusiveStartKey":null`, "", 1))
		var page struct {
			Items []struct {
				ID, N, Moves struct {
					S string
					N int64 `json:",string"`
				}
			}
			LastEvaluatedKey json.RawMessage
		}
		require.NoError(b, json.Unmarshal([]byte(text), &page))
		for _, i := range page.Items {
			held[i.ID.S] = busyItem{i.N.N, i.Moves.N}
		}
		start = page.LastEvaluatedKey
	}
	return held
}
