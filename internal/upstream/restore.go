package upstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/snapshot"
)

const (
	batchSize    = 25      // items of a BatchWriteItem
	batchBytes   = 4 << 20 // the text of an item is up to six times as long as the item; a request may have 16 MB
	patience     = 10      // how often in a row a batch, or another request, may come to nothing
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// restoring is a table that is being filled, or has been.
type restoring struct {
	table   string
	id      string // of the table; empty: the upstream has not said. It does not change once there is a table
	begun   time.Time
	total   int
	summary schema.RestoreSummary
	done    atomic.Int64

	mu struct {
		sync.Mutex
		ended  time.Time // zero: it goes on
		active time.Time // not before this time, once it has succeeded
		err    error
		stuck  bool // it has failed, and the table could not be deleted
	}
}

// Progress tells how a restore is going.
type Progress struct {
	Table        string
	Items, Total int // written so far, and altogether
	Begun        time.Time
	Ended        time.Time // zero while it goes on
	Err          error     // why it failed

	// Stuck says that it has failed and that the table could not be deleted. It is kept out of sight, and deleting it is
	// tried again whenever somebody asks for it.
	Stuck bool
}

// Restores returns the restores that are going on, and those that have ended since the last one began, by time.
func (s *Source) Restores() []Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Progress
	for _, r := range s.mu.restores {
		all = append(all, r.progress())
	}
	slices.SortFunc(all, func(a, b Progress) int {
		return cmp.Or(a.Begun.Compare(b.Begun), cmp.Compare(a.Table, b.Table))
	})
	return all
}

func (r *restoring) progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Progress{
		Table: r.table, Items: int(r.done.Load()), Total: r.total, Begun: r.begun,
		Ended: r.mu.ended, Err: r.mu.err, Stuck: r.mu.stuck,
	}
}

// filling returns the restore because of which a table is out of sight, nil if there is none. One that is stuck is
// tried to be deleted first.
func (s *Source) filling(ctx context.Context, table string) *restoring {
	s.mu.Lock()
	r := s.mu.restores[table]
	s.mu.Unlock()
	if r == nil {
		return nil
	}
	now := s.Now()
	r.mu.Lock()
	hides, stuck, id := r.hidesLocked(now), r.mu.stuck, r.id
	r.mu.Unlock()
	if stuck && s.delete(context.WithoutCancel(ctx), table, id, 1) == nil {
		r.mu.Lock()
		r.mu.stuck, hides = false, false
		r.mu.Unlock()
	}
	if !hides {
		return nil
	}
	return r
}

func (r *restoring) hidesLocked(now time.Time) bool {
	return r.mu.ended.IsZero() || r.mu.stuck || r.mu.err == nil && now.Before(r.mu.active)
}

// hiding reports whether a table may be out of sight: if none is, requests need not be looked at.
func (s *Source) hiding() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.mu.restores {
		r.mu.Lock()
		hides := r.hidesLocked(s.seq.Now())
		r.mu.Unlock()
		if hides {
			return true
		}
	}
	return false
}

// RestoreTable makes a table and fills it, and returns its description as it was made, which is CREATING. It returns
// when that is done, or at once if Options.Background says so. Until it is done the table is CREATING for everyone.
// It fails with ResourceInUse if the name is taken, and as the upstream does; then the table is deleted again, and
// the error says so if that was not possible.
func (s *Source) RestoreTable(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
	d, err := s.restore(ctx, r)
	return d, exception.During("RestoreTable", r.Table.Name, err)
}

func (s *Source) restore(ctx context.Context, r snapshot.Restore) (schema.Description, error) {
	if r.Snapshot == nil || len(r.Table.KeySchema) == 0 {
		return schema.Description{}, exception.Validation.Errorf("a restore needs a snapshot, and a table with a key")
	}
	body, err := definition(&r.Table)
	if err != nil {
		return schema.Description{}, err
	}
	p, err := s.reserve(ctx, &r)
	if err != nil {
		return schema.Description{}, err
	}
	made, err := s.create(ctx, p.table, body)
	if err != nil {
		s.release(p)
		s.work.Done()
		return schema.Description{}, err
	}
	p.mu.Lock()
	p.id, p.mu.active = made.lasting, made.CreationTime.Add(r.Duration)
	p.mu.Unlock()
	summary := r.Summary
	d := schema.Description{Table: made.Table, Status: schema.Creating, Restore: &summary}
	if s.o.Background {
		go func() {
			defer s.work.Done()
			s.fill(s.closed, p, r.Snapshot)
			if s.o.Ended != nil {
				s.o.Ended(p.progress())
			}
		}()
		return d, nil
	}
	defer s.work.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.closed, cancel)()
	return d, s.fill(ctx, p, r.Snapshot)
}

