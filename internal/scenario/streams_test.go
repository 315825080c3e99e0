package scenario_test

import (
	"cmp"
	"fmt"

	"github.com/tidemark-db/tidemark/schema"
	"github.com/tidemark-db/tidemark/table"
)

// ttl switches the time to live of a table, by the attribute expires.
func (w *world) ttl(a arguments) ([]string, error) {
	if err := w.db.Tables.UpdateTimeToLive(w.ctx, a.word(0), "expires", a.has("on")); err != nil {
		return nil, err
	}
	ttl, err := w.db.Tables.DescribeTimeToLive(w.ctx, a.word(0))
	return []string{string(ttl.Status)}, err
}

// stream switches the stream of a table.
func (w *world) stream(a arguments) ([]string, error) {
	view := schema.StreamView("")
	if a.has("on") {
		view = schema.StreamView(cmp.Or(a.get("view"), string(schema.NewAndOldImages)))
	}
	return status(w.db.Tables.UpdateTable(w.ctx, a.word(0), table.Changes{Stream: &view}))
}

// streams lists the streams of a table, also of those that it had under that name before.
func (w *world) streams(a arguments) ([]string, error) {
	list, _, err := w.db.Tables.ListStreams(w.ctx, a.word(0), "", 0)
	var out []string
	for _, s := range list {
		d, err := s.Describe()
		if err != nil {
			return out, err
		}
		out = append(out, fmt.Sprintf("%s %s %s shards=%d", w.at(d.CreationTime), d.View, d.Status, len(d.Shards)))
	}
	return orNone(out), err
}

// records shows what the latest stream of a table tells.
func (w *world) records(a arguments) ([]string, error) {
	d, err := w.db.Tables.DescribeTable(w.ctx, a.word(0))
	if err != nil {
		return nil, err
	}
	s, err := w.db.Tables.Stream(d.StreamARN.String())
	if err != nil {
		return nil, err
	}
	var out []string
	for r, err := range s.Records("") {
		if err != nil {
			return out, err
		}
		line := fmt.Sprintf("%s %s %s", w.at(r.At.Time()), r.Event, shown(&d.Table, r.Keys))
		if !r.Old.IsZero() {
			line += " old: " + shown(&d.Table, r.Old)
		}
		if !r.New.IsZero() {
			line += " new: " + shown(&d.Table, r.New)
		}
		if r.Expired {
			line += " (expired)"
		}
		out = append(out, line)
	}
	return orNone(out), nil
}
