package tidemark_test

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/internal/model"
	"github.com/tidemark-db/tidemark/table"
)

// follower reads the stream of a table from its beginning, and makes of it what the table should be.
type follower struct {
	stream *table.Stream
	after  string      // the last number read
	read   time.Time   // when
	copy   model.State // what the records amount to
	since  time.Time   // time to live is on since then; zero: off
}

// wait lets time pass, and some items expire.
func (h *history) wait(d time.Duration) {
	h.clock.Advance(d)
	h.touch()
	h.follow()
}

// touch does something with the DB that comes before all else after time has passed.
func (h *history) touch() {
	switch h.tape.below(6) {
	case 0:
		h.db.Backups.Settle()
	case 1:
		if b := h.someBackup(); b != nil {
			_, err := h.db.Backups.Snapshot(h.ctx, b.arn) // which may be pending
			require.True(h, err == nil || errors.Is(err, exception.BackupInUse), err)
		}
	case 2:
		_, err := h.db.Tables.DescribeTable(h.ctx, h.someName())
		require.True(h, err == nil || errors.Is(err, exception.ResourceNotFound), err)
	case 3:
		if i := h.live("left"); i != nil {
			_, err := h.db.Tables.TransactRead(table.Read{Table: "left", Key: h.someKey(i.Schema)})
			require.True(h, err == nil || errors.Is(err, exception.ResourceNotFound), err)
		}
	case 4:
		_, err := h.db.Backups.SnapshotAt(h.ctx, h.someName(), h.clock.Now())
		require.False(h, errors.Is(err, exception.InternalServerError), err)
	}
}

// follow reads the streams of all tables.
func (h *history) follow() {
	for _, name := range h.names() {
		if i := h.live(name); i != nil && i.stream != nil && i.Deleted.IsZero() {
			h.followTable(i)
		}
	}
}

// followTable compares the records that have come with what the model knows. It tells the model of items that have
// expired: the instants of their deletions are known from the stream alone.
func (h *history) followTable(i *incarnation) {
	due := h.dueItems(i)
	records, complete := h.newRecords(i)
	var expired []table.StreamRecord
	for _, r := range records {
		key := i.KeyOf(cmp.Or(r.New, r.Old))
		if complete {
			require.Equal(h, i.copy[key], r.Old, "what the stream has told of %v before", key)
		}
		if i.copy[key] = r.New; r.New.IsZero() {
			delete(i.copy, key)
		}
		if r.Expired {
			expired = append(expired, r)
		}
	}
	lost := len(due) - len(expired)
	require.True(h, lost == 0 || lost > 0 && !complete, "%d items expired, of %d that should", len(expired), len(due))
	for n, x := range due {
		at := clock.EndOf(x.due)
		if n >= lost {
			r := expired[n-lost]
			require.Equal(h, x.key, i.KeyOf(r.Old))
			require.Equal(h, x.due, r.At.Time(), "when %v expired", x.key)
			at = r.At
		} else {
			require.True(h, x.due.Before(h.clock.Now().Add(-table.StreamRetention)), "a record is kept for a day")
		}
		i.Delete(at, x.key)
		h.note("%v expires %v", x.key, at)
	}
	if !complete {
		i.copy = i.Now()
	}
	h.same(i.Now(), i.copy, "the records of the stream, replayed")
}

// newRecords returns what has come since the last time. It is not complete if that is more than a day ago, unless there is
// the number of a record to go on from, which is then refused.
func (h *history) newRecords(i *incarnation) (records []table.StreamRecord, complete bool) {
	now := h.clock.Now()
	complete = i.after != "" || !now.After(i.read.Add(table.StreamRetention))
	i.read = now
	records, err := recordsAfter(i.stream, i.after)
	if errors.Is(err, exception.TrimmedDataAccess) {
		i.after, complete = "", false
		records, err = recordsAfter(i.stream, "")
	}
	require.NoError(h, err)
	for _, r := range records {
		require.Greater(h, r.Sequence, i.after)
		i.after = r.Sequence
	}
	return records, complete
}

func recordsAfter(s *table.Stream, after string) (records []table.StreamRecord, err error) {
	for r, err := range s.Records(after) {
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

type dueItem struct {
	key    attr.Key
	second int64
	due    time.Time
}

// dueItems returns the items of a table whose time to live has been over by now, in the order in which they go.
func (h *history) dueItems(i *incarnation) (due []dueItem) {
	if i.since.IsZero() {
		return nil
	}
	stored := make(map[attr.Key]time.Time)
	for _, v := range i.Versions() {
		stored[v.Key] = v.At.Time()
	}
	for key, item := range i.Now() {
		end, _ := item.Lookup("x")
		text, _ := end.Number()
		whole, _, _ := strings.Cut(text, ".")
		second, err := strconv.ParseInt(whole, 10, 64)
		from := i.since
		if at := stored[key]; at.After(from) {
			from = at
		}
		if err != nil || time.Unix(second, 0).Before(from.AddDate(-5, 0, 0).Truncate(time.Second)) {
			continue
		}
		if enabled := i.since.Add(h.timing.TTLSwitching); from.Before(enabled) {
			from = enabled
		}
		at := time.Unix(second+1, 0).UTC().Add(h.timing.Expiring)
		if at.Before(from) {
			at = from
		}
		if !at.After(h.clock.Now()) {
			due = append(due, dueItem{key, second, at})
		}
	}
	slices.SortFunc(due, func(a, b dueItem) int {
		p, _ := a.key.Partition.Compare(b.key.Partition)
		s, _ := a.key.Sort.Compare(b.key.Sort)
		return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.second, b.second), p, s)
	})
	return due
}

// someEnd returns a time to live that ends soon, or has ended long ago.
func (h *history) someEnd() attr.Value {
	ends := []int64{-200_000_000, -100_000, -1, 0, 1, 5, 30, 60, 90, 3600, 100_000}
	end := h.clock.Now().Unix() + ends[h.tape.below(len(ends))]
	return attr.N(strconv.FormatInt(end, 10) + h.tape.oneOf("", "", ".5"))
}

// switchExpiry switches the time to live of a table that has a stream to learn from.
func (h *history) switchExpiry() {
	name := h.tape.oneOf("left", "right")
	i := h.live(name)
	if i == nil || i.stream == nil || !i.Deleted.IsZero() {
		return
	}
	on := i.since.IsZero()
	err := h.db.Tables.UpdateTimeToLive(h.ctx, name, "x", on)
	h.note("time to live of %s on=%t: %v", name, on, err)
	require.NoError(h, err)
	if i.since = h.clock.Now(); !on {
		i.since = time.Time{}
	}
}
