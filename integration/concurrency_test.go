package integration_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

const (
	writers       = 6
	itemsOfWriter = 7 // of each writer
	takers        = 3
	backupsEach   = 12
)

const busy = "Busy" // the table

// writer writes to items of its own, one write after the other, each of which is told by its number alone.
type writer struct {
	name         string
	pairs        bool // every write is a transaction on two items
	client       *dynamodb.Client
	begun, acked atomic.Int64 // how many writes
}

// titles are the items that the nth write is about.
func (w *writer) titles(n int64) []string {
	all := []string{fmt.Sprint("item ", n%itemsOfWriter)}
	if w.pairs {
		all = append(all, fmt.Sprint("twin ", n%itemsOfWriter))
	}
	return all
}

// deletes says whether the nth write deletes its items, which are there then, so that every write makes a difference.
func deletes(n int64) bool { return n%5 == 0 && n > itemsOfWriter }

// state is the model: the items of a writer after its first n writes, by title, with the write that they are of.
func (w *writer) state(n int64) map[string]int64 {
	items := map[string]int64{}
	for i := max(1, n-itemsOfWriter+1); i <= n; i++ { // older writes are written over
		for _, title := range w.titles(i) {
			if !deletes(i) {
				items[title] = i
			}
		}
	}
	return items
}

// write does the nth write: it puts, updates or deletes.
func (w *writer) write(ctx context.Context, n int64) error {
	if w.pairs {
		return w.transact(ctx, n)
	}
	table, key := aws.String(busy), song(w.name, w.titles(n)[0])
	var err error
	switch {
	case deletes(n):
		_, err = w.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: key})
	case n%5 < 3:
		_, err = w.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: table, Key: key, UpdateExpression: aws.String("SET Version = :v"),
			ExpressionAttributeValues: item{":v": number(fmt.Sprint(n))},
		})
	default:
		key["Version"] = number(fmt.Sprint(n))
		_, err = w.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: key})
	}
	return err
}

// transact does the nth write in a transaction.
func (w *writer) transact(ctx context.Context, n int64) error {
	var ops []types.TransactWriteItem
	for _, title := range w.titles(n) {
		table, key := aws.String(busy), song(w.name, title)
		op := types.TransactWriteItem{Delete: &types.Delete{TableName: table, Key: key}}
		if !deletes(n) {
			key["Version"] = number(fmt.Sprint(n))
			op = types.TransactWriteItem{Put: &types.Put{TableName: table, Item: key}}
		}
		ops = append(ops, op)
	}
	_, err := w.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: ops})
	return err
}

// taken is a backup, with what is known of it from outside: how many writes of each writer had been acknowledged when
// it was requested, and how many had begun when the answer came.
type taken struct {
	arn        *string
	acked      [writers]int64
	begun      [writers]int64
	content    [writers]map[string]int64 // as restored
	holdsFirst [writers]int64            // how many writes of each writer it holds
}

// TestBackupsAmongWriters takes backups while clients write. Each backup, restored, must be one cut through everything:
// for each writer its first so many writes and nothing else, all that were acknowledged before the backup was
// requested, none that began after it was answered. And of two backups one must hold all that the other does.
func TestBackupsAmongWriters(t *testing.T) {
	e := newEndpoint(t)
	e.createMusic(e.client(), busy)
	everyone := make([]*writer, writers)
	for i := range everyone {
		everyone[i] = &writer{name: fmt.Sprint("writer ", i), pairs: i%2 == 1, client: e.client()}
	}
	backups, err := takeAmongWrites(e, everyone)
	require.NoError(t, err)
	require.Len(t, backups, takers*backupsEach)

	for i, b := range backups {
		name := fmt.Sprint("Restored-", i)
		e.restore(e.client(), b.arn, name)
		require.NoError(t, readContent(e, name, everyone, b))
		for w, writer := range everyone {
			n := b.acked[w]
			for n < b.begun[w] && !maps.Equal(writer.state(n), b.content[w]) {
				n++
			}
			require.Equal(t, writer.state(n), b.content[w], "backup %d: no state of writer %d between its writes %d and %d",
				i, w, b.acked[w], b.begun[w])
			b.holdsFirst[w] = n
		}
	}
	slices.SortFunc(backups, func(a, b *taken) int { return slices.Compare(a.holdsFirst[:], b.holdsFirst[:]) })
	different := 1
	for i := 1; i < len(backups); i++ {
		earlier, later := backups[i-1].holdsFirst, backups[i].holdsFirst
		different += min(1, max(0, slices.Compare(later[:], earlier[:])))
		for w := range everyone {
			require.LessOrEqual(t, earlier[w], later[w], "each of two backups lacks something of the other:\n%v\n%v",
				earlier, later)
		}
	}
	require.Greater(t, different, backupsEach/2, "the writers hardly wrote between the backups")
}

