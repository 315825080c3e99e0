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
	"github.com/tidemark-db/tidemark/internal/spool"
	"github.com/tidemark-db/tidemark/internal/storage"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

// attempts is how often a snapshot is begun, if statements get in between.
const attempts = 3

// capturing is a snapshot that is being taken. What the scan finds is put at one instant, and what items were before the
// first write that came in between at a later one, so that it counts.
type capturing struct {
	layout    *storage.Layout
	versions  *spool.Versions
	at, after clock.Instant

	mu      sync.Mutex
	reading map[attr.Key]chan struct{} // items that are being read before a write; closed when they have been
	over    bool
	spoiled bool  // by a write whose keys are not known
	err     error // the first
	pending sync.WaitGroup
}

// CaptureTable reads a table as it is, which takes as long as reading it does, also if there is a history of it: what did
// not pass through the Proxy is in the table alone. The cut is asked for when it has been
// read. Any but that of the instant at which the reading began needs the table's history (RetainTable), of which the
// snapshot is then made: without one it is refused. A marker that lies ahead when the history ends, because it is no
// longer asked for or its table is deleted, is moved to that end.
//
// It fails with ResourceNotFound if there is no such table, or it is CREATING or DELETING; and if the table cannot be
// read, or statements of PartiQL that may write to it do not cease.
func (s *Source) CaptureTable(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	c, err := s.capture(ctx, name, cut)
	return c, exception.During("CaptureTable", name, err)
}

func (s *Source) capture(ctx context.Context, name string, cut snapshot.CutFunc) (*snapshot.Capture, error) {
	var unread error
	h := s.begunHistory(name)
	if h != nil {
		unread = s.reconcile(ctx, h) // before the instant: what is found now must not lie behind it
	}
	c, d, err := s.read(ctx, name, func(*capturing, *described) {
		if s.begunHistory(name) != h {
			h, unread = nil, nil // it has ended meanwhile, or begun
		}
	})
	if err != nil {
		return nil, err
	}
	chosen := cut(c.at)
	switch {
	case !chosen.IsTorn() && chosen.Latest() == c.at:
		return snapshot.Taken(c.at, snapshot.New(&d.Table, chosen, c.view())), nil
	case h == nil:
		return nil, exception.Validation.Errorf("without point-in-time recovery, tables of an upstream have snapshots of "+
			"the present alone: the window must be 0, or recovery of %s be switched on", name)
	case unread != nil:
		return nil, unread
	}
	if err := h.of(&d); err != nil {
		return nil, err
	}
	return h.capture(s, c.at, &d.Table, chosen), nil
}

// read reads all items of a table as they are at one instant; then is called at it, while the table stands still. It
// may be called more than once: the last time counts.
func (s *Source) read(ctx context.Context, name string, then func(*capturing, *described)) (
	c *capturing, d described, err error,
) {
	g := s.pin(name)
	defer s.unpin(g)
	g.life.RLock()
	defer g.life.RUnlock()
	if s.filling(ctx, name) != nil {
		return nil, d, notFound()
	}
	if d, err = s.describe(ctx, name); err != nil {
		return nil, d, err
	}
	if d.status != schema.Active && d.status != schema.Updating {
		return nil, d, notFound()
	}
	for range attempts {
		c := &capturing{layout: storage.NewLayout(&d.Table), reading: make(map[attr.Key]chan struct{})}
		c.versions = s.spool.Versions(c.layout)
		err = s.still(ctx, g, func() error {
			c.at, c.after = s.seq.Next(), s.seq.Next()
			c.versions.Trim(c.at) // and no later: that an item was not there must be known when the scan finds it
			g.add(c)
			then(c, &d)
			return nil
		})
		if err != nil {
			return nil, d, err
		}
		err = c.scan(ctx, s, name)
		spoiled, failed := c.finish()
		g.remove(c) // not before: until the last item has been read, writes to it must wait
		if !spoiled {
			return c, d, errors.Join(err, failed)
		}
	}
	return nil, d, exception.InternalServerError.Errorf(
		"statements whose keys cannot be known kept changing %s while it was read", name)
}

// view returns the table as it was at the instant.
func (c *capturing) view() *spool.View { return c.versions.View(c.after) }

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
		answer, err := s.insist(ctx, patience, "Scan", body)
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
	for _, text := range texts {
		item, err := attr.ParseItem(text)
		if err == nil {
			err = c.layout.Check(item)
		}
		if err != nil {
			return exception.InternalServerError.Errorf("the upstream has an item that cannot be one of the table: %w", err)
		}
		c.versions.Put(c.at, item)
	}
	return spooled(c.versions.Relieve())
}

func spooled(err error) error {
	if err != nil {
		return exception.InternalServerError.Errorf("there is no room for a snapshot: %w", err)
	}
	return nil
}

// secure has the snapshot know an item as it is before a write, if it does not yet. It returns when it does.
func (c *capturing) secure(ctx context.Context, s *Source, table string, key attr.Key, of attr.Item) {
	c.mu.Lock()
	read, begun := c.reading[key]
	if !begun && (c.over || c.spoiled || c.err != nil) {
		c.mu.Unlock()
		return
	}
	if !begun {
		read = make(chan struct{})
		c.reading[key] = read
		c.pending.Add(1)
	}
	c.mu.Unlock()
	if begun { // no other write to the item may pass before it has been read
		<-read
		return
	}
	err := c.save(ctx, s, table, key, of)
	c.mu.Lock()
	if err != nil && c.err == nil {
		c.err = exception.InternalServerError.Errorf("an item could not be read before a write to it: %w", err)
	}
	delete(c.reading, key)
	c.mu.Unlock()
	close(read)
	c.pending.Done()
}

// save puts an item as it was at the instant, which it still is, where nothing that the scan finds later counts: the
// upstream may show an item twice that is deleted and made anew.
func (c *capturing) save(ctx context.Context, s *Source, table string, key attr.Key, of attr.Item) error {
	item, since, err := c.versions.Last(c.after, key)
	switch {
	case err != nil || since == c.after: // or it has been saved before an earlier write
		return err
	case since.IsZero(): // the scan has not come to it yet
		if item, err = s.item(ctx, table, of); err != nil {
			return err
		}
	}
	if item.IsZero() {
		c.versions.Delete(c.after, key)
		return nil
	}
	if err := c.layout.Check(item); err != nil {
		return err
	}
	c.versions.Put(c.after, item)
	return nil
}

// spoil notes that items were written of which nobody knows what they were.
func (c *capturing) spoil() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spoiled = true
}

// finish ends the snapshot, and says whether it is good.
func (c *capturing) finish() (spoiled bool, err error) {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.pending.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.spoiled || c.err != nil {
		return c.spoiled, c.err
	}
	return false, spooled(c.versions.Settle())
}

// item reads one item; the zero Item if there is none.
func (s *Source) item(ctx context.Context, table string, key attr.Item) (attr.Item, error) {
	body := append([]byte(`{"ConsistentRead":true,"TableName":`), strconv.Quote(table)...)
	body = append(key.AppendJSON(append(body, `,"Key":`...)), '}')
	answer, err := s.insist(ctx, 3, "GetItem", body) // no more: a write waits
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