// reserve takes the name of a new table. Source.Close then waits for s.work to be done.
func (s *Source) reserve(ctx context.Context, r *snapshot.Restore) (*restoring, error) {
	name := r.Table.Name
	busy := exception.ResourceInUse.Errorf(
		"Attempt to change a resource which is still in use: Table is being used: %s", name)
	if s.filling(ctx, name) != nil {
		return nil, busy
	}
	switch _, err := s.describeTable(ctx, name); {
	case err == nil:
		return nil, exception.ResourceInUse.Errorf("Table already exists: %s", name)
	case !errors.Is(err, exception.ResourceNotFound):
		return nil, err
	}
	p := &restoring{table: name, begun: s.Now(), total: r.Snapshot.Len(), summary: r.Summary}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Err() != nil {
		return nil, exception.InternalServerError.Errorf("restores have been ended")
	}
	for table, old := range s.mu.restores { // those that have ended need not be known any longer
		old.mu.Lock()
		hides := old.hidesLocked(p.begun)
		old.mu.Unlock()
		switch {
		case hides && table == name: // someone was faster
			return nil, busy
		case !hides:
			delete(s.mu.restores, table)
		}
	}
	s.mu.restores[name] = p
	s.work.Add(1)
	return p, nil
}

func (s *Source) release(p *restoring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.restores[p.table] == p {
		delete(s.mu.restores, p.table)
	}
}

// create has the upstream make a table. If its answer was lost, and there is an empty table of that name now, it is
// the one that was asked for and is deleted.
func (s *Source) create(ctx context.Context, name string, body []byte) (described, error) {
	answer, err := s.client.Call(ctx, "CreateTable", body)
	if err == nil {
		var a struct{ TableDescription *tableJSON }
		if err = json.Unmarshal(answer, &a); err == nil && a.TableDescription != nil {
			var d described
			if d, err = s.parse(name, a.TableDescription); err == nil {
				return d, nil
			}
		}
		err = errors.Join(exception.InternalServerError.Errorf(
			"the upstream's answer to CreateTable cannot be read: %w", err),
			s.delete(context.WithoutCancel(ctx), name, "", patience))
		return described{}, err
	}
	if errors.Is(err, exception.InternalServerError) {
		err = s.undoLostCreation(context.WithoutCancel(ctx), name, err)
	}
	return described{}, err
}

func (s *Source) undoLostCreation(ctx context.Context, name string, cause error) error {
	d, err := s.describeTable(ctx, name)
	if errors.Is(err, exception.ResourceNotFound) {
		return cause
	}
	unclear := exception.InternalServerError.Errorf(
		"a table %s may have been left behind at the upstream: %w", name, cause)
	if err == nil && d.status == schema.Creating {
		d, err = s.await(ctx, name)
	}
	if err != nil {
		return unclear
	}
	body, _ := json.Marshal(map[string]any{"TableName": name, "Limit": 1, "ConsistentRead": true})
	answer, err := s.client.Call(ctx, "Scan", body)
	var page struct{ Items []json.RawMessage }
	if err != nil || json.Unmarshal(answer, &page) != nil || len(page.Items) > 0 ||
		s.delete(ctx, name, d.lasting, patience) != nil {
		return unclear
	}
	return cause
}

// fill writes all items of a snapshot into a new table, or deletes it.
func (s *Source) fill(ctx context.Context, p *restoring, from *snapshot.Snapshot) error {
	_, err := s.await(ctx, p.table)
	if err == nil {
		err = s.write(ctx, p, from)
	}
	stuck := false
	if err != nil {
		if left := s.delete(context.WithoutCancel(ctx), p.table, p.id, patience); left != nil {
			stuck = true
			err = exception.InternalServerError.Errorf(
				"table %s could not be filled: %w; nor could what there is of it be deleted: %w", p.table, err, left)
		} else {
			err = exception.InternalServerError.Errorf(
				"table %s could not be filled, and was deleted again: %w", p.table, err)
		}
	}
	now := s.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.ended, p.mu.err, p.mu.stuck = now, err, stuck
	return err
}

// await waits until a table is ACTIVE. One that has just been made may not be known everywhere yet.
func (s *Source) await(ctx context.Context, name string) (described, error) {
	end := s.Now().Add(s.o.ActiveLimit)
	failures := 0
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		d, err := s.describeTable(ctx, name)
		switch {
		case err == nil && d.status == schema.Active:
			return d, nil
		case err != nil:
			if failures++; failures == patience {
				return d, err
			}
		case !s.Now().Before(end):
			return d, exception.InternalServerError.Errorf(
				"table %s was still %s after %v", name, d.status, s.o.ActiveLimit)
		}
		if err := clock.Sleep(ctx, s.o.Clock, pause); err != nil {
			return d, err
		}
	}
}

