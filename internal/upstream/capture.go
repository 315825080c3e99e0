package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// attempts is how often a snapshot is begun, if statements get in between.
const attempts = 3

// capturing is a snapshot that is being taken: what the scan has found, and what items were before the writes that
// came in between.
type capturing struct {
	layout *storage.Layout

	mu      sync.Mutex
	data    *storage.Data
	saved   map[attr.Key]*savedItem
	over    bool
	spoiled bool  // by a write whose keys are not known
	err     error // the first
	pending sync.WaitGroup
}

// savedItem is an item as it was before the first write after the instant. Of the zero Item there was none.
type savedItem struct {
	done chan struct{}
	item attr.Item
}

// CaptureTable reads a table as it is, which takes as long as reading it does. The cut must be one of now: a marker
// before or after the request is refused. It fails with ResourceNotFound if there is no such table, or it is CREATING
// or DELETING; and if the table cannot be read, or statements of PartiQL that may write to it do not cease.
func (s *Source) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	at, d, data, err := s.read(ctx, name, func(clock.Instant, *described) {})
	if err != nil {
		return nil, exception.During("CaptureTable", name, err)
	}
	c := cut(at)
	if c.IsTorn() || c.Latest() != at {
		return nil, exception.During("CaptureTable", name, exception.Validation.Errorf(
			"tables of an upstream have snapshots of the present alone: the window must be 0"))
	}
	return snapshot.Taken(at, snapshot.New(&d.Table, c, data)), nil
}

// read reads all items of a table as they are at one instant; then is called at it, while the table stands still. It
// may be called more than once: the last time counts.
func (s *Source) read(ctx context.Context, name string, then func(clock.Instant, *described)) (
	at clock.Instant, d described, data *storage.Data, err error,
) {
	g := s.pin(name)
	defer s.unpin(g)
	g.life.RLock()
	defer g.life.RUnlock()
	if s.filling(ctx, name) != nil {
		return at, d, nil, notFound()
	}
	if d, err = s.describe(ctx, name); err != nil {
		return at, d, nil, err
	}
	if d.status != schema.Active && d.status != schema.Updating {
		return at, d, nil, notFound()
	}
	for range attempts {
		c := &capturing{layout: storage.NewLayout(&d.Table), saved: make(map[attr.Key]*savedItem)}
		c.data = storage.NewData(c.layout)
		err = s.still(ctx, g, func() error {
			at = s.seq.Next()
			g.add(c)
			then(at, &d)
			return nil
		})
		if err != nil {
			return at, d, nil, err
		}
		err = c.scan(ctx, s, name)
		data, spoiled, failed := c.finish()
		g.remove(c) // not before: until the last item has been read, writes to it must wait
		if !spoiled {
			return at, d, data, errors.Join(err, failed)
		}
	}
	return at, d, nil, exception.InternalServerError.Errorf(
		"statements whose keys cannot be known kept changing %s while it was read", name)
}

func notFound() error { return exception.ResourceNotFound.Errorf("Requested resource not found") }

// scan reads all segments at once.
func (c *capturing) scan(ctx context.Context, s *Source, table string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var segments sync.WaitGroup
	for i := range s.o.Segments {
		segments.Go(func() {
			if err := c.scanSegment(ctx, s, table, i); err != nil {
				cancel(err)
			}
		})
	}
	segments.Wait()
	return context.Cause(ctx)
}

func (c *capturing) scanSegment(ctx context.Context, s *Source, table string, i int) error {
	request := struct {
		TableName              string
		ConsistentRead         bool
		Segment, TotalSegments int
		ExclusiveStartKey      json.RawMessage `json:",omitempty"`
	}{table, true, i, s.o.Segments, nil}
	for c.goesOn() {
		body, err := json.Marshal(request)
		if err != nil {
			return err
		}
		answer, err := s.client.Call(ctx, "Scan", body)
		if err != nil {
			return err
		}
		var page struct{ Items, LastEvaluatedKey json.RawMessage }
		if err := json.Unmarshal(answer, &page); err != nil {
			return failed("Scan", err)
		}
		if err := c.put(page.Items); err != nil {
			return err
		}
		if len(page.LastEvaluatedKey) == 0 || string(page.LastEvaluatedKey) == "null" {
			return nil
		}
		request.ExclusiveStartKey = page.LastEvaluatedKey
	}
	return nil
}

// goesOn reports whether the scan is still good for something.
func (c *capturing) goesOn() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.spoiled && c.err == nil
}

// put adds a page of a scan.
func (c *capturing) put(page json.RawMessage) error {
	var texts []json.RawMessage
	if err := json.Unmarshal(page, &texts); err != nil {
		return failed("Scan", err)
	}
	items := make([]attr.Item, len(texts))
	for i, text := range texts {
		var err error
		if items[i], err = attr.ParseItem(text); err == nil {
			err = c.layout.Check(items[i])
		}
		if err != nil {
			return exception.InternalServerError.Errorf("the upstream has an item that cannot be one of the table: %w", err)
		}
	}
	// A write may have to wait for the lock, so it is not held for long.
	for n := 0; len(items) > 0; items = items[n:] {
		n = min(64, len(items))
		c.mu.Lock()
		for _, item := range items[:n] {
			c.data.Put(item)
		}
		c.mu.Unlock()
	}
	return nil
}

// secure has the snapshot know an item as it is before a write, if it does not yet. It returns when it does.
func (c *capturing) secure(ctx context.Context, s *Source, table string, key attr.Key, of attr.Item) {
	c.mu.Lock()
	// Whoever reads the item counts, even if the scan comes to it meanwhile: no other write may pass until that is done.
	item, begun := c.saved[key]
	if !begun && (c.over || c.spoiled || c.err != nil || c.data.Lookup(key) != nil) {
		c.mu.Unlock()
		return
	}
	if !begun {
		item = &savedItem{done: make(chan struct{})}
		c.saved[key] = item
		c.pending.Add(1)
	}
	c.mu.Unlock()
	if begun {
		<-item.done
		return
	}
	defer c.pending.Done()
	defer close(item.done)
	var err error
	if item.item, err = s.item(ctx, table, of); err == nil && !item.item.IsZero() {
		err = c.layout.Check(item.item)
	}
	if err != nil {
		c.fail(exception.InternalServerError.Errorf("an item could not be read before a write to it: %w", err))
	}
}

func (c *capturing) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
}

// spoil notes that items were written of which nobody knows what they were.
func (c *capturing) spoil() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spoiled = true
}

// finish returns the table as it was at the instant.
func (c *capturing) finish() (data *storage.Data, spoiled bool, err error) {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.pending.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.spoiled || c.err != nil {
		return nil, c.spoiled, c.err
	}
	for key, saved := range c.saved {
		if saved.item.IsZero() {
			c.data.Delete(key)
		} else {
			c.data.Put(saved.item)
		}
	}
	return c.data, false, nil
}

// item reads one item; the zero Item if there is none.
func (s *Source) item(ctx context.Context, table string, key attr.Item) (attr.Item, error) {
	body := append([]byte(`{"ConsistentRead":true,"TableName":`), strconv.Quote(table)...)
	body = append(key.AppendJSON(append(body, `,"Key":`...)), '}')
	answer, err := s.client.Call(ctx, "GetItem", body)
	if err != nil {
		return attr.Item{}, err
	}
	var a struct{ Item json.RawMessage }
	if err := json.Unmarshal(answer, &a); err != nil {
		return attr.Item{}, failed("GetItem", err)
	}
	if len(a.Item) == 0 || string(a.Item) == "null" {
		return attr.Item{}, nil
	}
	return attr.ParseItem(a.Item)
}