// takeAmongWrites has the writers write until all backups have been taken.
func takeAmongWrites(e *endpoint, everyone []*writer) ([]*taken, error) {
	var writing, taking sync.WaitGroup
	var mu sync.Mutex
	var backups []*taken
	var failures []error
	fail := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		failures = append(failures, err)
	}
	failed := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(failures) > 0
	}
	done := make(chan struct{})
	for _, w := range everyone {
		writing.Go(func() {
			for n := int64(1); ; n++ {
				select {
				case <-done:
					return
				default:
				}
				w.begun.Store(n)
				if err := w.write(e.ctx, n); err != nil {
					fail(fmt.Errorf("%s, write %d: %w", w.name, n, err))
					return
				}
				w.acked.Store(n)
				e.clock.Advance(time.Millisecond)
			}
		})
	}
	for range takers {
		client := e.client()
		taking.Go(func() {
			for i := range int64(backupsEach) {
				for everyone[0].acked.Load() < 20*i && !failed() { // so that there is something new to hold
					runtime.Gosched()
				}
				b, err := takeOne(e, client, everyone)
				if err != nil {
					fail(err)
					return
				}
				mu.Lock()
				backups = append(backups, b)
				mu.Unlock()
			}
		})
	}
	taking.Wait()
	close(done)
	writing.Wait()
	return backups, errors.Join(failures...)
}

// takeOne takes a backup, and notes how far the writers are before and after.
func takeOne(e *endpoint, c *dynamodb.Client, everyone []*writer) (*taken, error) {
	b := new(taken)
	for i, w := range everyone {
		b.acked[i] = w.acked.Load()
	}
	out, err := c.CreateBackup(e.ctx, &dynamodb.CreateBackupInput{
		TableName: aws.String(busy), BackupName: aws.String("among-writers"),
	})
	if err != nil {
		return nil, err
	}
	for i, w := range everyone {
		b.begun[i] = w.begun.Load()
	}
	b.arn = out.BackupDetails.BackupArn
	return b, nil
}

// readContent scans a restored table.
func readContent(e *endpoint, table string, everyone []*writer, b *taken) error {
	for i := range b.content {
		b.content[i] = map[string]int64{}
	}
	p := dynamodb.NewScanPaginator(e.client(), &dynamodb.ScanInput{TableName: &table, Limit: aws.Int32(20)})
	for p.HasMorePages() {
		page, err := p.NextPage(e.ctx)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			artist, title := item["Artist"].(*types.AttributeValueMemberS), item["SongTitle"].(*types.AttributeValueMemberS)
			version, err := strconv.ParseInt(item["Version"].(*types.AttributeValueMemberN).Value, 10, 64)
			w := slices.IndexFunc(everyone, func(w *writer) bool { return w.name == artist.Value })
			if err != nil || w < 0 {
				return fmt.Errorf("an item that nobody wrote: %v", item)
			}
			b.content[w][title.Value] = version
		}
	}
	return nil
}