// delete deletes the table with an id, if one is given, and waits until it is gone.
func (s *Source) delete(ctx context.Context, name, id string, tries int) error {
	end := s.Now().Add(s.o.ActiveLimit)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := s.deleteOnce(ctx, name, id)
		switch {
		case errors.Is(err, exception.ResourceNotFound):
			return nil
		case err == nil || errors.Is(err, exception.ResourceInUse): // it is DELETING, or still CREATING
			if !s.Now().Before(end) {
				return exception.InternalServerError.Errorf("table %s was still there after %v", name, s.o.ActiveLimit)
			}
		default:
			if tries--; tries <= 0 {
				return err
			}
		}
		if err := clock.Sleep(ctx, s.o.Clock, pause); err != nil {
			return err
		}
	}
}

// deleteOnce asks for a deletion. It fails with ResourceNotFound if the table is gone, before that or after.
func (s *Source) deleteOnce(ctx context.Context, name, id string) error {
	if err := s.present(ctx, name, id); err != nil {
		return err
	}
	if _, err := s.client.Call(ctx, "DeleteTable", named(name)); err != nil {
		return err
	}
	return s.present(ctx, name, id)
}

// present fails with ResourceNotFound if there is no table with an id, whoever has its name now.
func (s *Source) present(ctx context.Context, name, id string) error {
	d, err := s.describeTable(ctx, name)
	if err == nil && id != "" && d.lasting != id {
		return notFound()
	}
	return err
}

// write writes items in batches, several at once.
func (s *Source) write(ctx context.Context, p *restoring, from *snapshot.Snapshot) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	batches := make(chan []json.RawMessage)
	var writers sync.WaitGroup
	for range s.o.Writers {
		writers.Go(func() {
			for batch := range batches {
				if err := s.writeBatch(ctx, p, batch); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	deal(ctx, batches, from.All())
	writers.Wait()
	return cmp.Or(context.Cause(ctx), from.Err()) // a snapshot that cannot be read to its end may seem to have one
}

// deal sends items in batches, as requests to put them, until the context ends.
func deal(ctx context.Context, batches chan<- []json.RawMessage, items iter.Seq[attr.Item]) {
	defer close(batches)
	var batch []json.RawMessage
	size := 0
	send := func() bool {
		select {
		case batches <- batch:
			batch, size = nil, 0
			return true
		case <-ctx.Done():
			return false
		}
	}
	for item := range items {
		put := json.RawMessage(append(item.AppendJSON([]byte(`{"PutRequest":{"Item":`)), "}}"...))
		if len(batch) == batchSize || len(batch) > 0 && size+len(put) > batchBytes {
			if !send() {
				return
			}
		}
		batch, size = append(batch, put), size+len(put)
	}
	if len(batch) > 0 {
		send()
	}
}

// writeBatch makes some requests. What the upstream leaves, for now or because it is too busy or has failed, is tried
// again: a table that only this writes to has the same items in the end.
func (s *Source) writeBatch(ctx context.Context, p *restoring, left []json.RawMessage) error {
	pause := firstPause
	for failures := 0; ; {
		rest, err := s.writeOnce(ctx, p.table, left)
		switch {
		case err != nil && !passes(err):
			return err
		case err == nil && len(rest) < len(left):
			p.done.Add(int64(len(left) - len(rest)))
			failures, pause = 0, firstPause
			if left = rest; len(left) == 0 {
				return nil
			}
		default:
			if failures++; failures == patience {
				return cmp.Or(err, error(exception.ProvisionedThroughputExceeded.Errorf(
					"the upstream left %d items unprocessed %d times", len(left), patience)))
			}
		}
		if err := clock.Sleep(ctx, s.o.Clock, pause); err != nil {
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

// writeOnce makes some requests and returns those that the upstream has left.
func (s *Source) writeOnce(ctx context.Context, table string, batch []json.RawMessage) (
	rest []json.RawMessage, err error,
) {
	body, err := json.Marshal(map[string]any{"RequestItems": map[string][]json.RawMessage{table: batch}})
	if err != nil {
		return nil, err
	}
	answer, err := s.client.Call(ctx, "BatchWriteItem", body)
	if err != nil {
		return nil, err
	}
	var a struct{ UnprocessedItems map[string][]json.RawMessage }
	if err := json.Unmarshal(answer, &a); err != nil {
		return nil, failed("BatchWriteItem", err)
	}
	for _, left := range a.UnprocessedItems { // whether it is called by its name or by its ARN
		rest = append(rest, left...)
	}
	return rest, nil
}

// insist is Client.Call that tries again, as often as it may, while what is wrong may pass. It is for requests that may
// be done twice.
func (s *Source) insist(ctx context.Context, tries int, operation string, body []byte) ([]byte, error) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		answer, err := s.client.Call(ctx, operation, body)
		if tries--; err == nil || tries <= 0 || !passes(err) {
			return answer, err
		}
		if clock.Sleep(ctx, s.o.Clock, pause) != nil {
			return nil, err
		}
	}
}

// passes reports whether a request that failed may succeed later.
func passes(err error) bool {
	return errors.Is(err, exception.ProvisionedThroughputExceeded) || errors.Is(err, exception.Throttling) ||
		errors.Is(err, exception.RequestLimitExceeded) || errors.Is(err, exception.InternalServerError)
}
